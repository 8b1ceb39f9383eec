//! A line to the real Kill Bill that fails where a test wants it to: it forwards everything, and does to the next usage
//! posts what it was told. It answers nothing by itself but what stands in a fault.
//! A test binary reaches it with `mod support { pub mod faulty_proxy; }`.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use url::Url;

/// What happens to one usage post.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Nothing happens to it.
    None,
    /// The line breaks before Kill Bill sees it.
    DropRequest,
    /// Kill Bill gets it, its answer is lost.
    DropAnswer,
    /// Kill Bill gets it and nobody hears of it for longer than anyone waits.
    Silence,
    /// Held back until the test says `release`, then forwarded.
    Hold,
    /// Kill Bill gets it, the client gets this instead of the answer.
    ForwardAndAnswer(&'static str),
    /// Kill Bill gets it twice, as from a proxy that tries again by itself.
    Twice,
    /// Kill Bill never sees it.
    Answer(&'static str),
}

/// A proxy's error page.
pub const BAD_GATEWAY: &str = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>no</html>";
/// Half of an answer.
pub const HALF: &str = "HTTP/1.1 201 Created\r\ncontent-length: 100\r\nconnection: close\r\n\r\n<html>";

/// The proxy; it stops with the test's runtime.
pub struct FaultyProxy {
    pub url: Url,
    line: Arc<Line>,
}

struct Line {
    upstream: String,
    watched: fn(&str) -> bool,
    faults: Mutex<VecDeque<Fault>>,
    posts: Mutex<Vec<String>>,
    gate: Semaphore,
    seen: Notify,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl FaultyProxy {
    /// Listens on a free port of 127.0.0.1 and does its faults to usage posts.
    pub async fn before(upstream: &Url) -> Self {
        Self::watching(upstream, |head| head.starts_with("POST") && head.contains("/usages ")).await
    }

    /// The same for other requests, told by their heads.
    pub async fn watching(upstream: &Url, watched: fn(&str) -> bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url = upstream.clone();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        let line = Arc::new(Line {
            upstream: format!("{}:{}", upstream.host_str().unwrap(), upstream.port().unwrap()),
            watched,
            faults: Mutex::default(),
            posts: Mutex::default(),
            gate: Semaphore::new(0),
            seen: Notify::new(),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        });
        let served = Arc::clone(&line);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let line = Arc::clone(&served);
                tokio::spawn(async move { line.serve(stream).await });
            }
        });
        Self { url, line }
    }

    /// What is done to the usage posts to come; those beyond go through.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.line.faults.lock().unwrap().extend(faults);
    }

    /// Lets so many of the posts to come through unharmed.
    pub fn pass(&self, posts: usize) {
        let unharmed = std::iter::repeat_n(Fault::None, posts);
        self.line.faults.lock().unwrap().extend(unharmed);
    }

    /// Bodies of the usage posts so far, whatever became of them.
    pub fn posts(&self) -> Vec<String> {
        self.line.posts.lock().unwrap().clone()
    }

    /// Returns when the next usage post has come in.
    pub async fn next_post(&self) {
        self.line.seen.notified().await;
    }

    /// Lets one held post through.
    pub fn release(&self) {
        self.line.gate.add_permits(1);
    }

    /// Returns when none of them is on its way any more.
    pub async fn idle(&self) {
        while self.line.in_flight.load(Ordering::SeqCst) > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// The most usage posts that were on their way at one time.
    pub fn most_in_flight(&self) -> usize {
        self.line.most_in_flight.load(Ordering::SeqCst)
    }
}

impl Line {
    /// One request for each connection: the answer says `close`.
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let request = read(&mut client).await?;
        if !(self.watched)(head(&request)) {
            return client.write_all(&self.forward(&request).await?).await;
        }
        let fault = self.faults.lock().unwrap().pop_front();
        let body = String::from_utf8_lossy(&request)
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned());
        self.posts.lock().unwrap().push(body.unwrap_or_default());
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(now, Ordering::SeqCst);
        self.seen.notify_one();
        let done = self.treat(fault, &request, &mut client).await;
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        done
    }

    async fn treat(&self, fault: Option<Fault>, request: &[u8], client: &mut TcpStream) -> io::Result<()> {
        match fault {
            Some(Fault::DropRequest) => Ok(()),
            Some(Fault::Answer(answer)) => client.write_all(answer.as_bytes()).await,
            Some(Fault::DropAnswer) => self.forward(request).await.map(drop),
            Some(Fault::ForwardAndAnswer(answer)) => {
                self.forward(request).await?;
                client.write_all(answer.as_bytes()).await
            }
            Some(Fault::Twice) => {
                let answer = self.forward(request).await?;
                self.forward(request).await?;
                client.write_all(&answer).await
            }
            Some(Fault::Silence) => {
                self.forward(request).await?;
                // Until the client gives up.
                client.read(&mut [0]).await.map(drop)
            }
            Some(Fault::Hold) => {
                self.gate.acquire().await.map_err(io::Error::other)?.forget();
                client.write_all(&self.forward(request).await?).await
            }
            Some(Fault::None) | None => client.write_all(&self.forward(request).await?).await,
        }
    }

    async fn forward(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.upstream).await?;
        let line = request.windows(2).position(|pair| pair == b"\r\n").unwrap_or_default() + 2;
        server.write_all(&request[..line]).await?;
        server.write_all(b"connection: close\r\n").await?;
        server.write_all(&request[line..]).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

async fn read(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut request, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let length = client.read(&mut part).await?;
        request.extend_from_slice(&part[..length]);
        let end = request.windows(4).position(|four| four == b"\r\n\r\n");
        if length == 0 || end.is_some_and(|end| request.len() >= end + 4 + body_length(head(&request))) {
            return Ok(request);
        }
    }
}

/// Everything before the body.
fn head(request: &[u8]) -> &str {
    let end = request
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap_or(request.len());
    std::str::from_utf8(&request[..end]).unwrap_or_default()
}

fn body_length(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    line.map_or(0, |length| length.parse().unwrap_or_default())
}
