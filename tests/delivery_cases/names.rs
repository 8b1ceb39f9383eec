//! Names never stop money: what Kill Bill does not take is told in a form that it does, and what it cannot be told waits alone.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{PLAN, World};
use crate::support::killbill_user::limited_user;
use nodeconductor_billing::killbill::accounts::{Account, AccountUpdate};

/// What the service's user needs, without custom fields.
const PERMISSIONS: [&str; 5] = [
    "usage:record",
    "account:create",
    "account:update",
    "entitlement:create",
    "entitlement:cancel",
];

impl World {
    async fn name(&self, name: &str) {
        let path = format!("/api/customers/{}/", self.customer);
        self.put(&path, json!({"name": name, "email": "kebab@customer.test"}))
            .await;
    }

    async fn shown(&self, kind: &str, uuid: Uuid) -> Value {
        let path = format!("/api/{kind}/{uuid}/");
        self.service.get(&self.service.staff, &path).await.json()
    }

    /// The names in Kill Bill's custom fields.
    async fn fields(&self, resource: Uuid) -> BTreeMap<String, String> {
        let subscription = self.subscription(resource, PLAN).await.subscription_id;
        let fields = self.kb.custom_fields().list(subscription).await.unwrap();
        fields.into_iter().map(|field| (field.name, field.value)).collect()
    }

    async fn account(&self) -> Account {
        let key = self.customer.simple().to_string();
        self.kb.accounts().by_external_key(&key).await.unwrap().unwrap()
    }

    async fn account_name(&self) -> String {
        self.account().await.name.unwrap()
    }

    /// Registers the customer with these details, and lets the account be told.
    async fn lives(&self, details: Value) -> Account {
        let path = format!("/api/customers/{}/", self.customer);
        let mut body = json!({"name": "Kebab", "email": "kebab@customer.test"});
        body.as_object_mut()
            .unwrap()
            .extend(details.as_object().unwrap().clone());
        self.put(&path, body).await;
        assert_eq!(self.pass().await.failures, 0);
        self.account().await
    }
}

#[tokio::test]
async fn names_that_kill_bill_refuses_are_told_with_a_mark_and_the_usage_goes() {
    let world = World::new().await;
    world.proxy.narrow();
    world.name("Kebab 🥙 Ltd").await;
    let resource = Uuid::new_v4();
    world.register(resource, json!({"name": "🚀 prod-1"})).await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    let report = world.pass().await;
    assert_eq!(
        (report.failures, world.states(resource).await),
        (0, vec!["verified".to_owned()])
    );
    world.assert_balanced(resource).await;
    assert_eq!(world.account_name().await, "Kebab \u{FFFD} Ltd");
    assert_eq!(world.fields(resource).await["resource_name"], "\u{FFFD} prod-1");
    assert_eq!(world.fields(resource).await["project_name"], "Shop");
    let (customer, shown) = (
        world.shown("customers", world.customer).await,
        world.shown("resources", resource).await,
    );
    assert_eq!(
        (&customer["name"], &customer["told_name"]),
        (&json!("Kebab 🥙 Ltd"), &json!("Kebab \u{FFFD} Ltd"))
    );
    assert_eq!(shown["told_names"]["resource_name"], json!("\u{FFFD} prod-1"));
    assert_eq!(
        (&shown["telling_error"], &shown["last_error"]),
        (&Value::Null, &Value::Null)
    );

    // Renamed to what it takes, and back to what it does not.
    world.name("Kebab").await;
    world.register(resource, json!({"name": "prod-1"})).await;
    world.pass().await;
    let (customer, shown) = (
        world.shown("customers", world.customer).await,
        world.shown("resources", resource).await,
    );
    assert_eq!(
        (&customer["told_name"], &shown["told_names"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(world.fields(resource).await["resource_name"], "prod-1");
    world.name("🥙🥙").await;
    world.push(resource, &[("cpu", 1, dec!(4))]).await;
    assert_eq!(world.pass().await.failures, 0);
    assert_eq!(world.account_name().await, "\u{FFFD}\u{FFFD}");
    assert_eq!(world.states(resource).await, ["verified"; 2]);
}

#[tokio::test]
async fn an_account_carries_the_address_of_the_register_and_keeps_what_the_register_does_not_say() {
    let world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    let theirs = AccountUpdate {
        phone: Some("+372 555".to_owned()),
        ..AccountUpdate::default()
    };
    let account = world.account().await.account_id;
    world.kb.accounts().update(account, &theirs).await.unwrap();

    let at = |account: &Account| {
        let lines = [
            &account.address1,
            &account.address2,
            &account.postal_code,
            &account.country,
        ];
        lines.map(|line| line.clone().unwrap_or_default()).join("|")
    };
    let told = world
        .lives(json!({"address": "Kebabi 7\nFloor 2\nTartu", "postal": "51007", "country": "Estonia"}))
        .await;
    assert_eq!(at(&told), "Kebabi 7|Floor 2, Tartu|51007|Estonia");
    assert_eq!(told.phone.as_deref(), Some("+372 555"), "the register knows no phone");

    let moved = world.lives(json!({"address": "Lille 4", "phone": "+372 1"})).await;
    assert_eq!(
        (at(&moved), moved.phone.as_deref()),
        ("Lille 4|||".to_owned(), Some("+372 1"))
    );

    world.proxy.narrow();
    let told = world.lives(json!({"address": "🥙 corner"})).await;
    assert_eq!(at(&told), "\u{FFFD} corner|||");
    assert_eq!(world.shown("customers", world.customer).await["told_name"], Value::Null);
}

impl World {
    /// The worker is another user of Kill Bill's from now on.
    async fn works_as(&mut self, permissions: &[&str]) {
        let admin = self.connection.clone();
        self.connection = limited_user(&admin, permissions).await;
        self.worker = self.worker_on(&self.proxy.url);
        self.connection = admin;
    }
}

#[tokio::test]
async fn names_that_may_not_be_told_wait_for_the_permission_and_the_usage_does_not() {
    let mut world = World::new().await;
    world.works_as(&PERMISSIONS).await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"]);
    assert!(world.fields(resource).await.is_empty());
    let error = world.shown("resources", resource).await["telling_error"].to_string();
    assert!(
        error.contains("lacks a permission") && error.contains("custom_field:add"),
        "{error}"
    );

    let all: Vec<&str> = PERMISSIONS
        .into_iter()
        .chain(["custom_field:add", "custom_field:update"])
        .collect();
    world.works_as(&all).await;
    world.later(TimeDelta::minutes(10));
    world.pass().await;
    assert_eq!(world.fields(resource).await["resource_name"], "web-1");
    assert_eq!(world.shown("resources", resource).await["telling_error"], Value::Null);
}

#[tokio::test]
async fn a_permission_that_usage_needs_is_named_where_the_hours_wait() {
    let mut world = World::new().await;
    let resource = world.resource().await;
    world.push(resource, &[("cpu", 0, dec!(4))]).await;
    for (lacking, state) in [
        ("account:create", "permission-missing"),
        ("entitlement:create", "permission-missing"),
        ("usage:record", "sending"),
    ] {
        let others: Vec<&str> = PERMISSIONS.into_iter().filter(|one| *one != lacking).collect();
        world.works_as(&others).await;
        world.post("/api/holds/examine/", json!({})).await;
        world.pass().await;
        assert_eq!(world.states(resource).await, [state], "{lacking}");
        let error = world.last_error(resource).await;
        assert!(
            error.contains(lacking) && error.contains("lacks a permission"),
            "{error}"
        );
        if state == "permission-missing" {
            assert_eq!(world.open("obstructed").await, [(dec!(-0.05), error)]);
        }
    }
    world.works_as(&PERMISSIONS).await;
    world.post("/api/holds/examine/", json!({})).await;
    world.pass().await;
    assert_eq!(world.states(resource).await, ["verified"], "it goes by itself");
    assert!(world.open("obstructed").await.is_empty());
}
