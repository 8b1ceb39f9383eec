//! Where an invoice stands: whether it is owed, and if not, why not. The one rule for "paid", which Kill Bill has no word for.
//!
//! A balance of zero does not say it: an invoice with the tag WRITTEN_OFF has one too, as if it were paid, and after a refund or a
//! chargeback the balance is what it was before the payment (seen on 0.24.19, and in `InvoiceCalculatorUtils` of its source).

use rust_decimal::Decimal;

use super::invoice::InvoiceStatus;
use crate::domain::words::words;

words! {
    /// Where an invoice stands.
    pub enum Standing = "standing of an invoice" {
        /// Not an invoice yet.
        Draft = "draft",
        Void = "void",
        /// Nobody is asked for it any more, and nobody paid it.
        WrittenOff = "written_off",
        /// The bank took the payment back: it is owed as if it had never come.
        ChargedBack = "charged_back",
        /// The payment was given back: owed again, or its lines were taken back with it.
        Refunded = "refunded",
        /// The last attempt to collect it failed: owed.
        PaymentFailed = "payment_failed",
        Unpaid = "unpaid",
        /// Nothing is left to pay, by payments or credits, or because there never was.
        Paid = "paid",
    }
}

words! {
    /// Where an invoice stands in later frontends' words.
    pub enum InvoiceState = "state of an invoice" {
        /// Not an invoice yet.
        Pending = "pending",
        /// Owed.
        Created = "created",
        Paid = "paid",
        /// Neither owed nor paid.
        Canceled = "canceled",
    }
}

/// What Kill Bill says of an invoice, as far as its standing goes.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    pub status: InvoiceStatus,
    /// It has the tag WRITTEN_OFF.
    pub written_off: bool,
    pub amount: Decimal,
    /// Kill Bill's: zero for drafts, voided and written-off ones.
    pub balance: Decimal,
    /// What was given back of its payments, zero or more.
    pub refunded: Decimal,
    /// What banks took back of its payments, zero or more.
    pub charged_back: Decimal,
    /// The last attempt to collect it failed.
    pub failed: bool,
}

impl Settled {
    /// Where the invoice stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.status {
            InvoiceStatus::Draft => return Standing::Draft,
            InvoiceStatus::Void => return Standing::Void,
            InvoiceStatus::Committed if self.written_off => return Standing::WrittenOff,
            InvoiceStatus::Committed => {}
        }
        // Money that came again after it went is a payment; lines that went with it are nothing to pay.
        let went = self.balance > Decimal::ZERO || self.amount <= Decimal::ZERO;
        if went && self.charged_back > Decimal::ZERO {
            Standing::ChargedBack
        } else if went && self.refunded > Decimal::ZERO {
            Standing::Refunded
        } else if self.balance <= Decimal::ZERO {
            Standing::Paid
        } else if self.failed {
            Standing::PaymentFailed
        } else {
            Standing::Unpaid
        }
    }
}

impl Standing {
    /// As people read it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Void => "Void",
            Self::WrittenOff => "Written off",
            Self::ChargedBack => "Charged back",
            Self::Refunded => "Refunded",
            Self::PaymentFailed => "Payment failed",
            Self::Unpaid => "Unpaid",
            Self::Paid => "Paid",
        }
    }

    /// NodeConductor's own word, of the four that its frontends know.
    #[must_use]
    pub fn state(self, balance: Decimal) -> InvoiceState {
        match self {
            Self::Draft => InvoiceState::Pending,
            Self::Paid => InvoiceState::Paid,
            Self::Void | Self::WrittenOff => InvoiceState::Canceled,
            Self::ChargedBack | Self::Refunded | Self::PaymentFailed | Self::Unpaid => {
                if balance > Decimal::ZERO {
                    InvoiceState::Created
                } else {
                    InvoiceState::Canceled
                }
            }
        }
    }

    /// Whether it is a claim that has, or had, a day to be paid by.
    #[must_use]
    pub const fn falls_due(self) -> bool {
        !matches!(self, Self::Draft | Self::Void | Self::WrittenOff)
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    /// As Kill Bill 0.24.19 answers after each of these (tests/mirror/standing.rs does them there).
    #[test]
    fn a_balance_of_zero_is_not_yet_a_payment() {
        let charged = Settled {
            status: InvoiceStatus::Committed,
            written_off: false,
            amount: dec!(10),
            balance: dec!(10),
            refunded: dec!(0),
            charged_back: dec!(0),
            failed: false,
        };
        let nothing_due = Settled {
            balance: dec!(0),
            ..charged
        };
        let refunded = Settled {
            refunded: dec!(10),
            ..charged
        };
        let cases = [
            (charged, Standing::Unpaid, "created"),
            (nothing_due, Standing::Paid, "paid"),
            (
                Settled {
                    written_off: true,
                    ..nothing_due
                },
                Standing::WrittenOff,
                "canceled",
            ),
            (
                Settled {
                    failed: true,
                    ..charged
                },
                Standing::PaymentFailed,
                "created",
            ),
            (refunded, Standing::Refunded, "created"),
            // With its lines taken back.
            (
                Settled {
                    amount: dec!(0),
                    balance: dec!(0),
                    ..refunded
                },
                Standing::Refunded,
                "canceled",
            ),
            // Paid again, or what was not given back pays for what is left.
            (
                Settled {
                    balance: dec!(0),
                    ..refunded
                },
                Standing::Paid,
                "paid",
            ),
            (
                Settled {
                    charged_back: dec!(10),
                    ..charged
                },
                Standing::ChargedBack,
                "created",
            ),
            (
                Settled {
                    failed: true,
                    ..nothing_due
                },
                Standing::Paid,
                "paid",
            ),
            (
                Settled {
                    amount: dec!(0),
                    ..nothing_due
                },
                Standing::Paid,
                "paid",
            ),
            (
                Settled {
                    status: InvoiceStatus::Draft,
                    ..nothing_due
                },
                Standing::Draft,
                "pending",
            ),
            (
                Settled {
                    status: InvoiceStatus::Void,
                    written_off: true,
                    ..nothing_due
                },
                Standing::Void,
                "canceled",
            ),
        ];
        for (settled, standing, state) in cases {
            assert_eq!(settled.standing(), standing, "{settled:?}");
            assert_eq!(standing.state(settled.balance).word(), state, "{settled:?}");
        }
    }

    #[test]
    fn every_standing_is_found_by_its_word() {
        for standing in Standing::ALL {
            assert_eq!(standing.word().parse(), Ok(*standing));
        }
    }
}
