//! The steps of a run, drawn one after another.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use nodeconductor_billing::domain::job::Job;
use rust_decimal::{Decimal, dec};
use serde_json::json;

use super::client::{Key, Record, push};
use super::deeds::{self, Deed, Done};
use super::prices;
use super::trouble::WEB;
use super::world::World;

const METERS: [(u64, &str); 4] = [(5, "cpu"), (4, "memory"), (2, "license_type"), (1, "gpu")];

#[derive(Clone, Copy, Debug)]
enum Step {
    Push,
    Correct,
    Replay,
    Deliver,
    DeliverTogether,
    DeliverBesideAPush,
    Wait,
    WaitLong,
    OurClockForward,
    OurClockBack,
    TheirClockForward,
    RenameCustomer,
    RenameResource,
    Terminate,
    NewPrices,
    SyncPrices,
    SyncInvoices,
    KillBillAway,
    KillBillRestarts,
    KillProcess,
    RetryRefused,
}

const STEPS: [(u64, Step); 21] = [
    (22, Step::Push),
    (9, Step::Correct),
    (5, Step::Replay),
    (24, Step::Deliver),
    (7, Step::DeliverTogether),
    (6, Step::DeliverBesideAPush),
    (22, Step::Wait),
    (5, Step::WaitLong),
    (2, Step::OurClockForward),
    (2, Step::OurClockBack),
    (2, Step::TheirClockForward),
    (1, Step::RenameCustomer),
    (2, Step::RenameResource),
    (2, Step::Terminate),
    (2, Step::NewPrices),
    (3, Step::SyncPrices),
    (3, Step::SyncInvoices),
    (2, Step::KillBillAway),
    (2, Step::KillBillRestarts),
    (2, Step::KillProcess),
    (2, Step::RetryRefused),
];

impl World<'_> {
    pub async fn step(&mut self, number: usize) {
        let step = self.dice.weighed(&STEPS);
        self.story.tell(format!(
            "{number:>3} {step:?} at {}",
            self.now().format("%m-%d %H:%M:%S")
        ));
        match step {
            Step::Push => self.push().await,
            Step::Correct => self.correct().await,
            Step::Replay => self.replay().await,
            Step::Deliver => {
                let process = self.dice.index(2);
                self.deliver(process).await;
            }
            Step::DeliverTogether => self.deliver_together().await,
            Step::DeliverBesideAPush => self.deliver_beside_a_push().await,
            Step::Wait => self.wait(&[5, 30, 121, 300, 1800, 3600, 3600, 10_000]),
            Step::WaitLong => self.wait(&[40_000, 86_400, 200_000, 900_000]),
            Step::OurClockForward => {
                let by = *self.dice.one_of(&[7, 90, 4000, 90_000]);
                self.set_clock(self.now() + TimeDelta::seconds(by));
            }
            Step::OurClockBack => {
                let by = *self.dice.one_of(&[3, 45, 600]);
                self.set_clock(self.now() - TimeDelta::seconds(by));
            }
            Step::TheirClockForward => {
                let by = *self.dice.one_of(&[60, 86_400, 86_400 * 12]);
                self.ground.model.pass_time(TimeDelta::seconds(by));
            }
            Step::RenameCustomer => {
                let customer = *self.dice.one_of(&self.customers);
                self.name_customer(customer, &format!("Alice {number}")).await;
            }
            Step::RenameResource => {
                let resource = self.dice.index(self.resources.len());
                self.register(resource, &format!("web-{number}")).await;
            }
            Step::Terminate => self.terminate().await,
            Step::NewPrices => self.new_prices(),
            Step::SyncPrices => self.job(Job::SyncPrices).await,
            Step::SyncInvoices => {
                self.job(Job::SyncInvoices).await;
                self.job(Job::Reconcile).await;
            }
            Step::KillBillAway => self.away_or_back().await,
            Step::KillBillRestarts => self.ground.model.restart(),
            Step::KillProcess => {
                let process = self.dice.index(3);
                self.ground.lines[process].cut();
                self.processes[process] = None;
            }
            Step::RetryRefused => self.retry_refused().await,
        }
    }

    fn wait(&mut self, seconds: &[i64]) {
        let by = TimeDelta::seconds(*self.dice.one_of(seconds));
        self.pass_time(by);
        self.story.tell(format!("   … {} s", by.num_seconds()));
    }

    async fn job(&mut self, job: Job) {
        let done = self.pass(0, job).await;
        self.story.tell(format!("   … {job} {}", self.story_of(&done)));
    }

    /// A pass that may be doomed.
    async fn delivery(&mut self, process: usize) -> Deed {
        let app = self.app(process).await;
        let doomed = self.dice.chance(self.plan.deaths);
        let last = self.dice.weighed(&[(1, 40), (1, 140)]);
        let at = self.dice.below(last);
        self.trouble.doom(process, doomed.then_some(at));
        deeds::pass(process, app, Job::Deliver)
    }

    pub async fn deliver(&mut self, process: usize) {
        let deed = self.delivery(process).await;
        let done = self.alone(deed).await;
        self.story
            .tell(format!("   … process {process} {}", self.story_of(&done)));
    }

    async fn deliver_together(&mut self) {
        let (one, other) = (self.delivery(0).await, self.delivery(1).await);
        let done = self.together(one, other).await;
        let told = done.each_ref().map(|done| self.story_of(done));
        self.story.tell(format!("   … both: {}; {}", told[0], told[1]));
    }

    async fn deliver_beside_a_push(&mut self) {
        let process = self.dice.index(2);
        let one = self.delivery(process).await;
        let records = if self.dice.chance(60) {
            self.corrections()
        } else {
            self.records()
        };
        if !self.client.unanswered.is_empty() || records.is_empty() {
            self.alone(one).await;
            return;
        }
        let other = self.push_of(&records).await;
        let [done, answer] = self.together(one, other).await;
        self.heard(&records, &answer);
        self.story.tell(format!(
            "   … process {process} {}, beside it {records:?}: {}",
            self.story_of(&done),
            self.story_of(&answer)
        ));
    }

    async fn push(&mut self) {
        let records = self.records();
        self.send(records).await;
    }

    async fn correct(&mut self) {
        let records = self.corrections();
        if !records.is_empty() {
            self.send(records).await;
        }
    }

    async fn replay(&mut self) {
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
                self.trouble.doom(WEB, Some(at));
            }
            let answer = self.alone(deed).await;
            self.story
                .tell(format!("   … push of {}: {}", shown(&records), self.story_of(&answer)));
            self.client.unanswered.pop_front();
            if !self.heard(&records, &answer) {
                self.client.unanswered.push_front(records);
                return;
            }
        }
    }

    async fn push_of(&mut self, records: &[Record]) -> Deed {
        self.start(WEB).await;
        let router = self.processes[WEB].as_ref().expect("just started").router.clone();
        deeds::answer(WEB, router, push(&self.token, records))
    }

    fn heard(&mut self, records: &[Record], answer: &Done) -> bool {
        match answer {
            Done::Answer(status, answer) => self.client.hear(records, *status, answer),
            Done::Died | Done::Pass(_) => self.client.hear(records, 0, &serde_json::Value::Null),
        }
    }

    fn records(&mut self) -> Vec<Record> {
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

    fn corrections(&mut self) -> Vec<Record> {
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

    async fn terminate(&mut self) {
        let number = self.dice.index(self.resources.len());
        let at = self.now() - TimeDelta::minutes(i64::try_from(self.dice.below(3000)).unwrap_or_default());
        let resource = self.resources[number].clone();
        let path = format!("/api/resources/{}/terminate/", resource.uuid);
        let (status, answer) = self.ask("POST", &path, &json!({"at": at})).await;
        if status == 200 {
            self.resources[number].terminated_at = Some(at);
        }
        self.story
            .tell(format!("   … {} at {at}: {status} {}", resource.uuid, answer["detail"]));
    }

    fn new_prices(&mut self) {
        self.versions += 1;
        let days = i64::try_from(self.dice.below(20)).unwrap_or_default();
        let day = self.ground.model.books().now + TimeDelta::days(days + 1);
        let list = prices::later(self.versions, &day.format("%Y-%m-%d").to_string());
        let taken = self.ground.model.upload(&list.xml());
        self.story
            .tell(format!("   … from {}: {taken}", day.format("%Y-%m-%d")));
    }

    pub async fn away_or_back(&mut self) {
        if self.away {
            self.ground.model.come_back().await;
        } else {
            self.ground.model.go_away().await;
        }
        self.away = !self.away;
        // Connections that were kept alive are gone on both sides.
        for process in 0..WEB {
            self.ground.lines[process].cut();
            self.processes[process] = None;
        }
    }

    pub async fn retry_refused(&mut self) {
        let refused: Vec<String> =
            sqlx::query_scalar("select uuid::text from delivery where state = 'refused' order by id")
                .fetch_all(self.ground.pool())
                .await
                .expect("our own database");
        for uuid in refused {
            let (status, _) = self
                .ask("POST", &format!("/api/deliveries/{uuid}/retry/"), &json!({}))
                .await;
            self.story
                .tell(format!("   … a refused delivery is to be tried again: {status}"));
        }
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
