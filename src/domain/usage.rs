//! Usage records: (resource, meter, hour) → quantity, what a push may say about one, and what is answered.

mod sent;
mod state;

use std::collections::HashMap;

use serde_json::value::RawValue;
use uuid::Uuid;

use super::hour::Hour;
use super::quantity::{Quantity, QuantityError};
use super::uuid_hex;
use sent::{SentRecord, as_number, as_text, shown};
pub use state::RecordState;

/// One record of a push, checked as far as that goes without the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRecord {
    pub resource: Uuid,
    /// Key of a configured meter.
    pub meter_id: i16,
    pub hour: Hour,
    pub quantity: Quantity,
    /// Whether a different stored quantity is to be replaced by a new revision.
    pub correction: bool,
}

/// Why a record was not taken: the field, a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub field: String,
    pub code: &'static str,
    pub detail: String,
}

/// What became of one record of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted(RecordKey),
    Duplicate(RecordKey),
    Corrected(RecordKey),
    Conflict { key: RecordKey, stored: Quantity },
    Rejected(Rejection),
}

/// The identity of one revision of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordKey {
    pub resource_id: i64,
    pub meter_id: i16,
    pub hour: Hour,
    pub revision: i16,
}

impl UsageRecord {
    /// Reads one record as it was sent; `meters` are the configured names. Takes no more memory than the text, whatever it is.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &RawValue, meters: &HashMap<String, i16>) -> Result<Self, Rejection> {
        let sent = SentRecord::read(text)?;
        Ok(Self {
            resource: resource(sent.required("resource")?)?,
            meter_id: meter(sent.required("meter")?, meters)?,
            hour: hour(sent.required("hour")?)?,
            quantity: quantity(sent.required("quantity")?)?,
            correction: correction(sent.given("correction"))?,
        })
    }
}

fn resource(value: &RawValue) -> Result<Uuid, Rejection> {
    let uuid = as_text(value).and_then(|text| uuid_hex::parse(&text));
    uuid.ok_or_else(|| {
        reject(
            "resource",
            "invalid",
            format!(
                "{} is not a uuid: 32 hex digits, with dashes, or a URL ending in it",
                shown(value)
            ),
        )
    })
}

fn meter(value: &RawValue, meters: &HashMap<String, i16>) -> Result<i16, Rejection> {
    let name = as_text(value).ok_or_else(|| reject("meter", "invalid", format!("{} is not a text", shown(value))))?;
    meters.get(name.as_ref()).copied().ok_or_else(|| {
        let mut known = meters.keys().map(String::as_str).collect::<Vec<_>>();
        known.sort_unstable();
        reject(
            "meter",
            "unknown_meter",
            format!(
                "{} is not configured; configured are {}",
                shown(value),
                known.join(", ")
            ),
        )
    })
}

fn hour(value: &RawValue) -> Result<Hour, Rejection> {
    let text = as_text(value).ok_or_else(|| reject("hour", "invalid", format!("{} is not a text", shown(value))))?;
    Hour::parse(&text).map_err(|error| reject("hour", error.code(), format!("{} {error}", shown(value))))
}

fn quantity(value: &RawValue) -> Result<Quantity, Rejection> {
    let text = as_text(value).or_else(|| as_number(value).map(Into::into));
    let parsed = text
        .ok_or(QuantityError::NotANumber)
        .and_then(|text| Quantity::parse(&text));
    parsed.map_err(|error| reject("quantity", error.code(), format!("{} {error}", shown(value))))
}

fn correction(value: Option<&RawValue>) -> Result<bool, Rejection> {
    match value.map(RawValue::get) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(reject(
            "correction",
            "invalid",
            format!("{} is neither true nor false", value.map(shown).unwrap_or_default()),
        )),
    }
}

fn reject(field: &str, code: &'static str, detail: impl Into<String>) -> Rejection {
    Rejection {
        field: field.to_owned(),
        code,
        detail: detail.into(),
    }
}

impl RecordKey {
    /// The record's uuid: version 8, the key itself in its bits, so that hundreds of millions of records need neither
    /// a column nor an index for it. 48 bits resource, 12 revision, 16 meter, 32 hours since 1970.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        let hours = u128::from(self.hour.start().timestamp().unsigned_abs() / 3600) & 0xffff_ffff;
        let resource = u128::from(self.resource_id.unsigned_abs()) & 0xffff_ffff_ffff;
        let revision = u128::from(self.revision.unsigned_abs()) & 0xfff;
        let meter = u128::from(self.meter_id.unsigned_abs());
        let bits = resource << 80 | revision << 64 | meter << 46 | hours << 14;
        uuid::Builder::from_custom_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// The key in a uuid made by [`RecordKey::uuid`]; None for any other uuid.
    #[must_use]
    pub fn from_uuid(uuid: Uuid) -> Option<Self> {
        let bits = uuid.as_u128();
        let hours = i64::try_from(bits >> 14 & 0xffff_ffff).ok()?;
        let key = Self {
            resource_id: i64::try_from(bits >> 80).ok()?,
            revision: i16::try_from(bits >> 64 & 0xfff).ok()?,
            meter_id: i16::try_from(bits >> 46 & 0xffff).ok()?,
            hour: Hour::new(chrono::DateTime::from_timestamp(hours * 3600, 0)?).ok()?,
        };
        (key.uuid() == uuid).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use serde_json::value::to_raw_value;

    fn rejected(record: impl serde::Serialize) -> (String, &'static str, String) {
        let meters = HashMap::from([("cpu".to_owned(), 1)]);
        let rejection = UsageRecord::parse(&to_raw_value(&record).unwrap(), &meters).unwrap_err();
        (rejection.field, rejection.code, rejection.detail)
    }

    #[test]
    fn a_rejection_names_the_field_the_value_and_what_would_be_right() {
        let uuid = "6e08f48681834ba5aadd426a0abe9282";
        let hour = "2026-01-01T10:00:00Z";
        let cases = [
            json!([1]),
            json!({"resource": uuid, "meter": "cpu", "hour": hour, "quantity": 1, "corection": true}),
            json!({"meter": "cpu", "hour": hour, "quantity": 1}),
            json!({"resource": "vm-1", "meter": "cpu", "hour": hour, "quantity": 1}),
            json!({"resource": uuid, "meter": "gpu", "hour": hour, "quantity": 1}),
            json!({"resource": uuid, "meter": "cpu", "hour": "2026-01-01T10:30:00Z", "quantity": 1}),
            json!({"resource": uuid, "meter": "cpu", "hour": hour, "quantity": "-4"}),
            json!({"resource": uuid, "meter": "cpu", "hour": hour, "quantity": 1, "correction": "yes"}),
        ];
        insta::assert_debug_snapshot!(cases.map(rejected), @r#"
        [
            (
                "record",
                "invalid",
                "must be a JSON object with resource, meter, hour and quantity",
            ),
            (
                "corection",
                "unknown_field",
                "is not known; known are resource, meter, hour, quantity, correction",
            ),
            (
                "resource",
                "required",
                "is missing",
            ),
            (
                "resource",
                "invalid",
                "\"vm-1\" is not a uuid: 32 hex digits, with dashes, or a URL ending in it",
            ),
            (
                "meter",
                "unknown_meter",
                "\"gpu\" is not configured; configured are cpu",
            ),
            (
                "hour",
                "not_on_the_hour",
                "\"2026-01-01T10:30:00Z\" is not on the hour: minutes and seconds must be zero",
            ),
            (
                "quantity",
                "negative",
                "\"-4\" is negative; consumption is zero or more",
            ),
            (
                "correction",
                "invalid",
                "\"yes\" is neither true nor false",
            ),
        ]
        "#);
    }

    proptest! {
        #[test]
        fn a_record_s_uuid_gives_its_key_back(
            resource_id in 1i64..1 << 40, meter_id in 1i16.., hours in 263_000i64..1_139_000, revision in 1i16..4096,
        ) {
            let hour = Hour::new(chrono::DateTime::from_timestamp(hours * 3600, 0).unwrap()).unwrap();
            let key = RecordKey { resource_id, meter_id, hour, revision };
            prop_assert_eq!(RecordKey::from_uuid(key.uuid()), Some(key));
            prop_assert_eq!(key.uuid().get_version_num(), 8);
        }
    }

    #[test]
    fn a_foreign_uuid_is_no_record() {
        assert_eq!(
            RecordKey::from_uuid(Uuid::from_u128(0x6e08_f486_8183_4ba5_aadd_426a_0abe_9282)),
            None
        );
    }
}
