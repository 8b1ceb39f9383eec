//! How an invoice is settled: where to pay, what was credited, what was paid; and what rounding did to it.

use rust_decimal::Decimal;

use crate::config::Issuer;
use crate::db::invoices::{InvoiceRow, ItemRow, PaymentRow};
use crate::domain::invoice::ItemKind;
use crate::domain::reconcile::{LineCheck, Rounding};
use crate::domain::standing::Standing;
use crate::pdf::{Fact, RoundingNote, Status, format};

/// The stamp. Where there was nothing to pay, nothing is stamped as paid.
pub(super) fn status(invoice: &InvoiceRow) -> Status {
    match invoice.standing() {
        Standing::Paid if invoice.amount <= Decimal::ZERO => Status::Issued,
        Standing::Draft => Status::Draft,
        Standing::Void => Status::Void,
        Standing::WrittenOff => Status::WrittenOff,
        Standing::ChargedBack => Status::ChargedBack,
        Standing::Refunded => Status::Refunded,
        Standing::PaymentFailed => Status::PaymentFailed,
        Standing::Unpaid => Status::Issued,
        Standing::Paid => Status::Paid,
    }
}

/// What lies between what is charged and what is due: money that came and went, and credits. Kill Bill sums up refunds and
/// chargebacks in one figure; a refund that was made outside it stands in that alone.
pub(super) fn settled(
    invoice: &InvoiceRow,
    items: &[ItemRow],
    payments: &[PaymentRow],
) -> Vec<(&'static str, Decimal)> {
    if !invoice.standing().falls_due() && invoice.standing() != Standing::WrittenOff {
        return Vec::new();
    }
    let charged_back = invoice.charged_back;
    let kept: Decimal = payments.iter().map(|payment| payment.purchased).sum();
    let used = items
        .iter()
        .filter(|item| item.item_type == "CBA_ADJ" && !invoice.amount.is_zero());
    vec![
        ("Paid", -(kept + charged_back)),
        ("Refunded", invoice.refunded()),
        ("Charged back", charged_back),
        ("Credit", used.map(|item| item.amount).sum()),
    ]
}

/// Bank facts while something is owed, then credits and payments.
pub(super) fn facts(invoice: &InvoiceRow, items: &[ItemRow], payments: &[PaymentRow], issuer: &Issuer) -> Vec<Fact> {
    let mut facts = Vec::new();
    if invoice.standing().falls_due() && invoice.balance > Decimal::ZERO {
        facts.extend(bank(issuer));
    }
    facts.extend(credits(invoice, items));
    facts.extend(payments.iter().flat_map(payment));
    facts
}

fn bank(issuer: &Issuer) -> impl Iterator<Item = Fact> {
    let known = [("Bank", &issuer.bank), ("Account", &issuer.account)];
    known
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(label, value)| Fact::new(label, value))
}

/// Credits change what is owed, not what is charged. `CREDIT_ADJ` grants one; `CBA_ADJ` takes it from the account or
/// puts it there.
fn credits(invoice: &InvoiceRow, items: &[ItemRow]) -> Vec<Fact> {
    // Kill Bill's signs are the account's; a reader wants to know how much.
    let sum = |belongs: fn(&ItemRow) -> bool| -> Decimal {
        let others = |item: &&ItemRow| item.kind == ItemKind::Credit && item.settlement_line_id.is_none();
        let credits = items.iter().filter(others).filter(|item| belongs(item));
        credits.map(|item| item.amount).sum()
    };
    let sums = [
        ("Credit granted", sum(|item| item.item_type != "CBA_ADJ")),
        (
            "Credit applied",
            sum(|item| item.item_type == "CBA_ADJ" && item.amount < Decimal::ZERO),
        ),
        (
            "Credit for later invoices",
            -sum(|item| item.item_type == "CBA_ADJ" && item.amount > Decimal::ZERO),
        ),
    ];
    let some = sums.into_iter().filter(|(_, amount)| !amount.is_zero());
    some.map(|(label, amount)| Fact::new(label, format::money(-amount, &invoice.currency)))
        .collect()
}

fn payment(payment: &PaymentRow) -> Vec<Fact> {
    let day = payment
        .paid_at
        .map(|at| format!(" of {}", format::date(at.date_naive())))
        .unwrap_or_default();
    if payment.failed {
        return vec![Fact::new(format!("Payment{day}"), "failed")];
    }
    let parts = [
        ("Payment", payment.purchased + payment.charged_back),
        ("Refund", payment.refunded),
        ("Chargeback", payment.charged_back),
    ];
    let some = parts.into_iter().filter(|(_, amount)| !amount.is_zero());
    some.map(|(word, amount)| Fact::new(format!("{word}{day}"), format::money(amount, &payment.currency)))
        .collect()
}

/// What each rule of rounding added, over all lines.
pub(super) fn rounding(checks: &[LineCheck]) -> Vec<RoundingNote> {
    const RULES: [(Rounding, &str); 4] = [
        (Rounding::BlockRounding, "Block rounding"),
        (Rounding::TierRepricing, "Tier repricing"),
        (Rounding::EarlierLines, "Rounding of earlier lines"),
        (Rounding::CentRounding, "Cent rounding"),
    ];
    RULES
        .into_iter()
        .filter_map(|(rule, name)| rounded(checks, rule, name))
        .collect()
}

fn rounded(checks: &[LineCheck], rule: Rounding, name: &str) -> Option<RoundingNote> {
    let amounts = checks
        .iter()
        .flat_map(|line| &line.explained)
        .filter(|part| part.kind == rule);
    let (count, amount) = amounts.fold((0_usize, Decimal::ZERO), |(count, sum), part| {
        (count + 1, sum + part.amount)
    });
    let lines = if count == 1 { "line" } else { "lines" };
    // Block prices can have no last digit per unit; nine are more than any ledger keeps.
    (count > 0).then(|| RoundingNote {
        name: format!("{name}, {count} {lines}"),
        amount: amount.round_dp(9).normalize(),
    })
}
