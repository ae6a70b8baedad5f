//! Short texts that people and sources provide, as they can be shown without deceiving anybody.

use crate::text::unseen;

/// The text with what cannot be seen made visible: characters that turn the direction of writing round, that take no
/// room, or that control a terminal.
pub fn shown(text: &str) -> String {
    unseen::marked(text, |_| false)
}

/// The same of a long text, whose lines stay.
pub fn shown_prose(text: &str) -> String {
    unseen::marked(text, |c| c == '\r')
}

/// A name of a program's as words: `EditGlossaryTerms` as `edit glossary terms`.
pub fn spaced(name: &str) -> String {
    let mut rendered = String::with_capacity(name.len() + 4);
    for (at, c) in name.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            rendered.push(' ');
        }
        rendered.extend(c.to_lowercase());
    }
    shown(&rendered)
}

/// The beginning of a long text, up to the end of its first paragraph.
pub fn first_line(text: &str) -> String {
    const MOST: usize = 220;
    let line = text
        .lines()
        .map(|line| line.trim_start_matches(['#', '>', '*', '-', ' ']))
        .find(|line| !line.trim().is_empty());
    let line = line.unwrap_or("").trim();
    let Some((end, _)) = line.char_indices().nth(MOST) else { return shown(line) };
    let cut = shown(&line[..end]);
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_long_text_stay() {
        assert_eq!(shown("a\r\nb"), "a\u{fffd}\nb");
        assert_eq!(shown_prose("a\r\nb\u{200b}"), "a\r\nb\u{fffd}");
    }

    #[test]
    fn a_line_is_the_first_that_says_something() {
        assert_eq!(first_line("\n\n# Orders\nand more"), "Orders");
        assert!(first_line(&"word ".repeat(100)).ends_with(" …"));
    }
}
