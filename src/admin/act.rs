//! What can be done, in two steps: a page that says what it will do, to which things and to how much money, and asks; then
//! the deed, by the API, in the person's name. What another has done meanwhile is said, and nothing is done twice.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::ask::{Answered, Asker};
use super::column::{Look, Show, text_at};
use super::declared::{Act, Field, List, On};
use super::form::{Fields, Form};
use super::frame::{Frame, Visit};
use super::list::{Row, rows};
use super::problem::{Failure, Shown, particulars};
use super::state::AdminState;
use super::{pages, query, thing, view};
use crate::domain::uuid_hex;

/// Chosen at once.
const MOST: usize = 200;

#[derive(Template)]
#[template(path = "act.html", config = "src/admin/askama.toml")]
struct ActPage {
    frame: Frame,
    list: &'static List,
    act: &'static Act,
    here: String,
    rows: Vec<Row>,
    sums: Vec<String>,
    fields: Vec<(&'static Field, String)>,
    problems: Vec<String>,
}

/// Asks once more.
pub(super) async fn ask(
    State(state): State<AdminState>,
    visit: Visit,
    asker: Asker,
    Path((page, act)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Shown {
    visit.person.acting()?;
    let (list, act) = declared(&page, &act)?;
    let fields = Fields::parse(raw.as_deref().unwrap_or_default());
    if act.on == On::Things && fields.all("select").next().is_none() {
        visit
            .say_next(false, visit.texts.say("Choose something first."))
            .await?;
        return Ok(back(&state, list));
    }
    drawn(&state, visit, &asker, (list, act), &fields, Vec::new()).await
}

/// Does it. The form is read even when nobody is signed in any more: what was typed is there again afterwards.
pub(super) async fn perform(
    State(state): State<AdminState>,
    visit: Result<Visit, Failure>,
    asker: Result<Asker, Failure>,
    Path((page, act)): Path<(String, String)>,
    form: Result<Form, Failure>,
) -> Shown {
    let (Form(fields), visit, asker) = (form?, visit?, asker?);
    visit.person.acting()?;
    let (list, act) = declared(&page, &act)?;
    let body = body(act, &fields);
    let mut refused = Vec::new();
    let mut done = 0;
    for address in addresses(act, &fields)? {
        match asker.post(&address, body.as_ref()).await? {
            Answered { status, .. } if status.is_success() && status != StatusCode::MULTI_STATUS => done += 1,
            Answered { body, .. } => refused.extend(particulars(&body)),
        }
    }
    if done == 0 && !refused.is_empty() {
        let page = drawn(&state, visit, &asker, (list, act), &fields, refused).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    visit
        .say_next(refused.is_empty(), said(&visit, act, done, &refused))
        .await?;
    Ok(back(&state, list))
}

fn said(visit: &Visit, act: &Act, done: usize, refused: &[String]) -> String {
    let texts = visit.texts;
    let mut said = format!("{}: {}.", texts.say(act.title), texts.say("done"));
    if act.on == On::Things {
        said = format!("{}: {done} {}.", texts.say(act.title), texts.say("done"));
    }
    for problem in refused {
        said.push(' ');
        said.push_str(problem);
    }
    said
}

fn declared(page: &str, act: &str) -> Result<(&'static List, &'static Act), Failure> {
    let list = pages::list(page).ok_or_else(Failure::not_found)?;
    let act = list.act(act).ok_or_else(Failure::not_found)?;
    Ok((list, act))
}

fn back(state: &AdminState, list: &List) -> Response {
    view::go(state, &format!("{}/", list.name))
}

/// Where it is posted: once, or once for each thing.
fn addresses(act: &Act, fields: &Fields) -> Result<Vec<String>, Failure> {
    if act.on != On::Things {
        return Ok(vec![act.api.to_owned()]);
    }
    let address = |select| {
        let uuid = query::uuid(select)?;
        Ok(act.api.replace("{uuid}", &uuid_hex::hex(uuid)))
    };
    fields.all("select").take(MOST).map(address).collect()
}

/// What was filled in; nothing when there is nothing to fill in.
fn body(act: &Act, fields: &Fields) -> Option<Value> {
    let filled = act.fields.iter().map(|field| (field.name, fields.get(field.name)));
    let filled: Map<String, Value> = filled
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    (!act.fields.is_empty()).then(|| (act.body)(filled))
}

async fn drawn(
    state: &AdminState,
    visit: Visit,
    asker: &Asker,
    (list, act): (&'static List, &'static Act),
    fields: &Fields,
    problems: Vec<String>,
) -> Shown {
    let found = if act.on == On::Things {
        chosen(asker, list, fields).await?
    } else {
        Vec::new()
    };
    view::page(&ActPage {
        frame: visit.frame(visit.texts.say(act.title)).await?,
        here: state.page(&format!("{}/", list.name)),
        rows: rows(list, &found, &state.base)?,
        sums: sums(list, &found)?,
        fields: act
            .fields
            .iter()
            .map(|field| (field, fields.get(field.name).to_owned()))
            .collect(),
        list,
        act,
        problems,
    })
}

/// The chosen things as they are now: each at its own address, or among the list where they have none.
async fn chosen(asker: &Asker, list: &'static List, fields: &Fields) -> Result<Vec<Value>, Failure> {
    let uuids = fields.all("select").take(MOST).map(query::uuid);
    let uuids: Vec<Uuid> = uuids.collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    if list.thing.is_none() {
        let listed = asker.get(&format!("{}?page_size=300", list.api)).await?.body;
        found = listed.as_array().cloned().unwrap_or_default();
        let is_chosen = |row: &Value| text_at(row, "uuid").ok().and_then(|uuid| uuid_hex::parse(&uuid));
        found.retain(|row| is_chosen(row).is_some_and(|uuid| uuids.contains(&uuid)));
        return Ok(found);
    }
    for uuid in uuids {
        found.push(asker.get(&thing::address(list, uuid)).await?.body);
    }
    Ok(found)
}

/// What the chosen things come to, in each currency.
fn sums(list: &List, found: &[Value]) -> Result<Vec<String>, Failure> {
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for column in list.columns {
        let Show::Money(currency) = column.show else { continue };
        for row in found {
            if let Ok(amount) = text_at(row, column.key)?.parse::<Decimal>() {
                *sums.entry(text_at(row, currency)?).or_default() += amount;
            }
        }
        break;
    }
    Ok(sums
        .into_iter()
        .map(|(currency, sum)| format!("{sum} {currency}"))
        .collect())
}
