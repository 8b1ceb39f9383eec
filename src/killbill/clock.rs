//! Kill Bill's test clock. One clock for a whole server, whatever the tenant; a server that bills real customers refuses these calls.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use super::{Error, KillBill};

/// So many looks of a minute each at queues that are not empty: more than its reaper needs, see [`TestClock::wait_for_queues`].
const LOOKS: usize = 5;

/// Calls about the server's clock.
#[derive(Debug, Clone, Copy)]
pub struct TestClock<'a>(pub(super) &'a KillBill);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reading {
    current_utc_time: DateTime<Utc>,
}

impl TestClock<'_> {
    /// What time Kill Bill thinks it is.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn now(&self) -> Result<DateTime<Utc>, Error> {
        let reading: Reading = self.0.get(&["test", "clock"]).send().await?.json()?;
        Ok(reading.current_utc_time)
    }

    /// The same, and `ours` where Kill Bill has no such call: a server that bills real customers goes by the time of day.
    ///
    /// # Errors
    /// See [`Error`]; a refusal, whoever's, is none.
    pub async fn now_or(&self, ours: DateTime<Utc>) -> Result<DateTime<Utc>, Error> {
        match self.now().await {
            // Without test mode it is the container, or a gateway, that knows no such address.
            Err(Error::Stranger { status: 400..=499, .. }) => Ok(ours),
            Err(error) if error.is_definite() => Ok(ours),
            answer => answer,
        }
    }

    /// Moves the clock and lets Kill Bill do what fell due meanwhile. Step month by month, or several invoices become one.
    ///
    /// It answers 412 when that is not done in a minute; the clock is moved all the same, and a busy machine gets more time.
    ///
    /// # Errors
    /// See [`Error`] and [`Self::wait_for_queues`].
    pub async fn set(&self, to: DateTime<Utc>) -> Result<(), Error> {
        let call = self
            .0
            .post(&["test", "clock"])
            .query("requestedDate", &instant(to))
            .query("timeoutSec", "60");
        match call.patient().send().await {
            Err(error) if !not_yet(&error) => Err(error),
            _ => self.wait_for_queues().await,
        }
    }

    /// Returns when the tenant's bus and notification queues are drained.
    ///
    /// Kill Bill looks at one queue and then at the other; what passes from the second into the first between the two looks
    /// is seen by neither. On a busy machine that happens, so it has to say so three times.
    ///
    /// One that was killed leaves what it had in hand marked as taken; the next takes it over when its reaper comes by, which
    /// is every three minutes (`reapSchedule`). So a minute's look that sees something left is no failure yet.
    ///
    /// # Errors
    /// See [`Error`]; status 412 when something was left for [`LOOKS`] minutes.
    pub async fn wait_for_queues(&self) -> Result<(), Error> {
        for _ in 0..3 {
            self.queues_drained().await?;
        }
        Ok(())
    }

    async fn queues_drained(&self) -> Result<(), Error> {
        for _ in 1..LOOKS {
            match self.look_at_queues().await {
                Err(error) if not_yet(&error) => {}
                answer => return answer,
            }
        }
        self.look_at_queues().await
    }

    async fn look_at_queues(&self) -> Result<(), Error> {
        self.0
            .get(&["test", "queues"])
            .query("timeoutSec", "60")
            .patient()
            .send()
            .await
            .map(drop)
    }
}

/// What is due was not done within the time that was given for it.
fn not_yet(error: &Error) -> bool {
    matches!(
        error,
        Error::Refused { status: 412, .. } | Error::Stranger { status: 412, .. }
    )
}

/// The way Kill Bill reads instants; anything with a `T` counts as one.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
