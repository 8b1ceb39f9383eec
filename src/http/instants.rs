//! Days, hours and instants as OpenAPI describes them: every one that is taken, leap years and offsets included, and none
//! that is not. Nothing is of these types; they are named in `value_type`.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::texts::text;

/// An hour, by its first instant.
#[derive(Debug)]
pub struct HourText;

/// An instant in the years that are kept.
#[derive(Debug)]
pub struct InstantText;

/// A month, as estimates have always been asked for.
#[derive(Debug)]
pub struct MonthText;

/// Days of every year.
const MONTH_AND_DAY: &str =
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))";
/// Two digits that four divides, but 00.
const LEAP: &str = "(0[48]|[2468][048]|[13579][26])";
/// Hours of an offset from UTC. With one, the first and the last year stay out: the instant might lie outside of them.
const AWAY: &str = "[+-](0[0-9]|1[0-4])";

/// A day of the calendar, from the year 0 to 9999.
#[must_use]
pub fn day() -> String {
    format!("([0-9]{{4}}-{MONTH_AND_DAY}|([0-9]{{2}}{LEAP}|([02468][048]|[13579][26])00)-02-29)")
}

/// A day from 2000 to 2099.
fn day_of_ours() -> String {
    format!("(20[0-9]{{2}}-{MONTH_AND_DAY}|20(00|{LEAP})-02-29)")
}

/// A day from 2001 to 2098.
fn day_within() -> String {
    let year = "20(0[1-9]|[1-8][0-9]|9[0-8])";
    format!("({year}-{MONTH_AND_DAY}|20{LEAP}-02-29)")
}

impl PartialSchema for HourText {
    fn schema() -> RefOr<Schema> {
        let (any, within) = (day_of_ours(), day_within());
        let hour = "T([01][0-9]|2[0-3])";
        text(
            format!("^({any}{hour}:00:00Z|{within}{hour}:(00:00{AWAY}:00|30:00{AWAY}:30))$"),
            "The first instant of an hour, with Z or an offset",
            "2026-01-01T10:00:00Z",
        )
    }
}

impl PartialSchema for InstantText {
    fn schema() -> RefOr<Schema> {
        let (any, within) = (day_of_ours(), day_within());
        let time = r"T([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]{1,9})?";
        text(
            format!("^({any}{time}Z|{within}{time}{AWAY}:[0-5][0-9])$"),
            "RFC 3339, with Z or an offset, in the years 2000 to 2099",
            "2026-02-14T09:20:00Z",
        )
    }
}

impl PartialSchema for MonthText {
    fn schema() -> RefOr<Schema> {
        text(
            r"^[0-9]{4}\.(0?[1-9]|1[0-2])$".to_owned(),
            "A month; 2026.1 and 2026.01 mean the same",
            "2026.01",
        )
    }
}

impl ToSchema for HourText {}
impl ToSchema for InstantText {}
impl ToSchema for MonthText {}
