//! From a number, an id or a mark to the thing that bears it: exact, on unique indexes.

use sqlx::PgPool;
use uuid::Uuid;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Delivery(Uuid),
    Settlement(Uuid),
    Invoice(Uuid),
    Customer(Uuid),
}

/// The thing with that tracking id, mark, invoice number, or id of Kill Bill's.
///
/// # Errors
/// When the database fails.
pub async fn exactly(pool: &PgPool, text: &str) -> sqlx::Result<Option<Found>> {
    let backend = Uuid::try_parse(text).ok();
    let found: Option<(String, Uuid)> = sqlx::query_as(
        "select 'delivery', uuid from delivery where tracking_id = $1
         union all select 'settlement', uuid from settlement where mark = $1
         union all select 'invoice', uuid from invoice where number = $1 or killbill_id = $2
         union all select 'customer', uuid from customer where account_id = $2
         limit 1",
    )
    .bind(text)
    .bind(backend)
    .fetch_optional(pool)
    .await?;
    Ok(found.and_then(|(kind, uuid)| match kind.as_str() {
        "delivery" => Some(Found::Delivery(uuid)),
        "settlement" => Some(Found::Settlement(uuid)),
        "invoice" => Some(Found::Invoice(uuid)),
        "customer" => Some(Found::Customer(uuid)),
        _ => None,
    }))
}
