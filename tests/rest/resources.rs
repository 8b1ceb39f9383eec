//! Registering and terminating resources, also those whose usage came first.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::web::{Answer, Service};

const ALICE: &str = "211ca3327de945899375749bd55dae4a";
const BOB: &str = "b0bb0bb0bb0b4b0b8b0bb0bb0bb0bb0b";
const WEB: &str = "6e08f48681834ba5aadd426a0abe9282";
const PATH: &str = "/api/resources/6e08f48681834ba5aadd426a0abe9282/";

async fn with_customers() -> Service {
    let service = Service::start().await;
    for (uuid, name) in [(ALICE, "Alice"), (BOB, "Bob")] {
        let path = format!("/api/customers/{uuid}/");
        assert_eq!(
            service
                .call("PUT", &service.pusher, &path, json!({ "name": name }))
                .await
                .status,
            201
        );
    }
    service
}

fn web(customer: &str) -> Value {
    json!({"name": "web-1", "type": "OpenStack.Instance", "customer": customer})
}

async fn put(service: &Service, body: &Value) -> Answer {
    service.call("PUT", &service.pusher, PATH, body).await
}

async fn push(service: &Service, hour: &str) {
    let record = json!({"resource": WEB, "meter": "cpu", "hour": hour, "quantity": "4"});
    let answer = service
        .call(
            "POST",
            &service.pusher,
            "/api/usage-records/",
            json!({"records": [record]}),
        )
        .await;
    assert_eq!(answer.json()["accepted"], 1, "{}", answer.shown());
}

async fn terminate(service: &Service, at: &str) -> Answer {
    service
        .call(
            "POST",
            &service.pusher,
            &format!("{PATH}terminate/"),
            json!({ "at": at }),
        )
        .await
}

/// As the delivery worker would have left them: a subscription, and every record of the resource delivered.
async fn deliver_everything(service: &Service) {
    let statement = "with sub as (
            insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
            select id, 'openstack-instance', uuid || ':openstack-instance', gen_random_uuid(), now(), now() from resource
            returning id, resource_id
         ), sent as (
            insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at)
            select gen_random_uuid(), sub.id, 'ncb-1', '2026-01-01', '2026-01-01', '2026-02-01', 1, 'delivered', now() from sub
            returning id
         )
         update usage_record set delivery_id = sent.id from sent";
    sqlx::query(statement).execute(service.pool()).await.unwrap();
}

#[tokio::test]
async fn a_registration_is_new_then_the_same_then_changed() {
    let service = with_customers().await;
    let mut body = web(&format!("http://nc.example.com/api/customers/{ALICE}/"));
    body["project"] = json!({"uuid": BOB, "name": "Shop"});
    body["service_name"] = json!("cloud / east");
    body["started_at"] = json!("2026-01-01T12:20:00+02:00");
    let created = put(&service, &body).await;
    insta::assert_snapshot!(created.pretty(), @r#"
    {
      "created": "2026-03-01T12:00:00Z",
      "customer": "https://billing.test/api/customers/211ca3327de945899375749bd55dae4a/",
      "customer_name": "Alice",
      "customer_uuid": "211ca3327de945899375749bd55dae4a",
      "ended_at": null,
      "invoicing": "on",
      "last_error": null,
      "modified": "2026-03-01T12:00:00Z",
      "name": "web-1",
      "project": {
        "name": "Shop",
        "uuid": "b0bb0bb0bb0b4b0b8b0bb0bb0bb0bb0b"
      },
      "project_name": "Shop",
      "project_uuid": "b0bb0bb0bb0b4b0b8b0bb0bb0bb0bb0b",
      "resource_type": "OpenStack.Instance",
      "service": "https://billing.test/api/services/58e44ce977c45cd8bb3135a906c8f720/",
      "service_name": "cloud / east",
      "service_uuid": "58e44ce977c45cd8bb3135a906c8f720",
      "started_at": "2026-01-01T10:20:00Z",
      "telling_error": null,
      "terminated_at": null,
      "told_names": null,
      "type": "OpenStack.Instance",
      "url": "https://billing.test/api/resources/6e08f48681834ba5aadd426a0abe9282/",
      "uuid": "6e08f48681834ba5aadd426a0abe9282"
    }
    "#);
    assert_eq!(created.status, 201);
    let same = put(&service, &body).await;
    assert_eq!((same.status.as_u16(), same.json()), (200, created.json()));
    let changed = put(&service, &web(ALICE)).await;
    assert_eq!(
        (changed.status.as_u16(), &changed.json()["project"]),
        (200, &Value::Null)
    );
    assert_eq!(
        changed.json()["started_at"],
        "2026-01-01T10:20:00Z",
        "a start that is not repeated stays known"
    );
    assert_eq!(service.get(&service.pusher, PATH).await.json(), changed.json());
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let service = with_customers().await;
    let refused = async |key: &str, value: Value| {
        let mut body = web(ALICE);
        body[key] = value;
        put(&service, &body).await.shown()
    };
    insta::assert_snapshot!(refused("customer", json!(WEB)).await, @r#"400 {"customer":["No customer with this uuid is registered; PUT it to /api/customers/ first."]}"#);
    insta::assert_snapshot!(refused("customer", json!("Alice")).await, @r#"400 {"customer":["\"Alice\" is not a valid uuid: give 32 hex digits or an address"]}"#);
    insta::assert_snapshot!(refused("project", json!({"uuid": BOB, "name": "a\tb"})).await, @r#"400 {"project.name":["Control characters are not allowed."]}"#);
    insta::assert_snapshot!(refused("project", json!({"uuid": 5, "name": "a"})).await, @r#"400 {"project.uuid":["invalid type: integer `5`, expected a string"]}"#);
    insta::assert_snapshot!(refused("started_at", json!("yesterday")).await, @r#"400 {"started_at":["Give an instant such as 2026-01-01T10:20:00Z."]}"#);
    insta::assert_snapshot!(refused("started_at", json!("1970-01-01T00:00:00Z")).await, @r#"400 {"started_at":["Give an instant in the years 2000 to 2099."]}"#);
    insta::assert_snapshot!(refused("flavor", json!("m1")).await, @r#"400 {"flavor":["unknown field `flavor`, expected one of `name`, `type`, `customer`, `project`, `service_uuid`, `service_name`, `started_at`"]}"#);
    assert_eq!(
        service.get(&service.staff, PATH).await.status,
        404,
        "nothing was stored"
    );
}

#[tokio::test]
async fn usage_that_came_first_waits_for_the_registration() {
    let service = with_customers().await;
    push(&service, "2026-01-01T10:00:00Z").await;
    assert_eq!(
        service.get(&service.staff, PATH).await.status,
        404,
        "known from usage is not registered"
    );
    let held = || async {
        let hold = "select hold from route";
        sqlx::query_scalar::<_, Option<String>>(hold)
            .fetch_one(service.pool())
            .await
            .unwrap()
    };
    assert_eq!(held().await.as_deref(), Some("unknown-resource"));
    assert_eq!(put(&service, &web(ALICE)).await.status, 201);
    assert_ne!(
        held().await.as_deref(),
        Some("unknown-resource"),
        "routed in the same transaction"
    );
}

#[tokio::test]
async fn a_resource_moves_only_until_it_has_usage() {
    let service = with_customers().await;
    put(&service, &web(ALICE)).await;
    assert_eq!(put(&service, &web(BOB)).await.status, 200);
    push(&service, "2026-01-01T10:00:00Z").await;
    let refused = put(&service, &web(ALICE)).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (409, &json!("customer_fixed"))
    );
    assert_eq!(service.get(&service.staff, PATH).await.json()["customer_name"], "Bob");
}

#[tokio::test]
async fn a_start_is_fixed_once_billing_has_begun() {
    let service = with_customers().await;
    put(&service, &web(ALICE)).await;
    push(&service, "2026-01-01T10:00:00Z").await;
    let mut body = web(ALICE);
    body["started_at"] = json!("2026-01-01T09:30:00Z");
    assert_eq!(put(&service, &body).await.status, 200);
    deliver_everything(&service).await;
    assert_eq!(put(&service, &body).await.status, 200);
    body["started_at"] = json!("2026-01-01T08:30:00Z");
    assert_eq!(put(&service, &body).await.json()["code"], "start_fixed");
}

#[tokio::test]
async fn an_end_is_noted_once_and_moves_until_the_subscriptions_end() {
    let service = with_customers().await;
    assert_eq!(terminate(&service, "2026-02-01T09:20:00Z").await.status, 404);
    put(&service, &web(ALICE)).await;
    for at in [
        "2026-02-01T09:20:00Z",
        "2026-02-01T10:20:00+01:00",
        "2026-02-02T00:00:00Z",
        "2026-02-01T00:00:00Z",
    ] {
        assert_eq!(terminate(&service, at).await.status, 200);
    }
    let ended = service.get(&service.staff, PATH).await.json();
    assert_eq!(
        (&ended["terminated_at"], &ended["ended_at"]),
        (&json!("2026-02-01T00:00:00Z"), &Value::Null)
    );
    sqlx::query("update resource set ended_at = now()")
        .execute(service.pool())
        .await
        .unwrap();
    assert_eq!(
        terminate(&service, "2026-02-01T00:00:00Z").await.status,
        200,
        "the same instant again changes nothing"
    );
    let refused = terminate(&service, "2026-02-03T00:00:00Z").await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (409, &json!("ended"))
    );
}

#[tokio::test]
async fn an_end_before_the_start_or_before_delivered_usage_is_refused() {
    let service = with_customers().await;
    let mut body = web(ALICE);
    body["started_at"] = json!("2026-01-01T09:30:00Z");
    put(&service, &body).await;
    assert_eq!(
        terminate(&service, "2026-01-01T09:00:00Z").await.json()["at"][0],
        "The resource started at 2026-01-01T09:30:00Z."
    );
    assert_eq!(terminate(&service, "soon").await.status, 400);
    push(&service, "2026-01-01T10:00:00Z").await;
    deliver_everything(&service).await;
    let refused = terminate(&service, "2026-01-01T10:00:00Z").await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (409, &json!("already_delivered"))
    );
    assert_eq!(
        terminate(&service, "2026-01-01T10:20:00Z").await.status,
        200,
        "inside the last hour is after its beginning"
    );
}

#[tokio::test]
async fn only_pushers_and_staff_write_and_owners_see_their_own() {
    let service = with_customers().await;
    put(&service, &web(ALICE)).await;
    let uuid = |text: &str| text.parse::<Uuid>().unwrap();
    let (alice, bob) = (service.owner(&[uuid(ALICE)]).await, service.owner(&[uuid(BOB)]).await);
    for token in [&service.support, &alice] {
        assert_eq!(service.call("PUT", token, PATH, web(ALICE)).await.status, 403);
        let end = json!({"at": "2026-02-01T00:00:00Z"});
        assert_eq!(
            service
                .call("POST", token, &format!("{PATH}terminate/"), end)
                .await
                .status,
            403
        );
    }
    assert_eq!(service.get(&alice, PATH).await.status, 200);
    assert_eq!(service.get(&bob, PATH).await.status, 404);
    for (token, query, count) in [
        (&service.support, "", "1"),
        (&alice, "", "1"),
        (&bob, "", "0"),
        (&service.staff, "name=WEB", "1"),
        (&service.staff, "name=db", "0"),
        (&service.staff, "customer=b0bb0bb0bb0b4b0b8b0bb0bb0bb0bb0b", "0"),
        (&service.staff, "type=OpenStack.Instance", "1"),
    ] {
        let answer = service.get(token, &format!("/api/resources/?{query}")).await;
        assert_eq!(answer.header("x-result-count"), count, "{query}");
    }
}
