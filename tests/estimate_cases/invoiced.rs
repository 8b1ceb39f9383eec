//! Months that Kill Bill has invoiced: their estimates are what the invoices say.

use rust_decimal::dec;
use serde_json::json;
use sqlx::query;
use uuid::Uuid;

use crate::world::World;

/// An invoice of the customer with usage of February, a charge without a resource and a credit.
async fn invoice(world: &World, resource: Uuid, until: &str) {
    let lines =
        "('USAGE', 'usage', 'cpu', 10.25), ('EXTERNAL_CHARGE', 'charge', null, 5), ('CREDIT_ADJ', 'credit', null, -3)";
    bill(world, resource, until, lines).await;
}

/// An invoice of the customer with these lines of February; those of usage are the resource's, and reach `until`.
async fn bill(world: &World, resource: Uuid, until: &str, lines: &str) {
    let statement = format!(
        "with bill as (
            insert into invoice (uuid, killbill_id, customer_id, status, currency, amount, balance, credit_adj, refund_adj,
                                 invoice_date, content_hash, first_seen_at, changed_at, customer_snapshot)
            select gen_random_uuid(), gen_random_uuid(), id, 'COMMITTED', 'USD', 15, 15, 0, 0, '2026-03-01', '', now(), now(), '{{}}'
            from customer returning id
         )
         insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, resource_id, name, meter,
                                   start_date, end_date, currency, amount)
         select gen_random_uuid(), gen_random_uuid(), bill.id, row_number() over (), type, kind,
                case when kind = 'usage' then (select id from resource where uuid = $1) end, kind, meter,
                '2026-02-01', case when kind = 'usage' then $2::date end, 'USD', amount
         from bill, (values {lines}) as line (type, kind, meter, amount)"
    );
    query(sqlx::AssertSqlSafe(statement))
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
            "serviceprojectlink Tartu | Shop: 10.25 of 10.25",
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

const CHARGES: &str = "('EXTERNAL_CHARGE', 'charge', null, 5), ('TAX', 'tax', null, 1.25)";

async fn february(world: &World) -> Vec<String> {
    world.estimate().await;
    let rows = world.list("date=2026.02").await;
    rows.iter()
        .map(|row| format!("{} {} {}", row["scope_type"], row["total"], row["source"]).replace('"', ""))
        .collect()
}

#[tokio::test]
async fn a_month_of_charges_and_taxes_alone_costs_what_was_charged() {
    let world = World::new().await;
    let web = world.machine("web").await;
    bill(&world, web, "2026-03-01", CHARGES).await;
    assert_eq!(february(&world).await, ["customer 6.25 invoices"]);
}

#[tokio::test]
async fn a_month_without_a_usage_line_is_estimated_until_nothing_of_it_is_on_its_way() {
    let world = World::new().await;
    let web = world.machine("web").await;
    bill(&world, web, "2026-03-01", CHARGES).await;
    world.push(web, "cpu", "2026-02-01T00:00:00Z", 10, dec!(80)).await;
    let all = |amount, source| {
        ["customer", "project", "resource", "service", "serviceprojectlink"]
            .map(|scope| format!("{scope} {amount} {source}"))
    };
    assert_eq!(february(&world).await, all("10.00", "records"), "ten hours wait");
    deliver(&world, web).await;
    assert_eq!(
        february(&world).await,
        all("10.00", "records"),
        "Kill Bill has them, and no invoice"
    );
    query("update delivery set invoice_id = (select id from invoice)")
        .execute(world.service.pool())
        .await
        .unwrap();
    assert_eq!(february(&world).await, ["customer 6.25 invoices"]);
}

/// All that waits of the machine's usage is in Kill Bill.
async fn deliver(world: &World, resource: Uuid) {
    let statement = "with s as (
            insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
            select id, 'openstack-instance', 'web', gen_random_uuid(), '2026-02-01 00:00Z', now() from resource where uuid = $1
            returning id
         ), d as (
            insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at)
            select gen_random_uuid(), id, 'web', '2026-02-01', '2026-02-01 00:00Z', '2026-03-01 00:00Z', 10, 'verified', now() from s
            returning id
         )
         update usage_record set delivery_id = d.id from d where true";
    query(statement)
        .bind(resource)
        .execute(world.service.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn hours_that_are_held_though_their_month_is_invoiced_are_counted() {
    let world = World::new().await;
    let web = world.machine("web").await;
    // A monthly price that nobody charges by the hour: nothing takes it up by itself.
    world.push(web, "support", "2026-02-01T00:00:00Z", 7, dec!(1)).await;
    invoice(&world, web, "2026-03-01").await;
    assert_eq!(february(&world).await[2], "resource 10.25 invoices");
    let rows = world.list("date=2026.02").await;
    assert!(rows.iter().all(|row| row["unrated_records"] == 7), "{rows:?}");
}
