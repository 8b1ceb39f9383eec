//! A list of records of which only so many are kept as may be pushed at once; the rest is counted and forgotten.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body::MOST_RECORDS;

/// The first records of a list, each still text, and how many there are in all.
#[derive(Debug, Default)]
pub(super) struct Counted<'t> {
    pub(super) first: Vec<&'t RawValue>,
    pub(super) count: usize,
}

impl<'t> Counted<'t> {
    pub(super) fn add(&mut self, record: &'t RawValue) {
        self.count += 1;
        if self.count <= MOST_RECORDS {
            self.first.push(record);
        }
    }
}

impl<'de: 't, 't> Deserialize<'de> for Counted<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Records)
    }
}

struct Records;

impl<'de> Visitor<'de> for Records {
    type Value = Counted<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut records = Counted::default();
        while records.count < MOST_RECORDS
            && let Some(record) = list.next_element()?
        {
            records.add(record);
        }
        while records.count >= MOST_RECORDS && list.next_element::<IgnoredAny>()?.is_some() {
            records.count += 1;
        }
        Ok(records)
    }
}
