//! The whole web side: the API, and the pages for people beside it. The pages ask the API within the process, in the name of
//! whoever is signed in: they show what it tells, and may what it lets this person do. Each has its own layers: what lets other
//! origins read the API does not reach the pages.

use axum::Router;
use axum::extract::Request;
use tower::ServiceExt;

use crate::http::state::AppState;
use crate::http::{Api, seats};
use crate::{admin, http};

/// Everything that is served at `http.bind`.
pub fn router(state: AppState) -> Router {
    let Api { reads, pushes, inside } = http::api(state.clone());
    let pages = admin::router(state, inside);
    Router::new().fallback(move |request: Request| {
        let router = if is_of_pages(request.uri().path()) {
            &pages
        } else if seats::is_push(&request) {
            &pushes
        } else {
            &reads
        };
        router.clone().oneshot(request)
    })
}

fn is_of_pages(path: &str) -> bool {
    path == "/" || path == "/admin" || path.starts_with("/admin/")
}
