//! What our user needs in Kill Bill: the table of the client, held against what a real Kill Bill lets users do.

use chrono::TimeDelta;
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::killbill::accounts::AccountUpdate;
use nodeconductor_billing::killbill::invoices::{Charge, Credit};
use nodeconductor_billing::killbill::permissions::NEEDED;
use nodeconductor_billing::killbill::usages::{UnitUsage, UsagePost};
use nodeconductor_billing::killbill::{Error, KillBill};
use rust_decimal::dec;
use uuid::Uuid;

use super::{client_with_account_on, customer, order};
use crate::support::killbill_server::{fresh_tenant, shared_url};
use crate::support::killbill_user::limited_user;

fn charge() -> Charge {
    Charge {
        amount: dec!(1),
        currency: "USD".to_owned(),
        description: "One dollar".to_owned(),
        item_details: None,
        subscription_id: None,
        start_date: None,
        end_date: None,
        quantity: None,
        rate: None,
    }
}

fn credit(account: Uuid) -> Credit {
    Credit {
        account_id: account,
        amount: dec!(1),
        currency: "USD".to_owned(),
        description: "One dollar".to_owned(),
        item_details: None,
        invoice_id: None,
        quantity: None,
        rate: None,
    }
}

/// Every call of the service that writes, each with the permission that the table names for it.
async fn writes(admin: &KillBill, user: &KillBill, account: Uuid) -> Vec<(&'static str, Result<(), Error>)> {
    let start = Clock::System.now() - TimeDelta::days(400);
    let subscribe = order(account, &Uuid::new_v4().to_string(), "openstack-instance", start);
    let machine = admin.subscriptions().create(&subscribe).await.unwrap();
    let names = |name: &str| [("resource_name".to_owned(), name.to_owned())].into();
    admin.custom_fields().set(machine, &names("web-1")).await.unwrap();
    let draft = async || {
        let items = admin.invoices().charge(account, &[charge()], false).await.unwrap();
        items[0].invoice_id
    };
    let (to_commit, to_void) = (draft().await, draft().await);
    let usage = UsagePost {
        subscription: machine,
        tracking_id: Uuid::new_v4().to_string(),
        units: vec![UnitUsage {
            unit: "cpu".to_owned(),
            records: vec![(start + TimeDelta::hours(1), dec!(1))],
        }],
    };
    let other = order(account, &Uuid::new_v4().to_string(), "openstack-instance", start);
    let update = AccountUpdate {
        name: Some("Somebody else".to_owned()),
        ..AccountUpdate::default()
    };
    let (invoices, fields) = (user.invoices(), user.custom_fields());
    vec![
        ("usage:record", user.usages().record(&usage).await.map(drop)),
        (
            "account:create",
            user.accounts()
                .create(&customer(&Uuid::new_v4().to_string()))
                .await
                .map(drop),
        ),
        ("account:update", user.accounts().update(account, &update).await),
        (
            "entitlement:create",
            user.subscriptions().create(&other).await.map(drop),
        ),
        ("custom_field:add", fields.add(machine, "service_name", "Cloud").await),
        ("custom_field:update", fields.set(machine, &names("web-2")).await),
        (
            "entitlement:cancel",
            user.subscriptions().cancel(machine, start + TimeDelta::hours(5)).await,
        ),
        (
            "account:charge",
            invoices.charge(account, &[charge()], false).await.map(drop),
        ),
        (
            "account:credit",
            invoices.credit(&[credit(account)], true).await.map(drop),
        ),
        ("invoice:commit", invoices.commit(to_commit).await),
        ("invoice:void", invoices.void(to_void).await),
        ("invoice:dry_run", invoices.dry_run_upcoming(account).await.map(drop)),
        (
            "tenant_kvs:add",
            user.tenants().register_callback("http://127.0.0.1:9/").await,
        ),
        ("tenant_kvs:delete", user.tenants().forget_callbacks().await),
    ]
}

#[tokio::test]
async fn each_permission_is_needed_for_its_call_and_all_together_are_enough() {
    let tenant = fresh_tenant(&shared_url()).await;
    let (admin, account) = client_with_account_on(&tenant).await;
    let needed: Vec<&str> = NEEDED.iter().map(|needed| needed.permission).collect();
    let user = limited_user(&tenant, &needed).await;
    let client = KillBill::new(&user).unwrap();
    let done = writes(&admin, &client, account).await;
    let mut called: Vec<&str> = done.iter().map(|(permission, _)| *permission).collect();
    for (permission, outcome) in done {
        assert_eq!(outcome, Ok(()), "{permission}");
    }
    let granted = client.permissions().granted().await.unwrap();
    assert!(needed.iter().all(|permission| granted.allow(permission)) && !granted.allow("catalog:delete"));
    called.sort_unstable();
    let mut sorted = needed.clone();
    sorted.sort_unstable();
    assert_eq!(called, sorted, "one call for each");

    let nobody = limited_user(&tenant, &["account:add_emails"]).await;
    let client = KillBill::new(&nobody).unwrap();
    for (permission, outcome) in writes(&admin, &client, account).await {
        assert!(
            matches!(&outcome, Err(Error::Forbidden { message }) if message.contains(permission)),
            "{permission}: {outcome:?}"
        );
    }
    let granted = client.permissions().granted().await.unwrap();
    assert!(!needed.iter().any(|permission| granted.allow(permission)));
}
