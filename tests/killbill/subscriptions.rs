//! Subscriptions from their first hour to their last.

use chrono::{DateTime, Utc};
use nodeconductor_billing::killbill::subscriptions::State;
use nodeconductor_billing::killbill::usages::{Recorded, UnitUsage, UsagePost};
use nodeconductor_billing::killbill::{Error, KillBill};
use rust_decimal::dec;
use uuid::Uuid;

use super::{HOUR, client_with_account, order, today};

#[tokio::test]
async fn a_subscription_bills_from_the_very_instant_asked_for() {
    let (kb, account) = client_with_account().await;
    let start = today(&kb).await - 30 * HOUR;
    assert_eq!(
        kb.subscriptions().by_external_key("vm:openstack-instance").await,
        Ok(None)
    );
    let id = kb
        .subscriptions()
        .create(&order(account, "vm", "openstack-instance", start))
        .await
        .unwrap();
    let found = kb
        .subscriptions()
        .by_external_key("vm:openstack-instance")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found, kb.subscriptions().get(id).await.unwrap());
    assert_eq!((found.subscription_id, found.account_id), (id, account));
    assert_eq!(
        (found.plan_name.as_str(), found.product_name.as_str()),
        ("openstack-instance", "vm")
    );
    assert_eq!((found.state, found.billing_start_date), (State::Active, Some(start)));
    assert_eq!(
        (found.billing_end_date, found.cancelled_date, found.charged_through_date),
        (None, None, None)
    );
}

#[tokio::test]
async fn ordering_the_same_again_finds_it_and_something_else_under_its_key_fails() {
    let (kb, account) = client_with_account().await;
    let first = order(account, "vm", "openstack-instance", today(&kb).await);
    let id = kb.subscriptions().create(&first).await.unwrap();
    assert_eq!(kb.subscriptions().create(&first).await, Ok(id));
    let mut other = first.clone();
    other.plan = "licence-by-minute".to_owned();
    assert!(kb.subscriptions().create(&other).await.is_err());
    let second_plan = order(account, "vm", "licence-by-minute", first.billing_start);
    assert_ne!(
        kb.subscriptions().create(&second_plan).await.unwrap(),
        id,
        "one resource may have several plans"
    );
}

#[tokio::test]
async fn an_unknown_plan_is_refused_for_good() {
    let (kb, account) = client_with_account().await;
    let refused = kb
        .subscriptions()
        .create(&order(account, "vm", "no-such-plan", today(&kb).await))
        .await
        .unwrap_err();
    assert!(refused.is_definite() && !refused.outcome_unknown(), "{refused:?}");
    assert_eq!(refused.code(), Some(2021));
}

#[tokio::test]
async fn a_cancelled_subscription_takes_usage_up_to_its_end_only() {
    let (kb, account) = client_with_account().await;
    let start = today(&kb).await - 10 * HOUR;
    let id = kb
        .subscriptions()
        .create(&order(account, "vm", "openstack-instance", start))
        .await
        .unwrap();
    let end = start + 5 * HOUR;
    kb.subscriptions().cancel(id, end).await.unwrap();
    kb.subscriptions()
        .cancel(id, end)
        .await
        .expect("cancelling again is no error");

    let ended = kb.subscriptions().get(id).await.unwrap();
    assert_eq!(
        (ended.state, ended.cancelled_date, ended.billing_end_date),
        (State::Cancelled, Some(end), Some(end))
    );
    assert_eq!(post(&kb, id, "before", end - HOUR / 2).await, Ok(Recorded::Written));
    let refused = post(&kb, id, "after", end + HOUR / 2).await.unwrap_err();
    assert!(matches!(refused, Error::Stranger { status: 400, .. }), "{refused:?}");
}

#[tokio::test]
async fn a_cancellation_in_the_future_leaves_the_subscription_active_until_then() {
    let (kb, account) = client_with_account().await;
    let start = today(&kb).await;
    let id = kb
        .subscriptions()
        .create(&order(account, "vm", "openstack-instance", start))
        .await
        .unwrap();
    let end = start + 48 * HOUR;
    kb.subscriptions().cancel(id, end).await.unwrap();
    kb.subscriptions().cancel(id, end).await.expect("repeating is no error");
    let subscription = kb.subscriptions().get(id).await.unwrap();
    assert_eq!(
        (subscription.state, subscription.billing_end_date),
        (State::Active, Some(end))
    );
}

async fn post(kb: &KillBill, subscription: Uuid, tracking_id: &str, at: DateTime<Utc>) -> Result<Recorded, Error> {
    let units = vec![UnitUsage {
        unit: "cpu".to_owned(),
        records: vec![(at, dec!(1))],
    }];
    kb.usages()
        .record(&UsagePost {
            subscription,
            tracking_id: tracking_id.to_owned(),
            units,
        })
        .await
}
