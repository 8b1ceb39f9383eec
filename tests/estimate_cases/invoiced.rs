//! Months that Kill Bill has invoiced: their estimates are what the invoices say.

use rust_decimal::dec;
use serde_json::json;
use sqlx::query;
use uuid::Uuid;

use crate::world::World;

/// An invoice of the customer with usage of February, a charge without a resource and a credit.
async fn invoice(world: &World, resource: Uuid, until: &str) {
    let statement = "with bill as (
            insert into invoice (uuid, killbill_id, customer_id, status, currency, amount, balance, credit_adj, refund_adj,
                                 invoice_date, content_hash, first_seen_at, changed_at, customer_snapshot)
            select gen_random_uuid(), gen_random_uuid(), id, 'COMMITTED', 'USD', 15, 15, 0, 0, '2026-03-01', '', now(), now(), '{}'
            from customer returning id
         )
         insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, resource_id, name, meter,
                                   start_date, end_date, currency, amount)
         select gen_random_uuid(), gen_random_uuid(), bill.id, n, type, kind,
                case when kind = 'usage' then (select id from resource where uuid = $1) end, kind, meter,
                '2026-02-01', case when kind = 'usage' then $2::date end, 'USD', amount
         from bill, (values (1, 'USAGE', 'usage', 'cpu', 10.25), (2, 'EXTERNAL_CHARGE', 'charge', null, 5),
                            (3, 'CREDIT_ADJ', 'credit', null, -3)) as line (n, type, kind, meter, amount)";
    query(statement)
        .bind(resource)
        .bind(until.parse::<chrono::NaiveDate>().unwrap())
        .execute(world.service.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_month_that_was_billed_to_its_end_costs_what_the_invoices_say() {
    let world = World::new().await;
    let web = world.machine("web").await;
    world.push(web, "cpu", "2026-02-01T00:00:00Z", 10, dec!(80)).await;
    world.estimate().await;
    assert_eq!(
        world.list("scope_type=customer").await[0]["total"].to_string(),
        "10.00",
        "from records so far"
    );
    invoice(&world, web, "2026-03-01").await;
    world.estimate().await;
    let rows = world.list("date=2026.02").await;
    let figures: Vec<String> = rows.iter().map(crate::world::figure).collect();
    assert_eq!(
        figures,
        [
            "customer Alice: 15.25 of 15.25",
            "project Shop | Alice: 10.25 of 10.25",
            "resource web: 10.25 of 10.25",
            "service Tartu: 10.25 of 10.25",
        ]
    );
    assert_eq!(rows[0]["source"], "invoices");
    assert_eq!(
        rows[0]["details"],
        json!({"charge": "5.00", "cpu": "10.25"}),
        "a credit settles a cost, it is none"
    );
}

#[tokio::test]
async fn a_month_that_was_billed_in_part_is_still_estimated_from_its_records() {
    let world = World::new().await;
    let web = world.machine("web").await;
    world.push(web, "cpu", "2026-02-01T00:00:00Z", 10, dec!(80)).await;
    invoice(&world, web, "2026-02-11").await;
    world.estimate().await;
    let row = &world.list("scope_type=resource").await[0];
    assert_eq!(
        (row["total"].to_string(), &row["source"]),
        ("10.00".to_owned(), &json!("records"))
    );
}
