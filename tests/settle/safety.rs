//! Workers that die or meet, requests that arrive late, and a ledger that forgot what Kill Bill has: nothing twice.

use nodeconductor_billing::killbill::invoices::Charge;
use rust_decimal::{Decimal, dec};

use super::world::Settling;
use crate::delivery_cases::world::WAIT_OUT;
use crate::support::faulty_proxy::Fault;

/// The worker dies while its n-th request is on its way; a new one takes over when the lease has run out.
async fn dies_at(request: usize, credit: bool) {
    let settling = Settling::new().await;
    let resource = settling.used(&[("support", -30, dec!(2))]).await;
    if credit {
        settling.settle().await;
        settling.world.correct(resource, &[("support", -30, dec!(0.5))]).await;
    }
    settling.proxy.pass(request);
    settling.proxy.inject([Fault::Silence]);
    let seen = settling.proxy.posts().len() + request + 1;
    {
        let pass = settling.settler.pass();
        let until = async {
            while settling.proxy.posts().len() < seen {
                settling.proxy.next_post().await;
            }
        };
        tokio::select! {
            result = pass => panic!("the pass ended: {result:?}"),
            () = until => {}
        }
    }
    let next = settling.another_settler();
    for _ in 0..4 {
        settling.world.later(WAIT_OUT * 2);
        next.pass().await.unwrap();
    }
    let history = settling.history().await;
    let expected = if credit {
        vec![dec!(0.2), dec!(-0.15)]
    } else {
        vec![dec!(0.2)]
    };
    assert_eq!(settling.moved().await, expected, "request {request}: {history:?}");
    assert!(
        settling
            .settlements()
            .await
            .iter()
            .all(|state| state.ends_with("posted")),
        "{history:?}"
    );
    settling.mirror().await;
    next.pass().await.unwrap();
    assert_eq!(settling.drafts().await, 0, "request {request}: {history:?}");
    settling.assert_not_parked().await;
}

#[tokio::test]
async fn a_worker_that_dies_at_any_request_leaves_nothing_undone_and_nothing_twice() {
    let deaths = [(0, false), (1, false), (0, true), (1, true), (2, true)];
    futures::future::join_all(deaths.map(|(request, credit)| dies_at(request, credit))).await;
}

/// A draft is held on the way until another one was made and committed in its place.
async fn arrives_late_and_is_voided(settling: &Settling, moved: &[Decimal]) {
    settling.proxy.inject([Fault::Hold]);
    settling.settle().await;
    settling.world.later(WAIT_OUT);
    settling.settle().await;
    assert_eq!((settling.moved().await.as_slice(), settling.drafts().await), (moved, 0));
    settling.proxy.release();
    while settling.drafts().await == 0 {
        tokio::task::yield_now().await;
    }
    settling.mirror().await;
    assert_eq!(settling.settle().await.surplus, 1);
    assert_eq!((settling.moved().await.as_slice(), settling.drafts().await), (moved, 0));
}

#[tokio::test]
async fn a_draft_that_arrives_after_another_was_committed_is_voided() {
    let settling = Settling::new().await.impatient();
    settling.used(&[("support", -30, dec!(2))]).await;
    arrives_late_and_is_voided(&settling, &[dec!(0.2)]).await;
    assert!(settling.history().await.contains(&"commit surplus voided".to_owned()));
}

/// Found by the simulation (seed 1064): the draft that a credit is put on carries its mark, and no line of it.
#[tokio::test]
async fn a_draft_for_a_credit_that_arrives_after_another_was_committed_is_voided() {
    let settling = Settling::new().await.impatient();
    let resource = settling.used(&[("support", -30, dec!(2))]).await;
    settling.settle().await;
    settling.world.correct(resource, &[("support", -30, dec!(1))]).await;
    arrives_late_and_is_voided(&settling, &[dec!(0.2), dec!(-0.1)]).await;
}

#[tokio::test]
async fn a_credit_that_arrives_after_it_was_given_up_is_refused_by_kill_bill() {
    let settling = Settling::new().await.impatient();
    let resource = settling.used(&[("support", -30, dec!(2))]).await;
    settling.settle().await;
    settling.world.correct(resource, &[("support", -30, dec!(1))]).await;
    settling.proxy.pass(1);
    settling.proxy.inject([Fault::Hold]);
    settling.settle().await;
    settling.world.later(WAIT_OUT);
    settling.settle().await;
    settling.proxy.release();
    while !settling.proxy.is_idle() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        (settling.moved().await, settling.owed().await),
        (vec![dec!(0.2), dec!(-0.1)], dec!(0.1))
    );
    assert_eq!(settling.mirror().await, ["balanced", "balanced"]);
}

#[tokio::test]
async fn two_workers_post_a_month_once() {
    let settling = Settling::new().await;
    settling
        .used(&[("support", -30, dec!(2)), ("backup", -30, dec!(1))])
        .await;
    let other = settling.another_settler();
    let (one, two) = tokio::join!(settling.settler.pass(), other.pass());
    assert_eq!(one.unwrap().posted + two.unwrap().posted, 1);
    assert_eq!(settling.moved().await, [dec!(0.07), dec!(0.2)]);
}

#[tokio::test]
async fn what_a_lost_ledger_posted_is_found_again_and_a_stranger_stops_the_month() {
    let settling = Settling::new().await;
    settling.used(&[("support", -30, dec!(2))]).await;
    settling.settle().await;
    // The backup is from before the post: the same records wait again.
    for forget in [
        "delete from settlement_attempt",
        "update usage_record set settlement_line_id = null, hold = null",
        "delete from settlement_line",
        "delete from settlement",
    ] {
        sqlx::query(forget).execute(settling.world.pool()).await.unwrap();
    }
    let report = settling.settle().await;
    assert_eq!(
        (report.posted, settling.proxy.posts().len()),
        (1, 2),
        "adopted: nothing was sent"
    );
    assert_eq!(settling.moved().await, [dec!(0.2)]);

    // Another one that nobody here knows.
    let month = (settling.world.month - chrono::TimeDelta::hours(1))
        .format("%Y-%m")
        .to_string();
    let stranger = Charge {
        amount: dec!(0.1),
        currency: "USD".to_owned(),
        description: "Support".to_owned(),
        item_details: Some(format!(
            r#"{{"mark":"ncb-settlement:77","month":"{month}","line":1,"of":1}}"#
        )),
        subscription_id: None,
        start_date: None,
        end_date: None,
        quantity: None,
        rate: None,
    };
    let account = settling.account().await;
    settling
        .world
        .kb
        .invoices()
        .charge(account, &[stranger], true)
        .await
        .unwrap();
    settling.used(&[("support", -29, dec!(1))]).await;
    settling.settle().await;
    assert_eq!(settling.settlements().await, ["charge posted", "charge unknown"]);
    assert!(
        settling.mirror().await.contains(&"discrepant".to_owned()),
        "the stranger is told"
    );
    let uuid = settling
        .world
        .texts("select uuid::text from settlement order by id desc limit 1")
        .await
        .remove(0);
    let answer = settling
        .world
        .post(&format!("/api/settlements/{uuid}/retry/"), serde_json::json!({}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
    settling.settle().await;
    assert_eq!(settling.moved().await, [dec!(0.2), dec!(0.1), dec!(0.1)]);
}
