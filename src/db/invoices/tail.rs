//! How far the list of all of Kill Bill's invoices was read, and whose invoices those are that the mirror does not have.
//! `sync` reads the list; customers who are hinted at here are read in full by the pass that goes on from there.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

/// A place in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Place {
    /// How many invoices come before it.
    pub reached: i64,
    /// The one before it.
    pub last_invoice: Option<Uuid>,
}

/// Where the last reading ended; the beginning, before the first.
///
/// # Errors
/// When the database fails.
pub async fn place(pool: &PgPool) -> sqlx::Result<Place> {
    let place = sqlx::query_as("select reached, last_invoice from invoice_tail")
        .fetch_optional(pool)
        .await?;
    Ok(place.unwrap_or_default())
}

/// Remembers where a reading ended.
///
/// # Errors
/// When the database fails.
pub async fn reach(pool: &PgPool, place: Place, at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into invoice_tail (reached, last_invoice, read_at) values ($1, $2, $3)
         on conflict (only_row) do update set reached = $1, last_invoice = $2, read_at = $3",
    )
    .bind(place.reached)
    .bind(place.last_invoice)
    .bind(at)
    .execute(pool)
    .await?;
    Ok(())
}

/// Hints at the customers of those invoices that are not mirrored, and says how many customers they are. `accounts` are the
/// invoices' accounts, one for each; one that belongs to nobody here is no concern of ours.
///
/// # Errors
/// When the database fails; nobody is hinted at then.
pub async fn hint_missing(pool: &PgPool, invoices: &[Uuid], accounts: &[Uuid], at: DateTime<Utc>) -> sqlx::Result<u64> {
    // Later than any reading that was stored, whatever the clock of the replica that made it: it did not find the invoice.
    let hinted = sqlx::query(
        "with mirrored as (select killbill_id from invoice where killbill_id = any($1)),
              missing as (select distinct l.account from unnest($1::uuid[], $2::uuid[]) as l (invoice, account)
                          where l.invoice not in (select killbill_id from mirrored))
         update customer
         set invoices_hinted_at = greatest(invoices_hinted_at, $3, invoices_read_at + interval '1 microsecond')
         where account_id = any(select account from missing)",
    )
    .bind(invoices)
    .bind(accounts)
    .bind(at)
    .execute(pool)
    .await?;
    Ok(hinted.rows_affected())
}
