//! Just enough HTTP/1.1 to be Kill Bill: one request at a time from a connection, answers with a length. Written by hand
//! because a fault has to be able to break off anywhere.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use url::Url;

use super::answer::Answer;

/// A request, taken apart.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Behind `/1.0/kb/`.
    pub path: Vec<String>,
    pub query: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// Its segments, to match on.
    pub fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    pub fn is_usage_post(&self) -> bool {
        self.method == "POST" && self.segments() == ["usages"]
    }

    /// Which part of a list is asked for: where it begins, and how much of it.
    pub fn page(&self) -> (usize, usize) {
        let number = |name| self.query(name).and_then(|text| text.parse().ok());
        (number("offset").unwrap_or(0), number("limit").unwrap_or(100))
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

/// The next request; `None` when the client is done. `rest` keeps what came of the one after it.
pub async fn read(client: &mut TcpStream, rest: &mut Vec<u8>) -> io::Result<Option<Request>> {
    loop {
        if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let whole = end + 4 + body_length(&head);
            if rest.len() >= whole {
                let body = rest[end + 4..whole].to_vec();
                rest.drain(..whole);
                return parse(&head, body).map(Some);
            }
        }
        if client.read_buf(rest).await? == 0 {
            return Ok(None);
        }
    }
}

fn body_length(head: &str) -> usize {
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    length.map_or(0, |length| length.parse().unwrap_or_default())
}

fn parse(head: &str, body: Vec<u8>) -> io::Result<Request> {
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let url = Url::parse(&format!("http://killbill{target}")).map_err(io::Error::other)?;
    let path = url.path_segments().into_iter().flatten();
    Ok(Request {
        method: method.to_owned(),
        // "1.0", "kb"
        path: path.skip(2).map(str::to_owned).collect(),
        query: url.query_pairs().into_owned().collect(),
        body,
    })
}

/// The answer as it goes over the wire.
pub fn write(answer: &Answer) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} Model\r\ncontent-length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    if !answer.body.is_empty() {
        write!(head, "content-type: {}\r\n", answer.content_type).ok();
    }
    if let Some(location) = &answer.location {
        write!(head, "location: http://killbill/1.0/kb/{location}\r\n").ok();
    }
    if let Some((offset, total)) = answer.page {
        write!(head, "x-killbill-pagination-currentoffset: {offset}\r\n").ok();
        write!(head, "x-killbill-pagination-totalnbrecords: {total}\r\n").ok();
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&answer.body);
    bytes
}

/// The beginning of an answer that claims to be longer than it is.
pub fn write_half(answer: &Answer) -> Vec<u8> {
    let half = answer.body.len() / 2;
    let head = format!(
        "HTTP/1.1 {} Model\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
        answer.status,
        answer.content_type,
        answer.body.len() + 100
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&answer.body[..half]);
    bytes
}
