//! How fast the road is, as ratios: taking a push in against a plain insert of as many rows, and delivering against plain
//! posts of as many records, on the same PostgreSQL and the same Kill Bill in the same run. Absolute figures differ from
//! machine to machine and from minute to minute; the limit and what is measured take turns, so that they suffer alike.
//!
//! `eval "$(dev/services env)" && cargo bench --profile dev --bench road` uses what `dev/test` has built; without
//! `--profile dev` everything is built again, optimised.

#[path = "../tests/support"]
mod support {
    pub mod catalog;
    pub mod database;
    pub mod faulty_proxy;
    pub mod killbill_server;
    pub mod web;
}
#[allow(dead_code, reason = "written for the tests, which look at more than speed")]
#[path = "../tests/delivery_cases/world.rs"]
mod world;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use axum::http::{Request, header};
use chrono::TimeDelta;
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

/// Records a second in one round: the limit, then what is held against it.
type Round = [f64; 3];

#[tokio::main]
async fn main() -> ExitCode {
    let needed = ["DATABASE_URL", "KILLBILL_URL"];
    if needed.map(std::env::var).iter().any(Result::is_err) {
        eprintln!(
            "{} are needed:  dev/services up && eval \"$(dev/services env)\"",
            needed.join(" and ")
        );
        return ExitCode::FAILURE;
    }
    println!("Median of {ROUNDS} rounds (slowest to fastest)");
    ingest().await;
    delivery().await;
    ExitCode::SUCCESS
}

/// Gzipped NDJSON through the router with its answer for each record, against the same table with nothing looked at.
async fn ingest() {
    let (world, mut rounds) = (world().await, Vec::new());
    for _ in 0..=ROUNDS {
        let body = gzipped(&world, &machines(&world, PUSHED).await);
        let new = push(&world, &body, "accepted").await;
        let again = push(&world, &body, "duplicate").await;
        rounds.push([insert(&world).await, new, again]);
    }
    let names = ["limit: one plain insert", "push of new records", "the same push again"];
    report("Taking usage in, 10,000 records a push", names, &rounds);
}

/// Passes with leases, bookkeeping and read-back over machines that have a subscription already, against posts of the
/// same content to as many others.
async fn delivery() {
    let (world, mut rounds) = (world().await, Vec::new());
    for _ in 0..=ROUNDS {
        rounds.push([post(&world).await, pass(&world, 1).await, pass(&world, 4).await]);
    }
    let names = [
        "limit: plain posts, in turn",
        "pass with 1 worker",
        "pass with 4 workers",
    ];
    report("Delivering to Kill Bill, 1,000 records a post", names, &rounds);
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

fn records() -> impl Iterator<Item = Hourly> {
    HOURS.flat_map(|hour| METERS.map(|(meter, _)| (meter, hour, QUANTITY)))
}

fn gzipped(world: &World, machines: &[Uuid]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    for machine in machines {
        for (meter, hour, quantity) in records() {
            let (hour, quantity) = (world.hour(hour), quantity.to_string());
            let record = json!({"resource": machine, "meter": meter, "hour": hour, "quantity": quantity});
            writeln!(gzip, "{record}").unwrap();
        }
    }
    gzip.finish().unwrap()
}

async fn push(world: &World, body: &[u8], verdict: &str) -> f64 {
    let request = Request::post("/api/usage-records/")
        .header(header::AUTHORIZATION, format!("Token {}", world.service.pusher))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header(header::CONTENT_ENCODING, "gzip");
    let request = request.body(body.to_vec().into()).unwrap();
    let (speed, answer) = timed(PUSHED * MACHINE, world.service.send(request)).await;
    assert_eq!(answer.json()[verdict], PUSHED * MACHINE, "{}", answer.status);
    speed
}

async fn insert(world: &World) -> f64 {
    let uuids = machines(world, PUSHED).await;
    let find = sqlx::query_scalar("select id from resource where uuid = any($1) order by id").bind(uuids);
    let ids: Vec<i64> = find.fetch_all(world.pool()).await.unwrap();
    let (mut resources, mut meters, mut hours) = (Vec::new(), Vec::new(), Vec::new());
    for (id, (meter, hour, _)) in ids.into_iter().flat_map(|id| records().map(move |record| (id, record))) {
        resources.push(id);
        meters.push(world.service.state.meters[meter]);
        hours.push(world.hour(hour));
    }
    let quantities = vec![QUANTITY; resources.len()];
    // A transaction of its own
    let insert = sqlx::query(
        "insert into usage_record (resource_id, meter_id, hour, quantity, delta, recorded_at)
         select r, m, h, q, q, now()
         from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::numeric[]) as new (r, m, h, q)",
    );
    let insert = insert.bind(resources).bind(meters).bind(hours).bind(quantities);
    let (speed, result) = timed(PUSHED * MACHINE, insert.execute(world.pool())).await;
    assert_eq!(result.unwrap().rows_affected(), (PUSHED * MACHINE) as u64);
    speed
}

async fn post(world: &World) -> f64 {
    let records: Vec<_> = HOURS.map(|hour| (world.hour(hour), QUANTITY)).collect();
    let units = METERS.map(|(_, unit)| (unit.to_owned(), records.clone()));
    let units = units.map(|(unit, records)| UnitUsage { unit, records });
    let mut posts = Vec::new();
    for machine in subscribed(world).await {
        posts.push(UsagePost {
            subscription: world.subscription(machine, PLAN).await.subscription_id,
            tracking_id: machine.to_string(),
            units: units.to_vec(),
        });
    }
    let in_turn = async {
        for post in &posts {
            assert_eq!(world.kb.usages().record(post).await.unwrap(), Recorded::Written);
        }
    };
    timed(DELIVERED * MACHINE, in_turn).await.0
}

async fn pass(world: &World, workers: u32) -> f64 {
    let records: Vec<Hourly> = records().collect();
    for machine in subscribed(world).await {
        world.push(machine, &records).await;
    }
    deliver(world, workers, DELIVERED * MACHINE).await
}

/// A pass that has this many records to deliver, one delivery a machine, and proves that they arrived.
async fn deliver(world: &World, workers: u32, records: usize) -> f64 {
    let mut worker = world.worker_on(&shared_url());
    worker.settings.workers = workers;
    let (speed, report) = timed(records, worker.pass(&|_, _| ())).await;
    let report = report.unwrap();
    let done = [report.records, report.deliveries, report.verified];
    assert_eq!(done, [records, DELIVERED, DELIVERED].map(|n| n as u64), "{report:?}");
    speed
}

/// How many records a second were worked on.
async fn timed<T>(records: usize, work: impl Future<Output = T>) -> (f64, T) {
    let begin = Instant::now();
    let done = work.await;
    (records as f64 / begin.elapsed().as_secs_f64(), done)
}

fn report(title: &str, names: [&str; 3], rounds: &[Round]) {
    println!("{title}");
    let mut limit = None;
    for (column, name) in names.iter().enumerate() {
        let mut speeds: Vec<f64> = rounds.iter().skip(1).map(|round| round[column]).collect();
        speeds.sort_by(f64::total_cmp);
        let (median, slowest, fastest) = (speeds[ROUNDS / 2], speeds[0], speeds[ROUNDS - 1]);
        let ratio = median / *limit.get_or_insert(median);
        println!("  {name:<28}{median:>8.0} records/s ({slowest:.0} to {fastest:.0}){ratio:>8.2} × limit");
    }
}
