//! The one answer to what an hour of a subscription costs, and whether it is billed at all: half-open spans of time, each
//! with the terms that hold in it. Pre-flight, price list, estimates, reconciliation, settlement and `check` all ask it.
//!
//! Made from all catalog versions, the subscription's own events and its account (`subscribed`) by Kill Bill's own rules
//! (`billing`, `cycle`), which the judge holds against a real Kill Bill. A record counts at its stamp, inside its hour.

mod billing;
mod cycle;
mod outlook;
mod paused;
mod run;
mod section;
mod span;
mod subscribed;
mod window;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::catalog::Versions;
use super::hour::Hour;
use super::price::{Tier, TierPolicy};
use billing::{Change, Scene};
pub use cycle::Cycle;
pub use outlook::{Outlook, Prospect, outlook};
pub use section::{Refused, Section, UnitTerms};
pub use span::Span;
pub use subscribed::{AccountTerms, Event, Subscribed, TenantTerms, What};
pub use window::Window;

/// What holds for one subscription, when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    spans: Vec<Span>,
    account: AccountTerms,
    tenant: TenantTerms,
    end: Option<End>,
    /// No rule of the catalog gives subscriptions a billing day of their own.
    follows_account: bool,
}

/// Where the subscription is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub at: DateTime<Utc>,
    /// A fixed term ran out by itself.
    pub term_over: bool,
}

/// What becomes of usage of a unit in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate<'t> {
    Billed(&'t Section),
    /// In a trial that does not price the unit.
    Free(&'t Span),
    BeforeStart,
    Ended(End),
    Paused(&'t Span),
    /// The terms of that time do not price the unit: Kill Bill would take it and never bill it.
    NotPriced(&'t Span),
    /// They price it in a way that is not billed right.
    Refused(&'t Refused),
    /// Several sections price it, and each would charge it.
    Twice(&'t Span),
}

impl Timeline {
    /// Works it out. Empty when the catalog never had the plan.
    #[must_use]
    pub fn new(versions: &Versions, subscribed: &Subscribed, account: &AccountTerms, tenant: TenantTerms) -> Self {
        let scene = Scene {
            versions,
            subscribed,
            account,
            tenant,
        };
        let changes = scene.changes();
        let untils = changes.iter().skip(1).map(|next| Some(next.at)).chain([None]);
        let spans = changes
            .iter()
            .zip(untils)
            .filter_map(|(change, until)| Some(Span::of(change.at, until, change.terms.as_ref()?, &scene)));
        let end = changes.iter().find(|change| change.terms.is_none()).map(End::of);
        Self {
            spans: paused::cut(spans.collect(), subscribed),
            account: account.clone(),
            tenant,
            end,
            follows_account: versions.follow_account(),
        }
    }

    /// All spans, in their order; between them, and before and after all, nothing is billed.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// When billing begins.
    #[must_use]
    pub fn start(&self) -> Option<DateTime<Utc>> {
        self.spans.first().map(|span| span.from)
    }

    /// Where it is over.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    #[must_use]
    pub const fn account(&self) -> &AccountTerms {
        &self.account
    }

    #[must_use]
    pub const fn tenant(&self) -> TenantTerms {
        self.tenant
    }

    /// The span that contains an instant.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> Option<&Span> {
        let after = self.spans.partition_point(|span| span.from <= instant);
        let span = self.spans.get(after.checked_sub(1)?)?;
        span.until.is_none_or(|until| instant < until).then_some(span)
    }

    /// What becomes of usage of `unit` in `hour`.
    #[must_use]
    pub fn fate(&self, unit: &str, hour: Hour) -> Fate<'_> {
        let Some(span) = self.at(hour.stamp()) else {
            return match self.end {
                Some(end) if hour.stamp() >= end.at => Fate::Ended(end),
                _ => Fate::BeforeStart,
            };
        };
        if let Some(fails) = span.failing().filter(|_| !span.paused) {
            return Fate::Refused(fails);
        }
        let mut pricing = span.sections.iter().filter(|section| section.tiers(unit).is_some());
        match (span.paused, pricing.next(), pricing.next()) {
            (true, ..) => Fate::Paused(span),
            (_, None, _) if span.is_trial() => Fate::Free(span),
            (_, None, _) => Fate::NotPriced(span),
            (_, Some(_), Some(_)) => Fate::Twice(span),
            (_, Some(section), None) => section.refused.as_ref().map_or(Fate::Billed(section), Fate::Refused),
        }
    }

    /// Why, and from when on, Kill Bill could make no invoice for the account while it has the subscription.
    #[must_use]
    pub fn failing(&self) -> Option<(DateTime<Utc>, &Refused)> {
        let mut live = self.spans.iter().filter(|span| !span.paused);
        live.find_map(|span| Some((span.from, span.failing()?)))
    }

    /// The units that are priced at any time.
    #[must_use]
    pub fn units(&self) -> Vec<String> {
        let units = self
            .spans
            .iter()
            .flat_map(|span| &span.sections)
            .flat_map(|section| &section.units);
        let units: BTreeSet<String> = units.map(|terms| terms.unit.clone()).collect();
        units.into_iter().collect()
    }

    /// The hours, by their beginnings, in which a trial gives the unit away.
    #[must_use]
    pub fn free_hours(&self, unit: &str) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let bound = |until: Option<DateTime<Utc>>| until.map_or(DateTime::<Utc>::MAX_UTC, Hour::first_stamped_from);
        let own = self.given_away().into_iter().filter(|(free, ..)| free == unit);
        own.map(|(_, from, until)| (Hour::first_stamped_from(from), bound(until)))
            .collect()
    }

    /// When a trial gives away which unit: from, and until when.
    #[must_use]
    pub fn given_away(&self) -> Vec<(String, DateTime<Utc>, Option<DateTime<Utc>>)> {
        let all = self
            .spans
            .iter()
            .flat_map(|span| &span.sections)
            .flat_map(|section| &section.units);
        let units: BTreeSet<&str> = all.map(|terms| terms.unit.as_str()).collect();
        let trials = self.spans.iter().filter(|span| span.is_trial() && !span.paused);
        let free = trials.flat_map(|span| {
            let unpriced = units.iter().filter(|unit| span.section(unit).is_none());
            unpriced.map(|unit| ((*unit).to_owned(), span.from, span.until))
        });
        free.collect()
    }
}

impl End {
    const fn of(change: &Change<'_>) -> Self {
        Self {
            at: change.at,
            term_over: change.expired,
        }
    }
}

/// What a unit's sum is rated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate<'t> {
    pub policy: TierPolicy,
    pub tiers: &'t [Tier],
}

#[cfg(test)]
mod tests;
