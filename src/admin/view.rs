//! Templates and ways to other pages become answers.

use askama::Template;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::problem::Shown;
use super::state::AdminState;

/// Draws a page.
///
/// # Errors
/// When the template fails.
pub(super) fn page(template: &impl Template) -> Shown {
    Ok(Html(template.render()?).into_response())
}

/// Sends the browser on to a page below `/admin/`.
pub(super) fn go(state: &AdminState, path: &str) -> Response {
    Redirect::to(&state.page(path)).into_response()
}
