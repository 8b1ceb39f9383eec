//! Whatever is pushed, corrected and registered in whatever order, with passes in between: the kept sums are the sums of
//! the ledger, and the estimates are those that a rebuild from nothing makes.

use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::world::World;

#[derive(Clone, Debug)]
enum Step {
    /// Pushes from an hour on; what is there already with another quantity is corrected.
    Push {
        machine: usize,
        meter: &'static str,
        hour: u32,
        hours: i64,
        quantity: Decimal,
    },
    Register(usize),
    Pass,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let push = (
        0..3usize,
        prop::sample::select(vec!["cpu", "disk", "licence"]),
        0..60u32,
        1..30i64,
        0..5000u32,
    )
        .prop_map(|(machine, meter, hour, hours, quantity)| Step::Push {
            machine,
            meter,
            hour,
            hours,
            quantity: Decimal::new(quantity.into(), 2),
        });
    let step = prop_oneof![6 => push, 1 => (0..3usize).prop_map(Step::Register), 2 => Just(Step::Pass)];
    prop::collection::vec(step, 1..25)
}

async fn run(world: &World, steps: &[Step], machines: &[Uuid; 3]) {
    for step in steps {
        match step {
            Step::Push {
                machine,
                meter,
                hour,
                hours,
                quantity,
            } => {
                // Around the turn of a month, so that pushes fall into two.
                let from = chrono::DateTime::parse_from_rfc3339("2026-02-27T00:00:00Z").unwrap()
                    + chrono::TimeDelta::hours((*hour).into());
                world
                    .push(machines[*machine], meter, &from.to_rfc3339(), *hours, *quantity)
                    .await;
            }
            Step::Register(machine) => world.register(machines[*machine], &format!("vm-{machine}")).await,
            Step::Pass => {
                world.estimate().await;
            }
        }
    }
    world.estimate().await;
}

/// Every sum that is not what the ledger says; hours far from the clocks are in none.
async fn wrong_sums(world: &World) -> i64 {
    sqlx::query_scalar(
        "with raw as (
             select resource_id, meter_id, date_trunc('month', hour)::date as month, sum(quantity) as quantity,
                    count(*)::integer as records, min(hour) as first_hour, max(hour) as last_hour,
                    sum(revision - 1)::integer as replaced
             from usage_record where not superseded and coalesce(hold, '') not in ('ahead', 'too-old') group by 1, 2, 3
         )
         select count(*) from raw full join usage_sum s using (resource_id, meter_id, month)
         where (raw.quantity, raw.records, raw.first_hour, raw.last_hour, raw.replaced)
            is distinct from (s.quantity, s.records, s.first_hour, s.last_hour, s.replaced)",
    )
    .fetch_one(world.service.pool())
    .await
    .unwrap()
}

async fn everything(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws(' ', uuid, month, scope_type, scope_name, total, consumed, unrated, details) from price_estimate order by 1",
    )
    .fetch_all(world.service.pool())
    .await
    .unwrap()
}

async fn from_nothing(world: &World) -> Vec<String> {
    for table in ["price_estimate", "estimate_basis"] {
        let delete = format!("delete from {table}");
        sqlx::query(sqlx::AssertSqlSafe(delete))
            .execute(world.service.pool())
            .await
            .unwrap();
    }
    world.estimate().await;
    everything(world).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn step_by_step_is_the_same_as_from_nothing(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let machines = [(); 3].map(|()| Uuid::new_v4());
            run(&world, &steps, &machines).await;
            prop_assert_eq!(wrong_sums(&world).await, 0);
            let kept = everything(&world).await;
            prop_assert_eq!(kept, from_nothing(&world).await);
            Ok(())
        })?;
    }
}
