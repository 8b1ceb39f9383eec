//! The configuration against the catalog, meter by meter, before any usage comes: what `check` and the admin page print.

use serde::Serialize;

use super::{Hold, Meter, Routing, lookup, size};
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

    /// Whether hours of some configured meter may go to the plan.
    #[must_use]
    pub fn may_use(&self, plan: &str) -> bool {
        let meters = self.meters.values();
        meters
            .flat_map(|meter| self.possible_items(meter))
            .any(|item| item.plan == plan)
    }

    fn finding(&self, meter: &Meter) -> MeterFinding {
        let items = self.possible_items(meter);
        let (ok, text) = match (items.is_empty(), two_units(meter, &items)) {
            (true, _) => self
                .charged_text(meter)
                .unwrap_or_else(|| (false, self.nothing_found(meter).to_string())),
            (_, Some(hold)) => (false, hold.to_string()),
            _ => self.priced(meter, &items),
        };
        MeterFinding {
            meter: meter.name.clone(),
            ok,
            text,
        }
    }

    /// The monthly prices by which the meter's hours are charged, when the operator wants that.
    fn charged_text(&self, meter: &Meter) -> Option<(bool, String)> {
        let charged = self.charged(meter);
        let text = |item: &&PriceItem| {
            format!(
                "{} {} a month, charged by the hour when the month is over (plan `{}`)",
                item.monthly, item.currency, item.plan
            )
        };
        let said: Vec<String> = charged.iter().map(text).collect();
        (!said.is_empty()).then(|| (true, said.join("; ")))
    }

    /// Names in `billing.monthly.products` that stand for nothing with a monthly price only.
    #[must_use]
    pub fn unknown_products(&self) -> Vec<&str> {
        let names = self.charged.iter().map(String::as_str);
        let known = |name: &str| {
            name == "*"
                || self
                    .items()
                    .filter(|item| item.unit.is_none() && !self.takes_usage(&item.plan))
                    .any(|item| item.product == name || item.plan == name)
        };
        names.filter(|name| !known(name)).collect()
    }

    /// The closest in each plan: which plan is taken depends on the resource.
    fn possible_items(&self, meter: &Meter) -> Vec<&PriceItem> {
        let matches = lookup::usage_items(self.items(), &meter.price_name);
        let is_best = |item: &PriceItem| {
            lookup::best(&matches, Some(&item.plan))
                .iter()
                .any(|best| best.uuid == item.uuid)
        };
        matches
            .iter()
            .map(|found| found.item)
            .filter(|item| is_best(item))
            .collect()
    }

    /// Its prices, and whether all of its hours are charged by them.
    fn priced(&self, meter: &Meter, items: &[&PriceItem]) -> (bool, String) {
        let mut said: Vec<String> = items.iter().map(|item| price_text(item)).collect();
        let differs = |first: &&PriceItem| items.iter().any(|item| item.plan != first.plan);
        if items.first().is_some_and(differs) {
            said.push("the plan named for the resource's type is taken, or the one in [billing.plans]".to_owned());
        }
        let others = self
            .meters
            .values()
            .filter(|other| other.name != meter.name && other.price_name == meter.price_name);
        said.extend(others.map(|other| format!("shares this price with meter `{}`", other.name)));
        let caps = items.iter().filter_map(|item| cap_text(item));
        let sizes = items.iter().filter_map(|item| size::mismatch(meter, item));
        let wrong: Vec<String> = caps.chain(sizes).collect();
        let ok = wrong.is_empty();
        said.extend(wrong);
        (ok, said.join("; "))
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
