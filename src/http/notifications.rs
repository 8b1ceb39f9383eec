//! Where Kill Bill's push notifications arrive. They are not signed and may be lost or repeated, so each is only a hint
//! to look sooner; the sweeps find everything without them.

use axum::extract::{Request, State};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::extract::{self, Path};
use super::problem::{Answer, Problem};
use super::state::AppState;
use crate::db::{customers, outbox, subscriptions};
use crate::domain::job::Job;

/// What we use of Kill Bill's event; everything may be missing.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    #[serde(rename = "eventType")]
    kind: Option<String>,
    account_id: Option<Uuid>,
    object_id: Option<Uuid>,
}

/// Events about what is billed: of a subscription, or of who may block it. What begins is read by whoever made it begin.
const OF_SUBSCRIPTIONS: [&str; 4] = ["SUBSCRIPTION_", "ENTITLEMENT_", "BUNDLE_", "BLOCKING_STATE"];

/// Take a push notification of Kill Bill.
///
/// Invoice and payment events make the account's invoices be read again, tags (a parked account) too, a changed tenant
/// configuration the price list; a changed, paused or resumed subscription is read again, and held hours are looked at again.
/// Everything else is ignored; the answer is always 200, so that Kill Bill does not repeat it.
#[utoipa::path(post, path = "/killbill/notifications/{secret}", tag = "operation", security(()),
    params(("secret" = String, Path, description = "The secret part of the registered address")),
    request_body(content = Value, content_type = "application/json", description = "Kill Bill's event: eventType, accountId, objectId, metaData"),
    responses(
        (status = OK, description = "Taken as a hint, or ignored."),
        (status = NOT_FOUND, description = "Not the registered address.")))]
pub async fn receive(State(state): State<AppState>, Path(secret): Path<String>, request: Request) -> Answer<()> {
    if !is_secret(&state, &secret) {
        return Err(Problem::not_found());
    }
    let body = extract::body(request, state.http.body_limit).await.unwrap_or_default();
    let event: Event = serde_json::from_slice(&body).unwrap_or_default();
    if let Err(error) = hint(&state, &event).await {
        tracing::warn!(%error, event = event.kind, "a notification was lost; the sweep will find what it was about");
    }
    Ok(())
}

async fn hint(state: &AppState, event: &Event) -> sqlx::Result<()> {
    let kind = event.kind.as_deref().unwrap_or_default();
    if kind.starts_with("TENANT_CONFIG_") {
        return state.request(Job::SyncPrices).await;
    }
    if OF_SUBSCRIPTIONS.iter().any(|about| kind.starts_with(about)) {
        about_subscriptions(state, event, kind).await?;
    }
    // A tag may mean that the account is parked, or free again: then its usage waits, or goes.
    let about_tags = kind.starts_with("TAG_");
    if about_tags {
        state.request(Job::Deliver).await?;
    }
    let about_money = about_tags || kind.starts_with("INVOICE_") || kind.starts_with("PAYMENT_");
    if let Some(account) = event.account_id.filter(|_| about_money)
        && customers::hint_invoices(&state.pool, state.clock.now(), account).await?
    {
        return state.request(Job::SyncInvoices).await;
    }
    Ok(())
}

/// A cancellation that was taken back, for example, frees hours that were held for it; a pause concerns also what nothing is
/// sent for.
async fn about_subscriptions(state: &AppState, event: &Event, kind: &str) -> sqlx::Result<()> {
    let now = state.clock.now();
    if let Some(object) = event.object_id.filter(|_| !kind.ends_with("_CREATION")) {
        subscriptions::read_soon(&state.pool, object, now).await?;
    }
    outbox::examine_soon(&state.pool, event.account_id, now).await.map(drop)
}

/// Digests are compared, so the time it takes says nothing about the secret. No secret: nothing is taken.
fn is_secret(state: &AppState, given: &str) -> bool {
    let expected = &state.http.notification_secret;
    !expected.is_empty() && Sha256::digest(given) == Sha256::digest(expected)
}
