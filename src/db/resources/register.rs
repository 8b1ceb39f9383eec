//! Registration: makes a resource known, or says something new about it. Its waiting usage is routed in the same
//! transaction, so that a registration cannot commit and leave the usage held.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

use super::ResourceFacts;
use crate::db::customers::Registered;
use crate::db::routes;
use crate::db::services::{self, ServiceError, ServiceFacts};
use crate::db::subscriptions;
use crate::domain::route::Routing;

/// Why a registration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("no customer with this uuid is registered")]
    UnknownCustomer,
    #[error("its usage or its subscriptions belong to the customer that it has")]
    CustomerFixed,
    #[error("something of it was sent or billed already")]
    StartFixed,
    #[error("its service belongs to another customer")]
    ForeignService,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Row {
    id: i64,
    customer_id: Option<i64>,
    started_at: Option<DateTime<Utc>>,
}

/// Registers or updates a resource; `updated_at` moves only on a real change.
///
/// # Errors
/// See [`RegisterError`]; nothing is stored then.
pub async fn register(
    pool: &PgPool,
    now: DateTime<Utc>,
    facts: &ResourceFacts,
    routing: &Routing,
) -> Result<Registered, RegisterError> {
    let mut tx = pool.begin().await?;
    let customer: Option<i64> = sqlx::query_scalar("select id from customer where uuid = $1")
        .bind(facts.customer)
        .fetch_optional(&mut *tx)
        .await?;
    let customer = customer.ok_or(RegisterError::UnknownCustomer)?;
    let row = locked(&mut tx, now, facts).await?;
    if row.customer_id.is_some_and(|current| current != customer) && has_history(&mut tx, row.id).await? {
        return Err(RegisterError::CustomerFixed);
    }
    let restarted = facts.started_at.is_some() && facts.started_at != row.started_at;
    if restarted && subscriptions::has_begun(&mut *tx, row.id).await? {
        return Err(RegisterError::StartFixed);
    }
    let service = service(&mut tx, now, row.id, customer, facts).await?;
    let changed = update(&mut tx, now, row.id, (customer, service), facts).await?;
    if restarted {
        look_again(&mut tx, now, row.id).await?;
    }
    if changed {
        routes::refresh_resource(&mut tx, routing, row.id).await?;
    }
    tx.commit().await?;
    Ok(match (row.customer_id, changed) {
        (None, _) => Registered::Created,
        (Some(_), true) => Registered::Changed,
        (Some(_), false) => Registered::Same,
    })
}

/// The resource's row, locked; an empty one is made when usage has not made it already.
async fn locked(tx: &mut PgConnection, now: DateTime<Utc>, facts: &ResourceFacts) -> sqlx::Result<Row> {
    sqlx::query(
        "insert into resource (uuid, created_at, updated_at) values ($1, $2, $2)
         on conflict on constraint resource_uuid_key do nothing",
    )
    .bind(facts.uuid)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query_as("select id, customer_id, started_at from resource where uuid = $1 for update")
        .bind(facts.uuid)
        .fetch_one(tx)
        .await
}

async fn has_history(tx: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from subscription where resource_id = $1)
             or exists (select from usage_record where resource_id = $1)",
    )
    .bind(id)
    .fetch_one(tx)
    .await
}

/// A subscription that began at another start is looked at with the next pass.
async fn look_again(tx: &mut PgConnection, now: DateTime<Utc>, id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "update resource set examine_at = $2, held_since = coalesce(held_since, $2), next_attempt_at = null
         where id = $1 and exists (select from subscription where resource_id = $1)",
    )
    .bind(id)
    .bind(now)
    .execute(tx)
    .await
    .map(drop)
}

/// Where it runs, if anything was said about that.
async fn service(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    id: i64,
    customer: i64,
    facts: &ResourceFacts,
) -> Result<Option<i64>, RegisterError> {
    if facts.service_uuid.is_none() && facts.service_name.is_empty() {
        return Ok(None);
    }
    let facts = ServiceFacts {
        uuid: facts.service_uuid,
        name: &facts.service_name,
        customer_id: customer,
        resource_id: Some(id),
    };
    match services::note(tx, now, &facts).await {
        Ok((service, _)) => Ok(Some(service)),
        Err(ServiceError::Database(error)) => Err(error.into()),
        Err(ServiceError::Foreign | ServiceError::UnknownCustomer) => Err(RegisterError::ForeignService),
    }
}

async fn update(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    id: i64,
    (customer, service): (i64, Option<i64>),
    facts: &ResourceFacts,
) -> sqlx::Result<bool> {
    let updated = sqlx::query(
        "update resource
            set customer_id = $2, name = $3, type = $4, project_uuid = $5, project_name = $6, service_name = $7,
                started_at = coalesce($8, started_at), service_id = $10, updated_at = $9
          where id = $1
            and (customer_id, name, type, project_uuid, project_name, service_name, started_at, service_id)
                is distinct from ($2, $3, $4, $5, $6, $7, coalesce($8, started_at), $10)",
    )
    .bind(id)
    .bind(customer)
    .bind(&facts.name)
    .bind(&facts.r#type)
    .bind(facts.project_uuid)
    .bind(&facts.project_name)
    .bind(&facts.service_name)
    .bind(facts.started_at)
    .bind(now)
    .bind(service)
    .execute(tx)
    .await?;
    Ok(updated.rows_affected() == 1)
}
