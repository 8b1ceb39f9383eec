//! Plays seeds on one real server: all begin together, and its clock is moved until their windows are over.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::domain::catalog::{self, Versions};
use nodeconductor_billing::domain::hour::Hour;
use nodeconductor_billing::domain::timeline::Timeline;
use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::killbill::subscriptions::NewSubscription;
use nodeconductor_billing::killbill::usages::{UnitUsage, UsagePost};
use nodeconductor_billing::killbill::{Connection, KillBill};
use serde_json::json;
use uuid::Uuid;

use super::compare::{Lines, charged, expected};
use super::dealt::{BEGINS, Dealt, PLAN, deal};
use crate::support::killbill_server::{OwnServer, fresh_tenant, raw};

/// Seeds that share a server's clock.
const AT_ONCE: u64 = 25;

struct Played {
    dealt: Dealt,
    kb: KillBill,
    account: Uuid,
    timeline: Timeline,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[tokio::test]
async fn kill_bill_bills_what_the_timeline_says() {
    let (first, seeds) = (number("JUDGE_FIRST", 1), number("JUDGE_SEEDS", 10));
    let mut differing = Vec::new();
    for batch in (first..first + seeds).collect::<Vec<_>>().chunks(AT_ONCE as usize) {
        differing.extend(judge(batch).await);
        eprintln!(
            "judged up to seed {}: {} differ",
            batch[batch.len() - 1],
            differing.len()
        );
    }
    assert!(
        differing.is_empty(),
        "seeds whose invoices differ from the timeline: {differing:?}"
    );
}

async fn judge(seeds: &[u64]) -> Vec<u64> {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let begins: DateTime<Utc> = BEGINS.parse().unwrap();
    let keeper = KillBill::new(&fresh_tenant(&server.api_url).await).unwrap();
    keeper.clock().set(begins).await.unwrap();
    let mut played = Vec::new();
    for seed in seeds {
        played.push(begin(&fresh_tenant(&server.api_url).await, deal(*seed)).await);
    }
    // Kill Bill parks an account for which too many lines are made in one day: no long leaps.
    for day in (5..=150).step_by(5) {
        keeper
            .clock()
            .set(begins + TimeDelta::days(day) + TimeDelta::hours(12))
            .await
            .unwrap();
    }
    // A window that is over is billed within the day.
    let over = begins + TimeDelta::days(148);
    let mut differing = Vec::new();
    for one in &played {
        if !agrees(one, over).await {
            differing.push(one.dealt.seed);
        }
    }
    differing
}

async fn begin(connection: &Connection, dealt: Dealt) -> Played {
    let kb = KillBill::new(connection).unwrap();
    for version in &dealt.catalogs {
        kb.catalog()
            .upload(version)
            .await
            .unwrap_or_else(|error| panic!("seed {}: {error}\n{version}", dealt.seed));
    }
    if dealt.changes_wait {
        let setting = json!({"org.killbill.subscription.align.effectiveDateForExistingSubscriptions": "true"});
        let url = connection.api_url.join("tenants/uploadPerTenantConfig").unwrap();
        let request = raw(connection, url)
            .header("content-type", "text/plain")
            .body(setting.to_string());
        assert!(request.send().await.unwrap().status().is_success());
    }
    let account = NewAccount {
        external_key: Uuid::new_v4().to_string(),
        name: format!("Seed {}", dealt.seed),
        email: None,
        currency: dealt.currency.to_owned(),
        time_zone: dealt.zone.to_owned(),
        bill_cycle_day: dealt.bill_cycle_day,
        reference_time: BEGINS.parse::<DateTime<Utc>>().ok().map(|at| at + TimeDelta::hours(3)),
        locale: None,
    };
    let account = kb.accounts().create(&account).await.unwrap();
    let new = NewSubscription {
        account,
        external_key: Uuid::new_v4().to_string(),
        bundle_external_key: Uuid::new_v4().to_string(),
        plan: PLAN.to_owned(),
        billing_start: dealt.start,
    };
    let subscription = kb
        .subscriptions()
        .create(&new)
        .await
        .unwrap_or_else(|error| panic!("seed {}: {error}", dealt.seed));
    for (from, until) in &dealt.pauses {
        block(connection, subscription, true, *from).await;
        block(connection, subscription, false, *until).await;
    }
    post(&kb, subscription, &dealt).await;
    let timeline = told(&kb, account, subscription, &dealt).await;
    Played {
        dealt,
        kb,
        account,
        timeline,
    }
}

/// The timeline as it is known before the first hour is over.
async fn told(kb: &KillBill, account: Uuid, subscription: Uuid, dealt: &Dealt) -> Timeline {
    let xml = kb.catalog().xml().await.unwrap();
    let versions = catalog::parse(&xml, rust_decimal::dec!(720)).unwrap();
    let versions = Versions::new(versions.into_iter().map(|version| version.content).collect());
    let seen = kb.subscriptions().get(subscription).await.unwrap();
    let terms = kb.accounts().get(account).await.unwrap().terms().unwrap();
    let tenant = kb.tenants().billing_terms().await.unwrap();
    Timeline::new(&versions, &seen.subscribed(dealt.start), &terms, tenant)
}

async fn block(connection: &Connection, subscription: Uuid, blocks: bool, at: DateTime<Utc>) {
    let url = connection
        .api_url
        .join(&format!("subscriptions/{subscription}/block"))
        .unwrap();
    let body = json!({"stateName": if blocks { "PAUSE" } else { "GO" }, "service": "ops", "isBlockBilling": blocks,
                      "isBlockEntitlement": false, "isBlockChange": false, "type": "SUBSCRIPTION"});
    let request =
        raw(connection, url).query(&[("requestedDate", at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))]);
    let answer = request.json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}

async fn post(kb: &KillBill, subscription: Uuid, dealt: &Dealt) {
    let units = ["cpu", "ram"].map(|unit| UnitUsage {
        unit: unit.to_owned(),
        records: dealt
            .usage
            .iter()
            .filter(|(own, ..)| *own == unit)
            .map(|(_, hour, amount)| (Hour::containing(*hour).stamp(), *amount))
            .collect(),
    });
    let post = UsagePost {
        subscription,
        tracking_id: format!("seed-{}", dealt.seed),
        units: units.into_iter().filter(|unit| !unit.records.is_empty()).collect(),
    };
    kb.usages().record(&post).await.unwrap();
}

/// Kill Bill invoices a moment after its clock was moved; who differs after a minute, differs.
async fn agrees(played: &Played, over: DateTime<Utc>) -> bool {
    let expected = expected(&played.dealt, &played.timeline, over);
    let mut seen = Lines::new();
    for _ in 0..20 {
        let invoices = played.kb.invoices().of_account(played.account, None).await.unwrap();
        seen = charged(&invoices);
        seen.retain(|(.., end), _| played.timeline.account().start_of(*end) <= over);
        if seen == expected {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let dealt = &played.dealt;
    eprintln!(
        "seed {}: account {} on day {} in {}, from {}, pauses {:?}, changes wait: {}\n{}\ntimeline: {expected:#?}\nKill Bill: {seen:#?}",
        dealt.seed,
        dealt.currency,
        dealt.bill_cycle_day,
        dealt.zone,
        dealt.start,
        dealt.pauses,
        dealt.changes_wait,
        dealt.catalogs.join("\n")
    );
    false
}
