//! What holds, key by key, and where it comes from: for people who look at a running service. Secrets are not among it.

use std::collections::BTreeSet;

use config::{Map, Value, ValueKind};

/// A value that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// `delivery.every`
    pub key: String,
    pub value: String,
    pub origin: Origin,
}

/// Where a value comes from; each wins over the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    File,
    Environment,
}

impl Origin {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
        }
    }
}

/// Stands for a secret.
const MASK: &str = "••••••";

/// Every value of the tree, in the order of the keys, but those that are hidden.
pub(super) fn of(tree: &Map<String, Value>, hidden: &BTreeSet<String>) -> Vec<Effective> {
    let mut all = Vec::new();
    under("", tree, hidden, &mut all);
    all.sort_by(|one, other| one.key.cmp(&other.key));
    all
}

fn under(path: &str, table: &Map<String, Value>, hidden: &BTreeSet<String>, all: &mut Vec<Effective>) {
    for (name, value) in table {
        let key = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match &value.kind {
            ValueKind::Table(inner) => under(&key, inner, hidden, all),
            _ => all.push(Effective {
                value: if hidden.contains(&key) {
                    masked(value)
                } else {
                    shown(value)
                },
                origin: origin(value),
                key,
            }),
        }
    }
}

/// Nothing is no secret.
fn masked(value: &Value) -> String {
    let empty = shown(value).is_empty();
    if empty { String::new() } else { MASK.to_owned() }
}

fn shown(value: &Value) -> String {
    match &value.kind {
        ValueKind::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(", "),
        _ => value.to_string(),
    }
}

fn origin(value: &Value) -> Origin {
    match value.origin() {
        None => Origin::Default,
        Some(origin) if origin.contains("environment") => Origin::Environment,
        Some(_) => Origin::File,
    }
}
