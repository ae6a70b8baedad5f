//! Lemmas: forms of English words that are the same word.

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

/// They end in `ie` themselves: `movies` are no `movy`.
const IN_IE: [&str; 36] = [
    "auntie",
    "beanie",
    "birdie",
    "bookie",
    "brasserie",
    "brownie",
    "budgie",
    "caddie",
    "calorie",
    "collie",
    "cookie",
    "coterie",
    "foodie",
    "genie",
    "goalie",
    "groupie",
    "hoodie",
    "kiddie",
    "laddie",
    "lassie",
    "magpie",
    "movie",
    "newbie",
    "patisserie",
    "pixie",
    "prairie",
    "rookie",
    "selfie",
    "smoothie",
    "sortie",
    "talkie",
    "tie",
    "pie",
    "veggie",
    "walkie",
    "zombie",
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
        _ if word.strip_suffix('s').is_some_and(|one| IN_IE.contains(&one)) => &word[..word.len() - 1],
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

/// Past forms that no ending tells, and their verbs.
const PAST: [(&str, &str); 58] = [
    ("born", "bear"),
    ("paid", "pay"),
    ("sold", "sell"),
    ("told", "tell"),
    ("held", "hold"),
    ("bought", "buy"),
    ("brought", "bring"),
    ("caught", "catch"),
    ("taught", "teach"),
    ("made", "make"),
    ("took", "take"),
    ("taken", "take"),
    ("gave", "give"),
    ("given", "give"),
    ("wrote", "write"),
    ("written", "write"),
    ("drove", "drive"),
    ("driven", "drive"),
    ("flew", "fly"),
    ("flown", "fly"),
    ("grew", "grow"),
    ("grown", "grow"),
    ("drew", "draw"),
    ("drawn", "draw"),
    ("broke", "break"),
    ("broken", "break"),
    ("chose", "choose"),
    ("chosen", "choose"),
    ("left", "leave"),
    ("lost", "lose"),
    ("met", "meet"),
    ("kept", "keep"),
    ("sent", "send"),
    ("spent", "spend"),
    ("lent", "lend"),
    ("let", "let"),
    ("built", "build"),
    ("won", "win"),
    ("began", "begin"),
    ("begun", "begin"),
    ("ran", "run"),
    ("led", "lead"),
    ("read", "read"),
    ("ate", "eat"),
    ("stole", "steal"),
    ("stolen", "steal"),
    ("withdrew", "withdraw"),
    ("withdrawn", "withdraw"),
    ("spoke", "speak"),
    ("spoken", "speak"),
    ("sang", "sing"),
    ("sung", "sing"),
    ("wore", "wear"),
    ("worn", "wear"),
    ("threw", "throw"),
    ("thrown", "throw"),
    ("fought", "fight"),
    ("beaten", "beat"),
];

/// It says that something was done, without an ending that would tell.
pub(in super::super) fn is_past(word: &str) -> bool {
    PAST.iter().any(|(past, _)| *past == word)
}

/// What a verb may be as a participle: `paid` of `pay`, `billed` of `bill`.
pub(in super::super) fn pasts(verb: &str) -> Vec<String> {
    let listed = PAST.iter().filter(|(_, of)| *of == verb).map(|(past, _)| (*past).to_owned());
    listed.chain([format!("{verb}ed"), format!("{verb}d")]).collect()
}

/// What verbs and their nouns share: `shipped`, `shipping` and `ship` are `ship`; `enrolled` and `enrollment` `enrol`;
/// `sold` is `sel` as `sell` is.
pub(in super::super) fn stem(word: &str) -> String {
    let word = PAST.iter().find(|(past, _)| *past == word).map_or(word, |(_, verb)| verb);
    let bare = ["ments", "ment", "ing", "ed", "es", "s", "e"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() > 2))
        .unwrap_or(word);
    let bare = bare.strip_suffix('e').filter(|stem| stem.len() > 2).unwrap_or(bare);
    let mut letters = bare.chars().rev();
    match (letters.next(), letters.next()) {
        // "supply", "supplied"
        (Some('y'), Some(before)) if !"aeiou".contains(before) => format!("{}i", &bare[..bare.len() - 1]),
        (Some(last), Some(before)) if last == before && !"aeiou".contains(last) && bare.len() > 3 => {
            bare[..bare.len() - last.len_utf8()].to_owned()
        }
        _ => bare.to_owned(),
    }
}
