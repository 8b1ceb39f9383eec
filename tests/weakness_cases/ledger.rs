//! Usage: taken hour by hour, kept, added up, never guessed.

use nodeconductor_billing::domain::price::{Tier, TierPolicy};
use nodeconductor_billing::domain::rating::rate;
use rust_decimal::dec;
use serde_json::{Value, json};

use crate::metering::World;

async fn records(world: &World, query: &str) -> Vec<Value> {
    let path = format!("/api/usage-records/?page_size=300&{query}");
    let answer = world.service.get(&world.service.staff, &path).await;
    answer.json().as_array().unwrap().clone()
}

async fn push_one(world: &World, record: Value) -> Value {
    let body = json!({"records": [record]});
    let answer = world
        .service
        .call("POST", &world.service.pusher, "/api/usage-records/", body)
        .await;
    answer.json()["results"][0].clone()
}

#[tokio::test]
async fn w10_what_was_pushed_for_an_hour_is_what_counts_and_nothing_is_stretched_over_time() {
    let world = World::new().await;
    let web = world.machine("web").await;
    world.push(web, "cpu", "2026-02-01T00:00:00Z", 2, dec!(2)).await;
    world.push(web, "cpu", "2026-02-20T00:00:00Z", 1, dec!(16)).await;
    world.estimate().await;
    // 20 hours of 0.0125; not eighteen days of the old size, nor of the new one.
    assert_eq!(
        world.list("scope_type=resource").await[0]["consumed"].to_string(),
        "0.25"
    );
}

#[tokio::test]
async fn w41_december_has_a_next_month() {
    let world = World::new().await;
    let web = world.machine("web").await;
    world.service.state.clock.set("2025-12-31T12:00:00Z".parse().unwrap());
    world.push(web, "cpu", "2025-12-31T00:00:00Z", 12, dec!(4)).await;
    world.estimate().await;
    let row = &world.list("scope_type=resource&date=2025.12").await[0];
    // Twelve hours of four, and twelve more until the year ends.
    assert_eq!(
        (row["consumed"].to_string(), row["total"].to_string()),
        ("0.60".to_owned(), "1.20".to_owned())
    );
}

#[tokio::test]
async fn w47_quantities_beyond_32_bits_are_exact_and_what_no_column_holds_is_refused() {
    let world = World::new().await;
    let web = world.machine("web").await;
    let record =
        |quantity: &str| json!({"resource": web, "meter": "cpu", "hour": "2026-02-01T00:00:00Z", "quantity": quantity});
    assert_eq!(
        push_one(&world, record("999999999.999999999")).await["status"],
        "accepted"
    );
    assert_eq!(records(&world, "").await[0]["quantity"], "999999999.999999999");
    let refused = push_one(&world, record("1000000000")).await;
    assert_eq!(
        (&refused["status"], &refused["field"]),
        (&json!("rejected"), &json!("quantity"))
    );
    let tier = Tier {
        block_size: dec!(1),
        block_price: dec!(0.01),
        max: None,
    };
    assert_eq!(
        rate(TierPolicy::AllTiers, &[tier], dec!(45_000_000_000)).amount(),
        dec!(450_000_000)
    );
}
