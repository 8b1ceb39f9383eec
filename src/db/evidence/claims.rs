//! What an invoice claimed once and does not any more: items that vanished from it, and the usage of a voided one.

use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::evidence::{Unclaimed, VanishedItem};

/// Items that Kill Bill no longer lists. Usage lines are left out: their records miss them.
pub(super) async fn vanished(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<VanishedItem>> {
    let rows: Vec<(Uuid, String, Decimal)> = sqlx::query_as(
        "select uuid, name, amount from invoice_item
         where invoice_id = $1 and gone_at is not null and item_type <> 'USAGE' and amount <> 0 order by position, id",
    )
    .bind(invoice_id)
    .fetch_all(pool)
    .await?;
    let item = |(uuid, name, amount)| VanishedItem { uuid, name, amount };
    Ok(rows.into_iter().map(item).collect())
}

/// Deliveries whose tracking ids the invoice listed and that no invoice has now; and the money it had for them. Kill Bill
/// takes its items back when it voids, so that what vanished counts.
pub(super) async fn unclaimed(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Unclaimed> {
    let (deliveries, amount): (i64, Option<Decimal>) = sqlx::query_as(
        "with this as (select id from invoice where id = $1 and status = 'VOID'),
         open as (
             select distinct d.id, s.killbill_id
             from this
             join invoice_tracking t on t.invoice_id = this.id
             join delivery d on d.tracking_id = t.tracking_id and d.invoice_id is null
             join subscription s on s.id = d.subscription_id
             where exists (select from delivery_unit u where u.delivery_id = d.id and u.amount <> 0)
         )
         select (select count(*) from open),
                (select sum(x.amount) from invoice_item x
                 where x.invoice_id = $1 and x.item_type = 'USAGE' and x.subscription_killbill_id in (select killbill_id from open))",
    )
    .bind(invoice_id)
    .fetch_one(pool)
    .await?;
    Ok(Unclaimed {
        deliveries,
        amount: amount.unwrap_or_default(),
    })
}
