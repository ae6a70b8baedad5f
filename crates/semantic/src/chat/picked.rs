//! The option that an answer in words picks, of those that a question back has offered.

use super::ground::{Ground, Names};
use super::names::phrases;
use super::words::{Kind, Token, lemmas, tokens};

/// What an answer in words says of the options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// The id of the only one that has all its words.
    One(String),
    /// More than one has them.
    Several,
    /// The words are not those of an option.
    None,
}

/// They say that an option is named, and not which.
const AROUND: [&str; 36] = [
    "i", "mean", "meant", "want", "wanted", "need", "would", "like", "take", "use", "pick", "choose", "it", "is",
    "was", "should", "be", "the", "a", "an", "by", "of", "for", "in", "on", "with", "as", "please", "that", "this",
    "to", "option", "one", "my", "our", "go",
];
const YES: [&str; 8] = ["yes", "yeah", "yep", "ok", "okay", "right", "correct", "exactly"];
const ORDINALS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// Matches an answer with options (id, label), by the words of the label and of all names of what the id names.
pub fn picked(ground: &Ground, options: &[(String, String)], said: &str) -> Picked {
    let said = said.trim();
    if let Some((id, _)) = options.iter().find(|(id, label)| id == said || label.eq_ignore_ascii_case(said)) {
        return Picked::One(id.clone());
    }
    let Some(tokens) = tokens(said) else { return Picked::None };
    let is_word = |token: &&Token| !matches!(token.kind, Kind::Sign) && !AROUND.contains(&token.text.as_str());
    let words: Vec<String> = tokens.iter().filter(is_word).map(|token| token.lemma.clone()).collect();
    if let [word] = words.as_slice()
        && let Some(at) = ORDINALS.iter().position(|ordinal| ordinal == word)
        && let Some((id, _)) = options.get(at)
    {
        return Picked::One(id.clone());
    }
    // "Do you mean this?" – "yes"
    if let [(id, _)] = options
        && words.iter().all(|word| YES.contains(&word.as_str()))
    {
        return Picked::One(id.clone());
    }
    if words.is_empty() {
        return Picked::None;
    }
    let named: Vec<(&String, Vec<Vec<String>>)> =
        options.iter().map(|(id, label)| (id, spoken(ground, id, label))).collect();
    let is_exact = |names: &Vec<Vec<String>>| names.contains(&words);
    let has_all = |names: &Vec<Vec<String>>| words.iter().all(|word| names.iter().flatten().any(|other| other == word));
    for fits in [&is_exact as &dyn Fn(&Vec<Vec<String>>) -> bool, &has_all] {
        let fitting: Vec<&String> = named.iter().filter(|(_, names)| fits(names)).map(|(id, _)| *id).collect();
        match fitting.as_slice() {
            [] => {}
            [one] => return Picked::One((*one).clone()),
            _ => return Picked::Several,
        }
    }
    Picked::None
}

/// All that an option is called, without the words that say nothing.
fn spoken(ground: &Ground, id: &str, label: &str) -> Vec<Vec<String>> {
    let mut names = vec![lemmas(label)];
    let all = |names: &Names| phrases(names);
    let field =
        |path: &str| ground.fields.iter().enumerate().find(|(at, _)| ground.path(super::ground::FieldId(*at)) == path);
    let (kind, path) = id.rsplit_once('|').map_or(id, |(_, part)| part).split_once(':').unwrap_or_default();
    match kind {
        "metric" => {
            names.extend(ground.metrics.iter().filter(|one| one.names.name == path).flat_map(|one| all(&one.names)))
        }
        "dataset" => {
            names.extend(ground.datasets.iter().filter(|one| one.names.name == path).flat_map(|one| all(&one.names)))
        }
        "join" | "via" => {
            let is_said = |name: &str| path.split('+').any(|part| part == name);
            names.extend(ground.joins.iter().filter(|one| is_said(&one.names.name)).flat_map(|one| all(&one.names)));
        }
        "field" | "time" | "value" => {
            let (path, value) = path.split_once('=').unwrap_or((path, ""));
            names.push(lemmas(value));
            if let Some((_, field)) = field(path) {
                let owner = all(&ground.dataset(field.dataset).names);
                let own = all(&field.names);
                names
                    .extend(own.iter().flat_map(|own| owner.iter().map(|owner| [owner.clone(), own.clone()].concat())));
                names.extend(own);
                names.extend(owner);
            }
        }
        _ => {}
    }
    for name in &mut names {
        name.retain(|word| !AROUND.contains(&word.as_str()));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::read::tests::grounds;

    #[test]
    fn answers_in_words_pick_one_option_or_none() {
        let ground = grounds::retail();
        let option = |id: &str, label: &str| (id.to_owned(), label.to_owned());
        let options = [
            option("georgia|value:customers.state=Georgia", "state of customers = Georgia"),
            option("georgia|value:customers.country=Georgia", "country of customers = Georgia"),
            option("top by|metric:net_sales", "net_sales"),
            option("date|field:orders.ship_date", "ship_date of orders"),
            option("via:o2c", "the buyer"),
            option("scope|new", "A new question"),
        ];
        let rows = [
            ("the country", Some(1)),
            ("I mean the country, please", Some(1)),
            ("Countries", Some(1)),
            ("customer state", Some(0)),
            ("net sales", Some(2)),
            ("turnover", Some(2)),
            ("by ship date", Some(3)),
            ("bought", Some(4)),
            ("a new one", Some(5)),
            ("the third one", Some(2)),
            ("georgia|value:customers.state=Georgia", Some(0)),
            ("not the country", None),
            ("net sales by country", None),
            ("the country and the state", None),
            ("blorp", None),
            ("the sixth", None),
            ("", None),
        ];
        for (said, wanted) in rows {
            let wanted = wanted.map_or(Picked::None, |at: usize| Picked::One(options[at].0.clone()));
            assert_eq!(picked(&ground, &options, said), wanted, "{said}");
        }
        assert_eq!(picked(&ground, &options, "Georgia"), Picked::Several);
        assert_eq!(picked(&ground, &options, "customers"), Picked::Several);
    }
}
