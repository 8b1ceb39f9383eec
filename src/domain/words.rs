//! Closed words: states, steps, kinds, directions and whatever else the database, the API and Kill Bill write as one of a
//! few words. Each set is an enum with its words, made here, so that a match over it is complete and a word that nobody
//! knows is an error that names it. `db::words` writes and reads them, `http::openapi` describes them.

use std::fmt;

/// Makes the enum of a closed set: `pub enum Name = "what one of them is" { Variant = "word", … }`.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident = $what:literal { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Their words, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Its word in the API, the database and the configuration.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::words::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::domain::words::UnknownWord::new(word, $what, Self::WORDS)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use words;

/// A word that is none of a closed set's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// As it was written.
    pub word: String,
    /// What it should have been, such as `state of a delivery`.
    pub what: &'static str,
    /// The words there are.
    pub known: &'static [&'static str],
}

impl UnknownWord {
    /// That `word` is no `what`.
    #[must_use]
    pub fn new(word: &str, what: &'static str, known: &'static [&'static str]) -> Self {
        Self {
            word: word.to_owned(),
            what,
            known,
        }
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { word, what, known } = self;
        write!(f, "`{word}` is no {what}; known are {}", known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

#[cfg(test)]
mod tests {
    words! {
        /// For the tests.
        pub enum Colour = "colour" {
            Red = "red",
            DarkBlue = "dark-blue",
        }
    }

    #[test]
    fn a_word_comes_back_as_it_was_written() {
        for (colour, word) in Colour::ALL.iter().zip(Colour::WORDS) {
            assert_eq!((colour.word(), word.parse()), (*word, Ok(*colour)));
            let json = format!("\"{word}\"");
            assert_eq!(serde_json::to_string(colour).ok().as_deref(), Some(json.as_str()));
            assert_eq!(serde_json::from_str::<Colour>(&json).ok(), Some(*colour));
        }
    }

    #[test]
    fn a_word_that_nobody_knows_is_named_beside_those_that_are() {
        let error = "blue".parse::<Colour>().expect_err("not a colour");
        assert_eq!(error.to_string(), "`blue` is no colour; known are red, dark-blue");
        let error = serde_json::from_str::<Colour>("\"Red\"").expect_err("not a colour");
        assert!(error.to_string().starts_with("`Red` is no colour"), "{error}");
    }
}
