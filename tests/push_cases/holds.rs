//! Records that cannot be billed yet are taken, say why they wait, and go when the reason is gone.

use serde_json::json;

use super::world::{PATH, TEN, VM, push, record, register, service, service_with_vm, verdicts};

#[tokio::test]
async fn usage_may_come_before_its_resource() {
    let service = service().await;
    let answer = push(&service, vec![record("cpu", TEN, "4")]).await;
    assert_eq!(verdicts(&answer), "200 accepted");
    assert_eq!(answer.json()["results"][0]["held"], "unknown-resource");
    let listed = service.get(&service.staff, &format!("{PATH}?state=held")).await.json();
    assert_eq!(
        (&listed[0]["held"], &listed[0]["customer_uuid"]),
        (&json!("unknown-resource"), &json!(null))
    );
    let customer = format!("/api/customers/{}/", super::world::CUSTOMER);
    service
        .call("PUT", &service.pusher, &customer, json!({"name": "Alice"}))
        .await;
    register(&service, VM).await;
    let listed = service.get(&service.staff, PATH).await.json();
    assert_eq!(
        (&listed[0]["state"], &listed[0]["held"]),
        (&json!("pending"), &json!(null))
    );
    let again = push(&service, vec![record("cpu", TEN, "4")]).await;
    assert_eq!(again.json()["results"][0].get("held"), None);
}

#[tokio::test]
async fn a_meter_without_a_price_waits_with_a_sentence() {
    let service = service_with_vm().await;
    let answer = push(&service, vec![record("gpu", TEN, "1"), record("cpu", TEN, "4")]).await;
    assert_eq!(verdicts(&answer), "200 accepted accepted");
    let results = answer.json()["results"].clone();
    assert_eq!(
        (&results[0]["held"], results[1].get("held")),
        (&json!("no-price"), None)
    );
    let listed = service.get(&service.staff, &format!("{PATH}?meter=gpu")).await.json();
    let detail = listed[0]["held_detail"].as_str().unwrap();
    assert!(detail.contains("gpu"), "{detail}");
    let holds = answer.json()["holds"].clone();
    assert_eq!(
        (&holds[0]["held"], &holds[0]["records"]),
        (&json!("no-price"), &json!(1))
    );
    assert_eq!(holds[0]["held_remedy"], listed[0]["held_remedy"]);
}

#[tokio::test]
async fn a_duplicate_and_a_correction_say_that_they_wait_too() {
    let service = service_with_vm().await;
    push(&service, vec![record("gpu", TEN, "1")]).await;
    let answer = push(
        &service,
        vec![record("gpu", TEN, "1"), super::world::correction("gpu", TEN, "2")],
    )
    .await;
    assert_eq!(verdicts(&answer), "200 duplicate corrected");
    let results = answer.json()["results"].clone();
    assert_eq!(
        (&results[0]["held"], &results[1]["held"]),
        (&json!("no-price"), &json!("no-price"))
    );
}
