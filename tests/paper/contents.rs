//! What stands on an invoice.

use nodeconductor_billing::db::invoices::{InvoiceRecord, ItemRecord};
use nodeconductor_billing::domain::evidence::BilledTier;
use rust_decimal::dec;

use crate::bill::{invoice, item, tiered, used};
use crate::world::{DECEMBER, JANUARY, World, day};

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
