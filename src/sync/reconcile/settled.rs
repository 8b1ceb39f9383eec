//! The other direction of the check for charges and credits: what was posted must stand on an invoice.

use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::discrepancies::{self, AstraySettlement, Found};
use crate::domain::reconcile::{Difference, DiscrepancyKind, Finding};
use crate::domain::uuid_hex::hex;

/// Opens, refreshes and closes; returns how many are missing.
pub(super) async fn find_missing(pool: &PgPool, clock: &Clock) -> sqlx::Result<usize> {
    let missing = discrepancies::missing_settlements(pool).await?;
    let found: Vec<Found> = missing.into_iter().map(finding).collect();
    discrepancies::settle_kinds(pool, &[DiscrepancyKind::SettlementMissing], &found, clock.now()).await?;
    Ok(found.len())
}

fn finding(one: AstraySettlement) -> Found {
    let detail = format!(
        "the {} of {} for {} to {} stands on no invoice: {}",
        one.direction,
        one.amount.normalize(),
        one.month.format("%Y-%m"),
        one.customer_name,
        one.mark
    );
    astray(one, DiscrepancyKind::SettlementMissing, detail)
}

/// The money of a settlement that is not where it should be.
pub(super) fn astray(one: AstraySettlement, kind: DiscrepancyKind, detail: String) -> Found {
    let finding = Finding {
        subject: format!("settlement:{}", hex(one.uuid)),
        item: None,
        about: None,
        difference: Difference {
            kind,
            amount: -one.amount,
            detail,
        },
    };
    Found::of_customer(one.customer_id, finding, one.currency)
}
