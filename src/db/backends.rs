//! Queries end with the request that wanted them. A request that is given up, by us or by a client that went away, is dropped in
//! the middle of a query; PostgreSQL would work on to its end, and the connection would be taken for as long. So it is noted
//! which backend works for which request, and those of a request that is dropped are told to stop.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};

tokio::task_local! {
    /// The request under way.
    static REQUEST: u64;
}

/// The backends of the pools that are watched. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Backends(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// A connection that is always free to say "stop".
    canceller: PgPool,
    requests: AtomicU64,
    at_work: Mutex<AtWork>,
}

#[derive(Debug, Default)]
struct AtWork {
    /// The request that took the connection of a process last.
    requests: HashMap<i32, u64>,
    /// Told to stop: the word may come late, so nobody gets these connections any more.
    stopped: HashSet<i32>,
}

impl Backends {
    /// With a pool of its own to say so by.
    #[must_use]
    pub fn new(canceller: PgPool) -> Self {
        Self(Arc::new(Inner {
            canceller,
            requests: AtomicU64::new(0),
            at_work: Mutex::default(),
        }))
    }

    /// Notes who takes the pool's connections. To ask a connection for its process is also the test that it is alive.
    pub(super) fn watch(&self, pool: PgPoolOptions) -> PgPoolOptions {
        let (opened, taken) = (self.clone(), self.clone());
        pool.test_before_acquire(false)
            .after_connect(move |connection, _| {
                let backends = opened.clone();
                Box::pin(async move {
                    let process = process(connection).await?;
                    backends.at_work().stopped.remove(&process);
                    backends.take(process);
                    Ok(())
                })
            })
            .before_acquire(move |connection, _| {
                let backends = taken.clone();
                Box::pin(async move { Ok(backends.take(process(connection).await?)) })
            })
    }

    /// Does the work of a request. Dropped before its end, it takes its queries with it.
    pub async fn while_wanted<T>(&self, work: impl Future<Output = T>) -> T {
        let request = self.0.requests.fetch_add(1, Ordering::Relaxed);
        let mut wanted = Wanted {
            backends: self,
            request,
            done: false,
        };
        let done = REQUEST.scope(request, work).await;
        wanted.done = true;
        done
    }

    /// Notes the connection for the request under way; `false` when nobody may have it.
    fn take(&self, process: i32) -> bool {
        let mut at_work = self.at_work();
        if at_work.stopped.remove(&process) {
            at_work.requests.remove(&process);
            return false;
        }
        match REQUEST.try_get() {
            Ok(request) => at_work.requests.insert(process, request),
            Err(_) => at_work.requests.remove(&process),
        };
        true
    }

    /// Forgets the request; returns the processes that took up work for it last. Before it was done, nobody else gets them.
    fn leave(&self, request: u64, done: bool) -> Vec<i32> {
        let mut at_work = self.at_work();
        let of_it = at_work.requests.extract_if(|_, other| *other == request);
        let processes: Vec<i32> = of_it.map(|(process, _)| process).collect();
        if !done {
            at_work.stopped.extend(&processes);
        }
        processes
    }

    fn stop(&self, processes: Vec<i32>) {
        // At the end of a process nobody is left to say so, and the connections close.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let canceller = self.0.canceller.clone();
        runtime.spawn(async move {
            if let Err(error) = cancel(&canceller, &processes).await {
                tracing::warn!(%error, "the queries of a request that was given up could not be stopped");
            }
        });
    }

    fn at_work(&self) -> MutexGuard<'_, AtWork> {
        self.0.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That a request is under way.
struct Wanted<'b> {
    backends: &'b Backends,
    request: u64,
    done: bool,
}

impl Drop for Wanted<'_> {
    fn drop(&mut self) {
        let working = self.backends.leave(self.request, self.done);
        if !self.done && !working.is_empty() {
            self.backends.stop(working);
        }
    }
}

async fn process(connection: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(connection)
        .await
}

async fn cancel(canceller: &PgPool, processes: &[i32]) -> sqlx::Result<()> {
    let mut connection = canceller.acquire().await?;
    sqlx::query("select pg_cancel_backend(process) from unnest($1::integer[]) process")
        .bind(processes)
        .execute(&mut *connection)
        .await?;
    // Seldom needed, so not kept.
    connection.detach().close().await
}
