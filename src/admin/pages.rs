//! What each list and thing shows: one file for each, all of them here, and the way in which they are offered.

mod corrections;
mod customers;
mod deliveries;
mod discrepancies;
mod estimates;
mod holds;
mod invoices;
mod mails;
mod missing_hours;
mod prices;
mod resources;
mod settlements;
mod usage;

use super::declared::List;

const LISTS: [&List; 16] = [
    &usage::LIST,
    &holds::LIST,
    &holds::RELEASES,
    &missing_hours::LIST,
    &missing_hours::DECLARATIONS,
    &corrections::LIST,
    &deliveries::LIST,
    &settlements::LIST,
    &invoices::LIST,
    &mails::LIST,
    &discrepancies::LIST,
    &prices::LIST,
    &prices::CHANGES,
    &estimates::LIST,
    &customers::LIST,
    &resources::LIST,
];

/// Under each heading the pages' titles and addresses.
pub(super) const NAVIGATION: [(&str, &[(&str, &str)]); 4] = [
    (
        "Now",
        &[
            ("Overview", ""),
            ("Held", "held"),
            ("To approve", "corrections"),
            ("Discrepancies", "discrepancies"),
        ],
    ),
    (
        "Usage",
        &[
            ("Usage", "usage"),
            ("Missing hours", "missing-hours"),
            ("Deliveries", "deliveries"),
            ("Charges and credits", "settlements"),
        ],
    ),
    (
        "Billing",
        &[
            ("Invoices", "invoices"),
            ("Letters", "letters"),
            ("Prices", "prices"),
            ("Estimates", "estimates"),
            ("Customers", "customers"),
            ("Resources", "resources"),
        ],
    ),
    (
        "House",
        &[
            ("Trail", "trail"),
            ("People", "people"),
            ("Tokens", "tokens"),
            ("Settings", "settings"),
        ],
    ),
];

/// The list at that address below `/admin/`.
pub(super) fn list(name: &str) -> Option<&'static List> {
    LISTS.into_iter().find(|list| list.name == name)
}

/// Where things of a family of the API have their page.
pub(super) fn lists() -> impl Iterator<Item = &'static List> {
    LISTS.into_iter()
}
