//! Taking a push in: gzipped NDJSON through the router with its answer for each record, against the same rows in the
//! same table by one statement that looks at nothing. Twice: as a month of few meters, and as an hour of many.

use std::io::Write;

use axum::http::{Request, header};
use chrono::{DateTime, Utc};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use uuid::Uuid;

use crate::speed::{ROUNDS, report, timed};
use crate::world::World;
use crate::{MACHINE, METERS, QUANTITY, records, world};

/// The most that a push may have.
const RECORDS: usize = 10_000;
/// Plain inserts use ids of resources that nobody has.
const FREE_IDS: i64 = 1_000_000_000;

/// A record without its quantity: which machine of the run, its meter and its hour.
type Shape = Vec<(usize, &'static str, DateTime<Utc>)>;

/// With so many records there already.
pub async fn measure(millions: i64) {
    let world = world().await;
    fill(&world, millions).await;
    let month = |round| records_of_month(&world, round);
    rounds(&world, "as 10 machines' month", FREE_IDS, &month).await;
    let hour = |round| records_of_hour(&world, round);
    rounds(&world, "as 2,500 machines' hour", 2 * FREE_IDS, &hour).await;
}

/// The first round warms everything up.
async fn rounds(world: &World, what: &str, free_ids: i64, shape: &dyn Fn(usize) -> Shape) {
    let shapes: Vec<Shape> = (0..=ROUNDS).map(shape).collect();
    let last = shapes.iter().flatten().map(|(machine, ..)| *machine).max();
    let machines = machines(world, last.map_or(0, |last| last + 1)).await;
    let mut rounds = Vec::new();
    for shape in &shapes {
        let body = gzipped(&machines, shape);
        let new = push(world, &body, "accepted").await;
        let again = push(world, &body, "duplicate").await;
        let limit = insert(world, free_ids, shape).await;
        rounds.push([limit, new, again]);
    }
    let names = ["limit: one plain insert", "push of new records", "the same push again"];
    report(
        &format!("Taking usage in, 10,000 records a push, {what}"),
        names,
        &rounds,
    );
}

/// Records that were sent long ago, of resources that nobody has. A first push makes the month's partition.
async fn fill(world: &World, millions: i64) {
    world.push(world.resource().await, &[("cpu", 0, QUANTITY)]).await;
    for million in 0..millions {
        let rows = sqlx::query(
            "insert into usage_record (resource_id, meter_id, hour, quantity, delta, delivery_id, recorded_at)
             select $1 + n / 250, $2, $3 + (n % 250) * interval '1 hour', 1.25, 1.25, 1, now() from generate_series(0, 999999) n",
        );
        let rows = rows
            .bind((1 + million) * FREE_IDS * 10)
            .bind(world.service.state.meters["cpu"])
            .bind(world.hour(0));
        rows.execute(world.pool()).await.unwrap();
    }
    sqlx::query("analyze usage_record").execute(world.pool()).await.unwrap();
}

async fn machines(world: &World, number: usize) -> Vec<Uuid> {
    let mut machines = Vec::new();
    for _ in 0..number {
        machines.push(world.resource().await);
    }
    machines
}

/// Of other machines in each round.
fn records_of_month(world: &World, round: usize) -> Shape {
    let machines = RECORDS / MACHINE;
    let of = |machine| {
        records()
            .into_iter()
            .map(move |(meter, hour, _)| (machine, meter, world.hour(hour)))
    };
    (round * machines..(round + 1) * machines).flat_map(of).collect()
}

/// Of the same machines, each round an hour later.
fn records_of_hour(world: &World, round: usize) -> Shape {
    let hour = world.hour(10 + i64::try_from(round).unwrap());
    (0..RECORDS / METERS.len())
        .flat_map(|machine| METERS.map(|meter| (machine, meter, hour)))
        .collect()
}

fn gzipped(machines: &[Uuid], shape: &Shape) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    for (machine, meter, hour) in shape {
        let (resource, quantity) = (machines[*machine], QUANTITY.to_string());
        let record = json!({"resource": resource, "meter": meter, "hour": hour, "quantity": quantity});
        writeln!(gzip, "{record}").unwrap();
    }
    gzip.finish().unwrap()
}

async fn push(world: &World, body: &[u8], verdict: &str) -> f64 {
    let request = Request::post("/api/usage-records/")
        .header(header::AUTHORIZATION, format!("Token {}", world.service.pusher))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .header(header::CONTENT_ENCODING, "gzip");
    let request = request.body(body.to_vec().into()).unwrap();
    let (speed, answer) = timed(RECORDS, world.service.send(request)).await;
    assert_eq!(answer.json()[verdict], RECORDS, "{}", answer.status);
    speed
}

/// No key of `usage_record` points to `resource`, so these need not be there.
async fn insert(world: &World, from: i64, shape: &Shape) -> f64 {
    let (mut resources, mut meters, mut hours) = (Vec::new(), Vec::new(), Vec::new());
    for (machine, meter, hour) in shape {
        resources.push(from + i64::try_from(*machine).unwrap());
        meters.push(world.service.state.meters[*meter]);
        hours.push(*hour);
    }
    let quantities = vec![QUANTITY; resources.len()];
    // A transaction of its own
    let insert = sqlx::query(
        "insert into usage_record (resource_id, meter_id, hour, quantity, delta, recorded_at)
         select r, m, h, q, q, now()
         from unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::numeric[]) as new (r, m, h, q)",
    );
    let insert = insert.bind(resources).bind(meters).bind(hours).bind(quantities);
    let (speed, result) = timed(RECORDS, insert.execute(world.pool())).await;
    assert_eq!(result.unwrap().rows_affected(), RECORDS as u64);
    speed
}
