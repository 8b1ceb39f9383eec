//! Lists saved as CSV: the same rows for the same callers, quoted, harmless, and written while they are read.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::support::web::{Answer, Service};

/// A customer's machine, registered.
async fn machine(service: &Service, name: &str) -> (Uuid, Uuid) {
    let (customer, resource) = (Uuid::new_v4(), Uuid::new_v4());
    let put = async |path: String, body: Value| {
        let answer = service.call("PUT", &service.pusher, &path, body).await;
        assert_eq!(answer.status, 201, "{}", answer.shown());
    };
    put(
        format!("/api/customers/{}/", customer.simple()),
        json!({"name": "Alice"}),
    )
    .await;
    let body = json!({"name": name, "type": "OpenStack.Instance", "customer": customer.simple().to_string()});
    put(format!("/api/resources/{}/", resource.simple()), body).await;
    (customer, resource)
}

async fn push(service: &Service, resource: Uuid, from: &str, hours: i64) {
    let from: DateTime<Utc> = from.parse().unwrap();
    let record = |n| json!({"resource": resource, "meter": "cpu", "hour": from + TimeDelta::hours(n), "quantity": "4"});
    let body = json!({"records": (0..hours).map(record).collect::<Vec<_>>()});
    let answer = service
        .call("POST", &service.pusher, "/api/usage-records/?results=problems", body)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
}

fn rows(answer: &Answer) -> Vec<String> {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert!(text.ends_with("\r\n"), "{text}");
    text.split_terminator("\r\n").map(str::to_owned).collect()
}

#[tokio::test]
async fn usage_is_saved_with_a_header_row_and_names_that_stay_text() {
    let service = Service::start().await;
    let (customer, resource) = machine(&service, "=cmd|' /C calc'!A0, \"Žalgiris\"").await;
    push(&service, resource, "2026-01-31T23:00:00Z", 2).await;
    let owner = service.owner(&[customer]).await;
    let answer = service.get(&owner, "/api/usage-records/?format=csv").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"usage-records-2026-03-01.csv\""
    );
    let rows = rows(&answer);
    assert_eq!(
        rows[0],
        "uuid,customer_uuid,resource_uuid,resource_name,meter,hour,quantity,delta,revision,state,held,held_detail,\
         delivery_uuid,settlement_uuid,tracking_id,invoice_uuid,recorded_at"
    );
    let expected = format!(
        "{},{},\"'=cmd|' /C calc'!A0, \"\"Žalgiris\"\"\",cpu,2026-01-31T23:00:00Z,4,4,1,",
        customer.simple(),
        resource.simple()
    );
    assert!(rows[1].contains(&expected), "{}", rows[1]);
    assert_eq!(rows.len(), 3, "two months' records in one file");
}

#[tokio::test]
async fn a_file_has_the_rows_of_the_list_for_the_same_filters_and_callers() {
    let service = Service::start().await;
    let (customer, resource) = machine(&service, "web-1").await;
    push(&service, resource, "2026-01-01T00:00:00Z", 48).await;
    let (owner, stranger) = (service.owner(&[customer]).await, service.owner(&[Uuid::new_v4()]).await);
    for (query, token, count) in [
        ("", &owner, 48),
        ("", &stranger, 0),
        ("&meter=memory", &owner, 0),
        ("&start=2026-01-01T12:00:00Z&end=2026-01-02T00:00:00Z", &owner, 12),
        ("&state=pending", &owner, 0),
        ("&state=held", &owner, 48),
        ("&held=no-price", &owner, 0),
        ("&delivery=00000000000000000000000000000001", &owner, 0),
        ("&invoice=00000000000000000000000000000001", &owner, 0),
    ] {
        let listed = service
            .get(token, &format!("/api/usage-records/?page_size=100{query}"))
            .await;
        assert_eq!(listed.header("x-result-count"), count.to_string(), "{query}");
        let file = service
            .get(token, &format!("/api/usage-records/?format=csv{query}"))
            .await;
        assert_eq!(rows(&file).len(), count + 1, "{query}");
    }
    assert_eq!(service.get("", "/api/usage-records/?format=csv").await.status, 401);
    let wrong = service.get(&owner, "/api/usage-records/?format=xlsx").await;
    assert_eq!(wrong.shown(), r#"400 {"format":["\"xlsx\" is not one of json, csv."]}"#);
    let wrong = service.get(&owner, "/api/usage-records/?format=csv&state=lost").await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn the_accept_header_chooses_and_a_client_that_takes_anything_gets_json() {
    let service = Service::start().await;
    let asked = async |accept: &str| {
        let request = Request::get("/api/usage-records/")
            .header("authorization", format!("Token {}", service.staff))
            .header("accept", accept);
        let answer = service.send(request.body(Body::empty()).unwrap()).await;
        answer.header("content-type").split(';').next().unwrap().to_owned()
    };
    assert_eq!(asked("text/csv").await, "text/csv");
    assert_eq!(asked("application/json, text/plain, */*").await, "application/json");
}

/// What was read when the first bytes came cannot have been all: a record that is pushed after them is in the file.
#[tokio::test]
async fn a_file_is_written_while_it_is_read_and_not_held_in_memory() {
    let service = Service::start().await;
    let (_, resource) = machine(&service, "web-1").await;
    push(&service, resource, "2025-01-01T00:00:00Z", 5000).await;
    let request =
        Request::get("/api/usage-records/?format=csv").header("authorization", format!("Token {}", service.staff));
    let answer = service
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let mut body = answer.into_body();
    let mut frames = 0;
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        assert!(data.len() < 1_000_000, "one batch at a time, not {} bytes", data.len());
        text.extend_from_slice(&data);
        frames += 1;
        if frames == 2 {
            push(&service, resource, "2026-02-01T00:00:00Z", 1).await;
        }
    }
    let text = String::from_utf8(text).unwrap();
    assert!(
        frames > 3 && text.lines().count() == 5002,
        "{frames} frames, {} lines",
        text.lines().count()
    );
    assert!(text.lines().last().unwrap().contains("2026-02-01T00:00:00Z"));
}

#[tokio::test]
async fn a_failure_on_the_way_breaks_the_transfer_off() {
    let service = Service::start().await;
    let (_, resource) = machine(&service, "web-1").await;
    push(&service, resource, "2025-01-01T00:00:00Z", 5000).await;
    let request =
        Request::get("/api/usage-records/?format=csv").header("authorization", format!("Token {}", service.staff));
    let answer = service
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let mut body = answer.into_body();
    assert!(body.frame().await.unwrap().is_ok());
    service.pool().close().await;
    let mut ended_well = true;
    while let Some(frame) = body.frame().await {
        ended_well &= frame.is_ok();
    }
    assert!(!ended_well, "a part must not look like the whole");
}

/// The rare ones are found among many, batch after batch, and the last batch is not forgotten.
#[tokio::test]
async fn a_filter_that_few_records_pass_reads_on_to_the_end() {
    let service = Service::start().await;
    let (_, first) = machine(&service, "web-1").await;
    let (_, second) = machine(&service, "web-2").await;
    push(&service, first, "2025-01-01T00:00:00Z", 4500).await;
    push(&service, second, "2025-01-01T00:00:00Z", 4500).await;
    sqlx::query("update usage_record set hold = null, superseded = true where hour in ('2025-01-01 00:00Z', '2025-07-07 11:00Z')")
        .execute(service.pool())
        .await
        .unwrap();
    let file = service
        .get(&service.staff, "/api/usage-records/?format=csv&state=superseded")
        .await;
    let rows = rows(&file);
    let hours: Vec<&str> = rows[1..].iter().map(|row| row.split(',').nth(5).unwrap()).collect();
    let both = ["2025-01-01T00:00:00Z", "2025-07-07T11:00:00Z"];
    assert_eq!(
        hours,
        [both, both].concat(),
        "of each machine its first and its last but one hour"
    );
}
