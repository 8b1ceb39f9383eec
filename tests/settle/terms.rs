//! What holds for a subscription, when, on catalogs and accounts of other people: Kill Bill's invoice is the judge, and what
//! is corrected afterwards moves the money that it billed.

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::killbill::invoices::ItemType;
use rust_decimal::{Decimal, dec};

use super::corrections::bill;
use super::world::Settling;
use crate::delivery_cases::world::PLAN;
use crate::support::killbill_server::OwnServer;

const DAY: i64 = 24;

/// A usage section of one unit, a dollar's worth or another price for each block of one.
pub fn usage(name: &str, unit: &str, price: &str) -> String {
    usage_by("MONTHLY", name, unit, price)
}

fn usage_by(period: &str, name: &str, unit: &str, price: &str) -> String {
    format!(
        r#"<usage name="{name}" billingMode="IN_ARREAR" usageType="CONSUMABLE"><billingPeriod>{period}</billingPeriod><tiers><tier><blocks>
           <tieredBlock><unit>{unit}</unit><size>1</size><prices><price><currency>USD</currency><value>{price}</value></price></prices><max>-1</max></tieredBlock>
           </blocks></tier></tiers></usage>"#
    )
}

pub fn evergreen(usages: &str) -> String {
    format!(
        r#"<finalPhase type="EVERGREEN"><duration><unit>UNLIMITED</unit></duration><usages>{usages}</usages></finalPhase>"#
    )
}

/// A catalog version with the plan of virtual machines only.
pub fn version(from: &str, claims: Option<&str>, phases: &str) -> String {
    let claims = claims.map_or_else(String::new, |at| {
        format!("<effectiveDateForExistingSubscriptions>{at}T00:00:00+00:00</effectiveDateForExistingSubscriptions>")
    });
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<catalog xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><effectiveDate>{from}T00:00:00+00:00</effectiveDate><catalogName>Terms</catalogName>
<currencies><currency>USD</currency></currencies><units><unit name="cpu"/><unit name="ram_gb"/></units>
<products><product name="vm"><category>STANDALONE</category></product></products>
<rules><changePolicy><changePolicyCase><policy>IMMEDIATE</policy></changePolicyCase></changePolicy>
<cancelPolicy><cancelPolicyCase><policy>IMMEDIATE</policy></cancelPolicyCase></cancelPolicy></rules>
<plans><plan name="{PLAN}">{claims}<product>vm</product>{phases}</plan></plans>
<priceLists><defaultPriceList name="DEFAULT"><plans><plan>{PLAN}</plan></plans></defaultPriceList></priceLists></catalog>"#
    )
}

pub async fn own_server(at: &str) -> OwnServer {
    OwnServer::at(at, "").await
}

pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// On 20 May, by both clocks.
pub async fn in_may(server: &OwnServer, versions: &[String]) -> Settling {
    let settling = Settling::of_catalogs(&server.api_url, versions).await;
    settling.world.later(TimeDelta::days(9));
    settling
}

/// Usage lines of all invoices, in the order of their periods: amount and first day.
pub async fn billed(settling: &Settling) -> Vec<(String, Decimal)> {
    let items = settling.invoices().await.into_iter().flat_map(|invoice| invoice.items);
    let usage = items.filter(|item| item.item_type == ItemType::Usage && !item.amount.is_zero());
    let mut lines: Vec<_> = usage
        .map(|item| (item.start_date.unwrap().to_string(), item.amount.normalize()))
        .collect();
    lines.sort();
    lines
}

pub async fn assert_nothing_open(settling: &Settling) {
    let mut verdicts = Vec::new();
    for _ in 0..20 {
        // Kill Bill may still be writing what was committed.
        settling.world.kb.clock().wait_for_queues().await.unwrap();
        verdicts = settling.mirror().await;
        if verdicts.iter().all(|verdict| verdict == "balanced") {
            break;
        }
    }
    let open = settling
        .world
        .texts("select kind || ' ' || detail from discrepancy where closed_at is null")
        .await;
    assert!(
        verdicts.iter().all(|verdict| verdict == "balanced"),
        "{verdicts:?}: {open:?}"
    );
    assert!(open.is_empty(), "{open:?}");
}

pub fn line(day: &str, amount: Decimal) -> (String, Decimal) {
    (day.to_owned(), amount)
}

#[tokio::test]
async fn two_versions_inside_a_month_are_two_windows_for_corrections_and_late_hours_too() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let versions = [
        version("2027-01-01", None, &evergreen(&usage("vm-cpu", "cpu", "1"))),
        version(
            "2027-05-15",
            Some("2027-05-15"),
            &evergreen(&usage("vm-cpu", "cpu", "2")),
        ),
        // In force on the same day: the older of the two holds.
        version(
            "2027-05-16",
            Some("2027-08-01"),
            &evergreen(&usage("vm-cpu", "cpu", "3")),
        ),
        version(
            "2027-05-17",
            Some("2027-08-01"),
            &evergreen(&usage("vm-cpu", "cpu", "4")),
        ),
    ];
    let settling = in_may(&server, &versions).await;
    let world = &settling.world;
    let resource = settling
        .used(&[
            ("cpu", 2 * DAY, dec!(4)),
            ("cpu", 3 * DAY, dec!(76)),
            ("cpu", 15 * DAY, dec!(40)),
        ])
        .await;
    world.pass().await;
    bill(&settling, resource, "2027-06-01").await;
    assert_eq!(
        billed(&settling).await,
        [line("2027-05-01", dec!(80)), line("2027-05-15", dec!(80))]
    );
    world.correct(resource, &[("cpu", 2 * DAY, dec!(0))]).await;
    world.pass().await;
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(-4)], "at the price of 3 May");
    for (month, hour) in [
        ("2027-07-01", 32 * DAY),
        ("2027-08-01", 62 * DAY),
        ("2027-09-01", 93 * DAY),
    ] {
        world.push(resource, &[("cpu", hour, dec!(1))]).await;
        world.pass().await;
        bill(&settling, resource, month).await;
    }
    assert_eq!(billed(&settling).await.pop(), Some(line("2027-08-01", dec!(3))));
    world.push(resource, &[("cpu", 5 * DAY, dec!(3))]).await;
    world.pass().await;
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(-4), dec!(3)], "three hours of 6 May");
    assert_nothing_open(&settling).await;
    settling.assert_not_parked().await;
}

#[tokio::test]
async fn each_phase_has_its_price_and_a_trial_is_explained_as_free() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let phases = format!(
        r#"<initialPhases><phase type="TRIAL"><duration><unit>DAYS</unit><number>14</number></duration><fixed><fixedPrice/></fixed></phase>
           <phase type="DISCOUNT"><duration><unit>MONTHS</unit><number>1</number></duration><usages>{}</usages></phase></initialPhases>{}"#,
        usage("vm-cpu-less", "cpu", "0.5"),
        evergreen(&usage("vm-cpu", "cpu", "1.25"))
    );
    let settling = in_may(&server, &[version("2027-01-01", None, &phases)]).await;
    let world = &settling.world;
    let resource = settling
        .used(&[
            ("cpu", 5 * DAY, dec!(1340)),
            ("cpu", 16 * DAY, dec!(4)),
            ("cpu", 17 * DAY, dec!(36.8)),
        ])
        .await;
    world.pass().await;
    bill(&settling, resource, "2027-06-01").await;
    assert_eq!(billed(&settling).await, [line("2027-05-15", dec!(20.5))]);
    assert_nothing_open(&settling).await;
    world.correct(resource, &[("cpu", 16 * DAY, dec!(0))]).await;
    world.pass().await;
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(-2)], "by the phase of the hour");
    assert_nothing_open(&settling).await;
}

#[tokio::test]
async fn what_the_terms_of_its_hour_do_not_bill_stays_here_and_what_they_do_goes() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let cpu = usage("vm-cpu", "cpu", "1");
    let both = format!("{cpu}{}", usage("vm-ram", "ram_gb", "1"));
    let added = [
        version("2027-01-01", None, &evergreen(&cpu)),
        version("2027-05-15", Some("2027-05-15"), &evergreen(&both)),
    ];
    let settling = in_may(&server, &added).await;
    let resource = settling
        .used(&[
            ("cpu", 0, dec!(1)),
            ("memory", 10 * DAY, dec!(1)),
            ("memory", 16 * DAY, dec!(1)),
        ])
        .await;
    settling.world.pass().await;
    assert_eq!(
        settling.world.states(resource).await,
        ["verified", "unit-not-in-plan", "verified"]
    );

    let settling = in_may(&server, &[version("2027-01-01", None, &evergreen(&both))]).await;
    let resource = settling.used(&[("cpu", 0, dec!(1)), ("memory", DAY, dec!(1))]).await;
    settling.world.pass().await;
    let removed = version("2027-05-15", Some("2027-05-15"), &evergreen(&cpu));
    settling.world.kb.catalog().upload(&removed).await.unwrap();
    settling.world.pull_prices().await;
    settling
        .world
        .push(
            resource,
            &[("memory", 14 * DAY - 1, dec!(1)), ("memory", 14 * DAY, dec!(1))],
        )
        .await;
    settling.world.pass().await;
    assert_eq!(
        settling.world.states(resource).await,
        ["verified", "verified", "verified", "unit-not-in-plan"]
    );

    let term = format!(
        r#"<finalPhase type="FIXEDTERM"><duration><unit>DAYS</unit><number>10</number></duration><usages>{cpu}</usages></finalPhase>"#
    );
    let settling = in_may(&server, &[version("2027-01-01", None, &term)]).await;
    let resource = settling
        .used(&[("cpu", 10 * DAY - 1, dec!(1)), ("cpu", 10 * DAY, dec!(1))])
        .await;
    settling.world.pass().await;
    assert_eq!(settling.world.states(resource).await, ["verified", "term-over"]);

    for period in ["DAILY", "ANNUAL"] {
        let other = evergreen(&usage_by(period, "vm-cpu", "cpu", "1"));
        let settling = in_may(&server, &[version("2027-01-01", None, &other)]).await;
        let resource = settling.used(&[("cpu", 0, dec!(1))]).await;
        settling.world.pass().await;
        assert_eq!(settling.world.states(resource).await, ["not-billable"], "{period}");
    }
}

#[tokio::test]
async fn an_account_with_another_billing_day_and_zone_is_followed_and_a_bare_one_gets_ours() {
    let server = own_server("2027-05-20T06:00:00Z").await;
    let tiers = r#"<usage name="vm-cpu" billingMode="IN_ARREAR" usageType="CONSUMABLE"><billingPeriod>MONTHLY</billingPeriod><tiers>
        <tier><blocks><tieredBlock><unit>cpu</unit><size>1</size><prices><price><currency>USD</currency><value>1</value></price></prices><max>10</max></tieredBlock></blocks></tier>
        <tier><blocks><tieredBlock><unit>cpu</unit><size>1</size><prices><price><currency>USD</currency><value>0.1</value></price></prices><max>-1</max></tieredBlock></blocks></tier>
        </tiers></usage>"#;
    let settling = in_may(&server, &[version("2027-01-01", None, &evergreen(tiers))]).await;
    let world = &settling.world;
    let account = |day, zone: &str| NewAccount {
        external_key: world.customer.simple().to_string(),
        name: "Alice".to_owned(),
        email: None,
        currency: "USD".to_owned(),
        time_zone: zone.to_owned(),
        bill_cycle_day: day,
        reference_time: None,
        locale: None,
    };
    world
        .kb
        .accounts()
        .create(&account(17, "America/New_York"))
        .await
        .unwrap();
    // Its 17 May begins at 04:00 UTC, by the offset of its reference time, and its first day is the eve of 1 May.
    let resource = settling
        .used(&[("cpu", 16 * DAY + 3, dec!(8)), ("cpu", 16 * DAY + 4, dec!(12))])
        .await;
    world.pass().await;
    let sent =
        "select to_char(window_start at time zone 'UTC', 'DD HH24') || ' +' || records from delivery order by id";
    assert_eq!(
        world.texts(sent).await,
        ["17 03 +1", "17 04 +1"],
        "two invoices may take them up, and each names its own"
    );
    bill(&settling, resource, "2027-06-17").await;
    let before = billed(&settling).await;
    assert_eq!(before, [line("2027-04-30", dec!(8)), line("2027-05-17", dec!(10.2))]);
    world.correct(resource, &[("cpu", 16 * DAY + 4, dec!(4))]).await;
    world.pass().await;
    settling.settle().await;
    assert_eq!(
        settling.moved().await,
        [dec!(-6.2)],
        "twelve hours from the 17th on cost 10.20, four 4.00"
    );
    assert_nothing_open(&settling).await;

    let settling = in_may(&server, &[version("2027-01-01", None, &evergreen(tiers))]).await;
    let bare = NewAccount {
        external_key: settling.world.customer.simple().to_string(),
        ..account(0, "UTC")
    };
    settling.world.kb.accounts().create(&bare).await.unwrap();
    let resource = settling.used(&[("cpu", 0, dec!(1))]).await;
    settling.world.pass().await;
    assert_eq!(settling.world.states(resource).await, ["verified"]);
    let seen = settling
        .world
        .kb
        .accounts()
        .get(settling.account().await)
        .await
        .unwrap();
    assert_eq!(seen.bill_cycle_day, Some(1));
}
