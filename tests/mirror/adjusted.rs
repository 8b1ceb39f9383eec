//! Everything that is not usage, and everything that happens to an invoice after it was made.

use nodeconductor_billing::db::invoices;
use nodeconductor_billing::killbill::invoices::Charge;
use rust_decimal::{Decimal, dec};

use crate::support::bills;
use crate::support::killbill_server::OwnServer;
use crate::world::{CPU, World, at, day};

fn charge(amount: Decimal) -> Charge {
    Charge {
        item_details: Some("our mark".to_owned()),
        ..bills::charge(amount, "EUR")
    }
}

#[tokio::test]
async fn charges_credits_adjustments_drafts_payments_and_voids_follow() {
    let server = OwnServer::start("");
    let world = World::new(&server, "AGGREGATE").await;
    let machine = world.resource("vm-1", "openstack-instance").await;
    world.resource("support-1", "support-monthly").await;
    world
        .deliver(&machine, CPU, &[("2026-01-10T10:00:00Z", dec!(1000))])
        .await;

    world.pass("2026-01-16").await;
    world
        .kb
        .invoices()
        .charge(world.account, &[charge(dec!(12.34))], true)
        .await
        .unwrap();
    world
        .kb
        .invoices()
        .charge(world.account, &[charge(dec!(2))], false)
        .await
        .unwrap();
    world.pass("2026-02-01").await;
    let (read, checked) = world.mirror().await;
    assert_eq!(
        (read.new, checked.balanced, checked.pending, checked.discrepant),
        (4, 3, 1, 0)
    );

    committed_drafts_are_checked(&world).await;
    adjustments_and_credits_change_what_is_owed(&world).await;
    payments_follow(&world).await;
    a_void_invoice_gives_its_records_to_the_next(&world).await;
    the_day_of_a_cancellation_is_billed_and_found(&world).await;
    nothing_was_deleted(&world).await;
}

async fn committed_drafts_are_checked(world: &World) {
    let draft = world
        .invoices()
        .await
        .into_iter()
        .find(|row| row.status.word() == "DRAFT")
        .unwrap();
    assert_eq!(
        (draft.amount, draft.balance, draft.verdict.word()),
        (dec!(2), dec!(0), "pending")
    );
    let item = world.items(&draft).await.remove(0);
    assert_eq!(
        (item.kind.word(), item.name.as_str(), item.item_details.as_deref()),
        ("charge", "Setup", Some("our mark"))
    );
    world.kb.invoices().commit(draft.killbill_id).await.unwrap();
    world.mirror().await;
    let committed = invoices::by_uuid(world.pool(), draft.uuid, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (committed.status.word(), committed.verdict.word(), committed.balance),
        ("COMMITTED", "balanced", dec!(2))
    );
}

async fn adjustments_and_credits_change_what_is_owed(world: &World) {
    let invoice = world.invoice("2026-02-01").await;
    let (item, _) = world.lines(&invoice, "cpu").await.remove(0);
    let adjustment = bills::adjustment(world.account, item.killbill_id, dec!(1.5), "EUR");
    world
        .kb
        .invoices()
        .adjust_item(invoice.killbill_id, &adjustment)
        .await
        .unwrap();
    let credit = bills::credit(world.account, dec!(5), "EUR");
    world.kb.invoices().credit(&[credit], true).await.unwrap();
    world.kb.clock().wait_for_queues().await.unwrap();
    let (_, checked) = world.mirror().await;
    assert_eq!((checked.discrepant, checked.pending), (0, 0));
    let adjusted = world.invoice("2026-02-01").await;
    assert_eq!(
        (adjusted.uuid, adjusted.amount),
        (invoice.uuid, invoice.amount - dec!(1.5))
    );
    let items = world.items(&adjusted).await;
    let given_back = items.iter().find(|item| item.kind.word() == "adjustment").unwrap();
    assert_eq!(
        (given_back.linked_item, given_back.amount),
        (Some(item.killbill_id), dec!(-1.5))
    );
    let credits = world
        .invoices()
        .await
        .into_iter()
        .find(|row| row.credit_adj == dec!(5))
        .unwrap();
    assert_eq!((credits.amount, credits.verdict.word()), (dec!(0), "balanced"));
    assert!(
        world
            .items(&credits)
            .await
            .iter()
            .all(|item| item.kind.word() == "credit")
    );
}

async fn payments_follow(world: &World) {
    let invoice = world.invoice("2026-02-01").await;
    let owed = invoice.balance;
    world
        .kb
        .invoices()
        .pay_externally(world.account, invoice.killbill_id, dec!(4))
        .await
        .unwrap();
    world.kb.clock().wait_for_queues().await.unwrap();
    world.mirror().await;
    assert_eq!(world.invoice("2026-02-01").await.balance, owed - dec!(4));
    let payments = invoices::payments(world.pool(), invoice.id).await.unwrap();
    assert_eq!(
        (payments.len(), payments[0].purchased, payments[0].status.as_deref()),
        (1, dec!(4), Some("SUCCESS"))
    );
}

async fn a_void_invoice_gives_its_records_to_the_next(world: &World) {
    let other = world.resource("vm-2", "openstack-instance").await;
    world.deliver(&other, CPU, &[("2026-02-10T10:00:00Z", dec!(40))]).await;
    world.pass("2026-03-01").await;
    world.mirror().await;
    let before = world.invoice("2026-03-01").await;
    world.kb.invoices().void(before.killbill_id).await.unwrap();
    world
        .kb
        .invoices()
        .trigger(world.account, day("2026-03-01"))
        .await
        .unwrap();
    world.kb.clock().wait_for_queues().await.unwrap();
    let (_, checked) = world.mirror().await;
    assert_eq!((checked.discrepant, checked.pending), (0, 0));
    let void = invoices::by_uuid(world.pool(), before.uuid, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (void.status.word(), void.verdict.word(), void.balance),
        ("VOID", "balanced", dec!(0))
    );
    let after = world.invoice("2026-03-01").await;
    assert_ne!(after.uuid, before.uuid);
    let (_, line) = world.lines(&after, "cpu").await.remove(0);
    assert_eq!(
        (line.records, line.quantity, line.difference()),
        (1, Some(dec!(40)), dec!(0))
    );
    let owner: Option<i64> = sqlx::query_scalar("select invoice_id from delivery where subscription_id = $1")
        .bind(other.subscription_id)
        .fetch_one(world.pool())
        .await
        .unwrap();
    assert_eq!(owner, Some(after.id));
}

/// The line ends on the day of the cancellation, its records an hour before it.
async fn the_day_of_a_cancellation_is_billed_and_found(world: &World) {
    let short = world.resource("vm-3", "openstack-instance").await;
    world
        .deliver(
            &short,
            CPU,
            &[("2026-03-09T10:00:00Z", dec!(70)), ("2026-03-10T09:00:00Z", dec!(50))],
        )
        .await;
    world.pass("2026-03-12").await;
    world
        .kb
        .subscriptions()
        .cancel(short.killbill_id, at("2026-03-10T10:00:00Z"))
        .await
        .unwrap();
    world.kb.clock().wait_for_queues().await.unwrap();
    for billing_end in [None, Some(at("2026-03-10T10:00:00Z"))] {
        sqlx::query("update subscription set billing_end = $2 where id = $1")
            .bind(short.subscription_id)
            .bind(billing_end)
            .execute(world.pool())
            .await
            .unwrap();
        world.mirror().await;
        let rows = world.invoices().await;
        let last = rows
            .iter()
            .rfind(|row| row.target_date == Some(day("2026-03-10")))
            .unwrap();
        let lines = world.lines(last, "cpu").await;
        let (item, line) = lines
            .iter()
            .find(|(item, _)| item.end_date == Some(day("2026-03-10")))
            .unwrap();
        assert_eq!(
            (item.amount, line.records, line.quantity, line.difference()),
            (dec!(1.5), 2, Some(dec!(120)), dec!(0))
        );
    }
}

async fn nothing_was_deleted(world: &World) {
    let mirrored = world.invoices().await;
    let theirs = world.kb.invoices().of_account(world.account, None).await.unwrap();
    assert_eq!(mirrored.len(), theirs.len());
    for row in &mirrored {
        let items = world.items(row).await;
        let counted: Decimal = items
            .iter()
            .filter(|item| item.kind.word() != "credit")
            .map(|item| item.amount)
            .sum();
        assert_eq!(counted, row.amount, "{row:?}");
    }
}
