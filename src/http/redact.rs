//! Texts that may hold a token: what is logged, what is echoed, what is linked to. The old frontend appends
//! `?x-auth-token=KEY` to any address, also to one that has a query already or that is itself a value, so the name is
//! looked for everywhere, not only where a name belongs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The name under which a token may stand in an address.
pub const TOKEN: &str = "x-auth-token";

/// What joins it to the text before it.
const JOINTS: [char; 4] = ['?', '&', ';', ' '];
/// An address within an address within an address: deeper ones are nobody's.
const DEEPEST: usize = 3;

/// What stands before and after the token's name, which may be encoded a few times more.
#[must_use]
pub fn around_token(text: &str) -> Option<(String, String)> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..=DEEPEST {
        if let Some(at) = text.to_ascii_lowercase().find(TOKEN) {
            let (before, rest) = text.split_at(at);
            return Some((before.to_owned(), rest[TOKEN.len()..].to_owned()));
        }
        let decoded = decoded(&text);
        if decoded == text {
            return None;
        }
        text = Cow::Owned(decoded);
    }
    None
}

/// The same text without tokens: each is cut out from its name up to the next `&`.
#[must_use]
pub fn redacted(text: &str) -> String {
    let parts = text.split('&').map(|part| (part, without_end(part)));
    let kept = parts.filter(|(part, clean)| part == clean || !clean.is_empty());
    kept.map(|(_, clean)| clean).collect::<Vec<_>>().join("&")
}

/// A text up to the first token's name in it, however that is encoded.
#[must_use]
pub fn without_end(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some((before, _)) = around_token(&text) {
        before.trim_end_matches(JOINTS).clone_into(&mut text);
    }
    text
}

/// Percent-decoded once.
#[must_use]
pub fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_cut_out_up_to_the_next_ampersand() {
        for (text, clean) in [
            ("nothing here & there?", "nothing here & there?"),
            ("/pdf/&x-auth-token=k", "/pdf/"),
            ("1?X-Auth-Token=Token k&download=true", "1&download=true"),
            ("x-auth-token=k&a=1&x-auth-token=k", "a=1"),
            ("http://nc/1/?x%2Dauth%2Dtoken%3Dk%26b%3D1", "http://nc/1/"),
            ("a%253Fx-auth-token%253Dk", "a%253F"),
            ("a%3Fx%252Dauth-token%253Dk?x-auth-token=k", "a"),
            ("100 %", "100 %"),
        ] {
            assert_eq!(redacted(text), clean, "{text}");
        }
    }
}
