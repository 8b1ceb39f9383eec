//! Both directions on a real Kill Bill: a price that changes for running subscriptions, usage that comes late or that no
//! invoice takes up, a voided invoice, and accounts that are not invoiced at all. Each closes by itself when it is mended.

use chrono::TimeDelta;
use nodeconductor_billing::killbill::accounts::Tag;
use nodeconductor_billing::sync::accounts::{explain_parked, sync_accounts};
use nodeconductor_billing::sync::watch::{WatchReport, watch_accounts};
use rust_decimal::{Decimal, dec};
use sqlx::PgPool;

use crate::support::catalog::SampleCatalog;
use crate::support::killbill_server::OwnServer;
use crate::world::{CPU, Subscribed, World, at, day};

const NOON: &str = "2026-01-10T12:00:00Z";

impl World {
    /// What is open, as `kind amount`.
    async fn told(&self) -> Vec<String> {
        let rows = self.discrepancies().await;
        let open = rows.into_iter().filter(|row| row.closed_at.is_none());
        let mut told: Vec<String> = open
            .map(|row| format!("{} {}", row.kind, row.amount.normalize()))
            .collect();
        told.sort();
        told
    }

    /// Reads the accounts' tags, and says what they mean.
    async fn watch(&self) -> WatchReport {
        sync_accounts(self.pool(), &self.kb, &self.sync.clock).await.unwrap();
        explain_parked(self.pool(), &self.kb, &self.sync.clock).await.unwrap();
        watch_accounts(self.pool(), &self.sync.clock, "EUR").await.unwrap()
    }

    /// The delivery was made now, by our clock.
    async fn made_now(&self, tracking_id: &str) {
        sqlx::query("update delivery set settled_at = $2 where tracking_id = $1")
            .bind(tracking_id)
            .bind(self.sync.clock.now())
            .execute(self.pool())
            .await
            .unwrap();
    }
}

async fn execute(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

/// Changes what the newer catalog version says, as we know it.
async fn rename_element(pool: &PgPool, from: &str, to: &str) {
    sqlx::query(
        "update catalog_version set xml = replace(xml, $1, $2), content_hash = sha256(replace(xml, $1, $2)::bytea)
         where effective_from > '2026-01-01'",
    )
    .bind(from)
    .bind(to)
    .execute(pool)
    .await
    .unwrap();
}

/// CPU at another price from March on, for subscriptions that are there too.
fn dearer() -> String {
    let mut catalog = SampleCatalog::standard("EUR").effective_on("2026-02-10");
    catalog.plans[0].usages[0].tiers[0].price = dec!(0.025);
    catalog.plans[0].for_existing = Some("2026-03-01T00:00:00+00:00".to_owned());
    catalog.xml()
}

#[tokio::test]
async fn what_is_wrong_in_either_direction_is_told_and_closes_when_it_is_mended() {
    let server = OwnServer::start("");
    let world = World::new(&server, "DETAIL").await;
    let machine = world.resource("vm-1", "openstack-instance").await;
    world.deliver(&machine, CPU, &[(NOON, dec!(100))]).await;
    world.pass("2026-02-01").await;
    world.mirror().await;
    assert_eq!(world.told().await, [""; 0]);

    late_usage_comes_with_the_next_run(&world, &machine).await;
    usage_that_an_invoice_left_out_is_missed(&world, &machine).await;
    a_price_holds_from_its_day_on(&world, &machine).await;
    a_voided_invoice_is_missed_until_it_is_billed_again(&world).await;
    an_account_without_invoices_is_told(&world, &machine).await;
    a_parked_account_is_told_with_the_reason_until_it_is_unparked(&world, &machine).await;
}

async fn late_usage_comes_with_the_next_run(world: &World, machine: &Subscribed) {
    let late = world.deliver(machine, CPU, &[("2026-01-11T12:00:00Z", dec!(40))]).await;
    world.made_now(&late).await;
    world.mirror().await;
    assert_eq!(world.told().await, ["late-usage -0.5"]);
}

async fn usage_that_an_invoice_left_out_is_missed(world: &World, machine: &Subscribed) {
    // In the ledger it is delivered; Kill Bill never saw it.
    let lost = world.book(machine, CPU, &[("2026-01-12T12:00:00Z", dec!(80))]).await;
    world.made_now(&lost).await;
    world.mirror().await;
    assert_eq!(world.told().await, ["late-usage -0.5", "late-usage -1"]);
    // Time for a run that was under way to end.
    world.sync.clock.set(world.sync.clock.now() + TimeDelta::minutes(10));
    world.mirror().await;
    world.pass("2026-03-01").await;
    world.mirror().await;
    assert_eq!(
        world.told().await,
        ["missed-usage -1"],
        "the other one is billed by now"
    );
    world
        .post(machine, &lost, "cpu", vec![(at("2026-01-12T12:00:00Z"), dec!(80))])
        .await;
}

async fn a_price_holds_from_its_day_on(world: &World, machine: &Subscribed) {
    world.kb.catalog().upload(&dearer()).await.unwrap();
    world.pull_prices().await;
    world
        .deliver(machine, CPU, &[("2026-03-05T12:00:00Z", dec!(100))])
        .await;
    world.pass("2026-04-01").await;
    world.mirror().await;
    assert_eq!(
        world.told().await,
        [""; 0],
        "what was missed is billed, and March at its new price"
    );
    let invoice = world.invoice("2026-04-01").await;
    let amounts: Vec<Decimal> = world
        .lines(&invoice, "cpu")
        .await
        .iter()
        .map(|(item, _)| item.amount)
        .collect();
    assert_eq!(
        amounts.iter().sum::<Decimal>(),
        dec!(3.5),
        "100 × 0.025 + 80 × 0.0125: {amounts:?}"
    );

    // Had the new price not been meant for it, the very same line would be wrong.
    let (claims, nothing) = ("effectiveDateForExistingSubscriptions", "somethingElse");
    rename_element(world.pool(), claims, nothing).await;
    execute(world.pool(), "update invoice set checked_at = null").await;
    world.mirror().await;
    assert_eq!(world.told().await, ["wrong-price-version 1.25"]);
    rename_element(world.pool(), nothing, claims).await;
    execute(world.pool(), "update invoice set checked_at = null").await;
    world.mirror().await;
    assert_eq!(world.told().await, [""; 0]);
}

async fn a_voided_invoice_is_missed_until_it_is_billed_again(world: &World) {
    let invoice = world.invoice("2026-04-01").await;
    world.kb.invoices().void(invoice.killbill_id).await.unwrap();
    world.mirror().await;
    assert_eq!(world.told().await, ["void-not-reinvoiced -3.5"]);
    let again = world
        .kb
        .invoices()
        .trigger(world.account, day("2026-04-01"))
        .await
        .unwrap();
    assert!(again.is_some());
    world.mirror().await;
    assert_eq!(world.told().await, [""; 0]);
}

async fn an_account_without_invoices_is_told(world: &World, machine: &Subscribed) {
    world
        .kb
        .accounts()
        .add_tag(world.account, Tag::AUTO_INVOICING_OFF)
        .await
        .unwrap();
    world.deliver(machine, CPU, &[("2026-04-05T12:00:00Z", dec!(10))]).await;
    assert_eq!(world.watch().await.invoicing_off, 1);
    assert_eq!(world.told().await, ["invoicing-off -0.25"]);
    world
        .kb
        .accounts()
        .remove_tag(world.account, Tag::AUTO_INVOICING_OFF)
        .await
        .unwrap();
    assert_eq!(world.watch().await, WatchReport::default());
    assert_eq!(world.told().await, [""; 0]);
}

async fn a_parked_account_is_told_with_the_reason_until_it_is_unparked(world: &World, machine: &Subscribed) {
    world
        .post(machine, "theirs", "cpu", vec![(at("2026-03-05T12:00:00Z"), dec!(-50))])
        .await;
    world.pass("2026-05-01").await;
    world.sync.clock.set(world.sync.clock.now() + TimeDelta::minutes(1));
    assert_eq!(world.watch().await.parked, 1);
    let told = world.discrepancies().await;
    assert_eq!(
        (told[0].kind.word(), told[0].amount),
        ("account-parked", dec!(-0.25)),
        "the ten hours of April"
    );
    let reason = "100 cpu of 2026-03-01 to 2026-04-01 are billed for subscription";
    assert!(
        told[0].detail.contains(reason) && told[0].detail.contains("holds 50 only"),
        "{}",
        told[0].detail
    );
    assert!(told[0].next_step.contains("POST /invoices"));
    assert_eq!(told[0].customer_uuid, Some(world.customer));

    world
        .post(
            machine,
            "theirs again",
            "cpu",
            vec![(at("2026-03-05T12:00:00Z"), dec!(50))],
        )
        .await;
    world
        .kb
        .invoices()
        .trigger(world.account, day("2026-05-01"))
        .await
        .unwrap();
    assert_eq!(world.watch().await, WatchReport::default());
    assert_eq!(world.told().await, [""; 0]);
}
