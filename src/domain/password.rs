//! Passwords of the people who use the admin pages: which are taken, and how they are kept (Argon2id, a salt each).
//! Slow on purpose: never on a thread that serves requests.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};

/// Characters that a password has at least.
pub const SHORTEST: usize = 12;
/// And at most: a sentence is fine, a book is an attack.
pub const LONGEST: usize = 200;

/// Kept for names that nobody has: they take as long to refuse as a wrong password.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| hash("of nobody").ok());

/// Whether the password may be chosen by the person of that name.
///
/// # Errors
/// What is wrong with it, for the person.
pub fn acceptable(password: &str, name: &str) -> Result<(), &'static str> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err("A password has at least 12 characters; a few words in a row are easy to remember.");
    }
    if length > LONGEST {
        return Err("A password has at most 200 characters.");
    }
    if password.to_lowercase().contains(&name.to_lowercase()) {
        return Err("A password does not hold the name.");
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) {
        return Err("A password is more than one character again and again.");
    }
    Ok(())
}

/// How it is kept.
///
/// # Errors
/// When the system has no random numbers.
pub fn hash(password: &str) -> Result<String, Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

/// Whether it is the one that was kept; None: there is nobody, which takes as long to say.
#[must_use]
pub fn matches(password: &str, kept: Option<&str>) -> bool {
    let hash = kept.or(NOBODYS.as_deref()).map(PasswordHash::new);
    let Some(Ok(hash)) = hash else { return false };
    let same = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    same && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_password_opens() {
        let kept = hash("four words of mine").unwrap();
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(matches("four words of mine", Some(&kept)));
        assert!(!matches("four words of yours", Some(&kept)));
        assert!(!matches("of nobody", None));
        assert!(!matches("", Some("")), "what is kept is no hash");
    }

    #[test]
    fn weak_ones_are_refused_by_name() {
        for (password, refused) in [
            ("short", "at least 12"),
            ("aaaaaaaaaaaaaaaa", "again and again"),
            ("I am Alice, let me in", "hold the name"),
        ] {
            assert!(
                acceptable(password, "alice").unwrap_err().contains(refused),
                "{password}"
            );
        }
        assert!(acceptable("correct horse battery", "alice").is_ok());
    }
}
