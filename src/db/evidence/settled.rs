//! The records behind charges and credits of ours: a line of a settlement stamped them, so they are found by it.

use rust_decimal::Decimal;
use sqlx::PgPool;
use uuid::Uuid;

use super::EvidenceRow;
use crate::domain::evidence::SettledLine;
use crate::domain::settlement::Mark;

#[derive(sqlx::FromRow)]
struct Row {
    item: Uuid,
    name: String,
    mark: String,
    own: bool,
    amount: Decimal,
    settled_amount: Decimal,
    records_then: i32,
    quantity: Decimal,
    value: Decimal,
    total: Decimal,
    moved: Decimal,
    rate: Option<Decimal>,
    monthly: Option<Decimal>,
    divisor: Option<Decimal>,
    records: i64,
    recorded: Decimal,
}

/// The invoice's items that settle something, with their records as they are now.
pub(super) async fn lines(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<SettledLine>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select x.uuid as item, x.name, s.mark, coalesce(s.draft_id = i.killbill_id, false)
                    and row_number() over (partition by x.settlement_line_id order by x.position, x.id) = 1 as own, x.amount,
                l.amount as settled_amount, l.records as records_then, l.quantity, l.value, l.total, l.moved, l.rate,
                l.monthly, l.divisor, r.records, r.recorded
         from invoice_item x
         join invoice i on i.id = x.invoice_id
         join settlement_line l on l.id = x.settlement_line_id
         join settlement s on s.id = l.settlement_id
         cross join lateral (
             select count(*) as records, coalesce(sum(u.delta), 0) as recorded from usage_record u
             where u.resource_id = l.resource_id and u.meter_id = l.meter_id and u.settlement_line_id = l.id
               and u.hour >= l.period_start - 1 and u.hour < l.period_end + 1
         ) r
         where x.invoice_id = $1 and x.gone_at is null
         order by x.position, x.id",
    )
    .bind(invoice_id)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Row::line).collect())
}

impl Row {
    fn line(self) -> SettledLine {
        SettledLine {
            item: self.item,
            name: self.name,
            mark: self.mark,
            own: self.own,
            amount: self.amount,
            settled_amount: self.settled_amount,
            records_then: self.records_then.into(),
            quantity: self.quantity,
            value: self.value,
            total: self.total,
            moved: self.moved,
            rate: self.rate,
            monthly: self.monthly,
            divisor: self.divisor,
            records: self.records,
            recorded: self.recorded,
        }
    }
}

/// Items with a mark of ours that no line of this ledger has; the line of nothing that opens a credit is none.
pub(super) async fn strangers(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<(String, Decimal)>> {
    let rows: Vec<(String, Decimal)> = sqlx::query_as(
        "select item_details, amount from invoice_item
         where invoice_id = $1 and gone_at is null and settlement_line_id is null and item_details like '{%'
           and item_type in ('EXTERNAL_CHARGE', 'CREDIT_ADJ')
         order by position, id",
    )
    .bind(invoice_id)
    .fetch_all(pool)
    .await?;
    let marked = |(details, amount): (String, Decimal)| Mark::parse(&details).map(|mark| (mark, amount));
    let strange = rows.into_iter().filter_map(marked).filter(|(mark, _)| mark.line > 0);
    Ok(strange.map(|(mark, amount)| (mark.mark, amount)).collect())
}

/// One page of the records that a line settles, by hour, and how many there are in all.
pub(super) async fn page(
    pool: &PgPool,
    line_id: i64,
    limit: i64,
    offset: i64,
) -> sqlx::Result<(Vec<EvidenceRow>, i64)> {
    macro_rules! records {
        ($what:literal, $rest:literal) => {
            concat!(
                "select ",
                $what,
                " from settlement_line l
                 join settlement s on s.id = l.settlement_id
                 join usage_record r on r.resource_id = l.resource_id and r.meter_id = l.meter_id and r.settlement_line_id = l.id
                                    and r.hour >= l.period_start - 1 and r.hour < l.period_end + 1
                 join meter n on n.id = l.meter_id
                 join resource c on c.id = l.resource_id
                 where l.id = $1",
                $rest
            )
        };
    }
    let count = sqlx::query_scalar(records!("count(*)", "")).bind(line_id);
    let page = sqlx::query_as(records!(
        "r.resource_id, r.meter_id, c.uuid as resource_uuid, n.name as meter, r.hour, r.revision, r.quantity, r.delta,
         s.mark as tracking_id, null::uuid as delivery_uuid, s.uuid as settlement_uuid",
        " order by r.hour, r.revision limit $2 offset $3"
    ));
    let page = page.bind(line_id).bind(limit).bind(offset);
    Ok((page.fetch_all(pool).await?, count.fetch_one(pool).await?))
}
