//! Kill Bill's push notifications: our address is registered when the tenant has none. Somebody else's stays.

use secrecy::ExposeSecret;

use crate::app::{self, App};
use crate::config::Settings;

/// The path of our address, before the secret.
pub const NOTIFICATION_PATH: &str = "/killbill/notifications/";

/// Registers our address if there is none, or an older one of ours (a moved service, a new secret).
pub(super) async fn ensure(app: &App) -> anyhow::Result<()> {
    let Some(base) = address(&app.settings) else {
        return Ok(());
    };
    let secret = app::notification_secret(&app.settings, &app.pool).await?;
    let ours = format!("{base}{NOTIFICATION_PATH}{}", secret.expose_secret());
    let registered = app.killbill.tenants().callbacks().await?;
    match registered.first() {
        Some(url) if *url == ours => Ok(()),
        Some(url) if !url.contains(NOTIFICATION_PATH) => {
            tracing::debug!("the tenant notifies somebody else; invoices come by sweep");
            Ok(())
        }
        _ => Ok(app.killbill.tenants().register_callback(&ours).await?),
    }
}

/// How Kill Bill reaches us, as far as the settings say. An address for all interfaces is nobody's address.
fn address(settings: &Settings) -> Option<String> {
    let notifications = settings.notifications.register.then_some(&settings.notifications)?;
    let bind = settings.http.bind;
    let bound = (!bind.ip().is_unspecified()).then(|| format!("http://{bind}"));
    notifications
        .url
        .clone()
        .or_else(|| settings.http.public_url.clone())
        .or(bound)
}
