//! One usage line against its records: metered money, what named rules add to it, and what nothing explains.
//! Always: `amount = metered_value + Σ explained + Σ differences`.

use rust_decimal::Decimal;
use uuid::Uuid;

use super::expectation::{Expectation, Priced, exact};
use super::finding::{Difference, Explanation, Kind, Rounding, some_of};
use crate::domain::evidence::{BilledTier, InvoiceFacts, UsageLine, factor_of};
use crate::domain::money;
use crate::domain::price::TierPolicy;

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

/// Money of a line, taken apart.
#[derive(Default)]
struct Money {
    /// Records × price.
    value: Decimal,
    /// What the rules of rating make of the records.
    expected: Decimal,
    repriced: Decimal,
    /// Blocks × price as billed, before cents are rounded.
    unrounded: Decimal,
    /// What earlier lines left: cents where Kill Bill subtracts their amounts, blocks where it wrote no line.
    carried: Decimal,
}

pub(super) fn check(line: &UsageLine, facts: &InvoiceFacts, all: &[Expectation]) -> Checked {
    let units: Vec<&Expectation> = all
        .iter()
        .filter(|unit| line.tiers.iter().any(|tier| unit.is_for(&line.charge, &tier.unit)))
        .collect();
    let sole = facts
        .lines
        .iter()
        .filter(|other| other.charge == line.charge && shares_a_unit(line, other))
        .count()
        == 1;
    let earlier: Decimal = facts
        .earlier
        .iter()
        .filter(|other| other.charge == line.charge)
        .map(|other| other.amount)
        .sum();
    let money = money(line, &units, sole, earlier, &facts.currency);
    let mut differences = differences(line, facts, &units, &money);
    let foreign = differences
        .iter()
        .any(|difference| difference.kind == Kind::ForeignTrackingId);
    let mut explained = explanations(&money, &facts.currency);
    settle_adjustment(line, &mut explained, &mut differences);
    let factor = factor(line, &units);
    let billed_before = if is_cumulative(line, earlier, &facts.currency) {
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

fn details_sum(line: &UsageLine) -> Decimal {
    line.tiers.iter().map(|tier| tier.blocks * tier.price).sum()
}

/// Whether the details speak of the whole period and the amount only of what earlier lines left (AGGREGATE, `TOP_TIER`).
fn is_cumulative(line: &UsageLine, earlier: Decimal, currency: &str) -> bool {
    let sum = details_sum(line);
    money::round(sum, currency) != line.amount && money::round(sum - earlier, currency) == line.amount
}

fn money(line: &UsageLine, units: &[&Expectation], sole: bool, earlier: Decimal, currency: &str) -> Money {
    let mut money = Money {
        unrounded: details_sum(line),
        ..Money::default()
    };
    for unit in units {
        match unit.policy {
            TierPolicy::AllTiers => graduated(&mut money, line, unit, sole),
            TierPolicy::TopTier => at_the_top(&mut money, unit),
        }
    }
    if is_cumulative(line, earlier, currency) {
        money.unrounded -= earlier;
        money.carried += units.iter().map(|unit| unit.before.amount()).sum::<Decimal>() - earlier;
    }
    money
}

/// A line of its own for each tier speaks for that tier; a sole line also for usage that needed no further block.
fn graduated(money: &mut Money, line: &UsageLine, unit: &Expectation, sole: bool) {
    for share in unit.shares() {
        let listed = line
            .tiers
            .iter()
            .any(|tier| tier.unit == unit.unit && tier.tier == share.tier);
        if listed || (sole && share.blocks.is_zero()) {
            money.value += share.value();
        }
        if listed {
            money.expected += share.money();
            money.carried += share.left_over_money();
        }
    }
}

fn at_the_top(money: &mut Money, unit: &Expectation) {
    money.expected += unit.money();
    let Some(top) = unit.total.tiers.first() else { return };
    money.value += exact(unit.sums.total - unit.sums.before, top.block_price, top.block_size);
    if let Some(before) = unit.before.tiers.first() {
        money.repriced += exact(unit.sums.before, top.block_price, top.block_size)
            - exact(unit.sums.before, before.block_price, before.block_size);
    }
}

fn explanations(money: &Money, currency: &str) -> Vec<Explanation> {
    let cents = money::round(money.unrounded, currency) - money.unrounded;
    let parts = [
        (Rounding::BlockRounding, money.expected - money.value - money.repriced),
        (Rounding::TierRepricing, money.repriced),
        (Rounding::EarlierLines, money.carried),
        (Rounding::CentRounding, cents),
    ];
    let parts = parts.into_iter().filter(|(_, amount)| !amount.is_zero());
    parts
        .map(|(kind, amount)| Explanation {
            kind,
            amount: amount.normalize(),
        })
        .collect()
}

fn differences(line: &UsageLine, facts: &InvoiceFacts, units: &[&Expectation], money: &Money) -> Vec<Difference> {
    let mut found = Vec::new();
    let surplus = (money.unrounded - money.expected - money.carried).normalize();
    let repriced = units.iter().any(|unit| unit.priced == Priced::Differently)
        && line.tiers.iter().any(|tier| !tier.blocks.is_zero());
    if repriced || !surplus.is_zero() {
        found.push(surplus_of(line, facts, units, surplus, repriced));
    }
    let off = line.amount - money::round(money.unrounded, &facts.currency);
    if !off.is_zero() {
        let detail = format!(
            "{} is charged {} where its details make {}",
            line.name,
            line.amount,
            money.unrounded.normalize()
        );
        found.push(Difference {
            kind: Kind::Amount,
            amount: off.normalize(),
            detail,
        });
    }
    found
}

fn surplus_of(
    line: &UsageLine,
    facts: &InvoiceFacts,
    units: &[&Expectation],
    surplus: Decimal,
    repriced: bool,
) -> Difference {
    let before: Decimal = units.iter().map(|unit| unit.before.amount()).sum();
    let kind = match () {
        () if !line.ours => Kind::UnknownSubscription,
        () if repriced => Kind::UnknownRate,
        () if !before.is_zero() && surplus == before && units.iter().all(|unit| unit.policy == TierPolicy::TopTier) => {
            Kind::DoubleCharge
        }
        () if surplus > Decimal::ZERO && !facts.foreign.is_empty() => Kind::ForeignTrackingId,
        () => Kind::Quantity,
    };
    let detail = match kind {
        Kind::UnknownSubscription => format!(
            "{} belongs to subscription {}, which this service did not create",
            line.name, line.charge.subscription
        ),
        Kind::UnknownRate => format!(
            "{} is billed at {}, which no known version of the price list has",
            line.name,
            prices(&line.tiers)
        ),
        Kind::DoubleCharge => format!(
            "{} is charged again in full although {before} was charged earlier",
            line.name
        ),
        Kind::ForeignTrackingId => {
            format!(
                "{}; the invoice lists tracking ids that this service never sent: {}",
                compared(line, units),
                some_of(&facts.foreign)
            )
        }
        _ => compared(line, units),
    };
    Difference {
        kind,
        amount: surplus,
        detail,
    }
}

fn compared(line: &UsageLine, units: &[&Expectation]) -> String {
    let billed: Decimal = line.tiers.iter().map(|tier| tier.blocks * tier.block_size).sum();
    let recorded: Decimal = units.iter().map(|unit| unit.sums.total - unit.sums.before).sum();
    format!(
        "{}: Kill Bill billed {} where the records make {}",
        line.name,
        billed.normalize(),
        recorded.normalize()
    )
}

fn prices(tiers: &[BilledTier]) -> String {
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
fn settle_adjustment(line: &UsageLine, explained: &mut Vec<Explanation>, differences: &mut Vec<Difference>) {
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

fn money_owed_back(total: Decimal) -> Decimal {
    total.max(Decimal::ZERO)
}

fn blocks_before(units: &[&Expectation]) -> Decimal {
    units
        .iter()
        .flat_map(|unit| &unit.before.tiers)
        .map(|tier| tier.blocks * tier.block_size)
        .sum()
}

fn single_unit(line: &UsageLine) -> Option<&str> {
    let first = line.tiers.first()?.unit.as_str();
    line.tiers.iter().all(|tier| tier.unit == first).then_some(first)
}

fn factor(line: &UsageLine, units: &[&Expectation]) -> Decimal {
    units.first().map_or_else(
        || factor_of(single_unit(line).unwrap_or_default()),
        |unit| unit.sums.factor,
    )
}

fn quantity(line: &UsageLine, units: &[&Expectation], sole: bool) -> Option<Decimal> {
    let unit = units.first().filter(|_| single_unit(line).is_some())?;
    if sole || unit.policy == TierPolicy::TopTier {
        return Some(unit.sums.quantity.normalize());
    }
    let listed = unit
        .shares()
        .into_iter()
        .filter(|share| line.tiers.iter().any(|tier| tier.tier == share.tier));
    let portion: Decimal = listed.map(|share| share.portion).sum();
    Some((portion / unit.sums.factor).normalize())
}

fn billed_quantity(line: &UsageLine, before: Decimal, factor: Decimal) -> Option<Decimal> {
    single_unit(line)?;
    let billed: Decimal = line.tiers.iter().map(|tier| tier.blocks * tier.block_size).sum();
    Some(((billed - before) / factor).normalize())
}

fn meter_rate(line: &UsageLine, factor: Decimal) -> Option<Decimal> {
    let rate = |tier: &BilledTier| exact(factor, tier.price, tier.block_size).normalize();
    let first = rate(line.tiers.first()?);
    line.tiers
        .iter()
        .all(|tier| rate(tier) == first && Some(tier.unit.as_str()) == single_unit(line))
        .then_some(first)
}
