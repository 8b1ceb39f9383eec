//! When Kill Bill invoices the account, and how far back it then looks for late usage.

use chrono::{DateTime, Months, NaiveDate, NaiveTime, Utc};

use super::Timeline;
use super::cycle::last_billing_day;

impl Timeline {
    /// The account's run, by the calendar, that is over by `instant` or may still begin before it. Where subscriptions are
    /// billed on days of their own, a run may begin at any time.
    #[must_use]
    pub fn newest_run(&self, instant: DateTime<Utc>) -> DateTime<Utc> {
        let of_account = self.account.bill_cycle_day.filter(|_| self.follows_account);
        of_account.map_or(instant, |bill_cycle_day| {
            let day = last_billing_day(self.account.day_of(instant), bill_cycle_day);
            self.account.start_of(day)
        })
    }

    /// When Kill Bill makes the invoice of the run that begins with this billing day.
    #[must_use]
    pub fn run_of(&self, billing_day: DateTime<Utc>) -> DateTime<Utc> {
        self.account.instant_of(self.account.day_of(billing_day))
    }

    /// Whether the account's runs are known ahead.
    #[must_use]
    pub const fn foresees_runs(&self) -> bool {
        self.follows_account && self.account.bill_cycle_day.is_some()
    }

    /// The hours that the newest run by `instant` looks at: what was used in them and is in no invoice awaits it.
    #[must_use]
    pub fn reach_of_run(&self, instant: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
        let run = self.newest_run(instant);
        let oldest = self.looks_back_to(self.account.day_of(run));
        (
            oldest.or_else(|| self.start()).map_or(run, |oldest| oldest.min(run)),
            run,
        )
    }

    /// From where on Kill Bill looks at windows again when the account was last billed up to `day`: two periods back
    /// (`readMaxRawUsagePreviousPeriod`), at midnight UTC whatever the account's zone. None = at all of them.
    #[must_use]
    pub fn looks_back_to(&self, day: NaiveDate) -> Option<DateTime<Utc>> {
        let oldest = day.checked_sub_months(Months::new(self.tenant.look_back?))?;
        Some(oldest.and_time(NaiveTime::MIN).and_utc())
    }
}
