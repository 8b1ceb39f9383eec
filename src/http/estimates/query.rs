//! The filters of the list of estimates, with NodeConductor's words for what is wrong.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::db::estimates::{self, Bound, EstimateFilter};
use crate::domain::estimate::ScopeKind;
use crate::domain::uuid_hex;
use crate::domain::words::UnknownWord;
use crate::http::auth::Caller;
use crate::http::ids::Id;
use crate::http::instants::MonthText;
use crate::http::problem::{Answer, Problem};
use crate::http::query;
use crate::http::state::AppState;
use crate::http::texts::SwitchText;

/// Which estimates to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EstimateQuery {
    /// Of this resource, service, project or customer: its address or uuid.
    #[param(value_type = Option<Id>)]
    scope: Option<String>,
    /// Only of things of this kind.
    #[param(value_type = Option<ScopeKind>)]
    scope_type: Option<String>,
    /// Of this customer: uuid or address.
    customer: Option<Id>,
    /// First month, `YYYY.MM`: inclusive.
    #[param(value_type = Option<MonthText>)]
    start: Option<String>,
    /// Last month, `YYYY.MM`: inclusive.
    #[param(value_type = Option<MonthText>)]
    end: Option<String>,
    /// Only those that people set (`true`), or only those that were estimated.
    #[param(value_type = Option<SwitchText>)]
    is_manually_input: Option<String>,
    /// Only those that have consumed more than their `threshold`, or their `limit`.
    #[param(value_type = Option<Bound>)]
    over: Option<String>,
}

/// Months of which the list is wanted; repeatable, which other filters are not.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DateParams {
    /// Exactly this month, `YYYY.MM`. Repeat it for several.
    #[param(value_type = Option<Vec<MonthText>>)]
    date: Option<Vec<String>>,
}

impl FromRequestParts<AppState> for DateParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let dates: Vec<String> = query::pairs(parts.uri.query().unwrap_or_default())
            .filter(|(name, value)| name == "date" && !value.is_empty())
            .map(|(_, value)| value)
            .collect();
        Ok(Self {
            date: (!dates.is_empty()).then_some(dates),
        })
    }
}

impl EstimateQuery {
    /// The filter, for what the caller may see.
    ///
    /// # Errors
    /// 400 with the field.
    pub async fn filter(self, state: &AppState, caller: &Caller, dates: DateParams) -> Answer<EstimateFilter> {
        let visible = caller.visible_customers();
        let scope = scope(state, visible, self.scope.as_deref()).await?;
        let months = dates
            .date
            .map(|dates| dates.iter().map(|date| month("date", date)).collect());
        let one = |field, text: &Option<String>| text.as_deref().map(|text| month(field, text)).transpose();
        let (start, end) = (one("start", &self.start)?, one("end", &self.end)?);
        if let (Some(start), Some(end)) = (start, end)
            && start >= end
        {
            return Err(Problem::field("non_field_errors", "Start has to be earlier than end."));
        }
        Ok(EstimateFilter {
            visible: visible.map(<[Uuid]>::to_vec),
            customer: self.customer.map(|Id(customer)| customer),
            scope,
            scope_type: self.scope_type.as_deref().map(kind).transpose()?,
            months: months.transpose()?,
            start,
            end,
            manual: self.is_manually_input.as_deref().map(switch).transpose()?,
            over: self.over.as_deref().map(bound).transpose()?,
        })
    }
}

/// What the address names, if there is one: it must be something that the caller may see.
pub(super) async fn scope(state: &AppState, visible: Option<&[Uuid]>, address: Option<&str>) -> Answer<Option<Uuid>> {
    let Some(address) = address else { return Ok(None) };
    let uuid = uuid_hex::parse(address).ok_or_else(|| Problem::unrestorable(address))?;
    let found = estimates::find_scopes(&state.pool, uuid, visible).await?;
    if found.is_empty() {
        return Err(Problem::unrestorable(address));
    }
    Ok(Some(uuid))
}

/// Also as Python writes it: so the old frontend's scripts do.
fn switch(word: &str) -> Answer<bool> {
    word.to_ascii_lowercase().parse().map_err(|_| {
        let text = format!("\"{word}\" is neither true nor false.");
        Problem::field("is_manually_input", text)
    })
}

fn kind(word: &str) -> Answer<ScopeKind> {
    word.parse().map_err(|UnknownWord { word, known, .. }| {
        let text = format!("\"{word}\" is not one of {}.", known.join(", "));
        Problem::field("scope_type", text)
    })
}

fn bound(word: &str) -> Answer<Bound> {
    word.parse().map_err(|UnknownWord { word, known, .. }| {
        let text = format!("\"{word}\" is neither {}.", known.join(" nor "));
        Problem::field("over", text)
    })
}

/// `2026.03`, as NodeConductor wrote months in addresses.
fn month(field: &str, text: &str) -> Answer<NaiveDate> {
    let parts = text.split_once('.').filter(|(year, _)| year.len() == 4);
    let number = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.parse::<u32>().ok())?
    };
    let parsed = parts.and_then(|(year, month)| Some((number(year)?, number(month)?)));
    let Some((year, month)) = parsed else {
        let wrong = format!("Value \"{text}\" should be valid be in format YYYY.MM");
        return Err(Problem::field(field, wrong));
    };
    let day = i32::try_from(year)
        .ok()
        .and_then(|year| NaiveDate::from_ymd_opt(year, month, 1));
    day.ok_or_else(|| Problem::field(field, "Month has to be from 1 to 12"))
}
