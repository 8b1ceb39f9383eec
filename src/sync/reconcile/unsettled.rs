//! Settlements that stand still are named, with their age and worth: no invoice would show that they are not there.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::discrepancies::{self, Found, StandingCustomer, StandingSettlement, Subject};
use crate::domain::reconcile::{Difference, Finding, Kind};
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
    discrepancies::settle_kinds(pool, &[Kind::Unsettled], &found, now).await?;
    Ok(found.len())
}

fn of_settlement(one: StandingSettlement, now: DateTime<Utc>) -> Found {
    let detail = format!(
        "the {} of {} for {} to {} ({} records) is {} for {} minutes and not posted: {}{}",
        one.direction,
        one.amount.normalize(),
        one.month.format("%Y-%m"),
        one.customer_name,
        one.records,
        one.state,
        (now - one.created_at).num_minutes(),
        one.mark,
        if one.detail.is_empty() {
            String::new()
        } else {
            format!("; {}", one.detail)
        }
    );
    found(
        format!("settlement:{}", hex(one.uuid)),
        -one.amount,
        detail,
        (one.currency, one.customer_id),
    )
}

/// Without a price nobody knows the amount.
fn of_customer(one: StandingCustomer) -> Found {
    let detail = format!(
        "corrections of {} could not be settled {} times: {}",
        one.name, one.failures, one.error
    );
    found(
        format!("settling:{}", hex(one.uuid)),
        Decimal::ZERO,
        detail,
        (one.currency, one.id),
    )
}

fn found(subject: String, amount: Decimal, detail: String, (currency, customer): (String, i64)) -> Found {
    Found {
        finding: Finding {
            subject,
            item: None,
            about: None,
            difference: Difference {
                kind: Kind::Unsettled,
                amount,
                detail,
            },
        },
        currency,
        about: Subject {
            customer_id: Some(customer),
            ..Subject::default()
        },
    }
}
