//! A JSON object whose keys the client chose, at any depth. One that says a thing twice is refused, as everywhere:
//! a map would keep the last of two equal keys without a word.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The object itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        // First, because it refuses what is nested too deeply to be walked through.
        let object = serde_json::from_str(text.get()).map_err(D::Error::custom)?;
        says_once(&text).map_err(D::Error::custom)?;
        Ok(Self(object))
    }
}

fn says_once(text: &RawValue) -> serde_json::Result<()> {
    match text.get().as_bytes().first() {
        Some(b'{') => serde_json::from_str::<Keys<'_>>(text.get())?
            .0
            .values()
            .try_for_each(|value| says_once(value)),
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(text.get())?
            .into_iter()
            .try_for_each(says_once),
        _ => Ok(()),
    }
}

/// The keys of one object, each there once.
struct Keys<'t>(BTreeMap<String, &'t RawValue>);

impl<'de> Deserialize<'de> for Keys<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Once)
    }
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = Keys<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            if keys.contains_key(&key) {
                return Err(A::Error::custom(format!("\"{key}\" is given twice.")));
            }
            keys.insert(key, value);
        }
        Ok(Keys(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let read = serde_json::from_str::<Object>(text);
        read.map(|Object(map)| Value::Object(map))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_is_kept_as_it_is_and_one_that_says_a_thing_twice_is_refused_at_any_depth() {
        let text = r#"{"a":[{"b":1.10},{"b":null}],"c":{"a":"x"}}"#;
        assert_eq!(read(text).unwrap().to_string(), text);
        for (twice, key) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":[0,{"b":1,"\u0062":2}]}"#, "b"),
            (r#"{"a":{"b":{"c":1,"d":2,"c":3}}}"#, "c"),
        ] {
            let refused = read(twice).unwrap_err();
            assert!(refused.starts_with(&format!("\"{key}\" is given twice.")), "{refused}");
        }
    }

    #[test]
    fn what_is_nested_without_end_is_refused_and_ends_nothing() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(read(&deep).unwrap_err().starts_with("recursion limit exceeded"));
        assert!(read("[]").is_err());
    }
}
