//! How invoices are filtered and ordered (nodeconductor.md 2.3), and what later frontends ask (section 11).

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::db::invoices::{InvoiceFilter, Order};
use crate::domain::standing::InvoiceState;
use crate::domain::words::UnknownWord;
use crate::http::auth::Caller;
use crate::http::ids::Id;
use crate::http::problem::{Answer, Problem};
use crate::http::query;
use crate::http::state::AppState;
use crate::http::texts::{AmountText, INVOICE_STATUSES, InvoiceOrderText, InvoiceStateText, InvoiceStatusText};

/// Which invoices to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InvoiceQuery {
    /// Customer: uuid or URL.
    customer: Option<Id>,
    /// The same, under its later name.
    customer_uuid: Option<Id>,
    /// Part of the customer's name, in any case.
    customer_name: Option<String>,
    /// Part of the customer's native name, in any case.
    customer_native_name: Option<String>,
    /// Part of the customer's abbreviation, in any case.
    customer_abbreviation: Option<String>,
    /// Year of the invoice date.
    #[param(minimum = 1, maximum = 9999)]
    year: Option<i32>,
    /// Month of the invoice date: 8 and 08 mean the same.
    #[param(minimum = 1, maximum = 12)]
    month: Option<i32>,
    /// Invoice date.
    date: Option<NaiveDate>,
    /// First invoice date.
    start: Option<NaiveDate>,
    /// The same, under its later name.
    start_date: Option<NaiveDate>,
    /// First invoice date that is not wanted any more.
    end: Option<NaiveDate>,
    /// The same, under its later name.
    end_date: Option<NaiveDate>,
    /// The day on which the invoice was first seen here.
    created: Option<NaiveDate>,
    /// Exact amount.
    #[param(value_type = Option<AmountText>)]
    amount: Option<Decimal>,
    /// Least amount.
    #[param(value_type = Option<AmountText>)]
    min_amount: Option<Decimal>,
    /// The same, under its later name.
    #[param(value_type = Option<AmountText>)]
    min_sum: Option<Decimal>,
    /// Greatest amount.
    #[param(value_type = Option<AmountText>)]
    max_amount: Option<Decimal>,
    /// The same, under its later name.
    #[param(value_type = Option<AmountText>)]
    max_sum: Option<Decimal>,
    /// `draft`, `committed`, `void`, `paid`, `unpaid` (all that is owed), `written_off`, `payment_failed`, `refunded` or
    /// `charged_back`; also as `status` writes them: `Written off`.
    #[param(value_type = Option<InvoiceStatusText>)]
    status: Option<String>,
    /// Kill Bill's invoice number.
    number: Option<String>,
    /// Currency code.
    currency: Option<String>,
}

/// How to order invoices.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderParams {
    /// `date`, `year`, `month`, `amount`, `customer_name`, `customer_abbreviation`, `customer_native_name`, `status`, `number` or
    /// `created`; with `-` backwards. Repeat it to order those that are equal.
    #[param(value_type = Option<Vec<InvoiceOrderText>>)]
    o: Vec<String>,
}

impl FromRequestParts<AppState> for OrderParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let pairs = query::pairs(parts.uri.query().unwrap_or_default());
        let given = pairs.filter(|(name, value)| name == "o" && !value.is_empty());
        Ok(Self {
            o: given.map(|(_, value)| value).collect(),
        })
    }
}

impl OrderParams {
    /// The orders that were asked for, or the usual one.
    pub(super) fn or(self, usual: Order) -> Answer<Vec<Order>> {
        if self.o.is_empty() {
            return Ok(vec![usual]);
        }
        let parsed = self
            .o
            .iter()
            .map(|text| Order::parse(text).ok_or_else(|| no_order(text)));
        parsed.collect()
    }
}

/// The later frontends' states.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StateParams {
    /// Repeat it for several.
    #[param(value_type = Option<Vec<InvoiceStateText>>)]
    state: Vec<InvoiceState>,
}

impl FromRequestParts<AppState> for StateParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let pairs = query::pairs(parts.uri.query().unwrap_or_default());
        let state = pairs
            .filter(|(name, value)| name == "state" && !value.is_empty())
            .map(|(_, value)| word("state", &value.to_lowercase()));
        Ok(Self {
            state: state.collect::<Answer<_>>()?,
        })
    }
}

impl InvoiceQuery {
    /// Limit 0: first the total is wanted.
    pub(super) fn filter(
        self,
        caller: &Caller,
        states: StateParams,
        orders: Answer<Vec<Order>>,
    ) -> Answer<InvoiceFilter> {
        self.check()?;
        let visible = caller.visible_customers().map(<[Uuid]>::to_vec);
        Ok(InvoiceFilter {
            visible: narrowed(visible, self.customer_uuid),
            customer: self.customer.map(|Id(uuid)| uuid),
            customer_name: self.customer_name,
            customer_native_name: self.customer_native_name,
            customer_abbreviation: self.customer_abbreviation,
            year: self.year,
            month: self.month,
            date: self.date,
            created: self.created,
            start: self.start.max(self.start_date),
            end: earlier(self.end, self.end_date),
            amount: self.amount,
            min_amount: self.min_amount.max(self.min_sum),
            max_amount: earlier(self.max_amount, self.max_sum),
            status: self.status.as_deref().map(status_word),
            states: Some(states.state).filter(|states| !states.is_empty()),
            number: self.number,
            currency: self.currency,
            orders: orders?,
            limit: 0,
            offset: 0,
        })
    }

    fn check(&self) -> Answer<()> {
        let wrong = |status: &&String| !INVOICE_STATUSES.contains(&status_word(status).as_str());
        if let Some(status) = self.status.as_ref().filter(wrong) {
            return Err(unknown("status", status, &INVOICE_STATUSES));
        }
        query::check_date(self.year, self.month)
    }
}

fn status_word(text: &str) -> String {
    text.to_lowercase().replace(' ', "_")
}

/// Both filters and the caller's own limits hold at once.
fn narrowed(visible: Option<Vec<Uuid>>, customer: Option<Id>) -> Option<Vec<Uuid>> {
    match (visible, customer) {
        (visible, None) => visible,
        (None, Some(Id(uuid))) => Some(vec![uuid]),
        (Some(visible), Some(Id(uuid))) => Some(visible.into_iter().filter(|one| *one == uuid).collect()),
    }
}

/// The stricter of two upper limits under two names.
fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The value of a closed word.
pub(super) fn word<T: FromStr<Err = UnknownWord>>(field: &str, text: &str) -> Answer<T> {
    text.parse()
        .map_err(|UnknownWord { word, known, .. }| unknown(field, &word, known))
}

pub(super) fn unknown(field: &str, value: &str, known: &[&str]) -> Problem {
    Problem::field(
        field,
        format!("\"{value}\" is not a {field}; {} are.", known.join(", ")),
    )
}

fn no_order(text: &str) -> Problem {
    Problem::field(
        "o",
        format!("\"{text}\" is no ordering; {} are, also with -.", Order::NAMES),
    )
}
