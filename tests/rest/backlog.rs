//! What Kill Bill does not have yet: in records, in age and in money.

use chrono::TimeDelta;
use nodeconductor_billing::db::backlog::{self, Backlog};
use serde_json::json;

use crate::support::web::Service;

async fn push(service: &Service, hour: &str) {
    let record = json!({"resource": "6e08f48681834ba5aadd426a0abe9282", "meter": "cpu", "hour": hour, "quantity": "4"});
    let pushed = service
        .call(
            "POST",
            &service.pusher,
            "/api/usage-records/",
            json!({"records": [record]}),
        )
        .await;
    assert_eq!(pushed.json()["accepted"], 1, "{}", pushed.shown());
}

fn shown(backlog: &Backlog) -> String {
    let records = backlog.records.iter().filter(|waiting| waiting.records > 0);
    let records = records.map(|waiting| {
        format!(
            "{} {} for {}s",
            waiting.records,
            waiting.state,
            waiting.oldest.num_seconds()
        )
    });
    let values = backlog.values.iter().filter(|value| !value.amount.is_zero());
    let values = values.map(|value| format!("{} {} {}", value.state, value.amount.normalize(), value.currency));
    records.chain(values).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn records_are_counted_by_state_with_their_age_and_worth() {
    let service = Service::start().await;
    let now = service.state.clock.now();
    let read = async || {
        shown(
            &backlog::read(service.pool(), now + TimeDelta::minutes(1))
                .await
                .unwrap(),
        )
    };
    assert_eq!(read().await, "");
    for hour in ["2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z"] {
        push(&service, hour).await;
    }
    assert_eq!(read().await, "2 held for 60s", "an unknown resource holds its usage");
    sqlx::raw_sql(
        "insert into catalog_version (catalog_name, effective_from, content_hash, xml, fetched_at, in_force)
         values ('c', '2026-01-01', '', '<catalog><effectiveDate>2026-01-01T00:00:00Z</effectiveDate><catalogName>c</catalogName></catalog>', '2026-01-01', true);
         insert into price_item (uuid, version_id, name, description, product, plan, unit, item_type, key, currency, rule,
                                 hourly, monthly, tiers, tier_policy)
         select gen_random_uuid(), id, 'cpu', '', 'VM', 'vm', 'cpu-hour', '', '', 'USD', '', 0.25, 180, '[]', 'ALL_TIERS'
           from catalog_version;
         update route set plan = 'vm', unit = 'cpu-hour', hold = null",
    )
    .execute(service.pool())
    .await
    .unwrap();
    assert_eq!(
        read().await,
        "2 pending for 60s, pending 2 USD",
        "2 hours of 4 CPUs at 0.25 an hour"
    );
    sqlx::query("update usage_record set hold = 'before-subscription' where hour = '2026-01-01T10:00Z'")
        .execute(service.pool())
        .await
        .unwrap();
    assert_eq!(
        read().await,
        "1 pending for 60s, 1 held for 60s, held 1 USD, pending 1 USD"
    );
}
