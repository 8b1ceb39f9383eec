//! What must not leave for Kill Bill: it would take it with a 201 and never bill it, or stop invoicing the account
//! (killbill.md 4.5, 4.6). Pure: what is known of a subscription in, a reason or none for each record out.
//!
//! `db::outbox` asks about exactly the rows that it has locked for a delivery, so no record slips in between, and asks
//! again about held ones from time to time: a reason that is gone lifts its hold.

mod limits;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::hold::HoldCode;
use super::hour::Hour;
use super::price::TierPolicy;
use super::timeline::{Fate, Timeline, Window};
pub use limits::Carried;
use limits::Totals;

/// The run that bills a month begins on the account's next billing day, at the account's own time of day; an hour for the
/// run itself. One that comes later still (Kill Bill was away, or somebody told it to wait) is told by what it has not invoiced.
const RUN_WITHIN: TimeDelta = TimeDelta::hours(25);

/// What is known about a subscription when something is to be sent for it.
#[derive(Clone, Debug)]
pub struct Lane {
    pub timeline: Timeline,
    /// Up to where committed invoices reach; none = nothing is invoiced yet.
    pub charged_through: Option<NaiveDate>,
    /// The same of the account's other subscriptions: Kill Bill looks back from what it billed last on the account, so the
    /// months of a subscription that has ended close like all others.
    pub account_through: Option<NaiveDate>,
    /// By when, on Kill Bill's clock, all that sets out now has arrived, if it ever does.
    pub arrives_by: DateTime<Utc>,
    /// The account's newest run by the calendar has not invoiced what was told before it.
    pub run_is_late: bool,
    /// What it has already, by unit and window.
    pub carried: Carried,
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

/// Whether a subscription of the account that ends about now could close a window that begins at `from` for the others. A
/// day is added for what is decided about midnight.
#[must_use]
pub fn an_end_may_close(timeline: &Timeline, from: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let tomorrow = now.date_naive().succ_opt().unwrap_or(NaiveDate::MAX);
    timeline.looks_back_to(tomorrow).is_some_and(|oldest| from < oldest)
}

/// Whether a run may invoice the subscription beyond `end` before a request to end it there arrives: nothing that comes late
/// for the month would be billed any more.
#[must_use]
pub fn an_end_may_come_late(
    timeline: &Timeline,
    end: DateTime<Utc>,
    invoiced: Option<DateTime<Utc>>,
    arrives_by: DateTime<Utc>,
    run_is_late: bool,
) -> bool {
    let run = timeline.newest_run(arrives_by);
    end < run && invoiced.is_none_or(|until| until < run) && (run_is_late || arrives_by - run < RUN_WITHIN)
}

/// The reasons that are looked for here, and that lift by themselves.
#[must_use]
pub const fn codes() -> [HoldCode; 11] {
    [
        HoldCode::BeforeSubscription,
        HoldCode::AfterSubscription,
        HoldCode::TermOver,
        HoldCode::BillingPaused,
        HoldCode::UnitNotInPlan,
        HoldCode::NotBillable,
        HoldCode::PeriodClosed,
        HoldCode::CorrectionAfterInvoice,
        HoldCode::InvoiceDue,
        HoldCode::BeyondLastTier,
        HoldCode::BeyondKillbillColumn,
    ]
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
        // A zero costs nothing before the start; after the end Kill Bill refuses it.
        let of_terms = terms(&self.lane.timeline.fate(waiting.unit, waiting.hour))
            .filter(|code| *code != HoldCode::BeforeSubscription || !waiting.amount.is_zero());
        of_terms
            .or_else(|| {
                let takes_back = self.totals.takes_back(&self.lane.timeline, waiting);
                self.lane.of_invoices(waiting, takes_back)
            })
            .or_else(|| self.totals.add(&self.lane.timeline, waiting))
    }
}

/// Why the terms of the hour do not bill it. What a trial gives away goes: Kill Bill shows it and takes nothing.
const fn terms(fate: &Fate<'_>) -> Option<HoldCode> {
    match fate {
        Fate::Billed(_) | Fate::Free(_) => None,
        Fate::BeforeStart => Some(HoldCode::BeforeSubscription),
        Fate::Ended(end) if end.term_over => Some(HoldCode::TermOver),
        Fate::Ended(_) => Some(HoldCode::AfterSubscription),
        Fate::Paused(_) => Some(HoldCode::BillingPaused),
        Fate::NotPriced(_) => Some(HoldCode::UnitNotInPlan),
        Fate::Refused(_) | Fate::Twice(_) => Some(HoldCode::NotBillable),
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

    /// When the window of the record is over, and what is in it can be invoiced; none where it is not billed.
    #[must_use]
    pub fn closes(&self, waiting: &Waiting<'_>) -> Option<DateTime<Utc>> {
        self.timeline
            .window(waiting.unit, waiting.hour)
            .map(|window| window.until)
    }

    /// Why the account's invoices forbid it. `shrinks` = its window would cost less with it.
    fn of_invoices(&self, waiting: &Waiting<'_>, shrinks: bool) -> Option<HoldCode> {
        let window = self.timeline.window(waiting.unit, waiting.hour)?;
        let billed_last = self.charged_through.max(self.account_through);
        let oldest = billed_last.and_then(|day| self.timeline.looks_back_to(day));
        if self.timeline.shares_its_day(&window) {
            Some(HoldCode::NotBillable)
        } else if oldest.is_some_and(|oldest| window.from < oldest)
            || self.is_billed_once(&window) && self.is_invoiced(waiting.unit, waiting.hour)
        {
            Some(HoldCode::PeriodClosed)
        } else if shrinks && self.is_invoiced(waiting.unit, waiting.hour) {
            Some(HoldCode::CorrectionAfterInvoice)
        } else if shrinks && window.until <= self.arrives_by
            || self.is_about_to_close(window.from)
            || self.is_billed_once(&window) && self.is_about_to_be_invoiced(window.until)
        {
            Some(HoldCode::InvoiceDue)
        } else {
            None
        }
    }

    /// Whether what comes for the window after its invoice is charged wrong: where each tier is an item of its own and the
    /// highest one's price holds for all, Kill Bill charges the whole window again.
    fn is_billed_once(&self, window: &Window<'_>) -> bool {
        self.timeline.tenant().itemizes_tiers && window.section.policy == TierPolicy::TopTier
    }

    /// Whether a run of these hours, by Kill Bill's clock, or one that is late, invoices what is over at `until`.
    fn is_about_to_be_invoiced(&self, until: DateTime<Utc>) -> bool {
        self.is_run_near() && until <= self.timeline.newest_run(self.arrives_by)
    }

    /// Whether such a run is the one after which a window that begins at `from` is not looked at any more.
    fn is_about_to_close(&self, from: DateTime<Utc>) -> bool {
        self.is_run_near() && self.is_old(from)
    }

    fn is_run_near(&self) -> bool {
        self.run_is_late || self.arrives_by - self.timeline.newest_run(self.arrives_by) < RUN_WITHIN
    }

    /// Whether a run that is over by now, or begins before what is sent arrives, may have closed a window that begins at
    /// `from`. Kill Bill looks at a window again as a whole or not at all.
    #[must_use]
    pub fn is_old(&self, from: DateTime<Utc>) -> bool {
        let run = self.timeline.newest_run(self.arrives_by);
        let oldest = self.timeline.looks_back_to(self.timeline.account().day_of(run));
        oldest.is_some_and(|oldest| from < oldest)
    }

    /// Whether a committed invoice has taken up the hour's window. The last invoice of what has ended reaches to its very
    /// end, inside the day that it names; so does that of a window which ends inside a day.
    #[must_use]
    pub fn is_invoiced(&self, unit: &str, hour: Hour) -> bool {
        let Some(through) = self.charged_through else {
            return false;
        };
        match self.timeline.window(unit, hour) {
            Some(window) => window.end_day <= through || hour.start() < midnight(through).min(window.until),
            None => hour.start() < midnight(through),
        }
    }
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
