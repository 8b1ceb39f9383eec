//! Prices: read from Kill Bill, told apart, exact, and never changed by hand without a trace.

use nodeconductor_billing::domain::catalog;
use nodeconductor_billing::domain::price::PriceItem;
use nodeconductor_billing::domain::rating::rate;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};

use crate::metering::World;
use crate::support::catalog::{SampleCatalog, SamplePlan, SampleUsage};

fn items(usages: &[SampleUsage]) -> (Vec<PriceItem>, Vec<&'static str>) {
    let plan = SamplePlan::usage_only("openstack-instance", "vm", "VM");
    let plan = usages.iter().cloned().fold(plan, SamplePlan::with);
    let xml = SampleCatalog::new("USD", vec![plan]).xml();
    let version = catalog::parse(&xml, dec!(720)).unwrap().remove(0);
    let codes = version.findings.iter().map(|finding| finding.code).collect();
    (version.items, codes)
}

#[test]
fn w02_a_capped_tier_is_found_before_it_gives_usage_away() {
    // The predecessor's own catalog: 44,640 minutes for 20 GB, of which a month has 864,000.
    let capped =
        SampleUsage::new("storage", "minute-of-storage-1GB", "Storage").tier(dec!(1), dec!(0.0001), Some(44640));
    let (items, findings) = items(&[capped]);
    assert_eq!((items[0].cap(), findings), (Some(dec!(44640)), vec!["capped"]));
    let month = rate(items[0].tier_policy, &items[0].tiers, dec!(864_000));
    assert_eq!(
        (month.amount(), month.beyond),
        (dec!(4.464), dec!(819_360)),
        "what is given away is named"
    );
}

/// "storage-1 GB" and "storage-1GB" became one in the predecessor, which had the last one's price for both.
#[tokio::test]
async fn w23_names_that_differ_in_a_space_have_an_item_a_route_and_a_sum_each() {
    let world = World::metering(&[["fast", "storage-1 GB"], ["slow", "storage-1GB"]]).await;
    let plan = SamplePlan::usage_only("openstack-instance", "vm", "VM")
        .with(SampleUsage::new("usage-1 GB", "storage-1 GB", "Fast").tier(dec!(1), dec!(0.5), None))
        .with(SampleUsage::new("usage-1GB", "storage-1GB", "Slow").tier(dec!(1), dec!(0.25), None));
    let catalog = SampleCatalog::new("USD", vec![plan]).effective_on("2024-02-01");
    world.price_list(&catalog).await;
    let listed = world
        .service
        .get(&world.owner, "/api/default-price-list-items/")
        .await
        .json();
    let mut items: Vec<String> = listed.as_array().unwrap().iter().map(named_price).collect();
    items.sort();
    assert_eq!(items, ["storage-1 GB 0.5", "storage-1GB 0.25"]);

    let web = world.machine("web").await;
    world.push(web, "fast", "2026-02-01T00:00:00Z", 2, dec!(1)).await;
    world.push(web, "slow", "2026-02-01T00:00:00Z", 2, dec!(3)).await;
    let routes = sqlx::query_scalar(
        "select m.name || ' to ' || r.unit from route r join meter m on m.id = r.meter_id order by 1",
    );
    let routes: Vec<String> = routes.fetch_all(world.service.pool()).await.unwrap();
    assert_eq!(routes, ["fast to storage-1 GB", "slow to storage-1GB"]);
    world.estimate().await;
    assert_eq!(
        world.list("scope_type=resource").await[0]["details"],
        json!({"fast": "1.00", "slow": "1.50"})
    );
}

fn named_price(item: &Value) -> String {
    format!(
        "{} {}",
        item["units"].as_str().unwrap(),
        item["value"].as_str().unwrap()
    )
}

#[tokio::test]
async fn w40_a_price_set_by_hand_is_flagged_and_outlives_a_new_price_list() {
    let world = World::new().await;
    let service = &world.service;
    let web = world.machine("web").await;
    let body =
        json!({"service": world.place.simple().to_string(), "key": "cpu", "item_type": "usage", "value": "0.02"});
    let set = service
        .call("POST", &world.owner, "/api/service-price-list-items/", body)
        .await;
    assert_eq!(set.status, 201, "{}", set.shown());
    let mut dearer = SampleCatalog::standard("USD").effective_on("2024-02-01");
    dearer.plans[0].usages[0].tiers[0].price = dec!(0.5);
    world.price_list(&dearer).await;
    let one = service.get(&world.owner, "/api/service-price-list-items/").await.json()[0].clone();
    assert_eq!((&one["value"], &one["billed_value"]), (&json!("0.02"), &json!("0.5")));
    assert_eq!(
        (&one["is_manually_input"], &one["is_billed"]),
        (&json!(true), &json!(false))
    );
    assert!(!one["created_by"].as_str().unwrap().is_empty() && one["created"].is_string());
    // And it is billed nowhere: the estimate follows Kill Bill's price.
    world.push(web, "cpu", "2026-02-01T00:00:00Z", 1, dec!(4)).await;
    world.estimate().await;
    assert_eq!(
        world.list("scope_type=resource").await[0]["consumed"].to_string(),
        "2.00"
    );
}

#[test]
fn w44_a_price_keeps_every_digit_and_minutes_lose_none() {
    let tiny = SampleUsage::new("iops", "iops", "IOPS").tier(dec!(1), dec!(0.0000000125), None);
    let minutes = SampleUsage::new("flavor", "minute-of-flavor-small", "Small").tier(dec!(60), dec!(0.01), None);
    let (items, _) = items(&[tiny, minutes]);
    let hourly: Vec<Decimal> = items.iter().map(|item| item.hourly).collect();
    assert_eq!(hourly, [dec!(0.0000000125), dec!(0.01)]);
    assert_eq!(items[0].monthly, dec!(0.000009));
}

#[tokio::test]
async fn w46_a_quantity_has_the_unit_of_its_price() {
    let world = World::new().await;
    let web = world.machine("web").await;
    // A licence hour is sixty of Kill Bill's minutes, and is charged as such.
    world.push(web, "licence", "2026-02-01T00:00:00Z", 1, dec!(1)).await;
    world.estimate().await;
    assert_eq!(
        world.list("scope_type=resource").await[0]["consumed"].to_string(),
        "0.06"
    );
    let body = json!({"service": world.place.simple().to_string(), "key": "ram_gb", "item_type": "usage", "value": "4", "units": "ram_mb"});
    let refused = world
        .service
        .call("POST", &world.owner, "/api/service-price-list-items/", body)
        .await;
    assert_eq!(
        refused.shown(),
        r#"400 {"units":["The item is priced by \"ram_gb\", not by \"ram_mb\"."]}"#
    );
}
