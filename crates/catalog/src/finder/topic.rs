//! What a question about the catalogue itself is about: who owns something, where it comes from, where it is.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words of questions in each language of the pages: a line in brackets names what those below it do.
const LANGUAGES: &[&str] = &[include_str!("topic/en.txt"), include_str!("topic/de.txt")];

/// What words do in a question, in all languages at once.
static WORDS: LazyLock<Words> = LazyLock::new(|| Words {
    asking: listed("asking"),
    filler: listed("filler"),
    people: listed("people"),
    owning: listed("owning"),
    place: listed("place"),
    coming: listed("coming"),
    origin: listed("origin"),
    how: listed("how"),
    age: listed("age"),
    may: listed("may"),
    own: listed("self"),
    reading: listed("reading"),
});

struct Words {
    /// They ask, or name what a catalogue knows of everything.
    asking: HashSet<&'static str>,
    /// They say nothing, beside words that ask.
    filler: HashSet<&'static str>,
    people: HashSet<&'static str>,
    owning: HashSet<&'static str>,
    place: HashSet<&'static str>,
    coming: HashSet<&'static str>,
    /// Each asks by itself where something comes from.
    origin: HashSet<&'static str>,
    how: HashSet<&'static str>,
    age: HashSet<&'static str>,
    may: HashSet<&'static str>,
    own: HashSet<&'static str>,
    reading: HashSet<&'static str>,
}

fn listed(wanted: &str) -> HashSet<&'static str> {
    let mut is_wanted = false;
    let mut words = HashSet::new();
    for line in LANGUAGES.iter().flat_map(|language| language.lines()).filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => is_wanted = name == wanted,
            None if is_wanted => words.extend(line.split_whitespace()),
            None => {}
        }
    }
    words
}

/// Words that it is searched by.
const MOST: usize = 8;

/// Whether a question is where something comes from.
pub fn asks_for_origin(question: &str) -> bool {
    let question = question.to_lowercase();
    let words = question.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let has = |wanted: &HashSet<&str>| words.iter().any(|word| wanted.contains(word));
    (has(&WORDS.place) && has(&WORDS.coming)) || has(&WORDS.origin) || words.ends_with(&["made", "of"])
}

/// Whether a question is who owns something, or answers for it.
pub fn asks_for_owner(question: &str) -> bool {
    let question = question.to_lowercase();
    let mut words = question.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.next().is_some_and(|first| WORDS.people.contains(first)) && words.any(|word| WORDS.owning.contains(word))
}

/// The words of a question in small letters, without its signs.
fn words_of(question: &str) -> Vec<String> {
    let question = question.to_lowercase();
    let words = question.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Whether a question is how old the data of something are.
pub fn asks_for_age(question: &str) -> bool {
    matches!(words_of(question).as_slice(), [how, age, _, ..] if WORDS.how.contains(&**how) && WORDS.age.contains(&**age))
}

/// Whether a question is whether its asker may read something.
pub fn asks_for_access(question: &str) -> bool {
    let words = words_of(question);
    let begins = matches!(words.as_slice(), [may, own, ..] if WORDS.may.contains(&**may) && WORDS.own.contains(&**own));
    begins && words[2..].iter().any(|word| WORDS.reading.contains(&**word))
}

/// The words that only ask in a question of these: elsewhere they say something.
pub fn said_beside(question: &str) -> HashSet<&'static str> {
    let (age, access) = (asks_for_age(question), asks_for_access(question));
    let of_age = WORDS.age.iter().filter(|_| age);
    of_age.chain(WORDS.may.iter().chain(&WORDS.own).chain(&WORDS.reading).filter(|_| access)).copied().collect()
}

/// Whether a word only asks, or stands beside words that do.
pub fn is_said_beside(word: &str) -> bool {
    WORDS.asking.contains(word) || WORDS.filler.contains(word)
}

/// Whether a word says nothing wherever it stands in a sentence.
pub fn is_filler(word: &str) -> bool {
    WORDS.filler.contains(word)
}

/// The words that it is about, in their order and once each; none, where nothing of it asks.
pub fn of(question: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let beside = said_beside(question);
    let mut is_asked = !beside.is_empty();
    let question = question.to_lowercase();
    // Names of what stands in something have dots within, and some words dashes.
    let words_of_it = question.split(|c: char| !c.is_alphanumeric() && !['_', '.', '-'].contains(&c));
    for word in words_of_it.map(|word| word.trim_matches(['.', '-'])) {
        is_asked |= WORDS.asking.contains(word);
        let is_about = !is_said_beside(word) && !beside.contains(word) && word.contains(char::is_alphanumeric);
        if is_about && words.len() < MOST && words.iter().all(|known| known != word) {
            words.push(word.to_owned());
        }
    }
    if is_asked { words } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_words() {
        let Words { asking, filler, people, owning, place, coming, origin, how, age, may, own, reading } = &*WORDS;
        for list in [asking, filler, people, owning, place, coming, origin, how, age, may, own, reading] {
            assert!(!list.is_empty());
        }
    }

    #[test]
    fn where_something_comes_from_is_a_question() {
        for question in ["Where does net_sales come from?", "woher kommen die Umsätze", "lineage of orders"] {
            assert!(asks_for_origin(question), "{question}");
        }
        for question in ["who owns orders", "where is orders", "coming orders", ""] {
            assert!(!asks_for_origin(question), "{question}");
        }
    }

    #[test]
    fn who_owns_something_is_a_question() {
        for question in ["who owns orders", "Who is responsible for returns?", "wem gehören die Umsätze"] {
            assert!(asks_for_owner(question), "{question}");
        }
        for question in ["who bought most", "orders by owner", "where is the owner", ""] {
            assert!(!asks_for_owner(question), "{question}");
        }
    }

    #[test]
    fn how_old_something_is_and_who_may_read_it_are_questions() {
        for question in ["how fresh is orders?", "How old are the payments", "wie aktuell ist orders"] {
            assert!(asks_for_age(question) && !asks_for_access(question), "{question}");
        }
        for question in ["can I query payments?", "may we read the orders", "darf ich orders abfragen"] {
            assert!(asks_for_access(question) && !asks_for_age(question), "{question}");
        }
        for question in ["how many orders", "fresh orders", "can of paint", "how fresh", "query payments", "can i", ""]
        {
            assert!(!asks_for_age(question) && !asks_for_access(question), "{question}");
        }
        assert_eq!(of("how fresh is orders"), ["orders"]);
        assert_eq!(of("can I query payments?"), ["payments"]);
        assert_eq!(of("find fresh orders"), ["fresh", "orders"]);
    }

    #[test]
    fn what_asks_is_left_out() {
        assert_eq!(of("Who owns the revenue numbers?"), ["revenue", "numbers"]);
        assert_eq!(of("Where does net_sales come from?"), ["net_sales"]);
        assert_eq!(of("Where does daily_sales.net_sales come from..."), ["daily_sales.net_sales"]);
        assert_eq!(of("who should I ask about returns, and returns of Q3"), ["returns", "q3"]);
        assert_eq!(of("Wem gehören die Umsätze der Region ___?"), ["umsätze", "region"]);
        assert_eq!(of("which table has e-mail addresses - or a phone"), ["e-mail", "addresses", "phone"]);
        assert!(of("Who owns this?").is_empty());
        assert!(of("customers and unicorns").is_empty(), "nothing of it asks");
    }
}
