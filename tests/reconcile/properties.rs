//! For any usage: what an independent imitation of Kill Bill bills is balanced, and anything added to it is a difference.
//! The imitation counts in integers (billionths of a unit), so it shares no arithmetic with what it tests.

use nodeconductor_billing::domain::evidence::{BilledTier, InvoiceFacts, UsageLine};
use nodeconductor_billing::domain::price::{Tier, TierPolicy};
use nodeconductor_billing::domain::rating::{blocks, rate};
use nodeconductor_billing::domain::reconcile::{InvoiceCheck, Verdict, check};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::facts::{billed, invoice, line, recorded, tariff};

/// Block size in billionths, price in millionths, blocks.
type Step = (i64, i64, Option<i64>);

const NANO: u32 = 9;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = prop_oneof![
        Just(10_000_000),
        Just(1_000_000_000),
        Just(60_000_000_000),
        1_i64..5_000_000_000
    ];
    let step = (size, 0_i64..3_000_000, (1_i64..50).prop_map(Some));
    prop::collection::vec(step, 1..4).prop_map(|mut steps| {
        if let Some(last) = steps.last_mut() {
            last.2 = None;
        }
        steps
    })
}

/// Usage of one period as it arrives before its first, second and third invoice.
fn arrivals() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(0_i64..200_000_000_000, 1..4)
}

fn filled(steps: &[Step], usage: i64) -> Vec<i64> {
    let mut left = usage;
    let fill = |&(size, _, max): &Step| {
        let needed = (left + size - 1).div_euclid(size).max(0);
        let blocks = max.map_or(needed, |max| needed.min(max));
        left = (left - blocks * size).max(0);
        blocks
    };
    steps.iter().map(fill).collect()
}

fn lines(steps: &[Step], before: i64, total: i64, detail: bool) -> Vec<UsageLine> {
    let new = filled(steps, total)
        .into_iter()
        .zip(filled(steps, before))
        .map(|(total, before)| total - before);
    let tiers: Vec<BilledTier> = (1..)
        .zip(steps)
        .zip(new)
        .filter(|((number, _), blocks)| *number == 1 || *blocks > 0)
        .map(|((number, &(size, price, _)), blocks)| {
            billed(
                number,
                "cpu",
                Decimal::new(price, 6),
                Decimal::new(size, NANO),
                Decimal::from(blocks),
            )
        })
        .collect();
    let cents = |tiers: &[BilledTier]| {
        let sum: Decimal = tiers.iter().map(|tier| tier.blocks * tier.price).sum();
        sum.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
    };
    if detail {
        tiers
            .into_iter()
            .map(|tier| line(cents(std::slice::from_ref(&tier)), vec![tier]))
            .collect()
    } else {
        vec![line(cents(&tiers), tiers)]
    }
}

fn facts(steps: &[Step], before: i64, now: i64, foreign: i64, detail: bool, listed: bool) -> InvoiceFacts {
    let lines_now = lines(steps, before, before + now + foreign, detail);
    let metered = vec![
        recorded("cpu", true, 1, Decimal::new(now, NANO)),
        recorded("cpu", false, 1, Decimal::new(before, NANO)),
    ];
    let mut facts = invoice(lines_now, metered);
    facts.earlier = if before > 0 {
        lines(steps, 0, before, detail)
    } else {
        vec![]
    };
    let tiers: Vec<_> = steps
        .iter()
        .map(|&(size, price, max)| (Decimal::new(size, NANO), Decimal::new(price, 6), max.map(Decimal::from)))
        .collect();
    facts.tariffs = if listed {
        vec![tariff("cpu", TierPolicy::AllTiers, &tiers)]
    } else {
        vec![]
    };
    facts
}

fn adds_up(check: &InvoiceCheck) {
    for line in &check.lines {
        let explained: Decimal = line.explained.iter().map(|explanation| explanation.amount).sum();
        assert_eq!(line.metered_value + explained + line.difference(), line.amount);
    }
}

proptest! {
    #[test]
    fn blocks_cover_the_usage_and_not_a_block_more(usage in 0_i64..i64::MAX, size in 1_i64..1_000_000_000_000) {
        let (quantity, block) = (Decimal::new(usage, NANO), Decimal::new(size, NANO));
        let needed = blocks(quantity, block);
        prop_assert!(needed.is_integer());
        prop_assert!(needed * block >= quantity);
        prop_assert!(needed.is_zero() || (needed - Decimal::ONE) * block < quantity);
    }

    #[test]
    fn a_graduated_price_never_falls_with_usage_and_loses_none_of_it(steps in steps(), less in 0_i64..200_000_000_000, more in 0_i64..200_000_000_000) {
        let tiers: Vec<Tier> = steps.iter().map(|&(size, price, max)| Tier {
            block_size: Decimal::new(size, NANO), block_price: Decimal::new(price, 6), max: max.map(Decimal::from),
        }).collect();
        let rated = |usage| rate(TierPolicy::AllTiers, &tiers, Decimal::new(usage, NANO));
        prop_assert!(rated(less).amount() <= rated(less + more).amount());
        prop_assert_eq!(rated(less).tiers.iter().map(|tier| tier.quantity).sum::<Decimal>(), Decimal::new(less, NANO));
        let expected: Vec<Decimal> = filled(&steps, less).into_iter().map(Decimal::from).collect();
        prop_assert_eq!(rated(less).tiers.iter().map(|tier| tier.blocks).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_kill_bill_bills_is_balanced_whenever_it_arrives(steps in steps(), arrivals in arrivals(), detail: bool, listed: bool) {
        let mut before = 0;
        for now in arrivals {
            let check = check(&facts(&steps, before, now, 0, detail, listed));
            prop_assert_eq!(check.verdict, Verdict::Balanced, "{:?}", check.findings);
            adds_up(&check);
            before += now;
        }
    }

    #[test]
    fn every_foreign_block_is_a_difference_of_just_its_price(steps in steps(), before in 0_i64..90_000_000_000, now in 0_i64..90_000_000_000,
                                                              foreign in 1_i64..90_000_000_000, detail: bool) {
        let checked = check(&facts(&steps, before, now, foreign, detail, true));
        adds_up(&checked);
        let money = |usage| filled(&steps, usage).into_iter().zip(&steps).map(|(blocks, step)| Decimal::from(blocks) * Decimal::new(step.1, 6)).sum::<Decimal>();
        let surplus = money(before + now + foreign) - money(before + now);
        prop_assert_eq!(checked.findings.iter().map(|finding| finding.difference.amount).sum::<Decimal>(), surplus);
        prop_assert_eq!(checked.verdict == Verdict::Balanced, checked.findings.is_empty());
    }
}
