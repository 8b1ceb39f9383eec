//! The page of guarantees names the tests that show them: each of them exists, and no link leads nowhere.

mod support {
    pub mod named_tests;
}

use std::path::Path;

use support::named_tests::{below, quoted};

const PAGE: &str = include_str!("../docs/guarantees.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_test_that_the_page_names_exists() {
    let named = quoted(PAGE).into_iter().filter_map(|text| text.split_once("::"));
    let named: Vec<(&str, &str)> = named.collect();
    assert!(named.len() > 20, "{named:?}");
    for (file, test) in named {
        assert!(below(&[file]).contains(test), "{file} has no test {test}");
    }
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    let links = PAGE.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.contains("://")) {
        assert!(root().join("docs").join(link).exists(), "{link}");
    }
}
