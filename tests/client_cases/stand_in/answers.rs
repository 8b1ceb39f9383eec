//! What NodeConductor answers, in the shape of each generation.

use std::collections::HashMap;

use axum::Json;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Fault, Generation, Paging, Person, Shared, holder};

fn user(person: &Person, generation: Generation, host: &str) -> Value {
    let mut user = json!({
        "url": format!("http://{host}/api/users/{}/", person.uuid.simple()), "uuid": person.uuid.simple().to_string(),
        "username": "alice", "full_name": "Alice Lebowski", "is_active": !person.inactive,
    });
    // Whether somebody is staff was shown to staff alone.
    if person.staff || generation != Generation::First {
        user["is_staff"] = person.staff.into();
    }
    let role = |customer: &Uuid, role: &str, end: Value| match generation {
        Generation::Newest => {
            json!({ "user_uuid": person.uuid.simple().to_string(), "role_name": format!("CUSTOMER.{role}"),
            "scope_type": "customer", "scope_uuid": customer.simple().to_string(), "expiration_time": end })
        }
        _ => json!({ "url": format!("http://{host}/api/customer-permissions/7/"), "role": role.to_lowercase(),
            "customer_uuid": customer.simple().to_string(), "customer_name": "Ministry", "expiration_time": end }),
    };
    let owned = person.owns.iter().map(|customer| role(customer, "OWNER", Value::Null));
    let managed = person
        .manages
        .iter()
        .map(|customer| role(customer, "MANAGER", Value::Null));
    let ended = person
        .owned_until_2020
        .iter()
        .map(|customer| role(customer, "OWNER", json!("2020-01-01T00:00:00.000Z")));
    let roles: Vec<Value> = owned.chain(managed).chain(ended).collect();
    match generation {
        Generation::First => return user,
        Generation::Later => user["customer_permissions"] = roles.into(),
        Generation::Newest => user["permissions"] = roles.into(),
    }
    user["is_support"] = person.support.into();
    user
}

fn host(headers: &HeaderMap) -> &str {
    headers[header::HOST].to_str().unwrap()
}

pub(super) async fn me(inner: Shared, headers: HeaderMap) -> Response {
    match holder(&inner, &headers, "users/me").await {
        Err(answer) => answer,
        Ok((Generation::First, _)) => (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not found." }))).into_response(),
        Ok((generation, person)) => Json(user(&person, generation, host(&headers))).into_response(),
    }
}

pub(super) async fn users(inner: Shared, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let (generation, person) = match holder(&inner, &headers, "current").await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let mut all = vec![user(&person, generation, host(&headers))];
    if !query.contains_key("current") || inner.lock().unwrap().fault == Some(Fault::Everybody) {
        all.insert(0, user(&Person::staff(), generation, host(&headers)));
    }
    Json(all).into_response()
}

/// Two rows on a page, and among them the other owners of the same customers: a server that does not know `user_url`.
pub(super) async fn permissions(
    inner: Shared,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let person = match holder(&inner, &headers, "permissions").await {
        Ok((_, person)) => person,
        Err(answer) => return answer,
    };
    let row = |customer: &Uuid, user: Uuid, role: &str| {
        json!({ "url": format!("http://{0}/api/customer-permissions/71/", host(&headers)), "role": role,
            "customer": format!("http://{}/api/customers/{}/", host(&headers), customer.simple()),
            "user": format!("http://{}/api/users/{}/", host(&headers), user.simple()) })
    };
    let own = person.owns.iter().map(|customer| row(customer, person.uuid, "owner"));
    let others = person
        .manages
        .iter()
        .map(|customer| row(customer, Uuid::new_v4(), "owner"));
    let rows: Vec<Value> = others.chain(own).collect();
    let page: usize = query["page"].parse().unwrap();
    let (fault, paging) = {
        let inner = inner.lock().unwrap();
        (inner.fault, inner.paging)
    };
    let missing = fault == Some(Fault::NoList) || fault == Some(Fault::NoSecondPage) && page == 2;
    let empty = fault == Some(Fault::EmptySecondPage) && page == 2;
    let shown: Vec<&Value> = rows
        .iter()
        .skip((page - 1) * 2)
        .take(if empty { 0 } else { 2 })
        .collect();
    if missing || shown.is_empty() && page > 1 && !empty {
        return (StatusCode::NOT_FOUND, Json(json!({ "detail": "Invalid page." }))).into_response();
    }
    let next = if page * 2 < rows.len() {
        "<http://nc.test/?page=2>; rel=next"
    } else {
        ""
    };
    match paging {
        Paging::Count => ([("x-result-count", rows.len().to_string())], Json(shown)).into_response(),
        Paging::Link => ([("link", format!("<http://nc.test/>; rel=first, {next}"))], Json(shown)).into_response(),
    }
}
