//! Running it: jobs that are seen not to run, a server that is given up, certificates that are always checked.

use std::time::Duration;

use nodeconductor_billing::config;
use nodeconductor_billing::domain::job::Job;
use nodeconductor_billing::killbill::{Connection, Error, KillBill};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::web::Service;

#[tokio::test]
async fn w04_every_job_has_a_schedule_and_one_that_never_ran_is_seen() {
    let service = Service::start().await;
    let jobs = service.get(&service.staff, "/api/jobs/").await.json();
    let never: Vec<&str> = jobs
        .as_array()
        .unwrap()
        .iter()
        .filter(|job| job["state"] == "never run")
        .map(|job| job["name"].as_str().unwrap())
        .collect();
    assert_eq!(never, Job::ALL.map(Job::name), "none is misspelt, none is silent");
    let metrics = String::from_utf8(service.get("", "/metrics").await.body).unwrap();
    for job in Job::ALL {
        assert!(
            metrics.contains(&format!("ncb_job_overdue_seconds{{job=\"{job}\"}}")),
            "{job}"
        );
        assert_eq!(Job::named(job.name()), Some(job));
    }
}

#[tokio::test]
async fn w18_invoices_are_read_on_a_timer_and_when_kill_bill_says_so() {
    assert!(Job::ALL.contains(&Job::SyncInvoices), "`serve` schedules all of them");
    let service = Service::start().await;
    let customer = "/api/customers/211ca3327de945899375749bd55dae4a/";
    service
        .call("PUT", &service.staff, customer, json!({"name": "Alice"}))
        .await;
    sqlx::query("update customer set account_id = uuid")
        .execute(service.pool())
        .await
        .unwrap();
    let event = json!({"eventType": "INVOICE_CREATION", "accountId": "211ca332-7de9-4589-9375-749bd55dae4a"});
    assert_eq!(
        service
            .call("POST", "", "/killbill/notifications/s3cret", event)
            .await
            .status,
        200
    );
    service.state.signals.woken(Job::SyncInvoices).await;
}

#[test]
fn w28_nothing_in_the_configuration_turns_certificates_off() {
    let environment = [
        ("NCB__DATABASE__URL", "postgres://localhost/billing"),
        ("NCB__BILLING__VERIFY", "false"),
    ];
    let environment = environment
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
    let refused = config::load(None, environment).unwrap_err().to_string();
    assert!(refused.contains("billing.verify: unknown key"), "{refused}");
}

#[tokio::test]
async fn w29_a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connection = Connection {
        api_url: format!("http://{}/1.0/kb/", listener.local_addr().unwrap())
            .parse()
            .unwrap(),
        username: "admin".to_owned(),
        password: "password".into(),
        api_key: "bob".to_owned(),
        api_secret: "lazar".into(),
        request_timeout: Duration::from_millis(100),
    };
    rustls::crypto::ring::default_provider().install_default().ok();
    let killbill = KillBill::new(&connection).unwrap();
    let error = killbill.accounts().by_external_key("alice").await.unwrap_err();
    assert!(matches!(error, Error::NoAnswer(_)), "{error}");
}
