//! The one who pushes: what he knows to be stored, and what he has to send again because nobody told him.

use std::collections::{BTreeMap, VecDeque};

use axum::body::Body;
use axum::http::{Request, header};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

/// (resource, meter, hour)
pub type Key = (Uuid, &'static str, DateTime<Utc>);

/// A record that is to be stored.
#[derive(Clone, Debug)]
pub struct Record {
    pub key: Key,
    pub quantity: Decimal,
    pub correction: bool,
}

/// What the client has in hand.
#[derive(Default)]
pub struct Client {
    /// The newest quantity that was acknowledged.
    pub acknowledged: BTreeMap<Key, Decimal>,
    /// Pushes without an answer, oldest first; what may or may not be stored.
    pub unanswered: VecDeque<Vec<Record>>,
    /// Pushes that were answered, to be sent again by mistake.
    pub answered: Vec<Vec<Record>>,
    /// Takes a push without an answer for stored.
    pub believes: bool,
    /// What should not have been answered as it was.
    pub complaints: Vec<String>,
}

impl Client {
    /// Reads an answer; `false` when there is none that promises anything.
    pub fn hear(&mut self, records: &[Record], status: u16, answer: &Value) -> bool {
        let results = answer["results"].as_array();
        let Some(results) = results.filter(|_| matches!(status, 200 | 207)) else {
            return self.believe(records);
        };
        if results.len() != records.len() {
            self.complaints
                .push(format!("{} results for {} records", results.len(), records.len()));
        }
        for (record, result) in records.iter().zip(results) {
            self.hear_one(record, result);
        }
        self.answered.push(records.to_vec());
        true
    }

    fn believe(&mut self, records: &[Record]) -> bool {
        if self.believes {
            let stored = records.iter().map(|record| (record.key, record.quantity));
            self.acknowledged.extend(stored);
        }
        self.believes
    }

    fn hear_one(&mut self, record: &Record, result: &Value) {
        match result["status"].as_str().unwrap_or_default() {
            "accepted" | "corrected" | "duplicate" => {
                self.acknowledged.insert(record.key, record.quantity);
            }
            "conflict" => {
                let known = self.acknowledged.get(&record.key);
                if known.is_none_or(|known| *known == record.quantity) {
                    self.complaints
                        .push(format!("{record:?} is no conflict, for {known:?} is stored: {result}"));
                }
            }
            "rejected" if result["code"] == "terminated" => {}
            other => self.complaints.push(format!("{record:?} is {other}: {result}")),
        }
    }

    /// The quantity that a record has for the client, the unanswered pushes included.
    pub fn meant(&self, key: &Key) -> Option<Decimal> {
        let mut later = self.unanswered.iter().flatten().filter(|record| record.key == *key);
        later
            .next_back()
            .map(|record| record.quantity)
            .or_else(|| self.acknowledged.get(key).copied())
    }
}

/// The request of a push.
pub fn push(token: &str, records: &[Record]) -> Request<Body> {
    let records: Vec<Value> = records
        .iter()
        .map(|record| {
            let (resource, meter, hour) = record.key;
            json!({"resource": resource, "meter": meter, "hour": hour, "quantity": record.quantity.to_string(),
                   "correction": record.correction})
        })
        .collect();
    call("POST", token, "/api/usage-records/", &json!({"records": records}))
}

pub fn call(method: &str, token: &str, path: &str, body: &Value) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Token {token}"))
        .body(Body::from(body.to_string()))
        .expect("a request")
}
