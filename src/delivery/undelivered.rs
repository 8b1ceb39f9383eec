//! Names deliveries that were tried again and again and are still not known to have arrived, those of which Kill Bill's
//! sums do not tell whether they did, and those that it refused, with their age and worth.

use rust_decimal::Decimal;

use super::recover::worth;
use super::{Delivery, DeliveryError};
use crate::db::discrepancies::{self, Found, Undelivered};
use crate::domain::reconcile::{DiscrepancyKind, undelivered};

/// What is told here, and closes when it is so no more.
const KINDS: [DiscrepancyKind; 3] = [
    DiscrepancyKind::Undelivered,
    DiscrepancyKind::InDoubt,
    DiscrepancyKind::Refused,
];

impl Delivery {
    pub(super) async fn name_undelivered(&self) -> Result<(), DeliveryError> {
        let units = discrepancies::undelivered(&self.pool).await?;
        let mut found = Vec::new();
        for units in units.chunk_by(|one, next| one.delivery_id == next.delivery_id) {
            let [first, ..] = units else { continue };
            let plan = std::slice::from_ref(&first.plan);
            let tariffs = discrepancies::tariffs(&self.pool, plan, &self.currency).await?;
            let money: Decimal = units.iter().map(|one| worth(&tariffs, &one.unit, one.amount)).sum();
            let kind = match (first.refused, first.in_doubt) {
                (true, _) => DiscrepancyKind::Refused,
                (_, true) => DiscrepancyKind::InDoubt,
                _ => DiscrepancyKind::Undelivered,
            };
            let finding = undelivered(kind, first.delivery_uuid, money, self.told(first, units));
            found.push(Found::of_delivery(first.delivery_id, finding, &*self.currency));
        }
        Ok(discrepancies::settle_kinds(&self.pool, &KINDS, &found, self.clock.now()).await?)
    }

    fn told(&self, first: &Undelivered, units: &[Undelivered]) -> String {
        let amounts: Vec<String> = units
            .iter()
            .map(|one| format!("{} {}", one.amount.normalize(), one.unit))
            .collect();
        let outcome = match (first.refused, first.in_doubt) {
            (true, _) => "Kill Bill refuses them",
            (_, true) => "Kill Bill's sums do not tell whether they arrived",
            _ => "are not in Kill Bill",
        };
        format!(
            "{} of {} for {} were sent {} times in {} minutes as {} and {outcome}: {}",
            amounts.join(", "),
            first.resource,
            first.month.format("%Y-%m"),
            first.attempts,
            (self.clock.now() - first.created_at).num_minutes(),
            first.tracking_id,
            first.detail
        )
    }
}
