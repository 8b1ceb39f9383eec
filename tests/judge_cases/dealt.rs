//! What a seed deals: a catalog of several versions, an account, a subscription, pauses and usage.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rust_decimal::Decimal;

pub const PLAN: &str = "machine";
/// The first instant of the story.
pub const BEGINS: &str = "2030-01-01T00:00:00Z";
const UNITS: [&str; 2] = ["cpu", "ram"];

pub struct Dealt {
    pub seed: u64,
    /// Catalog versions as they are uploaded, the oldest first.
    pub catalogs: Vec<String>,
    pub currency: &'static str,
    pub zone: &'static str,
    pub bill_cycle_day: u8,
    pub start: DateTime<Utc>,
    pub pauses: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    /// Unit, hour, amount.
    pub usage: Vec<(&'static str, DateTime<Utc>, Decimal)>,
    /// The tenant lets new versions wait for the billing day.
    pub changes_wait: bool,
}

/// What stays the same in all versions: Kill Bill wants plans to keep their phases.
struct Shape {
    trial: Option<u32>,
    discount: Option<u32>,
    term: Option<u32>,
    period: &'static str,
    alignment: &'static str,
}

pub fn deal(seed: u64) -> Dealt {
    let mut random = StdRng::seed_from_u64(seed);
    let begins: DateTime<Utc> = BEGINS.parse().unwrap();
    let hours = |random: &mut StdRng, until: i64| begins + TimeDelta::hours(random.random_range(0..until));
    let currency = ["USD", "USD", "JPY", "OMR"].choose(&mut random).copied().unwrap();
    let shape = Shape {
        trial: random.random_bool(0.3).then(|| random.random_range(3..20)),
        discount: random.random_bool(0.3).then(|| random.random_range(5..40)),
        term: random.random_bool(0.2).then(|| random.random_range(20..80)),
        period: [
            "MONTHLY",
            "MONTHLY",
            "MONTHLY",
            "MONTHLY",
            "DAILY",
            "WEEKLY",
            "QUARTERLY",
        ]
        .choose(&mut random)
        .copied()
        .unwrap(),
        alignment: ["ACCOUNT", "ACCOUNT", "ACCOUNT", "SUBSCRIPTION"]
            .choose(&mut random)
            .copied()
            .unwrap(),
    };
    let number = random.random_range(1..=4);
    let mut versions: Vec<DateTime<Utc>> = (1..number).map(|_| hours(&mut random, 24 * 100)).collect();
    versions.push(begins - TimeDelta::days(400));
    versions.sort();
    versions.dedup();
    let catalogs = (0..)
        .zip(&versions)
        .map(|(index, from)| catalog(&mut random, &shape, currency, index, *from))
        .collect();
    let start = begins + TimeDelta::hours(random.random_range(0..24 * 25));
    let pauses = if random.random_bool(0.25) {
        let from = start + TimeDelta::hours(random.random_range(24..24 * 50));
        vec![(from, from + TimeDelta::hours(random.random_range(5..24 * 8)))]
    } else {
        Vec::new()
    };
    let records = random.random_range(20..60);
    let mut usage = Vec::new();
    for _ in 0..records {
        let hour = start + TimeDelta::hours(random.random_range(0..24 * 85));
        let amount = Decimal::new(random.random_range(1..40_000), random.random_range(0..4));
        usage.push((UNITS.choose(&mut random).copied().unwrap(), hour, amount));
    }
    Dealt {
        seed,
        catalogs,
        currency,
        zone: ["UTC", "UTC", "America/New_York", "Asia/Kolkata", "Europe/Tallinn"]
            .choose(&mut random)
            .copied()
            .unwrap(),
        bill_cycle_day: [1, 1, 5, 17, 28, 31].choose(&mut random).copied().unwrap(),
        start,
        pauses,
        usage,
        changes_wait: random.random_bool(0.1),
    }
}

fn catalog(random: &mut StdRng, shape: &Shape, currency: &str, index: u32, from: DateTime<Utc>) -> String {
    let retired = index > 0 && random.random_bool(0.1);
    let claims =
        (index > 0 && random.random_bool(0.7)).then(|| from + TimeDelta::hours(random.random_range(0..24 * 20)));
    let plan = if retired {
        String::new()
    } else {
        plan(random, shape, currency, claims)
    };
    let listed = if retired {
        String::new()
    } else {
        format!("<plan>{PLAN}</plan>")
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<catalog xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><effectiveDate>{}</effectiveDate><catalogName>Judged</catalogName>
<currencies><currency>{currency}</currency></currencies><units><unit name="cpu"/><unit name="ram"/></units>
<products><product name="Machine"><category>STANDALONE</category></product><product name="Other"><category>STANDALONE</category></product></products>
<rules><changePolicy><changePolicyCase><policy>IMMEDIATE</policy></changePolicyCase></changePolicy>
<cancelPolicy><cancelPolicyCase><policy>IMMEDIATE</policy></cancelPolicyCase></cancelPolicy>
<billingAlignment><billingAlignmentCase><alignment>{}</alignment></billingAlignmentCase></billingAlignment></rules>
<plans>{plan}<plan name="other"><product>Other</product><finalPhase type="EVERGREEN"><duration><unit>UNLIMITED</unit></duration>{}</finalPhase></plan></plans>
<priceLists><defaultPriceList name="DEFAULT"><plans>{listed}<plan>other</plan></plans></defaultPriceList></priceLists></catalog>"#,
        from.to_rfc3339(),
        shape.alignment,
        usages(random, shape, currency, "other"),
    )
}

fn plan(random: &mut StdRng, shape: &Shape, currency: &str, claims: Option<DateTime<Utc>>) -> String {
    let claims = claims.map_or_else(String::new, |at| {
        format!(
            "<effectiveDateForExistingSubscriptions>{}</effectiveDateForExistingSubscriptions>",
            at.to_rfc3339()
        )
    });
    let mut initial = String::new();
    if let Some(days) = shape.trial {
        let _ = write!(
            initial,
            r#"<phase type="TRIAL"><duration><unit>DAYS</unit><number>{days}</number></duration><fixed><fixedPrice/></fixed></phase>"#
        );
    }
    if let Some(days) = shape.discount {
        let sections = usages(random, shape, currency, "less");
        let _ = write!(
            initial,
            r#"<phase type="DISCOUNT"><duration><unit>DAYS</unit><number>{days}</number></duration>{sections}</phase>"#
        );
    }
    let (kind, duration) = shape.term.map_or_else(
        || ("EVERGREEN", "<unit>UNLIMITED</unit>".to_owned()),
        |days| ("FIXEDTERM", format!("<unit>DAYS</unit><number>{days}</number>")),
    );
    let sections = usages(random, shape, currency, "full");
    let initial = if initial.is_empty() {
        initial
    } else {
        format!("<initialPhases>{initial}</initialPhases>")
    };
    format!(
        r#"<plan name="{PLAN}">{claims}<product>Machine</product>{initial}<finalPhase type="{kind}"><duration>{duration}</duration>{sections}</finalPhase></plan>"#
    )
}

/// One section for each unit, or now and then one unit only.
fn usages(random: &mut StdRng, shape: &Shape, currency: &str, name: &str) -> String {
    let only_cpu = random.random_bool(0.15);
    let units = UNITS.iter().filter(|unit| !only_cpu || **unit == "cpu");
    let sections: String = units
        .map(|unit| section(random, shape, currency, &format!("{name}-{unit}"), unit))
        .collect();
    format!("<usages>{sections}</usages>")
}

fn section(random: &mut StdRng, shape: &Shape, currency: &str, name: &str, unit: &str) -> String {
    let number = random.random_range(1..=3);
    let mut tiers = String::new();
    for tier in 1..=number {
        let (size, price) = (
            Decimal::new(random.random_range(1..300), 1),
            Decimal::new(random.random_range(0..5000), 3),
        );
        let max = if tier == number {
            -1
        } else {
            random.random_range(1..400)
        };
        let _ = write!(
            tiers,
            "<tier><blocks><tieredBlock><unit>{unit}</unit><size>{size}</size><prices><price><currency>{currency}</currency><value>{price}</value></price></prices><max>{max}</max></tieredBlock></blocks></tier>"
        );
    }
    let policy = if random.random_bool(0.3) {
        "TOP_TIER"
    } else {
        "ALL_TIERS"
    };
    format!(
        r#"<usage name="{name}" billingMode="IN_ARREAR" usageType="CONSUMABLE" tierBlockPolicy="{policy}"><billingPeriod>{}</billingPeriod><tiers>{tiers}</tiers></usage>"#,
        shape.period
    )
}
