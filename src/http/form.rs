//! Checks the values of a body field by field and collects everything that is wrong, so that one answer names it all.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::nul;
use super::problem::Problem;
use crate::domain::hour::Hour;
use crate::domain::words::UnknownWord;

/// In characters.
const LONGEST_REASON: usize = 1000;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub struct Form(BTreeMap<String, Vec<String>>);

impl Form {
    /// The value, or its default with the error noted under `field`.
    pub fn take<T: Default, E: Display>(&mut self, field: &str, value: Result<T, E>) -> T {
        value.unwrap_or_else(|error| {
            self.refuse(field, error);
            T::default()
        })
    }

    /// Notes an error.
    pub fn refuse(&mut self, field: &str, text: impl Display) {
        self.0.entry(field.to_owned()).or_default().push(text.to_string());
    }

    /// The value of a closed word; none where there is none, or where it is unknown.
    pub fn word<T: FromStr<Err = UnknownWord>>(&mut self, field: &str, word: Option<&str>) -> Option<T> {
        match word?.parse() {
            Ok(known) => Some(known),
            Err(UnknownWord { word, known, .. }) => {
                self.refuse(
                    field,
                    format!("\"{word}\" is not known; known are {}.", known.join(", ")),
                );
                None
            }
        }
    }

    /// The first instant of an hour; none where it is no such text.
    pub fn hour(&mut self, field: &str, text: &str) -> Option<DateTime<Utc>> {
        let hour = Hour::parse(text).map(|hour| Some(hour.start()));
        self.take(
            field,
            hour.map_err(|_| "Give an instant on the hour such as 2026-01-01T10:00:00Z."),
        )
    }

    /// Why somebody decides something, trimmed: a sentence, not a letter.
    pub fn reason<'t>(&mut self, text: &'t str) -> &'t str {
        let reason = text.trim();
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.contains('\0') {
            self.refuse("reason", format!("Must be a text of 1 to {LONGEST_REASON} characters."));
        }
        reason
    }

    /// Notes an `until` that is not later than `from`.
    pub fn ordered(&mut self, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) {
        if from.zip(until).is_some_and(|(from, until)| until <= from) {
            self.refuse("until", "It must be later than `from`.");
        }
    }

    /// Notes NUL, which the database keeps nowhere.
    pub fn without_nul(&mut self, field: &str, text: Option<&str>) {
        if text.is_some_and(|text| text.contains('\0')) {
            self.refuse(field, nul::REFUSED);
        }
    }

    /// Ends the check.
    ///
    /// # Errors
    /// 400 with every field that is wrong.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::fields(&self.0))
        }
    }
}
