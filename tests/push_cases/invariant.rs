//! Whatever is pushed, corrected, repeated and delivered in whatever order: what was sent and what will be sent add up
//! to the latest quantity of each record.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::world::{deliver, push, register, service_with_vm};
use crate::support::web::Service;

#[derive(Clone, Debug)]
enum Step {
    /// Records of (hour, quantity in quarters, correction).
    Push(Vec<(u8, u8, bool)>),
    /// The push before, once more.
    Replay,
    Deliver,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let record = (0u8..3, 0u8..5, proptest::bool::weighted(0.7));
    let step = prop_oneof![
        3 => proptest::collection::vec(record, 1..4).prop_map(Step::Push),
        1 => Just(Step::Replay),
        2 => Just(Step::Deliver),
    ];
    proptest::collection::vec(step, 1..10)
}

/// What a client may rely on: the latest quantity that was accepted or corrected, per hour.
fn remember(known: &mut [Option<Decimal>; 3], records: &[(u8, u8, bool)], answer: &Value) {
    for ((hour, quarters, _), result) in records.iter().zip(answer["results"].as_array().unwrap()) {
        if ["accepted", "corrected"].contains(&result["status"].as_str().unwrap()) {
            known[usize::from(*hour)] = Some(quantity(*quarters));
        }
    }
}

fn quantity(quarters: u8) -> Decimal {
    Decimal::new(i64::from(quarters) * 25, 2)
}

async fn run(service: &Service, steps: &[Step]) -> ([Option<Decimal>; 3], [Option<Decimal>; 3]) {
    let resource = Uuid::new_v4().simple().to_string();
    register(service, &resource).await;
    let (mut known, mut last) = ([None; 3], Vec::new());
    for step in steps {
        match step {
            Step::Push(records) => last.clone_from(records),
            Step::Replay => {}
            Step::Deliver => {
                deliver(service).await;
                continue;
            }
        }
        let records = last.iter().map(|(hour, quarters, correction)| {
            json!({"resource": resource, "meter": "cpu", "hour": format!("2026-01-01T{hour:02}:00:00Z"),
                   "quantity": quantity(*quarters).to_string(), "correction": correction})
        });
        let answer = push(service, records.collect::<Vec<_>>()).await;
        remember(&mut known, &last, &answer.json());
    }
    (known, told(service, &resource).await)
}

/// Per hour, what Kill Bill was told and will be told.
async fn told(service: &Service, resource: &str) -> [Option<Decimal>; 3] {
    let mut told = [None; 3];
    for (hour, sum) in told.iter_mut().enumerate() {
        *sum = sqlx::query_scalar(
            "select sum(delta) from usage_record u join resource r on r.id = u.resource_id
             where r.uuid = $1 and u.hour = '2026-01-01T00:00Z'::timestamptz + make_interval(hours => $2)
               and (u.delivery_id is not null or not u.superseded)",
        )
        .bind(resource.parse::<Uuid>().unwrap())
        .bind(i32::try_from(hour).unwrap())
        .fetch_one(service.pool())
        .await
        .unwrap();
    }
    told
}

#[test]
fn what_was_and_will_be_sent_is_the_latest_quantity() {
    let runtime = Runtime::new().unwrap();
    let service = runtime.block_on(service_with_vm());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&steps(), |steps| {
            let (known, told) = runtime.block_on(run(&service, &steps));
            prop_assert_eq!(known, told);
            Ok(())
        })
        .unwrap();
}
