//! The rules of the road: what docs/guarantees.md promises of a delivery while it is under way, minded at every usage post
//! that comes in at Kill Bill and after every pass. The books may agree in the end although a rule was broken, because
//! the service heals itself: this is the judgement that healing cannot hide from.

mod lane;
mod ledger;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use nodeconductor_billing::clock::Clock;
use sqlx::PgPool;
use uuid::Uuid;

use self::lane::{Lane, Post};
use super::story::Story;
use crate::support::killbill_model::faults::{Fault, Seen};
use crate::support::killbill_model::{Books, Request};

/// How a broken rule is told.
pub const WRONG: &str = "ON THE ROAD";

/// Cheap to clone; clones see one road.
#[derive(Clone)]
pub struct Road {
    /// Of the one who looks on: it fails never and waits at no gate.
    pool: PgPool,
    story: Story,
    /// The service's.
    clock: Clock,
    /// How long Kill Bill may be at work on a request after its sender gave up.
    works_at_most: TimeDelta,
    seen: Arc<Mutex<Journal>>,
}

#[derive(Default)]
struct Journal {
    lanes: BTreeMap<Uuid, Lane>,
    wrong: Vec<String>,
}

impl Road {
    pub fn new(pool: &PgPool, clock: &Clock, story: &Story, works_at_most: TimeDelta) -> Self {
        Self {
            pool: pool.clone(),
            story: story.clone(),
            clock: clock.clone(),
            works_at_most,
            seen: Arc::default(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Journal> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All rules that were broken so far, each at the first time.
    pub fn wrong(&self) -> Vec<String> {
        self.seen().wrong.clone()
    }

    fn is_wrong(&self, what: &str) {
        let what = format!("{WRONG}: {what}");
        let mut seen = self.seen();
        if !seen.wrong.contains(&what) {
            self.story.tell(format!("   … {what}"));
            seen.wrong.push(what);
        }
    }

    /// A request has come in at Kill Bill, and nothing has become of it yet.
    pub fn came(&self, request: &Request) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let post = (request.method == "POST" && request.segments() == ["usages"]).then(|| Post::read(&request.body));
        let road = self.clone();
        Box::pin(async move {
            if let Some(Some(post)) = post {
                road.post_came(post).await;
            }
        })
    }

    async fn post_came(&self, post: Post) {
        let ledger = ledger::deliveries(&self.pool, post.subscription).await;
        let wrong = self
            .seen()
            .lanes
            .entry(post.subscription)
            .or_default()
            .came(post, &ledger);
        for what in &wrong {
            self.is_wrong(what);
        }
    }

    /// What became of a request: whether its sender knows, and since when he does not.
    pub fn became(&self, seen: &Seen<'_>, fault: Fault) {
        if seen.is_usage_post() && !fault.is_told() {
            if let Some(post) = Post::read(seen.body) {
                let now = self.clock.now();
                self.seen().lanes.entry(post.subscription).or_default().gave_up(now);
            }
        } else if let ("GET", [first, subscription], Fault::None) = (seen.method, seen.path, fault)
            && first == "usages"
            && let Ok(subscription) = subscription.parse()
        {
            let since = self.clock.now() - self.works_at_most;
            self.seen().lanes.entry(subscription).or_default().looked_up(since);
        }
    }

    /// The service's clock was set back: no time has passed by it.
    pub fn set_back(&self, by: TimeDelta) {
        self.seen().lanes.values_mut().for_each(|lane| lane.set_back(by));
    }

    /// What counts as delivered by now.
    pub async fn counted(&self) -> Vec<(Uuid, String)> {
        ledger::counted(&self.pool).await
    }

    /// What counts as delivered is in Kill Bill's books.
    pub fn mind_counted(&self, counted: &[(Uuid, String)], books: &Books) {
        let holds = |(subscription, name): &(Uuid, String)| {
            let mut written = books.written.iter();
            written.any(|one| one.subscription == *subscription && one.tracking_id == *name)
        };
        for (_, name) in counted.iter().filter(|one| !holds(one)) {
            self.is_wrong(&format!("{name} counts as delivered, and Kill Bill does not hold it"));
        }
    }
}
