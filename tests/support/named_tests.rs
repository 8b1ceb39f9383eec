//! Which tests there are, for the tables in `docs/` that name some: a table that names a function which no test runner
//! starts would promise what nobody checks.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::collections::BTreeSet;
use std::fs;

use super::sources;

/// The names of all tests in the files below these folders or files of the project.
pub fn below(places: &[&str]) -> BTreeSet<String> {
    let files = places.iter().flat_map(|place| sources::files(place));
    let code = files.filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    code.flat_map(|file| tests(&fs::read_to_string(file).unwrap()))
        .collect()
}

/// The functions that a test's attribute stands before, with other attributes and comments between at most.
fn tests(source: &str) -> Vec<String> {
    let (mut found, mut marked) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            found.extend(function(line).filter(|_| marked).map(str::to_owned));
            marked = false;
        }
    }
    found
}

/// The name of the function that begins on this line.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    rest.split('(').next()
}

/// The names in backquotes.
pub fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn a_function_that_no_runner_starts_is_no_test() {
    let source = "#[test]\nfn one() {}\n/// Why.\n#[tokio::test(flavor = \"multi_thread\")]\n#[ignore]\nasync fn two() {\n\
                  fn inner() {}\n}\nasync fn helper() {}\n#[test]\nconst X: u8 = 1;\nfn other() {}";
    assert_eq!(tests(source), ["one", "two"]);
}
