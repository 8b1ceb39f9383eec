//! `docs/clients.md` names a test for each acceptance case; this holds that table to the tests there are.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_case_in_the_table_has_the_test_that_it_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = BTreeSet::new();
    collect(&root.join("tests"), &mut tests);
    collect(&root.join("src"), &mut tests);
    let text = std::fs::read_to_string(root.join("docs/clients.md")).unwrap();
    let table = text.split("## Acceptance cases").nth(1).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .collect();
    assert!(rows.len() >= 25, "{} rows", rows.len());
    for row in rows {
        let named: Vec<&str> = row
            .rsplit(" | ")
            .next()
            .unwrap()
            .split('`')
            .skip(1)
            .step_by(2)
            .collect();
        assert!(!named.is_empty(), "no test in: {row}");
        for name in named {
            assert!(tests.contains(name), "no such test: {name}, in: {row}");
        }
    }
}

/// The names of all functions, in all files below.
fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let after_fn = text.split("fn ").skip(1);
            names.extend(
                after_fn
                    .filter_map(|rest| rest.split_once('('))
                    .map(|(name, _)| name.to_owned()),
            );
        }
    }
}
