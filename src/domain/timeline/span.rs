//! One stretch of a timeline: a phase of a plan in a catalog version, and what it charges.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::billing::{Scene, Terms};
use super::section::{Refused, Section};
use crate::domain::catalog::xml;

/// A stretch of time in which the terms stay the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    /// None = no end in sight.
    pub until: Option<DateTime<Utc>>,
    /// The catalog version, by its effective date.
    pub version: DateTime<Utc>,
    pub plan: String,
    pub phase: String,
    /// The phase's type: `TRIAL`, `DISCOUNT`, `FIXEDTERM` or `EVERGREEN`.
    pub kind: String,
    pub bill_cycle_day: u32,
    /// Somebody blocked the billing: nothing is billed, now or later.
    pub paused: bool,
    pub sections: Vec<Section>,
    /// The plan's own price and the word of its period.
    pub recurring: Option<(Decimal, String)>,
    /// Charged once, when the span's phase begins.
    pub fixed: Option<Decimal>,
    /// Why its own price cannot be charged.
    pub unpriced: Option<Refused>,
}

impl Span {
    /// `scene` = whose account and tenant it is.
    pub(super) fn of(from: DateTime<Utc>, until: Option<DateTime<Utc>>, terms: &Terms<'_>, scene: &Scene<'_>) -> Self {
        let (currency, tenant) = (scene.account.currency.as_str(), scene.tenant);
        let Terms {
            version,
            plan,
            phase,
            bill_cycle_day,
        } = *terms;
        let name = plan.phase_name(phase);
        let unpriced =
            own_prices(phase).find_map(|(what, prices)| Refused::own_price(what, prices, name.clone(), currency));
        let recurring = phase.recurring.as_ref().and_then(|recurring| {
            Some((
                recurring.recurring_price.in_currency(currency)?,
                recurring.billing_period.clone(),
            ))
        });
        Self {
            from,
            until,
            version: version.effective_date,
            plan: plan.name.clone(),
            phase: name,
            kind: phase.kind.clone(),
            bill_cycle_day,
            paused: false,
            sections: phase
                .usages
                .usage
                .iter()
                .map(|usage| Section::of(usage, currency, tenant))
                .collect(),
            recurring,
            fixed: phase
                .fixed
                .as_ref()
                .and_then(|fixed| fixed.fixed_price.in_currency(currency)),
            unpriced,
        }
    }

    /// The trial that a plan may begin with: what it does not price is given away on purpose.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        self.kind == "TRIAL"
    }

    /// The first section that prices the unit.
    #[must_use]
    pub fn section(&self, unit: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.tiers(unit).is_some())
    }

    /// Why no invoice of the account could be made while these terms hold: Kill Bill prices every unit, used or not.
    pub(super) fn failing(&self) -> Option<&Refused> {
        let sections = self.sections.iter().filter_map(|section| section.refused.as_ref());
        let mut refused = self.unpriced.iter().chain(sections);
        refused.find(|why| why.fails_invoices())
    }

    /// Whether the same section, in the same version, is billed on in `next`.
    pub(super) fn goes_on(&self, next: &Self, usage: &str) -> bool {
        let has = |span: &Self| !span.paused && span.sections.iter().any(|section| section.usage == usage);
        self.until == Some(next.from) && self.version == next.version && has(self) && has(next)
    }
}

/// What a phase charges whatever is used, with its name.
fn own_prices(phase: &xml::Phase) -> impl Iterator<Item = (&'static str, &xml::Prices)> {
    let fixed = phase.fixed.iter().map(|fixed| ("fixed", &fixed.fixed_price));
    let recurring = phase
        .recurring
        .iter()
        .map(|recurring| ("recurring", &recurring.recurring_price));
    fixed.chain(recurring)
}
