//! What the old frontends sent to change something (nodeconductor.md, section 3): prices of a service, and limits.

use nodeconductor_billing::domain::uuid_hex::hex;
use serde_json::{Value, json};

use super::things::Things;
use super::world::World;
use crate::support::socket::Reply;

/// As the browser of a customer's owner sends a form.
async fn send(world: &World, owner: &str, method: &str, path: &str, body: Value) -> Reply {
    let token = format!("Token {owner}");
    let headers = [
        ("authorization", &*token),
        ("accept", "application/json, text/plain, */*"),
        ("content-type", "application/json;charset=UTF-8"),
        ("origin", "https://hp.test"),
    ];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    world.send(method, path, &headers, body).await
}

/// The page of a service: the merged list by `service_type` and `service_uuid`, a price edited in place. The first time it
/// sends POST and reads `url` from the reply, then it sends PATCH there.
#[tokio::test]
async fn the_price_list_of_a_service_is_edited_in_place() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let owner = world.service.owner(&[world.alice]).await;
    let service = hex(things.sets[0].service);
    let list =
        format!("/api/merged-price-list-items/?service_type=OpenStack&service_uuid={service}&page=1&page_size=100");
    let shown = async || send(&world, &owner, "GET", &list, Value::Null).await.json()[0].clone();
    let before = shown().await;
    for key in ["resource_type", "item_type", "key", "url"] {
        assert!(before[key].is_string(), "{key}: {before}");
    }
    assert_eq!(before["service_price_list_item_url"], Value::Null);

    let default = format!("{}/api/default-price-list-items/{}/", world.url, hex(things.price));
    let body = json!({ "default_price_list_item": default, "service": format!("{}/api/openstack/{service}/", world.url), "value": 0.5 });
    let made = send(&world, &owner, "POST", "/api/service-price-list-items/", body).await;
    assert_eq!(made.status, 201, "{}", made.shown());
    let url = made.json()["url"].as_str().unwrap().to_owned();
    let after = shown().await;
    assert_eq!(
        (&after["service_price_list_item_url"], &after["value"]),
        (&json!(url), &json!(0.5))
    );

    let changed = send(&world, &owner, "PATCH", &url, json!({ "value": "0.75" })).await;
    assert_eq!(changed.status, 200, "{}", changed.shown());
    assert_eq!(shown().await["value"], json!(0.75));
    assert_eq!(
        shown().await["billed_value"],
        json!(0.25),
        "what Kill Bill charges stays"
    );
}

/// The project's page: `{"scope": url, "threshold": n}`, and the text of the answer is shown.
#[tokio::test]
async fn a_threshold_and_a_limit_are_set_by_the_scope_s_url() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let owner = world.service.owner(&[world.alice]).await;
    let scope = format!(
        "{}/api/openstack-instances/{}/",
        world.url,
        hex(things.sets[0].resource)
    );
    for (bound, text) in [
        ("threshold", "Threshold for price estimate is updated."),
        ("limit", "Limit for price estimate is updated."),
    ] {
        let path = format!("/api/price-estimates/{bound}/");
        let set = send(&world, &owner, "POST", &path, json!({ "scope": scope, bound: 12.5 })).await;
        assert_eq!((set.status, &set.json()["detail"]), (200, &json!(text)));
        let read = send(&world, &owner, "GET", &format!("{path}?scope={scope}"), Value::Null).await;
        assert_eq!(read.json()[0][bound], json!(12.5));
        let stranger = world.service.owner(&[world.bob]).await;
        let refused = send(&world, &stranger, "POST", &path, json!({ "scope": scope, bound: 1 })).await;
        assert_eq!(refused.status, 400, "not his to see: {}", refused.shown());
    }
}
