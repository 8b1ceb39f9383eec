//! Invoices by e-mail: the outbox `db::mails` on its way to a mail server. A letter is taken, made, and handed over step by
//! step; only when the server waits for its text is it written down that the text goes, so that a letter that may have arrived
//! is never sent again by itself.

mod bounce;
mod letter;
mod server;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use lettre::message::Mailbox;
use sqlx::PgPool;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config;
use crate::db::invoices::{self, InvoiceRow};
use crate::db::mails::{self, Mail, NewMail, Outcome};
use crate::documents::{DocumentError, DocumentKind, Documents};
use crate::domain::mail::{link, next_attempt};

pub use bounce::{Bounce, read as read_bounce};
pub use server::greets;

/// Sends letters. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    pub pool: PgPool,
    pub clock: Clock,
    pub documents: Documents,
    pub settings: Arc<config::Mail>,
}

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Letters that invoices made by themselves.
    pub issued: u64,
    pub sent: u64,
    /// Refused, lost on the way, or to be tried again.
    pub failed: u64,
}

/// What stands between a letter and its outcome.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl Mailer {
    /// Sends what is due, and what Kill Bill has issued.
    ///
    /// # Errors
    /// When the database fails; what concerns one letter is written down with it.
    pub async fn pass(&self) -> Result<Report, MailError> {
        let mut report = Report::default();
        report.failed += mails::lost(&self.pool, self.clock.now()).await?;
        report.issued = self.put_issued().await?;
        for id in mails::due(&self.pool, self.clock.now()).await? {
            match self.send(id).await? {
                Some(Outcome::Sent(_)) => report.sent += 1,
                Some(Outcome::Away(..)) => {
                    report.failed += 1;
                    break;
                }
                Some(_) => report.failed += 1,
                None => {}
            }
        }
        Ok(report)
    }

    /// Puts a letter into the outbox because somebody asked for it; returns its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask(&self, invoice: &InvoiceRow, who: &str, recipient: &str, link: &str) -> sqlx::Result<(i64, Uuid)> {
        let new = NewMail {
            invoice_id: invoice.id,
            asked_by: Some(who),
            recipient,
            copies: &self.copies(),
            link,
        };
        let put = mails::put(&self.pool, new, self.clock.now()).await?;
        put.ok_or(sqlx::Error::RowNotFound)
    }

    async fn put_issued(&self) -> sqlx::Result<u64> {
        if !self.settings.issued {
            mails::switched_off(&self.pool).await?;
            return Ok(0);
        }
        let since = mails::switched_on(&self.pool, self.clock.now()).await?;
        let (copies, mut put) = (self.copies(), 0);
        for invoice in mails::issued(&self.pool, since).await? {
            let new = NewMail {
                invoice_id: invoice.id,
                asked_by: None,
                recipient: invoice.email.as_deref().unwrap_or_default(),
                copies: &copies,
                link: &link(&self.settings.link_template, invoice.uuid),
            };
            put += u64::from(mails::put(&self.pool, new, self.clock.now()).await?.is_some());
        }
        Ok(put)
    }

    fn copies(&self) -> Vec<String> {
        self.settings.copies.iter().map(Mailbox::to_string).collect()
    }

    /// Sends one letter, if it is its turn; returns what came of it.
    ///
    /// # Errors
    /// When the database fails, or what was sent could not be written down.
    pub async fn send(&self, id: i64) -> Result<Option<Outcome>, MailError> {
        let now = self.clock.now();
        let Some(mail) = mails::take(&self.pool, id, now, now + self.longest_way()).await? else {
            return Ok(None);
        };
        let outcome = match self.made_and_handed_over(&mail).await {
            Ok(outcome) => outcome,
            Err(MailError::Document(error @ DocumentError::TooLong { .. })) => {
                Some(Outcome::Refused(format!("It cannot be attached: {error}.")))
            }
            Err(MailError::Document(error)) => Some(self.again(&mail, error.to_string(), Outcome::Later)),
            Err(error) => return Err(error),
        };
        let Some(outcome) = outcome else { return Ok(None) };
        let state = outcome.state().word();
        tracing::info!(mail = %mail.uuid, state, detail = outcome.detail(), "letter");
        metrics::counter!("ncb_mails_total", "outcome" => state).increment(1);
        mails::settled(&self.pool, mail.id, mail.attempts, &outcome, self.clock.now()).await?;
        Ok(Some(outcome))
    }

    /// None when somebody else has taken it meanwhile.
    async fn made_and_handed_over(&self, mail: &Mail) -> Result<Option<Outcome>, MailError> {
        let Some(invoice) = invoices::by_uuid(&self.pool, mail.invoice, None).await? else {
            return Ok(Some(Outcome::Refused("The invoice is gone.".to_owned())));
        };
        let pdf = self.documents.pdf(&invoice, DocumentKind::Invoice).await?;
        let letter = self.documents.letter(&invoice).await?;
        let message = match letter::made(&self.settings, mail, &letter, &pdf) {
            Ok(message) => message,
            Err(why) => return Ok(Some(Outcome::Refused(why))),
        };
        let line = match server::ready_for(&self.settings, &message).await {
            Ok(line) => line,
            Err(server::Failure::Refused(why)) => return Ok(Some(Outcome::Refused(why))),
            Err(server::Failure::Trouble(why)) => return Ok(Some(self.again(mail, why, Outcome::Later))),
            Err(server::Failure::Away(why)) => return Ok(Some(self.again(mail, why, Outcome::Away))),
        };
        if !mails::begun(&self.pool, mail.id, mail.attempts, pdf.version, self.clock.now()).await? {
            line.give_up().await;
            return Ok(None);
        }
        Ok(Some(match line.hand_over(&message).await {
            Ok(answer) => Outcome::Sent(answer),
            Err(server::Answer::Refused(why)) => Outcome::Refused(why),
            Err(server::Answer::NotNow(why)) => self.again(mail, why, Outcome::Later),
            Err(server::Answer::None(why)) => Outcome::Unknown(why),
        }))
    }

    /// To be tried again, for the reason that `not_now` stands for, unless it was tried for too long.
    fn again(&self, mail: &Mail, why: String, not_now: fn(String, DateTime<Utc>) -> Outcome) -> Outcome {
        match next_attempt(mail.created_at, mail.attempts, self.clock.now()) {
            Some(at) => not_now(why, at),
            None => Outcome::Refused(format!("Given up after {} attempts: {why}", mail.attempts)),
        }
    }

    /// How long a letter may be on its way: after that whoever took it is gone.
    fn longest_way(&self) -> TimeDelta {
        let steps = TimeDelta::from_std(self.settings.timeout * server::STEPS).unwrap_or(TimeDelta::hours(1));
        steps + TimeDelta::minutes(1)
    }
}
