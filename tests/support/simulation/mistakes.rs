//! Deliberate mistakes, to see that the simulation finds them. None of them is in the service: each is made at one of its
//! seams, in its database (`sql`), in what it says to its database or to Kill Bill (`hops`), in its settings, or in its
//! client. docs/simulation.md has the table.

mod hops;
mod sql;

use sqlx::PgPool;

use crate::support::killbill_model::Model;
use crate::support::postgres_line::PostgresLine;

/// The table. Each line: name = word, what it stands for.
macro_rules! mistakes {
    ($($name:ident = $word:literal, $meaning:literal;)+) => {
        /// A mistake that can be switched on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mistake {
            $(#[doc = $meaning] $name,)+
        }

        impl Mistake {
            pub const ALL: &[Self] = &[$(Self::$name),+];

            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)+
                }
            }
        }
    };
}

mistakes! {
    NoReadBack = "no-read-back", "an unknown outcome is tried again at once, without reading Kill Bill's sums";
    NoWaiting = "no-waiting", "an unknown outcome is read back at once, while Kill Bill may still be working on it (wait_out = 0)";
    NewTrackingId = "new-tracking-id", "a delivery that is sent again gets a new tracking id";
    GrownOnRetry = "grown-on-retry", "a delivery that is sent again takes along what has come in meanwhile";
    NoTrackingId = "no-tracking-id", "usage is sent without a tracking id";
    SettledBeforeAnswer = "settled-before-answer", "a delivery counts as delivered when it is sent, not when it is answered";
    ErrorsAreSuccess = "errors-are-success", "a 5xx answer to a usage post counts as delivered";
    NotWrittenDown = "not-written-down", "a delivery is sent before it is written down that it is being sent";
    TwoInFlight = "two-in-flight", "a new delivery is sent while the outcome of another one is unknown";
    NoLease = "no-lease", "every worker gets every lease, and nothing asks whether the delivery is still his";
    WatermarkEarly = "watermark-early", "records count as sent that are in no delivery";
    SupersededSent = "superseded-sent", "a revision that was corrected before it was sent is sent all the same";
    WholeCorrection = "whole-correction", "a correction sends the whole quantity instead of the difference";
    HeldSent = "held-sent", "usage from before the billing start is sent";
    NeighbourMonth = "neighbour-month", "an hour is stamped into the month before";
    Rounded = "rounded", "quantities are sent with six decimals";
    YesterdaysClock = "yesterdays-clock", "Kill Bill's clock is believed a day behind";
    BelievedPush = "believed-push", "the client takes a push without an answer for stored";
    FarBelieved = "far-believed", "an hour far from the clocks is taken like any other";
    ZerosBegin = "zeros-begin", "an hour that consumed nothing begins and ends subscriptions like any other";
    ForgetfulDisk = "forgetful-disk", "the database answers a commit and forgets it";
}

impl Mistake {
    /// The one of that name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mistake| mistake.word() == word)
    }

    /// What the mistakes look for in the service's statements; each has to stand in one of them.
    pub fn looked_for() -> impl Iterator<Item = &'static str> {
        let bends = Self::ALL.iter().filter_map(|mistake| hops::to_postgres(*mistake));
        bends.flatten().map(|(from, _)| *from)
    }

    /// Makes it on a ground.
    pub async fn make(self, pool: &PgPool, model: &Model, lines: &[PostgresLine]) {
        if let Some(sql) = sql::of(self) {
            sqlx::raw_sql(sql).execute(pool).await.expect("the mistake can be made");
        }
        if let Some((request, answer)) = hops::to_killbill(self) {
            model.bend(request, answer);
        }
        if let Some(statement) = hops::to_postgres(self) {
            for line in lines {
                line.bend(statement);
            }
        }
    }
}
