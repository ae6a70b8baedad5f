//! Short texts that people and sources provide, as they can be shown without deceiving anybody.

/// The text with what cannot be seen made visible: characters that turn the direction of writing round, that take no
/// room, or that control a terminal. Joiners stay, which scripts and emoji need.
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if deceives(c) { '\u{fffd}' } else { c }).collect()
}

/// The same of a long text, whose lines stay.
pub fn shown_prose(text: &str) -> String {
    text.chars().map(|c| if c != '\r' && deceives(c) { '\u{fffd}' } else { c }).collect()
}

fn deceives(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}'
        | '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}')
}

/// A name of a program's as words: `EditGlossaryTerms` as `edit glossary terms`.
pub fn spaced(name: &str) -> String {
    let mut said = String::with_capacity(name.len() + 4);
    for (at, c) in name.chars().enumerate() {
        if c.is_uppercase() && at > 0 {
            said.push(' ');
        }
        said.extend(c.to_lowercase());
    }
    shown(&said)
}

/// The beginning of a long text, up to the end of its first paragraph.
pub fn first_line(text: &str) -> String {
    const MOST: usize = 220;
    let line = text
        .lines()
        .map(|line| line.trim_start_matches(['#', '>', '*', '-', ' ']))
        .find(|line| !line.trim().is_empty());
    let line = shown(line.unwrap_or("").trim());
    if line.chars().count() <= MOST {
        return line;
    }
    let cut: String = line.chars().take(MOST).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_made_visible() {
        assert_eq!(shown("a\u{202e}b\u{200b}c"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(shown("👩\u{200d}🔬 שלום"), "👩\u{200d}🔬 שלום");
    }

    #[test]
    fn a_line_is_the_first_that_says_something() {
        assert_eq!(first_line("\n\n# Orders\nand more"), "Orders");
        assert!(first_line(&"word ".repeat(100)).ends_with(" …"));
    }
}
