//! What the columns of Kill Bill's invoice items hold. What is more ends in a 500 with a text of the database's.

use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::answer::{Answer, decimal, text};
use super::rating::{cents, nine_places};

/// `numeric(15,9)`: amounts and rates.
const MONEY: Decimal = dec!(1000000);
/// `decimal(18,9)`.
const QUANTITY: Decimal = dec!(1000000000);
const DESCRIPTION: usize = 255;

/// The answer when something of the lines does not fit.
pub fn overflow(given: &[Value]) -> Option<Answer> {
    let is_beyond = |value: Option<Decimal>, limit| value.is_some_and(|value| value.abs() >= limit);
    let is_bad = |line: &Value| {
        is_beyond(decimal(&line["amount"]).map(cents), MONEY)
            || is_beyond(decimal(&line["rate"]).map(nine_places), MONEY)
            || is_beyond(decimal(&line["quantity"]).map(nine_places), QUANTITY)
            || text(line, "description").is_some_and(|text| text.chars().count() > DESCRIPTION)
    };
    let is_bad = given.iter().any(is_bad);
    is_bad.then(|| Answer::complaint(500, None, "Data truncation: Out of range value for column"))
}
