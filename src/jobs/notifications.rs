//! Kill Bill's push notifications: our address is registered when the tenant has none. Somebody else's stays.

use secrecy::ExposeSecret;

use crate::app::{self, App};

/// The path of our address, before the secret.
pub const NOTIFICATION_PATH: &str = "/killbill/notifications/";

/// Registers our address if there is none, or an older one of ours (a moved service, a new secret).
pub(super) async fn ensure(app: &App) -> anyhow::Result<()> {
    if !app.settings.notifications.register {
        return Ok(());
    }
    let secret = app::notification_secret(&app.settings, &app.pool).await?;
    let base = app
        .settings
        .http
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", app.settings.http.bind));
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
