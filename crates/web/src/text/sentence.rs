//! A sentence with values of the data in it: what is written from right to left keeps to itself, so that the words and
//! figures beside it stay in their order.

use std::iter::once;

use askama::Template;
use askama::filters::HtmlSafe;
use icu_properties::CodePointMapData;
use icu_properties::props::BidiClass;

/// Pieces, and whether each keeps to itself.
#[derive(Template)]
#[template(
    source = r#"{% for (text, is_apart) in self.0 %}{% if *is_apart %}<bdi>{{ text }}</bdi>{% else %}{{ text }}{% endif %}{% endfor %}"#,
    ext = "html"
)]
pub struct Sentence(Vec<(String, bool)>);

impl HtmlSafe for Sentence {}

impl Sentence {
    /// Values that stand in it stay whole; of all else, words that follow one another from right to left do.
    pub fn of<'a>(text: &str, values: impl Iterator<Item = &'a str>) -> Sentence {
        let values: Vec<&str> = values.filter(|value| value.contains(is_turned) && text.contains(value)).collect();
        let mut pieces: Vec<(String, bool)> = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let standing = values.iter().filter(|value| rest.starts_with(**value)).map(|value| value.len());
            let apart = standing.chain(once(turned(rest))).max().unwrap_or_default();
            match pieces.last_mut() {
                _ if apart > 0 => pieces.push((rest[..apart].to_owned(), true)),
                Some((plain, false)) => plain.push(first),
                _ => pieces.push((first.to_string(), false)),
            }
            rest = &rest[apart.max(first.len_utf8())..];
        }
        Sentence(pieces)
    }
}

/// How many bytes a text begins with that are words from right to left, with nothing but blanks between them.
fn turned(text: &str) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let is_mark = end > 0 && end == at && class(c) == BidiClass::NonspacingMark;
        if is_turned(c) || is_mark {
            end = at + c.len_utf8();
        } else if end == 0 || class(c) != BidiClass::WhiteSpace {
            break;
        }
    }
    end
}

/// Figures of Arabic are written from left to right, and turn what stands between them all the same.
fn is_turned(c: char) -> bool {
    matches!(class(c), BidiClass::RightToLeft | BidiClass::ArabicLetter | BidiClass::ArabicNumber)
}

fn class(c: char) -> BidiClass {
    CodePointMapData::<BidiClass>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, values: &[&str]) -> String {
        Sentence::of(text, values.iter().copied()).to_string()
    }

    #[test]
    fn what_is_written_from_right_to_left_keeps_to_itself() {
        for (text, rendered) in [
            ("Net sales: 12 EUR.", "Net sales: 12 EUR."),
            ("2 rows: שלום (12), עולם (5).", "2 rows: <bdi>שלום</bdi> (12), <bdi>עולם</bdi> (5)."),
            ("for تل أبيب 7 <b>", "for <bdi>تل أبيب</bdi> 7 &#60;b&#62;"),
            ("בְּרֵאשִׁית", "<bdi>בְּרֵאשִׁית</bdi>"),
            ("٣, ٤", "<bdi>٣</bdi>, <bdi>٤</bdi>"),
            ("größe", "größe"),
        ] {
            assert_eq!(read(text, &[]), rendered);
        }
    }

    #[test]
    fn a_value_stays_whole() {
        let text = "רחוב 5, תל אביב (3) and תל (1)";
        let rendered = "<bdi>רחוב 5, תל אביב</bdi> (3) and <bdi>תל</bdi> (1)";
        assert_eq!(read(text, &["תל", "רחוב 5, תל אביב", "North", ""]), rendered);
        assert_eq!(read("שלום", &["ש"]), "<bdi>שלום</bdi>", "a letter of a word is no value");
    }
}
