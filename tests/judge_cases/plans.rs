//! Plays catalogs of other people on one server: each in a tenant, every plan with an account of its own as the service makes
//! them, usage of every unit as far as the pre-flight lets it go, and each line compared.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use futures::StreamExt;
use nodeconductor_billing::domain::catalog::{self, Versions};
use nodeconductor_billing::domain::timeline::{AccountTerms, Prospect, Subscribed, TenantTerms, Timeline, outlook};
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::killbill::subscriptions::NewSubscription;
use rust_decimal::dec;
use uuid::Uuid;

use super::calls::{again, given};
use super::folder::Family;
use super::story::Calendar;
use super::subject::Subject;
use crate::support::killbill_server::{OwnServer, fresh_tenant};

const TOGETHER: usize = 4;

/// A line of the table.
#[derive(Default)]
pub struct Row {
    pub name: String,
    pub accepted: String,
    pub plans: usize,
    /// Units of plans.
    pub right: usize,
    pub held: usize,
    pub free: usize,
    pub differ: usize,
    pub notes: Vec<String>,
}

/// A catalog in its tenant.
struct Tenant {
    row: Row,
    kb: KillBill,
    currency: String,
    /// Plans that are still to be subscribed, and from when on.
    to_come: Vec<(String, DateTime<Utc>)>,
    subjects: Vec<Subject>,
}

pub async fn play(calendar: Calendar, families: Vec<Family>) -> Vec<Row> {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let keeper = KillBill::new(&fresh_tenant(&server.api_url).await).unwrap();
    again(async || keeper.clock().set(calendar.begins).await).await;
    let mut tenants = Vec::new();
    for family in families {
        let kb = KillBill::new(&fresh_tenant(&server.api_url).await).unwrap();
        tenants.push(Tenant::begin(kb, family, calendar).await);
    }
    for step in 0..=calendar.steps {
        if step > 0 {
            again(async || keeper.clock().set(calendar.clock(step)).await).await;
        }
        let each = |tenant| async move { Tenant::step(tenant, calendar, step).await };
        futures::stream::iter(&mut tenants)
            .for_each_concurrent(TOGETHER, each)
            .await;
    }
    let judged = |tenant| async move { Tenant::judge(tenant, calendar).await };
    futures::stream::iter(tenants)
        .map(judged)
        .buffered(TOGETHER)
        .collect()
        .await
}

impl Tenant {
    async fn begin(kb: KillBill, family: Family, calendar: Calendar) -> Self {
        let mut row = Row {
            name: family.name.clone(),
            ..Row::default()
        };
        let (mut accepted, mut refused) = (0, Vec::new());
        for (file, text) in &family.files {
            match kb.catalog().upload(text).await {
                Ok(()) => accepted += 1,
                Err(error) => refused.push(format!("Kill Bill refuses {file}: {error}")),
            }
        }
        row.accepted = match (accepted, refused.len()) {
            (_, 0) => "yes".to_owned(),
            (0, _) => "no".to_owned(),
            (yes, no) => format!("{yes} of {}", yes + no),
        };
        row.notes.extend(refused);
        row.notes.extend(family.unread.iter().cloned());
        let versions = Versions::of(&family.versions);
        let currencies: Vec<&String> = versions
            .iter()
            .flat_map(|version| &version.currencies.currency)
            .collect();
        let usd = currencies.iter().find(|currency| *currency.as_str() == *"USD");
        let currency = usd
            .or(currencies.first())
            .map_or_else(|| "USD".to_owned(), |currency| (*currency).clone());
        for held in outlook(&versions, &currency, TenantTerms::default()) {
            if let Prospect::Held(why) = &held.prospect {
                row.notes.push(format!(
                    "check says: plan {}, unit {}: held: {why}",
                    held.plan, held.unit
                ));
            }
        }
        let names: BTreeSet<&str> = versions
            .iter()
            .flat_map(|version| &version.plans.plan)
            .map(|plan| plan.name.as_str())
            .collect();
        row.plans = names.len();
        let mut to_come = Vec::new();
        for version in family.versions.iter().filter(|_| accepted > 0) {
            let start = version.effective_from.duration_trunc(TimeDelta::hours(1)).unwrap() + TimeDelta::hours(1);
            for plan in &version.content.plans.plan {
                to_come.push((plan.name.clone(), start.max(calendar.begins)));
            }
        }
        to_come.sort();
        to_come.dedup();
        Self {
            row,
            kb,
            currency,
            to_come,
            subjects: Vec::new(),
        }
    }

    async fn step(&mut self, calendar: Calendar, step: i64) {
        let now = calendar.clock(step);
        let (due, later): (Vec<_>, Vec<_>) = self.to_come.drain(..).partition(|(_, start)| *start <= now);
        self.to_come = later;
        for (plan, start) in due {
            self.subscribe(plan, start).await;
        }
        for subject in &mut self.subjects {
            subject.meter(&self.kb, now, step).await;
        }
    }

    /// As the service would: not what cannot be subscribed alone, nor what lets no invoice be made.
    async fn subscribe(&mut self, plan: String, start: DateTime<Utc>) {
        match self.try_to_subscribe(&plan, start).await {
            Ok(subject) => self.subjects.push(subject),
            Err(why) => {
                self.row.held += 1;
                self.row.notes.push(format!(
                    "plan {plan} from {}: not subscribed: {why}",
                    start.date_naive()
                ));
            }
        }
    }

    async fn try_to_subscribe(&self, plan: &str, start: DateTime<Utc>) -> Result<Subject, String> {
        let xml = self.kb.catalog().xml().await.map_err(|error| error.to_string())?;
        let versions = catalog::parse(&xml, dec!(720)).map_err(|error| error.to_string())?;
        let versions = Versions::of(&versions);
        let in_force = versions
            .at(start)
            .and_then(|version| Some((version, version.plan(plan)?)));
        let (version, found) = in_force.ok_or("the version in force does not have it")?;
        let product = version
            .products
            .product
            .iter()
            .find(|product| product.name == found.product);
        if product.and_then(|product| product.category.as_deref()) == Some("ADD_ON") {
            return Err("its product is an ADD_ON".to_owned());
        }
        let ours = AccountTerms::ours(&self.currency);
        let assumed = Timeline::new(&versions, &Subscribed::new(plan, start), &ours, TenantTerms::default());
        if let Some((_, why)) = assumed.failing() {
            return Err(why.to_string());
        }
        let account = NewAccount {
            external_key: Uuid::new_v4().to_string(),
            name: plan.to_owned(),
            email: None,
            currency: self.currency.clone(),
            time_zone: "UTC".to_owned(),
            bill_cycle_day: 1,
            reference_time: Some(DateTime::UNIX_EPOCH + TimeDelta::hours(3)),
            locale: None,
        };
        let account = self
            .kb
            .accounts()
            .create(&account)
            .await
            .map_err(|error| error.to_string())?;
        let new = NewSubscription {
            account,
            external_key: Uuid::new_v4().to_string(),
            bundle_external_key: Uuid::new_v4().to_string(),
            plan: plan.to_owned(),
            billing_start: start,
        };
        let subscription = self
            .kb
            .subscriptions()
            .create(&new)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Subject {
            plan: plan.to_owned(),
            start,
            account,
            subscription,
            timeline: given(&self.kb, account, subscription, start).await.timeline(),
            posted: Vec::new(),
            held: BTreeMap::new(),
            metered: start,
        })
    }

    async fn judge(mut self, calendar: Calendar) -> Row {
        for subject in &self.subjects {
            subject.judge(&self.kb, calendar, &mut self.row).await;
        }
        for (plan, start) in &self.to_come {
            self.row.notes.push(format!(
                "plan {plan} from {}: beyond what was played",
                start.date_naive()
            ));
        }
        self.row
    }
}
