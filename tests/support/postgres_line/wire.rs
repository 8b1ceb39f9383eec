//! PostgreSQL's messages as they go over a wire: a kind, a length, a body.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What bytes come from and go to: TCP or a socket in a folder.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// One side of a line.
pub struct Wire {
    stream: Box<dyn Stream>,
    /// What was read ahead.
    ahead: Vec<u8>,
}

impl Wire {
    pub fn on(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            ahead: Vec::new(),
        }
    }

    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The first message of a client, which has no kind.
    pub async fn untyped(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(length) = length(&self.ahead).filter(|length| *length <= self.ahead.len()) {
                return Ok(self.ahead.drain(..length).collect());
            }
            self.read_on().await?;
        }
    }

    /// All messages up to the first of one of these kinds, that one included.
    pub async fn up_to(&mut self, kinds: &[u8]) -> io::Result<Vec<u8>> {
        let mut end = 0;
        loop {
            while let Some((kind, length)) = first(&self.ahead[end..]) {
                end += length;
                if kinds.contains(&kind) {
                    return Ok(self.ahead.drain(..end).collect());
                }
            }
            self.read_on().await?;
        }
    }

    async fn read_on(&mut self) -> io::Result<()> {
        self.ahead.reserve(8192);
        match self.stream.read_buf(&mut self.ahead).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// Kind and whole length of the first message, once it is there to its end.
fn first(bytes: &[u8]) -> Option<(u8, usize)> {
    let whole = 1 + length(bytes.get(1..)?)?;
    (whole <= bytes.len()).then_some((bytes[0], whole))
}

fn length(bytes: &[u8]) -> Option<usize> {
    let four = bytes.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*four) as usize)
}

/// Messages one by one, as kind and body.
pub fn messages(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, whole) = first(bytes)?;
        let (message, rest) = bytes.split_at(whole);
        bytes = rest;
        Some((kind, &message[5..]))
    })
}

/// A message.
pub fn framed(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("a message");
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// A statement without parameters.
pub fn simple(statement: &str) -> Vec<u8> {
    let mut body = statement.as_bytes().to_vec();
    body.push(0);
    framed(b'Q', &body)
}

/// A text that ends with a zero byte, and what comes after it.
pub fn text(body: &[u8]) -> (&[u8], &[u8]) {
    let end = body.iter().position(|byte| *byte == 0).unwrap_or(body.len());
    (&body[..end], body.get(end + 1..).unwrap_or_default())
}
