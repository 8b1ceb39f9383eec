//! One field for everything: a uuid, a number, a tracking id or a mark goes to its thing; a name lists who bears it.

use askama::Template;
use axum::extract::{RawQuery, State};

use super::ask::Asker;
use super::column::{Cell, Column, Look, Show};
use super::form::Fields;
use super::frame::{Frame, Visit};
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{pages, query, thing, view};
use crate::db::search::{self, Found};
use crate::domain::uuid_hex::{self, hex};

/// Names on the page.
const MOST: i64 = 50;

const CUSTOMERS: [Column; 2] = [
    Column::new("Customer", "name", Show::Link("customers", "uuid")).under("native_name"),
    Column::new("E-mail", "email", Show::Text),
];
const RESOURCES: [Column; 2] = [
    Column::new("Resource", "name", Show::Link("resources", "uuid")).under("type"),
    Column::new("Customer", "customer_name", Show::Link("customers", "customer_uuid")),
];

#[derive(Template)]
#[template(path = "search.html", config = "src/admin/askama.toml")]
struct SearchPage {
    frame: Frame,
    wanted: String,
    customer_columns: &'static [Column],
    customers: Vec<Vec<Cell>>,
    resource_columns: &'static [Column],
    resources: Vec<Vec<Cell>>,
}

/// The thing, or what bears the name.
pub(super) async fn show(
    State(state): State<AdminState>,
    visit: Visit,
    asker: Asker,
    RawQuery(raw): RawQuery,
) -> Shown {
    let fields = Fields::parse(raw.as_deref().unwrap_or_default());
    let wanted = fields.get("q").replace('\0', "");
    if let Some(path) = exactly(&state, &asker, &wanted).await? {
        return Ok(view::go(&state, &path));
    }
    let mut page = SearchPage {
        frame: visit.frame(visit.texts.say("Search")).await?,
        customer_columns: &CUSTOMERS,
        customers: Vec::new(),
        resource_columns: &RESOURCES,
        resources: Vec::new(),
        wanted,
    };
    if !page.wanted.is_empty() {
        let name = query::value(&page.wanted);
        let named = async |family: &str| asker.get(&format!("/api/{family}/?name={name}&page_size={MOST}")).await;
        page.customers = thing::table(&CUSTOMERS, &named("customers").await?.body, &state.base)?;
        page.resources = thing::table(&RESOURCES, &named("resources").await?.body, &state.base)?;
    }
    view::page(&page)
}

async fn exactly(state: &AdminState, asker: &Asker, wanted: &str) -> Result<Option<String>, Failure> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let found = search::exactly(&state.app.pool, wanted)
        .await?
        .map(|found| match found {
            Found::Delivery(uuid) => format!("deliveries/{}/", hex(uuid)),
            Found::Settlement(uuid) => format!("settlements/{}/", hex(uuid)),
            Found::Invoice(uuid) => format!("invoices/{}/", hex(uuid)),
            Found::Customer(uuid) => format!("customers/{}/", hex(uuid)),
        });
    match (found, uuid_hex::parse(wanted)) {
        (None, Some(uuid)) => by_uuid(asker, &hex(uuid)).await,
        (found, _) => Ok(found),
    }
}

/// The first family that knows the uuid.
async fn by_uuid(asker: &Asker, uuid: &str) -> Result<Option<String>, Failure> {
    for list in pages::lists().filter(|list| list.thing.is_some() || list.name == "invoices") {
        let api = list.api.split('?').next().unwrap_or_default();
        match asker.get(&format!("{api}{uuid}/?field=uuid")).await {
            Ok(_) => return Ok(Some(format!("{}/{uuid}/", list.name))),
            Err(Failure::Refused(..)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(None)
}
