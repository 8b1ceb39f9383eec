//! A delivery as operators see it.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::deliveries::{Attempt, Delivery, Record, Unit};
use crate::domain::delivery::{DeliveryEvent, DeliveryState};
use crate::domain::hour::Hour;
use crate::domain::usage::RecordKey;
use crate::http::ids::Id;
use crate::http::links::Links;

/// One send of usage for one subscription.
#[derive(Serialize, ToSchema)]
pub struct DeliveryView {
    url: String,
    uuid: Id,
    /// Kill Bill refuses a second send with the same one.
    tracking_id: String,
    /// `unknown`: no answer came. `verified`: Kill Bill's sums agree. `withdrawn`: it is not in Kill Bill, and its records
    /// wait again; the attempts say why.
    state: DeliveryState,
    resource: String,
    resource_uuid: Id,
    resource_name: String,
    plan: String,
    /// Kill Bill's id of the subscription.
    subscription: uuid::Uuid,
    /// First day of the month that it belongs to.
    month: NaiveDate,
    /// First instant of the earliest hour in it.
    window_start: DateTime<Utc>,
    /// First instant after the latest hour in it.
    window_end: DateTime<Utc>,
    /// How many records it carries.
    record_count: i32,
    /// How many times it was sent.
    attempts: i32,
    created: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    /// When an unknown one will be looked up in Kill Bill.
    read_back_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    verified_at: Option<DateTime<Utc>>,
    /// When it was found in Kill Bill by a restored ledger that had not sent it.
    recovered_at: Option<DateTime<Utc>>,
    /// The invoice that lists its tracking id.
    invoice: Option<String>,
    /// What was last said about it.
    detail: Option<String>,
}

/// A delivery with everything that is known about it.
#[derive(Serialize, ToSchema)]
pub struct DeliveryDetail {
    #[serde(flatten)]
    delivery: DeliveryView,
    units: Vec<UnitView>,
    /// What happened to it, oldest first.
    answers: Vec<AnswerView>,
    records: Vec<RecordView>,
}

/// The sum for one meter.
#[derive(Serialize, ToSchema)]
pub struct UnitView {
    meter: String,
    /// Kill Bill's unit.
    unit: String,
    records: i32,
    /// In the meter's unit.
    #[schema(value_type = String)]
    quantity: String,
    /// In Kill Bill's unit.
    amount: String,
}

/// One event in its life.
#[derive(Serialize, ToSchema)]
pub struct AnswerView {
    attempt: i32,
    kind: DeliveryEvent,
    at: DateTime<Utc>,
    outcome: DeliveryState,
    /// Kill Bill's HTTP status.
    status: Option<i32>,
    /// Kill Bill's error code.
    code: Option<i64>,
    answer: Option<String>,
}

/// One record that it carries.
#[derive(Serialize, ToSchema)]
pub struct RecordView {
    url: String,
    uuid: Id,
    meter: String,
    hour: DateTime<Utc>,
    revision: i16,
    quantity: String,
    /// What it adds to what Kill Bill was told before.
    delta: String,
}

impl DeliveryView {
    /// The view of `delivery`.
    #[must_use]
    pub fn new(links: &Links, delivery: Delivery) -> Self {
        Self {
            url: links.object("deliveries", delivery.uuid),
            uuid: Id(delivery.uuid),
            tracking_id: delivery.tracking_id,
            state: delivery.state,
            resource: links.object("resources", delivery.resource_uuid),
            resource_uuid: Id(delivery.resource_uuid),
            resource_name: delivery.resource_name,
            plan: delivery.plan,
            subscription: delivery.subscription,
            month: delivery.month,
            window_start: delivery.window_start,
            window_end: delivery.window_end,
            record_count: delivery.records,
            attempts: delivery.attempts,
            created: delivery.created_at,
            sent_at: delivery.sent_at,
            read_back_at: delivery.read_back_at,
            settled_at: delivery.settled_at,
            verified_at: delivery.verified_at,
            recovered_at: delivery.recovered_at,
            invoice: delivery.invoice_uuid.map(|uuid| links.object("invoices", uuid)),
            detail: delivery.detail,
        }
    }
}

impl DeliveryDetail {
    /// The whole view.
    #[must_use]
    pub fn new(
        links: &Links,
        delivery: Delivery,
        units: Vec<Unit>,
        history: Vec<Attempt>,
        records: Vec<Record>,
    ) -> Self {
        Self {
            delivery: DeliveryView::new(links, delivery),
            units: units.into_iter().map(UnitView::from).collect(),
            answers: history.into_iter().map(AnswerView::from).collect(),
            records: records
                .into_iter()
                .map(|record| RecordView::new(links, record))
                .collect(),
        }
    }
}

impl From<Unit> for UnitView {
    fn from(unit: Unit) -> Self {
        let Unit {
            meter,
            unit,
            records,
            quantity,
            amount,
        } = unit;
        Self {
            meter,
            unit,
            records,
            quantity: text(quantity),
            amount: text(amount),
        }
    }
}

impl From<Attempt> for AnswerView {
    fn from(attempt: Attempt) -> Self {
        let Attempt {
            attempt,
            kind,
            at,
            outcome,
            status,
            code,
            answer,
        } = attempt;
        Self {
            attempt,
            kind,
            at,
            outcome,
            status,
            code,
            answer,
        }
    }
}

impl RecordView {
    fn new(links: &Links, record: Record) -> Self {
        let Record {
            resource_id,
            meter_id,
            hour,
            revision,
            ..
        } = record;
        let uuid = RecordKey {
            resource_id,
            meter_id,
            hour: Hour::containing(hour),
            revision,
        }
        .uuid();
        Self {
            url: links.object("usage-records", uuid),
            uuid: Id(uuid),
            meter: record.meter,
            hour,
            revision,
            quantity: text(record.quantity),
            delta: text(record.delta),
        }
    }
}

fn text(number: Decimal) -> String {
    number.normalize().to_string()
}
