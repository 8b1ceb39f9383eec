//! Quantities and hours: every digit kept, everything else named.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::world::{PATH, TEN, push, push_raw, record, service_with_vm, stored};
use crate::support::web::Service;

/// Sends the quantity as it is written, for numbers that no JSON library would write.
async fn push_text(service: &Service, hour: usize, quantity: &str) -> Value {
    let record = format!(
        r#"{{"resource":"{}","meter":"cpu","hour":"2026-01-01T{hour:02}:00:00Z","quantity":{quantity}}}"#,
        super::world::VM
    );
    let body = format!(r#"{{"records":[{record}]}}"#);
    let answer = push_raw(service, &[("content-type", "application/json")], body).await;
    answer.json()["results"][0].clone()
}

#[tokio::test]
async fn every_digit_arrives() {
    let service = service_with_vm().await;
    let quantities = [
        (r#""999999999.999999999""#, "999999999.999999999"),
        ("999999999.999999999", "999999999.999999999"),
        ("0.000000001", "0.000000001"),
        (r#""4.50""#, "4.5"),
        ("1e-9", "0.000000001"),
        ("1.5E+3", "1500"),
        (r#""2e2""#, "200"),
        ("0", "0"),
        ("-0.0", "0"),
        ("0.1", "0.1"),
        (r#""1.0000000000""#, "1"),
    ];
    for (hour, (sent, kept)) in quantities.into_iter().enumerate() {
        let result = push_text(&service, hour, sent).await;
        assert_eq!(result["status"], "accepted", "{sent}: {result}");
        let uuid = result["uuid"].as_str().unwrap();
        let shown = service.get(&service.staff, &format!("{PATH}{uuid}/")).await.json();
        assert_eq!(shown["quantity"], json!(kept), "{sent}");
    }
    let sum: Decimal = sqlx::query_scalar("select sum(quantity) from usage_record")
        .fetch_one(service.pool())
        .await
        .unwrap();
    assert_eq!(sum.to_string(), "2000001705.600000000");
}

#[tokio::test]
async fn a_quantity_that_is_none_is_named() {
    let service = service_with_vm().await;
    let quantities = [
        ("-1", "negative"),
        (r#""-0.000000001""#, "negative"),
        ("1000000000", "too_large"),
        ("1e9", "too_large"),
        ("1e300", "too_large"),
        ("1e400", "too_large"),
        ("-1e400", "negative"),
        ("0.0000000001", "too_precise"),
        ("1e-10", "too_precise"),
        ("1e-400", "too_precise"),
        ("4.00000000000000000000000000000000001e0", "too_precise"),
        (r#""four""#, "invalid"),
        (r#""""#, "invalid"),
        (r#""1,5""#, "invalid"),
        (r#""1_000""#, "invalid"),
        (r#""NaN""#, "invalid"),
        (r#""Infinity""#, "invalid"),
        ("true", "invalid"),
        ("[1]", "invalid"),
        ("null", "required"),
    ];
    for (sent, code) in quantities {
        let result = push_text(&service, 0, sent).await;
        assert_eq!(
            (&result["status"], &result["field"]),
            (&json!("rejected"), &json!("quantity")),
            "{sent}: {result}"
        );
        assert_eq!(result["code"], code, "{sent}: {result}");
    }
    assert_eq!(stored(&service).await, 0);
}

#[tokio::test]
async fn hours_are_utc_or_say_their_offset() {
    let service = service_with_vm().await;
    let hours = [
        (TEN, "accepted", ""),
        ("2026-01-01T12:00:00+02:00", "duplicate", ""),
        ("2026-01-01T15:30:00+05:30", "duplicate", ""),
        ("2026-01-01T10:00:00.000Z", "duplicate", ""),
        ("2000-01-01T00:00:00Z", "accepted", ""),
        ("2099-12-31T23:00:00Z", "accepted", ""),
        ("2026-01-01T10:00:00", "rejected", "invalid"),
        ("2026-01-01", "rejected", "invalid"),
        ("yesterday", "rejected", "invalid"),
        ("2026-01-01T10:30:00Z", "rejected", "not_on_the_hour"),
        ("2026-01-01T10:00:00.001Z", "rejected", "not_on_the_hour"),
        ("2026-01-01T10:00:00+05:30", "rejected", "not_on_the_hour"),
        ("1999-12-31T23:00:00Z", "rejected", "out_of_range"),
        ("2100-01-01T00:00:00Z", "rejected", "out_of_range"),
    ];
    let records: Vec<_> = hours.iter().map(|(hour, ..)| record("cpu", hour, "4")).collect();
    let body = push(&service, records).await.json();
    for (index, (hour, status, code)) in hours.into_iter().enumerate() {
        let result = &body["results"][index];
        assert_eq!(result["status"], status, "{hour}: {result}");
        assert_eq!(result["code"].as_str().unwrap_or_default(), code, "{hour}: {result}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_record_is_told_with_its_place() {
    let service = service_with_vm().await;
    let mut misspelt = record("cpu", TEN, "4");
    misspelt["corection"] = json!(true);
    let answer = push(&service, vec![misspelt, json!("cpu"), record("steam", TEN, "4")]).await;
    let body = answer.json();
    let told = |index: usize| {
        let result = &body["results"][index];
        [&result["field"], &result["code"]].map(|word| word.as_str().unwrap().to_owned())
    };
    assert_eq!(told(0), ["corection", "unknown_field"]);
    assert_eq!(told(1), ["record", "invalid"]);
    assert_eq!(told(2), ["meter", "unknown_meter"]);
    let detail = body["results"][2]["detail"].as_str().unwrap();
    assert_eq!(
        detail,
        "\"steam\" is not configured; configured are cpu, gpu, licence, memory"
    );
}
