//! Settlements that stand still are named, with their age and worth: no invoice would show that they are not there.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

use super::settled::astray;
use crate::clock::Clock;
use crate::db::discrepancies::{self, Found, StandingCustomer, StandingSettlement};
use crate::domain::reconcile::{Difference, DiscrepancyKind, Finding};
use crate::domain::uuid_hex::hex;

/// How long a settlement may take: several waits for requests that were lost on the way.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// Opens, refreshes and closes; returns how many stand still.
pub(super) async fn find_standing(pool: &PgPool, clock: &Clock) -> sqlx::Result<usize> {
    let now = clock.now();
    let settlements = discrepancies::standing_settlements(pool, now - PATIENCE).await?;
    let customers = discrepancies::standing_customers(pool).await?;
    let settlements = settlements.into_iter().map(|one| of_settlement(one, now));
    let found: Vec<Found> = settlements.chain(customers.into_iter().map(of_customer)).collect();
    discrepancies::settle_kinds(pool, &[DiscrepancyKind::Unsettled], &found, now).await?;
    Ok(found.len())
}

fn of_settlement(one: StandingSettlement, now: DateTime<Utc>) -> Found {
    let settlement = one.settlement;
    let detail = format!(
        "the {} of {} for {} to {} ({} records) is {} for {} minutes and not posted: {}{}",
        settlement.direction,
        settlement.amount.normalize(),
        settlement.month.format("%Y-%m"),
        settlement.customer_name,
        one.records,
        one.state,
        (now - one.created_at).num_minutes(),
        settlement.mark,
        if one.detail.is_empty() {
            String::new()
        } else {
            format!("; {}", one.detail)
        }
    );
    astray(settlement, DiscrepancyKind::Unsettled, detail)
}

/// Without a price nobody knows the amount.
fn of_customer(one: StandingCustomer) -> Found {
    let detail = format!(
        "corrections of {} could not be settled {} times: {}",
        one.name, one.failures, one.error
    );
    let finding = Finding {
        subject: format!("settling:{}", hex(one.uuid)),
        item: None,
        about: None,
        difference: Difference {
            kind: DiscrepancyKind::Unsettled,
            amount: Decimal::ZERO,
            detail,
        },
    };
    Found::of_customer(one.id, finding, one.currency)
}
