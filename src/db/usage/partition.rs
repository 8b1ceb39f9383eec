//! Monthly partitions of the ledger, made when a month is first pushed.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, PgPool};

use crate::domain::month::Month;

/// Makes the partitions of `months` that are not there yet.
///
/// The table is made on its own and attached afterwards: attaching takes a lock that lets reads and writes of the
/// other months go on, where `create table … partition of` would stop them all. Only what lies far from the clocks is shut
/// for that moment; it hands over the rows of the month.
///
/// # Errors
/// When the database fails.
pub async fn ensure_months(pool: &PgPool, months: &BTreeSet<Month>) -> sqlx::Result<()> {
    let names: Vec<String> = months.iter().map(|month| name(*month)).collect();
    let present: Vec<String> =
        sqlx::query_scalar("select relname::text from pg_class where relname = any($1) and relispartition")
            .bind(&names)
            .fetch_all(pool)
            .await?;
    for month in months.iter().filter(|month| !present.contains(&name(**month))) {
        create(pool, *month).await?;
    }
    Ok(())
}

async fn create(pool: &PgPool, month: Month) -> sqlx::Result<()> {
    let (table, from, until) = (name(month), month.first_day(), month.next().first_day());
    let mut tx = pool.begin().await?;
    // Two replicas may meet the first record of a month at the same time.
    sqlx::query("select pg_advisory_xact_lock(hashtext('usage_record partitions'))")
        .execute(&mut *tx)
        .await?;
    let made: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(&table)
        .fetch_one(&mut *tx)
        .await?;
    if !made {
        // Nothing but a date's digits goes into these statements.
        let create = format!("create table {table} (like usage_record including defaults including constraints)");
        let hand_over = format!(
            "with moved as (delete from usage_record_far where hour >= '{from}T00:00:00Z' and hour < '{until}T00:00:00Z' returning *)
             insert into {table} select * from moved"
        );
        let attach = format!(
            "alter table usage_record attach partition {table} for values from ('{from}T00:00:00Z') to ('{until}T00:00:00Z')"
        );
        // Attaching looks through it; locked first, so that nobody gets in between.
        let shut = "lock table usage_record_far in access exclusive mode".to_owned();
        for statement in [create, shut, hand_over, attach] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
        }
    }
    tx.commit().await
}

fn name(month: Month) -> String {
    format!("usage_record_{}", month.first_day().format("%Y_%m"))
}
