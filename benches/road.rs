//! How fast the road is, as ratios: taking a push in against a plain insert of as many rows, and delivering against plain
//! posts of as many records, on the same PostgreSQL and the same Kill Bill in the same run. Absolute figures differ from
//! machine to machine and from minute to minute; the limit and what is measured take turns, so that they suffer alike.
//!
//! `eval "$(dev/services env)" && cargo bench --profile dev --bench road` uses what `dev/test` has built; without
//! `--profile dev` everything is built again, optimised.

#[expect(dead_code, reason = "written for the tests, which look at more than speed")]
#[path = "../tests/support"]
mod support {
    pub mod catalog;
    pub mod database;
    pub mod faulty_proxy;
    pub mod killbill_server;
    pub mod web;
}
#[expect(dead_code, reason = "written for the tests, which look at more than speed")]
#[path = "../tests/delivery_cases/world.rs"]
mod world;

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use axum::http::{Request, header};
use chrono::{DateTime, TimeDelta, Utc};
use flate2::{Compression, write::GzEncoder};
use nodeconductor_billing::killbill::usages::{Recorded, UnitUsage, UsagePost};
use rust_decimal::{Decimal, dec};
use serde_json::json;
use uuid::Uuid;

use support::killbill_server::shared_url;
use world::{Hourly, PLAN, World};

/// After one round that warms everything up.
const ROUNDS: usize = 5;
/// Meter and unit of a virtual machine; with its hours they make 1,000 records a machine, one full delivery.
const METERS: [(&str, &str); 4] = [
    ("cpu", "cpu"),
    ("memory", "ram_gb"),
    ("disk", "storage_gb"),
    ("servers", "server_num"),
];
const HOURS: std::ops::RangeInclusive<i64> = 1..=250;
const MACHINE: usize = 1_000;
/// Machines in a push of 10,000 records, the most it may have, and in a pass.
const PUSHED: usize = 10;
const DELIVERED: usize = 8;
const QUANTITY: Decimal = dec!(1.25);

/// What one round took: the limit, then what is held against it.
type Round = [Duration; 3];

#[tokio::main]
async fn main() -> ExitCode {
    if ["DATABASE_URL", "KILLBILL_URL"]
        .map(std::env::var)
        .iter()
        .any(Result::is_err)
    {
        eprintln!("DATABASE_URL and KILLBILL_URL are needed:  dev/services up && eval \"$(dev/services env)\"");
        return ExitCode::FAILURE;
    }
    let names = ["limit: one plain insert", "push of new records", "the same push again"];
    report(
        "Taking usage in, 10,000 records at a time",
        names,
        PUSHED,
        &ingest().await,
    );
    let names = [
        "limit: plain posts, one by one",
        "pass of 1 worker",
        "pass of 4 workers",
    ];
    report(
        "Delivering to Kill Bill, 1,000 records a post",
        names,
        DELIVERED,
        &delivery().await,
    );
    ExitCode::SUCCESS
}

/// Gzipped NDJSON through the router, every verdict answered, against rows of the same table with nothing looked at.
async fn ingest() -> Vec<Round> {
    let (world, mut rounds) = (world().await, Vec::new());
    for _ in 0..=ROUNDS {
        let body = gzipped(&world, &machines(&world, PUSHED).await);
        let (new, again) = (
            push(&world, &body, "accepted").await,
            push(&world, &body, "duplicate").await,
        );
        rounds.push([insert(&world).await, new, again]);
    }
    rounds
}

/// Passes with their bookkeeping, leases and read-back over machines that have a subscription already, against posts of
/// the same content to as many others.
async fn delivery() -> Vec<Round> {
    let (world, mut rounds) = (world().await, Vec::new());
    for _ in 0..=ROUNDS {
        rounds.push([post(&world).await, pass(&world, 1).await, pass(&world, 4).await]);
    }
    rounds
}

/// Late enough in the month for all hours to be over.
async fn world() -> World {
    let world = World::new().await;
    world.later(TimeDelta::days(2));
    world
}

async fn machines(world: &World, count: usize) -> Vec<Uuid> {
    let mut machines = Vec::new();
    for _ in 0..count {
        machines.push(world.resource().await);
    }
    machines
}

/// Machines that have sent one hour.
async fn subscribed(world: &World) -> Vec<Uuid> {
    let machines = machines(world, DELIVERED).await;
    for machine in &machines {
        world.push(*machine, &[("cpu", 0, QUANTITY)]).await;
    }
    deliver(world, 4, DELIVERED).await;
    machines
}

fn hours(world: &World) -> impl Iterator<Item = DateTime<Utc>> {
    HOURS.map(|hour| world.hour(hour))
}

fn gzipped(world: &World, machines: &[Uuid]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    for (machine, hour) in machines
        .iter()
        .flat_map(|machine| hours(world).map(move |hour| (machine, hour)))
    {
        for (meter, _) in METERS {
            let record = json!({"resource": machine, "meter": meter, "hour": hour, "quantity": QUANTITY.to_string()});
            writeln!(gzip, "{record}").unwrap();
        }
    }
    gzip.finish().unwrap()
}

async fn push(world: &World, body: &[u8], verdict: &str) -> Duration {
    let request = Request::post("/api/usage-records/")
        .header(header::AUTHORIZATION, format!("Token {}", world.service.pusher))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header(header::CONTENT_ENCODING, "gzip");
    let request = request.body(body.to_vec().into()).unwrap();
    let (took, answer) = timed(world.service.send(request)).await;
    assert_eq!(answer.json()[verdict], PUSHED * MACHINE, "{}", answer.status);
    took
}

async fn insert(world: &World) -> Duration {
    let uuids = machines(world, PUSHED).await;
    let ids: Vec<i64> = sqlx::query_scalar("select id from resource where uuid = any($1) order by id")
        .bind(uuids)
        .fetch_all(world.pool())
        .await
        .unwrap();
    let (mut resources, mut meters, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for (id, hour) in ids.into_iter().flat_map(|id| hours(world).map(move |hour| (id, hour))) {
        for (meter, _) in METERS {
            resources.push(id);
            meters.push(world.service.state.meters[meter]);
            times.push(hour);
        }
    }
    let insert = sqlx::query(
        "insert into usage_record (resource_id, meter_id, hour, quantity, delta, recorded_at)
         select r, m, h, q, q, now() from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::numeric[]) as x (r, m, h, q)",
    );
    let insert = insert
        .bind(resources)
        .bind(meters)
        .bind(times)
        .bind(vec![QUANTITY; PUSHED * MACHINE]);
    let (took, result) = timed(insert.execute(world.pool())).await; // a transaction of its own
    assert_eq!(result.unwrap().rows_affected(), (PUSHED * MACHINE) as u64);
    took
}

async fn post(world: &World) -> Duration {
    let mut posts = Vec::new();
    for machine in subscribed(world).await {
        let records: Vec<_> = hours(world).map(|hour| (hour, QUANTITY)).collect();
        posts.push(UsagePost {
            subscription: world.subscription(machine, PLAN).await.subscription_id,
            tracking_id: machine.to_string(),
            units: METERS
                .map(|(_, unit)| UnitUsage {
                    unit: unit.to_owned(),
                    records: records.clone(),
                })
                .into(),
        });
    }
    let one_by_one = async {
        for post in &posts {
            assert_eq!(world.kb.usages().record(post).await.unwrap(), Recorded::Written);
        }
    };
    timed(one_by_one).await.0
}

async fn pass(world: &World, workers: u32) -> Duration {
    let records: Vec<Hourly> = HOURS
        .flat_map(|hour| METERS.map(|(meter, _)| (meter, hour, QUANTITY)))
        .collect();
    for machine in subscribed(world).await {
        world.push(machine, &records).await;
    }
    deliver(world, workers, DELIVERED * MACHINE).await
}

async fn deliver(world: &World, workers: u32, records: usize) -> Duration {
    let mut worker = world.worker_on(&shared_url());
    worker.settings.workers = workers;
    let (took, report) = timed(worker.pass(&|_, _| ())).await;
    let report = report.unwrap();
    assert_eq!(
        (report.records, report.verified),
        (records as u64, DELIVERED as u64),
        "{report:?}"
    );
    took
}

async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let begin = Instant::now();
    let done = work.await;
    (begin.elapsed(), done)
}

fn report(title: &str, names: [&str; 3], machines: usize, rounds: &[Round]) {
    println!("{title}: median (slowest to fastest) of {ROUNDS} rounds");
    let speeds = |column: usize| {
        let mut speeds: Vec<f64> = rounds
            .iter()
            .skip(1)
            .map(|round| (machines * MACHINE) as f64 / round[column].as_secs_f64())
            .collect();
        speeds.sort_by(f64::total_cmp);
        (speeds[ROUNDS / 2], speeds[0], speeds[ROUNDS - 1])
    };
    let limit = speeds(0).0;
    for (column, name) in names.iter().enumerate() {
        let (median, slowest, fastest) = speeds(column);
        println!(
            "  {name:<32} {median:>8.0} records/s ({slowest:.0} to {fastest:.0})  {:>5.2} × limit",
            median / limit
        );
    }
}
