//! What this service runs with: every setting, where it comes from, and whether it could bill right now.

use askama::Template;
use axum::extract::State;

use super::form::Form;
use super::frame::{Frame, Visit};
use super::problem::Shown;
use super::state::AdminState;
use super::view;
use crate::check::{self, Finding, Grade};
use crate::config::Effective;

#[derive(Template)]
#[template(path = "settings.html", config = "src/admin/askama.toml")]
struct SettingsPage {
    frame: Frame,
    findings: Option<Vec<Found>>,
    settings: Vec<Effective>,
}

/// A finding, as it is shown.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
}

/// The page.
pub(super) async fn show(State(state): State<AdminState>, visit: Visit) -> Shown {
    drawn(&state, &visit, None).await
}

/// The same with what a check finds. It only looks: a support user may ask for it too.
pub(super) async fn check(State(state): State<AdminState>, visit: Visit, _: Form) -> Shown {
    let findings = match &state.app.settings {
        Some(settings) => check::check(settings, |_| {}).await.all(),
        None => Vec::new(),
    };
    let findings = findings.into_iter().map(Found::from).collect();
    drawn(&state, &visit, Some(findings)).await
}

async fn drawn(state: &AdminState, visit: &Visit, findings: Option<Vec<Found>>) -> Shown {
    let settings = state.app.settings.as_ref().map(|settings| settings.effective.clone());
    view::page(&SettingsPage {
        frame: visit.frame(visit.texts.say("Settings")).await?,
        settings: settings.unwrap_or_default(),
        findings,
    })
}

impl From<Finding> for Found {
    fn from(Finding { grade, text }: Finding) -> Self {
        let (word, tone) = match grade {
            Grade::Good => ("good", "good"),
            Grade::Notice => ("notice", "wait"),
            Grade::Mend => ("to mend", "bad"),
            Grade::Blind => ("not known", "bad"),
        };
        Self { text, word, tone }
    }
}
