//! The newest revision of an hour tells what deliveries do not carry of it: where an older revision turns out to be there, or
//! to be on no road any more, its difference changes.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::all_rows;

/// A meter's hour, and by how much more its newest revision has to tell.
pub(in crate::db) type More = (i16, DateTime<Utc>, Decimal);

/// Adds to what the newest revisions of these hours have to tell.
///
/// # Errors
/// When the database fails; `RowNotFound` when one of them was sent or settled in the meantime.
pub(in crate::db) async fn tell_more(tx: &mut PgConnection, resource_id: i64, hours: &[More]) -> sqlx::Result<()> {
    let result = sqlx::query(
        "update usage_record u set delta = u.delta + k.d
         from unnest($2::smallint[], $3::timestamptz[], $4::numeric[]) as k (m, h, d)
         where u.resource_id = $1 and u.meter_id = k.m and u.hour = k.h and not u.superseded
           and u.delivery_id is null and u.settlement_line_id is null",
    )
    .bind(resource_id)
    .bind(hours.iter().map(|(meter, ..)| *meter).collect::<Vec<_>>())
    .bind(hours.iter().map(|(_, hour, _)| *hour).collect::<Vec<_>>())
    .bind(hours.iter().map(|(.., more)| *more).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    all_rows(&result, hours.len())
}
