//! Running it: jobs and meters that are seen to have stopped, a server that is given up.

use std::time::Duration;

use chrono::TimeDelta;
use nodeconductor_billing::db::jobs;
use nodeconductor_billing::domain::job::Job;
use nodeconductor_billing::killbill::{Connection, Error, KillBill};
use nodeconductor_billing::sync::watch::watch_usage;
use rust_decimal::dec;
use serde_json::json;
use tokio::net::TcpListener;

use crate::metering::World;
use crate::support::web::Service;

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn w04_a_job_that_stops_and_a_meter_that_falls_silent_are_told() {
    let world = World::new().await;
    let (service, clock) = (&world.service, &world.service.state.clock);
    for job in Job::ALL {
        assert!(
            jobs::claim_due(service.pool(), *job, clock.now(), MINUTE)
                .await
                .unwrap()
        );
    }
    assert_eq!(late(service).await, Vec::<String>::new());
    let web = world.machine("web").await;
    world.push(web, "cpu", "2026-03-01T11:00:00Z", 1, dec!(4)).await;

    clock.set(clock.now() + TimeDelta::hours(7));
    assert_eq!(late(service).await, Job::WORDS);
    let metrics = String::from_utf8(service.get("", "/metrics").await.body).unwrap();
    for job in Job::ALL {
        let overdue = format!("ncb_job_overdue_seconds{{job=\"{job}\"}} 25140");
        assert!(metrics.contains(&overdue), "{overdue} in {metrics}");
    }
    let patience = Duration::from_hours(6);
    watch_usage(service.pool(), clock, "USD", MINUTE, patience)
        .await
        .unwrap();
    let silence = service
        .get(&service.staff, "/api/discrepancies/?state=open&kind=no-usage")
        .await;
    assert_eq!(silence.header("x-result-count"), "1", "seven hours without usage");
}

/// The jobs that should have run and did not.
async fn late(service: &Service) -> Vec<String> {
    let jobs = service.get(&service.staff, "/api/jobs/").await.json();
    let late = jobs.as_array().unwrap().iter().filter(|job| job["overdue"] == true);
    late.map(|job| job["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn w18_an_event_of_kill_bill_wakes_the_reading_of_invoices() {
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
    let woken = service.state.signals.woken(Job::SyncInvoices);
    tokio::time::timeout(MINUTE, woken)
        .await
        .expect("the job that reads invoices is woken");
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
        ca: vec![],
        request_timeout: Duration::from_millis(100),
    };
    rustls::crypto::ring::default_provider().install_default().ok();
    let killbill = KillBill::new(&connection).unwrap();
    let error = killbill.accounts().by_external_key("alice").await.unwrap_err();
    assert!(matches!(error, Error::NoAnswer(_)), "{error}");
}
