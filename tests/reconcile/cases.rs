//! Named cases, each with the figures that Kill Bill gave.

use nodeconductor_billing::domain::evidence::InvoiceFacts;
use nodeconductor_billing::domain::invoice::InvoiceStatus;
use nodeconductor_billing::domain::price::TierPolicy;
use nodeconductor_billing::domain::reconcile::{DiscrepancyKind, InvoiceCheck, Rounding, Verdict, check};
use rust_decimal::{Decimal, dec};

use crate::facts::{billed, cpu, invoice, line, recorded, tariff};

fn found(check: &InvoiceCheck) -> Vec<(DiscrepancyKind, Decimal)> {
    check
        .findings
        .iter()
        .map(|finding| (finding.difference.kind, finding.difference.amount))
        .collect()
}

fn explained(check: &InvoiceCheck) -> Vec<(Rounding, Decimal)> {
    check.lines[0]
        .explained
        .iter()
        .map(|explanation| (explanation.kind, explanation.amount))
        .collect()
}

fn cpu_invoice(recorded_now: Decimal, blocks: Decimal, amount: Decimal) -> InvoiceFacts {
    let lines = vec![line(amount, vec![billed(1, "cpu", dec!(0.0125), dec!(1), blocks)])];
    InvoiceFacts {
        tariffs: vec![cpu()],
        ..invoice(lines, vec![recorded("cpu", true, 17, recorded_now)])
    }
}

#[test]
fn blocks_and_cents_are_explained_by_name() {
    let check = check(&cpu_invoice(dec!(4.250000001), dec!(5), dec!(0.06)));
    assert_eq!(check.verdict, Verdict::Balanced);
    let line = &check.lines[0];
    assert_eq!(
        (line.records, line.quantity, line.billed_quantity),
        (17, Some(dec!(4.250000001)), Some(dec!(5)))
    );
    assert_eq!(
        (line.rate, line.metered_value),
        (Some(dec!(0.0125)), dec!(0.0531250000125))
    );
    assert_eq!(
        explained(&check),
        [
            (Rounding::BlockRounding, dec!(0.0093749999875)),
            (Rounding::CentRounding, dec!(-0.0025))
        ]
    );
}

#[test]
fn one_record_too_few_is_a_difference_to_the_cent_and_beyond() {
    let check = check(&cpu_invoice(dec!(100), dec!(110), dec!(1.38)));
    assert_eq!(
        (check.verdict, found(&check)),
        (Verdict::Discrepant, vec![(DiscrepancyKind::Quantity, dec!(0.125))])
    );
}

#[test]
fn foreign_usage_is_told_with_its_money_and_mended_by_adjusting_the_line() {
    let mut facts = cpu_invoice(dec!(100), dec!(900), dec!(11.25));
    facts.foreign = vec!["theirs".to_owned()];
    assert_eq!(found(&check(&facts)), [(DiscrepancyKind::ForeignTrackingId, dec!(10))]);
    facts.lines[0].adjusted = dec!(-4);
    assert_eq!(found(&check(&facts)), [(DiscrepancyKind::ForeignTrackingId, dec!(6))]);
    facts.lines[0].adjusted = dec!(-10);
    let mended = check(&facts);
    assert_eq!((mended.verdict, found(&mended)), (Verdict::Balanced, vec![]));
    assert_eq!(explained(&mended), [(Rounding::Adjustment, dec!(10))]);
}

#[test]
fn foreign_usage_without_a_price_is_told_all_the_same() {
    let mut facts = cpu_invoice(dec!(4.25), dec!(5), dec!(0.06));
    facts.foreign = vec!["theirs".to_owned()];
    assert_eq!(found(&check(&facts)), [(DiscrepancyKind::ForeignTrackingId, dec!(0))]);
}

#[test]
fn late_usage_inside_a_paid_block_needs_no_line() {
    let mut facts = invoice(
        vec![],
        vec![
            recorded("cpu", false, 1, dec!(4.25)),
            recorded("cpu", true, 1, dec!(0.5)),
        ],
    );
    facts.earlier = cpu_invoice(dec!(4.25), dec!(5), dec!(0.06)).lines;
    facts.tariffs = vec![cpu()];
    assert_eq!(check(&facts).verdict, Verdict::Balanced);
    facts.metered.push(recorded("cpu", true, 1, dec!(0.5)));
    assert_eq!(found(&check(&facts)), [(DiscrepancyKind::MissingLine, dec!(-0.0125))]);
}

#[test]
fn late_usage_pays_only_the_blocks_that_it_begins() {
    let mut facts = cpu_invoice(dec!(1.5), dec!(1), dec!(0.01));
    facts.metered.push(recorded("cpu", false, 2, dec!(4.25)));
    facts.earlier = cpu_invoice(dec!(4.25), dec!(5), dec!(0.06)).lines;
    let check = check(&facts);
    assert_eq!(check.verdict, Verdict::Balanced);
    assert_eq!(check.lines[0].quantity, Some(dec!(1.5)));
    assert_eq!(
        explained(&check),
        [
            (Rounding::BlockRounding, dec!(-0.00625)),
            (Rounding::CentRounding, dec!(-0.0025))
        ]
    );
}

fn graduated() -> InvoiceFacts {
    let tiers = [(dec!(1), dec!(1.00), Some(dec!(10))), (dec!(1), dec!(0.50), None)];
    let mut facts = invoice(
        vec![],
        vec![recorded("cpu", false, 1, dec!(7.5)), recorded("cpu", true, 1, dec!(5))],
    );
    facts.earlier = vec![line(dec!(8), vec![billed(1, "cpu", dec!(1), dec!(1), dec!(8))])];
    facts.tariffs = vec![tariff("cpu", TierPolicy::AllTiers, &tiers)];
    facts
}

#[test]
fn late_usage_fills_one_tier_and_enters_the_next_in_both_modes() {
    let (first, second) = (
        billed(1, "cpu", dec!(1), dec!(1), dec!(2)),
        billed(2, "cpu", dec!(0.5), dec!(1), dec!(3)),
    );
    let aggregate = vec![line(dec!(3.5), vec![first.clone(), second.clone()])];
    let detail = vec![line(dec!(2), vec![first]), line(dec!(1.5), vec![second])];
    for lines in [aggregate, detail] {
        let mut facts = graduated();
        (facts.amount, facts.items_sum, facts.lines) = (dec!(3.5), dec!(3.5), lines);
        for tariffs in [facts.tariffs.clone(), vec![]] {
            facts.tariffs = tariffs;
            let check = check(&facts);
            assert_eq!(found(&check), [], "{:?}", check.findings);
            assert_eq!(
                check.lines.iter().filter_map(|line| line.quantity).sum::<Decimal>(),
                dec!(5)
            );
        }
    }
}

#[test]
fn usage_in_the_wrong_tier_is_a_difference() {
    let mut facts = graduated();
    facts.lines = vec![line(dec!(5), vec![billed(1, "cpu", dec!(1), dec!(1), dec!(5))])];
    (facts.amount, facts.items_sum) = (dec!(5), dec!(5));
    assert_eq!(
        found(&check(&facts)),
        [
            (DiscrepancyKind::Quantity, dec!(3)),
            (DiscrepancyKind::MissingLine, dec!(-1.5))
        ]
    );
}

/// 7.5 hours at the first tier's 1.00, then 5 more: all 13 blocks at the second tier's 0.90.
fn top_tier(amount: Decimal) -> InvoiceFacts {
    let tiers = [(dec!(1), dec!(1.00), Some(dec!(10))), (dec!(1), dec!(0.90), None)];
    let lines = vec![line(amount, vec![billed(2, "cpu", dec!(0.9), dec!(1), dec!(13))])];
    let mut facts = invoice(
        lines,
        vec![recorded("cpu", false, 1, dec!(7.5)), recorded("cpu", true, 1, dec!(5))],
    );
    facts.earlier = vec![line(dec!(8), vec![billed(1, "cpu", dec!(1), dec!(1), dec!(8))])];
    facts.tariffs = vec![tariff("cpu", TierPolicy::TopTier, &tiers)];
    facts
}

#[test]
fn aggregate_mode_charges_the_difference_when_another_tier_reprices_the_period() {
    let mut facts = top_tier(dec!(3.7));
    for tariffs in [facts.tariffs.clone(), vec![]] {
        facts.tariffs = tariffs;
        let check = check(&facts);
        assert_eq!((check.verdict, found(&check)), (Verdict::Balanced, vec![]));
        assert_eq!(check.lines[0].quantity, Some(dec!(5)));
        assert!(explained(&check).contains(&(Rounding::TierRepricing, dec!(-0.75))));
    }
}

#[test]
fn detail_mode_charges_late_usage_of_a_top_tier_price_twice_and_is_caught() {
    assert_eq!(
        found(&check(&top_tier(dec!(11.7)))),
        [(DiscrepancyKind::DoubleCharge, dec!(8))]
    );
}

#[test]
fn a_line_for_several_units_is_checked_unit_by_unit() {
    let tiers = vec![
        billed(1, "a", dec!(0.111), dec!(1), dec!(10)),
        billed(2, "a", dec!(0.1), dec!(1), dec!(3)),
        billed(1, "b", dec!(0.2), dec!(2), dec!(2)),
    ];
    let mut facts = invoice(
        vec![line(dec!(1.81), tiers)],
        vec![recorded("a", true, 1, dec!(12.5)), recorded("b", true, 1, dec!(3))],
    );
    let balanced = check(&facts);
    assert_eq!(
        (balanced.verdict, balanced.lines[0].quantity, balanced.lines[0].records),
        (Verdict::Balanced, None, 2)
    );
    facts.metered[1].amount = dec!(1);
    assert_eq!(found(&check(&facts)), [(DiscrepancyKind::Quantity, dec!(0.2))]);
}

#[test]
fn minutes_are_told_in_hours() {
    let mut sum = recorded("minute-of-licence", true, 2, dec!(90));
    (sum.quantity, sum.factor) = (dec!(1.5), dec!(60));
    let check = check(&invoice(
        vec![line(
            dec!(0.67),
            vec![billed(1, "minute-of-licence", dec!(0.333), dec!(60), dec!(2))],
        )],
        vec![sum],
    ));
    let line = &check.lines[0];
    assert_eq!(
        (line.quantity, line.billed_quantity, line.rate),
        (Some(dec!(1.5)), Some(dec!(2)), Some(dec!(0.333)))
    );
    assert_eq!(check.verdict, Verdict::Balanced);
}

#[test]
fn a_price_that_the_list_never_had_is_told() {
    let mut facts = cpu_invoice(dec!(100), dec!(100), dec!(1.25));
    facts.tariffs = vec![tariff("cpu", TierPolicy::AllTiers, &[(dec!(1), dec!(0.01), None)])];
    assert_eq!(found(&check(&facts)), [(DiscrepancyKind::UnknownRate, dec!(0.25))]);
    facts.tariffs.push(cpu());
    assert_eq!(check(&facts).verdict, Verdict::Balanced, "an older version had it");
}

#[test]
fn usage_above_a_last_tier_with_a_limit_is_told() {
    let mut facts = cpu_invoice(dec!(14.5), dec!(10), dec!(0.13));
    facts.tariffs = vec![tariff(
        "cpu",
        TierPolicy::AllTiers,
        &[(dec!(1), dec!(0.0125), Some(dec!(10)))],
    )];
    assert_eq!(
        found(&check(&facts)),
        [(DiscrepancyKind::BeyondLastTier, dec!(-0.05625))]
    );
}

#[test]
fn a_subscription_of_somebody_else_is_told() {
    let mut facts = cpu_invoice(dec!(0), dec!(80), dec!(1));
    facts.metered.clear();
    facts.lines[0].ours = false;
    assert_eq!(found(&check(&facts)), [(DiscrepancyKind::UnknownSubscription, dec!(1))]);
}

#[test]
fn items_that_do_not_make_the_amount_are_told() {
    let mut facts = cpu_invoice(dec!(100), dec!(100), dec!(1.25));
    facts.amount = dec!(1.3);
    assert_eq!(found(&check(&facts)), [(DiscrepancyKind::Sum, dec!(0.05))]);
    let wrong = cpu_invoice(dec!(100), dec!(100), dec!(1.26));
    assert_eq!(found(&check(&wrong)), [(DiscrepancyKind::Amount, dec!(0.01))]);
}

#[test]
fn drafts_and_unread_registers_wait_and_void_invoices_owe_nothing() {
    let mut facts = cpu_invoice(dec!(100), dec!(900), dec!(11.25));
    facts.status = InvoiceStatus::Draft;
    assert_eq!(check(&facts).verdict, Verdict::Pending);
    facts.status = InvoiceStatus::Committed;
    facts.complete = false;
    assert_eq!(check(&facts).verdict, Verdict::Pending);
    facts.status = InvoiceStatus::Void;
    let void = check(&facts);
    assert_eq!(
        (void.verdict, void.findings.len(), void.lines.len()),
        (Verdict::Balanced, 0, 1)
    );
}
