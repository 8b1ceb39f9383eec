//! What a month costs, of a resource and rolled up to its service, to what its project has there, to its project and its customer.
//!
//! A month is the account's own: the windows that begin in it, on whatever day it is billed. One that Kill Bill has invoiced
//! costs what the invoices say. Any other is rated from the kept sums as Kill Bill will rate them (whole
//! blocks, tiers, one rounding to cents for each line, which has all units of a usage section), and projected to its end: each meter goes on at its average since its first hour of the month. docs/estimates.md has the rules for readers.

mod pricing;
mod rated;
mod rollup;

use std::collections::BTreeMap;

use crate::domain::words::words;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

pub use pricing::{Part, Pricing, UnitPrice, parts};
pub use rated::{Ahead, rated};
pub use rollup::{Row, rows};

words! {
    /// Whose month it is, from the smallest up.
    pub enum ScopeKind = "kind of scope" {
        Resource = "resource",
        Service = "service",
        /// What of a project runs in a service.
        Link = "serviceprojectlink",
        Project = "project",
        Customer = "customer",
    }
}

words! {
    /// Where the figures come from.
    pub enum EstimateSource = "source of an estimate" {
        /// Our own sums and the price list.
        Records = "records",
        /// Kill Bill has billed the month.
        Invoices = "invoices",
        /// A person set it.
        Manual = "manual",
    }
}

/// A customer's month, as far as the database knows it.
#[derive(Clone, Debug, Default)]
pub struct MonthFacts {
    pub customer_id: i64,
    pub customer: Named,
    /// Kill Bill has billed usage up to the month's end; or the month is over, it has billed something, and nothing waits.
    pub invoiced: bool,
    pub resources: Vec<ResourceFacts>,
    /// What invoices say of no resource: credits aside, charges to the customer as a whole.
    pub unassigned: Vec<Billed>,
}

/// Under this namespace what a customer's project has in a service gets its uuid: it has none of its own.
const LINKS: Uuid = Uuid::from_u128(0x1d3a_8f0c_7f52_5b7a_9f3e_52c1_6a0d_9be4);

/// Something with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub uuid: Uuid,
    pub name: String,
}

impl Named {
    /// What of `project` runs in `service`: NodeConductor's service-project link, called by both names.
    #[must_use]
    pub fn link(service: &Self, project: &Self, customer: Uuid) -> Self {
        let parts = [service.uuid, project.uuid, customer].map(Uuid::into_bytes).concat();
        Self {
            uuid: Uuid::new_v5(&LINKS, &parts),
            name: format!("{} | {}", service.name, project.name),
        }
    }
}

/// A resource's month.
#[derive(Clone, Debug, Default)]
pub struct ResourceFacts {
    pub resource: Named,
    pub resource_type: String,
    pub project: Option<Named>,
    pub service: Option<Named>,
    pub terminated_at: Option<DateTime<Utc>>,
    pub metered: Vec<Metered>,
    pub billed: Vec<Billed>,
    /// Records of a month that is over that nothing carries into an invoice.
    pub waiting: i64,
}

/// The kept sum of one meter, with the way that its hours take.
#[derive(Clone, Debug)]
pub struct Metered {
    pub meter: String,
    pub plan: Option<String>,
    /// None where the plan has a monthly price only.
    pub unit: Option<String>,
    /// The parts of the account's month that its subscription bills, with what was used in each, and all fields below are of
    /// these; none while it has no subscription.
    pub parts: Option<Vec<Part>>,
    /// Kill Bill's units in one of the meter's.
    pub factor: Decimal,
    pub quantity: Decimal,
    pub records: i64,
    pub first_hour: DateTime<Utc>,
    pub last_hour: DateTime<Utc>,
}

/// What invoices say of the month.
#[derive(Clone, Debug)]
pub struct Billed {
    /// A meter, else the kind of the line.
    pub label: String,
    /// The plan's own price, billed in advance: in no sum of hours.
    pub is_fee: bool,
    pub currency: String,
    pub amount: Decimal,
}

/// A month's cost in one currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Of the whole month.
    pub total: Decimal,
    /// So far.
    pub consumed: Decimal,
    /// So far, by meter; what has no meter under the kind of its line.
    pub details: BTreeMap<String, Decimal>,
    /// Records that are in neither figure: without a price, or held while the month was invoiced.
    pub unrated: i64,
}

impl Estimate {
    /// Both figures at once: what is known for good.
    pub fn add_billed(&mut self, billed: &Billed) {
        self.total += billed.amount;
        self.consumed += billed.amount;
        *self.details.entry(billed.label.clone()).or_default() += billed.amount;
    }

    /// The sum of both.
    pub fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.consumed += other.consumed;
        self.unrated += other.unrated;
        for (label, amount) in &other.details {
            *self.details.entry(label.clone()).or_default() += amount;
        }
    }
}
