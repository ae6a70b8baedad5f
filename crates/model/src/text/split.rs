//! Texts cut into words: at spaces, at signs, where the case changes, and between letters and digits. What stands between
//! two spaces is kept whole as well. Text that is written without spaces is cut into pairs of characters.

use std::borrow::Cow;

use unicode_normalization::char::canonical_combining_class;

use super::fold::{fold, is_unseen};

/// Longer ones are kept in pieces of this length, each of which begins in the middle of the one before.
const MOST_WHOLE: usize = 120;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'t> {
    /// Folded.
    pub text: Cow<'t, str>,
    /// Which of the text's words it is; what is kept whole stands where its first part does.
    pub place: usize,
    /// Where it stands in the text, in bytes.
    pub from: usize,
    pub to: usize,
    pub role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A part; the parts together are the text.
    Part,
    /// Parts that stand together, as they were written.
    Whole,
    /// The last character of text without spaces, for those who look for it alone.
    Tail,
}

/// Whether a character belongs to a script that is written without spaces.
pub fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}' | '々' | '〆')
}

/// The words of a text.
pub fn split(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word));
    words
}

/// Hands out the words of a text, one after another.
pub fn each_word<'t>(text: &'t str, take: impl FnMut(Word<'t>)) {
    match text.is_ascii() {
        true => each_ascii_word(text, take),
        false => words_of(text).into_iter().for_each(take),
    }
}

/// The same of text of which each byte is a character that is seen: nearly all text is. Each is looked at once.
fn each_ascii_word<'t>(text: &'t str, mut take: impl FnMut(Word<'t>)) {
    let bytes = text.as_bytes();
    let sort_at = |at: usize| bytes.get(at).map(|byte| SORTS[usize::from(*byte)]);
    let word = |(from, to): (usize, usize), has_capitals: bool, place: usize, role: Role| {
        let written = &text[from..to];
        let text = if has_capitals { Cow::Owned(written.to_ascii_lowercase()) } else { Cow::Borrowed(written) };
        Word { text, place, from, to, role }
    };
    // Only capitals go together with what is of another sort: a part that begins with none has none.
    let begins_with_capital = |part: &(usize, usize)| sort_at(part.0) == Some(Sort::Upper);
    let mut parts: Vec<(usize, usize)> = Vec::new();
    let (mut place, mut at) = (0, 0);
    loop {
        let from = at;
        match sort_at(from) {
            None | Some(Sort::Space) => {
                if let [(from, _), .., (_, to)] = parts[..] {
                    let has_capitals = parts.iter().any(begins_with_capital);
                    match to - from <= MOST_WHOLE {
                        true => take(word((from, to), has_capitals, place, Role::Whole)),
                        false => pieces(&text[from..to]).into_iter().for_each(|(start, end)| {
                            take(word((from + start, from + end), has_capitals, place, Role::Whole));
                        }),
                    }
                }
                for part in parts.drain(..) {
                    take(word(part, begins_with_capital(&part), place, Role::Part));
                    place += 1;
                }
                if from >= bytes.len() {
                    break;
                }
                at += 1;
                continue;
            }
            Some(Sort::Sign) => {
                at += 1;
                continue;
            }
            Some(Sort::Upper) => {
                let mut before = Sort::Upper;
                at += 1;
                while let Some(here) = sort_at(at).filter(|here| !is_cut(before, *here, || sort_at(at + 1))) {
                    before = here;
                    at += 1;
                }
            }
            Some(sort) => at += bytes[at..].iter().take_while(|byte| SORTS[usize::from(**byte)] == sort).count(),
        }
        // Nearly every word is one part.
        if parts.is_empty() && matches!(sort_at(at), None | Some(Sort::Space)) {
            take(word((from, at), begins_with_capital(&(from, at)), place, Role::Part));
            place += 1;
            continue;
        }
        parts.push((from, at));
    }
}

fn words_of(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut place = 0;
    let mut rest = 0;
    let mut units = Vec::new();
    for chunk in text.split(char::is_whitespace) {
        let from = rest;
        rest += chunk.len();
        rest += text[rest..].chars().next().map_or(0, char::len_utf8);
        let before = words.len();
        let first = place;
        take_apart(chunk, &mut units);
        parts(chunk, &units, from, &mut place, &mut words);
        if let [one, .., last] = &words[before..] {
            // Without the signs around it.
            let (from, to) = (one.from, last.to);
            let whole = |(start, end): (usize, usize)| {
                let (from, to) = (from + start, from + end);
                Word { text: fold(&text[from..to]), place: first, from, to, role: Role::Whole }
            };
            match to - from <= MOST_WHOLE {
                true => words.insert(before, whole((0, to - from))),
                false => drop(words.splice(before..before, pieces(&text[from..to]).into_iter().map(whole))),
            }
        }
    }
    words
}

/// The pieces of a long text, by the bytes where they begin and end.
fn pieces(text: &str) -> Vec<(usize, usize)> {
    let mut starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let count = starts.len();
    starts.push(text.len());
    let begins = (0..count).step_by(MOST_WHOLE / 2);
    let piece = |begin: usize| (starts[begin], starts[(begin + MOST_WHOLE).min(count)]);
    // What is left after the last whole one stands in that one, too.
    begins.filter(|begin| *begin == 0 || begin + MOST_WHOLE / 2 < count).map(piece).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Upper,
    Lower,
    Digit,
    Dense,
    Sign,
    /// What `char::is_whitespace` says of ASCII; texts of other characters are cut at these before.
    Space,
}

/// Of which sort each character of ASCII is.
const SORTS: [Sort; 128] = {
    let mut sorts = [Sort::Sign; 128];
    let mut at: u8 = 0;
    while at < 128 {
        sorts[at as usize] = match at {
            b'a'..=b'z' => Sort::Lower,
            b'A'..=b'Z' => Sort::Upper,
            b'0'..=b'9' => Sort::Digit,
            b'\t'..=b'\r' | b' ' => Sort::Space,
            _ => Sort::Sign,
        };
        at += 1;
    }
    sorts
};

fn sort(c: char) -> Sort {
    match c {
        '\0'..='\x7f' => SORTS[c as usize],
        _ if is_dense(c) => Sort::Dense,
        _ if c.is_numeric() => Sort::Digit,
        _ if c.is_uppercase() => Sort::Upper,
        _ if c.is_alphabetic() => Sort::Lower,
        _ => Sort::Sign,
    }
}

/// Whether a character is a mark on the one before it, with which it may as well be one character: `e` and an accent,
/// テ and its two strokes.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && (canonical_combining_class(c) != 0 || matches!(c, '\u{ff9e}' | '\u{ff9f}'))
}

/// Puts the characters of a text that are seen into `units`, each with the marks on it: where it begins, and of which sort
/// it is.
fn take_apart(chunk: &str, units: &mut Vec<(usize, Sort)>) {
    units.clear();
    for (at, c) in chunk.char_indices() {
        match (is_mark(c) || is_unseen(c), units.last()) {
            (false, _) => units.push((at, sort(c))),
            (true, None) => units.push((at, Sort::Sign)),
            (true, Some(_)) => {}
        }
    }
}

fn parts<'t>(chunk: &'t str, chars: &[(usize, Sort)], offset: usize, place: &mut usize, words: &mut Vec<Word<'t>>) {
    let mut start = 0;
    while start < chars.len() {
        let of = chars[start].1;
        if of == Sort::Sign {
            start += 1;
            continue;
        }
        let mut end = start + 1;
        while end < chars.len() && !is_cut(chars[end - 1].1, chars[end].1, || chars.get(end + 1).map(|(_, next)| *next))
        {
            end += 1;
        }
        let byte = |index: usize| chars.get(index).map_or(chunk.len(), |(at, _)| *at);
        let mut push = |from: usize, to: usize, place: usize, role: Role| {
            let text = fold(&chunk[byte(from)..byte(to)]);
            if !text.is_empty() {
                words.push(Word { text, place, from: offset + byte(from), to: offset + byte(to), role });
            }
        };
        if of == Sort::Dense {
            for at in start..end.saturating_sub(1) {
                push(at, at + 2, *place + at - start, Role::Part);
            }
            let role = if end - start == 1 { Role::Part } else { Role::Tail };
            push(end - 1, end, *place + end - 1 - start, role);
            *place += end - start;
        } else {
            push(start, end, *place, Role::Part);
            *place += 1;
        }
        start = end;
    }
}

/// Whether a word ends between two characters.
fn is_cut(before: Sort, here: Sort, next: impl FnOnce() -> Option<Sort>) -> bool {
    match (before, here) {
        _ if before == here && here != Sort::Upper => false,
        (Sort::Upper, Sort::Lower) => false,
        // The last of several capitals begins the word that follows: `HTTP` `Server`.
        (Sort::Upper, Sort::Upper) => next() == Some(Sort::Lower),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn shown(text: &str) -> String {
        let word = |word: &Word<'_>| {
            let sign = match word.role {
                Role::Part => "",
                Role::Whole => "=",
                Role::Tail => "~",
            };
            format!("{}{sign}{}", word.place, word.text)
        };
        split(text).iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_split_and_kept_whole() {
        for (text, words) in [
            ("", ""),
            ("orders", "0orders"),
            ("CustomerInsightsDataProduct", "0=customerinsightsdataproduct 0customer 1insights 2data 3product"),
            ("net_sales", "0=net_sales 0net 1sales"),
            ("HTTPServer2", "0=httpserver2 0http 1server 22"),
            ("a-b.c/d", "0=a-b.c/d 0a 1b 2c 3d"),
            ("  Net   Sales (EUR) ", "0net 1sales 2eur"),
            ("売上高", "0=売上高 0売上 1上高 2~高"),
            ("第3四半期", "0=第3四半期 0第 13 2四半 3半期 4~期"),
            ("上", "0上"),
            ("Größe_Übersicht", "0=grosse_ubersicht 0grosse 1ubersicht"),
            ("e\u{301}te\u{301}", "0ete"),
            ("E\u{301}TE\u{301}_1", "0=ete_1 0ete 11"),
            ("テ\u{3099}ータ料", "0=データ料 0デー 1ータ 2タ料 3~料"),
            ("売カ\u{3099}", "0=売ガ 0売ガ 1~ガ"),
            ("ﾃﾞｰﾀ", "0=データ 0デー 1ータ 2~タ"),
            ("हिन्दी_बिक्री", "0=हिन्दी_बिक्री 0हिन्दी 1बिक्री"),
            ("(売・)", "0=売・ 0売・ 1~・"),
            ("\u{301}", ""),
            ("zero\u{200b}width", "0zerowidth"),
            ("\u{feff}net\u{200b}_sales\u{200f} \u{202e}", "0=net_sales 0net 1sales"),
            ("売\u{200b}上", "0=売上 0売上 1~上"),
            ("--", ""),
        ] {
            assert_eq!(shown(text), words, "{text}");
        }
    }

    #[test]
    fn every_short_part_of_a_long_word_stands_in_a_piece_of_it() {
        let text: String = (0..400).map(|at| char::from_digit(at / 7 % 36, 36).unwrap_or('x')).collect();
        let words = split(&text);
        let chars: Vec<char> = text.chars().collect();
        for part in chars.windows(MOST_WHOLE / 2) {
            let part: String = part.iter().collect();
            assert!(words.iter().any(|word| word.text.contains(&part)), "{part}");
        }
    }

    proptest! {
        #[test]
        fn words_are_the_same_however_marks_are_written(text in "[a-zA-Z0-9_ éÉàñçÄ가각ガギプ売上ж\u{439}]{0,24}") {
            let composed: String = text.nfc().collect();
            let apart: String = text.nfd().collect();
            prop_assert_eq!(shown(&composed), shown(&apart));
        }

        #[test]
        fn words_of_ascii_are_those_of_all_text(text in "[a-cA-C0-2_.() \t]{0,40}|[ -~]{0,300}|[a-bA-B0-1]{100,300}") {
            let mut words = Vec::new();
            each_ascii_word(&text, |word| words.push(word));
            prop_assert_eq!(words, words_of(&text));
        }

        #[test]
        fn words_say_where_they_stand(text in "[a-zA-Z0-9_. \u{4e00}-\u{4e05}é\u{3042}]{0,24}|\\PC{0,20}") {
            let mut place = 0;
            for word in split(&text) {
                prop_assert!(word.place >= place);
                place = word.place;
                prop_assert_eq!(fold(&text[word.from..word.to]), word.text);
            }
        }
    }
}
