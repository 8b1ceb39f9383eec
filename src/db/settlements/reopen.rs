//! Gives back what was fixed and never sent, when the rest of it has come. After an older backup was restored, a month may
//! be fixed from the hours that the backup has; Kill Bill holds a settlement of more, so nothing is sent beside it. With
//! the hours that are pushed again, the month is fixed anew, to the same content and the same mark as before the loss.

use sqlx::PgPool;

use crate::domain::month::Month;

/// Frees the records of a month whose settlement met marks that nobody here knows, and forgets that it was fixed. Returns
/// how many settlements that were. Nothing is freed of which a byte was sent, or that a person let go on.
///
/// # Errors
/// When the database fails; nothing is freed then.
pub async fn reopen(pool: &PgPool, customer_id: i64, month: Month) -> sqlx::Result<u64> {
    let mut tx = pool.begin().await?;
    // What was fixed behind the one in doubt was valued on top of it.
    let ids: Vec<i64> = sqlx::query_scalar(
        "select id from settlement
         where customer_id = $1 and month = $2 and state in ('unknown', 'prepared')
           and attempts = 0 and draft_id is null and not strangers_ok
           and exists (select from settlement d
                       where d.customer_id = $1 and d.month = $2 and d.state = 'unknown' and d.attempts = 0 and not d.strangers_ok)
         for update",
    )
    .bind(customer_id)
    .bind(month.first_day())
    .fetch_all(&mut *tx)
    .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    sqlx::query(
        "update usage_record u set settlement_line_id = null, hold = case when l.monthly is null then u.hold end
         from settlement_line l
         where l.settlement_id = any($1) and u.settlement_line_id = l.id and u.resource_id = l.resource_id
           and u.meter_id = l.meter_id and u.hour >= $2 and u.hour < $3",
    )
    .bind(&ids)
    .bind(month.start())
    .bind(month.end())
    .execute(&mut *tx)
    .await?;
    for forget in [
        "delete from settlement_attempt where settlement_id = any($1)",
        "delete from settlement_line where settlement_id = any($1)",
        "delete from settlement where id = any($1)",
    ] {
        sqlx::query(forget).bind(&ids).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(ids.len() as u64)
}
