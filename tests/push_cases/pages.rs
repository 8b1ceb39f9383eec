//! The list's pages, which are opened from kept sums: together they are what is stored, whatever is filtered, in either order,
//! and the count is theirs.

use nodeconductor_billing::db::{MIGRATOR, migrate};
use serde_json::{Value, json};

use super::world::{CUSTOMER, PATH, VM, correction, push, service_with_vm};
use crate::support::web::Service;

/// An hour that is held for its distance.
const AHEAD: &str = "2026-05-02T10:00:00Z";

fn hour(month: u32, number: u32) -> String {
    format!("2026-{month:02}-{:02}T{:02}:00:00Z", number / 24 + 1, number % 24)
}

/// Of three months, of two meters, some corrected once or twice, one hour far ahead and corrected, too.
async fn service() -> Service {
    let service = service_with_vm().await;
    let mut records = Vec::new();
    for month in 1..=3 {
        for number in (0..60).step_by(month as usize * 3) {
            let meter = if number % 2 == 0 { "cpu" } else { "memory" };
            records.push(json!({"resource": VM, "meter": meter, "hour": hour(month, number), "quantity": "2"}));
        }
    }
    records.push(
        json!({"resource": "0c1fa7f4a1694a7fb0ad3d57ba8ed4a4", "meter": "cpu", "hour": hour(2, 0), "quantity": "1"}),
    );
    records.push(json!({"resource": VM, "meter": "cpu", "hour": AHEAD, "quantity": "1"}));
    push(&service, records).await;
    let corrected = [hour(1, 0), hour(1, 0), hour(3, 0), AHEAD.to_owned()];
    for (hour, quantity) in corrected.iter().zip(["3", "4", "5", "6"]) {
        push(&service, vec![correction("cpu", hour, quantity)]).await;
    }
    service
}

/// (hour, uuid) of every row of every page.
async fn pages(service: &Service, query: &str, size: usize) -> (Vec<(String, String)>, usize) {
    let (mut rows, mut count, mut page) = (Vec::new(), 1, 1);
    while rows.len() < count {
        let answer = service
            .get(&service.staff, &format!("{PATH}?page={page}&page_size={size}&{query}"))
            .await;
        if answer.header("x-result-count") == "0" {
            return (rows, 0);
        }
        assert_eq!(answer.status, 200, "{query}: {}", answer.shown());
        count = answer.header("x-result-count").parse().unwrap();
        let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
        let of_page = answer.json();
        let of_page = of_page.as_array().unwrap();
        assert!(!of_page.is_empty(), "{query}: page {page} of {count}");
        rows.extend(of_page.iter().map(|row| (text(row, "hour"), text(row, "uuid"))));
        page += 1;
    }
    (rows, count)
}

/// What the ledger has, without any kept sum.
async fn stored(service: &Service, condition: &str) -> usize {
    let count = format!(
        "select count(*) from usage_record u join resource r on r.id = u.resource_id join meter m on m.id = u.meter_id where {condition}"
    );
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(count));
    usize::try_from(count.fetch_one(service.pool()).await.unwrap_or(0i64)).unwrap()
}

#[tokio::test]
async fn the_pages_of_the_list_are_what_is_stored_whatever_is_filtered() {
    let service = service().await;
    let vm = format!("r.uuid = '{VM}'");
    for (query, condition) in [
        (String::new(), "true".to_owned()),
        (format!("resource={VM}"), vm.clone()),
        (format!("customer={CUSTOMER}"), vm.clone()),
        ("meter=memory".to_owned(), "m.name = 'memory'".to_owned()),
        (
            "start=2026-01-02T00:00:00Z&end=2026-03-02T00:00:00Z".to_owned(),
            "u.hour >= '2026-01-02Z' and u.hour < '2026-03-02Z'".to_owned(),
        ),
        (
            "start=2026-02-01T00:00:00Z&meter=cpu".to_owned(),
            "u.hour >= '2026-02-01Z' and m.name = 'cpu'".to_owned(),
        ),
        (
            "start=2026-05-01T00:00:00Z".to_owned(),
            "u.hour >= '2026-05-01Z'".to_owned(),
        ),
        ("end=2026-01-01T00:00:00Z".to_owned(), "false".to_owned()),
        ("state=superseded".to_owned(), "u.superseded".to_owned()),
    ] {
        let expected = stored(&service, &condition).await;
        let (mut whole, count) = pages(&service, &query, 300).await;
        assert_eq!((whole.len(), count), (expected, expected), "{query}");
        assert!(whole.is_sorted_by_key(|(hour, _)| hour.clone()), "{query}");
        for size in [1, 7] {
            assert_eq!(pages(&service, &query, size).await.0, whole, "{query} by {size}");
        }
        let (backwards, _) = pages(&service, &format!("{query}&o=-hour"), 7).await;
        assert!(backwards.is_sorted_by(|one, other| one.0 >= other.0), "{query}");
        let mut same = backwards.clone();
        same.sort();
        whole.sort();
        assert_eq!(same, whole, "{query}");
    }
    let last = service
        .get(&service.staff, &format!("{PATH}?page=last&page_size=5"))
        .await;
    let revisions: Vec<Value> = last
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["hour"].clone())
        .collect();
    assert_eq!(revisions.last(), Some(&json!(AHEAD)));
}

/// As on a ledger that is too large to be shut while an index is built.
#[tokio::test]
async fn indexes_are_built_partition_by_partition_before_the_migration_that_asks_for_them() {
    let service = service().await;
    let listed = MIGRATOR
        .iter()
        .find(|migration| migration.description == "listed")
        .unwrap();
    for statement in [
        "drop index usage_record_hour_idx, usage_record_distant_idx, usage_record_superseded_idx, usage_record_settled_idx".to_owned(),
        "alter table usage_sum drop column replaced".to_owned(),
        // It, and the one that brought the column.
        format!("delete from _sqlx_migrations where version between {0} and {0} + 1", listed.version),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(service.pool())
            .await
            .unwrap();
    }
    migrate(&service.database.options).await.unwrap();
    let doubled: i64 = sqlx::query_scalar(
        "select count(*) from (select from pg_indexes where tablename like 'usage_record_%'
         group by tablename, regexp_replace(indexdef, '^.* USING', '') having count(*) > 1) twice",
    )
    .fetch_one(service.pool())
    .await
    .unwrap();
    assert_eq!(doubled, 0, "the migration took over what was there");
    assert_eq!(pages(&service, "", 7).await.0.len(), stored(&service, "true").await);
}
