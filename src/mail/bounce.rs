//! A letter that comes back (RFC 3464, or whatever a mail server writes): it names our letter by its Message-ID somewhere, and
//! mostly says why.

use uuid::Uuid;

/// What a returned letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// Every id that may be that of a letter of ours.
    pub ids: Vec<Uuid>,
    pub why: String,
}

/// Reads a letter that came back.
#[must_use]
pub fn read(text: &str) -> Bounce {
    let mut ids: Vec<Uuid> = text
        .match_indices('@')
        .filter_map(|(at, _)| id_before(text, at))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Bounce { ids, why: why(text) }
}

fn id_before(text: &str, at: usize) -> Option<Uuid> {
    let begin = at.checked_sub(uuid::fmt::Hyphenated::LENGTH)?;
    text.get(begin..at)?.parse().ok()
}

/// The field that people can read, with the line that goes on from it.
fn why(text: &str) -> String {
    let field = |name: &str| {
        let mut lines = text.lines().skip_while(|line| !starts(line, name));
        let first = lines.next()?.split_once(':')?.1;
        let more = lines.take_while(|line| line.starts_with([' ', '\t']));
        let parts: Vec<&str> = std::iter::once(first).chain(more).map(str::trim).collect();
        Some(parts.join(" ")).filter(|told| !told.is_empty())
    };
    let told = ["diagnostic-code", "status", "subject"].into_iter().find_map(field);
    let told = told.unwrap_or_else(|| "it does not say why".to_owned());
    format!("It came back: {}", told.chars().take(500).collect::<String>())
}

fn starts(line: &str, name: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(field, _)| field.trim().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_the_letter_and_the_reason() {
        let report = "From: MAILER-DAEMON@example.com\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n\
            Final-Recipient: rfc822; alice@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\
            Diagnostic-Code: smtp; 550 5.1.1 <alice@example.com>:\r\n    Recipient address rejected\r\n\r\n\
            Message-ID: <01a22a67-733d-743c-a33d-6bd1720661ee@billing.example.com>\r\n";
        let bounce = read(report);
        assert_eq!(
            bounce.ids,
            ["01a22a67-733d-743c-a33d-6bd1720661ee".parse::<Uuid>().unwrap()]
        );
        assert_eq!(
            bounce.why,
            "It came back: smtp; 550 5.1.1 <alice@example.com>: Recipient address rejected"
        );
    }

    #[test]
    fn what_names_nothing_is_no_letter_of_ours() {
        for text in [
            "",
            "@",
            "Subject: hello\n\nalice@example.com",
            "õõõõõõõõõõõõõõõõõõõõõõõõõõõõ@example.com",
        ] {
            assert_eq!(read(text).ids, Vec::<Uuid>::new());
        }
        assert_eq!(read("Subject: gone").why, "It came back: gone");
        assert_eq!(read("").why, "It came back: it does not say why");
    }
}
