//! What a column shows of a thing as the API tells it, and how: each value by its kind, each state in one colour everywhere.

use serde_json::Value;

use super::problem::Failure;
use super::query;
use crate::domain::uuid_hex;

/// How a value is shown.
#[derive(Clone, Copy)]
pub(super) enum Show {
    Text,
    /// An id, a tracking id, an answer: to be read letter by letter.
    Code,
    Number,
    /// With the currency that stands at this key.
    Money(&'static str),
    Time,
    /// Seconds, as a duration.
    Age,
    State,
    /// To a page's thing; its uuid or address stands at this key.
    Link(&'static str, &'static str),
    /// To a page; `{…}` in the address are keys.
    Way(&'static str),
    /// The column's title in each row, as the way to a page.
    Offer(&'static str),
    /// A list of amounts with their currencies.
    Sums,
}

/// One column, or one fact of a thing.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) key: &'static str,
    pub(super) show: Show,
    /// A second line under it.
    pub(super) under: Option<&'static str>,
    /// Hidden on a narrow screen.
    pub(super) minor: bool,
}

impl Column {
    pub(super) const fn new(title: &'static str, key: &'static str, show: Show) -> Self {
        Self {
            title,
            key,
            show,
            under: None,
            minor: false,
        }
    }

    pub(super) const fn under(mut self, key: &'static str) -> Self {
        self.under = Some(key);
        self
    }

    pub(super) const fn minor(mut self) -> Self {
        self.minor = true;
        self
    }

    /// Whether it is set to the right.
    pub(super) const fn is_number(&self) -> bool {
        matches!(self.show, Show::Number | Show::Money(_) | Show::Age | Show::Sums)
    }

    /// What stands in the column for `row`.
    ///
    /// # Errors
    /// When the row lacks a key.
    pub(super) fn cell(&self, row: &Value, base: &str) -> Result<Cell, Failure> {
        let text = text_at(row, self.key)?;
        let mut cell = Cell {
            look: self.look(&text),
            href: None,
            under: self.under.map(|key| text_at(row, key)).transpose()?,
            minor: self.minor,
            title: self.title,
            text,
        };
        match self.show {
            Show::Money(currency) if !cell.text.is_empty() => {
                cell.text = format!("{} {}", cell.text, text_at(row, currency)?);
            }
            Show::Link(page, id) => {
                let uuid = uuid_hex::parse(&text_at(row, id)?);
                cell.text = named(&cell.text);
                cell.href = uuid.map(|uuid| format!("{base}/admin/{page}/{}/", uuid_hex::hex(uuid)));
            }
            Show::Offer(address) => {
                self.title.clone_into(&mut cell.text);
                cell.href = Some(format!("{base}{}", filled(address, row)?));
            }
            Show::Sums => cell.text = sums(row, self.key)?,
            Show::Way(address) => cell.href = Some(format!("{base}{}", filled(address, row)?)),
            Show::Time => cell.text = instant(&cell.text),
            Show::Age => cell.text = age(&cell.text),
            _ => {}
        }
        Ok(cell)
    }

    fn look(&self, text: &str) -> Look {
        match self.show {
            Show::Code => Look::Code,
            Show::Number | Show::Money(_) | Show::Age | Show::Sums => Look::Number,
            Show::Time => Look::Time(for_programs(text)),
            Show::State => Look::State(tone(text)),
            Show::Text | Show::Link(..) | Show::Way(_) | Show::Offer(_) => Look::Text,
        }
    }
}

/// How a cell looks.
pub(super) enum Look {
    Text,
    Code,
    Number,
    /// The instant, for programs.
    Time(String),
    /// The class of its colour.
    State(&'static str),
}

/// A value, ready to be drawn.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) look: Look,
    pub(super) href: Option<String>,
    pub(super) under: Option<String>,
    pub(super) minor: bool,
    pub(super) title: &'static str,
}

impl Cell {
    pub(super) const fn is_number(&self) -> bool {
        matches!(self.look, Look::Number)
    }
}

/// The value at `key` as a text; a null is empty.
///
/// # Errors
/// When the key is not there.
pub(super) fn text_at(row: &Value, key: &str) -> Result<String, Failure> {
    let mut value = row;
    for part in key.split('.') {
        if value.is_null() {
            return Ok(String::new());
        }
        value = value.get(part).ok_or_else(|| Failure::Shape(key.to_owned()))?;
    }
    Ok(match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(all) if all.iter().all(Value::is_string) => {
            all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    })
}

fn sums(row: &Value, key: &str) -> Result<String, Failure> {
    let all = row
        .get(key)
        .and_then(Value::as_array)
        .ok_or_else(|| Failure::Shape(key.to_owned()))?;
    let sum = |sum| Ok(format!("{} {}", text_at(sum, "amount")?, text_at(sum, "currency")?));
    Ok(all.iter().map(sum).collect::<Result<Vec<_>, Failure>>()?.join(", "))
}

/// Puts the values of a thing into an address.
///
/// # Errors
/// When it lacks one of them.
pub(super) fn filled(address: &str, row: &Value) -> Result<String, Failure> {
    let mut parts = address.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (key, rest) = part.split_once('}').unwrap_or((part, ""));
        filled.push_str(&query::value(&text_at(row, key)?));
        filled.push_str(rest);
    }
    Ok(filled)
}

/// `2026-01-31 10:00`, with seconds where there are any; UTC.
pub(super) fn instant(text: &str) -> String {
    let Ok(at) = chrono::DateTime::parse_from_rfc3339(text) else {
        return text.to_owned();
    };
    let at = at.to_utc();
    if at.timestamp() % 60 == 0 {
        at.format("%F %H:%M").to_string()
    } else {
        at.format("%F %T").to_string()
    }
}

/// In the form that HTML's `datetime` takes.
fn for_programs(text: &str) -> String {
    let at = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
        .unwrap_or_default()
}

/// What a link is called: an hour as hours are written, a thing without a name by the beginning of its uuid.
fn named(text: &str) -> String {
    match uuid_hex::parse(text) {
        Some(uuid) => format!("{}…", &uuid_hex::hex(uuid)[..8]),
        None => instant(text),
    }
}

/// The two largest parts of a duration.
pub(super) fn age(seconds: &str) -> String {
    let Ok(seconds) = seconds.parse::<i64>() else {
        return String::new();
    };
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// One table from a word to its colour, for all pages: good, on its way, waiting, bad, over.
pub(super) fn tone(word: &str) -> &'static str {
    match word.to_ascii_lowercase().as_str() {
        "verified" | "billed" | "paid" | "balanced" | "ok" | "posted" | "sent" | "approved" | "reachable"
        | "in force" => "good",
        "delivered" | "sending" | "running" | "prepared" | "created" | "pending" | "draft" | "committed" => "busy",
        "held" | "waiting" | "unpaid" | "never run" | "missing" => "wait",
        "refused" | "unknown" | "failed" | "discrepant" | "open" | "bounced" | "payment failed" | "charged back"
        | "unreachable" | "late" | "locked" | "off" | "parked" => "bad",
        _ => "over",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_that_is_not_there_is_a_fault_and_a_null_is_empty() {
        let row = json!({ "a": null, "b": { "c": 1 }, "d": ["x", "y"] });
        assert_eq!(text_at(&row, "a").unwrap(), "");
        assert_eq!(text_at(&row, "b.c").unwrap(), "1");
        assert_eq!(text_at(&row, "a.c").unwrap(), "");
        assert_eq!(text_at(&row, "d").unwrap(), "x, y");
        assert!(matches!(text_at(&row, "e"), Err(Failure::Shape(key)) if key == "e"));
    }

    #[test]
    fn values_go_into_addresses_encoded() {
        let row = json!({ "meter": "a b&c", "uuid": "1" });
        assert_eq!(
            filled("/x/?meter={meter}&u={uuid}", &row).unwrap(),
            "/x/?meter=a+b%26c&u=1"
        );
    }

    #[test]
    fn times_and_ages_are_short() {
        assert_eq!(instant("2026-01-31T10:00:00Z"), "2026-01-31 10:00");
        assert_eq!(instant("2026-01-31T10:00:07.25Z"), "2026-01-31 10:00:07");
        assert_eq!(age("59"), "59 s");
        assert_eq!(age("3660"), "1 h 1 min");
        assert_eq!(age("90000"), "1 d 1 h");
    }
}
