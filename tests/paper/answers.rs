//! The documents over HTTP.

use axum::body::Body;
use axum::http::Request;
use nodeconductor_billing::db::invoices::{InvoiceRecord, InvoiceRow};
use rust_decimal::dec;
use uuid::Uuid;

use crate::bill::{invoice, item};
use crate::support::web::Answer;
use crate::world::World;

async fn one() -> (World, InvoiceRecord, InvoiceRow) {
    let world = World::new().await;
    let record = invoice("41/A", vec![item("EXTERNAL_CHARGE", "Consulting", dec!(100))], vec![]);
    let row = world.mirror(&record).await;
    (world, record, row)
}

fn path(row: &InvoiceRow, rest: &str) -> String {
    format!("/api/invoices/{}/{rest}", row.uuid.simple())
}

async fn ask(world: &World, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder()
        .uri(path)
        .header("authorization", format!("Token {}", world.service.staff));
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value));
    world.service.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn it_is_shown_in_the_browser_or_saved_under_its_name() {
    let (world, _, row) = one().await;
    let answer = world.service.get(&world.service.staff, &path(&row, "pdf/")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/pdf")
    );
    assert_eq!(
        answer.header("content-disposition"),
        "inline; filename=\"2026-02-01-invoice-41-A.pdf\""
    );
    assert!(answer.body.starts_with(b"%PDF-"));
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    let saved = world
        .service
        .get(&world.service.staff, &path(&row, "usage_pdf/?download=true"))
        .await;
    assert_eq!(
        saved.header("content-disposition"),
        "attachment; filename=\"2026-02-01-invoice-41-A-usage.pdf\""
    );
    let empty = world
        .service
        .get(&world.service.staff, &path(&row, "pdf/?download="))
        .await;
    assert!(empty.header("content-disposition").starts_with("inline"));
}

#[tokio::test]
async fn owners_see_their_own_and_nobody_elses() {
    let (world, _, row) = one().await;
    let (own, strange) = (
        world.service.owner(&[world.customer]).await,
        world.service.owner(&[Uuid::new_v4()]).await,
    );
    for rest in ["pdf/", "usage_pdf/"] {
        assert_eq!(world.service.get(&own, &path(&row, rest)).await.status, 200);
        assert_eq!(world.service.get(&strange, &path(&row, rest)).await.status, 404);
        assert_eq!(
            world.service.get(&world.service.pusher, &path(&row, rest)).await.status,
            404
        );
        assert_eq!(world.service.get("", &path(&row, rest)).await.status, 401);
    }
    let unknown = format!("/api/invoices/{}/pdf/", Uuid::new_v4().simple());
    assert_eq!(world.service.get(&world.service.staff, &unknown).await.status, 404);
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again_until_the_invoice_changes() {
    let (world, record, row) = one().await;
    let path = path(&row, "pdf/");
    let first = ask(&world, &path, &[]).await;
    let (tag, modified) = (
        first.header("etag").to_owned(),
        first.header("last-modified").to_owned(),
    );
    assert_eq!(modified, "Sun, 01 Mar 2026 13:00:00 GMT");
    for headers in [
        [("if-none-match", tag.as_str()), ("accept", "*/*")],
        [
            ("if-none-match", &format!("\"other\", W/{tag}")),
            ("if-modified-since", "Sun, 01 Mar 2020 13:00:00 GMT"),
        ],
        [("if-modified-since", &modified), ("accept", "*/*")],
    ] {
        let answer = ask(&world, &path, &headers).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.len(), answer.header("etag")),
            (304, 0, tag.as_str()),
            "{headers:?}"
        );
    }
    let encoded = ask(&world, &path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(
        (encoded.header("content-encoding"), encoded.body == first.body),
        ("", true)
    );
    world
        .mirror(&InvoiceRecord {
            balance: dec!(0),
            ..record
        })
        .await;
    let changed = ask(
        &world,
        &path,
        &[("if-none-match", &tag), ("if-modified-since", &modified)],
    )
    .await;
    assert_eq!(
        (changed.status.as_u16(), changed.header("x-document-version")),
        (200, "2")
    );
    let old = ask(&world, &format!("{path}?version=1"), &[]).await;
    assert_eq!((old.header("x-document-version"), old.body == first.body), ("1", true));
    assert_eq!(ask(&world, &format!("{path}?version=9"), &[]).await.status, 404);
    assert_eq!(ask(&world, &format!("{path}?version=x"), &[]).await.status, 400);
}

#[tokio::test]
async fn head_tells_the_size_without_the_document() {
    let (world, _, row) = one().await;
    let whole = ask(&world, &path(&row, "pdf/"), &[]).await;
    let head = world
        .service
        .call("HEAD", &world.service.staff, &path(&row, "pdf/"), "")
        .await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), whole.body.len().to_string());
}

#[tokio::test]
async fn an_invoice_that_is_too_long_for_a_document_says_where_its_lines_are_had() {
    let (world, _, row) = one().await;
    sqlx::query(
        "insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, name, currency, amount)
         select gen_random_uuid(), gen_random_uuid(), $1, n, 'EXTERNAL_CHARGE', 'charge', 'Consulting', 'EUR', 0
         from generate_series(1, 5000) n",
    )
    .bind(row.id)
    .execute(world.service.pool())
    .await
    .unwrap();
    let file = format!("/api/invoice-items/?invoice={}&format=csv", row.uuid.simple());
    for document in ["pdf/", "usage_pdf/"] {
        let answer = world.service.get(&world.service.staff, &path(&row, document)).await;
        let detail =
            format!("Not printed: the invoice has 5001 lines, and a document at most 5000. They are a file at {file}");
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json(), serde_json::json!({"code": "too_long", "detail": detail}));
    }
    let lines = world.service.get(&world.service.staff, &file).await;
    assert_eq!(String::from_utf8_lossy(&lines.body).lines().count(), 5002);
}
