//! `token create`, `token list`, `token revoke`.

use clap::Subcommand;
use uuid::Uuid;

use crate::app;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{self, tokens};
use crate::domain::uuid_hex;

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token; its key is the last line of stdout, shown this once and stored hashed
    Create {
        /// What the token is called in `token list`, logs and `token revoke`
        #[arg(long)]
        name: String,
        /// staff and support see everything, staff may also act; pusher writes usage; owner sees its customers
        #[arg(long, value_parser = ["staff", "support", "pusher", "owner"])]
        role: String,
        /// The customers of an owner: 32 hex digits, dashes or a URL; may be repeated
        #[arg(long, value_name = "UUID", num_args = 1.., value_parser = customer)]
        customer: Vec<Uuid>,
    },
    /// List the tokens, without their keys
    List,
    /// Revoke a token; it is refused from now on
    Revoke { name: String },
}

fn customer(text: &str) -> Result<Uuid, String> {
    uuid_hex::parse(text).ok_or_else(|| "is not a uuid: 32 hex digits, with dashes, or a URL ending in it".to_owned())
}

pub(super) async fn token(command: TokenCommand, settings: &Settings) -> anyhow::Result<()> {
    let pool = app::pool(settings).await?;
    db::MIGRATOR.run(&pool).await?;
    let now = Clock::System.now();
    match command {
        TokenCommand::Create { name, role, customer } => {
            let role = role.parse::<tokens::Role>()?;
            print(&tokens::create(&pool, now, &name, role, &customer).await?);
        }
        TokenCommand::List => {
            for token in tokens::list(&pool).await? {
                print(&line(&token));
            }
        }
        TokenCommand::Revoke { name } => {
            anyhow::ensure!(
                tokens::revoke(&pool, now, &name).await?,
                "no token in force is called {name}"
            );
        }
    }
    Ok(())
}

fn line(token: &tokens::Token) -> String {
    let customers = token
        .customers
        .iter()
        .map(|customer| uuid_hex::hex(*customer))
        .collect::<Vec<_>>()
        .join(",");
    let state = token
        .revoked_at
        .map_or_else(|| "in force".to_owned(), |at| format!("revoked {}", at.format("%F %T")));
    format!(
        "{:<24} {:<8} {:<20} {} {customers}",
        token.name,
        token.role.word(),
        state,
        token.created_at.format("%F")
    )
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(line: &str) {
    println!("{line}");
}
