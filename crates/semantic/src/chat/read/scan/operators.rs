//! Operators: words that say what to do with figures, such as shares, changes, trends, running totals.

use super::super::items::{Alone, Contrast, Grouped, Item, Noun};
use super::super::reader::{LIGHT, LIGHT_LAST, Reader};
use super::figures::COUNTS;
use super::nouns::ARTICLES;
use super::times::BOUNDS;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId};
use crate::chat::lexicon::Part;
use crate::chat::names::phrases;
use crate::chat::query::Value;
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::words::Phrases;
use crate::chat::words::{Kind, Token, participle, stem};

/// What "how did" may ask of a figure.
static TURNS: Phrases = Phrases::named("scan.operators.TURNS");

/// How a thing comes to be.
pub(in crate::chat::read) static CAME: Phrases = Phrases::named("scan.operators.CAME");

/// What is done with figures.
static SHARE: Phrases = Phrases::named("scan.operators.SHARE");
static OF_TOTAL: Phrases = Phrases::named("scan.operators.OF_TOTAL");
static CUMULATIVE: Phrases = Phrases::named("scan.operators.CUMULATIVE");
static CHANGE: Phrases = Phrases::named("scan.operators.CHANGE");
static COMPARE: Phrases = Phrases::named("scan.operators.COMPARE");
static TREND: Phrases = Phrases::named("scan.operators.TREND");

fn is_auxiliary(token: &Token) -> bool {
    ["did", "do", "does", "have", "has", "had"].iter().any(|word| token.is(word))
}

impl Reader<'_> {
    /// What a verb of a relationship says alone. `own`: it is called as the own time of the rows is.
    fn alone(&self, at: usize, end: usize, own: Option<FieldId>) -> Alone {
        let is_state = |(other, part): (usize, &Part)| other == end && matches!(part, Part::Value(..));
        if self.any(end, &["by"]).is_some() || end > at + 1 && self.any(end - 1, &["by", "to", "from"]).is_some() {
            return Alone::By;
        }
        if self.parts(at).any(is_state) {
            return Alone::State;
        }
        let is_bare = self.is_end(end)
            || self.any(end, &["in", "on", "since", "during", "per", "each", "before", "after", "and"]).is_some()
            || !dates::at(self.tokens, end, self.context).is_empty();
        match (own.is_some() || CAME.contains(&&*self.tokens[at].text), is_bare) {
            (true, _) => Alone::Nothing,
            (false, true) => Alone::Linked,
            (false, false) => Alone::So,
        }
    }

    pub fn operators(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (end, part) in self.parts(at) {
            match part {
                Part::Join(join) => {
                    let from = self.ground.join(*join).from;
                    let verb = stem(&self.tokens[at].text);
                    let is_of_verb = |id: &FieldId| {
                        let names = phrases(&self.ground.field(*id).names);
                        let is_it = |words: &Vec<String>| participle(words).is_some_and(|done| stem(&done) == verb);
                        self.ground.field(*id).is_time && names.iter().any(is_it)
                    };
                    let happened = self.ground.fields_of(from).find(is_of_verb);
                    let own = happened.filter(|field| times::own(self.ground, from) == Some(*field));
                    steps.push((end, Item::Through(*join, happened, self.alone(at, end, own))));
                }
                // "orders each customer placed": by the relationship to customers, and not when.
                Part::Happened(_) if self.is_done_by_its_own(at, end) => {}
                Part::Happened(field) => {
                    // "subscribed since 2020": the last word is the period's, too.
                    let is_bound = end > at + 1 && BOUNDS.iter().any(|word| self.tokens[end - 1].is(word));
                    let is_dated = is_bound && !dates::at(self.tokens, end - 1, self.context).is_empty();
                    steps.push((if is_dated { end - 1 } else { end }, Item::Happened(*field)));
                }
                Part::Deeds(field) => steps.push((end, Item::Deeds(*field))),
                Part::Field(field) if self.is_event(at, end, *field) && self.is_bare_event(at, end) => {
                    let is_many = self.tokens[at].text != self.tokens[at].lemma;
                    steps.push((end, if is_many { Item::Deeds(*field) } else { Item::Happened(*field) }));
                }
                _ => {}
            }
        }
        // "with Rui Santos as the referee"
        if let Some(end) = self.any(at, &["as the", "as their", "as its", "as a", "as an", "as"]) {
            steps.extend(self.roles(end).map(|(end, join)| (end, Item::Through(join, None, Alone::Linked))));
        }
        // "with their region and manager"
        if at > 0 {
            let start = self.past(at, &["the", "their", "its", "with their", "with the", "with its"]);
            // "lawyers with their mentor", who is one of them.
            let own = if start > at { self.own_roles(start) } else { Vec::new() };
            for (end, join) in self.called_roles(start).into_iter().chain(own) {
                steps.push((end, Item::RoleOf(join)));
                // "top 3 bidders by number of bids"
                let is_many = self.tokens[end - 1].text != self.tokens[end - 1].lemma;
                if is_many && self.tokens[at - 1].number().is_some() {
                    steps.push((end, Item::Group { by: vec![Grouped::Role(join, None)], is_per: false }));
                }
            }
        }
        // "who manages the York branch"
        if at == 0 && self.tokens[0].is("who") {
            let end = self.past(1, &["did", "does", "has", "have", "is", "was", "were"]);
            for (end, part) in self.parts(end) {
                if let Part::Join(join) = part
                    && self.ground.join(*join).from != self.ground.join(*join).to
                {
                    steps.push((end, Item::Who(*join)));
                }
            }
        }
        self.did(at, steps);
        self.made(at, steps);
        // "who is the owner of"
        if let Some(end) = self.any(at, &["who is the", "who is", "who are the", "who was the", "what is the"]) {
            for (end, part) in self.parts(end) {
                if let (Part::Join(join), Some(end)) = (part, self.any(end, &["of", "for", "of the", "for the"])) {
                    steps.push((end, Item::Who(*join)));
                }
            }
        }
        self.came(at, steps);
        let phrases: [(&Phrases, Item); 6] = [
            (&SHARE, Item::Share),
            (&OF_TOTAL, Item::OfTotal),
            (&CUMULATIVE, Item::Cumulative),
            (&CHANGE, Item::Change),
            (&COMPARE, Item::CompareWord),
            (&TREND, Item::Trend),
        ];
        // "how many goals fell in the match": no change of them.
        let is_counted = || (0..at).any(|from| self.any(from, &COUNTS).is_some());
        let happens = self.is(at, "fell").and_then(|end| self.any(end, &["in", "on", "during"]));
        let happens = happens.filter(|end| is_counted() && dates::at(self.tokens, *end, self.context).is_empty());
        if happens.is_some() {
            steps.push((at + 1, Item::Counted));
        }
        for (words, item) in phrases {
            if let Some(end) = self.any(at, words).filter(|_| happens.is_none()) {
                steps.push((end, item));
            }
        }
        // "revenue share by region"
        if let Some(end) = self.any(at, &["share", "shares", "percentage", "percentage share"])
            && self.any(end, &["of", "in", "share"]).is_none()
        {
            steps.push((end, Item::OfTotal));
        }
        // "share of mobile in all sessions"
        if let Some(end) = self.any(at, &["in all", "among all", "of all", "out of all", "in the total of all"]) {
            steps.push((end, Item::OfAll));
            // "which patient had the most orders of all?"
            const RANKS: [&str; 8] = ["most", "least", "fewest", "highest", "lowest", "best", "worst", "largest"];
            let is_ranked = self.tokens[..at].iter().any(|token| RANKS.iter().any(|word| token.is(word)));
            if is_ranked && self.is(at, "of all").is_some() && self.is_end(end) {
                steps.push((end, Item::Skip));
            }
        }
        // "how did revenue compare", "how did revenue develop"
        if let Some(end) = self.any(
            at,
            &[
                "how did",
                "how do",
                "how does",
                "how has",
                "how have",
                "how is",
                "how was",
                "what do",
                "what does",
                "what did",
            ],
        ) && (end..self.tokens.len()).any(|at| self.any(at, &TURNS).is_some())
        {
            steps.push((end, Item::Skip));
        }
        if let Some(end) = self.is(at, "on average") {
            steps.push((end, Item::OnAverage));
        }
        self.theirs(at, steps);
        // "with tickets but without orders"
        if let Some(end) = self.any(at, &["but", "yet"])
            && self.any(end, &["with", "without", "no", "never", "who", "that", "have", "has", "had"]).is_some()
        {
            steps.push((end, Item::And));
        }
        // "in 2025 but not in 2026"
        if let Some(end) = self.any(at, &["but never", "and never"]).filter(|end| !self.lists(*end).is_empty()) {
            steps.push((end, Item::ButNot));
        }
        if let Some(end) = self.any(at, &["but not", "and not", "but not again", "but did not", "but none"])
            && !dates::at(self.tokens, self.past(end, &["in", "during", "so far"]), self.context).is_empty()
        {
            steps.push((end, Item::ButNot));
        }
        // "customers without orders, how many?"
        if let Some(end) = self.any(at, &["how many", "how many are there", "how many is that"])
            && at > 0
            && (end..self.tokens.len()).all(|at| self.tokens[at].kind == Kind::Sign)
        {
            steps.push((end, Item::HowMany));
        }
        // "number of admissions"
        if let Some(end) = self.any(at, &COUNTS) {
            steps.extend(self.parts(self.past(end, &ARTICLES)).filter_map(|(end, part)| match part {
                Part::Deeds(field) => Some((end, Item::Deeds(*field))),
                _ => None,
            }));
        }
        // "number of cancelled orders"
        if let Some(end) = self.any(at, &COUNTS) {
            let start = self.past(end, &ARTICLES);
            let is_of = |(behind, field): (usize, FieldId)| {
                let of = self.ground.field(field).dataset;
                self.phrases(behind)
                    .iter()
                    .any(|(_, phrase)| phrase.noun == Noun::Entity(of) && phrase.is_bare_plural())
            };
            let happened = self.parts(start).filter_map(|(behind, part)| match part {
                Part::Happened(field) => Some((behind, *field)),
                _ => None,
            });
            if happened.into_iter().any(is_of) {
                steps.push((start, Item::Counted));
            }
        }
        if let Some(end) = self.any(at, &["how much", "how much money", "how much of the", "how much of"]) {
            steps.push((end, Item::HowMuch));
        }
        if let Some(end) =
            self.any(at, &["if any", "if there is one", "if there was one", "if there are any", "if there were any"])
        {
            steps.push((end, Item::IfAny));
        }
        // "…? Add the city", where another sentence stands before.
        if let Some(end) = self.is(at, "add").filter(|end| self.is(*end, "up").is_none())
            && at > 0
            && self.ends_sentence(at - 1)
        {
            steps.push((end, Item::List));
        }
        // "What revenue did the stores generate": figures are of what they are computed for, whatever brings them
        // about.
        if self.any(at, &LIGHT).is_some() && self.tokens[..at].iter().any(is_auxiliary) {
            steps.push((at + 1, Item::Light));
        }
        // "how many events did each coach run", "how many plays did each author write", of their author
        if at > 0 && self.is_end(at + 1) && self.tokens[..at].iter().any(is_auxiliary) {
            let is_named =
                |field: &FieldId| (0..at).any(|from| self.parts(from).any(|(_, part)| *part == Part::Field(*field)));
            let is_doer = self.parts(at).any(|(_, part)| matches!(part, Part::Field(field) if is_named(field)));
            let is_light = self.parts(at).next().is_none() && LIGHT_LAST.contains(&self.tokens[at].text.as_str());
            if is_doer || is_light {
                steps.push((at + 1, Item::Light));
            }
        }
        self.contrasts(at, steps);
        self.in_unit(at, steps);
        self.doers(at, steps);
        self.stop_phrases(at, steps);
        // "only for paid orders"
        if let Some(end) = self.any(at, &["only", "just"]) {
            let next = self.past(end, &["for", "in", "from", "with", "the"]);
            if next > end
                && (!self.lists(next).is_empty()
                    || self.phrases(next).iter().any(|(_, phrase)| !phrase.filters.is_empty()))
            {
                steps.push((end, Item::Skip));
            }
        }
        if let Some((field, first, second, end)) = self.versus_values(at) {
            steps.push((end, Item::VersusValues { field, first, second }));
        }
    }

    /// "invoices issued in May", "how many invoices did we write": the time of what came to be so.
    fn came(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let is_free = self.parts(at).next().is_none() && CAME.contains(&self.tokens[at].text.as_str());
        // "who placed it" did not come to be then.
        let is_named = (1..at).any(|from| self.parts(from).any(|(_, part)| matches!(part, Part::Dataset(_))));
        let is_free = is_free && (is_named || !self.tokens[0].is("who"));
        let came = |of: DatasetId| times::own(self.ground, of).or_else(|| times::came(self.ground, of));
        let own = self.thing_before(at).and_then(came);
        let own = own.filter(|_| is_free && !self.is_done_to_others(at));
        steps.extend(own.map(|field| (at + 1, Item::Happened(field))));
    }

    /// "how many hours did our people book", "which technician booked the most hours": who did it stands before the verb, and
    /// did not come to be then.
    fn is_done_to_others(&self, at: usize) -> bool {
        let is_passive =
            at > 0 && ["been", "being", "be", "got", "get"].iter().any(|word| self.tokens[at - 1].is(word));
        let is_behind = |auxiliary: usize| (auxiliary + 1..at).any(|from| self.thing_at(from).is_some());
        let has_doer = !is_passive && self.tokens[..at].iter().rposition(is_auxiliary).is_some_and(is_behind);
        let has_object = self.any(at + 1, &["the most", "most", "the fewest", "the least"]).is_some()
            || self.thing_at(at + 1).is_some();
        has_doer || has_object
    }

    /// A relationship is called by these words, and each of what it leads to is named right before, or behind "by".
    fn is_done_by_its_own(&self, at: usize, behind: usize) -> bool {
        let is_named = |id: DatasetId| {
            let is_it = |from: &usize| self.parts(*from).any(|(end, part)| end == at && *part == Part::Dataset(id));
            let is_before = (1..at).filter(is_it).any(|from| self.any(from - 1, &["each", "every"]).is_some());
            let behind = self.is(behind, "by").map(|end| self.phrases(end)).unwrap_or_default();
            is_before || behind.iter().any(|(_, phrase)| phrase.noun == Noun::Entity(id))
        };
        self.parts(at).any(
            |(end, part)| matches!(part, Part::Join(join) if end == behind && is_named(self.ground.join(*join).to)),
        )
    }

    /// "average fuel, not cost, of flights", "number of artists, not works": what is named is not asked for.
    fn contrasts(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.any(at, &[", not the", ", not", ", and not the", ", and not", ", rather than"]);
        let Some(start) = start.map(|end| self.past(end, &["the", "of", "their"])) else { return };
        let start = self.any(start, &["number of", "average", "total", "amount", "amounts"]).unwrap_or(start);
        for (end, part) in self.parts(start) {
            let contrast = match part {
                Part::Field(id) => Contrast::Field(*id),
                Part::Dataset(id) => Contrast::Thing(*id),
                Part::Metric(id) | Part::CountMetric(id) => Contrast::Figure(*id),
                _ => continue,
            };
            let closed = self.any(end, &[","]).filter(|end| self.tokens.len() > *end);
            steps.push((closed.unwrap_or(end), Item::NotThat(contrast)));
        }
    }

    /// "in minutes", behind what is asked for.
    fn in_unit(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let Some(start) = self.any(at, &["in", ", in", "measured in", "expressed in"]).filter(|_| at > 0) else {
            return;
        };
        let Some(token) = self.tokens.get(start).filter(|token| token.kind == Kind::Word) else { return };
        let is_it = |declared: &String| {
            declared.eq_ignore_ascii_case(&token.text)
                || crate::chat::units::unit(declared)
                    .is_some_and(|unit| Some(unit) == crate::chat::units::unit(&token.text))
        };
        let fields = self.ground.fields.iter().filter_map(|field| field.unit.as_ref());
        let mut declared = fields.chain(self.ground.metrics.iter().filter_map(|metric| metric.unit.as_ref())).cloned();
        let mut declared = declared.by_ref().chain(["days", "hours", "minutes"].map(str::to_owned));
        let ends =
            self.tokens.get(start + 1).is_none_or(|next| next.kind == Kind::Sign || next.is("by") || next.is("per"));
        if let Some(unit) = declared.find(|declared| is_it(declared)).filter(|_| ends) {
            steps.push((start + 1, Item::InUnit(unit)));
        }
    }

    /// "orders placed by gold customers": those who did it, with what is said of them.
    fn doers(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let is_done = |id: DatasetId| {
            let is_verb = |(end, part): (usize, &Part)| matches!(part, Part::Join(join) if end == at && self.ground.join(*join).to == id);
            (0..at).any(|from| self.parts(from).any(is_verb))
        };
        let Some(end) = self.is(at, "by") else { return };
        for (end, phrase) in self.phrases(end) {
            if matches!(phrase.noun, Noun::Entity(id) if is_done(id) || self.is_described(end))
                && phrase.is_plain()
                && (phrase.is_plural || !phrase.filters.is_empty())
            {
                steps.push((end, Item::Noun(phrase)));
            }
        }
    }

    /// "Germany vs France", "between Germany and France", "Germany compared to France".
    fn versus_values(&self, at: usize) -> Option<(FieldId, Value, Value, usize)> {
        // "flights between Paris and London" go from one to the other, and compare nothing.
        const COMPARED: [&str; 8] =
            ["difference", "compare", "comparison", "compared", "change", "gap", "ratio", "differ"];
        let is_compared = || self.tokens[..at].iter().any(|token| COMPARED.contains(&token.text.as_str()));
        let between = self.is(at, "between").filter(|_| is_compared());
        let start = self.past(between.unwrap_or(at), &["in", "for", "the"]);
        let joints: &[&str] = if between.is_some() { &["and"] } else { &super::times::VERSUS };
        self.parts(start).find_map(|(end, part)| {
            let Part::Value(field, first) = part else { return None };
            // "fleet customers versus private customers": what has them is said with each.
            let of = self.ground.field(*field).dataset;
            let is_owner = |id: DatasetId| schema_graph::reach(self.ground, id).contains(&of);
            let things = |at: usize| {
                self.parts(at).find_map(|(end, part)| match part {
                    Part::Dataset(id) if is_owner(*id) => Some(end),
                    _ => None,
                })
            };
            let (joint, is_of_things) = match self.any(end, joints) {
                Some(joint) => (joint, false),
                None => (self.any(things(end)?, joints)?, true),
            };
            let joint = self.past(joint, &["in", "for", "of", "the"]);
            self.parts(joint).find_map(|(end, part)| match part {
                Part::Value(other, second) if other == field && second != first => {
                    let end = things(end).filter(|_| is_of_things).unwrap_or(end);
                    Some((*field, first.clone(), second.clone(), end))
                }
                _ => None,
            })
        })
    }
}
