//! Which price holds for an hour of a running subscription: Kill Bill keeps a subscription on the catalog version that was
//! in force when its billing began, until a later version says from when its plan holds for existing ones.

use chrono::{DateTime, Utc};

use super::{Tier, TierPolicy};

/// A unit's price in one version of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    pub plan: String,
    /// The usage section; in AGGREGATE mode all of its units share one invoice line.
    pub usage: String,
    pub unit: String,
    pub policy: TierPolicy,
    pub tiers: Vec<Tier>,
    /// When the version began to hold for new subscriptions; names the version.
    pub effective_from: DateTime<Utc>,
    /// From when the plan in this version holds for subscriptions that were there before; none = never.
    pub for_existing: Option<DateTime<Utc>>,
    /// Kill Bill no longer has the version, or has it with other content.
    pub withdrawn: bool,
}

/// The version (its `effective_from`) that prices the instant `at` for a subscription that began at `start`. `tariffs` are
/// those of its plan, in any order.
#[must_use]
pub fn version_at(tariffs: &[&Tariff], start: DateTime<Utc>, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let live = || tariffs.iter().filter(|tariff| !tariff.withdrawn);
    let begun = live().map(|tariff| tariff.effective_from).filter(|from| *from <= start);
    // Kill Bill takes its oldest version for what began before all of them.
    let first = begun
        .max()
        .or_else(|| live().map(|tariff| tariff.effective_from).min())?;
    let changes = live()
        .filter(|tariff| tariff.effective_from > first)
        .filter_map(|tariff| {
            let from = tariff.for_existing.filter(|from| (start..=at).contains(from))?;
            Some((from, tariff.effective_from))
        });
    Some(changes.max().map_or(first, |(_, version)| version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> DateTime<Utc> {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    fn version(from: &str, for_existing: Option<&str>) -> Tariff {
        Tariff {
            plan: "vm".to_owned(),
            usage: "cpu-usage".to_owned(),
            unit: "cpu".to_owned(),
            policy: TierPolicy::AllTiers,
            tiers: Vec::new(),
            effective_from: day(from),
            for_existing: for_existing.map(day),
            withdrawn: false,
        }
    }

    #[test]
    fn a_subscription_keeps_its_version_until_a_later_one_claims_it() {
        let versions = [
            version("2026-01-01", None),
            version("2026-02-01", None),
            version("2026-03-01", Some("2026-04-01")),
            version("2026-05-01", None),
        ];
        let versions: Vec<&Tariff> = versions.iter().collect();
        let at = |start, at| version_at(&versions, day(start), day(at)).unwrap();
        assert_eq!(at("2025-12-01", "2025-12-02"), day("2026-01-01"), "before all of them");
        assert_eq!(at("2026-01-15", "2026-03-31"), day("2026-01-01"));
        assert_eq!(at("2026-01-15", "2026-04-01"), day("2026-03-01"));
        assert_eq!(at("2026-02-01", "2026-02-01"), day("2026-02-01"));
        assert_eq!(at("2026-04-15", "2026-12-01"), day("2026-03-01"));
        assert_eq!(at("2026-06-01", "2026-12-01"), day("2026-05-01"));
        assert_eq!(version_at(&[], day("2026-01-01"), day("2026-01-01")), None);
    }
}
