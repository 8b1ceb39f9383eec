//! What stands on an invoice.

use nodeconductor_billing::db::invoices::{InvoiceRecord, ItemRecord, PaymentRecord};
use nodeconductor_billing::documents::Kind;
use nodeconductor_billing::domain::evidence::BilledTier;
use rust_decimal::dec;
use uuid::Uuid;

use crate::world::{DECEMBER, JANUARY, Printed, World, day, invoice, item, tiered, used};

#[tokio::test]
async fn lines_stand_by_project_and_resource_with_names_quantities_and_subtotals() {
    let world = World::new().await;
    let web = world.resource("web-01", "Web shop").await;
    let db = world.resource("db-01", "Analysis").await;
    let lost = world.resource("spare", "").await;
    let items = vec![
        used(web, "cpu", JANUARY, dec!(1488), dec!(0.0125)),
        used(web, "ram_gb", JANUARY, dec!(744), dec!(0.004)),
        used(db, "cpu", JANUARY, dec!(744), dec!(0.0125)),
        used(lost, "cpu", JANUARY, dec!(8), dec!(0.0125)),
        item("EXTERNAL_CHARGE", "Installation", dec!(50)),
        item("TAX", "VAT 22 %", dec!(11)),
    ];
    let tracked = vec![
        world.deliver(web, "cpu", "cpu", "2026-01-01", 744, dec!(2)).await,
        world.deliver(web, "memory", "ram_gb", "2026-01-01", 744, dec!(1)).await,
        world.deliver(db, "cpu", "cpu", "2026-01-01", 744, dec!(1)).await,
        world.deliver(lost, "cpu", "cpu", "2026-01-01", 8, dec!(1)).await,
    ];
    let printed = world.printed(&invoice("1042", items, tracked)).await;
    printed.shows(&[
        "Northern Cloud OÜ",
        "Registration number 12345678",
        "VAT EE101234567",
        "Prices without VAT.",
    ]);
    printed.shows(&[
        "Žalgiris Institute",
        "Žalgirio institutas",
        "10042",
        "Gedimino pr. 9",
        "pay@zalgiris.example",
    ]);
    printed.shows(&[
        "No. 1042",
        "1 – 31 January 2026",
        "due 15 February 2026",
        "Põhja Pank",
        "EE382200221020145685",
    ]);
    printed.shows_in_order(&[
        "Analysis",
        "db-01",
        "CPU 744 hours 0.0125 9.30",
        "Subtotal Analysis 9.30 EUR",
        "Web shop",
        "web-01",
        "OpenStack.Instance · Tartu cloud",
        "CPU 1,488 hours 0.0125 18.60",
        "Memory 744 GB hours 0.004",
        "2.98",
        "Subtotal Web shop 21.58 EUR",
        "No project",
        "spare",
        "Subtotal No project 0.10 EUR",
        "Installation 50.00",
        "VAT 22 % 11.00",
        "Total 91.98 EUR",
    ]);
    printed.shows(&["Cent rounding, 1 line +0.004 EUR"]);
    printed.lacks(&["Difference to the amount charged", "late usage", "Pretty cpu"]);
}

#[tokio::test]
async fn minutes_are_printed_as_the_meters_hours() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let tracked = vec![
        world
            .deliver(vm, "cpu", "minute-of-cpu", "2026-01-01", 10, dec!(1))
            .await,
    ];
    let printed = world
        .printed(&invoice(
            "7",
            vec![used(vm, "minute-of-cpu", JANUARY, dec!(600), dec!(0.001))],
            tracked,
        ))
        .await;
    printed.shows(&["CPU 10 hours 0.06 0.60"]);
}

#[tokio::test]
async fn late_usage_has_its_own_period_and_comes_last() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let tracked = vec![
        world.deliver(vm, "cpu", "cpu", "2025-12-30", 10, dec!(1)).await,
        world.deliver(vm, "cpu", "cpu", "2026-01-01", 100, dec!(1)).await,
    ];
    let items = vec![
        used(vm, "cpu", DECEMBER, dec!(10), dec!(0.1)),
        used(vm, "cpu", JANUARY, dec!(100), dec!(0.1)),
    ];
    let printed = world.printed(&invoice("8", items, tracked)).await;
    printed.shows_in_order(&[
        "CPU 100 hours 0.10 10.00",
        "CPU",
        "1 – 31 December 2025 · late usage",
        "10 hours 0.10 1.00",
    ]);
}

#[tokio::test]
async fn an_adjustment_stands_below_what_it_adjusts_and_gone_items_nowhere() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let cpu = used(vm, "cpu", JANUARY, dec!(100), dec!(0.1));
    let memory = used(vm, "ram_gb", JANUARY, dec!(100), dec!(0.2));
    let tracked = vec![
        world.deliver(vm, "cpu", "cpu", "2026-01-01", 100, dec!(1)).await,
        world.deliver(vm, "memory", "ram_gb", "2026-01-01", 100, dec!(1)).await,
    ];
    let adjustment = ItemRecord {
        linked_item: Some(cpu.killbill_id),
        ..item("ITEM_ADJ", "Outage on 12 January", dec!(-2.5))
    };
    let first = invoice(
        "9",
        vec![
            cpu.clone(),
            memory.clone(),
            adjustment,
            item("EXTERNAL_CHARGE", "Mistaken charge", dec!(5)),
        ],
        tracked,
    );
    world.printed(&first).await.shows_in_order(&[
        "CPU",
        "Adjustment of CPU",
        "Outage on 12 January",
        "−2.50",
        "Memory",
        "Mistaken charge",
    ]);
    let items = first.items[..3].to_vec();
    let changed = InvoiceRecord {
        items,
        amount: dec!(27.5),
        balance: dec!(27.5),
        ..first
    };
    let printed = world.printed(&changed).await;
    printed.shows(&["Adjustment of CPU", "Total 27.50 EUR"]);
    printed.lacks(&["Mistaken charge", "Difference to the amount charged"]);
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
    let payment = PaymentRecord {
        payment_id: Uuid::new_v4(),
        number: None,
        purchased: dec!(70),
        refunded: dec!(0),
        currency: "EUR".into(),
        status: Some("SUCCESS".into()),
        paid_at: Some("2026-02-05T10:00:00Z".parse().unwrap()),
    };
    let paid = InvoiceRecord {
        balance: dec!(0),
        ..record
    };
    let row = world.mirror_paid(&paid, &[payment]).await;
    let printed = Printed::of(&world.pdf(&row, Kind::Invoice).await.pdf);
    printed.shows(&[
        "PAID",
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
        status: "DRAFT".into(),
        number: None,
        balance: dec!(0),
        ..invoice("", charge(), vec![])
    };
    let printed = world.printed(&draft).await;
    printed.shows(&["DRAFT", "Total so far", "100.00 EUR"]);
    printed.lacks(&["Amount due", "Due date", "written off"]);
    let void = InvoiceRecord {
        status: "VOID".into(),
        balance: dec!(0),
        ..invoice("12", charge(), vec![])
    };
    let printed = world.printed(&void).await;
    printed.shows(&["VOID", "this invoice was voided"]);
    printed.lacks(&["Due date", "PAID", "Põhja Pank"]);
}

#[tokio::test]
async fn lines_of_nothing_are_counted_and_several_tiers_told() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let tier = |tier, blocks, price| BilledTier {
        tier,
        unit: "cpu".into(),
        price,
        block_size: dec!(1),
        blocks,
        amount: blocks * price,
    };
    let tracked = vec![world.deliver(vm, "cpu", "cpu", "2026-01-01", 150, dec!(1)).await];
    let items = vec![
        tiered(
            vm,
            "cpu",
            JANUARY,
            vec![tier(1, dec!(100), dec!(0.02)), tier(2, dec!(50), dec!(0.01))],
        ),
        used(vm, "ram_gb", JANUARY, dec!(0), dec!(0.1)),
    ];
    let printed = world.printed(&invoice("13", items, tracked)).await;
    printed.shows(&[
        "100 × 0.02 + 50 × 0.01",
        "150 hours",
        "2.50",
        "1 item without use or charge",
    ]);
    printed.lacks(&["Pretty ram_gb"]);
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

#[tokio::test]
async fn a_monthly_price_is_named_by_its_product_and_says_its_month() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let tracked = vec![world.deliver(vm, "cpu", "cpu", "2026-01-01", 100, dec!(1)).await];
    let monthly = ItemRecord {
        subscription: Some(vm.killbill_id),
        plan: "support-monthly".into(),
        product: "Support".into(),
        start_date: Some(day("2026-02-01")),
        end_date: Some(day("2026-03-01")),
        ..item("RECURRING", "support-monthly-evergreen", dec!(72))
    };
    let items = vec![used(vm, "cpu", JANUARY, dec!(100), dec!(0.1)), monthly];
    let printed = world.printed(&invoice("15", items, tracked)).await;
    printed.shows_in_order(&["1 – 31 January 2026", "CPU", "Support", "1 – 28 February 2026", "72.00"]);
    printed.lacks(&["support-monthly"]);
}
