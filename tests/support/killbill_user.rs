//! Users of the real Kill Bill with some permissions only, made through its security API.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use nodeconductor_billing::killbill::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

/// The connection of a new user with a role of his own. Kill Bill remembers for a while what a user may do: one with other
/// permissions is another one.
pub async fn limited_user(admin: &Connection, permissions: &[&str]) -> Connection {
    let (name, role) = (format!("user-{}", Uuid::new_v4()), format!("role-{}", Uuid::new_v4()));
    let role_body = json!({"role": role, "permissions": permissions});
    ask(admin, "security/roles", &role_body).await;
    let user = json!({"username": name, "password": "a password", "roles": [role]});
    ask(admin, "security/users", &user).await;
    Connection {
        username: name,
        password: "a password".into(),
        ..admin.clone()
    }
}

async fn ask(admin: &Connection, path: &str, body: &Value) {
    let call = reqwest::Client::new().post(admin.api_url.join(path).unwrap());
    let call = call.basic_auth("admin", Some("password"));
    let answer = call
        .header("X-Killbill-CreatedBy", "a test")
        .json(body)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}
