//! The settings: `config/default.toml` (compiled in), then the operator's file, then the environment.
//! Nothing is read anywhere else, and nothing starts with a wrong value.

mod billing;
mod certificates;
mod database;
mod effective;
mod http;
mod issuer;
mod mail;
mod nodeconductor;
mod origins;
mod section;
mod settlement;

use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{Config, Environment, File, FileFormat, Map, Value};
use secrecy::SecretString;

pub use billing::{Billing, Flavor};
pub use database::Database;
pub use effective::{Effective, Origin};
pub use http::{Http, Sockets};
pub use issuer::Issuer;
pub use mail::{Mail, Security};
pub use origins::ANY_PORT;
pub use section::Mistake;
use section::{Reading, Section};
pub use settlement::Settlement;

use crate::domain::due::Rhythm;
use crate::domain::reach::Limits;
use crate::nodeconductor::Connection;

/// All settings, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub database: Database,
    pub http: Http,
    /// None: only our own tokens are taken.
    pub nodeconductor: Option<Connection>,
    pub billing: Billing,
    /// How far from the clocks an hour may lie.
    pub usage: Limits,
    pub delivery: Delivery,
    pub settlement: Settlement,
    pub sync: Sync,
    pub notifications: Notifications,
    pub pdf: Pdf,
    pub issuer: Issuer,
    /// None: nothing goes out by e-mail.
    pub mail: Option<Mail>,
    pub log: Log,
    /// All of it as it was given, without secrets.
    pub effective: Vec<Effective>,
}

/// `[delivery]`; the meaning of each key stands in `config/default.toml`.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub settle_after: Duration,
    pub window: Rhythm,
    pub every: Duration,
    pub request_timeout: Duration,
    pub wait_out: Duration,
    pub workers: u32,
}

/// `[sync]`
#[derive(Clone, Copy, Debug)]
pub struct Sync {
    pub prices_every: Duration,
    pub invoices_every: Duration,
    pub reconcile_every: Duration,
    pub estimates_every: Duration,
    /// How long nothing may be metered at all before that is told.
    pub silence: Duration,
}

/// `[notifications]`
#[derive(Clone, Debug)]
pub struct Notifications {
    pub register: bool,
    /// Without a slash at the end.
    pub url: Option<String>,
    pub secret: Option<SecretString>,
}

/// `[pdf]`
#[derive(Clone, Debug)]
pub struct Pdf {
    pub font_dirs: Vec<PathBuf>,
    pub payment_days: u32,
}

/// `[log]`
#[derive(Clone, Debug)]
pub struct Log {
    pub level: String,
    pub json: bool,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration cannot be read: {0}")]
    Unreadable(#[from] config::ConfigError),
    #[error("the configuration has {} to mend:\n{}", count(.0), lines(.0))]
    Mistakes(Vec<Mistake>),
}

/// Loads the settings from `file` (if any) and the given environment.
///
/// # Errors
/// When the file cannot be read or any value is missing, unknown or wrong: all of them are named.
#[expect(clippy::implicit_hasher, reason = "the map that `config` takes")]
pub fn load(file: Option<&Path>, environment: Map<String, String>) -> Result<Settings, ConfigError> {
    let mut builder =
        Config::builder().add_source(File::from_str(include_str!("../config/default.toml"), FileFormat::Toml));
    if let Some(path) = file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    let fallback = environment.get("DATABASE_URL").cloned();
    let ours = Environment::with_prefix("NCB")
        .prefix_separator("__")
        .separator("__")
        .source(Some(environment));
    let mut tree = builder.add_source(ours).build()?.cache.into_table()?;
    if let Some(url) = fallback.filter(|_| !names_database(&tree)) {
        let mut database = tree
            .remove("database")
            .and_then(|value| value.into_table().ok())
            .unwrap_or_default();
        let origin = "the environment".to_owned();
        database.insert("url".to_owned(), Value::new(Some(&origin), url));
        tree.insert("database".to_owned(), Value::from(database));
    }
    read(tree)
}

fn names_database(tree: &Map<String, Value>) -> bool {
    let database = tree
        .get("database")
        .cloned()
        .and_then(|value| value.into_table().ok())
        .unwrap_or_default();
    database.contains_key("url") || database.contains_key("url_file")
}

fn read(tree: Map<String, Value>) -> Result<Settings, ConfigError> {
    let given = tree.clone();
    let mut reading = Reading::default();
    let mut root = Section::new("", tree, &mut reading);
    let mut settings = Settings {
        database: root.section("database", database::read),
        http: root.section("http", http::read),
        nodeconductor: root.section("nodeconductor", nodeconductor::read),
        billing: root.section("billing", billing::read),
        usage: root.section("usage", usage),
        delivery: root.section("delivery", delivery),
        settlement: root.section("settlement", settlement::read),
        sync: root.section("sync", sync),
        notifications: root.section("notifications", notifications),
        pdf: root.section("pdf", |s| Pdf {
            font_dirs: s.list("font_dirs").into_iter().map(PathBuf::from).collect(),
            payment_days: s.number("payment_days", 0, 365),
        }),
        issuer: root.section("issuer", issuer::read),
        mail: root.section("mail", mail::read),
        log: root.section("log", log),
        effective: Vec::new(),
    };
    root.finish();
    if !reading.mistakes.is_empty() {
        return Err(ConfigError::Mistakes(reading.mistakes));
    }
    settings.effective = effective::of(&given, &reading.hidden);
    Ok(settings)
}

fn notifications(s: &mut Section<'_>) -> Notifications {
    let url = s.text("url");
    Notifications {
        register: s.switch("register"),
        url: (!url.is_empty()).then(|| web_address(s, "url", &url)),
        secret: s.secret("secret"),
    }
}

/// An http(s) address, without the slash at its end.
fn web_address(s: &mut Section<'_>, key: &str, text: &str) -> String {
    s.parsed(key, text, "an address that begins with http:// or https://", |text| {
        url::Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    });
    text.trim().trim_end_matches('/').to_owned()
}

fn usage(s: &mut Section<'_>) -> Limits {
    let day = Duration::from_hours(24);
    Limits {
        ahead: s.duration("ahead", Duration::ZERO, day * 366),
        age: s.duration("oldest", day, day * 36_600),
    }
}

fn delivery(s: &mut Section<'_>) -> Delivery {
    let day = Duration::from_hours(24);
    Delivery {
        settle_after: s.duration("settle_after", Duration::ZERO, day),
        window: window(s),
        every: s.duration("every", Duration::from_millis(100), day),
        request_timeout: s.duration("request_timeout", Duration::from_millis(100), Duration::from_hours(1)),
        wait_out: s.duration("wait_out", Duration::from_secs(1), day),
        workers: s.number("workers", 1, 64),
    }
}

fn window(s: &mut Section<'_>) -> Rhythm {
    let text = s.text("window");
    let parsed = s.parsed("window", &text, "1d or 1h", |text| match text {
        "1d" => Some(Rhythm::Daily),
        "1h" => Some(Rhythm::Hourly),
        _ => None,
    });
    parsed.unwrap_or_default()
}

fn sync(s: &mut Section<'_>) -> Sync {
    let (least, most) = (Duration::from_secs(1), Duration::from_hours(7 * 24));
    Sync {
        prices_every: s.duration("prices_every", least, most),
        invoices_every: s.duration("invoices_every", least, most),
        reconcile_every: s.duration("reconcile_every", least, most),
        estimates_every: s.duration("estimates_every", least, most),
        silence: s.duration("silence", Duration::from_hours(1), Duration::from_hours(24 * 366)),
    }
}

fn log(s: &mut Section<'_>) -> Log {
    let (level, format) = (s.text("level"), s.text("format"));
    s.parsed(
        "level",
        &level,
        "error, warn, info, debug, trace or a filter of targets",
        |text| text.parse::<tracing_subscriber::filter::Targets>().ok(),
    );
    let json = s.parsed("format", &format, "text or json", |text| match text {
        "text" => Some(false),
        "json" => Some(true),
        _ => None,
    });
    Log {
        level,
        json: json.unwrap_or(false),
    }
}

fn count(mistakes: &[Mistake]) -> String {
    if mistakes.len() == 1 {
        "1 mistake".to_owned()
    } else {
        format!("{} mistakes", mistakes.len())
    }
}

fn lines(mistakes: &[Mistake]) -> String {
    mistakes
        .iter()
        .map(|mistake| format!("  {mistake}"))
        .collect::<Vec<_>>()
        .join("\n")
}
