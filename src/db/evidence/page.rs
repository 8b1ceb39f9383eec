//! The records behind one line, page by page.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::owned::{owned, up_to};
use super::settled;

/// One record behind a line. Resource, meter, hour and revision are its natural key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EvidenceRow {
    pub resource_id: i64,
    pub meter_id: i16,
    pub resource_uuid: Uuid,
    pub meter: String,
    pub hour: DateTime<Utc>,
    pub revision: i16,
    /// As recorded, in the meter's unit.
    pub quantity: Decimal,
    /// What this revision added to what Kill Bill was told before: this is what the line charges for.
    pub delta: Decimal,
    /// The delivery's, or the mark of the settlement.
    pub tracking_id: String,
    pub delivery_uuid: Option<Uuid>,
    pub settlement_uuid: Option<Uuid>,
}

macro_rules! records {
    ($what:literal, $rest:literal) => {
        concat!(
            owned!(),
            "select ",
            $what,
            " from invoice_item x
             join bounds b on b.killbill_id = x.subscription_killbill_id and b.start_date = x.start_date and b.end_date = x.end_date
             join metered m on m.subscription_id = b.subscription_id
             cross join lateral (
                 select r.* from usage_record r
                 where r.resource_id = b.resource_id and r.meter_id = m.meter_id and r.hour >= b.starts and r.hour < b.ends offset 0
             ) r
             join owned o on o.delivery_id = r.delivery_id and o.start_date = b.start_date and o.end_date = b.end_date and o.now
             join delivery d on d.id = r.delivery_id
             join delivery_unit u on u.delivery_id = r.delivery_id and u.meter_id = r.meter_id
             join meter n on n.id = r.meter_id
             join resource c on c.id = r.resource_id
             where x.invoice_id = $1 and x.id = $3 and x.tiers @> jsonb_build_array(jsonb_build_object('unit', u.unit))",
            $rest
        )
    };
}

/// One page of the records behind the item, by hour, and how many there are in all.
///
/// # Errors
/// When the database fails.
pub async fn page(
    pool: &PgPool,
    invoice_id: i64,
    item_id: i64,
    limit: i64,
    offset: i64,
) -> sqlx::Result<(Vec<EvidenceRow>, i64)> {
    const COUNT: &str = records!("count(*)", "");
    const PAGE: &str = records!(
        "r.resource_id, r.meter_id, c.uuid as resource_uuid, n.name as meter, r.hour, r.revision, r.quantity, r.delta, d.tracking_id, d.uuid as delivery_uuid,
         null::uuid as settlement_uuid",
        " order by r.hour, n.name, r.revision limit $4 offset $5"
    );
    let found: Option<(Option<Uuid>, Option<i64>)> =
        sqlx::query_as("select subscription_killbill_id, settlement_line_id from invoice_item where id = $1")
            .bind(item_id)
            .fetch_optional(pool)
            .await?;
    let (subscription, settled) = found.unwrap_or_default();
    if let Some(line) = settled {
        return settled::page(pool, line, limit, offset).await;
    }
    let Some(subscription) = subscription else {
        return Ok((Vec::new(), 0));
    };
    let count = sqlx::query_scalar(COUNT)
        .bind(invoice_id)
        .bind(subscription)
        .bind(item_id);
    let page = sqlx::query_as(PAGE)
        .bind(invoice_id)
        .bind(subscription)
        .bind(item_id)
        .bind(limit)
        .bind(offset);
    Ok((page.fetch_all(pool).await?, count.fetch_one(pool).await?))
}
