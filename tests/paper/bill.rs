//! Invoices as Kill Bill would say them, on 1 February 2026.

use nodeconductor_billing::db::invoices::{InvoiceRecord, ItemRecord};
use nodeconductor_billing::domain::evidence::BilledTier;
use nodeconductor_billing::domain::invoice::{InvoiceStatus, ItemKind};
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use crate::world::{Subscribed, day};

/// The lines' sum; the date is 1 February 2026.
pub fn invoice(number: &str, items: Vec<ItemRecord>, tracking_ids: Vec<String>) -> InvoiceRecord {
    let counted = items
        .iter()
        .filter(|item| ItemKind::of(&item.item_type).counts_into_amount());
    let amount = counted.map(|item| item.amount).sum();
    InvoiceRecord {
        killbill_id: Uuid::new_v4(),
        number: Some(number.to_owned()),
        status: InvoiceStatus::Committed,
        currency: "EUR".into(),
        amount,
        balance: items.iter().map(|item| item.amount).sum(),
        credit_adj: Decimal::ZERO,
        refund_adj: Decimal::ZERO,
        invoice_date: day("2026-02-01"),
        target_date: Some(day("2026-02-01")),
        written_off: false,
        items: (0..)
            .zip(items)
            .map(|(position, item)| ItemRecord { position, ..item })
            .collect(),
        tracking_ids,
    }
}

/// An item without a subscription.
pub fn item(item_type: &str, description: &str, amount: Decimal) -> ItemRecord {
    ItemRecord {
        killbill_id: Uuid::new_v4(),
        position: 0,
        item_type: item_type.into(),
        kind: ItemKind::of(item_type),
        linked_item: None,
        subscription: None,
        product: String::new(),
        plan: String::new(),
        usage_name: String::new(),
        name: description.into(),
        description: description.into(),
        unit: None,
        start_date: None,
        end_date: None,
        currency: "EUR".into(),
        amount,
        rate: None,
        quantity: None,
        tiers: Vec::new(),
        item_details: None,
    }
}

/// A usage line of `blocks` blocks of one unit each; its amount is rounded to cents as Kill Bill does.
pub fn used(of: Subscribed, unit: &str, (start, end): (&str, &str), blocks: Decimal, price: Decimal) -> ItemRecord {
    let tier = BilledTier {
        tier: 1,
        unit: unit.into(),
        price,
        block_size: dec!(1),
        blocks,
        amount: blocks * price,
    };
    tiered(of, unit, (start, end), vec![tier])
}

pub fn tiered(of: Subscribed, unit: &str, (start, end): (&str, &str), tiers: Vec<BilledTier>) -> ItemRecord {
    let amount: Decimal = tiers.iter().map(|tier| tier.amount).sum();
    ItemRecord {
        subscription: Some(of.killbill_id),
        plan: "vm".into(),
        product: "Virtual machine".into(),
        usage_name: format!("vm-{unit}"),
        name: format!("vm-{unit}"),
        unit: Some(unit.into()),
        start_date: Some(day(start)),
        end_date: Some(day(end)),
        tiers,
        ..item("USAGE", &format!("Pretty {unit}"), amount.round_dp(2))
    }
}
