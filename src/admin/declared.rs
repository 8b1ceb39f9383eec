//! The words in which pages are declared: lists, things and what can be done with them.

use serde_json::{Map, Value};

use super::column::Column;

/// A list, with the page of each thing on it.
pub(super) struct List {
    /// Its address below `/admin/`.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What it is good for, in a sentence.
    pub(super) about: &'static str,
    pub(super) api: &'static str,
    pub(super) columns: &'static [Column],
    pub(super) filters: &'static [Filter],
    /// A count: what is zero there is left out.
    pub(super) counted: Option<&'static str>,
    /// Which columns can be ordered by: the column's key, and the word for `o`.
    pub(super) orders: &'static [(&'static str, &'static str)],
    /// What it says when there is nothing at all.
    pub(super) empty: &'static str,
    pub(super) acts: &'static [Act],
    pub(super) thing: Option<&'static Thing>,
    /// Ways to pages beside it.
    pub(super) beside: &'static [Related],
}

/// The page of one thing.
pub(super) struct Thing {
    /// The key of its name.
    pub(super) title: &'static str,
    /// The key of its state, if it has one.
    pub(super) state: Option<&'static str>,
    pub(super) facts: &'static [Column],
    pub(super) parts: &'static [Part],
    pub(super) related: &'static [Related],
}

/// A table on the page of a thing.
pub(super) struct Part {
    pub(super) title: &'static str,
    pub(super) rows: Rows,
    pub(super) columns: &'static [Column],
    pub(super) empty: &'static str,
}

/// Where its rows are.
pub(super) enum Rows {
    /// At a key of the thing.
    Key(&'static str),
    /// At an address of the API; `{…}` are keys of the thing. The first page of it, and the way to the rest.
    Api { address: &'static str, all: &'static str },
}

/// A way to a page about the same; `{…}` are keys of the thing.
pub(super) struct Related {
    pub(super) title: &'static str,
    pub(super) address: &'static str,
}

/// A filter of a list: a field of its form, and a parameter of the API.
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) input: Input,
}

/// What can be put in.
pub(super) enum Input {
    Text,
    Date,
    Month,
    /// A uuid or an address of a thing.
    Uuid,
    Words(fn() -> Vec<&'static str>),
}

/// Something that staff can do.
pub(super) struct Act {
    /// Its address below the list's `do/`.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What it will do, before it is done.
    pub(super) about: &'static str,
    /// Where it is posted; with `{uuid}` once for each thing.
    pub(super) api: &'static str,
    pub(super) fields: &'static [Field],
    /// Only for things whose state is one of these; empty: any.
    pub(super) when: &'static [&'static str],
    pub(super) on: On,
    /// What is posted, made of what was filled in.
    pub(super) body: fn(Map<String, Value>) -> Value,
}

/// What it is done to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// One thing or several, chosen on the list.
    Things,
    /// Nothing in particular: what its fields say.
    All,
    /// As `All`, but reached from a row or a thing with fields filled in, and not from the head of the list.
    Row,
}

/// A field of it.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) help: &'static str,
    pub(super) required: bool,
    pub(super) long: bool,
}

impl Related {
    pub(super) const fn new(title: &'static str, address: &'static str) -> Self {
        Self { title, address }
    }
}

impl Filter {
    pub(super) const fn new(name: &'static str, title: &'static str, input: Input) -> Self {
        Self { name, title, input }
    }
}

impl Field {
    /// One that has to be filled in, with a line.
    pub(super) const fn new(name: &'static str, title: &'static str, help: &'static str) -> Self {
        Self {
            name,
            title,
            help,
            required: true,
            long: false,
        }
    }

    pub(super) const fn optional(mut self) -> Self {
        self.required = false;
        self
    }

    /// With several lines.
    pub(super) const fn long(mut self) -> Self {
        self.long = true;
        self
    }
}

impl List {
    /// The act of that name.
    pub(super) fn act(&self, name: &str) -> Option<&'static Act> {
        self.acts.iter().find(|act| act.name == name)
    }

    /// Acts on chosen things.
    pub(super) fn chosen(&self) -> impl Iterator<Item = &'static Act> {
        self.acts.iter().filter(|act| act.on == On::Things)
    }
}

impl Act {
    /// Whether it goes with a thing in that state.
    pub(super) fn goes_with(&self, state: &str) -> bool {
        self.when.is_empty() || self.when.contains(&state)
    }
}
