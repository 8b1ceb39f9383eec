//! Deliberate mistakes: what Kill Bill billed, held against an expectation that goes wrong in one rule of the timeline. Only
//! what the timeline is made of is changed, or how its windows are read; a rule whose mistake nobody finds is not judged.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use nodeconductor_billing::domain::catalog::xml::{Catalog, Phase, Plan};
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::timeline::{TenantTerms, What};
use rust_decimal::{Decimal, RoundingStrategy};

use super::calls::Given;
use super::compare::{RIGHT, Rules, expected, seen, sides};
use super::play::{Played, Posted};
use super::story::{PLAN, Used, calendar};

pub struct Mistake {
    pub name: &'static str,
    make: fn(&mut Wrong),
    /// One of so many seeds, from the first on, finds it.
    pub within: u64,
}

/// What an expectation is made of.
struct Wrong {
    given: Given,
    posted: Vec<Posted>,
    rules: Rules,
}

pub const ALL: &[Mistake] = &[
    mistake("claims-ignored", 25, |wrong| {
        wrong.plans(|plan| plan.effective_date_for_existing_subscriptions = None);
    }),
    mistake("newest-at-ties", 25, newest_at_ties),
    mistake("retired-plans-go-on", 25, retired_plans_go_on),
    mistake("pauses-ignored", 25, |wrong| {
        wrong
            .given
            .subscribed
            .events
            .retain(|event| !matches!(event.what, What::Block { .. }));
    }),
    mistake("trial-priced", 25, |wrong| wrong.initial_phases("TRIAL")),
    mistake("discount-ignored", 25, |wrong| wrong.initial_phases("DISCOUNT")),
    mistake("fixed-term-ignored", 25, fixed_term_ignored),
    mistake("account-s-day-for-all", 25, account_s_day_for_all),
    mistake("zone-ignored", 25, |wrong| wrong.given.account.utc_offset = 0),
    mistake("billing-day-ignored", 25, |wrong| {
        (
            wrong.given.account.bill_cycle_day,
            wrong.given.subscribed.bill_cycle_day,
        ) = (Some(1), Some(1));
    }),
    mistake("setting-ignored", 25, |wrong| {
        wrong.given.tenant.changes_wait_for_billing_day = false;
    }),
    mistake("top-tier-as-all-tiers", 25, |wrong| {
        wrong.phases(|phase| {
            for usage in &mut phase.usages.usage {
                usage.tier_block_policy = Some("ALL_TIERS".to_owned());
            }
        });
    }),
    mistake("tiers-rounded-together", 100, |wrong| {
        wrong.given.tenant.itemizes_tiers = false;
    }),
    mistake("windows-not-cut", 25, |wrong| wrong.rules.cut = false),
    mistake("every-period-a-month", 25, |wrong| {
        wrong.phases(|phase| {
            for usage in &mut phase.usages.usage {
                "MONTHLY".clone_into(&mut usage.billing_period);
            }
        });
    }),
    mistake("rounded-down", 25, |wrong| {
        wrong.rules.round = |amount, currency| {
            let digits = nodeconductor_billing::domain::money::minor_digits(currency);
            amount.round_dp_with_strategy(digits, RoundingStrategy::ToZero)
        };
    }),
    mistake("two-decimals-for-all", 25, |wrong| {
        wrong.rules.round =
            |amount: Decimal, _| amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    }),
    mistake("look-back-of-one", 25, |wrong| wrong.looks_back(1)),
    mistake("blocks-not-whole", 25, |wrong| {
        wrong.phases(|phase| {
            let tiers = phase.usages.usage.iter_mut().flat_map(|usage| &mut usage.tiers.tier);
            for block in tiers.flat_map(|tier| &mut tier.blocks.tiered_block) {
                let thousandth = Decimal::ONE_THOUSAND;
                block.size /= thousandth;
                for price in &mut block.prices.price {
                    price.value = price.value.map(|value| value / thousandth);
                }
                if block.max > Decimal::ZERO {
                    block.max *= thousandth;
                }
            }
        });
    }),
];

const fn mistake(name: &'static str, within: u64, make: fn(&mut Wrong)) -> Mistake {
    Mistake { name, make, within }
}

impl Mistake {
    /// Both sides where the mistake shows.
    pub fn found(&self, played: &Played) -> Option<String> {
        let mut wrong = Wrong {
            given: played.given.clone(),
            posted: played.posted.clone(),
            rules: RIGHT,
        };
        (self.make)(&mut wrong);
        let timeline = wrong.given.timeline();
        let used: Vec<&Used> = wrong.posted.iter().map(|posted| &posted.used).collect();
        let expected = expected(&timeline, &used, &played.charged, calendar().over(), wrong.rules);
        // What is over is told by the right terms on both sides.
        let seen = seen(&played.timeline, &played.charged, calendar().over());
        (expected != seen).then(|| sides(&expected, &seen))
    }
}

impl Wrong {
    fn versions(&mut self) -> impl Iterator<Item = &mut Catalog> {
        self.given.versions.iter_mut().map(Arc::make_mut)
    }

    fn plans(&mut self, change: impl Fn(&mut Plan)) {
        self.versions()
            .flat_map(|version| &mut version.plans.plan)
            .for_each(change);
    }

    fn phases(&mut self, change: impl Fn(&mut Phase)) {
        self.plans(|plan| {
            let initial = plan.initial_phases.phase.iter_mut();
            initial.chain([&mut plan.final_phase]).for_each(&change);
        });
    }

    /// An initial phase costs what the final one does.
    fn initial_phases(&mut self, kind: &str) {
        self.plans(|plan| {
            let usages = plan.final_phase.usages.clone();
            for phase in plan.initial_phases.phase.iter_mut().filter(|phase| phase.kind == kind) {
                phase.usages = usages.clone();
            }
        });
    }

    /// What a shorter look-back closes does not count.
    fn looks_back(&mut self, periods: u32) {
        let timeline = self.given.timeline();
        let tenant = TenantTerms {
            look_back: Some(periods),
            ..self.given.tenant
        };
        let short = Given {
            tenant,
            ..self.given.clone()
        }
        .timeline();
        self.posted.retain(|posted| {
            let window = timeline.window(posted.used.unit, Hour::containing(posted.used.hour));
            let oldest = posted.billed.and_then(|day| short.looks_back_to(day));
            window.zip(oldest).is_none_or(|(window, oldest)| window.from >= oldest)
        });
    }
}

/// Of claims at one instant the last one keeps its own.
fn newest_at_ties(wrong: &mut Wrong) {
    let claims: Vec<Option<DateTime<Utc>>> = wrong.versions().map(|version| claim(version)).collect();
    for (place, version) in wrong.versions().enumerate() {
        if claims[place].is_some() && claims[place + 1..].contains(&claims[place]) {
            version
                .plans
                .plan
                .iter_mut()
                .for_each(|plan| plan.effective_date_for_existing_subscriptions = None);
        }
    }
}

fn claim(version: &Catalog) -> Option<DateTime<Utc>> {
    version.plan(PLAN)?.effective_date_for_existing_subscriptions
}

/// A version without the plan has that of the version before it.
fn retired_plans_go_on(wrong: &mut Wrong) {
    let mut last: Option<Plan> = None;
    for version in wrong.versions() {
        match version.plan(PLAN) {
            Some(plan) => last = Some(plan.clone()),
            None => version.plans.plan.extend(last.clone().map(|plan| Plan {
                effective_date_for_existing_subscriptions: None,
                ..plan
            })),
        }
    }
}

fn fixed_term_ignored(wrong: &mut Wrong) {
    wrong
        .given
        .subscribed
        .events
        .retain(|event| !matches!(event.what, What::Stop));
    wrong.plans(|plan| {
        plan.final_phase.duration.number = None;
        "UNLIMITED".clone_into(&mut plan.final_phase.duration.unit);
    });
}

fn account_s_day_for_all(wrong: &mut Wrong) {
    wrong.given.subscribed.bill_cycle_day = None;
    for version in wrong.versions() {
        version.rules.billing_alignment.billing_alignment_case.clear();
    }
}
