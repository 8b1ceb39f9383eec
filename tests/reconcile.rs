//! Does the check of an invoice tell right from wrong? The figures of the named cases were seen on a real Kill Bill
//! (`tests/invoices.rs` sees them again); the properties hold for any usage, tiers and order of arrival.

#[path = "reconcile/both_ways.rs"]
mod both_ways;
#[path = "reconcile/cases.rs"]
mod cases;
#[path = "reconcile/facts.rs"]
mod facts;
#[path = "reconcile/properties.rs"]
mod properties;
