//! What may leave for Kill Bill, for any usage: nothing goes that it would not bill, and nothing stays that it would.
//! The oracle counts in integers and shares no arithmetic with what it tests; `tests/delivery.rs` shows the same on a real
//! Kill Bill.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::domain::catalog::xml::Catalog;
use nodeconductor_billing::domain::catalog::{self, Versions};
use nodeconductor_billing::domain::hold::HoldCode;
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::preflight::{Carried, Lane, Waiting, an_end_may_come_late};
use nodeconductor_billing::domain::timeline::{AccountTerms, Subscribed, TenantTerms, Timeline};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

fn january(hour: i64) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    first + TimeDelta::hours(hour)
}

/// A version of the catalog: one unit in blocks of `size` at `price`, at most `max` of them.
fn version(
    size: i64,
    price: Decimal,
    max: Option<i64>,
    from: DateTime<Utc>,
    claims: Option<DateTime<Utc>>,
) -> Arc<Catalog> {
    let claims = claims.map_or_else(String::new, |at| {
        format!(
            "<effectiveDateForExistingSubscriptions>{}</effectiveDateForExistingSubscriptions>",
            at.to_rfc3339()
        )
    });
    let text = format!(
        r#"<catalog><effectiveDate>{}</effectiveDate><catalogName>C</catalogName><plans><plan name="vm">{claims}<product>Vm</product>
           <finalPhase type="EVERGREEN"><duration><unit>UNLIMITED</unit></duration><usages>
           <usage name="vm-cpu" billingMode="IN_ARREAR" usageType="CONSUMABLE"><billingPeriod>MONTHLY</billingPeriod><tiers><tier><blocks>
           <tieredBlock><unit>cpu</unit><size>{size}</size><prices><price><currency>USD</currency><value>{price}</value></price></prices><max>{}</max></tieredBlock>
           </blocks></tier></tiers></usage></usages></finalPhase></plan></plans></catalog>"#,
        from.to_rfc3339(),
        max.unwrap_or(-1)
    );
    Arc::new(catalog::read(1, &text).unwrap())
}

fn timeline(versions: Vec<Arc<Catalog>>, start: DateTime<Utc>, end: Option<DateTime<Utc>>) -> Timeline {
    let subscribed = Subscribed::new("vm", start).until(end);
    let account = AccountTerms::ours("USD");
    Timeline::new(&Versions::new(versions), &subscribed, &account, TenantTerms::default())
}

/// From the tenth hour of January on, one unit in blocks of `size` at `price`, at most `max` of them.
fn lane(size: i64, price: Decimal, max: Option<i64>) -> Lane {
    Lane {
        timeline: timeline(vec![version(size, price, max, january(0), None)], january(10), None),
        charged_through: None,
        account_through: None,
        arrives_by: january(0),
        run_is_late: false,
        carried: Carried::new(),
    }
}

/// A dollar an hour between two hours of January.
fn lane_between(start: i64, end: Option<i64>) -> Lane {
    let versions = vec![version(1, dec!(0.01), None, january(0), None)];
    Lane {
        timeline: timeline(versions, january(start), end.map(january)),
        ..lane(1, dec!(0.01), None)
    }
}

/// Found by the simulation (seed 81): the last invoice of what has ended reaches into the day that it names.
#[test]
fn less_of_the_last_day_of_what_has_ended_is_held_once_that_day_is_invoiced() {
    let mut lane = lane_between(10, Some(30));
    let (less, more) = ((26, dec!(-1)), (26, dec!(1)));
    assert_eq!(holds(&lane, &[less]), [None], "nothing is invoiced yet");
    lane.charged_through = Some(january(30).date_naive());
    assert_eq!(
        holds(&lane, &[less, more]),
        [Some(HoldCode::CorrectionAfterInvoice), None]
    );
}

fn holds(lane: &Lane, records: &[(i64, Decimal)]) -> Vec<Option<HoldCode>> {
    let mut examination = lane.examination();
    let hold = |&(hour, amount): &(i64, Decimal)| {
        let hour = Hour::containing(january(hour));
        examination.hold(&Waiting {
            unit: "cpu",
            hour,
            amount,
        })
    };
    records.iter().map(hold).collect()
}

#[test]
fn an_hour_that_begins_a_block_beyond_the_last_tier_waits_and_a_smaller_one_may_still_go() {
    let lane = lane(1, dec!(0.0125), Some(10));
    let records = [
        (10, dec!(4)),
        (11, dec!(4)),
        (12, dec!(4)),
        (13, dec!(1.5)),
        (14, dec!(0.6)),
    ];
    let beyond = Some(HoldCode::BeyondLastTier);
    assert_eq!(holds(&lane, &records), [None, None, beyond, None, beyond]);
    let next_month = 31 * 24;
    assert_eq!(holds(&lane, &[(10, dec!(10)), (next_month, dec!(10))]), [None, None]);
}

#[test]
fn what_no_column_holds_waits() {
    let column = Some(HoldCode::BeyondKillbillColumn);
    let cheap = lane(1, dec!(0.0001), None);
    assert_eq!(holds(&cheap, &[(10, dec!(999_999_999))]), [None]);
    assert_eq!(
        holds(&cheap, &[(10, dec!(999_999_999.1))]),
        [column],
        "a block more is begun"
    );
    assert_eq!(holds(&cheap, &[(10, dec!(1_000_000_000))]), [column]);
    assert_eq!(holds(&cheap, &[(10, dec!(999_999_999)), (11, dec!(1))]), [None, column]);
    let dear = lane(1, dec!(1000), None);
    assert_eq!(
        holds(&dear, &[(10, dec!(999)), (11, dec!(1)), (12, dec!(-5)), (13, dec!(1))]),
        [None, column, None, None]
    );
}

#[test]
fn the_months_of_a_subscription_that_has_ended_close_with_those_of_its_account() {
    let mut lane = lane_between(0, Some(700));
    lane.charged_through = chrono::NaiveDate::from_ymd_opt(2026, 1, 30);
    assert_eq!(holds(&lane, &[(5, dec!(1))]), [None]);
    // Kill Bill went on to bill the account's other subscriptions, and no longer looks at January.
    lane.account_through = chrono::NaiveDate::from_ymd_opt(2026, 4, 1);
    assert_eq!(holds(&lane, &[(5, dec!(1))]), [Some(HoldCode::PeriodClosed)]);
}

/// Found by the simulation (seeds 1457 and 1639).
#[test]
fn an_end_inside_a_month_closes_the_month_two_months_back_as_a_whole() {
    let mut lane = lane_between(0, None);
    lane.account_through = chrono::NaiveDate::from_ymd_opt(2026, 3, 10);
    assert_eq!(
        holds(&lane, &[(20 * 24, dec!(1)), (31 * 24, dec!(1))]),
        [Some(HoldCode::PeriodClosed), None],
        "20 January is after 10 January, and its period begins before"
    );
    lane.timeline = lane_between(12 * 24, None).timeline;
    assert_eq!(
        holds(&lane, &[(20 * 24, dec!(1))]),
        [None],
        "a period that begins later is looked at"
    );
}

#[test]
fn less_of_a_month_waits_from_just_before_its_end_until_it_is_invoiced_and_more_goes() {
    let mut lane = lane(1, dec!(1), None);
    let (less, more, next_month) = ((700, dec!(-1)), (701, dec!(1)), (31 * 24, dec!(-1)));
    lane.arrives_by = january(31 * 24) - TimeDelta::seconds(1);
    assert_eq!(holds(&lane, &[less, more]), [None, None], "it arrives in time");
    let due = [Some(HoldCode::InvoiceDue), None, None];
    for hours in [0, 30, 400] {
        lane.arrives_by = january(31 * 24 + hours);
        assert_eq!(
            holds(&lane, &[less, more, next_month]),
            due,
            "{hours} h after the month"
        );
    }
    lane.charged_through = chrono::NaiveDate::from_ymd_opt(2026, 2, 1);
    assert_eq!(holds(&lane, &[less]), [Some(HoldCode::CorrectionAfterInvoice)]);
}

#[test]
fn less_of_what_has_ended_waits_from_its_end_on() {
    let mut lane = lane_between(10, Some(30));
    lane.arrives_by = january(29);
    assert_eq!(holds(&lane, &[(20, dec!(-1))]), [None]);
    lane.arrives_by = january(30);
    assert_eq!(holds(&lane, &[(20, dec!(-1))]), [Some(HoldCode::InvoiceDue)]);
}

#[test]
fn an_end_waits_for_the_run_that_comes_within_a_day_or_is_told_without_it() {
    let (end, february) = (january(700), january(31 * 24));
    let timeline = lane_between(0, None).timeline;
    let waits = |invoiced, arrives_by| an_end_may_come_late(&timeline, end, invoiced, arrives_by, false);
    assert!(
        !waits(None, february - TimeDelta::seconds(1)),
        "it arrives before the run"
    );
    assert!(waits(None, february) && waits(Some(january(0)), february + TimeDelta::hours(24)));
    assert!(!waits(Some(february), february), "the run is over");
    let later = february + TimeDelta::hours(25);
    assert!(!waits(None, later), "there was none");
    assert!(
        an_end_may_come_late(&timeline, end, None, later, true),
        "what was told before it is not invoiced: it is late"
    );
    assert!(
        !an_end_may_come_late(&timeline, february, None, february, false),
        "nothing of the open month is invoiced"
    );
}

#[test]
fn the_oldest_month_waits_while_the_run_that_closes_it_may_come() {
    let mut lane = lane_between(0, None);
    lane.account_through = chrono::NaiveDate::from_ymd_opt(2026, 3, 1);
    let (of_january, of_february) = ((20, dec!(1)), (31 * 24, dec!(1)));
    let april = january((31 + 28 + 31) * 24);
    lane.arrives_by = april - TimeDelta::seconds(1);
    assert_eq!(holds(&lane, &[of_january, of_february]), [None, None]);
    lane.arrives_by = april;
    assert_eq!(
        holds(&lane, &[of_january, of_february]),
        [Some(HoldCode::InvoiceDue), None]
    );
    lane.arrives_by = april + TimeDelta::hours(25);
    assert_eq!(
        holds(&lane, &[of_january]),
        [None],
        "there was no run: nothing of the account is running"
    );
    lane.account_through = chrono::NaiveDate::from_ymd_opt(2026, 4, 1);
    assert_eq!(holds(&lane, &[of_january]), [Some(HoldCode::PeriodClosed)]);
}

#[test]
fn an_end_that_is_lifted_for_running_subscriptions_counts_from_its_day() {
    let mut lane = lane(1, dec!(1), Some(10));
    let versions = vec![
        version(1, dec!(1), Some(10), january(0), None),
        version(1, dec!(1), None, january(100), Some(january(200))),
    ];
    lane.timeline = timeline(versions, january(10), None);
    let beyond = Some(HoldCode::BeyondLastTier);
    assert_eq!(holds(&lane, &[(199, dec!(11)), (200, dec!(11))]), [beyond, None]);
}

proptest! {
    #[test]
    fn nothing_goes_that_kill_bill_would_give_away_and_nothing_stays_that_it_would_bill(
        size in 1_i64..20, max in 1_i64..40, amounts in prop::collection::vec(-30_i64..60, 1..40)
    ) {
        let lane = lane(size, dec!(0.01), Some(max));
        let records: Vec<(i64, Decimal)> = (10..).zip(amounts.iter().map(|amount| Decimal::from(*amount))).collect();
        let mut sent = 0;
        for (hold, amount) in holds(&lane, &records).into_iter().zip(amounts) {
            let fits = amount <= 0 || sent + amount <= max * size;
            prop_assert_eq!(hold, (!fits).then_some(HoldCode::BeyondLastTier));
            if fits {
                sent += amount;
            }
        }
    }

    #[test]
    fn the_billing_period_of_a_subscription_is_half_open(start in 0_i64..700, length in 1_i64..700, hour in 0_i64..1500) {
        let lane = lane_between(start, Some(start + length));
        let expected = match hour {
            hour if hour < start => Some(HoldCode::BeforeSubscription),
            hour if hour >= start + length => Some(HoldCode::AfterSubscription),
            _ => None,
        };
        prop_assert_eq!(holds(&lane, &[(hour, dec!(1))]), [expected]);
    }

    #[test]
    fn an_invoiced_hour_may_grow_for_two_months_and_never_shrink(charged in 1_u32..12, month in 1_u32..13, grows: bool) {
        let mut lane = lane_between(0, None);
        lane.charged_through = chrono::NaiveDate::from_ymd_opt(2026, charged, 1);
        let hour: DateTime<Utc> = format!("2026-{month:02}-15T07:00:00Z").parse().unwrap();
        let waiting = Waiting { unit: "cpu", hour: Hour::containing(hour), amount: if grows { dec!(1) } else { dec!(-1) } };
        let expected = match () {
            () if month + 2 < charged => Some(HoldCode::PeriodClosed),
            () if month < charged && !grows => Some(HoldCode::CorrectionAfterInvoice),
            () => None,
        };
        prop_assert_eq!(lane.examination().hold(&waiting), expected);
    }
}

/// Found by the judge: a top tier prices the whole month, so one more hour may cost less than none.
#[test]
fn usage_that_reaches_a_cheaper_top_tier_waits_once_its_month_is_over() {
    let tier = |price: &str, max: &str| {
        format!(
            "<tier><blocks><tieredBlock><unit>cpu</unit><size>1</size><prices><price><currency>USD</currency><value>{price}</value></price></prices><max>{max}</max></tieredBlock></blocks></tier>"
        )
    };
    let text = format!(
        r#"<catalog><effectiveDate>2026-01-01T00:00:00Z</effectiveDate><catalogName>C</catalogName><plans><plan name="vm"><product>Vm</product>
           <finalPhase type="EVERGREEN"><duration><unit>UNLIMITED</unit></duration><usages>
           <usage name="u" billingMode="IN_ARREAR" usageType="CONSUMABLE" tierBlockPolicy="TOP_TIER"><billingPeriod>MONTHLY</billingPeriod><tiers>{}{}</tiers></usage>
           </usages></finalPhase></plan></plans></catalog>"#,
        tier("2", "100"),
        tier("1", "-1")
    );
    let versions = vec![Arc::new(catalog::read(1, &text).unwrap())];
    let mut lane = Lane {
        timeline: timeline(versions, january(0), None),
        ..lane(1, dec!(1), None)
    };
    let (most, few, more) = ((20, dec!(90)), (30, dec!(5)), (31, dec!(20)));
    assert_eq!(holds(&lane, &[most, more, few]), [None; 3], "nothing is invoiced yet");
    lane.carried = Carried::from([(("cpu".to_owned(), january(0)), dec!(90))]);
    lane.arrives_by = january(31 * 24 + 40);
    let (due, corrected) = (Some(HoldCode::InvoiceDue), Some(HoldCode::CorrectionAfterInvoice));
    assert_eq!(holds(&lane, &[few, more]), [None, due]);
    lane.charged_through = Some(january(31 * 24).date_naive());
    assert_eq!(holds(&lane, &[few, more]), [None, corrected]);
}
