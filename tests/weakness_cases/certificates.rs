//! Certificates: always checked, by the system's list or by one's own (`ca_file`), and never not at all.

use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::response::Json;
use axum::routing::get;
use axum::serve::Listener;
use nodeconductor_billing::config::{self, ConfigError, Settings};
use nodeconductor_billing::nodeconductor::{NodeConductor, Verdict};
use nodeconductor_billing::{app, clock::Clock};
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// A Kill Bill and a NodeConductor behind a certificate that nobody has signed but they themselves.
struct SelfSigned {
    address: SocketAddr,
    ca_file: NamedTempFile,
}

struct TlsListener {
    plain: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, from) = self.plain.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.plain.local_addr()
    }
}

impl SelfSigned {
    async fn start() -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TlsListener {
            plain: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        };
        let address = listener.local_addr().unwrap();
        let now = || async { Json(json!({"currentUtcTime": "2026-03-01T12:00:00.000Z"})) };
        let user = || async { Json(json!({"uuid": "0".repeat(32), "username": "alice", "is_staff": true})) };
        let router = Router::new()
            .route("/1.0/kb/test/clock", get(now))
            .route("/api/users/me/", get(user));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            ca_file: file(&made.cert.pem()),
        }
    }

    fn settings(&self, more: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let port = self.address.port();
        let (killbill, nodeconductor) = (
            format!("https://localhost:{port}/1.0/kb/"),
            format!("https://localhost:{port}/api/"),
        );
        let mut all = HashMap::from([
            ("NCB__BILLING__API_URL", killbill.as_str()),
            ("NCB__NODECONDUCTOR__URL", nodeconductor.as_str()),
        ]);
        all.extend(more.iter().copied());
        load(&all)
    }

    fn trusted(&self) -> &str {
        self.ca_file.path().to_str().unwrap()
    }
}

fn load(environment: &HashMap<&str, &str>) -> Result<Settings, ConfigError> {
    let file = file(
        "[billing]\nusername = \"admin\"\npassword = \"x\"\napi_key = \"bob\"\napi_secret = \"lazar\"\ncurrency = \"USD\"\n\
         [billing.openstack.invoice_meters]\ncpu = [\"CPU\", \"cpu\", \"hours\"]\n[database]\nurl = \"postgres://localhost/x\"\n",
    );
    let environment = environment
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    config::load(Some(file.path()), environment)
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Whether Kill Bill's clock can be read.
async fn killbill_answers(settings: &Settings) -> Result<(), String> {
    let now = app::killbill(settings).unwrap().clock().now().await;
    now.map(|_| ()).map_err(|error| error.to_string())
}

async fn nodeconductor_answers(settings: &Settings) -> Verdict {
    let connection = settings.nodeconductor.clone().unwrap();
    NodeConductor::new(connection, Clock::System)
        .unwrap()
        .who("a-key")
        .await
}

#[tokio::test]
async fn w28_a_server_that_signed_for_itself_is_refused_unless_its_certificate_is_named() {
    let server = SelfSigned::start().await;
    let settings = server.settings(&[]).unwrap();
    let refused = killbill_answers(&settings).await.unwrap_err();
    assert!(refused.contains("certificate"), "{refused}");
    assert_eq!(nodeconductor_answers(&settings).await, Verdict::Away);

    let trusted = server.trusted();
    let settings = server
        .settings(&[
            ("NCB__BILLING__CA_FILE", trusted),
            ("NCB__NODECONDUCTOR__CA_FILE", trusted),
        ])
        .unwrap();
    assert_eq!(killbill_answers(&settings).await, Ok(()));
    assert!(matches!(nodeconductor_answers(&settings).await, Verdict::Known(_)));

    let stranger = SelfSigned::start().await;
    let settings = server
        .settings(&[("NCB__BILLING__CA_FILE", stranger.trusted())])
        .unwrap();
    assert!(
        killbill_answers(&settings).await.is_err(),
        "somebody else's name for it"
    );
}

#[tokio::test]
async fn w28_nothing_in_the_configuration_turns_certificates_off() {
    let server = SelfSigned::start().await;
    let (empty, broken) = (
        file("not a certificate"),
        file("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    );
    let [empty, broken] = [&empty, &broken].map(|file| file.path().to_str().unwrap());
    for (key, value, named) in [
        ("NCB__BILLING__VERIFY", "false", "billing.verify: unknown key"),
        (
            "NCB__BILLING__CA_FILE",
            "/nowhere.pem",
            "billing.ca_file: \"/nowhere.pem\"",
        ),
        ("NCB__BILLING__CA_FILE", empty, "no certificate in it"),
        ("NCB__BILLING__CA_FILE", broken, "billing.ca_file"),
        ("NCB__NODECONDUCTOR__CA_FILE", "/nowhere.pem", "nodeconductor.ca_file"),
    ] {
        let refused = server.settings(&[(key, value)]).unwrap_err().to_string();
        assert!(refused.contains(named), "{refused}");
    }
}
