//! Puts hours into groups that wait for consent.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgPool;

use crate::db::outbox::settled_rows;
use crate::db::settlements::Terms;

/// The rows that `$rows` finds, each with its class and what held it before, become parts of waiting groups.
macro_rules! asking {
    ($class:literal, $hold:literal, $rows:expr) => {
        concat!(
            "with found as (
                 select u.resource_id, u.meter_id, u.hour, u.revision, date_trunc('month', u.hour)::date as month, ",
            $class,
            " as class, ",
            $hold,
            " as hold from ",
            $rows,
            "    for update of u
             ), opened as (
                 insert into approval (uuid, resource_id, meter_id, month, class, hold, created_at)
                 select gen_random_uuid(), resource_id, meter_id, month, class, min(hold), $2 from found
                 where class = any($1) group by resource_id, meter_id, month, class
                 on conflict (resource_id, meter_id, month, class) where state = 'waiting'
                 do update set created_at = approval.created_at
                 returning id, resource_id, meter_id, month, class
             )
             update usage_record u set approval_id = a.id, hold = 'awaiting-approval'
             from found f join opened a using (resource_id, meter_id, month, class)
             where u.resource_id = f.resource_id and u.meter_id = f.meter_id and u.hour = f.hour and u.revision = f.revision"
        )
    };
}

/// Corrections and late hours that a settlement would take.
const CORRECTIONS: &str = asking!(
    "case when u.hold = 'correction-after-invoice' then 'credit-after-invoice'
          when u.delta < 0 then 'old-credit' else 'old-charge' end",
    "u.hold",
    "usage_record u
     where u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.approval_id is null
       and u.hold in ('correction-after-invoice', 'period-closed')"
);

/// Usage that a delivery had to leave here: it knew the class, and Kill Bill's day that tells it is written down.
const USAGE: &str = asking!(
    "case when u.hour < coalesce(s.charged_through, '-infinity'::date)::timestamptz then 'late-usage' else 'open-difference' end",
    "null::text",
    "usage_record u
     left join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
     left join subscription s on s.resource_id = u.resource_id and s.plan = o.plan and s.replaced_at is null
     where u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.approval_id is null
       and u.hold = 'awaiting-approval'"
);

/// Hours of monthly prices whose month is over.
const HOURS: &str = asking!(
    "case when exists (select from settlement_line l
                       where l.resource_id = u.resource_id and l.meter_id = u.meter_id and l.monthly is not null
                         and l.period_start >= date_trunc('month', u.hour)::date
                         and l.period_start < (date_trunc('month', u.hour) + interval '1 month')::date)
          then 'monthly-difference' else 'monthly-charge' end",
    "null::text",
    concat!(
        "usage_record u join route o on o.resource_id = u.resource_id and o.meter_id = u.meter_id
         where o.way = 'charge' and o.hold is null and u.approval_id is null and u.hour < $3 and ",
        settled_rows!("$4", "$5")
    )
);

/// Groups everything that is to be asked about; returns how many records wait now that did not before. `due`: months of
/// monthly prices are over up to here.
///
/// # Errors
/// When the database fails.
pub async fn ask(pool: &PgPool, due: DateTime<Utc>, terms: Terms<'_>) -> sqlx::Result<u64> {
    let classes = terms.asks.words();
    if classes.is_empty() {
        return Ok(0);
    }
    let mut asked = 0;
    // What a delivery left here waits whatever class it is told by now.
    for (query, classes) in [
        (CORRECTIONS, classes.clone()),
        (USAGE, vec!["late-usage", "open-difference"]),
    ] {
        let done = sqlx::query(query).bind(classes).bind(terms.now).execute(pool).await?;
        asked += done.rows_affected();
    }
    let done = sqlx::query(HOURS)
        .bind(classes)
        .bind(terms.now)
        .bind(due)
        .bind(TimeDelta::from_std(terms.settle_after).unwrap_or(TimeDelta::MAX))
        .bind(terms.now)
        .execute(pool)
        .await?;
    Ok(asked + done.rows_affected())
}
