//! What the client pushes: new records, corrections of known ones, old pushes once more, and first of all what has no answer yet.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use rust_decimal::{Decimal, dec};

use super::client::{Key, Record, push};
use super::deeds::{self, Deed, Done};
use super::trouble::{Death, WEB};
use super::world::World;

const METERS: [(u64, &str); 4] = [(5, "cpu"), (4, "memory"), (2, "license_type"), (1, "gpu")];

impl World<'_> {
    pub async fn push(&mut self) {
        let records = self.records();
        self.send(records).await;
    }

    /// A typo in the year, or a little too early; now and then taken back at once.
    pub async fn push_far(&mut self) {
        let hours = [5, 24 * 3, 24 * 40, 24 * 365 * 30, -24 * 402, -24 * 365 * 20];
        let away = TimeDelta::hours(*self.dice.one_of(&hours));
        let resource = self.dice.one_of(&self.resources).uuid;
        let latest = self.ground.model.books().now.max(self.now());
        let from = if away > TimeDelta::zero() { latest } else { self.now() };
        let hour = from.duration_trunc(TimeDelta::hours(1)).unwrap_or_default() + away;
        let key = (resource, self.dice.weighed(&METERS), hour);
        let (quantity, takes_back) = (Decimal::from(self.dice.between(1, 16)), self.dice.chance(40));
        if self.client.meant(&key).is_some() {
            return;
        }
        let record = |quantity, correction| Record {
            key,
            quantity,
            correction,
        };
        self.send(vec![record(quantity, false)]).await;
        if takes_back {
            self.send(vec![record(Decimal::ZERO, true)]).await;
        }
    }

    /// Hours that say that nothing was consumed, before, between and after those that do.
    pub async fn push_zeros(&mut self) {
        let resource = self.dice.one_of(&self.resources).uuid;
        let meter = self.dice.weighed(&METERS);
        let now = self.now().duration_trunc(TimeDelta::hours(1)).unwrap_or_default();
        let from = now - TimeDelta::hours(i64::try_from(self.dice.between(1, 24 * 20)).unwrap_or(1));
        let keys = (0..4).map(|hour| (resource, meter, from + TimeDelta::hours(hour)));
        let new: Vec<Key> = keys.filter(|key| self.client.meant(key).is_none()).collect();
        let zero = |key| Record {
            key,
            quantity: Decimal::ZERO,
            correction: false,
        };
        if !new.is_empty() {
            self.send(new.into_iter().map(zero).collect()).await;
        }
    }

    /// Corrects one hour to less and another of the same month to as much more: together they come to nothing.
    pub async fn make_up(&mut self) {
        let known: Vec<(Key, Decimal)> = self
            .client
            .acknowledged
            .iter()
            .map(|(key, quantity)| (*key, *quantity))
            .collect();
        let month = |key: &Key| (key.0, key.1, key.2.format("%Y-%m").to_string());
        let pairs: Vec<_> = known
            .windows(2)
            .filter(|pair| month(&pair[0].0) == month(&pair[1].0) && pair[0].1 > dec!(1))
            .collect();
        if pairs.is_empty() {
            return;
        }
        let pair = *self.dice.one_of(&pairs);
        let corrected = [(pair[0], dec!(-1)), (pair[1], dec!(1))];
        let records = corrected.map(|((key, quantity), more)| Record {
            key,
            quantity: quantity + more,
            correction: true,
        });
        self.send(records.into()).await;
    }

    pub async fn correct(&mut self) {
        let records = self.corrections();
        if !records.is_empty() {
            self.send(records).await;
        }
    }

    /// Corrects hours of late to less.
    pub async fn take_back(&mut self) {
        let since = self.now() - TimeDelta::days(31);
        let running = self.resources.iter().filter(|one| one.terminated_at.is_none());
        let running: Vec<_> = running.map(|one| one.uuid).collect();
        let known = self.client.acknowledged.iter();
        let recent: Vec<(Key, Decimal)> = known
            .filter(|((resource, _, hour), quantity)| {
                running.contains(resource) && *hour >= since && **quantity > dec!(1)
            })
            .map(|(key, quantity)| (*key, *quantity))
            .collect();
        if !recent.is_empty() {
            let (key, quantity) = *self.dice.one_of(&recent);
            let quantity = quantity - Decimal::from(self.dice.between(1, 8)).min(quantity);
            let correction = true;
            self.send(vec![Record {
                key,
                quantity,
                correction,
            }])
            .await;
        }
    }

    pub async fn replay(&mut self) {
        if !self.client.answered.is_empty() && self.client.unanswered.is_empty() {
            let mut records = self.dice.one_of(&self.client.answered).clone();
            // An old correction sent again would be a new one.
            records.retain(|record| {
                self.client.acknowledged.get(&record.key) == Some(&record.quantity) || !record.correction
            });
            self.send(records).await;
        }
    }

    /// What has no answer yet goes first, in its order.
    async fn send(&mut self, records: Vec<Record>) {
        self.client.unanswered.push_back(records);
        self.send_unanswered().await;
    }

    pub async fn send_unanswered(&mut self) {
        while let Some(records) = self.client.unanswered.front().cloned() {
            let deed = self.push_of(&records).await;
            if self.dice.chance(self.plan.deaths / 4) {
                let at = self.dice.below(30);
                self.trouble.doom(WEB, Some(Death::AtMoment(at)));
            }
            let answer = self.alone(deed).await;
            self.story
                .tell(format!("   … push of {}: {}", shown(&records), Self::story_of(&answer)));
            self.client.unanswered.pop_front();
            if !self.heard(&records, &answer) {
                self.client.unanswered.push_front(records);
                return;
            }
        }
    }

    pub async fn push_of(&mut self, records: &[Record]) -> Deed {
        let router = self.web().await;
        deeds::answer(WEB, router, push(&self.token, records))
    }

    pub fn heard(&mut self, records: &[Record], answer: &Done) -> bool {
        match answer {
            Done::Answer(status, answer) => self.client.hear(records, *status, answer),
            Done::Died | Done::Pass(_) => self.client.hear(records, 0, &serde_json::Value::Null),
        }
    }

    pub fn records(&mut self) -> Vec<Record> {
        let resource = self.dice.one_of(&self.resources).uuid;
        let first = self.some_hour();
        let hours = self.dice.between(1, 5);
        let mut records = Vec::new();
        for hour in 0..i64::try_from(hours).unwrap_or_default() {
            let key = (resource, self.dice.weighed(&METERS), first + TimeDelta::hours(hour));
            if self.client.meant(&key).is_none() && records.iter().all(|record: &Record| record.key != key) {
                let quantity = self.quantity();
                records.push(Record {
                    key,
                    quantity,
                    correction: false,
                });
            }
        }
        records
    }

    /// Mostly of late, sometimes long ago.
    fn some_hour(&mut self) -> DateTime<Utc> {
        let back = self.dice.weighed(&[(12, 6), (3, 40), (2, 24 * 20), (1, 24 * 50)]);
        let now = self.now().duration_trunc(TimeDelta::hours(1)).unwrap_or_default();
        now - TimeDelta::hours(i64::try_from(self.dice.between(1, back)).unwrap_or(1))
    }

    pub fn corrections(&mut self) -> Vec<Record> {
        let known: Vec<Key> = self.client.acknowledged.keys().copied().collect();
        if known.is_empty() {
            return Vec::new();
        }
        let mut records: Vec<Record> = Vec::new();
        for _ in 0..self.dice.between(1, 3) {
            let key = *self.dice.one_of(&known);
            let (quantity, correction) = (self.quantity(), self.dice.chance(90));
            if records.iter().all(|record| record.key != key) {
                records.push(Record {
                    key,
                    quantity,
                    correction,
                });
            }
        }
        records
    }

    fn quantity(&mut self) -> Decimal {
        let whole = Decimal::from(self.dice.between(1, 16));
        let fraction = Decimal::new(i64::try_from(self.dice.below(1_000_000_000)).unwrap_or_default(), 9);
        self.dice.weighed(&[
            (6, whole),
            (4, whole + fraction),
            (1, Decimal::ZERO),
            (1, dec!(0.000000001)),
            (1, fraction),
        ])
    }
}

fn shown(records: &[Record]) -> String {
    let one = |record: &Record| {
        let (resource, meter, hour) = record.key;
        let sign = if record.correction { "~" } else { "" };
        format!(
            "{:x}/{meter}/{} {sign}{}",
            resource.as_u128(),
            hour.format("%m-%dT%H"),
            record.quantity
        )
    };
    records.iter().map(one).collect::<Vec<_>>().join(", ")
}
