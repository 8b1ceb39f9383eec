//! Decimals that NodeConductor's clients expect as JSON numbers: every digit is kept, no float is ever in between.
//! What clients send may be a number or text.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::{PartialSchema, ToSchema};

use super::words;

const NOT_NULL: &str = "This field may not be null.";

/// Reads a value that may be left out but not be `null`.
///
/// # Errors
/// When it is neither.
pub fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Number>, D::Error> {
    Number::deserialize(deserializer).map(Some)
}

/// What stands in a number, or in a text; nothing for what is neither. Read from the text that was sent: whatever else it
/// is, nothing is built from it.
fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let sent = Box::<RawValue>::deserialize(deserializer)?;
    match sent.get() {
        "null" => Err(serde::de::Error::custom(NOT_NULL)),
        text if text.starts_with('"') => {
            let text: String = serde_json::from_str(text).map_err(serde::de::Error::custom)?;
            Ok(text.trim().to_owned())
        }
        text if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => Ok(text.to_owned()),
        _ => Ok(String::new()),
    }
}

/// A whole number; clients send it as a number or as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer(pub i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = digits(deserializer)?.parse().ok();
        number.map(Self).ok_or_else(|| serde::de::Error::custom(words::INTEGER))
    }
}

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
        let text = digits(deserializer)?;
        let number = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
        number.map(Self).map_err(|_| serde::de::Error::custom(words::NUMBER))
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
        let null = serde_json::from_str::<Number>("null").unwrap_err();
        assert!(null.to_string().starts_with(NOT_NULL), "{null}");
        for wrong in ["true", r#""ten""#, "[]", "1e400"] {
            assert!(serde_json::from_str::<Number>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn whole_numbers_come_as_numbers_or_text() {
        for text in ["3", r#""3""#, r#"" 03 ""#] {
            assert_eq!(serde_json::from_str::<Integer>(text).unwrap(), Integer(3));
        }
        for wrong in ["3.5", r#""three""#, "[3]", "true", "1e40"] {
            let error = serde_json::from_str::<Integer>(wrong).unwrap_err().to_string();
            assert!(error.starts_with("A valid integer is required."), "{wrong}: {error}");
        }
    }
}
