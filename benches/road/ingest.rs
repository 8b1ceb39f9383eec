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
use crate::{METERS, QUANTITY, records, world};

/// The most that a push may have.
const RECORDS: usize = 10_000;
const MILLION: i64 = 1_000_000;
/// Plain inserts use ids of resources that nobody has.
const FREE_IDS: i64 = 1_000 * MILLION;

/// A record without its quantity: which machine of the push, its meter and its hour.
type Shape = Vec<(usize, &'static str, DateTime<Utc>)>;

/// With so many records there already.
pub async fn measure(millions: i64) {
    let world = world().await;
    fill(&world, millions).await;
    let month = |_| records_of_month(&world);
    rounds(&world, "as 10 machines' month", FREE_IDS, &month).await;
    let hour = |round| records_of_hour(&world, 10 + round);
    rounds(&world, "as 2,500 machines' hour", 2 * FREE_IDS, &hour).await;
}

/// The first round makes the month's partition and warms everything up.
async fn rounds(world: &World, what: &str, free_ids: i64, shape: &dyn Fn(i64) -> Shape) {
    let machines = shape(0).iter().map(|(machine, ..)| machine + 1).max().unwrap();
    let mut register: Vec<Uuid> = Vec::new();
    let mut rounds = Vec::new();
    for (round, ids) in (0..).zip((free_ids..).step_by(RECORDS)).take(1 + ROUNDS) {
        let shape = shape(round);
        let is_new = rounds.is_empty() || machines < 100;
        if is_new {
            register = machines_of(world, machines).await;
        }
        let body = gzipped(&register, &shape);
        let new = push(world, &body, "accepted").await;
        let again = push(world, &body, "duplicate").await;
        let limit = insert(world, ids, &shape).await;
        rounds.push([limit, new, again]);
    }
    let names = ["limit: one plain insert", "push of new records", "the same push again"];
    report(
        &format!("Taking usage in, 10,000 records a push, {what}"),
        "records",
        names,
        &rounds,
    );
}

/// Records that were sent long ago, of resources that nobody has.
async fn fill(world: &World, millions: i64) {
    let warm = machines_of(world, 1).await;
    push(world, &gzipped(&warm, &vec![(0, "cpu", world.hour(0)); 1]), "accepted").await;
    for million in 0..millions {
        let rows = sqlx::query(
            "insert into usage_record (resource_id, meter_id, hour, quantity, delta, delivery_id, recorded_at)
             select $1 + n / 250, $2, $3 + (n % 250) * interval '1 hour', 1.25, 1.25, 1, now() from generate_series(0, 999999) n",
        );
        let ids = (1 + million) * FREE_IDS * 10;
        let rows = rows
            .bind(ids)
            .bind(world.service.state.meters["cpu"])
            .bind(world.hour(0));
        rows.execute(world.pool()).await.unwrap();
    }
    sqlx::query("analyze usage_record").execute(world.pool()).await.unwrap();
}

async fn machines_of(world: &World, number: usize) -> Vec<Uuid> {
    let mut machines = Vec::new();
    for _ in 0..number {
        machines.push(world.resource().await);
    }
    machines
}

fn records_of_month(world: &World) -> Shape {
    let machines = 0..RECORDS / records().len();
    let all = machines.flat_map(|machine| {
        records()
            .into_iter()
            .map(move |(meter, hour, _)| (machine, meter, hour))
    });
    all.map(|(machine, meter, hour)| (machine, meter, world.hour(hour)))
        .collect()
}

fn records_of_hour(world: &World, hour: i64) -> Shape {
    let machines = 0..RECORDS / METERS.len();
    machines
        .flat_map(|machine| METERS.map(|meter| (machine, meter, world.hour(hour))))
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
    let answer = answer.json();
    assert_eq!(answer[verdict], answer["results"].as_array().unwrap().len());
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
