//! Lists as CSV files: UTF-8, a header row, RFC 4180 quoting and line ends. Written batch by batch while the client
//! reads, so that a file of any size takes the memory of one batch and no database connection waits for a slow client.
//!
//! A text that a spreadsheet would take for a formula (it begins with `= + - @`, in either width, a tab or a line end) gets
//! an apostrophe before it. So does every part of it that would begin a cell where another separator than ours is set: after
//! a semicolon, a tab, a bar or a line end, for such a reader knows nothing of our quotes. Numbers, dates and uuids that we
//! write ourselves are left as they are, negative ones too.

use std::fmt::{Display, Write};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use futures::{Stream, StreamExt, TryStreamExt, stream};

/// Rows that are read from the database at once.
pub const BATCH: i64 = 2000;

/// What begins a cell or a row for some reader, though not for one that goes by RFC 4180.
const SEPARATORS: [char; 5] = [';', '\t', '|', '\r', '\n'];
/// What begins a formula.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Lines of a file.
#[derive(Debug, Default)]
pub struct Lines(String);

/// One line, field by field.
#[derive(Debug)]
pub struct Line<'a> {
    lines: &'a mut Lines,
    begun: bool,
}

impl Lines {
    /// The header row.
    #[must_use]
    pub fn with_header(names: &[&str]) -> Self {
        let mut lines = Self::default();
        lines.line(|line| names.iter().for_each(|name| line.plain(name)));
        lines
    }

    /// Adds a line.
    pub fn line(&mut self, write: impl FnOnce(&mut Line<'_>)) {
        let mut line = Line {
            lines: self,
            begun: false,
        };
        write(&mut line);
        self.0.push_str("\r\n");
    }

    /// The lines so far.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0.into()
    }
}

impl Line<'_> {
    /// A value that we made ourselves: a number, an instant, a uuid, a word of ours.
    pub fn plain(&mut self, value: impl Display) {
        self.separate();
        // Writing into a string cannot fail.
        let _ = write!(self.lines.0, "{value}");
    }

    /// The same where there may be none: an empty field.
    pub fn optional(&mut self, value: Option<impl Display>) {
        match value {
            Some(value) => self.plain(value),
            None => self.separate(),
        }
    }

    /// A text that people typed.
    pub fn text(&mut self, text: &str) {
        self.separate();
        let text = defused(text);
        let quoted = text.contains(SEPARATORS)
            || text.contains(['"', ','])
            || text.starts_with(char::is_whitespace)
            || text.ends_with(char::is_whitespace);
        let quote = if quoted { "\"" } else { "" };
        let _ = write!(self.lines.0, "{quote}{}{quote}", text.replace('"', "\"\""));
    }

    fn separate(&mut self) {
        if self.begun {
            self.lines.0.push(',');
        }
        self.begun = true;
    }
}

/// The text with an apostrophe before each part that could be run.
fn defused(text: &str) -> String {
    let mut defused = String::with_capacity(text.len() + 1);
    if text.starts_with(['\t', '\r', '\n']) {
        defused.push('\'');
    }
    for part in text.split_inclusive(SEPARATORS) {
        // Readers drop spaces and quotes at the beginning of a cell, or look behind them.
        let seen = part.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\u{feff}' | '\u{200b}'));
        if seen.starts_with(FORMULAS) {
            defused.push('\'');
        }
        defused.push_str(part);
    }
    defused
}

/// A file to be saved, whose `batches` are read only as fast as the client takes them. A failure on the way breaks the
/// transfer off, so that a client never takes a part for the whole.
pub fn file<S>(name: &str, day: NaiveDate, header_row: &[&str], batches: S) -> Response
where
    S: Stream<Item = sqlx::Result<Lines>> + Send + 'static,
{
    let first = stream::iter([Ok(Lines::with_header(header_row))]);
    let bytes = first.chain(batches).map_ok(Lines::into_bytes);
    let bytes = bytes.inspect_err(|error| tracing::warn!(%error, "an export was broken off"));
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}-{day}.csv\""),
        ),
    ];
    (headers, Body::from_stream(bytes)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(write: impl FnOnce(&mut Line<'_>)) -> String {
        let mut lines = Lines::default();
        lines.line(write);
        String::from_utf8(lines.into_bytes().to_vec()).unwrap()
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let texts = |line: &mut Line<'_>| {
            for text in ["plain", "a,b", "say \"hi\"", "two\nlines", " led", ""] {
                line.text(text);
            }
        };
        assert_eq!(
            line(texts),
            "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\" led\",\r\n"
        );
    }

    #[test]
    fn no_text_becomes_a_formula_where_another_separator_is_set_nor_in_full_width() {
        for (text, written) in [
            ("web;=1+1", "\"web;'=1+1\""),
            ("web\t=1+1", "\"web\t'=1+1\""),
            ("web|@sum", "\"web|'@sum\""),
            ("web\r\n-1", "\"web\r\n'-1\""),
            ("web; \"+1\"", "\"web;' \"\"+1\"\"\""),
            (" =1+1", "' =1+1"),
            ("=1;=2", "\"'=1;'=2\""),
            ("＝1+1", "'＝1+1"),
            ("a;＋1|－1\t＠x", "\"a;'＋1|'－1\t'＠x\""),
            ("\tweb", "\"'\tweb\""),
            ("\n=1", "\"'\n'=1\""),
            ("a,b", "\"a,b\""),
            ("web-1 = one; two", "\"web-1 = one; two\""),
        ] {
            assert_eq!(line(|line| line.text(text)), format!("{written}\r\n"), "{text:?}");
        }
    }

    /// Every reader of the field, whatever separates its cells and whether it knows quotes, sees no cell that begins a formula.
    fn cells_of_any_reader(written: &str) -> Vec<String> {
        let separators = [",", ";", "\t", "|", "\n", "\r"];
        let cells = separators.iter().flat_map(|separator| written.split(separator));
        cells
            .map(|cell| cell.trim_matches(['"', ' ', '\n', '\r']).to_owned())
            .collect()
    }

    proptest::proptest! {
        #[test]
        fn no_reader_finds_a_formula(text in "[a=+@;|\t\r\n\" ＝-]{0,12}") {
            let written = line(|line| {
                line.plain("6e08");
                line.text(&text);
            });
            for cell in cells_of_any_reader(&written) {
                proptest::prop_assert!(!cell.starts_with(FORMULAS), "{text:?} is written as {written:?}: {cell:?}");
            }
        }
    }

    #[test]
    fn no_text_becomes_a_formula_and_no_number_becomes_a_text() {
        let write = |line: &mut Line<'_>| {
            line.text("=HYPERLINK(\"http://evil\")");
            line.text("@sum");
            line.plain(-25);
            line.optional(None::<i32>);
        };
        assert_eq!(line(write), "\"'=HYPERLINK(\"\"http://evil\"\")\",'@sum,-25,\r\n");
    }
}
