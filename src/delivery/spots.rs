//! In which hours Kill Bill's books differ from the ledger's. Kill Bill tells sums of any window and nothing finer, so
//! a window that differs is halved until an hour is left: some ten calls for one hour of a month.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Delivery, DeliveryError};
use crate::domain::hour::Hour;
use crate::domain::recover::{Hourly, Spot, beyond};

/// Half-open, on the hour.
type Window = (DateTime<Utc>, DateTime<Utc>);

impl Delivery {
    /// What Kill Bill holds beyond what is `booked`, hour by hour, where it is not the same.
    pub(super) async fn differing(
        &self,
        subscription: Uuid,
        window: Window,
        booked: &Hourly,
    ) -> Result<Hourly, DeliveryError> {
        let mut found = Hourly::new();
        let mut open = vec![window];
        while let Some((from, until)) = open.pop() {
            let seen = self.killbill.usages().sums(subscription, from, until).await?;
            let differences = beyond(&seen, &within(booked, (from, until)));
            if differences.is_empty() {
                continue;
            }
            match middle(from, until) {
                Some(middle) => open.extend([(from, middle), (middle, until)]),
                None => found.extend(differences.into_iter().map(|(unit, amount)| {
                    let hour = Hour::containing(from);
                    (Spot { hour, unit }, amount)
                })),
            }
        }
        Ok(found)
    }
}

/// Per unit, what is booked in the window.
fn within(booked: &Hourly, (from, until): Window) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for (spot, amount) in booked {
        if (from..until).contains(&spot.hour.start()) {
            *sums.entry(spot.unit.clone()).or_default() += *amount;
        }
    }
    sums
}

/// The full hour nearest to the middle; none inside a single hour.
fn middle(from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let hours = (until - from).num_hours();
    (hours > 1).then(|| from + TimeDelta::hours(hours / 2))
}
