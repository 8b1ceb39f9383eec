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
/// version says of older subscriptions is in its order. `tenant` = the defaults where it is not known.
#[must_use]
pub fn outlook(versions: &Versions, currency: &str, tenant: TenantTerms) -> Vec<Outlook> {
    let account = AccountTerms::ours(currency);
    let mut found: Vec<Outlook> = Vec::new();
    for version in versions.iter() {
        for plan in &version.plans.plan {
            let subscribed = Subscribed::new(&plan.name, version.effective_date);
            let timeline = Timeline::new(versions, &subscribed, &account, tenant);
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

    fn is_one_of_a_day(&self, unit: &str, hour: Hour) -> bool {
        let window = self.window(unit, hour);
        window.is_some_and(|window| self.shares_its_day(&window))
    }

    fn of_unit(&self, span: &Span, unit: &str) -> Outlook {
        let hour = Hour::containing(Hour::first_stamped_from(span.from));
        let prospect = match self.fate(unit, hour) {
            Fate::Billed(_) if self.is_one_of_a_day(unit, hour) => Prospect::Held(Refused::same_day(unit, span.from)),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::catalog::{read, xml};

    /// From an instant on, for running subscriptions too.
    fn version(from: &str, price: u8) -> Arc<xml::Catalog> {
        let text = format!(
            r#"<catalog><effectiveDate>{from}</effectiveDate><catalogName>C</catalogName><plans><plan name="vm">
               <effectiveDateForExistingSubscriptions>{from}</effectiveDateForExistingSubscriptions><product>Vm</product>
               <finalPhase type="EVERGREEN"><duration><unit>UNLIMITED</unit></duration><usages>
               <usage name="u" billingMode="IN_ARREAR" usageType="CONSUMABLE"><billingPeriod>MONTHLY</billingPeriod><tiers><tier><blocks>
               <tieredBlock><unit>cpu</unit><size>1</size><prices><price><currency>USD</currency><value>{price}</value></price></prices><max>-1</max></tieredBlock>
               </blocks></tier></tiers></usage></usages></finalPhase></plan></plans></catalog>"#
        );
        Arc::new(read(1, &text).unwrap())
    }

    #[test]
    fn terms_that_change_twice_inside_a_day_are_told_before_any_usage_is_held_for_them() {
        let versions = ["01T00", "15T06", "15T12", "15T18"].map(|at| format!("2026-05-{at}:00:00Z"));
        let all = versions.iter().zip(1..).map(|(at, price)| version(at, price));
        let outlook = outlook(&Versions::new(all.collect()), "USD", TenantTerms::default());
        // Whoever began with the first version sees them all.
        let seen: Vec<String> = outlook
            .iter()
            .take(4)
            .map(|one| match &one.prospect {
                Prospect::Held(why) => format!("{}: {why}", one.from.format("%dT%H")),
                _ => one.from.format("%dT%H").to_string(),
            })
            .collect();
        let why = "`cpu` has several terms inside 15 May 2026, and Kill Bill would take their lines for one and fail";
        assert_eq!(
            seen,
            [
                "01T00".to_owned(),
                format!("15T06: {why}"),
                format!("15T12: {why}"),
                "15T18".to_owned()
            ]
        );
    }
}
