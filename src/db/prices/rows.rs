//! Rows of the price tables as values of the domain.

use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};

use super::list::{ListedChange, ListedItem};
use crate::domain::price::{Change, PriceItem};

impl FromRow<'_, PgRow> for PriceItem {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let tiers: Json<_> = row.try_get("tiers")?;
        Ok(Self {
            uuid: row.try_get("uuid")?,
            name: row.try_get("name")?,
            description: row.try_get("description")?,
            product: row.try_get("product")?,
            plan: row.try_get("plan")?,
            usage_name: row.try_get("usage_name")?,
            unit: row.try_get("unit")?,
            item_type: row.try_get("item_type")?,
            key: row.try_get("key")?,
            currency: row.try_get("currency")?,
            rule: row.try_get("rule")?,
            hourly: row.try_get("hourly")?,
            monthly: row.try_get("monthly")?,
            tiers: tiers.0,
            tier_policy: row.try_get("tier_policy")?,
            recurring: row.try_get("recurring")?,
            for_existing: row.try_get("for_existing")?,
        })
    }
}

impl FromRow<'_, PgRow> for ListedItem {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            item: PriceItem::from_row(row)?,
            effective_from: row.try_get("effective_from")?,
        })
    }
}

impl FromRow<'_, PgRow> for ListedChange {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let change = Change {
            item: row.try_get("item_uuid")?,
            name: row.try_get("name")?,
            currency: row.try_get("currency")?,
            kind: row.try_get("kind")?,
            before: row.try_get("before")?,
            after: row.try_get("after")?,
        };
        Ok(Self {
            change,
            at: row.try_get("at")?,
            effective_from: row.try_get("effective_from")?,
        })
    }
}
