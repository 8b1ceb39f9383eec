//! `kill -9` of the service, of PostgreSQL and of Kill Bill, while every second usage post meets something on the way and
//! clients push, push again and correct. In the end Kill Bill holds what was promised, once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nodeconductor_billing::killbill::{Connection, KillBill};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rust_decimal::dec;
use sqlx::ConnectOptions;
use tokio::task::JoinHandle;

use super::books::Books;
use crate::scene::{self, Customer};
use crate::support::api::{Usage, wait_until};
use crate::support::cluster::Cluster;
use crate::support::faulty_proxy::FaultyProxy;
use crate::support::killbill_server::fresh_tenant;
use crate::support::service::Service;

/// What is killed in turn.
const VICTIMS: [&str; 3] = ["service", "postgres", "killbill"];

/// So many pushes to a round, each after the one before is on its way.
const PORTIONS: usize = 4;

struct Storm {
    cluster: Cluster,
    proxy: FaultyProxy,
    killbill: KillBill,
    service: Service,
    customer: Customer,
    books: Books,
    dice: StdRng,
    killed: BTreeMap<&'static str, usize>,
    corrected: usize,
    repeated: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_and_whatever_the_line_does_every_record_arrives_once() {
    let seed = number_from("NCB_CHAOS_SEED").unwrap_or(20_261_125);
    let long = number_from("NCB_CHAOS_MINUTES").map(|minutes| Duration::from_secs(minutes * 60));
    let (begin, month) = (Instant::now(), scene::this_month());
    let mut storm = Storm::begins(seed).await;
    let hours = scene::hours(month);
    // Every round has its own hours, as long as there are any; each victim falls at least once.
    let rounds = hours.chunks(if long.is_some() { 6 } else { 48 });
    for (round, hours) in rounds.enumerate() {
        if long.map_or(round >= VICTIMS.len(), |long| begin.elapsed() > long) {
            break;
        }
        let usage = storm.customer.consumes(hours);
        storm.round(VICTIMS[round % VICTIMS.len()], &usage).await;
    }
    storm.proxy.calm();
    storm
        .books
        .have_arrived(&storm.service.staff, storm.customer.uuid)
        .await;
    storm.books.agree_with(&storm.killbill, month).await;
    let deliveries = storm.service.staff.list("/api/deliveries/").await;
    let explained = |one: &serde_json::Value| one["state"] == "verified";
    assert!(deliveries.iter().all(explained), "a delivery in another state");
    storm.killbill.clock().set(scene::after(month)).await.unwrap();
    storm
        .books
        .are_billed(&storm.service.staff, storm.customer.uuid, 1)
        .await;
    let again = deliveries
        .iter()
        .filter(|one| one["attempts"].as_u64() > Some(1))
        .count();
    println!(
        "seed {seed}, {} s: {} records, {} corrections, {} repeated pushes of a record; {} deliveries, {again} of them sent more than once;\n\
         killed {:?};\nmet on the way {:#?};\nnothing lost, nothing twice, the invoice is balanced",
        begin.elapsed().as_secs(),
        storm.books.records(),
        storm.corrected,
        storm.repeated,
        deliveries.len(),
        storm.killed,
        storm.proxy.struck()
    );
}

fn number_from(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

impl Storm {
    async fn begins(seed: u64) -> Self {
        let cluster = Cluster::start();
        let database = new_database(&cluster).await;
        let direct = fresh_tenant(&cluster.killbill()).await;
        let killbill = KillBill::new(&direct).unwrap();
        killbill.catalog().upload(&scene::catalog().xml()).await.unwrap();
        let proxy = FaultyProxy::before(&cluster.killbill()).await;
        let through = Connection {
            api_url: proxy.url.clone(),
            ..direct
        };
        let service = Service::installed(&database, &through);
        // Longer than a request can still be on its way.
        service.configure(&service.configured().replace("wait_out = \"3s\"", "wait_out = \"8s\""));
        let service = service.started().await;
        let customer = Customer::registered(&service.pusher, "Nordic Weather Ltd", 4).await;
        proxy.storm(seed);
        Self {
            cluster,
            proxy,
            killbill,
            service,
            customer,
            books: Books::default(),
            dice: StdRng::seed_from_u64(seed),
            killed: BTreeMap::new(),
            corrected: 0,
            repeated: 0,
        }
    }

    /// New hours, some of the old ones again, some corrected; one of the three falls in the middle and gets up again.
    async fn round(&mut self, victim: &'static str, usage: &[Usage]) {
        let old = self.books.usage();
        let (first, rest) = usage.split_at(usage.len() / PORTIONS);
        let before = self.deliveries().await;
        let client = self.pushing(first);
        self.more_deliveries_than(before).await;
        self.kill(victim).await;
        self.repeated += client.await.unwrap();
        for portion in rest.chunks(first.len()) {
            let before = self.deliveries().await;
            self.service.pusher.push_until_taken(portion).await;
            self.more_deliveries_than(before).await;
        }
        self.books.take(usage);
        let corrections = self.corrections(&old);
        self.service.pusher.correct_until_taken(&corrections).await;
        self.books.take(&corrections);
        self.corrected += corrections.len();
        // Nobody pushes an hour again as it was before it was corrected.
        let again: Vec<Usage> = self.books.usage().into_iter().step_by(7).collect();
        assert_eq!(self.service.pusher.push_until_taken(&again).await, again.len() as u64);
        self.repeated += again.len() as u64;
    }

    async fn deliveries(&self) -> usize {
        self.service.staff.count("/api/deliveries/").await
    }

    async fn more_deliveries_than(&self, before: usize) {
        wait_until("a delivery is under way", async || self.deliveries().await > before).await;
    }

    fn pushing(&self, usage: &[Usage]) -> JoinHandle<u64> {
        let (pusher, usage) = (self.service.pusher.clone(), usage.to_vec());
        tokio::spawn(async move { pusher.push_until_taken(&usage).await })
    }

    async fn kill(&mut self, victim: &'static str) {
        *self.killed.entry(victim).or_default() += 1;
        if victim == "service" {
            self.service.kill();
            self.service.serve().await;
        } else {
            self.cluster.act(&[&format!("{victim}-kill")]);
            self.cluster.act(&[&format!("{victim}-start")]);
        }
    }

    /// Up and down, to the ninth decimal.
    fn corrections(&mut self, old: &[Usage]) -> Vec<Usage> {
        let mut changed = |one: &Usage| {
            let factor = [dec!(0), dec!(0.5), dec!(1.000000001), dec!(3)][self.dice.random_range(0..4)];
            let quantity = (one.quantity * factor).round_dp(9);
            (self.dice.random_bool(0.1) && quantity != one.quantity).then(|| Usage {
                quantity,
                ..one.clone()
            })
        };
        old.iter().filter_map(&mut changed).collect()
    }
}

async fn new_database(cluster: &Cluster) -> String {
    let options: sqlx::postgres::PgConnectOptions = cluster.database("postgres").parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql("create database chaos")
        .execute(&mut connection)
        .await
        .unwrap();
    cluster.database("chaos")
}
