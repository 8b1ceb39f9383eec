//! `/usages`: the write that costs money. It looks for the tracking id and then writes, without a lock between the two, and
//! takes whatever it is given: unknown units, hours before the start, negative amounts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, decimal, id, number, text};
use super::books::{Books, UsageRow, Written};
use super::wire::Request;

/// Nine digits before the point.
const TOO_MUCH: Decimal = dec!(1000000000);

impl Books {
    pub fn record_usage(&mut self, request: &Request) -> Answer {
        let Some(rows) = rows(request) else {
            return Answer::complaint(400, None, "usageRecords must be set and not empty");
        };
        let Some(subscription) = self.subscription(rows[0].subscription) else {
            return Answer::unknown(&rows[0].subscription.to_string());
        };
        let latest = rows.iter().map(|row| row.at).max();
        if subscription.end.zip(latest).is_some_and(|(end, latest)| latest > end) {
            return Answer {
                status: 400,
                ..Answer::json(&json!({"servlet": "jersey", "message": "Bad Request", "status": "400"}))
            };
        }
        if self.knows(request) {
            let message = format!("A usage record with tracking ID {} already exists", rows[0].tracking_id);
            return Answer::complaint(400, Some(50000), &message);
        }
        if rows.iter().any(|row| row.amount.abs() >= TOO_MUCH) {
            return Answer::complaint(500, None, "Data truncation: Out of range value for column 'amount'");
        }
        self.write_usage(request);
        Answer::empty(201)
    }

    /// Whether the tracking id of a usage post has been written for its subscription.
    pub fn knows(&self, request: &Request) -> bool {
        rows(request).is_some_and(|rows| {
            let new = written(&rows);
            self.written.contains(&new)
        })
    }

    /// Writes without looking.
    pub fn write_usage(&mut self, request: &Request) {
        if let Some(rows) = rows(request) {
            self.written.push(written(&rows));
            let shrink = rows
                .iter()
                .filter(|row| row.amount < Decimal::ZERO && self.is_charged(row));
            self.shrunk.extend(shrink.cloned().collect::<Vec<_>>());
            self.usage.extend(rows);
        }
    }

    fn is_charged(&self, row: &UsageRow) -> bool {
        let through = self.charged_through(row.subscription);
        through.is_some_and(|through| row.at.date_naive() < through)
    }

    pub fn usage_sums(&self, subscription: &str, request: &Request) -> Answer {
        let at = |name| {
            request
                .query(name)
                .and_then(|text: &str| text.parse::<DateTime<Utc>>().ok())
        };
        let (Some(start), Some(end)) = (at("startDate"), at("endDate")) else {
            return Answer::empty(400);
        };
        let mut sums: BTreeMap<&str, Decimal> = BTreeMap::new();
        let of = |row: &&UsageRow| row.subscription.to_string() == subscription && row.at >= start && row.at < end;
        for row in self.usage.iter().filter(of) {
            *sums.entry(&row.unit).or_default() += row.amount;
        }
        let units: Vec<Value> = sums
            .into_iter()
            .map(|(unit, amount)| json!({"unitType": unit, "amount": number(amount)}))
            .collect();
        Answer::json(
            &json!({"subscriptionId": subscription, "startDate": start, "endDate": end, "rolledUpUnits": units}),
        )
    }
}

fn written(rows: &[UsageRow]) -> Written {
    Written {
        subscription: rows[0].subscription,
        tracking_id: rows[0].tracking_id.clone(),
    }
}

/// The records in a post; `None` when it is none, or empty. Without a tracking id each post is a new one.
fn rows(request: &Request) -> Option<Vec<UsageRow>> {
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let subscription = id(&body, "subscriptionId")?;
    let tracking_id = text(&body, "trackingId").unwrap_or_else(|| Uuid::new_v4().to_string());
    let mut rows = Vec::new();
    for unit in body["unitUsageRecords"].as_array()? {
        for record in unit["usageRecords"].as_array()? {
            rows.push(UsageRow {
                subscription,
                unit: text(unit, "unitType")?,
                at: text(record, "recordDate")?.parse().ok()?,
                amount: decimal(&record["amount"])?.round_dp(9),
                tracking_id: tracking_id.clone(),
            });
        }
    }
    (!rows.is_empty()).then_some(rows)
}
