//! Around every page: the headers that keep other sites and scripts out, and failures drawn as pages.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::frame::Frame;
use super::problem::{Failure, carried};
use super::state::AdminState;
use super::texts::Texts;
use super::{query, view};

/// No script or style but ours from a file, no frame around us, forms to ourselves only.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                       form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

#[derive(Template)]
#[template(path = "problem.html", config = "src/admin/askama.toml")]
struct ProblemPage {
    frame: Frame,
    happened: &'static str,
    advice: &'static str,
    detail: Vec<String>,
}

/// The layer itself.
pub(super) async fn guard(State(state): State<AdminState>, request: Request, next: Next) -> Response {
    let texts = Texts::wanted(request.headers());
    let mut response = next.run(request).await;
    if let Some(failure) = carried(response.extensions()) {
        response = drawn(&state, &failure, texts);
    }
    protect(response.headers_mut());
    response
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages are private; the files that they are dressed with say themselves how long they last.
    let kept = headers.entry(header::CACHE_CONTROL);
    kept.or_insert(HeaderValue::from_static("no-store"));
}

fn drawn(state: &AdminState, failure: &Failure, texts: Texts) -> Response {
    if let Failure::SignedOut(wanted) = failure {
        let next = query::value(wanted);
        return Redirect::to(&state.page(&format!("sign-in/?next={next}"))).into_response();
    }
    let (happened, advice) = failure.words();
    let page = ProblemPage {
        frame: Frame::of_nobody(state, texts, texts.say("Something is not right")),
        happened,
        advice,
        detail: failure.detail(),
    };
    match view::page(&page) {
        Ok(page) => (failure.status(), page).into_response(),
        Err(_) => (failure.status(), happened).into_response(),
    }
}
