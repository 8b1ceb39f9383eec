//! What a seed decides before anything happens: how large the world is, how the service is set up, how bad the weather is.

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::domain::due::Rhythm;

use super::dice::Dice;
use super::mistakes::Mistake;
use super::trouble::Rates;

/// The frame of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub begin: DateTime<Utc>,
    pub customers: usize,
    pub resources: usize,
    pub steps: usize,
    pub settle_after: TimeDelta,
    /// By the day in half of the worlds; mistakes show sooner by the hour.
    pub window: Rhythm,
    pub wait_out: TimeDelta,
    pub request_timeout: TimeDelta,
    /// How often a pass is doomed, in percent.
    pub deaths: u64,
    pub rates: Rates,
    pub mistake: Option<Mistake>,
}

impl Plan {
    pub fn of(seed: u64, mistake: Option<Mistake>, dice: &mut Dice) -> Self {
        let first: DateTime<Utc> = "2030-01-12T00:00:00Z".parse().expect("an instant");
        let begin = first + TimeDelta::hours(hours(dice, 24 * 18)) + TimeDelta::minutes(hours(dice, 59));
        let (request, statement, deaths) = dice.weighed(&[(1, (0, 0, 0)), (5, (12, 6, 20)), (3, (30, 15, 40))]);
        let (wait_out, request_timeout) = (TimeDelta::minutes(2), TimeDelta::seconds(30));
        let works_at_most = wait_out;
        Self {
            seed,
            begin,
            customers: dice.weighed(&[(3, 1), (2, 2), (1, 3)]),
            resources: dice.weighed(&[(3, 1), (4, 2), (2, 3), (1, 4)]),
            steps: usize::try_from(dice.between(15, 45)).unwrap_or(15),
            settle_after: dice.weighed(&[(1, TimeDelta::zero()), (1, TimeDelta::minutes(10))]),
            window: if dice.chance(50) && mistake.is_none() {
                Rhythm::Daily
            } else {
                Rhythm::Hourly
            },
            wait_out: if mistake == Some(Mistake::NoWaiting) {
                TimeDelta::zero()
            } else {
                wait_out
            },
            request_timeout,
            deaths,
            rates: Rates {
                request,
                statement,
                forgets: mistake == Some(Mistake::ForgetfulDisk),
                request_timeout,
                works_at_most,
            },
            mistake,
        }
    }
}

fn hours(dice: &mut Dice, most: u64) -> i64 {
    i64::try_from(dice.below(most)).unwrap_or_default()
}
