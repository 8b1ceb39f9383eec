//! Writing the estimates of customers' months: what changed is written, what is no more is removed, and the basis is
//! noted in the same transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::Due;
use crate::db::Tx;
use crate::domain::estimate::{EstimateSource, Row, ScopeKind};
use crate::domain::money;
use crate::domain::month::Month;

/// Under this namespace a scope's month has the same uuid however often it is estimated.
const NAMESPACE: Uuid = Uuid::from_u128(0x2f0c_63f9_1a0e_5b0f_9a63_6b1c_8a1e_44d2);

/// The estimates of one customer's month.
#[derive(Clone, Debug)]
pub struct Fresh {
    pub customer_id: i64,
    pub rows: Vec<Row>,
}

#[derive(Serialize)]
struct Line<'a> {
    uuid: Uuid,
    customer_id: i64,
    scope_type: ScopeKind,
    scope_uuid: Uuid,
    scope_name: &'a str,
    resource_type: &'a str,
    currency: &'a str,
    total: Decimal,
    consumed: Decimal,
    unrated: i64,
    details: BTreeMap<&'a str, Decimal>,
    source: EstimateSource,
}

/// Replaces the automatic estimates of these customers' month; how many rows were written.
///
/// # Errors
/// When the database fails; nothing is written then.
pub async fn store(pool: &PgPool, month: Month, due: &[Due], fresh: &[Fresh], now: DateTime<Utc>) -> sqlx::Result<u64> {
    let lines: Vec<Line<'_>> = fresh.iter().flat_map(|one| lines(one, month)).collect();
    let customers: Vec<i64> = due.iter().map(|due| due.customer_id).collect();
    let bases: Vec<&str> = due.iter().map(|due| due.basis.as_str()).collect();
    let uuids: Vec<Uuid> = lines.iter().map(|line| line.uuid).collect();
    let mut tx = pool.begin().await?;
    // First, so that whoever sets a manual estimate of these months meanwhile waits, or is waited for.
    note_basis(&mut tx, month, (&customers, &bases)).await?;
    remove_others(&mut tx, month, (&customers, &uuids)).await?;
    let written = write(&mut tx, month, &lines, now).await?;
    renew_manual(&mut tx, month, &customers).await?;
    tx.commit().await?;
    Ok(written)
}

async fn note_basis(tx: &mut Tx, month: Month, (customers, bases): (&[i64], &[&str])) -> sqlx::Result<()> {
    sqlx::query(
        "insert into estimate_basis (customer_id, month, basis)
         select c, $2, b from unnest($1::bigint[], $3::text[]) as fresh (c, b) order by c
         on conflict (customer_id, month) do update set basis = excluded.basis",
    )
    .bind(customers)
    .bind(month.first_day())
    .bind(bases)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes away what is not estimated any more.
async fn remove_others(tx: &mut Tx, month: Month, (customers, uuids): (&[i64], &[Uuid])) -> sqlx::Result<()> {
    sqlx::query(
        "delete from price_estimate
          where customer_id = any($1) and month = $2 and not is_manually_input
            and uuid not in (select unnest($3::uuid[]))",
    )
    .bind(customers)
    .bind(month.first_day())
    .bind(uuids)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn write(tx: &mut Tx, month: Month, lines: &[Line<'_>], now: DateTime<Utc>) -> sqlx::Result<u64> {
    let written = sqlx::query(
        "insert into price_estimate as e (uuid, customer_id, month, scope_type, scope_uuid, scope_name, resource_type, currency,
                                          total, consumed, unrated, details, source, is_visible, computed_at)
         select uuid, customer_id, $2, scope_type, scope_uuid, scope_name, resource_type, currency, total, consumed, unrated,
                details, source,
                (scope_uuid, customer_id, scope_type) not in (select m.scope_uuid, m.customer_id, m.scope_type
                                                              from price_estimate m where m.is_manually_input and m.month = $2),
                $3
         from jsonb_to_recordset($1) as
              fresh (uuid uuid, customer_id bigint, scope_type text, scope_uuid uuid, scope_name text, resource_type text,
               currency text, total numeric, consumed numeric, unrated bigint, details jsonb, source text)
         order by uuid
         on conflict on constraint price_estimate_scope_key do update
         set uuid = excluded.uuid, is_visible = excluded.is_visible, scope_name = excluded.scope_name,
             resource_type = excluded.resource_type, total = excluded.total, consumed = excluded.consumed,
             unrated = excluded.unrated, details = excluded.details, source = excluded.source, computed_at = excluded.computed_at
         where (e.is_visible, e.scope_name, e.resource_type, e.total, e.consumed, e.unrated, e.details, e.source)
            is distinct from (excluded.is_visible, excluded.scope_name, excluded.resource_type, excluded.total,
                              excluded.consumed, excluded.unrated, excluded.details, excluded.source)",
    )
    .bind(Json(lines))
    .bind(month.first_day())
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// A manual estimate replaces what a month is to cost, not what it has cost.
async fn renew_manual(tx: &mut Tx, month: Month, customers: &[i64]) -> sqlx::Result<()> {
    sqlx::query(
        "update price_estimate m set consumed = a.consumed from price_estimate a
          where m.customer_id = any($1) and m.month = $2 and m.is_manually_input and not a.is_manually_input
            and (a.scope_uuid, a.customer_id, a.month, a.scope_type, a.currency)
                = (m.scope_uuid, m.customer_id, m.month, m.scope_type, m.currency)
            and a.consumed <> m.consumed",
    )
    .bind(customers)
    .bind(month.first_day())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn lines(fresh: &Fresh, month: Month) -> impl Iterator<Item = Line<'_>> {
    fresh.rows.iter().map(move |row| Line {
        uuid: identity(fresh.customer_id, row, month),
        customer_id: fresh.customer_id,
        scope_type: row.scope,
        scope_uuid: row.of.uuid,
        scope_name: &row.of.name,
        resource_type: &row.resource_type,
        currency: &row.currency,
        total: row.estimate.total,
        consumed: row.estimate.consumed,
        unrated: row.estimate.unrated,
        details: details(row),
        source: if row.invoiced {
            EstimateSource::Invoices
        } else {
            EstimateSource::Records
        },
    })
}

/// Amounts as clients read them.
fn details(row: &Row) -> BTreeMap<&str, Decimal> {
    let amounts = row.estimate.details.iter();
    amounts
        .map(|(label, amount)| (label.as_str(), money::with_minor_digits(*amount, &row.currency)))
        .collect()
}

fn identity(customer_id: i64, row: &Row, month: Month) -> Uuid {
    let name = format!(
        "{}\n{}\n{}\n{}\n{}",
        row.scope,
        row.of.uuid,
        customer_id,
        month.first_day(),
        row.currency
    );
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}
