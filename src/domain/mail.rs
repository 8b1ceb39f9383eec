//! Invoices as letters: what one says, where it stands, and when it is tried again. Pure.
//!
//! A letter that may have arrived is never sent again by itself: what nobody answered for is `unknown` until a person decides.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::money::Money;
use super::pause::growing;
use super::uuid_hex::hex;
use crate::domain::words::words;

/// Where a template has the invoice's uuid.
const PLACE: &str = "{uuid}";

/// Why a text is no template of links, in NodeConductor's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    #[error("Enter a valid URL.")]
    NoAddress,
    #[error("Link template must include '{{uuid}}' parameter.")]
    NoPlace,
}

/// Whether links to invoices can be made from it.
///
/// # Errors
/// See [`LinkError`].
pub fn check_link(template: &str) -> Result<(), LinkError> {
    let has_scheme = ["http://", "https://"]
        .iter()
        .any(|scheme| template.starts_with(scheme));
    if !has_scheme || template.contains(char::is_whitespace) {
        return Err(LinkError::NoAddress);
    }
    if template.contains(PLACE) {
        Ok(())
    } else {
        Err(LinkError::NoPlace)
    }
}

/// Where the invoice can be seen.
#[must_use]
pub fn link(template: &str, invoice: Uuid) -> String {
    template.replace(PLACE, &hex(invoice))
}

words! {
    /// Where a letter stands. The words of the table `mail` and of the API.
    pub enum MailState = "state of a letter" {
        /// It will be sent, or sent again.
        Waiting = "waiting",
        /// Its text is on the line.
        Sending = "sending",
        /// The mail server has taken it.
        Sent = "sent",
        /// The mail server does not take it, or took nothing for days.
        Refused = "refused",
        /// The line broke, or the service ended, before the mail server's answer.
        Unknown = "unknown",
        /// The mail server had taken it, and gave it back later.
        Bounced = "bounced",
    }
}

impl MailState {
    /// Whether a person may let it go again: what waits goes by itself, and what was sent was sent.
    #[must_use]
    pub const fn may_go_again(self) -> bool {
        matches!(self, Self::Refused | Self::Unknown | Self::Bounced)
    }
}

const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(4);
/// After that a letter is given up: mail servers try for about as long (RFC 5321, 4.5.4.1).
const PATIENCE: TimeDelta = TimeDelta::days(4);

/// When a letter that could not be sent is tried again after so many attempts; none when it is given up.
#[must_use]
pub fn next_attempt(created: DateTime<Utc>, attempts: i32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let pause = growing(FIRST_PAUSE, LONGEST_PAUSE, attempts - 1);
    (now - created < PATIENCE).then_some(now + pause)
}

/// What goes to a customer with an invoice's document.
#[derive(Clone, Debug)]
pub struct Letter {
    pub number: String,
    pub customer: String,
    /// Who sends it; may be empty.
    pub issuer: String,
    /// Where answers go; may be empty.
    pub reply_to: String,
    pub date: NaiveDate,
    pub total: Money,
    /// What is left to pay of it; none when nothing is owed.
    pub owed: Option<Money>,
    pub due: Option<NaiveDate>,
    /// The document's name.
    pub file_name: String,
}

impl Letter {
    /// The subject line.
    #[must_use]
    pub fn subject(&self) -> String {
        if self.issuer.is_empty() {
            format!("Invoice {}, {}", self.number, self.total)
        } else {
            format!("Invoice {} from {}, {}", self.number, self.issuer, self.total)
        }
    }

    /// The text, with the document beside it. `link` says where the invoice can be seen; empty when nobody said.
    #[must_use]
    pub fn text(&self, link: &str) -> String {
        let mut parts = vec![
            format!("Dear {},", self.customer),
            format!(
                "attached is invoice {} of {} over {}.",
                self.number,
                self.date.format("%-d %B %Y"),
                self.total
            ),
            self.payment(),
        ];
        if !link.is_empty() {
            parts.push(format!(
                "It can be seen here, down to the hourly records behind it:\n{link}"
            ));
        }
        parts.push(self.issuer.clone());
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n") + "\n"
    }

    fn payment(&self) -> String {
        match (&self.owed, self.due) {
            (Some(owed), Some(due)) => format!("Please pay {owed} by {}.", due.format("%-d %B %Y")),
            (Some(owed), None) => format!("{owed} is left to pay."),
            (None, _) => "Nothing is left to pay.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    fn usd(amount: rust_decimal::Decimal) -> Money {
        Money {
            amount,
            currency: "USD".to_owned(),
        }
    }

    #[test]
    fn a_letter_says_what_is_owed_and_until_when() {
        let day = |text: &str| text.parse().unwrap();
        let letter = Letter {
            number: "42".to_owned(),
            customer: "Nordic Weather Ltd".to_owned(),
            issuer: "Baltic Cloud".to_owned(),
            reply_to: String::new(),
            date: day("2027-06-01"),
            total: usd(dec!(18.2)),
            owed: Some(usd(dec!(12))),
            due: Some(day("2027-06-15")),
            file_name: String::new(),
        };
        assert_eq!(letter.subject(), "Invoice 42 from Baltic Cloud, 18.20 USD");
        insta::assert_snapshot!(letter.text("https://portal.example.com/billing/1/"), @r"
        Dear Nordic Weather Ltd,

        attached is invoice 42 of 1 June 2027 over 18.20 USD.

        Please pay 12.00 USD by 15 June 2027.

        It can be seen here, down to the hourly records behind it:
        https://portal.example.com/billing/1/

        Baltic Cloud
        ");
        let paid = Letter {
            owed: None,
            issuer: String::new(),
            ..letter
        };
        assert_eq!(paid.subject(), "Invoice 42, 18.20 USD");
        assert!(
            paid.text("").ends_with("18.20 USD.\n\nNothing is left to pay.\n"),
            "{}",
            paid.text("")
        );
    }

    #[test]
    fn pauses_grow_to_four_hours_and_end_after_four_days() {
        let created: DateTime<Utc> = "2027-06-01T00:00:00Z".parse().unwrap();
        let minutes = |attempts| Some((next_attempt(created, attempts, created)? - created).num_minutes());
        assert_eq!([1, 2, 5, 9, 40].map(minutes), [1, 2, 16, 240, 240].map(Some));
        assert_eq!(next_attempt(created, 40, created + TimeDelta::days(4)), None);
    }

    #[test]
    fn every_word_is_read_back() {
        assert!(MailState::ALL.iter().all(|state| state.word().parse() == Ok(*state)));
    }
}
