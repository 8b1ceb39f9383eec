//! A run in the middle: who there is, what the clocks say, what the client knows.

use std::sync::Arc;

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::app::App;
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::db::tokens::{self, Role};
use nodeconductor_billing::domain::job::Job;
use nodeconductor_billing::http::state::AppState;
use nodeconductor_billing::web;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Client, call};
use super::deeds::{self, Done};
use super::dice::Dice;
use super::ground::Ground;
use super::mistakes::Mistake;
use super::plan::Plan;
use super::prices;
use super::road::Road;
use super::story::Story;
use super::trouble::{PROCESSES, Trouble, WEB};

pub struct World<'g> {
    pub ground: &'g Ground,
    pub plan: Plan,
    pub dice: Dice,
    pub story: Story,
    /// The service's clock; Kill Bill's is the model's own.
    pub clock: Clock,
    pub trouble: Trouble,
    pub road: Road,
    pub processes: [Option<Process>; PROCESSES],
    pub client: Client,
    pub customers: Vec<Uuid>,
    pub resources: Vec<Resource>,
    pub token: String,
    /// Versions of the price list that were uploaded after the first.
    pub versions: usize,
    pub away: bool,
    /// Money of others that waited for a customer in trouble.
    pub waited: Vec<String>,
}

/// A running service.
pub struct Process {
    pub app: App,
    /// Of the one that serves the API.
    router: Option<Router>,
}

#[derive(Clone, Debug)]
pub struct Resource {
    pub uuid: Uuid,
    pub customer: Uuid,
    pub registered: bool,
    pub started_at: Option<DateTime<Utc>>,
    pub terminated_at: Option<DateTime<Utc>>,
}

impl<'g> World<'g> {
    pub async fn begin(ground: &'g Ground, plan: Plan, mut dice: Dice, story: Story) -> Self {
        ground.clear(plan.begin).await;
        let clock = Clock::manual(plan.begin);
        let trouble = Trouble::new(dice.split(), story.clone(), clock.clone(), plan.rates);
        trouble.pause(true);
        ground.model.follow(clock.clone(), plan.rates.works_at_most);
        let road = Road::new(ground.pool(), &clock, &story, plan.rates.works_at_most);
        let (asked, seen_by, came_by) = (trouble.clone(), road.clone(), road.clone());
        ground.model.on_request(move |seen| {
            let fault = asked.on_request(seen);
            seen_by.became(seen, fault);
            fault
        });
        ground.model.show_to(Arc::new(move |request| came_by.came(request)));
        for (process, line) in ground.lines.iter().enumerate() {
            let asked = trouble.clone();
            line.decide_with(Some(Box::new(move || asked.on_statement(process))));
        }
        let token = tokens::create(ground.pool(), plan.begin, "pusher", Role::Staff, &[]).await;
        let mut world = Self {
            token: token.expect("our own database"),
            customers: (0..plan.customers).map(|n| Uuid::from_u128(0xc0 + n as u128)).collect(),
            resources: Vec::new(),
            processes: Default::default(),
            client: Client {
                believes: plan.mistake == Some(Mistake::BelievedPush),
                ..Client::default()
            },
            versions: 0,
            away: false,
            waited: Vec::new(),
            ground,
            plan,
            dice,
            story,
            clock,
            trouble,
            road,
        };
        world.furnish().await;
        world
    }

    /// The price list, the customers, the resources.
    async fn furnish(&mut self) {
        let uploaded = self.ground.model.upload(&prices::first().xml());
        assert!(uploaded, "the price list is good");
        self.ground.model.books().is_narrow = true;
        for number in 0..self.plan.resources {
            let begin = self.plan.begin - TimeDelta::hours(i64::try_from(self.dice.below(72)).unwrap_or_default());
            let known = self.dice.chance(50);
            self.resources.push(Resource {
                uuid: Uuid::from_u128(0xa0 + number as u128),
                customer: *self.dice.one_of(&self.customers),
                registered: false,
                started_at: known.then_some(begin),
                terminated_at: None,
            });
        }
        for customer in self.customers.clone() {
            self.name_customer(customer, "Alice").await;
        }
        self.start(0).await;
        self.pass(0, Job::SyncPrices).await;
        for number in 0..self.resources.len() {
            if self.dice.chance(75) {
                self.register(number, "web-1").await;
            }
        }
        self.trouble.pause(false);
    }

    pub async fn start(&mut self, process: usize) {
        if self.processes[process].is_none() {
            self.trouble.pause(true);
            let app = self.ground.start(process, &self.plan, &self.clock).await;
            let router = match process {
                WEB => Some(web::router(AppState::of(&app).await.expect("the database answers"))),
                _ => None,
            };
            self.processes[process] = Some(Process { app, router });
            self.trouble.pause(false);
        }
    }

    /// The API.
    pub async fn web(&mut self) -> Router {
        self.start(WEB).await;
        let process = self.processes[WEB].as_ref().expect("just started");
        process.router.clone().expect("it serves the API")
    }

    pub async fn app(&mut self, process: usize) -> App {
        self.start(process).await;
        self.processes[process].as_ref().expect("just started").app.clone()
    }

    /// One pass of a job, with nobody else at work.
    pub async fn pass(&mut self, process: usize, job: Job) -> Done {
        let app = self.app(process).await;
        self.alone(deeds::pass(process, app, job)).await
    }

    /// A call of the API that is not about usage; repeated until it is answered.
    pub async fn ask(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        for _ in 0..20 {
            let router = self.web().await;
            let request = call(method, &self.token, path, body);
            match self.alone(deeds::answer(WEB, router, request)).await {
                Done::Answer(status, answer) if status < 500 => return (status, answer),
                _ => {}
            }
        }
        panic!("twenty answers to {method} {path} were lost");
    }

    pub async fn name_customer(&mut self, customer: Uuid, name: &str) {
        let (status, answer) = self
            .ask("PUT", &format!("/api/customers/{customer}/"), &json!({"name": name}))
            .await;
        assert!(matches!(status, 200 | 201), "{status} {answer}");
    }

    pub async fn register(&mut self, number: usize, name: &str) {
        let resource = self.resources[number].clone();
        let mut body = json!({"name": name, "type": "OpenStack.Instance", "customer": resource.customer});
        if let Some(start) = resource.started_at {
            body["started_at"] = json!(start);
        }
        let (status, answer) = self
            .ask("PUT", &format!("/api/resources/{}/", resource.uuid), &body)
            .await;
        if matches!(status, 200 | 201) {
            self.resources[number].registered = true;
        } else {
            self.story.tell(format!("   … registering is refused: {answer}"));
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Our clock is set; what hangs and is due by it arrives.
    pub fn set_clock(&self, to: DateTime<Utc>) {
        let back = self.now() - to;
        if back > TimeDelta::zero() {
            self.ground.model.set_back(back);
            self.road.set_back(back);
        }
        self.clock.set(to);
        self.ground.model.arrive(to);
    }

    /// Time passes for everybody: what is invoiced and what arrives happens in its order.
    pub fn pass_time(&self, by: TimeDelta) {
        let to = self.now() + by;
        while let Some(next) = self.ground.model.next_due(to) {
            self.go_on_to(next.max(self.now()));
        }
        self.go_on_to(to);
    }

    fn go_on_to(&self, to: DateTime<Utc>) {
        self.ground.model.pass_time(to - self.now());
        self.set_clock(to);
    }

    pub fn story_of(done: &Done) -> String {
        match done {
            Done::Pass(None) => "done".to_owned(),
            Done::Pass(Some(error)) => format!("failed: {error}"),
            Done::Answer(status, answer) => {
                let count = |key: &str| answer[key].as_u64().unwrap_or_default();
                let counts =
                    ["accepted", "duplicate", "corrected", "conflict", "rejected"].map(|key| (key, count(key)));
                let counts: Vec<String> = counts
                    .iter()
                    .filter(|(_, count)| *count > 0)
                    .map(|(key, count)| format!("{count} {key}"))
                    .collect();
                format!("{status} {}", counts.join(", "))
            }
            Done::Died => "died".to_owned(),
        }
    }
}
