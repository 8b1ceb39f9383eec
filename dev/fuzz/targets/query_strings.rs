//! What stands after the question mark: every filter is read or refused, and a token never stays in what is kept.
#![no_main]

use std::hint::black_box;

use libfuzzer_sys::fuzz_target;
use nodeconductor_billing::http::extract::query;
use nodeconductor_billing::http::query::{encode, filters, has_token, pairs, without_token};
use nodeconductor_billing::http::{deliveries, invoices, redact, usage};

fuzz_target!(|text: &str| {
    let clean = without_token(text);
    assert!(!has_token(&clean), "{text:?} is kept as {clean:?}");
    assert_eq!(without_token(&clean), clean, "{text:?}");
    let token = pairs(text).find(|(name, value)| name == "x-auth-token" && value.len() > 8);
    if let Some((_, token)) = token {
        let others = pairs(text).filter(|(name, _)| name != "x-auth-token");
        let elsewhere = encode(others).contains(
            &encode(
                [("", token.as_str())]
                    .map(|(a, b)| (a.to_owned(), b.to_owned()))
                    .into_iter(),
            )[1..],
        );
        assert!(elsewhere || !clean.contains(&token), "{text:?} is kept as {clean:?}");
    }
    black_box((redact::redacted(text), filters(text)));
    let _ = black_box(query::<usage::PushOptions>(text));
    let _ = black_box(query::<usage::UsageQuery>(text));
    let _ = black_box(query::<invoices::LineQuery>(text));
    let _ = black_box(query::<deliveries::DeliveryQuery>(text));
});
