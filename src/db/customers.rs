//! Customers (table `customer`): who is billed. Registered from outside, told to Kill Bill by the sync.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::window::Window;
use crate::domain::customer::BillingDetails;

/// What a registration says about a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerFacts {
    pub uuid: Uuid,
    pub name: String,
    pub native_name: String,
    pub abbreviation: String,
    pub email: String,
    pub contact_details: String,
    pub number: String,
    pub billing: BillingDetails,
}

/// A registered customer.
#[derive(Clone, Debug, FromRow)]
pub struct Customer {
    pub id: i64,
    pub uuid: Uuid,
    pub name: String,
    pub native_name: String,
    pub abbreviation: String,
    pub email: String,
    pub contact_details: String,
    pub number: String,
    pub billing: Json<BillingDetails>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Kill Bill's account, once it exists.
    pub account_id: Option<Uuid>,
    /// Tags on it, as they were read last.
    pub account_tags: Vec<String>,
    /// Why its settlements stopped at the last pass.
    pub settling_error: Option<String>,
    /// The form of the name that Kill Bill has, where it does not take the name as it is.
    pub shown_name: Option<String>,
    /// Why it could not be told the name.
    pub telling_error: Option<String>,
}

/// What a registration did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    Created,
    Changed,
    Same,
}

/// Which customers a list shows.
#[derive(Clone, Debug, Default)]
pub struct CustomerFilter {
    /// Only these; `None` is all.
    pub visible: Option<Vec<Uuid>>,
    /// Part of the name or native name, whatever the case.
    pub name: Option<String>,
}

/// Registers or updates a customer in one statement; `updated_at` moves only on a real change.
///
/// # Errors
/// When the database fails.
pub async fn register(pool: &PgPool, now: DateTime<Utc>, facts: &CustomerFacts) -> sqlx::Result<Registered> {
    // No row comes back when nothing differs; a row that was inserted by this statement has no xmax.
    let inserted: Option<bool> = sqlx::query_scalar(
        "insert into customer as c
                (uuid, name, native_name, abbreviation, email, contact_details, number, billing, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $9, $8, $8)
         on conflict on constraint customer_uuid_key do update
            set name = excluded.name, native_name = excluded.native_name, abbreviation = excluded.abbreviation,
                email = excluded.email, contact_details = excluded.contact_details, number = excluded.number,
                billing = excluded.billing,
                updated_at = excluded.updated_at, tell_at = null
          where (c.name, c.native_name, c.abbreviation, c.email, c.contact_details, c.number, c.billing)
             is distinct from (excluded.name, excluded.native_name, excluded.abbreviation, excluded.email,
                               excluded.contact_details, excluded.number, excluded.billing)
         returning xmax = 0",
    )
    .bind(facts.uuid)
    .bind(&facts.name)
    .bind(&facts.native_name)
    .bind(&facts.abbreviation)
    .bind(&facts.email)
    .bind(&facts.contact_details)
    .bind(&facts.number)
    .bind(now)
    .bind(Json(&facts.billing))
    .fetch_optional(pool)
    .await?;
    Ok(match inserted {
        Some(true) => Registered::Created,
        Some(false) => Registered::Changed,
        None => Registered::Same,
    })
}

/// The customer with that uuid.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, uuid: Uuid) -> sqlx::Result<Option<Customer>> {
    sqlx::query_as(
        "select id, uuid, name, native_name, abbreviation, email, contact_details, number, billing, created_at, updated_at, account_id, account_tags,
                settling_error, shown_name, telling_error
           from customer where uuid = $1",
    )
    .bind(uuid)
    .fetch_optional(pool)
    .await
}

/// How many customers the filter shows.
///
/// # Errors
/// When the database fails.
pub async fn count(pool: &PgPool, filter: &CustomerFilter) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select count(*) from customer
          where ($1::uuid[] is null or uuid = any($1))
            and ($2::text is null or strpos(lower(name), lower($2)) > 0 or strpos(lower(native_name), lower($2)) > 0)",
    )
    .bind(&filter.visible)
    .bind(&filter.name)
    .fetch_one(pool)
    .await
}

/// The customers of one page, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(pool: &PgPool, filter: &CustomerFilter, window: Window) -> sqlx::Result<Vec<Customer>> {
    sqlx::query_as(
        "select id, uuid, name, native_name, abbreviation, email, contact_details, number, billing, created_at, updated_at, account_id, account_tags,
                settling_error, shown_name, telling_error
           from customer
          where ($1::uuid[] is null or uuid = any($1))
            and ($2::text is null or strpos(lower(name), lower($2)) > 0 or strpos(lower(native_name), lower($2)) > 0)
          order by name, id
          limit $3 offset $4",
    )
    .bind(&filter.visible)
    .bind(&filter.name)
    .bind(window.limit)
    .bind(window.offset)
    .fetch_all(pool)
    .await
}

/// Notes that Kill Bill said something about an account's invoices. `false` when the account is not ours.
///
/// # Errors
/// When the database fails.
pub async fn hint_invoices(pool: &PgPool, now: DateTime<Utc>, account: Uuid) -> sqlx::Result<bool> {
    let hinted = sqlx::query("update customer set invoices_hinted_at = $2 where account_id = $1")
        .bind(account)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(hinted.rows_affected() == 1)
}
