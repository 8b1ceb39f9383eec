//! Whose invoices a pass reads: whoever is known to have something new at once, everybody else in turn, and all in full once
//! a day; when there are too many for that, it is said.

use chrono::TimeDelta;
use nodeconductor_billing::app::App;
use nodeconductor_billing::config;
use nodeconductor_billing::db::invoices::to_read;
use nodeconductor_billing::domain::job::Job;
use nodeconductor_billing::jobs::{self, Pass};
use nodeconductor_billing::sync::invoices::TURNS;
use serde_json::Value;
use sqlx::ConnectOptions;

use crate::crowd::{Crowd, NOW};
use crate::support::killbill_model::Model;
use crate::support::killbill_model::faults::Fault;
use crate::world::at;

const SETTINGS: &str = r#"
[billing]
username = "admin"
password = "password"
api_key = "model"
api_secret = "model"
currency = "USD"

[billing.openstack.invoice_meters]
cpu = ["CPU", "cpu", "hours"]
"#;

/// What becomes of the customers' next readings, oldest customer first: `full`, `recent`, or nothing.
async fn readings(crowd: &Crowd, turns: i64) -> Vec<&'static str> {
    let readers = to_read(crowd.pool(), turns, crowd.sync.clock.now()).await.unwrap();
    let reading = |account| match readers.iter().find(|reader| reader.account_id == account) {
        Some(reader) if reader.full => "full",
        Some(_) => "recent",
        None => "",
    };
    crowd.accounts.iter().map(|account| reading(*account)).collect()
}

#[tokio::test]
async fn turns_go_round_and_who_is_new_has_news_or_failed_does_not_wait_for_his() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 5).await;
    assert_eq!(readings(&crowd, 0).await, ["full"; 5], "never read");
    crowd.pass(0).await;
    assert_eq!(readings(&crowd, 0).await, [""; 5]);
    assert_eq!(readings(&crowd, 2).await, ["recent", "recent", "", "", ""]);
    crowd.pass(2).await;
    assert_eq!(readings(&crowd, 2).await, ["", "", "recent", "recent", ""]);
    crowd
        .execute(
            "update customer set invoices_hinted_at = '2031-01-01' where name = 'Customer 1';
             update customer set invoices_error = 'no answer' where name = 'Customer 2';
             update customer set invoices_read_at = null, invoices_swept_at = null where name = 'Customer 4';
             update customer set invoices_swept_at = '2030-01-19' where name = 'Customer 5'",
        )
        .await;
    assert_eq!(readings(&crowd, 0).await, ["full", "full", "", "full", ""]);
    assert_eq!(readings(&crowd, 1).await, ["full", "full", "", "full", "full"]);
    assert_eq!(readings(&crowd, 2).await, ["full", "full", "recent", "full", "full"]);
    assert_eq!(
        readings(&crowd, TURNS).await,
        ["full", "full", "recent", "full", "full"]
    );
}

#[tokio::test]
async fn everybody_is_read_in_full_once_a_day_and_it_is_said_when_a_day_is_too_short() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 4).await;
    crowd.pass(0).await;
    crowd.pass_time(TimeDelta::hours(21));
    let (_, swept) = crowd.pass(2).await;
    assert_eq!(
        (swept.customers, swept.waiting, swept.overdue),
        (2, 2, 0),
        "early enough"
    );
    crowd.pass_time(TimeDelta::hours(3));
    let (_, swept) = crowd.pass(1).await;
    assert_eq!((swept.customers, swept.waiting, swept.overdue), (1, 3, 1));
    let (_, swept) = crowd.pass(1).await;
    assert_eq!((swept.customers, swept.waiting, swept.overdue), (1, 3, 0));
}

/// One pass as `serve` makes it.
async fn job(crowd: &Crowd, model: &Model) -> Pass {
    let environment = [
        ("NCB__DATABASE__URL", crowd.pool().connect_options().to_url_lossy()),
        ("NCB__BILLING__API_URL", model.url()),
    ];
    let environment = environment.map(|(key, value)| (key.to_owned(), value.to_string()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, SETTINGS).unwrap();
    let settings = config::load(Some(&file), environment.into_iter().collect()).unwrap();
    let app = App::start(settings, crowd.sync.clock.clone()).await.unwrap();
    jobs::run(&app, Job::SyncInvoices, &|_, _| ()).await
}

#[tokio::test]
async fn a_pass_goes_on_without_the_list_and_says_what_it_could_not_do() {
    let model = Model::start(at(NOW)).await;
    let crowd = Crowd::modelled(&model, 1050).await;
    let pass = job(&crowd, &model).await;
    assert_eq!((&pass.result["customers"], pass.error), (&Value::from(1050), None));
    model.on_request(|seen| match seen.path.last().map(String::as_str) {
        Some("pagination") => Fault::Refuse,
        _ => Fault::None,
    });
    crowd.pass_time(TimeDelta::hours(25));
    let invoice = crowd.charge(crowd.accounts[0]).await;
    let pass = job(&crowd, &model).await;
    let told = |name: &str| pass.result[name].clone();
    assert_eq!(
        (told("customers"), told("waiting"), told("overdue")),
        (1000.into(), 50.into(), 50.into())
    );
    assert_eq!(
        (told("tail"), told("new"), crowd.mirrored().await),
        (Value::Null, 1.into(), vec![invoice])
    );
    let error = pass.error.unwrap();
    assert!(
        error.contains("the list of all invoices could not be read: "),
        "{error}"
    );
    assert!(
        error.ends_with("50 customers' invoices have not been read in full for more than a day"),
        "{error}"
    );

    model.heal();
    let pass = job(&crowd, &model).await;
    assert_eq!((&pass.result["overdue"], pass.error), (&Value::from(0), None));
    assert_eq!(
        pass.result["tail"],
        serde_json::json!({"listed": 1, "hinted": 0, "from_start": false})
    );
}
