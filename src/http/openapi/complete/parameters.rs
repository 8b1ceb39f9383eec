//! Query parameters as they are really read: one without a value counts as not given (the old frontend sends such), and
//! no text may hold NUL, which PostgreSQL keeps nowhere.

use std::collections::BTreeMap;

use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};

use crate::http::texts::MONTH_AND_DAY;

const NO_NUL: &str = r"^[^\x00]*$";

/// The document's schemas by name.
type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Rewrites the patterns of text parameters in the query.
pub(super) fn relax(operation: &mut Operation, schemas: &Schemas) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && matches!(parameter.parameter_in, ParameterIn::Query)
            && let Some(pattern) = pattern(parameter, schemas)
        {
            let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
            parameter.schema = Some(RefOr::T(Schema::Object(text.build())));
        }
    }
}

/// `None`: not text, or text with a format of its own.
fn pattern(parameter: &Parameter, schemas: &Schemas) -> Option<String> {
    match parameter.schema.as_ref()? {
        RefOr::Ref(reference) => named(&reference.ref_location, schemas),
        RefOr::T(Schema::OneOf(either)) => either.items.iter().find_map(|one| match one {
            RefOr::Ref(reference) => named(&reference.ref_location, schemas),
            RefOr::T(_) => None,
        }),
        RefOr::T(schema) => of_text(schema),
    }
}

fn of_text(schema: &Schema) -> Option<String> {
    let Schema::Object(object) = schema else { return None };
    match &object.format {
        _ if !is_text(&object.schema_type) => None,
        Some(SchemaFormat::KnownFormat(KnownFormat::Date)) => Some(format!("^([0-9]{{4}}-{MONTH_AND_DAY})?$")),
        Some(_) => None,
        None => Some(object.pattern.as_deref().map_or_else(|| NO_NUL.to_owned(), optional)),
    }
}

/// A named text's pattern is written out, so that it too may be empty.
fn named(reference: &str, schemas: &Schemas) -> Option<String> {
    match schemas.get(reference.rsplit('/').next()?)? {
        RefOr::T(schema) => of_text(schema),
        RefOr::Ref(_) => None,
    }
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
