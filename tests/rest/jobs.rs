//! The periodic jobs: what operators see, and that a due pass runs once.

use std::time::Duration;

use chrono::TimeDelta;
use nodeconductor_billing::db::jobs;
use nodeconductor_billing::domain::job::Job;
use serde_json::{Value, json};

use crate::support::web::Service;

async fn shown(service: &Service, job: Job) -> Value {
    let all = service.get(&service.support, "/api/jobs/").await.json();
    all.as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"] == job.word())
        .unwrap()
        .clone()
}

#[tokio::test]
async fn every_job_is_listed_even_before_its_first_pass() {
    let service = Service::start().await;
    let answer = service.get(&service.staff, "/api/jobs/").await;
    assert_eq!(answer.header("x-result-count"), "6");
    let body = answer.json();
    let names: Vec<&str> = body
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["name"].as_str())
        .collect();
    let dependent = [
        "sync-prices",
        "deliver",
        "sync-invoices",
        "reconcile",
        "estimates",
        "mail",
    ];
    assert_eq!(names, dependent, "each after what it depends on");
    assert_eq!(shown(&service, Job::Reconcile).await["state"], "never run");
    let last = service
        .get(&service.staff, "/api/jobs/?page_size=5&page=last")
        .await
        .json();
    assert_eq!((last.as_array().unwrap().len(), &last[0]["name"]), (1, &json!("mail")));
    for token in [&service.pusher, &service.owner(&[uuid::Uuid::new_v4()]).await] {
        assert_eq!(service.get(token, "/api/jobs/").await.status, 403);
    }
}

#[tokio::test]
async fn a_pass_is_asked_for_taken_once_and_written_down() {
    let service = Service::start().await;
    let (pool, job, hour) = (service.pool(), Job::SyncPrices, Duration::from_hours(1));
    let now = service.state.clock.now();
    let asked = service
        .call("POST", &service.staff, "/api/jobs/sync-prices/run/", "")
        .await;
    assert_eq!(
        (asked.status.as_u16(), &asked.json()["requested_at"]),
        (202, &json!("2026-03-01T12:00:00Z"))
    );
    service.state.signals.woken(job).await;
    assert!(jobs::claim_due(pool, job, now, hour).await.unwrap());
    assert!(
        !jobs::claim_due(pool, job, now, hour).await.unwrap(),
        "another replica comes too late"
    );
    assert_eq!(shown(&service, job).await["state"], "running");
    let later = now + TimeDelta::seconds(2);
    jobs::finished(pool, job, later, &json!({"versions": 1}), None)
        .await
        .unwrap();
    let done = shown(&service, job).await;
    assert_eq!(
        (&done["state"], &done["last_result"], &done["requested_at"]),
        (&json!("ok"), &json!({"versions": 1}), &Value::Null)
    );
    assert_eq!(
        (&done["next_due_at"], &done["overdue"]),
        (&json!("2026-03-01T13:00:00Z"), &json!(false))
    );
    service.state.clock.set(now + TimeDelta::hours(2));
    assert_eq!(shown(&service, job).await["overdue"], true);
    jobs::started(pool, job, now + TimeDelta::hours(2)).await.unwrap();
    jobs::finished(
        pool,
        job,
        now + TimeDelta::hours(2),
        &json!({}),
        Some("Kill Bill is away"),
    )
    .await
    .unwrap();
    let failed = shown(&service, job).await;
    assert_eq!(
        (&failed["state"], &failed["last_error"]),
        (&json!("failed"), &json!("Kill Bill is away"))
    );
}

#[tokio::test]
async fn only_staff_asks_and_only_for_jobs_that_exist() {
    let service = Service::start().await;
    assert_eq!(
        service
            .call("POST", &service.support, "/api/jobs/deliver/run/", "")
            .await
            .status,
        403
    );
    assert_eq!(
        service
            .call("POST", &service.staff, "/api/jobs/cleanup/run/", "")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_paused_job_makes_no_pass_whatever_asks_for_one_until_it_is_resumed() {
    let service = Service::start().await;
    let (pool, job, hour) = (service.pool(), Job::Deliver, Duration::from_hours(1));
    let now = service.state.clock.now();
    let post = async |verb: &str, body: Value| {
        let path = format!("/api/jobs/deliver/{verb}/");
        service.call("POST", &service.staff, &path, body).await
    };
    let refused = post("pause", json!({ "reason": " " })).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()["reason"].is_array()),
        (400, true)
    );
    assert_eq!(shown(&service, job).await["paused_at"], Value::Null);
    let paused = post("pause", json!({ "reason": "Kill Bill is being upgraded" })).await;
    assert_eq!(
        (
            paused.status.as_u16(),
            &paused.json()["paused_by"],
            &paused.json()["pause_reason"]
        ),
        (200, &json!("staff"), &json!("Kill Bill is being upgraded"))
    );

    service.state.clock.set(now + TimeDelta::hours(2));
    let later = service.state.clock.now();
    assert_eq!(post("run", json!({})).await.json()["code"], "paused");
    service.state.request(job).await.unwrap();
    assert!(
        !jobs::claim_due(pool, job, later, hour).await.unwrap(),
        "due and asked for, and paused"
    );
    let waiting = shown(&service, job).await;
    assert_eq!(
        (&waiting["overdue"], &waiting["paused_at"]),
        (&json!(false), &json!("2026-03-01T12:00:00Z"))
    );
    assert!(
        jobs::claim_due(pool, Job::Reconcile, later, hour).await.unwrap(),
        "the others go on"
    );

    let resumed = post("resume", json!({})).await;
    assert_eq!(
        (resumed.status.as_u16(), &resumed.json()["paused_at"]),
        (200, &Value::Null)
    );
    assert!(jobs::claim_due(pool, job, later, hour).await.unwrap(), "at once");
    assert_eq!(
        post("resume", json!({})).await.status,
        200,
        "there is nothing left to resume"
    );
}
