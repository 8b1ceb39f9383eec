//! What clients send about an override, in the words of both generations: `key` with `item_type` in 2015,
//! `default_price_list_item` since 2016.

use rust_decimal::{Decimal, dec};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::price::PriceItem;
use crate::http::decimals::PriceInput;
use crate::http::form::Form;
use crate::http::ids::Id;
use crate::http::number::{Number, given};
use crate::http::problem::{Answer, Problem};

/// A price of one service. The item is named by `default_price_list_item`, or by `item_type` and `key`.
#[derive(Deserialize, ToSchema)]
pub struct OverrideBody {
    /// The service's uuid or address.
    pub service: Id,
    /// The item's uuid or address in `/api/default-price-list-items/`.
    default_price_list_item: Option<Id>,
    #[schema(pattern = r"^[^\x00]*$")]
    key: Option<String>,
    #[schema(pattern = r"^[^\x00]*$")]
    item_type: Option<String>,
    /// Price of one unit for one hour: from 0, at most 10 decimals.
    #[schema(value_type = PriceInput)]
    value: Number,
    /// When given and not empty, it must be the item's own: a price for another unit means something else.
    #[schema(pattern = r"^[^\x00]*$")]
    units: Option<String>,
}

/// A new value; everything else of an override stays as it is.
#[derive(Deserialize, ToSchema)]
pub struct OverrideChange {
    /// Price of one unit for one hour: from 0, at most 10 decimals.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = PriceInput, required = false)]
    value: Option<Number>,
    /// When given and not empty, it must be what it is.
    #[schema(pattern = r"^[^\x00]*$")]
    units: Option<String>,
}

impl OverrideBody {
    /// The item and its price.
    ///
    /// # Errors
    /// 400 with every field that is wrong.
    pub fn read<'a>(&self, items: &[&'a PriceItem]) -> Answer<(&'a PriceItem, Decimal)> {
        let mut form = Form::default();
        let value = form.take("value", price(self.value));
        let item = match self.item(items) {
            Ok(item) => Some(item),
            Err((field, text)) => {
                form.refuse(field, text);
                None
            }
        };
        if let Some(item) = item {
            check_units(
                &mut form,
                self.units.as_deref(),
                item.unit.as_deref().unwrap_or_default(),
            );
        }
        form.done()?;
        item.map(|item| (item, value)).ok_or_else(Problem::internal)
    }

    fn item<'a>(&self, items: &[&'a PriceItem]) -> Result<&'a PriceItem, (&'static str, String)> {
        if let Some(Id(uuid)) = self.default_price_list_item {
            let field = "default_price_list_item";
            return by_uuid(items, uuid).ok_or_else(|| (field, "This item is not in the price list.".to_owned()));
        }
        let (Some(item_type), Some(key)) = (&self.item_type, &self.key) else {
            let field = if self.key.is_none() { "key" } else { "item_type" };
            return Err((field, "This field is required.".to_owned()));
        };
        let fits = |item: &&&PriceItem| item.item_type == *item_type && item.key == *key;
        let mut fitting = items.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(item), None) => Ok(item),
            (None, _) => Err((
                "key",
                format!("The price list has no \"{key}\" of type \"{item_type}\"."),
            )),
            (Some(_), Some(_)) => Err((
                "key",
                format!("Several plans price \"{key}\"; give default_price_list_item instead."),
            )),
        }
    }
}

impl OverrideChange {
    /// The new value; `None` = the old one stays.
    ///
    /// # Errors
    /// 400 with every field that is wrong.
    pub fn read(&self, units: &str) -> Answer<Option<Decimal>> {
        let mut form = Form::default();
        let value = form.take("value", self.value.map(price).transpose());
        check_units(&mut form, self.units.as_deref(), units);
        form.done().map(|()| value)
    }
}

fn by_uuid<'a>(items: &[&'a PriceItem], uuid: Uuid) -> Option<&'a PriceItem> {
    items.iter().find(|item| item.uuid == uuid).copied()
}

fn check_units(form: &mut Form, given: Option<&str>, own: &str) {
    if let Some(given) = given.filter(|given| !given.is_empty() && *given != own) {
        form.refuse("units", format!("The item is priced by \"{own}\", not by \"{given}\"."));
    }
}

fn price(Number(value): Number) -> Result<Decimal, &'static str> {
    match value.normalize() {
        value if value < Decimal::ZERO => Err("Ensure this value is greater than or equal to 0."),
        value if value >= dec!(1_000_000_000) => Err("Ensure this value is less than 1000000000."),
        value if value.scale() > 10 => Err("Ensure that there are no more than 10 decimal places."),
        value => Ok(value),
    }
}
