//! What the hours of a subscription's unit and window cost, and what was told of them already.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::domain::price::{Tier, TierPolicy};
use crate::domain::timeline::Window;

/// The price of a unit in one window of its subscription's timeline.
#[derive(Clone, Debug)]
pub struct Price {
    pub policy: TierPolicy,
    pub tiers: Vec<Tier>,
    /// The hours that are rated together.
    pub hours: (DateTime<Utc>, DateTime<Utc>),
    /// The window's days.
    pub days: (NaiveDate, NaiveDate),
}

impl Price {
    /// None where the window does not price the unit.
    #[must_use]
    pub fn of(window: &Window<'_>, unit: &str) -> Option<Self> {
        let rate = window.rate(unit)?;
        Some(Self {
            policy: rate.policy,
            tiers: rate.tiers.to_vec(),
            hours: window.hours(),
            days: (window.first_day, window.end_day),
        })
    }
}

/// The books of one (subscription, unit, window).
#[derive(Clone, Copy, Debug)]
pub struct Book {
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
pub async fn book(tx: &mut PgConnection, subscription_id: i64, unit: &str, price: &Price) -> sqlx::Result<Book> {
    let held = sqlx::query_scalar(
        "select figure(coalesce(sum(r.delta * x.factor), 0))
         from subscription s
         join delivery d on d.subscription_id = s.id and d.state <> 'refused' and d.window_start < $4 and d.window_end > $3
         join delivery_unit x on x.delivery_id = d.id and x.unit = $2
         join usage_record r on r.resource_id = s.resource_id and r.meter_id = x.meter_id and r.delivery_id = d.id
              and r.hour >= $3 and r.hour < $4
         where s.id = $1",
    )
    .bind(subscription_id)
    .bind(unit)
    .bind(price.hours.0)
    .bind(price.hours.1)
    .fetch_one(&mut *tx)
    .await?;
    let (settled, moved) = sqlx::query_as(
        "select coalesce(sum(units), 0), coalesce(sum(amount), 0) from settlement_line
         where subscription_id = $1 and unit = $2 and period_start < greatest($4, $3 + 1) and period_end > $3",
    )
    .bind(subscription_id)
    .bind(unit)
    .bind(price.days.0)
    .bind(price.days.1)
    .fetch_one(&mut *tx)
    .await?;
    Ok(Book { held, settled, moved })
}
