//! One record as a client wrote it: its fields by name, each still the text that was sent. Nothing is built from what is
//! wrong, so a hostile record costs its own length and no more. A field that stands there twice is refused: nobody can
//! tell which of the two was meant.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Rejection, reject};

const FIELDS: [&str; 5] = ["resource", "meter", "hour", "quantity", "correction"];

/// Characters of a wrong value that are repeated in an answer.
const SHOWN: usize = 80;

/// The fields that were sent, in the order of `FIELDS`, or what is wrong with them as a whole.
pub(super) struct SentRecord<'t>(Result<[Option<&'t RawValue>; 5], Rejection>);

impl<'t> SentRecord<'t> {
    pub(super) fn read(text: &'t RawValue) -> Result<Self, Rejection> {
        let no_object = || {
            let detail = "must be a JSON object with resource, meter, hour and quantity";
            reject("record", "invalid", detail)
        };
        if !text.get().starts_with('{') {
            return Err(no_object());
        }
        let read: Self = serde_json::from_str(text.get()).map_err(|_| no_object())?;
        Ok(Self(Ok(read.0?)))
    }

    /// A field that may be left out, or be null.
    pub(super) fn given(&self, field: &str) -> Option<&'t RawValue> {
        let values = self.0.as_ref().ok()?;
        let (_, value) = FIELDS.iter().zip(values).find(|(known, _)| **known == field)?;
        value.filter(|value| value.get() != "null")
    }

    pub(super) fn required(&self, field: &str) -> Result<&'t RawValue, Rejection> {
        self.given(field).ok_or_else(|| reject(field, "required", "is missing"))
    }
}

impl<'de> Deserialize<'de> for SentRecord<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = SentRecord<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    /// Reads on after the first mistake, to the end of the object.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut values, mut wrong) = ([None; 5], None);
        while let Some(Name(name)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            let found = FIELDS.iter().position(|known| *known == name);
            let slot = found.and_then(|index| values.get_mut(index));
            match slot {
                Some(slot @ None) => *slot = Some(value),
                Some(Some(_)) => {
                    wrong.get_or_insert_with(|| reject(&name, "repeated_field", "is given twice in this record"));
                }
                None => {
                    wrong.get_or_insert_with(|| unknown(&name));
                }
            }
        }
        Ok(SentRecord(wrong.map_or(Ok(values), Err)))
    }
}

fn unknown(name: &str) -> Rejection {
    let detail = format!("is not known; known are {}", FIELDS.join(", "));
    reject(&cut(name), "unknown_field", detail)
}

/// A key: borrowed unless it is written with escapes.
#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

/// The value if it is a text.
pub(super) fn as_text(value: &RawValue) -> Option<Cow<'_, str>> {
    if !value.get().starts_with('"') {
        return None;
    }
    serde_json::from_str::<Name<'_>>(value.get())
        .ok()
        .map(|Name(text)| text)
}

/// The value if it is a number, digit by digit.
pub(super) fn as_number(value: &RawValue) -> Option<&str> {
    Some(value.get()).filter(|text| text.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
}

/// A value as it may stand in an answer.
pub(super) fn shown(value: &RawValue) -> String {
    cut(value.get())
}

/// Cut where somebody sent a novel.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
