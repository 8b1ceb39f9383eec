//! The records behind invoice lines: gathered for the check, paged for readers.
//!
//! A record stands behind a line when its delivery's tracking id is on the invoice and its hour is in the line's period.
//! A tracking id can be on several invoices (a period that ends inside its month): a record then belongs to the first
//! one that billed its period, so no record is ever counted twice. Voided invoices own nothing.

mod claims;
mod days;
mod facts;
mod frame;
mod owned;
mod page;
mod prices;
mod settled;
mod terms;

pub use days::{DayRow, days};
pub use facts::facts;
pub use frame::frame;
pub use page::{EvidenceRow, page};
pub use prices::tariffs;

use sqlx::PgPool;
use uuid::Uuid;

use crate::domain::reconcile::{LineCheck, check};

/// One usage line checked against its records, now. `None` for items of other kinds.
///
/// # Errors
/// When the database fails.
pub async fn summary(pool: &PgPool, invoice_id: i64, item: Uuid) -> sqlx::Result<Option<LineCheck>> {
    let subscription: Option<Uuid> =
        sqlx::query_scalar("select subscription_killbill_id from invoice_item where uuid = $1")
            .bind(item)
            .fetch_optional(pool)
            .await?
            .flatten();
    let Some(facts) = facts(pool, invoice_id, subscription).await? else {
        return Ok(None);
    };
    Ok(check(&facts).lines.into_iter().find(|line| line.item == item))
}
