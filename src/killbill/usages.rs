//! Usage: the one write that costs money. A tracking id makes it repeatable, as long as no two with the same id are in flight together.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clock::instant;
use super::{Error, KillBill};

/// Kill Bill's code for a tracking id that the subscription has seen; it comes with 400, not 409.
const TRACKING_ID_EXISTS: i64 = 50000;

/// Calls about usage.
#[derive(Debug, Clone, Copy)]
pub struct Usages<'a>(pub(super) &'a KillBill);

/// One delivery of usage for one subscription, taken or refused as a whole. At most 1,000 records, or Kill Bill splits it into several transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsagePost {
    pub subscription: Uuid,
    /// At most 128 characters. Kill Bill compares only this, never the content.
    pub tracking_id: String,
    pub units: Vec<UnitUsage>,
}

/// What was consumed of one unit of the catalog. A unit that the plan does not have is taken and never billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitUsage {
    pub unit: String,
    /// When, inside the consumed hour, and how much. More than nine decimals are rounded silently, so send none.
    pub records: Vec<(DateTime<Utc>, Decimal)>,
}

/// What a successful post found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    Written,
    /// An earlier post with this tracking id was written; this one was not.
    AlreadyThere,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WirePost<'a> {
    subscription_id: Uuid,
    tracking_id: &'a str,
    unit_usage_records: Vec<WireUnit<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireUnit<'a> {
    unit_type: &'a str,
    usage_records: Vec<WireRecord>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRecord {
    record_date: String,
    #[serde(with = "super::number")]
    amount: Decimal,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSums {
    rolled_up_units: Vec<WireSum>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSum {
    unit_type: String,
    #[serde(with = "super::number")]
    amount: Decimal,
}

impl Usages<'_> {
    /// Writes one delivery. After an answer that leaves the outcome open, wait until Kill Bill cannot be working on it any more and read the
    /// sums back before repeating: two posts in flight with one tracking id can both be written.
    ///
    /// # Errors
    /// See [`Error`]; a post with a record dated after the subscription's end is `Refused` without a code.
    pub async fn record(&self, post: &UsagePost) -> Result<Recorded, Error> {
        match self.0.post(&["usages"]).json(&WirePost::from(post)).send().await {
            Ok(answer) if answer.status == StatusCode::CREATED => Ok(Recorded::Written),
            // Kill Bill says 201; whoever said something else may not have been Kill Bill.
            Ok(answer) => Err(Error::Malformed(format!(
                "status {} in place of 201",
                answer.status.as_u16()
            ))),
            Err(Error::Refused {
                code: Some(TRACKING_ID_EXISTS),
                ..
            }) => Ok(Recorded::AlreadyThere),
            Err(other) => Err(other),
        }
    }

    /// Sums by unit of what was recorded from `start` up to, not including, `end`; a unit without records is absent. Counts records that will
    /// never be billed too: a match proves delivery, not billing.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn sums(
        &self,
        subscription: Uuid,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<BTreeMap<String, Decimal>, Error> {
        let call = self.0.get(&["usages", &subscription.to_string()]);
        let sums: WireSums = call
            .query("startDate", &instant(start))
            .query("endDate", &instant(end))
            .send()
            .await?
            .json()?;
        by_unit(sums)
    }
}

/// A unit that is there twice has no sum: either figure would be taken for what Kill Bill has.
fn by_unit(sums: WireSums) -> Result<BTreeMap<String, Decimal>, Error> {
    let mut units = BTreeMap::new();
    for WireSum { unit_type, amount } in sums.rolled_up_units {
        if units.contains_key(&unit_type) {
            return Err(Error::Malformed(format!("the unit {unit_type} is there twice")));
        }
        units.insert(unit_type, amount);
    }
    Ok(units)
}

impl<'a> From<&'a UsagePost> for WirePost<'a> {
    fn from(post: &'a UsagePost) -> Self {
        Self {
            subscription_id: post.subscription,
            tracking_id: &post.tracking_id,
            unit_usage_records: post.units.iter().map(WireUnit::from).collect(),
        }
    }
}

impl<'a> From<&'a UnitUsage> for WireUnit<'a> {
    fn from(usage: &'a UnitUsage) -> Self {
        let records = usage.records.iter();
        Self {
            unit_type: &usage.unit,
            usage_records: records
                .map(|(at, amount)| WireRecord {
                    record_date: instant(*at),
                    amount: *amount,
                })
                .collect(),
        }
    }
}
