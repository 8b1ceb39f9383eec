//! Taking a push in: gzipped NDJSON through the router with its answer for each record, against the same rows in the
//! same table by one statement that looks at nothing.

use std::io::Write;
use std::ops::Range;

use axum::http::{Request, header};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use uuid::Uuid;

use crate::speed::{ROUNDS, report, timed};
use crate::world::World;
use crate::{MACHINE, QUANTITY, records, world};

const MACHINES: usize = 10;
/// The most that a push may have.
const RECORDS: usize = MACHINES * MACHINE;

/// The first round makes the month's partition and warms everything up.
pub async fn measure() {
    let (world, mut rounds) = (world().await, Vec::new());
    for ids in (1_000_000..).step_by(MACHINES).take(1 + ROUNDS) {
        let body = gzipped(&world, &machines(&world).await);
        let new = push(&world, &body, "accepted").await;
        let again = push(&world, &body, "duplicate").await;
        let limit = insert(&world, ids..ids + i64::try_from(MACHINES).unwrap()).await;
        rounds.push([limit, new, again]);
    }
    let names = ["limit: one plain insert", "push of new records", "the same push again"];
    report("Taking usage in, 10,000 records a push", names, &rounds);
}

async fn machines(world: &World) -> Vec<Uuid> {
    let mut machines = Vec::new();
    for _ in 0..MACHINES {
        machines.push(world.resource().await);
    }
    machines
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
    let (speed, answer) = timed(RECORDS, world.service.send(request)).await;
    assert_eq!(answer.json()[verdict], RECORDS, "{}", answer.status);
    speed
}

/// No key of `usage_record` points to `resource`, so these need not be there.
async fn insert(world: &World, resource_ids: Range<i64>) -> f64 {
    let (mut resources, mut meters, mut hours) = (Vec::new(), Vec::new(), Vec::new());
    for id in resource_ids {
        for (meter, hour, _) in records() {
            resources.push(id);
            meters.push(world.service.state.meters[meter]);
            hours.push(world.hour(hour));
        }
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
