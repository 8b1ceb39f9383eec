//! The forms of a body. What cannot be read as a whole is refused as a whole.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::world::{ELEVEN, TEN, hours, push, push_raw, record, service_with_vm, stored, verdicts};

/// What is sent, with which headers, and the code that answers it.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Vec<u8>, &'a str);

const JSON: (&str, &str) = ("content-type", "application/json");
const LINES: (&str, &str) = ("content-type", "application/x-ndjson");
const GZIP: (&str, &str) = ("content-encoding", "gzip");

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn document(records: &[Value]) -> Vec<u8> {
    json!({"records": records}).to_string().into_bytes()
}

#[tokio::test]
async fn lines_are_records() {
    let service = service_with_vm().await;
    let lines = format!("{}\r\n\n{}\n", record("cpu", TEN, "4"), record("cpu", ELEVEN, "-4"));
    let answer = push_raw(&service, &[LINES], lines).await;
    assert_eq!(verdicts(&answer), "207 accepted rejected");
}

#[tokio::test]
async fn gzip_is_unpacked_in_either_form() {
    let service = service_with_vm().await;
    let answer = push_raw(&service, &[JSON, GZIP], gzip(&document(&hours(2_000)))).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["accepted"]),
        (200, &json!(2_000))
    );
    let lines: Vec<String> = hours(2_000).iter().map(|record| format!("{record}\n")).collect();
    let lines = lines.concat();
    // Several members one after the other are one stream.
    let (front, back) = lines.split_at(lines.len() / 2);
    let members = [gzip(front.as_bytes()), gzip(back.as_bytes())].concat();
    let answer = push_raw(&service, &[LINES, GZIP], members).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["duplicate"]),
        (200, &json!(2_000))
    );
}

#[tokio::test]
async fn ten_thousand_records_are_taken_and_one_more_is_not() {
    let service = service_with_vm().await;
    let answer = push(&service, hours(10_001)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (413, &json!("too_many_records"))
    );
    assert_eq!(stored(&service).await, 0);
    let answer = push(&service, hours(10_000)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["accepted"]),
        (200, &json!(10_000))
    );
}

#[tokio::test]
async fn a_bomb_is_not_unpacked_beyond_the_limit() {
    let service = service_with_vm().await;
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    let answer = push_raw(&service, &[JSON, GZIP], bomb).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (413, &json!("too_large"))
    );
    let plain = push_raw(&service, &[JSON], vec![b' '; 16 * 1024 * 1024 + 1]).await;
    assert_eq!(plain.status, 413);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_stores_nothing() {
    let service = service_with_vm().await;
    let good = document(&hours(2));
    let packed = gzip(&good);
    let mut latin = good.clone();
    latin[12] = 0xe4;
    let cut_lines = format!("{}\n{{\"resource\": \"6e08", record("cpu", TEN, "4"));
    let cases: [Case<'_>; 10] = [
        (
            "half a gzip",
            &[JSON, GZIP],
            packed[..packed.len() / 2].to_vec(),
            "not_gzip",
        ),
        ("no gzip", &[JSON, GZIP], good.clone(), "not_gzip"),
        (
            "garbage after gzip",
            &[JSON, GZIP],
            [packed.as_slice(), b"more"].concat(),
            "not_gzip",
        ),
        ("not UTF-8", &[JSON], latin.clone(), "not_utf8"),
        ("lines, not UTF-8", &[LINES], latin, "not_utf8"),
        ("not JSON", &[JSON], b"records=1".to_vec(), "parse_error"),
        ("cut off", &[JSON], good[..good.len() - 2].to_vec(), "parse_error"),
        (
            "two documents",
            &[JSON],
            [good.as_slice(), b"{}"].concat(),
            "parse_error",
        ),
        ("a broken line", &[LINES], cut_lines.into_bytes(), "parse_error"),
        ("empty", &[JSON], vec![], "parse_error"),
    ];
    for (case, headers, body, code) in cases {
        let answer = push_raw(&service, headers, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (400, &json!(code)),
            "{case}: {}",
            answer.shown()
        );
    }
    for (body, shown) in [
        (json!([]), r#"{"non_field_errors":["Expected an object."]}"#),
        (json!({}), r#"{"records":["This field is required."]}"#),
        (json!({"records": {}}), "Must be a list of records."),
        (json!({"records": [], "more": 1}), r#"{"more":["#),
    ] {
        let answer = push_raw(&service, &[JSON], body.to_string()).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.shown());
        assert!(answer.shown().contains(shown), "{body}: {}", answer.shown());
    }
    assert_eq!(stored(&service).await, 0);
}

/// What says a thing twice is refused: nobody can tell which of the two was meant.
#[tokio::test]
async fn what_is_said_twice_is_refused_and_neither_is_taken() {
    let service = service_with_vm().await;
    let hour = record("cpu", TEN, "4").to_string();
    let twice = format!("{{\"records\": [{hour}], \"records\": []}}");
    let answer = push_raw(&service, &[JSON], twice).await;
    assert_eq!(answer.shown(), r#"400 {"records":["This field is given twice."]}"#);
    let written_otherwise = format!("{{\"records\": [{hour}], \"record\\u0073\": []}}");
    assert_eq!(push_raw(&service, &[JSON], written_otherwise).await.status, 400);

    let two_quantities = hour.replace("\"quantity\":\"4\"", "\"quantity\":\"4\",\"quantity\":\"400\"");
    assert_ne!(two_quantities, hour);
    let other = record("cpu", ELEVEN, "4");
    for (headers, body) in [
        (JSON, format!("{{\"records\": [{two_quantities}, {other}]}}")),
        (LINES, format!("{two_quantities}\n{other}\n")),
    ] {
        let answer = push_raw(&service, &[headers], body).await;
        let result = &answer.json()["results"][0];
        assert_eq!(
            (&result["status"], &result["field"], &result["code"]),
            (&json!("rejected"), &json!("quantity"), &json!("repeated_field")),
            "{result}"
        );
    }
    assert_eq!(stored(&service).await, 1, "the other one");
}

/// Editors and shells on Windows write one before a text.
#[tokio::test]
async fn a_byte_order_mark_before_a_body_is_taken_and_utf_16_is_named() {
    let service = service_with_vm().await;
    let customer = "\u{feff}{\"name\": \"Alice\"}";
    let path = "/api/customers/211ca3327de945899375749bd55dae4a/";
    assert_eq!(service.call("PUT", &service.pusher, path, customer).await.status, 200);

    let marked = |text: String| format!("\u{feff}{text}").into_bytes();
    let body = marked(json!({"records": [record("cpu", TEN, "4")]}).to_string());
    assert_eq!(
        verdicts(&push_raw(&service, &[JSON], body.clone()).await),
        "200 accepted"
    );
    assert_eq!(
        verdicts(&push_raw(&service, &[JSON, GZIP], gzip(&body)).await),
        "200 duplicate"
    );
    // Two files, one after the other.
    let line = marked(format!("{}\n", record("cpu", ELEVEN, "4")));
    let lines = [line.clone(), line].concat();
    assert_eq!(
        verdicts(&push_raw(&service, &[LINES], lines).await),
        "200 accepted duplicate"
    );

    let wide = |(mark, units): (u16, Vec<u16>)| [vec![mark], units].concat();
    let text = wide((0xfeff, "{\"records\": []}".encode_utf16().collect()));
    let little: Vec<u8> = text.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let answer = push_raw(&service, &[JSON], little).await;
    assert_eq!(answer.json()["code"], "not_utf8");
    assert!(answer.shown().contains("UTF-16"), "{}", answer.shown());
}

/// Each of them is answered, whatever it is, and the good one beside them is stored.
#[tokio::test]
async fn a_record_that_is_anything_at_all_keeps_no_other_from_being_stored() {
    let service = service_with_vm().await;
    let good = record("cpu", TEN, "4").to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let named = format!("{{\"{}\": 1}}", "n".repeat(100_000));
    let strange = [
        "1",
        "null",
        "[[]]",
        "\"text\"",
        &deep,
        &named,
        r#"{"resource": "\ud800"}"#,
        &good,
    ];
    let answer = push_raw(&service, &[JSON], format!("{{\"records\": [{}]}}", strange.join(","))).await;
    let rejected = "rejected ".repeat(strange.len() - 1);
    assert_eq!(verdicts(&answer), format!("207 {rejected}accepted"));
    assert!(answer.body.len() < 5_000, "what is wrong is not repeated at length");
}

#[tokio::test]
async fn an_unknown_form_is_named() {
    let service = service_with_vm().await;
    let body = String::from_utf8(document(&hours(1))).unwrap();
    for header in [
        ("content-type", "text/csv"),
        ("content-encoding", "br"),
        ("content-encoding", "gzip, gzip"),
    ] {
        let answer = push_raw(&service, &[header], body.clone()).await;
        assert_eq!(answer.status, 415, "{header:?}: {}", answer.shown());
    }
    assert_eq!(stored(&service).await, 0);
    let charset = ("content-type", "application/json; charset=utf-8");
    assert_eq!(verdicts(&push_raw(&service, &[charset], body).await), "200 accepted");
}
