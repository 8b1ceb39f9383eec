//! Settlements that were posted and stand on no invoice any more: somebody voided it.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::domain::reconcile::Kind;

/// Opens and refreshes what is missing, closes what was found; returns how many are missing. Only what was posted before
/// the customer's invoices were last read can be missed.
///
/// # Errors
/// When the database fails.
pub async fn settle_missing_settlements(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let mut tx = pool.begin().await?;
    let found = sqlx::query(
        "insert into discrepancy (uuid, subject, kind, invoice_id, amount, currency, detail, next_step, opened_at, seen_at)
         select gen_random_uuid(), 'settlement:' || replace(s.uuid::text, '-', ''), $1, null, -s.amount, s.currency,
                'the ' || s.direction || ' of ' || s.amount || ' for ' || to_char(s.month, 'YYYY-MM') || ' to ' || c.name
                    || ' stands on no invoice: ' || s.mark,
                $2, $3, $3
         from settlement s join customer c on c.id = s.customer_id left join invoice i on i.id = s.invoice_id
         where s.state = 'posted' and s.direction <> 'nothing' and c.invoices_read_at > s.settled_at
           and (i.id is null or i.status = 'VOID')
         on conflict (subject, kind) where closed_at is null do update set
             amount = excluded.amount, detail = excluded.detail, next_step = excluded.next_step, seen_at = excluded.seen_at",
    )
    .bind(Kind::SettlementMissing.word())
    .bind(Kind::SettlementMissing.next_step())
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query("update discrepancy set closed_at = $2 where kind = $1 and closed_at is null and seen_at < $2")
        .bind(Kind::SettlementMissing.word())
        .bind(now)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(found.rows_affected())
}
