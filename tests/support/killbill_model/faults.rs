//! What may go wrong with a request. A test decides it request by request; nothing in here waits for the time of day.

use std::pin::Pin;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::wire::Request;

/// A request that has come in.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// From 1, over the life of the model.
    pub number: u64,
    pub method: &'a str,
    pub path: &'a [String],
    pub body: &'a [u8],
    /// Which of the model's ports it came to.
    pub door: usize,
}

impl Seen<'_> {
    pub fn is_usage_post(&self) -> bool {
        self.method == "POST" && self.path.first().is_some_and(|first| first == "usages")
    }

    pub fn is_read(&self) -> bool {
        self.method == "GET"
    }
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Done and answered.
    None,
    /// The connection breaks before it is read.
    LoseRequest,
    /// Done, and the connection breaks before the answer.
    LoseAnswer,
    /// Done, and the connection breaks inside the answer.
    HalfAnswer,
    /// Not done, and refused for good.
    Refuse,
    /// This status, from Kill Bill (JSON) or from something in front of it (HTML).
    Error { status: u16, html: bool, done: bool },
    /// The client's connection breaks now; the request arrives when it is due. Usage never does that is on the line while an
    /// invoice is made, and for longer than its sender reckons with.
    Late(Due),
    /// The client's connection breaks now; Kill Bill has looked whether it knows the request and writes it when it is
    /// due, without looking again: its own race. For anything but usage the same as `Late`.
    Inside(Due),
    /// Never answered; `done` or not. For a client that is about to die.
    Silence { done: bool },
}

/// When a hanging request goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// On the sender's clock.
    At(DateTime<Utc>),
    /// Just before the request of this number.
    Before(u64),
}

impl Fault {
    /// Whether the sender is told what became of his request: by Kill Bill, or by its container that did not let it in (401).
    /// Nobody can tell by an answer that is none of Kill Bill's (a page, whatever its status), or by none.
    pub const fn is_told(self) -> bool {
        match self {
            Self::None | Self::Refuse | Self::Error { status: 401, .. } => true,
            Self::Error {
                status, html: false, ..
            } => matches!(status, 400..=407 | 409..=428),
            _ => false,
        }
    }
}

/// Decides what becomes of each request.
pub type Decide = Box<dyn FnMut(&Seen<'_>) -> Fault + Send>;

/// Is told of each request that has come in, and looks around before anything becomes of it.
pub type Witness = Arc<dyn Fn(&Request) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;
