//! One invoice, opened: its lines, whether each adds up, the documents; and one line, opened down to the hours behind it.

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use rust_decimal::Decimal;
use serde_json::Value;

use super::ask::Asker;
use super::chart::{self, Bar};
use super::column::{Cell, Column, Look, Show, text_at, tone};
use super::form::Fields;
use super::frame::{Frame, Visit};
use super::paging::Paging;
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{query, thing, view};
use crate::domain::uuid_hex::hex;

/// Records behind a line on one page of it, and in its chart.
const SIZE: i64 = 100;
const IN_CHART: i64 = 300;
const CHARTED_PAGES: i64 = 3;

const FACTS: [Column; 9] = [
    Column::new("Customer", "customer_name", Show::Link("customers", "customer_uuid")),
    Column::new("Date", "date", Show::Text),
    Column::new("Due", "due_date", Show::Text),
    Column::new("Amount", "total", Show::Money("currency")),
    Column::new("Tax in it", "tax", Show::Money("currency")),
    Column::new("To be paid", "balance", Show::Money("currency")),
    Column::new("Billed until", "target_date", Show::Text),
    Column::new("Kill Bill's id", "backend_id", Show::Code),
    Column::new("First seen", "created", Show::Time),
];
const ITEMS: [Column; 7] = [
    Column::new(
        "Line",
        "name",
        Show::Way("/admin/invoices/{invoice_uuid}/items/{uuid}/"),
    )
    .under("description"),
    Column::new("Kind", "kind", Show::Text),
    Column::new("From", "start", Show::Text).minor(),
    Column::new("Until", "end", Show::Text).minor(),
    Column::new("Quantity", "quantity", Show::Number),
    Column::new("Rate", "rate", Show::Number).minor(),
    Column::new("Amount", "total", Show::Money("currency")),
];
const DIFFERENCES: [Column; 3] = [
    Column::new("Kind", "kind", Show::Link("discrepancies", "uuid")).under("detail"),
    Column::new("What to do", "next_step", Show::Text),
    Column::new("Worth", "amount", Show::Money("currency")),
];
const LINE: [Column; 9] = [
    Column::new("Resource", "resource_name", Show::Link("resources", "resource_uuid")),
    Column::new("Project", "project_name", Show::Text),
    Column::new("Meter", "meter", Show::Text),
    Column::new("From", "start", Show::Text),
    Column::new("Until", "end", Show::Text),
    Column::new("Billed quantity", "quantity", Show::Number).under("unit"),
    Column::new("Rate", "rate", Show::Number),
    Column::new("Amount", "total", Show::Money("currency")),
    Column::new("Kill Bill's id", "backend_id", Show::Code),
];
const RECORDS: [Column; 5] = [
    Column::new("Hour", "hour", Show::Link("usage", "uuid")),
    Column::new("Recorded quantity", "quantity", Show::Number),
    Column::new("Charged here", "delta", Show::Number),
    Column::new("Revision", "revision", Show::Number),
    Column::new("Tracking id", "tracking_id", Show::Link("deliveries", "delivery_uuid")).minor(),
];

#[derive(Template)]
#[template(path = "invoice.html", config = "src/admin/askama.toml")]
struct InvoicePage {
    frame: Frame,
    here: String,
    number: String,
    status: (String, &'static str),
    verdict: (String, &'static str),
    facts: Vec<Cell>,
    differences: Vec<Vec<Cell>>,
    columns: &'static [Column],
    items: Vec<Vec<Cell>>,
    paging: Paging,
}

#[derive(Template)]
#[template(path = "line.html", config = "src/admin/askama.toml")]
struct LinePage {
    frame: Frame,
    invoice: String,
    number: String,
    name: String,
    facts: Vec<Cell>,
    records: i64,
    recorded: String,
    difference: String,
    explained: Vec<(String, String)>,
    adds_up: bool,
    bars: Vec<Bar>,
    columns: &'static [Column],
    rows: Vec<Vec<Cell>>,
    paging: Paging,
}

/// The invoice's address; its lines are paged, and not read with it.
fn without_lines(uuid: &str) -> String {
    format!("/api/invoices/{uuid}/?field=uuid")
}

/// The invoice.
pub(super) async fn show(
    State(state): State<AdminState>,
    visit: Visit,
    asker: Asker,
    Path(uuid): Path<String>,
    RawQuery(raw): RawQuery,
) -> Shown {
    let uuid = hex(query::uuid(&uuid)?);
    let invoice = asker.get(&without_lines(&uuid)).await?.body;
    let checked = asker.get(&format!("/api/invoices/{uuid}/reconciliation/")).await?.body;
    let page = Fields::parse(raw.as_deref().unwrap_or_default()).page();
    let lines = format!("/api/invoice-items/?invoice={uuid}&page={page}&page_size={SIZE}");
    let lines = asker.get(&lines).await?;
    let number = named(&invoice)?;
    let here = state.page(&format!("invoices/{uuid}/"));
    let items = thing::table(&ITEMS, &lines.body, &state.base)?;
    let differences = checked.get("differences").unwrap_or(&Value::Null);
    view::page(&InvoicePage {
        frame: visit.frame(format!("{} {number}", visit.texts.say("Invoice"))).await?,
        status: word(&invoice, "status")?,
        verdict: word(&checked, "status")?,
        facts: thing::facts(&FACTS, &invoice, &state.base)?,
        differences: thing::table(&DIFFERENCES, differences, &state.base)?,
        paging: Paging::new(lines.total, (page, SIZE), items.len(), |page| {
            format!("{here}?page={page}")
        }),
        columns: &ITEMS,
        items,
        here,
        number,
    })
}

/// One line of it.
pub(super) async fn line(
    State(state): State<AdminState>,
    visit: Visit,
    asker: Asker,
    Path((invoice, item)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Shown {
    let (invoice, item) = (hex(query::uuid(&invoice)?), hex(query::uuid(&item)?));
    let address = format!("/api/invoices/{invoice}/items/{item}/");
    let whole = asker.get(&without_lines(&invoice)).await?.body;
    let row = asker.get(&address).await?.body;
    let summary = asker.get(&format!("{address}evidence/?summary=true")).await?.body;
    let page = Fields::parse(raw.as_deref().unwrap_or_default()).page();
    let records = asker
        .get(&format!("{address}evidence/?page={page}&page_size={SIZE}"))
        .await?;
    let total = records.total.unwrap_or_default();
    let difference = text_at(&summary, "difference")?;
    let name = text_at(&row, "name")?;
    let here = state.page(&format!("invoices/{invoice}/items/{item}/"));
    let rows = thing::table(&RECORDS, &records.body, &state.base)?;
    view::page(&LinePage {
        frame: visit.frame(name.clone()).await?,
        number: named(&whole)?,
        facts: thing::facts(&LINE, &row, &state.base)?,
        records: total,
        recorded: text_at(&summary, "quantity")?,
        adds_up: difference
            .parse::<Decimal>()
            .is_ok_and(|difference| difference.is_zero()),
        difference,
        explained: explained(&summary)?,
        bars: chart::bars(&by_day(&asker, &address, total).await?),
        paging: Paging::new(Some(total), (page, SIZE), rows.len(), |page| {
            format!("{here}?page={page}")
        }),
        columns: &RECORDS,
        rows,
        invoice,
        name,
    })
}

/// Its number, or what it is called without one.
fn named(invoice: &Value) -> Result<String, Failure> {
    let number = text_at(invoice, "number")?;
    if number.is_empty() {
        text_at(invoice, "uuid")
    } else {
        Ok(number)
    }
}

fn word(of: &Value, key: &str) -> Result<(String, &'static str), Failure> {
    let word = text_at(of, key)?;
    let tone = tone(&word);
    Ok((word, tone))
}

/// What rounding and repricing did, by name.
fn explained(summary: &Value) -> Result<Vec<(String, String)>, Failure> {
    let parts = summary
        .get("explained_by")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    parts
        .map(|part| Ok((text_at(part, "kind")?, text_at(part, "amount")?)))
        .collect()
}

/// What was charged for each day; nothing where there are too many hours for a picture.
async fn by_day(asker: &Asker, address: &str, total: i64) -> Result<Vec<(String, Decimal)>, Failure> {
    let mut days: Vec<(String, Decimal)> = Vec::new();
    if total > IN_CHART * CHARTED_PAGES {
        return Ok(days);
    }
    for page in 1..=(total + IN_CHART - 1) / IN_CHART {
        let records = asker
            .get(&format!("{address}evidence/?page={page}&page_size={IN_CHART}"))
            .await?
            .body;
        for record in records.as_array().into_iter().flatten() {
            let day = text_at(record, "hour")?.chars().take(10).collect::<String>();
            let delta = text_at(record, "delta")?.parse::<Decimal>().unwrap_or_default();
            match days.last_mut().filter(|(last, _)| *last == day) {
                Some((_, sum)) => *sum += delta,
                None => days.push((day, delta)),
            }
        }
    }
    Ok(days)
}
