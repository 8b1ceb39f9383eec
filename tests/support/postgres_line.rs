//! The line between a process and PostgreSQL, statement by statement: a test says before each one whether it goes
//! through, whether the connection breaks before or after it, or whether the database fails it.
//!
//! It knows as much of the protocol as it takes to find the end of a statement (`Sync` or a simple query) and of its
//! answer (`ReadyForQuery`); what is only prepared or asked for life does not count.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use super::gate::Gate;

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
/// From a statement's text to another.
type Bend = fn(&str) -> String;

/// The line; it stops with the runtime that started it.
pub struct PostgresLine {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    decide: Mutex<Option<Decide>>,
    bend: Mutex<Option<Bend>>,
    gate: Arc<Gate>,
    open: Mutex<Vec<AbortHandle>>,
}

impl PostgresLine {
    pub async fn to(upstream: SocketAddr, gate: Arc<Gate>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            upstream,
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
                let mut open = served.open.lock().unwrap_or_else(PoisonError::into_inner);
                open.retain(|one| !one.is_finished());
                open.push(one.abort_handle());
            }
        });
        Self { address, shared }
    }

    /// From now on `decide` says what becomes of each statement; `None` lets all through.
    pub fn decide_with(&self, decide: Option<Decide>) {
        *self.shared.decide.lock().unwrap_or_else(PoisonError::into_inner) = decide;
    }

    /// From now on statements are changed on their way.
    pub fn bend(&self, statement: Bend) {
        *self.shared.bend.lock().unwrap_or_else(PoisonError::into_inner) = Some(statement);
    }

    /// Cuts all connections; new ones may be made.
    pub fn cut(&self) {
        let mut open = self.shared.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.drain(..).for_each(|one| one.abort());
    }
}

impl Shared {
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let mut server = TcpStream::connect(self.upstream).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let startup = untyped(&mut client).await?;
        server.write_all(&startup).await?;
        let mut status = answer(&mut server, &mut client).await?;
        loop {
            let mut group = group(&mut client).await?;
            if let Some(bend) = *self.bend.lock().unwrap_or_else(PoisonError::into_inner) {
                group.bytes = bent(&group.bytes, bend);
            }
            if group.done {
                return server.write_all(&group.bytes).await;
            }
            if group.counts && status == b'I' {
                self.gate.pass().await;
            }
            let tap = if group.counts { self.decide() } else { Tap::Pass };
            match tap {
                Tap::Pass => server.write_all(&group.bytes).await?,
                Tap::BreakBefore => return Ok(()),
                Tap::BreakAfter => {
                    server.write_all(&group.bytes).await?;
                    return read_answer(&mut server).await.map(drop);
                }
                Tap::Fail(code) => server.write_all(&failing(code)).await?,
                Tap::Forget if group.bytes == simple("COMMIT") => server.write_all(&simple("ROLLBACK")).await?,
                Tap::Forget => server.write_all(&group.bytes).await?,
                Tap::HangBefore => std::future::pending().await,
                Tap::HangAfter => {
                    server.write_all(&group.bytes).await?;
                    read_answer(&mut server).await?;
                    std::future::pending().await
                }
            }
            status = answer(&mut server, &mut client).await?;
        }
    }

    fn decide(&self) -> Tap {
        let mut decide = self.decide.lock().unwrap_or_else(PoisonError::into_inner);
        decide.as_mut().map_or(Tap::Pass, |decide| decide())
    }
}

/// What a client sends before it waits for an answer.
struct Group {
    bytes: Vec<u8>,
    /// Something is executed.
    counts: bool,
    /// The client says goodbye.
    done: bool,
}

async fn group(client: &mut TcpStream) -> io::Result<Group> {
    let mut group = Group {
        bytes: Vec::new(),
        counts: false,
        done: false,
    };
    loop {
        let kind = message(client, &mut group.bytes).await?;
        group.counts |= matches!(kind, b'E' | b'Q');
        group.done = kind == b'X';
        if matches!(kind, b'S' | b'Q' | b'X') {
            return Ok(group);
        }
    }
}

/// Appends one message to `bytes` and tells its kind.
async fn message(from: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<u8> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await?;
    bytes.push(kind);
    bytes.extend_from_slice(&length.to_be_bytes());
    let begin = bytes.len();
    bytes.resize(begin + (length as usize).saturating_sub(4), 0);
    from.read_exact(&mut bytes[begin..]).await?;
    Ok(kind)
}

/// The first message of a connection has no kind.
async fn untyped(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut bytes = length.to_be_bytes().to_vec();
    bytes.resize(length as usize, 0);
    client.read_exact(&mut bytes[4..]).await?;
    Ok(bytes)
}

/// Passes an answer on and tells whether the session is idle (`I`) or inside a transaction.
async fn answer(server: &mut TcpStream, client: &mut TcpStream) -> io::Result<u8> {
    let bytes = read_answer(server).await?;
    client.write_all(&bytes).await?;
    Ok(bytes.last().copied().unwrap_or_default())
}

async fn read_answer(server: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while message(server, &mut bytes).await? != b'Z' {}
    Ok(bytes)
}

/// A statement that fails in place of the one that was meant.
fn failing(code: &str) -> Vec<u8> {
    simple(&format!(
        "do $$ begin raise exception using errcode = '{code}', message = 'ordered by the test'; end $$"
    ))
}

fn simple(statement: &str) -> Vec<u8> {
    let mut body = statement.as_bytes().to_vec();
    body.push(0);
    framed(b'Q', &body)
}

fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("a message");
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The same messages with other texts in those that prepare a statement: its name, its text, the rest.
fn bent(bytes: &[u8], bend: Bend) -> Vec<u8> {
    let (mut all, mut rest) = (Vec::new(), bytes);
    while rest.len() >= 5 {
        let length = u32::from_be_bytes([rest[1], rest[2], rest[3], rest[4]]) as usize;
        let (message, later) = rest.split_at((length + 1).min(rest.len()));
        match (
            message[0],
            message[5..].splitn(3, |byte| *byte == 0).collect::<Vec<_>>().as_slice(),
        ) {
            (b'P', [name, text, types]) => {
                let text = bend(&String::from_utf8_lossy(text));
                all.extend(framed(b'P', &[name, text.as_bytes(), types].join(&0)));
            }
            _ => all.extend_from_slice(message),
        }
        rest = later;
    }
    all
}
