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

/// A name of a program's as words: `EditGlossaryTerms` as `edit glossary terms`, `getTableByFQN` as `get table by FQN`.
pub fn spaced(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let is_upper = |at: usize| letters.get(at).is_some_and(|c| c.is_uppercase());
    let mut words = vec![String::new()];
    for (at, c) in letters.iter().enumerate() {
        let ends_capitals = at > 0 && is_upper(at - 1) && letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if at > 0 && is_upper(at) && (!is_upper(at - 1) || ends_capitals) {
            words.push(String::new());
        }
        words.last_mut().into_iter().for_each(|word| word.push(*c));
    }
    let is_short = |word: &str| word.chars().count() > 1 && word.chars().all(char::is_uppercase);
    let words = words.into_iter().map(|word| if is_short(&word) { word } else { word.to_lowercase() });
    shown(&words.collect::<Vec<_>>().join(" "))
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
    fn names_of_programs_are_read_as_words() {
        for (name, words) in [
            ("EditGlossaryTerms", "edit glossary terms"),
            ("getTableByFQN", "get table by FQN"),
            ("getFQNOfTable", "get FQN of table"),
            ("view", "view"),
            ("", ""),
        ] {
            assert_eq!(spaced(name), words);
        }
    }

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
