//! Forms of English words that are the same word.

const IRREGULAR: [(&str, &str); 12] = [
    ("people", "person"),
    ("persons", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("mice", "mouse"),
    ("feet", "foot"),
    ("criteria", "criterion"),
    ("indices", "index"),
    ("matrices", "matrix"),
    ("avg", "average"),
    ("qty", "quantity"),
];
/// They end like plurals and are none.
const SINGULAR: [&str; 22] = [
    "news", "always", "this", "has", "was", "does", "is", "as", "us", "its", "plus", "gas", "yes", "series", "species",
    "versus", "vs", "lens", "canvas", "atlas", "alias", "bias",
];

/// The singular of a folded word, as far as its ending tells. A key for comparing, not always a word.
pub(in super::super) fn lemma(word: &str) -> String {
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    if SINGULAR.contains(&word) || !word.is_ascii() && !word.ends_with('s') {
        return word.to_owned();
    }
    let one = match word {
        short if short.len() < 4 => return word.to_owned(),
        _ if word.ends_with("ies") && word.len() > 4 => return format!("{}y", &word[..word.len() - 3]),
        _ if word.ends_with("sses") => &word[..word.len() - 2],
        _ if word.ends_with("uses") && !word.ends_with("auses") && !word.ends_with("ouses") && word.len() > 5 => {
            &word[..word.len() - 2]
        }
        _ if word.ends_with("yses") => return format!("{}is", &word[..word.len() - 2]),
        _ if ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending)) => word,
        _ => word.strip_suffix('s').unwrap_or(word),
    };
    // `boxe` and `branche` are what is left of `boxes` and `branches`; `cache` gives the same key as `caches`.
    let one = if ["xe", "che", "she"].iter().any(|ending| one.ends_with(ending)) { &one[..one.len() - 1] } else { one };
    one.to_owned()
}

/// What verbs and their nouns share: `shipped`, `shipping` and `ship` are `ship`; `enrolled` and `enrollment` `enrol`.
pub(in super::super) fn stem(word: &str) -> String {
    let bare = ["ments", "ment", "ing", "ed", "es", "s", "e"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() > 2))
        .unwrap_or(word);
    let bare = bare.strip_suffix('e').filter(|stem| stem.len() > 2).unwrap_or(bare);
    let mut letters = bare.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if last == before && !"aeiou".contains(last) && bare.len() > 3 => {
            bare[..bare.len() - last.len_utf8()].to_owned()
        }
        _ => bare.to_owned(),
    }
}
