//! Services (table `service`): where resources run, and whose they are. NodeConductor owns them; we know what a
//! registration said. A service that came without a uuid gets one made of its customer and its name.

mod read;

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::customers::Registered;

pub use read::{Service, ServiceFilter, count, find, list};

/// Why a service was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("no customer with this uuid is registered")]
    UnknownCustomer,
    #[error("it belongs to another customer")]
    Foreign,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What is said about a service.
#[derive(Clone, Debug)]
pub struct ServiceFacts<'a> {
    pub uuid: Option<Uuid>,
    /// Empty: what is known stays.
    pub name: &'a str,
    pub customer_id: i64,
    /// The resource that names it, if one does: a service that only this one uses may follow it to another customer.
    pub resource_id: Option<i64>,
}

/// Registers or updates a service; `updated_at` moves only on a real change.
///
/// # Errors
/// See [`ServiceError`]; nothing is stored then.
pub async fn register(
    pool: &PgPool,
    now: DateTime<Utc>,
    uuid: Uuid,
    customer: Uuid,
    name: &str,
) -> Result<Registered, ServiceError> {
    let mut tx = pool.begin().await?;
    let customer_id: Option<i64> = sqlx::query_scalar("select id from customer where uuid = $1")
        .bind(customer)
        .fetch_optional(&mut *tx)
        .await?;
    let facts = ServiceFacts {
        uuid: Some(uuid),
        name,
        customer_id: customer_id.ok_or(ServiceError::UnknownCustomer)?,
        resource_id: None,
    };
    let (_, registered) = note(&mut tx, now, &facts).await?;
    tx.commit().await?;
    Ok(registered)
}

/// The id of the service that `facts` name, noted with what they say.
///
/// # Errors
/// [`ServiceError::Foreign`] when it is another customer's.
pub async fn note(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    facts: &ServiceFacts<'_>,
) -> Result<(i64, Registered), ServiceError> {
    // No row comes back when nothing differs, or when somebody else's resources or prices hang on it.
    let written: Option<(i64, bool)> = sqlx::query_as(
        "insert into service as s (uuid, name, customer_id, created_at, updated_at)
         select coalesce($1, md5(c.uuid::text || ':' || $2)::uuid), $2, c.id, $5, $5 from customer c where c.id = $3
         on conflict on constraint service_uuid_key do update
            set name = case when excluded.name = '' then s.name else excluded.name end,
                customer_id = excluded.customer_id, updated_at = excluded.updated_at
          where (excluded.name <> '' and excluded.name <> s.name or excluded.customer_id <> s.customer_id)
            and (excluded.customer_id = s.customer_id
                 or not exists (select from resource r where r.service_id = s.id and r.id is distinct from $4)
                    and not exists (select from price_override o where o.service_id = s.id))
         returning id, xmax = 0",
    )
    .bind(facts.uuid)
    .bind(facts.name)
    .bind(facts.customer_id)
    .bind(facts.resource_id)
    .bind(now)
    .fetch_optional(&mut *tx)
    .await?;
    match written {
        Some((id, true)) => Ok((id, Registered::Created)),
        Some((id, false)) => Ok((id, Registered::Changed)),
        None => same(tx, facts).await.map(|id| (id, Registered::Same)),
    }
}

async fn same(tx: &mut PgConnection, facts: &ServiceFacts<'_>) -> Result<i64, ServiceError> {
    let found: Option<i64> = sqlx::query_scalar(
        "select s.id from service s join customer c on c.id = s.customer_id
          where c.id = $3 and s.uuid = coalesce($1, md5(c.uuid::text || ':' || $2)::uuid)",
    )
    .bind(facts.uuid)
    .bind(facts.name)
    .bind(facts.customer_id)
    .fetch_optional(tx)
    .await?;
    found.ok_or(ServiceError::Foreign)
}
