//! Settles with Kill Bill what cannot travel as usage: external charges and credits, each posted exactly once.
//!
//! Kill Bill has no idempotency key for either. What its drafts do, seen on the wire (0.24):
//!
//! - `POST /invoices/charges/{account}?autoCommit=false` makes a DRAFT: balance 0, nobody owes anything, usage invoices are
//!   not touched. `itemDetails`, dates, `quantity` and `rate` (rounded to nine decimals) come back. Zero is a fine amount.
//! - `PUT …/commitInvoice` works once; again it is 400 code 4023. A draft can be voided; a voided one cannot be committed.
//! - A draft of *credits* is no safe draft: the credit is used on older unpaid invoices at once, and stays used when the
//!   draft is voided. A credit can be put on an existing draft by `invoiceId`: refused once that is committed (400 code
//!   4024) or void (500). A credit item has no period of its own: our mark has it.
//!
//! So a charge is a draft with all of its lines, then a commit; a surplus draft (of a request that arrived late) is voided
//! whenever it shows up. A credit is a draft with a line of nothing, the credits put on that very draft, then a commit. When
//! nobody knows whether the credits arrived, the draft is committed without them: from then on Kill Bill itself refuses
//! them. If they had arrived they are posted; else the empty invoice is voided and a new draft is begun.
//!
//! Kill Bill's columns hold less than a million in an amount or a rate, and 255 characters of a description; what is more ends
//! in a 500. The shared cases in `tests/model_cases/settle` say all of this to the real server and to the model of it.
//!
//! Every line carries our mark (`domain::settlement`); a settlement's content and mark are fixed before the first byte.

mod customer;
mod failed;
mod look_up;
mod pass;
mod posts;
mod read;
mod steps;

use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config;
use crate::db::prices::PriceBook;
use crate::domain::settlement::Classes;
use crate::killbill::KillBill;

pub use pass::Report;

/// Everything that a settling worker works with. Cheap to clone; clones are one worker with one lease owner.
#[derive(Clone, Debug)]
pub struct Settler {
    pub pool: PgPool,
    pub killbill: KillBill,
    pub clock: Clock,
    pub settings: config::Delivery,
    pub currency: String,
    /// Hours by which a monthly price is divided.
    pub divisor: rust_decimal::Decimal,
    /// Classes that wait for a person's consent.
    pub asks: Classes,
    /// How long after its end a month of monthly prices is left open.
    pub month_grace: Duration,
    pub book: PriceBook,
    /// Who holds this worker's leases.
    pub owner: Uuid,
}
