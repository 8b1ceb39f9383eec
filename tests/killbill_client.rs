//! Our Kill Bill client against a real Kill Bill: every call that the service makes, and the answers that need special care.

mod support {
    pub mod catalog;
    pub mod killbill_server;
    pub mod killbill_user;
}

mod killbill {
    mod accounts;
    mod catalog;
    mod faults;
    mod invoices;
    mod month;
    mod permissions;
    mod subscriptions;
    mod tenants;
    mod usages;

    use std::time::Duration;

    use chrono::{DateTime, NaiveTime, Utc};
    use nodeconductor_billing::killbill::accounts::NewAccount;
    use nodeconductor_billing::killbill::subscriptions::NewSubscription;
    use nodeconductor_billing::killbill::{Connection, KillBill};
    use uuid::Uuid;

    use crate::support::catalog::SampleCatalog;
    use crate::support::killbill_server::{fresh_tenant, shared_url};

    /// A client of an empty tenant on the shared server.
    pub async fn client() -> KillBill {
        KillBill::new(&fresh_tenant(&shared_url()).await).unwrap()
    }

    /// A client of a tenant with the sample catalog, and an account in it.
    pub async fn client_with_account() -> (KillBill, Uuid) {
        client_with_account_on(&fresh_tenant(&shared_url()).await).await
    }

    /// The same in a tenant that is there.
    pub async fn client_with_account_on(tenant: &Connection) -> (KillBill, Uuid) {
        let kb = KillBill::new(tenant).unwrap();
        kb.catalog()
            .upload(&SampleCatalog::standard("USD").xml())
            .await
            .unwrap();
        let account = kb.accounts().create(&customer("a-customer")).await.unwrap();
        (kb, account)
    }

    pub fn customer(external_key: &str) -> NewAccount {
        NewAccount {
            external_key: external_key.to_owned(),
            name: "Ööbik & Sons".to_owned(),
            email: Some("billing@customer.test".to_owned()),
            currency: "USD".to_owned(),
            time_zone: "UTC".to_owned(),
            bill_cycle_day: 1,
            reference_time: Some("2024-01-01T03:00:00Z".parse().unwrap()),
            locale: Some("en_GB".to_owned()),
        }
    }

    pub fn order(account: Uuid, resource: &str, plan: &str, billing_start: DateTime<Utc>) -> NewSubscription {
        NewSubscription {
            account,
            external_key: format!("{resource}:{plan}"),
            bundle_external_key: resource.to_owned(),
            plan: plan.to_owned(),
            billing_start,
        }
    }

    /// Midnight of the server's today, so that nothing here depends on our own clock.
    pub async fn today(kb: &KillBill) -> DateTime<Utc> {
        kb.clock()
            .now()
            .await
            .unwrap()
            .date_naive()
            .and_time(NaiveTime::MIN)
            .and_utc()
    }

    pub const HOUR: Duration = Duration::from_hours(1);
}
