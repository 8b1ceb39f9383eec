//! The prices that a plan's usage ever had, as the price list knows them.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::types::Json;

use crate::domain::evidence::Tariff;
use crate::domain::price::{Tier, TierPolicy};

/// All versions, withdrawn ones too (they were billed once), newest first.
pub(in crate::db) async fn tariffs(
    executor: impl sqlx::PgExecutor<'_>,
    plans: &[String],
    currency: &str,
) -> sqlx::Result<Vec<Tariff>> {
    let rows: Vec<(String, String, String, String, Json<Value>)> = sqlx::query_as(
        "select p.plan, p.usage_name, p.unit, p.tier_policy, p.tiers
         from price_item p join catalog_version v on v.id = p.version_id
         where p.plan = any($1) and p.currency = $2 and p.usage_name is not null and p.unit is not null
         order by v.effective_from desc, v.id desc",
    )
    .bind(plans)
    .bind(currency)
    .fetch_all(executor)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(plan, usage, unit, policy, tiers)| {
            let policy = TierPolicy::from_str(&policy).unwrap_or_default();
            Some(Tariff {
                plan,
                usage,
                unit,
                policy,
                tiers: read_tiers(&tiers)?,
            })
        })
        .collect())
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
