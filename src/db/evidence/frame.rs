//! Which hours a usage line rates: those of its window in the subscription's timeline, written down with the line before it
//! is checked, so that all evidence goes by them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use sqlx::PgPool;

use crate::db::timelines::{self, Kept};
use crate::domain::timeline::Timeline;

#[derive(sqlx::FromRow)]
struct Line {
    id: i64,
    subscription_id: i64,
    usage_name: String,
    start_date: NaiveDate,
    end_date: NaiveDate,
}

/// Writes down the hours of the invoice's usage lines, and of earlier lines of its subscriptions that have none yet.
///
/// # Errors
/// When the database fails.
pub async fn frame(pool: &PgPool, invoice_id: i64) -> sqlx::Result<()> {
    let lines: Vec<Line> = sqlx::query_as(
        "select x.id, s.id as subscription_id, x.usage_name, x.start_date, x.end_date
         from invoice_item y join subscription s on s.killbill_id = y.subscription_killbill_id
         join invoice_item x on x.subscription_killbill_id = s.killbill_id
         where y.invoice_id = $1 and y.item_type = 'USAGE' and x.item_type = 'USAGE' and x.gone_at is null
           and (x.invoice_id = $1 or x.hours_from is null)
           and x.usage_name is not null and x.start_date is not null and x.end_date is not null
         group by x.id, s.id, x.usage_name, x.start_date, x.end_date",
    )
    .bind(invoice_id)
    .fetch_all(pool)
    .await?;
    if lines.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = lines.iter().map(|line| line.subscription_id).collect();
    let timelines = of(pool, invoice_id, &ids).await?;
    let hours: Vec<_> = lines
        .iter()
        .filter_map(|line| Some((line.id, hours(timelines.get(&line.subscription_id)?, line))))
        .collect();
    write(pool, &hours).await
}

async fn of(pool: &PgPool, invoice_id: i64, ids: &[i64]) -> sqlx::Result<BTreeMap<i64, Timeline>> {
    let currency: String = sqlx::query_scalar("select currency from invoice where id = $1")
        .bind(invoice_id)
        .fetch_one(pool)
        .await?;
    timelines::of_subscriptions(pool, &currency, ids).await
}

type Hours = Option<(DateTime<Utc>, DateTime<Utc>)>;

fn hours(timeline: &Timeline, line: &Line) -> Hours {
    let around = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let (from, until) = (
        around(line.start_date) - TimeDelta::days(1),
        around(line.end_date) + TimeDelta::days(2),
    );
    let windows = timeline.windows_of_usage(&line.usage_name, from, until);
    let mut own = windows
        .iter()
        .filter(|window| (window.first_day, window.end_day) == (line.start_date, line.end_date));
    // Two windows inside one day bear the same dates: nobody can tell which one the line is.
    match (own.next(), own.next()) {
        (Some(only), None) => Some(only.hours()),
        _ => None,
    }
}

async fn write(pool: &PgPool, hours: &[(i64, Hours)]) -> sqlx::Result<()> {
    let from = |(_, hours): &(i64, Hours)| hours.map(|(from, _)| from);
    let until = |(_, hours): &(i64, Hours)| hours.map(|(_, until)| until);
    sqlx::query(
        "update invoice_item x set hours_from = k.starts, hours_until = k.ends
         from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) as k (id, starts, ends)
         where x.id = k.id and (x.hours_from, x.hours_until) is distinct from (k.starts, k.ends)",
    )
    .bind(hours.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(hours.iter().map(from).collect::<Vec<_>>())
    .bind(hours.iter().map(until).collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(())
}

/// The kept subscriptions behind Kill Bill's ids.
pub(super) async fn kept(pool: &PgPool, killbill_ids: &[uuid::Uuid]) -> sqlx::Result<Vec<(uuid::Uuid, Kept)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        killbill_id: uuid::Uuid,
        #[sqlx(flatten)]
        kept: Kept,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select s.killbill_id, s.id, s.plan, s.billing_start, s.billing_end, s.subscribed, c.account_terms
         from subscription s join resource r on r.id = s.resource_id join customer c on c.id = r.customer_id
         where s.killbill_id = any($1)",
    )
    .bind(killbill_ids)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.killbill_id, row.kept)).collect())
}
