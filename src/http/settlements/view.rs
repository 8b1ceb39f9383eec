//! A settlement as operators see it.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::settlements::{Attempt, Line, Settlement};
use crate::domain::money::in_minor_units;
use crate::domain::settlement::{
    Class, Direction, SettlementEvent, SettlementOutcome, SettlementState, SettlementStep,
};
use crate::http::ids::Id;
use crate::http::links::Links;

/// Charges or credits for one customer and month.
#[derive(Serialize, ToSchema)]
pub struct SettlementView {
    url: String,
    #[schema(value_type = String)]
    uuid: Id,
    /// How it is known again in Kill Bill: it stands in the `itemDetails` of every line.
    mark: String,
    customer: String,
    #[schema(value_type = String)]
    customer_uuid: Id,
    customer_name: String,
    /// `2027-05`.
    month: String,
    /// `nothing` when the hours come to no money.
    direction: Direction,
    /// Signed sum of its lines.
    amount: String,
    currency: String,
    /// How many records it settles.
    record_count: i32,
    /// `unknown`: no answer came.
    state: SettlementState,
    /// What is done next, or being done.
    step: SettlementStep,
    /// Kill Bill's id of the invoice that carries it.
    draft: Option<uuid::Uuid>,
    /// How many requests were sent for it.
    attempts: i32,
    created: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    /// When an unknown one will be looked up in Kill Bill.
    read_back_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    invoice: Option<String>,
    /// What was last said about it.
    detail: Option<String>,
}

/// A settlement with everything that is known about it.
#[derive(Serialize, ToSchema)]
pub struct SettlementDetail {
    #[serde(flatten)]
    settlement: SettlementView,
    lines: Vec<LineView>,
    /// What happened to it, oldest first.
    answers: Vec<StepView>,
}

/// One line: a resource's meter and a price.
#[derive(Serialize, ToSchema)]
pub struct LineView {
    resource: String,
    #[schema(value_type = String)]
    resource_uuid: Id,
    resource_name: String,
    meter: String,
    plan: String,
    /// Kill Bill's unit; none where the price is a monthly one.
    unit: Option<String>,
    /// Why it is there: the class of an approval.
    class: Class,
    /// First day.
    start: NaiveDate,
    /// First day that is not part of it any more.
    end: NaiveDate,
    record_count: i32,
    /// Sum of the records in the meter's unit.
    quantity: String,
    rate: Option<String>,
    monthly_price: Option<String>,
    monthly_divisor: Option<String>,
    /// Unrounded, of this line by itself.
    value: String,
    amount: String,
    description: String,
}

/// One event in its life.
#[derive(Serialize, ToSchema)]
pub struct StepView {
    attempt: i32,
    step: SettlementStep,
    /// `surplus`: a late request's draft was voided.
    kind: SettlementEvent,
    at: DateTime<Utc>,
    outcome: SettlementOutcome,
    /// Kill Bill's HTTP status.
    status: Option<i32>,
    /// Kill Bill's error code.
    code: Option<i64>,
    answer: Option<String>,
}

impl SettlementView {
    /// The view of `row`.
    #[must_use]
    pub fn new(links: &Links, row: Settlement) -> Self {
        Self {
            url: links.object("settlements", row.uuid),
            uuid: Id(row.uuid),
            mark: row.mark,
            customer: links.object("customers", row.customer_uuid),
            customer_uuid: Id(row.customer_uuid),
            customer_name: row.customer_name,
            month: row.month.format("%Y-%m").to_string(),
            direction: row.direction,
            amount: in_minor_units(row.amount, &row.currency),
            currency: row.currency,
            record_count: row.records,
            state: row.state,
            step: row.step,
            draft: row.draft_id,
            attempts: row.attempts,
            created: row.created_at,
            sent_at: row.sent_at,
            read_back_at: row.read_back_at,
            settled_at: row.settled_at,
            invoice: row.invoice_uuid.map(|uuid| links.object("invoices", uuid)),
            detail: row.detail,
        }
    }
}

impl SettlementDetail {
    /// The whole view.
    #[must_use]
    pub fn new(links: &Links, settlement: Settlement, lines: Vec<Line>, history: Vec<Attempt>) -> Self {
        let currency = settlement.currency.clone();
        let line = |line: Line| LineView::new(links, line, &currency);
        Self {
            lines: lines.into_iter().map(line).collect(),
            answers: history.into_iter().map(StepView::from).collect(),
            settlement: SettlementView::new(links, settlement),
        }
    }
}

impl LineView {
    fn new(links: &Links, line: Line, currency: &str) -> Self {
        Self {
            resource: links.object("resources", line.resource_uuid),
            resource_uuid: Id(line.resource_uuid),
            resource_name: line.resource_name,
            meter: line.meter,
            plan: line.plan,
            unit: line.unit,
            class: line.class,
            start: line.period_start,
            end: line.period_end,
            record_count: line.records,
            quantity: text(line.quantity),
            rate: line.rate.map(text),
            monthly_price: line.monthly.map(text),
            monthly_divisor: line.divisor.map(text),
            value: text(line.value),
            amount: in_minor_units(line.amount, currency),
            description: line.description,
        }
    }
}

impl From<Attempt> for StepView {
    fn from(attempt: Attempt) -> Self {
        Self {
            attempt: attempt.attempt,
            step: attempt.step,
            kind: attempt.kind,
            at: attempt.at,
            outcome: attempt.outcome,
            status: attempt.status,
            code: attempt.code,
            answer: attempt.answer,
        }
    }
}

fn text(number: Decimal) -> String {
    number.normalize().to_string()
}
