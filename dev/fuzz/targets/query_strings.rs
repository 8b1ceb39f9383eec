//! What stands after the question mark: every filter is read or refused, and a token never stays in what is kept.
#![no_main]

use std::hint::black_box;

use libfuzzer_sys::fuzz_target;
use nodeconductor_billing::http::extract::query;
use nodeconductor_billing::http::query::{filters, has_token, pairs, without_token};
use nodeconductor_billing::http::{deliveries, invoices, redact, usage};

fuzz_target!(|text: &str| {
    let clean = without_token(text);
    assert!(!has_token(&clean), "{text:?} is kept as {clean:?}");
    assert_eq!(without_token(&clean), clean, "{text:?}");
    let token = pairs(text).find(|(name, value)| name == "x-auth-token" && value.len() > 8);
    if let Some((_, token)) = token {
        // What the same letters say elsewhere is no token, and may stay.
        let others = pairs(text).filter(|(name, _)| name != "x-auth-token");
        let leaked = says(pairs(&clean), &token) && !says(others, &token);
        assert!(!leaked, "{text:?} is kept as {clean:?}");
    }
    black_box((redact::redacted(text), filters(text)));
    let _ = black_box(query::<usage::PushOptions>(text));
    let _ = black_box(query::<usage::UsageQuery>(text));
    let _ = black_box(query::<invoices::LineQuery>(text));
    let _ = black_box(query::<deliveries::DeliveryQuery>(text));
});

/// Whether a name or a value has it in it.
fn says(mut pairs: impl Iterator<Item = (String, String)>, token: &str) -> bool {
    pairs.any(|(name, value)| name.contains(token) || value.contains(token))
}
