//! The trail of what people and programs did: who, when, from where, what it was before and after.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use futures::stream;
use serde_json::Value;

use super::form::Fields;
use super::frame::{Frame, Visit};
use super::paging::Paging;
use super::person::Person;
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{csv, query as address, view};
use crate::db::audit::{self, Act, Actor, AuditFilter, Entry, Outcome};
use crate::db::window::Window;
use crate::http::csv::{self as file, Lines};
use crate::http::state::AppState;

const SIZE: i64 = 50;

#[derive(Template)]
#[template(path = "trail.html", config = "src/admin/askama.toml")]
struct TrailPage {
    frame: Frame,
    entries: Vec<Entry>,
    query: Fields,
    paging: Paging,
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
        return whole(pool, &filter, total, state.app.clock.now().date_naive()).await;
    }
    let page = query.page();
    let window = Window {
        limit: SIZE,
        offset: (page - 1) * SIZE,
    };
    let entries = audit::list(pool, &filter, window).await?;
    let with = |name: &'static str, value: &str| {
        let kept = ["actor", "action", "object", "from", "until"].map(|name| (name, query.get(name)));
        let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
        state.page(&format!("trail/?{}", address::of(kept.chain([(name, value)]))))
    };
    view::page(&TrailPage {
        paging: Paging::new(Some(total), (page, SIZE), entries.len(), |page| {
            with("page", &page.to_string())
        }),
        csv: with("format", "csv"),
        frame: visit.frame(visit.texts.say("Trail")).await?,
        entries,
        query,
    })
}

/// One entry.
pub(super) async fn show(State(state): State<AdminState>, visit: Visit, Path(uuid): Path<String>) -> Shown {
    let uuid = address::uuid(&uuid)?;
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
        kind: person.caller.source.into(),
        role: person.caller.role,
        address: person.address,
    };
    let act = Act::named(action, name, name);
    Ok(audit::begin(&state.app.pool, state.app.clock.now(), &actor, &act).await?)
}

/// That it was done.
pub(super) async fn done(state: &AdminState, entry: i64) -> Result<(), Failure> {
    Ok(audit::end(&state.app.pool, state.app.clock.now(), entry, &Outcome::DONE).await?)
}

/// Writes down what has just happened.
pub(super) async fn note(app: &AppState, actor: &Actor, action: &str, name: &str) -> Result<(), Failure> {
    Ok(audit::note(&app.pool, app.clock.now(), actor, &Act::named(action, name, name)).await?)
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

async fn whole(pool: &sqlx::PgPool, filter: &AuditFilter, total: i64, day: NaiveDate) -> Shown {
    csv::fits(total)?;
    let window = Window {
        limit: csv::MOST,
        offset: 0,
    };
    let mut lines = Lines::default();
    for entry in audit::list(pool, filter, window).await? {
        lines.line(|line| {
            line.plain(entry.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            line.text(&entry.actor);
            line.plain(entry.actor_kind);
            line.plain(entry.role);
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
    Ok(file::file("trail", day, &heads, stream::iter([Ok(lines)])))
}
