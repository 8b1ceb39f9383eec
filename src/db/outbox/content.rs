//! A fixed delivery read again: what is sent once more is what was written down, not what the ledger says by now.

use chrono::NaiveDate;
use sqlx::{PgExecutor, PgPool};

use super::prepare::{PreparedUnit, by_unit};
use super::row::Row;
use crate::domain::month::Month;

/// Reads a fixed delivery again, as it was written, to send it once more.
///
/// # Errors
/// When the database fails.
pub(super) async fn content(pool: &PgPool, delivery_id: i64, month: NaiveDate) -> sqlx::Result<Vec<PreparedUnit>> {
    Ok(by_unit(rows(pool, delivery_id, month).await?))
}

/// The same, record by record.
///
/// # Errors
/// When the database fails.
pub(super) async fn rows(executor: impl PgExecutor<'_>, delivery_id: i64, month: NaiveDate) -> sqlx::Result<Vec<Row>> {
    let month = Month::of(month);
    sqlx::query_as(
        "select u.meter_id, m.name as meter, u.hour, u.revision, u.delta, x.unit, x.factor,
                u.delta <> u.quantity as difference, u.approval_id is not null as consented
         from delivery d
         join subscription s on s.id = d.subscription_id
         join delivery_unit x on x.delivery_id = d.id
         join meter m on m.id = x.meter_id
         join usage_record u on u.resource_id = s.resource_id and u.meter_id = x.meter_id
                            and u.hour >= d.window_start and u.hour < d.window_end and u.delivery_id = d.id
         where d.id = $1 and u.hour >= $2 and u.hour < $3
         order by u.hour, u.meter_id, u.revision",
    )
    .bind(delivery_id)
    .bind(month.start())
    .bind(month.end())
    .fetch_all(executor)
    .await
}
