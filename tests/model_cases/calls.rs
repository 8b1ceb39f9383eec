//! Calls that need no month to pass.

use nodeconductor_billing::killbill::Error;
use nodeconductor_billing::killbill::usages::Recorded;
use rust_decimal::dec;
use uuid::Uuid;

use super::bench::{Bench, account};

#[tokio::test]
async fn calls_are_answered_alike_by_the_model() {
    all(&Bench::modelled(1).await).await;
}

#[tokio::test]
async fn calls_are_answered_alike_by_the_real_server() {
    all(&Bench::shared()).await;
}

async fn all(bench: &Bench) {
    futures::join!(
        a_tracking_id_counts_once(bench),
        what_will_never_be_billed_is_taken_all_the_same(bench),
        an_amount_beyond_the_column_writes_nothing(bench),
        usage_of_nobody_is_refused(bench),
        a_key_belongs_to_one_account(bench),
        a_key_belongs_to_one_subscription(bench),
        fields_of_one_name_may_be_several(bench),
    );
}

async fn a_tracking_id_counts_once(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2024-01-02T00:00:00Z").await;
    let hours = [
        ("2024-01-02T00:30:00Z", dec!(0.123456789)),
        ("2024-01-02T01:30:00Z", dec!(2)),
    ];
    customer.use_up(machine, "a", "cpu", &hours).await;
    let other = customer
        .post(machine, "a", "cpu", &[("2024-01-02T02:30:00Z", dec!(7))])
        .await;
    assert_eq!(
        other,
        Ok(Recorded::AlreadyThere),
        "only the id counts, never the content"
    );
    assert_eq!(customer.sum_of_2024(machine, "cpu").await, dec!(2.123456789));
    let second = customer.subscribe("2024-01-02T00:00:00Z").await;
    customer.use_up(second, "a", "cpu", &hours).await;
    assert_eq!(
        customer.sum_of_2024(second, "cpu").await,
        dec!(2.123456789),
        "an id belongs to its subscription"
    );
}

async fn what_will_never_be_billed_is_taken_all_the_same(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2024-01-02T00:00:00Z").await;
    customer
        .use_up(machine, "early", "cpu", &[("2024-01-01T00:30:00Z", dec!(1))])
        .await;
    customer
        .use_up(machine, "odd", "bananas", &[("2024-01-02T00:30:00Z", dec!(1))])
        .await;
    customer
        .use_up(machine, "back", "cpu", &[("2024-01-02T00:30:00Z", dec!(-3))])
        .await;
    customer
        .use_up(machine, "zero", "ram", &[("2024-01-02T00:30:00Z", dec!(0))])
        .await;
    assert_eq!(customer.sum_of_2024(machine, "cpu").await, dec!(-2));
    assert_eq!(customer.sum_of_2024(machine, "bananas").await, dec!(1));
}

async fn an_amount_beyond_the_column_writes_nothing(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2024-01-02T00:00:00Z").await;
    let hours = [
        ("2024-01-02T00:30:00Z", dec!(1)),
        ("2024-01-02T01:30:00Z", dec!(1000000000000)),
    ];
    let failed = customer.post(machine, "much", "cpu", &hours).await.unwrap_err();
    assert!(matches!(failed, Error::Busy { status: 500, .. }), "{failed:?}");
    assert_eq!(customer.sum_of_2024(machine, "cpu").await, dec!(0));
    customer.use_up(machine, "much", "cpu", &hours[..1]).await;
}

async fn usage_of_nobody_is_refused(bench: &Bench) {
    let customer = bench.customer().await;
    let hour = [("2024-01-02T00:30:00Z", dec!(1))];
    let refused = customer.post(Uuid::new_v4(), "a", "cpu", &hour).await.unwrap_err();
    assert!(matches!(refused, Error::NotFound { .. }), "{refused:?}");
    let machine = customer.subscribe("2024-01-02T00:00:00Z").await;
    let refused = customer.post(machine, "a", "cpu", &[]).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 400, .. }), "{refused:?}");
}

async fn a_key_belongs_to_one_account(bench: &Bench) {
    let customer = bench.customer().await;
    let key = Uuid::new_v4().to_string();
    let first = customer.kb.accounts().create(&account(&key)).await.unwrap();
    assert_eq!(customer.kb.accounts().create(&account(&key)).await, Ok(first));
    let found = customer.kb.accounts().by_external_key(&key).await.unwrap().unwrap();
    assert_eq!((found.account_id, found.currency.as_deref()), (first, Some("USD")));
    assert_eq!(customer.kb.accounts().by_external_key("nobody").await, Ok(None));
}

async fn a_key_belongs_to_one_subscription(bench: &Bench) {
    let customer = bench.customer().await;
    let key = Uuid::new_v4().to_string();
    assert_eq!(customer.kb.subscriptions().by_external_key(&key).await, Ok(None));
    let first = customer.order("machine-a", &key, "2024-01-02T05:00:00Z").await.unwrap();
    let again = customer.order("machine-b", &key, "2024-01-03T05:00:00Z").await;
    assert_eq!(again, Ok(first), "refused, and then found by its key");
    let found = customer.kb.subscriptions().get(first).await.unwrap();
    assert_eq!(found.billing_start_date, Some(super::bench::at("2024-01-02T05:00:00Z")));
}

async fn fields_of_one_name_may_be_several(bench: &Bench) {
    let customer = bench.customer().await;
    let machine = customer.subscribe("2024-01-02T00:00:00Z").await;
    let fields = customer.kb.custom_fields();
    fields.add(machine, "name", "web-1").await.unwrap();
    fields.add(machine, "name", "web-2").await.unwrap();
    let seen = fields.list(machine).await.unwrap();
    fields.change(machine, seen[0].custom_field_id, "web-3").await.unwrap();
    let mut values: Vec<_> = fields
        .list(machine)
        .await
        .unwrap()
        .into_iter()
        .map(|field| field.value)
        .collect();
    values.sort();
    assert_eq!(values.len(), 2);
    assert!(values.contains(&"web-3".to_owned()), "{values:?}");
}
