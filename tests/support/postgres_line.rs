//! The line between a process and PostgreSQL, statement by statement: a test says before each one whether it goes
//! through, whether the connection breaks before or after it, or whether the database fails it.
//!
//! It knows as much of the protocol as it takes to find the end of a statement (`Sync` or a simple query) and of its
//! answer (`ReadyForQuery`); what is only prepared or asked for life does not count.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

mod backends;
mod group;
mod upstream;
mod wire;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{UnixListener, UnixStream};
use tokio::task::AbortHandle;

use self::backends::{Backends, IDLE};
use self::group::{Group, Names};
use self::wire::{Wire, simple};
use super::gate::Gate;

pub use self::group::Bend;
pub use self::upstream::Upstream;

/// What becomes of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tap {
    Pass,
    /// The connection breaks, on both sides; PostgreSQL never saw the statement.
    BreakBefore,
    /// PostgreSQL does it, and the connection breaks before the answer.
    BreakAfter,
    /// PostgreSQL fails it with this SQLSTATE.
    Fail(&'static str),
    /// PostgreSQL answers a commit and forgets it; anything else passes.
    Forget,
    /// Nothing happens any more: the process is about to die.
    HangBefore,
    /// PostgreSQL does it, and the process is about to die.
    HangAfter,
}

type Decide = Box<dyn FnMut() -> Tap + Send>;

/// The line; it stops with the runtime that started it.
pub struct PostgresLine {
    /// Of the socket that it listens at.
    pub folder: PathBuf,
    shared: Arc<Shared>,
}

struct Shared {
    backends: Arc<Backends>,
    decide: Mutex<Option<Decide>>,
    bend: Mutex<Option<Bend>>,
    gate: Arc<Gate>,
    open: Mutex<Vec<AbortHandle>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PostgresLine {
    /// Listens in `folder`, as PostgreSQL does with its usual port.
    pub fn to(upstream: Upstream, gate: Arc<Gate>, folder: &Path) -> Self {
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("an empty folder");
        let shared = Arc::new(Shared {
            backends: Backends::of(upstream),
            decide: Mutex::default(),
            bend: Mutex::default(),
            gate,
            open: Mutex::default(),
        });
        let served = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let line = Arc::clone(&served);
                let one = tokio::spawn(async move { line.serve(client).await });
                let mut open = locked(&served.open);
                open.retain(|one| !one.is_finished());
                open.push(one.abort_handle());
            }
        });
        Self {
            folder: folder.to_owned(),
            shared,
        }
    }

    /// From now on `decide` says what becomes of each statement; `None` lets all through.
    pub fn decide_with(&self, decide: Option<Decide>) {
        *locked(&self.shared.decide) = decide;
    }

    /// From now on statements are changed on their way.
    pub fn bend(&self, statement: Bend) {
        *locked(&self.shared.bend) = Some(statement);
    }

    /// Cuts all connections, and waits until PostgreSQL has done what was asked on them and rolled back what was not
    /// committed; new ones may be made.
    pub async fn cut(&self) {
        locked(&self.shared.open).drain(..).for_each(|one| one.abort());
        self.shared.backends.at_rest().await;
    }
}

impl Shared {
    async fn serve(&self, client: UnixStream) -> io::Result<()> {
        let mut client = Wire::on(client);
        let mut backend = self.backends.lend(client.untyped().await?).await?;
        client.write(backend.hello()).await?;
        let mut names = Names::default();
        loop {
            let group = Group::from(&mut client).await?;
            if group.done {
                return Ok(());
            }
            if group.counts && backend.status == IDLE {
                self.gate.pass().await;
            }
            let tap = if group.counts { self.decide() } else { Tap::Pass };
            let bend = *locked(&self.bend);
            let answer = match tap {
                Tap::BreakBefore => return backend.roll_back().await,
                Tap::HangBefore => std::future::pending().await,
                Tap::Fail(code) => backend.ask(&failing(code)).await?,
                Tap::Forget if group.bytes == simple("COMMIT") => backend.ask(&simple("ROLLBACK")).await?,
                Tap::Pass | Tap::Forget | Tap::BreakAfter | Tap::HangAfter => {
                    names.ask(&mut backend, &group, bend).await?
                }
            };
            match tap {
                Tap::BreakAfter => return backend.roll_back().await,
                Tap::HangAfter => std::future::pending().await,
                _ => client.write(&answer).await?,
            }
        }
    }

    fn decide(&self) -> Tap {
        let mut decide = locked(&self.decide);
        decide.as_mut().map_or(Tap::Pass, |decide| decide())
    }
}

/// A statement that fails in place of the one that was meant.
fn failing(code: &str) -> Vec<u8> {
    simple(&format!(
        "do $$ begin raise exception using errcode = '{code}', message = 'ordered by the test'; end $$"
    ))
}
