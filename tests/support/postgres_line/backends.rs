//! PostgreSQL's sessions behind a line. They outlive the connections that are served by them: to start one, and to parse
//! and plan every statement in it again, costs more than all that a short-lived process asks. Whoever gets one finds
//! nothing of the one before him: his transaction is rolled back, and of what he prepared only PostgreSQL's plan is left.
//! (The service keeps nothing else in a session: no settings, no advisory locks, no temporary tables.)

use std::collections::HashMap;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::upstream::Upstream;
use super::wire::{Wire, messages, simple};

/// What PostgreSQL says of a session that is in no transaction.
pub const IDLE: u8 = b'I';

/// The sessions of a line.
pub struct Backends {
    upstream: Upstream,
    state: Mutex<State>,
    back: Notify,
}

#[derive(Default)]
struct State {
    free: Vec<Backend>,
    /// Lent, or not yet at rest after that.
    away: usize,
}

/// One session.
pub struct Backend {
    wire: Wire,
    /// How a client begins, and what is answered to him.
    startup: Vec<u8>,
    hello: Vec<u8>,
    /// As PostgreSQL told it last: `I`, `T` or `E`.
    pub status: u8,
    stage: Stage,
    /// By what was to be prepared: the name it has here, and PostgreSQL's answer.
    pub prepared: HashMap<Vec<u8>, Prepared>,
}

/// How far a question has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Answered,
    BeingAsked,
    Asked,
}

pub struct Prepared {
    pub name: String,
    pub answer: Vec<u8>,
}

impl Backends {
    pub fn of(upstream: Upstream) -> Arc<Self> {
        Arc::new(Self {
            upstream,
            state: Mutex::default(),
            back: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session for a client that begins like this.
    pub async fn lend(self: &Arc<Self>, startup: Vec<u8>) -> io::Result<Lent> {
        let kept = {
            let mut state = self.state();
            let fitting = state.free.iter().position(|one| one.startup == startup);
            fitting.map(|place| state.free.swap_remove(place))
        };
        let backend = match kept {
            Some(backend) => backend,
            None => Backend::start(&self.upstream, startup).await?,
        };
        self.state().away += 1;
        Ok(Lent {
            backend: Some(backend),
            home: Arc::clone(self),
        })
    }

    /// It is at rest again, or lost.
    fn take_back(&self, backend: Option<Backend>) {
        let mut state = self.state();
        state.free.extend(backend);
        state.away -= 1;
        drop(state);
        self.back.notify_one();
    }

    /// Returns when none is lent and PostgreSQL has done all that it was asked for.
    pub async fn at_rest(&self) {
        while self.state().away > 0 {
            self.back.notified().await;
        }
    }
}

impl Backend {
    async fn start(upstream: &Upstream, startup: Vec<u8>) -> io::Result<Self> {
        let mut wire = upstream.connect().await?;
        wire.write(&startup).await?;
        let hello = wire.up_to(b"Z").await?;
        Ok(Self {
            wire,
            startup,
            hello,
            status: IDLE,
            stage: Stage::Answered,
            prepared: HashMap::new(),
        })
    }

    fn is_at_rest(&self) -> bool {
        self.stage == Stage::Answered && self.status == IDLE
    }

    pub fn hello(&self) -> &[u8] {
        &self.hello
    }

    /// Says something and waits for the whole answer.
    pub async fn ask(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.stage = Stage::BeingAsked;
        self.wire.write(bytes).await?;
        self.stage = Stage::Asked;
        self.hear().await
    }

    async fn hear(&mut self) -> io::Result<Vec<u8>> {
        let answer = self.wire.up_to(b"Z").await?;
        self.stage = Stage::Answered;
        self.status = answer.last().copied().unwrap_or_default();
        Ok(answer)
    }

    /// As PostgreSQL does it when a connection breaks: what was asked is done to its end, an open transaction is not.
    pub async fn roll_back(&mut self) -> io::Result<()> {
        if self.stage == Stage::Asked {
            self.hear().await?;
        }
        if self.status != IDLE {
            self.ask(&simple("rollback")).await?;
        }
        Ok(())
    }

    /// Asks for a statement to be prepared under that name, and keeps it if it was.
    pub async fn learn(&mut self, key: &[u8], name: String, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let answer = self.ask(bytes).await?;
        let is_done = messages(&answer).all(|(kind, _)| kind != b'E');
        if is_done {
            let prepared = Prepared {
                name,
                // Without the status, which may be another one the next time.
                answer: answer[..answer.len() - 6].to_vec(),
            };
            self.prepared.insert(key.to_vec(), prepared);
        }
        Ok(answer)
    }
}

/// A session in use; it goes back when this is dropped.
pub struct Lent {
    backend: Option<Backend>,
    home: Arc<Backends>,
}

impl Deref for Lent {
    type Target = Backend;

    fn deref(&self) -> &Backend {
        self.backend.as_ref().expect("lent until it is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Backend {
        self.backend.as_mut().expect("lent until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let home = Arc::clone(&self.home);
        let backend = self.backend.take().filter(|one| one.stage != Stage::BeingAsked);
        match (backend, Handle::try_current()) {
            (Some(mut backend), Ok(runtime)) if !backend.is_at_rest() => {
                runtime.spawn(async move {
                    let done = backend.roll_back().await;
                    home.take_back(done.is_ok().then_some(backend));
                });
            }
            (backend, _) => home.take_back(backend.filter(Backend::is_at_rest)),
        }
    }
}
