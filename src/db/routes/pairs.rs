//! The routes of a push's resources and meters, inside the push's own transaction.

use std::collections::{BTreeMap, HashMap};

use sqlx::PgConnection;

use super::Outcome;
use crate::domain::hold::HoldCode;
use crate::domain::route::{Hold, Routing};

/// A resource and a meter that a push has records of.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    pub resource_id: i64,
    /// `OpenStack.Instance`; none while the resource is known only from its usage.
    pub resource_type: Option<&'a str>,
    pub meter_id: i16,
    pub meter: &'a str,
}

impl Pair<'_> {
    const fn key(&self) -> (i64, i16) {
        (self.resource_id, self.meter_id)
    }
}

/// Returns the hold of each pair, in the order given; `None` = its records may go. Routes that are missing are added,
/// and those that waited for a registration which has come since are decided anew. Nearly always one query.
///
/// # Errors
/// When the database cannot be written.
pub async fn for_pairs(
    conn: &mut PgConnection,
    routing: &Routing,
    pairs: &[Pair<'_>],
) -> sqlx::Result<Vec<Option<HoldCode>>> {
    let mut known = stored(conn, pairs).await?;
    let is_open = |pair: &&Pair<'_>| match known.get(&pair.key()) {
        None => true,
        Some(hold) => *hold == Some(HoldCode::UnknownResource) && pair.resource_type.is_some(),
    };
    // Sorted and without repetition: two pushes write in the same order, so neither waits for the other in a circle.
    let open: BTreeMap<(i64, i16), &Pair<'_>> = pairs.iter().filter(is_open).map(|pair| (pair.key(), pair)).collect();
    if !open.is_empty() {
        let outcomes = decide(routing, open.values().copied());
        add(conn, &open, &outcomes).await?;
        known.extend(open.into_keys().zip(outcomes.iter().map(|outcome| outcome.hold)));
    }
    Ok(pairs
        .iter()
        .map(|pair| known.get(&pair.key()).copied().flatten())
        .collect())
}

/// A push has thousands of resources and few kinds of them: each kind is decided once.
fn decide<'a>(routing: &Routing, pairs: impl Iterator<Item = &'a Pair<'a>>) -> Vec<Outcome> {
    let mut kinds: HashMap<(i16, Option<&str>), Outcome> = HashMap::new();
    let outcome = |pair: &Pair<'_>| match pair.resource_type {
        Some(resource_type) => routing.route(pair.meter, resource_type).into(),
        None => Err(Hold::unknown_resource()).into(),
    };
    pairs
        .map(|pair| {
            kinds
                .entry((pair.meter_id, pair.resource_type))
                .or_insert_with(|| outcome(pair))
                .clone()
        })
        .collect()
}

async fn stored(conn: &mut PgConnection, pairs: &[Pair<'_>]) -> sqlx::Result<HashMap<(i64, i16), Option<HoldCode>>> {
    let rows: Vec<(i64, i16, Option<HoldCode>)> = sqlx::query_as(
        "select route.resource_id, route.meter_id, route.hold
         from unnest($1::bigint[], $2::smallint[]) as pair (resource_id, meter_id) join route using (resource_id, meter_id)",
    )
    .bind(pairs.iter().map(|pair| pair.resource_id).collect::<Vec<_>>())
    .bind(pairs.iter().map(|pair| pair.meter_id).collect::<Vec<_>>())
    .fetch_all(conn)
    .await?;
    let pair = |(resource, meter, hold)| ((resource, meter), hold);
    Ok(rows.into_iter().map(pair).collect())
}

async fn add(
    conn: &mut PgConnection,
    open: &BTreeMap<(i64, i16), &Pair<'_>>,
    outcomes: &[Outcome],
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into route (resource_id, meter_id, plan, unit, factor, recurring, hold, hold_detail, way)
         select * from unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::numeric[], $6::boolean[],
                              $7::text[], $8::text[], $9::text[])
         on conflict (resource_id, meter_id) do update
         set plan = excluded.plan, unit = excluded.unit, factor = excluded.factor, recurring = excluded.recurring,
             hold = excluded.hold, hold_detail = excluded.hold_detail, way = excluded.way
         where route.hold = 'unknown-resource'",
    )
    .bind(open.keys().map(|(resource, _)| *resource).collect::<Vec<_>>())
    .bind(open.keys().map(|(_, meter)| *meter).collect::<Vec<_>>())
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
    .bind(outcomes.iter().map(|outcome| outcome.way).collect::<Vec<_>>())
    .execute(conn)
    .await
    .map(drop)
}
