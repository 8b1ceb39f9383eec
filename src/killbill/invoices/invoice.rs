//! An invoice and its items as Kill Bill sends them, field by field, so that what is stored of them is what was sent.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ItemDetails;
use crate::killbill::number;

/// An invoice. A dry run has no number and no stored items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    pub invoice_id: Uuid,
    pub account_id: Uuid,
    pub invoice_number: Option<String>,
    pub status: Option<InvoiceStatus>,
    /// The day it was made, in the account's zone.
    pub invoice_date: Option<NaiveDate>,
    /// The day it bills up to.
    pub target_date: Option<NaiveDate>,
    pub currency: String,
    /// Charges and adjustments, without credits and payments.
    #[serde(with = "number")]
    pub amount: Decimal,
    /// What is still to be paid; zero for drafts, voided and written-off invoices.
    #[serde(with = "number")]
    pub balance: Decimal,
    #[serde(default, with = "number::optional")]
    pub credit_adj: Option<Decimal>,
    #[serde(default, with = "number::optional")]
    pub refund_adj: Option<Decimal>,
    #[serde(default)]
    pub items: Vec<InvoiceItem>,
    /// Of the usage that this invoice took up, including what came to nothing.
    #[serde(default)]
    pub tracking_ids: Vec<String>,
    #[serde(default)]
    pub is_parent_invoice: bool,
    pub parent_invoice_id: Option<Uuid>,
    pub parent_account_id: Option<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum InvoiceStatus {
    Draft,
    Committed,
    Void,
    /// A status of a later Kill Bill.
    #[serde(untagged)]
    Other(String),
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceItem {
    pub invoice_item_id: Uuid,
    pub invoice_id: Uuid,
    /// The item that this one adjusts or repairs; it may stand on another invoice.
    pub linked_invoice_item_id: Option<Uuid>,
    pub account_id: Uuid,
    pub bundle_id: Option<Uuid>,
    pub subscription_id: Option<Uuid>,
    pub product_name: Option<String>,
    pub plan_name: Option<String>,
    pub phase_name: Option<String>,
    pub usage_name: Option<String>,
    pub pretty_product_name: Option<String>,
    pub pretty_plan_name: Option<String>,
    pub pretty_phase_name: Option<String>,
    pub pretty_usage_name: Option<String>,
    pub item_type: ItemType,
    pub description: Option<String>,
    pub start_date: Option<NaiveDate>,
    /// Exclusive.
    pub end_date: Option<NaiveDate>,
    /// Signed, rounded to the currency's smallest unit.
    #[serde(with = "number")]
    pub amount: Decimal,
    /// Price of a whole period, or of a block in DETAIL mode.
    #[serde(default, with = "number::optional")]
    pub rate: Option<Decimal>,
    pub currency: String,
    /// Blocks in DETAIL mode.
    #[serde(default, with = "number::optional")]
    pub quantity: Option<Decimal>,
    /// As sent; [`Self::details`] reads it.
    pub item_details: Option<String>,
    pub catalog_effective_date: Option<DateTime<Utc>>,
}

impl InvoiceItem {
    /// What Kill Bill says about how the amount came about.
    #[must_use]
    pub fn details(&self) -> ItemDetails {
        self.item_details
            .as_deref()
            .map_or(ItemDetails::Absent, ItemDetails::parse)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemType {
    Usage,
    Recurring,
    Fixed,
    ExternalCharge,
    Tax,
    ItemAdj,
    RepairAdj,
    CreditAdj,
    /// Credit moving to or from the account.
    CbaAdj,
    ParentSummary,
    /// A type of a later Kill Bill.
    #[serde(untagged)]
    Other(String),
}

/// A payment towards an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoicePayment {
    pub payment_id: Uuid,
    pub account_id: Uuid,
    /// None for money that was given back outside Kill Bill.
    pub target_invoice_id: Option<Uuid>,
    pub payment_number: Option<String>,
    pub currency: Option<String>,
    #[serde(default, with = "number::optional")]
    pub purchased_amount: Option<Decimal>,
    #[serde(default, with = "number::optional")]
    pub refunded_amount: Option<Decimal>,
    #[serde(default, with = "number::optional")]
    pub credited_amount: Option<Decimal>,
    #[serde(default)]
    pub transactions: Vec<PaymentTransaction>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentTransaction {
    pub transaction_id: Uuid,
    /// Shared by a chargeback and its reversal.
    pub transaction_external_key: Option<String>,
    /// Such as `PURCHASE`, `REFUND` or `CHARGEBACK`.
    pub transaction_type: String,
    pub effective_date: DateTime<Utc>,
    /// Such as `SUCCESS` or `PAYMENT_FAILURE`.
    pub status: String,
    #[serde(default, with = "number::optional")]
    pub amount: Option<Decimal>,
    pub currency: Option<String>,
}
