//! What the log, links, and refusals must never hold: a token, wherever the client put it, and the notification secret.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rust_decimal::dec;
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

use super::stand_in::{Fault, Generation, Person, StandIn};
use super::world::World;
use crate::support::socket::Reply;

const THEIRS: &str = "c84d653b9ec92c6cbac41c706593e66f567a7fa4";
const UNKNOWN: &str = "0123456789abcdef0123456789abcdef01234567";

/// Where frontends and people put tokens, and what a caller who may see everything is answered there.
const FORMS: [(&str, u16); 19] = [
    ("/api/customers/?x-auth-token=KEY&X-AUTH-TOKEN=Token%20KEY", 200),
    ("/api/invoices/?x-auth-token=KEY&page=99", 404),
    ("/api/invoices/?x-auth-token=KEY&o=nonsense", 400),
    ("/nowhere/?x-auth-token=KEY", 404),
    ("/api/invoices/?o=date?x-auth-token=KEY&download=true", 200),
    ("/api/invoices/?page=1?x-auth-token=KEY", 200),
    ("/api/invoices/?page=99?x-auth-token=KEY", 404),
    ("/api/invoices/?year=2026?x-auth-token=KEY", 200),
    ("/api/invoices/?year=none?x-auth-token=Token%20KEY", 400),
    ("/api/invoices/?a=1;x-auth-token=KEY", 200),
    ("/api/invoices/?x-auth-token%3DKEY", 200),
    ("/api/invoices/?x-auth-token%253DKEY", 200),
    ("/api/invoices/?x-auth-token%20=KEY", 200),
    (
        "/api/invoices/?customer=http://nc.test/api/customers/ALICE/%3Fx-auth-token%3DKEY",
        200,
    ),
    ("/api/invoices/?customer=nobody%3Fx-auth-token%3DKEY", 400),
    (
        "/api/price-estimates/?scope=http://nc.test/api/resources/1/%3Fx-auth-token%3DKEY",
        400,
    ),
    (
        "/api/price-estimates/?scope=http://nc.test/1/%253Fx-auth-token%253DKEY",
        400,
    ),
    ("/api/invoices/INVOICE/pdf/&x-auth-token=KEY", 404),
    ("/api/invoices/INVOICE/pdf/%26x-auth-token%3DKEY/", 404),
];

#[tokio::test]
async fn w42_no_log_line_link_or_error_holds_a_token_or_the_notification_secret() {
    let lines = Lines::listening();
    let nodeconductor = StandIn::start(Generation::First).await;
    let world = nodeconductor.world(Duration::ZERO).await;
    nodeconductor.know(THEIRS, Person::staff());
    let invoice = world.invoice(world.alice, "1", "2026-01-01", dec!(10)).await;
    for (form, status) in FORMS {
        for key in [&world.service.staff, THEIRS] {
            let answer = answer(&world, form, invoice, key).await;
            assert_eq!(answer.status, status, "{form}: {}", answer.shown());
        }
        answer(&world, form, invoice, UNKNOWN).await;
    }
    nodeconductor.fail(Some(Fault::Page(502)));
    assert_eq!(answer(&world, FORMS[0].0, invoice, THEIRS).await.status, 503);
    world
        .send("POST", "/killbill/notifications/s3cret", &[], "{}".into())
        .await;
    world
        .send("POST", "/killbill/notifications/wr0ng/", &[], "{}".into())
        .await;
    let text = lines.text();
    for seen in [
        "caller=\"staff\"",
        "query=\"o=date&download=true\"",
        "nodeconductor:alice",
    ] {
        assert!(text.contains(seen), "{seen} not in {text}");
    }
    for hidden in [&world.service.staff, THEIRS, UNKNOWN, "s3cret", "wr0ng"] {
        let line = text.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "holds {hidden}");
    }
}

/// The answer to a form with this key, which must not hold it.
async fn answer(world: &World, form: &str, invoice: Uuid, key: &str) -> Reply {
    let form = form.replace("INVOICE", &invoice.simple().to_string());
    let form = form.replace("ALICE", &world.alice.simple().to_string());
    let answer = world.ask("GET", &form.replace("KEY", key), &[]).await;
    let shown = format!("{:?} {}", answer.headers, answer.shown());
    assert!(!shown.contains(key), "{form}: {shown}");
    answer
}

/// The client has to say again who it is; nobody on the way should keep the address or pass it on.
#[tokio::test]
async fn a_redirect_with_a_token_is_kept_by_nobody() {
    let world = World::new().await;
    let path = "/api/invoices?o=date?x-auth-token=KEY".replace("KEY", &world.service.staff);
    let answer = world.ask("GET", &path, &[]).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (301, &*path.replace("invoices?", "invoices/?"))
    );
    assert_eq!(
        (answer.header("cache-control"), answer.header("referrer-policy")),
        ("no-store", "no-referrer")
    );
    assert_eq!(world.ask("GET", answer.header("location"), &[]).await.status, 200);
    let plain = world.ask("GET", "/api/invoices?o=date", &[]).await;
    assert_eq!((plain.status, plain.header("referrer-policy")), (301, ""));
}

/// Log lines kept in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Everything that is logged from now on, for the whole process: a subscriber of one thread would miss the rest.
    fn listening() -> Self {
        let lines = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(lines.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        lines
    }

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
