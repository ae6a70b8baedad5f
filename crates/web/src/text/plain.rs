//! Short texts that people and sources provide, as they can be shown without deceiving anybody.

use emporion_catalog::spelling::decode;

use crate::text::unseen;

/// The text with what cannot be seen made visible: characters that turn the direction of writing round, that take no
/// room, or that control a terminal. What the catalogue spells otherwise than the source stands as the source has it.
pub fn shown(text: &str) -> String {
    unseen::marked(&decode(text), |_| false)
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
    // Whoever writes a long one keeps nobody waiting.
    let line: String = line.unwrap_or("").trim().chars().take(4 * MOST).collect();
    let line = &unmarked(&line);
    let Some((end, _)) = line.char_indices().nth(MOST) else { return shown(line) };
    let cut = shown(&line[..end]);
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole} …")
}

/// A line without the marks of Markdown: what is said in bold or as code, and what a link is called.
fn unmarked(line: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(line.len()), line);
    while let Some((before, link)) = rest.split_once('[') {
        let called = link.split_once("](").and_then(|(name, to)| Some((name, to.split_once(')')?.1)));
        let Some((name, after)) = called.filter(|(name, _)| !name.contains(['[', ']'])) else {
            plain.push_str(before);
            plain.push('[');
            rest = link;
            continue;
        };
        plain.push_str(before);
        plain.push_str(name);
        rest = after;
    }
    plain.push_str(rest);
    plain.replace("**", "").replace('`', "")
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
    fn a_line_of_brackets_takes_no_time() {
        assert_eq!(first_line("**See** [the guide](/a) `x`"), "See the guide x");
        assert!(first_line(&"[".repeat(1_000_000)).starts_with("[["));
    }

    #[test]
    fn lines_of_a_long_text_stay() {
        assert_eq!(shown("a\r\nb"), "a\u{fffd}\nb");
        assert_eq!(shown("a__reserved__quote__bc"), "a\"bc");
        assert_eq!(shown_prose("a\r\nb\u{200b}"), "a\r\nb\u{fffd}");
    }

    #[test]
    fn a_line_is_the_first_that_says_something() {
        assert_eq!(first_line("\n\n# Orders\nand more"), "Orders");
        let marked = "**Personal** data, see [the law](https://example.com/a) and `mail` [1], a[b](c";
        assert_eq!(first_line(marked), "Personal data, see the law and mail [1], a[b](c");
        assert!(first_line(&"word ".repeat(100)).ends_with(" …"));
    }
}
