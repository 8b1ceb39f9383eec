//! The page of a list: its filters as a form whose state is the address, its rows, the ways to the other pages of it and to
//! the same as a file, and what can be done with the rows that are chosen.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::Value;

use super::ask::{Answered, Asker};
use super::column::{Cell, Look, text_at};
use super::declared::{Act, Filter, Input, List, On};
use super::form::Fields;
use super::frame::{Frame, Visit};
use super::paging::Paging;
use super::problem::{Failure, Shown, particulars};
use super::state::AdminState;
use super::{csv, pages, query as address, view};

/// Rows on a page.
const SIZE: i64 = 50;

#[derive(Template)]
#[template(path = "list.html", config = "src/admin/askama.toml")]
struct ListPage {
    frame: Frame,
    list: &'static List,
    here: String,
    heads: Vec<Head>,
    rows: Vec<Row>,
    filters: Vec<FilterView>,
    narrowed: bool,
    paging: Paging,
    csv: String,
    problems: Vec<String>,
}

/// The head of a column.
struct Head {
    title: &'static str,
    minor: bool,
    number: bool,
    /// The address that orders by it, and whether the list is ordered by it now.
    order: Option<(String, Option<&'static str>)>,
}

/// A row with what it is chosen by.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    pub(super) uuid: Option<String>,
}

/// A field of the form of filters.
struct FilterView {
    name: &'static str,
    title: &'static str,
    kind: &'static str,
    value: String,
    words: Vec<&'static str>,
}

impl ListPage {
    fn choosing(&self) -> bool {
        self.frame.may_act() && self.list.chosen().next().is_some()
    }

    fn acts_on_chosen(&self) -> Vec<&'static Act> {
        self.list.chosen().collect()
    }

    fn acts_on_all(&self) -> Vec<&'static Act> {
        self.list.acts.iter().filter(|act| act.on == On::All).collect()
    }
}

/// The page.
pub(super) async fn show(
    State(state): State<AdminState>,
    visit: Visit,
    asker: Asker,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Shown {
    let list = pages::list(&name).ok_or_else(Failure::not_found)?;
    let query = Fields::parse(raw.as_deref().unwrap_or_default());
    if query.get("format") == "csv" {
        let today = state.app.clock.now().date_naive();
        return csv::file(list, &asker, &query, today).await;
    }
    let number = query.page();
    let answered = asker.get(&address::of_api(list, &query, number, SIZE)).await;
    let (answered, problems) = match answered {
        Err(Failure::Refused(StatusCode::BAD_REQUEST, body)) => (nothing(), particulars(&body)),
        answered => (answered?, Vec::new()),
    };
    let status = if problems.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    let here = state.page(&format!("{}/", list.name));
    let found = counting(list, answered.body);
    let page = ListPage {
        rows: rows(list, &found, &state.base)?,
        heads: heads(list, &query, &here),
        filters: list
            .filters
            .iter()
            .map(|filter| FilterView::new(filter, &query))
            .collect(),
        narrowed: list.filters.iter().any(|filter| !query.get(filter.name).is_empty()),
        paging: Paging::new(answered.total, (number, SIZE), found.len(), |page| {
            address::of_page(list, &query, &here, ("page", &page.to_string()))
        }),
        csv: address::of_page(list, &query, &here, ("format", "csv")),
        frame: visit.frame(visit.texts.say(list.title)).await?,
        list,
        here,
        problems,
    };
    Ok((status, view::page(&page)?).into_response())
}

/// The rows that count.
fn counting(list: &List, body: Value) -> Vec<Value> {
    let Value::Array(rows) = body else { return Vec::new() };
    let counts = |row: &Value| list.counted.is_none_or(|key| row.get(key) != Some(&Value::from(0)));
    rows.into_iter().filter(counts).collect()
}

fn nothing() -> Answered {
    Answered {
        status: StatusCode::OK,
        total: Some(0),
        body: Value::Array(Vec::new()),
    }
}

/// The cells of each row.
pub(super) fn rows(list: &List, found: &[Value], base: &str) -> Result<Vec<Row>, Failure> {
    let row = |row: &Value| {
        Ok(Row {
            cells: list
                .columns
                .iter()
                .map(|column| column.cell(row, base))
                .collect::<Result<_, _>>()?,
            uuid: text_at(row, "uuid").ok(),
        })
    };
    found.iter().map(row).collect()
}

fn heads(list: &List, query: &Fields, here: &str) -> Vec<Head> {
    let now = query.get("o");
    let order = |key: &str| {
        let (_, word) = list.orders.iter().find(|(column, _)| *column == key)?;
        let descending = format!("-{word}");
        let (next, arrow) = match now {
            now if now == *word => (descending.as_str(), Some("ascending")),
            now if now == descending => (*word, Some("descending")),
            _ => (*word, None),
        };
        Some((address::of_page(list, query, here, ("o", next)), arrow))
    };
    let head = |column: &super::column::Column| Head {
        title: column.title,
        minor: column.minor,
        number: column.is_number(),
        order: order(column.key),
    };
    list.columns.iter().map(head).collect()
}

impl FilterView {
    fn new(filter: &Filter, query: &Fields) -> Self {
        let (kind, words) = match filter.input {
            Input::Text => ("text", Vec::new()),
            Input::Uuid => ("uuid", Vec::new()),
            Input::Date => ("date", Vec::new()),
            Input::Month => ("month", Vec::new()),
            Input::Words(words) => ("words", words()),
        };
        Self {
            name: filter.name,
            title: filter.title,
            kind,
            value: query.get(filter.name).to_owned(),
            words,
        }
    }
}
