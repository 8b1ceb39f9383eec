//! From what Kill Bill sends to what is mirrored.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::db::invoices::{InvoiceRecord, ItemRecord, PaymentRecord};
use crate::domain::evidence::BilledTier;
use crate::domain::invoice::{InvoiceStatus, ItemKind};
use crate::killbill::invoices::{Invoice, InvoiceItem, InvoicePayment, PaymentTransaction, Tier};

/// In the order in which Kill Bill made them, so that earlier ones are mirrored first.
pub(super) fn sort(invoices: &mut [Invoice]) {
    invoices.sort_by_cached_key(|invoice| {
        let number = invoice.invoice_number.clone().unwrap_or_default();
        (invoice.invoice_date, number.len(), number)
    });
}

/// What is mirrored of an invoice itself.
#[must_use]
pub fn record(invoice: &Invoice) -> InvoiceRecord {
    let mut items: Vec<&InvoiceItem> = invoice.items.iter().collect();
    // Kill Bill's order changes between answers; ours is for readers: by what is paid for, then by time.
    items.sort_by_cached_key(|item| {
        (
            item.subscription_id.is_none(),
            item.plan_name.clone(),
            item.subscription_id,
            item.start_date,
            item.usage_name.clone(),
            tier_of(item),
            item.invoice_item_id,
        )
    });
    let mut tracking_ids = invoice.tracking_ids.clone();
    tracking_ids.sort();
    tracking_ids.dedup();
    InvoiceRecord {
        killbill_id: invoice.invoice_id,
        number: invoice.invoice_number.clone(),
        status: status(invoice),
        currency: invoice.currency.clone(),
        amount: invoice.amount,
        balance: invoice.balance,
        credit_adj: invoice.credit_adj.unwrap_or_default(),
        refund_adj: invoice.refund_adj.unwrap_or_default(),
        invoice_date: invoice.invoice_date.or(invoice.target_date).unwrap_or_default(),
        target_date: invoice.target_date,
        written_off: false,
        items: (0..)
            .zip(items)
            .map(|(position, item)| item_record(position, item))
            .collect(),
        tracking_ids,
    }
}

/// Committed where Kill Bill says nothing, or something that is not known here: it may be owed.
fn status(invoice: &Invoice) -> InvoiceStatus {
    let status = invoice.status.as_ref();
    status.map_or(InvoiceStatus::Committed, |status| InvoiceStatus::of(&word(status)))
}

fn tier_of(item: &InvoiceItem) -> Option<(String, u32)> {
    item.details()
        .tiers()
        .first()
        .map(|tier| (tier.unit.clone(), tier.tier))
}

fn item_record(position: i32, item: &InvoiceItem) -> ItemRecord {
    let item_type = word(&item.item_type);
    let kind = ItemKind::of(&item_type);
    let details = item.details();
    let tiers: Vec<BilledTier> = if kind == ItemKind::Usage {
        details.tiers().iter().map(tier).collect()
    } else {
        Vec::new()
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let described = item
        .pretty_usage_name
        .clone()
        .filter(|_| kind == ItemKind::Usage)
        .or_else(|| item.description.clone());
    ItemRecord {
        killbill_id: item.invoice_item_id,
        position,
        name: item
            .usage_name
            .clone()
            .or_else(|| item.description.clone())
            .unwrap_or_else(|| item_type.clone()),
        item_type,
        kind,
        linked_item: item.linked_invoice_item_id,
        subscription: item.subscription_id,
        product: text(&item.pretty_product_name.clone().or_else(|| item.product_name.clone())),
        plan: text(&item.plan_name),
        usage_name: text(&item.usage_name),
        description: described.unwrap_or_default(),
        unit: single_unit(&tiers),
        start_date: item.start_date,
        end_date: item.end_date,
        currency: item.currency.clone(),
        amount: item.amount,
        rate: item.rate,
        quantity: item.quantity,
        tiers,
        item_details: item.item_details.clone(),
    }
}

fn tier(tier: &Tier) -> BilledTier {
    BilledTier {
        tier: tier.tier,
        unit: tier.unit.clone(),
        price: tier.price.normalize(),
        block_size: tier.block_size.normalize(),
        blocks: tier.quantity.normalize(),
        amount: tier.amount.normalize(),
    }
}

fn single_unit(tiers: &[BilledTier]) -> Option<String> {
    let first = &tiers.first()?.unit;
    tiers.iter().all(|tier| &tier.unit == first).then(|| first.clone())
}

/// Kill Bill's own word for one of its values, also for one that we do not know.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// It looks paid; Kill Bill lists one that was written off no differently.
pub(super) fn claims_payment(record: &InvoiceRecord) -> bool {
    record.status == InvoiceStatus::Committed && record.balance.is_zero() && record.amount > Decimal::ZERO
}

pub(super) fn payment(payment: &InvoicePayment) -> PaymentRecord {
    let moves = |kinds: &[&str]| {
        let of_kind = |one: &&PaymentTransaction| kinds.contains(&one.transaction_type.as_str());
        payment.transactions.iter().filter(of_kind).collect::<Vec<_>>()
    };
    let last = payment.transactions.iter().max_by_key(|one| one.effective_date);
    let (asked, charged_back) = (moves(&["PURCHASE", "CAPTURE"]), charged_back(&moves(&["CHARGEBACK"])));
    let purchased = payment.purchased_amount.unwrap_or_default();
    let failed = |one: &&PaymentTransaction| FAILURES.contains(&one.status.as_str());
    PaymentRecord {
        payment_id: payment.payment_id,
        number: payment.payment_number.clone(),
        purchased,
        refunded: payment.refunded_amount.unwrap_or_default(),
        charged_back,
        currency: payment.currency.clone().unwrap_or_default(),
        status: last.map(|one| one.status.clone()),
        paid_at: last.map(|one| one.effective_date),
        failed: purchased.is_zero() && charged_back.is_zero() && asked.last().is_some_and(failed),
    }
}

const FAILURES: [&str; 3] = ["PAYMENT_FAILURE", "PLUGIN_FAILURE", "PAYMENT_SYSTEM_OFF"];

/// What the bank took back. A reversal is one more chargeback under the same key that failed.
fn charged_back(moves: &[&PaymentTransaction]) -> Decimal {
    let reversed = |key: &Option<String>| {
        let same = |one: &&&PaymentTransaction| one.status != "SUCCESS" && one.transaction_external_key == *key;
        moves.iter().any(|one| same(&one))
    };
    let standing = moves.iter().filter(|one| one.status == "SUCCESS");
    standing
        .filter(|one| !reversed(&one.transaction_external_key))
        .filter_map(|one| one.amount)
        .sum()
}
