//! The trail (tables `audit_entry` and `audit_outcome`, append-only): what people and programs asked for is written before it
//! is done, what came of it afterwards. An entry without an outcome is one that nobody knows about: the process ended.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::tokens::Role;
use super::window::Window;
use crate::domain::words::words;

words! {
    /// What an actor came with.
    pub enum ActorKind = "kind of actor" {
        /// Signed in to the admin pages.
        User = "user",
        /// A token of ours.
        Token = "token",
        /// NodeConductor's own token.
        NodeConductor = "nodeconductor",
        /// The command line.
        Command = "command",
    }
}

/// Who acts.
#[derive(Clone, Debug)]
pub struct Actor {
    pub name: String,
    pub kind: ActorKind,
    pub role: Role,
    /// None: not from the network.
    pub address: Option<IpAddr>,
}

/// What is about to be done.
#[derive(Clone, Debug)]
pub struct Act<'a> {
    /// Such as `POST /api/deliveries/{uuid}/retry/`.
    pub action: &'a str,
    /// The thing's address.
    pub object: &'a str,
    pub asked: Option<Value>,
    pub before: Option<Value>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// As an HTTP status.
    pub status: u16,
    pub answer: Option<Value>,
    pub after: Option<Value>,
}

impl<'a> Act<'a> {
    /// What is done to something that has a name and no address in the API.
    #[must_use]
    pub fn named(action: &'a str, object: &'a str, name: &str) -> Self {
        Self {
            action,
            object,
            asked: Some(json!({ "name": name })),
            before: None,
        }
    }
}

impl Outcome {
    /// It was done, and there is no more to say.
    pub const DONE: Self = Self {
        status: 200,
        answer: None,
        after: None,
    };
}

/// An entry with what came of it.
#[derive(Clone, Debug, FromRow)]
pub struct Entry {
    pub uuid: Uuid,
    pub at: DateTime<Utc>,
    pub actor: String,
    pub actor_kind: ActorKind,
    pub role: Role,
    pub address: Option<String>,
    pub action: String,
    pub object: String,
    pub asked: Option<Value>,
    pub before: Option<Value>,
    pub status: Option<i32>,
    pub answer: Option<Value>,
    pub after: Option<Value>,
}

/// Which entries; what is absent does not restrict.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub actor: Option<String>,
    /// A part of it.
    pub action: Option<String>,
    /// A part of it, such as a uuid.
    pub object: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}

macro_rules! entries {
    ($what:literal, $rest:literal) => {
        concat!(
            "select ",
            $what,
            " from audit_entry e left join audit_outcome o on o.entry_id = e.id
              where ($1::text is null or e.actor = $1)
                and ($2::text is null or position($2 in e.action) > 0)
                and ($3::text is null or position($3 in e.object) > 0)
                and ($4::timestamptz is null or e.at >= $4) and ($5::timestamptz is null or e.at < $5) ",
            $rest
        )
    };
}

macro_rules! filtered {
    ($query:expr, $filter:expr) => {
        $query
            .bind(&$filter.actor)
            .bind(&$filter.action)
            .bind(&$filter.object)
            .bind($filter.from)
            .bind($filter.until)
    };
}

/// Writes down what is about to be done. Its number, for [`end`].
///
/// # Errors
/// When the database fails; then nothing may be done.
pub async fn begin(pool: &PgPool, now: DateTime<Utc>, actor: &Actor, act: &Act<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "insert into audit_entry (uuid, at, actor, actor_kind, role, address, action, object, asked, before)
         values ($1, $2, $3, $4, $5, $6::inet, $7, $8, $9, $10) returning id",
    )
    .bind(Uuid::now_v7())
    .bind(now)
    .bind(&actor.name)
    .bind(actor.kind)
    .bind(actor.role)
    .bind(actor.address.map(|address| address.to_string()))
    .bind(act.action)
    .bind(act.object)
    .bind(&act.asked)
    .bind(&act.before)
    .fetch_one(pool)
    .await
}

/// Writes down what came of it.
///
/// # Errors
/// When the database fails; the entry stays without an outcome.
pub async fn end(pool: &PgPool, now: DateTime<Utc>, entry: i64, outcome: &Outcome) -> sqlx::Result<()> {
    sqlx::query("insert into audit_outcome (entry_id, at, status, answer, after) values ($1, $2, $3, $4, $5)")
        .bind(entry)
        .bind(now)
        .bind(i32::from(outcome.status))
        .bind(&outcome.answer)
        .bind(&outcome.after)
        .execute(pool)
        .await
        .map(|_| ())
}

/// Writes down what has just been done.
///
/// # Errors
/// When the database fails.
pub async fn note(pool: &PgPool, now: DateTime<Utc>, actor: &Actor, act: &Act<'_>) -> sqlx::Result<()> {
    let entry = begin(pool, now, actor, act).await?;
    end(pool, now, entry, &Outcome::DONE).await
}

/// How many entries there are.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &AuditFilter) -> sqlx::Result<i64> {
    filtered!(sqlx::query_scalar(entries!("count(*)", "")), filter)
        .fetch_one(pool)
        .await
}

/// The entries, the latest first.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &AuditFilter, window: Window) -> sqlx::Result<Vec<Entry>> {
    let page = entries!(
        "e.uuid, e.at, e.actor, e.actor_kind, e.role, host(e.address) as address, e.action, e.object, e.asked, e.before,
         o.status, o.answer, o.after",
        "order by e.id desc limit $6 offset $7"
    );
    filtered!(sqlx::query_as(page), filter)
        .bind(window.limit)
        .bind(window.offset)
        .fetch_all(pool)
        .await
}

/// One entry.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<Entry>> {
    sqlx::query_as(
        "select e.uuid, e.at, e.actor, e.actor_kind, e.role, host(e.address) as address, e.action, e.object, e.asked,
                e.before, o.status, o.answer, o.after
           from audit_entry e left join audit_outcome o on o.entry_id = e.id where e.uuid = $1",
    )
    .bind(uuid)
    .fetch_optional(pool)
    .await
}
