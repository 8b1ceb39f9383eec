//! New invoices are noticed in Kill Bill's list of all of them: without a notification, and before the customer's turn.
//! `turns` is 0 wherever only what was noticed there is to be read.

use chrono::TimeDelta;
use nodeconductor_billing::db::invoices::tail::Place;

use crate::crowd::{Crowd, NOW, crowd_out};
use crate::support::killbill_model::Model;
use crate::world::at;

#[tokio::test]
async fn a_new_invoice_is_mirrored_by_the_next_pass_before_its_customer_s_turn() {
    found_before_its_turn(&Crowd::real(3).await).await;
    let model = Model::start(at(NOW)).await;
    found_before_its_turn(&Crowd::modelled(&model, 3).await).await;
}

async fn found_before_its_turn(crowd: &Crowd) {
    let (tail, swept) = crowd.pass(1).await;
    assert_eq!((tail.listed, swept.customers), (0, 3), "nobody was ever read");
    let (_, swept) = crowd.pass(1).await;
    assert_eq!((swept.customers, swept.waiting), (1, 2), "the first has his turn");

    let invoice = crowd.charge(crowd.accounts[2]).await;
    crowd.charge(crowd.stranger().await).await;
    let (tail, swept) = crowd.pass(1).await;
    assert_eq!((tail.listed, tail.hinted, tail.from_start), (2, 1, false));
    assert_eq!(
        (swept.customers, swept.waiting, swept.failed),
        (2, 1, 0),
        "and the second"
    );
    assert_eq!((swept.invoices.new, crowd.mirrored().await), (1, vec![invoice]));

    let (tail, swept) = crowd.pass(1).await;
    assert_eq!((tail.listed, tail.hinted), (2, 0), "a stranger's is no news");
    assert_eq!((swept.customers, swept.invoices.new), (1, 0));
}

#[tokio::test]
async fn an_invoice_whose_transaction_commits_late_is_found_among_those_read_before() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 1).await;
    crowd.pass(0).await;
    crowd_out(&model, 100);
    let invoice = crowd.charge(crowd.accounts[0]).await;
    crowd_out(&model, 150);
    let late = model.books().invoices.remove(100);
    let (tail, _) = crowd.pass(0).await;
    assert_eq!((tail.listed, tail.hinted, crowd.place().await.reached), (250, 0, 250));

    model.books().invoices.insert(100, late);
    let (tail, swept) = crowd.pass(0).await;
    assert_eq!((tail.hinted, tail.from_start, swept.invoices.new), (1, false, 1));
    assert_eq!(crowd.mirrored().await, [invoice]);
}

#[tokio::test]
async fn what_a_replica_notices_whose_clock_is_behind_is_read_as_soon_as_it_may_be_stored() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 1).await;
    crowd.pass(0).await;
    let invoice = crowd.charge(crowd.accounts[0]).await;
    crowd_out(&model, 300);
    crowd.pass_time(TimeDelta::minutes(-3));
    let (tail, swept) = crowd.pass(0).await;
    assert_eq!((tail.hinted, swept.invoices.stale, swept.invoices.new), (1, 1, 0));
    let (tail, swept) = crowd.pass(0).await;
    assert_eq!(
        (tail.hinted, swept.invoices.new),
        (0, 1),
        "by the hint of the pass before"
    );
    assert_eq!(crowd.mirrored().await, [invoice]);
}

#[tokio::test]
async fn another_list_is_read_from_its_start_whether_it_is_shorter_or_longer() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 1).await;
    crowd_out(&model, 300);
    crowd.pass(0).await;
    for others in [250, 600, 599] {
        // Another Kill Bill, or an older backup of it.
        model.books().invoices.clear();
        let invoice = crowd.charge(crowd.accounts[0]).await;
        crowd_out(&model, others);
        let (tail, swept) = crowd.pass(0).await;
        assert_eq!((tail.listed, tail.hinted, tail.from_start), (others + 1, 1, true));
        assert_eq!(swept.invoices.new, 1);
        assert_eq!(crowd.mirrored().await.last(), Some(&invoice));
        assert!(!crowd.pass(0).await.0.from_start, "once");
    }
    model.books().invoices.clear();
    assert!(crowd.pass(0).await.0.from_start);
    assert_eq!(crowd.place().await, Place::default());
}

#[tokio::test]
async fn a_page_whose_hints_cannot_be_written_is_read_again() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 1).await;
    crowd.pass(0).await;
    crowd_out(&model, 1200);
    let invoice = crowd.charge(crowd.accounts[0]).await;
    crowd_out(&model, 1000);
    crowd
        .execute(
            "create function refuse() returns trigger language plpgsql as $$ begin raise 'no hints today'; end $$;
             create trigger refuse before update of invoices_hinted_at on customer for each row execute function refuse()",
        )
        .await;
    let failed = crowd.tail().await.unwrap_err().to_string();
    assert!(failed.contains("no hints today"), "{failed}");
    assert_eq!(crowd.place().await.reached, 1000, "the page before it is done with");
    let (_, swept) = (
        crowd.tail().await.unwrap_err(),
        crowd.sync.sweep(0, |_| ()).await.unwrap(),
    );
    assert_eq!((crowd.place().await.reached, swept.customers), (1000, 0));

    crowd.execute("drop trigger refuse on customer").await;
    let (tail, swept) = crowd.pass(0).await;
    assert_eq!((tail.listed, tail.hinted, swept.invoices.new), (1401, 1, 1));
    assert_eq!(
        (crowd.mirrored().await, crowd.place().await.reached),
        (vec![invoice], 2201)
    );
}
