//! What the plays say to Kill Bill and hear from it, as the service would.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use nodeconductor_billing::domain::catalog::{self, Versions, xml};
use nodeconductor_billing::domain::hold::HoldCode;
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::preflight::{Carried, Lane, Waiting};
use nodeconductor_billing::domain::timeline::{AccountTerms, Subscribed, TenantTerms, Timeline};
use nodeconductor_billing::killbill::usages::{UnitUsage, UsagePost};
use nodeconductor_billing::killbill::{Connection, Error, KillBill};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::story::Used;
use crate::support::killbill_server;

/// What a timeline is made of.
#[derive(Clone)]
pub struct Given {
    pub versions: Vec<Arc<xml::Catalog>>,
    pub subscribed: Subscribed,
    pub account: AccountTerms,
    pub tenant: TenantTerms,
}

impl Given {
    pub fn timeline(&self) -> Timeline {
        Timeline::new(
            &Versions::new(self.versions.clone()),
            &self.subscribed,
            &self.account,
            self.tenant,
        )
    }
}

/// Asks again: a busy server closes a connection now and then. For what may be repeated only.
pub async fn again<T>(ask: impl AsyncFn() -> Result<T, Error>) -> T {
    for _ in 0..4 {
        if let Ok(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    ask().await.unwrap()
}

/// What Kill Bill tells, in the rules' words.
pub async fn given(kb: &KillBill, account: Uuid, subscription: Uuid, start: DateTime<Utc>) -> Given {
    let xml = again(async || kb.catalog().xml().await).await;
    let versions = catalog::parse(&xml, rust_decimal::dec!(720)).unwrap();
    let seen = again(async || kb.subscriptions().get(subscription).await).await;
    let blocks = again(async || kb.blocking().of(&seen).await).await;
    Given {
        versions: versions.into_iter().map(|version| version.content).collect(),
        subscribed: seen.subscribed(start, blocks),
        account: again(async || kb.accounts().get(account).await).await.terms().unwrap(),
        tenant: again(async || kb.tenants().billing_terms(false).await).await,
    }
}

/// Blocks the billing of a subscription from an instant on, or no more.
pub async fn block(connection: &Connection, subscription: Uuid, blocks: bool, at: DateTime<Utc>) {
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    killbill_server::block(connection, ("subscriptions", subscription), blocks, &at).await;
}

/// One post for all units.
pub async fn post(kb: &KillBill, subscription: Uuid, tracking_id: &str, units: &[&str], records: &[Used]) {
    let units = units.iter().map(|unit| UnitUsage {
        unit: (*unit).to_owned(),
        records: records
            .iter()
            .filter(|used| used.unit == *unit)
            .map(|used| (Hour::containing(used.hour).stamp(), used.amount))
            .collect(),
    });
    let post = UsagePost {
        subscription,
        tracking_id: tracking_id.to_owned(),
        units: units.filter(|unit| !unit.records.is_empty()).collect(),
    };
    // Its tracking id makes it one, however often it is sent.
    again(async || kb.usages().record(&post).await).await;
}

/// Sums by unit and window.
pub fn carried(timeline: &Timeline, posted: &[&Used]) -> Carried {
    let mut sums = Carried::new();
    for used in posted {
        if let Some(window) = timeline.window(used.unit, Hour::containing(used.hour)) {
            *sums.entry((used.unit.to_owned(), window.from)).or_insert(Decimal::ZERO) += used.amount;
        }
    }
    sums
}

/// What may go, and what is held why.
pub fn examined(lane: &Lane, records: Vec<Used>) -> (Vec<Used>, Vec<(Used, HoldCode)>) {
    let (mut go, mut held) = (Vec::new(), Vec::new());
    let mut examination = lane.examination();
    for used in records {
        let waiting = Waiting {
            unit: used.unit,
            hour: Hour::containing(used.hour),
            amount: used.amount,
        };
        match examination.hold(&waiting) {
            None => go.push(used),
            Some(code) => held.push((used, code)),
        }
    }
    (go, held)
}
