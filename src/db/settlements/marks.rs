//! The marks that this ledger has ever given.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgPool;
use uuid::Uuid;

/// All marks of a customer's settlements.
///
/// # Errors
/// When the database fails.
pub async fn known_marks(pool: &PgPool, customer_id: i64) -> sqlx::Result<BTreeSet<String>> {
    let marks: Vec<String> = sqlx::query_scalar("select mark from settlement where customer_id = $1")
        .bind(customer_id)
        .fetch_all(pool)
        .await?;
    Ok(marks.into_iter().collect())
}

/// Marks of settlements that are done, with the invoice that carries each.
///
/// # Errors
/// When the database fails.
pub async fn posted_marks(pool: &PgPool, customer_id: i64) -> sqlx::Result<BTreeMap<String, Option<Uuid>>> {
    let marks: Vec<(String, Option<Uuid>)> = sqlx::query_as(
        "select mark, draft_id from settlement where customer_id = $1 and state = 'posted' and direction <> 'nothing'",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await?;
    Ok(marks.into_iter().collect())
}

/// Whether the mirror shows a draft of the customer's that is not the one of its settlement.
///
/// # Errors
/// When the database fails.
pub async fn surplus_seen(pool: &PgPool, customer_id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(concat!(
        "select exists (select from ",
        surplus_drafts!(),
        " and i.customer_id = $1)"
    ))
    .bind(customer_id)
    .fetch_one(pool)
    .await
}
