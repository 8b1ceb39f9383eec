//! Checks the values of a body field by field and collects everything that is wrong, so that one answer names it all.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::problem::Problem;

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

    /// Notes a word that is none of those that are known.
    pub fn known(&mut self, field: &str, word: Option<&str>, known: &[&str]) {
        if let Some(wrong) = word.filter(|word| !known.contains(word)) {
            let text = format!("\"{wrong}\" is not known; known are {}.", known.join(", "));
            self.refuse(field, text);
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
