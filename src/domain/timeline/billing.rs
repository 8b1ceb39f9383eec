//! From what is told of a subscription to the instants at which its terms change, exactly as Kill Bill finds them
//! (`DefaultSubscriptionBase.getSubscriptionBillingEvents`): its own events, and the catalog versions that claim it.

use chrono::{DateTime, Days, Months, TimeZone, Utc};

use super::subscribed::{AccountTerms, Subscribed, TenantTerms, What};
use crate::domain::catalog::Versions;
use crate::domain::catalog::xml::{Catalog, Duration, Phase, Plan};
use crate::domain::price::Period;

/// The terms that hold from an instant on; none where billing is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'c> {
    pub(super) at: DateTime<Utc>,
    pub(super) terms: Option<Terms<'c>>,
    /// The end of a fixed term, not a cancellation.
    pub(super) expired: bool,
}

/// A phase of a plan in one version of the catalog.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'c> {
    pub(super) version: &'c Catalog,
    pub(super) plan: &'c Plan,
    pub(super) phase: &'c Phase,
    pub(super) bill_cycle_day: u32,
}

/// A phase where the catalog has it.
type Found<'c> = (&'c Catalog, &'c Plan, &'c Phase);

/// What the rules are asked about.
#[derive(Clone, Copy)]
pub(super) struct Scene<'c> {
    pub(super) versions: &'c Versions,
    pub(super) subscribed: &'c Subscribed,
    pub(super) account: &'c AccountTerms,
    pub(super) tenant: TenantTerms,
}

/// A step of the subscription itself: it starts, changes its plan or goes on to a phase.
#[derive(Clone, Copy)]
struct Step<'c> {
    at: DateTime<Utc>,
    /// When the plan was taken.
    taken: DateTime<Utc>,
    version: &'c Catalog,
    plan: &'c Plan,
    phase: &'c Phase,
}

impl<'c> Scene<'c> {
    /// All changes, in their order, no two at one instant.
    pub(super) fn changes(&self) -> Vec<Change<'c>> {
        let (steps, end) = self.steps();
        let until = |index: usize| {
            steps
                .get(index + 1)
                .map(|next: &Step<'_>| next.at)
                .or(end.map(|(at, _)| at))
        };
        let mut changes: Vec<Change<'c>> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let until = until(index);
            let own = [(step.at, (step.version, step.plan, step.phase))];
            let claims = self
                .claims(step)
                .into_iter()
                .filter(|(at, _)| until.is_none_or(|until| *at < until));
            for (at, terms) in own.into_iter().chain(claims) {
                // Of what happens in one instant Kill Bill keeps the first.
                if changes.last().is_none_or(|last| last.at < at) {
                    changes.push(self.change(at, terms));
                }
            }
        }
        changes.extend(end.map(|(at, expired)| Change {
            at,
            terms: None,
            expired,
        }));
        changes
    }

    fn change(&self, at: DateTime<Utc>, (version, plan, phase): Found<'c>) -> Change<'c> {
        let bill_cycle_day = self.bill_cycle_day(version, plan, phase);
        Change {
            at,
            terms: Some(Terms {
                version,
                plan,
                phase,
                bill_cycle_day,
            }),
            expired: false,
        }
    }

    /// The subscription's own steps and its end, with those to come that the catalog tells by its durations.
    fn steps(&self) -> (Vec<Step<'c>>, Option<(DateTime<Utc>, bool)>) {
        let (mut steps, mut end): (Vec<Step<'c>>, _) = (Vec::new(), None);
        for event in &self.subscribed.events {
            let last = steps.last().copied();
            let step = match &event.what {
                What::Start { plan, phase } | What::Change { plan, phase } => {
                    self.step(event.at, event.at, plan, phase.as_deref())
                }
                What::Phase { phase } => {
                    last.and_then(|last| self.step(event.at, last.taken, &last.plan.name, Some(phase)))
                }
                What::Stop => {
                    let ends = (event.at, last.is_some_and(|last| self.runs_out(&last, event.at)));
                    end = end.filter(|(at, _)| *at <= event.at).or(Some(ends));
                    None
                }
                What::Block { .. } => None,
            };
            steps.extend(step);
        }
        while let Some(last) = steps.last().filter(|_| end.is_none() && steps.len() < 64) {
            let Some(at) = self.after(last.at, &last.phase.duration) else {
                break;
            };
            match Self::next_phase(last) {
                Some(next) => match self.step(at, last.taken, &last.plan.name, Some(&next)) {
                    Some(step) => steps.push(step),
                    None => break,
                },
                None => end = Some((at, true)),
            }
        }
        if let Some((at, _)) = end {
            steps.retain(|step| step.at < at);
        }
        (steps, end)
    }

    fn runs_out(&self, last: &Step<'_>, at: DateTime<Utc>) -> bool {
        Self::next_phase(last).is_none() && self.after(last.at, &last.phase.duration) == Some(at)
    }

    fn step(&self, at: DateTime<Utc>, taken: DateTime<Utc>, plan: &str, phase: Option<&str>) -> Option<Step<'c>> {
        let (version, plan) = self.versions.plan_at(plan, at, taken)?;
        let phase = match phase {
            Some(name) => plan.phase(name)?,
            None => plan.phases().next()?,
        };
        Some(Step {
            at,
            taken,
            version,
            plan,
            phase,
        })
    }

    fn next_phase(step: &Step<'_>) -> Option<String> {
        let mut phases = step.plan.phases().skip_while(|phase| phase.kind != step.phase.kind);
        phases.nth(1).map(|phase| step.plan.phase_name(phase))
    }

    /// When later versions claim the subscription for their terms: by instant, the older version first.
    fn claims(&self, step: &Step<'c>) -> Vec<(DateTime<Utc>, Found<'c>)> {
        let name = step.plan.phase_name(step.phase);
        let later = self.versions.later(&step.plan.name, step.taken);
        let claims = later.filter_map(|(version, plan)| {
            let at = self.claimed_at(step, plan.effective_date_for_existing_subscriptions?)?;
            Some((at.max(step.at), (version, plan, plan.phase(&name)?))).filter(|_| at >= step.at)
        });
        let mut claims: Vec<_> = claims.collect();
        claims.sort_by_key(|(at, (version, ..))| (*at, version.effective_date));
        claims
    }

    /// The tenant may let changes wait for the subscription's next billing day; without a recurring price they never come.
    fn claimed_at(&self, step: &Step<'c>, claims: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !self.tenant.changes_wait_for_billing_day {
            return Some(claims);
        }
        let period = Period::of(&step.phase.recurring.as_ref()?.billing_period);
        let bill_cycle_day = self.bill_cycle_day(step.version, step.plan, step.phase);
        let (from, day) = (self.account.day_of(step.at), self.account.day_of(claims));
        let aligned = match period {
            None => day,
            Some(Period::Months(_)) => super::cycle::next_billing_day(day, bill_cycle_day),
            Some(Period::Days(days)) => {
                let mut next = from;
                while next == from || next < day {
                    next = next.checked_add_days(Days::new(u64::from(days.max(1))))?;
                }
                next
            }
        };
        Some(self.account.instant_of(aligned))
    }

    fn bill_cycle_day(&self, version: &Catalog, plan: &Plan, phase: &Phase) -> u32 {
        if let Some(told) = self.subscribed.bill_cycle_day {
            return told;
        }
        let own = || chrono::Datelike::day(&self.account.day_of(self.first_charge()));
        let of_account = self
            .account
            .bill_cycle_day
            .filter(|_| version.follows_account(plan, phase));
        of_account.unwrap_or_else(own)
    }

    /// Kill Bill's "date of first recurring non zero charge": phases that end and charge nothing regularly are passed by.
    fn first_charge(&self) -> DateTime<Utc> {
        let Some(start) = self.subscribed.start() else {
            return DateTime::UNIX_EPOCH;
        };
        let plan = self
            .versions
            .plan_at(&self.subscribed.plan, start, start)
            .map(|(_, plan)| plan);
        let phases = plan.into_iter().flat_map(Plan::phases);
        let free = phases.take_while(|phase| !phase.charges_regularly());
        free.fold(start, |at, phase| self.after(at, &phase.duration).unwrap_or(at))
    }

    /// The end of what lasts so long from `at` on, by the account's calendar; none for what has no end.
    fn after(&self, at: DateTime<Utc>, duration: &Duration) -> Option<DateTime<Utc>> {
        let number = u32::try_from(duration.number?).ok()?;
        let there = self.account.local(at);
        let end = match duration.unit.as_str() {
            "DAYS" => there.checked_add_days(Days::new(u64::from(number))),
            "WEEKS" => there.checked_add_days(Days::new(u64::from(number) * 7)),
            "MONTHS" => there.checked_add_months(Months::new(number)),
            "YEARS" => there.checked_add_months(Months::new(number.checked_mul(12)?)),
            _ => None,
        }?;
        self.account
            .offset()
            .from_local_datetime(&end)
            .single()
            .map(|end| end.to_utc())
    }
}

impl Phase {
    fn charges_regularly(&self) -> bool {
        let prices = self
            .recurring
            .as_ref()
            .map(|recurring| &recurring.recurring_price.price);
        let charges = prices.is_some_and(|prices| {
            prices
                .iter()
                .any(|price| price.value.is_some_and(|value| !value.is_zero()))
        });
        charges || self.duration.unit == "UNLIMITED"
    }
}
