//! A letter as operators see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::mails::MailRow;
use crate::domain::mail::MailState;
use crate::http::ids::Id;
use crate::http::links::Links;

/// An invoice on its way by e-mail.
#[derive(Serialize, ToSchema)]
pub struct MailView {
    url: String,
    /// Its Message-ID, too.
    #[schema(value_type = String)]
    uuid: Id,
    invoice: String,
    #[schema(value_type = String)]
    invoice_uuid: Id,
    invoice_number: Option<String>,
    customer: String,
    #[schema(value_type = String)]
    customer_uuid: Id,
    customer_name: String,
    /// Who asked for it; none when it went out by itself.
    asked_by: Option<String>,
    /// Empty when the customer had no address.
    recipient: String,
    copies: Vec<String>,
    /// Where it says that the invoice can be seen.
    link: String,
    /// `waiting`: to be sent, or to be tried again; `sent`: the mail server has it; `unknown`: it may have arrived, somebody has
    /// to decide; `bounced`: it came back.
    state: MailState,
    /// How often it was begun.
    attempts: i32,
    /// When it is tried next, while it waits.
    next_attempt_at: Option<DateTime<Utc>>,
    created: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    settled_at: Option<DateTime<Utc>>,
    /// Which version of the invoice's document went along.
    document_version: Option<i32>,
    /// What the mail server said last.
    detail: Option<String>,
}

impl MailView {
    /// The view of `row`.
    #[must_use]
    pub fn new(links: &Links, row: MailRow) -> Self {
        Self {
            url: links.object("mails", row.uuid),
            uuid: Id(row.uuid),
            invoice: links.object("invoices", row.invoice_uuid),
            invoice_uuid: Id(row.invoice_uuid),
            invoice_number: row.invoice_number,
            customer: links.object("customers", row.customer_uuid),
            customer_uuid: Id(row.customer_uuid),
            customer_name: row.customer_name,
            asked_by: row.asked_by,
            recipient: row.recipient,
            copies: row.copies,
            link: row.link,
            next_attempt_at: (row.state == MailState::Waiting).then_some(row.next_attempt_at),
            state: row.state,
            attempts: row.attempts,
            created: row.created_at,
            sent_at: row.sent_at,
            settled_at: row.settled_at,
            document_version: row.document_version,
            detail: row.detail,
        }
    }
}
