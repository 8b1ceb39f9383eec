//! The prices that a plan's usage ever had, as the price list knows them.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::types::Json;

use crate::domain::price::{Tariff, Tier, TierPolicy};

#[derive(sqlx::FromRow)]
struct Row {
    plan: String,
    usage_name: String,
    unit: String,
    tier_policy: TierPolicy,
    tiers: Json<Value>,
    effective_from: DateTime<Utc>,
    for_existing: Option<DateTime<Utc>>,
    withdrawn: bool,
}

/// All versions of these plans (`None` = all), withdrawn ones too (they were billed once), newest first.
///
/// # Errors
/// When the database fails.
pub async fn tariffs(
    executor: impl sqlx::PgExecutor<'_>,
    plans: Option<&[String]>,
    currency: &str,
) -> sqlx::Result<Vec<Tariff>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select p.plan, p.usage_name, p.unit, p.tier_policy, p.tiers, p.for_existing, v.effective_from,
                v.withdrawn_at is not null as withdrawn
         from price_item p join catalog_version v on v.id = p.version_id
         where ($1::text[] is null or p.plan = any($1)) and p.currency = $2 and p.usage_name is not null and p.unit is not null
         order by v.effective_from desc, v.id desc",
    )
    .bind(plans)
    .bind(currency)
    .fetch_all(executor)
    .await?;
    Ok(rows.into_iter().filter_map(Row::tariff).collect())
}

impl Row {
    fn tariff(self) -> Option<Tariff> {
        Some(Tariff {
            plan: self.plan,
            usage: self.usage_name,
            unit: self.unit,
            policy: self.tier_policy,
            tiers: read_tiers(&self.tiers)?,
            effective_from: self.effective_from,
            for_existing: self.for_existing,
            withdrawn: self.withdrawn,
        })
    }
}

fn read_tiers(tiers: &Value) -> Option<Vec<Tier>> {
    let read = |tier: &Value| {
        let max = decimal(tier.get("max")).filter(|max| *max >= Decimal::ZERO);
        Some(Tier {
            block_size: decimal(tier.get("block_size"))?,
            block_price: decimal(tier.get("block_price"))?,
            max,
        })
    };
    tiers.as_array()?.iter().map(read).collect()
}

fn decimal(value: Option<&Value>) -> Option<Decimal> {
    match value? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}
