//! Writes one invoice as Kill Bill has it now: one transaction, only when something changed, never from a stale answer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use super::{InvoiceRecord, PaymentRecord, Reader, settled};
use crate::db::Tx;
use crate::domain::invoice::InvoiceStatus;

/// What storing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    New,
    Changed,
    Unchanged,
    /// A later reading has been stored meanwhile; nothing was written.
    Stale,
    /// The answer has no items for an invoice that had some: cut off, not believed, nothing was written.
    Incomplete,
}

/// What is mirrored of an invoice already.
#[derive(Clone, Debug)]
pub struct Known {
    pub content_hash: Vec<u8>,
    /// Of the invoice itself, without its tags and payments.
    pub figures_hash: Vec<u8>,
}

/// The customer's mirrored invoices by Kill Bill's id.
///
/// # Errors
/// When the database fails.
pub async fn known(pool: &PgPool, customer_id: i64) -> sqlx::Result<HashMap<Uuid, Known>> {
    let rows: Vec<(Uuid, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "select killbill_id, content_hash, coalesce(figures_hash, content_hash) from invoice where customer_id = $1",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await?;
    let known = |(id, content_hash, figures_hash)| {
        let known = Known {
            content_hash,
            figures_hash,
        };
        (id, known)
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Stores an invoice that was read by a request sent at `read_at`.
///
/// # Errors
/// When the database fails; nothing is stored then.
pub async fn store(
    pool: &PgPool,
    reader: &Reader,
    record: &InvoiceRecord,
    payments: &[PaymentRecord],
    read_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Stored> {
    let mut tx = pool.begin().await?;
    if is_stale(&mut tx, reader.id, read_at).await? {
        return Ok(Stored::Stale);
    }
    let hash = record.digest(payments);
    let before: Option<(i64, Vec<u8>, bool)> = sqlx::query_as(
        "select id, content_hash, exists (select from invoice_item x where x.invoice_id = i.id)
         from invoice i where killbill_id = $1 for update",
    )
    .bind(record.killbill_id)
    .fetch_optional(&mut *tx)
    .await?;
    let outcome = match before {
        Some((_, _, true)) if record.items.is_empty() => return Ok(Stored::Incomplete),
        Some((_, before, _)) if before == hash => return Ok(Stored::Unchanged),
        Some(_) => Stored::Changed,
        None => Stored::New,
    };
    let id = put_invoice(&mut tx, reader, record, &hash, payments, now).await?;
    put_items(&mut tx, id, record, now).await?;
    settled::link(&mut tx, id, record).await?;
    put_tracking(&mut tx, id, record).await?;
    put_payments(&mut tx, id, payments).await?;
    check_again(&mut tx, id).await?;
    tx.commit().await?;
    Ok(outcome)
}

/// The customer's row is the latch: two readings are stored one after the other, and the later request wins.
async fn is_stale(tx: &mut Tx, customer_id: i64, read_at: DateTime<Utc>) -> sqlx::Result<bool> {
    let latched = sqlx::query(
        "update customer set invoices_read_at = $2
         where id = $1 and (invoices_read_at is null or invoices_read_at <= $2)",
    )
    .bind(customer_id)
    .bind(read_at)
    .execute(&mut **tx)
    .await?;
    Ok(latched.rows_affected() == 0)
}

async fn put_invoice(
    tx: &mut Tx,
    reader: &Reader,
    record: &InvoiceRecord,
    hash: &[u8],
    payments: &[PaymentRecord],
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let charged_back: Decimal = payments.iter().map(|payment| payment.charged_back).sum();
    let last = payments.iter().max_by_key(|payment| payment.paid_at);
    sqlx::query_scalar(
        "insert into invoice (uuid, killbill_id, customer_id, number, status, currency, amount, balance, credit_adj,
                              refund_adj, invoice_date, target_date, content_hash, first_seen_at, changed_at, absent_at,
                              figures_hash, written_off, charged_back, payment_failed, customer_snapshot)
         select gen_random_uuid(), $2, c.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17, $18,
                jsonb_build_object('uuid', c.uuid, 'name', c.name, 'native_name', c.native_name, 'abbreviation', c.abbreviation,
                                   'email', c.email, 'contact_details', c.contact_details, 'number', c.number,
                                   'billing', c.billing)
         from customer c where c.id = $1
         on conflict (killbill_id) do update set
             number = excluded.number, status = excluded.status, amount = excluded.amount, balance = excluded.balance,
             credit_adj = excluded.credit_adj, refund_adj = excluded.refund_adj, invoice_date = excluded.invoice_date,
             target_date = excluded.target_date, content_hash = excluded.content_hash, changed_at = excluded.changed_at,
             figures_hash = excluded.figures_hash, written_off = excluded.written_off,
             charged_back = excluded.charged_back, payment_failed = excluded.payment_failed
         returning id",
    )
    .bind(reader.id)
    .bind(record.killbill_id)
    .bind(&record.number)
    .bind(record.status)
    .bind(&record.currency)
    .bind(record.amount)
    .bind(record.balance)
    .bind(record.credit_adj)
    .bind(record.refund_adj)
    .bind(record.invoice_date)
    .bind(record.target_date)
    .bind(hash)
    .bind(now)
    .bind(reader.read_before)
    .bind(record.figures_digest())
    .bind(record.written_off)
    .bind(charged_back)
    .bind(last.is_some_and(|payment| payment.failed))
    .fetch_one(&mut **tx)
    .await
}

/// Names come from our register at first sight and stay; a subscription that was unknown then may still find its resource.
async fn put_items(tx: &mut Tx, invoice_id: i64, record: &InvoiceRecord, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, linked_item, subscription_killbill_id,
                resource_id, resource_name, project_name, project_uuid, service_name, product, plan, usage_name, name, description,
                meter, unit, start_date, end_date, currency, amount, rate, quantity, tiers, item_details)
         select gen_random_uuid(), x.killbill_id, $1, x.position, x.item_type, x.kind, x.linked_item, x.subscription,
                r.id, coalesce(r.name, ''), coalesce(r.project_name, ''), r.project_uuid, coalesce(r.service_name, ''),
                x.product, x.plan, x.usage_name, x.name, x.description,
                coalesce((select min(m.name) from route o join meter m on m.id = o.meter_id
                          where o.resource_id = r.id and o.unit = x.unit and o.plan = x.plan),
                         (select m.name from delivery d join delivery_unit u on u.delivery_id = d.id join meter m on m.id = u.meter_id
                          where d.subscription_id = s.id and u.unit = x.unit limit 1)),
                x.unit, x.start_date, x.end_date, x.currency, x.amount, x.rate, x.quantity, x.tiers, x.item_details
         from jsonb_to_recordset($2) as x(killbill_id uuid, position integer, item_type text, kind text, linked_item uuid,
                subscription uuid, product text, plan text, usage_name text, name text, description text, unit text,
                start_date date, end_date date, currency text, amount numeric, rate numeric, quantity numeric, tiers jsonb, item_details text)
         left join subscription s on s.killbill_id = x.subscription
         left join resource r on r.id = s.resource_id
         on conflict (killbill_id) do update set
             position = excluded.position, description = excluded.description, amount = excluded.amount, rate = excluded.rate,
             quantity = excluded.quantity, tiers = excluded.tiers, item_details = excluded.item_details, gone_at = null,
             resource_id = coalesce(invoice_item.resource_id, excluded.resource_id),
             resource_name = coalesce(nullif(invoice_item.resource_name, ''), excluded.resource_name),
             project_name = coalesce(nullif(invoice_item.project_name, ''), excluded.project_name),
             project_uuid = coalesce(invoice_item.project_uuid, excluded.project_uuid),
             service_name = coalesce(nullif(invoice_item.service_name, ''), excluded.service_name),
             meter = coalesce(invoice_item.meter, excluded.meter)",
    )
    .bind(invoice_id)
    .bind(Json(&record.items))
    .execute(&mut **tx)
    .await?;
    let listed: Vec<Uuid> = record.items.iter().map(|item| item.killbill_id).collect();
    sqlx::query(
        "update invoice_item set gone_at = $3 where invoice_id = $1 and gone_at is null and killbill_id <> all($2)",
    )
    .bind(invoice_id)
    .bind(&listed)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A voided invoice lists no tracking ids any more: ours stay as they were seen, but its deliveries are free for the next one.
async fn put_tracking(tx: &mut Tx, invoice_id: i64, record: &InvoiceRecord) -> sqlx::Result<()> {
    sqlx::query(
        "insert into invoice_tracking (invoice_id, tracking_id) select $1, unnest($2::text[]) on conflict do nothing",
    )
    .bind(invoice_id)
    .bind(&record.tracking_ids)
    .execute(&mut **tx)
    .await?;
    attach(tx, invoice_id, record.status == InvoiceStatus::Void).await
}

/// Ties deliveries to the first invoice that lists their tracking id, or unties them from one that was voided.
pub(in crate::db) async fn attach(tx: &mut Tx, invoice_id: i64, void: bool) -> sqlx::Result<()> {
    let attach = if void {
        "update delivery d set invoice_id = (select min(i.id) from invoice_tracking t join invoice i on i.id = t.invoice_id
                                             where t.tracking_id = d.tracking_id and i.status <> 'VOID')
         where d.invoice_id = $1"
    } else {
        // Deliveries of older versions share a tracking id with those of other customers that consumed the same.
        "update delivery d set invoice_id = $1
         from invoice_tracking t
         join invoice i on i.id = t.invoice_id
         join resource r on r.customer_id = i.customer_id
         join subscription s on s.resource_id = r.id
         where t.invoice_id = $1 and d.tracking_id = t.tracking_id and d.subscription_id = s.id
           and (d.invoice_id is null or exists (select from invoice v where v.id = d.invoice_id and v.status = 'VOID'))"
    };
    sqlx::query(attach).bind(invoice_id).execute(&mut **tx).await?;
    Ok(())
}

async fn put_payments(tx: &mut Tx, invoice_id: i64, payments: &[PaymentRecord]) -> sqlx::Result<()> {
    for payment in payments {
        sqlx::query(
            "insert into invoice_payment (payment_id, invoice_id, number, purchased, refunded, currency, status, paid_at, charged_back, failed)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (invoice_id, payment_id) do update set number = excluded.number, purchased = excluded.purchased,
                 refunded = excluded.refunded, status = excluded.status, paid_at = excluded.paid_at,
                 charged_back = excluded.charged_back, failed = excluded.failed",
        )
        .bind(payment.payment_id)
        .bind(invoice_id)
        .bind(&payment.number)
        .bind(payment.purchased)
        .bind(payment.refunded)
        .bind(&payment.currency)
        .bind(&payment.status)
        .bind(payment.paid_at)
        .bind(payment.charged_back)
        .bind(payment.failed)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Later invoices are checked against what this one billed, so they are due again with it.
pub(in crate::db) async fn check_again(tx: &mut Tx, invoice_id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "update invoice later set checked_at = null from invoice this
         where this.id = $1 and later.customer_id = this.customer_id and later.invoice_date >= this.invoice_date",
    )
    .bind(invoice_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
