//! The web side: no 500 for a typing mistake, no secret in a link, no list cut short, no clock to move.

use serde_json::{Value, json};

use crate::metering::World;
use crate::support::web::Service;

/// Where the predecessor had it, by GET, and where somebody might look for it; also Kill Bill's own.
const MOVERS: [&str; 6] = [
    "/admin/invoices/invoice/move_date/",
    "/admin/nodeconductor_killbill/invoice/move_date/",
    "/admin/move_date/",
    "/api/move_date/",
    "/api/test/clock/",
    "/1.0/kb/test/clock/",
];

#[tokio::test]
async fn w35_no_address_moves_a_clock() {
    let service = Service::start().await;
    let described = service.get("", "/api/schema/").await.json();
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    assert!(
        !paths.iter().any(|path| path.contains("clock") || path.contains("date")),
        "{paths:?}"
    );
    let before = service.state.clock.now();
    for path in MOVERS {
        for method in ["GET", "POST", "PUT"] {
            let answer = service.call(method, &service.staff, path, "{}").await;
            // A page shows nobody anything but the door.
            let door = answer.header("location").starts_with("/admin/sign-in/");
            assert!(
                door || answer.status.is_client_error(),
                "{method} {path}: {}",
                answer.shown()
            );
        }
    }
    assert_eq!(service.state.clock.now(), before);
    let asked: i64 = sqlx::query_scalar("select count(*) from job")
        .fetch_one(service.pool())
        .await
        .unwrap();
    assert_eq!(asked, 0, "nor is any usage pushed or any invoice read by a link");
}

#[tokio::test]
async fn w38_a_bad_filter_is_named_and_neither_a_crash_nor_an_empty_list() {
    let service = Service::start().await;
    for (query, field) in [
        ("invoices/?year=abc", "year"),
        ("invoices/?customer=zz", "customer"),
        ("invoices/?o=nonsense", "o"),
        ("invoices/?date=2015-13-01", "date"),
        ("price-estimates/?start=2015", "start"),
        ("invoice-items/?month=13", "month"),
        ("usage-records/?start=yesterday", "start"),
    ] {
        let answer = service.get(&service.staff, &format!("/api/{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.shown());
        assert!(answer.json()[field][0].is_string(), "{query}: {}", answer.shown());
    }
}

#[tokio::test]
async fn w42_a_token_in_an_address_is_in_no_link() {
    let service = Service::start().await;
    for n in 0..3 {
        let path = format!("/api/customers/{n:032x}/");
        service
            .call("PUT", &service.pusher, &path, json!({"name": "Alice"}))
            .await;
    }
    let path = format!("/api/customers/?page_size=1&page=2&x-auth-token={}", service.staff);
    let answer = service.get("", &path).await;
    assert_eq!(answer.status, 200);
    let (link, body) = (answer.header("link").to_owned(), answer.json().to_string());
    assert!(
        link.contains("rel=\"next\"") && !link.contains(&service.staff) && !body.contains(&service.staff),
        "{link}"
    );
}

#[tokio::test]
async fn w45_a_page_of_estimates_holds_a_thousand() {
    let world = World::new().await;
    sqlx::query(
        "insert into price_estimate (uuid, customer_id, month, scope_type, scope_uuid, scope_name, currency, total, consumed, source, computed_at)
         select gen_random_uuid(), c.id, '2026-02-01', 'resource', gen_random_uuid(), 'vm-' || n, 'USD', 1, 1, 'records', now()
         from customer c, generate_series(1, 1200) n",
    )
    .execute(world.service.pool())
    .await
    .unwrap();
    let answer = world
        .service
        .get(&world.owner, "/api/price-estimates/?page_size=5000")
        .await;
    let rows: Value = answer.json();
    assert_eq!(
        (rows.as_array().unwrap().len(), answer.header("x-result-count")),
        (1000, "1200")
    );
    assert!(
        answer.header("link").contains("rel=\"next\""),
        "the rest is one link away"
    );
}
