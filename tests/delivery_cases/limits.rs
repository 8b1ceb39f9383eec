//! What Kill Bill would take and never bill, or choke on, shown on a real one; and that it stays here with its reason.

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::killbill::invoices::Invoice;
use nodeconductor_billing::killbill::subscriptions::NewSubscription;
use nodeconductor_billing::killbill::usages::{UnitUsage, UsagePost};
use rust_decimal::{Decimal, dec};
use serde_json::json;
use uuid::Uuid;

use super::world::{PLAN, World, price_list};
use crate::support::catalog::{SampleCatalog, SampleUsage};
use crate::support::killbill_server::OwnServer;

/// Ten blocks of CPU and no more; servers at a thousand an hour.
fn narrow_prices() -> SampleCatalog {
    let mut catalog = price_list();
    for usage in &mut catalog.plans[0].usages {
        match usage.unit.as_str() {
            "cpu" => usage.tiers[0].blocks = Some(10),
            "server_num" => usage.tiers[0].price = dec!(1000),
            _ => {}
        }
    }
    catalog
}

/// The same with an end to nothing, for running subscriptions too, from an instant on.
fn wide_prices(from: DateTime<Utc>) -> SampleCatalog {
    let mut catalog = narrow_prices();
    catalog.plans[0].usages[0] = SampleUsage::new("vm-cpu", "cpu", "CPU hours").tier(dec!(1), dec!(0.0125), None);
    catalog.effective = from.format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    catalog.plans[0].for_existing = Some(catalog.effective.clone());
    catalog
}

/// A customer of Kill Bill that nobody checks anything for.
struct Unchecked {
    account: Uuid,
    machine: Uuid,
}

impl Unchecked {
    async fn new(kb: &KillBill, start: DateTime<Utc>) -> Self {
        let account = kb.accounts().create(&new_account()).await.unwrap();
        let order = NewSubscription {
            account,
            external_key: Uuid::new_v4().to_string(),
            bundle_external_key: Uuid::new_v4().to_string(),
            plan: PLAN.to_owned(),
            billing_start: start,
        };
        let machine = kb.subscriptions().create(&order).await.unwrap();
        Self { account, machine }
    }

    async fn uses(&self, kb: &KillBill, unit: &str, at: DateTime<Utc>, amount: Decimal) {
        let post = UsagePost {
            subscription: self.machine,
            tracking_id: Uuid::new_v4().to_string(),
            units: vec![UnitUsage {
                unit: unit.to_owned(),
                records: vec![(at + TimeDelta::minutes(30), amount)],
            }],
        };
        kb.usages().record(&post).await.unwrap();
    }

    async fn invoices(&self, kb: &KillBill) -> Vec<Invoice> {
        kb.invoices().of_account(self.account, None).await.unwrap()
    }

    async fn tags(&self, kb: &KillBill) -> Vec<String> {
        let tags = kb.accounts().tags(self.account).await.unwrap();
        tags.into_iter().map(|tag| tag.name).collect()
    }
}

fn new_account() -> NewAccount {
    NewAccount {
        external_key: Uuid::new_v4().to_string(),
        name: "Somebody".to_owned(),
        email: None,
        currency: "USD".to_owned(),
        time_zone: "UTC".to_owned(),
        bill_cycle_day: 1,
        reference_time: "2000-01-01T03:00:00Z".parse().ok(),
        locale: None,
    }
}

#[tokio::test]
async fn what_kill_bill_would_give_away_or_choke_on_stays_here() {
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, narrow_prices()).await;
    let (generous, choking) = (
        Unchecked::new(&world.kb, world.month).await,
        Unchecked::new(&world.kb, world.month).await,
    );
    generous.uses(&world.kb, "cpu", world.hour(0), dec!(12)).await;
    choking.uses(&world.kb, "server_num", world.hour(0), dec!(1001)).await;

    let resource = world.resource().await;
    let cpu = [4, 4, 4, 1].map(Decimal::from);
    let hours: Vec<_> = (0..).zip(cpu).map(|(hour, quantity)| ("cpu", hour, quantity)).collect();
    world.push(resource, &hours).await;
    world
        .push(
            resource,
            &[
                ("servers", 4, dec!(900)),
                ("servers", 5, dec!(100)),
                ("servers", 6, dec!(50)),
            ],
        )
        .await;
    world.push(resource, &[("licence", 7, dec!(20_000_000))]).await;
    world.pass().await;
    let (tier, column) = ("beyond-last-tier", "beyond-killbill-column");
    assert_eq!(
        world.states(resource).await,
        [
            "verified", "verified", tier, "verified", "verified", column, "verified", column
        ]
    );

    super::invoiced::bill(&world, resource, "2027-02-01").await;
    world.kb.clock().wait_for_queues().await.unwrap();
    let given_away = generous.invoices(&world.kb).await;
    let charged: Decimal = given_away[0].items.iter().map(|item| item.amount).sum();
    assert_eq!(
        charged,
        dec!(0.13),
        "ten of the twelve hours, and not a word about the others"
    );
    let choked = choking.invoices(&world.kb).await;
    assert!(choked.is_empty(), "{choked:?}");
    assert_eq!(choking.tags(&world.kb).await, ["__PARK__"]);
    let account = world
        .kb
        .accounts()
        .by_external_key(&world.customer.simple().to_string())
        .await
        .unwrap()
        .unwrap();
    let ours = world.kb.invoices().of_account(account.account_id, None).await.unwrap();
    let amounts: Vec<Decimal> = ours[0]
        .items
        .iter()
        .map(|item| item.amount.normalize())
        .filter(|amount| !amount.is_zero())
        .collect();
    assert!(
        amounts.contains(&dec!(0.11)) && amounts.contains(&dec!(950_000)),
        "{amounts:?}"
    );

    // A wider price holds from February on: January's hour keeps waiting, February's go.
    let now = world.kb.clock().now().await.unwrap();
    world
        .kb
        .catalog()
        .upload(&wide_prices(now + TimeDelta::hours(1)).xml())
        .await
        .unwrap();
    world.kb.clock().set(now + TimeDelta::hours(5)).await.unwrap();
    world.pull_prices().await;
    let late = (now - world.month).num_hours() + 2;
    world.push(resource, &[("cpu", late, dec!(40))]).await;
    world.later(TimeDelta::days(31));
    world.pass().await;
    assert_eq!(world.states(resource).await[2], tier);
    assert_eq!(world.states(resource).await.last().unwrap(), "verified");
    super::invoiced::bill(&world, resource, "2027-03-01").await;
    let ours = world
        .kb
        .invoices()
        .of_account(account.account_id, Some("2027-03-01".parse().unwrap()))
        .await
        .unwrap();
    let amounts: Vec<Decimal> = ours
        .iter()
        .flat_map(|invoice| &invoice.items)
        .map(|item| item.amount.normalize())
        .collect();
    assert!(amounts.contains(&dec!(0.5)), "forty hours, all of them: {amounts:?}");
    the_usage_of_a_parked_account_waits(&world, resource, account.account_id).await;
    let held = world
        .service
        .get(&world.service.staff, "/api/usage-records/?held=beyond-last-tier")
        .await
        .json();
    assert!(held[0]["held_remedy"].as_str().unwrap().contains("max to -1"));
    assert_eq!(held[0]["quantity"], json!("4"));
}

/// Somebody takes usage of an invoiced month back; Kill Bill parks the account at its next run.
async fn the_usage_of_a_parked_account_waits(world: &World, resource: Uuid, account: Uuid) {
    let machine = Unchecked {
        account,
        machine: world.subscription(resource, PLAN).await.subscription_id,
    };
    let february = world.hour(32 * 24);
    machine.uses(&world.kb, "cpu", february, dec!(-5)).await;
    let april: DateTime<Utc> = "2027-04-02T06:00:00Z".parse().unwrap();
    world.kb.clock().set(april).await.unwrap();
    world.kb.clock().wait_for_queues().await.unwrap();
    assert_eq!(machine.tags(&world.kb).await, ["__PARK__"]);

    let march = 24 * 60;
    world.push(resource, &[("cpu", march, dec!(4))]).await;
    world.later(TimeDelta::days(31));
    assert_eq!(world.pass().await.failures, 1);
    assert_eq!(world.states(resource).await.last().unwrap(), "pending");
    assert!(world.last_error(resource).await.contains("parked"));
    let customer = format!("/api/customers/{}/", world.customer);
    assert_eq!(
        world.service.get(&world.service.staff, &customer).await.json()["invoicing"],
        "parked"
    );

    machine.uses(&world.kb, "cpu", february, dec!(5)).await;
    world.kb.invoices().trigger(account, april.date_naive()).await.unwrap();
    world.later(TimeDelta::minutes(1));
    world.pass().await;
    assert_eq!(world.states(resource).await.last().unwrap(), "verified");
    assert_eq!(
        world.service.get(&world.service.staff, &customer).await.json()["invoicing"],
        "on"
    );
}
