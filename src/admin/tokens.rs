//! The tokens of programs: which there are, one more, one less. A key is shown once, on the page that made it.

use askama::Template;
use axum::extract::State;
use uuid::Uuid;

use super::form::Form;
use super::frame::{Frame, Visit};
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{trail, view};
use crate::db::tokens::{self, CreateError, Role, Token};
use crate::domain::{text, uuid_hex};

#[derive(Template)]
#[template(path = "tokens.html", config = "src/admin/askama.toml")]
struct TokensPage {
    frame: Frame,
    tokens: Vec<Token>,
    /// Shown this once.
    key: Option<String>,
    problem: Option<String>,
}

impl TokensPage {
    fn customers(token: &Token) -> Vec<String> {
        token
            .customers
            .iter()
            .map(|customer| uuid_hex::hex(*customer))
            .collect()
    }
}

/// The page.
pub(super) async fn show(State(state): State<AdminState>, visit: Visit) -> Shown {
    drawn(&state, &visit, Ok(None)).await
}

/// Makes a token.
pub(super) async fn create(State(state): State<AdminState>, visit: Visit, Form(form): Form) -> Shown {
    visit.person.acting()?;
    let made = made(
        &state,
        &visit,
        form.get("name"),
        form.get("role"),
        form.get("customers"),
    )
    .await?;
    drawn(&state, &visit, made.map(Some)).await
}

/// Ends a token.
pub(super) async fn revoke(State(state): State<AdminState>, visit: Visit, Form(form): Form) -> Shown {
    visit.person.acting()?;
    let name = form.get("name");
    let entry = trail::begun(&state, &visit.person, "revoke token", name).await?;
    let revoked = tokens::revoke(&state.app.pool, state.app.clock.now(), name).await?;
    trail::done(&state, entry).await?;
    let said = if revoked { "is revoked." } else { "was revoked before." };
    visit
        .say_next(revoked, format!("{name} {}", visit.texts.say(said)))
        .await?;
    Ok(view::go(&state, "tokens/"))
}

async fn made(
    state: &AdminState,
    visit: &Visit,
    name: &str,
    role: &str,
    customers: &str,
) -> Result<Result<String, String>, Failure> {
    let name = match text::name(name, 100) {
        Ok(name) => name,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let Ok(role) = role.parse::<Role>() else {
        return Ok(Err("The role is staff, support, pusher or owner.".to_owned()));
    };
    let words = customers.split([',', ' ', '\n', '\r']).filter(|word| !word.is_empty());
    let Some(customers) = words.map(uuid_hex::parse).collect::<Option<Vec<Uuid>>>() else {
        return Ok(Err("Customers are named by their uuids.".to_owned()));
    };
    let entry = trail::begun(state, &visit.person, "create token", &name).await?;
    let made = tokens::create(&state.app.pool, state.app.clock.now(), &name, role, &customers).await;
    trail::done(state, entry).await?;
    match made {
        Ok(key) => Ok(Ok(key)),
        Err(CreateError::Database(error)) => Err(error.into()),
        Err(other) => Ok(Err(other.to_string())),
    }
}

async fn drawn(state: &AdminState, visit: &Visit, made: Result<Option<String>, String>) -> Shown {
    let (key, problem) = match made {
        Ok(key) => (key, None),
        Err(problem) => (None, Some(problem)),
    };
    view::page(&TokensPage {
        tokens: tokens::list(&state.app.pool).await?,
        frame: visit.frame(visit.texts.say("Tokens")).await?,
        key,
        problem,
    })
}
