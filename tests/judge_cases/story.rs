//! What a seed tells, as data: a catalog in versions, an account, a subscription, pauses and usage. `deal` makes one of a
//! seed, `paper` writes its catalog, `smaller` takes things away from it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

pub const PLAN: &str = "machine";
pub const UNITS: [&str; 2] = ["cpu", "ram"];
/// Days between two looks at the clock: Kill Bill parks an account for which too many lines are made in one day.
pub const STEP: i64 = 5;
/// The last step; what is posted late comes a whole run earlier.
pub const STEPS: i64 = 30;

#[derive(Clone, Debug)]
pub struct Story {
    pub seed: u64,
    /// The oldest first.
    pub versions: Vec<Version>,
    pub shape: Shape,
    pub currency: &'static str,
    pub zone: &'static str,
    pub bill_cycle_day: u8,
    pub start: DateTime<Utc>,
    pub pauses: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    pub usage: Vec<Used>,
    /// The tenant lets new versions wait for the billing day.
    pub changes_wait: bool,
    /// Periods that the tenant looks back for late usage, where it says so.
    pub look_back: Option<u32>,
    /// The tenant's invoices have an item for each tier of each unit.
    pub itemizes: bool,
}

/// What stays the same in all versions: Kill Bill wants plans to keep their phases. Durations in days.
#[derive(Clone, Debug)]
pub struct Shape {
    pub trial: Option<u32>,
    pub discount: Option<u32>,
    pub term: Option<u32>,
    /// Of usage.
    pub period: &'static str,
    /// `ACCOUNT` or `SUBSCRIPTION`.
    pub alignment: &'static str,
    /// The period of the plan's own price, if it has one.
    pub recurring: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Version {
    pub from: DateTime<Utc>,
    /// For existing subscriptions.
    pub claims: Option<DateTime<Utc>>,
    /// The plan is not in it.
    pub retired: bool,
    pub discount: Vec<Section>,
    pub full: Vec<Section>,
}

#[derive(Clone, Debug)]
pub struct Section {
    /// With the phase it makes the usage's name.
    pub name: String,
    pub top_tier: bool,
    pub units: Vec<Priced>,
}

#[derive(Clone, Debug)]
pub struct Priced {
    pub unit: &'static str,
    pub tiers: Vec<Tier>,
}

#[derive(Clone, Debug)]
pub struct Tier {
    pub size: Decimal,
    pub price: Decimal,
    /// In blocks; -1 = no end.
    pub max: i64,
}

/// An hour's usage, or a correction of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    pub unit: &'static str,
    pub hour: DateTime<Utc>,
    /// What it adds; negative when it takes something back.
    pub amount: Decimal,
    /// After which move of the clock it is posted; 0 = when the story begins.
    pub step: i64,
    /// It corrects what this one said, by its place.
    pub corrects: Option<usize>,
}

/// How a server's clock is moved: by `STEP` days at a time.
#[derive(Clone, Copy, Debug)]
pub struct Calendar {
    pub begins: DateTime<Utc>,
    pub steps: i64,
    /// Days before the last step: windows that are over by then are billed, with all that came for them.
    pub settled: i64,
}

/// Of all stories.
pub fn calendar() -> Calendar {
    Calendar {
        begins: begins(),
        steps: STEPS,
        settled: 2,
    }
}

/// The first instant of all stories.
pub fn begins() -> DateTime<Utc> {
    "2030-01-01T00:00:00Z".parse().expect("an instant")
}

impl Calendar {
    /// What the clock shows after so many moves: noon, when the runs of the day are over.
    pub fn clock(self, step: i64) -> DateTime<Utc> {
        if step == 0 {
            return self.begins;
        }
        self.begins + TimeDelta::days(step * STEP) + TimeDelta::hours(12)
    }

    /// What is over by then is billed by the end.
    pub fn over(self) -> DateTime<Utc> {
        self.clock(self.steps) - TimeDelta::days(self.settled)
    }

    /// The last move before or on a day.
    pub fn step_of(self, day: NaiveDate) -> i64 {
        (day - self.begins.date_naive()).num_days().div_euclid(STEP)
    }

    /// The first move that reaches a day.
    pub fn first_after(self, day: NaiveDate) -> i64 {
        ((day - self.begins.date_naive()).num_days() + STEP - 1).div_euclid(STEP)
    }
}

/// What a story's clock shows after so many moves.
pub fn clock(step: i64) -> DateTime<Utc> {
    calendar().clock(step)
}
