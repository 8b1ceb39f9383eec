//! In which hours Kill Bill's books differ from the ledger's. Kill Bill tells sums of any window and nothing finer, so
//! a window that differs is halved until an hour is left: some ten calls for one hour of a month. Where more in one hour and
//! less in another could make up for each other, equal sums prove nothing, and the window is halved as well.

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
    /// What Kill Bill holds beyond what is `booked`, hour by hour, where it is not the same; `moving` may be there or not.
    pub(super) async fn differing(
        &self,
        subscription: Uuid,
        window: Window,
        booked: &Hourly,
        moving: &[(Spot, Decimal)],
    ) -> Result<Hourly, DeliveryError> {
        let mut found = Hourly::new();
        let mut open = vec![window];
        while let Some((from, until)) = open.pop() {
            let seen = self.killbill.usages().sums(subscription, from, until).await?;
            let differences = beyond(&seen, &within(booked, (from, until)));
            if differences.is_empty() && !may_cancel_out(moving, (from, until)) {
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

/// Whether some of it could be there without a trace in the window's sums.
fn may_cancel_out(moving: &[(Spot, Decimal)], (from, until): Window) -> bool {
    let inside = || {
        moving
            .iter()
            .filter(|(spot, _)| (from..until).contains(&spot.hour.start()))
    };
    let less = inside().filter(|(_, amount)| *amount < Decimal::ZERO);
    let mut less = less.map(|(spot, _)| &spot.unit);
    less.any(|unit| inside().any(|(spot, amount)| spot.unit == *unit && *amount > Decimal::ZERO))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_and_less_of_one_unit_hide_each_other_until_their_hours_are_apart() {
        let spot = |hour: &str, unit: &str, amount: i64| {
            let hour = Hour::parse(hour).unwrap();
            let unit = unit.to_owned();
            (Spot { hour, unit }, Decimal::from(amount))
        };
        let (one, two) = ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z");
        let window = |from: &str, until: &str| (from.parse().unwrap(), until.parse().unwrap());
        let day = window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
        let cancelling = [spot(one, "cpu", -1), spot(two, "cpu", 1)];
        assert!(may_cancel_out(&cancelling, day));
        assert!(!may_cancel_out(&cancelling, window(one, two)));
        assert!(!may_cancel_out(&[spot(one, "cpu", -1), spot(two, "ram_gb", 1)], day));
        assert!(!may_cancel_out(&[spot(one, "cpu", 1), spot(two, "cpu", 1)], day));
    }
}
