//! Our figures beside Kill Bill's dry run: whom to ask, and what came of it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::db::discrepancies::{self, Found, Looked};
use crate::domain::reconcile::{DiscrepancyKind, Finding};
use crate::domain::uuid_hex::hex;

/// A customer whose comparison is due.
#[derive(Clone, Debug, FromRow)]
pub struct Asked {
    pub id: i64,
    pub uuid: Uuid,
    pub name: String,
    pub account_id: Uuid,
}

/// What a comparison came to.
#[derive(Clone, Debug)]
pub struct Compared<'a> {
    pub customer: &'a Asked,
    pub currency: &'a str,
    /// Usage that the dry run would bill, and what our delivered records come to.
    pub killbill: Decimal,
    pub delivered: Decimal,
    /// What waits here for its delivery, or for proof that it arrived: less and more usage than was delivered.
    pub on_the_way: (Decimal, Decimal),
    pub month: NaiveDate,
}

impl Compared<'_> {
    /// What Kill Bill has more than it should; records whose delivery is not proven yet may be there already.
    #[must_use]
    pub fn unexplained(&self) -> Decimal {
        let difference = self.killbill - self.delivered;
        difference - difference.clamp(self.on_the_way.0, self.on_the_way.1)
    }

    /// Both together.
    fn balance_on_the_way(&self) -> Decimal {
        self.on_the_way.0 + self.on_the_way.1
    }
}

/// How long until a comparison is made again, and how long where it found a difference: that may be gone, or billed.
const AGAIN: (TimeDelta, TimeDelta) = (TimeDelta::days(1), TimeDelta::minutes(5));

/// Customers with usage that no invoice has taken up, and no comparison within a day; and those with a difference open. The
/// longest waiting first, those of whom nothing is known yet in no order: some whose dry run fails each time keep nobody
/// else waiting.
///
/// # Errors
/// When the database fails.
pub async fn to_ask(pool: &PgPool, now: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<Asked>> {
    sqlx::query_as(
        "select c.id, c.uuid, c.name, c.account_id
         from customer c left join estimate_check k on k.customer_id = c.id
         where c.account_id is not null
           and ((k.checked_at is null or k.checked_at <= $1)
                and exists (select from resource r join subscription s on s.resource_id = r.id
                            join delivery d on d.subscription_id = s.id
                            where r.customer_id = c.id and s.replaced_at is null and d.state in ('delivered', 'verified') and d.invoice_id is null)
             or k.checked_at <= $3
                and exists (select from discrepancy x where x.customer_id = c.id and x.kind = $4 and x.closed_at is null))
         order by k.checked_at nulls first, random() limit $2",
    )
    .bind(now - AGAIN.0)
    .bind(limit)
    .bind(now - AGAIN.1)
    .bind(DiscrepancyKind::Estimate)
    .fetch_all(pool)
    .await
}

/// Keeps the comparison: the latest one of each customer.
///
/// # Errors
/// When the database fails.
pub async fn write(pool: &PgPool, compared: &Compared<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into estimate_check (customer_id, currency, killbill, delivered, on_the_way, month, checked_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (customer_id) do update
         set currency = excluded.currency, killbill = excluded.killbill, delivered = excluded.delivered,
             on_the_way = excluded.on_the_way, month = excluded.month, checked_at = excluded.checked_at",
    )
    .bind(compared.customer.id)
    .bind(compared.currency)
    .bind(compared.killbill)
    .bind(compared.delivered)
    .bind(compared.balance_on_the_way())
    .bind(compared.month)
    .bind(now)
    .execute(pool)
    .await
    .map(drop)
}

/// Opens, refreshes or closes the discrepancy of this customer's estimate.
///
/// # Errors
/// When the database fails.
pub async fn discrepancy(pool: &PgPool, compared: &Compared<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    let subject = format!("estimate:{}", hex(compared.customer.uuid));
    let amount = compared.unexplained();
    let detail = format!(
        "Kill Bill's dry run would bill {} {currency} of usage to {}, the delivered records come to {} {currency}; {} {currency} are on their way.",
        compared.killbill,
        compared.customer.name,
        compared.delivered,
        compared.balance_on_the_way(),
        currency = compared.currency
    );
    let finding = Finding::of(subject.clone(), DiscrepancyKind::Estimate, amount, detail);
    let found = (!amount.is_zero()).then(|| Found::of_customer(compared.customer.id, finding, compared.currency));
    let mut tx = pool.begin().await?;
    discrepancies::settle_looked(&mut tx, Looked::Subjects(&subject), found.as_slice(), now).await?;
    tx.commit().await
}
