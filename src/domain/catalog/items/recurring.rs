//! A plan's own price: what a subscription costs whatever is used.

use rust_decimal::Decimal;

use super::{Reading, pretty};
use crate::domain::catalog::xml::Plan;
use crate::domain::price::{Key, Period, PriceItem, PriceRule, Rates, TierPolicy};

impl Reading<'_> {
    /// The plan's own price: an item named after the product, or after the plan when usage is priced beside it. A plan
    /// that is generated with a price of zero beside its usage (the predecessor's habit) has no base fee worth a line.
    pub(super) fn recurring(&mut self, plan: &Plan) {
        let Some(recurring) = &plan.final_phase.recurring else {
            return;
        };
        let with_usage = !plan.final_phase.usages.usage.is_empty();
        let prices = recurring
            .recurring_price
            .price
            .iter()
            .filter_map(|price| Some((&price.currency, price.value?)))
            .filter(|(_, value)| !(with_usage && value.is_zero()));
        let Some(period) = Period::of(&recurring.billing_period) else {
            let text = format!(
                "the recurring price per {} cannot be turned into a monthly one: left out",
                recurring.billing_period
            );
            return self.find("period", &plan.name, text);
        };
        if period != Period::MONTH {
            let text = format!(
                "the recurring price is {}; the price list shows it converted to a month",
                recurring.billing_period
            );
            self.find("period", &plan.name, text);
        }
        for (currency, value) in prices {
            self.recurring_item(plan, currency, value, period, with_usage);
        }
    }

    fn recurring_item(&mut self, plan: &Plan, currency: &str, value: Decimal, period: Period, with_usage: bool) {
        let Some(rates) = Rates::of_recurring(value, period, self.hours_in_month) else {
            return self.find(
                "price",
                &plan.name,
                format!("the recurring price in {currency} cannot be turned into an hourly one: left out"),
            );
        };
        let name = if with_usage { &plan.name } else { &plan.product };
        let Key { item_type, key } = Key::of_recurring(name);
        self.items.push(PriceItem {
            uuid: PriceItem::identity(&plan.name, None, None, currency),
            name: name.clone(),
            description: pretty(&self.catalog.products.product, &plan.product),
            product: plan.product.clone(),
            plan: plan.name.clone(),
            usage_name: None,
            unit: None,
            item_type,
            key,
            currency: currency.to_owned(),
            rule: PriceRule::MonthlyRecurring,
            hourly: rates.hourly,
            monthly: rates.monthly,
            tiers: Vec::new(),
            tier_policy: TierPolicy::default(),
            recurring: Some(rates.monthly),
            for_existing: plan.effective_date_for_existing_subscriptions,
        });
    }

    /// The plan's recurring price in a month; the plain price when its period is not known here.
    pub(super) fn monthly_fee(&self, plan: &Plan, currency: &str) -> Option<Decimal> {
        let recurring = plan.final_phase.recurring.as_ref()?;
        let price = recurring.recurring_price.in_currency(currency)?;
        let period = Period::of(&recurring.billing_period).unwrap_or(Period::MONTH);
        Some(Rates::of_recurring(price, period, self.hours_in_month).map_or(price, |rates| rates.monthly))
    }
}
