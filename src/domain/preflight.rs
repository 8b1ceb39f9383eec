//! What must not leave for Kill Bill: it would take it with a 201 and never bill it, or stop invoicing the account
//! (killbill.md 4.5, 4.6). Pure: what is known of a subscription in, a reason or none for each record out.
//!
//! `db::outbox` asks about exactly the rows that it has locked for a delivery, so no record slips in between, and asks
//! again about held ones from time to time: a reason that is gone lifts its hold.

mod limits;

use std::collections::BTreeMap;

use chrono::{DateTime, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::delivery::Sums;
use super::hold::HoldCode;
use super::hour::Hour;
use super::month::Month;
pub use limits::Prices;
use limits::Totals;

/// How far back Kill Bill bills late usage (`readMaxRawUsagePreviousPeriod`), counted from what it billed last.
const LOOK_BACK: Months = Months::new(2);

/// The run that bills a month begins on the first day of the next, at the account's own time of day; an hour for the run itself.
const RUN_WITHIN: TimeDelta = TimeDelta::hours(25);

/// What Kill Bill says about a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Usage before it is never billed.
    pub billing_start: DateTime<Utc>,
    /// Usage from it on is refused or never billed; none = no end in sight.
    pub billing_end: Option<DateTime<Utc>>,
    /// Up to where committed invoices reach; none = nothing is invoiced yet.
    pub charged_through: Option<NaiveDate>,
    /// The same of the account's other subscriptions: Kill Bill looks back from what it billed last on the account, so the
    /// months of a subscription that has ended close like all others.
    pub account_through: Option<NaiveDate>,
    /// By when, on Kill Bill's clock, all that sets out now has arrived, if it ever does.
    pub arrives_by: DateTime<Utc>,
    pub prices: Prices,
    /// What it has already, by month and unit.
    pub carried: BTreeMap<Month, Sums>,
}

/// A record that waits to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// Kill Bill's unit.
    pub unit: &'a str,
    pub hour: Hour,
    /// What it adds to what Kill Bill has, in Kill Bill's unit; negative when a correction takes something back.
    pub amount: Decimal,
}

/// Whether a subscription of the account that ends about now could close the month for the others. A day is added for
/// what is decided about midnight.
#[must_use]
pub fn an_end_may_close(month: Month, now: DateTime<Utc>) -> bool {
    let tomorrow = now.date_naive().succ_opt().unwrap_or(NaiveDate::MAX);
    let limit = tomorrow.checked_sub_months(LOOK_BACK);
    limit.is_some_and(|limit| month.first_day() < limit)
}

/// Whether a run may invoice the subscription beyond `end` before a request to end it there arrives: nothing that comes late
/// for the month would be billed any more.
#[must_use]
pub fn an_end_may_come_late(end: DateTime<Utc>, invoiced: Option<DateTime<Utc>>, arrives_by: DateTime<Utc>) -> bool {
    let run = newest_run(arrives_by);
    end < run && invoiced.is_none_or(|until| until < run) && arrives_by - run < RUN_WITHIN
}

/// A reason, and when it holds a record.
type Rule = (HoldCode, fn(&Lane, &Waiting<'_>) -> bool);

/// The first that applies is the reason.
const RULES: &[Rule] = &[
    (HoldCode::BeforeSubscription, |lane, waiting| {
        waiting.hour.start() < lane.billing_start
    }),
    (HoldCode::AfterSubscription, |lane, waiting| {
        lane.billing_end.is_some_and(|end| waiting.hour.start() >= end)
    }),
    (HoldCode::PeriodClosed, |lane, waiting| {
        let billed_last = lane.charged_through.max(lane.account_through);
        let oldest = billed_last.and_then(|day| day.checked_sub_months(LOOK_BACK));
        oldest.is_some_and(|day| lane.period_of(waiting.hour) < day)
    }),
    (HoldCode::CorrectionAfterInvoice, |lane, waiting| {
        waiting.amount < Decimal::ZERO && lane.is_invoiced(waiting.hour)
    }),
    (HoldCode::InvoiceDue, |lane, waiting| {
        let shrinks = waiting.amount < Decimal::ZERO && lane.end_of_period(waiting.hour) <= lane.arrives_by;
        shrinks || lane.is_about_to_close(waiting.hour)
    }),
];

/// The reasons that are looked for here, and that lift by themselves.
#[must_use]
pub fn codes() -> Vec<HoldCode> {
    let limits = [HoldCode::BeyondLastTier, HoldCode::BeyondKillbillColumn];
    RULES.iter().map(|(code, _)| *code).chain(limits).collect()
}

/// One look at records in the order in which they would be sent: what may go counts for those after it.
#[derive(Debug)]
pub struct Examination<'l> {
    lane: &'l Lane,
    totals: Totals,
}

impl Examination<'_> {
    /// Why the record must wait; none = it may go, and is counted as sent.
    pub fn hold(&mut self, waiting: &Waiting<'_>) -> Option<HoldCode> {
        let applies = |(_, rule): &&Rule| rule(self.lane, waiting);
        match RULES.iter().find(applies) {
            Some((code, _)) => Some(*code),
            None => self.totals.add(&self.lane.prices, waiting),
        }
    }
}

impl Lane {
    /// Begins a look at records, the earliest hour first.
    #[must_use]
    pub fn examination(&self) -> Examination<'_> {
        Examination {
            lane: self,
            totals: Totals(self.carried.clone()),
        }
    }

    /// The first day of the hour's billing period. Kill Bill looks at a period again as a whole or not at all: when an end
    /// inside a month was billed last, it no longer looks at the one two months back, late hours of it included.
    fn period_of(&self, hour: Hour) -> NaiveDate {
        let month = Month::containing(hour.start()).first_day();
        month.max(self.billing_start.date_naive())
    }

    /// When the hour's billing period is over: from then on the run that invoices it may begin any time.
    fn end_of_period(&self, hour: Hour) -> DateTime<Utc> {
        let month = Month::containing(hour.start()).end();
        self.billing_end.map_or(month, |end| end.min(month))
    }

    /// Whether the run of these hours, by Kill Bill's clock, is the one after which the hour's period is not looked at any more.
    fn is_about_to_close(&self, hour: Hour) -> bool {
        self.arrives_by - newest_run(self.arrives_by) < RUN_WITHIN && self.is_old(hour)
    }

    /// Whether a run that is over by now, or begins before the hour arrives, may have closed the hour's period.
    #[must_use]
    pub fn is_old(&self, hour: Hour) -> bool {
        let oldest = newest_run(self.arrives_by).date_naive().checked_sub_months(LOOK_BACK);
        oldest.is_some_and(|day| self.period_of(hour) < day)
    }

    /// Whether a committed invoice reaches beyond the hour.
    #[must_use]
    pub fn is_invoiced(&self, hour: Hour) -> bool {
        self.charged_through.is_some_and(|day| {
            // The last invoice of what has ended reaches to its very end, inside the day that it names.
            let to_the_end = self.billing_end.filter(|end| end.date_naive() <= day);
            hour.start() < to_the_end.map_or(midnight(day), |end| end.max(midnight(day)))
        })
    }
}

/// The run, by the calendar, that is over by the instant or may still begin before it.
fn newest_run(arrives_by: DateTime<Utc>) -> DateTime<Utc> {
    Month::containing(arrives_by).start()
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
