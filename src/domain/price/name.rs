//! What a priced thing is called: the historical type and key, and the minute and hour units of the predecessor.

/// Units of the predecessor that count minutes (sixty to the hour) begin so.
pub const MINUTE_PREFIX: &str = "minute-of-";
const HOUR_PREFIX: &str = "hour-of-";

/// The predecessor's types. Some contain a dash, so the longest one that fits is taken.
const TYPES: [&str; 9] = [
    "flavor",
    "storage",
    "license-os",
    "license-application",
    "support",
    "network",
    "users",
    "usage",
    "type",
];

/// NodeConductor's pair (item type, key) that named a price before Kill Bill's names did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub item_type: String,
    pub key: String,
}

impl Key {
    /// Splits a unit name of the predecessor (`minute-of-license-os-centos7`); any other name is a key of type `usage`.
    #[must_use]
    pub fn of_usage(unit: &str, name: &str) -> Self {
        let bare = unit
            .strip_prefix(HOUR_PREFIX)
            .or_else(|| unit.strip_prefix(MINUTE_PREFIX));
        bare.and_then(Self::split).unwrap_or_else(|| Self {
            item_type: "usage".to_owned(),
            key: name.to_owned(),
        })
    }

    /// A plan's own price.
    #[must_use]
    pub fn of_recurring(name: &str) -> Self {
        Self {
            item_type: "recurring".to_owned(),
            key: name.to_owned(),
        }
    }

    fn split(bare: &str) -> Option<Self> {
        let fitting = TYPES.into_iter().filter_map(|item_type| {
            let key = bare.strip_prefix(item_type)?.strip_prefix('-')?;
            (!key.is_empty()).then_some((item_type, key))
        });
        let (item_type, key) = fitting.max_by_key(|(item_type, _)| item_type.len())?;
        Some(Self {
            item_type: item_type.to_owned(),
            key: key.to_owned(),
        })
    }
}

/// The unit names that the predecessor made from a usage name, hours first.
#[must_use]
pub fn minute_or_hour_names(name: &str) -> [String; 2] {
    [format!("{HOUR_PREFIX}{name}"), format!("{MINUTE_PREFIX}{name}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(unit: &str) -> (String, String) {
        let Key { item_type, key } = Key::of_usage(unit, "the-name");
        (item_type, key)
    }

    #[test]
    fn names_of_the_predecessor_fall_into_type_and_key() {
        let pair = |item_type: &str, key: &str| (item_type.to_owned(), key.to_owned());
        assert_eq!(split("hour-of-flavor-g1.small1"), pair("flavor", "g1.small1"));
        assert_eq!(split("minute-of-license-os-centos7"), pair("license-os", "centos7"));
        assert_eq!(
            split("minute-of-license-application-wordpress"),
            pair("license-application", "wordpress")
        );
        assert_eq!(split("hour-of-storage-1GB-17"), pair("storage", "1GB-17"));
    }

    #[test]
    fn any_other_name_is_its_own_key() {
        for unit in [
            "cpu",
            "flavor-without-prefix",
            "hour-of-elephants",
            "hour-of-flavor",
            "minute-of-flavor-",
        ] {
            assert_eq!(split(unit), ("usage".to_owned(), "the-name".to_owned()), "{unit}");
        }
    }
}
