//! June 2016: the compare page, and what the project's page sets. Costs are in `estimates`.

use serde_json::{Value, json};

use super::js::{currency, said, whole};
use super::shop::Shop;

/// `default-price-list-items/?item_type=flavor`: code, name, CPU, RAM and storage of `metadata`, and the price.
#[tokio::test]
async fn the_compare_page_of_june_2016_shows_what_a_flavour_is_made_of() {
    let shop = Shop::new().await;
    sqlx::query(
        "with version as (
             insert into catalog_version (catalog_name, effective_from, content_hash, xml, fetched_at, in_force)
             values ('c', '2026-01-01', '', '<catalog><effectiveDate>2026-01-01T00:00:00Z</effectiveDate><catalogName>c</catalogName></catalog>', '2026-01-01', true) returning id)
         insert into price_item (uuid, version_id, name, description, product, plan, unit, item_type, key, currency, rule,
                                 hourly, monthly, tiers, tier_policy)
         select gen_random_uuid(), id, key, '', 'Instance', 'openstack-instance', key, 'flavor', key, 'EUR', 'hourly-usage',
                0.25, 180, '[]', 'ALL_TIERS' from version, unnest(array['g1.small', 'g1.odd']) key",
    )
    .execute(shop.paper.pool())
    .await
    .unwrap();
    for list in ["default-price-list-items", "merged-price-list-items"] {
        let rows = shop
            .get(&format!("/api/{list}/?page=1&page_size=100&item_type=flavor"))
            .await;
        let of = |key: &str| {
            rows.as_array()
                .unwrap()
                .iter()
                .find(|row| row["key"] == key)
                .unwrap()
                .clone()
        };
        let (small, odd) = (of("g1.small"), of("g1.odd"));
        assert_eq!(
            small["metadata"],
            json!({ "name": "Small", "cores": 2, "ram": 4096, "disk": 20480 })
        );
        assert_eq!(odd["metadata"], json!({}), "item.metadata.name is read of each");
        said(&small["resource_type"]);
        assert!((currency(&small["value"]) - 0.25).abs() < f64::EPSILON);
    }
}

/// `limit > 0 && threshold || 0`: switched off, this page sends 0.
#[tokio::test]
async fn the_project_page_of_june_2016_sets_a_threshold_and_takes_it_away() {
    let shop = Shop::new().await;
    let set = async |bound: &str, value: Value| {
        let body = json!({ "scope": shop.customer(), bound: value });
        let answer = shop
            .send(&shop.owner, "POST", &format!("/api/price-estimates/{bound}/"), &body)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
        said(&answer.json()["detail"]);
    };
    let shown = async |bound: &str| shop.get(&format!("/api/price-estimates/{bound}/")).await;
    set("threshold", json!(150)).await;
    set("limit", json!(0)).await;
    assert_eq!(whole(&shown("threshold").await[0]["threshold"]), 150);
    assert_eq!(whole(&shown("limit").await[0]["limit"]), 0);
    set("threshold", json!(0)).await;
    set("limit", json!(-1)).await;
    assert_eq!((shown("threshold").await, shown("limit").await), (json!([]), json!([])));
}
