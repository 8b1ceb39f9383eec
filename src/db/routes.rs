//! Table `route`: where each resource's meters go, or why they wait. One row per resource and meter, never per record, so
//! that a mended catalog frees years of records with one update.
//!
//! `pairs` answers a push, `refresh` follows the price list, the configuration and the register.

mod pairs;
mod refresh;

use crate::domain::hold::HoldCode;
use crate::domain::route::{Hold, Route, Way};

pub use pairs::{Pair, for_pairs};
pub use refresh::{refresh, refresh_held, refresh_resource};

/// What a row says: the plan and unit, or the reason for none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Outcome {
    plan: Option<String>,
    unit: Option<String>,
    way: Way,
    factor: rust_decimal::Decimal,
    recurring: bool,
    hold: Option<HoldCode>,
    hold_detail: Option<String>,
}

impl From<Result<Route, Hold>> for Outcome {
    fn from(found: Result<Route, Hold>) -> Self {
        match found {
            Ok(route) => Self {
                plan: Some(route.plan),
                unit: route.unit,
                way: route.way,
                factor: route.factor,
                recurring: route.recurring,
                hold: None,
                hold_detail: None,
            },
            Err(hold) => Self {
                plan: None,
                unit: None,
                way: Way::Usage,
                factor: rust_decimal::Decimal::ONE,
                recurring: false,
                hold: Some(hold.code),
                hold_detail: Some(hold.detail),
            },
        }
    }
}
