//! `[mail]`: the mail server by which invoices go out, and from whom they come.

use std::time::Duration;

use lettre::message::Mailbox;
use rustls::pki_types::CertificateDer;
use secrecy::SecretString;

use super::certificates;
use super::section::Section;
use crate::domain::mail::check_link;

/// `[mail]`, with a server.
#[derive(Clone, Debug)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// User and password.
    pub credentials: Option<(String, SecretString)>,
    /// Trusted besides the system's.
    pub ca: Vec<CertificateDer<'static>>,
    pub from: Mailbox,
    /// Who gets each letter, too, unseen by the customer.
    pub copies: Vec<Mailbox>,
    /// Whether invoices go out by themselves.
    pub issued: bool,
    /// With `{uuid}` in the invoice's place; empty for no link in those.
    pub link_template: String,
    /// For each step of the conversation.
    pub timeout: Duration,
    pub every: Duration,
}

/// How the line to the mail server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Plain at first, encrypted before anything is said (port 587).
    StartTls,
    /// Encrypted from the first byte (port 465).
    Tls,
    /// Never: for a server on the same machine.
    None,
}

const ADDRESS: &str = "an e-mail address such as billing@example.com or Baltic Cloud <billing@example.com>";

/// None without a host: then nothing is sent.
pub(super) fn read(s: &mut Section<'_>) -> Option<Mail> {
    let host = s.text("host").trim().to_owned();
    let (from, security, credentials) = (sender(s, &host), security(s), credentials(s));
    if credentials.is_some() && security == Security::None && !is_here(&host) {
        let right = "starttls or tls, or the password could be read on the way";
        s.wrong("security", "\"none\"", right);
    }
    let mail = Mail {
        port: u16::try_from(s.number("port", 1, 65_535)).unwrap_or(587),
        security,
        credentials,
        ca: certificates::trusted(s),
        copies: copies(s),
        issued: s.switch("issued"),
        link_template: link_template(s),
        timeout: s.duration("timeout", Duration::from_secs(1), Duration::from_mins(10)),
        every: s.duration("every", Duration::from_secs(1), Duration::from_hours(24)),
        from: from?,
        host,
    };
    (!mail.host.is_empty()).then_some(mail)
}

/// Needed with a server only.
fn sender(s: &mut Section<'_>, host: &str) -> Option<Mailbox> {
    let text = s.text("from");
    if !text.is_empty() {
        return mailbox(s, "from", &text);
    }
    if !host.is_empty() {
        s.missing("from", ADDRESS);
    }
    None
}

fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

fn security(s: &mut Section<'_>) -> Security {
    let text = s.text("security");
    let parsed = s.parsed("security", &text, "starttls, tls or none", |text| match text {
        "starttls" => Some(Security::StartTls),
        "tls" => Some(Security::Tls),
        "none" => Some(Security::None),
        _ => None,
    });
    parsed.unwrap_or(Security::StartTls)
}

fn credentials(s: &mut Section<'_>) -> Option<(String, SecretString)> {
    let (user, password) = (s.text("username"), s.secret("password"));
    match (user.is_empty(), password) {
        (false, Some(password)) => Some((user, password)),
        (false, None) => {
            s.missing("password", "the mail server's password of mail.username");
            None
        }
        (true, Some(_)) => {
            s.missing("username", "the user whose mail.password is given");
            None
        }
        (true, None) => None,
    }
}

fn copies(s: &mut Section<'_>) -> Vec<Mailbox> {
    let texts = s.list("copies");
    texts.iter().filter_map(|text| mailbox(s, "copies", text)).collect()
}

fn mailbox(s: &mut Section<'_>, key: &str, text: &str) -> Option<Mailbox> {
    s.parsed(key, text, ADDRESS, |text| text.parse().ok())
}

fn link_template(s: &mut Section<'_>) -> String {
    let text = s.text("link_template");
    let right = "an address of the frontend that begins with http:// or https:// and has {uuid} in the invoice's place";
    if !text.is_empty() && check_link(&text).is_err() {
        s.wrong("link_template", &format!("\"{text}\""), right);
    }
    text
}
