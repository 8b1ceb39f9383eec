//! Many requests at once: reads that get nowhere keep neither pushes nor the question whether the service is well from their
//! answers, whoever comes when all seats are taken is told so at once, and a query ends with the request that wanted it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nodeconductor_billing::db::{Patience, Pools};
use nodeconductor_billing::http::seats::Seats;
use nodeconductor_billing::web;
use serde_json::json;
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::web::{Answer, Service};

const LONG: Duration = Duration::from_mins(2);

/// A service with eight connections: two for jobs, two for pushes, four for reads, of whose statements each may take so long.
async fn service(statement: Duration) -> Arc<Service> {
    let mut service = Service::start().await;
    let patience = |statement| Patience { statement, lock: LONG };
    let pools = Pools::connect(&service.database.options, 8, patience(LONG), patience(statement))
        .await
        .unwrap();
    let state = &mut service.state;
    (state.seats, state.pool) = (Seats::of_reads(&pools.reads), pools.reads);
    (state.pushes, state.backends) = (pools.pushes, pools.backends);
    service.router = web::router(service.state.clone());
    Arc::new(service)
}

/// So many at once.
fn reads(service: &Arc<Service>, many: usize) -> JoinSet<Answer> {
    let read = |_| {
        let service = service.clone();
        async move { service.read().await }
    };
    (0..many).map(read).collect()
}

impl Service {
    /// Nobody can read the discrepancies while it lives.
    async fn shut(&self) -> sqlx::Transaction<'static, sqlx::Postgres> {
        let mut lock = self.pool().begin().await.unwrap();
        sqlx::query("lock table discrepancy in access exclusive mode")
            .execute(&mut *lock)
            .await
            .unwrap();
        lock
    }

    async fn read(&self) -> Answer {
        self.get(&self.staff, "/api/discrepancies/").await
    }

    /// Queries of the service that wait for the lock.
    async fn waiting(&self) -> i64 {
        let waiting =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        sqlx::query_scalar(waiting).fetch_one(self.pool()).await.unwrap()
    }

    async fn until_waiting(&self, many: i64) {
        let begin = Instant::now();
        while self.waiting().await != many {
            assert!(
                begin.elapsed() < Duration::from_mins(1),
                "{} wait",
                self.waiting().await
            );
            tokio::task::yield_now().await;
        }
    }

    async fn push(&self) -> Answer {
        let record =
            json!({"resource": Uuid::new_v4(), "meter": "cpu", "hour": "2026-03-01T10:00:00Z", "quantity": "1"});
        let body = json!({ "records": [record] });
        self.call("POST", &self.pusher, "/api/usage-records/", body).await
    }
}

#[tokio::test]
async fn reads_that_get_nowhere_keep_no_push_waiting_and_those_beyond_the_seats_are_sent_away() {
    let service = service(LONG).await;
    let lock = service.shut().await;
    let mut reads = reads(&service, 20);
    for _ in 0..4 {
        let answer = reads.join_next().await.unwrap().unwrap();
        assert_eq!(
            answer.shown(),
            r#"503 {"code":"busy","detail":"Too many requests at once; try again."}"#
        );
        assert_eq!(answer.header("retry-after"), "1");
    }
    service.until_waiting(4).await;
    assert_eq!(service.get("", "/health/ready").await.status, 200);
    for _ in 0..20 {
        assert_eq!(service.push().await.status, 200);
    }
    lock.rollback().await.unwrap();
    let seated = reads.join_all().await;
    assert_eq!(seated.len(), 16);
    assert!(
        seated.iter().all(|answer| answer.status == 200),
        "who had a seat is served"
    );
    assert_eq!(service.read().await.status, 200);
}

/// A page that is closed, and with it six lists at once.
#[tokio::test]
async fn a_request_that_is_given_up_takes_its_query_with_it() {
    let service = service(LONG).await;
    let lock = service.shut().await;
    let mut asking = reads(&service, 4);
    service.until_waiting(4).await;
    asking.shutdown().await;
    service.until_waiting(0).await;
    let elsewhere = service.get(&service.staff, "/api/invoices/").await;
    assert_eq!(elsewhere.status, 200, "its connections are free again");
    lock.rollback().await.unwrap();
    for _ in 0..20 {
        assert_eq!(service.read().await.status, 200, "nobody else's query was ended");
    }
}

#[tokio::test]
async fn a_query_that_takes_longer_than_a_request_may_is_ended_and_the_client_is_told_to_come_again() {
    let service = service(Duration::from_millis(200)).await;
    let lock = service.shut().await;
    let answer = service.read().await;
    assert_eq!(
        answer.shown(),
        r#"503 {"code":"unavailable","detail":"The database is not available, or busy; try again."}"#
    );
    assert_eq!(answer.header("retry-after"), "5");
    lock.rollback().await.unwrap();
}

async fn timeouts(pool: &PgPool) -> Vec<String> {
    let mut timeouts = Vec::new();
    for name in [
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
    ] {
        let shown = sqlx::query_scalar("select current_setting($1)").bind(name);
        timeouts.push(shown.fetch_one(pool).await.unwrap());
    }
    timeouts
}

#[tokio::test]
async fn each_kind_of_work_has_its_own_connections_and_its_own_patience() {
    let service = Service::start().await;
    let patience = |statement| Patience {
        statement,
        lock: Duration::from_secs(30),
    };
    let (jobs, requests) = (patience(Duration::from_mins(10)), patience(Duration::from_mins(1)));
    let pools = Pools::connect(&service.database.options, 20, jobs, requests)
        .await
        .unwrap();
    let sizes = [&pools.jobs, &pools.reads, &pools.pushes].map(|pool| pool.options().get_max_connections());
    assert_eq!(sizes, [5, 10, 5]);
    assert_eq!(timeouts(&pools.jobs).await, ["10min", "30s", "1min"]);
    assert_eq!(timeouts(&pools.reads).await, ["1min", "30s", "1min"]);
    assert_eq!(
        timeouts(service.pool()).await,
        ["0", "0", "0"],
        "migrations take as long as they take"
    );
}
