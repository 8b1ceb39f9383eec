//! Whether the process lives, and whether it can do its work. Kill Bill's state is told, not required:
//! while it is away, usage is taken and documents are served.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::state::AppState;
use crate::db;
use crate::signals::KillbillState;

const UNREACHABLE: &str = "Kill Bill could not be asked. The staff sees why in /api/jobs/, operators in the log.";

/// The process answers.
#[derive(Serialize, ToSchema)]
pub struct Live {
    /// Always `live`.
    status: &'static str,
}

/// What the service stands on.
#[derive(Serialize, ToSchema)]
pub struct Ready {
    /// `ready` or `not ready`.
    status: &'static str,
    /// `reachable` or `unreachable`.
    database: &'static str,
    /// `applied`, `missing` (run `migrate`) or `unknown`.
    migrations: &'static str,
    killbill: Killbill,
}

/// How Kill Bill last answered this process.
#[derive(Serialize, ToSchema)]
pub struct Killbill {
    /// `unknown` (not asked yet), `reachable` or `unreachable`.
    state: &'static str,
    /// Reachable: when it last answered. Unreachable: since when it does not.
    since: Option<chrono::DateTime<chrono::Utc>>,
    /// What to do; what exactly Kill Bill said is nothing for strangers and stands in `/api/jobs/` and in the log.
    detail: Option<&'static str>,
}

/// Is the process alive?
#[utoipa::path(get, path = "/health/live", tag = "operation", security(()),
    responses((status = OK, description = "The process answers.", body = Live)))]
pub async fn live() -> Json<Live> {
    Json(Live { status: "live" })
}

/// Can it work? The database must be reachable and migrated.
#[utoipa::path(get, path = "/health/ready", tag = "operation", security(()), responses(
    (status = OK, description = "Usage can be pushed.", body = Ready),
    (status = SERVICE_UNAVAILABLE, description = "It cannot.", body = Ready)))]
pub async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Ready>) {
    let (database, migrations) = match db::is_migrated(&state.pool).await {
        Ok(true) => ("reachable", "applied"),
        Ok(false) => ("reachable", "missing"),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            ("unreachable", "unknown")
        }
    };
    let ready = migrations == "applied";
    let code = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let status = if ready { "ready" } else { "not ready" };
    (
        code,
        Json(Ready {
            status,
            database,
            migrations,
            killbill: state.killbill_state().into(),
        }),
    )
}

impl From<KillbillState> for Killbill {
    fn from(state: KillbillState) -> Self {
        match state {
            KillbillState::Unknown => Self {
                state: "unknown",
                since: None,
                detail: None,
            },
            KillbillState::Reachable { at } => Self {
                state: "reachable",
                since: Some(at),
                detail: None,
            },
            KillbillState::Unreachable { since, .. } => Self {
                state: "unreachable",
                since: Some(since),
                detail: Some(UNREACHABLE),
            },
        }
    }
}
