//! Sizes that names speak of: a meter in MiB must not go out by a price per GB. Only the scale counts: GB and GiB are
//! both written for what NodeConductor measures.

use super::Meter;
use crate::domain::price::PriceItem;

/// What the operator reads when the meter says another size than its price.
pub(super) fn mismatch(meter: &Meter, item: &PriceItem) -> Option<String> {
    let unit = item.unit.as_deref().unwrap_or_default();
    let (ours, said) = first(&[&meter.unit_label, &meter.name, &meter.display_name])?;
    let (theirs, priced) = first(&[unit, &item.name])?;
    (ours != theirs).then(|| {
        format!(
            "`{said}` is not what plan `{}` prices, `{priced}`: push quantities in the price's unit, and label them so",
            item.plan
        )
    })
}

/// The first of the names that speaks of a size.
fn first<'a>(names: &[&'a str]) -> Option<(char, &'a str)> {
    names.iter().find_map(|name| Some((scale(name)?, *name)))
}

/// `g` for `GB/h`, `ram_gb` and `storage-1GB`.
fn scale(name: &str) -> Option<char> {
    let lower = name.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphabetic());
    words.find_map(|word| match word {
        "kb" | "kib" => Some('k'),
        "mb" | "mib" => Some('m'),
        "gb" | "gib" => Some('g'),
        "tb" | "tib" => Some('t'),
        _ => None,
    })
}
