//! Which keys an answer always has: all of them, also those that are null. Only pushes and reports leave some out.

use utoipa::openapi::schema::{Object, Schema};
use utoipa::openapi::{Components, RefOr};

/// Lists every key of what is shown as required.
pub(super) fn require(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let whole = (name.ends_with("View") && name != "SectionView") || name.ends_with("Detail");
        if let RefOr::T(schema) = schema
            && whole
        {
            objects(schema).into_iter().for_each(all);
        }
    }
}

/// What is composed of several is looked at part by part.
fn objects(schema: &mut Schema) -> Vec<&mut Object> {
    match schema {
        Schema::Object(object) => vec![object],
        Schema::AllOf(parts) => parts.items.iter_mut().filter_map(object).collect(),
        _ => Vec::new(),
    }
}

fn object(part: &mut RefOr<Schema>) -> Option<&mut Object> {
    match part {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}

fn all(object: &mut Object) {
    object.required = object.properties.keys().cloned().collect();
}
