//! How late the checks of invoices are: told while they wait, and never more than five minutes by the default settings.

use chrono::TimeDelta;
use nodeconductor_billing::db::discrepancies::{self, Lateness};
use nodeconductor_billing::sync::reconcile::reconcile_all;

use crate::support::web::Service;

#[tokio::test]
async fn an_invoice_that_waits_for_its_check_is_told_by_its_age() {
    let service = Service::start().await;
    let clock = &service.state.clock;
    let read = async || discrepancies::lateness(service.pool(), clock.now()).await.unwrap();
    assert_eq!((read().await.unchecked, read().await.unchecked_for), (0, 0));
    sqlx::query(
        "with c as (insert into customer (uuid, name, account_id, account_tags, invoices_swept_at, created_at, updated_at)
                    values (gen_random_uuid(), 'Alice', gen_random_uuid(), '{AUTO_INVOICING_OFF}', $1, $1, $1) returning id)
         insert into invoice (uuid, killbill_id, customer_id, status, currency, amount, balance, credit_adj, refund_adj, invoice_date,
                              content_hash, first_seen_at, changed_at, customer_snapshot)
         select gen_random_uuid(), gen_random_uuid(), id, 'COMMITTED', 'USD', 0, 0, 0, 0, '2026-03-01', '', $1, $1, '{}' from c",
    )
    .bind(clock.now())
    .execute(service.pool())
    .await
    .unwrap();
    clock.set(clock.now() + TimeDelta::seconds(90));
    let Lateness {
        unchecked,
        unchecked_for,
        invoicing_off,
        ..
    } = read().await;
    assert_eq!((unchecked, unchecked_for, invoicing_off), (1, 90, 1));
    reconcile_all(service.pool(), clock, |_, _| ()).await.unwrap();
    assert_eq!((read().await.unchecked, read().await.unchecked_for), (0, 0));
}
