//! Finding a meter's price by name: item name, then unit, then usage, then the predecessor's `hour-of-` and `minute-of-`.

use crate::domain::price::{PriceItem, minute_or_hour_names};

/// An item with a usage price, and how closely its name fits (lower is closer).
pub(super) struct Match<'a> {
    pub item: &'a PriceItem,
    level: u8,
}

/// All usage prices that `name` may mean.
pub(super) fn usage_items<'a>(items: impl Iterator<Item = &'a PriceItem>, name: &str) -> Vec<Match<'a>> {
    let [hour, minute] = minute_or_hour_names(name);
    let level = |item: &PriceItem| {
        let unit = item.unit.as_deref()?;
        match () {
            () if item.name == name => Some(0),
            () if unit == name => Some(1),
            () if item.usage_name.as_deref() == Some(name) => Some(2),
            () if unit == hour || unit == minute => Some(3),
            () => None,
        }
    };
    items
        .filter_map(|item| level(item).map(|level| Match { item, level }))
        .collect()
}

/// The closest ones: of `plan` when one is given, else of all plans.
pub(super) fn best<'a>(matches: &[Match<'a>], plan: Option<&str>) -> Vec<&'a PriceItem> {
    let eligible = || {
        matches
            .iter()
            .filter(|found| plan.is_none_or(|plan| found.item.plan == plan))
    };
    let closest = eligible().map(|found| found.level).min();
    eligible()
        .filter(|found| Some(found.level) == closest)
        .map(|found| found.item)
        .collect()
}

/// Whether `name` means a plan's own price.
pub(super) fn is_recurring_named(item: &PriceItem, name: &str) -> bool {
    item.unit.is_none()
        && [&item.name, &item.product, &item.plan]
            .into_iter()
            .any(|known| known == name)
}
