//! Writes a fixed settlement with its lines, and reads what lines of a monthly price came to before.

use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Group;
use super::terms::{Stamped, Terms};
use crate::domain::month::Month;
use crate::domain::settlement::{Direction, LineContent, SettlementState, SettlementStep, Valued, mark_of};

/// A line that is worked out and not written yet.
pub(super) struct Line<'g> {
    pub(super) group: &'g Group,
    pub(super) stamped: Stamped,
    pub(super) rate: Option<Decimal>,
    pub(super) valued: Valued,
    pub(super) text: String,
}

impl Line<'_> {
    fn content(&self) -> LineContent<'_> {
        LineContent {
            resource: self.group.resource_uuid,
            meter: &self.group.meter,
            class: self.group.class,
            plan: &self.group.plan,
            unit: self.group.unit.as_deref(),
            amount: self.valued.amount,
            records: &self.stamped.digest,
        }
    }
}

/// What comes to nothing is settled with that.
pub(super) async fn settlement(
    tx: &mut PgConnection,
    (customer_id, customer_uuid): (i64, Uuid),
    (month, direction): (Month, Direction),
    lines: &[Line<'_>],
    terms: Terms<'_>,
) -> sqlx::Result<()> {
    let content: Vec<LineContent<'_>> = lines.iter().map(Line::content).collect();
    let records: i64 = lines.iter().map(|line| line.stamped.records).sum();
    let nothing = direction == Direction::Nothing;
    let id: i64 = sqlx::query_scalar(
        "insert into settlement (uuid, mark, customer_id, month, direction, currency, amount, records, state, step, created_at,
                                 settled_at, detail)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $12 then $11 end,
                 case when $12 then 'it comes to no money: nothing to post' end)
         returning id",
    )
    .bind(Uuid::now_v7())
    .bind(mark_of(customer_uuid, month, direction, &content))
    .bind(customer_id)
    .bind(month.first_day())
    .bind(direction)
    .bind(terms.currency)
    .bind(lines.iter().map(|line| line.valued.amount).sum::<Decimal>())
    .bind(i32::try_from(records).unwrap_or(i32::MAX))
    .bind(if nothing { SettlementState::Posted } else { SettlementState::Prepared })
    .bind(if nothing { SettlementStep::Commit } else { SettlementStep::Draft })
    .bind(terms.now)
    .bind(nothing)
    .fetch_one(&mut *tx)
    .await?;
    for (position, line) in (1..).zip(lines) {
        insert(tx, id, position, line, terms).await?;
    }
    Ok(())
}

async fn insert(
    tx: &mut PgConnection,
    settlement_id: i64,
    position: i32,
    line: &Line<'_>,
    terms: Terms<'_>,
) -> sqlx::Result<()> {
    let group = line.group;
    sqlx::query(
        "insert into settlement_line (id, settlement_id, position, resource_id, meter_id, subscription_id, plan, unit, class,
                period_start, period_end, records, quantity, units, rate, monthly, divisor, value, total, moved, amount, description)
         overriding system value
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
    )
    .bind(line.stamped.id)
    .bind(settlement_id)
    .bind(position)
    .bind(group.resource_id)
    .bind(group.meter_id)
    .bind(group.subscription_id)
    .bind(&group.plan)
    .bind(&group.unit)
    .bind(group.class)
    .bind(group.period.0)
    .bind(group.period.1)
    .bind(i32::try_from(line.stamped.records).unwrap_or(i32::MAX))
    .bind(line.stamped.quantity)
    .bind(line.stamped.quantity * group.factor)
    .bind(line.rate)
    .bind(group.monthly)
    .bind(group.monthly.map(|_| terms.divisor))
    .bind(line.valued.value)
    .bind(line.valued.total)
    .bind(line.valued.moved)
    .bind(line.valued.amount)
    .bind(&line.text)
    .execute(tx)
    .await?;
    Ok(())
}

/// Quantity and money of earlier lines of the meter's month at the same price.
pub(super) async fn settled_of_month(
    tx: &mut PgConnection,
    group: &Group,
    month: Month,
    divisor: Decimal,
) -> sqlx::Result<(Decimal, Decimal)> {
    sqlx::query_as(
        "select coalesce(sum(quantity), 0), coalesce(sum(amount), 0) from settlement_line
         where resource_id = $1 and meter_id = $2 and period_start >= $3 and period_start < $4
           and monthly = $5 and divisor = $6 and plan = $7",
    )
    .bind(group.resource_id)
    .bind(group.meter_id)
    .bind(month.first_day())
    .bind(month.next().first_day())
    .bind(group.monthly)
    .bind(divisor)
    .bind(&group.plan)
    .fetch_one(tx)
    .await
}
