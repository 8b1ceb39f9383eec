//! The kept sums of months in which hours were held for their distance, or freed: counted anew, which is rare.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::{believed, near};
use crate::db::usage::NaturalKey;
use crate::domain::month::Month;

/// A record whose hold was set or lifted.
pub(super) type Touched = NaturalKey;

/// The rows are locked first, in the order of pushes: a push that is adding to one of them is through by then, and one that
/// comes later adds to what is counted here.
pub(super) async fn recount<'t>(tx: &mut PgConnection, touched: impl Iterator<Item = &'t Touched>) -> sqlx::Result<()> {
    let of = |(resource, meter, hour): &Touched| (Month::containing(*hour).first_day(), *resource, *meter);
    let keys: BTreeSet<(NaiveDate, i64, i16)> = touched.map(of).collect();
    if keys.is_empty() {
        return Ok(());
    }
    for statement in [PLACES, LOCKED, COUNTED] {
        sqlx::query(statement)
            .bind(keys.iter().map(|(month, ..)| *month).collect::<Vec<_>>())
            .bind(keys.iter().map(|(_, resource, _)| *resource).collect::<Vec<_>>())
            .bind(keys.iter().map(|(.., meter)| *meter).collect::<Vec<_>>())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

const PLACES: &str = "
    insert into usage_sum (resource_id, meter_id, month, quantity, records, first_hour, last_hour, changes)
    select r, m, d, 0, 0, d, d, 0 from unnest($1::date[], $2::bigint[], $3::smallint[]) as k (d, r, m) order by d, r, m
    on conflict (month, resource_id, meter_id) do nothing";

const LOCKED: &str = "
    select from usage_sum s join unnest($1::date[], $2::bigint[], $3::smallint[]) as k (d, r, m)
      on s.month = k.d and s.resource_id = k.r and s.meter_id = k.m
    order by s.month, s.resource_id, s.meter_id for update of s";

const COUNTED: &str = concat!(
    "
    update usage_sum s
    set quantity = coalesce(x.quantity, 0), records = x.records, first_hour = coalesce(x.first, s.first_hour),
        last_hour = coalesce(x.last, s.last_hour), changes = s.changes + 1, replaced = x.replaced
    from unnest($1::date[], $2::bigint[], $3::smallint[]) as k (d, r, m)
    cross join lateral (
        select sum(u.quantity) filter (where b) as quantity, count(*) filter (where b) as records,
               min(u.hour) filter (where b) as first, max(u.hour) filter (where b) as last,
               count(*) filter (where u.superseded and ",
    near!(),
    ") as replaced
        from usage_record u cross join lateral (select ",
    believed!(),
    " as b) believed
        where u.resource_id = k.r and u.meter_id = k.m and u.hour >= k.d::timestamp at time zone 'UTC'
          and u.hour < (k.d + interval '1 month') at time zone 'UTC'
    ) x
    where s.month = k.d and s.resource_id = k.r and s.meter_id = k.m"
);
