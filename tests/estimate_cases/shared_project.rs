//! Two customers whose projects have the same uuid: each sees his own figures, and what he has set for them.

use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{World, figure};

/// Alice's machine has consumed 0.50 and Bob's 1.00, in one project uuid; with the token of Bob.
async fn shared() -> (World, Uuid, String) {
    let mut world = World::new().await;
    let web = world.machine("web").await;
    let (alice, bob) = (world.customer, Uuid::new_v4());
    let path = format!("/api/customers/{}/", bob.simple());
    world.put(&path, json!({"name": "Bob"})).await;
    (world.customer, world.place) = (bob, Uuid::new_v4());
    let shop = world.machine("shop").await;
    world.customer = alice;
    world.push(web, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    world.push(shop, "cpu", "2026-03-01T00:00:00Z", 10, dec!(8)).await;
    world.estimate().await;
    let token = world.service.owner(&[bob]).await;
    (world, bob, token)
}

async fn projects(world: &World, token: &str) -> Vec<Value> {
    let path = "/api/price-estimates/?scope_type=project";
    world.service.get(token, path).await.json().as_array().unwrap().clone()
}

async fn set(world: &World, token: &str, more: Value) -> String {
    let mut body = json!({"scope": world.project.simple().to_string(), "threshold": 2});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = "/api/price-estimates/threshold/";
    world.service.call("POST", token, path, body).await.shown()
}

#[tokio::test]
async fn each_customer_has_his_own_figures_and_threshold() {
    let (world, _, bob) = shared().await;
    let (of_alice, of_bob) = (projects(&world, &world.owner).await, projects(&world, &bob).await);
    assert_eq!(
        of_alice.iter().map(figure).collect::<Vec<_>>(),
        ["project Shop | Alice: 0.50 of 37.20"]
    );
    assert_eq!(
        of_bob.iter().map(figure).collect::<Vec<_>>(),
        ["project Shop | Bob: 1.00 of 74.40"]
    );
    assert!(set(&world, &bob, json!({})).await.starts_with("200 "));
    assert_eq!(projects(&world, &bob).await[0]["threshold"].to_string(), "2.00");
    assert_eq!(projects(&world, &world.owner).await[0]["threshold"], Value::Null);
    assert!(
        set(&world, &world.owner, json!({"threshold": 5}))
            .await
            .starts_with("200 ")
    );
    assert_eq!(projects(&world, &bob).await[0]["threshold"].to_string(), "2.00");
    assert_eq!(projects(&world, &world.owner).await[0]["threshold"].to_string(), "5.00");
}

#[tokio::test]
async fn who_sees_both_says_whose_project_he_means() {
    let (world, bob, _) = shared().await;
    let staff = &world.service.staff;
    assert_eq!(
        set(&world, staff, json!({})).await,
        r#"400 {"customer":["Several customers have a project of this uuid; say whose it is."]}"#
    );
    let whose = json!({"customer": bob.simple().to_string()});
    assert!(set(&world, staff, whose).await.starts_with("200 "));
    let seen: Vec<String> = projects(&world, staff)
        .await
        .iter()
        .map(|row| format!("{} {}", row["scope_name"], row["threshold"]))
        .collect();
    assert_eq!(seen, [r#""Shop | Alice" null"#, r#""Shop | Bob" 2.00"#]);
}

#[tokio::test]
async fn a_project_is_called_what_it_was_called_last() {
    let world = World::new().await;
    let (web, db) = (world.machine("web").await, world.machine("db").await);
    world.push(web, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
    world.estimate().await;
    let clock = &world.service.state.clock;
    clock.set(clock.now() + chrono::TimeDelta::minutes(1));
    let body = json!({"name": "db", "type": "OpenStack.Instance", "customer": world.customer.simple().to_string(),
        "project": {"uuid": world.project.simple().to_string(), "name": "Web shop"}});
    world.put(&format!("/api/resources/{}/", db.simple()), body).await;
    world.estimate().await;
    assert_eq!(
        projects(&world, &world.owner).await[0]["scope_name"],
        "Web shop | Alice",
        "also where only the other machine was used"
    );
}
