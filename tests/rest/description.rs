//! The OpenAPI document: complete enough for a stranger, and true to the router.

use axum::http::Method;
use serde_json::Value;

use crate::support::web::Service;

const VERBS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let verbs = VERBS.iter().filter(|verb| item.get(**verb).is_some());
        verbs
            .map(|verb| (verb.to_uppercase(), path.clone(), item[*verb].clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn every_operation_is_explained_with_its_parameters_and_answers() {
    let service = Service::start().await;
    let document = service.get("", "/api/schema/").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let tags: Vec<&Value> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    for (verb, path, operation) in operations(&document) {
        assert!(
            tags.contains(&&operation["tags"][0]),
            "{verb} {path}: {} is not introduced",
            operation["tags"][0]
        );
    }
    let missing: Vec<String> = operations(&document).iter().flat_map(missing_from).collect();
    assert_eq!(missing, [""; 0]);
}

/// What a stranger would miss.
fn missing_from((verb, path, operation): &(String, String, Value)) -> Vec<String> {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let unexplained = parameters.iter().filter(|one| !one["description"].is_string());
    let mut missing: Vec<String> = unexplained
        .map(|one| format!("description of {}", one["name"]))
        .collect();
    let placeholders = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let described = |name: &&str| {
        parameters
            .iter()
            .any(|one| one["in"] == "path" && one["name"] == **name)
    };
    missing.extend(
        placeholders
            .filter(|name| !described(name))
            .map(|name| format!("parameter {name}")),
    );
    let open = operation["security"] == serde_json::json!([{}]);
    for (what, there) in [
        (
            "summary",
            operation["summary"].as_str().is_some_and(|text| text.len() > 8),
        ),
        ("tag", operation["tags"].as_array().is_some_and(|tags| tags.len() == 1)),
        ("answer 401", open || operation["responses"].get("401").is_some()),
    ] {
        missing.extend((!there).then(|| what.to_owned()));
    }
    missing
        .into_iter()
        .map(|what| format!("{verb} {path}: {what}"))
        .collect()
}

#[tokio::test]
async fn every_described_address_asks_for_a_token_unless_it_says_otherwise() {
    let service = Service::start().await;
    let document = service.get("", "/api/schema/").await.json();
    for (verb, path, operation) in operations(&document) {
        let open = operation["security"] == serde_json::json!([{}]);
        let concrete = path
            .replace("{uuid}", &"0".repeat(32))
            .replace("{item}", &"0".repeat(32))
            .replace("{job}", "deliver");
        let method: Method = verb.parse().unwrap();
        let status = service.call(method.as_str(), "", &concrete, "{}").await.status.as_u16();
        assert_eq!(status == 401, !open, "{verb} {path} answered {status}");
    }
}

#[tokio::test]
async fn references_lead_somewhere_and_the_token_is_explained() {
    let service = Service::start().await;
    let text = service.get("", "/api/schema/").await.json().to_string();
    let document: Value = serde_json::from_str(&text).unwrap();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer} is missing");
    }
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(
        (&schemes["token"]["in"], &schemes["token"]["name"]),
        (&"header".into(), &"Authorization".into())
    );
    assert_eq!(schemes["token_in_address"]["name"], "x-auth-token");
}

#[tokio::test]
async fn bounds_have_to_be_given_and_may_be_null_and_new_values_need_not_and_may_not() {
    let service = Service::start().await;
    let document = service.get("", "/api/schema/").await.json();
    let schema = |name: &str| document["components"]["schemas"][name].clone();
    let nullable = |schema: &Value, field: &str| schema["properties"][field].to_string().contains("null");
    for (name, field, required) in [
        ("ThresholdBody", "threshold", true),
        ("LimitBody", "limit", true),
        ("EstimateChange", "total", false),
        ("OverrideChange", "value", false),
    ] {
        let body = schema(name);
        let given = body["required"]
            .as_array()
            .is_some_and(|fields| fields.contains(&field.into()));
        assert_eq!((given, nullable(&body, field)), (required, required), "{name}: {body}");
    }
    // A policy has no total.
    assert!(schema("EstimateReplacement").get("required").is_none());
}

#[tokio::test]
async fn a_parameter_without_a_value_counts_as_not_given_and_the_description_says_so() {
    let service = Service::start().await;
    let document = service.get("", "/api/schema/").await.json();
    let lists = operations(&document)
        .into_iter()
        .filter(|(verb, path, _)| verb == "GET" && path.starts_with("/api/") && !path.contains('{'));
    for (_, path, operation) in lists {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            assert!(may_be_blank(&parameter["schema"]), "{path}: {parameter}");
            let answer = service.get(&service.staff, &format!("{path}?{name}=")).await;
            assert_eq!(answer.status, 200, "{path}?{name}=: {}", answer.shown());
        }
    }
}

#[tokio::test]
async fn a_parameter_of_a_closed_word_takes_its_words_alone() {
    let service = Service::start().await;
    let document = service.get("", "/api/schema/").await.json();
    for (path, name, pattern) in [
        ("settlements", "direction", "^(charge|credit|nothing)?$"),
        ("discrepancies", "o", "^(-opened|opened|-amount|kind)?$"),
        ("price-estimates", "over", "^(threshold|limit)?$"),
        (
            "invoice-items",
            "kind",
            "^(usage|recurring|fixed|charge|credit|adjustment|tax|other)?$",
        ),
    ] {
        let parameters = &document["paths"][format!("/api/{path}/")]["get"]["parameters"];
        let mut named = parameters.as_array().unwrap().iter().filter(|one| one["name"] == name);
        assert_eq!(named.next().unwrap()["schema"]["pattern"], pattern, "{path}?{name}=");
    }
}

/// Text that has no form, or one that nothing fits; or a list of such.
fn may_be_blank(schema: &Value) -> bool {
    let schema = if schema["type"] == "array" {
        &schema["items"]
    } else {
        schema
    };
    let pattern = schema["pattern"].as_str().unwrap_or("^.*$");
    schema["type"] == "string" && (pattern.ends_with(")?$") || pattern.ends_with("*$"))
}

#[tokio::test]
async fn the_description_names_the_headers_that_are_answered() {
    let service = Service::start().await;
    let document = service.get("", "/api/schema/").await.json();
    let of = |path: &str, status: &str| -> Vec<String> {
        let headers = document["paths"][path]["get"]["responses"][status]["headers"].as_object();
        headers.into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let list = service.get(&service.staff, "/api/invoices/").await;
    for name in of("/api/invoices/", "200") {
        // An empty list has never changed, and JSON is not saved.
        let there = !matches!(name.as_str(), "Last-Modified" | "Content-Disposition");
        assert_eq!(list.headers.contains_key(&name), there, "{name}");
    }
    assert_eq!(of("/api/invoices/", "401"), ["WWW-Authenticate"]);
    assert_eq!(of("/api/invoices/", "503"), ["Retry-After"]);
    assert_eq!(
        of("/api/invoices/{uuid}/pdf/", "200"),
        [
            "Cache-Control",
            "Content-Disposition",
            "ETag",
            "Last-Modified",
            "X-Document-Version"
        ]
    );
}
