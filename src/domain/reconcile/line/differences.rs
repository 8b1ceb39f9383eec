//! What nothing explains about a line, and what an adjustment of the line has mended of it.

use rust_decimal::Decimal;

use super::money::Money;
use crate::domain::evidence::{BilledTier, UsageLine};
use crate::domain::money::round;
use crate::domain::price::TierPolicy;
use crate::domain::reconcile::Scope;
use crate::domain::reconcile::expectation::{Expectation, Priced};
use crate::domain::reconcile::finding::{Difference, Explanation, Rounding, some_of};
use crate::domain::reconcile::kind::DiscrepancyKind;

pub(super) fn differences(line: &UsageLine, scope: &Scope, units: &[&Expectation], money: &Money) -> Vec<Difference> {
    let mut found = Vec::new();
    let surplus = (money.unrounded - money.expected - money.carried).normalize();
    let repriced = units
        .iter()
        .any(|unit| matches!(unit.priced, Priced::Differently | Priced::OtherVersion(_)))
        && line.tiers.iter().any(|tier| !tier.blocks.is_zero());
    if repriced || !surplus.is_zero() {
        found.push(surplus_of(line, scope, units, surplus, repriced));
    }
    let off = line.amount - round(money.unrounded, &scope.facts.currency);
    if !off.is_zero() {
        let detail = format!(
            "{} is charged {} where its details make {}",
            line.name,
            line.amount,
            money.unrounded.normalize()
        );
        found.push(Difference {
            kind: DiscrepancyKind::Amount,
            amount: off.normalize(),
            detail,
        });
    }
    found
}

pub(super) fn surplus_of(
    line: &UsageLine,
    scope: &Scope,
    units: &[&Expectation],
    surplus: Decimal,
    repriced: bool,
) -> Difference {
    let before: Decimal = units.iter().map(|unit| unit.before.amount()).sum();
    let kind = match () {
        () if !line.ours => DiscrepancyKind::UnknownSubscription,
        () if repriced && units.iter().all(|unit| unit.priced != Priced::Differently) => {
            DiscrepancyKind::WrongPriceVersion
        }
        () if repriced => DiscrepancyKind::UnknownRate,
        () if !before.is_zero() && surplus == before && units.iter().all(|unit| unit.policy == TierPolicy::TopTier) => {
            DiscrepancyKind::DoubleCharge
        }
        () if surplus > Decimal::ZERO && !scope.facts.foreign.is_empty() => DiscrepancyKind::ForeignTrackingId,
        () if units
            .iter()
            .all(|unit| unit.sums.total.is_zero() && unit.sums.records == 0) =>
        {
            DiscrepancyKind::ExtraItem
        }
        () => DiscrepancyKind::Quantity,
    };
    Difference {
        kind,
        amount: surplus,
        detail: detail_of(kind, line, scope, units, before),
    }
}

fn detail_of(
    kind: DiscrepancyKind,
    line: &UsageLine,
    scope: &Scope,
    units: &[&Expectation],
    before: Decimal,
) -> String {
    match kind {
        DiscrepancyKind::UnknownSubscription => format!(
            "{} belongs to subscription {}, which this service did not create",
            line.name, line.charge.subscription
        ),
        DiscrepancyKind::UnknownRate => format!(
            "{} is billed at {}, which no known version of the price list has",
            line.name,
            prices(&line.tiers)
        ),
        DiscrepancyKind::WrongPriceVersion => format!(
            "{} is billed at {}: {}",
            line.name,
            prices(&line.tiers),
            units
                .iter()
                .filter_map(|unit| unit.priced.otherwise())
                .collect::<Vec<_>>()
                .join("; ")
        ),
        DiscrepancyKind::DoubleCharge => format!(
            "{} is charged again in full although {before} was charged earlier",
            line.name
        ),
        DiscrepancyKind::ForeignTrackingId => {
            format!(
                "{}; the invoice lists tracking ids that this service never sent: {}",
                compared(line, units),
                some_of(&scope.facts.foreign)
            )
        }
        _ => compared(line, units),
    }
}

pub(super) fn compared(line: &UsageLine, units: &[&Expectation]) -> String {
    let billed: Decimal = line.tiers.iter().map(|tier| tier.blocks * tier.block_size).sum();
    let recorded: Decimal = units.iter().map(|unit| unit.sums.total - unit.sums.before).sum();
    format!(
        "{}: Kill Bill billed {} where the records make {}",
        line.name,
        billed.normalize(),
        recorded.normalize()
    )
}

pub(super) fn prices(tiers: &[BilledTier]) -> String {
    let prices = tiers.iter().map(|tier| {
        format!(
            "{} per {} {}",
            tier.price.normalize(),
            tier.block_size.normalize(),
            tier.unit
        )
    });
    prices.collect::<Vec<_>>().join(", ")
}

/// What was charged too much and given back by adjusting this very line is mended.
pub(super) fn settle_adjustment(line: &UsageLine, explained: &mut Vec<Explanation>, differences: &mut Vec<Difference>) {
    let total: Decimal = differences.iter().map(|difference| difference.amount).sum();
    let given_back = (-line.adjusted).min(money_owed_back(total));
    if given_back <= Decimal::ZERO {
        return;
    }
    let mut left = given_back;
    for difference in differences
        .iter_mut()
        .filter(|difference| difference.amount > Decimal::ZERO)
    {
        let part = left.min(difference.amount);
        difference.amount -= part;
        left -= part;
    }
    differences.retain(|difference| !difference.amount.is_zero());
    explained.push(Explanation {
        kind: Rounding::Adjustment,
        amount: given_back.normalize(),
    });
}

pub(super) fn money_owed_back(total: Decimal) -> Decimal {
    total.max(Decimal::ZERO)
}
