//! The steps of a run, drawn one after another; what is pushed is in `pushes`, the passes of the workers are in `deliveries`.

mod deliveries;

use chrono::TimeDelta;
use nodeconductor_billing::domain::job::Job;
use serde_json::json;

use super::prices;
use super::trouble::WEB;
use super::world::World;

#[derive(Clone, Copy, Debug)]
enum Step {
    Push,
    PushFar,
    PushZeros,
    Correct,
    MakeUp,
    Replay,
    Deliver,
    DeliverTwice,
    DeliverTogether,
    DeliverBesideAPush,
    Wait,
    WaitLong,
    BeforeARun,
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
    Neighbour,
}

const STEPS: [(u64, Step); 27] = [
    (22, Step::Push),
    (3, Step::PushFar),
    (2, Step::PushZeros),
    (9, Step::Correct),
    (3, Step::MakeUp),
    (5, Step::Replay),
    (16, Step::Deliver),
    (10, Step::DeliverTwice),
    (9, Step::DeliverTogether),
    (7, Step::DeliverBesideAPush),
    (18, Step::Wait),
    (5, Step::WaitLong),
    (4, Step::BeforeARun),
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
    (2, Step::Neighbour),
];

impl World<'_> {
    pub async fn step(&mut self, number: usize) {
        if self.away && self.dice.chance(20) {
            self.away_or_back().await;
        }
        let step = self.dice.weighed(&STEPS);
        self.story.tell(format!(
            "{number:>3} {step:?} at {}",
            self.now().format("%m-%d %H:%M:%S")
        ));
        match step {
            Step::Push => self.push().await,
            Step::PushFar => self.push_far().await,
            Step::PushZeros => self.push_zeros().await,
            Step::Correct => self.correct().await,
            Step::MakeUp => self.make_up().await,
            Step::Replay => self.replay().await,
            Step::Deliver => {
                let process = self.dice.index(2);
                self.deliver(process).await;
            }
            Step::DeliverTwice => self.deliver_twice().await,
            Step::DeliverTogether => self.deliver_together().await,
            Step::DeliverBesideAPush => self.deliver_beside_a_push().await,
            Step::Wait => self.wait(&[5, 30, 121, 300, 1800, 3600, 3600, 10_000]),
            Step::WaitLong => self.wait(&[40_000, 86_400, 200_000, 900_000]),
            Step::BeforeARun => self.before_a_run().await,
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
                // No time passes: nothing is on the line for days.
                self.ground.model.arrive_all();
                self.ground.model.pass_time(TimeDelta::seconds(by));
            }
            Step::RenameCustomer => {
                let customer = *self.dice.one_of(&self.customers);
                let name = self.a_name("Alice", number);
                self.name_customer(customer, &name).await;
            }
            Step::RenameResource => {
                let resource = self.dice.index(self.resources.len());
                let name = self.a_name("web", number);
                self.register(resource, &name).await;
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
                self.kill(process).await;
            }
            Step::RetryRefused => self.retry_refused().await,
            Step::Neighbour => self.a_neighbour_is_turned_away().await,
        }
    }

    fn wait(&mut self, seconds: &[i64]) {
        let by = TimeDelta::seconds(*self.dice.one_of(seconds));
        self.pass_time(by);
        self.story.tell(format!("   … {} s", by.num_seconds()));
    }

    /// What is taken back just before Kill Bill invoices the month is still on its way meanwhile.
    async fn before_a_run(&mut self) {
        let left = self.until_next_run();
        let before = TimeDelta::seconds(*self.dice.one_of(&[5, 20, 40, 60, 90, 200]));
        let settled = TimeDelta::minutes(20);
        self.pass_time((left - before - settled).max(TimeDelta::zero()));
        let process = self.dice.index(2);
        self.trouble.pause(true);
        self.deliver(process).await;
        self.take_back().await;
        self.trouble.pause(false);
        self.pass_time(settled);
        self.trouble.slow_down(self.dice.chance(80));
        self.deliver(process).await;
        self.trouble.slow_down(false);
        self.wait(&[5, 30, 121, 300, 1800]);
    }

    fn until_next_run(&self) -> TimeDelta {
        let books = self.ground.model.books();
        let runs = books.falls_due(books.now + TimeDelta::days(32));
        runs.first().map_or_else(TimeDelta::zero, |(at, ..)| *at - books.now)
    }

    async fn job(&mut self, job: Job) {
        let done = self.pass(0, job).await;
        self.story.tell(format!("   … {job} {}", Self::story_of(&done)));
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
            self.kill(process).await;
        }
    }

    pub async fn retry_refused(&mut self) {
        let refused: Vec<(String, String)> = sqlx::query_as(
            "(select 'deliveries', uuid::text from delivery where state = 'refused' order by id)
             union all (select 'settlements', uuid::text from settlement where state = 'refused' order by id)",
        )
        .fetch_all(self.ground.pool())
        .await
        .expect("our own database");
        for (kind, uuid) in refused {
            let path = format!("/api/{kind}/{uuid}/retry/");
            let (status, _) = self.ask("POST", &path, &json!({})).await;
            self.story
                .tell(format!("   … of refused {kind} one is to be tried again: {status}"));
        }
    }
}
