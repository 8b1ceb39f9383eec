//! docs/weaknesses.md names a test for each weakness, or says why it cannot occur: every one that it names is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("../../docs/weaknesses.md");

/// Names of all functions in the tests.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
            found.extend(names.map(str::to_owned));
        }
    }
}

#[test]
fn every_weakness_has_its_row_and_every_named_test_is_there() {
    let mut known = BTreeSet::new();
    functions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"), &mut known);
    for number in 1..=48 {
        let start = format!("| W{number} |");
        let row = TABLE.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("W{number} has no row"));
        let names: Vec<&str> = row
            .split('`')
            .filter(|part| part.starts_with('w') && part.contains('_'))
            .collect();
        let reason = row.contains("cannot occur");
        assert!(reason || !names.is_empty(), "{row}");
        for name in names {
            assert!(known.contains(name), "{name} is not there");
            assert!(
                name.contains(&format!("w{number:02}")),
                "{name} is not named after W{number}"
            );
        }
    }
}
