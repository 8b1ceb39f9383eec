//! What a client pushes: whatever it is, it is read or refused, and what is read is what stands there.
#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use nodeconductor_billing::domain::quantity::Quantity;
use nodeconductor_billing::http::usage::body::{Format, parse};
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let meters = HashMap::from([("cpu".to_owned(), 1), ("memory".to_owned(), 2)]);
    for format in [Format::Json, Format::Lines] {
        let Ok(records) = parse(body, format, &meters) else {
            continue;
        };
        assert!(records.len() <= 10_000, "{} records", records.len());
        let good = records.iter().flatten();
        for record in good.clone() {
            assert_eq!(
                Quantity::parse(&record.quantity.value().to_string()),
                Ok(record.quantity)
            );
        }
        if format == Format::Json && good.clone().next().is_some() {
            // Another reader of the same text finds as many, with the same quantities one by one.
            let text = std::str::from_utf8(body)
                .expect("it was read")
                .trim_start_matches('\u{feff}');
            let Ok(document) = serde_json::from_str::<Value>(text) else {
                continue;
            };
            let other = document["records"].as_array().expect("a list");
            assert_eq!(other.len(), records.len());
            for (record, other) in records.iter().zip(other) {
                let Ok(record) = record else { continue };
                let quantity = match &other["quantity"] {
                    Value::String(text) => text.clone(),
                    number => number.to_string(),
                };
                assert_eq!(Quantity::parse(&quantity), Ok(record.quantity));
            }
        }
    }
});
