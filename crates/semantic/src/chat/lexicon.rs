//! What the words of a ground mean. Made with the ground, never altered.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{DatasetId, FieldId, Ground, Join, JoinId, MetricId, Names, Type};
use super::query::Value;
use super::words::{fold, lemma, lemmas, stem};

/// What a phrase can stand for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Metric(MetricId),
    /// `order_count`: what "how many orders" asks for; its words alone do not mean it.
    CountMetric(MetricId),
    Dataset(DatasetId),
    Field(FieldId),
    Value(FieldId, Value),
    /// What the relationship says of its rows: "bought".
    Join(JoinId),
    /// What a time field says of its rows: "shipped" of `ship_date`.
    Happened(FieldId),
    /// What somebody did who has rows of it: "ordered" of `orders`.
    Done(DatasetId),
}

/// What a verb may have behind it: "signed up".
pub(super) const PARTICLES: [&str; 7] = ["up", "in", "out", "off", "back", "over", "down"];

#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    /// By the lemmas of their words.
    names: BTreeMap<Vec<String>, Vec<Part>>,
    /// By their words as they are, folded; then by lemmas.
    values: BTreeMap<Vec<String>, Vec<Part>>,
    values_by_lemma: BTreeMap<Vec<String>, Vec<Part>>,
    /// By the stem of one word.
    verbs: BTreeMap<String, Vec<Part>>,
    /// All words of names and values, for repairs.
    pub(super) vocabulary: BTreeSet<String>,
    pub(super) longest: usize,
}

impl Lexicon {
    pub fn of(ground: &Ground) -> Lexicon {
        let mut lexicon = Lexicon::default();
        for (at, dataset) in ground.datasets.iter().enumerate() {
            lexicon.named(&dataset.names, &Part::Dataset(DatasetId(at)));
            for words in phrases(&dataset.names) {
                if let [one] = words.as_slice() {
                    add(lexicon.verbs.entry(stem(one)).or_default(), Part::Done(DatasetId(at)));
                }
            }
        }
        for (at, metric) in ground.metrics.iter().enumerate() {
            let id = MetricId(at);
            lexicon.named(&metric.names, &Part::Metric(id));
            if is_count(&metric.expression) {
                let counted: Vec<_> = phrases(&metric.names).iter().filter_map(|words| counted(words)).collect();
                counted.into_iter().for_each(|words| lexicon.name(words, Part::CountMetric(id)));
            }
        }
        for at in 0..ground.fields.len() {
            lexicon.field(ground, FieldId(at));
        }
        for (at, join) in ground.joins.iter().enumerate() {
            for words in roles(ground, join) {
                if let [one] = words.as_slice() {
                    add(lexicon.verbs.entry(stem(one)).or_default(), Part::Join(JoinId(at)));
                }
                lexicon.name(words, Part::Join(JoinId(at)));
            }
        }
        lexicon
    }

    pub(super) fn names(&self, lemmas: &[String]) -> &[Part] {
        self.names.get(lemmas).map_or(&[], Vec::as_slice)
    }

    /// Values of exactly these words; of other fields, those of their singulars, too.
    pub(super) fn values(&self, folded: &[String], lemmas: &[String]) -> Vec<Part> {
        let mut values = self.values.get(folded).cloned().unwrap_or_default();
        let fields: Vec<FieldId> = values.iter().filter_map(field_of).collect();
        for part in self.values_by_lemma.get(lemmas).into_iter().flatten() {
            if field_of(part).is_none_or(|field| !fields.contains(&field)) {
                values.push(part.clone());
            }
        }
        values
    }

    pub(super) fn verbs(&self, word: &str) -> &[Part] {
        self.verbs.get(&stem(word)).map_or(&[], Vec::as_slice)
    }

    fn named(&mut self, names: &Names, part: &Part) {
        for words in phrases(names) {
            self.name(words, part.clone());
        }
    }

    fn name(&mut self, words: Vec<String>, part: Part) {
        if words.is_empty() {
            return;
        }
        self.vocabulary.extend(words.iter().cloned());
        self.longest = self.longest.max(words.len());
        add(self.names.entry(words).or_default(), part);
    }

    fn field(&mut self, ground: &Ground, id: FieldId) {
        let field = ground.field(id);
        let owner = phrases(&ground.dataset(field.dataset).names);
        let known = phrases(&field.names);
        for words in &known {
            self.name(words.clone(), Part::Field(id));
            // "order amount", and "region" of `region_name`.
            for owner in &owner {
                if !words.starts_with(owner) {
                    self.name([owner.clone(), words.clone()].concat(), Part::Field(id));
                }
            }
            // "names of customers"
            if let [thing @ .., last] = words.as_slice()
                && (last == "name" || last == "title")
                && field.ty == Type::Text
                && owner.iter().any(|owner| owner == thing)
            {
                self.name(vec![last.clone()], Part::Field(id));
            }
            match words.as_slice() {
                [thing @ .., last] if last == "name" && !thing.is_empty() && field.ty == Type::Text => {
                    self.name(thing.to_vec(), Part::Field(id));
                }
                [is, rest @ ..] if field.ty == Type::Boolean && ["is", "ha", "has", "was"].contains(&is.as_str()) => {
                    self.name(rest.to_vec(), Part::Field(id));
                    self.value(&rest.join(" "), Part::Value(id, Value::Boolean(true)));
                }
                _ => {}
            }
            if field.ty == Type::Boolean {
                self.value(&words.join(" "), Part::Value(id, Value::Boolean(true)));
            }
            if field.is_time {
                self.happened(words, id);
            }
        }
        for value in &field.values {
            if let serde_json::Value::String(text) = value {
                self.value(text, Part::Value(id, Value::Text(text.clone())));
            }
        }
        for (value, synonyms) in &field.value_synonyms {
            let value = match field.ty {
                Type::Boolean => Value::Boolean(["true", "t", "1", "yes", "y"].contains(&fold(value).as_str())),
                Type::Number => Value::Number(value.clone()),
                _ => Value::Text(value.clone()),
            };
            synonyms.iter().for_each(|synonym| self.value(synonym, Part::Value(id, value.clone())));
        }
    }

    /// `shipped_at`, `ship_date`: "shipped".
    fn happened(&mut self, words: &[String], id: FieldId) {
        const TIMES: [&str; 9] = ["date", "at", "on", "time", "day", "timestamp", "datetime", "ts", "dt"];
        let bare = match words {
            [rest @ .., last] if TIMES.contains(&last.as_str()) => rest,
            rest => rest,
        };
        match bare {
            [verb] if bare.len() < words.len() => {
                add(self.verbs.entry(stem(verb)).or_default(), Part::Happened(id));
                // `signup_date`: "signed up".
                let split = PARTICLES.iter().find_map(|particle| Some((verb.strip_suffix(particle)?, *particle)));
                if let Some((verb, particle)) = split.filter(|(verb, _)| verb.len() > 2) {
                    self.particle_verb(verb, particle, id);
                }
            }
            [verb, particle] if PARTICLES.contains(&particle.as_str()) => self.particle_verb(verb, particle, id),
            _ => {}
        }
    }

    fn particle_verb(&mut self, verb: &str, particle: &str, id: FieldId) {
        self.longest = self.longest.max(2);
        add(self.verbs.entry(format!("{} {particle}", stem(verb))).or_default(), Part::Happened(id));
    }

    /// "signed up", "sign up".
    pub(super) fn particle_verbs(&self, verb: &str, particle: &str) -> &[Part] {
        self.verbs.get(&format!("{} {particle}", stem(verb))).map_or(&[], Vec::as_slice)
    }

    fn value(&mut self, text: &str, part: Part) {
        let words = value_words(text);
        if words.is_empty() || words.len() > 8 {
            return;
        }
        self.longest = self.longest.max(words.len());
        self.vocabulary.extend(words.iter().cloned());
        add(self.values_by_lemma.entry(words.iter().map(|word| lemma(word)).collect()).or_default(), part.clone());
        add(self.values.entry(words).or_default(), part);
    }
}

fn field_of(part: &Part) -> Option<FieldId> {
    match part {
        Part::Value(field, _) => Some(*field),
        _ => None,
    }
}

fn add(parts: &mut Vec<Part>, part: Part) {
    if !parts.contains(&part) {
        parts.push(part);
    }
}

/// The folded words of a value.
pub(super) fn value_words(text: &str) -> Vec<String> {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// All that a part is called. A namespace before a dot may be left out, or as much of its beginning as one likes.
pub(super) fn phrases(names: &Names) -> Vec<Vec<String>> {
    let (space, bare) = names.name.rsplit_once('.').unwrap_or(("", names.name.as_str()));
    let all = std::iter::once(bare).chain(names.label.as_deref()).chain(names.synonyms.iter().map(String::as_str));
    let bare: Vec<Vec<String>> = all.map(lemmas).filter(|words| !words.is_empty()).collect();
    let aliases: Vec<&str> = space.split('.').filter(|alias| !alias.is_empty()).collect();
    let spaces = (0..aliases.len()).map(|from| lemmas(&aliases[from..].join(" ")));
    let within = spaces.flat_map(|space| bare.iter().map(move |words| [space.as_slice(), words].concat()));
    let mut phrases: Vec<Vec<String>> = within.chain(bare.iter().cloned()).collect();
    phrases.sort();
    phrases.dedup();
    phrases
}

/// What a relationship calls what it leads to, or says of it: its synonyms, its label, and its name where that is not made
/// of the names of what it links.
fn roles(ground: &Ground, join: &Join) -> Vec<Vec<String>> {
    let things: Vec<Vec<String>> =
        [join.from, join.to].iter().map(|id| lemmas(&ground.dataset(*id).names.name)).collect();
    let bare = join.names.name.rsplit('.').next().unwrap_or_default();
    let name = Some(lemmas(bare)).filter(|words| words.len() > 1 && !things.iter().any(|thing| words.ends_with(thing)));
    let said = join.names.label.iter().chain(&join.names.synonyms).map(|said| lemmas(said));
    let taken = |words: &Vec<String>| ground.datasets.iter().any(|dataset| phrases(&dataset.names).contains(words));
    said.chain(name).filter(|words| !words.is_empty() && !taken(words)).collect()
}

/// `order count`, `number of order`, `total order`: order.
fn counted(words: &[String]) -> Option<Vec<String>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let rest = match words.as_slice() {
        ["number" | "count" | "total", "of", rest @ ..] | ["num" | "total" | "count" | "number", rest @ ..] => rest,
        [rest @ .., "count"] => rest,
        _ => return None,
    };
    (!rest.is_empty()).then(|| rest.iter().map(|word| (*word).to_owned()).collect())
}

/// The expression of a metric counts.
pub(in crate::chat) fn is_count(expression: &str) -> bool {
    expression.trim_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("count"))
}
