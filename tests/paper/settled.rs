//! What is due: stamps, credits, payments, and amounts that do not add up.

use nodeconductor_billing::db::invoices::{InvoiceRecord, PaymentRecord};
use nodeconductor_billing::documents::DocumentKind;
use nodeconductor_billing::domain::invoice::InvoiceStatus;
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use crate::bill::{invoice, item};
use crate::printed::Printed;
use crate::world::World;

fn paid(amount: Decimal) -> PaymentRecord {
    PaymentRecord {
        payment_id: Uuid::new_v4(),
        number: None,
        purchased: amount,
        refunded: dec!(0),
        charged_back: dec!(0),
        currency: "EUR".into(),
        status: Some("SUCCESS".into()),
        paid_at: Some("2026-02-05T10:00:00Z".parse().unwrap()),
        failed: false,
    }
}

async fn after(world: &World, record: &InvoiceRecord, payments: &[PaymentRecord]) -> Printed {
    let row = world.mirror_paid(record, payments).await;
    Printed::of(&world.pdf(&row, DocumentKind::Invoice).await.pdf)
}

/// Invoices of 100.00 each.
#[tokio::test]
async fn an_invoice_that_was_written_off_failed_refunded_or_charged_back_says_so_and_not_paid() {
    let world = World::new().await;
    let owed = |number| invoice(number, vec![item("EXTERNAL_CHARGE", "Consulting", dec!(100))], vec![]);
    let failed = PaymentRecord {
        purchased: dec!(0),
        failed: true,
        ..paid(dec!(0))
    };
    let printed = after(&world, &owed("15"), &[failed]).await;
    printed.shows(&[
        "PAYMENT FAILED",
        "due 15 February 2026",
        "Payment of 5 February 2026 failed",
        "Põhja Pank",
    ]);
    printed.lacks(&["Paid"]);

    let charged_back = PaymentRecord {
        purchased: dec!(0),
        charged_back: dec!(100),
        ..paid(dec!(0))
    };
    let back = |number| InvoiceRecord {
        refund_adj: dec!(-100),
        ..owed(number)
    };
    let printed = after(&world, &back("16"), &[charged_back]).await;
    printed.shows(&[
        "CHARGED BACK",
        "Chargeback of 5 February 2026 100.00 EUR",
        "Charged back 100.00 EUR",
        "Amount due 100.00 EUR",
        "Põhja Pank",
    ]);
    printed.lacks(&["PAID"]);

    // A refund outside Kill Bill is not on the payment.
    let printed = after(&world, &back("17"), &[paid(dec!(100))]).await;
    printed.shows(&[
        "REFUNDED",
        "Paid −100.00 EUR",
        "Refunded 100.00 EUR",
        "Amount due 100.00 EUR",
    ]);
    printed.lacks(&["PAID"]);

    let written_off = InvoiceRecord {
        written_off: true,
        balance: dec!(0),
        ..owed("18")
    };
    let printed = after(&world, &written_off, &[paid(dec!(40))]).await;
    printed.shows(&[
        "WRITTEN OFF",
        "of 100.00 EUR, written off",
        "Paid −40.00 EUR",
        "Written off −60.00 EUR",
        "Amount due 0.00 EUR",
    ]);
    printed.lacks(&["PAID", "Due date", "Põhja Pank"]);
}

#[tokio::test]
async fn credits_and_payments_change_what_is_due_and_not_the_lines() {
    let world = World::new().await;
    let charge = item("EXTERNAL_CHARGE", "Consulting", dec!(100));
    let record = invoice(
        "10",
        vec![charge, item("CBA_ADJ", "Adjustment (account credit)", dec!(-30))],
        vec![],
    );
    let printed = world.printed(&record).await;
    printed.shows(&["Total 100.00 EUR", "Credit applied 30.00 EUR", "Amount due 70.00 EUR"]);
    printed.lacks(&[
        "Difference to the amount charged",
        "Adjustment (account credit)",
        "PAID",
    ]);
    let payment = paid(dec!(70));
    let settled = InvoiceRecord {
        balance: dec!(0),
        ..record
    };
    let printed = after(&world, &settled, &[payment]).await;
    printed.shows(&[
        "PAID",
        "Paid −70.00 EUR",
        "Credit −30.00 EUR",
        "Payment of 5 February 2026 70.00 EUR",
        "Credit applied 30.00 EUR",
    ]);
    printed.lacks(&["Põhja Pank"]);
}

#[tokio::test]
async fn a_credit_invoice_of_nothing_says_where_the_credit_is() {
    let world = World::new().await;
    let items = vec![
        item("CREDIT_ADJ", "Goodwill", dec!(-20)),
        item("CBA_ADJ", "Account credit", dec!(20)),
    ];
    let printed = world.printed(&invoice("11", items, vec![])).await;
    printed.shows(&[
        "Credit granted 20.00 EUR",
        "Credit for later invoices 20.00 EUR",
        "Total 0.00 EUR",
    ]);
    printed.lacks(&["PAID", "due 15"]);
}

#[tokio::test]
async fn drafts_and_voided_invoices_are_stamped() {
    let world = World::new().await;
    let charge = || vec![item("EXTERNAL_CHARGE", "Consulting", dec!(100))];
    let draft = InvoiceRecord {
        status: InvoiceStatus::Draft,
        number: None,
        balance: dec!(0),
        ..invoice("", charge(), vec![])
    };
    let printed = world.printed(&draft).await;
    printed.shows(&["DRAFT", "Total so far", "100.00 EUR"]);
    printed.lacks(&["Amount due", "Due date", "written off"]);
    let void = InvoiceRecord {
        status: InvoiceStatus::Void,
        balance: dec!(0),
        ..invoice("12", charge(), vec![])
    };
    let printed = world.printed(&void).await;
    printed.shows(&["VOID", "this invoice was voided"]);
    printed.lacks(&["Due date", "PAID", "Põhja Pank"]);
}

#[tokio::test]
async fn a_difference_to_kill_bills_amount_is_told() {
    let world = World::new().await;
    let record = InvoiceRecord {
        amount: dec!(99),
        balance: dec!(99),
        ..invoice("14", vec![item("FIXED", "Setup", dec!(100))], vec![])
    };
    let printed = world.printed(&record).await;
    printed.shows(&[
        "Sum of the lines 100.00 EUR",
        "Difference to the amount charged −1.00 EUR",
        "Total 99.00 EUR",
    ]);
}
