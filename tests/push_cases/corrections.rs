//! Corrections: Kill Bill is told the difference to what it was told before, whatever happened in between.

use std::time::Duration;

use chrono::TimeDelta;
use nodeconductor_billing::db::outbox::{self, Next};
use nodeconductor_billing::db::usage;
use nodeconductor_billing::domain::reach::Limits;
use nodeconductor_billing::domain::usage::UsageRecord;
use serde_json::value::to_raw_value;
use sqlx::PgPool;

use super::world::{
    TEN, correction, deliver, ledger, open, push, record, selection, service_with_vm, subscription, verdicts,
};

#[tokio::test]
async fn a_correction_before_sending_replaces() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    assert_eq!(
        verdicts(&push(&service, vec![correction("cpu", TEN, "3")]).await),
        "200 corrected"
    );
    assert_eq!(deliver(&service).await, 1);
    assert_eq!(ledger(&service).await, ["1: 4 +4 old", "2: 3 +3 sent"]);
}

#[tokio::test]
async fn a_correction_after_sending_is_the_difference() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    deliver(&service).await;
    push(&service, vec![correction("cpu", TEN, "6.5")]).await;
    assert_eq!(ledger(&service).await, ["1: 4 +4 old sent", "2: 6.5 +2.5"]);
    deliver(&service).await;
    push(&service, vec![correction("cpu", TEN, "1")]).await;
    deliver(&service).await;
    assert_eq!(
        ledger(&service).await,
        ["1: 4 +4 old sent", "2: 6.5 +2.5 old sent", "3: 1 -5.5 sent"]
    );
}

#[tokio::test]
async fn a_correction_of_a_correction_that_was_not_sent_replaces_it() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    deliver(&service).await;
    push(&service, vec![correction("cpu", TEN, "9")]).await;
    push(&service, vec![correction("cpu", TEN, "2")]).await;
    push(&service, vec![correction("cpu", TEN, "4")]).await;
    assert_eq!(
        ledger(&service).await,
        ["1: 4 +4 old sent", "2: 9 +5 old", "3: 2 -2 old", "4: 4 +0"]
    );
    assert_eq!(
        verdicts(&push(&service, vec![record("cpu", TEN, "9")]).await),
        "207 conflict"
    );
    deliver(&service).await;
    assert_eq!(ledger(&service).await[3], "4: 4 +0 sent");
}

#[tokio::test]
async fn a_correction_for_nothing_stored_is_a_record() {
    let service = service_with_vm().await;
    assert_eq!(
        verdicts(&push(&service, vec![correction("cpu", TEN, "4")]).await),
        "200 accepted"
    );
    assert_eq!(ledger(&service).await, ["1: 4 +4"]);
}

/// Returns when some statement of this database waits for another one's lock.
async fn until_somebody_waits(pool: &PgPool) {
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        if waiting > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_correction_waits_for_a_worker_that_is_taking_the_record() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    let mut worker = service.pool().begin().await.unwrap();
    sqlx::query("update usage_record set delivery_id = 1")
        .execute(&mut *worker)
        .await
        .unwrap();
    let commit = async {
        until_somebody_waits(service.pool()).await;
        worker.commit().await.unwrap();
    };
    let (answer, ()) = tokio::join!(push(&service, vec![correction("cpu", TEN, "5")]), commit);
    assert_eq!(verdicts(&answer), "200 corrected");
    assert_eq!(ledger(&service).await, ["1: 4 +4 old sent", "2: 5 +1"]);
}

#[tokio::test]
async fn a_worker_never_takes_a_record_that_is_being_corrected() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    let lane = subscription(service.pool(), 1).await;
    let corrected = UsageRecord::parse(
        &to_raw_value(&correction("cpu", TEN, "5")).unwrap(),
        &service.state.meters,
    )
    .unwrap();
    let now = service.state.clock.now();
    let mut pushing = service.pool().begin().await.unwrap();
    let reach = Limits::default().around(now, TimeDelta::zero());
    usage::record(&mut pushing, &[corrected], reach, now).await.unwrap();
    let commit = async {
        until_somebody_waits(service.pool()).await;
        pushing.commit().await.unwrap();
    };
    let (first, rules) = (TEN.parse().unwrap(), open(&lane, &service).await);
    let (taken, ()) = tokio::join!(
        outbox::prepare(service.pool(), selection(&lane, &service), first, rules),
        commit
    );
    assert!(
        matches!(taken.unwrap(), Next::Idle),
        "the old revision is out of date, the new one came too late"
    );
    deliver(&service).await;
    assert_eq!(ledger(&service).await, ["1: 4 +4 old", "2: 5 +5 sent"]);
}
