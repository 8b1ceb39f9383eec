//! HTTP clients for the servers that we ask: what all of them keep to.

use std::error::Error;
use std::sync::Once;
use std::time::Duration;

use reqwest::{Certificate, Client};

/// What is behind an error, from the nearest cause on.
pub fn causes(error: &dyn Error) -> impl Iterator<Item = String> {
    std::iter::successors(error.source(), |&cause| cause.source()).map(ToString::to_string)
}

/// A client without redirects (they would carry the credentials elsewhere or turn a POST into a GET), without proxies from
/// the environment, and without retries of any kind. `ca` is trusted in place of the system's certificates, if it has any.
///
/// # Errors
/// When TLS cannot be set up.
pub fn client(tls: bool, ca: &[Certificate], connect_timeout: Duration) -> reqwest::Result<Client> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error only means that main has installed one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = Client::builder()
        .connect_timeout(connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy();
    // Without TLS the system's certificates are not looked at, so a container that has none still works.
    let builder = if tls && ca.is_empty() {
        builder
    } else {
        builder.tls_certs_only(ca.iter().cloned())
    };
    builder.build()
}
