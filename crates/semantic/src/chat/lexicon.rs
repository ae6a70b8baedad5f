//! What the words of a ground mean. Made with the ground, never altered.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{DatasetId, FieldId, Ground, Join, JoinId, MetricId, Names, Type};
use super::names::{further, phrases};
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
    /// All words of names and values, for repairs.
    pub(super) vocabulary: BTreeSet<String>,
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
                lexicon.agent(&words, &Part::Join(JoinId(at)));
                lexicon.active(&words, JoinId(at));
                lexicon.name(words, Part::Join(JoinId(at)));
            }
        }
        for at in 0..ground.fields.len() {
            lexicon.dated(ground, FieldId(at));
        }
        lexicon.heads(ground);
        lexicon.places(ground);
        lexicon.taken = lexicon.names.keys().chain(lexicon.values_by_lemma.keys()).cloned().collect();
        lexicon.parts(ground, &further);
        lexicon.taken.clear();
        lexicon
    }

    /// The parts of a ground under what `called` says of their names.
    fn parts(&mut self, ground: &Ground, called: &dyn Fn(&Names) -> Vec<Vec<String>>) {
        for (at, dataset) in ground.datasets.iter().enumerate() {
            for words in called(&dataset.names) {
                if let [one] = words.as_slice() {
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
                self.name(words, Part::Metric(id));
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

    /// The verb of a relationship that names who did it: one word, or one with a particle.
    pub(super) fn actives(&self, verb: &str, particle: Option<&str>) -> &[Part] {
        let words = particle.map_or_else(|| stem(verb), |particle| format!("{} {particle}", stem(verb)));
        self.actives.get(&words).map_or(&[], Vec::as_slice)
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
        let owner = phrases(&ground.dataset(field.dataset).names);
        for words in &called(&field.names) {
            self.name(words.clone(), Part::Field(id));
            // "order amount", and "region" of `region_name`.
            for owner in &owner {
                if !words.starts_with(owner) {
                    self.name([owner.clone(), words.clone()].concat(), Part::Field(id));
                }
            }
            // "names of customers", also those of `phys_nm`, by which physicians are known.
            if let [thing @ .., last] = words.as_slice()
                && (last == "name" || last == "title")
                && field.ty == Type::Text
                && (owner.iter().any(|owner| owner == thing)
                    || ground.known().labels.get(field.dataset.0).is_some_and(|labels| labels.contains(&id)))
            {
                self.name(vec![last.clone()], Part::Field(id));
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
                    if let Some((flag, _)) = ground.known().flags.get(id.0).cloned().flatten() {
                        self.name(rest.to_vec(), Part::Field(id));
                        self.value(&rest.join(" "), Part::Value(id, flag));
                    }
                }
                _ => {}
            }
            if let Some((flag, _)) = ground.known().flags.get(id.0).cloned().flatten() {
                self.value(&words.join(" "), Part::Value(id, flag));
            }
            if field.is_time {
                self.happened(words, id);
            }
            if field.ty == Type::Text && !field.is_key {
                self.agent(words, &Part::Field(id));
            }
        }
    }

    fn values_of(&mut self, ground: &Ground, id: FieldId) {
        let field = ground.field(id);
        let is_flag = ground.known().flags.get(id.0).cloned().flatten().is_some();
        for value in &field.values {
            // "no" alone is no value.
            if let serde_json::Value::String(text) = value
                && !is_flag
            {
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
        let bare: Vec<&str> = without_time(words).iter().map(String::as_str).collect();
        match bare.as_slice() {
            [verb] if bare.len() < words.len() => {
                if !verb.ends_with("ed") && !verbs_of(verb).is_empty() {
                    add(self.deeds.entry((*verb).to_owned()).or_default(), Part::Happened(id));
                }
                for verb in std::iter::once(stem(verb)).chain(verbs_of(verb)) {
                    add(self.verbs.entry(verb).or_default(), Part::Happened(id));
                }
                // `signup_date`: "signed up".
                let split = PARTICLES.iter().find_map(|particle| Some((verb.strip_suffix(particle)?, *particle)));
                if let Some((verb, particle)) = split.filter(|(verb, _)| verb.len() > 2) {
                    self.particle_verb(verb, particle, id);
                }
            }
            ["date" | "day" | "time", "of", verb] => {
                for verb in std::iter::once(stem(verb)).chain(verbs_of(verb)) {
                    add(self.verbs.entry(verb).or_default(), Part::Happened(id));
                }
            }
            [verb, particle] if PARTICLES.contains(particle) => self.particle_verb(verb, particle, id),
            _ => {}
        }
    }

    /// `owner`: "owns", "owned by".
    fn agent(&mut self, words: &[String], part: &Part) {
        let verb = words.last().and_then(|last| last.strip_suffix("er").or_else(|| last.strip_suffix("or")));
        if let Some(verb) = verb.filter(|verb| verb.len() > 2) {
            add(self.verbs.entry(stem(&format!("{verb}ed"))).or_default(), part.clone());
        }
    }

    /// "looked after by": "each support rep looks after".
    fn active(&mut self, words: &[String], join: JoinId) {
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [verb, "by"] => add(self.actives.entry(stem(verb)).or_default(), Part::Join(join)),
            [verb, particle, "by"] => {
                self.longest = self.longest.max(2);
                add(self.actives.entry(format!("{} {particle}", stem(verb))).or_default(), Part::Join(join));
            }
            _ => {}
        }
    }

    /// "region" may be the one of the customer, or `ship_region` of what belongs to him.
    fn places(&mut self, ground: &Ground) {
        const ELSE: [&str; 16] = [
            "ship",
            "shipping",
            "shipped",
            "bill",
            "billing",
            "delivery",
            "pickup",
            "origin",
            "destination",
            "home",
            "work",
            "departure",
            "arrival",
            "sender",
            "receiver",
            "recipient",
        ];
        for (id, field) in ground.fields.iter().enumerate().filter(|(_, field)| field.ty == Type::Text && !field.is_key)
        {
            let words = lemmas(&field.names.name);
            let [place, name] = words.as_slice() else { continue };
            if !ELSE.contains(&place.as_str()) {
                continue;
            }
            let reach = super::ways::reach(ground, field.dataset);
            let is_there = self.names.get(std::slice::from_ref(name)).into_iter().flatten().any(|part| match part {
                Part::Field(other) => {
                    let other = ground.field(*other);
                    other.dataset != field.dataset && reach.contains(&other.dataset)
                }
                _ => false,
            });
            if is_there {
                self.name(vec![name.clone()], Part::Field(FieldId(id)));
            }
        }
    }

    /// A column `state` that people know as "Customer state" is one of all that are known as states.
    fn heads(&mut self, ground: &Ground) {
        let labelled = |id: FieldId| {
            let names = &ground.field(id).names;
            let label = names.label.as_deref().map(lemmas)?;
            Some((id, label)).filter(|(_, label)| label.len() > 1)
        };
        let labels: Vec<(FieldId, Vec<String>)> = (0..ground.fields.len()).map(FieldId).filter_map(labelled).collect();
        for (id, label) in &labels {
            let name = lemmas(&ground.field(*id).names.name);
            let is_head = |words: &[String]| words.len() > name.len() && words.ends_with(&name);
            if !is_head(label) {
                continue;
            }
            for (other, words) in labels.iter().filter(|(other, words)| other != id && is_head(words)) {
                let is_other = ground.field(*other).dataset != ground.field(*id).dataset;
                if is_other && ground.field(*other).ty == ground.field(*id).ty && !words.is_empty() {
                    self.name(name.clone(), Part::Field(*other));
                }
            }
        }
    }

    /// `refunded_on`, `settled_at`: "refund date", "settlement date", where nothing else is called so.
    fn dated(&mut self, ground: &Ground, id: FieldId) {
        let field = ground.field(id);
        if !field.is_time {
            return;
        }
        let verbs: Vec<String> = phrases(&field.names).iter().filter_map(|words| verb(words)).collect();
        for verb in verbs {
            for noun in nouns(&verb) {
                add(self.deeds.entry(noun.clone()).or_default(), Part::Happened(id));
                let words = vec![noun, "date".to_owned()];
                // Nobody is thought to have meant them by another word.
                if !self.names.contains_key(&words) {
                    add(self.names.entry(words).or_default(), Part::Field(id));
                }
            }
        }
    }

    fn particle_verb(&mut self, verb: &str, particle: &str, id: FieldId) {
        let base = verb.strip_suffix("ed").unwrap_or(verb);
        let base = base.strip_suffix("nn").map_or_else(|| base.to_owned(), |root| format!("{root}n"));
        add(self.deeds.entry(format!("{base}{particle}")).or_default(), Part::Happened(id));
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

/// The stems of what one does: "admission" of "admitted", "birth" of "born".
fn verbs_of(noun: &str) -> Vec<String> {
    const OWN: [(&str, &str); 10] = [
        ("birth", "born"),
        ("death", "died"),
        ("payment", "paid"),
        ("sale", "sold"),
        ("departure", "left"),
        ("loss", "lost"),
        ("purchase", "bought"),
        ("start", "began"),
        ("foundation", "founded"),
        ("shipping", "sent"),
    ];
    const ENDINGS: [(&str, &[&str]); 10] = [
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
    let own = OWN.iter().filter(|(of, _)| *of == noun).map(|(_, verb)| (*verb).to_owned());
    let mut stems: Vec<String> = made.chain(own).map(|verb| stem(&verb)).filter(|verb| verb.len() > 2).collect();
    stems.dedup();
    stems
}

fn without_time(words: &[String]) -> &[String] {
    const TIMES: [&str; 9] = ["date", "at", "on", "time", "day", "timestamp", "datetime", "ts", "dt"];
    match words {
        [rest @ .., last] if TIMES.contains(&last.as_str()) => rest,
        rest => rest,
    }
}

/// The verb of `settled_at`.
fn verb(words: &[String]) -> Option<String> {
    match without_time(words) {
        [verb] if words.len() == 2 && verb.ends_with("ed") => Some(verb.clone()),
        _ => None,
    }
}

/// What a verb makes: "settled" a settlement, "refunded" a refund, "created" a creation, "expired" an expiration. Some of
/// these are no words, and nobody says them.
fn nouns(verb: &str) -> Vec<String> {
    let root = verb.strip_suffix("ed").unwrap_or(verb);
    let mut nouns: Vec<String> =
        ["", "e", "ment", "ement", "ion", "ation", "y", "al"].map(|end| format!("{root}{end}")).into();
    nouns.push(stem(verb));
    nouns.dedup();
    nouns
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
