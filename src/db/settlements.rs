//! Settlements: which hours wait for money instead of usage, what was fixed to be posted, and what came of it.
//! A worker leases a customer, and every step is a short transaction.

/// Rows `u` whose hours cannot travel as usage any more, and that wait for nobody's consent. `$asks` has the classes that do.
macro_rules! correction_rows {
    ($asks:literal) => {
        concat!(
            "u.delivery_id is null and u.settlement_line_id is null and not u.superseded
             and u.hold in ('correction-after-invoice', 'period-closed')
             and (u.approval_id is not null
                  or case when u.hold = 'correction-after-invoice' then 'credit-after-invoice'
                          when u.delta < 0 then 'old-credit' else 'old-charge' end <> all(",
            $asks,
            "))"
        )
    };
}

/// Mirrored drafts `i` that carry the mark of a settlement which another invoice carries: somebody's late request. That of a
/// credit has no line of ours but a charge of nothing, so the mark itself is looked for.
macro_rules! surplus_drafts {
    () => {
        "invoice i
             join invoice_item x on x.invoice_id = i.id and x.gone_at is null
             join settlement s on s.customer_id = i.customer_id and strpos(x.item_details, s.mark) > 0
             where i.status = 'DRAFT' and s.state = 'posted' and s.draft_id is distinct from i.killbill_id"
    };
}

mod charges;
mod fix;
mod groups;
mod insert;
mod lease;
mod lines;
mod marks;
mod months;
mod read;
mod reopen;
mod retry;
mod state;
mod tariffs;
mod terms;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::settlement::Class;

pub use fix::{Fixed, fix};
pub use lease::{Customer, candidates, lease, release, renew};
pub use lines::{Line, lines};
pub use marks::{known_marks, posted_marks, surplus_seen};
pub use months::{charges_wait, groups, months};
pub use read::{Attempt, Settlement, SettlementFilter, attempts, count, find, list};
pub use reopen::reopen;
pub use retry::{RetryError, retry};
pub use state::{Next, Standing, Work, note_surplus, open_of, sending, stepped};
pub use tariffs::{Book, Price, book};
pub use terms::Terms;

/// Hours of one resource's meter that one line is to settle.
#[derive(Clone, Debug)]
pub struct Group {
    pub resource_id: i64,
    pub resource_uuid: Uuid,
    pub resource_name: String,
    pub meter_id: i16,
    pub meter: String,
    pub subscription_id: Option<i64>,
    pub plan: String,
    pub unit: Option<String>,
    pub factor: Decimal,
    pub class: Class,
    /// First instant, and first instant after it, inside one month.
    pub hours: (DateTime<Utc>, DateTime<Utc>),
    /// The same in days, as invoices say it.
    pub period: (NaiveDate, NaiveDate),
    /// What Kill Bill rates the hours by; none for a monthly price.
    pub price: Option<Price>,
    /// The price of a month, where that is all there is.
    pub monthly: Option<Decimal>,
}
