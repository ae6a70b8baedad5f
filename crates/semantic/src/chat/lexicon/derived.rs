//! Words that follow from names: verbs of times and of who does something, and names that several fields share.

use super::{Lexicon, PARTICLES, Part, add};
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, Ground, JoinId, Type};
use crate::chat::names::phrases;
use crate::chat::null_meaning;
use crate::chat::schema_graph;
use crate::chat::times::{self, ENDS, STARTS};
use crate::chat::words::{Phrases, lemmas, nouns, participle, stem, verbs_of, without_time};

impl Lexicon {
    /// `shipped_at`, `ship_date`: "shipped".
    pub(super) fn happened(&mut self, words: &[String], id: FieldId) {
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
        static CAME_OUT: Phrases = Phrases::named("lexicon.CAME_OUT");
        if bare.first().is_some_and(|verb| CAME_OUT.contains(verb)) {
            self.particle_verb("come", "out", id);
            self.particle_verb("came", "out", id);
        }
    }

    /// `owner`: "owns", "owned by"; `project_lead`: "leads", "led by".
    pub(super) fn agent(&mut self, words: &[String], part: &Part) {
        static LEADERS: Phrases = Phrases::named("lexicon.LEADERS");
        if let [_, .., last] = words
            && let Some((verb, past)) =
                LEADERS.iter().filter_map(|both| both.split_once(" / ")).find(|(verb, _)| verb == last)
        {
            for verb in [verb, past] {
                add(self.verbs.entry(stem(verb)).or_default(), part.clone());
            }
        }
        static AGENTS: Phrases = Phrases::named("lexicon.AGENTS");
        let own = AGENTS.iter().filter_map(|both| both.split_once(" / "));
        for (_, past) in own.filter(|(agent, _)| words.last().is_some_and(|last| last == agent)) {
            add(self.verbs.entry(stem(past)).or_default(), part.clone());
        }
        let verb = words.last().and_then(|last| last.strip_suffix("er").or_else(|| last.strip_suffix("or")));
        if let Some(verb) = verb.filter(|verb| verb.len() > 2) {
            add(self.verbs.entry(stem(&format!("{verb}ed"))).or_default(), part.clone());
        }
    }

    /// "supplied", of all that leads to suppliers, where nothing else is said so.
    pub(super) fn doers(&mut self, ground: &Ground) {
        let mut said = Lexicon::default();
        for (at, join) in ground.joins.iter().enumerate().filter(|(_, join)| join.from != join.to) {
            let is_thing = ground.fields_of(join.to).any(|id| schema_graph::is_label(ground, id));
            for words in phrases(&ground.dataset(join.to).names).iter().filter(|_| is_thing) {
                said.agent(words, &Part::Join(JoinId(at)));
            }
        }
        for (verb, parts) in said.verbs {
            let known = self.verbs.entry(verb).or_default();
            // What they are called says no more than who does it.
            let is_name = |part: &Part| match (part, parts.first()) {
                (Part::Field(id), Some(Part::Join(join))) => ground.field(*id).dataset == ground.join(*join).to,
                _ => false,
            };
            if known.iter().all(is_name) {
                *known = parts;
            }
        }
    }

    /// "looked after by": "each support rep looks after".
    pub(super) fn active(&mut self, words: &[String], part: &Part) {
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [verb, "by"] => add(self.actives.entry(stem(verb)).or_default(), part.clone()),
            [verb, particle, "by"] => {
                self.longest = self.longest.max(2);
                add(self.actives.entry(format!("{} {particle}", stem(verb))).or_default(), part.clone());
            }
            _ => {}
        }
    }

    /// "region" may be the one of the customer, or `ship_region` of what belongs to him.
    pub(super) fn qualified_columns(&mut self, ground: &Ground) {
        static ELSE: Phrases = Phrases::named("lexicon.ELSE");
        for (id, field) in ground.fields.iter().enumerate().filter(|(_, field)| field.ty == Type::Text && !field.is_key)
        {
            let words = lemmas(&field.names.name);
            let [place, name] = words.as_slice() else { continue };
            if !ELSE.contains(&place.as_str()) {
                continue;
            }
            let reach = crate::chat::schema_graph::reach(ground, field.dataset);
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

    /// What nobody keeps and everybody asks for: "age", "rental length", "days since hire date".
    pub(super) fn computed(&mut self, ground: &Ground) {
        for of in (0..ground.datasets.len()).map(DatasetId) {
            let owners = phrases(&ground.dataset(of).names);
            let called: Vec<Vec<String>> =
                ground.fields_of(of).flat_map(|id| phrases(&ground.field(id).names)).collect();
            let mut name = |words: &[&str], field: FieldId, is_bare: bool| {
                let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
                if called.contains(&words) {
                    return;
                }
                for owner in &owners {
                    self.name([owner.as_slice(), &words].concat(), Part::Field(field));
                }
                if is_bare {
                    self.name(words, Part::Field(field));
                }
            };
            if let Some(age) = times::age(ground, of) {
                name(&["age"], age, true);
            }
            if let Some(span) = schema_graph::lasting(ground, of).filter(|id| ground.made_of(*id).is_some()) {
                name(&["duration"], span, true);
                ["length", "time", "period"].iter().for_each(|word| name(&[word], span, false));
            }
        }
        for id in (0..ground.fields.len()).map(FieldId) {
            let Some(since) = ground.made(Made::Since(id)) else { continue };
            for words in phrases(&ground.field(id).names) {
                self.name([vec!["day".to_owned(), "since".to_owned()], words].concat(), Part::Field(since));
            }
        }
    }

    /// A label "Customer state" makes "state" mean every field whose label ends in it.
    pub(super) fn heads(&mut self, ground: &Ground) {
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

    /// "alive", of what is empty while the animal is alive: where nothing else is called so, and nothing else says how it is.
    pub(super) fn states(&mut self, ground: &Ground) {
        let ids = || (0..ground.fields.len()).map(FieldId);
        let state = |id: FieldId| null_meaning::of(ground, id)?.state.clone();
        let dated: Vec<_> = ids().filter(|id| ground.field(*id).is_time).map(|id| (id, state(id))).collect();
        let is_of_time = |id: FieldId, words: &Vec<String>| {
            let of = ground.field(id).dataset;
            dated
                .iter()
                .any(|(time, said)| *time != id && ground.field(*time).dataset == of && said.as_ref() == Some(words))
        };
        let said: Vec<(FieldId, Vec<String>)> = ids().filter_map(|id| Some((id, state(id)?))).collect();
        self.taken = self.names.keys().chain(self.values_by_lemma.keys()).cloned().collect();
        for (id, words) in said {
            if (ground.field(id).is_time || !is_of_time(id, &words)) && !null_meaning::is_doubtful(ground, id) {
                self.name(words, Part::Undone(id));
            }
        }
    }

    /// `valid_to`: "end date", "expired", of each thing that has one such day.
    pub(super) fn starts_and_ends(&mut self, ground: &Ground) {
        for (noun, words, verbs) in [("start", &STARTS, ["start", "begin"]), ("end", &ENDS, ["end", "expire"])] {
            let name = vec![noun.to_owned(), "date".to_owned()];
            let days = (0..ground.datasets.len()).filter_map(|of| times::day_called(ground, DatasetId(of), words));
            let is_free = !self.names.contains_key(&name);
            for id in days {
                if is_free {
                    add(self.names.entry(name.clone()).or_default(), Part::Field(id));
                }
                for verb in verbs {
                    add(self.verbs.entry(stem(verb)).or_default(), Part::Happened(id));
                }
                if noun == "end" {
                    self.particle_verb("run", "out", id);
                    self.particle_verb("ran", "out", id);
                }
            }
        }
    }

    /// `refunded_on`, `settled_at`: "refund date", "settlement date", where nothing else is called so.
    pub(super) fn dated(&mut self, ground: &Ground, id: FieldId) {
        let field = ground.field(id);
        if !field.is_time {
            return;
        }
        // "due date", of `due_on`
        for words in phrases(&field.names) {
            let words = [without_time(&words), &["date".to_owned()]].concat();
            if words.len() > 1 && !self.names.contains_key(&words) {
                self.name(words, Part::Field(id));
            }
        }
        let verbs: Vec<String> = phrases(&field.names).iter().filter_map(|words| participle(words)).collect();
        for verb in verbs {
            for noun in nouns(&verb) {
                add(self.deeds.entry(noun.clone()).or_default(), Part::Happened(id));
                let words = vec![noun, "date".to_owned()];
                // Only where no field is called so already.
                if !self.names.contains_key(&words) {
                    add(self.names.entry(words).or_default(), Part::Field(id));
                }
            }
        }
    }

    pub(super) fn particle_verb(&mut self, verb: &str, particle: &str, id: FieldId) {
        let base = verb.strip_suffix("ed").unwrap_or(verb);
        let base = base.strip_suffix("nn").map_or_else(|| base.to_owned(), |root| format!("{root}n"));
        add(self.deeds.entry(format!("{base}{particle}")).or_default(), Part::Happened(id));
        self.longest = self.longest.max(2);
        add(self.verbs.entry(format!("{} {particle}", stem(verb))).or_default(), Part::Happened(id));
    }
}
