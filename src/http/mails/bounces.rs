//! `POST /api/mails/bounces/`: letters that came back, as the mail server that got them hands them on.

use axum::body::Bytes;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::mails;
use crate::http::auth::Staff;
use crate::http::links::Links;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;
use crate::mail::read_bounce;

/// Which letters came back.
#[derive(Serialize, ToSchema)]
pub struct BouncesView {
    /// Addresses of the letters.
    mails: Vec<String>,
    /// What the report says.
    detail: String,
}

/// Tell of a letter that came back.
///
/// The body is the report as it came (RFC 3464, or what a mail server writes), with the Message-ID of our letter in it: for a mail
/// server's filter of the sender's address, such as `curl --data-binary @-` in an alias. The letters named in it are `bounced`
/// from then on, with the reason that the report gives.
#[utoipa::path(post, path = "/api/mails/bounces/", tag = "mails", extensions(("x-may-call" = json!(["staff"]))),
    request_body(content = String, content_type = "text/plain", description = "The report, whole."), responses(
    (status = OK, description = "Noted.", body = BouncesView),
    (status = BAD_REQUEST, description = "It names no letter of ours."),
    (status = UNAUTHORIZED, description = "No valid token."),
    (status = FORBIDDEN, description = "Only staff may do this.")))]
pub async fn bounces(
    _: Staff,
    State(state): State<AppState>,
    links: Links,
    report: Bytes,
) -> Answer<axum::Json<BouncesView>> {
    let bounce = read_bounce(&String::from_utf8_lossy(&report));
    let why = bounce.why.replace('\0', "");
    let found = mails::bounced(&state.pool, &bounce.ids, &why, state.clock.now()).await?;
    if found.is_empty() {
        let text = "No letter that was sent from here is named in it; its Message-ID has to be there.";
        return Err(Problem::bad_request("no_such_letter", text));
    }
    Ok(axum::Json(BouncesView {
        mails: found.into_iter().map(|uuid| links.object("mails", uuid)).collect(),
        detail: why,
    }))
}
