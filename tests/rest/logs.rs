//! What the log must never hold.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nodeconductor_billing::http;
use nodeconductor_billing::nodeconductor::{Connection, NodeConductor};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::web::Service;

#[tokio::test]
async fn w42_no_log_line_link_or_error_holds_a_token_or_the_notification_secret() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    // For the whole process: a subscriber of one thread would miss what other threads' tests registered first.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut service = Service::start().await;
    // Unknown tokens are shown to a NodeConductor that is not there.
    let connection = Connection {
        url: "http://127.0.0.1:9/api/".parse().unwrap(),
        ca: vec![],
        cache: Duration::from_secs(30),
        timeout: Duration::from_secs(1),
    };
    service.state.nodeconductor = Some(NodeConductor::new(connection, service.state.clock.clone()).unwrap());
    service.router = http::router(service.state.clone());
    let (key, unknown) = (&service.staff, &"0123456789abcdef0123456789abcdef01234567".to_owned());
    service.get(key, "/api/customers/?name=visible").await;
    for key in [key, unknown] {
        let query = format!("x-auth-token={key}&X-AUTH-TOKEN=Token%20{key}");
        for path in ["/api/customers/", "/api/invoices/", "/nowhere/"] {
            for rest in ["", "&page=99", "&o=nonsense", "&year=abc"] {
                let answer = service.get("", &format!("{path}?{query}{rest}")).await;
                let shown = format!("{:?} {}", answer.headers, answer.shown());
                assert!(!shown.contains(key.as_str()), "{path}{rest}: {shown}");
            }
        }
    }
    service.call("POST", "", "/killbill/notifications/s3cret", "{}").await;
    service.call("POST", "", "/killbill/notifications/wr0ng/", "{}").await;
    let text = lines.text();
    assert!(
        text.contains("name=visible") && text.contains("caller=\"staff\""),
        "{text}"
    );
    for hidden in [key, unknown, "s3cret", "wr0ng"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

/// Log lines kept in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
