//! The restore drill of docs/guarantees.md, step by step: an hour-old backup of the ledger is put back after more was
//! pushed, delivered and invoiced. First nobody pushes anything again, and everything that only Kill Bill has is named;
//! then the pushers repeat what they pushed since the backup, in other portions, and everything adds up. So do the months of
//! monthly prices that were charged after the backup.

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::domain::uuid_hex::hex;
use nodeconductor_billing::killbill::{Connection, KillBill};
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use uuid::Uuid;

use super::books::{Books, open};
use super::charged::{self, Supported};
use super::dump::Dump;
use crate::scene::{self, Customer};
use crate::support::api::{Api, Usage, number, text, wait_until};
use crate::support::database::TestDatabase;
use crate::support::killbill_server::{OwnServer, fresh_tenant};
use crate::support::service::Service;

/// What was pushed since the backup, in the order in which pushers keep it.
struct Since {
    usage: Vec<Usage>,
    corrections: Vec<Usage>,
    /// Registered since the backup, and ended since.
    newcomer: Uuid,
    ended: (Uuid, DateTime<Utc>),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restored_backup_nothing_is_lost_and_nothing_told_twice() {
    let server = OwnServer::start("");
    let month = scene::last_month();
    let connection = fresh_tenant(&server.api_url).await;
    let killbill = KillBill::new(&connection).unwrap();
    killbill.catalog().upload(&charged::catalog().xml()).await.unwrap();
    killbill.clock().set(month.end() - TimeDelta::hours(1)).await.unwrap();
    let database = TestDatabase::fresh().await;
    let service = charged::installed(database.options.to_url_lossy().as_str(), &connection);
    let mut service = service.started().await;
    let mut customer = Customer::registered(&service.pusher, "Nordic Weather Ltd", 3).await;
    let hours = scene::hours(month);
    let (mut books, mut usage) = (Books::default(), customer.consumes(&hours[..200]));
    // The last hour of the first server comes late, after the invoice.
    let last = usage
        .iter()
        .rposition(|one| one.resource == customer.resources[0])
        .unwrap();
    let late = usage.remove(last);
    service.pusher.push(&usage).await;
    books.take(&usage);
    books.have_arrived(&service.staff, customer.uuid).await;

    let mut whole = Supported::registered(&service.pusher, "Estuary Trust", &hours[..3]).await;
    let mut torn = Supported::registered(&service.pusher, "Hillside Farm", &hours[..3]).await;

    // 1. The backup.
    let dump = Dump::of(&database);

    // 2. An hour more of life: usage in small portions, corrections, a new server, an end, an invoice, late usage.
    let since = life_goes_on(&mut service, &mut customer, &mut books, &hours[200..206]).await;
    torn.uses(&service.pusher, &hours[200..202]).await;
    killbill.clock().set(scene::after(month)).await.unwrap();
    books.are_billed(&service.staff, customer.uuid, 2).await;
    whole.is_charged(&service.staff).await;
    torn.is_charged(&service.staff).await;
    service.pusher.push(std::slice::from_ref(&late)).await;
    books.take(std::slice::from_ref(&late));
    books.have_arrived(&service.staff, customer.uuid).await;

    // 3. The ledger is lost, and the backup put back.
    service.kill();
    let restored = dump.restored().await;
    let mut service = again(service, &restored, &connection).await;

    // 4. Nobody pushes anything again: all of it is named.
    everything_is_named(&service.staff, &since, &late).await;
    whole.is_found_again(&service.staff).await;
    torn.waits_for_its_hours(&service.staff).await;

    // 5. The pushers repeat what they pushed since the backup.
    customer
        .register(
            &service.pusher,
            since.newcomer,
            "newcomer",
            "Website",
            "OpenStack North",
        )
        .await;
    let repeated: Vec<Usage> = since.usage.iter().cloned().chain([late]).collect();
    service.pusher.push_until_taken(&repeated).await;
    service.pusher.correct_until_taken(&since.corrections).await;
    end(&service.pusher, since.ended).await;
    torn.pushes_again(&service.pusher).await;

    // 6. Everything adds up: in Kill Bill, on the invoices, and on the next one.
    for one in [&whole, &torn] {
        one.is_found_again(&service.staff).await;
        one.is_charged_once(&killbill, month).await;
    }
    books.have_arrived(&service.staff, customer.uuid).await;
    books.agree_with(&killbill, month).await;
    wait_until("every discrepancy has closed", async || {
        open(&service.staff).await.is_empty()
    })
    .await;
    let next = scene::after(month) + (month.next().end() - month.end());
    killbill.clock().set(next).await.unwrap();
    books.are_billed(&service.staff, customer.uuid, 3).await;
    let deliveries = service.staff.list("/api/deliveries/").await;
    let recovered = deliveries.iter().filter(|one| !one["recovered_at"].is_null());
    let named: Vec<&str> = recovered.map(|one| text(one, "tracking_id")).collect();
    assert!(!named.is_empty());
    assert!(
        !named.iter().any(|id| id.starts_with("recovered:")),
        "the invoices told under which tracking ids they were sent: {named:?}"
    );
    service.kill();
}

/// Three portions of usage with a delivery after each, so that the repetition is grouped differently.
async fn life_goes_on(
    service: &mut Service,
    customer: &mut Customer,
    books: &mut Books,
    hours: &[DateTime<Utc>],
) -> Since {
    let newcomer = Uuid::new_v4();
    let ended = (customer.resources[2], hours[hours.len() - 1] + TimeDelta::minutes(20));
    customer
        .register(&service.pusher, newcomer, "newcomer", "Website", "OpenStack North")
        .await;
    customer.resources.push(newcomer);
    let mut since = Since {
        usage: vec![],
        corrections: vec![],
        newcomer,
        ended,
    };
    for portion in hours.chunks(2) {
        let usage = customer.consumes(portion);
        service.pusher.push(&usage).await;
        books.take(&usage);
        books.have_arrived(&service.staff, customer.uuid).await;
        since.usage.extend(usage);
    }
    // One of before the backup, one of since, down and up.
    for (place, factor) in [(7, dec!(0.5)), (books.records() - 9, dec!(2))] {
        let one = books.usage().swap_remove(place);
        since.corrections.push(Usage {
            quantity: (one.quantity * factor).round_dp(9),
            ..one
        });
    }
    service.pusher.correct_until_taken(&since.corrections).await;
    books.take(&since.corrections);
    end(&service.pusher, since.ended).await;
    books.have_arrived(&service.staff, customer.uuid).await;
    let path = format!("/api/resources/{}/", hex(since.ended.0));
    wait_until("its subscriptions have ended", async || {
        !service.staff.get(&path).await["ended_at"].is_null()
    })
    .await;
    since
}

async fn end(pusher: &Api, (resource, at): (Uuid, DateTime<Utc>)) {
    let path = format!("/api/resources/{}/terminate/", hex(resource));
    let (status, answer) = pusher.post(&path, json!({"at": at})).await;
    assert_eq!(status, 200, "{answer}");
}

/// The same installation on the restored database: its tokens are in the backup.
async fn again(before: Service, restored: &TestDatabase, connection: &Connection) -> Service {
    let (staff, pusher) = (before.staff.clone(), before.pusher.clone());
    let mut service = charged::installed(restored.options.to_url_lossy().as_str(), connection);
    service.staff = Api::new(&service.staff.url, staff.token());
    service.pusher = Api::new(&service.pusher.url, pusher.token());
    service.serve().await;
    service
}

/// Each lost hour of a server that the backup knows, with its unit and amount; and the line of the server that it does
/// not know.
async fn everything_is_named(staff: &Api, since: &Since, late: &Usage) {
    let known = since
        .usage
        .iter()
        .chain([late])
        .filter(|one| one.resource != since.newcomer);
    let (lost, changed) = (known.count(), since.corrections.len());
    let of = |open: &[Value], kind: &str| {
        open.iter()
            .filter(|one| one["kind"] == kind)
            .cloned()
            .collect::<Vec<_>>()
    };
    wait_until("every lost hour is named", async || {
        let open = open(staff).await;
        of(&open, "only-in-killbill").len() == lost && !of(&open, "differs-from-killbill").is_empty()
    })
    .await;
    wait_until("and the server that nobody knows", async || {
        !of(&open(staff).await, "unknown-subscription").is_empty()
    })
    .await;
    let open = open(staff).await;
    assert!(of(&open, "differs-from-killbill").len() <= changed, "{open:#?}");
    for one in &of(&open, "only-in-killbill") {
        assert!(number(one, "amount") > Some(Decimal::ZERO), "{one}");
        assert!(
            text(one, "detail").contains("Kill Bill holds") && text(one, "next_step").contains("Push the hour again"),
            "{one}"
        );
    }
}
