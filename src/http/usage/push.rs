//! The push: parse, record in one transaction, answer per record. A 2xx means that it is on disk.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::{self, PushBody};
use super::verdict::{Holds, PushAnswer};
use crate::db::routes::{self, Pair};
use crate::db::settings;
use crate::db::usage::{self, ResourceFacts};
use crate::domain::month::Month;
use crate::domain::reach::Reach;
use crate::domain::usage::{UsageRecord, Verdict};
use crate::http::auth::MayPush;
use crate::http::extract::Query;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// How a push is taken and answered.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PushOptions {
    /// `true`: all or nothing; any conflict or rejection answers 409 and stores nothing.
    atomic: Option<bool>,
    /// `problems`: list only what is neither accepted nor duplicate. `all` (default): list every record.
    #[param(pattern = "^(all|problems)$")]
    results: Option<String>,
}

/// Push usage.
///
/// Up to 10,000 records and 16 MiB after decompression, as JSON `{"records": […]}` or one record per line (NDJSON),
/// optionally `Content-Encoding: gzip`. Each record: `resource` (uuid), `meter` (a configured name), `hour` (on the
/// hour, with `Z` or an offset), `quantity` (text or number, at most 9 decimals, 0 ≤ q < 10⁹), `correction` (optional).
/// The same record again is a duplicate and changes nothing, so a push without an answer may simply be repeated.
#[utoipa::path(post, path = "/api/usage-records/", tag = "usage", params(PushOptions, ("Content-Encoding" = Option<String>, Header,
        description = "`gzip`: the body is compressed.", pattern = "^(identity|gzip|x-gzip)$")),
    extensions(("x-may-call" = json!(["pusher", "staff"]))),
    request_body(content((PushBody = "application/json"), (String = "application/x-ndjson")),
        description = "`{\"records\": […]}`; or NDJSON, one record a line"),
    responses(
        (status = OK, description = "Every record is stored.", body = PushAnswer),
        (status = MULTI_STATUS, description = "Some records were not stored.", body = PushAnswer),
        (status = BAD_REQUEST, description = "The body cannot be read; nothing is stored."),
        (status = UNAUTHORIZED, description = "No valid token."),
        (status = FORBIDDEN, description = "The role may not push."),
        (status = CONFLICT, description = "`atomic=true` and a record was refused; nothing is stored.", body = PushAnswer),
        (status = PAYLOAD_TOO_LARGE, description = "Too many records or bytes; nothing is stored."),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "Neither JSON nor NDJSON, or an unknown encoding."),
        (status = SERVICE_UNAVAILABLE, description = "The database cannot write now; nothing is stored. Repeat it."),
    ))]
pub async fn push(
    State(state): State<AppState>,
    _: MayPush,
    Query(options): Query<PushOptions>,
    request: Request,
) -> Answer<(StatusCode, Json<PushAnswer>)> {
    let only_problems = options.only_problems()?;
    let parsed = body::records(request, state.http.usage_body_limit, &state.meters).await?;
    let good: Vec<UsageRecord> = parsed
        .iter()
        .filter_map(|record| record.as_ref().ok().cloned())
        .collect();
    let all_good = good.len() == parsed.len();
    let atomic = options.atomic.unwrap_or(false);
    let (taken, holds, stored) = store(&state, &good, atomic, all_good).await?;
    let mut taken = taken.into_iter();
    let verdicts = parsed.into_iter().filter_map(|record| match record {
        Ok(_) => taken.next(),
        Err(rejection) => Some(Verdict::Rejected(rejection)),
    });
    let answer = PushAnswer::new(verdicts, &holds);
    count(&answer);
    let (status, answer) = match (answer.is_clean(), stored) {
        (true, _) => (StatusCode::OK, answer),
        (false, true) => (StatusCode::MULTI_STATUS, answer),
        (false, false) => (StatusCode::CONFLICT, answer.withhold()),
    };
    Ok((
        status,
        Json(if only_problems { answer.only_problems() } else { answer }),
    ))
}

impl PushOptions {
    fn only_problems(&self) -> Answer<bool> {
        match self.results.as_deref() {
            None | Some("all") => Ok(false),
            Some("problems") => Ok(true),
            Some(other) => Err(Problem::field(
                "results",
                format!("\"{other}\" is not known; all or problems is."),
            )),
        }
    }
}

/// One transaction. The last part of the answer says whether it was committed.
async fn store(
    state: &AppState,
    records: &[UsageRecord],
    atomic: bool,
    all_good: bool,
) -> Answer<(Vec<Verdict>, Holds, bool)> {
    let now = state.clock.now();
    let reach = reach(state, records).await?;
    // What lies far away gets no partition of its own.
    let near = records.iter().filter(|record| reach.hold(record.hour).is_none());
    let months: BTreeSet<Month> = near.map(|record| Month::containing(record.hour.start())).collect();
    usage::ensure_months(&state.pool, &months).await?;
    let routing = state.book.routing(&state.pool).await?;
    let mut tx = state.pool.begin().await?;
    // Whatever the server's default: a 2xx is a promise that survives a power cut.
    sqlx::query("set local synchronous_commit = on")
        .execute(&mut *tx)
        .await?;
    let pushed = usage::record(&mut tx, records, reach, now).await?;
    let names = state.meters.iter().map(|(name, id)| (*id, name.as_str())).collect();
    let pairs = pairs(&names, records, &pushed.resources);
    let codes = routes::for_pairs(&mut tx, &routing, &pairs).await?;
    let routes = pairs.iter().zip(codes);
    let holds = Holds {
        routes: routes
            .map(|(pair, code)| ((pair.resource_id, pair.meter_id), code))
            .collect(),
        far: pushed.far,
    };
    let refused = pushed
        .verdicts
        .iter()
        .any(|verdict| matches!(verdict, Verdict::Conflict { .. } | Verdict::Rejected(_)));
    let keep = !atomic || (all_good && !refused);
    if keep {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok((pushed.verdicts, holds, keep))
}

/// Which hours are believed: by our own clock mostly, and by Kill Bill's where that does not allow one of them. A push does not
/// ask Kill Bill: what its clock said last is good enough until the next pass asks.
async fn reach(state: &AppState, records: &[UsageRecord]) -> sqlx::Result<Reach> {
    let (limits, now) = (state.http.limits, state.clock.now());
    let own = limits.around(now, TimeDelta::zero());
    if records.iter().all(|record| own.hold(record.hour).is_none()) {
        return Ok(own);
    }
    Ok(limits.around(now, settings::killbill_ahead(&state.pool).await?))
}

/// The (resource, meter) pairs of a push, with what their routing depends on.
fn pairs<'a>(
    names: &'a BTreeMap<i16, &'a str>,
    records: &[UsageRecord],
    resources: &'a [ResourceFacts],
) -> Vec<Pair<'a>> {
    let used: BTreeSet<_> = records
        .iter()
        .map(|record| (record.resource, record.meter_id))
        .collect();
    let facts: BTreeMap<_, _> = resources.iter().map(|facts| (facts.uuid, facts)).collect();
    let pair = |(resource, meter_id)| {
        let facts = facts.get(&resource)?;
        let resource_type = facts.registered.then_some(facts.r#type.as_str());
        Some(Pair {
            resource_id: facts.id,
            resource_type,
            meter_id,
            meter: names.get(&meter_id)?,
        })
    };
    used.into_iter().filter_map(pair).collect()
}

fn count(answer: &PushAnswer) {
    let counts = [
        ("accepted", answer.accepted),
        ("duplicate", answer.duplicate),
        ("corrected", answer.corrected),
        ("conflict", answer.conflict),
        ("rejected", answer.rejected),
    ];
    for (verdict, number) in counts {
        metrics::counter!("ncb_usage_records_total", "verdict" => verdict).increment(number as u64);
    }
}
