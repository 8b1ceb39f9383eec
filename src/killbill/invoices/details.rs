//! How a usage amount came about: the JSON that Kill Bill keeps as text in `itemDetails`, in the two forms of its two invoice detail modes.

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::killbill::number;

/// The readable form of `itemDetails`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemDetails {
    /// AGGREGATE mode: one item for all units and tiers of a usage section.
    Aggregate {
        tiers: Vec<Tier>,
        amount: Decimal,
    },
    /// DETAIL mode: one item for each unit and tier.
    Detail(Tier),
    /// Something that is not about usage, such as our own mark on a charge.
    Text(String),
    Absent,
}

/// What one tier of one unit came to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tier {
    /// From 1.
    pub tier: u32,
    #[serde(rename = "tierUnit")]
    pub unit: String,
    /// Of one block.
    #[serde(rename = "tierPrice", with = "number")]
    pub price: Decimal,
    /// In blocks, each begun one counted whole (CAPACITY: the highest record).
    #[serde(with = "number")]
    pub quantity: Decimal,
    /// Units in a block; CAPACITY has no blocks.
    #[serde(rename = "tierBlockSize", default = "one", with = "number")]
    pub block_size: Decimal,
    /// Not rounded to cents.
    #[serde(with = "number")]
    pub amount: Decimal,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sections {
    tier_details: Vec<Tier>,
    #[serde(with = "number")]
    amount: Decimal,
}

impl ItemDetails {
    /// Never fails: what is not Kill Bill's usage JSON is text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.is_empty() {
            return Self::Absent;
        }
        if let Ok(Sections { tier_details, amount }) = serde_json::from_str(text) {
            return Self::Aggregate {
                tiers: tier_details,
                amount,
            };
        }
        serde_json::from_str(text).map_or_else(|_| Self::Text(text.to_owned()), Self::Detail)
    }

    /// The tiers of either mode; none for other items.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        match self {
            Self::Aggregate { tiers, .. } => tiers,
            Self::Detail(tier) => std::slice::from_ref(tier),
            Self::Text(_) | Self::Absent => &[],
        }
    }
}

impl Tier {
    /// What was charged for, in the catalog's unit: blocks times block size, hence rounded up from what was consumed.
    #[must_use]
    pub fn billed_units(&self) -> Decimal {
        self.quantity * self.block_size
    }
}

const fn one() -> Decimal {
    Decimal::ONE
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::{ItemDetails, Tier};

    fn hours(
        tier: u32,
        price: rust_decimal::Decimal,
        quantity: rust_decimal::Decimal,
        amount: rust_decimal::Decimal,
    ) -> Tier {
        Tier {
            tier,
            unit: "cpu-hours".to_owned(),
            price,
            quantity,
            block_size: dec!(0.01),
            amount,
        }
    }

    #[test]
    fn reads_aggregate_with_several_tiers() {
        let text = r#"{"tierDetails":[{"tier":1,"tierUnit":"cpu-hours","tierPrice":0.000125,"quantity":18600.0000000,"tierBlockSize":0.01,"amount":2.3250},
            {"tier":2,"tierUnit":"cpu-hours","tierPrice":0.0001,"quantity":0E+2,"tierBlockSize":0.01,"amount":0}],"amount":2.3250}"#;
        let details = ItemDetails::parse(text);
        let tiers = vec![
            hours(1, dec!(0.000125), dec!(18600), dec!(2.325)),
            hours(2, dec!(0.0001), dec!(0), dec!(0)),
        ];
        assert_eq!(
            details,
            ItemDetails::Aggregate {
                tiers,
                amount: dec!(2.325)
            }
        );
        assert_eq!(details.tiers()[0].billed_units(), dec!(186));
    }

    #[test]
    fn reads_detail() {
        let text = r#"{"tier":1,"tierUnit":"cpu-hours","tierPrice":0.0125,"quantity":1116.0,"tierBlockSize":0.01,"amount":13.9500}"#;
        assert_eq!(
            ItemDetails::parse(text),
            ItemDetails::Detail(hours(1, dec!(0.0125), dec!(1116), dec!(13.95)))
        );
    }

    #[test]
    fn leaves_everything_else_as_text() {
        for text in ["settles delivery 7", "{\"mark\":1}", "[]", "{", "12"] {
            assert_eq!(ItemDetails::parse(text), ItemDetails::Text(text.to_owned()));
            assert!(ItemDetails::parse(text).tiers().is_empty());
        }
        assert_eq!(ItemDetails::parse(""), ItemDetails::Absent);
    }
}
