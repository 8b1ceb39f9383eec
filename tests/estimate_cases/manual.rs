//! Estimates that people set beside the automatic ones.

use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

const PATH: &str = "/api/price-estimates/";

async fn estimated() -> (World, Uuid) {
    let world = World::new().await;
    let web = world.machine("web").await;
    world.push(web, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    world.estimate().await;
    (world, web)
}

fn of(scope: Uuid) -> Value {
    json!({"scope": scope.simple().to_string(), "total": 30, "month": 3, "year": 2026})
}

#[tokio::test]
async fn a_manual_estimate_hides_the_automatic_one_until_it_is_removed() {
    let (world, web) = estimated().await;
    let service = &world.service;
    let set = service.call("POST", &world.owner, PATH, of(web)).await;
    assert_eq!(set.status, 201, "{}", set.shown());
    let rows = world.list("scope_type=resource").await;
    assert_eq!(
        (rows.len(), rows[0]["total"].to_string(), &rows[0]["is_manually_input"]),
        (1, "30.00".to_owned(), &json!(true))
    );
    assert_eq!(
        rows[0]["consumed"].to_string(),
        "0.50",
        "what it has cost is nobody's opinion"
    );
    assert_eq!(
        world.list("scope_type=customer").await[0]["total"].to_string(),
        "37.20",
        "it is rolled up nowhere"
    );
    let path = rows[0]["url"]
        .as_str()
        .unwrap()
        .strip_prefix("https://billing.test")
        .unwrap();
    let changed = service
        .call("PATCH", &service.staff, path, json!({"total": "31.5"}))
        .await;
    assert_eq!(changed.json()["total"].to_string(), "31.50");
    assert_eq!(service.call("DELETE", &world.owner, path, "").await.status, 204);
    assert_eq!(world.list("scope_type=resource").await[0]["total"].to_string(), "37.20");
}

#[tokio::test]
async fn what_may_not_be_set_is_refused_as_it_always_was() {
    let (world, web) = estimated().await;
    let service = &world.service;
    let post = async |token: &str, body: Value| service.call("POST", token, PATH, body).await.shown();
    assert!(post(&world.owner, of(web)).await.starts_with("201 "));
    assert_eq!(
        post(&world.owner, of(web)).await,
        r#"400 {"non_field_errors":["Estimate for given month already exists. Use PATCH request to update it."]}"#
    );
    for token in [&world.owner, &service.staff] {
        assert_eq!(
            post(token, of(world.project)).await,
            r#"400 {"scope":["Only a resource's month can be estimated by hand."]}"#
        );
    }
    assert!(post(&service.support, of(web)).await.starts_with("403 "));
    assert!(
        post(&service.owner(&[Uuid::new_v4()]).await, of(web))
            .await
            .starts_with("400 "),
        "not his to see"
    );
    let mut body = of(web);
    body["month"] = json!(13);
    assert_eq!(
        post(&world.owner, body).await,
        r#"400 {"month":["Month has to be from 1 to 12"]}"#
    );
}

#[tokio::test]
async fn an_automatic_estimate_cannot_be_edited_or_deleted() {
    let (world, _) = estimated().await;
    let row = &world.list("scope_type=resource").await[0];
    let path = row["url"]
        .as_str()
        .unwrap()
        .strip_prefix("https://billing.test")
        .unwrap();
    for (method, body) in [("PATCH", json!({"total": 1})), ("DELETE", json!({}))] {
        let answer = world.service.call(method, &world.owner, path, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["detail"]),
            (
                405,
                &json!("Method \"Auto calculated price estimate can not be edited or deleted\" not allowed.")
            )
        );
    }
}

#[tokio::test]
async fn a_change_to_nothing_is_refused_and_a_replacement_needs_a_total() {
    let (world, web) = estimated().await;
    let service = &world.service;
    let mut body = of(web);
    (body["month"], body["year"]) = (json!("03"), json!(" 2026 "));
    let set = service.call("POST", &world.owner, PATH, body).await;
    assert_eq!((set.status.as_u16(), &set.json()["month"]), (201, &json!(3)));
    let url = set.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("https://billing.test").unwrap();
    for (method, body, answer) in [
        (
            "PATCH",
            json!({"total": null}),
            r#"400 {"total":["This field may not be null."]}"#,
        ),
        ("PUT", json!({}), r#"400 {"total":["This field is required."]}"#),
        (
            "PUT",
            json!({"details": {}}),
            r#"400 {"total":["This field is required."]}"#,
        ),
    ] {
        let refused = service.call(method, &world.owner, path, body).await;
        assert_eq!(refused.shown(), answer);
    }
    let replaced = service.call("PUT", &world.owner, path, json!({"total": 12})).await;
    assert_eq!(replaced.json()["total"].to_string(), "12.00");
    for (field, wrong) in [
        ("month", json!("March")),
        ("month", json!(3.5)),
        ("year", json!([2026])),
    ] {
        let mut body = of(web);
        body[field] = wrong;
        let refused = service.call("POST", &world.owner, PATH, body).await;
        assert_eq!(
            refused.shown(),
            format!(r#"400 {{"{field}":["A valid integer is required."]}}"#)
        );
    }
}

#[tokio::test]
async fn an_automatic_estimate_that_came_to_light_beside_a_manual_one_is_hidden_again() {
    let (world, web) = estimated().await;
    world.service.call("POST", &world.owner, PATH, of(web)).await;
    // As a pass leaves it that did not see the manual one yet.
    sqlx::query("update price_estimate set is_visible = true")
        .execute(world.service.pool())
        .await
        .unwrap();
    world.push(web, "cpu", "2026-03-01T10:00:00Z", 1, dec!(4)).await;
    world.estimate().await;
    let rows = world.list("scope_type=resource").await;
    assert_eq!((rows.len(), &rows[0]["is_manually_input"]), (1, &json!(true)));
}
