//! The program in an operator's hands: its exit codes, and what it says when it cannot do its work.

use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::killbill::{Connection, KillBill};
use rust_decimal::dec;
use serde_json::json;
use sqlx::ConnectOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;
use uuid::Uuid;

use super::month::prepared;
use super::scene::{self, Customer};
use crate::support::api::wait_until;
use crate::support::catalog::SamplePlan;
use crate::support::database::TestDatabase;
use crate::support::killbill_server::{fresh_tenant, shared_url};
use crate::support::killbill_user::limited_user;
use crate::support::service::{Outcome, Service};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9/1.0/kb/";

impl Outcome {
    /// Exit code 2, and each of these in what the operator reads.
    fn refuses(&self, named: &[&str]) {
        assert_eq!(self.code, Some(2), "{self:?}");
        for text in named {
            assert!(self.stderr.contains(text), "{text:?} is not in {}", self.stderr);
        }
    }
}

pub fn address(database: &TestDatabase) -> String {
    database.options.to_url_lossy().to_string()
}

#[tokio::test]
async fn a_wrong_configuration_stops_every_command_with_the_key_the_value_and_what_is_right() {
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    let service = Service::installed(&address(&database), &connection);
    let right = service.configured();
    service.configure(&right.replace("every = \"200ms\"", "every = \"soon\""));
    for command in [
        &["serve"][..],
        &["check"],
        &["migrate"],
        &["run", "deliver"],
        &["token", "list"],
    ] {
        service
            .run(command)
            .refuses(&["delivery.every", "soon", "a duration such as 30s"]);
    }
    service.configure(
        &right
            .replace("currency = \"USD\"", "")
            .replace("[delivery]", "[delivery]\ntea_after = \"5pm\""),
    );
    service
        .run(&["check"])
        .refuses(&["2 mistakes", "billing.currency", "delivery.tea_after: unknown key"]);
    service.configure(&right.replace("[database]\nurl", "[database]\n# url"));
    service.run(&["serve"]).refuses(&["database.url"]);
    service.configure(&right);
    assert_eq!(service.run(&["run", "sync-everything"]).code, Some(2));
    assert_eq!(service.run(&["migrate"]).code, Some(0));
}

#[tokio::test]
async fn people_are_let_in_given_new_passwords_and_shut_out_on_the_command_line() {
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    let service = Service::installed(&address(&database), &connection);
    let file = service.folder().join("password");
    let with = |password: &str, arguments: &[&str]| {
        std::fs::write(&file, format!("{password}\n")).unwrap();
        service.run(&[arguments, &["--password-file", file.to_str().unwrap()]].concat())
    };
    let create = ["user", "create", "--name", "ada", "--role", "staff"];
    let short = with("short", &create);
    assert_eq!(short.code, Some(1), "{short:?}");
    assert!(short.stderr.contains("at least 12 characters"), "{short:?}");
    assert_eq!(with("four plain words here", &create).code, Some(0));
    let again = with("four plain words here", &create);
    assert!(
        again.code == Some(1) && again.stderr.contains("choose another"),
        "{again:?}"
    );
    assert_eq!(with("another four words", &["user", "password", "ada"]).code, Some(0));
    assert_eq!(
        service.run(&["user", "create", "--name", "x", "--role", "pusher"]).code,
        Some(2)
    );
    let listed = || service.run(&["user", "list"]).stdout;
    assert!(listed().contains("ada") && listed().contains("may sign in") && !listed().contains("argon2"));
    assert_eq!(service.run(&["user", "revoke", "ada"]).code, Some(0));
    assert!(listed().contains("revoked"));
    assert_eq!(service.run(&["user", "revoke", "ada"]).code, Some(1));
}

#[tokio::test]
async fn check_names_each_permission_that_is_lacking_and_a_plan_that_nobody_can_subscribe() {
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    let mut catalog = scene::catalog();
    catalog.plans[0].category = "ADD_ON";
    let (plan, killbill) = (catalog.plans[0].name.clone(), KillBill::new(&connection).unwrap());
    killbill.catalog().upload(&catalog.xml()).await.unwrap();
    let user = limited_user(&connection, &["account:*", "tenant_kvs:add"]).await;
    let outcome = Service::installed(&address(&database), &user).run(&["check"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for text in [
        "MEND    permissions: the user lacks `usage:record`: no usage is delivered",
        "MEND    permissions: the user lacks `entitlement:create`",
        "notice  permissions: the user lacks `custom_field:add`",
        &format!("MEND    catalog: {plan}: product"),
        "code 1013",
    ] {
        assert!(outcome.stdout.contains(text), "{text:?} is not in {}", outcome.stdout);
    }
    assert!(!outcome.stdout.contains("`account:"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("credentials"), "{}", outcome.stdout);
}

#[tokio::test]
async fn check_says_what_must_be_mended_and_what_it_could_not_see() {
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    let killbill = KillBill::new(&connection).unwrap();
    let service = Service::installed(&address(&database), &connection);
    let says = |code, text: &str| {
        let outcome = service.run(&["check"]);
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(outcome.stdout.contains(text), "{text:?} is not in {}", outcome.stdout);
    };
    says(1, "MEND    catalog");
    let mut catalog = scene::catalog();
    catalog.plans.truncate(1);
    killbill
        .catalog()
        .upload(&catalog.effective_on("2023-01-01").xml())
        .await
        .unwrap();
    says(1, "MEND    meter license_type");
    killbill.catalog().upload(&scene::catalog().xml()).await.unwrap();
    says(0, "ok      meter license_type");

    let right = service.configured();
    for (key, wrong, text) in [
        ("password", "guess", "billing.password"),
        ("api_secret", "guess", "billing.api_secret"),
    ] {
        service.configure(&with(&right, key, wrong));
        says(1, text);
    }
    service.configure(&with(&right, "api_url", NOWHERE));
    says(2, "UNKNOWN kill bill");
    service.configure(&with(&right, "url", "postgres://postgres@127.0.0.1:9/nothing"));
    says(2, "UNKNOWN database");
}

#[tokio::test]
async fn check_names_accounts_that_somebody_else_made_otherwise() {
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    let killbill = KillBill::new(&connection).unwrap();
    killbill.catalog().upload(&scene::catalog().xml()).await.unwrap();
    let account = |key: String, currency: &str, day, zone: &str| NewAccount {
        external_key: key,
        name: "Somebody".to_owned(),
        email: None,
        currency: currency.to_owned(),
        time_zone: zone.to_owned(),
        bill_cycle_day: day,
        reference_time: "2000-01-01T03:00:00Z".parse().ok(),
        locale: None,
    };
    let key = || Uuid::new_v4().simple().to_string();
    let create = async |account: NewAccount| killbill.accounts().create(&account).await.unwrap();
    create(account(key(), "USD", 1, "UTC")).await;
    create(account("a-shop".to_owned(), "EUR", 5, "UTC")).await;
    let service = Service::installed(&address(&database), &connection);
    let outcome = service.run(&["check"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let all_ours = "accounts: 1 under our keys, all as this service creates them";
    assert!(outcome.stdout.contains(all_ours), "{}", outcome.stdout);

    let there = create(account(key(), "USD", 17, "America/New_York")).await;
    let euros = create(account(key(), "EUR", 1, "UTC")).await;
    let outcome = service.run(&["check"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for text in [
        format!("notice  account {there}: billed on day 17; its days begin by -05:00, not by UTC"),
        format!("MEND    account {euros}: bills in EUR, not in USD: its usage is held (account-currency)"),
        "notice  accounts: 2 of 3 differ".to_owned(),
    ] {
        assert!(outcome.stdout.contains(&text), "{text:?} is not in {}", outcome.stdout);
    }
}

#[tokio::test]
async fn check_says_of_catalog_files_what_would_be_billed_held_or_given_away_and_where_it_stands() {
    let database = TestDatabase::fresh().await;
    let service = Service::installed(&address(&database), &fresh_tenant(&shared_url()).await);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, xml: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, xml).unwrap();
        path.display().to_string()
    };
    let right = scene::catalog().effective_on("2025-01-01").xml();
    let first = file("first.xml", &right);
    let outcome = service.run(&["check", "--catalog", &first]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stdout.contains("ok      plan openstack-instance, unit cpu,"),
        "{}",
        outcome.stdout
    );

    let by_level = right
        .replacen("CONSUMABLE", "CAPACITY", 1)
        .replace("2025-01-01", "2025-06-01");
    let line = 1 + by_level.lines().position(|line| line.contains("<unit>")).unwrap();
    let second = file("second.xml", &by_level);
    let outcome = service.run(&["check", "--catalog", &first, &second]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let held = outcome
        .stdout
        .lines()
        .find(|line| line.starts_with("MEND") && line.contains("held:"));
    let held = held.expect(&outcome.stdout);
    assert!(
        held.contains("CAPACITY") && held.contains(&format!("{second}, line {line}, plan")),
        "{held}"
    );

    let broken = file("broken.xml", "<catalog><effectiveDate>soon</effectiveDate></catalog>");
    let outcome = service.run(&["check", "--catalog", &broken]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(
        outcome.stdout.contains("broken.xml") && outcome.stdout.contains("`soon`"),
        "{}",
        outcome.stdout
    );
}

#[tokio::test]
async fn check_says_which_meters_wait_for_their_monthly_price_to_be_charged() {
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    let mut catalog = scene::catalog();
    let product = catalog.plans.pop().unwrap().product;
    catalog
        .plans
        .push(SamplePlan::monthly("licence-monthly", &product, "Licence", dec!(72)));
    let killbill = KillBill::new(&connection).unwrap();
    killbill.catalog().upload(&catalog.xml()).await.unwrap();
    let service = Service::installed(&address(&database), &connection);
    let says = |code, text: &str| {
        let outcome = service.run(&["check"]);
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(outcome.stdout.contains(text), "{text:?} is not in {}", outcome.stdout);
    };
    says(
        1,
        "MEND    meter license_type: `license_type` is priced by the month only, in plan `licence-monthly`. \
         Charge it by the hour: name its product in billing.monthly.products",
    );
    let right = service.configured();
    let charging = |products: &str| format!("{right}\n[billing.monthly]\nproducts = [\"{products}\"]\n");
    service.configure(&charging("license"));
    says(
        1,
        "MEND    billing.monthly.products: `license` is no product or plan with a monthly price only",
    );
    for products in [product.as_str(), "licence-monthly", "*"] {
        service.configure(&charging(products));
        says(
            0,
            "ok      meter license_type: 72 USD a month, charged by the hour when the month is over (plan `licence-monthly`)",
        );
    }
}

#[tokio::test]
async fn w46_check_finds_a_meter_in_mib_beside_a_price_per_gb() {
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    prepared(&connection, false).await;
    let service = Service::installed(&address(&database), &connection);
    assert_eq!(service.run(&["check"]).code, Some(0));
    let right = service.configured();
    service.configure(&right.replace("\"storage_gb\", \"GB/h\"", "\"storage_gb\", \"MiB/h\""));
    let outcome = service.run(&["check"]);
    let found = "`MiB/h` is not what plan `openstack-instance` prices, `storage_gb`";
    assert!(
        outcome.code == Some(1) && outcome.stdout.contains(found) && outcome.stdout.contains("MEND    meter disk"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_pass_in_the_foreground_fails_when_something_in_it_failed() {
    let database = TestDatabase::fresh().await;
    let connection = fresh_tenant(&shared_url()).await;
    prepared(&connection, false).await;
    let mut service = Service::start(&address(&database), &connection).await;
    let customer = Customer::registered(&service.pusher, "Nordic Weather Ltd", 1).await;
    let jobs = [
        "sync-prices",
        "deliver",
        "sync-invoices",
        "reconcile",
        "estimates",
        "mail",
    ];
    for job in jobs {
        let outcome = service.run(&["run", job]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stdout.starts_with(&format!("{job}: {{")), "{outcome:?}");
    }
    service
        .staff
        .post("/api/jobs/deliver/pause/", json!({ "reason": "an upgrade" }))
        .await;
    let refused = service.run(&["run", "deliver"]);
    assert!(
        refused.code == Some(1) && refused.stderr.contains("deliver is paused since"),
        "{refused:?}"
    );
    service.staff.post("/api/jobs/deliver/resume/", json!({})).await;
    let right = service.configured();
    service.ask_to_stop();
    wait_until("the service has stopped", async || service.exit_code() == Some(0)).await;
    service.configure(&with(&right, "api_url", NOWHERE).replace("every = \"200ms\"", "every = \"1d\""));
    service.serve().await;
    service
        .pusher
        .push(&customer.consumes(&scene::hours(scene::this_month())[..3]))
        .await;
    let codes = jobs.map(|job| service.run(&["run", job]).code);
    assert_eq!(
        codes,
        [Some(1), Some(1), Some(1), Some(0), Some(0), Some(0)],
        "reconciling, estimating and letters need the database alone"
    );
    service.configure(&right);
    assert_eq!(jobs.map(|job| service.run(&["run", job]).code), [Some(0); 6]);
    let delivered = service.staff.count("/api/usage-records/?state=verified").await;
    assert_eq!(delivered, 15, "what an outage left is done by the next pass");
    service.configure(&with(&right, "api_url", NOWHERE));
    assert_eq!(service.run(&["run", "sync-invoices"]).code, Some(1));
}

#[tokio::test]
async fn sigterm_lets_a_request_finish_and_ends_with_0() {
    let database = TestDatabase::fresh().await;
    let connection = Connection {
        api_url: NOWHERE.parse().unwrap(),
        ..fresh_tenant(&shared_url()).await
    };
    let mut service = Service::start(&address(&database), &connection).await;
    let customer = Customer::registered(&service.pusher, "Nordic Weather Ltd", 1).await;
    let body = format!(
        r#"{{"records": [{{"resource": "{}", "meter": "cpu", "hour": "2026-01-01T10:00:00Z", "quantity": "4"}}]}}"#,
        customer.resources[0]
    );
    let (url, token) = (service.pusher.url.parse::<Url>().unwrap(), service.pusher.token());
    let address = url.socket_addrs(|| None).unwrap()[0];
    let mut open = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/usage-records/ HTTP/1.1\r\nHost: {address}\r\nAuthorization: Token {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    );
    open.write_all(head.as_bytes()).await.unwrap();
    // The handler is reading the body when it asks for it.
    let mut interim = [0; 25];
    open.read_exact(&mut interim).await.unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100 Continue"));

    service.ask_to_stop();
    wait_until("nobody new is let in", async || {
        TcpStream::connect(address).await.is_err()
    })
    .await;
    assert_eq!(service.exit_code(), None, "it waits for what is under way");
    open.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("\"accepted\":1"),
        "{answer}"
    );
    wait_until("the service has ended", async || service.exit_code().is_some()).await;
    assert_eq!(service.exit_code(), Some(0));
    service.serve().await;
    assert_eq!(
        service.staff.count("/api/usage-records/").await,
        1,
        "what was promised is there"
    );
}

/// The configuration with another value for a key.
fn with(configuration: &str, key: &str, value: &str) -> String {
    let line = |line: &str| match line.split_once(" = ") {
        Some((name, _)) if name == key => format!("{key} = \"{value}\"\n"),
        _ => format!("{line}\n"),
    };
    configuration.lines().map(line).collect()
}
