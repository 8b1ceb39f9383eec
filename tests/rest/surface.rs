//! What holds for every address: errors, limits, redirects, headers, health, the description.

use std::io::Read;

use axum::body::Body;
use axum::http::Request;
use nodeconductor_billing::http;
use nodeconductor_billing::http::state::HttpSettings;
use uuid::Uuid;

use crate::support::web::Service;

fn customer() -> String {
    format!("/api/customers/{}/", Uuid::new_v4().simple())
}

#[tokio::test]
async fn a_get_without_its_slash_is_sent_there_with_its_query() {
    let service = Service::start().await;
    let answer = service.get("", "/api/customers?page=2&x-auth-token=k").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (301, "/api/customers/?page=2&x-auth-token=k")
    );
    assert_eq!(service.call("POST", "", "/api/customers", "").await.status, 404);
}

/// A gateway that serves us under a path of its own does not know ours.
#[tokio::test]
async fn the_slash_is_added_below_the_path_of_the_public_address() {
    let public = HttpSettings {
        public_url: Some("https://cloud.test/billing".into()),
        ..HttpSettings::default()
    };
    let service = Service::with(public).await;
    let answer = service.get("", "/api/customers?page=2").await;
    assert_eq!(answer.header("location"), "/billing/api/customers/?page=2");
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_answered_in_json() {
    let service = Service::start().await;
    assert_eq!(
        service.get("", "/nowhere").await.shown(),
        r#"404 {"code":"not_found","detail":"Not found."}"#
    );
    let answer = service.call("DELETE", &service.staff, &customer(), "").await;
    assert_eq!(
        answer.shown(),
        r#"405 {"code":"method_not_allowed","detail":"Method \"DELETE\" not allowed."}"#
    );
    assert!(answer.header("allow").contains("PUT"), "{:?}", answer.headers);
    assert_eq!(service.get(&service.staff, "/api/customers/Alice/").await.status, 404);
}

/// PostgreSQL keeps none, neither in a text nor in JSON.
#[tokio::test]
async fn nul_in_a_body_is_refused_with_the_field() {
    let service = Service::start().await;
    let refused = async |path: &str, body: &str| service.call("POST", &service.staff, path, body).await.shown();
    insta::assert_snapshot!(
        refused("/api/price-estimates/", r#"{"scope": "x", "total": 1, "year": 2026, "month": 1, "details": {"why": ["\u0000"]}}"#).await,
        @r#"400 {"details":["Null characters are not allowed."]}"#
    );
    insta::assert_snapshot!(
        refused("/api/missing-hours/declare/", r#"{"resource": "6e08f48681834ba5aadd426a0abe9282", "meter": "cpu\u0000", "from": "2026-01-01T00:00:00Z", "reason": "off"}"#).await,
        @r#"400 {"meter":["Null characters are not allowed."]}"#
    );
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_named_with_the_place() {
    let service = Service::start().await;
    let (path, put) = (customer(), "PUT");
    let refused = async |body: &str| service.call(put, &service.staff, &path, body).await.shown();
    let keys = "`name`, `native_name`, `abbreviation`, `email`, `contact_details`, `number`, `address`, `country`, `postal`, `phone`, `bank`, `account`, `vat_code`, `registration_code`";
    for (body, answer) in [
        (
            "{",
            r#"{"code":"parse_error","detail":"JSON parse error - EOF while parsing an object at line 1 column 1"}"#,
        ),
        (
            r#"{"name": "A"} x"#,
            r#"{"code":"parse_error","detail":"JSON parse error - trailing characters at line 1 column 15"}"#,
        ),
        (
            r#"{"name": 5}"#,
            r#"{"name":["invalid type: integer `5`, expected a string"]}"#,
        ),
        ("{}", r#"{"name":["This field is required."]}"#),
        ("[]", r#"{"non_field_errors":["Expected an object."]}"#),
        (
            r#"{"name": "A", "nmae": "B"}"#,
            &*format!(r#"{{"nmae":["unknown field `nmae`, expected one of {keys}"]}}"#),
        ),
    ] {
        assert_eq!(refused(body).await, format!("400 {answer}"));
    }
    let request = Request::put(&path).header("authorization", format!("Token {}", service.staff));
    let answer = service
        .send(request.body(Body::from(b"{\"name\": \"\xff\"}".to_vec())).unwrap())
        .await;
    assert_eq!(
        answer.shown(),
        r#"400 {"code":"not_utf8","detail":"The body is not UTF-8: see byte 10."}"#
    );
    let request = Request::put(&path).header("authorization", format!("Token {}", service.staff));
    let answer = service
        .send(
            request
                .header("content-type", "text/plain")
                .body(Body::from("{}"))
                .unwrap(),
        )
        .await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413_and_nothing_is_stored() {
    let service = Service::with(HttpSettings {
        body_limit: 100,
        ..HttpSettings::default()
    })
    .await;
    let body = format!(r#"{{"name": "{}"}}"#, "a".repeat(100));
    let answer = service.call("PUT", &service.staff, &customer(), body).await;
    assert_eq!(
        answer.shown(),
        r#"413 {"code":"too_large","detail":"The body is larger than 100 bytes."}"#
    );
}

#[tokio::test]
async fn every_answer_has_an_id_and_keeps_a_plain_one() {
    let service = Service::start().await;
    let answer = service.get("", "/health/live").await;
    assert_eq!(answer.header("x-request-id").len(), 32);
    for (given, kept) in [("trace-1", true), ("two words", false)] {
        let request = Request::get("/nowhere")
            .header("x-request-id", given)
            .body(Body::empty())
            .unwrap();
        assert_eq!(service.send(request).await.header("x-request-id") == given, kept);
    }
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked() {
    let service = Service::start().await;
    let request = Request::get("/api/schema/")
        .header("accept-encoding", "gzip")
        .body(Body::empty())
        .unwrap();
    let answer = service.send(request).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(answer.body.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.contains("\"openapi\": \"3.1.0\""));
}

#[tokio::test]
async fn configured_origins_may_read_the_paging_headers() {
    let settings = HttpSettings {
        cors_origins: vec!["https://hp.test".into()],
        ..HttpSettings::default()
    };
    let service = Service::with(settings).await;
    for (origin, allowed) in [("https://hp.test", "https://hp.test"), ("https://evil.test", "")] {
        let request = Request::get("/health/live")
            .header("origin", origin)
            .body(Body::empty())
            .unwrap();
        let answer = service.send(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert!(
            answer
                .header("access-control-expose-headers")
                .contains("x-result-count")
        );
    }
    let preflight = Request::options("/api/customers/").header("origin", "https://hp.test");
    let preflight = preflight
        .header("access-control-request-method", "GET")
        .body(Body::empty())
        .unwrap();
    let answer = service.send(preflight).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("access-control-allow-headers").contains("authorization"));
}

#[tokio::test]
async fn ready_means_a_migrated_database_and_kill_bill_is_only_told() {
    let service = Service::start().await;
    assert_eq!(
        service.get("", "/health/live").await.shown(),
        r#"200 {"status":"live"}"#
    );
    service.state.signals.killbill_failed(
        service.state.clock.now(),
        "GET http://kb.internal:8080/: refused".into(),
    );
    let ready = service.get("", "/health/ready").await;
    assert!(
        !ready.shown().contains("kb.internal"),
        "told to a stranger: {}",
        ready.shown()
    );
    assert_eq!(
        (ready.status.as_u16(), &ready.json()["killbill"]["state"]),
        (200, &"unreachable".into())
    );
    sqlx::query("delete from _sqlx_migrations")
        .execute(service.pool())
        .await
        .unwrap();
    let answer = service.get("", "/health/ready").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["migrations"]),
        (503, &"missing".into())
    );
    service.pool().close().await;
    let answer = service.get("", "/health/ready").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["database"]),
        (503, &"unreachable".into())
    );
    assert_eq!(service.get(&service.staff, "/api/customers/").await.status, 503);
}

/// Whatever goes wrong: neither statements nor names of tables, nor anything that a server said.
#[tokio::test]
async fn measurements_that_fail_tell_a_stranger_nothing() {
    let service = Service::start().await;
    sqlx::query("alter table delivery rename to elsewhere")
        .execute(service.pool())
        .await
        .unwrap();
    let broken = service.get("", "/metrics").await;
    assert_eq!(broken.status, 500);
    service.pool().close().await;
    for answer in [broken, service.get("", "/metrics").await] {
        let shown = answer.shown();
        for word in ["delivery", "relation", "select", "pool", "sqlx"] {
            assert!(!shown.to_lowercase().contains(word), "{word:?} in {shown}");
        }
    }
}

#[tokio::test]
async fn measurements_that_have_an_address_of_their_own_are_nowhere_else() {
    let service = Service::with(HttpSettings {
        metrics_apart: true,
        ..HttpSettings::default()
    })
    .await;
    assert_eq!(service.get("", "/metrics").await.status, 404);
    let apart = Service {
        router: http::metrics_router(service.state.clone()),
        ..service
    };
    let answer = apart.get("", "/metrics").await;
    assert!(String::from_utf8(answer.body).unwrap().contains("ncb_backlog_records"));
    assert_eq!(apart.get(&apart.staff, "/api/customers/").await.status, 404);
}

#[tokio::test]
async fn measurements_are_there_without_a_token() {
    let service = Service::start().await;
    service.get("", "/health/live").await;
    let answer = service.get("", "/metrics").await;
    let text = String::from_utf8(answer.body.clone()).unwrap();
    for line in [
        "ncb_backlog_records{state=\"pending\"} 0",
        "ncb_deliveries{state=\"refused\"} 0",
        "ncb_job_overdue_seconds{job=\"deliver\"} 0",
        "ncb_job_paused{job=\"deliver\"} 0",
        "route=\"/health/live\"",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test]
async fn the_api_s_page_loads_nothing_from_elsewhere() {
    let service = Service::start().await;
    let page = String::from_utf8(service.get("", "/api/docs/").await.body).unwrap();
    assert!(
        !page.contains("http://") && !page.contains("https://") && !page.contains("\"//"),
        "{page}"
    );
    let script = service.get("", "/api/docs/swagger-initializer.js").await;
    let script = String::from_utf8(script.body).unwrap();
    assert!(
        script.contains("/api/schema/") && !script.contains("petstore"),
        "{script}"
    );
    for asset in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
    ] {
        assert_eq!(service.get("", &format!("/api/docs/{asset}")).await.status, 200);
    }
}

/// Clients can think of any number of methods; each would be a time series of its own.
#[tokio::test]
async fn made_up_methods_are_measured_as_one() {
    let service = Service::start().await;
    for method in ["PURGE", "X-1"] {
        assert_eq!(service.call(method, "", "/health/live", "").await.status, 405);
    }
    let metrics = service.get("", "/metrics").await.json().to_string();
    assert!(metrics.contains("method=\\\"other\\\""), "{metrics}");
    assert!(!metrics.contains("PURGE") && !metrics.contains("X-1"), "{metrics}");
}
