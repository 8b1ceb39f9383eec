//! The natural key of a record, in the forms that SQL and the domain take it.

use chrono::{DateTime, Utc};

use crate::domain::hour::Hour;
use crate::domain::usage::RecordKey;

/// (resource, meter, hour): what is unique about a record.
pub(in crate::db) type NaturalKey = (i64, i16, DateTime<Utc>);

/// Keys as the three arrays that `unnest` takes.
pub(in crate::db) fn columns(keys: impl Iterator<Item = NaturalKey>) -> (Vec<i64>, Vec<i16>, Vec<DateTime<Utc>>) {
    let (mut resources, mut meters, mut hours) = (Vec::new(), Vec::new(), Vec::new());
    for (resource, meter, hour) in keys {
        resources.push(resource);
        meters.push(meter);
        hours.push(hour);
    }
    (resources, meters, hours)
}

/// The record's identity with one of its revisions.
pub(super) fn revision((resource_id, meter_id, hour): NaturalKey, revision: i16) -> RecordKey {
    RecordKey {
        resource_id,
        meter_id,
        hour: Hour::containing(hour),
        revision,
    }
}
