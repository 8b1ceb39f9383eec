//! A list as a file: the columns of the page, all rows that the filters leave.

use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use futures::stream;
use serde_json::{Value, json};

use super::ask::Asker;
use super::column::{Column, Show, text_at};
use super::declared::List;
use super::form::Fields;
use super::problem::{Failure, Shown};
use super::query as address;
use crate::http::csv::{self, Lines};

/// Rows that are asked for at once, and in one file.
const BATCH: i64 = 300;
pub(super) const MOST: i64 = 50_000;

/// The file.
///
/// # Errors
/// When the API refuses, and when there are more rows than a file takes: none is left out silently.
pub(super) async fn file(list: &List, asker: &Asker, query: &Fields, day: NaiveDate) -> Shown<Response> {
    let keys: Vec<&str> = columns(list).map(|column| column.key).collect();
    let mut lines = Lines::default();
    for page in 1.. {
        let answered = asker.get(&address::of_api(list, query, page, BATCH)).await?;
        let total = answered.total.unwrap_or_default();
        fits(total)?;
        for row in answered.body.as_array().into_iter().flatten() {
            write(list, row, &mut lines)?;
        }
        if page * BATCH >= total {
            break;
        }
    }
    Ok(csv::file(list.name, day, &keys, stream::iter([Ok(lines)])))
}

/// Whether a file takes so many rows: none is left out silently.
///
/// # Errors
/// When it does not.
pub(super) fn fits(total: i64) -> Result<(), Failure> {
    if total <= MOST {
        return Ok(());
    }
    let detail = format!("The file would have {total} rows: narrow the filters to {MOST}.");
    Err(Failure::Refused(
        StatusCode::PAYLOAD_TOO_LARGE,
        json!({ "detail": detail }),
    ))
}

/// Without what is there for people only.
fn columns(list: &List) -> impl Iterator<Item = &Column> {
    list.columns
        .iter()
        .filter(|column| !matches!(column.show, Show::Offer(_)))
}

fn write(list: &List, row: &Value, lines: &mut Lines) -> Result<(), Failure> {
    let cells = columns(list).map(|column| Ok((column.show, text_at(row, column.key)?)));
    let cells: Vec<(Show, String)> = cells.collect::<Result<_, Failure>>()?;
    lines.line(|line| {
        for (show, text) in &cells {
            match show {
                Show::Number | Show::Money(_) | Show::Time | Show::Age => line.plain(text),
                _ => line.text(text),
            }
        }
    });
    Ok(())
}
