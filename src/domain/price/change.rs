//! What one version of the price list changes against another.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::PriceItem;
use crate::domain::words::words;

/// One item's change. The figures are hourly prices; they may be equal when a later tier or the base fee changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub item: Uuid,
    pub name: String,
    pub currency: String,
    pub kind: PriceChangeKind,
    pub before: Option<Decimal>,
    pub after: Option<Decimal>,
}

words! {
    /// What happened to an item.
    pub enum PriceChangeKind = "kind of change" {
        Added = "added",
        Changed = "changed",
        Removed = "removed",
    }
}

/// All differences that somebody's bill may show; a new readable name alone is none.
#[must_use]
pub fn changes(before: &[PriceItem], after: &[PriceItem]) -> Vec<Change> {
    let old: BTreeMap<Uuid, &PriceItem> = before.iter().map(|item| (item.uuid, item)).collect();
    let new: BTreeMap<Uuid, &PriceItem> = after.iter().map(|item| (item.uuid, item)).collect();
    let arrived = after.iter().filter_map(|item| match old.get(&item.uuid) {
        None => Some(change(item, PriceChangeKind::Added, None, Some(item.hourly))),
        Some(known) if costs_the_same(known, item) => None,
        Some(known) => Some(change(
            item,
            PriceChangeKind::Changed,
            Some(known.hourly),
            Some(item.hourly),
        )),
    });
    let gone = before.iter().filter(|item| !new.contains_key(&item.uuid));
    arrived
        .chain(gone.map(|item| change(item, PriceChangeKind::Removed, Some(item.hourly), None)))
        .collect()
}

fn costs_the_same(one: &PriceItem, other: &PriceItem) -> bool {
    one.hourly == other.hourly
        && one.monthly == other.monthly
        && one.recurring == other.recurring
        && one.tiers == other.tiers
        && one.tier_policy == other.tier_policy
}

fn change(item: &PriceItem, kind: PriceChangeKind, before: Option<Decimal>, after: Option<Decimal>) -> Change {
    Change {
        item: item.uuid,
        name: item.name.clone(),
        currency: item.currency.clone(),
        kind,
        before,
        after,
    }
}
