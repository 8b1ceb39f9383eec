//! What a catalog would do to usage, before anybody subscribes: plan by plan and unit by unit, since when, and why. Asked by
//! `check --catalog`, by the very rules that hold hours later.

use chrono::{DateTime, Utc};

use super::{AccountTerms, Fate, Refused, Span, Subscribed, TenantTerms, Timeline};
use crate::domain::catalog::Versions;
use crate::domain::hour::Hour;
use crate::domain::price::Tier;

/// What becomes of a unit from an instant on, for a subscription that begins with a catalog version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The catalog version whose terms these are.
    pub version: DateTime<Utc>,
    pub plan: String,
    pub phase: String,
    /// The phase's type, such as `EVERGREEN`.
    pub kind: String,
    pub unit: String,
    pub from: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
    pub prospect: Prospect,
}

/// How usage fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prospect {
    Billed(Vec<Tier>),
    GivenAway,
    /// It would wait here, for this reason.
    Held(String),
}

/// All plans of all versions, each as a subscription in `currency` that begins with the version would see it. What a later
/// version says of older subscriptions is in its order.
#[must_use]
pub fn outlook(versions: &Versions, currency: &str) -> Vec<Outlook> {
    let account = AccountTerms::ours(currency);
    let mut found: Vec<Outlook> = Vec::new();
    for version in versions.iter() {
        for plan in &version.plans.plan {
            let subscribed = Subscribed::new(&plan.name, version.effective_date);
            let timeline = Timeline::new(versions, &subscribed, &account, TenantTerms::default());
            let fresh: Vec<Outlook> = timeline
                .outlook()
                .into_iter()
                .filter(|one| !found.contains(one))
                .collect();
            found.extend(fresh);
        }
    }
    found
}

impl Timeline {
    fn outlook(&self) -> Vec<Outlook> {
        let units = self.units();
        let spans = self.spans.iter();
        spans
            .flat_map(|span| units.iter().map(|unit| self.of_unit(span, unit)))
            .collect()
    }

    fn of_unit(&self, span: &Span, unit: &str) -> Outlook {
        let hour = Hour::containing(Hour::first_stamped_from(span.from));
        let prospect = match self.fate(unit, hour) {
            Fate::Billed(section) => Prospect::Billed(section.tiers(unit).unwrap_or_default().to_vec()),
            Fate::Free(_) => Prospect::GivenAway,
            Fate::Refused(why) => Prospect::Held(why.to_string()),
            Fate::Twice(_) => Prospect::Held(Refused::twice(unit)),
            _ => Prospect::Held(format!("phase `{}` does not price `{unit}`", span.phase)),
        };
        Outlook {
            version: span.version,
            kind: span.kind.clone(),
            plan: span.plan.clone(),
            phase: span.phase.clone(),
            unit: unit.to_owned(),
            from: span.from,
            until: span.until,
            prospect,
        }
    }
}
