//! A resource's month by the hour: a row for each day, a cell for each hour, told apart by what became of it. Holes are seen at
//! once, and every cell opens its record.

mod told;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use chrono::{Datelike, Months, NaiveDate};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use super::ask::Asker;
use super::column::text_at;
use super::form::Fields;
use super::frame::{Frame, Visit};
use super::problem::Shown;
use super::state::AdminState;
use super::{query, view};
use crate::domain::uuid_hex::hex;
use told::Told;

#[derive(Template)]
#[template(path = "month.html", config = "src/admin/askama.toml")]
struct MonthPage {
    frame: Frame,
    resource: String,
    name: String,
    month: String,
    before: String,
    after: String,
    meter: String,
    meters: Vec<String>,
    days: Vec<Day>,
    sum: Decimal,
    missing: usize,
    held: usize,
    corrected: usize,
}

struct Day {
    number: u32,
    hours: Vec<Hour>,
    sum: Decimal,
}

/// An hour of the month; without a record it is a hole.
struct Hour {
    record: Option<String>,
    quantity: String,
    class: &'static str,
}

/// The page.
pub(super) async fn show(
    State(state): State<AdminState>,
    visit: Visit,
    asker: Asker,
    Path(uuid): Path<String>,
    RawQuery(raw): RawQuery,
) -> Shown {
    let uuid = hex(query::uuid(&uuid)?);
    let resource = asker.get(&format!("/api/resources/{uuid}/")).await?.body;
    let fields = Fields::parse(raw.as_deref().unwrap_or_default());
    let latest = asker
        .get(&format!("/api/usage-records/?resource={uuid}&o=-hour&page_size=1"))
        .await?
        .body;
    let mut meters: Vec<String> = state.app.meters.keys().cloned().collect();
    meters.sort();
    let meter = match fields.get("meter") {
        "" => latest
            .get(0)
            .map(|record| text_at(record, "meter"))
            .transpose()?
            .unwrap_or_default(),
        meter => meter.to_owned(),
    };
    let month = month(&fields, &latest).unwrap_or_else(|| state.app.clock.now().date_naive());
    let first = month.with_day(1).unwrap_or(month);
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let told = told::read(&asker, &uuid, &meter, (first, next)).await?;
    let days = days(&told, first, next);
    let name = text_at(&resource, "name")?;
    let all = || days.iter().flat_map(|day| &day.hours);
    view::page(&MonthPage {
        frame: visit.frame(format!("{name} · {}", first.format("%Y-%m"))).await?,
        resource: uuid,
        month: first.format("%Y-%m").to_string(),
        before: first
            .checked_sub_months(Months::new(1))
            .unwrap_or(first)
            .format("%Y-%m")
            .to_string(),
        after: next.format("%Y-%m").to_string(),
        sum: days.iter().map(|day| day.sum).sum::<Decimal>().normalize(),
        missing: all().filter(|hour| hour.record.is_none()).count(),
        held: told.values().filter(|told| told.held).count(),
        corrected: told.values().filter(|told| told.corrected).count(),
        days,
        name,
        meter,
        meters,
    })
}

/// The month that is asked for, else that of an hour that is asked for, else that of the latest hour.
fn month(query: &Fields, latest: &Value) -> Option<NaiveDate> {
    let day = |text: &str| NaiveDate::parse_from_str(&format!("{}-01", text.get(..7)?), "%Y-%m-%d").ok();
    let latest = || text_at(latest.get(0)?, "hour").ok();
    day(query.get("month"))
        .or_else(|| day(query.get("hour")))
        .or_else(|| day(&latest()?))
}

fn days(told: &HashMap<i64, Told>, first: NaiveDate, next: NaiveDate) -> Vec<Day> {
    let most = told.values().map(|told| told.quantity).max().unwrap_or_default();
    let day = |(number, date): (i64, NaiveDate)| {
        let hours = || (0..24).map(|hour| told.get(&(number * 24 + hour)));
        let sum: Decimal = hours().flatten().map(|told| told.quantity).sum();
        Day {
            number: date.day(),
            hours: hours().map(|told| Hour::new(told, most)).collect(),
            sum: sum.normalize(),
        }
    };
    let dates = first.iter_days().take_while(|date| *date < next);
    (0..).zip(dates).map(day).collect()
}

impl Hour {
    fn new(told: Option<&Told>, most: Decimal) -> Self {
        let Some(told) = told else {
            return Self {
                record: None,
                quantity: String::new(),
                class: "hole",
            };
        };
        Self {
            record: Some(told.uuid.clone()),
            quantity: told.quantity.normalize().to_string(),
            class: match (told.held, told.corrected) {
                (true, _) => "waits",
                (_, true) => "mended",
                _ => level(told.quantity, most),
            },
        }
    }
}

/// How dark the hour is, in five steps.
fn level(quantity: Decimal, most: Decimal) -> &'static str {
    let part = quantity.checked_div(most).unwrap_or_default() * Decimal::from(4);
    match part.round().to_u8().unwrap_or_default() {
        0 if quantity.is_zero() => "l0",
        0 | 1 => "l1",
        2 => "l2",
        3 => "l3",
        _ => "l4",
    }
}
