//! What people set for a scope, read back, and what was consumed beside it.

use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

const PATH: &str = "/api/price-estimates/";

/// Two machines of a project: web has consumed 0.50 so far, db 0.05.
async fn estimated() -> (World, Uuid) {
    let world = World::new().await;
    let (web, db) = (world.machine("web").await, world.machine("db").await);
    world.push(web, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    world.push(db, "cpu", "2026-03-01T00:00:00Z", 1, dec!(4)).await;
    world.push(db, "cpu", "2026-02-01T00:00:00Z", 1, dec!(4)).await;
    world.estimate().await;
    (world, web)
}

async fn set(world: &World, token: &str, bound: &str, scope: Uuid, value: Value) {
    let body = json!({ "scope": scope.simple().to_string(), bound: value });
    let answer = world
        .service
        .call("POST", token, &format!("{PATH}{bound}/"), body)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
}

/// `key=value` of the rows that the owner sees.
async fn seen(world: &World, path: &str, keys: &[&str]) -> Vec<String> {
    let answer = world.service.get(&world.owner, &format!("{PATH}{path}")).await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
    let rows = answer.json();
    let shown = |row: &Value| {
        keys.iter()
            .map(|key| row[*key].to_string().replace('"', ""))
            .collect::<Vec<_>>()
    };
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| shown(row).join(" "))
        .collect()
}

#[tokio::test]
async fn what_is_consumed_stands_beside_what_is_set_and_who_is_over_it_is_found() {
    let (world, web) = estimated().await;
    set(&world, &world.owner, "threshold", web, json!(0.49)).await;
    set(&world, &world.owner, "limit", web, json!("0.50")).await;
    let keys = [
        "scope_name",
        "month",
        "consumed",
        "threshold",
        "limit",
        "is_over_threshold",
        "is_over_limit",
    ];
    let consumed = seen(&world, "consumed/?scope_type=resource", &keys).await;
    assert_eq!(
        consumed,
        ["db 3 0.05 null null false false", "web 3 0.50 0.49 0.50 true false"],
        "of the current month"
    );
    let february = seen(&world, "consumed/?scope_type=resource&date=2026.02", &keys).await;
    assert_eq!(february, ["db 2 0.05 null null false false"]);
    assert_eq!(seen(&world, "consumed/?over=threshold", &["scope_name"]).await, ["web"]);
    assert_eq!(
        seen(&world, "consumed/?over=limit", &["scope_name"]).await,
        [""; 0],
        "not more than the limit"
    );
    let wrong = world
        .service
        .get(&world.owner, &format!("{PATH}consumed/?over=all"))
        .await;
    assert_eq!(
        wrong.shown(),
        r#"400 {"over":["\"all\" is neither threshold nor limit."]}"#
    );
}

#[tokio::test]
async fn what_is_set_is_read_back_with_who_set_it_also_before_there_is_any_estimate() {
    let (world, web) = estimated().await;
    let idle = world.machine("idle").await;
    set(&world, &world.service.staff, "threshold", idle, json!(7)).await;
    set(&world, &world.owner, "limit", world.project, json!(100)).await;
    set(&world, &world.owner, "limit", web, json!(5)).await;
    set(&world, &world.owner, "limit", web, Value::Null).await;
    let keys = ["scope_type", "scope_name", "threshold", "limit"];
    assert_eq!(seen(&world, "threshold/", &keys).await, ["resource idle 7 null"]);
    assert_eq!(
        seen(&world, "threshold/", &["set_by", "set_at"]).await,
        ["staff 2026-03-01T12:00:00Z"]
    );
    assert_eq!(
        seen(&world, "limit/", &keys).await,
        ["project Shop | Alice null 100"],
        "null took the other one away"
    );
    let of_idle = format!("limit/?scope={}", idle.simple());
    assert_eq!(seen(&world, &of_idle, &keys).await, [""; 0]);
}

#[tokio::test]
async fn strangers_see_nothing_of_it() {
    let (world, web) = estimated().await;
    set(&world, &world.owner, "limit", web, json!(5)).await;
    let stranger = world.service.owner(&[Uuid::new_v4()]).await;
    for path in ["consumed/", "limit/", "threshold/"] {
        let answer = world.service.get(&stranger, &format!("{PATH}{path}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("x-result-count")),
            (200, "0"),
            "{path}"
        );
        let answer = world
            .service
            .get(&stranger, &format!("{PATH}{path}?scope={}", web.simple()))
            .await;
        assert!(
            answer.shown().starts_with("400 [\"Can`t restore object"),
            "{}",
            answer.shown()
        );
    }
}

#[tokio::test]
async fn only_an_explicit_null_takes_a_bound_away() {
    let (world, web) = estimated().await;
    set(&world, &world.owner, "threshold", web, json!(7)).await;
    set(&world, &world.owner, "limit", web, json!(9)).await;
    let scope = json!({"scope": web.simple().to_string()});
    for bound in ["threshold", "limit"] {
        let path = format!("{PATH}{bound}/");
        let answer = world.service.call("POST", &world.owner, &path, scope.clone()).await;
        assert_eq!(
            answer.shown(),
            format!(r#"400 {{"{bound}":["This field is required."]}}"#)
        );
    }
    let kept = seen(&world, "threshold/", &["threshold", "limit"]).await;
    assert_eq!(kept, ["7 9"]);
}
