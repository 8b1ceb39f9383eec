//! The list's filters and what the frontend sends, with NodeConductor's words for mistakes.

use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use crate::world::World;

async fn three_months() -> (World, Uuid) {
    let world = World::new().await;
    let web = world.machine("web").await;
    for month in ["2025-12", "2026-02", "2026-03"] {
        world
            .push(web, "cpu", &format!("{month}-01T00:00:00Z"), 1, dec!(80))
            .await;
    }
    world.estimate().await;
    (world, web)
}

#[tokio::test]
async fn months_scopes_and_customers_narrow_the_list() {
    let (world, web) = three_months().await;
    let resource = format!("scope=http://nc.example.com/api/openstack-instances/{}/", web.simple());
    for (query, count) in [
        ("", 15),
        ("date=2026.03", 5),
        ("date=2026.03&date=2025.12", 10),
        ("start=2025.12&end=2026.02", 10),
        ("start=2026.03", 5),
        (&*resource, 3),
        (&*format!("customer={}", world.customer.simple()), 15),
        (&*format!("customer={}", web.simple()), 0),
        ("is_manually_input=true", 0),
        ("scope_type=project&end=2026.02", 2),
        ("scope_type=serviceprojectlink", 3),
    ] {
        assert_eq!(world.list(query).await.len(), count, "{query}");
    }
    let order: Vec<_> = world
        .list("scope_type=resource")
        .await
        .iter()
        .map(|row| row["month"].clone())
        .collect();
    assert_eq!(order, [3, 2, 12], "the latest month first, over the turn of the year");
}

#[tokio::test]
async fn wrong_filters_are_answered_in_the_old_words() {
    let (world, _) = three_months().await;
    let unknown = Uuid::new_v4().simple().to_string();
    for (query, answer) in [
        (
            "start=2026.03&end=2026.03",
            r#"{"non_field_errors":["Start has to be earlier than end."]}"#,
        ),
        (
            "start=x",
            r#"{"start":["Value \"x\" should be valid be in format YYYY.MM"]}"#,
        ),
        ("date=2026.13", r#"{"date":["Month has to be from 1 to 12"]}"#),
        (
            &*format!("scope={unknown}"),
            &*format!("[\"Can`t restore object from url: {unknown}\"]"),
        ),
    ] {
        let got = world
            .service
            .get(&world.owner, &format!("/api/price-estimates/?{query}"))
            .await;
        assert_eq!(got.shown(), format!("400 {answer}"), "{query}");
    }
}

#[tokio::test]
async fn everybody_sees_his_own_and_a_thousand_fit_on_a_page() {
    let (world, _) = three_months().await;
    let service = &world.service;
    let stranger = service.owner(&[Uuid::new_v4()]).await;
    for (token, count) in [
        (&service.staff, "15"),
        (&service.support, "15"),
        (&service.pusher, "0"),
        (&stranger, "0"),
    ] {
        let answer = service.get(token, "/api/price-estimates/?page_size=1000").await;
        assert_eq!(answer.header("x-result-count"), count);
    }
    let one = world.list("scope_type=customer").await[0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = one.strip_prefix("https://billing.test").unwrap();
    assert_eq!(
        (
            service.get(&stranger, path).await.status.as_u16(),
            service.get(&world.owner, path).await.status.as_u16()
        ),
        (404, 200)
    );
    let price = format!("/api/customers/{}/estimated_price/", world.customer.simple());
    assert_eq!(service.get(&stranger, &price).await.status, 404);
}

#[tokio::test]
async fn thresholds_and_limits_are_set_by_owners_and_shown_with_every_month() {
    let (world, web) = three_months().await;
    let service = &world.service;
    let scope = format!("https://nc.example.com/api/openstack-instances/{}/", web.simple());
    let set = async |token: &str, kind: &str, value: serde_json::Value| {
        let body = json!({"scope": scope, kind: value});
        service
            .call("POST", token, &format!("/api/price-estimates/{kind}/"), body)
            .await
            .shown()
    };
    assert_eq!(
        set(&world.owner, "threshold", json!(50)).await,
        r#"200 {"detail":"Threshold for price estimate is updated."}"#
    );
    assert_eq!(
        set(&service.staff, "limit", json!("99.95")).await,
        r#"200 {"detail":"Limit for price estimate is updated."}"#
    );
    let row = &world.list("scope_type=resource").await[0];
    assert_eq!(
        (row["threshold"].to_string(), row["limit"].to_string()),
        ("50.00".to_owned(), "99.95".to_owned())
    );
    let stranger = service.owner(&[Uuid::new_v4()]).await;
    assert!(
        set(&stranger, "limit", json!(1)).await.starts_with("400 "),
        "he does not see it"
    );
    assert!(set(&service.support, "limit", json!(1)).await.starts_with("403 "));
    assert_eq!(
        set(&world.owner, "limit", json!(-2)).await,
        r#"400 {"limit":["Ensure this value is greater than or equal to 0."]}"#
    );
}
