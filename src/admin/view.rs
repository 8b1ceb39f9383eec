//! Templates become answers.

use askama::Template;
use axum::response::{Html, IntoResponse};

use super::problem::Shown;

/// Draws a page.
///
/// # Errors
/// When the template fails.
pub(super) fn page(template: &impl Template) -> Shown {
    Ok(Html(template.render()?).into_response())
}
