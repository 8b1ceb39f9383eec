//! What the records say of the hours of a month.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::admin::ask::Asker;
use crate::admin::column::text_at;
use crate::admin::problem::Failure;
use crate::admin::query;

/// Records asked for at once; a month has 744 hours at most.
const BATCH: i64 = 300;
/// What was said first of an hour; more is a correction.
const FIRST_REVISION: i64 = 1;

/// What the record in force says of an hour.
pub(super) struct Told {
    pub(super) uuid: String,
    pub(super) quantity: Decimal,
    pub(super) held: bool,
    pub(super) corrected: bool,
}

/// By the number of the hour in the days from the first to before the last.
///
/// # Errors
/// When the API refuses.
pub(super) async fn read(
    asker: &Asker,
    resource: &str,
    meter: &str,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<HashMap<i64, Told>, Failure> {
    let meter = query::value(meter);
    let days = format!("start={first}T00:00:00Z&end={last}T00:00:00Z");
    let start = first.and_time(NaiveTime::MIN).and_utc();
    let mut told = HashMap::new();
    for page in 1.. {
        let list =
            format!("/api/usage-records/?resource={resource}&meter={meter}&{days}&page={page}&page_size={BATCH}");
        let answered = asker.get(&list).await?;
        for record in answered.body.as_array().into_iter().flatten() {
            if text_at(record, "state")? != "superseded" {
                told.insert((hour(record)? - start).num_hours(), Told::new(record)?);
            }
        }
        if page * BATCH >= answered.total.unwrap_or_default() {
            break;
        }
    }
    Ok(told)
}

fn hour(record: &Value) -> Result<DateTime<Utc>, Failure> {
    let hour = DateTime::parse_from_rfc3339(&text_at(record, "hour")?);
    hour.map(|hour| hour.to_utc())
        .map_err(|_| Failure::Shape("hour".to_owned()))
}

impl Told {
    fn new(record: &Value) -> Result<Self, Failure> {
        let revision = record.get("revision").and_then(Value::as_i64);
        Ok(Self {
            uuid: text_at(record, "uuid")?,
            quantity: text_at(record, "quantity")?.parse().unwrap_or_default(),
            held: text_at(record, "state")? == "held",
            corrected: revision.is_some_and(|revision| revision > FIRST_REVISION),
        })
    }
}
