//! Why a record waits, and what makes it go.

use std::fmt;
use std::str::FromStr;

use super::Meter;
use crate::domain::price::{PriceItem, UnknownWord};

/// A reason to keep records here for now. Nothing is lost: they go out when the reason is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub code: HoldCode,
    /// What was looked for and what was found instead.
    pub detail: String,
}

/// The reasons that a meter can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoldCode {
    /// The catalog has nothing by the meter's price name.
    NoPrice,
    /// It has, but not in the billing currency.
    NoCurrency,
    /// Several plans have it and nothing says which one is meant.
    AmbiguousPlan,
    /// The plan has several units that fit equally well.
    AmbiguousUnit,
    /// The plan has a monthly price only, which takes no usage in Kill Bill.
    MonthlyPrice,
    /// The configuration no longer names the meter.
    UnknownMeter,
    /// The resource is not registered yet.
    UnknownResource,
    /// The running subscription began with a catalog version that does not price the unit.
    UnitNotInPlan,
}

impl HoldCode {
    const ALL: [Self; 8] = [
        Self::NoPrice,
        Self::NoCurrency,
        Self::AmbiguousPlan,
        Self::AmbiguousUnit,
        Self::MonthlyPrice,
        Self::UnknownMeter,
        Self::UnknownResource,
        Self::UnitNotInPlan,
    ];

    /// The code in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoPrice => "no-price",
            Self::NoCurrency => "no-currency",
            Self::AmbiguousPlan => "ambiguous-plan",
            Self::AmbiguousUnit => "ambiguous-unit",
            Self::MonthlyPrice => "monthly-price",
            Self::UnknownMeter => "unknown-meter",
            Self::UnknownResource => "unknown-resource",
            Self::UnitNotInPlan => "unit-not-in-plan",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NoPrice => {
                "Add a usage price of that name to Kill Bill's catalog, or correct the meter's price list name in the configuration."
            }
            Self::NoCurrency => "Add a price in the billing currency to the catalog.",
            Self::AmbiguousPlan => "Name the plan of this resource type in [billing.plans].",
            Self::AmbiguousUnit => "Give the meter the name of one unit as its price list name.",
            Self::MonthlyPrice => {
                "Charge it by the hour: name its product in billing.monthly.products; or price it by usage in the catalog."
            }
            Self::UnknownMeter => "Name the meter in the configuration again.",
            Self::UnknownResource => "Register the resource: PUT /api/resources/{uuid}/.",
            Self::UnitNotInPlan => {
                "Give the plan an effectiveDateForExistingSubscriptions in the catalog, or price the unit in a plan of its own."
            }
        }
    }
}

impl FromStr for HoldCode {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|code| code.as_str() == word)
            .ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

impl fmt::Display for HoldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.detail, self.code.remedy())
    }
}

impl Hold {
    /// The resource is known only from its usage.
    #[must_use]
    pub fn unknown_resource() -> Self {
        Self::new(HoldCode::UnknownResource, "The resource is not registered.")
    }

    pub(super) fn unknown_meter(meter: &str) -> Self {
        Self::new(
            HoldCode::UnknownMeter,
            format!("The configuration names no meter `{meter}`."),
        )
    }

    pub(super) fn no_price(meter: &Meter) -> Self {
        Self::new(
            HoldCode::NoPrice,
            format!("No price list item, unit or usage is called `{}`.", meter.price_name),
        )
    }

    pub(super) fn no_currency(meter: &Meter, wanted: &str, found: &[&str]) -> Self {
        let detail = format!(
            "`{}` is priced in {}, not in {wanted}.",
            meter.price_name,
            found.join(", ")
        );
        Self::new(HoldCode::NoCurrency, detail)
    }

    pub(super) fn monthly_price(meter: &Meter, item: &PriceItem) -> Self {
        let detail = format!(
            "`{}` is priced by the month only, in plan `{}`.",
            meter.price_name, item.plan
        );
        Self::new(HoldCode::MonthlyPrice, detail)
    }

    pub(super) fn ambiguous_plan(meter: &Meter, resource_type: &str, items: &[&PriceItem]) -> Self {
        let plans = listed(items.iter().map(|item| item.plan.as_str()));
        let detail = format!(
            "`{}` stands in several plans ({plans}), none named for `{resource_type}`.",
            meter.price_name
        );
        Self::new(HoldCode::AmbiguousPlan, detail)
    }

    pub(super) fn ambiguous_unit(meter: &Meter, items: &[&PriceItem]) -> Self {
        let units = listed(items.iter().filter_map(|item| item.unit.as_deref()));
        Self::new(
            HoldCode::AmbiguousUnit,
            format!("`{}` may mean several units ({units}).", meter.price_name),
        )
    }

    fn new(code: HoldCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}
