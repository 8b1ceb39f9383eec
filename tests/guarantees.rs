//! The page of guarantees names the tests that show them: each of them exists, and no link leads nowhere.

mod support {
    pub mod named_tests;
    pub mod sources;
}

use std::path::{Path, PathBuf};

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

/// Every page for people, with its folder.
fn pages() -> Vec<(PathBuf, String)> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap();
    let mut paths: Vec<PathBuf> = docs.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    let read = |path: PathBuf| {
        (
            path.parent().unwrap().to_owned(),
            std::fs::read_to_string(path).unwrap(),
        )
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    for (folder, page) in pages() {
        let links = page.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let file = link.split('#').next().unwrap();
            assert!(folder.join(file).exists(), "{link}");
        }
    }
}

#[test]
fn every_file_that_a_page_names_is_there() {
    for (_, page) in pages() {
        for named in quoted(&page) {
            let file = named.split("::").next().unwrap();
            let is_file = ["src/", "tests/", "migrations/", "docs/", "dev/", "config/"]
                .iter()
                .any(|folder| file.starts_with(folder))
                && !file.contains(['<', '*', ' ', 'N', '{']);
            assert!(!is_file || root().join(file).exists(), "{file}");
        }
    }
}
