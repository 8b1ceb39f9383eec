//! Where Kill Bill sends its push notifications: our address is registered when the tenant has none. Somebody else's stays.
//! A tenant has one address, but Kill Bill keeps both when two are registered at the same moment, and fails from then on.

use sqlx::PgPool;

use crate::db::turns;
use crate::killbill::{self, KillBill};

/// The path of our address, before the secret.
pub const NOTIFICATION_PATH: &str = "/killbill/notifications/";

/// Why an address could not be registered; the next pass tries again.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    #[error(transparent)]
    KillBill(#[from] killbill::Error),
    #[error("the database fails: {0}")]
    Database(#[from] sqlx::Error),
}

/// Registers our address if there is none, or an older one of ours (a moved service, a new secret). Who comes while
/// another replica is at it leaves it to that one.
///
/// # Errors
/// When Kill Bill or the database does not answer.
pub async fn keep_registered(pool: &PgPool, killbill: &KillBill, ours: &str) -> Result<(), CallbackError> {
    let Some(turn) = turns::take(pool, "notification callback").await? else {
        return Ok(());
    };
    let outcome = register(killbill, ours).await;
    turns::give_back(turn).await?;
    Ok(outcome?)
}

async fn register(killbill: &KillBill, ours: &str) -> Result<(), killbill::Error> {
    let tenants = killbill.tenants();
    let registered = tenants.callbacks().await;
    if killbill::tenants::is_doubled(&registered) {
        tracing::warn!("the tenant has several notification addresses and fails because of it; ours replaces them");
        tenants.forget_callbacks().await?;
        return tenants.register_callback(ours).await;
    }
    match registered?.first() {
        Some(url) if url == ours => Ok(()),
        Some(url) if !url.contains(NOTIFICATION_PATH) => {
            tracing::debug!("the tenant notifies somebody else; invoices come by sweep");
            Ok(())
        }
        _ => tenants.register_callback(ours).await,
    }
}
