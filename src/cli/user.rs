//! `user create`, `user password`, `user list`, `user revoke`: the people of the admin pages.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use sqlx::PgPool;

use crate::app;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::audit::{self, Act, Actor, ActorKind};
use crate::db::tokens::Role;
use crate::db::{self, sessions, users};
use crate::domain::{password, text};

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Let a person into the admin pages; asks for the password
    Create {
        /// What the person types to sign in, and what the audit trail says
        #[arg(long)]
        name: String,
        /// support looks at everything, staff may also act
        #[arg(long, value_parser = ["staff", "support"])]
        role: String,
        /// Read the password from the first line of this file instead of asking
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Give a person a new password; ends a lock and all sessions
    Password {
        name: String,
        /// Read the password from the first line of this file instead of asking
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List the people, the revoked ones too
    List,
    /// Let a person in no more; ends all sessions
    Revoke { name: String },
}

pub(super) async fn user(command: UserCommand, settings: &Settings) -> anyhow::Result<()> {
    let pool = app::pool(settings).await?;
    db::MIGRATOR.run(&pool).await?;
    let now = Clock::System.now();
    match command {
        UserCommand::Create {
            name,
            role,
            password_file,
        } => create(&pool, now, &name, &role, password_file.as_deref()).await,
        UserCommand::Password { name, password_file } => {
            let hash = hash(&name, password_file.as_deref())?;
            let changed = users::set_password(&pool, &name, &hash).await?;
            anyhow::ensure!(changed, "nobody who may sign in is called {name}");
            sessions::end(&pool, &name, None).await?;
            note(&pool, now, "user password", &name).await
        }
        UserCommand::List => {
            for user in users::list(&pool).await? {
                print(&line(&user, now));
            }
            Ok(())
        }
        UserCommand::Revoke { name } => {
            let revoked = users::revoke(&pool, now, &name).await?;
            anyhow::ensure!(revoked, "nobody who may sign in is called {name}");
            sessions::end(&pool, &name, None).await?;
            note(&pool, now, "user revoke", &name).await
        }
    }
}

async fn create(pool: &PgPool, now: DateTime<Utc>, name: &str, role: &str, file: Option<&Path>) -> anyhow::Result<()> {
    let name = text::name(name, 100).with_context(|| format!("--name {name:?}"))?;
    let role = role.parse::<Role>()?;
    let hash = hash(&name, file)?;
    let created = users::create(pool, now, &name, role, &hash).await?;
    anyhow::ensure!(
        created,
        "somebody is or was called {name} (who was revoked keeps the name); choose another"
    );
    note(pool, now, "user create", &name).await?;
    print(&format!("{name} may sign in at /admin/ as {}", role.word()));
    Ok(())
}

/// Whoever may run this command may do everything; the trail says that it was done here.
async fn note(pool: &PgPool, now: DateTime<Utc>, action: &str, name: &str) -> anyhow::Result<()> {
    let actor = Actor {
        name: "command line".to_owned(),
        kind: ActorKind::Command,
        role: Role::Staff,
        address: None,
    };
    let object = format!("/admin/users/{name}/");
    Ok(audit::note(pool, now, &actor, &Act::named(action, &object, name)).await?)
}

fn hash(name: &str, file: Option<&Path>) -> anyhow::Result<String> {
    let chosen = match file {
        Some(file) => first_line(file)?,
        None => asked()?,
    };
    password::acceptable(&chosen, name).map_err(anyhow::Error::msg)?;
    password::hash(&chosen).map_err(|error| anyhow::anyhow!("the password cannot be kept: {error}"))
}

fn first_line(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("--password-file {}", file.display()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn asked() -> anyhow::Result<String> {
    let ask =
        |prompt| rpassword::prompt_password(prompt).context("no terminal to ask for the password: use --password-file");
    let chosen = ask("Password: ")?;
    anyhow::ensure!(chosen == ask("Again: ")?, "the two are not the same");
    Ok(chosen)
}

fn line(user: &users::User, now: DateTime<Utc>) -> String {
    let state = match (user.revoked_at, user.locked_until.filter(|until| *until > now)) {
        (Some(at), _) => format!("revoked {}", at.format("%F %T")),
        (None, Some(until)) => format!("locked until {}", until.format("%F %T")),
        (None, None) => "may sign in".to_owned(),
    };
    let seen = user.signed_in_at.map_or_else(
        || "never signed in".to_owned(),
        |at| format!("last {}", at.format("%F %T")),
    );
    format!("{:<24} {:<8} {state:<28} {seen}", user.name, user.role.word())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(line: &str) {
    println!("{line}");
}
