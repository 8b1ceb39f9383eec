//! Accounts, their tags, and the custom fields of a subscription.

use std::collections::BTreeMap;

use nodeconductor_billing::killbill::accounts::{AccountUpdate, Tag};

use super::{client, client_with_account, customer, order, today};

#[tokio::test]
async fn creating_an_account_again_finds_the_first_one() {
    let kb = client().await;
    assert_eq!(kb.accounts().by_external_key("a-customer").await, Ok(None));
    let id = kb.accounts().create(&customer("a-customer")).await.unwrap();
    assert_eq!(kb.accounts().create(&customer("a-customer")).await, Ok(id));
    let found = kb.accounts().by_external_key("a-customer").await.unwrap().unwrap();
    assert_eq!(found.account_id, id);
    assert_eq!(
        (found.currency.as_deref(), found.bill_cycle_day),
        (Some("USD"), Some(1))
    );
    assert_eq!(found.reference_time, Some("2024-01-01T03:00:00Z".parse().unwrap()));
}

#[tokio::test]
async fn accounts_created_at_the_same_time_under_one_key_are_one_account() {
    let killbill = client().await;
    let account = customer("customer-at-once");
    let calls = (0..8).map(|_| killbill.clone()).map(|killbill| {
        let account = account.clone();
        async move { killbill.accounts().create(&account).await.unwrap() }
    });
    let mut ids = futures::future::join_all(calls).await;
    ids.dedup();
    assert_eq!(ids.len(), 1, "one account, not {ids:?}");
}

#[tokio::test]
async fn an_update_keeps_what_it_does_not_name() {
    let kb = client().await;
    let id = kb.accounts().create(&customer("a-customer")).await.unwrap();
    let update = AccountUpdate {
        name: Some("Новое имя".to_owned()),
        ..AccountUpdate::default()
    };
    kb.accounts().update(id, &update).await.unwrap();
    let account = kb.accounts().get(id).await.unwrap();
    assert_eq!(account.name.as_deref(), Some("Новое имя"));
    assert_eq!(account.email.as_deref(), Some("billing@customer.test"));
    assert_eq!(account.account_balance, Some(rust_decimal::Decimal::ZERO));
}

#[tokio::test]
async fn tags_that_stop_invoices_are_recognised() {
    let kb = client().await;
    let id = kb.accounts().create(&customer("a-customer")).await.unwrap();
    assert_eq!(kb.accounts().tags(id).await, Ok(vec![]));
    kb.accounts().add_tag(id, Tag::AUTO_INVOICING_OFF).await.unwrap();
    let tags = kb.accounts().tags(id).await.unwrap();
    assert!(tags[0].is_auto_invoicing_off() && !tags[0].is_park(), "{tags:?}");
    assert_eq!(tags[0].name, "AUTO_INVOICING_OFF");
    kb.accounts().remove_tag(id, Tag::AUTO_INVOICING_OFF).await.unwrap();
    assert_eq!(kb.accounts().tags(id).await, Ok(vec![]));
}

#[tokio::test]
async fn setting_custom_fields_changes_them_in_place() {
    let (kb, account) = client_with_account().await;
    let subscription = kb
        .subscriptions()
        .create(&order(account, "vm", "openstack-instance", today(&kb).await))
        .await
        .unwrap();
    let fields = |resource: &str, project: &str| {
        BTreeMap::from(
            [("resource_name", resource), ("project_name", project)].map(|(k, v)| (k.to_owned(), v.to_owned())),
        )
    };
    kb.custom_fields()
        .add(subscription, "of_someone_else", "stays")
        .await
        .unwrap();
    kb.custom_fields()
        .set(subscription, &fields("web-1", "Прод"))
        .await
        .unwrap();
    let before = kb.custom_fields().list(subscription).await.unwrap();
    let long = "õ".repeat(300);
    kb.custom_fields()
        .set(subscription, &fields(&long, "Прод"))
        .await
        .unwrap();
    kb.custom_fields()
        .set(subscription, &fields(&long, "Прод"))
        .await
        .unwrap();

    let after = kb.custom_fields().list(subscription).await.unwrap();
    let ids = |fields: &[nodeconductor_billing::killbill::custom_fields::CustomField]| {
        fields
            .iter()
            .map(|field| (field.name.clone(), field.custom_field_id))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(
        (after.len(), ids(&before)),
        (3, ids(&after)),
        "no field was removed or doubled"
    );
    let value = |name: &str| after.iter().find(|field| field.name == name).unwrap().value.clone();
    assert_eq!(value("resource_name"), "õ".repeat(255));
    assert_eq!(value("project_name"), "Прод");
    assert_eq!(value("of_someone_else"), "stays");
}
