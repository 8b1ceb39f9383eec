//! Decimals as bodies take them, for OpenAPI: text or a number, not negative, below a bound, with so many decimals at most.
//! Nothing is of these types; they are named in `value_type`, and [`super::number::Number`] reads them.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// The price of a unit for an hour.
#[derive(Debug)]
pub struct PriceInput;

/// An amount of money.
#[derive(Debug)]
pub struct MoneyInput;

/// A limit: an amount of money, or -1 for none.
#[derive(Debug)]
pub struct LimitInput;

/// What a meter counted in an hour.
#[derive(Debug)]
pub struct QuantityInput;

impl PartialSchema for PriceInput {
    fn schema() -> RefOr<Schema> {
        decimal(9, 10, "0.0125")
    }
}

impl PartialSchema for MoneyInput {
    fn schema() -> RefOr<Schema> {
        decimal(12, 10, "250")
    }
}

impl PartialSchema for LimitInput {
    fn schema() -> RefOr<Schema> {
        let none = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Number]))
            .enum_values(Some([serde_json::json!("-1"), serde_json::json!(-1)]))
            .description(Some("None"));
        RefOr::T(Schema::AnyOf(
            AnyOfBuilder::new().item(MoneyInput::schema()).item(none).build(),
        ))
    }
}

impl PartialSchema for QuantityInput {
    fn schema() -> RefOr<Schema> {
        decimal(9, 9, "4")
    }
}

impl ToSchema for PriceInput {}
impl ToSchema for MoneyInput {}
impl ToSchema for LimitInput {}
impl ToSchema for QuantityInput {}

/// `pattern` speaks of texts alone, the rest of numbers alone.
fn decimal(digits: i32, decimals: i32, example: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number]))
        .pattern(Some(format!(r"^[0-9]{{1,{digits}}}(\.[0-9]{{1,{decimals}}})?$")))
        .minimum(Some(0))
        .exclusive_maximum(Some(10_i64.pow(digits.unsigned_abs())))
        .multiple_of(Some(10_f64.powi(-decimals)))
        .description(Some("A decimal, as text or as a number"))
        .examples([serde_json::json!(example)]);
    RefOr::T(Schema::Object(object.build()))
}
