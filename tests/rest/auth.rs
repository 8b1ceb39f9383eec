//! Every row of NodeConductor's authentication table, and what each role may do.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use nodeconductor_billing::db::tokens;
use nodeconductor_billing::http::attempts::Attempts;
use nodeconductor_billing::http::state::HttpSettings;
use nodeconductor_billing::web;
use uuid::Uuid;

use crate::support::web::{Answer, Service};

const PATH: &str = "/api/customers/";

async fn with_header(service: &Service, path: &str, authorization: &str) -> Answer {
    let request = Request::builder().uri(path).header("authorization", authorization);
    service.send(request.body(Body::empty()).unwrap()).await
}

#[track_caller]
fn assert_refused(answer: &Answer, detail: &str) {
    assert_eq!(answer.status, 401, "{}", answer.shown());
    assert_eq!(answer.json()["detail"], detail);
    assert_eq!(answer.header("www-authenticate"), "Token");
}

#[tokio::test]
async fn a_token_is_taken_from_the_header_whatever_the_case_of_its_scheme() {
    let service = Service::start().await;
    for scheme in ["Token", "token", "TOKEN"] {
        let answer = with_header(&service, PATH, &format!("{scheme} {}", service.staff)).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_token_is_taken_from_the_address_with_and_without_its_scheme() {
    let service = Service::start().await;
    for form in [service.staff.clone(), format!("Token%20{}", service.staff)] {
        let answer = service
            .get("", &format!("{PATH}?x-auth-token={form}&download=true"))
            .await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn another_scheme_in_the_header_hides_the_address() {
    let service = Service::start().await;
    let path = format!("{PATH}?x-auth-token={}", service.staff);
    for other in ["Basic YTpi", "Basic \u{e9}", "Bearer abc"] {
        let answer = with_header(&service, &path, other).await;
        assert_refused(&answer, "Authentication credentials were not provided.");
    }
    let bearer = format!("{PATH}?x-auth-token=Bearer%20{}", service.staff);
    let answer = service.get("", &bearer).await;
    assert_refused(&answer, "Authentication credentials were not provided.");
}

#[tokio::test]
async fn a_header_with_nothing_in_it_leaves_the_address_to_speak() {
    let service = Service::start().await;
    let path = format!("{PATH}?x-auth-token={}", service.staff);
    for nothing in ["", " "] {
        assert_eq!(with_header(&service, &path, nothing).await.status, 200);
    }
    assert_refused(
        &with_header(&service, PATH, "").await,
        "Authentication credentials were not provided.",
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_said_in_nodeconductor_s_words() {
    let service = Service::start().await;
    let nothing = service.get("", PATH).await;
    assert_refused(&nothing, "Authentication credentials were not provided.");
    let unknown = "0".repeat(40);
    for (authorization, detail) in [
        ("Token", "Invalid token. No credentials provided."),
        ("Token a b", "Invalid token. Token string should not contain spaces."),
        (&*format!("Token {unknown}"), "Invalid token."),
    ] {
        assert_refused(&with_header(&service, PATH, authorization).await, detail);
        let address = format!("{PATH}?x-auth-token={}", authorization.replace(' ', "%20"));
        assert_refused(&service.get("", &address).await, detail);
    }
}

/// With one database that is gone: an answer can only come from memory.
#[tokio::test]
async fn a_refused_token_is_refused_again_without_a_query() {
    let mut service = Service::start().await;
    service.state.attempts = Attempts::new(Duration::from_mins(1), 0);
    service.router = web::router(service.state.clone());
    let wrong = "0".repeat(40);
    assert_refused(&service.get(&wrong, PATH).await, "Invalid token.");
    service.pool().close().await;
    for _ in 0..100 {
        assert_refused(&service.get(&wrong, PATH).await, "Invalid token.");
    }
    let other = service.get(&"1".repeat(40), PATH).await;
    assert_eq!(other.status, 503, "nobody knows about that one");
}

/// From an address of the network, perhaps by a proxy.
async fn from(service: &Service, peer: &str, forwarded_for: &str, token: &str) -> Answer {
    let request = Request::builder()
        .uri(PATH)
        .header("authorization", format!("Token {token}"))
        .header("x-forwarded-for", forwarded_for);
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = format!("{peer}:4711").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    service.send(request).await
}

async fn guarded(trusted: &[&str]) -> Service {
    let trusted = trusted.iter().map(|network| network.parse().unwrap());
    let mut service = Service::with(HttpSettings {
        trusted_proxies: trusted.collect(),
        ..HttpSettings::default()
    })
    .await;
    service.state.attempts = Attempts::new(Duration::from_secs(10), 5);
    service.router = web::router(service.state.clone());
    service
}

#[tokio::test]
async fn whoever_guesses_tokens_is_slowed_down_and_keeps_nobody_out_who_is_known() {
    let service = guarded(&[]).await;
    let (here, elsewhere) = ("192.0.2.1", "192.0.2.2");
    assert_eq!(from(&service, here, "", &service.staff).await.status, 200);
    for guess in 0..4 {
        let answer = from(&service, here, &format!("198.51.100.{guess}"), &format!("{guess:040}")).await;
        assert_refused(&answer, "Invalid token.");
    }
    let answer = from(&service, here, "198.51.100.9", &"9".repeat(40)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (429, &"throttled".into())
    );
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    for _ in 0..10 {
        assert_eq!(from(&service, here, "", &service.staff).await.status, 200);
    }
    assert_eq!(
        from(&service, here, "", &service.support).await.status,
        429,
        "not known yet"
    );
    assert_eq!(from(&service, elsewhere, "", &service.support).await.status, 200);
    assert_eq!(
        from(&service, here, "", &service.support).await.status,
        200,
        "known now"
    );
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_by_itself() {
    let service = guarded(&["10.0.0.0/8"]).await;
    for guess in 0..5 {
        let answer = from(&service, "10.0.0.1", "1.2.3.4, 198.51.100.1", &format!("{guess:040}")).await;
        assert_eq!(answer.status, 401);
    }
    let wrong = "f".repeat(40);
    assert_eq!(
        from(&service, "10.0.0.1", "5.6.7.8, 198.51.100.1", &wrong).await.status,
        429
    );
    assert_eq!(from(&service, "10.0.0.1", "198.51.100.2", &wrong).await.status, 401);
}

#[tokio::test]
async fn a_revoked_token_ends_at_once_and_keeps_its_name() {
    let service = Service::start().await;
    assert_eq!(service.get(&service.support, PATH).await.status, 200);
    assert!(
        tokens::revoke(service.pool(), service.state.clock.now(), "support")
            .await
            .unwrap()
    );
    assert_refused(&service.get(&service.support, PATH).await, "User inactive or deleted.");
    assert!(
        !tokens::revoke(service.pool(), service.state.clock.now(), "support")
            .await
            .unwrap()
    );
    let again = tokens::create(
        service.pool(),
        service.state.clock.now(),
        "support",
        tokens::Role::Staff,
        &[],
    )
    .await;
    assert!(again.unwrap_err().to_string().contains("`support` exists already"));
}

#[tokio::test]
async fn keys_are_forty_hex_digits_and_only_their_digest_is_stored() {
    let service = Service::start().await;
    assert!(service.staff.len() == 40 && service.staff.chars().all(|c| c.is_ascii_hexdigit()));
    let stored: String = sqlx::query_scalar("select string_agg(t::text, ' ') from token t")
        .fetch_one(service.pool())
        .await
        .unwrap();
    assert!(!stored.contains(&service.staff), "{stored}");
}

#[tokio::test]
async fn roles_reach_as_far_as_they_should() {
    let service = Service::start().await;
    let (own, other) = (Uuid::new_v4(), Uuid::new_v4());
    let owner = service.owner(&[own]).await;
    let address = |uuid: Uuid| format!("/api/customers/{}/", uuid.simple());
    let body = r#"{"name": "Alice"}"#;
    for (token, status) in [
        (&service.support, 403),
        (&owner, 403),
        (&service.pusher, 201),
        (&service.staff, 200),
    ] {
        let answer = service.call("PUT", token, &address(own), body).await;
        assert_eq!(answer.status, status, "{}", answer.shown());
    }
    let refused = service.call("PUT", &owner, &address(own), body).await;
    let words = r#"{"code":"permission_denied","detail":"You do not have permission to perform this action."}"#;
    assert_eq!(refused.json().to_string(), words);
    service
        .call("PUT", &service.pusher, &address(other), r#"{"name": "Bob"}"#)
        .await;
    assert_eq!(service.get(&owner, &address(own)).await.status, 200);
    assert_eq!(
        service.get(&owner, &address(other)).await.status,
        404,
        "what is not the caller's does not exist"
    );
    for (token, seen) in [
        (&service.staff, "2"),
        (&service.support, "2"),
        (&service.pusher, "2"),
        (&owner, "1"),
    ] {
        assert_eq!(service.get(token, PATH).await.header("x-result-count"), seen);
    }
    let others = service
        .get(&owner, &format!("{PATH}?customer={}", other.simple()))
        .await;
    assert_eq!(others.shown(), "200 []");
}
