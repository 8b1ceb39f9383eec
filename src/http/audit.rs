//! Around every write of the API: what staff and owners ask for stands in the trail before it is done, with the thing as it was;
//! what came of it afterwards, with the thing as it is. Pushers are left out: they bring data, and each record says whose it is.
//! A registration that changes nothing is no act.

use std::net::IpAddr;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::auth::{Caller, Source};
use super::client_address;
use super::extract;
use super::problem::Problem;
use super::redact::redacted;
use super::state::AppState;
use crate::db::audit::{self, Act, Actor, Outcome};
use crate::db::tokens::Role;
use crate::domain::uuid_hex;

/// What is kept whole of a body or an answer; of more, its size.
const LARGEST: usize = 16 * 1024;
const PUSHES: &str = "/api/usage-records/";

/// The API alone, to look at a thing before and after.
#[derive(Clone)]
pub struct Audited {
    pub state: AppState,
    pub plain: Router,
}

/// The layer itself.
pub async fn keep(State(audited): State<Audited>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
        || !request.uri().path().starts_with("/api/")
    {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<Caller>().cloned();
    let acting = caller.filter(|caller| caller.role != Role::Pusher);
    let (parts, body) = request.into_parts();
    let address = client_address::of(&parts, &audited.state.http.trusted_proxies);
    let request = Request::from_parts(parts, body);
    match acting {
        None => next.run(request).await,
        Some(caller) => match audited.kept(&caller, address, request, next).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        },
    }
}

impl Audited {
    async fn kept(
        &self,
        caller: &Caller,
        address: Option<IpAddr>,
        request: Request,
        next: Next,
    ) -> Result<Response, Problem> {
        let path = request.uri().path().to_owned();
        let method = request.method().clone();
        // Pushed hours have a history of their own; what a person corrects by hand is an act.
        let (request, asked) = if path == PUSHES && caller.source != Source::User {
            (request, None)
        } else {
            self.read(request).await?
        };
        let object = object(&path);
        let before = self.look(caller, object.as_deref()).await;
        if method == Method::PUT && changes_nothing(asked.as_ref(), before.as_ref()) {
            return Ok(next.run(request).await);
        }
        let act = Act {
            action: &format!("{method} {}", redacted(&path)),
            object: object.as_deref().unwrap_or(&path),
            asked: asked.map(storable),
            before: before.map(storable),
        };
        let (pool, clock) = (&self.state.pool, &self.state.clock);
        let entry = audit::begin(pool, clock.now(), &actor(caller, address), &act).await?;
        let (response, answer) = answered(next.run(request).await).await;
        let outcome = Outcome {
            status: response.status().as_u16(),
            answer: answer.map(storable),
            after: self.look(caller, object.as_deref()).await.map(storable),
        };
        if let Err(error) = audit::end(pool, clock.now(), entry, &outcome).await {
            tracing::error!(%error, entry, "the outcome of an entry of the trail could not be written");
        }
        Ok(response)
    }

    /// The body, put back for the handler.
    async fn read(&self, request: Request) -> Result<(Request, Option<Value>), Problem> {
        let (parts, body) = request.into_parts();
        let bytes = extract::body(Request::new(body), self.state.http.body_limit).await?;
        let asked = (!bytes.is_empty()).then(|| shown(&bytes));
        Ok((Request::from_parts(parts, Body::from(bytes)), asked))
    }

    /// The thing as the caller sees it just now.
    async fn look(&self, caller: &Caller, object: Option<&str>) -> Option<Value> {
        let mut request = Request::get(object?).body(Body::empty()).ok()?;
        request.extensions_mut().insert(caller.clone());
        let response = self.plain.clone().oneshot(request).await.ok()?;
        if response.status() != StatusCode::OK {
            return None;
        }
        let bytes = to_bytes(response.into_body(), LARGEST).await.ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

fn actor(caller: &Caller, address: Option<IpAddr>) -> Actor {
    Actor {
        name: caller.name.clone(),
        kind: caller.source.into(),
        role: caller.role,
        address,
    }
}

/// The address of the thing that the path is about, if it names one by its uuid.
fn object(path: &str) -> Option<String> {
    let mut end = 0;
    for segment in path.split('/') {
        end += segment.len() + 1;
        if uuid_hex::parse(segment).is_some() {
            return path.get(..end).map(str::to_owned);
        }
    }
    None
}

/// Whether everything that is asked for is so already.
fn changes_nothing(asked: Option<&Value>, before: Option<&Value>) -> bool {
    let (Some(Value::Object(asked)), Some(before)) = (asked, before) else {
        return false;
    };
    asked.iter().all(|(key, value)| before.get(key) == Some(value))
}

/// The answer, put back for the client, and what the trail keeps of it.
async fn answered(response: Response) -> (Response, Option<Value>) {
    let json = response.headers().get(header::CONTENT_TYPE);
    let json = json.is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    let size = response.body().size_hint().exact();
    if !json || size.is_none_or(|size| size > LARGEST as u64) {
        return (response, None);
    }
    let (parts, body) = response.into_parts();
    match to_bytes(body, LARGEST).await {
        Ok(bytes) => {
            let kept = serde_json::from_slice(&bytes).ok();
            (Response::from_parts(parts, Body::from(bytes)), kept)
        }
        Err(_) => (Problem::internal().into_response(), None),
    }
}

fn shown(bytes: &Bytes) -> Value {
    let whole = (bytes.len() <= LARGEST).then(|| serde_json::from_slice(bytes).ok());
    whole.flatten().unwrap_or_else(|| json!({ "bytes": bytes.len() }))
}

/// As PostgreSQL can keep it: without NUL, without numbers beyond its own, and without tokens in addresses.
fn storable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(redacted(&text).replace('\0', "\u{fffd}")),
        Value::Number(number) if number.to_string().len() > 40 || number.to_string().contains(['e', 'E']) => {
            Value::String(number.to_string())
        }
        Value::Array(all) => all.into_iter().map(storable).collect(),
        Value::Object(all) => all
            .into_iter()
            .map(|(key, value)| (key.replace('\0', "\u{fffd}"), storable(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thing_is_what_the_first_uuid_names() {
        let uuid = "6e08f48681834ba5aadd426a0abe9282";
        let whole = format!("/api/deliveries/{uuid}/");
        assert_eq!(object(&format!("{whole}retry/")), Some(whole.clone()));
        assert_eq!(object(&whole), Some(whole));
        assert_eq!(object("/api/holds/examine/"), None);
    }

    #[test]
    fn what_postgresql_cannot_keep_is_kept_as_text() {
        let value = serde_json::from_str(r#"{"a\u0000": ["\u0000", 1e400000, 12.5]}"#).unwrap();
        let kept = storable(value).to_string();
        assert_eq!(kept, "{\"a\u{fffd}\":[\"\u{fffd}\",\"1e+400000\",12.5]}");
    }

    #[test]
    fn a_registration_that_says_what_is_known_changes_nothing() {
        let before = json!({ "name": "web-1", "type": "OpenStack.Instance", "uuid": "1" });
        assert!(changes_nothing(Some(&json!({ "name": "web-1" })), Some(&before)));
        assert!(!changes_nothing(Some(&json!({ "name": "web-2" })), Some(&before)));
        assert!(!changes_nothing(Some(&json!({ "name": "web-1" })), None));
        assert!(!changes_nothing(None, Some(&before)));
    }
}
