//! The kinds of corrections and late hours. A person may be asked before any of them becomes money.

use std::fmt;
use std::str::FromStr;

/// Why hours are corrected, late, or charged here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A correction of hours that were sent and whose period is still open: travels as usage, up or down.
    OpenDifference,
    /// More hours of a period that was invoiced, within Kill Bill's two periods: travels as usage.
    LateUsage,
    /// Fewer hours of such a period.
    CreditAfterInvoice,
    /// More hours of a period that Kill Bill bills no more.
    OldCharge,
    /// Fewer hours of such a period.
    OldCredit,
    /// A month of a product that has a monthly price only.
    MonthlyCharge,
    /// Late or corrected hours of such a month after it was charged.
    MonthlyDifference,
}

impl Class {
    pub const ALL: [Self; 7] = [
        Self::OpenDifference,
        Self::LateUsage,
        Self::CreditAfterInvoice,
        Self::OldCharge,
        Self::OldCredit,
        Self::MonthlyCharge,
        Self::MonthlyDifference,
    ];

    /// The word in the configuration, the API and the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenDifference => "open-difference",
            Self::LateUsage => "late-usage",
            Self::CreditAfterInvoice => "credit-after-invoice",
            Self::OldCharge => "old-charge",
            Self::OldCredit => "old-credit",
            Self::MonthlyCharge => "monthly-charge",
            Self::MonthlyDifference => "monthly-difference",
        }
    }

    /// Whether a monthly price rates it.
    #[must_use]
    pub const fn is_monthly(self) -> bool {
        matches!(self, Self::MonthlyCharge | Self::MonthlyDifference)
    }
}

/// A word that is no class.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no class of corrections")]
pub struct UnknownClass(pub String);

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(word: &str) -> Result<Self, UnknownClass> {
        Self::ALL
            .into_iter()
            .find(|class| class.word() == word)
            .ok_or_else(|| UnknownClass(word.to_owned()))
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
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
        let mine = Class::ALL.into_iter().filter(|class| self.has(*class));
        mine.map(Class::word).collect()
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
