//! A record that waits for its lane, with what decides whether it goes and what it carries.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::examine;
use super::units::Carried;
use crate::domain::delivery::Entry;
use crate::domain::hold::HoldCode;
use crate::domain::hour::Hour;
use crate::domain::preflight::{Lane, Waiting};
use crate::domain::settlement::{Class, Classes};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) meter_id: i16,
    pub(super) meter: String,
    pub(super) hour: DateTime<Utc>,
    pub(super) revision: i16,
    pub(super) delta: Decimal,
    pub(super) unit: String,
    pub(super) factor: Decimal,
    /// It changes what Kill Bill was told before.
    pub(super) difference: bool,
    /// A person has consented.
    pub(super) consented: bool,
}

impl Row {
    pub(super) const fn key(&self) -> examine::Key {
        (self.meter_id, self.hour, self.revision)
    }

    /// Whether somebody is to be asked before it goes.
    pub(super) fn asks(&self, asks: Classes, lane: &Lane) -> Option<HoldCode> {
        let class = if lane.is_invoiced(&self.unit, Hour::containing(self.hour)) {
            Some(Class::LateUsage)
        } else {
            self.difference.then_some(Class::OpenDifference)
        };
        class
            .filter(|class| asks.has(*class) && !self.consented)
            .map(|_| HoldCode::AwaitingApproval)
    }

    pub(super) fn waiting(&self) -> Waiting<'_> {
        Waiting {
            unit: &self.unit,
            hour: Hour::containing(self.hour),
            amount: self.delta * self.factor,
        }
    }

    pub(super) fn carried(&self) -> Carried<'_> {
        (self.meter_id, &self.unit, self.factor, self.delta)
    }

    pub(super) fn entry(&self) -> Entry<'_> {
        Entry {
            meter: &self.meter,
            hour: Hour::containing(self.hour),
            revision: self.revision,
            delta: self.delta,
        }
    }
}
