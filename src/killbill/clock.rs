//! Kill Bill's test clock. One clock for a whole server, whatever the tenant; a server that bills real customers refuses these calls.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use super::{Error, KillBill};

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
            Ok(_) | Err(Error::Refused { status: 412, .. } | Error::Stranger { status: 412, .. }) => {
                self.wait_for_queues().await
            }
            Err(error) => Err(error),
        }
    }

    /// Returns when the tenant's bus and notification queues are drained.
    ///
    /// Kill Bill looks at one queue and then at the other; what passes from the second into the first between the two looks
    /// is seen by neither. On a busy machine that happens, so it has to say so three times.
    ///
    /// # Errors
    /// See [`Error`]; status 412 when they were not in a minute.
    pub async fn wait_for_queues(&self) -> Result<(), Error> {
        for _ in 0..3 {
            self.look_at_queues().await?;
        }
        Ok(())
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

/// The way Kill Bill reads instants; anything with a `T` counts as one.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
