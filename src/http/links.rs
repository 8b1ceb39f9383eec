//! Absolute addresses of our own objects, as NodeConductor's clients expect them in every object.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use uuid::Uuid;

use super::state::AppState;
use crate::domain::uuid_hex::hex;

/// What our addresses start with: the configured public address, else the host that the client called.
#[derive(Clone, Debug)]
pub struct Links(String);

impl Links {
    /// Links that start with `base`, without a trailing slash.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self(base.trim_end_matches('/').to_owned())
    }

    /// The address of a path.
    #[must_use]
    pub fn to(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// `/api/{family}/{uuid}/`
    #[must_use]
    pub fn object(&self, family: &str, uuid: Uuid) -> String {
        self.to(&format!("/api/{family}/{}/", hex(uuid)))
    }
}

impl FromRequestParts<AppState> for Links {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        if let Some(public) = &state.http.public_url {
            return Ok(Self::new(public));
        }
        let host = parts.headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let host = host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str));
        Ok(Self(host.map(|host| format!("http://{host}")).unwrap_or_default()))
    }
}
