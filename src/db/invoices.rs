//! The mirror of Kill Bill's invoices. `store` writes what Kill Bill says, `tail` notices invoices that are not here yet,
//! `register` knows whose invoices are due to be read, `read` answers the API. Nothing here deletes: what Kill Bill no longer lists is marked and stays.

mod read;
mod register;
mod settled;
mod store;
pub mod tail;

use std::io;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::evidence::BilledTier;
use crate::domain::invoice::{InvoiceStatus, ItemKind};

pub use read::{
    InvoiceFilter, InvoiceRow, ItemRow, LineFilter, LineKey, LineRow, Order, PaymentRow, batch_of_lines, by_uuid,
    count, count_items, count_lines, item_by_uuid, items, items_of, last_change, list, page_of_lines, payments,
};
pub use register::{Reader, Turns, ended, failed, has_items, hint, hint_account, newest_target, one, to_read, turns};
pub(in crate::db) use settled::read_anew;
pub use store::{Known, Stored, known, store};
pub(in crate::db) use store::{attach, check_again};

/// An invoice as Kill Bill says it, in canonical form: two equal ones have the same digest.
#[derive(Clone, Debug, Serialize)]
pub struct InvoiceRecord {
    pub killbill_id: Uuid,
    pub number: Option<String>,
    pub status: InvoiceStatus,
    pub currency: String,
    #[serde(serialize_with = "canonical")]
    pub amount: Decimal,
    #[serde(serialize_with = "canonical")]
    pub balance: Decimal,
    #[serde(serialize_with = "canonical")]
    pub credit_adj: Decimal,
    #[serde(serialize_with = "canonical")]
    pub refund_adj: Decimal,
    pub invoice_date: NaiveDate,
    pub target_date: Option<NaiveDate>,
    /// It has the tag WRITTEN_OFF, which stands beside the invoice.
    #[serde(skip)]
    pub written_off: bool,
    /// Sorted by whoever makes the record, so that Kill Bill's changing order is no change.
    pub items: Vec<ItemRecord>,
    pub tracking_ids: Vec<String>,
}

/// One item of it.
#[derive(Clone, Debug, Serialize)]
pub struct ItemRecord {
    pub killbill_id: Uuid,
    pub position: i32,
    pub item_type: String,
    pub kind: ItemKind,
    pub linked_item: Option<Uuid>,
    pub subscription: Option<Uuid>,
    pub product: String,
    pub plan: String,
    pub usage_name: String,
    pub name: String,
    pub description: String,
    /// Kill Bill's unit, where the item has a single one.
    pub unit: Option<String>,
    pub start_date: Option<NaiveDate>,
    pub end_date: Option<NaiveDate>,
    pub currency: String,
    #[serde(serialize_with = "canonical")]
    pub amount: Decimal,
    #[serde(serialize_with = "canonical_optional")]
    pub rate: Option<Decimal>,
    #[serde(serialize_with = "canonical_optional")]
    pub quantity: Option<Decimal>,
    pub tiers: Vec<BilledTier>,
    pub item_details: Option<String>,
}

/// A payment towards an invoice.
#[derive(Clone, Debug, Serialize)]
pub struct PaymentRecord {
    pub payment_id: Uuid,
    pub number: Option<String>,
    /// What came and was not taken back by the bank.
    #[serde(serialize_with = "canonical")]
    pub purchased: Decimal,
    #[serde(serialize_with = "canonical")]
    pub refunded: Decimal,
    /// What the bank took back, without what it returned of that.
    #[serde(serialize_with = "canonical")]
    pub charged_back: Decimal,
    pub currency: String,
    /// Kill Bill's word for the last thing that happened to it.
    pub status: Option<String>,
    /// When money moved last, or was to.
    pub paid_at: Option<DateTime<Utc>>,
    /// The last attempt at it failed, and nothing came of it.
    pub failed: bool,
}

impl PaymentRecord {
    /// Whether it says more than the invoice's figures do.
    fn is_notable(&self) -> bool {
        self.failed || !self.refunded.is_zero() || !self.charged_back.is_zero()
    }
}

impl InvoiceRecord {
    /// Digest of the invoice itself.
    #[must_use]
    pub fn figures_digest(&self) -> Vec<u8> {
        digest(self)
    }

    /// Digest of everything Kill Bill says about it: that of the invoice itself, unless its tags or payments tell more.
    #[must_use]
    pub fn digest(&self, payments: &[PaymentRecord]) -> Vec<u8> {
        let mut notable: Vec<&PaymentRecord> = payments.iter().filter(|payment| payment.is_notable()).collect();
        notable.sort_by_key(|payment| payment.payment_id);
        if self.written_off || !notable.is_empty() {
            digest(&(self.figures_digest(), self.written_off, notable))
        } else {
            self.figures_digest()
        }
    }
}

fn digest(value: &impl Serialize) -> Vec<u8> {
    let mut sink = Sink(Sha256::new());
    // Writing to a digest cannot fail, and every field can be written as JSON.
    let _ = serde_json::to_writer(&mut sink, value);
    sink.0.finalize().to_vec()
}

struct Sink(Sha256);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Kill Bill's trailing zeros vary from answer to answer.
fn canonical<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    Serialize::serialize(&value.normalize(), serializer)
}

#[expect(clippy::ref_option, reason = "serde hands the field over as it is")]
fn canonical_optional<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    Serialize::serialize(&value.map(|value| value.normalize()), serializer)
}
