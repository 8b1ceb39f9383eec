//! What one unit of one charge should have cost on this invoice: the ledger's sums, rated with the price list, or, while
//! that is not known, with the tiers that Kill Bill itself billed.

use rust_decimal::Decimal;

use super::finding::{Difference, Finding, Kind};
use crate::domain::evidence::{BilledTier, Charge, InvoiceFacts, Metered, Tariff, factor_of};
use crate::domain::money;
use crate::domain::price::{Tier, TierPolicy};
use crate::domain::rating::{RatedTier, Rating, rate};
use crate::domain::uuid_hex::hex;

/// How the price was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priced {
    /// A version of the price list has exactly the billed prices.
    Listed,
    /// The price list has this item, but never at the billed price.
    Differently,
    /// The price list does not have this item (yet): block arithmetic is checked, the price is not.
    Unlisted,
}

/// The ledger's sums of the unit.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) records: i64,
    /// In the meter's unit, on this invoice.
    pub(super) quantity: Decimal,
    /// In Kill Bill's unit, on earlier invoices and on all up to this one.
    pub(super) before: Decimal,
    pub(super) total: Decimal,
    pub(super) factor: Decimal,
}

#[derive(Clone, Debug)]
pub(super) struct Expectation {
    charge: Option<Charge>,
    sums_of: Metered,
    pub(super) unit: String,
    pub(super) sums: Sums,
    pub(super) policy: TierPolicy,
    pub(super) priced: Priced,
    pub(super) before: Rating,
    pub(super) total: Rating,
    /// On this invoice, and on earlier ones.
    billed: Vec<BilledTier>,
    earlier: Vec<BilledTier>,
}

/// The part of one tier that this invoice should bill.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) tier: u32,
    pub(super) price: Decimal,
    pub(super) block_size: Decimal,
    pub(super) portion: Decimal,
    /// What the records of this invoice add to those of earlier ones.
    pub(super) blocks: Decimal,
    /// What earlier lines left unbilled: Kill Bill writes no line for late usage below half a cent and catches up later.
    pub(super) left_over: Decimal,
}

impl Share {
    /// The metered part's money to the last digit.
    pub(super) fn value(&self) -> Decimal {
        exact(self.portion, self.price, self.block_size)
    }

    pub(super) fn money(&self) -> Decimal {
        self.blocks * self.price
    }

    pub(super) fn left_over_money(&self) -> Decimal {
        self.left_over * self.price
    }
}

/// `quantity` in blocks, times the price; eighteen decimals are far below anything that is sold.
pub(super) fn exact(quantity: Decimal, price: Decimal, block_size: Decimal) -> Decimal {
    if block_size.is_zero() {
        Decimal::ZERO
    } else {
        (quantity * price / block_size).round_dp(18)
    }
}

impl Expectation {
    pub(super) fn of_line(charge: &Charge, unit: &str, facts: &InvoiceFacts) -> Self {
        let billed = tiers_of(&facts.lines, charge, unit);
        let earlier = tiers_of(&facts.earlier, charge, unit);
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
        let sums = sums(&key, facts);
        let known = facts
            .tariffs
            .iter()
            .filter(|t| (&t.plan, &t.usage, t.unit.as_str()) == (&charge.plan, &charge.usage, unit));
        let known: Vec<&Tariff> = known.collect();
        let new = |policy, tiers: &[Tier], priced| Self {
            charge: Some(charge.clone()),
            sums_of: key.clone(),
            unit: unit.to_owned(),
            policy,
            priced,
            before: rate(policy, tiers, sums.before),
            total: rate(policy, tiers, sums.total),
            sums: sums.clone(),
            billed: billed.clone(),
            earlier: earlier.clone(),
        };
        let fitting = known.iter().filter(|tariff| has_prices(tariff, &billed));
        let fitting = fitting.map(|tariff| new(tariff.policy, &tariff.tiers, Priced::Listed));
        if let Some(best) = fitting.min_by_key(Self::distance) {
            return best;
        }
        if let Some(newest) = known.first() {
            return new(newest.policy, &newest.tiers, Priced::Differently);
        }
        let policy = observed_policy(&billed);
        new(policy, &observed_tiers(policy, &billed, &earlier), Priced::Unlisted)
    }

    /// Usage that is on the invoice by its tracking id, in a unit and period that no line of it bills.
    pub(super) fn without_a_line(sum: &Metered, facts: &InvoiceFacts) -> Self {
        let earlier = facts
            .earlier
            .iter()
            .filter(|line| covers(&line.charge, sum) && line.tiers.iter().any(|t| t.unit == sum.unit));
        if let Some(line) = earlier.last() {
            return Self::of_line(&line.charge, &sum.unit, facts);
        }
        let plan = facts
            .plans
            .iter()
            .find(|(subscription, _)| *subscription == sum.subscription)
            .map(|(_, plan)| plan);
        let tariff = facts
            .tariffs
            .iter()
            .find(|tariff| Some(&tariff.plan) == plan && tariff.unit == sum.unit);
        let sums = sums(sum, facts);
        let (policy, tiers) = tariff.map_or((TierPolicy::AllTiers, &[] as &[Tier]), |tariff| {
            (tariff.policy, &tariff.tiers)
        });
        Self {
            charge: None,
            sums_of: sum.clone(),
            unit: sum.unit.clone(),
            policy,
            priced: if tariff.is_some() {
                Priced::Listed
            } else {
                Priced::Unlisted
            },
            before: rate(policy, tiers, sums.before),
            total: rate(policy, tiers, sums.total),
            sums,
            billed: Vec::new(),
            earlier: Vec::new(),
        }
    }

    pub(super) fn is_for(&self, charge: &Charge, unit: &str) -> bool {
        self.unit == unit && self.charge.as_ref() == Some(charge)
    }

    /// Whether `sum` is counted in here.
    pub(super) fn covers(&self, sum: &Metered) -> bool {
        same(&self.sums_of, sum)
    }

    /// Unrounded money that this invoice should take for the unit.
    pub(super) fn money(&self) -> Decimal {
        self.total.amount() - self.before.amount()
    }

    /// Tier by tier what this invoice should bill (`ALL_TIERS`).
    pub(super) fn shares(&self) -> Vec<Share> {
        let own = self.shares_by(|tier| self.before.tier(tier).map_or(Decimal::ZERO, |before| before.blocks));
        let blocks = |tier: u32| {
            self.earlier
                .iter()
                .filter(|billed| billed.tier == tier)
                .map(|billed| billed.blocks)
                .sum()
        };
        let caught_up = self.shares_by(blocks);
        if self.distance_to(&caught_up) < self.distance_to(&own) {
            caught_up
        } else {
            own
        }
    }

    fn shares_by(&self, billed_before: impl Fn(u32) -> Decimal) -> Vec<Share> {
        let share = |total: &RatedTier| {
            let before = self.before.tier(total.tier);
            let blocks_before = before.map_or(Decimal::ZERO, |before| before.blocks);
            Share {
                tier: total.tier,
                price: total.block_price,
                block_size: total.block_size,
                portion: total.quantity - before.map_or(Decimal::ZERO, |before| before.quantity),
                blocks: total.blocks - blocks_before,
                left_over: blocks_before - billed_before(total.tier),
            }
        };
        self.total.tiers.iter().map(share).collect()
    }

    fn distance_to(&self, shares: &[Share]) -> Decimal {
        let expected: Decimal = shares.iter().map(|share| share.money() + share.left_over_money()).sum();
        (self.billed_money() - expected).abs()
    }

    fn billed_money(&self) -> Decimal {
        self.billed.iter().map(|tier| tier.blocks * tier.price).sum()
    }

    fn distance(&self) -> Decimal {
        match self.policy {
            TierPolicy::AllTiers => self.distance_to(&self.shares()),
            TierPolicy::TopTier => (self.billed_money() - self.money()).abs(),
        }
    }

    fn is_billed(&self, tier: u32) -> bool {
        self.billed.iter().any(|billed| billed.tier == tier)
    }

    /// Money for which the invoice has no line at all, and usage that the price list itself leaves without a price.
    pub(super) fn not_billed(&self, facts: &InvoiceFacts) -> Vec<Finding> {
        let missing = match self.policy {
            TierPolicy::AllTiers => self
                .shares()
                .iter()
                .filter(|share| !self.is_billed(share.tier))
                .map(|share| share.money() + share.left_over_money())
                .sum(),
            TierPolicy::TopTier if self.billed.is_empty() => self.money(),
            TierPolicy::TopTier => Decimal::ZERO,
        };
        // Kill Bill writes no line when a period is billed already and what is new rounds to nothing.
        let below_a_cent =
            self.billed.is_empty() && !self.earlier.is_empty() && money::round(missing, &facts.currency).is_zero();
        let missing = if below_a_cent { Decimal::ZERO } else { missing };
        let unpriced = self.billed.is_empty() && self.total.tiers.is_empty() && !self.sums.quantity.is_zero();
        let mut findings = Vec::new();
        if !missing.is_zero() || unpriced {
            findings.push(self.finding(
                facts,
                Kind::MissingLine,
                -missing,
                "has records on this invoice but no line for it",
            ));
        }
        let beyond = self.total.beyond - self.before.beyond;
        if let Some(last) = self.total.tiers.last().filter(|_| !beyond.is_zero()) {
            let money = exact(beyond, last.block_price, last.block_size);
            findings.push(self.finding(
                facts,
                Kind::BeyondLastTier,
                -money,
                "was used beyond the last tier of its price, which Kill Bill does not bill",
            ));
        }
        findings
    }

    fn finding(&self, facts: &InvoiceFacts, kind: Kind, amount: Decimal, what: &str) -> Finding {
        let period = self.sums_of.period.map_or_else(
            || "no billed period".to_owned(),
            |(start, end)| format!("{start} to {end}"),
        );
        let subject = format!(
            "invoice:{}/{}/{}/{period}",
            hex(facts.uuid),
            hex(self.sums_of.subscription),
            self.unit
        );
        let detail = format!(
            "{} ({period}, subscription {}) {what}: {} in {} records",
            self.unit, self.sums_of.subscription, self.sums.quantity, self.sums.records
        );
        Finding {
            subject,
            item: None,
            difference: Difference { kind, amount, detail },
        }
    }
}

fn same(a: &Metered, b: &Metered) -> bool {
    (a.subscription, &a.unit, a.period) == (b.subscription, &b.unit, b.period)
}

fn covers(charge: &Charge, sum: &Metered) -> bool {
    charge.subscription == sum.subscription && Some((charge.start, charge.end)) == sum.period
}

fn sums(key: &Metered, facts: &InvoiceFacts) -> Sums {
    let mine: Vec<&Metered> = facts.metered.iter().filter(|sum| same(sum, key)).collect();
    let now = || mine.iter().filter(|sum| sum.now);
    let before = mine.iter().filter(|sum| !sum.now).map(|sum| sum.amount).sum();
    Sums {
        records: now().map(|sum| sum.records).sum(),
        quantity: now().map(|sum| sum.quantity).sum(),
        before,
        total: before + now().map(|sum| sum.amount).sum::<Decimal>(),
        factor: mine.first().map_or(key.factor, |sum| sum.factor),
    }
}

fn tiers_of(lines: &[crate::domain::evidence::UsageLine], charge: &Charge, unit: &str) -> Vec<BilledTier> {
    let lines = lines.iter().filter(|line| line.charge == *charge);
    lines
        .flat_map(|line| &line.tiers)
        .filter(|tier| tier.unit == unit)
        .cloned()
        .collect()
}

fn has_prices(tariff: &Tariff, billed: &[BilledTier]) -> bool {
    billed.iter().all(|billed| {
        let listed = (billed.tier as usize)
            .checked_sub(1)
            .and_then(|index| tariff.tiers.get(index));
        listed.is_some_and(|tier| (tier.block_price, tier.block_size) == (billed.price, billed.block_size))
    })
}

/// Under `ALL_TIERS` Kill Bill always lists the first tier, be it with zero.
fn observed_policy(billed: &[BilledTier]) -> TierPolicy {
    let graduated = billed.is_empty() || billed.iter().any(|tier| tier.tier == 1);
    if graduated {
        TierPolicy::AllTiers
    } else {
        TierPolicy::TopTier
    }
}

/// Tiers as far as the lines show them: every tier but the highest was full, the highest takes the rest.
fn observed_tiers(policy: TierPolicy, billed: &[BilledTier], earlier: &[BilledTier]) -> Vec<Tier> {
    let all = || earlier.iter().chain(billed);
    let last = all().map(|tier| tier.tier).max().unwrap_or(0);
    let tier = |number: u32| {
        let seen = || all().filter(move |tier| tier.tier == number);
        let blocks = match policy {
            TierPolicy::AllTiers => seen().map(|tier| tier.blocks).sum(),
            TierPolicy::TopTier => seen().map(|tier| tier.blocks).max().unwrap_or_default(),
        };
        let (block_size, block_price) = seen()
            .last()
            .map_or((Decimal::ONE, Decimal::ZERO), |tier| (tier.block_size, tier.price));
        Tier {
            block_size,
            block_price,
            max: (number < last).then_some(blocks),
        }
    };
    (1..=last).map(tier).collect()
}
