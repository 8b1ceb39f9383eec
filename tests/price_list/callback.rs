//! The address for Kill Bill's notifications, registered by the same job that reads the price list.

use futures::future::join_all;
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::tenants::is_doubled;
use nodeconductor_billing::sync::callback::keep_registered;

use super::sync::killbill;
use crate::support::database::TestDatabase;

const OURS: &str = "http://127.0.0.1:9/killbill/notifications/secret";

async fn registered(killbill: &KillBill) -> Vec<String> {
    killbill.tenants().callbacks().await.unwrap()
}

#[tokio::test]
async fn replicas_that_start_together_register_one_address() {
    let (database, killbill) = (TestDatabase::fresh().await, killbill().await);
    let all = (0..8).map(|_| keep_registered(&database.pool, &killbill, OURS));
    join_all(all).await.into_iter().for_each(|kept| kept.unwrap());
    assert_eq!(registered(&killbill).await, [OURS]);
}

#[tokio::test]
async fn an_older_address_of_ours_is_replaced_and_another_s_stays() {
    let database = TestDatabase::fresh().await;
    for (before, after) in [
        ("http://127.0.0.1:9/killbill/notifications/older", OURS),
        ("http://127.0.0.1:9/somebody", "http://127.0.0.1:9/somebody"),
    ] {
        let killbill = killbill().await;
        killbill.tenants().register_callback(before).await.unwrap();
        keep_registered(&database.pool, &killbill, OURS).await.unwrap();
        assert_eq!(registered(&killbill).await, [after]);
    }
}

/// Kill Bill keeps both of two addresses that come at the same moment, and answers 500 from then on.
#[tokio::test]
async fn a_doubled_address_is_repaired() {
    let (database, killbill) = (TestDatabase::fresh().await, killbill().await);
    while !is_doubled(&killbill.tenants().callbacks().await) {
        killbill.tenants().forget_callbacks().await.unwrap();
        let tenants = killbill.tenants();
        join_all((0..8).map(|_| tenants.register_callback(OURS))).await;
    }
    keep_registered(&database.pool, &killbill, OURS).await.unwrap();
    assert_eq!(registered(&killbill).await, [OURS]);
}
