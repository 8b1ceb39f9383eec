//! Why a meter's records wait: what was looked for in the price list, and what was found instead.

use std::fmt;

use super::Meter;
use crate::domain::hold::HoldCode;
use crate::domain::price::PriceItem;

/// A reason to keep records here for now. Nothing is lost: they go out when the reason is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub code: HoldCode,
    /// What was looked for and what was found instead.
    pub detail: String,
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
        Self::new(HoldCode::UnknownResource, HoldCode::UnknownResource.sentence())
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
