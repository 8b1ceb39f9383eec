//! PostgreSQL's sessions behind a line. They outlive the connections that are served by them: to start one, and to parse
//! and plan every statement in it again, costs more than all that a short-lived process asks. Whoever gets one finds
//! nothing of the one before him: his transaction is rolled back, and of what he prepared only PostgreSQL's plan is left.
//! (The service keeps nothing else in a session: no settings, no advisory locks, no temporary tables.)

use std::collections::HashMap;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use super::upstream::Upstream;
use super::wire::{Wire, messages, simple};

/// What PostgreSQL says of a session that is in no transaction.
pub const IDLE: u8 = b'I';

/// The sessions that nobody uses now.
pub struct Backends {
    upstream: Upstream,
    free: Mutex<Vec<Backend>>,
}

/// One session.
pub struct Backend {
    wire: Wire,
    /// How a client begins, and what is answered to him.
    startup: Vec<u8>,
    hello: Vec<u8>,
    /// As PostgreSQL told it last: `I`, `T` or `E`.
    pub status: u8,
    /// An answer is on its way.
    busy: bool,
    /// By what was to be prepared: the name it has here, and PostgreSQL's answer.
    pub prepared: HashMap<Vec<u8>, Prepared>,
}

pub struct Prepared {
    pub name: String,
    pub answer: Vec<u8>,
}

impl Backends {
    pub fn of(upstream: Upstream) -> Arc<Self> {
        Arc::new(Self {
            upstream,
            free: Mutex::default(),
        })
    }

    fn free(&self) -> MutexGuard<'_, Vec<Backend>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session for a client that begins like this.
    pub async fn lend(self: &Arc<Self>, startup: Vec<u8>) -> io::Result<Lent> {
        let kept = {
            let mut free = self.free();
            let fitting = free.iter().position(|one| one.startup == startup);
            fitting.map(|place| free.swap_remove(place))
        };
        let backend = match kept {
            Some(backend) => backend,
            None => Backend::start(&self.upstream, startup).await?,
        };
        Ok(Lent {
            backend: Some(backend),
            home: Arc::clone(self),
        })
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
            busy: false,
            prepared: HashMap::new(),
        })
    }

    pub fn hello(&self) -> &[u8] {
        &self.hello
    }

    /// Says something and waits for the whole answer.
    pub async fn ask(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        self.busy = true;
        self.wire.write(bytes).await?;
        let answer = self.wire.up_to(b"Z").await?;
        self.busy = false;
        self.status = answer.last().copied().unwrap_or_default();
        Ok(answer)
    }

    /// As PostgreSQL does it when a connection breaks.
    pub async fn roll_back(&mut self) -> io::Result<()> {
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

/// A session in use; it goes back when this is dropped, unless it is in the middle of something.
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
        let Some(mut backend) = self.backend.take().filter(|backend| !backend.busy) else {
            return;
        };
        if backend.status == IDLE {
            self.home.free().push(backend);
        } else if let Ok(runtime) = Handle::try_current() {
            let home = Arc::clone(&self.home);
            runtime.spawn(async move {
                if backend.roll_back().await.is_ok() {
                    home.free().push(backend);
                }
            });
        }
    }
}
