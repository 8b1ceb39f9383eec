//! `docs/clients.md` names the tests of each acceptance case; this holds that table to the tests there are.

use crate::support::named_tests::{below, quoted};

const PAGE: &str = include_str!("../../docs/clients.md");

/// Where every test asks a server on a socket, or the program itself.
const SERVED: [&str; 5] = [
    "tests/client_cases",
    "tests/road.rs",
    "tests/road_cases",
    "tests/chaos.rs",
    "tests/chaos_cases",
];

#[test]
fn every_case_in_the_table_has_the_tests_that_it_names_and_one_of_them_asks_a_server() {
    let (tests, served) = (below(&["tests", "src"]), below(&SERVED));
    let table = PAGE.split("## Acceptance cases").nth(1).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .collect();
    assert!(rows.len() >= 25, "{} rows", rows.len());
    for row in rows {
        let named = quoted(row.rsplit(" | ").next().unwrap());
        assert!(!named.is_empty(), "no test in: {row}");
        for name in &named {
            assert!(tests.contains(*name), "no such test: {name}, in: {row}");
        }
        assert!(
            named.iter().any(|name| served.contains(*name)),
            "none of a server: {row}"
        );
    }
}
