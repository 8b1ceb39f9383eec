//! Something in front of Kill Bill answers: whatever its status says, it is no refusal. What went through is found, what did not
//! goes out by itself, and nobody has to do anything.

use chrono::TimeDelta;
use nodeconductor_billing::delivery::DeliveryError;
use rust_decimal::dec;
use uuid::Uuid;

use super::world::{WAIT_OUT, World};
use crate::support::faulty_proxy::Fault;

const PAGES: [&str; 8] = [
    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>hi</html>",
    "HTTP/1.1 302 Found\r\ncontent-type: text/html\r\nlocation: /login\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>go</html>",
    "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    "HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>no</html>",
    "HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>no</html>",
    "HTTP/1.1 405 Method Not Allowed\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>no</html>",
    "HTTP/1.1 409 Conflict\r\ncontent-type: application/json\r\ncontent-length: 27\r\nconnection: close\r\n\r\n{\"code\":1,\"message\":\"busy\"}",
    "HTTP/1.1 503 Unavailable\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>no</html>",
];

/// Eight resources with an hour each, and what the gateway does to each.
async fn meets(does: fn(&'static str) -> Fault) -> (World, Vec<Uuid>) {
    let world = World::new().await;
    let mut resources = Vec::new();
    for _ in PAGES {
        let resource = world.resource().await;
        world.push(resource, &[("cpu", 0, dec!(4))]).await;
        resources.push(resource);
    }
    // Of one customer only three resources may meet silence in a pass.
    world.proxy.inject(PAGES.map(does));
    for _ in 0..3 {
        world.pass().await;
    }
    (world, resources)
}

async fn all_is_well(world: &World, resources: &[Uuid]) {
    world.later(WAIT_OUT);
    for _ in 0..3 {
        world.later(TimeDelta::seconds(1));
        world.pass().await;
    }
    for resource in resources {
        assert_eq!(world.states(*resource).await, ["verified"]);
        world.assert_balanced(*resource).await;
    }
    assert!(!world.history().await.iter().any(|line| line.contains("refused")));
    assert!(world.open("refused").await.is_empty() && world.open("undelivered").await.is_empty());
}

#[tokio::test]
async fn what_a_gateway_turned_away_is_sent_again_by_itself_whatever_it_said() {
    let (world, resources) = meets(Fault::Answer).await;
    assert_eq!(world.deliveries().await, ["unknown"; 8]);
    all_is_well(&world, &resources).await;
    assert_eq!(world.proxy.posts().len(), 16, "each once more");
}

#[tokio::test]
async fn what_a_gateway_let_through_is_found_whatever_it_said() {
    let (world, resources) = meets(Fault::ForwardAndAnswer).await;
    assert_eq!(world.deliveries().await, ["unknown"; 8]);
    all_is_well(&world, &resources).await;
    assert_eq!(world.proxy.posts().len(), 8, "nothing is sent twice");
}

#[tokio::test]
async fn a_gateway_that_answers_for_everybody_is_an_outage_after_a_few() {
    let world = World::new().await;
    // One customer may meet silence three times; so there are many.
    let customers: Vec<Uuid> = (0..25).map(|_| Uuid::new_v4()).collect();
    for customer in &customers {
        let name = serde_json::json!({"name": "Somebody"});
        world.put(&format!("/api/customers/{customer}/"), name).await;
        let resource = Uuid::new_v4();
        world
            .register(resource, serde_json::json!({"customer": customer}))
            .await;
        world.push(resource, &[("cpu", 0, dec!(4))]).await;
    }
    world.proxy.inject([Fault::Answer(PAGES[3]); 25]);
    let error = world.try_pass().await.unwrap_err();
    assert!(matches!(error, DeliveryError::Away(_)), "{error}");
    let met = world.deliveries().await.len();
    assert!((20..25).contains(&met), "{met} of 25 were tried");
}
