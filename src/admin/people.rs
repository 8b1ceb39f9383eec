//! The people of these pages: who they are, who may come in no more, and a new one. A support user sees them.

use askama::Template;
use axum::extract::State;

use super::form::Form;
use super::frame::{Frame, Visit};
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{passwords, trail, view};
use crate::db::sessions::{self, Opened};
use crate::db::tokens::Role;
use crate::db::users::{self, User};
use crate::domain::{password, text};

#[derive(Template)]
#[template(path = "people.html", config = "src/admin/askama.toml")]
struct PeoplePage {
    frame: Frame,
    people: Vec<(User, &'static str)>,
    sessions: Vec<Opened>,
}

/// The page.
pub(super) async fn show(State(state): State<AdminState>, visit: Visit) -> Shown {
    let now = state.app.clock.now();
    let standing = |user: &User| match (user.revoked_at, user.locked_until.filter(|until| *until > now)) {
        (Some(_), _) => "revoked",
        (None, Some(_)) => "locked",
        (None, None) => "in force",
    };
    let people = users::list(&state.app.pool).await?;
    view::page(&PeoplePage {
        people: people.into_iter().map(|user| (user.clone(), standing(&user))).collect(),
        sessions: sessions::list(&state.app.pool, None).await?,
        frame: visit.frame(visit.texts.say("People")).await?,
    })
}

/// Lets somebody in.
pub(super) async fn create(State(state): State<AdminState>, visit: Visit, Form(form): Form) -> Shown {
    visit.person.acting()?;
    let made = made(
        &state,
        &visit,
        form.get("name"),
        form.get("role"),
        form.exact("password"),
    )
    .await?;
    match made {
        Ok(name) => {
            visit
                .say_next(true, format!("{name} {}", visit.texts.say("may sign in.")))
                .await?;
        }
        Err(why) => visit.say_next(false, visit.texts.say(&why)).await?,
    }
    Ok(view::go(&state, "people/"))
}

async fn made(
    state: &AdminState,
    visit: &Visit,
    name: &str,
    role: &str,
    chosen: &str,
) -> Result<Result<String, String>, Failure> {
    let name = match text::name(name, 100) {
        Ok(name) => name,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let Some(role) = role
        .parse()
        .ok()
        .filter(|role| matches!(role, Role::Staff | Role::Support))
    else {
        return Ok(Err("The role is staff or support.".to_owned()));
    };
    if let Err(why) = password::acceptable(chosen, &name) {
        return Ok(Err(why.to_owned()));
    }
    let hash = passwords::hash(chosen).await?;
    let entry = trail::begun(state, &visit.person, "create user", &name).await?;
    let created = users::create(&state.app.pool, state.app.clock.now(), &name, role, &hash).await?;
    trail::done(state, entry).await?;
    Ok(if created {
        Ok(name)
    } else {
        Err("Somebody is or was called so; choose another name.".to_owned())
    })
}

/// Lets somebody in no more, and ends his sessions.
pub(super) async fn revoke(State(state): State<AdminState>, visit: Visit, Form(form): Form) -> Shown {
    visit.person.acting()?;
    let name = form.get("name");
    if name == visit.person.caller.name {
        visit
            .say_next(false, visit.texts.say("Nobody shuts himself out; ask another."))
            .await?;
        return Ok(view::go(&state, "people/"));
    }
    let entry = trail::begun(&state, &visit.person, "revoke user", name).await?;
    users::revoke(&state.app.pool, state.app.clock.now(), name).await?;
    sessions::end(&state.app.pool, name, None).await?;
    trail::done(&state, entry).await?;
    visit
        .say_next(true, format!("{name} {}", visit.texts.say("may not sign in any more.")))
        .await?;
    Ok(view::go(&state, "people/"))
}
