//! Usage without its line: what an invoice should have billed and did not.

use rust_decimal::Decimal;

use super::{Expectation, Share, exact};
use crate::domain::money::round;
use crate::domain::price::TierPolicy;
use crate::domain::reconcile::Scope;
use crate::domain::reconcile::finding::{About, Difference, Finding};
use crate::domain::reconcile::kind::DiscrepancyKind;
use crate::domain::uuid_hex::hex;

impl Expectation {
    /// Money for which the invoice has no line at all, and usage that the price list itself leaves without a price.
    pub(in crate::domain::reconcile) fn not_billed(&self, scope: &Scope) -> Vec<Finding> {
        let missing = self.missing(&scope.facts.currency);
        let unpriced = self.billed.is_empty() && self.total.tiers.is_empty() && !self.sums.quantity.is_zero();
        let no_line = (!missing.is_zero() || unpriced).then(|| {
            let what = "has records on this invoice but no line for it";
            self.finding(scope, DiscrepancyKind::MissingLine, -missing, what)
        });
        no_line.into_iter().chain(self.beyond(scope)).collect()
    }

    fn missing(&self, currency: &str) -> Decimal {
        let unlisted = |share: &&Share| !self.billed.iter().any(|billed| billed.tier == share.tier);
        let missing = match self.policy {
            TierPolicy::AllTiers => self
                .shares()
                .iter()
                .filter(unlisted)
                .map(Share::money_with_left_over)
                .sum(),
            TierPolicy::TopTier if self.billed.is_empty() => self.money(),
            TierPolicy::TopTier => Decimal::ZERO,
        };
        // Kill Bill writes no line when a period is billed already and what is new rounds to nothing.
        let below_a_cent = self.billed.is_empty() && !self.earlier.is_empty() && round(missing, currency).is_zero();
        if below_a_cent { Decimal::ZERO } else { missing }
    }

    fn beyond(&self, scope: &Scope) -> Option<Finding> {
        let beyond = self.total.beyond - self.before.beyond;
        let last = self.total.tiers.last().filter(|_| !beyond.is_zero())?;
        let money = exact(beyond, last.block_price, last.block_size);
        let what = "was used beyond the last tier of its price, which Kill Bill does not bill";
        Some(self.finding(scope, DiscrepancyKind::BeyondLastTier, -money, what))
    }

    fn finding(&self, scope: &Scope, kind: DiscrepancyKind, amount: Decimal, what: &str) -> Finding {
        let period = self.period.map_or_else(
            || "no billed period".to_owned(),
            |(start, end)| format!("{start} to {end}"),
        );
        let subject = format!(
            "invoice:{}/{}/{}/{period}",
            hex(scope.facts.uuid),
            hex(self.subscription),
            self.unit
        );
        let detail = format!(
            "{} ({period}, subscription {}) {what}: {} in {} records",
            self.unit, self.subscription, self.sums.quantity, self.sums.records
        );
        Finding {
            subject,
            item: None,
            about: Some(About {
                subscription: self.subscription,
                period: self.period,
            }),
            difference: Difference { kind, amount, detail },
        }
    }
}
