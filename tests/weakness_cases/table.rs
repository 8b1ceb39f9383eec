//! docs/weaknesses.md names a test for each weakness, or says why it cannot occur: every one that it names is there.

use crate::support::named_tests::{below, quoted};

const TABLE: &str = include_str!("../../docs/weaknesses.md");

#[test]
fn every_weakness_has_its_row_and_every_named_test_is_there() {
    let known = below(&["tests"]);
    for number in 1..=48 {
        let start = format!("| W{number} |");
        let row = TABLE.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("W{number} has no row"));
        let names = quoted(row.rsplit(" | ").next().unwrap());
        assert!(row.contains("cannot occur") || !names.is_empty(), "{row}");
        for name in names {
            assert!(known.contains(name), "{name} is not there, or no test");
            assert!(
                name.contains(&format!("w{number:02}")),
                "{name} is not named after W{number}"
            );
        }
    }
}
