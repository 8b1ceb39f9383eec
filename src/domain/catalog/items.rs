//! From plans to price list items, and a finding for everything that becomes none. `usage` and `recurring` hold the two
//! kinds of price.

mod recurring;
mod usage;

use rust_decimal::Decimal;

use super::Finding;
use super::xml::{Catalog, Named, Phase, Plan};
use crate::domain::price::PriceItem;

/// What is read of one version.
struct Reading<'a> {
    catalog: &'a Catalog,
    hours_in_month: Decimal,
    items: Vec<PriceItem>,
    findings: Vec<Finding>,
}

/// All items of all currencies. Only a plan's final phase is a price; what comes before it is temporary.
pub(super) fn of(catalog: &Catalog, hours_in_month: Decimal) -> (Vec<PriceItem>, Vec<Finding>) {
    let mut reading = Reading {
        catalog,
        hours_in_month,
        items: Vec::new(),
        findings: Vec::new(),
    };
    for plan in &catalog.plans.plan {
        reading.plan(plan);
    }
    (reading.items, reading.findings)
}

impl Reading<'_> {
    fn plan(&mut self, plan: &Plan) {
        for phase in &plan.initial_phases.phase {
            self.initial_phase(plan, phase);
        }
        if plan.final_phase.fixed.as_ref().is_some_and(|fixed| {
            fixed
                .fixed_price
                .price
                .iter()
                .any(|price| price.value.is_some_and(|value| !value.is_zero()))
        }) {
            self.find(
                "fixed-price",
                &plan.name,
                "Kill Bill charges a one-time price; the price list does not show it",
            );
        }
        self.category(plan);
        let before = self.items.len();
        for usage in &plan.final_phase.usages.usage {
            self.usage(plan, usage);
        }
        self.shared_units(plan, before);
        self.recurring(plan);
        if self.items.len() == before {
            self.find(
                "nothing-priced",
                &plan.name,
                "the plan has no price that the price list can show",
            );
        }
    }

    /// What Kill Bill's rules of bundles refuse when a resource's subscription is to begin (codes 1013 and 1015).
    fn category(&mut self, plan: &Plan) {
        let product = self
            .catalog
            .products
            .product
            .iter()
            .find(|one| one.name == plan.product);
        let category = product.and_then(|product| product.category.as_deref()).map(str::trim);
        let text = match category {
            Some("ADD_ON") => format!(
                "product `{}` is an ADD_ON, which Kill Bill lets nobody subscribe alone (code 1013): its hours will wait; make it STANDALONE",
                plan.product
            ),
            Some("BASE") => format!(
                "product `{}` is a BASE, of which Kill Bill allows one for each resource (code 1015): hours of a second one wait; make it STANDALONE",
                plan.product
            ),
            _ => return,
        };
        let code = if category == Some("ADD_ON") {
            Finding::ADD_ON
        } else {
            "base"
        };
        self.find(code, &plan.name, text);
    }

    fn initial_phase(&mut self, plan: &Plan, phase: &Phase) {
        let text = format!(
            "prices of the earlier {} phase are not in the price list; only those of the final phase are",
            phase.kind
        );
        self.find("phase", &plan.name, text);
    }

    /// Kill Bill bills a unit in every usage section that prices it: twice in one plan is charged twice.
    fn shared_units(&mut self, plan: &Plan, from: usize) {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        let mut shared: Vec<String> = Vec::new();
        for item in self.items.iter().skip(from) {
            let unit = (item.unit.as_deref().unwrap_or_default(), item.currency.as_str());
            if seen.contains(&unit) && !shared.iter().any(|known| known == unit.0) {
                shared.push(unit.0.to_owned());
            }
            seen.push(unit);
        }
        for unit in shared {
            self.find(
                "shared-unit",
                &plan.name,
                format!("`{unit}` stands in several usage sections: each charges it again"),
            );
        }
    }

    fn find(&mut self, code: &'static str, subject: &str, text: impl Into<String>) {
        self.findings.push(Finding::new(code, subject, text));
    }
}

fn pretty(named: &[Named], name: &str) -> String {
    let found = named
        .iter()
        .find(|one| one.name == name)
        .and_then(|one| one.pretty_name.clone());
    found
        .filter(|pretty| !pretty.is_empty())
        .unwrap_or_else(|| name.to_owned())
}
