//! Delivering: passes with their leases, bookkeeping and read-back, over machines that have a subscription already,
//! against plain posts of the same content to as many others of the same tenant.

use std::time::Duration;

use nodeconductor_billing::killbill::usages::{Recorded, UnitUsage, UsagePost};
use nodeconductor_billing::killbill::{Connection, KillBill};
use uuid::Uuid;

use crate::speed::{ROUNDS, report, timed};
use crate::support::killbill_server::shared_url;
use crate::world::{PLAN, World};
use crate::{HOURS, MACHINE, QUANTITY, UNITS, records, world};

const MACHINES: usize = 4;
const PATIENCE: Duration = Duration::from_mins(1);

/// The first round warms everything up.
pub async fn measure() {
    let (world, mut rounds) = (world().await, Vec::new());
    for _ in 0..=ROUNDS {
        rounds.push([post(&world).await, pass(&world, 1).await, pass(&world, 4).await]);
    }
    let names = [
        "limit: plain posts in turn",
        "pass with 1 worker",
        "pass with 4 workers",
    ];
    report("Delivering to Kill Bill, 1,000 records a post", names, &rounds);
}

/// Machines that have sent one hour, so that their subscriptions are there.
async fn subscribed(world: &World) -> Vec<Uuid> {
    let mut machines = Vec::new();
    for _ in 0..MACHINES {
        let machine = world.resource().await;
        world.push(machine, &[("cpu", 0, QUANTITY)]).await;
        machines.push(machine);
    }
    deliver(world, 4, MACHINES).await;
    machines
}

async fn post(world: &World) -> f64 {
    let records: Vec<_> = HOURS.map(|hour| (world.hour(hour), QUANTITY)).collect();
    let units = UNITS.map(|unit| (unit.to_owned(), records.clone()));
    let units = units.map(|(unit, records)| UnitUsage { unit, records });
    let mut posts = Vec::new();
    for machine in subscribed(world).await {
        posts.push(UsagePost {
            subscription: world.subscription(machine, PLAN).await.subscription_id,
            tracking_id: machine.to_string(),
            units: units.to_vec(),
        });
    }
    let killbill = patient(world);
    let in_turn = async {
        for post in &posts {
            assert_eq!(killbill.usages().record(post).await.unwrap(), Recorded::Written);
        }
    };
    timed(MACHINES * MACHINE, in_turn).await.0
}

async fn pass(world: &World, workers: u32) -> f64 {
    let records = records();
    for machine in subscribed(world).await {
        world.push(machine, &records).await;
    }
    deliver(world, workers, MACHINES * MACHINE).await
}

/// A pass that has this many records to deliver, one delivery a machine, and proves that they arrived.
async fn deliver(world: &World, workers: u32, records: usize) -> f64 {
    let mut worker = world.worker_on(&shared_url());
    worker.killbill = patient(world);
    worker.settings.request_timeout = PATIENCE;
    worker.settings.workers = workers;
    let (speed, report) = timed(records, worker.pass(&|_, _| ())).await;
    let report = report.unwrap();
    let errors = "select last_error from resource where last_error is not null";
    assert_eq!(world.texts(errors).await, [""; 0]);
    let done = [report.records, report.deliveries, report.verified];
    assert_eq!(done, [records, MACHINES, MACHINES].map(|n| n as u64), "{report:?}");
    speed
}

/// The tests' own time limit is short.
fn patient(world: &World) -> KillBill {
    let connection = Connection {
        request_timeout: PATIENCE,
        ..world.connection.clone()
    };
    KillBill::new(&connection).unwrap()
}
