//! Prices by the version that holds for the subscription, lines that stand twice or on nothing, and voided invoices.

use nodeconductor_billing::domain::evidence::{InvoiceFacts, Unclaimed, VanishedItem};
use nodeconductor_billing::domain::invoice::InvoiceStatus;
use nodeconductor_billing::domain::price::{Tariff, TierPolicy};
use nodeconductor_billing::domain::reconcile::{DiscrepancyKind, InvoiceCheck, Verdict, check};
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use crate::facts::{billed, due, invoice, line, recorded, tariff};

fn found(check: &InvoiceCheck) -> Vec<(DiscrepancyKind, Decimal)> {
    let kind = |finding: &nodeconductor_billing::domain::reconcile::Finding| {
        (finding.difference.kind, finding.difference.amount)
    };
    check.findings.iter().map(kind).collect()
}

/// A hundred hours, billed at a price.
fn hundred_hours(price: Decimal) -> InvoiceFacts {
    let amount = (price * dec!(100)).round_dp(2);
    let lines = vec![line(amount, vec![billed(1, "cpu", price, dec!(1), dec!(100))])];
    invoice(lines, vec![recorded("cpu", true, 100, dec!(100))])
}

fn version(from: &str, price: Decimal) -> Tariff {
    Tariff {
        effective_from: from.parse().unwrap(),
        ..tariff("cpu", TierPolicy::AllTiers, &[(dec!(1), price, None)])
    }
}

#[test]
fn a_line_billed_by_a_version_that_is_not_due_is_told_with_the_difference() {
    let mut facts = hundred_hours(dec!(0.02));
    facts.terms = vec![due("2025-01-01T00:00:00Z", dec!(0.0125))];
    facts.tariffs = vec![
        version("2026-01-01T00:00:00Z", dec!(0.02)),
        version("2025-01-01T00:00:00Z", dec!(0.0125)),
    ];
    let wrong = check(&facts);
    assert_eq!(found(&wrong), [(DiscrepancyKind::WrongPriceVersion, dec!(0.75))]);
    let detail = &wrong.findings[0].difference.detail;
    assert!(
        detail.contains("2026-01-01") && detail.contains("2025-01-01"),
        "{detail}"
    );
    facts.terms = vec![due("2026-01-01T00:00:00Z", dec!(0.02))];
    assert_eq!(check(&facts).verdict, Verdict::Balanced, "the new one is due");
}

#[test]
fn of_two_windows_inside_one_day_a_line_may_be_either() {
    let mut facts = hundred_hours(dec!(0.02));
    facts.terms = vec![
        due("2025-01-01T00:00:00Z", dec!(0.0125)),
        due("2025-12-01T00:00:00Z", dec!(0.02)),
    ];
    assert_eq!(check(&facts).verdict, Verdict::Balanced);
}

#[test]
fn the_same_charge_twice_is_told_once() {
    let mut facts = hundred_hours(dec!(0.02));
    let again = facts.lines[0].clone();
    facts.lines.push(nodeconductor_billing::domain::evidence::UsageLine {
        item: Uuid::new_v4(),
        ..again
    });
    (facts.amount, facts.items_sum) = (dec!(4), dec!(4));
    let twice = check(&facts);
    assert_eq!(found(&twice), [(DiscrepancyKind::DuplicateItem, dec!(2))]);
    assert_eq!((twice.lines.len(), twice.lines[1].difference()), (2, dec!(2)));
    facts.lines[1].adjusted = dec!(-2);
    assert_eq!(check(&facts).verdict, Verdict::Balanced, "given back");
}

#[test]
fn a_line_without_a_record_and_an_item_that_vanished_are_told() {
    let mut facts = hundred_hours(dec!(0.02));
    facts.metered.clear();
    facts.vanished = vec![VanishedItem {
        uuid: Uuid::new_v4(),
        name: "Support".to_owned(),
        amount: dec!(72),
    }];
    assert_eq!(
        found(&check(&facts)),
        [
            (DiscrepancyKind::ExtraItem, dec!(2)),
            (DiscrepancyKind::VanishedItem, dec!(-72))
        ]
    );
}

#[test]
fn a_voided_invoice_misses_its_money_until_its_usage_is_billed_again() {
    let mut facts = hundred_hours(dec!(0.02));
    facts.status = InvoiceStatus::Void;
    facts.unclaimed = Unclaimed {
        deliveries: 3,
        amount: dec!(2),
    };
    let void = check(&facts);
    assert_eq!(
        (void.verdict, found(&void)),
        (
            Verdict::Discrepant,
            vec![(DiscrepancyKind::VoidNotReinvoiced, dec!(-2))]
        )
    );
    facts.unclaimed = Unclaimed::default();
    assert_eq!(check(&facts).verdict, Verdict::Balanced);
}
