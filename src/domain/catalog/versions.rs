//! All versions of the catalog together: which of them holds for whom. The rules are Kill Bill's own
//! (`DefaultVersionedCatalog`, `SubscriptionCatalog`); `timeline` is what asks.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::CatalogVersion;
use super::xml::{Catalog, Phase, Plan};

/// The versions of one catalog, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions(Vec<Arc<Catalog>>);

impl Versions {
    /// In any order.
    #[must_use]
    pub fn new(mut versions: Vec<Arc<Catalog>>) -> Self {
        versions.sort_by_key(|version| version.effective_date);
        Self(versions)
    }

    /// Those that were read, in any order.
    #[must_use]
    pub fn of(read: &[CatalogVersion]) -> Self {
        Self::new(read.iter().map(|version| Arc::clone(&version.content)).collect())
    }

    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Catalog> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The version in force at an instant; before all of them the oldest.
    #[must_use]
    pub fn at(&self, instant: DateTime<Utc>) -> Option<&Catalog> {
        self.begun_by(instant).next_back()
    }

    /// The version and the plan that hold at `at` for a subscription that took the plan at `taken`.
    #[must_use]
    pub fn plan_at(&self, plan: &str, at: DateTime<Utc>, taken: DateTime<Utc>) -> Option<(&Catalog, &Plan)> {
        let begun: Vec<(usize, &Catalog)> = self.begun_by(at).enumerate().collect();
        let mut first_of_later = None;
        for (index, version) in begun.into_iter().rev() {
            let Some(found) = version.plan(plan) else { continue };
            if index == 0 || version.effective_date <= taken {
                return Some((version, found));
            }
            match found.effective_date_for_existing_subscriptions {
                Some(claims) if claims <= at => return Some((version, found)),
                Some(_) => {}
                None => first_of_later = first_of_later.or(Some((version, found))),
            }
        }
        first_of_later
    }

    /// The versions after that of `taken` which still have the plan, without a break: a plan that was retired and came back
    /// leaves its old subscriptions where they were.
    pub fn later<'v>(&'v self, plan: &'v str, taken: DateTime<Utc>) -> impl Iterator<Item = (&'v Catalog, &'v Plan)> {
        let begun = self.begun_by(taken).count();
        let rest = self.iter().skip(begun);
        rest.map_while(move |version| Some((version, version.plan(plan)?)))
    }

    /// Whether every subscription is billed on its account's day, whatever its plan.
    #[must_use]
    pub fn follow_account(&self) -> bool {
        let mut cases = self
            .iter()
            .flat_map(|version| &version.rules.billing_alignment.billing_alignment_case);
        cases.all(|case| case.alignment == "ACCOUNT")
    }

    fn begun_by(&self, instant: DateTime<Utc>) -> impl DoubleEndedIterator<Item = &Catalog> {
        let begun = self.0.partition_point(|version| version.effective_date <= instant);
        self.0.iter().take(begun.max(1)).map(AsRef::as_ref)
    }
}

impl Catalog {
    /// The plan of that name.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<&Plan> {
        self.plans.plan.iter().find(|plan| plan.name == name)
    }

    /// Whether the plan's subscriptions in that phase are billed on the account's day (`ACCOUNT`), not on one of their own.
    #[must_use]
    pub fn follows_account(&self, plan: &Plan, phase: &Phase) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        let product = self
            .products
            .product
            .iter()
            .find(|product| product.name == plan.product);
        let category = product
            .and_then(|product| product.category.as_deref())
            .unwrap_or_default();
        let period = plan.final_phase.recurring.as_ref();
        let period = period.map_or("NO_BILLING_PERIOD", |recurring| recurring.billing_period.as_str());
        let mut cases = self.rules.billing_alignment.billing_alignment_case.iter();
        let fitting = cases.find(|case| {
            is(&case.product, &plan.product)
                && is(&case.product_category, category)
                && is(&case.billing_period, period)
                && is(&case.phase_type, &phase.kind)
        });
        fitting.is_none_or(|case| case.alignment == "ACCOUNT")
    }
}
