//! A service with four meters and the sample prices, one registered VM, and a stand-in for the delivery worker.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::db::outbox::{self, Next, Selection};
use nodeconductor_billing::db::prices::{self, PriceBook};
use nodeconductor_billing::db::subscriptions::{self, Facts, Subscription};
use nodeconductor_billing::db::timelines::Timelines;
use nodeconductor_billing::db::usage;
use nodeconductor_billing::domain::catalog;
use nodeconductor_billing::domain::delivery::Settlement;
use nodeconductor_billing::domain::preflight::{Carried, Lane};
use nodeconductor_billing::domain::price::HOURS_IN_MONTH;
use nodeconductor_billing::domain::route::Meter;
use nodeconductor_billing::domain::timeline::Subscribed;
use nodeconductor_billing::web;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::catalog::SampleCatalog;
use crate::support::web::{Answer, Service};

pub const PATH: &str = "/api/usage-records/";
pub const VM: &str = "6e08f48681834ba5aadd426a0abe9282";
pub const CUSTOMER: &str = "211ca3327de945899375749bd55dae4a";
pub const TEN: &str = "2026-01-01T10:00:00Z";
pub const ELEVEN: &str = "2026-01-01T11:00:00Z";

/// Meters `cpu`, `memory` and `licence` have a price, `gpu` has none.
pub async fn service() -> Service {
    let mut service = Service::start().await;
    let meters = [
        ("cpu", "cpu"),
        ("memory", "ram_gb"),
        ("licence", "license_type"),
        ("gpu", "gpu"),
    ];
    let names = meters.map(|(name, _)| name.to_owned());
    let xml = SampleCatalog::standard("USD").xml();
    let versions = catalog::parse(&xml, HOURS_IN_MONTH).unwrap();
    let mut tx = service.pool().begin().await.unwrap();
    let now = service.state.clock.now();
    prices::store(&mut tx, &versions, now, now).await.unwrap();
    tx.commit().await.unwrap();
    let configured = meters.map(|(name, price_name)| Meter {
        name: name.to_owned(),
        display_name: name.to_uppercase(),
        price_name: price_name.to_owned(),
        unit_label: "hours".to_owned(),
    });
    service.state.book = PriceBook::new(configured.into(), BTreeMap::new(), "USD");
    service.state.meters = usage::meters(service.pool(), &names).await.unwrap().into();
    service.router = web::router(service.state.clone());
    service
}

/// The same with the VM and its customer registered.
pub async fn service_with_vm() -> Service {
    let service = service().await;
    let customer = format!("/api/customers/{CUSTOMER}/");
    let answer = service
        .call("PUT", &service.pusher, &customer, json!({"name": "Alice"}))
        .await;
    assert_eq!(answer.status, 201);
    register(&service, VM).await;
    service
}

pub async fn register(service: &Service, resource: &str) {
    let body = json!({"name": "web-1", "type": "OpenStack.Instance", "customer": CUSTOMER});
    let answer = service
        .call("PUT", &service.pusher, &format!("/api/resources/{resource}/"), body)
        .await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

pub fn record(meter: &str, hour: &str, quantity: impl Into<Value>) -> Value {
    json!({"resource": VM, "meter": meter, "hour": hour, "quantity": quantity.into()})
}

pub fn correction(meter: &str, hour: &str, quantity: impl Into<Value>) -> Value {
    let mut record = record(meter, hour, quantity);
    record["correction"] = json!(true);
    record
}

/// `n` hours of the VM's cpu from the beginning of 2026 on.
pub fn hours(n: i64) -> Vec<Value> {
    let first: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    (0..n)
        .map(|hour| record("cpu", &(first + TimeDelta::hours(hour)).to_rfc3339(), "1"))
        .collect()
}

pub async fn push(service: &Service, records: impl Into<Value>) -> Answer {
    push_with(service, "", records).await
}

/// With a query such as `?atomic=true`.
pub async fn push_with(service: &Service, query: &str, records: impl Into<Value>) -> Answer {
    let body = json!({"records": records.into()});
    service
        .call("POST", &service.pusher, &format!("{PATH}{query}"), body)
        .await
}

/// Any body under any headers.
pub async fn push_raw(service: &Service, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut request = Request::post(PATH).header("authorization", format!("Token {}", service.pusher));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    service.send(request.body(body.into()).unwrap()).await
}

/// Status and verdicts at a glance, such as `207 accepted conflict`.
pub fn verdicts(answer: &Answer) -> String {
    let body = answer.json();
    let results = body["results"].as_array().unwrap_or_else(|| panic!("{body}"));
    let words = results.iter().map(|result| result["status"].as_str().unwrap());
    format!("{} {}", answer.status.as_u16(), words.collect::<Vec<_>>().join(" "))
}

/// Rows of the ledger, revisions included.
pub async fn stored(service: &Service) -> i64 {
    sqlx::query_scalar("select count(*) from usage_record")
        .fetch_one(service.pool())
        .await
        .unwrap()
}

/// Revisions of the ledger as `revision quantity delta state`, oldest first.
pub async fn ledger(service: &Service) -> Vec<String> {
    let rows: Vec<(i16, Decimal, Decimal, bool, bool)> = sqlx::query_as(
        "select revision, quantity, delta, superseded, delivery_id is not null from usage_record order by hour, revision",
    )
    .fetch_all(service.pool())
    .await
    .unwrap();
    rows.into_iter()
        .map(|(revision, quantity, delta, superseded, carried)| {
            let (old, sent) = (if superseded { " old" } else { "" }, if carried { " sent" } else { "" });
            format!(
                "{revision}: {} {:+}{old}{sent}",
                quantity.normalize(),
                delta.normalize()
            )
        })
        .collect()
}

/// What the worker does to the ledger when Kill Bill takes everything: returns how many deliveries it took.
pub async fn deliver(service: &Service) -> u32 {
    let mut sent = 0;
    let resources: Vec<i64> = sqlx::query_scalar("select id from resource order by id")
        .fetch_all(service.pool())
        .await
        .unwrap();
    for resource_id in resources {
        let lane = subscription(service.pool(), resource_id).await;
        while let Some(first) = outbox::first_open_hour(service.pool(), selection(&lane, service))
            .await
            .unwrap()
        {
            let next = outbox::prepare(
                service.pool(),
                selection(&lane, service),
                first,
                open(&lane, service).await,
            )
            .await;
            let Ok(Next::Ready(prepared)) = next else {
                panic!("{next:?}")
            };
            let now = service.state.clock.now();
            let sending = outbox::mark_sending(service.pool(), prepared.id, now).await.unwrap();
            let written = Settlement::Delivered {
                detail: "written",
                status: 201,
                code: None,
            };
            outbox::settled(service.pool(), sending, &written, now, now)
                .await
                .unwrap();
            sent += 1;
        }
    }
    sent
}

pub fn selection<'a>(lane: &'a Subscription, service: &Service) -> Selection<'a> {
    Selection {
        resource_id: lane.resource_id,
        subscription_id: lane.id,
        plan: &lane.plan,
        settle_after: Duration::ZERO,
        now: service.state.clock.now(),
        due_before: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        asks: nodeconductor_billing::domain::settlement::Classes::default(),
    }
}

/// Nothing of the lane is invoiced or over.
pub async fn open(lane: &Subscription, service: &Service) -> Lane {
    let timelines = Timelines::load(service.pool(), "USD").await.unwrap();
    Lane {
        timeline: timelines.of(&lane.kept(None)),
        charged_through: None,
        account_through: None,
        arrives_by: chrono::DateTime::UNIX_EPOCH,
        run_is_late: false,
        carried: Carried::new(),
    }
}

/// The VM's subscription to `openstack-instance`, made when it is not there.
pub async fn subscription(pool: &PgPool, resource_id: i64) -> Subscription {
    if let Some(found) = subscriptions::of_resource(pool, resource_id)
        .await
        .unwrap()
        .into_iter()
        .next()
    {
        return found;
    }
    let facts = Facts {
        bundle_id: Uuid::new_v4(),
        killbill_id: Uuid::new_v4(),
        billing_start: "2026-01-01T00:00:00Z".parse().unwrap(),
        billing_end: None,
        charged_through: None,
        units: vec!["cpu".to_owned(), "ram_gb".to_owned()],
        subscribed: Subscribed::new("openstack-instance", "2026-01-01T00:00:00Z".parse().unwrap()),
    };
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    subscriptions::store(pool, resource_id, "openstack-instance", "key", &facts, now)
        .await
        .unwrap()
}
