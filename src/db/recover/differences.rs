//! Hours in which Kill Bill holds something that the ledger cannot explain: their records wait, and each is a discrepancy
//! with what is held on both sides. Both end when the hour agrees.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::db::subscriptions::Subscription;
use crate::domain::hold::HoldCode;
use crate::domain::month::Month;
use crate::domain::reconcile::DiscrepancyKind;
use crate::domain::recover::{Doubtful, Spot};
use crate::domain::uuid_hex::hex;

/// The code of records that wait because their hour differs.
pub const HOLD: HoldCode = HoldCode::DiffersFromKillBill;

/// One hour of one unit that differs.
#[derive(Clone, Debug)]
pub struct Difference {
    pub spot: Spot,
    pub kind: Doubtful,
    /// What the surplus is worth by itself; negative where Kill Bill holds too little.
    pub money: Decimal,
    pub detail: String,
}

/// Writes down all that differs in the month: records of other hours no longer wait, and their discrepancies close.
///
/// # Errors
/// When the database fails; nothing is written then.
pub async fn settle(
    pool: &PgPool,
    subscription: &Subscription,
    month: Month,
    found: &[Difference],
    currency: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    let prefix = format!("usage:{}/", hex(subscription.killbill_id));
    let subjects: Vec<String> = found
        .iter()
        .map(|one| format!("{prefix}{}/{}", one.spot.hour, one.spot.unit))
        .collect();
    for (one, subject) in found.iter().zip(&subjects) {
        sqlx::query(
            "insert into discrepancy (uuid, subject, kind, amount, currency, detail, next_step, opened_at, seen_at)
             values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $7)
             on conflict (subject, kind) where closed_at is null do update set
                 amount = excluded.amount, detail = excluded.detail, next_step = excluded.next_step, seen_at = excluded.seen_at",
        )
        .bind(subject)
        .bind(one.kind.kind())
        .bind(one.money)
        .bind(currency)
        .bind(&one.detail)
        .bind(one.kind.next_step())
        .bind(now)
        .execute(&mut *tx)
        .await?;
    }
    close(
        &mut tx,
        &format!("{prefix}{}", month.start().format("%Y-%m")),
        found,
        &subjects,
        now,
    )
    .await?;
    hold(&mut tx, subscription, month, found).await?;
    tx.commit().await
}

async fn close(
    tx: &mut sqlx::PgConnection,
    prefix: &str,
    found: &[Difference],
    subjects: &[String],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let kinds: Vec<DiscrepancyKind> = found.iter().map(|one| one.kind.kind()).collect();
    sqlx::query(
        "update discrepancy set closed_at = $4
         where closed_at is null and starts_with(subject, $1)
           and (subject, kind) not in (select * from unnest($2::text[], $3::text[]))",
    )
    .bind(prefix)
    .bind(subjects)
    .bind(kinds)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Exactly the records of these hours wait, and no others of the month for this reason.
async fn hold(
    tx: &mut sqlx::PgConnection,
    subscription: &Subscription,
    month: Month,
    found: &[Difference],
) -> sqlx::Result<()> {
    sqlx::query(
        "update usage_record u set hold = case when k.h is null then null else $7 end
         from usage_record w
         join route o on o.resource_id = w.resource_id and o.meter_id = w.meter_id and o.plan = $2
         left join unnest($5::timestamptz[], $6::text[]) as k (h, unit) on k.h = w.hour and k.unit = o.unit
         where w.resource_id = $1 and w.hour >= $3 and w.hour < $4 and w.delivery_id is null and w.settlement_line_id is null and not w.superseded
           and (w.hold = $7 and k.h is null or w.hold is null and k.h is not null)
           and u.resource_id = w.resource_id and u.meter_id = w.meter_id and u.hour = w.hour and u.revision = w.revision
           and u.hour >= $3 and u.hour < $4 and u.delivery_id is null and u.settlement_line_id is null and not u.superseded",
    )
    .bind(subscription.resource_id)
    .bind(&subscription.plan)
    .bind(month.start())
    .bind(month.end())
    .bind(found.iter().map(|one| one.spot.hour.start()).collect::<Vec<_>>())
    .bind(found.iter().map(|one| one.spot.unit.clone()).collect::<Vec<_>>())
    .bind(HOLD)
    .execute(tx)
    .await?;
    Ok(())
}
