//! Kill Bill's push notifications: hints, never trusted.

use nodeconductor_billing::domain::job::Job;
use serde_json::json;

use crate::support::web::Service;

const ACCOUNT: &str = "a0000000-0000-4000-8000-000000000001";

async fn with_account() -> Service {
    let service = Service::start().await;
    let customer = "/api/customers/211ca3327de945899375749bd55dae4a/";
    service
        .call("PUT", &service.staff, customer, json!({"name": "Alice"}))
        .await;
    sqlx::query("update customer set account_id = $1::uuid")
        .bind(ACCOUNT)
        .execute(service.pool())
        .await
        .unwrap();
    service
}

async fn notify(service: &Service, body: impl ToString) -> u16 {
    service
        .call("POST", "", "/killbill/notifications/s3cret", body)
        .await
        .status
        .as_u16()
}

async fn requested(service: &Service, job: Job) -> bool {
    let requested = "select exists (select from job where name = $1 and requested_at is not null)";
    sqlx::query_scalar(requested)
        .bind(job.word())
        .fetch_one(service.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn money_events_make_the_account_s_invoices_be_read() {
    for kind in ["INVOICE_CREATION", "INVOICE_PAYMENT_SUCCESS", "PAYMENT_FAILED"] {
        let service = with_account().await;
        let event = json!({"eventType": kind, "accountId": ACCOUNT, "objectId": ACCOUNT, "metaData": null, "new": [1]});
        assert_eq!(notify(&service, event).await, 200);
        let hinted = "select invoices_hinted_at is not null from customer";
        assert!(
            sqlx::query_scalar::<_, bool>(hinted)
                .fetch_one(service.pool())
                .await
                .unwrap()
        );
        assert!(requested(&service, Job::SyncInvoices).await);
        service.state.signals.woken(Job::SyncInvoices).await;
    }
}

#[tokio::test]
async fn a_changed_tenant_makes_the_price_list_be_read() {
    let service = with_account().await;
    assert_eq!(
        notify(&service, json!({"eventType": "TENANT_CONFIG_CHANGE"})).await,
        200
    );
    assert!(requested(&service, Job::SyncPrices).await);
}

#[tokio::test]
async fn everything_else_is_taken_and_ignored() {
    let service = with_account().await;
    let stranger = "b0000000-0000-4000-8000-000000000001";
    for body in [
        String::new(),
        "not json".to_owned(),
        json!([1, 2]).to_string(),
        json!({"eventType": 7, "accountId": "x"}).to_string(),
        json!({"eventType": "ACCOUNT_CHANGE", "accountId": ACCOUNT}).to_string(),
        json!({"eventType": "INVOICE_CREATION", "accountId": stranger}).to_string(),
    ] {
        assert_eq!(notify(&service, body).await, 200);
    }
    assert!(!requested(&service, Job::SyncInvoices).await && !requested(&service, Job::SyncPrices).await);
}

#[tokio::test]
async fn another_secret_is_not_found() {
    let service = with_account().await;
    for secret in ["s3cre", "s3cret2", "S3CRET"] {
        let path = format!("/killbill/notifications/{secret}");
        assert_eq!(service.call("POST", "", &path, "{}").await.status, 404);
    }
}
