//! What a catalog would do to usage, before it is uploaded: the same as `check --catalog`, of a text that is pasted.

use askama::Template;
use axum::extract::State;

use super::form::Form;
use super::frame::{Frame, Visit};
use super::problem::Shown;
use super::settings::Found;
use super::state::AdminState;
use super::view;
use crate::check::catalog;

#[derive(Template)]
#[template(path = "catalog.html", config = "src/admin/askama.toml")]
struct CatalogPage {
    frame: Frame,
    findings: Option<Vec<Found>>,
    xml: String,
}

/// The form.
pub(super) async fn show(visit: Visit) -> Shown {
    drawn(&visit, None, String::new()).await
}

/// What was pasted, judged. Nothing is kept and nobody is asked, so support may do it too.
pub(super) async fn check(State(state): State<AdminState>, visit: Visit, Form(form): Form) -> Shown {
    let xml = form.exact("xml").to_owned();
    let routing = state.app.book.routing(&state.app.pool).await?;
    let source = (visit.texts.say("what was pasted").to_owned(), Ok(xml.clone()));
    let findings = catalog::check(vec![source], Some(routing.currency()), state.app.clock.now(), |_| {});
    drawn(&visit, Some(findings.all().into_iter().map(Found::from).collect()), xml).await
}

async fn drawn(visit: &Visit, findings: Option<Vec<Found>>, xml: String) -> Shown {
    view::page(&CatalogPage {
        frame: visit.frame(visit.texts.say("Try a catalog")).await?,
        findings,
        xml,
    })
}
