//! The permission table is made from the API's description. A route that is added beside it would not be in the table, so
//! the few places in the source that add any are known here.

use std::path::Path;

use crate::support::sources;

const WAYS: [&str; 6] = [
    ".route(",
    ".route_service(",
    ".nest(",
    ".nest_service(",
    ".merge(",
    ".fallback_service(",
];

#[test]
fn no_route_is_served_that_the_description_lacks() {
    let mut files = sources::files("src/http.rs");
    files.extend(sources::files("src/http"));
    files.retain(|file| file.file_name().is_some_and(|name| name != "tests.rs"));
    let mut found: Vec<String> = files.iter().flat_map(|file| adding(file)).collect();
    found.sort();
    let known = [
        "http.rs: .merge(openapi::routes(description))",
        // On an address of its own, when `http.metrics_bind` says so.
        "http.rs: .route(\"/metrics\", get(metrics::apart))",
        "openapi.rs: Router::new().route(\"/api/schema/\", schema).merge(page)",
    ];
    assert_eq!(found, known, "describe the route, or teach matrix.rs to call it");
}

/// Every line of a file that adds a route, its own tests aside.
fn adding(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let served = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = served.lines().filter(|line| WAYS.iter().any(|way| line.contains(way)));
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    lines.map(|line| format!("{name}: {}", line.trim())).collect()
}
