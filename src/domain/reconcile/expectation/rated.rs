//! Rates a unit's sums: by the version of the price list that fits what was billed, or by what the lines show.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::tariff::{has_prices, observed_policy, observed_tiers, tiers_of};
use super::{Expectation, Priced, Sums, Versions};
use crate::domain::evidence::{BilledTier, Charge, ChargeTerms, Metered, UsageLine, factor_of};
use crate::domain::price::{Tariff, Tier, TierPolicy};
use crate::domain::rating::{Rating, rate};
use crate::domain::reconcile::Scope;

impl Expectation {
    /// For a unit that a line bills, or that earlier lines of the same charge billed.
    pub(in crate::domain::reconcile) fn of_line(charge: &Charge, unit: &str, scope: &Scope) -> Self {
        let unrated = Self::unrated(charge, unit, scope);
        let same = |tariff: &&Tariff| {
            (&tariff.plan, &tariff.usage, tariff.unit.as_str()) == (&charge.plan, &charge.usage, unit)
        };
        let known: Vec<&Tariff> = scope.facts.tariffs.iter().filter(same).collect();
        if let Some(due) = due(charge, unit, scope, &unrated.billed) {
            return unrated.rated_by(&due, &known);
        }
        let fitting = known.iter().filter(|tariff| has_prices(&tariff.tiers, &unrated.billed));
        let fitting = fitting.map(|tariff| unrated.clone().rated(tariff.policy, &tariff.tiers, Priced::Listed));
        if let Some(best) = fitting.min_by_key(Self::distance) {
            return best;
        }
        if let Some(newest) = known.first() {
            return unrated.rated(newest.policy, &newest.tiers, Priced::Differently);
        }
        let policy = observed_policy(&unrated.billed);
        let tiers = observed_tiers(policy, &unrated.billed, &unrated.earlier);
        unrated.rated(policy, &tiers, Priced::Unlisted)
    }

    /// For usage that is on the invoice by its tracking id, in a unit and period that no line of it bills.
    pub(in crate::domain::reconcile) fn without_a_line(sum: &Metered, scope: &Scope) -> Self {
        let billed_it = |charge: &Charge| Some((charge.start, charge.end)) == sum.period;
        let has_unit = |line: &&&UsageLine| line.tiers.iter().any(|tier| tier.unit == sum.unit);
        let mut earlier = scope
            .earlier
            .iter()
            .filter(has_unit)
            .map(|line| &line.charge)
            .filter(|charge| billed_it(charge));
        if let Some(charge) = earlier.next_back() {
            return Self::of_line(charge, &sum.unit, scope);
        }
        let plan = scope
            .facts
            .plans
            .iter()
            .find(|(subscription, _)| *subscription == sum.subscription);
        let priced = |tariff: &&Tariff| plan.is_some_and(|(_, plan)| *plan == tariff.plan) && tariff.unit == sum.unit;
        let unrated = Self {
            charge: None,
            subscription: sum.subscription,
            period: sum.period,
            unit: sum.unit.clone(),
            sums: Sums::of(sum, scope),
            policy: TierPolicy::default(),
            priced: Priced::Unlisted,
            before: Rating::default(),
            total: Rating::default(),
            billed: Vec::new(),
            earlier: Vec::new(),
        };
        let of_window = scope.facts.terms.iter().find_map(|terms| {
            let charge = &terms.charge;
            let own = charge.subscription == sum.subscription
                && sum.period.is_none_or(|period| period == (charge.start, charge.end));
            Some((terms.policy, terms.tiers(&sum.unit).filter(|_| own)?))
        });
        match (of_window, scope.facts.tariffs.iter().find(priced)) {
            (Some((policy, tiers)), _) => unrated.rated(policy, tiers, Priced::Listed),
            (None, Some(tariff)) => unrated.rated(tariff.policy, &tariff.tiers, Priced::Listed),
            (None, None) => unrated,
        }
    }

    fn unrated(charge: &Charge, unit: &str, scope: &Scope) -> Self {
        let key = Metered {
            subscription: charge.subscription,
            unit: unit.to_owned(),
            period: Some((charge.start, charge.end)),
            now: true,
            factor: factor_of(unit),
            records: 0,
            quantity: Decimal::ZERO,
            amount: Decimal::ZERO,
        };
        Self {
            charge: Some(charge.clone()),
            subscription: charge.subscription,
            period: key.period,
            unit: unit.to_owned(),
            sums: Sums::of(&key, scope),
            policy: TierPolicy::default(),
            priced: Priced::Unlisted,
            before: Rating::default(),
            total: Rating::default(),
            billed: tiers_of(&scope.lines, charge, unit),
            earlier: tiers_of(&scope.earlier, charge, unit),
        }
    }

    /// By the version that holds for the subscription, whatever Kill Bill took.
    fn rated_by(self, due: &Due<'_>, known: &[&Tariff]) -> Self {
        let other = known.iter().find(|tariff| has_prices(&tariff.tiers, &self.billed));
        let priced = match other {
            _ if has_prices(due.tiers, &self.billed) => Priced::Listed,
            Some(other) => Priced::OtherVersion(Versions {
                billed: other.effective_from,
                due: due.version,
            }),
            None => Priced::Differently,
        };
        self.rated(due.policy, due.tiers, priced)
    }

    fn rated(self, policy: TierPolicy, tiers: &[Tier], priced: Priced) -> Self {
        let (before, total) = (
            rate(policy, tiers, self.sums.before),
            rate(policy, tiers, self.sums.total),
        );
        Self {
            policy,
            priced,
            before,
            total,
            ..self
        }
    }
}

/// The price that is due for the charge, by the subscription's timeline. Of two windows inside one day, which bear the same
/// dates, the one whose prices were billed.
fn due<'t>(charge: &Charge, unit: &str, scope: &'t Scope, billed: &[BilledTier]) -> Option<Due<'t>> {
    let terms = || scope.facts.terms.iter().filter(|terms| terms.charge == *charge);
    let due = |terms: &'t ChargeTerms| {
        Some(Due {
            version: terms.version,
            policy: terms.policy,
            tiers: terms.tiers(unit)?,
        })
    };
    let fits = |due: &Due<'_>| has_prices(due.tiers, billed);
    terms().filter_map(due).find(fits).or_else(|| terms().find_map(due))
}

/// A price of the timeline.
struct Due<'t> {
    version: DateTime<Utc>,
    policy: TierPolicy,
    tiers: &'t [Tier],
}

impl Sums {
    fn of(key: &Metered, scope: &Scope) -> Self {
        let same =
            |sum: &&&Metered| (sum.subscription, &sum.unit, sum.period) == (key.subscription, &key.unit, key.period);
        let mine: Vec<&Metered> = scope.metered.iter().filter(same).copied().collect();
        let now = || mine.iter().filter(|sum| sum.now);
        let before = mine.iter().filter(|sum| !sum.now).map(|sum| sum.amount).sum();
        Self {
            records: now().map(|sum| sum.records).sum(),
            quantity: now().map(|sum| sum.quantity).sum(),
            before,
            total: before + now().map(|sum| sum.amount).sum::<Decimal>(),
            factor: mine.first().map_or(key.factor, |sum| sum.factor),
        }
    }
}
