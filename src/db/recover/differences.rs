//! Hours in which Kill Bill holds something that the ledger cannot explain: their records wait, and each is a discrepancy
//! with what is held on both sides. Both end when the hour agrees.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::db::discrepancies::{self, Found, Looked, Subject};
use crate::db::subscriptions::Subscription;
use crate::domain::hold::HoldCode;
use crate::domain::month::Month;
use crate::domain::reconcile::Finding;
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
    let prefix = format!("usage:{}/", hex(subscription.killbill_id));
    let told: Vec<Found> = found.iter().map(|one| one.told(&prefix, currency)).collect();
    let of_month = format!("{prefix}{}", month.start().format("%Y-%m"));
    let mut tx = pool.begin().await?;
    discrepancies::settle_looked(&mut tx, Looked::Subjects(&of_month), &told, now).await?;
    hold(&mut tx, subscription, month, found).await?;
    tx.commit().await
}

impl Difference {
    fn told(&self, prefix: &str, currency: &str) -> Found {
        Found {
            finding: Finding::of(
                format!("{prefix}{}/{}", self.spot.hour, self.spot.unit),
                self.kind.kind(),
                self.money,
                self.detail.clone(),
            ),
            currency: currency.to_owned(),
            about: Subject::default(),
        }
    }
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
