//! Estimates that a person sets for a resource's month. They hide the automatic one and are rolled up nowhere.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Author, Found};
use crate::domain::month::Month;

/// A manual estimate to be.
#[derive(Clone, Debug)]
pub struct NewEstimate<'a> {
    pub scope: Uuid,
    pub found: &'a Found,
    pub month: Month,
    pub currency: &'a str,
    pub total: Decimal,
    pub details: Value,
}

/// Sets an estimate. `None` when that month has a manual one already.
///
/// # Errors
/// When the database fails.
pub async fn create(pool: &PgPool, author: Author<'_>, new: &NewEstimate<'_>) -> sqlx::Result<Option<Uuid>> {
    let mut tx = pool.begin().await?;
    lock(&mut tx, new.found.customer_id, new.month.first_day()).await?;
    // Consumed is what the automatic one says: a person decides what a month is to cost, not what it has cost.
    let created = sqlx::query_scalar(
        "insert into price_estimate (uuid, customer_id, month, scope_type, scope_uuid, scope_name, resource_type, currency,
                                     total, consumed, details, source, is_manually_input, computed_at, set_by)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9,
                coalesce((select a.consumed from price_estimate a where a.scope_uuid = $5 and a.customer_id = $2 and a.month = $3 and a.scope_type = $4
                             and a.currency = $8 and not a.is_manually_input), 0),
                $10, 'manual', true, $11, $12
         where not exists (select from price_estimate h where h.scope_uuid = $5 and h.customer_id = $2 and h.month = $3 and h.scope_type = $4
                              and h.is_manually_input)
         on conflict on constraint price_estimate_scope_key do nothing
         returning uuid",
    )
    .bind(Uuid::new_v4())
    .bind(new.found.customer_id)
    .bind(new.month.first_day())
    .bind(new.found.scope_type)
    .bind(new.scope)
    .bind(&new.found.name)
    .bind(&new.found.resource_type)
    .bind(new.currency)
    .bind(new.total)
    .bind(&new.details)
    .bind(author.now)
    .bind(author.name)
    .fetch_optional(&mut *tx)
    .await?;
    show_automatic(
        &mut tx,
        (new.scope, new.found.customer_id),
        new.month.first_day(),
        false,
    )
    .await?;
    tx.commit().await?;
    Ok(created)
}

/// Keeps a pass from writing the customer's month while a manual estimate comes or goes: one of the two would not see the
/// other's, and both would show.
async fn lock(tx: &mut PgConnection, customer_id: i64, month: NaiveDate) -> sqlx::Result<()> {
    sqlx::query(
        "insert into estimate_basis (customer_id, month, basis) values ($1, $2, '')
         on conflict (customer_id, month) do update set basis = estimate_basis.basis",
    )
    .bind(customer_id)
    .bind(month)
    .execute(tx)
    .await
    .map(drop)
}

/// Hides or shows the automatic estimates of a resource's month.
async fn show_automatic(
    tx: &mut PgConnection,
    (scope, customer_id): (Uuid, i64),
    month: NaiveDate,
    shown: bool,
) -> sqlx::Result<()> {
    sqlx::query(
        "update price_estimate set is_visible = $4
          where scope_uuid = $1 and customer_id = $2 and month = $3 and scope_type = 'resource' and not is_manually_input",
    )
    .bind(scope)
    .bind(customer_id)
    .bind(month)
    .bind(shown)
    .execute(tx)
    .await
    .map(drop)
}

/// Changes what is given of a manual estimate. `false` when there is none of that uuid.
///
/// # Errors
/// When the database fails.
pub async fn update(
    pool: &PgPool,
    author: Author<'_>,
    uuid: Uuid,
    total: Option<Decimal>,
    details: Option<Value>,
) -> sqlx::Result<bool> {
    let updated = sqlx::query(
        "update price_estimate set total = coalesce($2, total), details = coalesce($3, details), computed_at = $4, set_by = $5
         where uuid = $1 and is_manually_input",
    )
    .bind(uuid)
    .bind(total)
    .bind(details)
    .bind(author.now)
    .bind(author.name)
    .execute(pool)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Removes a manual estimate; the automatic one shows again. `false` when there is none of that uuid.
///
/// # Errors
/// When the database fails.
pub async fn delete(pool: &PgPool, uuid: Uuid) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let found = "select customer_id, month, scope_uuid from price_estimate where uuid = $1 and is_manually_input";
    let found: Option<(i64, NaiveDate, Uuid)> = sqlx::query_as(found).bind(uuid).fetch_optional(&mut *tx).await?;
    let Some((customer_id, month, scope)) = found else {
        return Ok(false);
    };
    lock(&mut tx, customer_id, month).await?;
    let delete = "delete from price_estimate where uuid = $1 and is_manually_input";
    let deleted = sqlx::query(delete).bind(uuid).execute(&mut *tx).await?.rows_affected() == 1;
    if deleted {
        show_automatic(&mut tx, (scope, customer_id), month, true).await?;
    }
    tx.commit().await?;
    Ok(deleted)
}
