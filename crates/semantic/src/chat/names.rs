//! Names of parts of a model: their own, what these stand for spelled out, and what a short description says.

use super::ground::Names;
use super::units;
use super::words::{Phrases, fold, lemma, lemmas, long_forms};

/// So many ways to spell out one name.
const MOST: usize = 8;
/// Words of a description that is a name.
const LONGEST: usize = 4;

/// All that a part is called. A namespace before a dot may be left out, or as much of its beginning as one likes.
pub(super) fn phrases(names: &Names) -> Vec<Vec<String>> {
    let all =
        std::iter::once(bare(names)).chain(names.label.as_deref()).chain(names.synonyms.iter().map(String::as_str));
    within(names, all.map(lemmas).collect())
}

/// What it may be called besides, where nothing else is: `dept_cd` is a department code; "Position of the physician".
pub(super) fn further(names: &Names) -> Vec<Vec<String>> {
    let known = phrases(names);
    let spelled = spelled_out(&lemmas(bare(names)));
    let all: Vec<Vec<String>> = known.iter().chain(&spelled).cloned().collect();
    let mut phrases = within(names, [spelled, described(names), shortened(&all), synonymous(&known)].concat());
    phrases.retain(|words| !known.contains(words));
    phrases
}

/// "film" of what is called a movie: words of everyday language that mean the same.
fn synonymous(names: &[Vec<String>]) -> Vec<Vec<String>> {
    static SYNONYMS: Phrases = Phrases::named("names.SYNONYMS");
    let groups = SYNONYMS.iter().map(|words| words.split(" / ").map(lemmas).collect::<Vec<_>>());
    groups.filter(|group| group.iter().any(|words| names.contains(words))).flatten().collect()
}

/// Its name without a namespace.
pub(super) fn bare(names: &Names) -> &str {
    names.name.rsplit_once('.').map_or(names.name.as_str(), |(_, bare)| bare)
}

fn within(names: &Names, bare: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let space = names.name.rsplit_once('.').map_or("", |(space, _)| space);
    let bare: Vec<Vec<String>> = bare.into_iter().filter(|words| !words.is_empty()).collect();
    let aliases: Vec<&str> = space.split('.').filter(|alias| !alias.is_empty()).collect();
    let spaces = (0..aliases.len()).map(|from| lemmas(&aliases[from..].join(" ")));
    let within = spaces.flat_map(|space| bare.iter().map(move |words| [space.as_slice(), words].concat()));
    let mut phrases: Vec<Vec<String>> = within.chain(bare.iter().cloned()).collect();
    phrases.sort();
    phrases.dedup();
    phrases
}

/// They are names of persons, as these or a description say.
pub(super) fn is_person(names: &Names) -> bool {
    static PERSONS: Phrases = Phrases::named("names.PERSONS");
    // A description begins with what its rows are: "The employees who raise tickets".
    const BEGINNING: usize = 4;
    const OF_OTHERS: [&str; 6] = ["by", "of", "for", "from", "to", "with"];
    let said = names.description.as_deref().map(lemmas).unwrap_or_default();
    // "Repairs reported by tenants" are no tenants.
    let itself = said.iter().take(BEGINNING).take_while(|word| !OF_OTHERS.contains(&word.as_str()));
    let is_said = itself.into_iter().any(|word| PERSONS.contains(&word.as_str()));
    is_said || phrases(names).iter().any(|words| matches!(words.as_slice(), [one] if PERSONS.contains(&one.as_str())))
}

/// Abbreviations in their long forms.
fn spelled_out(words: &[String]) -> Vec<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    for word in words {
        let forms = long_forms(word);
        let forms = if forms.is_empty() { vec![word.as_str()] } else { forms };
        let longer = |begin: &Vec<String>| -> Vec<Vec<String>> {
            let spoken = |form: &&str| form.split(' ').map(str::to_owned).collect::<Vec<String>>();
            forms.iter().map(|form| [begin.as_slice(), &spoken(form)].concat()).collect()
        };
        all = all.iter().flat_map(longer).take(MOST).collect();
    }
    all
}

/// `duration_minutes` is a duration, `status_code` a status.
fn shortened(names: &[Vec<String>]) -> Vec<Vec<String>> {
    let is_unit =
        |word: &str| word.len() > 1 && units::unit(word).or_else(|| units::unit(&format!("{word}s"))).is_some();
    let shorter = |words: &Vec<String>| match words.as_slice() {
        [rest @ .., last] if !rest.is_empty() && (is_unit(last) || last == "code") => Some(rest.to_vec()),
        _ => None,
    };
    let says_little = |rest: &Vec<String>| matches!(rest.as_slice(), [one] if is_general(one) || is_amount(one));
    names.iter().filter_map(shorter).filter(|rest| !says_little(rest)).collect()
}

/// `price_per_kwh` is a price. The cost of each is not what all cost.
pub(super) fn of_each(names: &Names) -> Vec<Vec<String>> {
    static PRICES: Phrases = Phrases::named("names.PRICES");
    let before = |words: Vec<String>| {
        let at = words.iter().position(|word| word == "per").filter(|at| *at > 0)?;
        Some(words[..at].to_vec()).filter(|rest| PRICES.contains(&rest[at - 1].as_str()))
    };
    phrases(names).into_iter().filter_map(before).collect()
}

/// A description that is no sentence: "Inpatient stays", "Position of the physician", "Length of stay in days; empty
/// while …".
fn described(names: &Names) -> Vec<Vec<String>> {
    let Some(description) = &names.description else { return Vec::new() };
    let first = description.split([';', '.', ':', '(', '=', '–', '—']).next().unwrap_or_default();
    // What follows a comma says more of it, or names another.
    let first = match first.split_once(", ") {
        Some((first, rest)) if MORE.iter().any(|word| rest.starts_with(word)) => first,
        _ => first,
    };
    let mut words: Vec<String> = fold(first).split_whitespace().map(str::to_owned).collect();
    words.retain(|word| !["the", "a", "an", "all", "each", "every"].contains(&word.as_str()));
    if let [head @ .., "in", unit] = words.iter().map(String::as_str).collect::<Vec<_>>().as_slice()
        && unit.ends_with('s')
    {
        words.truncate(head.len());
    }
    let is_noun =
        |word: &String| word.chars().all(|c| c.is_alphabetic() || c == '-') && (word == "of" || !is_function(word));
    let ends_well = words.last().is_some_and(|last| last != "of") && words.first().is_some_and(|first| first != "of");
    if words.len() > LONGEST || !words.iter().all(is_noun) || !ends_well || words.len() == 1 && is_general(&words[0]) {
        return Vec::new();
    }
    let name = |words: &[String]| words.iter().flat_map(|word| lemmas(word)).collect::<Vec<String>>();
    let head = words
        .iter()
        .position(|word| word == "of")
        .filter(|at| *at == 1 && !is_general(&words[0]) && !is_amount(&words[0]));
    head.map(|at| name(&words[..at])).into_iter().chain([name(&words)]).collect()
}

/// Says how much or which, not what.
fn is_amount(word: &str) -> bool {
    static AMOUNTS: Phrases = Phrases::named("names.AMOUNTS");
    AMOUNTS.contains(&lemma(word).as_str())
}

/// How a clause begins that only adds something.
const MORE: [&str; 9] = ["whatever", "which", "empty", "null", "with", "without", "including", "excluding", "not"];

fn is_function(word: &str) -> bool {
    const FUNCTION: [&str; 36] = [
        "is", "are", "was", "were", "be", "been", "has", "have", "had", "that", "which", "who", "whose", "when",
        "where", "if", "whether", "with", "without", "by", "for", "from", "to", "in", "on", "at", "per", "and", "or",
        "not", "no", "this", "these", "one", "see", "used",
    ];
    FUNCTION.contains(&word)
}

/// Said of anything.
fn is_general(word: &str) -> bool {
    static GENERAL: Phrases = Phrases::named("names.GENERAL");
    GENERAL.contains(&lemma(word).as_str())
}
