//! Settlements: hours that cannot travel as usage, told to Kill Bill as money (design.md 3, rule 7).
//! What such a line is worth, what it is called, and the mark by which it is known again when Kill Bill is read back.

mod class;
mod label;
mod mark;
mod seen;
mod value;

pub use class::{Class, Classes, UnknownClass};
pub use label::{Label, describe, reason};
pub use mark::{LineContent, MARK_PREFIX, Mark, mark_of};
pub use seen::{Found, SeenInvoice, look_for, strangers};
pub use value::{Valued, by_month, by_tiers, rate_of};

/// Charges and credits travel apart: they take different steps. What comes to no money never leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    Charge,
    Credit,
    Nothing,
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

    /// The word in the API and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Credit => "credit",
            Self::Nothing => "nothing",
        }
    }
}
