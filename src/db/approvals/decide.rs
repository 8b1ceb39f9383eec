//! A person decides about a group of hours.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::db::discrepancies::{self, Found, Subject};
use crate::domain::reconcile::{DiscrepancyKind, Finding};
use crate::domain::settlement::{Class, CorrectionState};
use crate::domain::uuid_hex::hex;

/// What was decided.
#[derive(Clone, Copy, Debug)]
pub enum Decision<'a> {
    Approve,
    /// With the reason, which stays with the records.
    Decline(&'a str),
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    #[error("there is no such group")]
    Unknown,
    #[error("it is {0}")]
    Decided(CorrectionState),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Frees the group's records, or keeps them here for good; a declined group is named among the discrepancies, closed.
///
/// # Errors
/// See [`DecisionError`]; nothing is stored then.
pub async fn decide(
    pool: &PgPool,
    uuid: Uuid,
    decision: Decision<'_>,
    who: &str,
    now: DateTime<Utc>,
) -> Result<(), DecisionError> {
    let mut tx = pool.begin().await?;
    let found: Option<(i64, CorrectionState)> =
        sqlx::query_as("select id, state from approval where uuid = $1 for update")
            .bind(uuid)
            .fetch_optional(&mut *tx)
            .await?;
    let (id, state) = found.ok_or(DecisionError::Unknown)?;
    if state != CorrectionState::Waiting {
        return Err(DecisionError::Decided(state));
    }
    if let Decision::Decline(reason) = decision {
        waive(&mut tx, id, reason, now).await?;
    }
    let (state, reason) = match decision {
        Decision::Approve => (CorrectionState::Approved, None),
        Decision::Decline(reason) => (CorrectionState::Declined, Some(reason)),
    };
    sqlx::query("update approval set state = $2, reason = $3, decided_by = $4, decided_at = $5 where id = $1")
        .bind(id)
        .bind(state)
        .bind(reason)
        .bind(who)
        .bind(now)
        .execute(&mut *tx)
        .await?;
    release(&mut tx, id).await?;
    Ok(tx.commit().await?)
}

/// The records are held as before, or not at all, or for good.
async fn release(tx: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "update usage_record u set hold = case when a.state = 'approved' then a.hold else 'declined' end
         from approval a
         where a.id = $1 and u.resource_id = a.resource_id and u.meter_id = a.meter_id and u.approval_id = a.id
           and u.hour >= a.month and u.hour < a.month + interval '1 month' and u.hold = 'awaiting-approval'
           and u.delivery_id is null and u.settlement_line_id is null and not u.superseded",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "with theirs as (select r.id, r.customer_id from approval a join resource r on r.id = a.resource_id where a.id = $1),
              freed as (update resource r set next_attempt_at = null from theirs t where r.id = t.id)
         update customer c set settling_next_at = null from theirs t where c.id = t.customer_id",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(())
}

/// A group of hours that are not billed.
#[derive(sqlx::FromRow)]
struct Waived {
    uuid: Uuid,
    class: Class,
    month: NaiveDate,
    meter: String,
    resource: String,
    records: i64,
    quantity: Decimal,
    /// At the list price of the hours.
    worth: Decimal,
    currency: String,
}

/// Money that is not asked for.
async fn waive(tx: &mut PgConnection, id: i64, reason: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let waived: Option<Waived> = sqlx::query_as(
        "select a.uuid, a.class, a.month, m.name as meter, r.name as resource, count(*) as records, sum(u.delta) as quantity,
                coalesce(figure(sum(u.delta * p.hourly)), 0) as worth,
                coalesce(min(p.currency), (select min(currency) from price_item), 'XXX') as currency
         from approval a
         join resource r on r.id = a.resource_id
         join meter m on m.id = a.meter_id
         join usage_record u on u.resource_id = a.resource_id and u.meter_id = a.meter_id and u.approval_id = a.id
                            and u.hour >= a.month and u.hour < a.month + interval '1 month'
                            and u.hold = 'awaiting-approval' and not u.superseded
         left join route o on o.resource_id = a.resource_id and o.meter_id = a.meter_id
         left join price_item p on p.plan = o.plan and p.unit is not distinct from o.unit
                               and p.version_id = (select v.id from catalog_version v where v.in_force)
         where a.id = $1
         group by a.id, r.name, m.name",
    )
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    match waived {
        Some(waived) => discrepancies::write_closed(tx, &waived.told(reason), now).await,
        None => Ok(()),
    }
}

impl Waived {
    fn told(self, reason: &str) -> Found {
        let detail = format!(
            "{} of {}, {} {} of {} in {} records, declined: {reason}",
            self.class,
            self.month.format("%Y-%m"),
            self.quantity,
            self.meter,
            self.resource,
            self.records
        );
        Found {
            finding: Finding::of(
                format!("approval:{}", hex(self.uuid)),
                DiscrepancyKind::Waived,
                -self.worth,
                detail,
            ),
            currency: self.currency,
            about: Subject::default(),
        }
    }
}
