//! Decimals that NodeConductor's clients expect as JSON numbers: every digit is kept, no float is ever in between.
//! What clients send may be a number or text.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

/// A decimal that is a number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        rust_decimal::serde::arbitrary_precision::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_owned(),
            _ => String::new(),
        };
        let number = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
        number
            .map(Self)
            .map_err(|_| serde::de::Error::custom("A valid number is required."))
    }
}

impl PartialSchema for Number {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Number)
            .description(Some("A number with all its decimals"))
            .examples([serde_json::json!(0.0125)])
            .into()
    }
}

impl ToSchema for Number {}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn every_digit_comes_through_both_ways() {
        let written = serde_json::to_string(&Number(dec!(12345678901234567.000000001))).unwrap();
        assert_eq!(written, "12345678901234567.000000001");
        for text in [r#""0.1""#, "0.1", "1e-1"] {
            assert_eq!(serde_json::from_str::<Number>(text).unwrap(), Number(dec!(0.1)));
        }
        for wrong in ["null", "true", r#""ten""#, "[]", "1e400"] {
            assert!(serde_json::from_str::<Number>(wrong).is_err(), "{wrong}");
        }
    }
}
