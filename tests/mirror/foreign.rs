//! What should not be there, what goes missing, and what must not change anything.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Mutex;

use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::sync::invoices::{InvoiceSync, TURNS};
use rust_decimal::dec;
use url::Url;

use crate::support::bills::adjustment;
use crate::support::killbill_server::{OwnServer, connection};
use crate::world::{CPU, World, at};

#[tokio::test]
async fn foreign_usage_opens_a_discrepancy_that_closes_when_it_is_mended() {
    let server = OwnServer::start("");
    let world = World::new(&server, "DETAIL").await;
    let machine = world.resource("vm-1", "openstack-instance").await;
    world
        .deliver(&machine, CPU, &[("2026-01-10T10:00:00Z", dec!(100))])
        .await;
    world
        .post(&machine, "theirs", "cpu", vec![(at("2026-01-12T00:00:00Z"), dec!(800))])
        .await;
    world.pass("2026-02-01").await;
    world.mirror().await;
    let invoice = world.invoice("2026-02-01").await;
    assert_eq!(
        (invoice.verdict.word(), world.open(&invoice).await),
        ("discrepant", vec![("foreign-tracking-id".to_owned(), dec!(10))])
    );
    let (item, line) = world.lines(&invoice, "cpu").await.remove(0);
    assert_eq!(
        (line.quantity, line.billed_quantity, line.difference()),
        (Some(dec!(100)), Some(dec!(900)), dec!(10))
    );
    reading_again_writes_nothing(&world).await;
    cut_off_answers_change_nothing(&world).await;

    let adjustment = adjustment(world.account, item.killbill_id, dec!(10), "EUR");
    world
        .kb
        .invoices()
        .adjust_item(invoice.killbill_id, &adjustment)
        .await
        .unwrap();
    world.mirror().await;
    assert_eq!(world.invoice("2026-02-01").await.verdict.word(), "balanced");
    let rows = world.discrepancies().await;
    assert_eq!(
        (rows.len(), rows[0].closed_at.is_some(), rows[0].customer_uuid),
        (1, true, Some(world.customer))
    );

    changed_records_and_foreign_subscriptions_are_told(&world).await;
    one_customers_failure_stops_nobody_else(&world).await;
}

/// Every row version of the mirror, told by the transaction that wrote it.
async fn row_versions(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "select t from (select 'invoice ' || id || ' ' || xmin as t from invoice where verdict <> 'discrepant'
         union all select 'item ' || id || ' ' || xmin from invoice_item
         union all select 'tracking ' || tracking_id || ' ' || xmin from invoice_tracking
         union all select 'payment ' || payment_id || ' ' || xmin from invoice_payment
         union all select 'delivery ' || id || ' ' || xmin from delivery) x order by t",
    )
    .fetch_all(world.pool())
    .await
    .unwrap()
}

async fn reading_again_writes_nothing(world: &World) {
    let before = row_versions(world).await;
    let read = world.sync.customer(world.customer).await.unwrap().unwrap();
    assert_eq!((read.new, read.changed, read.unchanged), (0, 0, 1));
    assert_eq!(row_versions(world).await, before);
    let swept = world.sync.sweep(TURNS, |_| ()).await.unwrap();
    assert_eq!((swept.customers, swept.failed, swept.invoices.unchanged), (1, 0, 1));
}

/// A server that answers every request with the same body.
fn answering(body: String) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/1.0/kb/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The head of a GET: nothing in it matters here.
            let _read = stream.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(format!("{head}{body}").as_bytes()).ok();
        }
    });
    url
}

/// An empty list, half a document, and an invoice without its items (what Kill Bill sends to those who do not ask for them).
async fn cut_off_answers_change_nothing(world: &World) {
    let mut invoices = world.kb.invoices().of_account(world.account, None).await.unwrap();
    for invoice in &mut invoices {
        (invoice.items, invoice.amount, invoice.balance) = (vec![], dec!(0), dec!(0));
    }
    let shallow = serde_json::to_string(&invoices).unwrap();
    let half = shallow[..shallow.len() / 2].to_owned();
    let before = row_versions(world).await;
    for (body, fails) in [("[]".to_owned(), false), (half, true), (shallow, true)] {
        let killbill = KillBill::new(&connection(&answering(body), "key", "secret")).unwrap();
        let misled = InvoiceSync {
            killbill,
            ..world.sync.clone()
        };
        assert_eq!(misled.customer(world.customer).await.is_err(), fails);
        assert_eq!(row_versions(world).await, before);
    }
    let noted: Option<String> = sqlx::query_scalar("select invoices_error from customer")
        .fetch_one(world.pool())
        .await
        .unwrap();
    assert!(noted.is_some_and(|error| error.contains("no items")));
}

async fn changed_records_and_foreign_subscriptions_are_told(world: &World) {
    let mine = world.resource("vm-2", "openstack-instance").await;
    let theirs = world.resource("vm-3", "openstack-instance").await;
    world.deliver(&mine, CPU, &[("2026-02-10T10:00:00Z", dec!(200))]).await;
    world
        .post(
            &theirs,
            "from elsewhere",
            "cpu",
            vec![(at("2026-02-12T00:00:00Z"), dec!(80))],
        )
        .await;
    sqlx::query("delete from subscription where id = $1")
        .bind(theirs.subscription_id)
        .execute(world.pool())
        .await
        .unwrap();
    sqlx::query("update usage_record set delta = 120 where resource_id = $1")
        .bind(mine.resource_id)
        .execute(world.pool())
        .await
        .unwrap();
    world.pass("2026-03-01").await;
    world.mirror().await;
    let invoice = world.invoice("2026-03-01").await;
    let mut open = world.open(&invoice).await;
    open.sort();
    let told = |kind: &str, amount| (kind.to_owned(), amount);
    assert_eq!(
        open,
        [
            told("foreign-tracking-id", dec!(1)),
            told("ledger", dec!(0)),
            told("unknown-subscription", dec!(1))
        ]
    );
    sqlx::query("update usage_record set delta = 200 where resource_id = $1")
        .bind(mine.resource_id)
        .execute(world.pool())
        .await
        .unwrap();
    world.mirror().await;
    assert!(world.open(&invoice).await.iter().all(|(kind, _)| kind != "ledger"));
}

async fn one_customers_failure_stops_nobody_else(world: &World) {
    sqlx::query("insert into customer (uuid, name, account_id, created_at, updated_at) values (gen_random_uuid(), 'Bob', gen_random_uuid(), now(), now())")
        .execute(world.pool())
        .await
        .unwrap();
    let steps = Mutex::new(vec![]);
    let swept = world
        .sync
        .sweep(TURNS, |progress| {
            steps.lock().unwrap().push((progress.done, progress.of));
        })
        .await
        .unwrap();
    assert_eq!((swept.customers, swept.failed, swept.skipped), (1, 1, 0));
    assert_eq!(steps.into_inner().unwrap(), [(1, 2), (2, 2)]);
    let noted: Vec<Option<String>> = sqlx::query_scalar("select invoices_error from customer order by name")
        .fetch_all(world.pool())
        .await
        .unwrap();
    assert!(
        noted[0].is_none()
            && noted[1]
                .as_deref()
                .is_some_and(|error| error.contains("no such object")),
        "{noted:?}"
    );
}
