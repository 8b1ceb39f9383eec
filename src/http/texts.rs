//! Texts of a closed form, as OpenAPI describes them: what a parameter or a field takes that is read as plain text. Nothing
//! is of these types; they are named in `value_type` and stand among the document's schemas.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::hold::HoldCode;
use crate::domain::reconcile::Kind;

/// An hour, by its first instant in UTC. An offset is taken too, and so is February's 29th.
#[derive(Debug)]
pub struct HourText;

/// Why a record is held.
#[derive(Debug)]
pub struct HoldText;

/// A month, as estimates have always been asked for.
#[derive(Debug)]
pub struct MonthText;

/// Kinds of discrepancies, with commas between them.
#[derive(Debug)]
pub struct KindsText;

/// Days of the calendar but February's 29th.
pub const MONTH_AND_DAY: &str =
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))";

impl PartialSchema for HourText {
    fn schema() -> RefOr<Schema> {
        let pattern = format!("^20[0-9]{{2}}-{MONTH_AND_DAY}T([01][0-9]|2[0-3]):00:00Z$");
        text(
            pattern,
            "The first instant of an hour, with Z or an offset",
            "2026-01-01T10:00:00Z",
        )
    }
}

impl PartialSchema for HoldText {
    fn schema() -> RefOr<Schema> {
        let codes: Vec<&str> = HoldCode::ALL.iter().map(|code| code.as_str()).collect();
        text(
            format!("^({})$", codes.join("|")),
            "A reason to hold a record",
            "no-price",
        )
    }
}

impl PartialSchema for MonthText {
    fn schema() -> RefOr<Schema> {
        text(r"^20[0-9]{2}\.(0[1-9]|1[0-2])$".to_owned(), "A month", "2026.01")
    }
}

impl PartialSchema for KindsText {
    fn schema() -> RefOr<Schema> {
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        let one = format!("({})", kinds.join("|"));
        text(
            format!("^{one}(,{one})*$"),
            "One kind or several, with commas",
            "quantity,sum",
        )
    }
}

impl ToSchema for HourText {}
impl ToSchema for HoldText {}
impl ToSchema for MonthText {}
impl ToSchema for KindsText {}

fn text(pattern: String, description: &str, example: &str) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    let object = object
        .description(Some(description))
        .examples([serde_json::json!(example)]);
    RefOr::T(Schema::Object(object.build()))
}
