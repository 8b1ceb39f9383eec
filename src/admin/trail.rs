//! The trail of what people and programs did: who, when, from where, what it was before and after.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use futures::stream;
use serde_json::{Value, json};

use super::form::Fields;
use super::frame::{Frame, Visit};
use super::person::Person;
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{query as address, view};
use crate::db::audit::{self, Act, Actor, AuditFilter, Entry, Outcome};
use crate::db::window::Window;
use crate::domain::uuid_hex;
use crate::http::csv::{self, Lines};
use crate::http::state::AppState;

const SIZE: i64 = 50;
/// Rows of one file.
const MOST: i64 = 50_000;

#[derive(Template)]
#[template(path = "trail.html", config = "src/admin/askama.toml")]
struct TrailPage {
    frame: Frame,
    entries: Vec<Entry>,
    query: Fields,
    total: i64,
    first: i64,
    before: Option<String>,
    after: Option<String>,
    csv: String,
}

#[derive(Template)]
#[template(path = "entry.html", config = "src/admin/askama.toml")]
struct EntryPage {
    frame: Frame,
    entry: Entry,
    asked: String,
    answer: String,
    before: String,
    after: String,
}

/// The list, or the same as a file.
pub(super) async fn list(State(state): State<AdminState>, visit: Visit, RawQuery(raw): RawQuery) -> Shown {
    let query = Fields::parse(raw.as_deref().unwrap_or_default());
    let (filter, pool) = (filter(&query), &state.app.pool);
    let total = audit::count(pool, &filter).await?;
    if query.get("format") == "csv" {
        return file(pool, &filter, total, state.app.clock.now().date_naive()).await;
    }
    let page = query.get("page").parse::<i64>().unwrap_or(1).clamp(1, i64::MAX / SIZE);
    let window = Window {
        limit: SIZE,
        offset: (page - 1) * SIZE,
    };
    let entries = audit::list(pool, &filter, window).await?;
    let with = |name: &'static str, value: &str| {
        let kept = ["actor", "action", "object", "from", "until"].map(|name| (name, query.get(name)));
        let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
        format!(
            "{}/admin/trail/?{}",
            state.base,
            address::of(kept.chain([(name, value)]))
        )
    };
    view::page(&TrailPage {
        before: (page > 1).then(|| with("page", &(page - 1).to_string())),
        after: (page * SIZE < total).then(|| with("page", &(page + 1).to_string())),
        csv: with("format", "csv"),
        first: window.offset + 1,
        frame: visit.frame(visit.texts.say("Trail")).await?,
        entries,
        total,
        query,
    })
}

/// One entry.
pub(super) async fn show(State(state): State<AdminState>, visit: Visit, Path(uuid): Path<String>) -> Shown {
    let uuid = uuid_hex::parse(&uuid).ok_or_else(Failure::not_found)?;
    let entry = audit::find(&state.app.pool, uuid)
        .await?
        .ok_or_else(Failure::not_found)?;
    let text = |value: &Option<Value>| {
        value
            .as_ref()
            .and_then(|value| serde_json::to_string_pretty(value).ok())
            .unwrap_or_default()
    };
    view::page(&EntryPage {
        asked: text(&entry.asked),
        answer: text(&entry.answer),
        before: text(&entry.before),
        after: text(&entry.after),
        frame: visit.frame(visit.texts.say("Trail")).await?,
        entry,
    })
}

/// Writes down what a page does by itself, without the API. Its number, for [`done`].
pub(super) async fn begun(state: &AdminState, person: &Person, action: &str, name: &str) -> Result<i64, Failure> {
    let actor = Actor {
        name: person.caller.name.clone(),
        kind: person.caller.source.word(),
        role: person.caller.role.name(),
        address: person.address,
    };
    begin(&state.app, &actor, action, name).await
}

/// That it was done.
pub(super) async fn done(state: &AdminState, entry: i64) -> Result<(), Failure> {
    end(&state.app, entry).await
}

/// Writes down what has just happened.
pub(super) async fn note(app: &AppState, actor: &Actor, action: &str, name: &str) -> Result<(), Failure> {
    let entry = begin(app, actor, action, name).await?;
    end(app, entry).await
}

async fn begin(app: &AppState, actor: &Actor, action: &str, name: &str) -> Result<i64, Failure> {
    let act = Act {
        action,
        object: name,
        asked: Some(json!({ "name": name })),
        before: None,
    };
    Ok(audit::begin(&app.pool, app.clock.now(), actor, &act).await?)
}

async fn end(app: &AppState, entry: i64) -> Result<(), Failure> {
    let outcome = Outcome {
        status: 200,
        answer: None,
        after: None,
    };
    Ok(audit::end(&app.pool, app.clock.now(), entry, &outcome).await?)
}

fn filter(query: &Fields) -> AuditFilter {
    let text = |name: &str| Some(query.get(name).replace('\0', "")).filter(|text| !text.is_empty());
    AuditFilter {
        actor: text("actor"),
        action: text("action"),
        object: text("object"),
        from: text("from").and_then(|text| midnight(&text)),
        until: text("until").and_then(|text| midnight(&text)),
    }
}

fn midnight(text: &str) -> Option<DateTime<Utc>> {
    let day: NaiveDate = text.parse().ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

async fn file(pool: &sqlx::PgPool, filter: &AuditFilter, total: i64, day: NaiveDate) -> Shown {
    if total > MOST {
        let detail = format!("The file would have {total} rows: narrow the filters to {MOST}.");
        return Err(Failure::Refused(
            axum::http::StatusCode::PAYLOAD_TOO_LARGE,
            json!({ "detail": detail }),
        ));
    }
    let whole = Window { limit: MOST, offset: 0 };
    let mut lines = Lines::default();
    for entry in audit::list(pool, filter, whole).await? {
        lines.line(|line| {
            line.plain(entry.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            line.text(&entry.actor);
            line.plain(&entry.actor_kind);
            line.plain(&entry.role);
            line.optional(entry.address.as_ref());
            line.text(&entry.action);
            line.text(&entry.object);
            line.optional(entry.status);
            for value in [&entry.asked, &entry.before, &entry.after] {
                line.text(&value.as_ref().map(Value::to_string).unwrap_or_default());
            }
        });
    }
    let heads = [
        "at", "actor", "kind", "role", "address", "action", "object", "status", "asked", "before", "after",
    ];
    Ok(csv::file("trail", day, &heads, stream::iter([Ok(lines)])))
}
