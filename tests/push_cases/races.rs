//! Pushes at the same time: every record is stored once, and nobody waits in a circle.

use super::world::{correction, hours, push, service, service_with_vm, stored};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_pushes_of_the_same_records_in_another_order_store_each_once() {
    let service = service().await;
    let mut backwards = hours(2_000);
    backwards.reverse();
    let (one, other) = tokio::join!(push(&service, hours(2_000)), push(&service, backwards));
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200));
    let both = |count: &str| one.json()[count].as_u64().unwrap() + other.json()[count].as_u64().unwrap();
    assert_eq!((both("accepted"), both("duplicate")), (2_000, 2_000));
    assert_eq!(stored(&service).await, 2_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn corrections_of_the_same_records_at_the_same_time_come_one_after_the_other() {
    let service = service_with_vm().await;
    push(&service, hours(500)).await;
    let corrections = |quantity: &str| -> Vec<_> {
        hours(500)
            .iter()
            .map(|record| correction("cpu", record["hour"].as_str().unwrap(), quantity))
            .collect()
    };
    let mut backwards = corrections("3");
    backwards.reverse();
    let (one, other) = tokio::join!(push(&service, corrections("2")), push(&service, backwards));
    assert_eq!(
        (one.status.as_u16(), other.status.as_u16()),
        (200, 200),
        "{} {}",
        one.shown(),
        other.shown()
    );
    assert_eq!(stored(&service).await, 1_500);
    let latest: Vec<(i64, bool)> = sqlx::query_as(
        "select count(distinct quantity), bool_and(delta = quantity and revision = 3) from usage_record where not superseded",
    )
    .fetch_all(service.pool())
    .await
    .unwrap();
    assert_eq!(latest, [(1, true)], "one push is the last for all records");
}
