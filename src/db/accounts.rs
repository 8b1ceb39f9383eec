//! The Kill Bill side of customers: which account is whose, and what Kill Bill was last told about them.

use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

/// What Kill Bill is told about a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub name: String,
    pub email: String,
}

/// A customer whose account says something else than our register.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OutOfStep {
    pub id: i64,
    pub account_id: Uuid,
    pub name: String,
    pub email: String,
}

/// Customers with an account that was not told of their latest name and e-mail.
///
/// # Errors
/// When the database fails.
pub async fn out_of_step(pool: &PgPool) -> sqlx::Result<Vec<OutOfStep>> {
    sqlx::query_as(
        "select id, account_id, name, email from customer
         where account_id is not null and told is distinct from jsonb_build_object('name', name, 'email', email)",
    )
    .fetch_all(pool)
    .await
}

/// Remembers a customer's account and what it was told.
///
/// # Errors
/// When the database fails.
pub async fn store(pool: &PgPool, customer_id: i64, account_id: Uuid, told: &Told) -> sqlx::Result<()> {
    sqlx::query("update customer set account_id = $2, told = $3 where id = $1")
        .bind(customer_id)
        .bind(account_id)
        .bind(Json(told))
        .execute(pool)
        .await?;
    Ok(())
}

/// The accounts that the resources belong to, as (customer, account).
///
/// # Errors
/// When the database fails.
pub async fn of_resources(pool: &PgPool, resources: &[i64]) -> sqlx::Result<Vec<(i64, Uuid)>> {
    sqlx::query_as(
        "select distinct c.id, c.account_id from resource r join customer c on c.id = r.customer_id
         where r.id = any($1) and c.account_id is not null",
    )
    .bind(resources)
    .fetch_all(pool)
    .await
}

/// Remembers the account's tags: `__PARK__` and `AUTO_INVOICING_OFF` are what operators must know of.
///
/// # Errors
/// When the database fails.
pub async fn store_tags(pool: &PgPool, customer_id: i64, tags: &[String]) -> sqlx::Result<()> {
    sqlx::query("update customer set account_tags = $2 where id = $1 and account_tags is distinct from $2")
        .bind(customer_id)
        .bind(tags)
        .execute(pool)
        .await?;
    Ok(())
}
