//! Query parameters as they are really read: one without a value counts as not given (the old frontend sends such), and
//! no text may hold NUL, which PostgreSQL keeps nowhere. What is a number or a switch is text in a query as well.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    ArrayBuilder, ArrayItems, KnownFormat, Object, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{RefOr, Required};

use crate::http::instants;

const NO_NUL: &str = r"^[^\x00]*$";

/// The document's schemas by name.
type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Adds `field`, which everything takes that is read as JSON.
pub(super) fn choose(operation: &mut Operation) {
    let names = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
    let field = ParameterBuilder::new()
        .name("field")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(
            "Only these keys of each object, and none that is not listed. Repeat it, or list them with commas.",
        ))
        .schema(Some(names));
    operation.parameters.get_or_insert_default().push(field.build().into());
}

/// Rewrites the schemas of parameters in the query.
pub(super) fn relax(operation: &mut Operation, schemas: &Schemas) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && matches!(parameter.parameter_in, ParameterIn::Query)
            && let Some(relaxed) = relaxed(parameter, schemas)
        {
            parameter.schema = Some(relaxed);
        }
    }
}

/// `None`: it stands as it is.
fn relaxed(parameter: &Parameter, schemas: &Schemas) -> Option<RefOr<Schema>> {
    let own = given(parameter.schema.as_ref()?, schemas)?;
    if let Schema::Array(list) = own {
        let ArrayItems::RefOrSchema(item) = &list.items else {
            return None;
        };
        let item = text(pattern(given(item, schemas)?)?);
        return Some(Schema::Array(ArrayBuilder::new().items(RefOr::T(item)).build()).into());
    }
    pattern(own).map(|pattern| text(pattern).into())
}

fn text(pattern: String) -> Schema {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    Schema::Object(text.build())
}

/// What is read when there is a value: through references, and through "this or null".
fn given<'s>(schema: &'s RefOr<Schema>, schemas: &'s Schemas) -> Option<&'s Schema> {
    match schema {
        RefOr::Ref(reference) => given(schemas.get(reference.ref_location.rsplit('/').next()?)?, schemas),
        RefOr::T(Schema::OneOf(either)) => either.items.iter().find_map(|one| match one {
            RefOr::Ref(_) => given(one, schemas),
            RefOr::T(_) => None,
        }),
        RefOr::T(schema) => Some(schema),
    }
}

fn pattern(schema: &Schema) -> Option<String> {
    let Schema::Object(object) = schema else { return None };
    match (kind(&object.schema_type)?, &object.format) {
        (Type::Boolean, _) => Some(optional("true|false")),
        (Type::Integer, _) => Some(optional(numbers(object))),
        (Type::String, Some(SchemaFormat::KnownFormat(KnownFormat::Date))) => Some(optional(&instants::day())),
        (Type::String, None) => Some(form(object).map_or_else(|| NO_NUL.to_owned(), |form| optional(&form))),
        _ => None,
    }
}

/// What a text has to look like: its pattern, or one of a few words.
fn form(object: &Object) -> Option<String> {
    let words = || {
        let words = object.enum_values.as_ref()?;
        let words: Vec<&str> = words.iter().filter_map(|word| word.as_str()).collect();
        Some(words.join("|"))
    };
    object.pattern.clone().or_else(words)
}

/// The numbers between the bounds, zeros before them included: 8 and 08 are the same month.
fn numbers(object: &Object) -> &'static str {
    match object.maximum.as_ref().map(|most| serde_json::json!(most).as_f64()) {
        Some(Some(12.0)) => "0{0,8}([1-9]|1[0-2])",
        Some(Some(9999.0)) => "0{0,6}[1-9][0-9]{0,3}",
        _ => "-?[0-9]{1,9}",
    }
}

/// The one kind of value that it is, beside null.
fn kind(kinds: &SchemaType) -> Option<Type> {
    match kinds {
        SchemaType::Type(kind) => Some(kind.clone()),
        SchemaType::Array(kinds) => match kinds.iter().filter(|kind| **kind != Type::Null).collect::<Vec<_>>()[..] {
            [kind] => Some(kind.clone()),
            _ => None,
        },
        SchemaType::AnyValue => None,
    }
}

fn optional(pattern: &str) -> String {
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    format!("^({inner})?$")
}
