//! Kill Bill's answers, or a gateway's in its place: they are read or refused, whatever numbers and texts are in them.
#![no_main]

use std::hint::black_box;

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use nodeconductor_billing::domain::settlement::Mark;
use nodeconductor_billing::killbill::accounts::{Account, Tag};
use nodeconductor_billing::killbill::blocking::BlockingState;
use nodeconductor_billing::killbill::custom_fields::CustomField;
use nodeconductor_billing::killbill::invoices::{Invoice, InvoicePayment, ItemDetails, ListedInvoice};
use nodeconductor_billing::killbill::subscriptions::Subscription;
use nodeconductor_billing::sync::invoices::mirrored;
use serde::de::DeserializeOwned;

fn all<T: DeserializeOwned>(json: &[u8]) -> Vec<T> {
    let one = || serde_json::from_slice(json).map(|one| vec![one]);
    serde_json::from_slice(json).or_else(|_| one()).unwrap_or_default()
}

fuzz_target!(|json: &[u8]| {
    for invoice in all::<Invoice>(json) {
        black_box(mirrored(&invoice));
    }
    for subscription in all::<Subscription>(json) {
        let blocks = all::<BlockingState>(json).into_iter().map(BlockingState::told);
        black_box(subscription.subscribed(DateTime::UNIX_EPOCH, blocks.collect()));
        black_box((subscription.is_undone(), subscription.usage_end()));
    }
    for account in all::<Account>(json) {
        let _ = black_box(account.terms());
    }
    for tag in all::<Tag>(json) {
        black_box(tag.is_park());
    }
    for state in all::<BlockingState>(json) {
        black_box(state.told());
    }
    all::<CustomField>(json);
    all::<InvoicePayment>(json);
    all::<ListedInvoice>(json);
    if let Ok(text) = std::str::from_utf8(json) {
        ItemDetails::parse(text).tiers().iter().for_each(|tier| {
            black_box(tier.billed_units());
        });
        black_box(Mark::parse(text));
    }
});
