//! Query parameters as they are really read: one without a value counts as not given (the old frontend sends such), and
//! no text may hold NUL, which PostgreSQL keeps nowhere.

use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};

use crate::domain::hold::HoldCode;
use crate::domain::reconcile::Kind;
use crate::http::ids;

/// A day; February's 29th, which is taken in leap years, is not in it.
const DAY: &str = "^[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))$";
const NO_NUL: &str = r"^[^\x00]*$";

/// Rewrites the patterns of text parameters in the query.
pub(super) fn relax(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && matches!(parameter.parameter_in, ParameterIn::Query)
            && let Some(pattern) = pattern(parameter)
        {
            let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
            parameter.schema = Some(RefOr::T(Schema::Object(text.build())));
        }
    }
}

/// `None`: not text, or text with a format of its own.
fn pattern(parameter: &Parameter) -> Option<String> {
    if parameter.name == "held" {
        let codes: Vec<&str> = HoldCode::ALL.iter().map(|code| code.as_str()).collect();
        return Some(format!("^({})?$", codes.join("|")));
    }
    // Of discrepancies; where the lines of invoices have kinds, their pattern stands with them.
    if parameter.name == "kind" && !has_pattern(parameter) {
        let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        let kinds = kinds.join("|");
        return Some(format!("^(({kinds})(,({kinds}))*)?$"));
    }
    match parameter.schema.as_ref()? {
        RefOr::Ref(reference) => named(&reference.ref_location),
        RefOr::T(Schema::OneOf(either)) => either.items.iter().find_map(|one| match one {
            RefOr::Ref(reference) => named(&reference.ref_location),
            RefOr::T(_) => None,
        }),
        RefOr::T(Schema::Object(object)) if is_text(&object.schema_type) => match &object.format {
            Some(SchemaFormat::KnownFormat(KnownFormat::Date)) => Some(optional(DAY)),
            Some(_) => None,
            None => Some(object.pattern.as_deref().map_or_else(|| NO_NUL.to_owned(), optional)),
        },
        RefOr::T(_) => None,
    }
}

fn has_pattern(parameter: &Parameter) -> bool {
    matches!(&parameter.schema, Some(RefOr::T(Schema::Object(object))) if object.pattern.is_some())
}

/// A uuid's pattern is written out, so that it too may be empty.
fn named(reference: &str) -> Option<String> {
    reference.ends_with("/Id").then(|| optional(ids::PATTERN))
}

fn is_text(kind: &SchemaType) -> bool {
    match kind {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.iter().all(|kind| matches!(kind, Type::String | Type::Null)),
        SchemaType::AnyValue => false,
    }
}

fn optional(pattern: &str) -> String {
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    format!("^({inner})?$")
}
