//! The kinds of corrections and late hours. A person may be asked before any of them becomes money.

use crate::domain::words::words;

words! {
    /// Why hours are corrected, late, or charged here.
    pub enum Class = "class of corrections" {
        /// A correction of hours that were sent and whose period is still open: travels as usage, up or down.
        OpenDifference = "open-difference",
        /// More hours of a period that was invoiced, within Kill Bill's two periods: travels as usage.
        LateUsage = "late-usage",
        /// Fewer hours of such a period.
        CreditAfterInvoice = "credit-after-invoice",
        /// More hours of a period that Kill Bill bills no more.
        OldCharge = "old-charge",
        /// Fewer hours of such a period.
        OldCredit = "old-credit",
        /// A month of a product that has a monthly price only.
        MonthlyCharge = "monthly-charge",
        /// Late or corrected hours of such a month after it was charged.
        MonthlyDifference = "monthly-difference",
    }
}

impl Class {
    /// Whether a monthly price rates it.
    #[must_use]
    pub const fn is_monthly(self) -> bool {
        matches!(self, Self::MonthlyCharge | Self::MonthlyDifference)
    }
}

words! {
    /// Where a group of hours stands that a person decides about.
    pub enum CorrectionState = "state of a correction" {
        Waiting = "waiting",
        /// Its hours are billed.
        Approved = "approved",
        /// Its hours are not billed.
        Declined = "declined",
    }
}

/// A set of classes: those that wait for a person's consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes(u8);

impl Classes {
    /// Whether the class is among them.
    #[must_use]
    pub const fn has(self, class: Class) -> bool {
        self.0 & (1 << class as u8) != 0
    }

    /// Their words.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        let mine = Class::ALL.iter().filter(|class| self.has(**class));
        mine.map(|class| class.word()).collect()
    }
}

impl FromIterator<Class> for Classes {
    fn from_iter<T: IntoIterator<Item = Class>>(classes: T) -> Self {
        Self(classes.into_iter().fold(0, |set, class| set | (1 << class as u8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_into_it() {
        let set = Classes::from_iter([Class::OldCredit, Class::MonthlyCharge]);
        assert_eq!(set.words(), ["old-credit", "monthly-charge"]);
        assert!(!set.has(Class::OldCharge) && Classes::default().words().is_empty());
        assert_eq!("late-usage".parse(), Ok(Class::LateUsage));
        assert!("late".parse::<Class>().is_err());
    }
}
