//! The forms in which a name can be told to a Kill Bill that does not take it as it is: many of its databases hold
//! characters of at most three bytes (MySQL's `utf8`), some none but ASCII. What is left out leaves a mark.

/// Stands for a character that Kill Bill does not take: the replacement character, three bytes long.
const MARK: char = '\u{FFFD}';

/// What makes the forms of a name.
const FORMS: [fn(&str) -> String; 3] = [
    str::to_owned,
    |name| with_marks(name, |c| c.len_utf8() <= 3, MARK),
    |name| with_marks(name, |c| c.is_ascii(), '?'),
];

/// The name as it is, then ever plainer. All have as many characters as the name.
#[must_use]
pub fn forms(name: &str) -> [String; 3] {
    FORMS.map(|form| form(name))
}

/// The same of a thing with several texts: it is written three times, each time with all of them in one form.
pub fn forms_of<T>(write: impl Fn(&dyn Fn(&str) -> String) -> T) -> [T; 3] {
    FORMS.map(|form| write(&form))
}

fn with_marks(name: &str, fits: fn(char) -> bool, mark: char) -> String {
    name.chars().map(|c| if fits(c) { c } else { mark }).collect()
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn what_kill_bill_does_not_take_leaves_a_mark_and_the_rest_stays() {
        assert_eq!(forms("web-1"), ["web-1"; 3]);
        assert_eq!(forms("Käsebrot"), ["Käsebrot", "Käsebrot", "K?sebrot"]);
        assert_eq!(forms("🚀 Käse"), ["🚀 Käse", "\u{FFFD} Käse", "? K?se"]);
        assert!(forms("🥙🥙")[1].chars().all(|c| c.len_utf8() == 3));
    }
}
