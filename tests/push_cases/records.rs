//! Reading records back: filters, states, pages, one record with its revisions.

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{CUSTOMER, ELEVEN, PATH, TEN, VM, correction, deliver, hours, push, record, service_with_vm};
use crate::support::web::Service;

/// Number of records that a query finds, and the first one's hour.
async fn found(service: &Service, query: &str) -> (String, Value) {
    let answer = service.get(&service.staff, &format!("{PATH}?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.shown());
    (
        answer.header("x-result-count").to_owned(),
        answer.json()[0]["hour"].clone(),
    )
}

#[tokio::test]
async fn records_are_found_by_what_they_are() {
    let service = service_with_vm().await;
    push(
        &service,
        vec![
            record("cpu", TEN, "4"),
            record("memory", TEN, "8"),
            record("gpu", TEN, "1"),
        ],
    )
    .await;
    push(&service, vec![record("cpu", ELEVEN, "4")]).await;
    let other = Uuid::new_v4().simple();
    for (query, count) in [
        (String::new(), "4"),
        ("meter=cpu".to_owned(), "2"),
        ("meter=steam".to_owned(), "0"),
        (format!("resource={VM}"), "4"),
        (format!("resource=https://billing.test/api/resources/{VM}/"), "4"),
        (format!("resource={other}"), "0"),
        (format!("customer={CUSTOMER}"), "4"),
        (format!("customer={other}"), "0"),
        (format!("start={ELEVEN}"), "1"),
        (format!("end={ELEVEN}"), "3"),
        (format!("start={TEN}&end={TEN}"), "0"),
        ("state=held".to_owned(), "1"),
        ("state=pending".to_owned(), "3"),
        ("state=pending&meter=cpu".to_owned(), "2"),
    ] {
        assert_eq!(found(&service, &query).await.0, count, "{query}");
    }
    assert_eq!(found(&service, "o=hour").await.1, TEN);
    assert_eq!(found(&service, "o=-hour").await.1, ELEVEN);
    for (query, field) in [
        ("state=lost", "state"),
        ("o=name", "o"),
        ("start=2026-01-01T10:30:00Z", "start"),
        ("end=tomorrow", "end"),
        ("resource=vm-1", "resource"),
        ("customer=alice", "customer"),
    ] {
        let answer = service.get(&service.staff, &format!("{PATH}?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json().get(field).is_some(), "{}", answer.shown());
    }
}

#[tokio::test]
async fn a_record_s_state_is_its_delivery_s() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    deliver(&service).await;
    for (state, shown) in [
        ("prepared", "sending"),
        ("sending", "sending"),
        ("unknown", "unknown"),
        ("delivered", "delivered"),
        ("verified", "verified"),
        ("refused", "refused"),
    ] {
        sqlx::query("update delivery set state = $1")
            .bind(state)
            .execute(service.pool())
            .await
            .unwrap();
        assert_eq!(found(&service, &format!("state={shown}")).await.0, "1", "{state}");
    }
}

#[tokio::test]
async fn records_come_in_pages() {
    let service = service_with_vm().await;
    push(&service, hours(25)).await;
    let answer = service.get(&service.staff, &format!("{PATH}?page=3")).await;
    assert_eq!(
        (answer.json().as_array().unwrap().len(), answer.header("x-result-count")),
        (5, "25")
    );
    assert!(
        answer.header("link").contains(r#"rel="prev""#),
        "{}",
        answer.header("link")
    );
    assert_eq!(service.get(&service.staff, &format!("{PATH}?page=4")).await.status, 404);
}

#[tokio::test]
async fn a_record_shows_all_its_revisions() {
    let service = service_with_vm().await;
    let first = push(&service, vec![record("cpu", TEN, "4")]).await.json()["results"][0]["uuid"].clone();
    deliver(&service).await;
    let second = push(&service, vec![correction("cpu", TEN, "3.5")]).await.json()["results"][0]["uuid"].clone();
    let path = format!("{PATH}{}/", first.as_str().unwrap());
    let shown = service.get(&service.support, &path).await.json();
    assert_eq!(
        (&shown["uuid"], &shown["state"], &shown["revision"]),
        (&first, &json!("superseded"), &json!(1))
    );
    let revisions = shown["revisions"].as_array().unwrap();
    let told: Vec<_> = revisions
        .iter()
        .map(|one| [&one["uuid"], &one["quantity"], &one["delta"], &one["state"]].map(Clone::clone))
        .collect();
    assert_eq!(
        told,
        [
            [first.clone(), json!("4"), json!("4"), json!("superseded")],
            [second.clone(), json!("3.5"), json!("-0.5"), json!("pending")]
        ]
    );
    assert!(
        revisions[0]["tracking_id"]
            .as_str()
            .unwrap()
            .starts_with("2026-01-01T10:1:")
    );
    assert_eq!(
        (&revisions[0]["resource_uuid"], &revisions[0]["customer_uuid"]),
        (&json!(VM), &json!(CUSTOMER))
    );
}

#[tokio::test]
async fn an_owner_sees_the_records_of_his_customers_only() {
    let service = service_with_vm().await;
    let uuid = push(&service, vec![record("cpu", TEN, "4")]).await.json()["results"][0]["uuid"].clone();
    let path = format!("{PATH}{}/", uuid.as_str().unwrap());
    let (owner, stranger) = (
        service.owner(&[CUSTOMER.parse().unwrap()]).await,
        service.owner(&[Uuid::new_v4()]).await,
    );
    for (token, count, status) in [(&owner, "1", 200), (&stranger, "0", 404)] {
        assert_eq!(service.get(token, PATH).await.header("x-result-count"), count);
        assert_eq!(service.get(token, &path).await.status, status);
    }
    for path in [format!("{PATH}{VM}/"), format!("{PATH}nonsense/")] {
        assert_eq!(service.get(&service.staff, &path).await.status, 404);
    }
}
