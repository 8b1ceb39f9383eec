//! The rules of the timeline, one by one, on catalogs as people write them.

use std::sync::Arc;

use rust_decimal::{Decimal, dec};

use super::*;
use crate::domain::catalog::read;

fn at(text: &str) -> DateTime<Utc> {
    let text = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    text.parse().unwrap()
}

fn hour(text: &str) -> Hour {
    Hour::new(at(text)).unwrap()
}

fn usage(name: &str, unit: &str, price: &str) -> String {
    format!(
        r#"<usage name="{name}" billingMode="IN_ARREAR" usageType="CONSUMABLE"><billingPeriod>MONTHLY</billingPeriod><tiers><tier><blocks>
           <tieredBlock><unit>{unit}</unit><size>1</size><prices><price><currency>USD</currency><value>{price}</value></price></prices><max>-1</max></tieredBlock>
           </blocks></tier></tiers></usage>"#
    )
}

fn phase(element: &str, kind: &str, duration: &str, usages: &str) -> String {
    let (unit, number) = duration
        .split_once(' ')
        .map_or((duration, String::new()), |(number, unit)| {
            (unit, format!("<number>{number}</number>"))
        });
    format!(
        r#"<{element} type="{kind}"><duration><unit>{unit}</unit>{number}</duration><usages>{usages}</usages></{element}>"#
    )
}

fn evergreen(usages: &str) -> String {
    phase("finalPhase", "EVERGREEN", "UNLIMITED", usages)
}

/// A version with the plan `vm`; without phases it lacks the plan.
fn version(from: &str, for_existing: Option<&str>, phases: &str) -> Arc<crate::domain::catalog::xml::Catalog> {
    let claims = for_existing.map_or_else(String::new, |from| {
        format!("<effectiveDateForExistingSubscriptions>{from}T00:00:00Z</effectiveDateForExistingSubscriptions>")
    });
    let plan = if phases.is_empty() {
        String::new()
    } else {
        format!(r#"<plan name="vm">{claims}<product>Vm</product>{phases}</plan>"#)
    };
    let text = format!(
        r#"<catalog><effectiveDate>{from}T00:00:00Z</effectiveDate><catalogName>C</catalogName>
           <products><product name="Vm"><category>STANDALONE</category></product></products><plans>{plan}</plans></catalog>"#
    );
    Arc::new(read(1, &text).unwrap())
}

fn timeline(versions: &[Arc<crate::domain::catalog::xml::Catalog>], subscribed: &Subscribed) -> Timeline {
    Timeline::new(
        &Versions::new(versions.to_vec()),
        subscribed,
        &AccountTerms::ours("USD"),
        TenantTerms::default(),
    )
}

fn price(timeline: &Timeline, at: &str) -> Option<Decimal> {
    match timeline.fate("cpu", hour(at)) {
        Fate::Billed(section) => Some(section.tiers("cpu")?[0].block_price),
        _ => None,
    }
}

fn window(timeline: &Timeline, at: &str) -> (String, String) {
    let window = timeline.window("cpu", hour(at)).unwrap();
    (window.first_day.to_string(), window.end_day.to_string())
}

fn days(from: &str, until: &str) -> (String, String) {
    (from.to_owned(), until.to_owned())
}

#[test]
fn a_version_that_claims_the_subscription_inside_a_month_begins_a_window_of_its_own() {
    let versions = [
        version("2026-01-01", None, &evergreen(&usage("u", "cpu", "1"))),
        version("2026-05-01", Some("2026-05-15"), &evergreen(&usage("u", "cpu", "2"))),
    ];
    let timeline = timeline(&versions, &Subscribed::new("vm", at("2026-04-01")));
    assert_eq!(price(&timeline, "2026-05-14T23:00:00Z"), Some(dec!(1)));
    assert_eq!(price(&timeline, "2026-05-15T00:00:00Z"), Some(dec!(2)));
    assert_eq!(
        window(&timeline, "2026-04-30T00:00:00Z"),
        days("2026-04-01", "2026-05-01")
    );
    assert_eq!(
        window(&timeline, "2026-05-03T00:00:00Z"),
        days("2026-05-01", "2026-05-15")
    );
    assert_eq!(
        window(&timeline, "2026-05-20T00:00:00Z"),
        days("2026-05-15", "2026-06-01")
    );
    assert_eq!(
        window(&timeline, "2029-08-20T00:00:00Z"),
        days("2029-08-01", "2029-09-01")
    );
}

#[test]
fn of_two_versions_that_claim_it_at_one_instant_the_older_holds() {
    let versions = [
        version("2026-01-01", None, &evergreen(&usage("u", "cpu", "1"))),
        version("2026-05-01", Some("2026-06-01"), &evergreen(&usage("u", "cpu", "2"))),
        version("2026-05-02", Some("2026-06-01"), &evergreen(&usage("u", "cpu", "3"))),
    ];
    let timeline = timeline(&versions, &Subscribed::new("vm", at("2026-04-01")));
    assert_eq!(price(&timeline, "2026-07-01T00:00:00Z"), Some(dec!(2)));
}

#[test]
fn a_plan_that_was_retired_and_came_back_leaves_old_subscriptions_where_they_were() {
    let versions = [
        version("2026-01-01", None, &evergreen(&usage("u", "cpu", "1"))),
        version("2026-02-01", None, ""),
        version("2026-03-01", Some("2026-03-01"), &evergreen(&usage("u", "cpu", "3"))),
    ];
    let old = timeline(&versions, &Subscribed::new("vm", at("2026-01-10")));
    assert_eq!(price(&old, "2026-06-01T00:00:00Z"), Some(dec!(1)));
    let new = timeline(&versions, &Subscribed::new("vm", at("2026-03-10")));
    assert_eq!(price(&new, "2026-06-01T00:00:00Z"), Some(dec!(3)));
}

#[test]
fn phases_follow_each_other_and_a_trial_gives_away_what_it_does_not_price() {
    let phases = format!(
        "<initialPhases>{}{}</initialPhases>{}",
        r#"<phase type="TRIAL"><duration><unit>DAYS</unit><number>14</number></duration><fixed/></phase>"#,
        phase("phase", "DISCOUNT", "1 MONTHS", &usage("d", "cpu", "0.5")),
        evergreen(&usage("e", "cpu", "1"))
    );
    let timeline = timeline(
        &[version("2026-01-01", None, &phases)],
        &Subscribed::new("vm", at("2026-01-01")),
    );
    assert!(matches!(timeline.fate("cpu", hour("2026-01-14T23:00:00Z")), Fate::Free(span) if span.phase == "vm-trial"));
    assert_eq!(price(&timeline, "2026-01-15T00:00:00Z"), Some(dec!(0.5)));
    assert_eq!(price(&timeline, "2026-02-15T00:00:00Z"), Some(dec!(1)));
    assert_eq!(
        window(&timeline, "2026-01-20T00:00:00Z"),
        days("2026-01-15", "2026-02-01")
    );
    assert_eq!(
        window(&timeline, "2026-02-10T00:00:00Z"),
        days("2026-02-01", "2026-02-15")
    );
    assert_eq!(
        window(&timeline, "2026-02-20T00:00:00Z"),
        days("2026-02-15", "2026-03-01")
    );
}

#[test]
fn a_fixed_term_runs_out_and_a_unit_that_is_gone_is_told() {
    let term = phase("finalPhase", "FIXEDTERM", "2 MONTHS", &usage("u", "cpu", "1"));
    let timeline_of = |versions: &[_]| timeline(versions, &Subscribed::new("vm", at("2026-01-10")));
    let fixed = timeline_of(&[version("2026-01-01", None, &term)]);
    let end = End {
        at: at("2026-03-10"),
        term_over: true,
    };
    assert_eq!(fixed.fate("cpu", hour("2026-03-10T00:00:00Z")), Fate::Ended(end));
    assert_eq!(price(&fixed, "2026-03-09T23:00:00Z"), Some(dec!(1)));
    let removed = timeline_of(&[
        version("2026-01-01", None, &evergreen(&usage("u", "cpu", "1"))),
        version("2026-02-01", Some("2026-02-01"), &evergreen(&usage("w", "ram", "1"))),
    ]);
    assert!(matches!(
        removed.fate("cpu", hour("2026-02-01T00:00:00Z")),
        Fate::NotPriced(_)
    ));
    assert!(matches!(
        removed.fate("ram", hour("2026-01-31T00:00:00Z")),
        Fate::NotPriced(_)
    ));
    assert_eq!(removed.fate("cpu", hour("2026-01-09T00:00:00Z")), Fate::BeforeStart);
}

fn block(at: &str, service: &str, blocked: bool) -> Event {
    Event {
        at: self::at(at),
        what: What::Block {
            service: service.to_owned(),
            blocked,
        },
    }
}

#[test]
fn what_is_blocked_is_never_billed_and_what_follows_begins_anew() {
    let mut subscribed = Subscribed::new("vm", at("2026-01-01"));
    subscribed.events.extend([
        block("2026-01-10", "ops", true),
        block("2026-01-11", "overdue-service", true),
        block("2026-01-12", "ops", false),
        block("2026-01-13", "overdue-service", false),
    ]);
    let timeline = timeline(
        &[version("2026-01-01", None, &evergreen(&usage("u", "cpu", "1")))],
        &subscribed,
    );
    for paused in ["2026-01-10T00:00:00Z", "2026-01-12T23:00:00Z"] {
        assert!(
            matches!(timeline.fate("cpu", hour(paused)), Fate::Paused(_)),
            "{paused}"
        );
    }
    assert_eq!(
        window(&timeline, "2026-01-09T23:00:00Z"),
        days("2026-01-01", "2026-01-10")
    );
    assert_eq!(
        window(&timeline, "2026-01-13T00:00:00Z"),
        days("2026-01-13", "2026-02-01")
    );
}

#[test]
fn another_billing_day_and_zone_move_the_windows() {
    let versions = Versions::new(vec![version("2026-01-01", None, &evergreen(&usage("u", "cpu", "1")))]);
    let account = AccountTerms {
        bill_cycle_day: Some(17),
        utc_offset: -5 * 3600,
        ..AccountTerms::ours("USD")
    };
    let subscribed = Subscribed::new("vm", at("2026-01-01T10:00:00Z"));
    let timeline = Timeline::new(&versions, &subscribed, &account, TenantTerms::default());
    assert_eq!(
        window(&timeline, "2026-01-17T04:00:00Z"),
        days("2026-01-01", "2026-01-17")
    );
    assert_eq!(
        window(&timeline, "2026-01-17T05:00:00Z"),
        days("2026-01-17", "2026-02-17")
    );
    let listed = timeline.windows("cpu", at("2026-01-05"), at("2026-03-01"));
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0].from, at("2026-01-01T10:00:00Z"));
}

#[test]
fn what_is_blocked_for_less_than_a_day_is_billed_all_the_same() {
    let mut subscribed = Subscribed::new("vm", at("2026-01-01"));
    subscribed.events.extend([
        block("2026-01-10T05:00:00Z", "ops", true),
        block("2026-01-10T23:00:00Z", "ops", false),
        // Together they block more than a day, but neither does alone.
        block("2026-01-15T00:00:00Z", "ops", true),
        block("2026-01-15T20:00:00Z", "overdue-service", true),
        block("2026-01-15T23:00:00Z", "ops", false),
        block("2026-01-16T19:00:00Z", "overdue-service", false),
        block("2026-01-20T06:00:00Z", "ops", true),
        block("2026-01-21T06:00:00Z", "ops", false),
    ]);
    let timeline = timeline(
        &[version("2026-01-01", None, &evergreen(&usage("u", "cpu", "1")))],
        &subscribed,
    );
    for billed in ["2026-01-10T12:00:00Z", "2026-01-15T21:00:00Z"] {
        assert_eq!(price(&timeline, billed), Some(dec!(1)), "{billed}");
        assert_eq!(window(&timeline, billed), days("2026-01-01", "2026-01-20"));
    }
    assert!(matches!(
        timeline.fate("cpu", hour("2026-01-20T12:00:00Z")),
        Fate::Paused(_)
    ));
}

#[test]
fn a_section_whose_tiers_do_not_all_price_a_unit_fails_every_invoice() {
    let block = |unit: &str, max: &str| {
        format!(
            "<tieredBlock><unit>{unit}</unit><size>1</size><prices><price><currency>USD</currency><value>1</value></price></prices><max>{max}</max></tieredBlock>"
        )
    };
    let section = format!(
        r#"<usage name="u" billingMode="IN_ARREAR" usageType="CONSUMABLE"><billingPeriod>MONTHLY</billingPeriod><tiers>
           <tier><blocks>{}{}</blocks></tier><tier><blocks>{}</blocks></tier></tiers></usage>"#,
        block("cpu", "10"),
        block("ram", "-1"),
        block("cpu", "-1"),
    );
    let timeline = timeline(
        &[version("2026-01-01", None, &evergreen(&section))],
        &Subscribed::new("vm", at("2026-01-01")),
    );
    let (_, why) = timeline.failing().unwrap();
    assert!(
        why.to_string().starts_with("tier 2 of usage `u` has no block of `ram`"),
        "{why}"
    );
    for unit in ["cpu", "ram"] {
        assert!(
            matches!(timeline.fate(unit, hour("2026-01-02T00:00:00Z")), Fate::Refused(_)),
            "{unit}"
        );
    }
}

#[test]
fn a_level_without_a_price_in_the_currency_fails_every_invoice() {
    let section = |price: &str| {
        format!(
            r#"<usage name="u" billingMode="IN_ARREAR" usageType="CAPACITY"><billingPeriod>MONTHLY</billingPeriod><tiers><tier>
               <limits><limit><unit>seat</unit><max>-1</max></limit></limits>{price}</tier></tiers></usage>"#
        )
    };
    let of = |price: &str| {
        let versions = [version("2026-01-01", None, &evergreen(&section(price)))];
        timeline(&versions, &Subscribed::new("vm", at("2026-01-01")))
    };
    let price = |currency: &str| {
        format!("<recurringPrice><price><currency>{currency}</currency><value>1</value></price></recurringPrice>")
    };
    assert!(of(&price("BTC")).failing().is_some());
    assert!(of("").failing().is_some());
    assert_eq!(of(&price("USD")).failing(), None);
    assert_eq!(of("<recurringPrice/>").failing(), None);
}
