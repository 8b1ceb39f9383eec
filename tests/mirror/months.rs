//! Three months in both detail modes: whole lines, blocks, cents, tiers, minutes, and usage that came late.

use nodeconductor_billing::db::evidence;
use nodeconductor_billing::db::invoices::InvoiceRow;
use nodeconductor_billing::domain::reconcile::{Rounding, Verdict, check};
use rust_decimal::{Decimal, dec};

use crate::seen::explained;
use crate::support::catalog::SampleCatalog;
use crate::support::killbill_server::OwnServer;
use crate::world::{CPU, DISK, LICENCE, MEMORY, Subscribed, World, at};

const TENTH: &str = "2026-01-10T10:00:00Z";

#[tokio::test]
async fn every_line_follows_from_its_records_in_both_modes() {
    let server = OwnServer::start("");
    for mode in ["AGGREGATE", "DETAIL"] {
        println!("mode {mode}");
        let world = World::new(&server, mode).await;
        let machine = world.resource("vm-1", "openstack-instance").await;
        let licence = world.resource("licence-1", "licence-by-minute").await;
        world.resource("support-1", "support-monthly").await;
        january(&world, &machine, &licence, mode).await;
        february(&world, &machine).await;
        march(&world, &machine, &licence).await;
        april(&world, &machine).await;
    }
}

/// Where the highest tier's price holds for everything, late usage that reaches it makes the whole period cheaper. Kill Bill
/// charges the difference in one mode, and in the other the whole period again.
#[tokio::test]
async fn late_usage_of_a_top_tier_price_is_told_apart_in_both_modes() {
    let server = OwnServer::start("");
    let catalog = SampleCatalog::standard("EUR").xml().replace("ALL_TIERS", "TOP_TIER");
    for (mode, amount, open) in [
        ("AGGREGATE", dec!(5.99), vec![]),
        ("DETAIL", dec!(6.01), vec![("double-charge".to_owned(), dec!(0.018))]),
    ] {
        println!("mode {mode}");
        let world = World::with_catalog(&server, mode, &catalog).await;
        let machine = world.resource("vm-1", "openstack-instance").await;
        world.deliver(&machine, DISK, &[(TENTH, dec!(90))]).await;
        world.pass("2026-02-01").await;
        world
            .deliver(&machine, DISK, &[("2026-01-20T00:00:00Z", dec!(60000))])
            .await;
        world.pass("2026-03-01").await;
        world.mirror().await;
        assert_eq!(world.invoice("2026-02-01").await.verdict.word(), "balanced");
        let invoice = world.invoice("2026-03-01").await;
        let (item, line) = world.lines(&invoice, "storage_gb").await.remove(0);
        assert_eq!((item.amount, line.quantity), (amount, Some(dec!(60000))));
        assert!(explained(&line).contains(&(Rounding::TierRepricing, dec!(-0.009))));
        assert_eq!(world.open(&invoice).await, open);
    }
}

async fn january(world: &World, machine: &Subscribed, licence: &Subscribed, mode: &str) {
    let cpu = [
        (TENTH, dec!(0.25)),
        ("2026-01-10T11:00:00Z", dec!(4)),
        ("2026-01-31T23:00:00Z", dec!(0.000000001)),
    ];
    let tracking = world.deliver(machine, CPU, &cpu).await;
    world
        .deliver(
            machine,
            MEMORY,
            &[(TENTH, dec!(0.123456789)), ("2026-01-11T00:00:00Z", dec!(8))],
        )
        .await;
    world
        .deliver(
            machine,
            DISK,
            &[(TENTH, dec!(90)), ("2026-01-11T00:00:00Z", dec!(60.5))],
        )
        .await;
    world.deliver(licence, LICENCE, &[(TENTH, dec!(0.255))]).await;
    world.pass("2026-02-01").await;
    let (_, checked) = world.mirror().await;
    assert_eq!(
        (checked.discrepant, checked.pending),
        (0, 0),
        "{:?}",
        world.open(&world.invoice("2026-02-01").await).await
    );
    let invoice = world.invoice("2026-02-01").await;
    assert_eq!(invoice.verdict.word(), "balanced");

    let (item, line) = world.lines(&invoice, "cpu").await.remove(0);
    assert_eq!(
        (
            item.meter.as_deref(),
            item.resource_name.as_str(),
            item.project_name.as_str()
        ),
        (Some("cpu"), "vm-1", "Project of vm-1")
    );
    assert_eq!(
        (item.amount, item.billed_quantity(), item.unit_rate()),
        (dec!(0.06), Some(dec!(5)), Some(dec!(0.0125)))
    );
    assert_eq!(
        (line.records, line.quantity, line.difference()),
        (3, Some(dec!(4.250000001)), dec!(0))
    );
    assert_eq!(
        explained(&line),
        [
            (Rounding::BlockRounding, dec!(0.0093749999875)),
            (Rounding::CentRounding, dec!(-0.0025))
        ]
    );

    let (rows, total) = evidence::page(world.pool(), invoice.id, item.id, 2, 1).await.unwrap();
    assert_eq!((total, rows.len()), (3, 2));
    assert_eq!(
        (rows[1].hour, rows[1].quantity, rows[1].meter.as_str()),
        (at("2026-01-31T23:00:00Z"), dec!(0.000000001), "cpu")
    );
    assert!(rows.iter().all(|row| row.tracking_id == tracking));

    let (item, line) = world.lines(&invoice, "minute-of-licence").await.remove(0);
    assert_eq!(
        (line.quantity, line.billed_quantity, line.rate),
        (Some(dec!(0.255)), item.billed_quantity(), item.unit_rate())
    );
    assert_eq!(line.rate, Some(dec!(0.06)));

    let disk = world.lines(&invoice, "storage_gb").await;
    assert_eq!(disk.len(), if mode == "DETAIL" { 2 } else { 1 });
    assert_eq!(
        disk.iter().filter_map(|(_, line)| line.quantity).sum::<Decimal>(),
        dec!(150.5)
    );
}

/// January's late cpu fits into the block that is paid, and its late disk is worth less than half a cent: no lines for either.
async fn february(world: &World, machine: &Subscribed) {
    world
        .deliver(machine, CPU, &[("2026-01-20T00:00:00Z", dec!(0.5))])
        .await;
    world
        .deliver(machine, DISK, &[("2026-01-20T00:00:00Z", dec!(30.7))])
        .await;
    let february = world
        .deliver(machine, CPU, &[("2026-02-20T00:00:00Z", dec!(100))])
        .await;
    world.pass("2026-03-01").await;
    let (_, checked) = world.mirror().await;
    let invoice = world.invoice("2026-03-01").await;
    assert_eq!((checked.discrepant, world.open(&invoice).await), (0, vec![]));

    let cpu = world.lines(&invoice, "cpu").await;
    assert_eq!(cpu.len(), 1, "January's late half hour is inside a paid block");
    let (item, line) = &cpu[0];
    assert_eq!(
        (item.amount, line.quantity, line.records, line.explained.len()),
        (dec!(1.25), Some(dec!(100)), 1, 0)
    );
    let (rows, _) = evidence::page(world.pool(), invoice.id, item.id, 10, 0).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.tracking_id.as_str()).collect::<Vec<_>>(),
        [february.as_str()]
    );

    // 181.2 GB hours in all, 82 blocks of the second price, 51 billed: 31 × 0.0001 is less than half a cent.
    assert!(world.lines(&invoice, "storage_gb").await.is_empty());
}

async fn march(world: &World, machine: &Subscribed, licence: &Subscribed) {
    world
        .deliver(
            machine,
            CPU,
            &[("2026-01-21T00:00:00Z", dec!(2.5)), ("2026-01-22T00:00:00Z", dec!(1))],
        )
        .await;
    world
        .deliver(machine, DISK, &[("2026-03-02T00:00:00Z", dec!(123456.789))])
        .await;
    world
        .deliver(machine, DISK, &[("2026-01-22T00:00:00Z", dec!(100))])
        .await;
    world
        .deliver(licence, LICENCE, &[("2026-02-02T00:00:00Z", dec!(700))])
        .await;
    world.pass("2026-04-01").await;
    let (read, checked) = world.mirror().await;
    assert_eq!((read.new, checked.discrepant), (1, 0));
    let invoice = world.invoice("2026-04-01").await;
    assert_eq!(
        (world.open(&invoice).await, invoice.verdict.word()),
        (vec![], "balanced")
    );
    let (item, line) = world.lines(&invoice, "cpu").await.remove(0);
    assert_eq!(
        (item.start_date, item.amount),
        (Some("2026-01-01".parse().unwrap()), dec!(0.05))
    );
    assert_eq!(
        (line.quantity, line.billed_quantity, line.records),
        (Some(dec!(3.5)), Some(dec!(4)), 2)
    );
    let disk = world.lines(&invoice, "storage_gb").await;
    let (item, line) = disk
        .iter()
        .find(|(item, _)| item.start_date == Some("2026-01-01".parse().unwrap()))
        .unwrap();
    assert_eq!((item.amount, line.quantity), (dec!(0.01), Some(dec!(100))));
    assert!(
        explained(line).contains(&(Rounding::EarlierLines, dec!(0.0031))),
        "{line:?}"
    );
    one_invoice_bills_each_delivery(world, &invoice).await;
}

async fn one_invoice_bills_each_delivery(world: &World, invoice: &InvoiceRow) {
    let (of_this, unbilled): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where invoice_id = $1), count(*) filter (where invoice_id is null) from delivery",
    )
    .bind(invoice.id)
    .fetch_one(world.pool())
    .await
    .unwrap();
    assert_eq!((of_this, unbilled), (4, 0));
    for row in world.invoices().await {
        let facts = evidence::facts(world.pool(), row.id, None).await.unwrap().unwrap();
        assert_eq!(check(&facts).verdict, Verdict::Balanced);
    }
}

/// January is out of Kill Bill's sight by now: it takes the usage and will never bill it.
async fn april(world: &World, machine: &Subscribed) {
    world.deliver(machine, CPU, &[("2026-01-23T00:00:00Z", dec!(40))]).await;
    world.pass("2026-05-01").await;
    let (_, checked) = world.mirror().await;
    assert_eq!((checked.discrepant, checked.unbilled), (0, 1));
    let rows = world.discrepancies().await;
    assert_eq!(
        (rows[0].kind.word(), rows[0].amount, rows[0].delivery_uuid.is_some()),
        ("never-billed", dec!(-0.5), true)
    );
    assert_eq!(rows[0].customer_uuid, Some(world.customer));
}
