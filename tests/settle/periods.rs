//! Accounts whose months are not the calendar's: what is estimated is what their invoices say, before and after them.

use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::sync::dry_runs;
use nodeconductor_billing::sync::estimates::estimate;
use rust_decimal::dec;

use super::corrections::bill;
use super::terms::{assert_nothing_open, billed, evergreen, in_may, line, own_server, version};
use super::world::Settling;
use crate::support::killbill_server::OwnServer;

const DAY: i64 = 24;

/// One section, so one line: blocks of ten cores by two tiers, and gigabytes; a third of a cent each.
pub const TWO_UNITS: &str = r#"<usage name="vm-both" billingMode="IN_ARREAR" usageType="CONSUMABLE"><billingPeriod>MONTHLY</billingPeriod><tiers>
    <tier><blocks>
      <tieredBlock><unit>cpu</unit><size>10</size><prices><price><currency>USD</currency><value>1.003</value></price></prices><max>1</max></tieredBlock>
      <tieredBlock><unit>ram_gb</unit><size>1</size><prices><price><currency>USD</currency><value>0.503</value></price></prices><max>100</max></tieredBlock>
    </blocks></tier>
    <tier><blocks>
      <tieredBlock><unit>cpu</unit><size>10</size><prices><price><currency>USD</currency><value>0.1</value></price></prices><max>-1</max></tieredBlock>
      <tieredBlock><unit>ram_gb</unit><size>1</size><prices><price><currency>USD</currency><value>0.1</value></price></prices><max>-1</max></tieredBlock>
    </blocks></tier></tiers></usage>"#;

/// In May, with an account that somebody else made.
async fn billed_on_the_17th(server: &OwnServer, zone: &str) -> Settling {
    let settling = in_may(server, &[version("2027-01-01", None, &evergreen(TWO_UNITS))]).await;
    let account = NewAccount {
        external_key: settling.world.customer.simple().to_string(),
        name: "Alice".to_owned(),
        email: None,
        currency: "USD".to_owned(),
        time_zone: zone.to_owned(),
        bill_cycle_day: 17,
        reference_time: None,
        locale: None,
    };
    settling.world.kb.accounts().create(&account).await.unwrap();
    settling
}

/// Month, consumed, and where the figure comes from.
pub async fn estimates(settling: &Settling) -> Vec<String> {
    let state = &settling.world.service.state;
    estimate(settling.world.pool(), &state.clock, &state.book)
        .await
        .unwrap();
    let rows = "select to_char(month, 'YYYY-MM') || ' ' || round(consumed, 2) || ' ' || source from price_estimate
                where scope_type = 'resource' and consumed <> 0 order by month";
    settling.world.texts(rows).await
}

/// Kill Bill's dry run beside what was delivered.
pub async fn dry_run(settling: &Settling) -> Vec<String> {
    let (world, state) = (&settling.world, &settling.world.service.state);
    let report = dry_runs::compare(world.pool(), &state.clock, &world.kb, &state.book)
        .await
        .unwrap();
    assert_eq!((report.compared, report.error), (1, None));
    world
        .texts("select round(killbill, 2) || ' ' || round(delivered, 2) from estimate_check")
        .await
}

#[tokio::test]
async fn a_month_of_an_account_billed_on_another_day_is_estimated_as_its_invoice_says() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let settling = billed_on_the_17th(&server, "America/New_York").await;
    let world = &settling.world;
    let resource = settling
        .used(&[
            ("cpu", 0, dec!(4)),
            ("cpu", 16 * DAY + 3, dec!(4)),
            // From here on it is its month of May, at 04:00 UTC of the 17th: two blocks of cores, and on one line with memory.
            ("cpu", 16 * DAY + 4, dec!(4)),
            ("cpu", 18 * DAY, dec!(7)),
            ("memory", 18 * DAY, dec!(1)),
        ])
        .await;
    world.pass().await;
    assert_eq!(
        estimates(&settling).await,
        ["2027-04 1.00 records", "2027-05 1.61 records"],
        "eight cores are one block up to the 17th; then 1.003 + 0.1 + 0.503, rounded once"
    );
    bill(&settling, resource, "2027-06-17").await;
    assert_eq!(
        billed(&settling).await,
        [line("2027-04-30", dec!(1)), line("2027-05-17", dec!(1.61))]
    );
    assert_eq!(
        estimates(&settling).await,
        ["2027-04 1.00 invoices", "2027-05 1.61 invoices"]
    );
    assert_nothing_open(&settling).await;
}

#[tokio::test]
async fn a_month_that_reaches_into_the_next_one_is_one_and_its_dry_run_agrees() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let settling = billed_on_the_17th(&server, "UTC").await;
    let world = &settling.world;
    let resource = settling
        .used(&[("cpu", 18 * DAY, dec!(4)), ("memory", 18 * DAY, dec!(1))])
        .await;
    world.pass().await;
    world
        .kb
        .clock()
        .set("2027-06-10T06:00:00Z".parse().unwrap())
        .await
        .unwrap();
    settling.world.later(chrono::TimeDelta::days(21));
    // Two blocks when they are rated together; each month by itself would have one, at the price of the first.
    world.push(resource, &[("cpu", 33 * DAY, dec!(8))]).await;
    world.pass().await;
    assert_eq!(estimates(&settling).await, ["2027-05 1.61 records"]);
    assert_eq!(dry_run(&settling).await, ["1.61 1.61"]);
    bill(&settling, resource, "2027-06-17").await;
    assert_eq!(billed(&settling).await, [line("2027-05-17", dec!(1.61))]);
    assert_eq!(estimates(&settling).await, ["2027-05 1.61 invoices"]);
    assert_nothing_open(&settling).await;
}
