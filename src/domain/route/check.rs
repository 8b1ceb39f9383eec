//! The configuration against the catalog, meter by meter, before any usage comes: what `check` and the admin page print.

use serde::Serialize;

use super::{Hold, Meter, Routing, lookup};
use crate::domain::price::PriceItem;

/// What is to be said about a configured meter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeterFinding {
    pub meter: String,
    /// Its hours can be billed in full.
    pub ok: bool,
    pub text: String,
}

impl Routing {
    /// One finding per configured meter, by name.
    #[must_use]
    pub fn findings(&self) -> Vec<MeterFinding> {
        self.meters.values().map(|meter| self.finding(meter)).collect()
    }

    fn finding(&self, meter: &Meter) -> MeterFinding {
        let matches = lookup::usage_items(self.items(), &meter.price_name);
        let mut items: Vec<&PriceItem> = Vec::new();
        for found in &matches {
            // The closest in each plan: which plan is taken depends on the resource.
            items.extend(
                lookup::best(&matches, Some(&found.item.plan))
                    .into_iter()
                    .filter(|item| item.uuid == found.item.uuid),
            );
        }
        let said = |ok, text| MeterFinding {
            meter: meter.name.clone(),
            ok,
            text,
        };
        let Some(first) = items.first() else {
            return said(false, self.nothing_found(meter).to_string());
        };
        if let Some(hold) = two_units(meter, &items) {
            return said(false, hold.to_string());
        }
        let prices: Vec<String> = items.iter().map(|item| price_text(item)).collect();
        let mut text = prices.join("; ");
        if items.iter().any(|item| item.plan != first.plan) {
            text += "; the plan named for the resource's type is taken, or the one in [billing.plans]";
        }
        let others = self
            .meters
            .values()
            .filter(|other| other.name != meter.name && other.price_name == meter.price_name);
        for other in others {
            text += &format!("; shares this price with meter `{}`", other.name);
        }
        let caps: Vec<String> = items.iter().filter_map(|item| cap_text(item)).collect();
        if caps.is_empty() {
            said(true, text)
        } else {
            said(false, format!("{text}; {}", caps.join("; ")))
        }
    }
}

fn two_units(meter: &Meter, items: &[&PriceItem]) -> Option<Hold> {
    let plan_twice = |item: &&&PriceItem| {
        items
            .iter()
            .any(|other| other.plan == item.plan && other.unit != item.unit)
    };
    items
        .iter()
        .find(plan_twice)
        .map(|_| Hold::ambiguous_unit(meter, items))
}

fn price_text(item: &PriceItem) -> String {
    let unit = item.unit.as_deref().unwrap_or_default();
    let more = if item.tiers.len() > 1 {
        format!(", first of {} tiers", item.tiers.len())
    } else {
        String::new()
    };
    format!(
        "{} {} an hour ({}{more}), unit `{unit}` of plan `{}`",
        item.hourly, item.currency, item.rule, item.plan
    )
}

fn cap_text(item: &PriceItem) -> Option<String> {
    let text = |cap| {
        format!(
            "beyond {cap} `{}` in a billing period plan `{}` charges nothing: set the last tier's max to -1",
            item.unit.as_deref().unwrap_or_default(),
            item.plan
        )
    };
    item.cap().map(text)
}
