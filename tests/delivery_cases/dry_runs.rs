//! Estimates held against Kill Bill's own dry run: equal when Kill Bill has what we say, told when it has not.

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::sync::dry_runs::{DryRunReport, compare};
use nodeconductor_billing::sync::estimates::estimate;
use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{World, price_list};
use crate::support::catalog::SampleCatalog;
use crate::support::killbill_server::OwnServer;

impl World {
    async fn compare(&self) -> DryRunReport {
        self.upcoming().await;
        let state = &self.service.state;
        estimate(&state.pool, &state.clock, &state.book).await.unwrap();
        compare(&state.pool, &state.clock, &self.kb, &state.book).await.unwrap()
    }

    /// Kill Bill's figure and ours, so many days later.
    async fn compared_at(&self, days: i64) -> [String; 2] {
        self.later(TimeDelta::days(days));
        let report = self.compare().await;
        assert_eq!((report.compared, report.differing, report.error), (1, 0, None));
        let row = self.customers_estimate().await;
        ["killbill", "delivered"].map(|key| row["dry_run"][key].to_string())
    }

    async fn customers_estimate(&self) -> Value {
        let path = "/api/price-estimates/?scope_type=customer";
        self.service.get(&self.service.staff, path).await.json()[0].clone()
    }

    async fn discrepancies(&self) -> Vec<String> {
        self.texts("select kind || ' ' || amount || ' ' || (closed_at is null) from discrepancy order by id")
            .await
    }
}

#[tokio::test]
async fn what_was_delivered_is_what_kill_bill_would_bill() {
    let world = World::new().await;
    let resource = world.resource().await;
    // 12 CPU hours, 250 blocks of memory, 50 minutes' worth of a licence hour: 0.15 + 0.01 + 0.06.
    let records = [
        ("cpu", 0, dec!(4)),
        ("cpu", 1, dec!(8)),
        ("memory", 0, dec!(2.5)),
        ("licence", 0, dec!(1)),
    ];
    world.push(resource, &records).await;
    world.pass().await;
    let report = world.compare().await;
    assert_eq!((report.compared, report.differing, report.error), (1, 0, None));
    let row = world.customers_estimate().await;
    assert_eq!(row["consumed"].to_string(), "0.22");
    let figures = ["killbill", "delivered", "difference", "on_the_way"].map(|key| row["dry_run"][key].to_string());
    assert_eq!(figures, ["0.22", "0.22", "0.00", "0.00"]);
    assert_eq!(world.compare().await.compared, 0, "once a day");
    world.push(resource, &[("cpu", 2, dec!(4))]).await;
    world.later(TimeDelta::days(1));
    world.compare().await;
    let row = world.customers_estimate().await;
    assert_eq!(
        row["dry_run"]["on_the_way"].to_string(),
        "0.05",
        "it explains why the customer's figure is higher"
    );
    assert_eq!(row["dry_run"]["difference"].to_string(), "0.00");
}

/// The sample prices with CPU at the double price, from so many days before Kill Bill's month on.
fn dearer(month: DateTime<Utc>, days: i64, for_existing: Option<DateTime<Utc>>) -> SampleCatalog {
    let text = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let mut catalog = price_list();
    catalog.effective = text(month - TimeDelta::days(days));
    catalog.plans[0].usages[0].tiers[0].price = dec!(0.025);
    catalog.plans[0].for_existing = for_existing.map(text);
    catalog
}

#[tokio::test]
async fn a_new_price_is_in_both_figures_from_when_it_claims_the_running_subscription() {
    // Early on the first of a month Kill Bill's next run is that of the month before: this asks in the middle of one.
    let server = tokio::task::spawn_blocking(|| OwnServer::start("")).await.unwrap();
    let world = World::in_january(&server, price_list()).await;
    // The machine runs since twenty days before the month. It uses nothing there: Kill Bill bills that month in a run of its
    // own, whenever that comes.
    let resource = Uuid::new_v4();
    let started = world.month - TimeDelta::days(20);
    world.register(resource, json!({ "started_at": started })).await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.compared_at(0).await, ["0.05", "0.05"]);
    let upload = async |catalog: SampleCatalog| {
        world.kb.catalog().upload(&catalog.xml()).await.unwrap();
        world.pull_prices().await;
    };
    upload(dearer(world.month, 10, None)).await;
    assert_eq!(
        world.compared_at(1).await,
        ["0.05", "0.05"],
        "for new subscriptions only"
    );
    upload(dearer(world.month, 9, Some(world.month))).await;
    assert_eq!(world.compared_at(1).await, ["0.10", "0.10"], "from the month on");
    world.push(resource, &[("cpu", 30, dec!(4))]).await;
    world.pass().await;
    let mut cheaper = dearer(world.month, 8, Some(world.month + TimeDelta::days(1)));
    cheaper.plans[0].usages[0].tiers[0].price = dec!(0.01);
    upload(cheaper).await;
    assert_eq!(
        world.compared_at(1).await,
        ["0.14", "0.14"],
        "each part of the month by its own price"
    );
}

/// Kill Bill bills the month before in a run of its own, as soon as it has the subscription; here it is not mirrored.
#[tokio::test]
async fn what_an_invoice_has_that_is_not_mirrored_yet_is_no_difference() {
    let world = World::new().await;
    let resource = world.resource().await;
    world
        .push(resource, &[("cpu", -480, dec!(4)), ("cpu", 0, dec!(4))])
        .await;
    world.pass().await;
    let account = world.subscription(resource, super::world::PLAN).await.account_id;
    let today = world.month.date_naive();
    world.kb.invoices().trigger(account, today).await.unwrap();
    let report = world.compare().await;
    assert_eq!(
        (report.compared, report.differing, report.moved),
        (0, 0, 1),
        "it waits for the mirror"
    );
    assert_eq!(world.discrepancies().await, [""; 0]);
}

#[tokio::test]
async fn usage_that_somebody_else_posted_opens_a_discrepancy_and_its_end_closes_it() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    let subscription = world.subscription(resource, super::world::PLAN).await;
    let post = nodeconductor_billing::killbill::usages::UsagePost {
        subscription: subscription.subscription_id,
        tracking_id: Uuid::new_v4().to_string(),
        units: vec![nodeconductor_billing::killbill::usages::UnitUsage {
            unit: "cpu".to_owned(),
            records: vec![(world.hour(3), dec!(80))],
        }],
    };
    world.kb.usages().record(&post).await.unwrap();
    assert_eq!(world.compare().await.differing, 1);
    assert_eq!(world.discrepancies().await, ["estimate 1.00 true"]);
    let listed = world
        .service
        .get(&world.service.staff, "/api/discrepancies/")
        .await
        .json();
    assert!(listed[0]["detail"].as_str().unwrap().contains("Alice"), "{listed}");
    assert_eq!(listed[0]["amount"], json!("1.00"));
    // Nobody can take usage back in Kill Bill; here it becomes ours.
    sqlx::query("update delivery_unit set amount = amount + 80")
        .execute(world.pool())
        .await
        .unwrap();
    assert_eq!(world.compare().await.compared, 0, "not every minute");
    world.later(TimeDelta::minutes(5));
    assert_eq!(world.compare().await.differing, 0);
    assert_eq!(world.discrepancies().await, ["estimate 1.00 false"]);
}

#[tokio::test]
async fn kill_bill_away_leaves_the_estimates_as_they_are() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    let away = nodeconductor_billing::killbill::Connection {
        api_url: "http://127.0.0.1:9/1.0/kb/".parse().unwrap(),
        ..world.connection.clone()
    };
    let away = nodeconductor_billing::killbill::KillBill::new(&away).unwrap();
    let state = &world.service.state;
    estimate(&state.pool, &state.clock, &state.book).await.unwrap();
    let report = compare(&state.pool, &state.clock, &away, &state.book).await.unwrap();
    assert_eq!((report.compared, report.error.is_some()), (0, true));
    let row = world.customers_estimate().await;
    assert_eq!(
        (row["consumed"].to_string(), &row["dry_run"]),
        ("0.05".to_owned(), &Value::Null)
    );
}
