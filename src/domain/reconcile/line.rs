//! One usage line against its records: metered money, what named rules add to it, and what nothing explains.
//! Always: `amount = metered_value + Σ explained + Σ differences`.

mod differences;
mod money;
mod quantity;

use rust_decimal::Decimal;
use uuid::Uuid;

use super::Scope;
use super::expectation::Expectation;
use super::finding::{Difference, Explanation, Rounding};
use super::kind::DiscrepancyKind;
use crate::domain::evidence::UsageLine;
use differences::{differences, settle_adjustment};
use money::{explanations, is_cumulative, money};
use quantity::{billed_quantity, blocks_before, factor, meter_rate, quantity};

/// A usage line, checked. Quantities are in the meter's unit, absent where a line bundles several units.
#[derive(Clone, Debug)]
pub struct LineCheck {
    pub item: Uuid,
    pub records: i64,
    /// Sum of the records, every digit.
    pub quantity: Option<Decimal>,
    /// What Kill Bill billed: whole blocks.
    pub billed_quantity: Option<Decimal>,
    /// Price of one unit of the meter, where the line has a single one.
    pub rate: Option<Decimal>,
    pub amount: Decimal,
    /// Records × price, unrounded.
    pub metered_value: Decimal,
    pub explained: Vec<Explanation>,
    pub differences: Vec<Difference>,
}

pub(super) struct Checked {
    pub(super) line: LineCheck,
    /// Whether foreign usage was told with this line's money.
    pub(super) foreign: bool,
}

impl LineCheck {
    /// Money that nothing explains.
    #[must_use]
    pub fn difference(&self) -> Decimal {
        self.differences.iter().map(|difference| difference.amount).sum()
    }

    /// Bills what another line bills already.
    pub(super) fn repeated(line: &UsageLine) -> Self {
        let owed = line.amount + line.adjusted;
        let explained = Explanation {
            kind: Rounding::Adjustment,
            amount: line.amount - owed,
        };
        let difference = Difference {
            kind: DiscrepancyKind::DuplicateItem,
            amount: owed,
            detail: format!(
                "{} stands on the invoice a second time, with {}",
                line.name, line.amount
            ),
        };
        Self {
            metered_value: Decimal::ZERO,
            explained: Some(explained)
                .filter(|one| !one.amount.is_zero())
                .into_iter()
                .collect(),
            differences: Some(difference)
                .filter(|one| !one.amount.is_zero())
                .into_iter()
                .collect(),
            ..Self::void(line)
        }
    }

    pub(super) fn void(line: &UsageLine) -> Self {
        Self {
            item: line.item,
            records: 0,
            quantity: None,
            billed_quantity: billed_quantity(line, Decimal::ZERO, factor(line, &[])),
            rate: meter_rate(line, factor(line, &[])),
            amount: line.amount,
            metered_value: line.amount,
            explained: Vec::new(),
            differences: Vec::new(),
        }
    }
}

pub(super) fn check(line: &UsageLine, scope: &Scope, all: &[Expectation]) -> Checked {
    let units: Vec<&Expectation> = all
        .iter()
        .filter(|unit| line.tiers.iter().any(|tier| unit.is_for(&line.charge, &tier.unit)))
        .collect();
    let sole = scope
        .lines
        .iter()
        .filter(|other| other.charge == line.charge && shares_a_unit(line, other))
        .count()
        == 1;
    let earlier: Decimal = scope
        .earlier
        .iter()
        .filter(|other| other.charge == line.charge)
        .map(|other| other.amount)
        .sum();
    let money = money(line, &units, sole, earlier, &scope.facts.currency);
    let mut differences = differences(line, scope, &units, &money);
    let foreign = differences
        .iter()
        .any(|difference| difference.kind == DiscrepancyKind::ForeignTrackingId);
    let mut explained = explanations(&money, &scope.facts.currency);
    settle_adjustment(line, &mut explained, &mut differences);
    let factor = factor(line, &units);
    let billed_before = if is_cumulative(line, earlier, &scope.facts.currency) {
        blocks_before(&units)
    } else {
        Decimal::ZERO
    };
    let checked = LineCheck {
        item: line.item,
        records: units.iter().map(|unit| unit.sums.records).sum(),
        quantity: quantity(line, &units, sole),
        billed_quantity: billed_quantity(line, billed_before, factor),
        rate: meter_rate(line, factor),
        amount: line.amount,
        metered_value: money.value,
        explained,
        differences,
    };
    Checked { line: checked, foreign }
}

fn shares_a_unit(line: &UsageLine, other: &UsageLine) -> bool {
    line.tiers
        .iter()
        .any(|tier| other.tiers.iter().any(|theirs| theirs.unit == tier.unit))
}
