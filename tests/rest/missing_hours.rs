//! Hours that nobody metered: reported as ranges with their worth, declared intentional with a reason, never invented.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use nodeconductor_billing::db::prices::PriceBook;
use nodeconductor_billing::domain::route::Meter;
use nodeconductor_billing::sync::watch::watch_usage;
use nodeconductor_billing::web;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::web::Service;

const VM: &str = "6e08f48681834ba5aadd426a0abe9282";
const CUSTOMER: &str = "211ca3327de945899375749bd55dae4a";

/// At noon of 1 March 2026, with a VM whose CPU costs 0.25 an hour.
async fn service() -> Service {
    let mut service = Service::start().await;
    let cpu = Meter {
        name: "cpu".to_owned(),
        display_name: "CPU".to_owned(),
        price_name: "cpu".to_owned(),
        unit_label: "hours".to_owned(),
    };
    service.state.book = PriceBook::new(vec![cpu], BTreeMap::new(), "USD");
    service.router = web::router(service.state.clone());
    sqlx::raw_sql(
        "insert into catalog_version (catalog_name, effective_from, content_hash, xml, fetched_at, in_force)
         values ('c', '2026-01-01', '', '<catalog><effectiveDate>2026-01-01T00:00:00Z</effectiveDate><catalogName>c</catalogName></catalog>', '2026-01-01', true);
         insert into price_item (uuid, version_id, name, description, product, plan, usage_name, unit, item_type, key, currency, rule,
                                 hourly, monthly, tiers, tier_policy)
         select gen_random_uuid(), id, 'cpu', '', 'VM', 'vm', 'vm-cpu', 'cpu', '', '', 'USD', 'hourly-usage', 0.25, 180, '[]', 'ALL_TIERS'
           from catalog_version",
    )
    .execute(service.pool())
    .await
    .unwrap();
    let vm = json!({"name": "web-1", "type": "OpenStack.Instance", "customer": CUSTOMER});
    for (path, body) in [
        (format!("/api/customers/{CUSTOMER}/"), json!({"name": "Alice"})),
        (format!("/api/resources/{VM}/"), vm),
    ] {
        let answer = service.call("PUT", &service.staff, &path, body).await;
        assert!(answer.status.is_success(), "{}", answer.shown());
    }
    service
}

/// Records of hours of 1 March, four CPUs each.
async fn push(service: &Service, hours: &[u32]) {
    let record = |hour: &u32| json!({"resource": VM, "meter": "cpu", "hour": format!("2026-03-01T{hour:02}:00:00Z"), "quantity": "4"});
    let records: Vec<Value> = hours.iter().map(record).collect();
    let answer = service
        .call(
            "POST",
            &service.pusher,
            "/api/usage-records/",
            json!({"records": records}),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
}

/// Looks for gaps, with ten minutes for the last hour to come in, and says what is listed: `from-until worth reason`.
async fn gaps(service: &Service, filter: &str) -> Vec<String> {
    let (settle, patience) = (Duration::from_mins(10), Duration::from_hours(6));
    watch_usage(service.pool(), &service.state.clock, "USD", settle, patience)
        .await
        .unwrap();
    let listed = service
        .get(&service.staff, &format!("/api/missing-hours/?{filter}"))
        .await
        .json();
    let hour = |gap: &Value, name: &str| gap[name].as_str().unwrap()[11..13].to_owned();
    let shown = |gap: &Value| {
        let reason = gap["reason"]
            .as_str()
            .map_or_else(String::new, |reason| format!(" {reason}"));
        format!(
            "{}-{} {}{reason}",
            hour(gap, "from"),
            hour(gap, "until"),
            gap["worth"].as_str().unwrap()
        )
    };
    let mut gaps: Vec<String> = listed.as_array().unwrap().iter().map(shown).collect();
    gaps.sort();
    gaps
}

async fn declare(service: &Service, body: Value) -> Value {
    let mut declared = json!({"resource": VM, "reason": "stopped"});
    declared
        .as_object_mut()
        .unwrap()
        .extend(body.as_object().unwrap().clone());
    let answer = service
        .call("POST", &service.pusher, "/api/missing-hours/declare/", declared)
        .await;
    assert_eq!(answer.status, 201, "{}", answer.shown());
    answer.json()
}

/// Hours and money that are missing in all, as the metrics say it.
async fn missing(service: &Service) -> String {
    let sums = nodeconductor_billing::db::gaps::missing(service.pool(), "USD")
        .await
        .unwrap();
    let shown = sums
        .iter()
        .map(|one| format!("{} {} h {} USD", one.meter, one.hours, one.worth.normalize()));
    shown.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn gaps_are_ranges_up_to_the_latest_complete_hour_and_shrink_when_usage_comes() {
    let service = service().await;
    assert_eq!(
        gaps(&service, "").await,
        [""; 0],
        "nothing was ever metered: nothing is missing"
    );
    push(&service, &[2, 3, 6, 9]).await;
    assert_eq!(
        gaps(&service, "").await,
        ["04-06 2.00", "07-09 2.00", "10-11 1.00"],
        "at noon 11:00 has not settled"
    );
    service
        .state
        .clock
        .set(service.state.clock.now() + TimeDelta::minutes(10));
    assert_eq!(gaps(&service, "").await, ["04-06 2.00", "07-09 2.00", "10-12 2.00"]);
    assert_eq!(missing(&service).await, "cpu 6 h 6 USD");
    let metrics = String::from_utf8(service.get("", "/metrics").await.body).unwrap();
    assert!(metrics.contains("ncb_missing_hours{meter=\"cpu\"}"), "{metrics}");
    push(&service, &[4, 8, 11, 1]).await;
    assert_eq!(
        gaps(&service, "meter=cpu").await,
        ["05-06 1.00", "07-08 1.00", "10-11 1.00"]
    );
    let owner = service.owner(&[Uuid::new_v4()]).await;
    assert_eq!(service.get(&owner, "/api/missing-hours/").await.json(), json!([]));
    let gone = json!({"at": "2026-03-01T12:00:00Z"});
    service
        .call(
            "POST",
            &service.pusher,
            &format!("/api/resources/{VM}/terminate/"),
            gone,
        )
        .await;
    assert_eq!(
        gaps(&service, "").await,
        [""; 0],
        "a terminated resource misses nothing"
    );
}

#[tokio::test]
async fn a_gap_may_be_declared_and_the_declaration_gives_way_to_usage() {
    let service = service().await;
    push(&service, &[2, 7]).await;
    assert_eq!(gaps(&service, "").await, ["03-07 4.00", "08-11 3.00"]);
    let declared = declare(
        &service,
        json!({"meter": "cpu", "from": "2026-03-01T04:00:00Z", "until": "2026-03-01T06:00:00Z"}),
    )
    .await;
    assert_eq!(
        gaps(&service, "").await,
        ["03-04 1.00", "04-06 2.00 stopped", "06-07 1.00", "08-11 3.00"]
    );
    assert_eq!(gaps(&service, "declared=true").await, ["04-06 2.00 stopped"]);
    assert_eq!(missing(&service).await, "cpu 5 h 5 USD", "declared hours do not count");
    push(&service, &[5]).await;
    assert_eq!(
        gaps(&service, "").await,
        ["03-04 1.00", "04-05 1.00 stopped", "06-07 1.00", "08-11 3.00"]
    );

    let withdraw = format!(
        "/api/missing-hours/declarations/{}/withdraw/",
        declared["uuid"].as_str().unwrap()
    );
    assert!(declared["withdraw"].as_str().unwrap().ends_with(&withdraw));
    let answer = service.call("POST", &service.pusher, &withdraw, "").await;
    assert!(answer.json()["withdrawn_at"].is_string(), "{}", answer.shown());
    assert_eq!(gaps(&service, "").await, ["03-05 2.00", "06-07 1.00", "08-11 3.00"]);

    declare(&service, json!({"from": "2026-03-01T08:00:00Z"})).await;
    assert_eq!(gaps(&service, "declared=true").await, ["08-11 3.00 stopped"]);
    push(&service, &[10]).await;
    service.state.clock.set(service.state.clock.now() + TimeDelta::hours(2));
    let listed = gaps(&service, "").await;
    assert_eq!(
        listed[2..],
        ["08-10 2.00 stopped", "11-13 2.00"],
        "it ended when usage came again"
    );
    let declarations = service
        .get(&service.staff, "/api/missing-hours/declarations/")
        .await
        .json();
    assert_eq!(
        (&declarations[0]["until"], &declarations[0]["declared_by"]),
        (&json!("2026-03-01T10:00:00Z"), &json!("pusher"))
    );
}

#[tokio::test]
async fn a_wrong_declaration_is_named_by_its_fields() {
    let service = service().await;
    let body = json!({"resource": VM, "from": "2026-03-01T10:30:00Z", "until": "yesterday", "reason": " "});
    let answer = service
        .call("POST", &service.pusher, "/api/missing-hours/declare/", body)
        .await;
    assert_eq!(answer.status, 400);
    let fields: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["from", "reason", "until"], "{}", answer.shown());
    let unknown = json!({"resource": "0".repeat(32), "from": "2026-03-01T10:00:00Z", "reason": "stopped"});
    let answer = service
        .call("POST", &service.staff, "/api/missing-hours/declare/", unknown.clone())
        .await;
    assert!(
        answer.shown().starts_with("400") && answer.json()["resource"].is_array(),
        "{}",
        answer.shown()
    );
    assert_eq!(
        service
            .call("POST", &service.support, "/api/missing-hours/declare/", unknown)
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn a_service_that_meters_nothing_any_more_is_told() {
    let service = service().await;
    push(&service, &[2, 3]).await;
    service.state.clock.set(service.state.clock.now() + TimeDelta::hours(7));
    gaps(&service, "").await;
    let open = async || {
        let listed = service
            .get(&service.staff, "/api/discrepancies/?state=open&kind=no-usage")
            .await
            .json();
        listed.as_array().unwrap().len()
    };
    assert_eq!(open().await, 1, "seven hours of silence");
    push(&service, &[10]).await;
    gaps(&service, "").await;
    assert_eq!(open().await, 0);
    let closed = service
        .get(&service.staff, "/api/discrepancies/?kind=no-usage")
        .await
        .json();
    assert_eq!(closed[0]["state"], "closed");
    let wrong = service.get(&service.staff, "/api/discrepancies/?kind=nonsense").await;
    assert!(
        wrong.shown().starts_with("400") && wrong.shown().contains("no-usage"),
        "{}",
        wrong.shown()
    );
}
