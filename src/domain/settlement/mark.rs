//! Our mark on Kill Bill's items: compact JSON in `itemDetails`. It names the settlement by a digest of its content, so the
//! same content is known again whoever reads it, and repeats what the line charges for, for people who look in Kill Bill.

use std::fmt::Write;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Class, Direction};
use crate::domain::month::Month;
use crate::domain::uuid_hex::hex;

/// All our marks begin like this.
pub const MARK_PREFIX: &str = "ncb-settlement:";

/// What stands in `itemDetails`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The settlement.
    pub mark: String,
    /// `2027-05`.
    pub month: String,
    /// From 1; 0 on the line of nothing that a draft for credits begins with.
    pub line: i32,
    /// How many lines the settlement has.
    pub of: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Records behind the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<chrono::NaiveDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<chrono::NaiveDate>,
}

impl Mark {
    /// Reads `itemDetails`; `None` when it is not one of ours.
    #[must_use]
    pub fn parse(details: &str) -> Option<Self> {
        serde_json::from_str(details)
            .ok()
            .filter(|mark: &Self| mark.mark.starts_with(MARK_PREFIX))
    }

    /// As it is sent.
    #[must_use]
    pub fn text(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        // Kill Bill's tables may take no characters of four bytes (`plain_name`): JSON has another way to write them.
        text.chars().fold(String::new(), |mut text, c| {
            if c.len_utf8() <= 3 {
                text.push(c);
            } else {
                for half in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(text, "\\u{half:04x}");
                }
            }
            text
        })
    }

    /// `2027-05`.
    #[must_use]
    pub fn month_text(month: Month) -> String {
        month.first_day().format("%Y-%m").to_string()
    }
}

/// One line, as far as it makes the mark.
#[derive(Clone, Debug)]
pub struct LineContent<'a> {
    pub resource: Uuid,
    pub meter: &'a str,
    pub class: Class,
    pub plan: &'a str,
    pub unit: Option<&'a str>,
    pub amount: Decimal,
    /// Digest of the records: hours, revisions and what each adds.
    pub records: &'a str,
}

/// The mark of a settlement with these lines.
#[must_use]
pub fn mark_of(customer: Uuid, month: Month, direction: Direction, lines: &[LineContent<'_>]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!(
        "{}|{}|{}\n",
        hex(customer),
        month.first_day(),
        direction.word()
    ));
    for line in lines {
        digest.update(format!(
            "{}|{}|{}|{}|{}|{}|{}\n",
            hex(line.resource),
            line.meter,
            line.class,
            line.plan,
            line.unit.unwrap_or_default(),
            line.amount.normalize(),
            line.records
        ));
    }
    let mut name = MARK_PREFIX.to_owned();
    for byte in digest.finalize().iter().take(16) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn the_same_content_has_the_same_mark_and_a_cent_more_another() {
        let month = Month::of("2027-05-01".parse().unwrap());
        let mark = |amount, records| {
            let line = LineContent {
                resource: Uuid::from_u128(7),
                meter: "cpu",
                class: Class::OldCredit,
                plan: "vm",
                unit: Some("cpu"),
                amount,
                records,
            };
            mark_of(Uuid::from_u128(1), month, Direction::Credit, &[line])
        };
        assert_eq!(mark(dec!(-1.5), "a"), mark(dec!(-1.50), "a"));
        assert_ne!(mark(dec!(-1.5), "a"), mark(dec!(-1.51), "a"));
        assert_ne!(mark(dec!(-1.5), "a"), mark(dec!(-1.5), "b"));
    }

    #[test]
    fn a_mark_has_no_characters_that_kill_bill_may_not_take_and_reads_as_it_was() {
        let mark = Mark {
            mark: format!("{MARK_PREFIX}1"),
            month: "2027-05".to_owned(),
            line: 1,
            of: 1,
            resource: None,
            meter: Some("🚀 Käse".to_owned()),
            class: None,
            hours: None,
            quantity: None,
            rate: None,
            from: None,
            until: None,
        };
        assert!(mark.text().chars().all(|c| c.len_utf8() <= 3), "{}", mark.text());
        assert_eq!(Mark::parse(&mark.text()), Some(mark));
    }

    #[test]
    fn a_mark_is_read_back_and_nobody_else_s_text_is_taken_for_one() {
        let mark = Mark {
            mark: format!("{MARK_PREFIX}ab"),
            month: "2027-05".to_owned(),
            line: 1,
            of: 2,
            resource: None,
            meter: Some("cpu".to_owned()),
            class: None,
            hours: Some(3),
            quantity: Some(dec!(-0.000000001)),
            rate: None,
            from: None,
            until: None,
        };
        assert_eq!(Mark::parse(&mark.text()), Some(mark));
        for other in [
            "",
            "settles delivery 7",
            r#"{"mark":"x","month":"","line":1,"of":1}"#,
            "{}",
        ] {
            assert_eq!(Mark::parse(other), None, "{other}");
        }
    }
}
