//! Tenants for which each tier is an item of its own (DETAIL): what is estimated, sent and settled follows that.

use rust_decimal::dec;

use super::corrections::bill;
use super::periods::{TWO_UNITS, dry_run, estimates};
use super::terms::{assert_nothing_open, billed, evergreen, in_may, line, own_server, usage, version};
use super::world::Settling;
use crate::support::killbill_server::{OwnServer, set_mode};

async fn in_detail(server: &OwnServer, sections: &str) -> Settling {
    let settling = in_may(server, &[version("2027-01-01", None, &evergreen(sections))]).await;
    set_mode(&settling.world.kb, "DETAIL").await;
    settling.world.pull_prices().await;
    settling
}

#[tokio::test]
async fn each_tier_is_rounded_by_itself_in_estimate_dry_run_and_invoice() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let settling = in_detail(&server, TWO_UNITS).await;
    let resource = settling.used(&[("cpu", 0, dec!(11)), ("memory", 0, dec!(1))]).await;
    settling.world.pass().await;
    // 1.003, 0.1 and 0.503: 1.61 if they were rounded together.
    assert_eq!(estimates(&settling).await, ["2027-05 1.60 records"]);
    assert_eq!(dry_run(&settling).await, ["1.60 1.60"]);
    bill(&settling, resource, "2027-06-01").await;
    let items = [dec!(0.1), dec!(0.5), dec!(1)];
    assert_eq!(billed(&settling).await, items.map(|amount| line("2027-05-01", amount)));
    assert_eq!(estimates(&settling).await, ["2027-05 1.60 invoices"]);
    assert_nothing_open(&settling).await;
}

/// Nobody can read the server's configuration, so the first invoice is what tells of it.
#[tokio::test]
async fn a_server_that_itemizes_for_all_tenants_is_known_by_its_first_invoice() {
    let options = "-Dorg.killbill.invoice.item.result.behavior.mode=DETAIL";
    let server = OwnServer::at("2027-05-20T06:00:00Z", options).await;
    let settling = in_may(&server, &[version("2027-01-01", None, &evergreen(TWO_UNITS))]).await;
    let resource = settling.used(&[("cpu", 0, dec!(11)), ("memory", 0, dec!(1))]).await;
    settling.world.pass().await;
    assert_eq!(
        estimates(&settling).await,
        ["2027-05 1.61 records"],
        "once a line, as is usual"
    );
    bill(&settling, resource, "2027-06-01").await;
    assert_eq!(estimates(&settling).await, ["2027-05 1.60 invoices"]);
    assert_nothing_open(&settling).await;
    settling.world.pull_prices().await;
    settling
        .world
        .push(resource, &[("cpu", 31 * 24, dec!(11)), ("memory", 31 * 24, dec!(1))])
        .await;
    assert_eq!(
        estimates(&settling).await,
        ["2027-05 1.60 invoices", "2027-06 1.60 records"]
    );
}

fn by_highest_tier(sections: &str) -> String {
    sections.replace(
        r#"usageType="CONSUMABLE""#,
        r#"usageType="CONSUMABLE" tierBlockPolicy="TOP_TIER""#,
    )
}

/// Kill Bill would charge for all of May again.
#[tokio::test]
async fn what_comes_late_for_a_price_of_the_highest_tier_is_settled_instead_of_sent() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let settling = in_detail(&server, &by_highest_tier(&usage("vm-memory", "ram_gb", "0.503"))).await;
    let resource = settling.used(&[("memory", 0, dec!(8))]).await;
    settling.world.pass().await;
    bill(&settling, resource, "2027-06-01").await;
    assert_eq!(billed(&settling).await, [line("2027-05-01", dec!(4.02))]);
    settling.world.push(resource, &[("memory", 30, dec!(4))]).await;
    settling.world.pass().await;
    assert_eq!(settling.world.states(resource).await, ["billed", "period-closed"]);
    settling.mirror().await;
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(2.01)], "four gigabytes at 0.503");
    bill(&settling, resource, "2027-07-01").await;
    assert_eq!(
        billed(&settling).await,
        [line("2027-05-01", dec!(4.02))],
        "and no run charges for them again"
    );
    assert_nothing_open(&settling).await;
}

/// Found by seeds 248 and 277 of the judge: Kill Bill charged the first month twice, and parked the account.
#[tokio::test]
async fn several_units_by_the_highest_tier_wait_while_tiers_are_itemized() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let settling = in_detail(&server, &by_highest_tier(TWO_UNITS)).await;
    let resource = settling.used(&[("cpu", 0, dec!(11)), ("memory", 0, dec!(1))]).await;
    settling.world.pass().await;
    assert_eq!(settling.world.states(resource).await, ["not-billable"; 2]);
    set_mode(&settling.world.kb, "AGGREGATE").await;
    settling.world.pull_prices().await;
    settling.world.pass().await;
    bill(&settling, resource, "2027-06-01").await;
    assert_eq!(
        settling.world.states(resource).await,
        ["billed"; 2],
        "the remedy was done"
    );
    assert_nothing_open(&settling).await;
}
