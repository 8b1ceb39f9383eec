//! What a client says before it waits for an answer, and how a session hears it: what was prepared in it before is not
//! prepared again, whoever did it.

use std::collections::HashMap;
use std::io;

use super::backends::Backend;
use super::wire::{Wire, framed, messages, text};

/// From a statement's text to another.
pub type Bend = &'static [(&'static str, &'static str)];

/// Messages up to a point where an answer is due.
pub struct Group {
    pub bytes: Vec<u8>,
    /// Something is executed.
    pub counts: bool,
    /// The client says goodbye.
    pub done: bool,
}

impl Group {
    pub async fn from(client: &mut Wire) -> io::Result<Self> {
        let bytes = client.up_to(b"SQX").await?;
        let has = |wanted: &[u8]| messages(&bytes).any(|(kind, _)| wanted.contains(&kind));
        Ok(Self {
            counts: has(b"EQ"),
            done: has(b"X"),
            bytes,
        })
    }
}

/// A client's names of prepared statements (the empty one too), and those of the session that serves it.
#[derive(Default)]
pub struct Names(HashMap<Vec<u8>, String>);

impl Names {
    /// Has the session do it, as far as it has not been done before.
    pub async fn ask(&mut self, backend: &mut Backend, group: &Group, bend: Option<Bend>) -> io::Result<Vec<u8>> {
        let said: Vec<(u8, &[u8])> = messages(&group.bytes).collect();
        match said.as_slice() {
            // Whether the session lives.
            [(b'S', _)] => Ok(ready(backend, Vec::new())),
            [(b'P', parse), (b'D', _), (b'S', _)] => {
                let (name, statement) = text(parse);
                self.prepare(backend, name, bent(statement, bend)).await
            }
            _ => backend.ask(&self.translated(&said)).await,
        }
    }

    async fn prepare(&mut self, backend: &mut Backend, name: &[u8], statement: Vec<u8>) -> io::Result<Vec<u8>> {
        if let Some(known) = backend.prepared.get(&statement).filter(|_| backend.status != b'E') {
            self.0.insert(name.to_vec(), known.name.clone());
            return Ok(ready(backend, known.answer.clone()));
        }
        let own = format!("s{}", backend.prepared.len());
        self.0.insert(name.to_vec(), own.clone());
        let parse = [own.as_bytes(), b"\0", &statement].concat();
        let describe = [b"S", own.as_bytes(), b"\0"].concat();
        let bytes = [framed(b'P', &parse), framed(b'D', &describe), framed(b'S', &[])].concat();
        backend.learn(&statement, own, &bytes).await
    }

    /// With the session's names in what is bound.
    fn translated(&self, said: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, body) in said {
            let (portal, rest) = text(body);
            let (name, parameters) = text(rest);
            match self.0.get(name).filter(|_| *kind == b'B') {
                Some(own) => {
                    let body = [portal, b"\0", own.as_bytes(), b"\0", parameters].concat();
                    bytes.extend(framed(*kind, &body));
                }
                None => bytes.extend(framed(*kind, body)),
            }
        }
        bytes
    }
}

/// An answer that PostgreSQL need not be asked for.
fn ready(backend: &Backend, mut answer: Vec<u8>) -> Vec<u8> {
    answer.extend(framed(b'Z', &[backend.status]));
    answer
}

/// What is to be prepared (a text and the types of its parameters), changed on its way.
fn bent(statement: &[u8], bend: Option<Bend>) -> Vec<u8> {
    let Some(bend) = bend else {
        return statement.to_vec();
    };
    let (words, types) = text(statement);
    let words = String::from_utf8_lossy(words).into_owned();
    let words = bend.iter().fold(words, |words, (from, to)| words.replace(from, to));
    [words.as_bytes(), b"\0", types].concat()
}
