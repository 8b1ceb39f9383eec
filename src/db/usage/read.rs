//! Reads usage records back: the stored revision with the state that its delivery and invoice give it.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, PgPool, QueryBuilder};
use uuid::Uuid;

use super::extent::{Extent, Part, Whose, within};
use super::key::columns;
use super::states;
use crate::db::window::Window;
use crate::domain::hold::HoldCode;
use crate::domain::usage::{RecordKey, RecordState};

/// A record as the API shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RecordRow {
    pub resource_id: i64,
    pub meter_id: i16,
    pub hour: DateTime<Utc>,
    pub revision: i16,
    pub resource_uuid: Uuid,
    pub resource_name: String,
    pub customer_uuid: Option<Uuid>,
    pub meter: String,
    pub quantity: Decimal,
    pub delta: Decimal,
    pub recorded_at: DateTime<Utc>,
    pub state: RecordState,
    pub hold: Option<HoldCode>,
    pub hold_detail: Option<String>,
    pub delivery_uuid: Option<Uuid>,
    /// The delivery's, or the mark of the settlement.
    pub tracking_id: Option<String>,
    pub settlement_uuid: Option<Uuid>,
    pub invoice_uuid: Option<Uuid>,
}

impl RecordRow {
    /// Why it is held, as a sentence: its own, or that of the reason.
    #[must_use]
    pub fn held_detail(&self) -> Option<&str> {
        self.hold_detail
            .as_deref()
            .or_else(|| self.hold.map(HoldCode::sentence))
    }
}

/// Which records to list; empty means all.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// The customers that the caller may see; None for all.
    pub visible: Option<Vec<Uuid>>,
    pub customer: Option<Uuid>,
    pub resource: Option<Uuid>,
    /// Carried by this delivery, or by one that this invoice lists.
    pub delivery: Option<Uuid>,
    pub invoice: Option<Uuid>,
    pub meter: Option<String>,
    /// First instant, inclusive.
    pub start: Option<DateTime<Utc>>,
    /// Last instant, exclusive.
    pub end: Option<DateTime<Utc>>,
    pub state: Option<RecordState>,
    /// The reason for which they are held.
    pub held: Option<HoldCode>,
    /// Newest hour first.
    pub descending: bool,
}

impl RecordFilter {
    /// Whether it asks what became of records, which only they themselves tell.
    pub(super) const fn is_about_fate(&self) -> bool {
        self.state.is_some() || self.held.is_some() || self.delivery.is_some() || self.invoice.is_some()
    }
}

// A record's state is derived: its own while nothing carries it, its delivery's or its settlement's afterwards.
const RECORDS: &str = "
    select * from (
        select u.resource_id, u.meter_id, u.hour, u.revision, r.uuid as resource_uuid, r.name as resource_name,
               c.uuid as customer_uuid, m.name as meter, u.quantity, u.delta, u.recorded_at,
               case when u.superseded then 'superseded'
                    when d.invoice_id is not null then 'billed'
                    when d.state = 'prepared' then 'sending'
                    when d.state is not null then d.state
                    when t.state = 'posted' and (t.direction = 'nothing' or i.status = 'COMMITTED') then 'billed'
                    when t.state = 'posted' then 'verified'
                    when t.state = 'prepared' then 'sending'
                    when t.state is not null then t.state
                    when coalesce(u.hold, o.hold) is not null then 'held'
                    else 'pending' end as state,
               case when d.id is null and t.id is null and not u.superseded then coalesce(u.hold, o.hold) end as hold,
               case when d.id is null and t.id is null and not u.superseded and u.hold is null then o.hold_detail end as hold_detail,
               d.uuid as delivery_uuid, coalesce(d.tracking_id, t.mark) as tracking_id, t.uuid as settlement_uuid, i.uuid as invoice_uuid
        from usage_record u
        join resource r on r.id = u.resource_id
        left join customer c on c.id = r.customer_id
        join meter m on m.id = u.meter_id
        left join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
        left join delivery d on d.id = u.delivery_id
        left join settlement_line l on l.id = u.settlement_line_id
        left join settlement t on t.id = l.settlement_id
        left join invoice i on i.id = coalesce(d.invoice_id, t.invoice_id)
        where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2)
          and ($3::uuid is null or r.uuid = $3) and ($4::text is null or m.name = $4)
          and ($5::timestamptz is null or u.hour >= $5) and ($6::timestamptz is null or u.hour < $6)";

const FATE: &str = ") record where ($7::text is null or state = $7) and ($8::text is null or hold = $8)";

/// The records that the filter's parameters let through; further conditions may follow.
pub(super) fn records(filter: &RecordFilter) -> String {
    format!("{RECORDS} {} {FATE}", states::likely(filter))
}

/// The filter's part of the parameters, $1 to $8.
macro_rules! bound {
    ($query:expr, $filter:expr) => {
        $query
            .bind(&$filter.visible)
            .bind($filter.customer)
            .bind($filter.resource)
            .bind(&$filter.meter)
            .bind($filter.start)
            .bind($filter.end)
            .bind($filter.state)
            .bind($filter.held)
    };
}
pub(super) use bound;

/// A delivery or an invoice finds its records through the resources and the window that it carries: the ledger has no
/// index on deliveries, as that would cost every record a write.
pub(super) fn narrowed(filter: &RecordFilter) -> String {
    let conditions = [
        ("delivery_uuid", "d.uuid", filter.delivery),
        ("invoice_uuid", "i.uuid", filter.invoice),
    ];
    let narrowed = conditions.into_iter().filter_map(|(shown, column, uuid)| {
        let uuid = uuid?;
        let carried = format!(
            "from delivery d join subscription s on s.id = d.subscription_id left join invoice i on i.id = d.invoice_id where {column} = '{uuid}'"
        );
        Some(format!(
            " and {shown} = '{uuid}' and resource_id = any(array(select distinct s.resource_id {carried}))
              and hour >= (select min(d.window_start) {carried}) and hour < (select max(d.window_end) {carried})"
        ))
    });
    narrowed.collect()
}

/// How many records there are, counted one by one.
pub(super) async fn count(pool: &PgPool, filter: &RecordFilter) -> sqlx::Result<i64> {
    let query = AssertSqlSafe(format!(
        "select count(*) from ({} {}) counted",
        records(filter),
        narrowed(filter)
    ));
    bound!(sqlx::query_scalar(query).persistent(false), filter)
        .fetch_one(pool)
        .await
}

/// The records of one page of the list, by hour.
///
/// # Errors
/// When the database fails.
pub async fn list(
    pool: &PgPool,
    filter: &RecordFilter,
    extent: &Extent,
    window: Window,
) -> sqlx::Result<Vec<RecordRow>> {
    match extent {
        Extent::Kept { whose, stretches } => {
            let mut keys = Vec::new();
            for part in Part::of(stretches, window) {
                keys.extend(keys_of(pool, whose, part, filter.descending).await?);
            }
            with_keys(pool, filter, keys).await
        }
        Extent::Counted(_) => searched(pool, filter, window).await,
    }
}

/// Sorted by an expression, so that nobody goes through the hours from the beginning until enough records in a rare state are found.
async fn searched(pool: &PgPool, filter: &RecordFilter, window: Window) -> sqlx::Result<Vec<RecordRow>> {
    let order = format!(
        "{} {} order by hour + interval '0' {}, resource_id, meter_id, revision limit $9 offset $10",
        records(filter),
        narrowed(filter),
        direction(filter.descending)
    );
    bound!(sqlx::query_as(AssertSqlSafe(order)).persistent(false), filter)
        .bind(window.limit)
        .bind(window.offset)
        .fetch_all(pool)
        .await
}

const fn direction(descending: bool) -> &'static str {
    if descending { "desc" } else { "asc" }
}

/// A record's place in every list.
type Key = (i64, i16, DateTime<Utc>, i16);

/// The keys of a part, in the list's order. Nothing is joined to what is skipped.
async fn keys_of(pool: &PgPool, whose: &Whose, part: Part, descending: bool) -> sqlx::Result<Vec<Key>> {
    let mut query =
        QueryBuilder::new("select u.resource_id, u.meter_id, u.hour, u.revision from usage_record u where true");
    whose.narrow(&mut query, "u");
    within(&mut query, Some(part.start), Some(part.end));
    let (hour, rest) = (direction(descending != part.backwards), direction(part.backwards));
    query.push(format!(
        " order by u.hour {hour}, u.resource_id {rest}, u.meter_id {rest}, u.revision {rest} limit "
    ));
    query.push_bind(part.window.limit).push(" offset ");
    query.push_bind(part.window.offset);
    let mut keys: Vec<Key> = query.build_query_as().persistent(false).fetch_all(pool).await?;
    if part.backwards {
        keys.reverse();
    }
    Ok(keys)
}

/// The records of these keys.
async fn with_keys(pool: &PgPool, filter: &RecordFilter, keys: Vec<Key>) -> sqlx::Result<Vec<RecordRow>> {
    let hours = || keys.iter().map(|(_, _, hour, _)| *hour);
    let (Some(first), Some(last)) = (hours().min(), hours().max()) else {
        return Ok(Vec::new());
    };
    let among = RecordFilter {
        start: Some(first),
        end: Some(last + TimeDelta::hours(1)),
        ..RecordFilter::default()
    };
    let query = format!(
        "{} and (resource_id, meter_id, hour, revision) in
             (select * from unnest($9::bigint[], $10::smallint[], $11::timestamptz[], $12::smallint[]))
         order by hour {}, resource_id, meter_id, revision",
        records(&among),
        direction(filter.descending)
    );
    let revisions: Vec<i16> = keys.iter().map(|key| key.3).collect();
    let (resources, meters, hours) = columns(
        keys.into_iter()
            .map(|(resource, meter, hour, _)| (resource, meter, hour)),
    );
    bound!(sqlx::query_as(AssertSqlSafe(query)).persistent(false), among)
        .bind(resources)
        .bind(meters)
        .bind(hours)
        .bind(revisions)
        .fetch_all(pool)
        .await
}

/// All revisions of a record that the caller may see, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn revisions(pool: &PgPool, key: RecordKey, visible: Option<&[Uuid]>) -> sqlx::Result<Vec<RecordRow>> {
    let all = records(&RecordFilter::default());
    let query = format!("{all} and resource_id = $9 and meter_id = $10 order by revision");
    sqlx::query_as(AssertSqlSafe(query))
        .bind(visible.map(<[Uuid]>::to_vec))
        .bind(None::<Uuid>)
        .bind(None::<Uuid>)
        .bind(None::<String>)
        .bind(key.hour.start())
        .bind(key.hour.end())
        .bind(None::<String>)
        .bind(None::<String>)
        .bind(key.resource_id)
        .bind(key.meter_id)
        .fetch_all(pool)
        .await
}
