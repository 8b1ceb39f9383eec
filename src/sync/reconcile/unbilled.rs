//! The other direction of the check: usage that was delivered, and that no invoice took up after its month was billed.

use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::discrepancies::{self, Found, Subject, Unbilled};
use crate::domain::rating::rate;
use crate::domain::reconcile::{Kind, unbilled};

/// Opens, refreshes and closes; returns how many there are that nobody mends by waiting.
pub(super) async fn find_unbilled(pool: &PgPool, clock: &Clock) -> sqlx::Result<usize> {
    let mut found = Vec::new();
    for one in discrepancies::unbilled(pool).await? {
        let tariffs = discrepancies::tariffs(pool, std::slice::from_ref(&one.plan), &one.currency).await?;
        let tariff = tariffs.iter().find(|tariff| tariff.unit == one.unit);
        let money = tariff.map_or(Decimal::ZERO, |tariff| {
            rate(tariff.policy, &tariff.tiers, one.amount).amount()
        });
        found.extend(finding(one, money));
    }
    let kinds = [Kind::LateUsage, Kind::MissedUsage, Kind::NeverBilled];
    discrepancies::settle_kinds(pool, &kinds, &found, clock.now()).await?;
    let serious = found.iter().filter(|one| !one.finding.difference.kind.is_notice());
    Ok(serious.count())
}

fn finding(one: Unbilled, money: Decimal) -> Option<Found> {
    let kind = Kind::named(&one.kind)?;
    let how = match kind {
        Kind::LateUsage => "after the month was billed; the next invoice takes it up",
        Kind::MissedUsage => "before an invoice that should have taken it up and did not",
        _ => "after Kill Bill had stopped billing that month",
    };
    let detail = format!(
        "{} {} of {} were delivered as {} {how}; worth {money} by themselves",
        one.amount.normalize(),
        one.unit,
        one.month.format("%Y-%m"),
        one.tracking_id
    );
    Some(Found {
        finding: unbilled(kind, one.delivery_uuid, &one.unit, money, detail),
        currency: one.currency,
        about: Subject {
            delivery_id: Some(one.delivery_id),
            ..Subject::default()
        },
    })
}
