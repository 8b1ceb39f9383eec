//! The posts of one subscription, in the order in which they came in at Kill Bill, and what each of them must keep to.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::ledger::Delivery;

/// A usage post.
pub struct Post {
    pub subscription: Uuid,
    /// Its tracking id.
    name: Option<String>,
    content: Value,
}

impl Post {
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut body: Value = serde_json::from_slice(body).ok()?;
        Some(Self {
            subscription: body["subscriptionId"].as_str()?.parse().ok()?,
            name: body["trackingId"].as_str().map(str::to_owned),
            content: body["unitUsageRecords"].take(),
        })
    }
}

/// What is known of a subscription's posts.
#[derive(Default)]
pub struct Lane {
    /// The names that were sent, with their content.
    sent: BTreeMap<String, Value>,
    /// When the sender of a post gave up without knowing what became of it; `None` once that was looked up.
    in_doubt_since: Option<DateTime<Utc>>,
}

impl Lane {
    pub fn gave_up(&mut self, now: DateTime<Utc>) {
        self.in_doubt_since = Some(now);
    }

    /// Kill Bill has told its sums, and nothing older than `since` can be at work in it.
    pub fn looked_up(&mut self, since: DateTime<Utc>) {
        self.in_doubt_since = self.in_doubt_since.filter(|at| *at > since);
    }

    pub fn set_back(&mut self, by: TimeDelta) {
        self.in_doubt_since = self.in_doubt_since.map(|at| at - by);
    }

    /// The rules that a post breaks as it comes in, by what the ledger says at that moment.
    pub fn came(&mut self, post: Post, ledger: &[Delivery]) -> Vec<String> {
        let Some(name) = post.name else {
            return vec!["usage came in without a tracking id".to_owned()];
        };
        let row = ledger.iter().find(|row| row.name == name);
        // Another worker took over and wrote down an outcome: what comes of this one's hand now is a late request.
        if row.is_some_and(|row| row.attempts > 0 && row.outcomes >= row.attempts) {
            return Vec::new();
        }
        let broken = [
            not_written_down(&name, row),
            row.and_then(|row| attempts_at_once(&name, row)),
            self.beside_another(&name, ledger),
            self.other_content(&name, &post.content),
            self.in_doubt(&name),
        ];
        self.sent.insert(name, post.content);
        broken.into_iter().flatten().collect()
    }

    fn beside_another(&self, name: &str, ledger: &[Delivery]) -> Option<String> {
        let row_of = |other: &String| ledger.iter().find(|row| row.name == *other);
        let is_done = |other: &String| row_of(other).is_some_and(Delivery::is_done);
        let other = self.sent.keys().find(|other| *other != name && !is_done(other))?;
        Some(format!(
            "{name} came in while the ledger does not count {other}, sent before it, as delivered"
        ))
    }

    fn other_content(&self, name: &str, content: &Value) -> Option<String> {
        let before = self.sent.get(name)?;
        (before != content).then(|| format!("{name} came in with {content}, before with {before}"))
    }

    fn in_doubt(&self, name: &str) -> Option<String> {
        let since = self.in_doubt_since?;
        Some(format!(
            "{name} came in although nobody has waited out and looked up what was sent until {since}, and not answered"
        ))
    }
}

fn not_written_down(name: &str, row: Option<&Delivery>) -> Option<String> {
    let state = row.map_or("nothing of it", |row| row.state.as_str());
    (state != "sending")
        .then(|| format!("{name} came in before it was written down that it is being sent: the ledger says {state}"))
}

fn attempts_at_once(name: &str, row: &Delivery) -> Option<String> {
    (row.outcomes + 1 < row.attempts).then(|| {
        format!(
            "{name} came in, the attempt {} of it, while the ledger knows what came of {}",
            row.attempts, row.outcomes
        )
    })
}
