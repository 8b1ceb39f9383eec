//! A line to the real Kill Bill that fails where a test wants it to: it forwards everything, and does to the next usage
//! posts what it was told, or what the dice say. It answers nothing by itself but what stands in a fault.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
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
    /// Kill Bill gets it twice.
    Twice,
    /// Kill Bill never sees it.
    Answer(&'static str),
    /// The answer comes, so much later.
    Late(Duration),
    /// The line breaks at once, and Kill Bill gets it so much later all the same.
    Ghost(Duration),
}

/// How long a ghost is on its way.
pub const GHOSTLY: Duration = Duration::from_secs(5);

pub const BAD_GATEWAY: &str = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>no</html>";
pub const HALF: &str = "HTTP/1.1 201 Created\r\ncontent-length: 100\r\nconnection: close\r\n\r\n<html>";

/// What Kill Bill says when its database takes no characters of four bytes.
const INCORRECT_STRING: &str = "HTTP/1.1 500 Server Error\r\ncontent-type: application/json\r\ncontent-length: 84\r\nconnection: close\r\n\r\n{\"className\":\"java.sql.SQLException\",\"code\":null,\"message\":\"Incorrect string value\"}";

/// All that can happen to a usage post.
const EVERY: [(&str, Fault); 8] = [
    ("dropped before", Fault::DropRequest),
    ("dropped after", Fault::DropAnswer),
    ("late answer", Fault::Late(Duration::from_secs(1))),
    ("no answer", Fault::Silence),
    ("arrived 5 s after its connection died", Fault::Ghost(GHOSTLY)),
    ("502 HTML, not forwarded", Fault::Answer(BAD_GATEWAY)),
    ("502 HTML, forwarded", Fault::ForwardAndAnswer(BAD_GATEWAY)),
    ("truncated body", Fault::ForwardAndAnswer(HALF)),
];
/// What can happen to any other request.
const HARMLESS: [(&str, Fault); 3] = [
    ("other requests dropped", Fault::DropRequest),
    ("other requests answered with 502 HTML", Fault::Answer(BAD_GATEWAY)),
    ("other answers late", Fault::Late(Duration::from_millis(700))),
];

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
    weather: Mutex<Option<Weather>>,
    /// Characters of four bytes are refused.
    is_narrow: AtomicBool,
    /// What happens to requests that nothing else happens to.
    always: Mutex<Option<Fault>>,
    struck: Mutex<BTreeMap<&'static str, usize>>,
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
            weather: Mutex::default(),
            is_narrow: AtomicBool::default(),
            always: Mutex::default(),
            struck: Mutex::default(),
        });
        let served = Arc::clone(&line);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let line = Arc::clone(&served);
                tokio::spawn(async move { Box::pin(line.serve(stream)).await });
            }
        });
        Self { url, line }
    }

    /// What is done to the usage posts to come; those beyond go through.
    pub fn inject(&self, faults: impl IntoIterator<Item = Fault>) {
        self.line.faults.lock().unwrap().extend(faults);
    }

    /// From now on half of the usage posts and a part of all other requests meet something, by dice
    /// whose first throw this number decides.
    pub fn storm(&self, seed: u64) {
        let dice = StdRng::seed_from_u64(seed);
        *self.line.weather.lock().unwrap() = Some(Weather { dice, posts: vec![] });
    }

    /// The storm is over.
    pub fn calm(&self) {
        *self.line.weather.lock().unwrap() = None;
    }

    /// What the storm did, and how often.
    pub fn struck(&self) -> BTreeMap<&'static str, usize> {
        self.line.struck.lock().unwrap().clone()
    }

    /// From now on Kill Bill's database takes no characters of four bytes, as many do not (MySQL's `utf8`).
    pub fn narrow(&self) {
        self.line.is_narrow.store(true, Ordering::SeqCst);
    }

    /// From now on this happens to every request that nothing else happens to.
    pub fn always(&self, fault: Fault) {
        *self.line.always.lock().unwrap() = Some(fault);
    }

    /// Lets so many of the posts to come through unharmed.
    pub fn pass(&self, posts: usize) {
        self.inject(std::iter::repeat_n(Fault::None, posts));
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

    /// Whether none of them is on its way.
    pub fn is_idle(&self) -> bool {
        self.line.in_flight.load(Ordering::SeqCst) == 0
    }

    /// The most usage posts that were on their way at one time.
    pub fn most_in_flight(&self) -> usize {
        self.line.most_in_flight.load(Ordering::SeqCst)
    }
}

fn is_usage_post(head: &str) -> bool {
    head.starts_with("POST") && head.contains("/usages ")
}

impl Line {
    /// One request for each connection: the answer says `close`.
    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let request = Box::pin(read(&mut client)).await?;
        if self.is_narrow.load(Ordering::SeqCst) && request.iter().any(|byte| *byte >= 0xF0) {
            return client.write_all(INCORRECT_STRING.as_bytes()).await;
        }
        if !(self.watched)(head(&request)) {
            let fault = self.lightning(Weather::harmless).or(*self.always.lock().unwrap());
            return self.treat(fault, &request, &mut client).await;
        }
        let next = self.faults.lock().unwrap().pop_front();
        let fault = next.or_else(|| self.lightning(Weather::next_post));
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
                self.forward(request).await?;
                client.write_all(&self.forward(request).await?).await
            }
            Some(Fault::Silence) => {
                self.forward(request).await?;
                client.read(&mut [0]).await.map(drop)
            }
            Some(Fault::Hold) => {
                self.gate.acquire().await.map_err(io::Error::other)?.forget();
                client.write_all(&self.forward(request).await?).await
            }
            Some(Fault::Late(time)) => {
                let answer = self.forward(request).await?;
                tokio::time::sleep(time).await;
                client.write_all(&answer).await
            }
            Some(Fault::Ghost(time)) => {
                client.shutdown().await?;
                tokio::time::sleep(time).await;
                self.forward(request).await.map(drop)
            }
            Some(Fault::None) | None => client.write_all(&self.forward(request).await?).await,
        }
    }

    /// What the weather has in store for a request.
    fn lightning(&self, ask: fn(&mut Weather) -> Option<(&'static str, Fault)>) -> Option<Fault> {
        let (name, fault) = ask(self.weather.lock().unwrap().as_mut()?)?;
        *self.struck.lock().unwrap().entry(name).or_default() += 1;
        Some(fault)
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

/// Dice, and a pack of cards for the usage posts: each fault once and as many quiet ones, in any order, then a new pack.
struct Weather {
    dice: StdRng,
    posts: Vec<Option<(&'static str, Fault)>>,
}

impl Weather {
    fn next_post(&mut self) -> Option<(&'static str, Fault)> {
        if self.posts.is_empty() {
            self.posts = EVERY.map(Some).into_iter().chain([None; EVERY.len()]).collect();
            self.posts.shuffle(&mut self.dice);
        }
        self.posts.pop().flatten()
    }

    fn harmless(&mut self) -> Option<(&'static str, Fault)> {
        let strikes = self.dice.random_bool(0.05);
        strikes.then(|| HARMLESS[self.dice.random_range(0..HARMLESS.len())])
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
