//! The permission table is made from the API's description. A route that is added beside it would not be in the table, so
//! the few places in the source that add any are known here.

use std::path::Path;

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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = adding(&root.join("http.rs"));
    collect(&root.join("http"), &mut found);
    found.sort();
    let known = [
        "http.rs: .merge(openapi::routes(description))",
        // On an address of its own, when `http.metrics_bind` says so.
        "http.rs: .route(\"/metrics\", get(metrics::apart))",
        "openapi.rs: Router::new().route(\"/api/schema/\", schema).merge(page)",
    ];
    assert_eq!(found, known, "describe the route, or teach matrix.rs to call it");
}

/// Of all files below.
fn collect(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.file_name().is_some_and(|name| name != "tests.rs") {
            found.extend(adding(&path));
        }
    }
}

/// Every line of a file that adds a route, its own tests aside.
fn adding(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let served = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = served.lines().filter(|line| WAYS.iter().any(|way| line.contains(way)));
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    lines.map(|line| format!("{name}: {}", line.trim())).collect()
}
