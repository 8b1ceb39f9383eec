//! OPTIONS tells what an address is and which fields the caller may send, as Django REST framework did; a preflight is
//! still a preflight.

use serde_json::json;

use super::world::World;

#[tokio::test]
async fn an_address_describes_itself_and_the_fields_that_the_caller_may_send() {
    let world = World::new().await;
    let path = format!("/api/customers/{}/", world.alice.simple());
    let as_ = async |token: &str, path: &str| {
        let token = format!("Token {token}");
        world
            .ask(
                "OPTIONS",
                path,
                &[("authorization", &token), ("origin", "https://hp.test")],
            )
            .await
    };
    let answer = as_(&world.service.pusher, &path).await;
    let described = answer.json();
    assert_eq!(answer.status, 200, "{}", answer.shown());
    assert_eq!(answer.header("allow"), "GET,HEAD,PUT,OPTIONS");
    assert_eq!(answer.header("access-control-allow-origin"), "https://hp.test");
    assert_eq!(
        (&described["renders"], &described["parses"]),
        (&json!(["application/json"]), &json!(["application/json"]))
    );
    let name = json!({ "type": "string", "required": true, "read_only": false, "label": "Name", "max_length": 255,
        "help_text": "Up to 255 characters. Kill Bill's account carries it." });
    assert_eq!(described["actions"]["PUT"]["name"], name);
    assert_eq!(described["actions"]["PUT"]["email"]["required"], false);
    let support = as_(&world.service.support, &path).await.json();
    assert!(
        support.get("actions").is_none(),
        "who may not write is offered nothing: {support}"
    );
    let invoices = as_(&world.service.staff, "/api/killbill-invoices/").await.json();
    assert_eq!(
        (&invoices["name"], invoices.get("actions")),
        (&json!("List invoices"), None)
    );
}

#[tokio::test]
async fn it_asks_for_a_token_like_any_other_request() {
    let world = World::new().await;
    let answer = world.ask("OPTIONS", "/api/invoices/", &[]).await;
    assert_eq!(
        answer.shown(),
        r#"401 {"code":"not_authenticated","detail":"Authentication credentials were not provided."}"#
    );
    assert_eq!(world.ask("OPTIONS", "/health/live", &[]).await.status, 200);
    assert_eq!(world.ask("OPTIONS", "/nowhere/", &[]).await.status, 404);
    let method = world.ask("POST", "/api/invoices/", &[]).await;
    assert_eq!((method.status, method.header("allow")), (405, "GET,HEAD,OPTIONS"));
}
