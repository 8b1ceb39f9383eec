//! The configuration as an operator meets it: the seed's block works, and every mistake names the key to mend.

use std::io::Write;

use nodeconductor_billing::config::{Settings, load};
use secrecy::ExposeSecret;

const SEED: &str = r#"
    [database]
    url = "postgres://localhost/billing"

    [billing]
    backend    = "nodeconductor.billing.backend.killbill.KillBillAPI"
    api_url    = "http://killbill.example.com/1.0/kb"
    username   = "admin"
    password   = "0123"
    api_key    = "bob"
    api_secret = "lazar"
    currency   = "USD"

    [billing.plans]
    "OpenStack.Instance" = "vm-hourly"

    [billing.openstack.invoice_meters]
    cpu          = ["CPU", "cpu", "hours"]
    memory       = ["Memory", "ram_gb", "GB/h"]
    disk         = ["Storage", "storage_gb", "GB/h"]
    servers      = ["Servers", "server_num", ""]
    license_type = ["Sample license title", "license_type", "hours"]
"#;

fn with(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let mut handle = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    handle.write_all(file.as_bytes()).unwrap();
    let environment = environment
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    load(Some(handle.path()), environment).map_err(|error| error.to_string())
}

fn mistake(file: &str, environment: &[(&str, &str)]) -> String {
    with(file, environment).expect_err("a mistake")
}

#[test]
fn the_seed_s_block_is_taken_as_it_stands() {
    let settings = with(SEED, &[]).unwrap();
    assert_eq!(settings.billing.api_url.as_str(), "http://killbill.example.com/1.0/kb/");
    assert_eq!(settings.billing.password.expose_secret(), "0123");
    assert_eq!(settings.billing.meters.len(), 5);
    assert_eq!(settings.billing.meters[4].unit_label, "");
    assert_eq!(settings.billing.plans["OpenStack.Instance"], "vm-hourly");
    assert_eq!(
        settings.delivery.window,
        nodeconductor_billing::domain::due::Rhythm::Daily
    );
    assert_eq!(settings.delivery.settle_after.as_secs(), 600);
}

#[test]
fn the_environment_wins_over_the_file_and_secrets_come_from_files() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "from a file\n").unwrap();
    let file = SEED.replace("password   = \"0123\"", "");
    let settings = with(
        &file,
        &[
            ("NCB__BILLING__PASSWORD_FILE", secret.path().to_str().unwrap()),
            ("NCB__HTTP__BIND", "0.0.0.0:9999"),
            ("NCB__DELIVERY__SETTLE_AFTER", "0s"),
            ("NCB__PDF__FONT_DIRS", "/usr/share/fonts,/opt/fonts"),
            ("DATABASE_URL", "postgres://elsewhere/ignored"),
        ],
    )
    .unwrap();
    assert_eq!(settings.billing.password.expose_secret(), "from a file");
    assert_eq!(settings.http.bind.port(), 9999);
    assert_eq!(settings.delivery.settle_after.as_secs(), 0);
    assert_eq!(settings.pdf.font_dirs.len(), 2);
    assert_eq!(settings.database.url.expose_secret(), "postgres://localhost/billing");
}

#[test]
fn database_url_is_taken_when_nothing_else_names_a_database() {
    let file = SEED.replace("url = \"postgres://localhost/billing\"", "");
    assert_eq!(
        mistake(&file, &[]).lines().nth(1).unwrap().trim(),
        "database.url: missing; must be an address such as postgres://user:password@host:5432/name (in the file, or as NCB__DATABASE__URL)"
    );
    let settings = with(&file, &[("DATABASE_URL", "postgres://elsewhere/billing")]).unwrap();
    assert_eq!(settings.database.url.expose_secret(), "postgres://elsewhere/billing");
    let told = settings.effective.iter().find(|one| one.key == "database.url").unwrap();
    assert_eq!(told.origin.word(), "environment");
}

#[test]
fn every_mistake_is_named_at_once_with_what_would_be_right() {
    let file = SEED
        .replace("currency   = \"USD\"", "currency = \"dollars\"\ncurency = \"USD\"")
        .replace("[\"CPU\", \"cpu\", \"hours\"]", "[\"CPU\"]");
    let text = mistake(
        &file,
        &[
            ("NCB__DELIVERY__EVERY", "soon"),
            ("NCB__HTTP__BIND", "8080"),
            ("NCB__BILING__USERNAME", "x"),
        ],
    );
    insta::assert_snapshot!(text, @r#"
    the configuration has 6 mistakes to mend:
      http.bind: "8080" is not right; must be an address and port such as 127.0.0.1:8080 or 0.0.0.0:8080
      billing.currency: "dollars" is not right; must be a currency code of three capital letters, such as USD
      billing.openstack.invoice_meters.cpu: ["CPU"] is not right; must be three texts: [name on documents, name in the price list, unit label]
      billing.curency: unknown key; known here: api_key, api_secret, api_secret_file, api_url, backend, ca_file, currency, flavors, monthly, monthly_divisor, openstack, password, password_file, plans, username
      delivery.every: "soon" is not right; must be a duration such as 30s, 10m or 2h, from 100ms to 1day
      biling: unknown key; known here: billing, database, delivery, http, issuer, log, mail, nodeconductor, notifications, pdf, settlement, sync, usage
    "#);
}

#[test]
fn a_secret_is_never_shown() {
    let settings = with(SEED, &[]).unwrap();
    let shown = format!("{settings:?}");
    assert!(!shown.contains("0123") && !shown.contains("lazar"), "{shown}");
    let text = mistake(&SEED.replace("\"0123\"", "\"hush\"\npassword_file = \"/nowhere\""), &[]);
    assert!(
        text.contains("billing.password: given twice") && !text.contains("hush"),
        "{text}"
    );
}

#[test]
fn nodeconductor_is_asked_only_when_its_address_is_given_and_never_remembered_for_long() {
    assert!(with(SEED, &[]).unwrap().nodeconductor.is_none());
    let address = ("NCB__NODECONDUCTOR__URL", "https://nc.example.com/api");
    let connection = with(SEED, &[address]).unwrap().nodeconductor.unwrap();
    assert_eq!(connection.url.as_str(), "https://nc.example.com/api/");
    assert_eq!((connection.cache.as_secs(), connection.timeout.as_secs()), (30, 5));
    let refused = mistake(SEED, &[address, ("NCB__NODECONDUCTOR__CACHE", "61s")]);
    assert!(
        refused.contains("nodeconductor.cache: \"61s\" is not right"),
        "{refused}"
    );
    let refused = mistake(SEED, &[("NCB__NODECONDUCTOR__URL", "nc.example.com")]);
    assert!(
        refused.contains("nodeconductor.url") && refused.contains("the root of NodeConductor's API"),
        "{refused}"
    );
}

#[test]
fn by_default_an_invoice_is_read_and_checked_within_five_minutes_even_without_notifications() {
    let sync = with(SEED, &[]).unwrap().sync;
    assert!(sync.invoices_every + sync.reconcile_every < std::time::Duration::from_mins(5));
}

/// Some editors write one before a text; neither a key nor a password begins with it.
#[test]
fn a_byte_order_mark_before_a_file_is_no_part_of_what_it_holds() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "\u{feff}from a file\r\n").unwrap();
    let marked = format!("\u{feff}{}", SEED.replace("password   = \"0123\"", "").trim_start());
    let path = secret.path().to_str().unwrap();
    let settings = with(&marked, &[("NCB__BILLING__PASSWORD_FILE", path)]).unwrap();
    assert_eq!(settings.billing.password.expose_secret(), "from a file");
}

#[test]
fn what_a_client_may_cost_is_set_and_checked_key_by_key() {
    let http = with(SEED, &[]).unwrap().http;
    assert_eq!(
        (http.metrics_bind, http.sockets.most, http.token_attempts),
        (None, 512, 300)
    );
    assert!(http.trusted_proxies.is_empty());
    let given = [
        ("NCB__HTTP__TRUSTED_PROXIES", "10.0.0.7,fd00::/8"),
        ("NCB__HTTP__TOKEN_ATTEMPTS", "0"),
        ("NCB__HTTP__METRICS_BIND", "127.0.0.1:9100"),
        ("NCB__HTTP__MAX_CONNECTIONS", "64"),
        ("NCB__HTTP__HEADER_TIMEOUT", "5s"),
        ("NCB__HTTP__REFUSED_TOKENS", "0s"),
    ];
    let http = with(SEED, &given).unwrap().http;
    assert_eq!(http.metrics_bind, Some("127.0.0.1:9100".parse().unwrap()));
    assert_eq!((http.sockets.most, http.sockets.header.as_secs()), (64, 5));
    for (key, value, right) in [
        ("METRICS_BIND", "9100", "an address and port"),
        ("MAX_CONNECTIONS", "0", "a whole number from 1"),
        ("HEADER_TIMEOUT", "never", "a duration"),
        ("IDLE_TIMEOUT", "0s", "a duration"),
        ("STALL_TIMEOUT", "2d", "a duration"),
        ("TRUSTED_PROXIES", "proxy.example.com", "addresses or networks"),
        ("TOKEN_ATTEMPTS", "-1", "a whole number"),
        ("REFUSED_TOKENS", "1d", "a duration"),
    ] {
        let refused = mistake(SEED, &[(&format!("NCB__HTTP__{key}"), value)]);
        let named = format!("http.{}", key.to_lowercase());
        assert!(refused.contains(&named) && refused.contains(right), "{refused}");
    }
}

#[test]
fn a_mail_server_needs_a_sender_and_never_hears_a_password_in_the_clear() {
    assert!(with(SEED, &[]).unwrap().mail.is_none());
    let server = ("NCB__MAIL__HOST", "smtp.example.com");
    let sender = ("NCB__MAIL__FROM", "Baltic Cloud <billing@example.com>");
    let mail = with(SEED, &[server, sender]).unwrap().mail.unwrap();
    assert_eq!(
        (mail.port, mail.from.email.to_string().as_str()),
        (587, "billing@example.com")
    );
    let text = mistake(SEED, &[server]);
    assert!(
        text.contains("mail.from: missing") && text.contains("NCB__MAIL__FROM"),
        "{text}"
    );
    let login = [("NCB__MAIL__USERNAME", "billing"), ("NCB__MAIL__PASSWORD", "s3cret")];
    let text = mistake(
        SEED,
        &[server, sender, login[0], login[1], ("NCB__MAIL__SECURITY", "none")],
    );
    assert!(text.contains("mail.security") && !text.contains("s3cret"), "{text}");
    let wrong = [
        ("NCB__MAIL__FROM", "nobody"),
        ("NCB__MAIL__LINK_TEMPLATE", "https://portal.example.com/"),
        ("NCB__MAIL__SECURITY", "ssl"),
        ("NCB__MAIL__USERNAME", "billing"),
        ("NCB__MAIL__COPIES", "books@example.com, nonsense"),
    ];
    let text = mistake(SEED, &[&[server], wrong.as_slice()].concat());
    for key in [
        "mail.from",
        "mail.link_template",
        "mail.security",
        "mail.password",
        "mail.copies",
    ] {
        assert!(text.contains(&format!("{key}: ")), "{key}: {text}");
    }
}

#[test]
fn what_holds_is_told_with_where_it_comes_from_and_without_secrets() {
    let settings = with(
        SEED,
        &[("NCB__DELIVERY__EVERY", "5m"), ("NCB__BILLING__PASSWORD", "hunter2")],
    )
    .unwrap();
    let told = |key: &str| {
        let found = settings.effective.iter().find(|one| one.key == key);
        let found = found.unwrap_or_else(|| panic!("{key} is not told"));
        (found.value.as_str(), found.origin.word())
    };
    assert_eq!(told("delivery.every"), ("5m", "environment"));
    assert_eq!(told("delivery.settle_after"), ("10m", "default"));
    assert_eq!(told("billing.currency"), ("USD", "file"));
    assert_eq!(told("billing.openstack.invoice_meters.cpu").0, "CPU, cpu, hours");
    assert_eq!(told("http.token_attempts").1, "default");
    let all = format!("{:?}", settings.effective);
    for secret in ["hunter2", "0123", "lazar", "postgres://"] {
        assert!(!all.contains(secret), "{secret} is told");
    }
    assert_ne!(told("billing.password").0, "");
}
