//! Verbs, and the nouns that are made of them: "admitted" and "admission", "settled" and "settlement".

use super::{Phrases, stem};

/// The stems of what one does: "admission" of "admitted", "birth" of "born".
pub(in super::super) fn verbs_of(noun: &str) -> Vec<String> {
    static OWN: Phrases = Phrases::named("words.deeds.OWN");
    const ENDINGS: [(&str, &[&str]); 11] = [
        ("uction", &["uc", "uct"]),
        ("ission", &["itt"]),
        ("ption", &["b", "pt"]),
        ("ration", &["rat", "r", "er"]),
        ("ation", &["", "at"]),
        ("ition", &["", "it"]),
        ("ion", &[""]),
        ("al", &[""]),
        ("ery", &["er"]),
        ("ure", &[""]),
        ("ance", &[""]),
    ];
    let ending = ENDINGS.iter().find_map(|(ending, verbs)| Some((noun.strip_suffix(ending)?, verbs)));
    let made = ending.into_iter().flat_map(|(root, verbs)| verbs.iter().map(move |verb| format!("{root}{verb}ed")));
    let own = OWN.iter().filter_map(|both| both.split_once(" / ")).filter(|(of, _)| *of == noun);
    let own = own.map(|(_, verb)| verb.to_owned());
    let mut stems: Vec<String> = made.chain(own).map(|verb| stem(&verb)).filter(|verb| verb.len() > 2).collect();
    stems.dedup();
    stems
}

pub(in super::super) fn without_time(words: &[String]) -> &[String] {
    const TIMES: [&str; 9] = ["date", "at", "on", "time", "day", "timestamp", "datetime", "ts", "dt"];
    match words {
        [rest @ .., last] if TIMES.contains(&last.as_str()) => rest,
        rest => rest,
    }
}

/// The verb of `settled_at`.
pub(in super::super) fn participle(words: &[String]) -> Option<String> {
    match without_time(words) {
        [verb] if words.len() == 2 && verb.ends_with("ed") => Some(verb.clone()),
        _ => None,
    }
}

/// What a verb makes: "settled" a settlement, "refunded" a refund, "created" a creation, "expired" an expiration. Some
/// of these are no words, and nobody says them.
pub(in super::super) fn nouns(verb: &str) -> Vec<String> {
    let root = verb.strip_suffix("ed").unwrap_or(verb);
    let mut nouns: Vec<String> =
        ["", "e", "ing", "ment", "ement", "ion", "ation", "y", "al"].map(|end| format!("{root}{end}")).into();
    nouns.push(stem(verb));
    nouns.dedup();
    nouns
}
