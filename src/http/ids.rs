//! uuids on the wire: 32 hex digits out; hex digits, dashes or a whole address in.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::domain::uuid_hex;

/// The name of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub Uuid);

/// What is taken as an [`Id`].
pub const PATTERN: &str =
    r"^([^\x00?#]*/)?([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/*([?#][^\x00]*)?$";

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || {
            serde::de::Error::custom(format!(
                "\"{text}\" is not a valid uuid: give 32 hex digits or an address"
            ))
        };
        uuid_hex::parse(&text).map(Self).ok_or_else(wrong)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.simple())
    }
}

impl PartialSchema for Id {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let object = utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "32 hex digits; on input also with dashes, or the object's address",
            ))
            .pattern(Some(PATTERN))
            .examples([serde_json::json!("6e08f48681834ba5aadd426a0abe9282")]);
        object.into()
    }
}

impl ToSchema for Id {}
