//! Amounts on the wire: JSON numbers of any precision, exact in both directions, exponents such as `0E-9` included.

use rust_decimal::{Decimal, dec};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::Number;

/// Far above any amount, price or quantity that Kill Bill's columns hold, and far enough below what a decimal holds that two
/// of them can be multiplied and any number of them added: beyond it, the answer is none of Kill Bill's.
const BOUND: Decimal = dec!(10_000_000_000_000);

pub(super) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    let number: Number = value.to_string().parse().map_err(ser::Error::custom)?;
    number.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    parse(&Number::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn parse(number: &Number) -> Result<Decimal, String> {
    let text = number.to_string();
    if mantissa_is_zero(&text) {
        return Ok(Decimal::ZERO);
    }
    let value = text.parse().or_else(|_| Decimal::from_scientific(&text));
    match value {
        Ok(value) if value.abs() < BOUND => Ok(value),
        Ok(value) => Err(format!("{value} is no amount")),
        Err(error) => Err(error.to_string()),
    }
}

/// `0E+2` and the like, whatever the exponent.
fn mantissa_is_zero(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    mantissa.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'))
}

/// The same for fields that may be null or missing.
pub(super) mod optional {
    use super::{Decimal, Deserialize, Deserializer, Number, Serialize, Serializer, de, parse};

    #[expect(clippy::ref_option, reason = "the signature that serde's `with` asks for")]
    pub(in crate::killbill) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, serializer),
            None => None::<()>.serialize(serializer),
        }
    }

    pub(in crate::killbill) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let number = Option::<Number>::deserialize(deserializer)?;
        number.as_ref().map(parse).transpose().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Amount {
        #[serde(with = "super")]
        amount: Decimal,
        #[serde(default, with = "super::optional")]
        rate: Option<Decimal>,
    }

    fn read(text: &str) -> Decimal {
        serde_json::from_str::<Amount>(&format!("{{\"amount\":{text}}}"))
            .unwrap()
            .amount
    }

    #[test]
    fn reads_every_notation_that_kill_bill_writes() {
        for (text, value) in [
            ("0E-9", "0"),
            ("0E+2", "0"),
            ("-0.00", "0"),
            ("1.860E+4", "18600"),
            ("5E-9", "0.000000005"),
            ("1.000000000", "1"),
            ("-12.34", "-12.34"),
            ("999999999.999999999", "999999999.999999999"),
        ] {
            assert_eq!(read(text), value.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn writes_the_very_digits() {
        let amount = Amount {
            amount: "123456789.123456789".parse().unwrap(),
            rate: Some("0.10".parse().unwrap()),
        };
        assert_eq!(
            serde_json::to_string(&amount).unwrap(),
            r#"{"amount":123456789.123456789,"rate":0.10}"#
        );
        assert_eq!(
            serde_json::to_string(&Amount { rate: None, ..amount }).unwrap(),
            r#"{"amount":123456789.123456789,"rate":null}"#
        );
    }

    #[test]
    fn refuses_what_no_sum_or_product_could_hold() {
        let edge = "9999999999999.999999999";
        assert_eq!(read(edge).to_string(), edge);
        assert!(read(edge).checked_mul(read(edge)).is_some());
        for text in [
            "10000000000000",
            "-10000000000000",
            "1E+13",
            "79228162514264337593543950335",
            "1E+400",
        ] {
            let json = format!("{{\"amount\":{text}}}");
            assert!(serde_json::from_str::<Amount>(&json).is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_text_in_place_of_a_number() {
        assert!(serde_json::from_str::<Amount>(r#"{"amount":"12"}"#).is_err());
    }
}
