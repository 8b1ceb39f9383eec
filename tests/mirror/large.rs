//! An account whose invoices do not fit into one answer: read one by one, it is mirrored as any other.

use chrono::TimeDelta;
use nodeconductor_billing::db::invoices;
use nodeconductor_billing::sync::invoices::{CustomerSync, InvoiceSync, InvoiceSyncError};
use rust_decimal::dec;

use crate::support::killbill_server::OwnServer;
use crate::world::{CPU, World, day};

/// More than one invoice and less than three take, with their machines and meters.
const LONGEST: usize = 4_000;

impl World {
    /// Reads everything again, taking answers of at most so many bytes.
    async fn read_up_to(&self, longest: usize) -> Result<CustomerSync, InvoiceSyncError> {
        self.sync.clock.set(self.sync.clock.now() + TimeDelta::days(2));
        sqlx::query("update customer set invoices_swept_at = null")
            .execute(self.pool())
            .await
            .unwrap();
        let sync = InvoiceSync {
            killbill: self.kb.clone().taking(longest),
            ..self.sync.clone()
        };
        Ok(sync.customer(self.customer).await?.unwrap())
    }

    async fn error(&self) -> Option<String> {
        let error = sqlx::query_scalar("select invoices_error from customer");
        error.fetch_one(self.pool()).await.unwrap()
    }
}

#[tokio::test]
async fn an_account_of_any_size_is_mirrored_and_what_is_too_long_alone_is_named() {
    let server = OwnServer::start("");
    let world = World::new(&server, "DETAIL").await;
    let machine = world.resource("vm-1", "openstack-instance").await;
    for (month, next) in [
        ("2026-01", "2026-02-01"),
        ("2026-02", "2026-03-01"),
        ("2026-03", "2026-04-01"),
    ] {
        world
            .deliver(&machine, CPU, &[(&format!("{month}-10T10:00:00Z"), dec!(40))])
            .await;
        world.pass(next).await;
    }

    let error = world.read_up_to(300).await.unwrap_err().to_string();
    assert_eq!(error, "Kill Bill's answer is longer than 0 MiB");
    assert_eq!(
        world.error().await,
        Some(error),
        "the list itself is too long: the customer shows it"
    );

    let read = world.read_up_to(LONGEST).await.unwrap();
    assert_eq!((read.new, world.error().await), (3, None));
    let in_one = world.read_up_to(usize::MAX / 8).await.unwrap();
    assert_eq!(
        (in_one.new, in_one.changed, in_one.unchanged),
        (0, 0, 3),
        "the same, read in one answer"
    );
    world.mirror().await;
    for date in ["2026-02-01", "2026-03-01", "2026-04-01"] {
        assert_eq!(world.invoice(date).await.verdict.word(), "balanced");
    }

    let customer: i64 = sqlx::query_scalar("select id from customer")
        .fetch_one(world.pool())
        .await
        .unwrap();
    let items: i64 = sqlx::query_scalar("select count(*) from invoice_item")
        .fetch_one(world.pool())
        .await
        .unwrap();
    let large = async |from, many| invoices::has_items(world.pool(), customer, from, many).await.unwrap();
    assert!(large(None, items).await && !large(None, items + 1).await);
    assert!(
        !large(Some(day("2026-04-01")), items).await,
        "only what would be read counts"
    );
}
