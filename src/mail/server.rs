//! The conversation with the mail server (RFC 5321), step by step, so that it is known of every failure whether the letter can
//! have arrived: before its text it cannot.

use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::{Error, response::Response};
use secrecy::ExposeSecret;

use super::letter::Ready;
use crate::config::{self, Security};
use crate::outgoing::causes;

/// No conversation has more steps that wait: connect, TLS, log in, sender, recipient, a few copies, data, text.
pub(super) const STEPS: u32 = 20;

/// Why the text was not even sent.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server will not take this letter.
    Refused(String),
    /// It will not take it now.
    Trouble(String),
    /// Nobody's letter would have gone.
    Away(String),
}

/// What came instead of thanks for the text.
#[derive(Debug)]
pub(super) enum Answer {
    Refused(String),
    NotNow(String),
    /// None: the letter may have arrived.
    None(String),
}

/// A mail server that waits for the text.
pub(super) struct Line {
    connection: AsyncSmtpConnection,
    timeout: Duration,
    /// Who of the copies was refused.
    missed: Vec<String>,
}

/// Whether the server lets us in; nothing is sent.
///
/// # Errors
/// Why not, in words.
pub async fn greets(settings: &config::Mail) -> Result<(), String> {
    let mut connection = greeted_in_time(settings).await?;
    let _ = tokio::time::timeout(settings.timeout, connection.abort()).await;
    Ok(())
}

/// Talks to the server until it waits for the letter's text.
pub(super) async fn ready_for(settings: &config::Mail, letter: &Ready) -> Result<Line, Failure> {
    let steps = settings.timeout;
    let mut connection = greeted_in_time(settings).await.map_err(Failure::Away)?;
    let time = steps * (STEPS - 5);
    let addressed = tokio::time::timeout(time, addressed(&mut connection, letter)).await;
    match addressed.unwrap_or_else(|_| Err(Failure::Trouble(silence(time)))) {
        Ok(missed) => Ok(Line {
            connection,
            timeout: steps,
            missed,
        }),
        Err(failure) => {
            let _ = tokio::time::timeout(steps, connection.abort()).await;
            Err(failure)
        }
    }
}

fn silence(time: Duration) -> String {
    let time = humantime::format_duration(time);
    format!("The mail server gave no answer within {time}.")
}

/// A server that says nothing is as good as none.
async fn greeted_in_time(settings: &config::Mail) -> Result<AsyncSmtpConnection, String> {
    let time = settings.timeout * 4;
    match tokio::time::timeout(time, greeted(settings)).await {
        Ok(greeted) => greeted.map_err(|error| told(&error)),
        Err(_) => Err(silence(time)),
    }
}

/// Connected, encrypted as configured, and logged in.
async fn greeted(settings: &config::Mail) -> Result<AsyncSmtpConnection, Error> {
    let hello = ClientId::Domain(settings.from.email.domain().to_owned());
    let server = (settings.host.as_str(), settings.port);
    let at_once = match settings.security {
        Security::Tls => Some(tls(settings)?),
        Security::StartTls | Security::None => None,
    };
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(server, Some(settings.timeout), &hello, at_once, None).await?;
    if settings.security == Security::StartTls {
        connection.starttls(tls(settings)?, &hello).await?;
    }
    if let Some((user, password)) = &settings.credentials {
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await?;
    }
    Ok(connection)
}

fn tls(settings: &config::Mail) -> Result<TlsParameters, Error> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    for certificate in &settings.ca {
        builder = builder.add_root_certificate(Certificate::from_der(certificate.to_vec())?);
    }
    builder.build()
}

/// Sender and recipients. A copy that is refused stops nobody's letter.
async fn addressed(connection: &mut AsyncSmtpConnection, letter: &Ready) -> Result<Vec<String>, Failure> {
    let all = || [&letter.from, &letter.to].into_iter().chain(&letter.copies);
    let mut parameters = Vec::new();
    if !all().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let why = "The mail server takes no address with other than English letters.";
            return Err(Failure::Refused(why.to_owned()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let from = connection
        .command(Mail::new(Some(letter.from.clone()), parameters))
        .await;
    from.map_err(|error| failure(&error))?;
    recipient(connection, &letter.to)
        .await
        .map_err(|error| failure(&error))?;
    let mut missed = Vec::new();
    for copy in &letter.copies {
        if let Err(error) = recipient(connection, copy).await {
            missed.push(format!("{copy}: {}", told(&error)));
        }
    }
    connection.command(Data).await.map_err(|error| failure(&error))?;
    Ok(missed)
}

async fn recipient(connection: &mut AsyncSmtpConnection, address: &Address) -> Result<Response, Error> {
    connection.command(Rcpt::new(address.clone(), vec![])).await
}

fn failure(error: &Error) -> Failure {
    if error.is_permanent() {
        Failure::Refused(told(error))
    } else {
        Failure::Trouble(told(error))
    }
}

impl Line {
    /// Sends the text. The server's thanks with whom it did not take.
    pub(super) async fn hand_over(mut self, letter: &Ready) -> Result<String, Answer> {
        let answer = tokio::time::timeout(self.timeout, self.connection.message(&letter.bytes)).await;
        let answer = match answer {
            Ok(Ok(response)) => Ok(self.thanks(&response)),
            Ok(Err(error)) if error.is_permanent() => Err(Answer::Refused(told(&error))),
            Ok(Err(error)) if error.is_transient() => Err(Answer::NotNow(told(&error))),
            Ok(Err(error)) => Err(Answer::None(format!("The letter may have arrived: {}", told(&error)))),
            Err(_) => Err(Answer::None(
                "The letter may have arrived: the mail server gave no answer to its text.".to_owned(),
            )),
        };
        self.give_up().await;
        answer
    }

    fn thanks(&self, response: &Response) -> String {
        let said = response.message().collect::<Vec<_>>().join(" ");
        if self.missed.is_empty() {
            return said;
        }
        format!("{said}; without a copy for {}", self.missed.join(", "))
    }

    /// Ends the conversation.
    pub(super) async fn give_up(mut self) {
        let _ = tokio::time::timeout(self.timeout, self.connection.abort()).await;
    }
}

/// With what is behind it: "Connection error" alone tells nobody what to mend.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in causes(error) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
