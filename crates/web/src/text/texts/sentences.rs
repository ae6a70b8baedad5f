//! What the core and the other doors say in English, in the language of the reader.
//!
//! A sentence of theirs is known by its English text, which stands below `sentence` with blanks for what differs. What
//! stood there goes into the same blanks of the other language. A sentence that is not known stays as it is.

use std::sync::LazyLock;

use super::field_name;
use super::{TEXTS, Texts};

const BELOW: &str = "sentence.";

/// Those that say most by themselves come first: what fits them would fit others, too.
static SENTENCES: LazyLock<Vec<Sentence>> = LazyLock::new(|| {
    let known = TEXTS[0].iter().filter(|(key, _)| key.starts_with(BELOW));
    let mut sentences: Vec<Sentence> = known.map(|(key, text)| Sentence::of(key, text)).collect();
    sentences.sort_by_key(|one| (std::cmp::Reverse(one.pieces.concat().len()), one.key));
    sentences
});

struct Sentence {
    key: &'static str,
    blanks: Vec<&'static str>,
    /// What stands before, between and after the blanks.
    pieces: Vec<&'static str>,
}

impl Sentence {
    fn of(key: &'static str, text: &'static str) -> Sentence {
        let mut sentence = Sentence { key, blanks: Vec::new(), pieces: Vec::new() };
        let mut rest = text;
        while let Some((before, (blank, after))) =
            rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            sentence.pieces.push(before);
            sentence.blanks.push(blank);
            rest = after;
        }
        sentence.pieces.push(rest);
        sentence
    }

    /// What stands in its blanks, where this is what it says.
    fn values<'a>(&self, translated: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
        let (first, others) = self.pieces.split_first()?;
        let rest = translated.strip_prefix(first)?;
        let (Some((last, between)), Some((last_blank, blanks))) = (others.split_last(), self.blanks.split_last())
        else {
            return rest.is_empty().then(Vec::new);
        };
        let mut rest = rest.strip_suffix(last)?;
        let mut values = Vec::with_capacity(self.blanks.len());
        for (blank, piece) in blanks.iter().zip(between) {
            let (value, behind) = rest.split_once(piece)?;
            values.push((*blank, value));
            rest = behind;
        }
        values.push((*last_blank, rest));
        Some(values)
    }
}

impl Texts {
    /// A sentence of the core or of another door, for the reader.
    pub fn translated(&self, sentence: &str) -> String {
        let translation = if self.language == 0 { None } else { self.translation(sentence) };
        translation.unwrap_or_else(|| sentence.to_owned())
    }

    fn translation(&self, sentence: &str) -> Option<String> {
        SENTENCES.iter().find_map(|one| {
            let values = one.values(sentence)?.into_iter();
            let values: Vec<(&str, String)> =
                values.map(|(blank, value)| Some((blank, self.in_blank(blank, value)?))).collect::<Option<_>>()?;
            let values: Vec<(&str, &str)> = values.iter().map(|(blank, value)| (*blank, value.as_str())).collect();
            Some(self.with(one.key, &values))
        })
    }

    /// What is no name that somebody has given is said in the reader's language as well, and has to be known there.
    fn in_blank(&self, blank: &str, value: &str) -> Option<String> {
        match blank {
            "what" => self.translation(value),
            "kind" => self.find(&format!("kind.{value}")).map(str::to_owned),
            "field" => Some(field_name(*self, value)),
            _ => Some(value.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: PathBuf, into: &mut String) {
        for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                sources(path, into);
            } else if path.extension().is_some_and(|of| of == "rs") {
                into.push_str(&std::fs::read_to_string(&path).expect("a text"));
            }
        }
    }

    fn written(crates: &[&str]) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder of crates");
        let mut text = String::new();
        crates.iter().for_each(|name| sources(root.join(name).join("src"), &mut text));
        text.replace("\\\"", "\"")
    }

    #[test]
    fn sentences_are_said_with_what_stood_in_their_blanks() {
        let [english, german] = ["en", "de"].map(|code| Texts::by_code(code).expect("a language"));
        for (sentence, translated) in [
            ("soon is no time", "soon ist keine Zeit"),
            ("{x} is no time", "{x} ist keine Zeit"),
            ("is no time is no time", "is no time ist keine Zeit"),
            ("a word", "ein Wort"),
            ("a word is no time", "a word ist keine Zeit"),
            ("must be a whole number", "muss eine ganze Zahl sein"),
            ("must be something else", "must be something else"),
            ("must be one of [a, b]", "muss eines von [a, b] sein"),
            ("user \"a\" already exists", "Person: \"a\" gibt es schon"),
            ("what nobody says", "what nobody says"),
            ("", ""),
        ] {
            assert_eq!(
                (german.translated(sentence), english.translated(sentence)),
                (translated.to_owned(), sentence.to_owned())
            );
        }
    }

    /// A sentence that was put otherwise would stay English.
    #[test]
    fn sentences_are_those_of_the_others() {
        let text = written(&[
            "app",
            "authz",
            "bobsled",
            "catalog",
            "documents",
            "ingest",
            "model",
            "products",
            "search",
            "semantic",
            "sources",
        ]);
        let mut unsaid = BTreeSet::new();
        for one in SENTENCES.iter() {
            let words = one.pieces.iter().filter(|piece| piece.contains(char::is_alphabetic));
            unsaid.extend(words.filter(|piece| !text.contains(**piece)).map(|piece| (one.key, *piece)));
            assert!(
                !one.pieces.iter().skip(1).rev().skip(1).any(|piece| piece.is_empty()),
                "{}: no end of a blank",
                one.key
            );
        }
        assert_eq!(unsaid, BTreeSet::new());
    }

    #[test]
    fn every_fault_of_a_query_has_a_sentence() {
        let text = written(&["search"]);
        let mut faults = 0;
        for after in text.split("Fault::new(").skip(1) {
            let literal: &'static str = after.split('"').nth(1).expect("a message").to_owned().leak();
            let wanted = Sentence::of("", literal).pieces;
            assert!(SENTENCES.iter().any(|one| one.pieces == wanted), "{literal}");
            faults += 1;
        }
        assert!(faults > 20);
    }
}
