//! What the frontends' JavaScript does with a value, written out: each panics where the page would break or print nonsense.

use serde_json::Value;

/// `{{ value | defaultCurrency }}` of 2016 to 2018: a number, or a text that holds one; null throws.
#[track_caller]
pub fn currency(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap(),
        Value::String(text) => text.parse().unwrap_or_else(|_| panic!("prints {text:?} as money")),
        other => panic!("value.indexOf of {other}"),
    }
}

/// `.toFixed(2)`: numbers have it, texts do not.
#[track_caller]
pub fn to_fixed(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("toFixed of {value}"))
}

/// `parseFloat`.
#[track_caller]
pub fn parse_float(value: &Value) -> f64 {
    currency(value)
}

/// Printed as it is: a text that says something.
#[track_caller]
pub fn said(value: &Value) -> &str {
    let text = value.as_str().unwrap_or_else(|| panic!("prints {value}"));
    assert!(!text.is_empty(), "prints nothing");
    text
}

/// `{{ value }}` where nothing may be known.
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("prints {value}"))
}

/// `formatPeriod` since 2017: compares the month as a number.
#[track_caller]
pub fn period(invoice: &Value) -> String {
    let (year, month) = (whole(&invoice["year"]), whole(&invoice["month"]));
    format!("{year}-{}{month}", if month < 10 { "0" } else { "" })
}

/// A whole number, compared with `===`.
#[track_caller]
pub fn whole(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

#[track_caller]
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

/// `list || []`
#[track_caller]
pub fn list_or_none(value: &Value) -> &[Value] {
    if value.is_null() { &[] } else { list(value) }
}

/// Two amounts that are numbers, whatever their decimals.
#[track_caller]
pub fn amount(value: &Value) -> Option<f64> {
    (!value.is_null()).then(|| to_fixed(value))
}

/// Within half a cent: what the pages add up is no decimal.
#[track_caller]
pub fn same(one: f64, other: f64) {
    assert!((one - other).abs() < 0.005, "{one} is not {other}");
}
