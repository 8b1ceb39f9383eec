//! Deciding stored routes anew: after a price change, another configuration, or a registration.

use rust_decimal::Decimal;
use sqlx::{FromRow, PgConnection, PgPool};

use super::Outcome;
use crate::domain::hold::HoldCode;
use crate::domain::route::{Hold, Routing, Running, Way};

/// Decides every route anew and returns how many differ now. Rows that are alike are decided together: half a million take
/// about two seconds to read, and nothing is written when nothing changed.
///
/// # Errors
/// When the database cannot be written; nothing has changed then.
pub async fn refresh(pool: &PgPool, routing: &Routing) -> sqlx::Result<u64> {
    in_transaction(pool, routing, false).await
}

/// The same for the rows that wait: what a delivery pass may do before it looks for work.
///
/// # Errors
/// When the database cannot be written; nothing has changed then.
pub async fn refresh_held(pool: &PgPool, routing: &Routing) -> sqlx::Result<u64> {
    in_transaction(pool, routing, true).await
}

/// The same for one resource, in the transaction that registers or changes it.
///
/// # Errors
/// When the database cannot be written.
pub async fn refresh_resource(conn: &mut PgConnection, routing: &Routing, resource_id: i64) -> sqlx::Result<u64> {
    decide(conn, routing, Some(resource_id), false).await
}

async fn in_transaction(pool: &PgPool, routing: &Routing, held_only: bool) -> sqlx::Result<u64> {
    let mut tx = pool.begin().await?;
    let changed = decide(&mut tx, routing, None, held_only).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Rows of `route` that are alike in everything that decides them, and what they say now.
#[derive(Clone, FromRow)]
struct Kind {
    meter_id: i16,
    meter: String,
    /// None while the resource is not registered.
    resource_type: Option<String>,
    plan: Option<String>,
    unit: Option<String>,
    way: Way,
    factor: Decimal,
    recurring: bool,
    hold: Option<HoldCode>,
    hold_detail: Option<String>,
    subscribed: bool,
    priced: bool,
}

impl Kind {
    fn says(&self) -> Outcome {
        Outcome {
            plan: self.plan.clone(),
            unit: self.unit.clone(),
            way: self.way,
            factor: self.factor,
            recurring: self.recurring,
            hold: self.hold,
            hold_detail: self.hold_detail.clone(),
        }
    }

    /// It goes where it should, and something else stands in the way: `obstacles` lifts that hold, nothing else.
    fn waits_for_obstacle(&self, outcome: &Outcome) -> bool {
        self.hold.is_some_and(HoldCode::is_obstacle)
            && outcome.hold.is_none()
            && (&outcome.plan, &outcome.unit, outcome.way) == (&self.plan, &self.unit, self.way)
    }

    /// What it should say; `None` = what it says.
    fn should_say(&self, routing: &Routing) -> Option<Outcome> {
        let Some(resource_type) = &self.resource_type else {
            return Some(Err(Hold::unknown_resource()).into());
        };
        let found = match (&self.plan, &self.unit) {
            (Some(plan), Some(unit)) if self.subscribed => {
                let running = Running {
                    plan,
                    unit,
                    priced: self.priced,
                };
                routing.reroute(&self.meter, resource_type, &running)
            }
            _ => Some(routing.route(&self.meter, resource_type)),
        };
        found
            .map(Outcome::from)
            .filter(|outcome| !self.waits_for_obstacle(outcome))
    }
}

async fn decide(
    conn: &mut PgConnection,
    routing: &Routing,
    resource_id: Option<i64>,
    held_only: bool,
) -> sqlx::Result<u64> {
    // One at a time, or two that touch the same rows in another order would lock each other out.
    sqlx::query("select pg_advisory_xact_lock(hashtext('route'))")
        .execute(&mut *conn)
        .await?;
    let mut wrong: Vec<(Kind, Outcome)> = Vec::new();
    for kind in kinds(conn, resource_id, held_only).await? {
        if let Some(outcome) = kind.should_say(routing)
            && outcome != kind.says()
        {
            wrong.push((kind, outcome));
        }
    }
    if wrong.is_empty() {
        return Ok(0);
    }
    correct(conn, &wrong, resource_id, held_only).await
}

// The rows in question with what decides them. Not kept as a prepared plan (see `persistent` below): with the values at
// hand PostgreSQL leaves out the conditions that do not apply and finds the index that fits.
macro_rules! rows {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from route
              join resource on resource.id = route.resource_id
              join meter on meter.id = route.meter_id
              left join subscription
                on subscription.resource_id = route.resource_id and subscription.plan = route.plan and subscription.replaced_at is null ",
            $rest,
            " where ($1::bigint is null or route.resource_id = $1) and (not $2 or route.hold is not null)"
        )
    };
}

async fn kinds(conn: &mut PgConnection, resource_id: Option<i64>, held_only: bool) -> sqlx::Result<Vec<Kind>> {
    sqlx::query_as(rows!(
        "distinct route.meter_id, meter.name as meter,
         case when resource.customer_id is not null then resource.type end as resource_type,
         route.plan, route.unit, route.way, route.factor, route.recurring, route.hold, route.hold_detail,
         subscription.id is not null as subscribed,
         coalesce(route.unit = any(subscription.units), false) as priced",
        ""
    ))
    .bind(resource_id)
    .bind(held_only)
    .persistent(false)
    .fetch_all(conn)
    .await
}

const CORRECT: &str = concat!(
    "with change as materialized (",
    rows!(
        "route.resource_id, route.meter_id, wanted.*",
        "join unnest($3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::boolean[],
                     $10::text[], $11::text[], $12::numeric[], $13::boolean[], $14::text[], $15::text[], $16::text[],
                     $17::text[])
           as wanted (of_meter, resource_type, old_plan, old_unit, old_hold, subscribed, priced,
                      plan, unit, factor, recurring, hold, hold_detail, old_way, way)
           on wanted.of_meter = route.meter_id
          and wanted.resource_type is not distinct from
              case when resource.customer_id is not null then resource.type end
          and wanted.old_plan is not distinct from route.plan
          and wanted.old_unit is not distinct from route.unit
          and wanted.old_hold is not distinct from route.hold
          and wanted.old_way = route.way
          and wanted.subscribed = (subscription.id is not null)
          and wanted.priced = coalesce(route.unit = any(subscription.units), false)"
    ),
    ")
     update route
     set plan = change.plan, unit = change.unit, factor = change.factor, recurring = change.recurring,
         hold = change.hold, hold_detail = change.hold_detail, way = change.way
     from change
     where route.resource_id = change.resource_id and route.meter_id = change.meter_id
       and (route.plan, route.unit, route.factor, route.recurring, route.hold, route.hold_detail, route.way) is distinct from
           (change.plan, change.unit, change.factor, change.recurring, change.hold, change.hold_detail, change.way)"
);

/// Updates the rows of each kind; a row that changed meanwhile is of no kind and waits for the next time.
async fn correct(
    conn: &mut PgConnection,
    wrong: &[(Kind, Outcome)],
    resource_id: Option<i64>,
    held_only: bool,
) -> sqlx::Result<u64> {
    let (kinds, outcomes): (Vec<&Kind>, Vec<&Outcome>) = wrong.iter().map(|(kind, outcome)| (kind, outcome)).unzip();
    let done = sqlx::query(CORRECT)
        .bind(resource_id)
        .bind(held_only)
        .bind(kinds.iter().map(|kind| kind.meter_id).collect::<Vec<_>>())
        .bind(
            kinds
                .iter()
                .map(|kind| kind.resource_type.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(kinds.iter().map(|kind| kind.plan.as_deref()).collect::<Vec<_>>())
        .bind(kinds.iter().map(|kind| kind.unit.as_deref()).collect::<Vec<_>>())
        .bind(kinds.iter().map(|kind| kind.hold).collect::<Vec<_>>())
        .bind(kinds.iter().map(|kind| kind.subscribed).collect::<Vec<_>>())
        .bind(kinds.iter().map(|kind| kind.priced).collect::<Vec<_>>())
        .bind(
            outcomes
                .iter()
                .map(|outcome| outcome.plan.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(
            outcomes
                .iter()
                .map(|outcome| outcome.unit.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(outcomes.iter().map(|outcome| outcome.factor).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|outcome| outcome.recurring).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|outcome| outcome.hold).collect::<Vec<_>>())
        .bind(
            outcomes
                .iter()
                .map(|outcome| outcome.hold_detail.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(kinds.iter().map(|kind| kind.way).collect::<Vec<_>>())
        .bind(outcomes.iter().map(|outcome| outcome.way).collect::<Vec<_>>())
        .persistent(false)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
