//! Which periods a run looks at: from a subscription's first instant, month by month, up to the run's target or its end.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};

use super::books::{Books, Invoice, Subscription};

/// Periods that are looked at again behind the newest billed one.
const LOOK_BACK: Months = Months::new(2);

/// Half-open; the very last instant of a subscription belongs to its last period.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub last: bool,
}

impl Period {
    pub fn covers(&self, at: DateTime<Utc>) -> bool {
        at >= self.from && (at < self.until || (self.last && at == self.until))
    }
}

impl Books {
    /// From where usage is read: two months before the end of the account's newest billed usage, whichever of its
    /// subscriptions that was. `None` = from the beginning.
    pub fn reads_from(&self, account: uuid::Uuid) -> Option<NaiveDate> {
        let items = self.standing(account).flat_map(|invoice| &invoice.items);
        let newest = items
            .filter(|item| item.kind == "USAGE")
            .filter_map(|item| item.end)
            .max();
        newest.map(|newest| newest - LOOK_BACK)
    }

    /// The account's invoices that were not voided.
    pub fn standing(&self, account: uuid::Uuid) -> impl Iterator<Item = &Invoice> {
        let invoices = self.invoices.iter();
        invoices.filter(move |invoice| invoice.account == account && invoice.status != "VOID")
    }
}

/// The periods of a subscription that a run up to `target` bills or bills again.
pub fn of(subscription: &Subscription, target: NaiveDate, reads_from: Option<NaiveDate>) -> Vec<Period> {
    let end = subscription.end.filter(|end| end.date_naive() <= target);
    let limit = end.unwrap_or_else(|| midnight(target));
    let mut turns = vec![subscription.start];
    let mut month = next_month(subscription.start.date_naive());
    while midnight(month) <= limit {
        turns.push(midnight(month));
        month = next_month(month);
    }
    if let Some(end) = end
        && turns.last().is_some_and(|last| end > *last)
    {
        turns.push(end);
    }
    turns.retain(|turn| reads_from.is_none_or(|from| turn.date_naive() >= from));
    let period = |pair: &[DateTime<Utc>]| Period {
        from: pair[0],
        until: pair[1],
        last: Some(pair[1]) == end,
    };
    turns.windows(2).map(period).collect()
}

pub fn next_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day) + Months::new(1)
}

pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The firsts of months after `from` up to `to`.
pub fn boundaries(from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<NaiveDate> {
    let mut month = next_month(from.date_naive() - Days::new(1));
    let mut found = Vec::new();
    while midnight(month) <= to {
        found.push(month);
        month = next_month(month);
    }
    found
}
