//! How many records a list has, and where each of its pages lies. The kept sums know how many rows each month has; so a count
//! adds up months and no hours, and a page opens the months that it shows, from the end that is nearer.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::postgres::Postgres;
use sqlx::{PgPool, QueryBuilder};

use super::read::{RecordFilter, count};
use crate::db::window::Window;
use crate::domain::month::Month;

/// Rows of the ledger between two instants, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    pub(super) rows: i64,
}

/// What is to be read of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    /// Counted from the stretch's end.
    pub(super) backwards: bool,
    pub(super) window: Window,
}

/// Of which resources, and which meter.
#[derive(Clone, Debug)]
pub struct Whose {
    /// `None`: all of them.
    pub(super) resources: Option<Vec<i64>>,
    pub(super) meter: Option<i16>,
}

/// A list of records.
#[derive(Clone, Debug)]
pub enum Extent {
    /// By its stretches in the list's order.
    Kept { whose: Whose, stretches: Vec<Stretch> },
    /// Of a filter that only the records themselves answer.
    Counted(i64),
}

impl Extent {
    /// How many records there are.
    #[must_use]
    pub fn rows(&self) -> i64 {
        match self {
            Self::Kept { stretches, .. } => stretches.iter().map(|stretch| stretch.rows).sum(),
            Self::Counted(rows) => *rows,
        }
    }
}

impl Part {
    /// Where the rows of a window lie.
    pub(super) fn of(stretches: &[Stretch], window: Window) -> Vec<Self> {
        let (mut skip, mut wanted, mut parts) = (window.offset, window.limit, Vec::new());
        for stretch in stretches {
            let limit = (stretch.rows - skip).clamp(0, wanted);
            if limit > 0 {
                parts.push(stretch.part(skip, limit));
            }
            wanted -= limit;
            skip = (skip - stretch.rows).max(0);
        }
        parts
    }
}

impl Stretch {
    /// From the end that is nearer.
    fn part(&self, offset: i64, limit: i64) -> Part {
        let left = self.rows - offset - limit;
        let backwards = left < offset;
        Part {
            start: self.start,
            end: self.end,
            backwards,
            window: Window {
                limit,
                offset: if backwards { left } else { offset },
            },
        }
    }
}

/// The extent of the list.
///
/// # Errors
/// When the database fails.
pub async fn extent(pool: &PgPool, filter: &RecordFilter) -> sqlx::Result<Extent> {
    if filter.is_about_fate() {
        return Ok(Extent::Counted(count(pool, filter).await?));
    }
    let Some(whose) = whose(pool, filter).await? else {
        return Ok(Extent::Counted(0));
    };
    let mut stretches = Vec::new();
    for (month, rows) in months(pool, &whose, filter).await? {
        let month = Month::of(month);
        let (start, end) = (month.start(), month.end());
        let within = (
            filter.start.map_or(start, |from| from.max(start)),
            filter.end.map_or(end, |until| until.min(end)),
        );
        let rows = if within == (start, end) {
            rows
        } else {
            counted(pool, &whose, within).await?
        };
        stretches.push(Stretch {
            start: within.0,
            end: within.1,
            rows,
        });
    }
    if filter.descending {
        stretches.reverse();
    }
    Ok(Extent::Kept { whose, stretches })
}

async fn whose(pool: &PgPool, filter: &RecordFilter) -> sqlx::Result<Option<Whose>> {
    let all = filter.visible.is_none() && filter.customer.is_none() && filter.resource.is_none();
    let resources = if all {
        None
    } else {
        Some(resources(pool, filter).await?)
    };
    let meter = match &filter.meter {
        None => None,
        Some(name) => {
            let id = sqlx::query_scalar("select id from meter where name = $1").bind(name);
            match id.fetch_optional(pool).await? {
                Some(id) => Some(id),
                None => return Ok(None),
            }
        }
    };
    let somebody = resources.as_ref().is_none_or(|resources| !resources.is_empty());
    Ok(somebody.then_some(Whose { resources, meter }))
}

async fn resources(pool: &PgPool, filter: &RecordFilter) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "select r.id from resource r left join customer c on c.id = r.customer_id
         where ($1::uuid[] is null or c.uuid = any($1)) and ($2::uuid is null or c.uuid = $2) and ($3::uuid is null or r.uuid = $3)",
    )
    .bind(&filter.visible)
    .bind(filter.customer)
    .bind(filter.resource)
    .persistent(false)
    .fetch_all(pool)
    .await
}

/// Rows by month: those that the kept sums know, and the few that are held for their distance, which they do not.
async fn months(pool: &PgPool, whose: &Whose, filter: &RecordFilter) -> sqlx::Result<Vec<(NaiveDate, i64)>> {
    let mut query = QueryBuilder::new(
        "select month, sum(rows)::bigint from (select s.month, s.records + s.replaced as rows from usage_sum s where true",
    );
    whose.narrow(&mut query, "s");
    if let Some(from) = filter.start {
        query
            .push(" and s.month >= ")
            .push_bind(Month::containing(from).first_day());
    }
    if let Some(until) = filter.end {
        query
            .push(" and s.month < ")
            .push_bind(until)
            .push(" at time zone 'UTC'");
    }
    query.push(" union all select date_trunc('month', u.hour at time zone 'UTC')::date, 1 from usage_record u where u.hold in ('ahead', 'too-old')");
    whose.narrow(&mut query, "u");
    within(&mut query, filter.start, filter.end);
    query.push(") each where rows > 0 group by month order by month");
    query.build_query_as().persistent(false).fetch_all(pool).await
}

/// The rows of a part of a month, one by one.
async fn counted(pool: &PgPool, whose: &Whose, (start, end): (DateTime<Utc>, DateTime<Utc>)) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from usage_record u where true");
    whose.narrow(&mut query, "u");
    within(&mut query, Some(start), Some(end));
    query.build_query_scalar().persistent(false).fetch_one(pool).await
}

impl Whose {
    /// To these resources and this meter.
    pub(super) fn narrow(&self, query: &mut QueryBuilder<Postgres>, table: &str) {
        if let Some(resources) = &self.resources {
            query.push(format!(" and {table}.resource_id = any("));
            query.push_bind(resources.clone()).push(")");
        }
        if let Some(meter) = self.meter {
            query.push(format!(" and {table}.meter_id = ")).push_bind(meter);
        }
    }
}

/// To the hours of a half-open span.
pub(super) fn within(query: &mut QueryBuilder<Postgres>, start: Option<DateTime<Utc>>, end: Option<DateTime<Utc>>) {
    if let Some(start) = start {
        query.push(" and u.hour >= ").push_bind(start);
    }
    if let Some(end) = end {
        query.push(" and u.hour < ").push_bind(end);
    }
}
