//! Invoices list the tracking ids under which a lost ledger sent what was found again: with them the records stand behind
//! the lines that charge for them, like all others.

use sqlx::PgPool;

use super::split::{Unnamed, rows, split};
use crate::db::Tx;
use crate::db::invoices::{attach, check_again};
use crate::domain::recover::{begins, sent_as};

/// Names recovered deliveries of the invoice's customer after the tracking ids on the invoice; returns how many.
///
/// # Errors
/// When the database fails; nothing is written then.
pub async fn learn(pool: &PgPool, invoice_id: i64) -> sqlx::Result<u64> {
    if unnamed(&mut pool.begin().await?, invoice_id).await?.is_empty() {
        return Ok(0);
    }
    let mut tx = pool.begin().await?;
    let ids: Vec<String> =
        sqlx::query_scalar("select tracking_id from invoice_tracking where invoice_id = $1 order by 1")
            .bind(invoice_id)
            .fetch_all(&mut *tx)
            .await?;
    let mut learned = 0;
    for id in &ids {
        learned += by_content(&mut tx, invoice_id, id).await?;
    }
    learned += by_time(&mut tx, invoice_id).await?;
    if learned > 0 {
        let void = is_void(&mut tx, invoice_id).await?;
        attach(&mut tx, invoice_id, void).await?;
        name_items(&mut tx, invoice_id).await?;
        check_again(&mut tx, invoice_id).await?;
    }
    tx.commit().await?;
    Ok(learned)
}

async fn unnamed(tx: &mut Tx, invoice_id: i64) -> sqlx::Result<Vec<Unnamed>> {
    sqlx::query_as(
        "select d.id, d.subscription_id, s.external_key, d.window_start, d.window_end from delivery d
         join subscription s on s.id = d.subscription_id
         join resource r on r.id = s.resource_id
         join invoice i on i.id = $1 and i.customer_id = r.customer_id
         where d.recovered_at is not null and d.tracking_id like 'recovered:%' order by d.id",
    )
    .bind(invoice_id)
    .fetch_all(&mut **tx)
    .await
}

/// The same name means the same content.
async fn by_content(tx: &mut Tx, invoice_id: i64, id: &str) -> sqlx::Result<u64> {
    let Some((first, _)) = begins(id) else {
        return Ok(0);
    };
    let mut learned = 0;
    for delivery in unnamed(tx, invoice_id).await? {
        let possible = delivery.window_start <= first && first < delivery.window_end;
        if !possible || is_taken(tx, delivery.subscription_id, id).await? {
            continue;
        }
        let rows = rows(tx, delivery.id).await?;
        if let Some(found) = sent_as(id, &delivery.external_key, &rows) {
            let found: Vec<_> = found.into_iter().cloned().collect();
            split(tx, &delivery, id, &found, found.len() == rows.len()).await?;
            learned += 1;
        }
    }
    Ok(learned)
}

async fn is_taken(tx: &mut Tx, subscription_id: i64, id: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from delivery where subscription_id = $1 and tracking_id = $2)")
        .bind(subscription_id)
        .bind(id)
        .fetch_one(&mut **tx)
        .await
}

/// What was pushed again in another way (a correction at once instead of later) has another content. Where all of a
/// subscription's hours agree with Kill Bill, an id of ours that nobody knows and that begins in its hours is its.
async fn by_time(tx: &mut Tx, invoice_id: i64) -> sqlx::Result<u64> {
    let mut learned = 0;
    for delivery in unnamed(tx, invoice_id).await? {
        for id in unknown_ids(tx, invoice_id, &delivery).await? {
            let Some((first, _)) = begins(&id) else { continue };
            if first < delivery.window_start || first >= delivery.window_end {
                continue;
            }
            let renamed =
                sqlx::query("update delivery set tracking_id = $2 where id = $1 and tracking_id like 'recovered:%'")
                    .bind(delivery.id)
                    .bind(&id)
                    .execute(&mut **tx)
                    .await?;
            if renamed.rows_affected() == 0 {
                let alias =
                    "insert into delivery_alias (delivery_id, tracking_id) values ($1, $2) on conflict do nothing";
                sqlx::query(alias)
                    .bind(delivery.id)
                    .bind(&id)
                    .execute(&mut **tx)
                    .await?;
            }
            learned += 1;
        }
    }
    Ok(learned)
}

async fn unknown_ids(tx: &mut Tx, invoice_id: i64, delivery: &Unnamed) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select t.tracking_id from invoice_tracking t
         where t.invoice_id = $1 and not exists (select from delivery d where d.tracking_id = t.tracking_id)
           and not exists (select from delivery_alias a where a.tracking_id = t.tracking_id)
           and not exists (select from lane_doubt b where b.subscription_id = $2 and b.first_month is not null)
         order by 1",
    )
    .bind(invoice_id)
    .bind(delivery.subscription_id)
    .fetch_all(&mut **tx)
    .await
}

async fn is_void(tx: &mut Tx, invoice_id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar("select status = 'VOID' from invoice where id = $1")
        .bind(invoice_id)
        .fetch_one(&mut **tx)
        .await
}

/// Lines that were mirrored before their subscription was known again find their resource and its names.
async fn name_items(tx: &mut Tx, invoice_id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "update invoice_item x set resource_id = r.id, resource_name = r.name, project_name = r.project_name,
                project_uuid = r.project_uuid, service_name = r.service_name,
                meter = coalesce(x.meter, (select min(m.name) from route o join meter m on m.id = o.meter_id
                                           where o.resource_id = r.id and o.unit = x.unit and o.plan = x.plan))
         from subscription s join resource r on r.id = s.resource_id
         where x.invoice_id = $1 and x.resource_id is null and s.killbill_id = x.subscription_killbill_id",
    )
    .bind(invoice_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
