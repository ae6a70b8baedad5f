//! The lexicon: what the words of a ground mean. Made with the ground, never altered.

mod derived;

use std::collections::{BTreeMap, BTreeSet};

use super::derived_facts::is_code_of;
use super::ground::{DatasetId, FieldId, Ground, Join, JoinId, MetricId, Names, Type};
use super::names::{self, further, phrases};
use super::query::Value;
use super::schema_graph;
pub(in crate::chat) use super::times::is_person;
use super::words::{Phrases, demonyms, fold, is_past, lemma, lemmas, stem, verbs_of};

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
    /// What did not happen yet: "unpaid" of `paid_on`.
    Undone(FieldId),
    /// What somebody did who has rows of it: "ordered" of `orders`.
    Done(DatasetId),
    /// What a figure of these rows says of them: "sold" of "units sold". That nothing was, they tell.
    Made(DatasetId),
    /// How often it happened: "signups" of `signed_up_on`.
    Deeds(FieldId),
}

/// What a verb may have behind it: "signed up".
pub(super) const PARTICLES: [&str; 10] = ["up", "in", "out", "off", "back", "over", "down", "after", "for", "to"];

#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    /// By the lemmas of their words.
    names: BTreeMap<Vec<String>, Vec<Part>>,
    /// By their words as they are, folded; then by lemmas.
    values: BTreeMap<Vec<String>, Vec<Part>>,
    values_by_lemma: BTreeMap<Vec<String>, Vec<Part>>,
    /// By the stem of one word.
    verbs: BTreeMap<String, Vec<Part>>,
    /// "looks after" of what is "looked after by".
    actives: BTreeMap<String, Vec<Part>>,
    /// "settlement" of `settled_at`, before a period: "settlement month".
    deeds: BTreeMap<String, Vec<Part>>,
    /// Names that stand: what is only likely to be called so is not.
    taken: BTreeSet<Vec<String>>,
    /// By the last word of longer names of figures and fields, whose they are.
    ends: BTreeMap<String, BTreeSet<DatasetId>>,
    /// All words of names and values, for repairs.
    pub(super) vocabulary: BTreeSet<String>,
    /// Those of values.
    pub(super) value_words: BTreeSet<String>,
    pub(super) longest: usize,
}

impl Lexicon {
    pub fn of(ground: &Ground) -> Lexicon {
        let mut lexicon = Lexicon::default();
        lexicon.parts(ground, &phrases);
        for at in 0..ground.fields.len() {
            lexicon.values_of(ground, FieldId(at));
        }
        for (at, join) in ground.joins.iter().enumerate() {
            for words in roles(ground, join) {
                if let [one] = words.as_slice() {
                    add(lexicon.verbs.entry(stem(one)).or_default(), Part::Join(JoinId(at)));
                }
                // "who reports to Ann", whose line manager she is
                let is_above = words.last().is_some_and(|last| SUPERIORS.contains(&last.as_str()));
                if is_above && join.from == join.to {
                    lexicon.name(vec!["report".to_owned(), "to".to_owned()], Part::Join(JoinId(at)));
                }
                // "who looks after Mill Lane", of which she is manager
                let is_person = is_person(ground, join.to);
                if is_above && join.from != join.to && is_person {
                    lexicon.name(vec!["look".to_owned(), "after".to_owned()], Part::Join(JoinId(at)));
                }
                // "lead lawyer" says who it is, and nothing that is done.
                if !words.ends_with(&lemmas(&ground.dataset(join.to).names.name)) {
                    lexicon.agent(&words, &Part::Join(JoinId(at)));
                }
                lexicon.active(&words, &Part::Join(JoinId(at)));
                lexicon.name(words, Part::Join(JoinId(at)));
            }
        }
        for at in 0..ground.fields.len() {
            lexicon.dated(ground, FieldId(at));
        }
        lexicon.starts_and_ends(ground);
        lexicon.heads(ground);
        lexicon.qualified_columns(ground);
        lexicon.computed(ground);
        lexicon.taken = lexicon.names.keys().chain(lexicon.values_by_lemma.keys()).cloned().collect();
        lexicon.parts(ground, &further);
        for at in 0..ground.fields.len() {
            let id = FieldId(at);
            short_names(ground, id).into_iter().for_each(|words| lexicon.name(words, Part::Field(id)));
        }
        for at in 0..ground.datasets.len() {
            if is_person(ground, DatasetId(at)) {
                lexicon.name(vec!["person".to_owned()], Part::Dataset(DatasetId(at)));
            }
        }
        lexicon.short_things(ground);
        for id in (0..ground.fields.len()).map(FieldId).filter(|id| ground.field(*id).ty == Type::Number) {
            lexicon.field(ground, id, &names::of_each);
        }
        lexicon.last_words(ground);
        lexicon.states(ground);
        lexicon.deeds_of_nouns(ground);
        lexicon.doers(ground);
        lexicon.taken.clear();
        for (words, parts) in &lexicon.names {
            let ([_, .., last], ends) = (words.as_slice(), &mut lexicon.ends) else { continue };
            ends.entry(last.clone()).or_default().extend(parts.iter().filter_map(|part| match part {
                Part::Metric(id) => ground.metric(*id).datasets.first().copied(),
                Part::Field(id) => Some(ground.field(*id).dataset),
                _ => None,
            }));
        }
        lexicon
    }

    /// "readings" of meter readings, where no other things are called so.
    fn short_things(&mut self, ground: &Ground) {
        let mut things: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (at, dataset) in ground.datasets.iter().enumerate() {
            for words in phrases(&dataset.names) {
                if let [_, .., last] = words.as_slice() {
                    things.entry(last.clone()).or_default().insert(at);
                }
            }
        }
        const GENERAL: [&str; 11] =
            ["detail", "record", "data", "type", "list", "info", "table", "history", "row", "value", "log"];
        things.retain(|word, of| of.len() == 1 && word.len() > 3 && !GENERAL.contains(&word.as_str()));
        // "views", where "ad views" are a figure of others; how many there are of the things is none.
        // The "weight of move" is a weight, and so is the "move move weight" of moves.
        let is_head = |words: &Vec<String>, word: &String| match words.as_slice() {
            [.., before, last] => last == word && before != "of" && before != last,
            _ => false,
        };
        let is_figure = |part: &Part| match part {
            Part::Metric(id) => !is_count(&ground.metric(*id).expression),
            Part::Field(_) => true,
            _ => false,
        };
        let figures = self.names.iter().filter(|(_, parts)| parts.iter().any(is_figure)).map(|(words, _)| words);
        let figures: Vec<Vec<String>> = figures.cloned().collect();
        things.retain(|word, _| !figures.iter().any(|words| is_head(words, word)));
        for (word, of) in things {
            of.into_iter().for_each(|at| self.name(vec![word.clone()], Part::Dataset(DatasetId(at))));
        }
    }

    /// "reason" of `cancel_reason`, where nothing else is called so.
    fn last_words(&mut self, ground: &Ground) {
        for id in (0..ground.fields.len()).map(FieldId) {
            let endings = last_words(ground, id).iter().filter(|words| !self.names.contains_key(*words));
            endings.cloned().collect::<Vec<_>>().into_iter().for_each(|words| self.name(words, Part::Field(id)));
        }
    }

    /// "complained" of complaints, where nothing else is said so.
    fn deeds_of_nouns(&mut self, ground: &Ground) {
        let mut deeds: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (at, dataset) in ground.datasets.iter().enumerate() {
            for words in phrases(&dataset.names).iter().filter(|words| words.len() == 1) {
                for verb in verbs_of(&words[0]) {
                    deeds.entry(verb).or_default().insert(at);
                }
            }
        }
        for (verb, of) in deeds {
            let Some(at) = of.first().filter(|_| of.len() == 1) else { continue };
            self.verbs.entry(verb).or_insert_with(|| vec![Part::Done(DatasetId(*at))]);
        }
        // "broke down", of breakdowns
        for (at, dataset) in ground.datasets.iter().enumerate() {
            let nouns = phrases(&dataset.names).into_iter().filter(|words| words.len() == 1).flatten();
            let split = |noun: String| {
                let (verb, particle) =
                    PARTICLES.iter().find_map(|particle| Some((noun.strip_suffix(particle)?.to_owned(), *particle)))?;
                (verb.len() > 2).then(|| format!("{} {particle}", stem(&verb)))
            };
            for verb in nouns.filter_map(split) {
                self.longest = self.longest.max(2);
                add(self.verbs.entry(verb).or_default(), Part::Done(DatasetId(at)));
            }
        }
    }

    /// The parts of a ground under what `called` says of their names.
    fn parts(&mut self, ground: &Ground, called: &dyn Fn(&Names) -> Vec<Vec<String>>) {
        for (at, dataset) in ground.datasets.iter().enumerate() {
            let mut fields = ground.fields_of(DatasetId(at));
            let is_thing = fields.any(|id| schema_graph::is_label(ground, id) && !is_code_of(ground, id));
            for words in called(&dataset.names) {
                // Departments have names: they are things, and nothing that somebody did.
                if let ([one], false) = (words.as_slice(), is_thing) {
                    add(self.verbs.entry(stem(one)).or_default(), Part::Done(DatasetId(at)));
                }
                self.name(words, Part::Dataset(DatasetId(at)));
            }
        }
        for (at, metric) in ground.metrics.iter().enumerate() {
            let id = MetricId(at);
            for words in called(&metric.names) {
                if let Some(counted) = counted(&words).filter(|_| is_count(&metric.expression)) {
                    self.name(counted, Part::CountMetric(id));
                }
                // A share of what was cancelled says of no row that it is one.
                let is_share = metric.expression.contains('/');
                let mut verbs = words.iter().filter(|word| !is_share && (word.ends_with("ed") || is_past(word)));
                if let (Some(verb), Some(home)) = (verbs.next_back().map(|verb| stem(verb)), metric.datasets.first()) {
                    add(self.verbs.entry(verb).or_default(), Part::Made(*home));
                }
                // A count that is only labelled as the things that it counts is what "how many" of them asks for.
                let is_label = metric.names.label.as_deref().is_some_and(|label| lemmas(label) == words);
                let is_thing = |dataset: &DatasetId| phrases(&ground.dataset(*dataset).names).contains(&words);
                let is_said = metric.names.synonyms.iter().any(|said| lemmas(said) == words);
                match is_label && !is_said && is_count(&metric.expression) && metric.datasets.iter().any(is_thing) {
                    true => self.name(words, Part::CountMetric(id)),
                    false => self.name(words, Part::Metric(id)),
                }
            }
        }
        for at in 0..ground.fields.len() {
            self.field(ground, FieldId(at), called);
        }
    }

    pub(super) fn names(&self, lemmas: &[String]) -> &[Part] {
        self.names.get(lemmas).map_or(&[], Vec::as_slice)
    }

    /// Values of exactly these words; of other fields, those of their singulars, too.
    pub(super) fn values(&self, folded: &[String], lemmas: &[String]) -> Vec<Part> {
        let mut values = self.values.get(folded).cloned().unwrap_or_default();
        let fields: Vec<FieldId> = values.iter().filter_map(field_of).collect();
        // "best films" are no "Best Film".
        const RANKS: [&str; 8] = ["best", "worst", "top", "most", "least", "highest", "lowest", "first"];
        let is_ranked = lemmas.len() > 1 && RANKS.contains(&lemmas[0].as_str());
        for part in self.values_by_lemma.get(lemmas).into_iter().flatten().filter(|_| !is_ranked) {
            if field_of(part).is_none_or(|field| !fields.contains(&field)) {
                values.push(part.clone());
            }
        }
        values
    }

    pub(super) fn verbs(&self, word: &str) -> &[Part] {
        self.verbs.get(&stem(word)).map_or(&[], Vec::as_slice)
    }

    /// The verb of a relationship that names who did it: one word, or one with a particle.
    pub(super) fn actives(&self, verb: &str, particle: Option<&str>) -> &[Part] {
        let words = particle.map_or_else(|| stem(verb), |particle| format!("{} {particle}", stem(verb)));
        self.actives.get(&words).map_or(&[], Vec::as_slice)
    }

    /// "views" of what was viewed, where "ad views" are something of others.
    pub(super) fn is_called_elsewhere(&self, noun: &str, dataset: DatasetId) -> bool {
        self.ends.get(noun).is_some_and(|ends| ends.iter().any(|end| *end != dataset))
    }

    pub(super) fn deeds(&self, noun: &str) -> &[Part] {
        self.deeds.get(noun).map_or(&[], Vec::as_slice)
    }

    fn name(&mut self, words: Vec<String>, part: Part) {
        if words.is_empty() || self.taken.contains(&words) {
            return;
        }
        self.vocabulary.extend(words.iter().cloned());
        self.longest = self.longest.max(words.len());
        add(self.names.entry(words).or_default(), part);
    }

    fn field(&mut self, ground: &Ground, id: FieldId, called: &dyn Fn(&Names) -> Vec<Vec<String>>) {
        let field = ground.field(id);
        const STATES: [&str; 8] = ["in", "on", "off", "out", "at", "under", "for", "with"];
        let owner = phrases(&ground.dataset(field.dataset).names);
        for words in &called(&field.names) {
            self.name(words.clone(), Part::Field(id));
            // "order amount", and "region" of `region_name`.
            for owner in &owner {
                // "contracts sold by" are contracts.
                // "berths in use" are those that are so.
                let is_state = schema_graph::flag(ground, id).is_some()
                    && words.first().is_some_and(|first| STATES.contains(&first.as_str()));
                // "films released" are films.
                let is_state = is_state
                    || field.is_time && matches!(words.as_slice(), [one] if one.ends_with("ed") || is_past(one));
                if !words.starts_with(owner) && words.last().is_none_or(|last| last != "by") && !is_state {
                    self.name([owner.clone(), words.clone()].concat(), Part::Field(id));
                }
            }
            // "names of customers", also those of `phys_nm`, by which physicians are known.
            if let [thing @ .., last] = words.as_slice()
                && (last == "name" || last == "title")
                && field.ty == Type::Text
                && (owner.iter().any(|owner| owner == thing) || schema_graph::is_label(ground, id))
            {
                self.name(vec![last.clone()], Part::Field(id));
            }
            // "vessel name", of the `vessel` by which vessels are known.
            if owner.contains(words) && schema_graph::is_label(ground, id) {
                self.name([words.as_slice(), &["name".to_owned()]].concat(), Part::Field(id));
            }
            // "beds" of `bed_count`
            if let [thing @ .., last] = words.as_slice()
                && last == "count"
                && field.ty == Type::Number
                && !thing.is_empty()
                && !self.names.contains_key(thing)
            {
                self.name(thing.to_vec(), Part::Field(id));
            }
            match words.as_slice() {
                // "phone number"
                [one] if field.ty == Type::Text && NUMBERED.contains(&one.as_str()) => {
                    self.name(vec![one.clone(), "number".to_owned()], Part::Field(id));
                }
                // "email address"
                [one] if field.ty == Type::Text && ["email", "mail"].contains(&one.as_str()) => {
                    self.name(vec![one.clone(), "address".to_owned()], Part::Field(id));
                }
                // "first name" is no first.
                [thing @ .., last]
                    if last == "name"
                        && !thing.is_empty()
                        && !matches!(thing, [one] if ["first", "last", "middle", "full", "short", "long"].contains(&one.as_str()))
                        && field.ty == Type::Text =>
                {
                    self.name(thing.to_vec(), Part::Field(id));
                }
                [is, rest @ ..] if ["is", "ha", "has", "was"].contains(&is.as_str()) => {
                    if let Some((flag, _)) = schema_graph::flag(ground, id) {
                        self.name(rest.to_vec(), Part::Field(id));
                        self.value(&rest.join(" "), Part::Value(id, flag));
                    }
                }
                _ => {}
            }
            if let Some((flag, no)) = schema_graph::flag(ground, id) {
                self.value(&words.join(" "), Part::Value(id, flag.clone()));
                let antonyms = ANTONYMS.iter().filter_map(|both| both.split_once(" / "));
                for (_, antonym) in antonyms.filter(|(word, _)| words.as_slice() == [*word]) {
                    self.value(antonym, Part::Value(id, no.clone()));
                }
                // "rooms that allow pets", of `pets_allowed`
                if let [thing @ .., done] = words.as_slice()
                    && let Some(verb) = done.strip_suffix("ed").filter(|_| !thing.is_empty())
                {
                    for verb in [verb.to_owned(), format!("{verb}e")] {
                        self.value(&format!("{verb} {}", thing.join(" ")), Part::Value(id, flag.clone()));
                    }
                }
            }
            if field.is_time {
                self.happened(words, id);
            }
            if field.ty == Type::Text && !field.is_key {
                self.agent(words, &Part::Field(id));
                self.active(words, &Part::Field(id));
            }
        }
    }

    fn values_of(&mut self, ground: &Ground, id: FieldId) {
        let field = ground.field(id);
        let is_flag = schema_graph::flag(ground, id).is_some();
        for value in &field.values {
            if let serde_json::Value::String(text) = value
                && !is_flag
            {
                self.value(text, Part::Value(id, Value::Text(text.clone())));
                for word in demonyms(&fold(text)) {
                    self.value(word, Part::Value(id, Value::Text(text.clone())));
                }
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

    /// "signed up", "sign up".
    pub(super) fn particle_verbs(&self, verb: &str, particle: &str) -> &[Part] {
        self.verbs.get(&format!("{} {particle}", stem(verb))).map_or(&[], Vec::as_slice)
    }

    fn value(&mut self, text: &str, part: Part) {
        let words = value_words(text);
        // "no" alone is no value.
        let is_answer = matches!(words.as_slice(), [one] if ["no", "yes"].contains(&one.as_str()));
        if words.is_empty() || words.len() > 8 || is_answer {
            return;
        }
        self.longest = self.longest.max(words.len());
        self.vocabulary.extend(words.iter().cloned());
        self.value_words.extend(words.iter().flat_map(|word| [word.clone(), lemma(word)]));
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

/// What a relationship calls what it leads to, or says of it: its synonyms, its label, and its name where that is not
/// made of the names of what it links.
pub(super) fn roles(ground: &Ground, join: &Join) -> Vec<Vec<String>> {
    let things: Vec<Vec<String>> =
        [join.from, join.to].iter().map(|id| lemmas(&ground.dataset(*id).names.name)).collect();
    let bare = join.names.name.rsplit('.').next().unwrap_or_default();
    // `origin` is a role, `o2c` is none.
    let is_word = |word: &String| word.len() > 3 && word.chars().all(char::is_alphabetic);
    let is_role = |words: &Vec<String>| words.len() > 1 || words.iter().all(is_word);
    let is_other =
        |words: &Vec<String>| !things.iter().any(|thing| words.ends_with(thing)) || is_qualified(words, &things);
    // `language_of`, of the languages of countries: what it begins at is called so, and no country.
    let own = phrases(&ground.dataset(join.from).names).concat();
    let is_its_own =
        |words: &Vec<String>| matches!(words.as_slice(), [.., word, of] if of == "of" && own.contains(word));
    let name = Some(lemmas(bare)).filter(|words| is_role(words) && is_other(words) && !is_its_own(words));
    let said = join.names.label.iter().chain(&join.names.synonyms).map(|said| lemmas(said));
    // `mentor_id`: what its rows call what they lead to.
    let column = match join.on.as_slice() {
        [(column, to)] if !column.eq_ignore_ascii_case(to) => Some(lemmas(column)),
        _ => None,
    };
    // `sold_by`: what somebody did.
    let is_deed =
        |words: &[String]| matches!(words, [.., verb, by] if by == "by" && (verb.ends_with("ed") || is_past(verb)));
    let column = column.map(|words| if is_deed(&words) { words } else { without_key(&words).to_vec() });
    let is_own = |words: &Vec<String>| {
        is_deed(words) || words.iter().all(|word| is_word(word) && !KEYS.contains(&word.as_str()))
    };
    // `pickup_branch_id`, of branches: which of them.
    let is_which = |words: &Vec<String>| words.len() > 1 && is_qualified(words, &things);
    let is_named = |words: &Vec<String>| things.iter().any(|thing| words.iter().any(|word| thing.contains(word)));
    let column = column.filter(|words| is_own(words) && (!is_named(words) || is_which(words)));
    let taken = |words: &Vec<String>| ground.datasets.iter().any(|dataset| phrases(&dataset.names).contains(words));
    said.chain(name).chain(column).filter(|words| !words.is_empty() && !taken(words)).collect()
}

/// `lead_lawyer`, of lawyers: which of them, and no name made of what is linked (`matter_lawyer`, `for_lawyer`).
fn is_qualified(words: &[String], things: &[Vec<String>]) -> bool {
    const LINKS: [&str; 12] = ["to", "of", "for", "in", "on", "at", "by", "with", "from", "has", "ha", "and"];
    let [from, to] = things else { return false };
    let Some(before) = words.strip_suffix(to.as_slice()).filter(|before| !before.is_empty()) else { return false };
    let is_other = |word: &String| !from.contains(word) && !to.contains(word) && !LINKS.contains(&word.as_str());
    before.iter().all(|word| is_other(word) && word.len() > 3)
}

/// Last words of columns that are keys.
const KEYS: [&str; 7] = ["id", "key", "no", "nr", "code", "number", "fk"];

fn without_key(words: &[String]) -> &[String] {
    match words {
        [rest @ .., last] if KEYS.contains(&last.as_str()) => rest,
        _ => &[],
    }
}

/// What is said where something is so, and where it is not.
static ANTONYMS: Phrases = Phrases::named("lexicon.ANTONYMS");

/// To whom one reports.
const SUPERIORS: [&str; 4] = ["manager", "supervisor", "boss", "superior"];

/// Of what one says the number.
const NUMBERED: [&str; 6] = ["phone", "telephone", "mobile", "fax", "passport", "account"];

/// Heads of names that say nothing of what they are of.
pub(super) const HEADS: [&str; 8] = ["kind", "type", "sort", "cause", "reason", "status", "state", "category"];

/// "status" of the "flight status" of flights, "kind" of "kind of job": said of these things alone, where nothing else is
/// called so.
pub(super) fn short_names(ground: &Ground, id: FieldId) -> Vec<Vec<String>> {
    let field = ground.field(id);
    let owners = phrases(&ground.dataset(field.dataset).names);
    let mut short: Vec<Vec<String>> = Vec::new();
    for words in phrases(&field.names) {
        // Of a figure, several may be meant.
        let own = owners.iter().filter_map(|owner| words.strip_prefix(owner.as_slice()));
        let own = own.filter(|rest| !rest.is_empty() && field.ty == Type::Text);
        short.extend(own.map(<[String]>::to_vec));
        if let [head, of, _, ..] = words.as_slice()
            && of == "of"
            && HEADS.contains(&head.as_str())
        {
            short.push(vec![head.clone()]);
        }
        // "year built", "year of birth": what was done in it.
        if field.ty == Type::Number && words.iter().any(|word| word == "year") {
            short.extend(
                words.iter().filter(|word| word.ends_with("ed") || is_past(word)).map(|word| vec![word.clone()]),
            );
            let of = YEARS.iter().filter(|(noun, _)| words.iter().any(|word| word == noun));
            short.extend(of.map(|(_, verb)| vec![(*verb).to_owned()]));
        }
    }
    const OWN: [&str; 12] =
        ["number", "no", "code", "id", "name", "key", "title", "date", "group", "order", "total", "share"];
    short.retain(|words| !matches!(words.as_slice(), [one] if OWN.contains(&one.as_str())));
    short.retain(|words| words.iter().all(|word| word.chars().all(char::is_alphabetic)));
    short
}

/// "reason" of `cancel_reason`, where the name of no other field ends so.
pub(super) fn last_words(ground: &Ground, id: FieldId) -> &[Vec<String>] {
    ground.derived().endings.get(id.0).map_or(&[], Vec::as_slice)
}

/// What is done in the year of something.
const YEARS: [(&str, &str); 5] =
    [("birth", "born"), ("death", "died"), ("foundation", "founded"), ("construction", "built"), ("opening", "opened")];

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

/// The expression of a metric is a count, and nothing is done with it.
pub(in crate::chat) fn is_count(expression: &str) -> bool {
    let text = expression.trim().to_ascii_lowercase();
    let Some(inside) = text.strip_prefix("count").map(str::trim_start).and_then(|rest| rest.strip_prefix('(')) else {
        return false;
    };
    let mut depth = 1;
    let end = inside.char_indices().find(|(_, c)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth == 0
    });
    end.is_some_and(|(at, _)| at + 1 == inside.len())
}
