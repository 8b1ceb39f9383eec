//! Every request of a settlement lost, answered too late, doubled or held back: posted exactly once all the same.

use rust_decimal::dec;
use serde_json::json;

use super::world::Settling;
use crate::delivery_cases::world::WAIT_OUT;
use crate::support::faulty_proxy::{BAD_GATEWAY, Fault, HALF};

/// The n-th request of a charge (draft, commit) meets the fault; afterwards the money has moved once.
async fn charged_once_with(before: usize, fault: Fault) {
    let settling = Settling::new().await;
    settling
        .used(&[("support", -30, dec!(2)), ("backup", -29, dec!(1))])
        .await;
    // A 502 that the proxy itself gives would be a fault of its own: let those before it pass.
    settling.proxy.pass(before);
    settling.proxy.inject([fault]);
    for _ in 0..4 {
        let _ = settling.try_settle().await;
        settling.world.later(WAIT_OUT);
    }
    assert_eq!(
        settling.settlements().await,
        ["charge posted"],
        "{fault:?}: {:?}",
        settling.history().await
    );
    assert_eq!(settling.moved().await, [dec!(0.07), dec!(0.2)], "{fault:?}");
    assert_eq!(settling.owed().await, dec!(0.27), "{fault:?}");
    settling.mirror().await;
    settling.settle().await;
    assert_eq!(settling.drafts().await, 0, "{fault:?}: a surplus draft is voided");
    settling.assert_not_parked().await;
}

/// The same for a credit: its draft, the credits on it, its commit.
async fn credited_once_with(before: usize, fault: Fault) {
    let settling = Settling::new().await;
    let resource = settling
        .used(&[("support", -30, dec!(2)), ("backup", -29, dec!(1))])
        .await;
    settling.settle().await;
    settling
        .world
        .correct(resource, &[("support", -30, dec!(0.5)), ("backup", -29, dec!(0))])
        .await;
    settling.proxy.pass(before);
    settling.proxy.inject([fault]);
    for _ in 0..5 {
        let _ = settling.try_settle().await;
        settling.world.later(WAIT_OUT);
    }
    let history = settling.history().await;
    assert_eq!(
        settling.settlements().await,
        ["charge posted", "credit posted"],
        "{fault:?}: {history:?}"
    );
    let moved = [dec!(0.07), dec!(0.2), dec!(-0.07), dec!(-0.15)];
    assert_eq!(settling.moved().await, moved, "{fault:?}: {history:?}");
    assert_eq!(settling.owed().await, dec!(0.05), "{fault:?}: {history:?}");
    settling.mirror().await;
    settling.settle().await;
    assert_eq!(settling.drafts().await, 0, "{fault:?}: a surplus draft is voided");
    settling.assert_not_parked().await;
}

#[tokio::test]
async fn a_credit_whose_draft_meets_any_fault_is_given_once() {
    futures::future::join_all(FAULTS.map(|fault| credited_once_with(0, fault))).await;
}

#[tokio::test]
async fn a_credit_that_meets_any_fault_is_given_once() {
    let faults = FAULTS.into_iter().filter(|fault| !matches!(fault, Fault::Twice));
    futures::future::join_all(faults.map(|fault| credited_once_with(1, fault))).await;
}

/// A proxy that repeats a POST by itself puts the credits on the draft twice: nobody commits that, and a person is told.
#[tokio::test]
async fn a_credit_that_a_proxy_doubles_is_not_committed() {
    let settling = Settling::new().await;
    let resource = settling.used(&[("support", -30, dec!(2))]).await;
    settling.settle().await;
    settling.world.correct(resource, &[("support", -30, dec!(1))]).await;
    settling.proxy.pass(1);
    settling.proxy.inject([Fault::Twice]);
    for _ in 0..3 {
        settling.settle().await;
        settling.world.later(WAIT_OUT);
    }
    assert_eq!(settling.settlements().await, ["charge posted", "credit unknown"]);
    assert_eq!((settling.moved().await, settling.drafts().await), (vec![dec!(0.2)], 1));
    let told = settling
        .world
        .texts("select detail from settlement where state = 'unknown'")
        .await;
    assert!(told[0].contains("carries 1 of 1 lines (2 in all)"), "{told:?}");
}

#[tokio::test]
async fn a_credit_whose_commit_meets_any_fault_is_given_once() {
    futures::future::join_all(FAULTS.map(|fault| credited_once_with(2, fault))).await;
}

const FAULTS: [Fault; 6] = [
    Fault::DropRequest,
    Fault::DropAnswer,
    Fault::Answer(BAD_GATEWAY),
    Fault::ForwardAndAnswer(BAD_GATEWAY),
    Fault::ForwardAndAnswer(HALF),
    Fault::Twice,
];

#[tokio::test]
async fn a_draft_that_meets_any_fault_is_charged_once() {
    futures::future::join_all(FAULTS.map(|fault| charged_once_with(0, fault))).await;
}

#[tokio::test]
async fn a_commit_that_meets_any_fault_is_charged_once() {
    futures::future::join_all(FAULTS.map(|fault| charged_once_with(1, fault))).await;
}

#[tokio::test]
async fn a_name_that_kill_bill_refuses_keeps_no_charge_and_no_credit_waiting() {
    let settling = Settling::new().await;
    settling.proxy.narrow();
    let resource = settling.used(&[("support", -30, dec!(2))]).await;
    settling.world.register(resource, json!({"name": "🚀 prod-1"})).await;
    settling.settle().await;
    settling.world.correct(resource, &[("support", -30, dec!(0.5))]).await;
    settling.settle().await;
    assert_eq!(settling.settlements().await, ["charge posted", "credit posted"]);
    assert_eq!(settling.moved().await, [dec!(0.2), dec!(-0.15)]);
    let items = settling.invoices().await.into_iter().flat_map(|invoice| invoice.items);
    let described: Vec<String> = items.filter_map(|item| item.description).collect();
    let marked = described.iter().filter(|text| text.contains("\u{FFFD} prod-1"));
    assert_eq!(marked.count(), 2, "{described:?}");
}
