//! Takes requests off the wire and does to them what was decided.

use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, TimeDelta, Utc};
use nodeconductor_billing::clock::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

use super::super::gate::Gate;
use super::answer::Answer;
use super::books::Books;
use super::faults::{Decide, Due, Fault, Seen, Witness};
use super::wire::{self, Request};
use super::{locked, periods, routes};

pub struct Server {
    books: Mutex<Books>,
    line: Mutex<Line>,
    doors: Vec<Door>,
    bends: Mutex<Option<Bends>>,
    witness: Mutex<Option<Witness>>,
}

/// How long before a month is over its hours may be withdrawn.
const SHORTLY: TimeDelta = TimeDelta::minutes(10);

/// What changes requests and answers on their way.
type Bends = (fn(&mut Request), fn(&Request, &mut Answer));

/// One of its ports.
#[derive(Default)]
struct Door {
    gate: Arc<Gate>,
    port: Mutex<u16>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

/// Between the clients and the books.
#[derive(Default)]
struct Line {
    requests: u64,
    decide: Option<Decide>,
    /// The clock of those who send, and how long what they gave up may be on its way for all they know.
    clock: Option<(Clock, TimeDelta)>,
    hanging: Vec<Hanging>,
}

struct Hanging {
    due: Due,
    request: Request,
    /// Kill Bill has looked for its tracking id already.
    inside: bool,
    /// On the sender's clock.
    sent: DateTime<Utc>,
    /// How many invoices there were then.
    invoices: usize,
    /// When the month is over that it was sent in, on Kill Bill's clock.
    month_end: DateTime<Utc>,
}

impl Hanging {
    /// Usage that is on the line for longer than its sender reckons with, until invoices are made or about to be: nobody could
    /// send a correction again, or take it back, if that ever arrived.
    fn is_lost(&self, books: &Books, (now, longest): (DateTime<Utc>, TimeDelta)) -> bool {
        let of_another_month = self.invoices != books.invoices.len() || books.now + SHORTLY >= self.month_end;
        self.request.is_usage_post() && !self.inside && of_another_month && self.sent + longest < now
    }
}

impl Line {
    /// Without a clock to follow no time passes.
    fn time(&self) -> (DateTime<Utc>, TimeDelta) {
        let followed = self.clock.as_ref().map(|(clock, longest)| (clock.now(), *longest));
        followed.unwrap_or_default()
    }

    /// When the next of what hangs is due, no later than `until`.
    fn next_due(&self, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let due = self.hanging.iter().filter_map(|one| match one.due {
            Due::At(at) => Some(at),
            Due::Before(_) => None,
        });
        due.filter(|at| *at <= until).min()
    }
}

/// What the client gets to see.
enum Reply {
    Answer(Vec<u8>),
    Broken(Vec<u8>),
    Silence,
}

impl Server {
    pub fn new(books: Books, gates: Vec<Arc<Gate>>) -> Self {
        let door = |gate| Door {
            gate,
            ..Door::default()
        };
        Self {
            books: Mutex::new(books),
            line: Mutex::default(),
            doors: gates.into_iter().map(door).collect(),
            bends: Mutex::default(),
            witness: Mutex::default(),
        }
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        locked(&self.books)
    }

    pub fn forget(&self, books: Books) {
        *locked(&self.books) = books;
        *locked(&self.line) = Line::default();
    }

    pub fn bend(&self, request: fn(&mut Request), answer: fn(&Request, &mut Answer)) {
        *locked(&self.bends) = Some((request, answer));
    }

    pub fn follow(&self, clock: Clock, longest: TimeDelta) {
        locked(&self.line).clock = Some((clock, longest));
    }

    pub fn decide_with(&self, decide: Option<Decide>) {
        locked(&self.line).decide = decide;
    }

    pub fn show_to(&self, witness: Witness) {
        *locked(&self.witness) = Some(witness);
    }

    pub fn url(&self, door: usize) -> Url {
        let port = *locked(&self.doors[door].port);
        format!("http://127.0.0.1:{port}/1.0/kb/").parse().expect("an address")
    }

    pub async fn listen(self: &Arc<Self>) {
        for (number, door) in self.doors.iter().enumerate() {
            let port = *locked(&door.port);
            let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
            *locked(&door.port) = listener.local_addr().expect("bound").port();
            let server = Arc::clone(self);
            let listening = tokio::spawn(async move { server.accept(listener, number).await });
            *locked(&door.listening) = Some(listening);
        }
    }

    /// Ends with all its connections when it is aborted.
    async fn accept(self: Arc<Self>, listener: TcpListener, door: usize) {
        let mut open = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let server = Arc::clone(&self);
            open.spawn(async move { server.serve(stream, door).await });
            while open.try_join_next().is_some() {}
        }
    }

    /// Returns when nobody listens any more and all connections are closed.
    pub async fn go_away(&self) {
        for door in &self.doors {
            let listening = locked(&door.listening).take();
            if let Some(listening) = listening {
                listening.abort();
                listening.await.ok();
            }
        }
    }

    async fn serve(&self, mut client: TcpStream, door: usize) {
        client.set_nodelay(true).ok();
        let mut rest = Vec::new();
        while let Ok(Some(mut request)) = wire::read(&mut client, &mut rest).await {
            self.doors[door].gate.pass().await;
            if let Some((bend, _)) = *locked(&self.bends) {
                bend(&mut request);
            }
            let witness = locked(&self.witness).clone();
            if let Some(witness) = witness {
                witness(&request).await;
            }
            match self.treat(request, door) {
                Reply::Answer(bytes) => {
                    if client.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Reply::Broken(bytes) => {
                    client.write_all(&bytes).await.ok();
                    return;
                }
                Reply::Silence => {
                    client.read_to_end(&mut Vec::new()).await.ok();
                    return;
                }
            }
        }
    }

    fn treat(&self, request: Request, door: usize) -> Reply {
        let bends = *locked(&self.bends);
        let written = |mut answer: Answer| {
            if let Some((_, bend)) = bends {
                bend(&request, &mut answer);
            }
            wire::write(&answer)
        };
        let mut line = locked(&self.line);
        line.requests += 1;
        let number = line.requests;
        let now = line.clock.as_ref().map(|(clock, _)| clock.now());
        self.let_in(&mut line, |due| match due {
            Due::Before(at) => *at <= number,
            Due::At(at) => now.is_some_and(|now| *at <= now),
        });
        let seen = Seen {
            number,
            method: &request.method,
            path: &request.path,
            body: &request.body,
            door,
        };
        let fault = line.decide.as_mut().map_or(Fault::None, |decide| decide(&seen));
        let done = || routes::answer(&mut self.books(), &request);
        match fault {
            Fault::None => Reply::Answer(written(done())),
            Fault::LoseRequest => Reply::Broken(Vec::new()),
            Fault::LoseAnswer => {
                done();
                Reply::Broken(Vec::new())
            }
            Fault::HalfAnswer => Reply::Broken(wire::write_half(&done())),
            Fault::Refuse => Reply::Answer(wire::write(&Answer::complaint(400, None, "refused by order"))),
            Fault::Error {
                status,
                html,
                done: does,
            } => {
                if does {
                    done();
                }
                Reply::Answer(written(error(status, html)))
            }
            Fault::Late(due) => self.hang(&mut line, due, request, false),
            Fault::Inside(due) => self.hang(&mut line, due, request, true),
            Fault::Silence { done: does } => {
                if does {
                    done();
                }
                Reply::Silence
            }
        }
    }

    fn hang(&self, line: &mut Line, due: Due, request: Request, inside: bool) -> Reply {
        // Inside, a known tracking id has been seen already, and nothing will be written.
        let books = self.books();
        if !inside || !books.knows(&request) {
            line.hanging.push(Hanging {
                due,
                request,
                inside,
                sent: line.time().0,
                invoices: books.invoices.len(),
                month_end: periods::midnight(periods::next_month(books.now.date_naive())),
            });
        }
        Reply::Broken(Vec::new())
    }

    pub fn arrive(&self, now: DateTime<Utc>) {
        self.let_in(&mut locked(&self.line), |due| {
            matches!(due, Due::At(at) if *at <= now) || now == DateTime::<Utc>::MAX_UTC
        });
    }

    pub fn next_due(&self, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        locked(&self.line).next_due(until)
    }

    fn let_in(&self, line: &mut Line, is_due: impl Fn(&Due) -> bool) {
        let (due, hanging) = std::mem::take(&mut line.hanging)
            .into_iter()
            .partition(|one: &Hanging| is_due(&one.due));
        line.hanging = hanging;
        let due: Vec<Hanging> = due;
        for one in due {
            let mut books = self.books();
            if one.inside {
                routes::finish(&mut books, &one.request);
            } else if !one.is_lost(&books, line.time()) {
                routes::answer(&mut books, &one.request);
            }
        }
    }

    /// The sender's clock was set back: what hangs is due no later for that.
    pub fn set_back(&self, by: TimeDelta) {
        for one in &mut locked(&self.line).hanging {
            one.sent -= by;
            if let Due::At(at) = &mut one.due {
                *at -= by;
            }
        }
    }

    /// The process dies: what it had begun is never finished.
    pub fn die(&self) {
        locked(&self.line).hanging.retain(|one| !one.inside);
    }
}

fn error(status: u16, html: bool) -> Answer {
    if html {
        Answer::page(status)
    } else {
        Answer::complaint(status, None, "out of order")
    }
}
