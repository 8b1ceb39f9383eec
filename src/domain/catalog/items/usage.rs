//! Usage sections: one item per unit and currency.

use super::{Reading, pretty};
use crate::domain::catalog::xml::{Plan, Usage};
use crate::domain::price::{Key, MINUTE_PREFIX, Period, PriceItem, PriceRule, Rates, Tier};

impl Reading<'_> {
    /// Consumable usage in arrear is what hourly records can be billed by; everything else is said and left out.
    pub(super) fn usage(&mut self, plan: &Plan, usage: &Usage) {
        let subject = format!("{}/{}", plan.name, usage.name);
        if usage.kind != "CONSUMABLE" {
            let text = format!(
                "{} usage is billed by the highest level reached, not by hours: it is not in the price list",
                usage.kind
            );
            return self.find("capacity", &subject, text);
        }
        if usage.billing_mode != "IN_ARREAR" {
            let text = format!(
                "Kill Bill does not bill usage {}: it is not in the price list",
                usage.billing_mode
            );
            return self.find("in-advance", &subject, text);
        }
        if Period::of(&usage.billing_period) != Some(Period::MONTH) {
            let text = format!(
                "usage billed {} is not supported: its hours are held; set its billingPeriod to MONTHLY",
                usage.billing_period
            );
            self.find("usage-period", &subject, text);
        }
        let limits = usage
            .limits
            .limit
            .iter()
            .chain(usage.tiers.tier.iter().flat_map(|tier| &tier.limits.limit));
        if let Some(limit) = limits.into_iter().next() {
            let text = format!("the limit on `{}` is neither billed nor watched here", limit.unit);
            self.find("limits", &subject, text);
        }
        let mut units: Vec<&str> = Vec::new();
        for block in usage.tiers.tier.iter().flat_map(|tier| &tier.blocks.tiered_block) {
            if !units.contains(&block.unit.as_str()) {
                units.push(&block.unit);
            }
        }
        for unit in units {
            self.unit(plan, usage, unit, &subject);
        }
    }

    fn unit(&mut self, plan: &Plan, usage: &Usage, unit: &str, subject: &str) {
        let blocks = || usage.blocks(unit);
        if let Some(tier) = usage.tier_without(unit) {
            let text = format!(
                "tier {tier} has no block of `{unit}`: Kill Bill would fail on every invoice of an account that has the plan; give every tier a block of each unit"
            );
            self.find("tier-gap", subject, text);
        }
        if let Some(end) = blocks().next_back().filter(|block| !block.max.is_sign_negative()) {
            let text = format!(
                "the last tier of `{unit}` ends at {} blocks of {}: what is consumed beyond is not charged; set its max to -1",
                end.max, end.size
            );
            self.find("capped", subject, text);
        }
        if blocks().any(|block| block.prices.price.iter().all(|price| price.value.is_none())) {
            let text = format!(
                "`{unit}` has a block without any price: Kill Bill would fail on every invoice of an account that has the plan; price it in every currency"
            );
            self.find("unpriced", subject, text);
        }
        let mut currencies: Vec<&str> = Vec::new();
        for price in blocks().flat_map(|block| &block.prices.price) {
            if !currencies.contains(&price.currency.as_str()) {
                currencies.push(&price.currency);
            }
        }
        for currency in currencies {
            let tiers: Option<Vec<Tier>> = blocks()
                .map(|block| {
                    let max = (!block.max.is_sign_negative()).then_some(block.max);
                    Some(Tier {
                        block_size: block.size,
                        block_price: block.prices.in_currency(currency)?,
                        max,
                    })
                })
                .collect();
            match tiers {
                Some(tiers) => self.usage_item(plan, usage, unit, currency, tiers),
                None => self.find(
                    "currency-gap",
                    subject,
                    format!("some tiers of `{unit}` have no price in {currency}: left out"),
                ),
            }
        }
    }

    fn usage_item(&mut self, plan: &Plan, usage: &Usage, unit: &str, currency: &str, tiers: Vec<Tier>) {
        let rule = if unit.starts_with(MINUTE_PREFIX) {
            PriceRule::MinuteUsage
        } else {
            PriceRule::HourlyUsage
        };
        let Some(rates) = tiers
            .first()
            .and_then(|first| Rates::of_usage(first, rule, self.hours_in_month))
        else {
            let text = format!("the price of `{unit}` in {currency} cannot be turned into an hourly one: left out");
            return self.find("price", &format!("{}/{}", plan.name, usage.name), text);
        };
        let alone = matches!(plan.final_phase.usages.usage.as_slice(), [only] if prices_one_unit(only));
        let name = if alone { &plan.product } else { unit };
        let named = if alone {
            &self.catalog.products.product
        } else {
            &self.catalog.units.unit
        };
        let bare = plugin_suffix(plan).and_then(|suffix| unit.strip_suffix(suffix));
        let Key { item_type, key } = Key::of_usage(bare.unwrap_or(unit), name);
        self.items.push(PriceItem {
            uuid: PriceItem::identity(&plan.name, Some(&usage.name), Some(unit), currency),
            name: name.to_owned(),
            description: pretty(named, name),
            product: plan.product.clone(),
            plan: plan.name.clone(),
            usage_name: Some(usage.name.clone()),
            unit: Some(unit.to_owned()),
            item_type,
            key,
            currency: currency.to_owned(),
            rule,
            hourly: rates.hourly,
            monthly: rates.monthly,
            tiers,
            tier_policy: usage
                .tier_block_policy
                .as_deref()
                .and_then(|policy| policy.parse().ok())
                .unwrap_or_default(),
            recurring: self.monthly_fee(plan, currency),
            for_existing: plan.effective_date_for_existing_subscriptions,
        });
    }
}

/// What the predecessor's plugin 0.5 appended to every usage of a plan: `-` and the number of the content type. A single
/// name says nothing: it may just end so.
fn plugin_suffix(plan: &Plan) -> Option<&str> {
    let mut names = plan.final_phase.usages.usage.iter().map(|usage| usage.name.as_str());
    let first = names.next()?;
    let (_, digits) = first.rsplit_once('-')?;
    let suffix = &first[first.len() - digits.len() - 1..];
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    (is_number && names.len() > 0 && names.all(|name| name.ends_with(suffix))).then_some(suffix)
}

fn prices_one_unit(usage: &Usage) -> bool {
    let mut units = usage
        .tiers
        .tier
        .iter()
        .flat_map(|tier| &tier.blocks.tiered_block)
        .map(|block| &block.unit);
    units.next().is_some_and(|first| units.all(|unit| unit == first))
}
