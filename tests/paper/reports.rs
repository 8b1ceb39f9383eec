//! What stands on a usage report.

use nodeconductor_billing::db::evidence;
use nodeconductor_billing::documents::DocumentKind;
use rust_decimal::{Decimal, dec};

use crate::bill::{invoice, item, used};
use crate::printed::Printed;
use crate::world::{DECEMBER, JANUARY, World};

#[tokio::test]
async fn each_meter_has_its_hours_quantity_rate_and_amount() {
    let world = World::new().await;
    let web = world.resource("web-01", "Web shop").await;
    let tracked = vec![
        world.deliver(web, "cpu", "cpu", "2026-01-01", 48, dec!(2.5)).await,
        world
            .deliver(web, "memory", "minute-of-ram", "2026-01-05", 24, dec!(0.5))
            .await,
    ];
    let items = vec![
        used(web, "cpu", JANUARY, dec!(120), dec!(0.0125)),
        used(web, "minute-of-ram", JANUARY, dec!(720), dec!(0.001)),
    ];
    let row = world.mirror(&invoice("21", items, tracked)).await;
    let printed = Printed::of(&world.pdf(&row, DocumentKind::Usage).await.pdf);
    printed.shows(&[
        "Usage report",
        "for invoice 21",
        "1 – 31 January 2026",
        "Žalgiris Institute",
        "web-01",
        "Web shop · Tartu cloud",
    ]);
    printed.shows_in_order(&[
        "CPU",
        "48 120 hours 0.0125 1.50",
        "Memory",
        "24 12 GB hours 0.06 0.72",
        "Subtotal 2.22 EUR",
        "Total 2.22 EUR",
    ]);
}

#[tokio::test]
async fn late_hours_have_a_row_of_their_own() {
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
    let row = world.mirror(&invoice("22", items, tracked)).await;
    let printed = Printed::of(&world.pdf(&row, DocumentKind::Usage).await.pdf);
    printed.shows_in_order(&[
        "CPU",
        "100 100 hours 0.10 10.00",
        "CPU, December 2025",
        "10 10 hours 0.10 1.00",
        "Total 11.00 EUR",
    ]);
}

#[tokio::test]
async fn every_hour_stands_on_one_report_only() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let first = world.deliver(vm, "cpu", "cpu", "2025-12-01", 744, dec!(1)).await;
    let december = world
        .mirror(&invoice(
            "23",
            vec![used(vm, "cpu", DECEMBER, dec!(744), dec!(0.1))],
            vec![first],
        ))
        .await;
    let second = world.deliver(vm, "cpu", "cpu", "2026-01-01", 744, dec!(1)).await;
    let january = world
        .mirror(&invoice(
            "24",
            vec![used(vm, "cpu", JANUARY, dec!(744), dec!(0.1))],
            vec![second],
        ))
        .await;
    for (row, month) in [(december, "2025-12"), (january, "2026-01")] {
        let days = evidence::days(world.pool(), row.id).await.unwrap();
        assert_eq!(
            (days.len(), days.iter().map(|day| day.quantity).sum::<Decimal>()),
            (31, dec!(744)),
            "{month}"
        );
        assert!(
            days.iter()
                .all(|day| day.hours == 24 && day.day.to_string().starts_with(month))
        );
    }
}

#[tokio::test]
async fn used_hours_without_a_line_are_shown_without_a_price() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let other = world.resource("unbilled", "P").await;
    let tracked = vec![
        world.deliver(vm, "cpu", "cpu", "2026-01-01", 100, dec!(1)).await,
        world.deliver(other, "cpu", "cpu", "2026-01-01", 30, dec!(1)).await,
    ];
    let row = world
        .mirror(&invoice(
            "25",
            vec![used(vm, "cpu", JANUARY, dec!(100), dec!(0.1))],
            tracked,
        ))
        .await;
    let printed = Printed::of(&world.pdf(&row, DocumentKind::Usage).await.pdf);
    printed.shows_in_order(&["unbilled", "CPU", "30 30 hours – –", "Total 10.00 EUR"]);
}

#[tokio::test]
async fn an_invoice_without_usage_has_an_empty_report() {
    let world = World::new().await;
    let charge = item("EXTERNAL_CHARGE", "Consulting", dec!(100));
    let row = world.mirror(&invoice("26", vec![charge], vec![])).await;
    Printed::of(&world.pdf(&row, DocumentKind::Usage).await.pdf).shows(&["Usage report", "Total 0.00 EUR"]);
}

#[tokio::test]
async fn a_corrected_hour_counts_once() {
    let world = World::new().await;
    let vm = world.resource("vm", "P").await;
    let first = world.deliver(vm, "cpu", "cpu", "2026-01-01", 24, dec!(2)).await;
    let second = world.correct(vm, "cpu", "cpu", "2026-01-01", 3, dec!(0.5)).await;
    let items = vec![used(vm, "cpu", JANUARY, dec!(49.5), dec!(0.1))];
    let row = world.mirror(&invoice("27", items, vec![first, second])).await;
    let printed = Printed::of(&world.pdf(&row, DocumentKind::Usage).await.pdf);
    printed.shows(&["24 49.5 hours 0.10 4.95"]);
}

#[tokio::test]
async fn the_last_day_of_a_cancelled_subscription_is_part_of_its_period() {
    let world = World::new().await;
    let (vm, gone) = (world.resource("vm", "P").await, world.resource("gone", "P").await);
    let tracked = vec![
        world.deliver(vm, "cpu", "cpu", "2026-01-01", 744, dec!(1)).await,
        world.deliver(gone, "cpu", "cpu", "2026-01-15", 13, dec!(1)).await,
    ];
    world.cancel(gone, "2026-01-15T13:00:00Z").await;
    let items = vec![
        used(vm, "cpu", JANUARY, dec!(744), dec!(0.1)),
        used(gone, "cpu", ("2026-01-01", "2026-01-15"), dec!(13), dec!(0.1)),
    ];
    let row = world.mirror(&invoice("28", items, tracked)).await;
    let printed = Printed::of(&world.pdf(&row, DocumentKind::Invoice).await.pdf);
    printed.shows_in_order(&[
        "Period (UTC)",
        "1 – 31 January 2026",
        "gone",
        "1 – 15 January 2026",
        "13 hours",
    ]);
    let report = Printed::of(&world.pdf(&row, DocumentKind::Usage).await.pdf);
    report.shows_in_order(&["gone", "CPU", "13 13 hours 0.10 1.30", "vm", "744 744 hours"]);
}
