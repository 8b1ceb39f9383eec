//! What `check` tells an operator, and the tenant's settings.

use std::collections::BTreeMap;

use nodeconductor_billing::killbill::tenants::Access;
use nodeconductor_billing::killbill::{Error, KillBill};

use super::client;
use crate::support::killbill_server::{connection, fresh_tenant, shared_url};

#[tokio::test]
async fn access_tells_a_wrong_user_from_a_wrong_tenant() {
    let right = fresh_tenant(&shared_url()).await;
    let access = |connection| async move { KillBill::new(&connection).unwrap().tenants().access().await.unwrap() };
    let granted = access(right.clone()).await;
    assert!(
        matches!(&granted, Access::Granted { version } if version.starts_with("0.2")),
        "{granted:?}"
    );

    let mut wrong_user = right.clone();
    wrong_user.password = "not the password".into();
    assert_eq!(access(wrong_user).await, Access::WrongUser);
    let wrong_secret = connection(&right.api_url, &right.api_key, "not the secret");
    assert!(matches!(access(wrong_secret).await, Access::WrongTenant { .. }));
    let unknown_key = connection(&right.api_url, "no-such-key", "not the secret");
    assert!(matches!(access(unknown_key).await, Access::WrongTenant { .. }));
}

#[tokio::test]
async fn a_taken_key_is_refused() {
    let taken = fresh_tenant(&shared_url()).await;
    let kb = KillBill::new(&taken).unwrap();
    let refused = kb
        .tenants()
        .create(&taken.api_key, &taken.api_secret)
        .await
        .unwrap_err();
    assert_eq!((refused.code(), refused.is_definite()), (Some(20000), true));
}

#[tokio::test]
async fn one_callback_is_kept_with_its_query() {
    let kb = client().await;
    assert_eq!(kb.tenants().callbacks().await, Ok(vec![]));
    for url in [
        "http://127.0.0.1:9/first",
        "http://127.0.0.1:9/killbill/notifications/x?a=1&b=ö%20",
    ] {
        kb.tenants().register_callback(url).await.unwrap();
        assert_eq!(kb.tenants().callbacks().await, Ok(vec![url.to_owned()]));
    }
}

#[tokio::test]
async fn settings_replace_each_other() {
    let kb = client().await;
    assert_eq!(kb.tenants().config().await, Ok(BTreeMap::new()));
    let detail = BTreeMap::from([(
        "org.killbill.invoice.item.result.behavior.mode".to_owned(),
        "DETAIL".to_owned(),
    )]);
    kb.tenants().set_config(&detail).await.unwrap();
    kb.tenants().set_config(&detail).await.unwrap();
    assert_eq!(kb.tenants().config().await, Ok(detail));
}

#[tokio::test]
async fn nothing_printable_holds_a_secret() {
    let mut secret = connection(&shared_url(), "key", "tenant-secret");
    secret.password = "user-secret".into();
    let kb = KillBill::new(&secret).unwrap();
    let refused: Error = kb.accounts().by_external_key("x").await.unwrap_err();
    let printed = format!("{secret:?} {kb:?} {refused:?} {refused}");
    assert!(!printed.contains("-secret"), "{printed}");
}
