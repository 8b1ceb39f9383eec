//! The items of an invoice, and its payments.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::evidence::{BilledTier, factor_of};
use crate::domain::invoice::ItemKind;
use crate::domain::money;
use crate::domain::route::Meter;
use crate::domain::settlement::Class;

/// An item as it is mirrored. `rate` and `quantity` are Kill Bill's own (blocks); the methods speak of the meter's unit.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ItemRow {
    pub id: i64,
    pub uuid: Uuid,
    pub killbill_id: Uuid,
    pub invoice_id: i64,
    pub position: i32,
    pub item_type: String,
    pub kind: ItemKind,
    pub linked_item: Option<Uuid>,
    pub subscription_killbill_id: Option<Uuid>,
    pub resource_uuid: Option<Uuid>,
    pub resource_type: Option<String>,
    pub resource_name: String,
    pub project_name: String,
    pub project_uuid: Option<Uuid>,
    pub service_name: String,
    pub product: String,
    pub plan: String,
    pub usage_name: String,
    pub name: String,
    pub description: String,
    pub meter: Option<String>,
    /// Kill Bill's unit.
    pub unit: Option<String>,
    pub start_date: Option<NaiveDate>,
    /// Exclusive.
    pub end_date: Option<NaiveDate>,
    pub currency: String,
    pub amount: Decimal,
    pub rate: Option<Decimal>,
    pub quantity: Option<Decimal>,
    pub tiers: Json<Vec<BilledTier>>,
    pub item_details: Option<String>,
    pub gone_at: Option<DateTime<Utc>>,
    /// The line of a settlement that it carries, and the class of that.
    pub settlement_line_id: Option<i64>,
    pub settlement_class: Option<Class>,
    /// Kill Bill's units in one of the meter's, as it was when the usage was sent.
    pub factor: Option<Decimal>,
}

impl ItemRow {
    /// Whether hours are behind it: usage, or a charge or credit of ours.
    #[must_use]
    pub fn is_metered(&self) -> bool {
        self.kind == ItemKind::Usage || self.settlement_line_id.is_some()
    }

    /// What people call the line: its meter, if it is a configured one, else what Kill Bill says.
    #[must_use]
    pub fn label(&self, meter: Option<&Meter>) -> String {
        if let Some(meter) = meter {
            return meter.display_name.clone();
        }
        let product = Some(&self.product).filter(|_| matches!(self.kind, ItemKind::Recurring | ItemKind::Fixed));
        let names = product
            .into_iter()
            .chain([&self.description, &self.name, &self.item_type]);
        names
            .into_iter()
            .find(|name| !name.is_empty())
            .cloned()
            .unwrap_or_default()
    }

    /// What people call its resource; empty where it has none.
    #[must_use]
    pub fn resource_title(&self) -> String {
        match self.resource_uuid {
            Some(uuid) if self.resource_name.is_empty() => uuid.simple().to_string(),
            _ => self.resource_name.clone(),
        }
    }

    fn factor(&self) -> Decimal {
        self.factor
            .filter(|factor| !factor.is_zero())
            .unwrap_or_else(|| factor_of(self.unit.as_deref().unwrap_or_default()))
    }

    /// What was billed in the meter's unit: whole blocks. `None` where the line bundles several units or is no usage.
    #[must_use]
    pub fn billed_quantity(&self) -> Option<Decimal> {
        self.unit.as_ref().filter(|_| !self.tiers.is_empty())?;
        let units: Decimal = self.tiers.iter().map(|tier| tier.blocks * tier.block_size).sum();
        Some((units / self.factor()).normalize())
    }

    /// Price of one unit of the meter. `None` where there are several prices; items without usage have Kill Bill's own.
    #[must_use]
    pub fn unit_rate(&self) -> Option<Decimal> {
        if self.tiers.is_empty() {
            return self.rate;
        }
        self.unit.as_ref()?;
        let price = |tier: &BilledTier| {
            let blocks = tier.price.checked_mul(self.factor())?.checked_div(tier.block_size)?;
            Some(blocks.round_dp(18).normalize())
        };
        let first = price(self.tiers.first()?)?;
        self.tiers
            .iter()
            .all(|tier| price(tier) == Some(first))
            .then_some(first)
    }

    /// What rounding to cents added to blocks × price.
    #[must_use]
    pub fn cents_rounded(&self) -> Decimal {
        if self.tiers.is_empty() {
            return Decimal::ZERO;
        }
        let unrounded: Decimal = self.tiers.iter().map(|tier| tier.blocks * tier.price).sum();
        (money::round(unrounded, &self.currency) - unrounded).normalize()
    }
}

macro_rules! items {
    ($rest:literal) => {
        concat!(
            "select x.*, (select l.class from settlement_line l where l.id = x.settlement_line_id) as settlement_class,
                    r.uuid as resource_uuid, r.type as resource_type,
                    (select u.factor from subscription s join delivery d on d.subscription_id = s.id join delivery_unit u on u.delivery_id = d.id
                     where s.killbill_id = x.subscription_killbill_id and u.unit = x.unit limit 1) as factor
             from invoice_item x left join resource r on r.id = x.resource_id where ",
            $rest
        )
    };
}

/// Every item of the invoice in Kill Bill's order, also zero ones and those that Kill Bill no longer lists (`gone_at`).
///
/// # Errors
/// When the database fails.
pub async fn items(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<ItemRow>> {
    sqlx::query_as(items!("x.invoice_id = $1 order by x.position, x.id"))
        .bind(invoice_id)
        .fetch_all(pool)
        .await
}

/// How many items Kill Bill lists on these invoices together.
///
/// # Errors
/// When the database fails.
pub async fn count_items(pool: &PgPool, invoices: &[i64]) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from invoice_item where invoice_id = any($1) and gone_at is null")
        .bind(invoices)
        .fetch_one(pool)
        .await
}

/// The items that Kill Bill lists on these invoices, in its order for each.
///
/// # Errors
/// When the database fails.
pub async fn items_of(pool: &PgPool, invoices: &[i64]) -> sqlx::Result<Vec<ItemRow>> {
    sqlx::query_as(items!(
        "x.invoice_id = any($1) and x.gone_at is null order by x.invoice_id, x.position, x.id"
    ))
    .bind(invoices)
    .fetch_all(pool)
    .await
}

/// One item of the invoice.
///
/// # Errors
/// When the database fails.
pub async fn item_by_uuid(pool: &PgPool, invoice_id: i64, uuid: Uuid) -> sqlx::Result<Option<ItemRow>> {
    sqlx::query_as(items!("x.invoice_id = $1 and x.uuid = $2"))
        .bind(invoice_id)
        .bind(uuid)
        .fetch_optional(pool)
        .await
}

/// A payment towards an invoice.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PaymentRow {
    pub payment_id: Uuid,
    pub number: Option<String>,
    pub purchased: Decimal,
    pub refunded: Decimal,
    /// What the bank took back.
    pub charged_back: Decimal,
    pub currency: String,
    pub status: Option<String>,
    pub paid_at: Option<DateTime<Utc>>,
    /// The last attempt at it failed, and nothing came of it.
    pub failed: bool,
}

/// The invoice's payments, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn payments(pool: &PgPool, invoice_id: i64) -> sqlx::Result<Vec<PaymentRow>> {
    sqlx::query_as(
        "select payment_id, number, purchased, refunded, charged_back, currency, status, paid_at, failed
         from invoice_payment where invoice_id = $1 order by paid_at, payment_id",
    )
    .bind(invoice_id)
    .fetch_all(pool)
    .await
}
