//! A letter as the mail server gets it: addressed, dated, with the document attached. It bears the id of its row, so that whoever
//! sees it twice, or sends it back, says which one it is.

use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::config;
use crate::db::mails::Mail;
use crate::documents::StoredPdf;
use crate::domain::mail::Letter;

/// Ready to go.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub from: Address,
    pub to: Address,
    pub copies: Vec<Address>,
    pub bytes: Vec<u8>,
}

/// The letter, or why there cannot be one.
pub(super) fn made(settings: &config::Mail, mail: &Mail, letter: &Letter, pdf: &StoredPdf) -> Result<Ready, String> {
    if mail.recipient.is_empty() {
        return Err("The customer has no e-mail address: register one, then send it again.".to_owned());
    }
    let to: Address = mail
        .recipient
        .parse()
        .map_err(|_| format!("\"{}\" is not an e-mail address.", mail.recipient))?;
    let copies: Vec<Mailbox> = mail.copies.iter().filter_map(|copy| copy.parse().ok()).collect();
    let from = settings.from.email.clone();
    let message =
        message(settings, mail, &to, letter, pdf).map_err(|error| format!("The letter cannot be made: {error}."))?;
    Ok(Ready {
        bytes: message.formatted(),
        copies: copies.into_iter().map(|copy| copy.email).collect(),
        from,
        to,
    })
}

fn message(
    settings: &config::Mail,
    mail: &Mail,
    to: &Address,
    letter: &Letter,
    pdf: &StoredPdf,
) -> Result<Message, Box<dyn std::error::Error>> {
    let document =
        Attachment::new(letter.file_name.clone()).body(pdf.pdf.clone(), ContentType::parse("application/pdf")?);
    let mut builder = Message::builder()
        .from(settings.from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(letter.subject())
        .message_id(Some(format!("<{}@{}>", mail.uuid, settings.from.email.domain())));
    if let Ok(address) = letter.reply_to.parse() {
        builder = builder.reply_to(Mailbox::new(None, address));
    }
    // Copies are for nobody's eyes, so they stand in the envelope alone, and the builder needs no other.
    let envelope = Envelope::new(Some(settings.from.email.clone()), vec![to.clone()])?;
    let parts = MultiPart::mixed()
        .singlepart(SinglePart::plain(letter.text(&mail.link)))
        .singlepart(document);
    let mut message = builder.envelope(envelope).multipart(parts)?;
    // So that no machine answers (RFC 3834).
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    message
        .headers_mut()
        .insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
    Ok(message)
}
