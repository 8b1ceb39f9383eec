//! Usage: taken hour by hour, kept, added up, never guessed.

use nodeconductor_billing::domain::estimate::{Metered, Pricing, rated};
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::month::Month;
use nodeconductor_billing::domain::price::{Tier, TierPolicy};
use nodeconductor_billing::domain::rating::rate;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use uuid::Uuid;

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
async fn w03_registering_and_pushing_again_bills_nothing_again() {
    let world = World::new().await;
    let web = world.machine("web").await;
    let once = || world.push(web, "cpu", "2026-02-01T00:00:00Z", 24, dec!(4));
    once().await;
    world.register(web, "web").await;
    once().await;
    let kept = records(&world, "").await;
    assert_eq!(
        (kept.len(), &kept[0]["revision"]),
        (24, &json!(1)),
        "neither moved back nor doubled"
    );
}

#[tokio::test]
async fn w09_hours_are_half_open_and_meet_without_a_gap() {
    let world = World::new().await;
    let web = world.machine("web").await;
    world.push(web, "cpu", "2026-02-01T00:00:00Z", 48, dec!(1)).await;
    let [one, two] = [
        "start=2026-02-01T00:00:00Z&end=2026-02-02T00:00:00Z",
        "start=2026-02-02T00:00:00Z",
    ];
    assert_eq!(
        (records(&world, one).await.len(), records(&world, two).await.len()),
        (24, 24)
    );
    let hour = Hour::containing("2026-02-01T10:59:59.999999Z".parse().unwrap());
    assert_eq!(
        hour.end(),
        Hour::containing(hour.end()).start(),
        "the next one begins where this one ends"
    );
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
async fn w11_two_meters_of_one_unit_are_added_up() {
    let world = World::new().await;
    let routing = world.service.state.book.routing(world.service.pool()).await.unwrap();
    let metered = |meter: &str, quantity: Decimal| Metered {
        meter: meter.to_owned(),
        plan: Some("openstack-instance".to_owned()),
        unit: Some("cpu".to_owned()),
        subscribed_at: None,
        factor: dec!(1),
        quantity,
        records: 1,
        first_hour: "2026-02-01T00:00:00Z".parse().unwrap(),
        last_hour: "2026-02-01T00:00:00Z".parse().unwrap(),
    };
    let pricing = Pricing::new(&routing, &[]);
    let month = Month::of("2026-02-01".parse().unwrap());
    let meters = [metered("cpu", dec!(40)), metered("burst", dec!(8.5))];
    let both = rated(&meters, &pricing, month, None);
    // 49 whole units of 0.0125: one sum, rounded once.
    assert_eq!(both.consumed, dec!(0.61));
}

#[tokio::test]
async fn w24_usage_without_a_price_is_kept_and_goes_out_when_it_has_one() {
    let world = World::new().await;
    let mut without = crate::support::catalog::SampleCatalog::standard("USD").effective_on("2024-02-01");
    without.plans.remove(1);
    world.price_list(&without).await;
    let web = world.machine("web").await;
    let record = json!({"resource": web, "meter": "licence", "hour": "2026-02-01T00:00:00Z", "quantity": "1"});
    let taken = push_one(&world, record).await;
    assert_eq!(
        (&taken["status"], &taken["held"]),
        (&json!("accepted"), &json!("no-price"))
    );
    world
        .price_list(&crate::support::catalog::SampleCatalog::standard("USD").effective_on("2024-03-01"))
        .await;
    let state = &world.service.state;
    let routing = state.book.routing(&state.pool).await.unwrap();
    nodeconductor_billing::db::routes::refresh(&state.pool, &routing)
        .await
        .unwrap();
    assert_eq!(records(&world, "").await[0]["state"], "pending");
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

#[tokio::test]
async fn w48_a_rename_is_answered_at_once_and_told_to_kill_bill_later() {
    // There is no Kill Bill at all behind this service.
    let world = World::new().await;
    let web = world.machine("web").await;
    world.register(web, "web, renamed").await;
    let shown = world
        .service
        .get(&world.owner, &format!("/api/resources/{}/", web.simple()))
        .await;
    assert_eq!(shown.json()["name"], "web, renamed");
    let unknown = world
        .service
        .get(&world.owner, &format!("/api/resources/{}/", Uuid::new_v4().simple()))
        .await;
    assert_eq!(unknown.status, 404);
}
