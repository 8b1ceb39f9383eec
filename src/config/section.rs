//! Reads one table of the configuration key by key and remembers what was wrong or left over, so that a start that
//! fails names every key to mend at once: the key, the value found, and what would be right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use config::{Map, Value, ValueKind};
use secrecy::SecretString;

/// One thing to mend, as a line for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A table on its way to becoming settings.
pub(super) struct Section<'m> {
    path: String,
    values: Map<String, Value>,
    known: BTreeSet<String>,
    reading: &'m mut Reading,
}

/// What was found on the way through all tables.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) mistakes: Vec<Mistake>,
    /// Keys whose values are shown to nobody.
    pub(super) hidden: BTreeSet<String>,
}

impl<'m> Section<'m> {
    pub(super) fn new(path: &str, values: Map<String, Value>, reading: &'m mut Reading) -> Self {
        Self {
            path: path.to_owned(),
            values,
            known: BTreeSet::new(),
            reading,
        }
    }

    /// Calls `read` with the table at `key`, then names the keys in it that `read` did not ask for.
    pub(super) fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Section<'_>) -> T) -> T {
        let values = match self.take(key).map(|value| value.kind) {
            Some(ValueKind::Table(table)) => table,
            None | Some(ValueKind::Nil) => Map::new(),
            Some(other) => {
                self.wrong(key, &shown(&other), "a table");
                Map::new()
            }
        };
        let mut inner = Section::new(&self.key(key), values, self.reading);
        let result = read(&mut inner);
        inner.finish();
        result
    }

    /// Names the keys nobody asked for, with what is known here.
    pub(super) fn finish(self) {
        let known = self.known.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut left = self.values.keys().collect::<Vec<_>>();
        left.sort();
        for key in left {
            let place = if self.path.is_empty() {
                key.clone()
            } else {
                format!("{}.{key}", self.path)
            };
            self.reading
                .mistakes
                .push(Mistake(format!("{place}: unknown key; known here: {known}")));
        }
    }

    /// Text, or "" when absent.
    pub(super) fn text(&mut self, key: &str) -> String {
        let value = self.take(key);
        match value.map(|value| value.kind) {
            None | Some(ValueKind::Nil) => String::new(),
            Some(ValueKind::String(text)) => text,
            Some(ValueKind::I64(number)) => number.to_string(),
            Some(other) => {
                self.wrong(key, &shown(&other), "text in quotes");
                String::new()
            }
        }
    }

    /// Text that must be there.
    pub(super) fn required(&mut self, key: &str, right: &str) -> String {
        let text = self.text(key);
        if text.trim().is_empty() {
            self.missing(key, right);
        }
        text
    }

    /// Text from `key`, or from the file that `key_file` names. Its value is never repeated in a mistake.
    pub(super) fn secret(&mut self, key: &str) -> Option<SecretString> {
        self.hide(key);
        let (direct, file) = (self.text(key), self.text(&format!("{key}_file")));
        match (direct.is_empty(), file.is_empty()) {
            (false, false) => {
                self.reading.mistakes.push(Mistake(format!(
                    "{0}: given twice, as {0} and as {0}_file; keep one",
                    self.key(key)
                )));
                None
            }
            (false, true) => Some(direct.into()),
            (true, false) => self.read_secret(key, &file),
            (true, true) => None,
        }
    }

    /// Shows the value of `key` to nobody.
    pub(super) fn hide(&mut self, key: &str) {
        let key = self.key(key);
        self.reading.hidden.insert(key);
    }

    /// A secret that must be there.
    pub(super) fn required_secret(&mut self, key: &str, right: &str) -> SecretString {
        let before = self.reading.mistakes.len();
        self.secret(key).unwrap_or_else(|| {
            if self.reading.mistakes.len() == before {
                self.missing(key, right);
            }
            SecretString::default()
        })
    }

    /// A duration such as `10m`, within the bounds.
    pub(super) fn duration(&mut self, key: &str, least: Duration, most: Duration) -> Duration {
        let text = self.text(key);
        let right = format!(
            "a duration such as 30s, 10m or 2h, from {} to {}",
            humantime::format_duration(least),
            humantime::format_duration(most)
        );
        self.parsed(key, &text, &right, |text| {
            humantime::parse_duration(text)
                .ok()
                .filter(|duration| (least..=most).contains(duration))
        })
        .unwrap_or(least)
    }

    /// A whole number within the bounds.
    pub(super) fn number(&mut self, key: &str, least: u32, most: u32) -> u32 {
        let text = self.text(key);
        let right = format!("a whole number from {least} to {most}");
        self.parsed(key, &text, &right, |text| {
            text.parse().ok().filter(|number| (least..=most).contains(number))
        })
        .unwrap_or(least)
    }

    /// A whole number from 0, or nothing when absent.
    pub(super) fn optional_number(&mut self, key: &str) -> Option<u32> {
        let text = self.text(key);
        if text.is_empty() {
            return None;
        }
        self.parsed(key, &text, "a whole number from 0", |text| text.parse().ok())
    }

    /// `true` or `false`.
    pub(super) fn switch(&mut self, key: &str) -> bool {
        match self.take(key).map(|value| value.kind) {
            Some(ValueKind::Boolean(value)) => value,
            Some(ValueKind::String(text)) => self
                .parsed(key, &text, "true or false", |text| text.parse().ok())
                .unwrap_or(false),
            Some(other) => {
                self.wrong(key, &shown(&other), "true or false");
                false
            }
            None => false,
        }
    }

    /// A list of texts; in the environment, separated by commas.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        match self.take(key).map(|value| value.kind) {
            Some(ValueKind::Array(values)) => values
                .into_iter()
                .filter_map(|value| value.into_string().ok())
                .collect(),
            Some(ValueKind::String(text)) => text
                .split(',')
                .map(|part| part.trim().to_owned())
                .filter(|part| !part.is_empty())
                .collect(),
            None | Some(ValueKind::Nil) => Vec::new(),
            Some(other) => {
                self.wrong(key, &shown(&other), "a list of texts");
                Vec::new()
            }
        }
    }

    /// Every key of a table whose keys the operator chooses.
    pub(super) fn entries(&mut self) -> BTreeMap<String, Value> {
        std::mem::take(&mut self.values).into_iter().collect()
    }

    /// The names in a table whose keys the operator chooses.
    pub(super) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.values.keys().cloned().collect();
        keys.sort();
        keys
    }

    /// `parse` applied to a given text; a refusal names the key, the text and what would be right.
    pub(super) fn parsed<T>(
        &mut self,
        key: &str,
        text: &str,
        right: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let result = parse(text.trim());
        if result.is_none() {
            self.wrong(key, &format!("\"{text}\""), right);
        }
        result
    }

    /// Says that the value of `key` is not right.
    pub(super) fn wrong(&mut self, key: &str, value: &str, right: &str) {
        let mistake = Mistake(format!("{}: {value} is not right; must be {right}", self.key(key)));
        self.reading.mistakes.push(mistake);
    }

    /// Says that `key` is missing.
    pub(super) fn missing(&mut self, key: &str, right: &str) {
        let key = self.key(key);
        let variable = format!("NCB__{}", key.to_uppercase().replace('.', "__"));
        self.reading.mistakes.push(Mistake(format!(
            "{key}: missing; must be {right} (in the file, or as {variable})"
        )));
    }

    fn read_secret(&mut self, key: &str, path: &str) -> Option<SecretString> {
        // Some editors write a byte order mark before a text; no secret begins with one.
        let read = std::fs::read_to_string(path).map(|text| text.trim_start_matches('\u{feff}').to_owned());
        match read {
            Ok(text) if !text.trim().is_empty() => Some(text.trim_end_matches(['\r', '\n']).into()),
            Ok(_) => {
                self.wrong(
                    &format!("{key}_file"),
                    &format!("\"{path}\" (an empty file)"),
                    "a file that holds the secret",
                );
                None
            }
            Err(error) => {
                self.wrong(
                    &format!("{key}_file"),
                    &format!("\"{path}\" ({error})"),
                    "a readable file with the secret",
                );
                None
            }
        }
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.known.insert(key.to_owned());
        self.values.remove(key)
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// A value as it may stand in a message.
pub(super) fn shown(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Table(_) => "a table".to_owned(),
        ValueKind::Array(values) => {
            let texts = values.iter().map(|value| shown(&value.kind)).collect::<Vec<_>>();
            format!("[{}]", texts.join(", "))
        }
        ValueKind::String(text) => format!("\"{text}\""),
        other => other.to_string(),
    }
}
