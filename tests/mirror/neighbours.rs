//! A thousand accounts in trouble on a slow Kill Bill cost nobody else his five minutes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nodeconductor_billing::domain::job::Job;
use serde_json::json;

use crate::crowd::{Crowd, NOW};
use crate::support::killbill_model::Model;
use crate::support::killbill_model::faults::Fault;
use crate::turns::run;
use crate::world::at;

const PARKED: usize = 1001;
const ANSWERS_AFTER: Duration = Duration::from_millis(200);
/// Of the five minutes that are promised, two may go by before the pass begins.
const PROMISED: Duration = Duration::from_mins(3);

/// Everybody was read lately, and of each there are 75 billed periods that Kill Bill can be asked about.
const BOOKS: &str = "
    update customer set invoices_read_at = '2030-01-20T11:58:00Z', invoices_swept_at = '2030-01-20T11:58:00Z';
    insert into resource (uuid, customer_id, name, type, created_at, updated_at)
    select gen_random_uuid(), id, 'web', 'OpenStack.Instance', now(), now() from customer;
    insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
    select id, 'openstack-instance', uuid::text, gen_random_uuid(), '2029-01-01', now() from resource;
    insert into invoice (uuid, killbill_id, customer_id, status, currency, amount, balance, credit_adj, refund_adj, invoice_date,
                         target_date, content_hash, first_seen_at, changed_at, customer_snapshot, checked_at, verdict)
    select gen_random_uuid(), gen_random_uuid(), id, 'COMMITTED', 'USD', 1, 0, 0, 0, '2030-01-01', '2030-01-01', '', now(), now(), '{}',
           now(), 'balanced' from customer;
    insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, subscription_killbill_id, resource_id, name,
                              start_date, end_date, currency, amount, tiers)
    select gen_random_uuid(), gen_random_uuid(), i.id, n, 'USAGE', 'usage', s.killbill_id, r.id, 'cpu', date '2029-10-02' + n,
           '2030-01-01', 'USD', 1, '[{\"unit\": \"cpu\", \"blocks\": 1, \"block_size\": 1}]'
    from invoice i join resource r on r.customer_id = i.customer_id join subscription s on s.resource_id = r.id
    cross join generate_series(1, 75) n";

#[tokio::test]
async fn a_new_invoice_is_checked_in_time_beside_a_thousand_parked_accounts_on_a_slow_kill_bill() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, PARKED + 1).await;
    for account in model.books().accounts.iter_mut().take(PARKED) {
        account.parked = true;
    }
    crowd.execute(BOOKS).await;
    let invoice = crowd.charge(crowd.accounts[PARKED]).await;
    model.show_to(Arc::new(|_| Box::pin(tokio::time::sleep(ANSWERS_AFTER))));

    let began = Instant::now();
    let pass = run(&crowd, &model, Job::SyncInvoices).await;
    assert_eq!(pass.error, None);
    assert_eq!(pass.result["accounts"]["parked"], json!(PARKED));
    let explained = pass.result["accounts"]["explained"].as_u64().unwrap();
    assert!((1..20).contains(&explained), "{explained} of them had their turn");
    run(&crowd, &model, Job::Reconcile).await;
    let took = began.elapsed();
    let checked: Option<String> =
        sqlx::query_scalar("select verdict from invoice where killbill_id = $1 and checked_at is not null")
            .bind(invoice)
            .fetch_optional(crowd.pool())
            .await
            .unwrap();
    assert_eq!(checked.as_deref(), Some("balanced"));
    assert!(took < PROMISED, "{took:?}");
    println!(
        "a new invoice was mirrored and checked in {took:?}; {explained} of {PARKED} parked accounts had their turn"
    );
}

#[tokio::test]
async fn customers_that_cannot_be_read_rest_and_come_after_the_others() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 30).await;
    let broken: Vec<String> = crowd.accounts[..20].iter().map(ToString::to_string).collect();
    model.on_request(move |seen| match seen.path {
        [_, account, _] if broken.contains(account) => Fault::Error {
            status: 500,
            html: false,
            done: false,
        },
        _ => Fault::None,
    });
    for _ in 0..3 {
        let (_, swept) = crowd.pass(1000).await;
        assert_eq!(
            (swept.customers, swept.failed),
            (10, 20),
            "three times each may fail by chance"
        );
    }
    let (_, swept) = crowd.pass(1000).await;
    assert_eq!(
        (swept.customers, swept.failed),
        (10, 12),
        "twelve in a pass, after the others"
    );
    let mut failed = Vec::new();
    for _ in 0..40 {
        let (_, swept) = crowd.pass(1000).await;
        assert_eq!(swept.customers, 10, "nobody else waits");
        failed.push(swept.failed);
    }
    let late: usize = failed[30..].iter().sum();
    assert!(late <= 20, "who fails again and again rests ever longer: {failed:?}");
}
