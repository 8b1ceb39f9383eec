//! The annual report: each total beside its customer, each customer for himself, for whom it is.

use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::web::Service;

const PATH: &str = "/api/customers/annual_report/";

async fn invoiced(service: &Service, name: &str, amounts: &[Decimal]) -> Uuid {
    let uuid = Uuid::new_v4();
    let path = format!("/api/customers/{}/", uuid.simple());
    service.call("PUT", &service.pusher, &path, json!({"name": name})).await;
    sqlx::query(
        "insert into invoice (uuid, killbill_id, customer_id, status, currency, amount, balance, credit_adj, refund_adj,
                              invoice_date, content_hash, first_seen_at, changed_at, customer_snapshot)
         select gen_random_uuid(), gen_random_uuid(), c.id, 'COMMITTED', 'OMR', a, a, 0, 0, '2026-01-01', '', now(), now(), '{}'
         from customer c, unnest($2::numeric[]) a where c.uuid = $1",
    )
    .bind(uuid)
    .bind(amounts)
    .execute(service.pool())
    .await
    .unwrap();
    uuid
}

async fn totals(service: &Service, token: &str) -> Vec<(Value, Value)> {
    let report = service.get(token, &format!("{PATH}?format=json")).await.json();
    let customers = report["sections"][0]["customers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    customers
        .iter()
        .map(|one| (one["name"].clone(), one["total"].clone()))
        .collect()
}

#[tokio::test]
async fn w05_annual_report_totals_stand_beside_their_customer() {
    let service = Service::start().await;
    for (name, amounts) in [
        ("Bob", vec![dec!(10)]),
        ("Alice", vec![dec!(150), dec!(50)]),
        ("Carol", vec![dec!(3)]),
    ] {
        invoiced(&service, name, &amounts).await;
    }
    let beside = |name: &str, total: &str| (json!(name), json!(total));
    assert_eq!(
        totals(&service, &service.staff).await,
        [
            beside("Carol", "3.000"),
            beside("Bob", "10.000"),
            beside("Alice", "200.000")
        ]
    );
    let pdf = service.get(&service.staff, PATH).await.body;
    let printed = crate::printed::Printed::of(&pdf);
    printed.shows_in_order(&["Carol 3.000", "Bob 10.000", "Alice 200.000", "Total 213.000 OMR"]);
}

#[tokio::test]
async fn w06_a_report_shows_nobody_what_is_not_his() {
    let service = Service::start().await;
    let alice = invoiced(&service, "Alice", &[dec!(1)]).await;
    invoiced(&service, "Bob", &[dec!(2)]).await;
    assert_eq!(
        totals(&service, &service.owner(&[alice]).await).await,
        [(json!("Alice"), json!("1.000"))]
    );
    let stranger = service.owner(&[Uuid::new_v4()]).await;
    assert!(totals(&service, &stranger).await.is_empty());
    let csv = service.get(&stranger, &format!("{PATH}?format=csv")).await;
    assert_eq!(
        String::from_utf8(csv.body).unwrap().lines().count(),
        1,
        "a header row and nothing else"
    );
}

#[tokio::test]
async fn w14_three_decimals_stay_and_sums_are_exact() {
    let service = Service::start().await;
    invoiced(&service, "Alice", &[dec!(0.1), dec!(0.2), dec!(12345678.125)]).await;
    assert_eq!(
        totals(&service, &service.staff).await,
        [(json!("Alice"), json!("12345678.425"))]
    );
}

#[tokio::test]
async fn w39_customers_of_the_same_name_stay_apart() {
    let service = Service::start().await;
    invoiced(&service, "Alice", &[dec!(1)]).await;
    invoiced(&service, "Alice", &[dec!(2)]).await;
    let mut totals = totals(&service, &service.staff).await;
    totals.sort_by_key(|(_, total)| total.to_string());
    assert_eq!(
        totals,
        [(json!("Alice"), json!("1.000")), (json!("Alice"), json!("2.000"))]
    );
}
