//! `send_notification/`: an invoice by e-mail, now. Frontends show success on any 2xx, so there is one only when the mail server
//! has taken the letter; what it has not taken yet stays in the outbox.

use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::visible;
use crate::db::customers;
use crate::db::mails::Outcome;
use crate::domain::mail::{LinkError, check_link, link};
use crate::domain::standing::InvoiceState;
use crate::http::auth::Staff;
use crate::http::extract::{self, Path};
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// How the mail is to lead to the invoice. Frontends since 2019 send no body at all.
#[derive(Default, Deserialize, ToSchema)]
pub struct NotificationBody {
    /// An address of the frontend with `{uuid}` in the invoice's place.
    #[schema(
        max_length = 2000,
        pattern = r"^https?://[^\x00\x85\s]*\{uuid\}[^\x00\x85\s]*$",
        example = "https://portal.example.com/billing/{uuid}/"
    )]
    link_template: Option<String>,
}

/// That it was sent.
#[derive(Serialize, ToSchema)]
pub struct NotificationView {
    detail: String,
    /// Address of the letter.
    mail: String,
}

/// Send an invoice to its customer by e-mail.
///
/// To the customer's address as it is now, with the document attached. Asked again it goes again. While it can be tried by itself
/// the answer is 503 and the letter stays in the outbox (`/api/mails/`); what nobody will try again is 409.
#[utoipa::path(post, path = "/api/invoices/{uuid}/send_notification/", tag = "invoices", extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The invoice's uuid")), request_body(content = NotificationBody, description = "May be left out."), responses(
    (status = OK, description = "The mail server has it.", body = NotificationView),
    (status = BAD_REQUEST, description = "The link lacks `{uuid}`, the invoice is not owed, or the customer has no address."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff may."),
    (status = NOT_FOUND, description = "No such invoice."),
    (status = CONFLICT, description = "No mail server is configured (`mail_not_configured`), it does not take the letter (`mail_refused`), or nobody knows whether it did (`mail_unknown`)."),
    (status = SERVICE_UNAVAILABLE, description = "It could not be sent yet and is tried again by itself.")))]
pub async fn send_notification(
    Staff(caller): Staff,
    State(state): State<AppState>,
    links: Links,
    Path(Id(uuid)): Path<Id>,
    body: Bytes,
) -> Answer<axum::Json<NotificationView>> {
    let invoice = visible(&state, &caller, uuid).await?;
    let body = if body.is_empty() {
        NotificationBody::default()
    } else {
        extract::json(&body)?
    };
    if let Some(template) = &body.link_template {
        check(template)?;
    }
    if invoice.standing().state(invoice.balance) != InvoiceState::Created {
        let text = "Notification only for the created invoice can be sent.";
        return Err(Problem::field("non_field_errors", text));
    }
    let Some(mailer) = state.mailer.clone() else {
        let text = "Nothing was sent: this service has no mail server configured.";
        return Err(Problem::conflict("mail_not_configured", text));
    };
    let customer = customers::find(&state.pool, invoice.customer_uuid).await?;
    let recipient = customer.map(|customer| customer.email).unwrap_or_default();
    if recipient.is_empty() {
        let text = "The customer has no e-mail address: register one first.";
        return Err(Problem::field("customer", text));
    }
    let template = body
        .link_template
        .unwrap_or_else(|| mailer.settings.link_template.clone());
    let link = link(&template, uuid);
    let (id, letter) = mailer.ask(&invoice, &caller.name, &recipient, &link).await?;
    // Whoever hangs up does not break a letter off.
    let sent = tokio::spawn(async move { mailer.send(id).await }).await;
    let outcome = sent.map_err(|_| Problem::internal())??;
    told(outcome, links.object("mails", letter)).map(axum::Json)
}

fn told(outcome: Option<Outcome>, mail: String) -> Answer<NotificationView> {
    match outcome {
        Some(Outcome::Sent(_)) => Ok(NotificationView {
            detail: "Invoice notification has been sent.".to_owned(),
            mail,
        }),
        Some(Outcome::Refused(why)) => Err(Problem::conflict(
            "mail_refused",
            format!("It was not sent: {why} See {mail}"),
        )),
        Some(Outcome::Unknown(why)) => Err(Problem::conflict("mail_unknown", format!("{why} See {mail}"))),
        Some(Outcome::Later(why, _) | Outcome::Away(why, _)) => Err(Problem::unavailable(format!(
            "It could not be sent yet and is tried again by itself: {why} See {mail}"
        ))),
        None => Err(Problem::unavailable(format!("It is being sent: see {mail}"))),
    }
}

fn check(template: &str) -> Answer<()> {
    let checked = if template.chars().count() > 2000 {
        Err(LinkError::NoAddress)
    } else {
        check_link(template)
    };
    checked.map_err(|error| Problem::field("link_template", error.to_string()))
}
