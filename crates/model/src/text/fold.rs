//! The form in which texts and words compare: without case, without marks above and below letters, without what nobody
//! sees.

use std::borrow::Cow;

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::decompose_compatible;

/// Folds a text. What is folded stays as it is when it is folded again.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    // What a character is made of can have an upper case of its own, and the lower case can have marks.
    let once = |text: &str| -> String {
        let mut parts = String::with_capacity(text.len());
        for c in text.chars().flat_map(char::to_lowercase) {
            decompose_compatible(c, |part| parts.extend(part.to_lowercase()));
        }
        let told = parts.chars().filter(|c| !is_mark(*c) && !is_unseen(*c));
        told.fold(String::with_capacity(parts.len()), spelt).nfc().collect()
    };
    let mut folded = once(text);
    loop {
        let again = once(&folded);
        if again == folded {
            return Cow::Owned(folded);
        }
        folded = again;
    }
}

/// The same of ASCII.
fn fold_ascii(text: &str) -> Cow<'_, str> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

/// Marks of the Latin, Greek and Cyrillic scripts. Those of others make another letter.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Characters that leave no trace where a text is shown: those that Unicode calls default ignorable.
pub fn is_unseen(c: char) -> bool {
    // Most texts are made of letters that need no table: before U+034F nothing is ignorable but the soft hyphen.
    (c == '\u{ad}' || c >= '\u{34f}') && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Letters that have a plain spelling, but are not made of it.
fn spelt(mut text: String, c: char) -> String {
    match c {
        'ß' => text.push_str("ss"),
        'æ' => text.push_str("ae"),
        'œ' => text.push_str("oe"),
        'ø' => text.push('o'),
        'ł' => text.push('l'),
        'đ' | 'ð' => text.push('d'),
        'þ' => text.push_str("th"),
        'ı' => text.push('i'),
        // At the end of a word.
        'ς' => text.push('σ'),
        _ => text.push(c),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_marks_are_folded() {
        for (text, folded) in [
            ("Straße", "strasse"),
            ("STRASSE", "strasse"),
            ("Änderung", "anderung"),
            ("Łódź Ørsted", "lodz orsted"),
            ("İstanbul", "istanbul"),
            ("ﬁnance", "finance"),
            ("Ｎｅｔ", "net"),
            ("ΠΩΛΗΣΕΙΣ", "πωλησεισ"),
            ("πωλήσεις", "πωλησεισ"),
            ("売上ガ", "売上ガ"),
            ("한글", "한글"),
            ("e\u{301}te\u{301}", "ete"),
            ("zero\u{200b}width", "zerowidth"),
            ("\u{feff}rtl\u{202e}ABC\u{200f}", "rtlabc"),
            ("Um\u{ad}satz", "umsatz"),
            ("\u{2060}\u{3164}", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn what_is_not_seen_is_what_unicode_says() {
        let table = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        assert_eq!(('\0'..=char::MAX).find(|c| is_unseen(*c) != table.contains(*c)), None);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,20}") {
            let folded = fold(&text).into_owned();
            prop_assert_eq!(fold(&folded), folded.as_str());
        }
    }
}
