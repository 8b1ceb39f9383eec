//! The page of guarantees names the tests that show them: each of them exists, and no link leads nowhere.

use std::path::Path;

const PAGE: &str = include_str!("../docs/guarantees.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_test_that_the_page_names_exists() {
    let quoted = PAGE.split('`').skip(1).step_by(2);
    let named: Vec<(&str, &str)> = quoted.filter_map(|text| text.split_once("::")).collect();
    assert!(named.len() > 20, "{named:?}");
    for (file, test) in named {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
        let here = |mark: &str| text.contains(&format!("{mark}{test}("));
        assert!(here("async fn ") || here("fn "), "{file} has no test {test}");
    }
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    let links = PAGE.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.contains("://")) {
        assert!(root().join("docs").join(link).exists(), "{link}");
    }
}
