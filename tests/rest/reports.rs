//! The annual report: the same sums as PDF, JSON and CSV, under its three addresses, for whom they are.

use axum::body::Body;
use axum::http::Request;
use rust_decimal::{Decimal, dec};
use serde_json::json;
use uuid::Uuid;

use crate::support::web::Service;

const ADDRESSES: [&str; 3] = [
    "/api/invoices/annual_report/",
    "/api/killbill-invoices/annual_report/",
    "/api/customers/annual_report/",
];

async fn customer(service: &Service, name: &str) -> Uuid {
    let uuid = Uuid::new_v4();
    let path = format!("/api/customers/{}/", uuid.simple());
    let put = service.call("PUT", &service.pusher, &path, json!({"name": name})).await;
    assert_eq!(put.status, 201);
    uuid
}

async fn invoice(service: &Service, of: Uuid, date: &str, amount: Decimal, currency: &str) {
    sqlx::query(
        "insert into invoice (uuid, killbill_id, customer_id, status, currency, amount, balance, credit_adj, refund_adj,
                              invoice_date, content_hash, first_seen_at, changed_at, customer_snapshot)
         select gen_random_uuid(), gen_random_uuid(), id, 'COMMITTED', $3, $2, $2, 0, 0, $4::date, '', now(), now(), '{}'
         from customer where uuid = $1",
    )
    .bind(of)
    .bind(amount)
    .bind(currency)
    .bind(date.parse::<chrono::NaiveDate>().unwrap())
    .execute(service.pool())
    .await
    .unwrap();
}

/// Alice and Bob over two years, and an invoice of Bob's in another currency.
async fn two_customers() -> (Service, Uuid, Uuid) {
    let service = Service::start().await;
    let (alice, bob) = (customer(&service, "Alice").await, customer(&service, "Bob").await);
    for (of, date, amount, currency) in [
        (alice, "2025-08-01", dec!(100), "EUR"),
        (alice, "2026-01-01", dec!(20.5), "EUR"),
        (bob, "2026-01-01", dec!(7), "EUR"),
        (bob, "2026-02-01", dec!(9.125), "OMR"),
    ] {
        invoice(&service, of, date, amount, currency).await;
    }
    (service, alice, bob)
}

#[tokio::test]
async fn the_report_is_a_pdf_at_each_of_its_addresses_and_saved_under_its_name() {
    let (service, ..) = two_customers().await;
    for address in ADDRESSES {
        let answer = service.get(&service.staff, address).await;
        assert_eq!(answer.header("content-type"), "application/pdf", "{}", answer.shown());
        assert_eq!(
            answer.header("content-disposition"),
            "inline; filename=\"cost_report_by_customer.pdf\""
        );
        assert!(answer.body.starts_with(b"%PDF-"));
    }
    let saved = service
        .get(&service.staff, &format!("{}?group_by=month&download=1", ADDRESSES[0]))
        .await;
    assert_eq!(
        saved.header("content-disposition"),
        "attachment; filename=\"cost_report_by_month.pdf\""
    );
    let wrong = service
        .get(&service.staff, &format!("{}?group_by=moon", ADDRESSES[2]))
        .await;
    let text = "group_by parameter can be only `month` or `customer`";
    assert_eq!(
        (wrong.status.as_u16(), wrong.json()),
        (400, json!({"detail": text, "Detail": text, "code": "invalid"}))
    );
}

#[tokio::test]
async fn by_customer_each_has_his_years_and_months_the_newest_first() {
    let (service, ..) = two_customers().await;
    let report = service
        .get(&service.staff, &format!("{}?format=json", ADDRESSES[0]))
        .await
        .json();
    let mut lines = Vec::new();
    for section in report["sections"].as_array().unwrap() {
        lines.push(format!("{} {}", section["currency"], section["total"]));
        for customer in section["customers"].as_array().unwrap() {
            lines.push(format!(
                "- {} {}, {} invoices",
                customer["name"], customer["total"], customer["invoices"]
            ));
            for year in customer["years"].as_array().unwrap() {
                lines.push(format!(
                    "-- {} {}, month {}",
                    year["year"], year["total"], year["months"][0]["month"]
                ));
            }
        }
    }
    assert_eq!(
        lines.join("\n").replace('"', ""),
        "EUR 127.50\n- Bob 7.00, 1 invoices\n-- 2026 7.00, month 1\n- Alice 120.50, 2 invoices\n-- 2026 20.50, month 1\n\
         -- 2025 100.00, month 8\nOMR 9.125\n- Bob 9.125, 1 invoices\n-- 2026 9.125, month 2"
    );
}

#[tokio::test]
async fn by_month_each_month_has_its_customers() {
    let (service, ..) = two_customers().await;
    let path = format!("{}?format=csv&group_by=month", ADDRESSES[1]);
    let answer = service.get(&service.staff, &path).await;
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let rows: Vec<String> = text
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            [0, 2, 3, 4, 5, 6].map(|n| fields[n]).join(" ")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "currency customer_name year month invoices amount",
            "EUR Bob 2026 01 1 7.00",
            "EUR Alice 2026 01 1 20.50",
            "EUR Alice 2025 08 1 100.00",
            "OMR Bob 2026 02 1 9.125",
        ]
    );
    let json = service
        .get(
            &service.staff,
            &format!("{}?format=json&group_by=month&year=2026", ADDRESSES[1]),
        )
        .await
        .json();
    let january = &json["sections"][0]["years"][0]["months"][0];
    assert_eq!(
        (&january["total"], &january["customers"][1]["total"]),
        (&json!("27.50"), &json!("20.50"))
    );
    assert_eq!(
        json["sections"][0]["years"].as_array().unwrap().len(),
        1,
        "2025 was not asked for"
    );
}

#[tokio::test]
async fn everybody_gets_what_he_may_see() {
    let (service, alice, bob) = two_customers().await;
    let total = async |token: &str, query: &str| {
        let path = format!("{}?format=json&{query}", ADDRESSES[2]);
        service.get(token, &path).await.json()["sections"][0]["total"].clone()
    };
    let (owner, stranger) = (service.owner(&[alice]).await, service.owner(&[Uuid::new_v4()]).await);
    assert_eq!(total(&service.support, "").await, "127.50");
    assert_eq!(total(&owner, "").await, "120.50");
    assert_eq!(total(&owner, &format!("customer={}", bob.simple())).await, json!(null));
    assert_eq!(total(&stranger, "").await, json!(null));
    assert_eq!(total(&service.pusher, "").await, json!(null));
    assert_eq!(service.get("", ADDRESSES[2]).await.status, 401);
    assert_eq!(
        service.get(&stranger, ADDRESSES[2]).await.status,
        200,
        "an empty report is one, too"
    );
}

#[tokio::test]
async fn a_report_that_the_client_has_or_only_asks_about_is_not_printed_again() {
    let (service, alice, _) = two_customers().await;
    let ask = async |method: &str, tag: &str| {
        let request = Request::builder()
            .method(method)
            .uri(ADDRESSES[0])
            .header("if-none-match", tag);
        let request = request.header("authorization", format!("Token {}", service.staff));
        service.send(request.body(Body::empty()).unwrap()).await
    };
    let first = ask("GET", "").await;
    let tag = first.header("etag").to_owned();
    assert_eq!(
        (first.header("cache-control"), ask("GET", &tag).await.status.as_u16()),
        ("private, no-cache", 304)
    );
    let head = ask("HEAD", "").await;
    assert_eq!(
        (head.status.as_u16(), head.header("etag"), head.body.len()),
        (200, &*tag, 0)
    );
    invoice(&service, alice, "2026-02-01", dec!(1), "EUR").await;
    assert_eq!(ask("GET", &tag).await.status, 200);
}

#[tokio::test]
async fn what_is_too_long_to_be_printed_is_had_as_a_file_or_by_the_year() {
    let service = Service::start().await;
    sqlx::query("insert into customer (uuid, name, created_at, updated_at) select gen_random_uuid(), n, now(), now() from generate_series(1, 450) n")
        .execute(service.pool())
        .await
        .unwrap();
    sqlx::query(
        "insert into invoice (uuid, killbill_id, customer_id, status, currency, amount, balance, credit_adj, refund_adj,
                              invoice_date, content_hash, first_seen_at, changed_at, customer_snapshot)
         select gen_random_uuid(), gen_random_uuid(), c.id, 'COMMITTED', 'EUR', 1, 1, 0, 0, date '2025-01-01' + make_interval(months => n),
                '', now(), now(), '{}'
         from customer c, generate_series(0, 11) n",
    )
    .execute(service.pool())
    .await
    .unwrap();
    let asked = async |query: &str| service.get(&service.staff, &format!("{}{query}", ADDRESSES[0])).await;
    let refused = asked("").await;
    let text = "5400 months of customers are too many for a document; ask for one year, one customer, or ?format=csv.";
    assert_eq!(
        (refused.status.as_u16(), refused.json()),
        (400, json!({ "year": [text] }))
    );
    let lines = asked("?format=csv").await.body;
    assert_eq!(String::from_utf8(lines).unwrap().lines().count(), 5_401);
    assert_eq!(asked("?format=json").await.json()["sections"][0]["invoices"], 5_400);
}
