//! Text that people typed elsewhere and that ends in invoices, PDFs and Kill Bill's columns.

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("This field may not be blank.")]
    Blank,
    #[error("Ensure this field has no more than {0} characters.")]
    TooLong(usize),
    #[error("Control characters are not allowed.")]
    Control,
}

/// One line: surrounding spaces removed, no control characters (a tab, a line end, NUL), at most `limit` characters.
///
/// # Errors
/// When it is too long or holds a control character.
pub fn line(text: &str, limit: usize) -> Result<String, TextError> {
    checked(text.trim(), limit, char::is_control)
}

/// Several lines, such as a postal address: line ends become `\n` and stay, other control characters are refused.
///
/// # Errors
/// As [`line`].
pub fn lines(text: &str, limit: usize) -> Result<String, TextError> {
    checked(text.replace("\r\n", "\n").trim(), limit, |c| {
        c.is_control() && c != '\n'
    })
}

/// A [`line`] that says something.
///
/// # Errors
/// As [`line`], and when nothing is left.
pub fn name(text: &str, limit: usize) -> Result<String, TextError> {
    match line(text, limit)? {
        blank if blank.is_empty() => Err(TextError::Blank),
        name => Ok(name),
    }
}

/// Whether mail could be sent there: one `@` with something on both sides, and no space. Kill Bill checks no more.
#[must_use]
pub fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

fn checked(text: &str, limit: usize, refused: fn(char) -> bool) -> Result<String, TextError> {
    match text {
        text if text.contains(refused) => Err(TextError::Control),
        text if text.chars().count() > limit => Err(TextError::TooLong(limit)),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert_eq!(name(" Õie ", 3), Ok("Õie".to_owned()));
        assert_eq!(name("Õiex", 3), Err(TextError::TooLong(3)));
        assert_eq!(name("   ", 3), Err(TextError::Blank));
    }

    #[test]
    fn control_characters_are_refused_and_an_address_keeps_its_lines() {
        assert_eq!(line("a\u{0}b", 9), Err(TextError::Control));
        assert_eq!(line("a\nb", 9), Err(TextError::Control));
        assert_eq!(lines("a\r\nb\n", 9), Ok("a\nb".to_owned()));
        assert_eq!(lines("a\tb", 9), Err(TextError::Control));
    }

    #[test]
    fn an_address_needs_two_sides() {
        assert!(is_email("a@b"));
        for wrong in ["", "a", "@b", "a@", "a@b@c", "a b@c"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}
