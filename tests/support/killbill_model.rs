//! A model of Kill Bill: what the service sees of it over HTTP, in this process, with a clock that a test moves and with
//! faults that a test orders. It takes, doubles, refuses and bills usage the way the real server does; the suite in
//! `tests/model_cases` runs on both and holds them together. Nothing in here uses the service's code.
//!
//! `wire` speaks HTTP, `faults` says what may go wrong with a request, `server` does it; `routes` and one file per
//! resource of the API answer; `books` is what the server remembers, `billing` makes invoices of it.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

mod accounts;
mod answer;
mod billing;
mod books;
mod catalog;
mod clock;
mod columns;
mod credits;
mod fields;
mod invoices;
mod items;
mod periods;
mod prices;
mod rating;
mod routes;
mod server;
mod settle;
mod subscriptions;
mod tenants;
mod usages;
mod wire;

pub mod faults;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::killbill::Connection;
use url::Url;

use super::gate::Gate;
#[allow(unused_imports, reason = "every test binary uses its own part of this")]
pub use answer::{Answer, decimal, number};
pub use books::Books;
use faults::{Decide, Fault, Witness};
use server::Server;
pub use wire::Request;

/// A running model. It stops with the runtime that started it.
pub struct Model {
    server: Arc<Server>,
}

impl Model {
    /// Listens on a free port of 127.0.0.1, with its clock at `now`.
    pub async fn start(now: DateTime<Utc>) -> Self {
        Self::with_doors(now, vec![Arc::default()]).await
    }

    /// Listens on as many ports as there are gates; every request at a port passes its gate.
    pub async fn with_doors(now: DateTime<Utc>, gates: Vec<Arc<Gate>>) -> Self {
        let server = Arc::new(Server::new(Books::new(now), gates));
        server.listen().await;
        Self { server }
    }

    /// Forgets everything and starts anew at `now`, at the same address.
    pub fn reset(&self, now: DateTime<Utc>) {
        self.server.forget(Books::new(now));
    }

    /// Where it listens, or would, were it not away.
    pub fn url(&self) -> Url {
        self.door(0)
    }

    /// The same for one of its ports.
    pub fn door(&self, number: usize) -> Url {
        self.server.url(number)
    }

    /// How a client reaches it; it has one tenant and lets everybody in.
    pub fn connection(url: &Url) -> Connection {
        Connection {
            api_url: url.clone(),
            username: "admin".to_owned(),
            password: "password".into(),
            api_key: "model".to_owned(),
            api_secret: "model".into(),
            ca: vec![],
            request_timeout: std::time::Duration::from_secs(30),
        }
    }

    /// From now on `decide` says what becomes of each request.
    pub fn on_request(&self, decide: impl FnMut(&faults::Seen<'_>) -> Fault + Send + 'static) {
        let decide: Decide = Box::new(decide);
        self.server.decide_with(Some(decide));
    }

    /// From now on `witness` hears of each request that has come in, and is waited for before anything becomes of it.
    pub fn show_to(&self, witness: Witness) {
        self.server.show_to(witness);
    }

    /// The clock of those who send was set back.
    pub fn set_back(&self, by: TimeDelta) {
        self.server.set_back(by);
    }

    /// From now on every request is answered at once.
    pub fn heal(&self) {
        self.server.decide_with(None);
    }

    /// Refuses connections and cuts the open ones. What is on the line stays on the line.
    pub async fn go_away(&self) {
        self.server.go_away().await;
    }

    /// The process dies and comes back: what was inside is gone, what is written and what is on the line stays.
    pub fn restart(&self) {
        self.server.die();
    }

    /// Listens again, on the same port.
    pub async fn come_back(&self) {
        self.server.listen().await;
    }

    /// From now on what hangs arrives when it is due by this clock, that of those who send. They reckon with it for `longest`.
    pub fn follow(&self, clock: Clock, longest: TimeDelta) {
        self.server.follow(clock, longest);
    }

    /// When the next of what hangs is due on that clock, no later than `until`.
    pub fn next_due(&self, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.server.next_due(until)
    }

    /// Adds a version of the price list; `false` when it is refused.
    pub fn upload(&self, xml: &str) -> bool {
        self.books().upload(xml).status == 201
    }

    /// Moves its clock forwards, and makes the invoices that fall due.
    pub fn pass_time(&self, by: TimeDelta) {
        let mut books = self.books();
        let to = books.now + by;
        books.pass_time(to);
    }

    /// Time passes for requests that hang: those due by `now`, on the clock of their sender, arrive.
    pub fn arrive(&self, now: DateTime<Utc>) {
        self.server.arrive(now);
    }

    /// Everything that hangs arrives.
    pub fn arrive_all(&self) {
        self.server.arrive(DateTime::<Utc>::MAX_UTC);
    }

    /// From now on requests and answers are changed on their way.
    pub fn bend(&self, request: fn(&mut Request), answer: fn(&Request, &mut Answer)) {
        self.server.bend(request, answer);
    }

    /// What it remembers, to look at and to check.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.server.books()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
