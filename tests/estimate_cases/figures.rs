//! What is estimated from records: rated as Kill Bill will, rolled up, projected to the month's end.

use chrono::TimeDelta;
use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use crate::support::catalog::SampleCatalog;
use crate::world::World;

#[tokio::test]
async fn an_open_month_is_rolled_up_from_the_resource_to_the_customer() {
    let world = World::new().await;
    let (web, db) = (world.machine("web").await, world.machine("db").await);
    // 40 CPU hours of 0.0125; at four an hour the 744 hours of March are 2,976.
    world.push(web, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    // 10 GB hours are 1,000 blocks of 0.00004; ten licences of 0.06.
    world.push(db, "memory", "2026-03-01T00:00:00Z", 10, dec!(1)).await;
    world.push(db, "licence", "2026-03-01T00:00:00Z", 10, dec!(1)).await;
    world.estimate().await;
    assert_eq!(
        world.figures().await,
        [
            "customer Alice: 1.14 of 84.82",
            "project Shop | Alice: 1.14 of 84.82",
            "resource db: 0.64 of 47.62",
            "resource web: 0.50 of 37.20",
            "service Tartu: 1.14 of 84.82",
            "serviceprojectlink Tartu | Shop: 1.14 of 84.82",
        ]
    );
    let web = &world.list("scope_type=resource&date=2026.03").await[1];
    assert_eq!(
        (&web["year"], &web["month"]),
        (&json!(2026), &json!(3)),
        "numbers, as the frontend compares them"
    );
    assert_eq!(
        (&web["resource_type"], &web["source"]),
        (&json!("OpenStack.Instance"), &json!("records"))
    );
    assert_eq!(
        (&web["details"], &web["currency"]),
        (&json!({"cpu": "0.50"}), &json!("USD"))
    );
    let price = format!("/api/customers/{}/estimated_price/", world.customer.simple());
    assert_eq!(
        String::from_utf8(world.service.get(&world.owner, &price).await.body).unwrap(),
        "84.82"
    );
}

#[tokio::test]
async fn each_unit_is_rounded_to_blocks_and_cents_once_on_its_sum() {
    let world = World::new().await;
    let web = world.machine("web").await;
    // 0.3 a hour are 0.00375 a record; ten of them are 3 units and 0.0375, which is 4 cents and not ten times nothing.
    world.push(web, "cpu", "2026-03-01T00:00:00Z", 10, dec!(0.3)).await;
    // The first hundred at 0.0002, the next fifty at half of it.
    world.push(web, "disk", "2026-03-01T00:00:00Z", 1, dec!(150)).await;
    world.estimate().await;
    let web = &world.list("scope_type=resource").await[0];
    assert_eq!(web["details"], json!({"cpu": "0.04", "disk": "0.03"}));
}

#[tokio::test]
async fn consumption_goes_on_at_its_average_until_the_resource_or_the_month_ends() {
    let world = World::new().await;
    let (web, old, new) = (
        world.machine("web").await,
        world.machine("old").await,
        world.machine("new").await,
    );
    for machine in [web, old] {
        world.push(machine, "cpu", "2026-03-01T00:00:00Z", 12, dec!(8)).await;
    }
    world.push(new, "cpu", "2026-03-01T10:00:00Z", 2, dec!(8)).await;
    let end = json!({"at": "2026-03-01T12:00:00Z"});
    let path = format!("/api/resources/{}/terminate/", old.simple());
    assert_eq!(
        world
            .service
            .call("POST", &world.service.pusher, &path, end)
            .await
            .status,
        200
    );
    world.estimate().await;
    let rows = world.list("scope_type=resource").await;
    let totals: Vec<String> = rows.iter().map(crate::world::figure).collect();
    // new: 8 an hour for the 734 hours from its first on; web: for all 744.
    assert_eq!(
        totals,
        [
            "resource new: 0.20 of 73.40",
            "resource old: 1.20 of 1.20",
            "resource web: 1.20 of 74.40"
        ]
    );
    let clock = &world.service.state.clock;
    clock.set(clock.now() + TimeDelta::days(40));
    world.estimate().await;
    let over = world.list("scope_type=resource&date=2026.03").await;
    assert!(
        over.iter().all(|row| row["total"] == row["consumed"]),
        "a month that is over is not projected"
    );
}

#[tokio::test]
async fn hours_with_a_monthly_price_count_and_hours_without_a_price_are_counted_apart() {
    let world = World::new().await;
    let web = world.machine("web").await;
    world.push(web, "support", "2026-03-01T00:00:00Z", 10, dec!(1)).await;
    world.estimate().await;
    let row = &world.list("scope_type=resource").await[0];
    assert_eq!(
        (row["consumed"].to_string(), row["total"].to_string()),
        ("1.00".to_owned(), "74.40".to_owned())
    );
    let mut cheaper = SampleCatalog::standard("USD").effective_on("2024-02-01");
    cheaper.plans.truncate(1);
    world.price_list(&cheaper).await;
    world.estimate().await;
    let row = &world.list("scope_type=resource").await[0];
    assert_eq!(
        (row["consumed"].to_string(), &row["unrated_records"]),
        ("0.00".to_owned(), &json!(10))
    );
}

#[tokio::test]
async fn usage_of_a_resource_that_nobody_registered_counts_when_it_is() {
    let world = World::new().await;
    let unknown = Uuid::new_v4();
    world.push(unknown, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    assert_eq!(world.estimate().await.estimated, 0);
    world.register(unknown, "late").await;
    assert_eq!(world.estimate().await.estimated, 1);
    assert_eq!(
        world.list("scope_type=resource").await[0]["consumed"].to_string(),
        "0.50"
    );
    assert_eq!(world.estimate().await.estimated, 0, "nothing changed, nothing to do");
}

#[tokio::test]
async fn a_rename_and_a_move_show_and_leave_nothing_behind() {
    let mut world = World::new().await;
    let web = world.machine("web").await;
    world.push(web, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    world.estimate().await;
    world.project = Uuid::new_v4();
    world.register(web, "web-2").await;
    world.estimate().await;
    let projects = world.list("scope_type=project").await;
    assert_eq!(projects.len(), 1, "the old project has no cost any more: {projects:?}");
    assert_eq!(projects[0]["scope_uuid"], world.project.simple().to_string());
    assert_eq!(world.list("scope_type=resource").await[0]["scope_name"], "web-2");
}

#[tokio::test]
async fn usage_of_far_months_keeps_nobody_from_seeing_the_open_one() {
    let world = World::new().await;
    let web = world.machine("web").await;
    for month in ["2062-01", "2062-02", "2062-03", "2025-10"] {
        world
            .push(web, "cpu", &format!("{month}-01T00:00:00Z"), 1, dec!(80))
            .await;
    }
    world.estimate().await;
    assert_eq!(
        world.list("scope_type=resource&date=2062.01").await.len(),
        0,
        "nobody believes it"
    );
    let body =
        json!({"resource": web, "from": "2062-01-01T00:00:00Z", "until": "2063-01-01T00:00:00Z", "reason": "a test"});
    let service = &world.service;
    let released = service.call("POST", &service.staff, "/api/holds/release/", body).await;
    assert_eq!(released.status, 201, "{}", released.shown());
    for month in ["2026-01", "2026-02", "2026-03"] {
        world
            .push(web, "cpu", &format!("{month}-01T00:00:00Z"), 1, dec!(80))
            .await;
    }
    let estimated = async || {
        world.estimate().await;
        let rows = world.list("scope_type=resource").await;
        let months = rows.iter().map(|row| format!("{}-{}", row["year"], row["month"]));
        months.rev().collect::<Vec<_>>()
    };
    let first = estimated().await;
    for month in ["2026-1", "2026-2", "2026-3"] {
        assert!(first.contains(&month.to_owned()), "{first:?}");
    }
    // Passes every two minutes: the turns of four others would else be those of the same two.
    let clock = &world.service.state.clock;
    for _ in 0..8 {
        clock.set(clock.now() + TimeDelta::minutes(2));
        estimated().await;
    }
    assert_eq!(estimated().await.len(), 7);
}
