//! What every page can reach: the service, and its API within the process.

use axum::Router;

use crate::http::state::AppState;

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct AdminState {
    pub(super) app: AppState,
    pub(super) api: Router,
    /// What stands before `/admin/` in addresses: the path of the public address, without a slash at the end.
    pub(super) base: String,
    /// Whether browsers come by https.
    pub(super) secure: bool,
}

impl AdminState {
    pub(super) fn new(app: AppState, api: Router) -> Self {
        let public = app.http.public_url.as_deref().and_then(|url| url::Url::parse(url).ok());
        let base = public.as_ref().map(|url| url.path().trim_end_matches('/').to_owned());
        Self {
            base: base.unwrap_or_default(),
            secure: public.is_some_and(|url| url.scheme() == "https"),
            app,
            api,
        }
    }

    /// The address of a page below `/admin/`.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}/admin/{path}", self.base)
    }
}
