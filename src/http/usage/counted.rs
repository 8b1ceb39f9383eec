//! A list of records of which only so many are read as may be pushed at once: at the next one the reading stops.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body::MOST_RECORDS;

/// The records of a push, each still text.
#[derive(Debug, Default)]
pub(super) struct Counted<'t> {
    pub(super) first: Vec<&'t RawValue>,
    /// There is at least one beyond those that may be pushed.
    pub(super) too_many: bool,
}

impl<'t> Counted<'t> {
    /// The items of a list that was found to be well-formed; `None` when it is no list.
    pub(super) fn of(list: &'t RawValue) -> Option<Self> {
        let mut records = Self::default();
        let read = records.deserialize_from(list);
        (read.is_ok() || records.too_many).then_some(records)
    }

    pub(super) fn add(&mut self, record: &'t RawValue) {
        if self.first.len() < MOST_RECORDS {
            self.first.push(record);
        } else {
            self.too_many = true;
        }
    }

    fn deserialize_from(&mut self, list: &'t RawValue) -> serde_json::Result<()> {
        Items(self).deserialize(&mut serde_json::Deserializer::from_str(list.get()))
    }
}

struct Items<'c, 't>(&'c mut Counted<'t>);

impl<'de> DeserializeSeed<'de> for Items<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.0.first.len() < MOST_RECORDS {
            match list.next_element()? {
                Some(record) => self.0.add(record),
                None => return Ok(()),
            }
        }
        self.0.too_many = list.next_element::<IgnoredAny>()?.is_some();
        if self.0.too_many {
            // There is no other way to leave the rest unread.
            return Err(A::Error::custom("too many records"));
        }
        Ok(())
    }
}
