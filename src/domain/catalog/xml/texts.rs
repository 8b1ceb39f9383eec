//! Instants and decimals as catalogs write them.

use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};

/// With an offset or without: Kill Bill's clock shows UTC.
pub(super) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = String::deserialize(deserializer)?;
    read_instant(text.trim())
        .ok_or_else(|| de::Error::custom(format!("`{text}` is not a date such as 2026-01-01T00:00:00Z")))
}

pub(super) fn instant_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    let wrong = || de::Error::custom(format!("`{text}` is not a date such as 2026-01-01T00:00:00Z"));
    let text = text.trim();
    if text.is_empty() {
        Ok(None)
    } else {
        read_instant(text).map(Some).ok_or_else(wrong)
    }
}

fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    let zoned = text.parse::<DateTime<Utc>>().ok();
    zoned.or_else(|| text.parse::<NaiveDateTime>().ok().map(|naive| naive.and_utc()))
}

/// Java writes decimals plainly or in scientific notation.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    number_or_nil(deserializer)?.ok_or_else(|| de::Error::custom("`` is not a decimal number"))
}

pub(super) fn number_or_nil<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let read = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
    read.map(Some)
        .map_err(|_| de::Error::custom(format!("`{text}` is not a decimal number")))
}
