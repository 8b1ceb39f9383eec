//! Items that carry our mark: the lines of settlements, told by the mark in `itemDetails`. With the line come its resource,
//! its meter and the names, which Kill Bill's charges and credits do not have.

use sqlx::PgConnection;
use uuid::Uuid;

use super::InvoiceRecord;
use crate::db::Tx;
use crate::domain::settlement::Mark;

/// Links the invoice's items with their lines, and their settlements with the invoice that carries them.
pub(super) async fn link(tx: &mut Tx, invoice_id: i64, record: &InvoiceRecord) -> sqlx::Result<()> {
    let marked = record.items.iter().filter_map(|item| {
        let mark = Mark::parse(item.item_details.as_deref()?)?;
        Some((item.killbill_id, (mark.mark, mark.line)))
    });
    let (items, (marks, lines)): (Vec<Uuid>, (Vec<String>, Vec<i32>)) = marked.unzip();
    if items.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update invoice_item x
         set settlement_line_id = l.id, resource_id = l.resource_id, plan = l.plan, unit = l.unit, meter = m.name,
             start_date = l.period_start, end_date = l.period_end, quantity = l.quantity, rate = l.rate,
             resource_name = coalesce(nullif(x.resource_name, ''), r.name),
             project_name = coalesce(nullif(x.project_name, ''), r.project_name),
             project_uuid = coalesce(x.project_uuid, r.project_uuid),
             service_name = coalesce(nullif(x.service_name, ''), r.service_name)
         from unnest($2::uuid[], $3::text[], $4::integer[]) as k (item, mark, line)
         join settlement s on s.mark = k.mark
         join settlement_line l on l.settlement_id = s.id and l.position = k.line
         join resource r on r.id = l.resource_id
         join meter m on m.id = l.meter_id
         where x.killbill_id = k.item and x.invoice_id = $1",
    )
    .bind(invoice_id)
    .bind(&items)
    .bind(&marks)
    .bind(&lines)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "update settlement s set invoice_id = i.id from invoice i
         where i.id = $1 and s.mark = any($2) and s.draft_id = i.killbill_id and s.invoice_id is distinct from i.id",
    )
    .bind(invoice_id)
    .bind(&marks)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A settlement was posted. When the mirror had its invoice before this ledger knew the settlement, as after a restored
/// backup, the next reading stores it anew, though nothing has changed in Kill Bill: so its items find their lines.
pub(in crate::db) async fn read_anew(connection: &mut PgConnection, killbill_id: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "update invoice i set content_hash = '', figures_hash = ''
         where i.killbill_id = $1 and not exists (select from invoice_item x where x.invoice_id = i.id and x.settlement_line_id is not null)",
    )
    .bind(killbill_id)
    .execute(connection)
    .await?;
    Ok(())
}
