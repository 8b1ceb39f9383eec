//! What a list costs when the ledger is large: PostgreSQL's own counters say how many of its rows each GET of the description
//! reads. A list that is added is held to it without being named here.

use std::collections::BTreeMap;

use nodeconductor_billing::{db, web};
use sqlx::PgPool;

use crate::support::web::Service;

/// Records in the ledger, all of them billed by now but the last day's.
const LEDGER: i64 = 240_000;
/// What any list may read of them: the last day is open, 12,000 records, and some sum up what is open.
const BOUND: i64 = 20_000;

/// One hundred machines with five meters, for twenty days.
const FILL: &str = "
    insert into meter (name) values ('memory'), ('disk'), ('network'), ('licence') on conflict do nothing;
    insert into customer (uuid, name, native_name, created_at, updated_at) values (gen_random_uuid(), 'Alice', '', now(), now());
    insert into resource (uuid, customer_id, name, type, created_at, updated_at)
        select gen_random_uuid(), c.id, 'vm-' || n, 'OpenStack.Instance', now(), now() from customer c, generate_series(1, 100) n;
    insert into route (resource_id, meter_id, plan, unit) select r.id, m.id, 'vm', m.name from resource r, meter m;
    insert into subscription (resource_id, plan, external_key, killbill_id, billing_start, created_at)
        select id, 'vm', uuid::text, gen_random_uuid(), '2026-01-01', now() from resource;
    insert into delivery (uuid, subscription_id, tracking_id, month, window_start, window_end, records, state, created_at)
        select gen_random_uuid(), s.id, gen_random_uuid(), '2026-01-01', day, day + interval '1 day', 120, 'verified', now()
        from subscription s, generate_series('2026-01-01Z'::timestamptz, '2026-01-19Z', '1 day') day;
    create table usage_record_2026_01 (like usage_record including defaults including constraints);
    alter table usage_record attach partition usage_record_2026_01
        for values from ('2026-01-01T00:00:00Z') to ('2026-02-01T00:00:00Z');
    insert into usage_record (resource_id, meter_id, hour, quantity, delta, recorded_at, delivery_id)
        select s.resource_id, m.id, hour, 1, 1, hour, d.id
        from generate_series('2026-01-01Z'::timestamptz, '2026-01-20T23:00:00Z', '1 hour') hour
        cross join subscription s cross join meter m
        left join delivery d on d.subscription_id = s.id and hour >= d.window_start and hour < d.window_end
        order by hour, s.resource_id, m.id;
    insert into usage_sum (resource_id, meter_id, month, quantity, records, first_hour, last_hour, changes)
        select r.id, m.id, '2026-01-01', 480, 480, '2026-01-01', '2026-01-20T23:00:00Z', 1 from resource r, meter m;
    analyze;";

/// Over a single connection, whose counters are told at once.
async fn service() -> Service {
    let mut service = Service::start().await;
    sqlx::raw_sql(FILL).execute(service.pool()).await.unwrap();
    let pool = db::connect(service.database.options.clone(), 1).await.unwrap();
    let state = &mut service.state;
    (state.pool, state.pushes, state.documents.pool) = (pool.clone(), pool.clone(), pool);
    service.router = web::router(service.state.clone());
    service
}

/// Rows and entries of the ledger and its indexes that were read so far.
async fn read_so_far(pool: &PgPool) -> i64 {
    sqlx::query("select pg_stat_force_next_flush()")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query_scalar(
        "select ((select sum(seq_tup_read) from pg_stat_user_tables where relname like 'usage\\_record%')
              + (select sum(idx_tup_read) from pg_stat_user_indexes where relname like 'usage\\_record%'))::bigint",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Every list and every sum that is asked for without naming one thing.
async fn lists(service: &Service) -> Vec<String> {
    let description = service.get(&service.staff, "/api/schema/?format=json").await.json();
    let paths = description["paths"].as_object().unwrap();
    let of_all = |(path, item): (&String, &serde_json::Value)| {
        (item.get("get").is_some() && !path.contains('{')).then(|| path.clone())
    };
    paths.iter().filter_map(of_all).collect()
}

#[tokio::test]
async fn no_list_reads_the_ledger_without_a_bound() {
    let service = service().await;
    let pool = service.state.pool.clone();
    let lists = lists(&service).await;
    assert!(lists.len() > 20, "{lists:?}");
    let mut unbounded = BTreeMap::new();
    for path in lists {
        // Of the states, those that few records are in.
        for query in ["", "?page=last", "?page_size=1", "?state=refused", "?state=superseded"] {
            let before = read_so_far(&pool).await;
            let answer = service.get(&service.staff, &format!("{path}{query}")).await;
            assert!(answer.status.as_u16() < 500, "{path}{query}: {}", answer.shown());
            let read = read_so_far(&pool).await - before;
            if read > BOUND {
                unbounded.insert(format!("{path}{query}"), read);
            }
        }
    }
    assert!(unbounded.is_empty(), "of {LEDGER} records: {unbounded:#?}");
}
