//! Delivering usage: exact to the last decimal, and never twice.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use nodeconductor_billing::killbill::Error;
use nodeconductor_billing::killbill::usages::{Recorded, UnitUsage, UsagePost};
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use super::{HOUR, client_with_account, order, today};

fn unit(unit: &str, records: &[(DateTime<Utc>, Decimal)]) -> UnitUsage {
    UnitUsage {
        unit: unit.to_owned(),
        records: records.to_vec(),
    }
}

#[tokio::test]
async fn amounts_arrive_exactly_and_a_repeated_post_writes_nothing() {
    let (kb, account) = client_with_account().await;
    let start = today(&kb).await - 24 * HOUR;
    let subscription = kb
        .subscriptions()
        .create(&order(account, "vm", "openstack-instance", start))
        .await
        .unwrap();
    let units = vec![
        unit(
            "cpu",
            &[(start, dec!(0.123456789)), (start + HOUR, dec!(123456789.000000001))],
        ),
        unit("ram_gb", &[(start + HOUR, dec!(16.50))]),
    ];
    let post = UsagePost {
        subscription,
        tracking_id: "delivery-1".to_owned(),
        units,
    };
    assert_eq!(kb.usages().record(&post).await, Ok(Recorded::Written));
    assert_eq!(kb.usages().record(&post).await, Ok(Recorded::AlreadyThere));

    let all = kb.usages().sums(subscription, start, start + 2 * HOUR).await.unwrap();
    assert_eq!(
        all,
        BTreeMap::from([
            ("cpu".to_owned(), dec!(123456789.123456790)),
            ("ram_gb".to_owned(), dec!(16.5))
        ])
    );
    let first_hour = kb.usages().sums(subscription, start, start + HOUR).await.unwrap();
    assert_eq!(
        first_hour,
        BTreeMap::from([("cpu".to_owned(), dec!(0.123456789))]),
        "the end is exclusive"
    );
    assert_eq!(
        kb.usages().sums(subscription, start + 2 * HOUR, start + 3 * HOUR).await,
        Ok(BTreeMap::new())
    );
}

#[tokio::test]
async fn usage_of_an_unknown_subscription_is_definitely_refused() {
    let (kb, _) = client_with_account().await;
    let at = today(&kb).await;
    let units = vec![unit("cpu", &[(at, dec!(1))])];
    let post = UsagePost {
        subscription: Uuid::new_v4(),
        tracking_id: "delivery-1".to_owned(),
        units,
    };
    let refused = kb.usages().record(&post).await.unwrap_err();
    assert!(matches!(refused, Error::NotFound { .. }), "{refused:?}");
    assert!(refused.is_definite());
}

#[tokio::test]
async fn an_amount_beyond_kill_bills_column_leaves_the_outcome_to_be_read_back() {
    let (kb, account) = client_with_account().await;
    let start = today(&kb).await;
    let subscription = kb
        .subscriptions()
        .create(&order(account, "vm", "openstack-instance", start))
        .await
        .unwrap();
    let units = vec![unit("cpu", &[(start, dec!(1)), (start, dec!(1000000000000))])];
    let post = UsagePost {
        subscription,
        tracking_id: "delivery-1".to_owned(),
        units,
    };
    let busy = kb.usages().record(&post).await.unwrap_err();
    assert!(
        matches!(busy, Error::Busy { status: 500, .. }) && busy.outcome_unknown(),
        "{busy:?}"
    );
    assert_eq!(
        kb.usages().sums(subscription, start, start + HOUR).await,
        Ok(BTreeMap::new()),
        "nothing of it was written"
    );
}
