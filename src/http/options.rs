//! OPTIONS as Django REST framework answered it: what an address is, and for POST and PUT the fields, if the caller may
//! send them. Everything is taken from the OpenAPI document, so it is as true as that.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::auth::Caller;
use super::fallback;
use super::problem::Answer;
use super::state::AppState;

/// Marks a request as asking for this, on its way through the layers.
#[derive(Clone, Copy, Debug)]
struct Asked;

/// Stands outside of the CORS layer, which would take every OPTIONS for a browser's preflight: those that are none travel
/// on as a GET that is marked.
pub async fn mark(mut request: Request, next: Next) -> Response {
    let preflight = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if *request.method() == Method::OPTIONS && !preflight {
        *request.method_mut() = Method::GET;
        request.extensions_mut().insert(Asked);
    }
    next.run(request).await
}

/// The answer for a method that an address has no handler for: its description if that was asked for, else 405.
pub async fn describe(document: Arc<Value>, state: AppState, request: Request) -> Answer<Response> {
    let (mut parts, _) = request.into_parts();
    let path = parts
        .extensions
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let item = path.and_then(|path| document.get("paths")?.get(path));
    let item = item.ok_or_else(|| fallback::unknown_method(&parts.method))?;
    let allowed = [(header::ALLOW, allowed(item))];
    if parts.extensions.get::<Asked>().is_none() {
        return Ok((allowed, fallback::unknown_method(&parts.method)).into_response());
    }
    let role = if is_open(item) {
        None
    } else {
        Some(Caller::from_request_parts(&mut parts, &state).await?.role.word())
    };
    Ok((allowed, Json(metadata(&document, item, role))).into_response())
}

fn is_open(item: &Value) -> bool {
    operations(item).all(|(_, operation)| operation["security"] == json!([{}]))
}

/// An address's operations by method.
fn operations(item: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let methods = ["get", "post", "put", "patch", "delete"].into_iter();
    methods.filter_map(|method| Some((method, item.get(method)?)))
}

/// What an address takes; axum would leave OPTIONS out.
fn allowed(item: &Value) -> String {
    let methods = operations(item).map(|(method, _)| match method {
        "get" => "GET,HEAD".to_owned(),
        method => method.to_uppercase(),
    });
    let all: Vec<String> = methods.chain(["OPTIONS".to_owned()]).collect();
    all.join(",")
}

fn metadata(document: &Value, item: &Value, role: Option<&str>) -> Value {
    let first = operations(item).next().map(|(_, operation)| operation);
    let text = |key: &str| first.and_then(|one| one[key].as_str()).unwrap_or_default().to_owned();
    let mut metadata = json!({
        "name": text("summary").trim_end_matches('.'),
        "description": text("description"),
        "renders": media_types(operations(item).filter_map(|(_, operation)| operation.pointer("/responses/200"))),
        "parses": media_types(operations(item).filter_map(|(_, operation)| operation.get("requestBody"))),
    });
    let may = |operation: &Value| {
        let callers = operation["x-may-call"].as_array();
        callers.is_some_and(|callers| callers.iter().any(|caller| caller.as_str() == role))
    };
    let forms =
        operations(item).filter(|(method, operation)| matches!(*method, "post" | "put" | "patch") && may(operation));
    let actions: Map<String, Value> = forms
        .map(|(method, operation)| (method.to_uppercase(), fields(document, operation)))
        .collect();
    if let Some(told) = metadata.as_object_mut().filter(|_| !actions.is_empty()) {
        told.insert("actions".to_owned(), Value::Object(actions));
    }
    metadata
}

fn media_types<'d>(holders: impl Iterator<Item = &'d Value>) -> Vec<&'d str> {
    let contents = holders.filter_map(|holder| holder["content"].as_object());
    let mut types: Vec<&str> = contents
        .flat_map(|content| content.keys().map(String::as_str))
        .collect();
    if types.is_empty() {
        types.push("application/json");
    }
    types.sort_unstable();
    types.dedup();
    types
}

/// The fields of a body by name, in the framework's words.
fn fields(document: &Value, operation: &Value) -> Value {
    let schema = operation.pointer("/requestBody/content/application~1json/schema");
    let schema = resolved(document, schema.unwrap_or(&Value::Null));
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let described = properties.into_iter().map(|(name, property)| {
        let is_required = required.iter().any(|one| *one == name.as_str());
        let described = field(document, &name, &property, is_required);
        (name, described)
    });
    Value::Object(described.collect())
}

fn field(document: &Value, name: &str, property: &Value, required: bool) -> Value {
    let described = resolved(document, property);
    let mut label = name.replace('_', " ");
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut field = json!({ "type": type_of(described), "required": required, "read_only": false, "label": label });
    let own = [
        ("description", "help_text"),
        ("maxLength", "max_length"),
        ("minimum", "min_value"),
    ];
    let own = own.into_iter().filter_map(|(key, word)| {
        let value = property.get(key).or_else(|| described.get(key))?;
        Some((word.to_owned(), value.clone()))
    });
    if let Some(told) = field.as_object_mut() {
        told.extend(own);
    }
    field
}

fn type_of(schema: &Value) -> &'static str {
    let is = |name: &str| {
        schema["type"] == name
            || schema["type"]
                .as_array()
                .is_some_and(|types| types.iter().any(|one| one == name))
    };
    match schema["format"].as_str() {
        Some("date-time") => "datetime",
        Some("date") => "date",
        _ if schema.get("enum").is_some() => "choice",
        // Decimals may be sent as text too.
        _ if is("number") => "decimal",
        _ if is("string") => "string",
        _ if is("boolean") => "boolean",
        _ if is("integer") => "integer",
        _ if is("array") => "list",
        _ if is("object") => "nested object",
        _ => "field",
    }
}

/// What a schema stands for: through references, and through "this or null".
fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let either = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    let schema = either
        .and_then(|all| all.iter().find(|one| one["type"] != "null"))
        .unwrap_or(schema);
    let reference = schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'));
    reference
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(schema)
}
