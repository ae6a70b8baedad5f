//! Superlatives that say of what they are: "cheapest" of a price, "slowest" of a time.

use super::super::field_roles;
use super::super::items::{Item, Noun, Rank};
use super::super::reader::Reader;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId, Ground, Names};
use crate::chat::names::phrases;
use crate::chat::query::{By, Measure, Query};
use crate::chat::units;
use crate::chat::words::Token;

struct Adjective {
    words: &'static str,
    is_descending: bool,
    /// Words that the names of such figures have, the likeliest first.
    of: &'static [&'static str],
}

const MONEY: &[&str] = &["price", "fare", "tariff", "rent", "fee", "cost", "charge"];
/// Fees and costs are prices of a thing where nothing else is named that they are for.
const PARTIAL: &[&str] = &["fee", "cost", "charge"];
const PERIODIC: &[&str] =
    &["monthly", "annual", "yearly", "weekly", "daily", "hourly", "unit", "base", "standard", "list"];
const TIME: &[&str] = &["time", "duration", "delay", "wait", "latency", "hour", "minute", "second"];
const ADJECTIVES: [Adjective; 13] = [
    Adjective { words: "most expensive", is_descending: true, of: MONEY },
    Adjective { words: "dearest", is_descending: true, of: MONEY },
    Adjective { words: "priciest", is_descending: true, of: MONEY },
    Adjective { words: "costliest", is_descending: true, of: MONEY },
    Adjective { words: "least expensive", is_descending: false, of: MONEY },
    Adjective { words: "cheapest", is_descending: false, of: MONEY },
    Adjective { words: "slowest", is_descending: true, of: TIME },
    Adjective { words: "fastest", is_descending: false, of: TIME },
    Adjective { words: "quickest", is_descending: false, of: TIME },
    Adjective { words: "heaviest", is_descending: true, of: &["weight", "mass"] },
    Adjective { words: "lightest", is_descending: false, of: &["weight", "mass"] },
    Adjective { words: "tallest", is_descending: true, of: &["height"] },
    Adjective { words: "youngest", is_descending: false, of: &["age"] },
];

impl Reader<'_> {
    /// "the 3 cheapest products", "which product is the most expensive".
    pub fn adjectives(&self, at: usize, before: Option<u64>, steps: &mut Vec<(usize, Item)>) {
        for adjective in &ADJECTIVES {
            let Some(end) = self.is(at, adjective.words) else { continue };
            let is_descending = adjective.is_descending;
            let n = before.or_else(|| self.count(end));
            let behind = if before.is_none() && n.is_some() { end + 1 } else { end };
            for (end, what) in self.phrases(behind) {
                let Noun::Entity(id) = what.noun else { continue };
                if let (Some(own), true) = (self.only_such(id, adjective.of), what.is_plain()) {
                    let what = Some(what);
                    let rank = Rank::Top { n, is_descending, is_size: false, what, by: None, own: Some(own) };
                    steps.push((end, Item::Rank(rank)));
                }
            }
            let things = self.thing_before(at);
            if let Some(field) = things.and_then(|id| self.only_such(id, adjective.of)).filter(|_| n.is_none()) {
                steps.push((end, Item::Rank(Rank::BestField { field, is_descending, is_many: false })));
            }
        }
    }

    /// The one figure of a dataset that is called so, by the likeliest word that any is called by.
    fn only_such(&self, dataset: DatasetId, of: &[&str]) -> Option<FieldId> {
        let figures = || self.ground.fields_of(dataset).filter(|id| self.is_figure(*id));
        let things = phrases(&self.ground.dataset(dataset).names).concat();
        let such = |word: &&str| -> Vec<FieldId> {
            figures().filter(|id| has_word(&self.ground.field(*id).names, &[word], &things)).collect()
        };
        match of.iter().map(such).find(|fields| !fields.is_empty())?.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// "slowest first", the other way round "slowest last".
    pub fn adjective_order(&self, at: usize) -> Option<(usize, bool)> {
        let of = |adjective: &Adjective| Some((self.is(at, adjective.words)?, adjective.is_descending));
        ADJECTIVES.iter().find_map(of)
    }
}

/// Why a question's adjective is not what the answer would be sorted by.
pub(in crate::chat::read) fn misfit(ground: &Ground, tokens: &[Token], query: &Query) -> Option<String> {
    let said =
        |adjective: &&Adjective| (0..tokens.len()).any(|at| dates::phrase(tokens, at, adjective.words).is_some());
    let adjective = ADJECTIVES.iter().find(said)?;
    let field = |id: FieldId| (&ground.field(id).names, ground.field(id).unit.as_deref());
    let datasets = query.dimensions.iter().map(|one| ground.field(one.field).dataset).chain(query.listed);
    let things = datasets.flat_map(|id| phrases(&ground.dataset(id).names).concat()).collect::<Vec<String>>();
    let sorted = match query.order.first()?.by {
        By::Dimension(at) => query.dimensions.get(at).map(|dimension| field(dimension.field)),
        By::Measure(at) | By::Change(at) => match query.measures.get(at)? {
            Measure::Metric(id) => Some((&ground.metric(*id).names, ground.metric(*id).unit.as_deref())),
            Measure::Of { field: id, .. } => Some(field(*id)),
            _ => None,
        },
    };
    // "youngest", by the year of birth.
    let is_by_year = matches!(query.order.first()?.by, By::Dimension(at) if query.dimensions.get(at)
        .is_some_and(|one| field_roles::is_year(ground, one.field)));
    if is_by_year && adjective.words == "youngest" {
        return None;
    }
    let is_such = sorted.is_some_and(|(names, unit)| {
        let is_time = adjective.of == TIME && unit.and_then(units::seconds).is_some();
        // "cost per click" is what each costs; "shipping fee" of an order is not what that costs.
        let is_figure = matches!(query.order.first().map(|order| order.by), Some(By::Measure(_) | By::Change(_)));
        let is_said = is_figure && phrases(names).iter().flatten().any(|word| adjective.of.contains(&word.as_str()));
        is_said || has_word(names, adjective.of, &things) || is_time
    });
    (!is_such).then(|| format!("Say by which figure: nothing that is sorted here can be the {}.", adjective.words))
}

/// A name that says it: "list price" of a product, "monthly fee" of a plan, not "shipping fee" of an order.
fn has_word(names: &Names, words: &[&str], things: &[String]) -> bool {
    let is_so = |name: &Vec<String>| {
        let word = name.iter().find(|word| words.contains(&word.as_str()));
        let is_whole =
            |other: &String| Some(other) == word || things.contains(other) || PERIODIC.contains(&other.as_str());
        word.is_some_and(|word| !PARTIAL.contains(&word.as_str()) || name.iter().all(is_whole))
    };
    phrases(names).iter().any(is_so)
}

/// "slowest" is no misspelt "lowest".
pub(in crate::chat::read) fn is_adjective(word: &str) -> bool {
    ADJECTIVES.iter().any(|adjective| adjective.words == word)
}
