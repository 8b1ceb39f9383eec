//! The records behind one line, page by page.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::owned::{owned, up_to};

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
    pub tracking_id: String,
    pub delivery_uuid: Uuid,
}

macro_rules! records {
    ($what:literal, $rest:literal) => {
        concat!(
            owned!(),
            "select ",
            $what,
            " from invoice_item x
             join owned o on o.killbill_id = x.subscription_killbill_id and o.start_date = x.start_date and o.end_date = x.end_date and o.now
             join delivery d on d.id = o.delivery_id
             join delivery_unit u on u.delivery_id = d.id
             join meter m on m.id = u.meter_id
             join resource c on c.id = o.resource_id
             join usage_record r on r.resource_id = o.resource_id and r.meter_id = u.meter_id and r.delivery_id = o.delivery_id
                  and r.hour >= greatest(o.starts, o.window_start) and r.hour < least(o.ends, o.window_end)
             where x.invoice_id = $1 and x.id = $2 and x.tiers @> jsonb_build_array(jsonb_build_object('unit', u.unit))",
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
        "r.resource_id, r.meter_id, c.uuid as resource_uuid, m.name as meter, r.hour, r.revision, r.quantity, r.delta, d.tracking_id, d.uuid as delivery_uuid",
        " order by r.hour, m.name, r.revision limit $3 offset $4"
    );
    let total = sqlx::query_scalar(COUNT)
        .bind(invoice_id)
        .bind(item_id)
        .fetch_one(pool)
        .await?;
    let page = sqlx::query_as(PAGE)
        .bind(invoice_id)
        .bind(item_id)
        .bind(limit)
        .bind(offset);
    Ok((page.fetch_all(pool).await?, total))
}
