//! How many requests are answered at once. One more is told so at once, before it queues for a connection behind all the others;
//! reads long before pushes. Whose token it is was found out before: who waits for NodeConductor's answer takes no seat.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sqlx::PgPool;
use tokio::sync::Semaphore;

use super::problem::Problem;
use super::state::AppState;

/// Requests for each connection that they share.
const READS: u32 = 4;
const PUSHES: u32 = 16;

/// The seats of one kind of requests. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Seats(Arc<Semaphore>);

impl Seats {
    /// So many.
    #[must_use]
    pub fn new(seats: usize) -> Self {
        Self(Arc::new(Semaphore::new(seats)))
    }

    /// For those who read through this pool.
    #[must_use]
    pub fn of_reads(pool: &PgPool) -> Self {
        Self::for_each(pool, READS)
    }

    /// For those who bring data through this pool: they are the last who are sent away.
    #[must_use]
    pub fn of_pushes(pool: &PgPool) -> Self {
        Self::for_each(pool, PUSHES)
    }

    fn for_each(pool: &PgPool, seats: u32) -> Self {
        Self::new(pool.options().get_max_connections().saturating_mul(seats) as usize)
    }
}

/// Whether a request brings data, or asks whether that can be done: it goes by the connections of pushes.
pub fn is_push(request: &Request) -> bool {
    let path = request.uri().path();
    let brings = [
        "/api/usage-records/",
        "/api/customers/",
        "/api/resources/",
        "/api/services/",
    ];
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    path == "/health/ready" || writes && brings.iter().any(|part| path.starts_with(part))
}

/// The layer itself. What is open to strangers costs next to nothing and is always answered.
pub async fn take(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/api/") || request.method() == Method::OPTIONS {
        return next.run(request).await;
    }
    let Ok(_seat) = state.seats.0.try_acquire() else {
        metrics::counter!("ncb_http_busy_total").increment(1);
        return Problem::busy().into_response();
    };
    next.run(request).await
}
