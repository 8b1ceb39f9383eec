//! The page of one thing: what is known about it, what belongs to it, and what can be done.

use askama::Template;
use axum::extract::{Path, State};
use serde_json::Value;
use uuid::Uuid;

use super::ask::Asker;
use super::column::{Cell, Column, Look, filled, text_at, tone};
use super::declared::{Act, List, Part, Rows, Thing};
use super::frame::{Frame, Visit};
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{pages, query, view};
use crate::domain::uuid_hex;

#[derive(Template)]
#[template(path = "thing.html", config = "src/admin/askama.toml")]
struct ThingPage {
    frame: Frame,
    list: &'static List,
    here: String,
    name: String,
    uuid: String,
    state: Option<(String, &'static str)>,
    facts: Vec<Cell>,
    parts: Vec<PartView>,
    acts: Vec<&'static Act>,
    related: Vec<(&'static str, String)>,
}

/// A table that belongs to it.
pub(super) struct PartView {
    pub(super) title: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) empty: &'static str,
    /// The way to all of them, and how many they are, where these are not all.
    pub(super) all: Option<(String, i64)>,
}

/// The page.
pub(super) async fn show(
    State(state): State<AdminState>,
    visit: Visit,
    asker: Asker,
    Path((name, uuid)): Path<(String, String)>,
) -> Shown {
    let list = pages::list(&name).ok_or_else(Failure::not_found)?;
    let thing = list.thing.ok_or_else(Failure::not_found)?;
    let uuid = query::uuid(&uuid)?;
    let body = asker.get(&address(list, uuid)).await?.body;
    let name = text_at(&body, thing.title)?;
    let word = thing.state.map(|key| text_at(&body, key)).transpose()?;
    let mut parts = Vec::new();
    for part in thing.parts {
        parts.push(PartView::new(part, &body, &asker, &state.base).await?);
    }
    view::page(&ThingPage {
        frame: visit.frame(format!("{} · {name}", visit.texts.say(list.title))).await?,
        here: format!("{}/admin/{}/", state.base, list.name),
        facts: facts(thing.facts, &body, &state.base)?,
        acts: list
            .chosen()
            .filter(|act| act.goes_with(word.as_deref().unwrap_or_default()))
            .collect(),
        related: related(thing, &body, &state.base)?,
        state: word.map(|word| (tone(&word), word)).map(|(tone, word)| (word, tone)),
        uuid: uuid_hex::hex(uuid),
        list,
        name,
        parts,
    })
}

/// The thing's address in the API.
pub(super) fn address(list: &List, uuid: Uuid) -> String {
    format!("{}{}/", list.api, uuid_hex::hex(uuid))
}

/// What is known; what is not, is left out.
pub(super) fn facts(columns: &[Column], body: &Value, base: &str) -> Result<Vec<Cell>, Failure> {
    let cells = columns.iter().map(|column| column.cell(body, base));
    let cells: Vec<Cell> = cells.collect::<Result<_, _>>()?;
    Ok(cells.into_iter().filter(|cell| !cell.text.is_empty()).collect())
}

fn related(thing: &Thing, body: &Value, base: &str) -> Result<Vec<(&'static str, String)>, Failure> {
    let way =
        |related: &super::declared::Related| Ok((related.title, format!("{base}{}", filled(related.address, body)?)));
    thing.related.iter().map(way).collect()
}

impl PartView {
    pub(super) async fn new(part: &'static Part, body: &Value, asker: &Asker, base: &str) -> Result<Self, Failure> {
        let (found, all) = match part.rows {
            Rows::Key(key) => (
                body.get(key).cloned().ok_or_else(|| Failure::Shape(key.to_owned()))?,
                None,
            ),
            Rows::Api { address, all } => {
                let answered = asker.get(&filled(address, body)?).await?;
                let shown = answered.body.as_array().map_or(0, Vec::len);
                let total = answered
                    .total
                    .filter(|total| usize::try_from(*total).is_ok_and(|total| total > shown));
                let all = total.map(|total| Ok::<_, Failure>((format!("{base}{}", filled(all, body)?), total)));
                (answered.body, all.transpose()?)
            }
        };
        Ok(Self {
            title: part.title,
            columns: part.columns,
            rows: table(part.columns, &found, base)?,
            empty: part.empty,
            all,
        })
    }
}

/// The cells of each row.
pub(super) fn table(columns: &[Column], found: &Value, base: &str) -> Result<Vec<Vec<Cell>>, Failure> {
    let rows = found.as_array().into_iter().flatten();
    rows.map(|row| columns.iter().map(|column| column.cell(row, base)).collect())
        .collect()
}
