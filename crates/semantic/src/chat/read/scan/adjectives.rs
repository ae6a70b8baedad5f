//! Superlatives that say of what they are: "cheapest" of a price, "slowest" of a time.

use super::super::field_roles;
use super::super::items::{Edit, Foremost, Item, Noun, Phrase, Rank};
use super::super::reader::Reader;
use super::clauses::extreme;
use super::superlatives::either;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId, Ground, Names, Type};
use crate::chat::lexicon::Part;
use crate::chat::names::{further, phrases};
use crate::chat::query::{By, Grain, Measure, Query};
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::units;
use crate::chat::words::{Phrases, Token};
use std::sync::LazyLock;

struct Adjective {
    words: &'static str,
    is_descending: bool,
    /// Words that the names of such figures have, the likeliest first.
    of: &'static [&'static str],
}

impl Adjective {
    /// The word is this one, or the last of its words ("most expensive"), and says by which figure.
    fn is(&self, word: &str) -> bool {
        !GENERAL.contains(&self.words) && self.words.split(' ').next_back() == Some(word)
    }
}

pub(in crate::chat::read) const MONEY: &[&str] = &["price", "fare", "tariff", "rent", "fee", "cost", "charge"];
/// Fees and costs are prices of a thing where nothing else is named that they are for.
const PARTIAL: &[&str] = &["fee", "cost", "charge"];
const PERIODIC: &[&str] =
    &["monthly", "annual", "yearly", "weekly", "daily", "hourly", "unit", "base", "standard", "list"];
const TIME: &[&str] = &["time", "duration", "delay", "wait", "latency", "hour", "minute", "second"];
const WEIGHT: &[&str] = &["weight", "mass"];
/// What verbs and comparatives say of things, as paraphrases name it.
pub(in crate::chat::read) const TRAITS: [(&str, &[&str]); 9] = [
    ("PRICE", MONEY),
    ("PAY", &["salary", "pay", "wage", "income"]),
    ("WEIGHT", WEIGHT),
    ("HEIGHT", &["height"]),
    ("LENGTH", &["length", "distance", "duration"]),
    ("TIME", TIME),
    ("VALUED", &["value", "worth"]),
    ("DEPTH", &["depth"]),
    ("RATED", &["rate"]),
];
/// They are said of any figure.
const GENERAL: [&str; 4] = ["highest", "lowest", "largest", "smallest"];
/// Of them, those that say how much of it there is, which the answer says how it was read.
const OF_SIZE: [&str; 2] = ["largest", "smallest"];
/// Words, then what the names of such figures are made of, or a trait.
static HIGH: Phrases = Phrases::named("scan.adjectives.HIGH");
static LOW: Phrases = Phrases::named("scan.adjectives.LOW");
static ADJECTIVES: LazyLock<Vec<Adjective>> = LazyLock::new(|| {
    let of = |said: &'static str| -> &'static [&'static str] {
        let of_trait = TRAITS.iter().find(|(name, _)| *name == said).map(|(_, of)| *of);
        of_trait.unwrap_or_else(|| said.split_whitespace().collect::<Vec<_>>().leak())
    };
    let all = either(&HIGH, &LOW).filter_map(|(line, is_descending)| Some((line.split_once(" / ")?, is_descending)));
    all.map(|((words, said), is_descending)| Adjective { words, is_descending, of: of(said) }).collect()
});

impl Reader<'_> {
    /// "the 3 cheapest products", "which product is the most expensive".
    pub fn adjectives(&self, at: usize, before: Option<u64>, steps: &mut Vec<(usize, Item)>) {
        for adjective in ADJECTIVES.iter() {
            let Some(end) = self.is(at, adjective.words) else { continue };
            let is_descending = adjective.is_descending;
            let n = before.or_else(|| self.count(end));
            let behind = if before.is_none() && n.is_some() { end + 1 } else { end };
            for (end, what) in self.things(behind) {
                // "coldest day": of its readings, the lowest.
                if let (Noun::Grain(Grain::Day), Some(field)) = (&what.noun, self.only_weather(adjective.of)) {
                    let by = Some(Measure::Of { aggregate: extreme(is_descending), field });
                    let what = Some(what);
                    steps.push((end, Item::Rank(Rank::Top { n, is_descending, is_size: false, what, by, own: None })));
                    continue;
                }
                if let Some(by) = self.of_title(&what, adjective) {
                    let what = Some(what);
                    let rank = Rank::Top { n, is_descending, is_size: false, what, by: Some(by), own: None };
                    steps.push((end, Item::Rank(rank)));
                    continue;
                }
                let Noun::Entity(id) = what.noun else { continue };
                if let (Some(own), true) = (own(self.ground, id, adjective), what.is_plain()) {
                    let (what, is_size) = (Some(what), OF_SIZE.contains(&adjective.words));
                    let rank = Rank::Top { n, is_descending, is_size, what, by: None, own: Some(own) };
                    steps.push((end, Item::Rank(rank)));
                }
            }
            // "mountain with the highest snowfall": not how high it is.
            let is_whole = !GENERAL.contains(&adjective.words) || self.is_clause_end(end);
            let things = self.thing_before(at).filter(|_| is_whole);
            if let Some(field) = things.and_then(|id| own(self.ground, id, adjective)).filter(|_| n.is_none()) {
                steps.push((end, Item::Rank(Rank::BestField { field, is_descending, is_many: false })));
            }
        }
    }

    /// "the cheapest course", of courses that several have the title of: by the lowest fee of each title.
    fn of_title(&self, what: &Phrase, adjective: &Adjective) -> Option<Measure> {
        let Noun::Field(title) = what.noun else { return None };
        let id = self.ground.field(title).dataset;
        let is_title = what.is_plain() && schema_graph::is_label(self.ground, title);
        let field = only_such(self.ground, id, adjective.of).filter(|_| is_title)?;
        Some(Measure::Of { aggregate: extreme(adjective.is_descending), field })
    }

    /// What days are like: the only figure in the model that says so of the weather. Of anything else, days have many rows.
    fn only_weather(&self, of: &[&str]) -> Option<FieldId> {
        static OF_WEATHER: Phrases = Phrases::named("scan.adjectives.OF_WEATHER");
        const UNITS: [&str; 9] = ["°C", "°F", "K", "m/s", "km/h", "mph", "kn", "kt", "knots"];
        if !of.iter().all(|word| ["temperature", "temp", "wind"].contains(word)) {
            return None;
        }
        let datasets = (0..self.ground.datasets.len()).map(DatasetId);
        let mut found = datasets.filter_map(|id| only_such(self.ground, id, of).map(|field| (id, field)));
        let (Some((id, field)), None) = (found.next(), found.next()) else { return None };
        let is_in_unit = self.ground.field(field).unit.as_deref().is_some_and(|unit| UNITS.contains(&unit));
        let is_so = is_in_unit || is_called(self.ground, field, &[of, &OF_WEATHER].concat());
        times::own(self.ground, id).filter(|_| is_so).map(|_| field)
    }

    /// What was taken for "largest" or for "hottest" of days: no name of it was said.
    pub fn adjective_note(&self, from: usize, end: usize, item: &Item) -> Option<String> {
        let field = match item {
            Item::Rank(Rank::Top {
                what: Some(Phrase { noun: Noun::Grain(Grain::Day), .. }),
                by: Some(Measure::Of { field, .. }),
                ..
            }) => *field,
            // "the largest villas" is noted where it is resolved.
            Item::Rank(Rank::Top { own: Some(field), is_size: false, .. } | Rank::BestField { field, .. }) => {
                (from..end).find(|at| GENERAL.iter().any(|word| self.tokens[*at].is(word)))?;
                *field
            }
            _ => return None,
        };
        let is_named = (0..self.tokens.len()).any(|at| self.parts(at).any(|(_, part)| *part == Part::Field(field)));
        let said: Vec<&str> = self.tokens[from..end].iter().map(|token| token.raw.as_str()).collect();
        (!is_named).then(|| format!("Took {} for \u{201c}{}\u{201d}.", self.ground.path(field), said.join(" ")))
    }

    /// "which region has the most?", "and the fewest?", of one figure of groups.
    pub fn first_group(&self, at: usize, push: &mut impl FnMut(usize, Edit)) {
        const MOST: [&str; 5] = ["most", "highest", "largest", "biggest", "greatest"];
        const LEAST: [&str; 4] = ["least", "fewest", "lowest", "smallest"];
        if at > 0 {
            return;
        }
        let start = self.past(0, &["and", "but", "now"]);
        let asked = self.any(start, &["which one", "which", "what", "who"]);
        let named = asked.map(|at| self.dimensions(at)).unwrap_or_default().into_iter();
        let named = named.map(|(end, by)| (end, Some(by))).chain([(asked.unwrap_or(start), None)]);
        for (end, by) in named {
            let end = self.past(end, &["has", "have", "had", "is", "are", "was", "were", "the"]);
            let most = self.any(end, &MOST).map(|end| (end, true));
            let Some((end, is_descending)) = most.or_else(|| Some((self.any(end, &LEAST)?, false))) else { continue };
            if self.is_end(self.past(end, &["one"])) {
                push(self.tokens.len(), Edit::First { by, is_descending });
            }
        }
    }

    /// "the heaviest one", "which of them has the highest price", "top 3 by price", of a list.
    pub fn foremost(&self, at: usize, push: &mut impl FnMut(usize, Edit)) {
        const ASKING: [&str; 18] = [
            "and", "now", "just", "only", "which", "who", "what", "is", "are", "has", "have", "had", "of them",
            "of these", "of those", "one", "with", "the",
        ];
        const MOST: [(&str, bool); 9] = [
            ("most", true),
            ("highest", true),
            ("largest", true),
            ("biggest", true),
            ("greatest", true),
            ("least", false),
            ("fewest", false),
            ("lowest", false),
            ("smallest", false),
        ];
        const LASTING: [(&str, bool); 2] = [("longest", true), ("shortest", false)];
        const TIMES: [(&str, bool); 4] =
            [("newest", true), ("latest", true), ("most recent", true), ("earliest", false)];
        if at > 0 {
            return;
        }
        let start = self.past(0, &ASKING);
        let is_end = |end: usize| self.is_end(end);
        let back = |end: usize| self.past(end, &["one", "ones", "of them", "of these", "of those", "of all"]);
        // Something in it points back to the list.
        let points =
            self.tokens.iter().any(|token| ["them", "these", "those", "one"].iter().any(|word| token.is(word)));
        let mut add = |end: usize, by: Foremost, is_descending: bool, rows: u64| {
            if is_end(end) {
                push(self.tokens.len(), Edit::Foremost { by, is_descending, rows });
            }
        };
        let fields = |at: usize| -> Vec<(usize, FieldId)> {
            let is_it = |(end, part): (usize, &Part)| match part {
                Part::Field(id) if self.is_figure(*id) || self.is_date(*id) => Some((end, *id)),
                _ => None,
            };
            self.parts(self.past(at, &["the", "its", "their"])).filter_map(is_it).collect()
        };
        if let Some(end) = self.is(start, "top") {
            let rows = self.count(end);
            let end = if rows.is_some() { end + 1 } else { end };
            for (end, field) in self.is(back(end), "by").map(fields).unwrap_or_default() {
                add(end, Foremost::Field(field), true, rows.unwrap_or(1));
            }
        }
        for (word, is_descending) in MOST {
            let Some(end) = self.is(start, word) else { continue };
            for (end, field) in fields(end) {
                if points {
                    add(back(end), Foremost::Field(field), is_descending, 1);
                }
            }
            if back(end) > end || points {
                add(back(end), Foremost::Size, is_descending, 1);
                for (end, field) in self.any(back(end), &["by", "in"]).map(fields).unwrap_or_default() {
                    add(end, Foremost::Field(field), is_descending, 1);
                }
            }
        }
        if !points {
            return;
        }
        let by_word = LASTING.into_iter().map(|it| (it, Foremost::Lasting));
        let by_word = by_word.chain(TIMES.into_iter().map(|it| (it, Foremost::Time)));
        let by_word = by_word.chain([(("oldest", false), Foremost::Age)]);
        let called = ADJECTIVES.iter().filter(|one| !GENERAL.contains(&one.words));
        let called = called.map(|one| ((one.words, one.is_descending), Foremost::Called(one.of)));
        for ((words, is_descending), by) in by_word.chain(called) {
            if let Some(end) = self.is(start, words) {
                add(back(end), by, is_descending, 1);
            }
        }
    }

    /// "slowest first", the other way round "slowest last".
    pub fn adjective_order(&self, at: usize) -> Option<(usize, bool)> {
        let of = |adjective: &Adjective| Some((self.is(at, adjective.words)?, adjective.is_descending));
        ADJECTIVES.iter().filter(|one| !GENERAL.contains(&one.words)).find_map(of)
    }
}

/// The figure of things by which they are so. What is said of any figure is meant where one is called so as a whole, and where
/// their size is not measured in other ways.
fn own(ground: &Ground, id: DatasetId, adjective: &Adjective) -> Option<FieldId> {
    // What persons are worth is no figure of theirs.
    if adjective.is("valuable") && times::is_person(ground, id) {
        return None;
    }
    if !GENERAL.contains(&adjective.words) {
        return only_such(ground, id, adjective.of);
    }
    let figures: Vec<FieldId> = ground.fields_of(id).filter(|id| is_measure(ground, *id)).collect();
    let mut called = figures.iter().copied().filter(|id| is_called(ground, *id, adjective.of));
    let (Some(field), None) = (called.next(), called.next()) else { return None };
    let is_rival = |other: &FieldId| *other != field && field_roles::is_size(ground, *other);
    (!OF_SIZE.contains(&adjective.words) || !figures.iter().any(is_rival)).then_some(field)
}

/// A name of the field is made of these words, and of those that its things are called by.
fn is_called(ground: &Ground, field: FieldId, words: &[&str]) -> bool {
    let names = &ground.field(field).names;
    let things = phrases(&ground.dataset(ground.field(field).dataset).names).concat();
    let is_word = |word: &String| words.contains(&word.as_str());
    let is_whole = |name: &Vec<String>| {
        name.iter().any(is_word) && name.iter().all(|word| is_word(word) || things.contains(word) || word == "total")
    };
    [phrases(names), further(names)].concat().iter().any(is_whole)
}

/// Of what there may be more or less: a code or a direction is no measure.
fn is_measure(ground: &Ground, id: FieldId) -> bool {
    static NO_MEASURES: Phrases = Phrases::named("scan.adjectives.NO_MEASURES");
    let field = ground.field(id);
    let is_code = |name: &Vec<String>| name.last().is_some_and(|last| NO_MEASURES.contains(&last.as_str()));
    field.ty == Type::Number && !field.is_key && !phrases(&field.names).iter().any(is_code)
}

/// The one figure of a dataset that is called so, by the likeliest word that any is called by.
pub(in crate::chat::read) fn only_such(ground: &Ground, dataset: DatasetId, of: &[&str]) -> Option<FieldId> {
    let is_figure = |id: &FieldId| is_measure(ground, *id);
    let things = phrases(&ground.dataset(dataset).names).concat();
    let such = |word: &&str| -> Vec<FieldId> {
        let figures = ground.fields_of(dataset).filter(is_figure);
        figures.filter(|id| has_word(&ground.field(*id).names, &[word], &things)).collect()
    };
    match of.iter().map(such).find(|fields| !fields.is_empty())?.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// Why one of a question's adjectives is not what the answer would be sorted by.
pub(in crate::chat::read) fn misfit(ground: &Ground, tokens: &[Token], query: &Query) -> Option<String> {
    query.order.first()?;
    let said =
        |adjective: &&Adjective| (0..tokens.len()).any(|at| dates::phrase(tokens, at, adjective.words).is_some());
    let mut said = ADJECTIVES.iter().filter(|it| !GENERAL.contains(&it.words)).filter(said);
    let adjective = said.find(|adjective| !fits(ground, query, adjective))?;
    Some(format!("Say by which figure: nothing that is sorted here can be the {}.", adjective.words))
}

/// The word is of an adjective by which the query, or what it picks, is sorted.
pub(in crate::chat::read) fn is_sorted_by(ground: &Ground, query: &Query, word: &str) -> bool {
    let fits = |adjective: &Adjective| {
        fits(ground, query, adjective)
            || query.picked.as_ref().is_some_and(|picked| fits(ground, &picked.query, adjective))
    };
    ADJECTIVES.iter().filter(|adjective| adjective.is(word)).any(fits)
}

/// What the query is sorted by is what the adjective says.
fn fits(ground: &Ground, query: &Query, adjective: &Adjective) -> bool {
    let Some(order) = query.order.first() else { return false };
    let field = |id: FieldId| (&ground.field(id).names, ground.field(id).unit.as_deref());
    let datasets = query.dimensions.iter().map(|one| ground.field(one.field).dataset).chain(query.listed);
    let things = datasets.flat_map(|id| phrases(&ground.dataset(id).names).concat()).collect::<Vec<String>>();
    let sorted = match order.by {
        By::Dimension(at) => query.dimensions.get(at).map(|dimension| field(dimension.field)),
        By::Measure(at) | By::Change(at) => match query.measures.get(at) {
            Some(Measure::Metric(id)) => Some((&ground.metric(*id).names, ground.metric(*id).unit.as_deref())),
            Some(Measure::Of { field: id, .. }) => Some(field(*id)),
            _ => None,
        },
    };
    // "youngest", by the year of birth.
    let is_birth = |field: FieldId| {
        field_roles::is_year(ground, field)
            || field_roles::came_to_be(ground, ground.field(field).dataset) == Some(field)
    };
    let is_by_birth = matches!(order.by, By::Dimension(at) if query.dimensions.get(at)
        .is_some_and(|one| is_birth(one.field)));
    if is_by_birth && adjective.words == "youngest" {
        return true;
    }
    sorted.is_some_and(|(names, unit)| {
        let is_time = adjective.of == TIME && unit.and_then(units::seconds).is_some();
        // "cost per click" is what each costs; "shipping fee" of an order is not what that costs.
        let is_figure = matches!(order.by, By::Measure(_) | By::Change(_));
        let is_said = is_figure && phrases(names).iter().flatten().any(|word| adjective.of.contains(&word.as_str()));
        is_said || has_word(names, adjective.of, &things) || is_time
    })
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
    ADJECTIVES.iter().any(|adjective| adjective.is(word))
}
