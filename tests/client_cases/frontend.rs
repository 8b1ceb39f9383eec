//! The old frontends' own calls (nodeconductor.md, section 3), as literal requests, read the way their code reads them.
//! What JavaScript does is written out: `value * 1`, `toFixed` (numbers only), parseInt of a header, cutting of `Link`.

use rust_decimal::dec;
use serde_json::Value;

use super::things::Things;
use super::world::World;
use crate::support::socket::Reply;

/// As the browser of a customer's owner sends it.
async fn send(world: &World, method: &str, path: &str) -> Reply {
    let owner = format!("Token {}", world.service.owner(&[world.alice]).await);
    let headers = [
        ("authorization", &*owner),
        ("accept", "application/json, text/plain, */*"),
        ("origin", "https://hp.test"),
        ("x-requested-with", "XMLHttpRequest"),
    ];
    world.ask(method, path, &headers).await
}

/// `x * 1`: works on numbers and on texts that hold one.
fn times_one(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap(),
        Value::String(text) => text.parse().unwrap(),
        other => panic!("NaN: {other}"),
    }
}

/// base-service-class.js: every list carries the customer, a page and a size, and reads only `x-result-count`.
#[tokio::test]
async fn lists_with_the_base_client_s_parameters() {
    let world = World::new().await;
    world.invoice(world.alice, "17", "2015-08-25", dec!(319)).await;
    world.invoice(world.bob, "18", "2015-08-25", dec!(1)).await;
    let customer = world.alice.simple();
    for endpoint in ["invoices", "killbill-invoices"] {
        let list = send(
            &world,
            "GET",
            &format!("/api/{endpoint}/?customer={customer}&page=1&page_size=10"),
        )
        .await;
        let count: u64 = list.header("x-result-count").parse().unwrap();
        assert_eq!((list.status, count, list.json().as_array().unwrap().len()), (200, 1, 1));
        let invoice = list.json()[0].clone();
        let code: String = invoice["uuid"].as_str().unwrap().chars().take(6).collect();
        assert_eq!(code.len(), 6, "the \"Invoice code\" column");
        assert!((times_one(&invoice["amount"]) - 319.0).abs() < f64::EPSILON);
        assert_eq!(invoice["date"].as_str().unwrap().len(), "yyyy-MM-dd".len());
    }
}

/// resources-count-service.js: HEAD, then parseInt of the header.
#[tokio::test]
async fn counts_by_head() {
    let world = World::new().await;
    world.invoice(world.alice, "17", "2015-08-25", dec!(319)).await;
    let customer = world.alice.simple();
    let path = format!("/api/invoices/?customer={customer}&customer_uuid={customer}");
    let head = send(&world, "HEAD", &path).await;
    assert_eq!(head.header("x-result-count").parse::<u64>(), Ok(1));
}

/// `getAll()`: ceil(count / 100) pages of 100 at the same time; together they are everything, once.
#[tokio::test]
async fn get_all_by_parallel_pages() {
    let world = World::new().await;
    for number in 1..=23 {
        world
            .invoice(world.alice, &number.to_string(), "2026-01-01", dec!(1))
            .await;
    }
    let pages = (1..=3).map(|page| {
        let path = format!(
            "/api/invoices/?page_size=10&page={page}&customer={}",
            world.alice.simple()
        );
        let world = &world;
        async move { send(world, "GET", &path).await.all("number") }
    });
    let pages = futures::future::join_all(pages).await.join(" ");
    let mut numbers: Vec<u32> = pages.split(' ').map(|number| number.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=23).collect::<Vec<_>>());
}

/// auth-service.js: href + '?x-auth-token=' + rawToken + '&download=true', blindly: `pdf` must not hold a query already.
#[tokio::test]
async fn the_download_link() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "17", "2015-08-25", dec!(319)).await;
    world
        .item(uuid, ("EXTERNAL_CHARGE", "charge"), "Consulting", dec!(319))
        .await;
    let owner = world.service.owner(&[world.alice]).await;
    let invoice = send(&world, "GET", "/api/invoices/?page=1&page_size=10").await.json()[0].clone();
    let href = format!(
        "{}?x-auth-token={owner}&download=true",
        invoice["pdf"].as_str().unwrap()
    );
    let file = world.ask("GET", &href, &[]).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/pdf"));
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"2015-08-25-invoice-17.pdf\""
    );
}

/// The `AppStore`'s price list: `value * 1`, matched by key or type; it reads only its first ten.
#[tokio::test]
async fn the_app_store_s_prices() {
    let world = World::new().await;
    Things::new(&world).await;
    for query in [
        "page=1&page_size=10&customer=x",
        "resource_type=OpenStack.Instance&page=1&page_size=100",
        "item_type=cpu&page_size=100",
    ] {
        let query = query.replace("customer=x", &format!("customer={}", world.alice.simple()));
        let list = send(&world, "GET", &format!("/api/default-price-list-items/?{query}")).await;
        let price = list.json()[0].clone();
        assert!(
            (times_one(&price["value"]) - 0.25).abs() < f64::EPSILON,
            "{query}: {price}"
        );
        for key in ["url", "uuid", "key", "item_type", "units", "resource_type"] {
            assert!(price[key].is_string(), "{key}: {price}");
        }
        assert!(price["metadata"].is_object());
    }
}

/// The dashboard: `page_size=1000`, `total.toFixed(2)` (numbers only), `year === getFullYear()`, a project's name cut at
/// ' | ', and rows that follow the scope's URL.
#[tokio::test]
async fn the_dashboard_s_estimates() {
    let world = World::new().await;
    sqlx::query(
        "insert into price_estimate (uuid, customer_id, month, scope_type, scope_uuid, scope_name, currency, total, consumed, source, computed_at)
         select gen_random_uuid(), id, '2026-03-01', kind, case kind when 'customer' then uuid else gen_random_uuid() end,
                case kind when 'project' then 'Website | Alice' else 'Alice' end, 'USD', 12.95, 1.5, 'records', '2026-03-01'
         from customer, unnest(array['customer', 'project']) kind where name = 'Alice'",
    )
    .execute(world.pool())
    .await
    .unwrap();
    let path = format!(
        "/api/price-estimates/?page=1&page_size=1000&customer={}",
        world.alice.simple()
    );
    let rows = send(&world, "GET", &path).await.json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert!(row["total"].is_number(), "toFixed: {row}");
        assert_eq!((row["year"].as_i64(), row["month"].as_i64()), (Some(2026), Some(3)));
        assert!(row["scope"].as_str().unwrap().starts_with("http"));
        if row["scope_type"] == "project" {
            assert_eq!(
                row["scope_name"].as_str().unwrap().split(" | ").collect::<Vec<_>>(),
                ["Website", "Alice"]
            );
        }
    }
}

/// HP17 and HP24: the customer's URL, repeated states and fields; parseFloat; `Link` cut by ', ' and 'rel="next"', and the
/// page read from what follows '/?'.
#[tokio::test]
async fn the_later_frontends_invoices() {
    let world = World::new().await;
    for number in ["1", "2", "3"] {
        world.invoice(world.alice, number, "2026-01-01", dec!(12.95)).await;
    }
    let customer = format!("{}/api/customers/{}/", world.url, world.alice.simple());
    let fields = [
        "uuid",
        "number",
        "state",
        "price",
        "tax",
        "total",
        "invoice_date",
        "due_date",
        "year",
        "month",
    ];
    let query = format!(
        "page=1&page_size=2&customer={}&state=pending&state=created&o=-year&{}",
        url::form_urlencoded::byte_serialize(customer.as_bytes()).collect::<String>(),
        fields.map(|field| format!("field={field}")).join("&")
    );
    let list = send(&world, "GET", &format!("/api/invoices/?{query}")).await;
    let invoice = list.json()[0].clone();
    let mut keys: Vec<&String> = invoice.as_object().unwrap().keys().collect();
    let mut expected = fields.map(str::to_owned);
    keys.sort();
    expected.sort();
    assert_eq!(keys, expected.iter().collect::<Vec<_>>());
    assert!((times_one(&invoice["total"]) - 12.95).abs() < f64::EPSILON);
    let next = list
        .header("link")
        .split(", ")
        .find(|link| link.contains("rel=\"next\""))
        .unwrap()
        .to_owned();
    let parameters = next.split("/?").nth(1).unwrap().split('>').next().unwrap().to_owned();
    assert!(parameters.split('&').any(|one| one == "page=2"), "{next}");
}

/// An answer of 401 signs the user out and leads to the login; `detail` is the only text that is read.
#[tokio::test]
async fn a_dead_token_is_told_so_that_the_frontend_understands() {
    let world = World::new().await;
    let headers = [("authorization", "Token dead"), ("origin", "https://hp.test")];
    let answer = world.ask("GET", "/api/invoices/?page=1&page_size=10", &headers).await;
    assert_eq!(
        (answer.status, answer.json()["detail"].as_str()),
        (401, Some("Invalid token."))
    );
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "https://hp.test",
        "else the browser hides the status"
    );
}
