//! Characters that are not seen: Unicode's own list of those that a reader is shown nothing of, and controls. Two names that
//! differ by them alone read the same. Some are part of how words and emoji are written; there they stay.

use emporion_catalog::text;
use icu_properties::props::{CanonicalCombiningClass, ExtendedPictographic, JoiningType};
use icu_properties::{CodePointMapData, CodePointSetData};

/// What stands for a character that is not seen.
const MARK: char = '\u{fffd}';
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
/// They choose whether a character is drawn as text or as an emoji.
const AS_TEXT: char = '\u{fe0e}';
const AS_EMOJI: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// The text with a mark for each that is not seen and has no work to do where it stands. `stays` are left as they are.
pub fn marked(text: &str, stays: fn(char) -> bool) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let all: Vec<char> = text.chars().collect();
    let marked = |(at, c): (usize, &char)| if is_unseen(*c) && !stays(*c) && !is_written(&all, at) { MARK } else { *c };
    all.iter().enumerate().map(marked).collect()
}

fn is_unseen(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\t' | '\n');
    // Ends of lines and paragraphs, and marks around annotations, are none that are left out when a text is drawn; they show
    // nothing all the same.
    is_control || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}') || text::is_unseen(c)
}

/// Whether what is written here is written with it.
fn is_written(all: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| all[before]);
    let after = all.get(at + 1).copied();
    match all[at] {
        NON_JOINER => is_of_script(before, after),
        JOINER => is_of_script(before, after) || is_of_emoji(&all[..at], after),
        // Of other characters, as of figures, only a key of a keyboard is made with it.
        AS_TEXT | AS_EMOJI => before.is_some_and(|before| {
            is_emoji(before) || (after == Some(KEYCAP) && matches!(before, '0'..='9' | '#' | '*'))
        }),
        _ => false,
    }
}

/// Between letters that join, as those of Arabic; or beside the sign that takes an Indic letter its vowel.
fn is_of_script(before: Option<char>, after: Option<char>) -> bool {
    let joining = CodePointMapData::<JoiningType>::new();
    let joins =
        |c| matches!(joining.get(c), JoiningType::DualJoining | JoiningType::RightJoining | JoiningType::LeftJoining);
    let is_mark = |c| joining.get(c) == JoiningType::Transparent && !is_unseen(c);
    let is_virama = |c| CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama;
    let is_between = before.is_some_and(|c| joins(c) || is_mark(c)) && after.is_some_and(joins);
    is_between || before.is_some_and(is_virama) || after.is_some_and(is_virama)
}

/// Between two emoji that it makes one of.
fn is_of_emoji(before: &[char], after: Option<char>) -> bool {
    // Tones of skin and the choice of how it is drawn belong to the one before.
    let last = before.iter().rev().find(|c| !matches!(**c, AS_EMOJI | '\u{1f3fb}'..='\u{1f3ff}'));
    last.is_some_and(|last| is_emoji(*last)) && after.is_some_and(is_emoji)
}

fn is_emoji(c: char) -> bool {
    CodePointSetData::new::<ExtendedPictographic>().contains(c) || matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        marked(text, |_| false)
    }

    #[test]
    fn what_is_not_seen_is_made_visible() {
        for one in [
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{202e}',
            '\u{2066}',
            '\u{61c}',
            '\u{34f}',
            '\u{3164}',
            '\u{115f}',
            '\u{180e}',
            '\u{fe00}',
            '\u{fe0e}',
            '\u{fe0f}',
            '\u{ad}',
            '\u{feff}',
            '\u{2028}',
            '\u{fff9}',
            '\u{7}',
            '\u{e0041}',
            '\u{e0101}',
            '\u{ffa0}',
            '\u{17b4}',
        ] {
            assert_eq!(read(&format!("Customer{one} 360")), "Customer\u{fffd} 360", "{:x}", one as u32);
            assert_eq!(read(&format!("Customer 360{one}")), "Customer 360\u{fffd}", "{:x}", one as u32);
            assert_eq!(read(&format!("{one}Customer 360")), "\u{fffd}Customer 360", "{:x}", one as u32);
            assert_eq!(read(&format!("Cus{one}tomer 360")), "Cus\u{fffd}tomer 360", "{:x}", one as u32);
        }
    }

    #[test]
    fn what_words_and_emoji_are_written_with_stays() {
        for text in [
            "Grüße\tan\nalle",
            "שלום",
            "می\u{200c}خواهم",
            "آزاد\u{200c}راه",
            "क्\u{200d}ष",
            "র\u{200d}্য",
            "ශ්\u{200d}රී",
            "ನ್\u{200c}",
            "👩\u{200d}🔬",
            "👩🏽\u{200d}🚀",
            "🏳\u{fe0f}\u{200d}🌈",
            "❤\u{fe0f}",
            "☀\u{fe0e}",
            "1\u{fe0f}\u{20e3}",
        ] {
            assert_eq!(read(text), text);
        }
    }

    #[test]
    fn twice_is_not_written() {
        assert_eq!(read("می\u{200c}\u{200c}خواهم"), "می\u{fffd}\u{fffd}خواهم");
        assert_eq!(read("👩\u{200d}\u{200d}🔬"), "👩\u{fffd}\u{fffd}🔬");
        assert_eq!(read("❤\u{fe0f}\u{fe0f}"), "❤\u{fe0f}\u{fffd}");
        assert_eq!(read("👩\u{200d}a"), "👩\u{fffd}a");
    }
}
