//! Kill Bill's push notifications: what our address is, as far as the settings say.

use secrecy::ExposeSecret;

use crate::app::{self, App};
use crate::config::Settings;
use crate::sync::callback::{NOTIFICATION_PATH, keep_registered};

/// Registers our address if there is none, or an older one of ours.
pub(super) async fn ensure(app: &App) -> anyhow::Result<()> {
    let Some(base) = address(&app.settings) else {
        return Ok(());
    };
    let secret = app::notification_secret(&app.settings, &app.pools.jobs).await?;
    let ours = format!("{base}{NOTIFICATION_PATH}{}", secret.expose_secret());
    Ok(keep_registered(&app.pools.jobs, &app.killbill, &ours).await?)
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
