//! The list of what does not add up: found by what it is about, each with its age and the way to its records.

use chrono::TimeDelta;
use nodeconductor_billing::sync::reconcile::reconcile_all;
use nodeconductor_billing::sync::watch::watch_accounts;
use serde_json::{Value, json};

use crate::support::web::Service;

const ALICE: &str = "211ca3327de945899375749bd55dae4a";
const BOB: &str = "b0bb0bb0bb0b4b0b8b0bb0bb0bb0bb0b";
const VM: &str = "6e08f48681834ba5aadd426a0abe9282";

/// Alice's VM has one delivered record of January. Bob got an invoice for January and February two days ago; she did not.
async fn with_one_left_out() -> Service {
    let service = Service::start().await;
    for (customer, name) in [(ALICE, "Alice"), (BOB, "Bob")] {
        let path = format!("/api/customers/{customer}/");
        service.call("PUT", &service.staff, &path, json!({"name": name})).await;
    }
    let vm = json!({"name": "web-1", "type": "VM", "customer": ALICE});
    service
        .call("PUT", &service.staff, &format!("/api/resources/{VM}/"), vm)
        .await;
    let hours = ["2026-01-01T10:00:00Z", "2026-02-01T10:00:00Z"];
    let records = hours.map(|hour| json!({"resource": VM, "meter": "cpu", "hour": hour, "quantity": "4"}));
    service
        .call(
            "POST",
            &service.staff,
            "/api/usage-records/",
            json!({"records": records}),
        )
        .await;
    sqlx::raw_sql(
        "update customer set account_id = uuid, invoices_swept_at = '2026-02-20';
         insert into catalog_version (catalog_name, effective_from, content_hash, xml, fetched_at, in_force)
         values ('c', '2025-01-01', '', '<catalog><effectiveDate>2025-01-01T00:00:00Z</effectiveDate><catalogName>c</catalogName></catalog>', '2026-01-01', true);
         insert into price_item (uuid, version_id, name, description, product, plan, usage_name, unit, item_type, key, currency, rule,
                                 hourly, monthly, tiers, tier_policy)
         select gen_random_uuid(), id, 'cpu', '', 'VM', 'vm', 'u', 'cpu', '', '', 'USD', 'hourly-usage', 0.25, 180, '[]', 'ALL_TIERS'
           from catalog_version;
         insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
         select id, 'vm', 'key', '50000000-0000-4000-8000-000000000001', '2026-01-01', '2026-01-01' from resource;
         insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, attempts,
                               created_at, sent_at, settled_at)
         select 'd0000000-0000-4000-8000-000000000001', id, 'ncb-1', '2026-01-01', '2026-01-01T10:00Z', '2026-01-01T11:00Z', 1,
                'verified', 1, '2026-01-02', '2026-01-02', '2026-01-02' from subscription;
         insert into delivery_unit select d.id, m.id, 'cpu', 1, 1, 4, 4 from delivery d, meter m;
         update usage_record set delivery_id = d.id from delivery d where hour = '2026-01-01T10:00Z';
         insert into invoice (uuid, killbill_id, customer_id, status, currency, amount, balance, credit_adj, refund_adj, invoice_date,
                              target_date, content_hash, first_seen_at, changed_at, customer_snapshot)
         select gen_random_uuid(), gen_random_uuid(), id, 'COMMITTED', 'USD', 7, 7, 0, 0, '2026-03-01', '2026-03-01', '', '2026-02-27',
                '2026-02-27', '{}' from customer where name = 'Bob'",
    )
    .execute(service.pool())
    .await
    .unwrap();
    reconcile_all(service.pool(), &service.state.clock, |_, _| ())
        .await
        .unwrap();
    watch_accounts(service.pool(), &service.state.clock, "USD")
        .await
        .unwrap();
    service
}

/// `kind amount` of the list.
async fn listed(service: &Service, filter: &str) -> Vec<String> {
    let path = format!("/api/discrepancies/?{filter}");
    let answer = service.get(&service.support, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
    let shown = |row: &Value| format!("{} {}", row["kind"].as_str().unwrap(), row["amount"].as_str().unwrap());
    answer.json().as_array().unwrap().iter().map(shown).collect()
}

#[tokio::test]
async fn they_are_found_by_what_they_are_about_and_lead_to_their_records() {
    let service = with_one_left_out().await;
    let (left_out, sum) = ("not-invoiced -1.00", "sum 7.00");
    assert_eq!(listed(&service, "o=kind").await, [left_out, sum]);
    assert_eq!(listed(&service, "o=-amount").await, [sum, left_out]);
    assert_eq!(listed(&service, &format!("customer={ALICE}")).await, [left_out]);
    assert_eq!(listed(&service, &format!("customer={BOB}&state=open")).await, [sum]);
    assert_eq!(listed(&service, "kind=sum,quantity").await, [sum]);
    assert_eq!(listed(&service, "state=closed").await, [""; 0]);
    sqlx::raw_sql("update customer set account_tags = '{AUTO_INVOICING_OFF}' where name = 'Bob'")
        .execute(service.pool())
        .await
        .unwrap();
    watch_accounts(service.pool(), &service.state.clock, "USD")
        .await
        .unwrap();
    assert_eq!(
        listed(&service, "").await.len(),
        2,
        "a notice is listed when it is asked for"
    );
    for filter in ["notice=true", "kind=invoicing-off"] {
        assert_eq!(listed(&service, filter).await, ["invoicing-off 0.00"]);
    }
    service
        .state
        .clock
        .set(service.state.clock.now() + TimeDelta::seconds(40));
    let row = service
        .get(&service.staff, "/api/discrepancies/?kind=not-invoiced")
        .await
        .json()[0]
        .clone();
    assert_eq!(
        (&row["age"], &row["notice"], &row["customer_name"]),
        (&json!(40), &json!(false), &json!("Alice"))
    );
    let url = row["url"]
        .as_str()
        .unwrap()
        .strip_prefix("https://billing.test")
        .unwrap();
    assert_eq!(service.get(&service.staff, url).await.json(), row);
    let records = row["records"]
        .as_str()
        .unwrap()
        .strip_prefix("https://billing.test")
        .unwrap();
    assert_eq!(
        service
            .get(&service.staff, records)
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );

    sqlx::raw_sql("update discrepancy set customer_id = null, delivery_id = (select id from delivery) where kind = 'not-invoiced'")
        .execute(service.pool())
        .await
        .unwrap();
    assert_eq!(listed(&service, &format!("resource={VM}")).await, [left_out]);
    let row = service.get(&service.staff, url).await.json();
    let records = row["records"]
        .as_str()
        .unwrap()
        .strip_prefix("https://billing.test")
        .unwrap();
    let found = service.get(&service.staff, records).await.json();
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["hour"]),
        (1, &json!("2026-01-01T10:00:00Z")),
        "{records}"
    );

    for filter in ["state=mended", "kind=nonsense", "o=age", "customer=Alice"] {
        let answer = service
            .get(&service.staff, &format!("/api/discrepancies/?{filter}"))
            .await;
        let field = filter.split('=').next().unwrap();
        assert!(
            answer.status == 400 && answer.json()[field].is_array(),
            "{}",
            answer.shown()
        );
    }
}

/// The invoices as they are now in the mirror, checked.
async fn checked(service: &Service, change: &'static str) {
    sqlx::raw_sql(change).execute(service.pool()).await.unwrap();
    reconcile_all(service.pool(), &service.state.clock, |_, _| ())
        .await
        .unwrap();
}

#[tokio::test]
async fn one_that_staff_accepts_is_no_longer_open_until_it_is_worth_something_else() {
    let service = with_one_left_out().await;
    let row = service.get(&service.staff, "/api/discrepancies/?kind=sum").await.json()[0].clone();
    let path = |act: &str| format!("/api/discrepancies/{}/{act}/", row["uuid"].as_str().unwrap());
    let act = async |name: &str, body: Value| service.call("POST", &service.staff, &path(name), body).await;
    let reason = json!({"reason": "Goodwill, agreed on the phone."});

    let refused = act("accept", json!({"reason": " "})).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["reason"].is_array(), "{}", refused.shown());
    let address = path("accept");
    let by_support = service.call("POST", &service.support, &address, reason.clone());
    assert_eq!(by_support.await.status, 403);
    let accepted = act("accept", reason.clone()).await.json();
    assert_eq!(
        (&accepted["state"], &accepted["accepted_reason"], &accepted["amount"]),
        (&json!("accepted"), &reason["reason"], &json!("7.00"))
    );
    assert!(accepted["accepted_by"].is_string(), "{accepted}");
    assert_eq!(act("accept", reason.clone()).await.status, 409, "twice");

    let sum = [String::from("sum 7.00")];
    let elsewhere = listed(&service, "state=open").await;
    assert_eq!(elsewhere, ["not-invoiced -1.00"], "the others are as open as before");
    checked(
        &service,
        "update invoice set changed_at = changed_at + interval '1 minute'",
    )
    .await;
    assert_eq!(listed(&service, "state=accepted").await, sum, "found again, as it was");
    assert_eq!(act("reopen", json!({})).await.json()["state"], "open");
    assert_eq!(act("reopen", json!({})).await.status, 409, "it is open");

    act("accept", reason.clone()).await;
    checked(
        &service,
        "update invoice set amount = 8, changed_at = changed_at + interval '1 minute'",
    )
    .await;
    assert_eq!(
        listed(&service, "state=open&kind=sum").await,
        ["sum 8.00"],
        "nobody accepted that"
    );
    let another = service.get(&service.staff, "/api/discrepancies/?kind=sum").await.json()[0].clone();
    assert_eq!(another["accepted_reason"], json!(null));

    act("accept", reason.clone()).await;
    checked(
        &service,
        "update invoice set amount = 0, changed_at = changed_at + interval '1 minute'",
    )
    .await;
    assert_eq!(
        listed(&service, "state=closed").await,
        ["sum 8.00"],
        "mended all the same"
    );
    assert_eq!(
        act("accept", reason).await.status,
        409,
        "there is nothing to accept any more"
    );
}
