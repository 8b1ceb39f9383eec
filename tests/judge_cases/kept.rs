//! Stories of faults that were found: each is one kind, as plain as it can be, and is played with the first seeds.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, dec};

use super::story::{Priced, Section, Shape, Story, Tier, Used, Version, begins};

/// The first number of a kept story, far from all seeds.
const FIRST: u64 = 1_000_001;

pub fn stories() -> Vec<Story> {
    let all = [
        what_is_paused_for_less_than_a_day_is_billed(),
        a_tier_without_a_block_of_a_unit_fails_every_invoice(),
        late_usage_that_reaches_a_cheaper_top_tier_waits(),
        an_unlimited_tier_that_is_not_the_last_is_passed_by(),
        a_plan_that_comes_back_does_not_claim_its_old_subscriptions(),
        of_two_claims_at_one_instant_the_older_version_holds(),
        windows_inside_one_day_wait(),
    ];
    (FIRST..)
        .zip(all)
        .map(|(seed, story)| Story { seed, ..story })
        .collect()
}

fn what_is_paused_for_less_than_a_day_is_billed() -> Story {
    Story {
        pauses: vec![(at(9, 5), at(9, 23)), (at(40, 6), at(41, 6))],
        usage: vec![
            used("cpu", at(9, 12), 5, 0),
            used("cpu", at(20, 0), 3, 0),
            used("cpu", at(40, 12), 7, 0),
        ],
        ..plain(vec![of_units(&[("cpu", &[one(-1)])], false)])
    }
}

fn a_tier_without_a_block_of_a_unit_fails_every_invoice() -> Story {
    Story {
        usage: vec![used("cpu", at(9, 12), 5, 0), used("ram", at(9, 12), 5, 5)],
        ..plain(vec![of_units(
            &[("cpu", &[one(10), one(-1)]), ("ram", &[one(-1)])],
            false,
        )])
    }
}

fn late_usage_that_reaches_a_cheaper_top_tier_waits() -> Story {
    Story {
        usage: vec![
            used("cpu", at(9, 12), 90, 0),
            used("cpu", at(12, 12), 20, 8),
            used("cpu", at(13, 12), 5, 8),
        ],
        ..plain(vec![of_units(&[("cpu", &[tier(dec!(2), 100), one(-1)])], true)])
    }
}

fn an_unlimited_tier_that_is_not_the_last_is_passed_by() -> Story {
    Story {
        usage: vec![used("cpu", at(9, 12), 90, 0), used("ram", at(9, 12), 90, 0)],
        ..plain(vec![
            of_units(&[("cpu", &[tier(dec!(2), -1), one(-1)])], true),
            of_units(&[("ram", &[tier(dec!(2), -1), one(-1)])], false),
        ])
    }
}

fn a_plan_that_comes_back_does_not_claim_its_old_subscriptions() -> Story {
    let dear = vec![of_units(&[("cpu", &[tier(dec!(3), -1)])], false)];
    let mut story = plain(vec![of_units(&[("cpu", &[one(-1)])], false)]);
    story.versions.push(Version {
        from: at(19, 0),
        retired: true,
        ..version(Vec::new())
    });
    story.versions.push(Version {
        from: at(45, 0),
        claims: Some(at(50, 0)),
        ..version(dear)
    });
    story.usage = vec![used("cpu", at(9, 0), 5, 0), used("cpu", at(70, 0), 5, 0)];
    story
}

fn of_two_claims_at_one_instant_the_older_version_holds() -> Story {
    let priced = |price| vec![of_units(&[("cpu", &[tier(price, -1)])], false)];
    let mut story = plain(priced(dec!(1)));
    for (days, price) in [(19, dec!(2)), (20, dec!(3))] {
        story.versions.push(Version {
            from: at(days, 0),
            claims: Some(at(35, 0)),
            ..version(priced(price))
        });
    }
    story.usage = vec![used("cpu", at(9, 0), 5, 0), used("cpu", at(70, 0), 5, 0)];
    story
}

fn windows_inside_one_day_wait() -> Story {
    let mut story = plain(vec![of_units(&[("cpu", &[one(-1)])], false)]);
    for hours in [6, 12, 18] {
        story.versions.push(Version {
            from: at(20, hours),
            claims: Some(at(35, hours)),
            ..version(vec![of_units(&[("cpu", &[one(-1)])], false)])
        });
    }
    story.usage = vec![
        used("cpu", at(35, 8), 5, 0),
        used("cpu", at(35, 14), 7, 0),
        used("cpu", at(40, 0), 3, 0),
    ];
    story
}

/// An account and a subscription as the service makes them, on one version with these sections.
fn plain(full: Vec<Section>) -> Story {
    Story {
        seed: 0,
        versions: vec![version(full)],
        shape: Shape {
            trial: None,
            discount: None,
            term: None,
            period: "MONTHLY",
            alignment: "ACCOUNT",
            recurring: None,
        },
        currency: "USD",
        zone: "UTC",
        bill_cycle_day: 1,
        start: begins(),
        pauses: Vec::new(),
        usage: Vec::new(),
        changes_wait: false,
        look_back: None,
        itemizes: false,
    }
}

fn version(full: Vec<Section>) -> Version {
    Version {
        from: begins() - TimeDelta::days(400),
        claims: None,
        retired: false,
        discount: Vec::new(),
        full,
    }
}

fn of_units(units: &[(&'static str, &[Tier])], top_tier: bool) -> Section {
    let names: Vec<&str> = units.iter().map(|(unit, _)| *unit).collect();
    let priced = units.iter().map(|(unit, tiers)| Priced {
        unit,
        tiers: tiers.to_vec(),
    });
    Section {
        name: names.join("-"),
        top_tier,
        units: priced.collect(),
    }
}

fn one(max: i64) -> Tier {
    tier(Decimal::ONE, max)
}

fn tier(price: Decimal, max: i64) -> Tier {
    Tier {
        size: Decimal::ONE,
        price,
        max,
    }
}

fn used(unit: &'static str, hour: DateTime<Utc>, amount: i64, step: i64) -> Used {
    Used {
        unit,
        hour,
        amount: amount.into(),
        step,
        corrects: None,
    }
}

/// Days and hours after the first instant.
fn at(days: i64, hours: i64) -> DateTime<Utc> {
    begins() + TimeDelta::days(days) + TimeDelta::hours(hours)
}
