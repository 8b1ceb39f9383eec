//! What is made in Kill Bill before usage can go: the account, the subscriptions, the names on invoices.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::killbill::subscriptions::NewSubscription;
use rust_decimal::dec;
use serde_json::json;
use uuid::Uuid;

use super::world::{PLAN, World};

fn account(customer: Uuid, currency: &str) -> NewAccount {
    NewAccount {
        external_key: customer.simple().to_string(),
        name: "Somebody".to_owned(),
        email: None,
        currency: currency.to_owned(),
        time_zone: "UTC".to_owned(),
        bill_cycle_day: 1,
        reference_time: None,
        locale: None,
    }
}

#[tokio::test]
async fn a_customer_becomes_an_account_that_bills_by_calendar_month() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    let key = world.customer.simple().to_string();
    let account = world.kb.accounts().by_external_key(&key).await.unwrap().unwrap();
    assert_eq!(account.name.as_deref(), Some("Alice"));
    assert_eq!(account.email.as_deref(), Some("alice@customer.test"));
    assert_eq!(account.currency.as_deref(), Some("USD"));
    assert_eq!(
        (account.time_zone.as_deref(), account.bill_cycle_day),
        (Some("UTC"), Some(1))
    );

    world
        .put(
            &format!("/api/customers/{}/", world.customer),
            json!({"name": "Alice & Co", "email": "new@customer.test"}),
        )
        .await;
    world.pass().await;
    let account = world.kb.accounts().get(account.account_id).await.unwrap();
    assert_eq!(
        (account.name.as_deref(), account.email.as_deref()),
        (Some("Alice & Co"), Some("new@customer.test"))
    );
}

#[tokio::test]
async fn billing_starts_where_no_hour_can_be_lost() {
    let world = World::new().await;
    let started = world.hour(30) + TimeDelta::minutes(20);
    let (known, unknown) = (Uuid::new_v4(), world.resource().await);
    world.register(known, json!({"started_at": started})).await;
    world
        .push(
            known,
            &[("cpu", 40, dec!(4)), ("cpu", 29, dec!(4)), ("cpu", 30, dec!(4))],
        )
        .await;
    world
        .push(
            unknown,
            &[("cpu", 40, dec!(4)), ("traffic", 50, dec!(1)), ("traffic", 40, dec!(1))],
        )
        .await;
    world.pass().await;
    let start = async |resource, plan| world.subscription(resource, plan).await.billing_start_date.unwrap();
    assert_eq!(start(known, PLAN).await, world.hour(30), "cut to its hour");
    assert_eq!(start(unknown, PLAN).await, world.month, "the month of its first hour");
    assert_eq!(
        start(unknown, "hosting").await,
        world.hour(40),
        "a monthly fee begins with the first hour"
    );
    assert_eq!(
        world.states(known).await,
        ["before-subscription", "verified", "verified"]
    );
    world
        .push(unknown, &[("cpu", 0, dec!(4)), ("traffic", 39, dec!(4))])
        .await;
    world.pass().await;
    let states = world.states(unknown).await;
    assert_eq!(
        states.iter().filter(|state| *state == "before-subscription").count(),
        1,
        "{states:?}"
    );
    world.assert_balanced(unknown).await;
}

#[tokio::test]
async fn names_stand_in_custom_fields_and_change_in_place() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    let subscription = world.subscription(resource, PLAN).await;
    assert_eq!(subscription.bundle_external_key, Some(resource.simple().to_string()));
    let names = async || {
        let fields = world
            .kb
            .custom_fields()
            .list(subscription.subscription_id)
            .await
            .unwrap();
        fields
            .into_iter()
            .map(|field| (field.name, field.value))
            .collect::<BTreeMap<_, _>>()
    };
    let expected = |names: [(&str, &str); 3]| names.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(
        names().await,
        expected([
            ("project_name", "Shop"),
            ("resource_name", "web-1"),
            ("service_name", "Cloud")
        ])
    );
    world
        .register(resource, json!({"name": "web-2", "service_name": ""}))
        .await;
    world.pass().await;
    assert_eq!(
        names().await,
        expected([
            ("project_name", "Shop"),
            ("resource_name", "web-2"),
            ("service_name", "-")
        ])
    );
    assert_eq!(
        world.subscription(resource, PLAN).await.subscription_id,
        subscription.subscription_id
    );
}

#[tokio::test]
async fn what_is_there_already_is_used() {
    let world = World::new().await;
    let resource = world.resource().await;
    let theirs = world
        .kb
        .accounts()
        .create(&account(world.customer, "USD"))
        .await
        .unwrap();
    let order = NewSubscription {
        account: theirs,
        external_key: format!("{}:{PLAN}", resource.simple()),
        bundle_external_key: resource.simple().to_string(),
        plan: PLAN.to_owned(),
        billing_start: world.hour(2),
    };
    let subscription = world.kb.subscriptions().create(&order).await.unwrap();
    world.push(resource, &[("cpu", 1, dec!(4)), ("cpu", 2, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.subscription(resource, PLAN).await.subscription_id, subscription);
    assert_eq!(world.states(resource).await, ["before-subscription", "verified"]);
    world.pass().await;
    assert_eq!(
        world.kb.accounts().get(theirs).await.unwrap().name.as_deref(),
        Some("Alice"),
        "and told our names"
    );
}

#[tokio::test]
async fn another_s_subscription_under_our_key_is_left_alone() {
    let world = World::new().await;
    let resource = world.resource().await;
    let stranger = world
        .kb
        .accounts()
        .create(&account(Uuid::new_v4(), "USD"))
        .await
        .unwrap();
    let order = NewSubscription {
        account: stranger,
        external_key: format!("{}:{PLAN}", resource.simple()),
        bundle_external_key: resource.simple().to_string(),
        plan: PLAN.to_owned(),
        billing_start: world.month,
    };
    world.kb.subscriptions().create(&order).await.unwrap();
    world.push(resource, &[("cpu", 1, dec!(4))]).await;
    assert_eq!(world.pass().await.failures, 1);
    let error = world.last_error(resource).await;
    assert!(
        error.contains(&format!("on plan {PLAN} of account {stranger}")),
        "{error}"
    );
    assert_eq!(world.states(resource).await, ["key-taken"]);
    assert_eq!(world.open("obstructed").await, [(dec!(-0.05), error)]);
    assert!(world.proxy.posts().is_empty());
}

#[tokio::test]
async fn an_account_in_another_currency_is_not_billed() {
    let world = World::new().await;
    let (resource, later) = (world.resource().await, world.resource().await);
    let theirs = world
        .kb
        .accounts()
        .create(&account(world.customer, "EUR"))
        .await
        .unwrap();
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    assert_eq!(world.pass().await.failures, 1);
    let told = format!("Account {theirs} bills in EUR, not in USD.");
    assert_eq!(world.last_error(resource).await, told);
    assert_eq!(world.states(resource).await, ["account-currency"]);
    assert_eq!(world.open("obstructed").await, [(dec!(-0.05), told.clone())]);

    world.push(later, &[("cpu", 0, dec!(4))]).await;
    assert_eq!(
        world.pass().await.failures,
        0,
        "it is not asked again for each of the resources"
    );
    assert_eq!(world.states(later).await, ["account-currency"]);
    assert_eq!(world.open("obstructed").await, [(dec!(-0.1), told)], "all that waits");
    assert_eq!(world.proxy.posts().len(), 0);
}
