//! The other direction of the check: usage that was delivered, and that no invoice took up after its month was billed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::discrepancies::{self, Found, Unbilled};
use crate::db::timelines;
use crate::domain::hour::Hour;
use crate::domain::rating::rate;
use crate::domain::reconcile::{DiscrepancyKind, UnbilledKind, unbilled};
use crate::domain::timeline::Timeline;

/// Opens, refreshes and closes; returns how many there are that nobody mends by waiting.
pub(super) async fn find_unbilled(pool: &PgPool, clock: &Clock) -> sqlx::Result<usize> {
    let mut by_currency: BTreeMap<String, Vec<Unbilled>> = BTreeMap::new();
    for one in discrepancies::unbilled(pool).await? {
        by_currency.entry(one.currency.clone()).or_default().push(one);
    }
    let mut found = Vec::new();
    for (currency, all) in by_currency {
        let ids: Vec<i64> = all.iter().map(|one| one.subscription_id).collect();
        let terms = timelines::of_subscriptions(pool, &currency, &ids).await?;
        for one in all {
            found.extend(without_gifts(pool, one, &terms).await?);
        }
    }
    let kinds: Vec<DiscrepancyKind> = UnbilledKind::ALL.iter().map(|kind| kind.kind()).collect();
    discrepancies::settle_kinds(pool, &kinds, &found, clock.now()).await?;
    let serious = found.iter().filter(|one| !one.finding.difference.kind.is_notice());
    Ok(serious.count())
}

/// What of it is missed; none when a trial gives all of it away.
async fn without_gifts(
    pool: &PgPool,
    mut one: Unbilled,
    terms: &BTreeMap<i64, Timeline>,
) -> sqlx::Result<Option<Found>> {
    let timeline = terms.get(&one.subscription_id);
    let free = timeline.map_or_else(Vec::new, |timeline| timeline.free_hours(&one.unit));
    if !free.is_empty() {
        one.amount = discrepancies::outside(pool, &one, &free).await?;
    }
    if one.amount.is_zero() {
        return Ok(None);
    }
    let window = timeline.and_then(|timeline| timeline.window(&one.unit, Hour::containing(one.first_hour)));
    let price = window.and_then(|window| window.rate(&one.unit));
    let money = price.map_or(Decimal::ZERO, |price| {
        rate(price.policy, price.tiers, one.amount).amount()
    });
    Ok(Some(finding(one, money)))
}

fn finding(one: Unbilled, money: Decimal) -> Found {
    let how = match one.kind {
        UnbilledKind::Late => "after the month was billed; the next invoice takes it up",
        UnbilledKind::Missed => "before an invoice that should have taken it up and did not",
        UnbilledKind::Never => "after Kill Bill had stopped billing that month",
    };
    let detail = format!(
        "{} {} of {} were delivered as {} {how}; worth {money} by themselves",
        one.amount.normalize(),
        one.unit,
        one.month.format("%Y-%m"),
        one.tracking_id
    );
    let finding = unbilled(one.kind, one.delivery_uuid, &one.unit, money, detail);
    Found::of_delivery(one.delivery_id, finding, one.currency)
}
