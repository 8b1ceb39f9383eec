//! How long it takes with ten thousand resources. Ignored: it takes a minute to set up and prints what it measured.

use std::time::Instant;

use crate::world::World;

async fn ten_thousand(world: &World) {
    let statements = [
        "insert into customer (uuid, name, created_at, updated_at) select gen_random_uuid(), 'Customer ' || n, now(), now() from generate_series(1, 200) n",
        "insert into resource (uuid, customer_id, name, type, project_uuid, project_name, created_at, updated_at)
         select gen_random_uuid(), c.id, 'vm-' || n, 'OpenStack.Instance', md5(c.id::text)::uuid, 'Project', now(), now()
         from customer c, generate_series(1, 50) n",
        "insert into route (resource_id, meter_id, plan, unit, factor)
         select r.id, m.id, 'openstack-instance', case m.name when 'cpu' then 'cpu' when 'memory' then 'ram_gb' else 'storage_gb' end, 1
         from resource r, meter m where m.name in ('cpu', 'memory', 'disk') on conflict do nothing",
        "insert into usage_sum select r.id, m.id, month, 500, 200, month, month + interval '200 hours', 1
         from resource r, meter m, unnest(array['2025-12-01', '2026-01-01', '2026-02-01', '2026-03-01']::date[]) month
         where m.name in ('cpu', 'memory', 'disk')",
    ];
    for statement in statements {
        sqlx::query(statement).execute(world.service.pool()).await.unwrap();
    }
    sqlx::raw_sql("analyze").execute(world.service.pool()).await.unwrap();
}

#[tokio::test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "what it measures")]
async fn ten_thousand_resources_are_listed_from_kept_sums() {
    let world = World::new().await;
    ten_thousand(&world).await;
    let begin = Instant::now();
    let report = world.estimate().await;
    println!("first pass: {:?}, {report:?}", begin.elapsed());
    let begin = Instant::now();
    let report = world.estimate().await;
    println!("nothing changed: {:?}, {report:?}", begin.elapsed());
    sqlx::query("update usage_sum set changes = 2, quantity = 501 where month = '2026-03-01'")
        .execute(world.service.pool())
        .await
        .unwrap();
    let begin = Instant::now();
    let report = world.estimate().await;
    println!("one month changed: {:?}, {report:?}", begin.elapsed());
    for query in [
        "page_size=1000&date=2026.03&scope_type=resource",
        "page_size=1000&page=10&date=2026.03&scope_type=resource",
        "page_size=10",
    ] {
        let begin = Instant::now();
        let answer = world
            .service
            .get(&world.service.staff, &format!("/api/price-estimates/?{query}"))
            .await;
        println!(
            "{query}: {:?}, {} of {}",
            begin.elapsed(),
            answer.body.len(),
            answer.header("x-result-count")
        );
    }
}

/// What the kept sums cost a push: ten thousand records, each of its own resource and meter, and the sums' part of it.
#[tokio::test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "what it measures")]
async fn a_push_pays_little_for_the_kept_sums() {
    let world = World::new().await;
    ten_thousand(&world).await;
    let resources: Vec<uuid::Uuid> = sqlx::query_scalar("select uuid from resource order by id limit 3334")
        .fetch_all(world.service.pool())
        .await
        .unwrap();
    for hour in 10..14 {
        let records: Vec<serde_json::Value> = resources
            .iter()
            .flat_map(|resource| ["cpu", "memory", "disk"].map(|meter| (resource, meter)))
            .take(10_000)
            .map(|(resource, meter)| serde_json::json!({"resource": resource, "meter": meter, "hour": format!("2026-03-01T{hour}:00:00Z"), "quantity": "4"}))
            .collect();
        let body = serde_json::json!({ "records": records }).to_string();
        let begin = Instant::now();
        let answer = world
            .service
            .call(
                "POST",
                &world.service.pusher,
                "/api/usage-records/?results=problems",
                body,
            )
            .await;
        println!("push of 10,000: {:?}, {}", begin.elapsed(), answer.status);
        let begin = Instant::now();
        sqlx::query(
            "insert into usage_sum as s select resource_id, meter_id, month, 1, 0, first_hour, last_hour, 1 from usage_sum
             where month = '2026-03-01' order by 3, 1, 2 limit 10000
             on conflict (month, resource_id, meter_id) do update set quantity = s.quantity + excluded.quantity, changes = s.changes + 1",
        )
        .execute(world.service.pool())
        .await
        .unwrap();
        println!("as many sums alone: {:?}", begin.elapsed());
    }
}
