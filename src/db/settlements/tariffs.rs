//! What the hours of a subscription's unit and month cost, and what was told of them already.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::domain::evidence::BilledTier;
use crate::domain::month::Month;
use crate::domain::price::{Tariff, version_at};

/// The books of one (subscription, unit, month).
#[derive(Clone, Debug)]
pub struct Book {
    /// `None` while no price is known.
    pub tariff: Option<Tariff>,
    /// What Kill Bill holds, in its unit.
    pub held: Decimal,
    /// What earlier lines added to that, and the money they moved.
    pub settled: Decimal,
    pub moved: Decimal,
}

/// Reads the books. A delivery that may still arrive counts as held: it will.
///
/// # Errors
/// When the database fails.
pub async fn book(
    tx: &mut PgConnection,
    subscription_id: i64,
    plan: &str,
    unit: &str,
    month: NaiveDate,
    currency: &str,
) -> sqlx::Result<Book> {
    let held = sqlx::query_scalar(
        "select coalesce(sum(x.amount), 0) from delivery d join delivery_unit x on x.delivery_id = d.id
         where d.subscription_id = $1 and x.unit = $2 and d.month = $3 and d.state <> 'refused'",
    )
    .bind(subscription_id)
    .bind(unit)
    .bind(month)
    .fetch_one(&mut *tx)
    .await?;
    let (settled, moved) = sqlx::query_as(
        "select coalesce(sum(units), 0), coalesce(sum(amount), 0) from settlement_line
         where subscription_id = $1 and unit = $2 and period_start = $3",
    )
    .bind(subscription_id)
    .bind(unit)
    .bind(month)
    .fetch_one(&mut *tx)
    .await?;
    Ok(Book {
        tariff: tariff(tx, subscription_id, plan, unit, month, currency).await?,
        held,
        settled,
        moved,
    })
}

/// The version whose prices Kill Bill billed for the subscription's unit in this month, else in the months before; where
/// nothing was billed yet, the version that the subscription is on in the month.
async fn tariff(
    tx: &mut PgConnection,
    subscription_id: i64,
    plan: &str,
    unit: &str,
    month: NaiveDate,
    currency: &str,
) -> sqlx::Result<Option<Tariff>> {
    let known: Vec<Tariff> = crate::db::evidence::tariffs(&mut *tx, Some(&[plan.to_owned()]), currency)
        .await?
        .into_iter()
        .filter(|tariff| tariff.unit == unit)
        .collect();
    for billed in billed(tx, subscription_id, unit, month).await? {
        let fits = |tariff: &&Tariff| has_prices(tariff, &billed, unit);
        if let Some(found) = known.iter().find(fits) {
            return Ok(Some(found.clone()));
        }
    }
    let start: DateTime<Utc> = sqlx::query_scalar("select billing_start from subscription where id = $1")
        .bind(subscription_id)
        .fetch_one(&mut *tx)
        .await?;
    let refs: Vec<&Tariff> = known.iter().collect();
    let version = version_at(&refs, start, start.max(Month::of(month).start()));
    let listed = known.iter().find(|tariff| Some(tariff.effective_from) == version);
    Ok(listed.or_else(|| known.first()).cloned())
}

/// Tiers of the lines that billed the unit, the month's own first, then those before it from the latest on.
async fn billed(
    tx: &mut PgConnection,
    subscription_id: i64,
    unit: &str,
    month: NaiveDate,
) -> sqlx::Result<Vec<Vec<BilledTier>>> {
    let rows: Vec<Json<Vec<BilledTier>>> = sqlx::query_scalar(
        "select x.tiers from invoice_item x
         join subscription s on s.killbill_id = x.subscription_killbill_id
         join invoice i on i.id = x.invoice_id and i.status <> 'VOID'
         where s.id = $1 and x.item_type = 'USAGE' and x.gone_at is null and x.start_date < $3::date + interval '1 month'
           and x.tiers @> jsonb_build_array(jsonb_build_object('unit', $2::text))
         order by x.start_date desc, x.id limit 24",
    )
    .bind(subscription_id)
    .bind(unit)
    .bind(month)
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

fn has_prices(tariff: &Tariff, billed: &[BilledTier], unit: &str) -> bool {
    billed.iter().filter(|tier| tier.unit == unit).all(|tier| {
        let index = (tier.tier as usize).checked_sub(1);
        let listed = index.and_then(|index| tariff.tiers.get(index));
        listed.is_some_and(|listed| (listed.block_price, listed.block_size) == (tier.price, tier.block_size))
    })
}
