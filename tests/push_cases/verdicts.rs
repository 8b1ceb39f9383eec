//! What a push answers: exactly, record by record.

use serde_json::json;

use super::world::{
    CUSTOMER, ELEVEN, PATH, TEN, VM, correction, ledger, push, push_with, record, service_with_vm, stored, verdicts,
};

#[tokio::test]
async fn every_record_is_answered_for_itself() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", ELEVEN, "4")]).await;
    let records = vec![
        record("cpu", TEN, "4"),
        record("cpu", ELEVEN, 4.0),
        record("cpu", ELEVEN, "5"),
        record("memory", TEN, "-1"),
        record("steam", TEN, "1"),
        correction("cpu", ELEVEN, "6.50"),
    ];
    let answer = push(&service, records).await;
    insta::assert_snapshot!(answer.pretty(), @r#"
    {
      "accepted": 1,
      "conflict": 1,
      "corrected": 1,
      "duplicate": 1,
      "rejected": 2,
      "results": [
        {
          "index": 0,
          "status": "accepted",
          "uuid": "000000000001800180004001df668000"
        },
        {
          "index": 1,
          "status": "duplicate",
          "uuid": "000000000001800180004001df66c000"
        },
        {
          "code": "conflict",
          "detail": "4 is stored for this hour; send \"correction\": true to replace it",
          "field": "quantity",
          "index": 2,
          "status": "conflict",
          "stored_quantity": "4",
          "uuid": "000000000001800180004001df66c000"
        },
        {
          "code": "negative",
          "detail": "\"-1\" is negative; consumption is zero or more",
          "field": "quantity",
          "index": 3,
          "status": "rejected"
        },
        {
          "code": "unknown_meter",
          "detail": "\"steam\" is not configured; configured are cpu, gpu, licence, memory",
          "field": "meter",
          "index": 4,
          "status": "rejected"
        },
        {
          "index": 5,
          "status": "corrected",
          "uuid": "000000000001800280004001df66c000"
        }
      ]
    }
    "#);
    assert_eq!(answer.status, 207);
    assert_eq!(ledger(&service).await, ["1: 4 +4", "1: 4 +4 old", "2: 6.5 +6.5"]);
}

#[tokio::test]
async fn the_same_push_again_changes_nothing_and_names_the_same_records() {
    let service = service_with_vm().await;
    let records = || vec![record("cpu", TEN, "4"), record("memory", TEN, "8.50")];
    let first = push(&service, records()).await;
    assert_eq!(verdicts(&first), "200 accepted accepted");
    let again = push(&service, records()).await;
    assert_eq!(verdicts(&again), "200 duplicate duplicate");
    let uuids = |answer: &crate::support::web::Answer| {
        let results = answer.json()["results"].as_array().unwrap().clone();
        results.iter().map(|result| result["uuid"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(uuids(&first), uuids(&again));
    assert_eq!(stored(&service).await, 2);
}

#[tokio::test]
async fn records_of_one_key_count_in_their_order() {
    let service = service_with_vm().await;
    let records = vec![
        record("cpu", TEN, "4"),
        record("cpu", TEN, "4.0"),
        record("cpu", TEN, "5"),
        correction("cpu", TEN, "6"),
        correction("cpu", TEN, "7"),
        record("cpu", TEN, "7"),
        correction("cpu", TEN, "7"),
    ];
    let answer = push(&service, records).await;
    let expected = "207 accepted duplicate conflict corrected corrected duplicate duplicate";
    assert_eq!(verdicts(&answer), expected);
    assert_eq!(answer.json()["results"][2]["stored_quantity"], "4");
    assert_eq!(ledger(&service).await, ["1: 4 +4 old", "2: 6 +6 old", "3: 7 +7"]);
}

#[tokio::test]
async fn an_atomic_push_is_stored_whole_or_not_at_all() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    let conflicting = vec![record("memory", TEN, "8"), record("cpu", TEN, "5")];
    let answer = push_with(&service, "?atomic=true", conflicting).await;
    insta::assert_snapshot!(answer.shown(), @r#"409 {"accepted":0,"conflict":1,"corrected":0,"duplicate":0,"rejected":0,"results":[{"code":"atomic","detail":"Not stored: another record of this atomic push was refused.","index":0,"status":"withheld"},{"code":"conflict","detail":"4 is stored for this hour; send \"correction\": true to replace it","field":"quantity","index":1,"status":"conflict","stored_quantity":"4","uuid":"000000000001800180004001df668000"}],"withheld":1}"#);
    let rejected = vec![record("memory", TEN, "8"), record("memory", ELEVEN, "x")];
    let answer = push_with(&service, "?atomic=true", rejected).await;
    assert_eq!(verdicts(&answer), "409 withheld rejected");
    assert_eq!(stored(&service).await, 1, "nothing of either");
    let good = vec![
        record("memory", TEN, "8"),
        record("cpu", TEN, "4"),
        correction("cpu", TEN, "5"),
    ];
    assert_eq!(
        verdicts(&push_with(&service, "?atomic=true", good).await),
        "200 accepted duplicate corrected"
    );
    assert_eq!(stored(&service).await, 3);
}

#[tokio::test]
async fn problems_are_all_but_what_is_accepted_or_was_there() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    let records = vec![
        record("cpu", TEN, "4"),
        record("cpu", ELEVEN, "4"),
        record("cpu", TEN, "5"),
        record("cpu", "noon", "5"),
        correction("cpu", TEN, "6"),
    ];
    let answer = push_with(&service, "?results=problems", records).await;
    assert_eq!(verdicts(&answer), "207 conflict rejected corrected");
    let body = answer.json();
    let indices: Vec<_> = body["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["index"])
        .collect();
    assert_eq!(indices, [&json!(2), &json!(3), &json!(4)]);
    let counts = ["accepted", "duplicate", "corrected", "conflict", "rejected"].map(|count| body[count].as_u64());
    assert_eq!(counts, [Some(1); 5], "all are counted");
}

#[tokio::test]
async fn an_option_that_is_misspelt_stores_nothing() {
    let service = service_with_vm().await;
    for (query, field) in [("?atomic=ja", "atomic"), ("?results=some", "results")] {
        let answer = push_with(&service, query, vec![record("cpu", TEN, "4")]).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json().get(field).is_some(), "{}", answer.shown());
    }
    assert_eq!(stored(&service).await, 0);
}

#[tokio::test]
async fn an_empty_push_is_taken() {
    let service = service_with_vm().await;
    let answer = push(&service, json!([])).await;
    assert_eq!(
        answer.shown(),
        r#"200 {"accepted":0,"conflict":0,"corrected":0,"duplicate":0,"rejected":0,"results":[]}"#
    );
}

#[tokio::test]
async fn who_may_push_is_decided_by_the_role() {
    let service = service_with_vm().await;
    let owner = service.owner(&[CUSTOMER.parse().unwrap()]).await;
    let body = json!({"records": [record("cpu", TEN, "4")]});
    for (token, status) in [("", 401), ("0123", 401), (&owner, 403), (&service.support, 403)] {
        assert_eq!(service.call("POST", token, PATH, &body).await.status, status);
        assert_eq!(stored(&service).await, 0);
    }
    for token in [&service.pusher, &service.staff] {
        assert_eq!(service.call("POST", token, PATH, &body).await.status, 200);
    }
}

#[tokio::test]
async fn after_the_end_of_a_resource_only_its_hours_before_are_taken() {
    let service = service_with_vm().await;
    let end = json!({"at": "2026-01-01T10:20:00Z"});
    let answer = service
        .call("POST", &service.pusher, &format!("/api/resources/{VM}/terminate/"), end)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = push(&service, vec![record("cpu", TEN, "4"), record("cpu", ELEVEN, "4")]).await;
    assert_eq!(verdicts(&answer), "207 accepted rejected");
    let late = &answer.json()["results"][1];
    assert_eq!((&late["field"], &late["code"]), (&json!("hour"), &json!("terminated")));
}

/// Seed 402 of the simulation.
#[tokio::test]
async fn a_push_without_an_answer_may_be_repeated_after_the_end_of_its_resource() {
    let service = service_with_vm().await;
    let records = || vec![record("cpu", TEN, "4"), record("cpu", ELEVEN, "4")];
    push(&service, records()).await;
    let end = json!({"at": "2026-01-01T10:20:00Z"});
    let path = format!("/api/resources/{VM}/terminate/");
    service.call("POST", &service.pusher, &path, end).await;
    assert_eq!(verdicts(&push(&service, records()).await), "200 duplicate duplicate");
    let other = push(&service, vec![record("cpu", ELEVEN, "5")]).await;
    assert_eq!(verdicts(&other), "207 rejected");
}

#[tokio::test]
async fn a_2xx_is_on_disk_whatever_the_database_s_default_is() {
    let service = service_with_vm().await;
    push(&service, vec![record("cpu", TEN, "4")]).await;
    let name = service.database.options.get_database().unwrap();
    let statements = format!(
        "alter database {name} set synchronous_commit = off;
         create table seen (setting text);
         create function see() returns trigger language plpgsql as $$ begin
             insert into seen values (current_setting('synchronous_commit')); return new; end $$;
         create trigger see after insert on usage_record for each row execute function see();"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(service.pool())
        .await
        .unwrap();
    let mut restarted = service.state.clone();
    restarted.pool = nodeconductor_billing::db::connect(service.database.options.clone(), 2)
        .await
        .unwrap();
    let by_default: String = sqlx::query_scalar("show synchronous_commit")
        .fetch_one(&restarted.pool)
        .await
        .unwrap();
    assert_eq!(by_default, "off");
    let service = crate::support::web::Service {
        router: nodeconductor_billing::web::router(restarted),
        ..service
    };
    let records = vec![record("cpu", ELEVEN, "4"), correction("cpu", TEN, "5")];
    assert_eq!(verdicts(&push(&service, records).await), "200 accepted corrected");
    let seen: Vec<String> = sqlx::query_scalar("select setting from seen")
        .fetch_all(service.pool())
        .await
        .unwrap();
    assert_eq!(seen, ["on", "on"]);
}
