//! How much of something an answer shows: rows of a list, lines of a file, names, customers of a report.

use serde_json::Value;

use crate::support::web::Answer;

/// `None` for a single thing.
pub fn size(path: &str, answer: &Answer) -> Option<usize> {
    if !answer.status.is_success() {
        return None;
    }
    let body = answer.json();
    if path.contains("service_uuid=") {
        return Some(
            rows(&body)
                .iter()
                .filter(|row| row["is_manually_input"] == true)
                .count(),
        );
    }
    if path == "/api/holds/" {
        let counts = rows(&body).iter().filter_map(|row| row["record_count"].as_u64());
        return usize::try_from(counts.sum::<u64>()).ok();
    }
    if let Ok(count) = answer.header("x-result-count").parse() {
        return Some(count);
    }
    if answer.header("content-type").starts_with("text/csv") {
        return Some(String::from_utf8_lossy(&answer.body).lines().count() - 1);
    }
    match path {
        "/api/billing/pricelist/" => body.as_object().map(serde_json::Map::len),
        _ if path.ends_with("annual_report/") => Some(
            rows(&body["sections"])
                .iter()
                .map(|section| rows(&section["customers"]).len())
                .sum(),
        ),
        _ if path.ends_with("reconciliation/") => Some(rows(&body["differences"]).len()),
        _ => body.as_array().map(Vec::len),
    }
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
