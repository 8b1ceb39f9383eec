//! What stands around every page: who is signed in, the ways to other pages, the reader's language, a word about what was
//! just done.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::assets;
use super::pages::NAVIGATION;
use super::person::Person;
use super::problem::Failure;
use super::state::AdminState;
use super::texts::Texts;

const SAID: &str = "said";

/// A word about what was just done, shown once.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Said {
    pub(super) good: bool,
    pub(super) text: String,
}

/// A way to another page.
pub(super) struct Way {
    pub(super) title: &'static str,
    pub(super) href: String,
    pub(super) here: bool,
}

/// Some of them, under a heading.
pub(super) struct Ways {
    pub(super) title: &'static str,
    pub(super) ways: Vec<Way>,
}

/// See above.
pub(super) struct Frame {
    pub(super) base: String,
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
    pub(super) title: String,
    pub(super) texts: Texts,
    pub(super) person: Option<Person>,
    pub(super) navigation: Vec<Ways>,
    pub(super) said: Option<Said>,
}

impl Frame {
    /// For pages that everybody may see.
    pub(super) fn of_nobody(state: &AdminState, texts: Texts, title: impl Into<String>) -> Self {
        Self {
            base: state.base.clone(),
            style: assets::address(&state.base, "admin.css"),
            script: assets::address(&state.base, "admin.js"),
            icon: assets::address(&state.base, "icon.svg"),
            title: title.into(),
            texts,
            person: None,
            navigation: Vec::new(),
            said: None,
        }
    }

    pub(super) fn say<'t>(&self, english: &'t str) -> &'t str {
        self.texts.say(english)
    }

    pub(super) fn csrf(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.csrf)
    }

    pub(super) fn may_act(&self) -> bool {
        self.person.as_ref().is_some_and(Person::may_act)
    }
}

/// What a handler needs to draw a page: comes out of the request.
pub(super) struct Visit {
    pub(super) person: Person,
    pub(super) texts: Texts,
    session: Session,
    state: AdminState,
    path: String,
}

impl Visit {
    /// The frame of a page with that title.
    ///
    /// # Errors
    /// When the session cannot be read.
    pub(super) async fn frame(&self, title: impl Into<String>) -> Result<Frame, Failure> {
        let mut frame = Frame::of_nobody(&self.state, self.texts, title);
        frame.navigation = navigation(&self.state.base, &self.path);
        frame.said = self.session.remove(SAID).await?;
        frame.person = Some(self.person.clone());
        Ok(frame)
    }

    /// Says something on the next page.
    ///
    /// # Errors
    /// When the session cannot be written.
    pub(super) async fn say_next(&self, good: bool, text: impl Into<String>) -> Result<(), Failure> {
        let said = Said {
            good,
            text: text.into(),
        };
        Ok(self.session.insert(SAID, said).await?)
    }
}

impl FromRequestParts<AdminState> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Failure> {
        let person = Person::from_request_parts(parts, state).await?;
        let session = parts.extensions.get::<Session>().cloned();
        Ok(Self {
            person,
            texts: Texts::wanted(&parts.headers),
            session: session.ok_or_else(|| Failure::SignedOut(String::new()))?,
            state: state.clone(),
            path: parts.uri.path().to_owned(),
        })
    }
}

fn navigation(base: &str, path: &str) -> Vec<Ways> {
    let way = |title: &'static str, name: &'static str| {
        let own = if name.is_empty() {
            "/admin/".to_owned()
        } else {
            format!("/admin/{name}/")
        };
        Way {
            title,
            here: if name.is_empty() {
                path == own
            } else {
                path.starts_with(&own)
            },
            href: format!("{base}{own}"),
        }
    };
    let group = |(title, ways): &(&'static str, &[(&'static str, &'static str)])| Ways {
        title,
        ways: ways.iter().map(|(title, name)| way(title, name)).collect(),
    };
    NAVIGATION.iter().map(group).collect()
}
