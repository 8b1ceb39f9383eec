//! One's own account: a new password, and where one is signed in.

use askama::Template;
use axum::extract::{Path, State};
use tower_sessions::Session;
use uuid::Uuid;

use super::form::Form;
use super::frame::{Frame, Visit};
use super::person::Person;
use super::problem::{Failure, Shown};
use super::state::AdminState;
use super::{passwords, trail, view};
use crate::db::sessions::{self, Opened};
use crate::db::users::{self, Try};
use crate::domain::password;

#[derive(Template)]
#[template(path = "account.html", config = "src/admin/askama.toml")]
struct AccountPage {
    frame: Frame,
    own_password: bool,
    sessions: Vec<Opened>,
}

/// The page.
pub(super) async fn show(State(state): State<AdminState>, visit: Visit) -> Shown {
    let name = &visit.person.caller.name;
    view::page(&AccountPage {
        sessions: sessions::list(&state.app.pool, Some(name)).await?,
        own_password: visit.person.has_own_password(),
        frame: visit.frame(visit.texts.say("Your account")).await?,
    })
}

/// A new password; all other sessions end.
pub(super) async fn change_password(
    State(state): State<AdminState>,
    visit: Visit,
    session: Session,
    Form(form): Form,
) -> Shown {
    let changed = changed(
        &state,
        &visit.person,
        form.exact("old"),
        form.exact("new"),
        form.exact("again"),
    )
    .await?;
    match changed {
        Ok(()) => {
            sessions::end_others(&state.app.pool, &visit.person.caller.name, session.id()).await?;
            visit
                .say_next(true, visit.texts.say("Your password is changed."))
                .await?;
        }
        Err(why) => visit.say_next(false, visit.texts.say(why)).await?,
    }
    Ok(view::go(&state, "account/"))
}

async fn changed(
    state: &AdminState,
    person: &Person,
    old: &str,
    new: &str,
    again: &str,
) -> Result<Result<(), &'static str>, Failure> {
    let (pool, now, name) = (&state.app.pool, state.app.clock.now(), &person.caller.name);
    if !person.has_own_password() {
        return Ok(Err("Your password is NodeConductor's: change it there."));
    }
    if new != again {
        return Ok(Err("The two new passwords are not the same."));
    }
    if let Err(why) = password::acceptable(new, name) {
        return Ok(Err(why));
    }
    // A stranger at an open screen has no more tries than at the door.
    let Try::Allowed(user) = users::begin_try(pool, now, name).await? else {
        return Ok(Err("Too many wrong passwords: try again in a quarter of an hour."));
    };
    if !passwords::matches(old, Some(user.password_hash)).await {
        return Ok(Err("The old password is wrong."));
    }
    let hash = passwords::hash(new).await?;
    let entry = trail::begun(state, person, "change password", name).await?;
    users::set_password(pool, name, &hash).await?;
    trail::done(state, entry).await?;
    Ok(Ok(()))
}

/// Ends one of one's own sessions.
pub(super) async fn end(State(state): State<AdminState>, visit: Visit, Path(uuid): Path<Uuid>, _: Form) -> Shown {
    sessions::end(&state.app.pool, &visit.person.caller.name, Some(uuid)).await?;
    visit.say_next(true, visit.texts.say("That session is ended.")).await?;
    Ok(view::go(&state, "account/"))
}
