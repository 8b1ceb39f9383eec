//! The API, asked within the process in the name of whoever is signed in: the same handlers, the same rights, the same trail
//! as for a token.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tower::ServiceExt;

use super::person::Person;
use super::problem::Failure;
use super::state::AdminState;
use crate::http::auth::Caller;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// A page shows a page of things; nothing that it asks for is near this.
const LARGEST: usize = 32 * 1024 * 1024;

/// Asks for one person.
#[derive(Clone)]
pub(super) struct Asker {
    api: Router,
    caller: Caller,
    peer: Option<ConnectInfo<SocketAddr>>,
    forwarded: Vec<HeaderValue>,
}

/// An answer of the API.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    /// Of a list: how many there are on all pages.
    pub(super) total: Option<i64>,
    pub(super) body: Value,
}

impl Answered {
    /// # Errors
    /// When the API refused.
    pub(super) fn good(self) -> Result<Self, Failure> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(Failure::Refused(self.status, self.body))
        }
    }
}

impl Asker {
    /// Reads an address, such as `/api/deliveries/?state=refused`.
    ///
    /// # Errors
    /// When the API refuses, with its words.
    pub(super) async fn get(&self, address: &str) -> Result<Answered, Failure> {
        read(self.call(Method::GET, address, None).await?).await?.good()
    }

    /// Asks for something to be done; a refusal is an answer.
    ///
    /// # Errors
    /// When the answer cannot be read.
    pub(super) async fn post(&self, address: &str, body: Option<&Value>) -> Result<Answered, Failure> {
        read(self.call(Method::POST, address, body).await?).await
    }

    /// The answer as it is, for documents.
    ///
    /// # Errors
    /// When the address is none.
    pub(super) async fn fetch(&self, address: &str) -> Result<Response, Failure> {
        self.call(Method::GET, address, None).await
    }

    async fn call(&self, method: Method, address: &str, body: Option<&Value>) -> Result<Response, Failure> {
        let mut request = Request::builder().method(method).uri(address);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = request.body(body).map_err(|_| Failure::not_found())?;
        for value in &self.forwarded {
            request.headers_mut().append(FORWARDED_FOR, value.clone());
        }
        request.extensions_mut().insert(self.caller.clone());
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        match self.api.clone().oneshot(request).await {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        }
    }
}

async fn read(response: Response) -> Result<Answered, Failure> {
    let status = response.status();
    let total = response.headers().get("x-result-count");
    let total = total.and_then(|value| value.to_str().ok()?.parse().ok());
    let bytes = to_bytes(response.into_body(), LARGEST).await;
    let bytes = bytes.map_err(|_| Failure::Shape("the whole answer".to_owned()))?;
    Ok(Answered {
        status,
        total,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    })
}

impl FromRequestParts<AdminState> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Failure> {
        let person = Person::from_request_parts(parts, state).await?;
        Ok(Self {
            api: state.api.clone(),
            caller: person.caller,
            peer: parts.extensions.get().copied(),
            forwarded: parts.headers.get_all(FORWARDED_FOR).iter().cloned().collect(),
        })
    }
}
