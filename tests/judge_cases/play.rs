//! Plays stories on one real server, each in a tenant of its own: all begin together, and the clock is moved on until their
//! windows are over. What comes late is posted as far as `domain::preflight` lets it go, as the service would.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use futures::StreamExt;
use nodeconductor_billing::domain::hold::HoldCode;
use nodeconductor_billing::domain::preflight::Lane;
use nodeconductor_billing::domain::timeline::Timeline;
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::accounts::{NewAccount, Tag};
use nodeconductor_billing::killbill::subscriptions::{NewSubscription, Subscription};
use url::Url;
use uuid::Uuid;

use super::calls::{Given, again, block, carried, examined, given, post};
use super::compare::{self, Charged};
use super::paper;
use super::story::{PLAN, STEPS, Story, UNITS, Used, begins, calendar, clock};
use crate::support::killbill_server::{OwnServer, fresh_tenant};

/// How many tenants are spoken to at once.
const TOGETHER: usize = 4;

/// Usage that went to Kill Bill.
#[derive(Clone)]
pub struct Posted {
    pub used: Used,
    /// Up to where the account was billed then.
    pub billed: Option<NaiveDate>,
}

/// A story with what Kill Bill made of it.
pub struct Played {
    pub story: Story,
    pub given: Given,
    /// As it was known before the first hour was over.
    pub timeline: Timeline,
    pub posted: Vec<Posted>,
    /// What was named before it was sent, and so was not.
    pub held: Vec<(Used, HoldCode)>,
    pub charged: Vec<Charged>,
    pub parked: bool,
    kb: KillBill,
    account: Uuid,
    subscription: Uuid,
}

/// Plays them all to the end. Kill Bill's server is gone when it returns.
pub async fn play(stories: Vec<Story>) -> Vec<Played> {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let keeper = KillBill::new(&fresh_tenant(&server.api_url).await).unwrap();
    again(async || keeper.clock().set(begins()).await).await;
    let begun = futures::stream::iter(stories).map(|story| begin(&server.api_url, story));
    let mut all: Vec<Played> = begun.buffered(TOGETHER).collect().await;
    for step in 1..=STEPS {
        again(async || keeper.clock().set(clock(step)).await).await;
        let due = all
            .iter_mut()
            .filter(|one| one.story.usage.iter().any(|used| used.step == step));
        let post = |one| async move { Played::post_late(one, step).await };
        futures::stream::iter(due).for_each_concurrent(TOGETHER, post).await;
    }
    futures::stream::iter(&mut all)
        .for_each_concurrent(TOGETHER, Played::read)
        .await;
    all
}

async fn begin(api_url: &Url, story: Story) -> Played {
    let connection = fresh_tenant(api_url).await;
    let kb = KillBill::new(&connection).unwrap();
    for version in paper::catalogs(&story) {
        let uploaded = kb.catalog().upload(&version).await;
        uploaded.unwrap_or_else(|error| panic!("seed {}: {error}\n{version}", story.seed));
    }
    settings(&kb, &story).await;
    let account = kb.accounts().create(&account(&story)).await.unwrap();
    let new = NewSubscription {
        account,
        external_key: Uuid::new_v4().to_string(),
        bundle_external_key: Uuid::new_v4().to_string(),
        plan: PLAN.to_owned(),
        billing_start: story.start,
    };
    let subscription = kb.subscriptions().create(&new).await;
    let subscription = subscription.unwrap_or_else(|error| panic!("seed {}: {error}", story.seed));
    for (from, until) in &story.pauses {
        block(&connection, subscription, true, *from).await;
        block(&connection, subscription, false, *until).await;
    }
    let given = given(&kb, account, subscription, story.start).await;
    let mut played = Played {
        timeline: given.timeline(),
        given,
        posted: Vec::new(),
        held: Vec::new(),
        charged: Vec::new(),
        parked: false,
        kb,
        account,
        subscription,
        story,
    };
    played.post_first().await;
    played
}

async fn settings(kb: &KillBill, story: &Story) {
    let mut settings = BTreeMap::new();
    if story.changes_wait {
        let name = "org.killbill.subscription.align.effectiveDateForExistingSubscriptions";
        settings.insert(name.to_owned(), "true".to_owned());
    }
    if let Some(periods) = story.look_back {
        settings.insert(
            "org.killbill.invoice.readMaxRawUsagePreviousPeriod".to_owned(),
            periods.to_string(),
        );
    }
    if story.itemizes {
        let name = "org.killbill.invoice.item.result.behavior.mode";
        settings.insert(name.to_owned(), "DETAIL".to_owned());
    }
    if !settings.is_empty() {
        kb.tenants().set_config(&settings).await.unwrap();
    }
}

fn account(story: &Story) -> NewAccount {
    NewAccount {
        external_key: Uuid::new_v4().to_string(),
        name: format!("Seed {}", story.seed),
        email: None,
        currency: story.currency.to_owned(),
        time_zone: story.zone.to_owned(),
        bill_cycle_day: story.bill_cycle_day,
        reference_time: Some(begins() + TimeDelta::hours(3)),
        locale: None,
    }
}

impl Played {
    async fn post(&mut self, records: Vec<Used>, step: i64, billed: Option<NaiveDate>) {
        if records.is_empty() {
            return;
        }
        post(&self.kb, self.subscription, &format!("step-{step}"), &UNITS, &records).await;
        self.posted
            .extend(records.into_iter().map(|used| Posted { used, billed }));
    }

    /// What is there from the beginning goes whatever its terms say: that nobody bills it is judged, too. But what no column
    /// of Kill Bill holds, or it cannot tell apart, would let it make no invoice.
    async fn post_first(&mut self) {
        let lane = Lane {
            timeline: self.timeline.clone(),
            charged_through: None,
            account_through: None,
            arrives_by: begins(),
            run_is_late: false,
            carried: carried(&self.timeline, &[]),
        };
        let first = self.story.usage.iter().filter(|used| used.step == 0).cloned().collect();
        let (mut go, held) = examined(&lane, first);
        let monthly = self.story.shape.period == "MONTHLY";
        let (held, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|(_, code)| match code {
            HoldCode::BeyondKillbillColumn => true,
            HoldCode::NotBillable => monthly,
            _ => false,
        });
        go.extend(others.into_iter().map(|(used, _)| used));
        self.held.extend(held);
        self.post(go, 0, None).await;
    }

    /// What comes at this step, as far as the pre-flight lets it go.
    async fn post_late(&mut self, step: i64) {
        let posted: Vec<&Used> = self.posted.iter().map(|posted| &posted.used).collect();
        // Nothing is taken back that was not sent.
        let based = |used: &&Used| {
            used.corrects
                .is_none_or(|base| posted.contains(&&self.story.usage[base]))
        };
        let here = self.story.usage.iter().filter(|used| used.step == step);
        let mut late: Vec<Used> = here.filter(based).cloned().collect();
        late.sort_by_key(|used| used.hour);
        let seen = self.invoiced(step).await;
        let lane = Lane {
            timeline: self.timeline.clone(),
            charged_through: seen.charged_through_date.max(self.lines_through().await),
            account_through: again(async || self.kb.subscriptions().account_charged_through(self.account).await).await,
            arrives_by: clock(step) + TimeDelta::minutes(10),
            run_is_late: false,
            carried: carried(&self.timeline, &posted),
        };
        let (go, held) = examined(&lane, late);
        self.held.extend(held);
        self.post(go, step, lane.charged_through.max(lane.account_through))
            .await;
    }

    /// Up to where its lines reach: what Kill Bill says it is charged through goes back when a run finds late usage only.
    async fn lines_through(&self) -> Option<NaiveDate> {
        let invoices = again(async || self.kb.invoices().of_account(self.account, None).await).await;
        compare::charged(&invoices, calendar())
            .iter()
            .map(|line| line.key.2)
            .max()
    }

    /// The subscription, once the runs that are due are over: a busy Kill Bill makes them a moment after its clock was moved.
    async fn invoiced(&self, step: i64) -> Subscription {
        let over = |end: &NaiveDate| self.timeline.account().start_of(*end) <= clock(step) - TimeDelta::hours(12);
        let windows = UNITS
            .iter()
            .flat_map(|unit| self.timeline.windows(unit, begins(), clock(step)));
        let due = windows.map(|window| window.end_day).filter(over).max();
        // Whoever moved the clock waited for the queues of his own tenant.
        again(async || self.kb.clock().wait_for_queues().await).await;
        for _ in 0..40 {
            let seen = again(async || self.kb.subscriptions().get(self.subscription).await).await;
            if seen.charged_through_date >= due || self.timeline.failing().is_some() {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        again(async || self.kb.subscriptions().get(self.subscription).await).await
    }

    /// Kill Bill invoices a moment after its clock was moved; who differs after ten seconds, differs.
    async fn read(&mut self) {
        for _ in 0..20 {
            let invoices = again(async || self.kb.invoices().of_account(self.account, None).await).await;
            self.charged = compare::charged(&invoices, calendar());
            self.parked = again(async || self.kb.accounts().tags(self.account).await)
                .await
                .iter()
                .any(Tag::is_park);
            if compare::difference(self).is_none() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}
