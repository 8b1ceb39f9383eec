//! The routing at hand: the configured meters against the price list in force, rebuilt only when that list changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgPool;

use crate::domain::route::{Meter, Routing};

/// Cheap to clone; clones share what is cached.
#[derive(Clone, Debug)]
pub struct PriceBook {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    meters: Vec<Meter>,
    plans: BTreeMap<String, String>,
    currency: String,
    charged: BTreeSet<String>,
    /// With the version that it was built from.
    current: Mutex<Option<(Option<i64>, Arc<Routing>)>>,
}

impl PriceBook {
    /// `plans` and `currency` as in `[billing]`.
    #[must_use]
    pub fn new(meters: Vec<Meter>, plans: BTreeMap<String, String>, currency: &str) -> Self {
        let shared = Shared {
            meters,
            plans,
            currency: currency.to_owned(),
            charged: BTreeSet::new(),
            current: Mutex::new(None),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The same, with products of a monthly price that are charged by the hour (`[billing.monthly]`).
    #[must_use]
    pub fn charging(self, products: &BTreeSet<String>) -> Self {
        let shared = Shared {
            meters: self.shared.meters.clone(),
            plans: self.shared.plans.clone(),
            currency: self.shared.currency.clone(),
            charged: products.clone(),
            current: Mutex::new(None),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The billing currency, ISO 4217.
    #[must_use]
    pub fn currency(&self) -> &str {
        &self.shared.currency
    }

    /// The routing of this moment. Costs one small query when nothing changed; take it before a transaction, not inside.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn routing(&self, pool: &PgPool) -> sqlx::Result<Arc<Routing>> {
        let version = super::version_in_force(pool, None).await?;
        if let Some(known) = self.cached(version) {
            return Ok(known);
        }
        let items = match version {
            Some(version) => super::items_of(pool, version).await?,
            None => Vec::new(),
        };
        let Shared {
            meters,
            plans,
            currency,
            charged,
            ..
        } = &*self.shared;
        let routing = Arc::new(Routing::new(meters.clone(), plans.clone(), currency, items).charging(charged.clone()));
        *self.shared.current.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&routing)));
        Ok(routing)
    }

    fn cached(&self, version: Option<i64>) -> Option<Arc<Routing>> {
        let current = self.shared.current.lock().unwrap_or_else(PoisonError::into_inner);
        current
            .as_ref()
            .filter(|(known, _)| *known == version)
            .map(|(_, routing)| Arc::clone(routing))
    }
}
