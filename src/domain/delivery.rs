//! A delivery: one POST of usage for one subscription. Its name, how it can end, and how evidence decides what an
//! answer did not say.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::hour::Hour;
use super::words::words;

/// Records in one delivery: Kill Bill writes up to 1,000 in one transaction of its own (killbill.md 4.1).
pub const MOST_RECORDS: i64 = 1000;

/// One record as a delivery carries it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub meter: &'a str,
    pub hour: Hour,
    pub revision: i16,
    pub delta: Decimal,
}

/// The tracking id: first hour, number of records, and a digest of the subscription's external key and of every record. The
/// same content always has the same name, so Kill Bill itself refuses a repetition, even one from a restored backup; and two
/// resources that consume the same never share one, so that an invoice says whose usage it took up. At most 60 characters.
#[must_use]
pub fn tracking_id(subscription: &str, entries: &[Entry<'_>]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!("{subscription}\n"));
    for Entry {
        meter,
        hour,
        revision,
        delta,
    } in entries
    {
        digest.update(format!("{meter}|{hour}|{revision}|{}\n", delta.normalize()));
    }
    let mut name = match entries.iter().map(|entry| entry.hour).min() {
        Some(first) => format!("{}:{}:", first.start().format("%Y-%m-%dT%H"), entries.len()),
        None => String::new(),
    };
    for byte in digest.finalize().iter().take(16) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

words! {
    /// Where a delivery stands.
    pub enum DeliveryState = "state of a delivery" {
        /// It may be sent.
        Prepared = "prepared",
        /// It is on the line.
        Sending = "sending",
        /// No answer came: it is looked up.
        Unknown = "unknown",
        /// Kill Bill has it.
        Delivered = "delivered",
        /// Kill Bill's own figures were read back and agree.
        Verified = "verified",
        /// Kill Bill does not take it: a person must act.
        Refused = "refused",
        /// Its hours were taken back before anything of it was sent.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What happened to a delivery.
    pub enum DeliveryEvent = "event of a delivery" {
        Send = "send",
        /// It was looked up in Kill Bill.
        ReadBack = "read-back",
        /// A person let it be sent again.
        Retry = "retry",
        /// Its hours were taken back.
        Withdraw = "withdraw",
    }
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Kill Bill has it; the text says how we know.
    Delivered {
        detail: &'static str,
        status: i32,
        code: Option<i64>,
    },
    /// Kill Bill definitely does not have it and will not take it: a person must act.
    Refused {
        status: i32,
        code: Option<i64>,
        message: String,
    },
    /// Nobody can know yet.
    Unknown { detail: String, status: Option<i32> },
    /// It never left, or was proven not to have arrived: it may be sent again.
    NotSent { detail: String },
}

impl Settlement {
    /// The delivery's state from now on.
    #[must_use]
    pub const fn state(&self) -> DeliveryState {
        match self {
            Self::Delivered { .. } => DeliveryState::Delivered,
            Self::Refused { .. } => DeliveryState::Refused,
            Self::Unknown { .. } => DeliveryState::Unknown,
            Self::NotSent { .. } => DeliveryState::Prepared,
        }
    }

    /// What to show beside the state.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Delivered { detail, .. } => detail,
            Self::Refused { message, .. } => message,
            Self::Unknown { detail, .. } | Self::NotSent { detail } => detail,
        }
    }

    /// HTTP status and Kill Bill's own code, where there was an answer.
    #[must_use]
    pub const fn answer(&self) -> (Option<i32>, Option<i64>) {
        match self {
            Self::Delivered { status, code, .. } | Self::Refused { status, code, .. } => (Some(*status), *code),
            Self::Unknown { status, .. } => (*status, None),
            Self::NotSent { .. } => (None, None),
        }
    }
}

/// Sums per unit.
pub type Sums = BTreeMap<String, Decimal>;

/// What a read-back says about a delivery whose outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    Arrived,
    NotArrived,
    /// The sums fit neither with nor without it: somebody else wrote, or part of the ledger is wrong.
    Unclear(String),
}

/// Decides by Kill Bill's sums, by unit or by hour and unit: `booked` is what the ledger knows to be there, `carried` what
/// the delivery would add. A delivery of nothing but zeros counts as not arrived: sending it again costs nothing.
#[must_use]
pub fn decide<K: Ord + Display>(
    booked: &BTreeMap<K, Decimal>,
    carried: &BTreeMap<K, Decimal>,
    seen: &BTreeMap<K, Decimal>,
) -> Evidence {
    let at = |sums: &BTreeMap<K, Decimal>, unit: &K| sums.get(unit).copied().unwrap_or_default().normalize();
    let telling = || carried.iter().filter(|(_, amount)| !amount.is_zero());
    if telling().all(|(unit, _)| at(seen, unit) == at(booked, unit)) {
        Evidence::NotArrived
    } else if telling().all(|(unit, amount)| at(seen, unit) == at(booked, unit) + amount) {
        Evidence::Arrived
    } else {
        let lines = telling().map(|(unit, amount)| {
            let (seen, booked) = (at(seen, unit), at(booked, unit));
            format!(
                "{unit}: Kill Bill holds {seen}, the ledger {booked} without and {} with it",
                (booked + amount).normalize()
            )
        });
        Evidence::Unclear(lines.collect::<Vec<_>>().join("; "))
    }
}

/// How Kill Bill's sums of a month differ from the ledger's; None when they are equal to the last digit.
#[must_use]
pub fn difference(booked: &Sums, seen: &Sums) -> Option<String> {
    let units = booked
        .keys()
        .chain(seen.keys())
        .collect::<std::collections::BTreeSet<_>>();
    let lines = units.into_iter().filter_map(|unit| {
        let (seen, booked) = (
            seen.get(unit).copied().unwrap_or_default().normalize(),
            booked.get(unit).copied().unwrap_or_default().normalize(),
        );
        (seen != booked).then(|| format!("{unit}: Kill Bill holds {seen}, the ledger {booked}"))
    });
    let text = lines.collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn sums<const N: usize>(pairs: [(&str, Decimal); N]) -> Sums {
        pairs.map(|(unit, amount)| (unit.to_owned(), amount)).into()
    }

    #[test]
    fn the_same_content_has_the_same_name_and_a_digit_more_another() {
        let entry = |delta| {
            [Entry {
                meter: "cpu",
                hour: Hour::parse("2026-01-01T10:00:00Z").unwrap(),
                revision: 1,
                delta,
            }]
        };
        let name = |quantity| tracking_id("vm:plan", &entry(quantity));
        assert_eq!(name(dec!(4)), name(dec!(4.00)));
        assert_ne!(name(dec!(4)), name(dec!(4.000000001)));
        assert_ne!(name(dec!(4)), tracking_id("other:plan", &entry(dec!(4))));
        assert!(name(dec!(4)).starts_with("2026-01-01T10:1:"));
    }

    #[test]
    fn evidence_decides_to_the_ninth_decimal() {
        let booked = sums([("cpu", dec!(96)), ("ram_gb", dec!(8))]);
        let carried = sums([("cpu", dec!(4)), ("ram_gb", dec!(0.000000001)), ("disk", dec!(0))]);
        let with = sums([("cpu", dec!(100.0)), ("ram_gb", dec!(8.000000001))]);
        assert_eq!(decide(&booked, &carried, &with), Evidence::Arrived);
        assert_eq!(decide(&booked, &carried, &booked), Evidence::NotArrived);
        let half = sums([("cpu", dec!(100)), ("ram_gb", dec!(8))]);
        assert!(matches!(decide(&booked, &carried, &half), Evidence::Unclear(text) if text.contains("ram_gb")));
    }

    #[test]
    fn zeros_alone_may_be_sent_again() {
        assert_eq!(
            decide(&sums([]), &sums([("cpu", dec!(0))]), &sums([])),
            Evidence::NotArrived
        );
    }
}
