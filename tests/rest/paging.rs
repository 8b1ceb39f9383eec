//! NodeConductor's paging headers, as its frontends read them.

use axum::body::Body;
use axum::http::Request;
use nodeconductor_billing::http::state::HttpSettings;
use serde_json::json;
use uuid::Uuid;

use crate::support::web::Service;

async fn with_customers(service: &Service, count: usize) {
    for number in 0..count {
        let path = format!("/api/customers/{}/", Uuid::new_v4().simple());
        let answer = service
            .call(
                "PUT",
                &service.pusher,
                &path,
                json!({ "name": format!("Customer {number:03}") }),
            )
            .await;
        assert_eq!(answer.status, 201);
    }
}

#[tokio::test]
async fn links_stand_in_order_keep_other_parameters_and_lose_the_token() {
    let service = Service::start().await;
    with_customers(&service, 5).await;
    let path = format!(
        "/api/customers/?page_size=2&page=2&name=cust&x-auth-token={}&a=%20b",
        service.staff
    );
    let answer = service.get("", &path).await;
    let base = "https://billing.test/api/customers/?page_size=2&name=cust&a=+b";
    let link = format!(
        "<{base}>; rel=\"first\", <{base}>; rel=\"prev\", <{base}&page=3>; rel=\"next\", <{base}&page=3>; rel=\"last\""
    );
    assert_eq!(answer.header("link"), link);
    assert_eq!(answer.header("x-result-count"), "5");
    assert_eq!(answer.json().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn following_next_meets_every_row_once() {
    let service = Service::start().await;
    with_customers(&service, 7).await;
    let (mut path, mut seen) = ("/api/customers/?page_size=3".to_owned(), Vec::new());
    loop {
        let answer = service.get(&service.staff, &path).await;
        seen.extend(
            answer
                .json()
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["name"].as_str().unwrap().to_owned()),
        );
        let next = answer
            .header("link")
            .split(", ")
            .find(|link| link.ends_with("rel=\"next\""))
            .map(str::to_owned);
        let Some(next) = next else { break };
        path = next
            .trim_start_matches("<https://billing.test")
            .split('>')
            .next()
            .unwrap()
            .to_owned();
    }
    let expected: Vec<String> = (0..7).map(|number| format!("Customer {number:03}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn an_empty_list_is_one_empty_page() {
    let service = Service::start().await;
    let answer = service.get(&service.staff, "/api/customers/").await;
    assert_eq!(
        (answer.shown().as_str(), answer.header("x-result-count")),
        ("200 []", "0")
    );
    let base = "https://billing.test/api/customers/";
    assert_eq!(
        answer.header("link"),
        format!("<{base}>; rel=\"first\", <{base}>; rel=\"last\"")
    );
    assert_eq!(
        service.get(&service.staff, "/api/customers/?page=last").await.status,
        200
    );
}

#[tokio::test]
async fn pages_that_do_not_exist_are_named() {
    let service = Service::start().await;
    for (page, why) in [
        ("99", "That page contains no results"),
        (
            "999999999999999999999999999999999999999999",
            "That page contains no results",
        ),
        ("0", "That page number is less than 1"),
        ("-1", "That page number is less than 1"),
        ("two", "That page number is not an integer"),
    ] {
        let answer = service
            .get(&service.staff, &format!("/api/customers/?page={page}"))
            .await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.json()["detail"], format!("Invalid page \"{page}\": {why}."));
    }
}

#[tokio::test]
async fn sizes_are_ten_three_hundred_at_most_and_never_nonsense() {
    let service = Service::start().await;
    with_customers(&service, 12).await;
    for (size, rows) in [
        ("", 10),
        ("11", 11),
        ("0", 10),
        ("-3", 10),
        ("many", 10),
        ("100000", 12),
    ] {
        let answer = service
            .get(&service.staff, &format!("/api/customers/?page_size={size}"))
            .await;
        assert_eq!(answer.json().as_array().unwrap().len(), rows, "page_size={size}");
    }
}

#[tokio::test]
async fn head_answers_the_count_without_a_body() {
    let service = Service::start().await;
    with_customers(&service, 3).await;
    let answer = service
        .call("HEAD", &service.staff, "/api/customers/?page_size=1", "")
        .await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("x-result-count"),
            answer.body.len()
        ),
        (200, "3", 0)
    );
    assert!(answer.header("link").contains("page=3>; rel=\"last\""));
}

#[tokio::test]
async fn without_a_public_address_links_use_the_host_that_was_called() {
    let service = Service::with(HttpSettings::default()).await;
    let request = Request::builder()
        .uri("/api/customers/")
        .header("host", "nc.example.com:8080");
    let request = request.header("authorization", format!("Token {}", service.staff));
    let answer = service.send(request.body(Body::empty()).unwrap()).await;
    assert!(
        answer
            .header("link")
            .starts_with("<http://nc.example.com:8080/api/customers/>")
    );
}
