//! Products with a monthly price only: rated here by the hour, charged when Kill Bill's month is over, differences later.

use chrono::TimeDelta;
use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use super::world::{Settling, prices};

#[tokio::test]
async fn a_month_is_charged_by_the_hour_and_what_comes_later_as_the_difference() {
    let settling = Settling::new().await;
    let resource = settling
        .used(&[
            ("support", -30, dec!(2)),
            ("support", -29, dec!(1)),
            ("support", -28, dec!(0.5)),
            ("backup", -30, dec!(1)),
            ("support", 1, dec!(9)),
        ])
        .await;
    let report = settling.settle().await;
    assert_eq!(
        (report.fixed, report.posted, report.records, report.failures),
        (1, 1, 4, 0)
    );
    assert_eq!(
        settling.moved().await,
        [dec!(0.07), dec!(0.35)],
        "3.5 × 72 / 720 and 49 / 720, each rounded once"
    );
    assert_eq!(settling.owed().await, dec!(0.42));
    let posted = settling.invoices().await.remove(0).items.remove(1);
    let month = (settling.world.month - chrono::TimeDelta::hours(1))
        .format("%B %Y")
        .to_string();
    assert_eq!(
        posted.description.unwrap(),
        format!("web-1: SUPPORT, hours of {month}: 3.5 hours at 72 USD a month / 720 hours")
    );
    assert_eq!((posted.quantity, posted.rate), (Some(dec!(3.5)), Some(dec!(0.1))));
    assert_eq!(
        settling.world.states(resource).await,
        ["verified", "verified", "verified", "verified", "pending"]
    );
    assert_eq!(settling.mirror().await, ["balanced"]);
    assert_eq!(
        settling.world.states(resource).await,
        ["billed", "billed", "billed", "billed", "pending"]
    );

    settling.world.correct(resource, &[("support", -30, dec!(1))]).await;
    settling.world.push(resource, &[("support", -27, dec!(1))]).await;
    assert_eq!(
        settling.settle().await.fixed,
        1,
        "an hour more and an hour less: nothing to post"
    );
    assert_eq!(settling.settlements().await, ["charge posted", "nothing posted"]);

    settling
        .world
        .correct(resource, &[("support", -29, dec!(0)), ("backup", -30, dec!(2))])
        .await;
    let report = settling.settle().await;
    assert_eq!((report.fixed, report.posted, report.failures), (2, 2, 0));
    assert_eq!(settling.moved().await, [dec!(0.07), dec!(0.35), dec!(0.07), dec!(-0.1)]);
    assert_eq!(settling.owed().await, dec!(0.39));
    assert_eq!(settling.mirror().await, ["balanced", "balanced", "balanced"]);
    assert_eq!(settling.settle().await.fixed, 0);
    settling.assert_not_parked().await;
}

/// The price rises on the 15th of the month that is over, in the middle of an hour: the hour that has begun keeps the old one.
#[tokio::test]
async fn a_price_change_in_mid_month_makes_two_lines_for_each_of_two_customers() {
    let settling = Settling::new().await;
    let month = settling.world.month - TimeDelta::hours(1);
    let change = month.format("%Y-%m-15T10:30:00+00:00").to_string();
    let mut dearer = prices();
    dearer
        .plans
        .iter_mut()
        .find(|plan| plan.name == "backup-monthly")
        .unwrap()
        .recurring = Some(dec!(72));
    dearer.effective = change;
    settling.world.kb.catalog().upload(&dearer.xml()).await.unwrap();
    settling.world.pull_prices().await;
    let ten = (month
        .format("%Y-%m-15T10:00:00Z")
        .to_string()
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        - settling.world.month)
        .num_hours();
    settling
        .used(&[("backup", ten, dec!(10)), ("backup", ten + 1, dec!(10))])
        .await;

    let other = Uuid::new_v4();
    let path = format!("/api/customers/{other}/");
    settling
        .world
        .put(&path, json!({"name": "Bob", "email": "bob@customer.test"}))
        .await;
    let resource = Uuid::new_v4();
    settling
        .world
        .register(resource, json!({"customer": other, "name": "db-1"}))
        .await;
    settling.world.push(resource, &[("backup", ten + 1, dec!(100))]).await;

    let report = settling.settle().await;
    assert_eq!((report.customers, report.posted, report.failures), (2, 2, 0));
    assert_eq!(settling.moved().await, [dec!(0.68), dec!(1)], "490 / 720 and 720 / 720");
    let invoice = settling.invoices().await.remove(0);
    let days: Vec<_> = invoice
        .items
        .iter()
        .map(|item| (item.start_date.unwrap(), item.end_date.unwrap()))
        .collect();
    let day = |text: &str| month.format(text).to_string().parse().unwrap();
    let end = settling.world.month.date_naive();
    assert_eq!(days, [(day("%Y-%m-01"), day("%Y-%m-16")), (day("%Y-%m-15"), end)]);
    let bob: Vec<String> = settling
        .world
        .texts("select l.amount::text from settlement_line l join settlement s on s.id = l.settlement_id join customer c on c.id = s.customer_id where c.name = 'Bob'")
        .await;
    assert_eq!(bob, ["10"]);
    assert_eq!(settling.mirror().await, ["balanced"]);
}

/// Rials have a thousandth: the line is rounded there.
#[tokio::test]
async fn a_currency_of_three_decimals_is_rounded_in_its_own_coin() {
    let mut catalog = prices();
    catalog.currency = "OMR".to_owned();
    let settling = Settling::in_january(catalog, "OMR").await;
    settling
        .used(&[("backup", -30, dec!(1)), ("backup", -29, dec!(0.000000001))])
        .await;
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(0.068)], "49 / 720 and a bit");
    assert_eq!(settling.mirror().await, ["balanced"]);
}

#[tokio::test]
async fn a_resource_that_is_only_charged_ends_without_a_subscription() {
    let settling = Settling::new().await;
    let resource = settling.used(&[("support", -30, dec!(2))]).await;
    settling.world.terminate(resource, settling.world.hour(-20)).await;
    settling.world.later(TimeDelta::hours(2));
    assert_eq!(settling.world.pass().await.ended, 1);
    settling.settle().await;
    assert_eq!(
        settling.moved().await,
        [dec!(0.2)],
        "its hours are charged all the same"
    );
}
