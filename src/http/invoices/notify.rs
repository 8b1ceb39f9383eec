//! `send_notification/`: an invoice by e-mail. No mail server can be configured yet, and nothing here pretends otherwise: what
//! can be refused is refused as NodeConductor did, and the rest is told that nothing was sent.

use axum::body::Bytes;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::visible;
use crate::http::auth::Staff;
use crate::http::extract::{self, Path};
use crate::http::ids::Id;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// How the mail is to lead to the invoice. Frontends since 2019 send no body at all.
#[derive(Default, Deserialize, ToSchema)]
pub struct NotificationBody {
    /// An address of the frontend with `{uuid}` in the invoice's place.
    #[schema(
        max_length = 2000,
        pattern = r"^https?://[^\x00\s]*\{uuid\}[^\x00\s]*$",
        example = "https://portal.example.com/billing/{uuid}/"
    )]
    link_template: Option<String>,
}

/// That it will be sent.
#[derive(Serialize, ToSchema)]
pub struct NotificationView {
    detail: String,
}

/// Send an invoice to its customer by e-mail.
///
/// Answers 409 with the code `mail_not_configured` while there is no mail server: then nothing was sent.
#[utoipa::path(post, path = "/api/invoices/{uuid}/send_notification/", tag = "invoices", extensions(("x-may-call" = json!(["staff"]))),
    params(("uuid" = Id, Path, description = "The invoice's uuid")), request_body(content = NotificationBody, description = "May be left out."), responses(
    (status = OK, description = "It will be sent.", body = NotificationView),
    (status = BAD_REQUEST, description = "The link lacks `{uuid}`, or the invoice is not owed."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff may."),
    (status = NOT_FOUND, description = "No such invoice."),
    (status = CONFLICT, description = "No mail server is configured: nothing was sent.")))]
pub async fn send_notification(
    Staff(caller): Staff,
    State(state): State<AppState>,
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
    if invoice.standing().state(invoice.balance) != "created" {
        let text = "Notification only for the created invoice can be sent.";
        return Err(Problem::field("non_field_errors", text));
    }
    let text = "Nothing was sent: this service has no mail server configured.";
    Err(Problem::conflict("mail_not_configured", text))
}

fn check(template: &str) -> Answer<()> {
    let is_address = ["http://", "https://"]
        .iter()
        .any(|scheme| template.starts_with(scheme));
    if !is_address || template.chars().count() > 2000 || template.contains(char::is_whitespace) {
        return Err(Problem::field("link_template", "Enter a valid URL."));
    }
    if !template.contains("{uuid}") {
        return Err(Problem::field(
            "link_template",
            "Link template must include '{uuid}' parameter.",
        ));
    }
    Ok(())
}
