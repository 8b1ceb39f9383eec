//! Settlements: hours that cannot travel as usage, told to Kill Bill as money (design.md 3, rule 7).
//! What such a line is worth, what it is called, and the mark by which it is known again when Kill Bill is read back.

mod class;
mod label;
mod mark;
mod seen;
mod value;

pub use class::{Class, Classes, CorrectionState};
pub use label::{Label, describe, reason};
pub use mark::{LineContent, MARK_PREFIX, Mark, mark_of};
pub use seen::{Found, SeenInvoice, look_for, strangers};
pub use value::{Valued, by_month, by_tiers, rate_of};

use super::words::words;

words! {
    /// Charges and credits travel apart: they take different steps. What comes to no money never leaves.
    pub enum Direction = "direction of a settlement" {
        Charge = "charge",
        Credit = "credit",
        Nothing = "nothing",
    }
}

words! {
    /// Where a settlement stands.
    pub enum SettlementState = "state of a settlement" {
        /// Its next step may be sent.
        Prepared = "prepared",
        /// Its step is on the line.
        Sending = "sending",
        /// No answer came: it is looked up.
        Unknown = "unknown",
        /// Its invoice is committed, or there was nothing to post.
        Posted = "posted",
        /// Kill Bill does not take it: a person must act.
        Refused = "refused",
    }
}

words! {
    /// The steps of a settlement, each a request of its own.
    pub enum SettlementStep = "step of a settlement" {
        /// Make the draft: with all charges on it, or with a line of nothing that credits can be put beside.
        Draft = "draft",
        /// Put the credits on the draft.
        Credit = "credit",
        /// Commit the draft: only now anybody owes anything.
        Commit = "commit",
    }
}

words! {
    /// What happened to a settlement.
    pub enum SettlementEvent = "event of a settlement" {
        Send = "send",
        /// It was looked up in Kill Bill.
        ReadBack = "read-back",
        /// A person let it go on.
        Retry = "retry",
        /// A late request's draft was voided.
        Surplus = "surplus",
    }
}

words! {
    /// What came of such an event: where the settlement stood after it, or that the surplus draft was voided.
    pub enum SettlementOutcome = "outcome of a settlement's event" {
        Prepared = "prepared",
        Sending = "sending",
        Unknown = "unknown",
        Posted = "posted",
        Refused = "refused",
        Voided = "voided",
    }
}

impl From<SettlementState> for SettlementOutcome {
    fn from(state: SettlementState) -> Self {
        match state {
            SettlementState::Prepared => Self::Prepared,
            SettlementState::Sending => Self::Sending,
            SettlementState::Unknown => Self::Unknown,
            SettlementState::Posted => Self::Posted,
            SettlementState::Refused => Self::Refused,
        }
    }
}

impl Direction {
    /// Where an amount belongs.
    #[must_use]
    pub fn of(amount: rust_decimal::Decimal) -> Self {
        match amount {
            amount if amount.is_zero() => Self::Nothing,
            amount if amount.is_sign_negative() => Self::Credit,
            _ => Self::Charge,
        }
    }
}
