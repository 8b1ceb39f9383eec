//! In the middle of a month the service, PostgreSQL and Kill Bill are killed in turn. The month must not notice.

use nodeconductor_billing::domain::uuid_hex::hex;
use sqlx::{ConnectOptions, Connection};
use tokio::task::JoinHandle;

use super::audit::Audit;
use super::month::prepared;
use super::scene::{self, Customer};
use crate::support::api::{Api, Usage, wait_until};
use crate::support::cluster::Cluster;
use crate::support::killbill_server::fresh_tenant;
use crate::support::service::Service;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killing_the_service_postgresql_and_kill_bill_changes_nothing() {
    let cluster = Cluster::start();
    let database = new_database(&cluster).await;
    let connection = fresh_tenant(&cluster.killbill()).await;
    let killbill = prepared(&connection, false).await;
    let mut service = Service::start(&database, &connection).await;
    let month = scene::this_month();
    let customer = Customer::registered(&service.pusher, "Nordic Weather Ltd", 4).await;
    let usage = customer.consumes(&scene::hours(month));
    let parts: Vec<_> = usage.chunks(usage.len() / 4 + 1).collect();

    let client = pushing(&service, parts[0]).await;
    service.kill();
    service.serve().await;
    client.await.unwrap();
    let again = service.pusher.push_until_taken(parts[0]).await;
    assert_eq!(again, parts[0].len() as u64, "what was promised is there");

    let client = pushing(&service, parts[1]).await;
    cluster.act(&["postgres-kill"]);
    let answer = service.pusher.try_push(parts[2]).await;
    assert!(
        answer.is_none(),
        "nothing is promised that cannot be stored: {answer:?}"
    );
    cluster.act(&["postgres-start"]);
    client.await.unwrap();
    service.pusher.push_until_taken(parts[2]).await;
    assert_eq!(service.exit_code(), None, "the service outlives its database");

    let client = pushing(&service, parts[3]).await;
    cluster.act(&["killbill-kill"]);
    client.await.unwrap();
    let seen = service.staff.count(&of(&customer, "")).await;
    assert_eq!(
        seen,
        usage.len(),
        "everything is taken and can be read while Kill Bill is away"
    );
    cluster.act(&["killbill-start"]);
    verified(&service.staff, &customer, &usage).await;

    service.ask_to_stop();
    wait_until("the service has drained", async || service.exit_code() == Some(0)).await;
    service.serve().await;
    killbill.clock().set(scene::after(month)).await.unwrap();
    let (api, pushed) = (&service.staff, &scene::sums(&usage));
    let audit = Audit {
        api,
        killbill: &killbill,
        customer: &customer,
        pushed,
        month,
        by_tier: false,
    };
    assert_eq!(audit.passes().await.len(), 1);
    let deliveries = service.staff.list("/api/deliveries/").await;
    let troubled = deliveries
        .iter()
        .filter(|one| one["attempts"].as_u64() != Some(1))
        .count();
    println!(
        "{} deliveries, {troubled} of them sent more than once",
        deliveries.len()
    );
}

async fn new_database(cluster: &Cluster) -> String {
    let options: sqlx::postgres::PgConnectOptions = cluster.database("postgres").parse().unwrap();
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql("create database road")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    cluster.database("road")
}

/// A client that pushes, and goes on until all is taken whatever happens. Returns when the first of it is on its way.
async fn pushing(service: &Service, part: &[Usage]) -> JoinHandle<u64> {
    let (pusher, part) = (service.pusher.clone(), part.to_vec());
    let before = service.staff.count("/api/deliveries/").await;
    let client = tokio::spawn(async move { pusher.push_until_taken(&part).await });
    wait_until("a delivery is under way", async || {
        service.staff.count("/api/deliveries/").await > before
    })
    .await;
    client
}

fn of(customer: &Customer, filter: &str) -> String {
    format!("/api/usage-records/?customer={}{filter}", hex(customer.uuid))
}

async fn verified(staff: &Api, customer: &Customer, usage: &[Usage]) {
    let path = of(customer, "&state=verified");
    wait_until("everything is verified", async || {
        staff.count(&path).await == usage.len()
    })
    .await;
}
