//! Deliveries as an operator sees them, and a refused one that goes out again.

use serde_json::json;

use crate::support::web::Service;

const PATH: &str = "/api/deliveries/d0000000000040008000000000000001/";

/// One refused delivery of one record, as the worker would have left it.
pub(super) async fn with_refused() -> Service {
    let service = Service::start().await;
    let customer = "/api/customers/211ca3327de945899375749bd55dae4a/";
    service
        .call("PUT", &service.staff, customer, json!({"name": "Alice"}))
        .await;
    let resource = json!({"name": "web-1", "type": "VM", "customer": "211ca3327de945899375749bd55dae4a"});
    service
        .call(
            "PUT",
            &service.staff,
            "/api/resources/6e08f48681834ba5aadd426a0abe9282/",
            resource,
        )
        .await;
    let record = json!({"resource": "6e08f48681834ba5aadd426a0abe9282", "meter": "cpu", "hour": "2026-01-01T10:00:00Z", "quantity": "4.50"});
    service
        .call(
            "POST",
            &service.staff,
            "/api/usage-records/",
            json!({"records": [record]}),
        )
        .await;
    sqlx::raw_sql(
        "insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
         select id, 'vm', 'key', '50000000-0000-4000-8000-000000000001', '2026-01-01', '2026-01-01' from resource;
         insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, attempts,
                               created_at, sent_at, settled_at, detail)
         select 'd0000000-0000-4000-8000-000000000001', id, 'ncb-1', '2026-01-01', '2026-01-01T10:00Z', '2026-01-01T11:00Z', 1,
                'refused', 1, '2026-01-02', '2026-01-02', '2026-01-02', 'unit type cpu is not in the plan' from subscription;
         insert into delivery_unit select d.id, m.id, 'cpu-hour', 1, 1, 4.5, 4.5 from delivery d, meter m;
         insert into delivery_attempt select id, 1, 'send', '2026-01-02', 'refused', 400, 7, 'unit type' from delivery;
         update usage_record set delivery_id = d.id from delivery d;
         update resource set next_attempt_at = '2027-01-01', failures = 9",
    )
    .execute(service.pool())
    .await
    .unwrap();
    service
}

#[tokio::test]
async fn a_delivery_shows_what_was_sent_and_what_was_answered() {
    let service = with_refused().await;
    let answer = service.get(&service.support, PATH).await;
    let uuid = answer.json()["records"][0]["uuid"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(answer.pretty().replace(&uuid, "RECORD"), @r#"
    {
      "answers": [
        {
          "answer": "unit type",
          "at": "2026-01-02T00:00:00Z",
          "attempt": 1,
          "code": 7,
          "kind": "send",
          "outcome": "refused",
          "status": 400
        }
      ],
      "attempts": 1,
      "created": "2026-01-02T00:00:00Z",
      "detail": "unit type cpu is not in the plan",
      "invoice": null,
      "month": "2026-01-01",
      "plan": "vm",
      "read_back_at": null,
      "record_count": 1,
      "records": [
        {
          "delta": "4.5",
          "hour": "2026-01-01T10:00:00Z",
          "meter": "cpu",
          "quantity": "4.5",
          "revision": 1,
          "url": "https://billing.test/api/usage-records/RECORD/",
          "uuid": "RECORD"
        }
      ],
      "recovered_at": null,
      "resource": "https://billing.test/api/resources/6e08f48681834ba5aadd426a0abe9282/",
      "resource_name": "web-1",
      "resource_uuid": "6e08f48681834ba5aadd426a0abe9282",
      "sent_at": "2026-01-02T00:00:00Z",
      "settled_at": "2026-01-02T00:00:00Z",
      "state": "refused",
      "subscription": "50000000-0000-4000-8000-000000000001",
      "tracking_id": "ncb-1",
      "units": [
        {
          "amount": "4.5",
          "meter": "cpu",
          "quantity": "4.5",
          "records": 1,
          "unit": "cpu-hour"
        }
      ],
      "url": "https://billing.test/api/deliveries/d0000000000040008000000000000001/",
      "uuid": "d0000000000040008000000000000001",
      "verified_at": null,
      "window_end": "2026-01-01T11:00:00Z",
      "window_start": "2026-01-01T10:00:00Z"
    }
    "#);
    let record = format!("/api/usage-records/{uuid}/");
    assert_eq!(service.get(&service.staff, &record).await.json()["state"], "refused");
}

#[tokio::test]
async fn deliveries_are_found_by_state_and_resource() {
    let service = with_refused().await;
    for (query, count) in [
        ("", "1"),
        ("state=refused", "1"),
        ("state=verified", "0"),
        ("resource=6e08f48681834ba5aadd426a0abe9282", "1"),
        ("resource=211ca3327de945899375749bd55dae4a", "0"),
    ] {
        let answer = service.get(&service.staff, &format!("/api/deliveries/?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("x-result-count")),
            (200, count),
            "{query}"
        );
    }
    let wrong = service.get(&service.staff, "/api/deliveries/?state=lost").await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.json().get("state").is_some()),
        (400, true)
    );
    for path in ["/api/deliveries/", PATH] {
        assert_eq!(service.get(&service.pusher, path).await.status, 403);
    }
}

#[tokio::test]
async fn a_refused_delivery_goes_out_again_as_it_was() {
    let service = with_refused().await;
    let retry = format!("{PATH}retry/");
    assert_eq!(service.call("POST", &service.support, &retry, "").await.status, 403);
    let answer = service.call("POST", &service.staff, &retry, "").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["state"]),
        (200, &json!("prepared"))
    );
    assert_eq!(
        (&answer.json()["tracking_id"], &answer.json()["attempts"]),
        (&json!("ncb-1"), &json!(1))
    );
    let answers = answer.json()["answers"].as_array().unwrap().clone();
    assert_eq!(
        (answers.len(), &answers[1]["answer"]),
        (2, &json!("asked for by staff"))
    );
    let waits: bool = sqlx::query_scalar("select next_attempt_at is not null from resource")
        .fetch_one(service.pool())
        .await
        .unwrap();
    assert!(!waits, "the resource is tried at once");
    let jobs = service.get(&service.staff, "/api/jobs/").await.json();
    assert!(
        jobs.as_array()
            .unwrap()
            .iter()
            .any(|job| job["name"] == "deliver" && !job["requested_at"].is_null())
    );
    let again = service.call("POST", &service.staff, &retry, "").await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["code"]),
        (409, &json!("not_refused"))
    );
}

#[tokio::test]
async fn a_refused_delivery_is_measured() {
    let service = with_refused().await;
    let text = String::from_utf8(service.get("", "/metrics").await.body).unwrap();
    assert!(text.contains("ncb_deliveries{state=\"refused\"}"), "{text}");
}
