//! Superlatives: "top 5", "with the most orders", "the latest order", "when was the last order".

use super::super::field_roles;
use super::super::items::{Item, Noun, Phrase, Rank};
use super::super::reader::Reader;
use super::adjectives::only_such;
use super::operators::CAME;
use crate::chat::ground::{DatasetId, FieldId, Type};
use crate::chat::lexicon::Part;
use crate::chat::query::{Aggregate, Measure, Query};
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::units;
use crate::chat::words::Phrases;

pub static MOST: Phrases = Phrases::named("scan.superlatives.MOST");
pub static LEAST: Phrases = Phrases::named("scan.superlatives.LEAST");
/// Whether the last in time.
pub static LAST: Phrases = Phrases::named("scan.superlatives.LAST");
pub static FIRST: Phrases = Phrases::named("scan.superlatives.FIRST");
const SIZES: [&str; 6] = ["highest", "largest", "biggest", "greatest", "lowest", "smallest"];
static TOP: Phrases = Phrases::named("scan.superlatives.TOP");
static BOTTOM: Phrases = Phrases::named("scan.superlatives.BOTTOM");

static MOST_BY: Phrases = Phrases::named("scan.superlatives.MOST_BY");
static LEAST_BY: Phrases = Phrases::named("scan.superlatives.LEAST_BY");
static COMMONEST: Phrases = Phrases::named("scan.superlatives.COMMONEST");
static POPULAR: Phrases = Phrases::named("scan.superlatives.POPULAR");
static UNPOPULAR: Phrases = Phrases::named("scan.superlatives.UNPOPULAR");
static RAREST: Phrases = Phrases::named("scan.superlatives.RAREST");
static GREW: Phrases = Phrases::named("scan.superlatives.GREW");
static FELL: Phrases = Phrases::named("scan.superlatives.FELL");
static WHEN_DID: Phrases = Phrases::named("scan.superlatives.WHEN_DID");

const LONGEST: [(&str, bool); 2] = [("longest", true), ("shortest", false)];

/// Words that say the most, then those that say the least.
pub fn either(most: &'static Phrases, least: &'static Phrases) -> impl Iterator<Item = (&'static str, bool)> {
    let least = least.iter().map(|words| (*words, false));
    most.iter().map(|words| (*words, true)).chain(least)
}

/// Verbs that say no more than the figure behind them.
pub static SAYS_NO_MORE: Phrases = Phrases::named("scan.superlatives.SAYS_NO_MORE");

impl Reader<'_> {
    pub fn superlatives(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        // "at least 5 orders" is no superlative.
        if at > 0 && self.tokens[at - 1].is("at") && self.any(at, &["least", "most"]).is_some() {
            return;
        }
        let start = self.past(at, &["the"]);
        // "top 5 products", "5 best products", "top"
        let before = self.count(start);
        let after = if before.is_some() { start + 1 } else { start };
        for (words, is_descending) in either(&TOP, &BOTTOM) {
            let Some(end) = self.is(after, words) else { continue };
            let (n, end) = match (before, self.count(end)) {
                (None, Some(n)) => (Some(n), end + 1),
                (n, _) => (n, end),
            };
            let is_size = SIZES.contains(&words);
            for (end, what) in self.things(end) {
                if what.number.is_none() && !what.is_keyed {
                    steps.push((
                        end,
                        Item::Rank(Rank::Top { n, is_descending, is_size, what: Some(what), by: None, own: None }),
                    ));
                }
            }
            if n.is_some() {
                steps.push((end, Item::Rank(Rank::Top { n, is_descending, is_size, what: None, by: None, own: None })));
            }
        }
        // "longest film": of what has a name, by how long it lasts.
        for (words, is_descending) in LONGEST {
            let Some(end) = self.is(after, words) else { continue };
            let end = self.any(end, &["running", "lasting"]).unwrap_or(end);
            let n = before.or_else(|| self.count(end));
            let end = if before.is_none() && n.is_some() { end + 1 } else { end };
            for (end, what) in self.phrases(end) {
                let Noun::Entity(id) = what.noun else { continue };
                let own = schema_graph::lasting(self.ground, id).filter(|_| what.is_plain() && self.has_name(id));
                let own = own.filter(|span| !self.is_length_too(*span));
                if own.is_some() {
                    let what = Some(what);
                    steps.push((end, Item::Rank(Rank::Top { n, is_descending, is_size: false, what, by: None, own })));
                }
            }
        }
        self.lasted(at, steps);
        self.oldest(after, before, steps);
        self.most_done(after, before, steps);
        self.popular(after, before, steps);
        self.adjectives(after, before, steps);
        self.most_common(after, before, steps);
        self.done_most(at, steps);
        self.grew(at, steps);
        self.most_spent(at, steps);
        self.recent(start, steps);
        self.done_last(at, steps);
        self.best(at, steps);
        self.when(at, steps);
        self.when_did(at, steps);
    }

    /// "ran the longest", "which exhibition was the longest": of those that are spoken of, by how long each lasts.
    fn lasted(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        static LASTED: Phrases = Phrases::named("scan.superlatives.LASTED");
        let Some(start) = self.any(at, &LASTED).map(|end| self.past(end, &["the", "for"])) else { return };
        for (words, is_descending) in LONGEST {
            let Some(end) = self.is(start, words).filter(|end| self.is_clause_end(*end)) else { continue };
            let things =
                self.thing_before(at).filter(|of| only_such(self.ground, *of, &["length", "distance"]).is_none());
            let field = things.and_then(|of| schema_graph::lasting(self.ground, of));
            let field = field.filter(|span| !self.is_length_too(*span));
            let rank = field.map(|field| Rank::BestField { field, is_descending, is_many: false });
            steps.extend(rank.map(|rank| (end, Item::Rank(rank))));
        }
    }

    /// "oldest building": by the day or the year in which it came to be, whatever other time it has.
    fn oldest(&self, at: usize, before: Option<u64>, steps: &mut Vec<(usize, Item)>) {
        for (words, is_descending) in [("oldest", false), ("newest", true), ("youngest", true)] {
            let Some(end) = self.is(at, words) else { continue };
            let n = before.or_else(|| self.count(end));
            let end = if before.is_none() && n.is_some() { end + 1 } else { end };
            for (end, what) in self.things(end) {
                let Noun::Entity(id) = what.noun else { continue };
                let own = field_roles::came_to_be(self.ground, id).filter(|_| what.is_plain());
                // The newest employee is not the youngest.
                let own = own.filter(|field| words != "newest" || !field_roles::is_of_birth(self.ground, *field));
                // The newest of those that have a time of their own came last by that.
                let is_new = words == "newest" && times::own(self.ground, id).is_some_and(|time| own != Some(time));
                if own.is_some() && !is_new {
                    let what = Some(what);
                    steps.push((end, Item::Rank(Rank::Top { n, is_descending, is_size: false, what, by: None, own })));
                }
            }
        }
    }

    /// "the 3 most viewed pages", "least visited cities"
    fn most_done(&self, at: usize, before: Option<u64>, steps: &mut Vec<(usize, Item)>) {
        for (words, is_descending) in [("most", true), ("most often", true), ("least", false), ("least often", false)] {
            let Some(end) = self.is(at, words) else { continue };
            let n = before.or_else(|| self.count(end));
            let end = if before.is_none() && n.is_some() { end + 1 } else { end };
            for (end, part) in self.parts(end) {
                // Where rows have amounts, by how much of it is not said.
                let dataset = match part {
                    Part::Done(dataset) => dataset,
                    Part::Happened(field) => &self.ground.field(*field).dataset,
                    _ => continue,
                };
                let mut fields = self.ground.fields_of(*dataset);
                if fields.any(|field| super::super::resolve::totals::total(self.ground, field).is_some()) {
                    continue;
                }
                let by = super::super::resolve::counts::counting(self.ground, *dataset)
                    .unwrap_or(Measure::CountOf(*dataset));
                for (end, what) in self.phrases(end) {
                    if what.number.is_none() && !what.is_keyed {
                        let (what, by) = (Some(what), Some(by.clone()));
                        steps.push((
                            end,
                            Item::Rank(Rank::Top { n, is_descending, is_size: false, what, by, own: None }),
                        ));
                    }
                }
            }
        }
    }

    /// "most popular tariffs": those with the most rows that lead to them, where such rows are of one
    /// sort only.
    fn popular(&self, at: usize, before: Option<u64>, steps: &mut Vec<(usize, Item)>) {
        for (words, is_descending) in either(&POPULAR, &UNPOPULAR) {
            let Some(end) = self.is(at, words) else { continue };
            if let Some(measure) =
                self.thing_before(at).and_then(|of| self.used_by(of)).filter(|_| self.is_clause_end(end))
            {
                steps.push((end, Item::Rank(Rank::Best { measure, is_descending })));
            }
            let n = before.or_else(|| self.count(end));
            let end = if before.is_none() && n.is_some() { end + 1 } else { end };
            let start = end;
            for (end, what) in self.phrases(end).into_iter().filter(|(_, what)| what.is_plain()) {
                let by = match what.noun {
                    Noun::Entity(id) if self.is_called_by_field(start, end, id) => None,
                    Noun::Entity(id) => {
                        steps.extend(self.popular_field(end, id, &what, n, is_descending));
                        let identity = schema_graph::identity(self.ground, id);
                        // "product name": of the product itself.
                        let is_sort = self.own_field(end, id).is_some_and(|(_, field)| !identity.contains(&field));
                        self.used_by(id).filter(|_| what.is_plural || !is_sort)
                    }
                    Noun::Field(id) if self.is_figure(id) || self.ground.field(id).is_time => None,
                    Noun::Field(id) => {
                        let of = self.ground.field(id).dataset;
                        let is_name = schema_graph::identity(self.ground, of).contains(&id);
                        let is_event = !is_name && !self.has_name(of) && times::of(self.ground, of).field().is_some();
                        // "plane type": of the planes that are used.
                        let is_of_things = !is_name && self.begins_with(start, end, of);
                        match is_event && !self.is_unwanted(of) {
                            true => Some(super::super::resolve::counts::number(self.ground, of)),
                            false => self.used_by(of).filter(|_| is_of_things),
                        }
                    }
                    Noun::Grain(_) => None,
                };
                let (Some(by), what) = (by, Some(what)) else { continue };
                let by = Some(by);
                steps.push((end, Item::Rank(Rank::Top { n, is_descending, is_size: false, what, by, own: None })));
            }
        }
    }

    /// "most popular plane model": by the field behind the things.
    fn popular_field(
        &self,
        at: usize,
        of: DatasetId,
        what: &Phrase,
        n: Option<u64>,
        is_descending: bool,
    ) -> Option<(usize, Item)> {
        let (end, field) = self.own_field(at, of).filter(|_| !what.is_plural && what.filters.is_empty())?;
        let is_sort = !self.is_figure(field) && !self.ground.field(field).is_time;
        let by = self.used_by(of).filter(|_| is_sort && !schema_graph::identity(self.ground, of).contains(&field));
        let what = Some(Phrase { noun: Noun::Field(field), ..what.clone() });
        Some((end, Item::Rank(Rank::Top { n, is_descending, is_size: false, what, by: Some(by?), own: None })))
    }

    /// A field of these things that is named right here.
    fn own_field(&self, at: usize, of: DatasetId) -> Option<(usize, FieldId)> {
        self.parts(at).find_map(|(end, part)| match part {
            Part::Field(id) if self.ground.field(*id).dataset == of => Some((end, *id)),
            _ => None,
        })
    }

    /// The words begin with a name of these things, and go on.
    fn begins_with(&self, at: usize, end: usize, of: DatasetId) -> bool {
        let words: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
        let mut names = crate::chat::names::phrases(&self.ground.dataset(of).names).into_iter();
        names.any(|name| words.len() > name.len() && words.starts_with(&name))
    }

    /// How many rows lead to each of these, by the only relationship that does.
    fn used_by(&self, of: DatasetId) -> Option<Measure> {
        let mut joins = self.ground.joins.iter().filter(|join| join.to == of && join.from != of);
        let (Some(join), None) = (joins.next(), joins.next()) else { return None };
        // Products of a category are there, whoever buys them.
        let is_event = !self.has_name(join.from) && times::of(self.ground, join.from).field().is_some();
        (is_event && !self.is_unwanted(join.from))
            .then(|| super::super::resolve::counts::number(self.ground, join.from))
    }

    /// Complaints, returns: the more there are, the less it is liked.
    fn is_unwanted(&self, of: DatasetId) -> bool {
        static UNWANTED: Phrases = Phrases::named("scan.superlatives.UNWANTED");
        let names = crate::chat::names::phrases(&self.ground.dataset(of).names);
        names.iter().flatten().any(|word| UNWANTED.contains(&word.as_str()))
    }

    /// "plane type": a field that things are called by, and not the things.
    fn is_called_by_field(&self, at: usize, end: usize, of: DatasetId) -> bool {
        let words: Vec<String> = self.tokens[at..end].iter().map(|token| token.lemma.clone()).collect();
        let is_field = self.parts(at).any(|(other, part)| other == end && matches!(part, Part::Field(_)));
        is_field && !crate::chat::names::phrases(&self.ground.dataset(of).names).contains(&words)
    }

    /// What was taken for how popular things are.
    pub fn popular_note(&self, query: &Query) -> Option<String> {
        let is_said =
            (0..self.tokens.len()).any(|at| either(&POPULAR, &UNPOPULAR).any(|it| self.is(at, it.0).is_some()));
        let counted = super::super::resolve::counts::counted(self.ground, query.measures.first()?)?;
        let name = self.ground.dataset(counted).names.shown().to_lowercase();
        is_said.then(|| format!("Took how many {name} each has for how popular it is."))
    }

    /// "is rented most often", "failed the most": of those that are spoken of, by how often it was done.
    fn done_most(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        static MOST_OFTEN: Phrases = Phrases::named("scan.superlatives.MOST_OFTEN");
        const OF_GOODS: [&str; 6] = ["sold", "bought", "ordered", "purchased", "shipped", "delivered"];
        static LEAST_OFTEN: Phrases = Phrases::named("scan.superlatives.LEAST_OFTEN");
        if self.thing_before(at).is_none() {
            return;
        }
        let start = self.past(at, &["was", "were", "is", "are", "has been", "have been", "been", "gets", "got"]);
        for (end, part) in self.parts(start) {
            let of = match part {
                Part::Done(of) => *of,
                Part::Join(join) => self.ground.join(*join).from,
                Part::Happened(field) => self.ground.field(*field).dataset,
                _ => continue,
            };
            for (words, is_descending) in either(&MOST_OFTEN, &LEAST_OFTEN) {
                let Some(end) = self.is(end, words).filter(|end| self.is_behind_rank(*end)) else { continue };
                // Where rows have amounts, by how much of it is not said.
                let mut fields = self.ground.fields_of(of);
                let is_often = ["often", "frequently"].contains(&self.tokens[end - 1].text.as_str());
                // What is paid for it is no more of it.
                let is_of_goods = OF_GOODS.contains(&self.tokens[start].text.as_str());
                let is_amount = |field: FieldId| {
                    let is_money = self.ground.field(field).unit.as_deref().is_some_and(units::is_money);
                    let total = super::super::resolve::totals::total(self.ground, field);
                    total.is_some() && (is_of_goods || !is_money)
                };
                if !is_often && fields.any(is_amount) {
                    continue;
                }
                let counting = super::super::resolve::counts::counting(self.ground, of);
                let measure = counting.unwrap_or(Measure::CountOf(of));
                steps.push((end, Item::Rank(Rank::Best { measure, is_descending })));
            }
        }
    }

    /// Nothing follows that could be what there is the most of.
    fn is_behind_rank(&self, at: usize) -> bool {
        self.is_clause_end(at)
            || self.any(at, &["in", "on", "at", "during", "since", "this", "last", "for", "from"]).is_some()
    }

    /// "the 3 most common reasons": by how many rows have each.
    fn most_common(&self, at: usize, before: Option<u64>, steps: &mut Vec<(usize, Item)>) {
        for (words, is_descending) in either(&COMMONEST, &RAREST) {
            let Some(end) = self.is(at, words) else { continue };
            let n = before.or_else(|| self.count(end));
            let end = if before.is_none() && n.is_some() { end + 1 } else { end };
            for (end, what) in self.phrases(end) {
                let Noun::Field(field) = what.noun else { continue };
                if !what.is_plain() || self.is_figure(field) {
                    continue;
                }
                let home = self.ground.field(field).dataset;
                let by = super::super::resolve::counts::counting(self.ground, home).unwrap_or(Measure::CountOf(home));
                let (what, by) = (Some(what), Some(by));
                let rank = Rank::Top { n, is_descending, is_size: false, what, by, own: None };
                steps.push((end, Item::Rank(rank)));
            }
        }
    }

    /// "grew the most".
    fn grew(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        for (verb, is_up) in either(&GREW, &FELL) {
            let Some(end) = self.is(at, verb).and_then(|end| self.any(end, &["the most", "most"])) else { continue };
            steps.push((end, Item::Grew(is_up)));
        }
    }

    /// "hired most recently", "was bought last": of those that are spoken of, the one of which it is longest, or not long, ago.
    fn done_last(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let start = self.past(at, &["was", "were", "has been", "have been", "did we", "do we", "we"]);
        for (behind, part) in self.parts(start) {
            let field = match part {
                Part::Happened(field) => *field,
                Part::Field(field) if self.is_event(start, behind, *field) => *field,
                _ => continue,
            };
            let recently = self.any(behind, &["most recently"]).map(|end| (end, true));
            // "ordered last month" is of a time.
            let ends = [("last", true), ("latest", true), ("first", false), ("earliest", false)];
            let last = ends.into_iter().find_map(|(word, is_last)| Some((self.is(behind, word)?, is_last)));
            let last = last.filter(|(end, _)| self.is_end(*end));
            let earliest = self.any(behind, &["longest ago"]).map(|end| (end, false));
            if let Some((end, is_descending)) = recently.or(last).or(earliest) {
                steps.push((end, Item::Rank(Rank::BestField { field, is_descending, is_many: false })));
            }
        }
    }

    /// "last 10 orders", "the latest order".
    fn recent(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let before = self.count(at);
        let start = if before.is_some() { at + 1 } else { at };
        for (words, is_descending) in either(&LAST, &FIRST) {
            let Some(end) = self.is(start, words) else { continue };
            let n = before.or_else(|| self.count(end));
            let end = if before.is_none() && n.is_some() { end + 1 } else { end };
            for (end, what) in self.things(end) {
                if matches!(what.noun, Noun::Entity(id) if words != "oldest" || !field_roles::has_age(self.ground, id))
                    && what.number.is_none()
                    && !what.is_keyed
                {
                    steps.push((end, Item::Rank(Rank::Recent { n, is_descending, what })));
                }
            }
        }
    }

    /// "the most orders", "the highest revenue", "sold the most by revenue".
    fn best(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        // The verb says no more than the figure behind it.
        static BEARS: Phrases = Phrases::named("scan.superlatives.BEARS");
        // "used the most units": the figure says of what; things would be counted in one of several ways.
        let bears = self.any(at, &BEARS).filter(|_| self.parts(at).next().is_none());
        // "bought the most properties", which the model says of somebody: by whom.
        let is_said = self.parts(at).any(|(_, part)| matches!(part, Part::Join(_)));
        let made = self.any(at, &CAME).filter(|_| self.parts(at).next().is_none());
        let at = self.any(at, &SAYS_NO_MORE).or(bears).or(made).unwrap_or(at);
        for (words, is_descending) in either(&MOST, &LEAST) {
            let Some(end) = self.is(at, words) else { continue };
            let is_many = ["most", "least", "fewest"].contains(&self.tokens[end - 1].text.as_str());
            let behind = end;
            // "the highest bid", of what is called so: ranked by it.
            for (end, part) in self.parts(end - 1).filter(|(other, _)| *other > behind) {
                match part {
                    Part::Field(field) if self.is_figure(*field) => {
                        steps.push((end, Item::Rank(Rank::BestField { field: *field, is_descending, is_many: false })));
                    }
                    Part::Metric(id) => {
                        steps.push((end, Item::Rank(Rank::Best { measure: Measure::Metric(*id), is_descending })));
                    }
                    _ => {}
                }
            }
            let start = self.past(end, &["number of", "total", "overall", "amount of"]);
            for (end, part) in self.parts(start) {
                let measure = match part {
                    Part::Metric(id) => Measure::Metric(*id),
                    Part::CountMetric(id) if is_many || start > end => Measure::Metric(*id),
                    Part::Dataset(_) if bears.is_some() || is_said => continue,
                    Part::Dataset(id) if is_many || self.is(start - 1, "of").is_some() => {
                        if self.is_counted_by_metric(start, end) {
                            continue;
                        }
                        Measure::CountOf(*id)
                    }
                    Part::Field(field) if start == behind => {
                        let of = self.ground.field(*field);
                        // "the highest fees" are many fees, "the highest price" is one.
                        let last = &self.tokens[end - 1];
                        let is_many = is_many || last.text != last.lemma && last.text.ends_with('s');
                        if of.ty == Type::Number && !of.is_key || self.is_date(*field) && !is_many {
                            steps.push((end, Item::Rank(Rank::BestField { field: *field, is_descending, is_many })));
                        }
                        continue;
                    }
                    _ => continue,
                };
                steps.push((end, Item::Rank(Rank::Best { measure, is_descending })));
            }
            for (end, measure) in self.figures_per(end) {
                steps.push((end, Item::Rank(Rank::Best { measure, is_descending })));
            }
            for (end, measure, filters, _) in self.figures(end) {
                if filters.is_empty() && !is_extreme(&measure) {
                    steps.push((end, Item::Rank(Rank::Best { measure, is_descending })));
                }
            }
        }
        let verbs =
            ["sold", "sell", "sells", "performed", "perform", "performs", "did", "do", "rank", "ranks", "ranked"];
        let start = self.any(at, &verbs).unwrap_or(at);
        for (words, is_descending) in either(&MOST_BY, &LEAST_BY) {
            let Some(end) = self.is(start, words) else { continue };
            for (end, measure, filters, _) in self.figures(end) {
                if filters.is_empty() {
                    steps.push((end, Item::Rank(Rank::Best { measure, is_descending })));
                }
            }
        }
    }

    /// "when was the last order".
    fn when(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        let Some(end) = self.is(at, "when") else { return };
        let end =
            self.past(end, &["is", "was", "were", "did", "we", "get", "have", "had", "our", "the", "receive", "do"]);
        for (words, is_last) in either(&LAST, &FIRST) {
            let Some(end) = self.is(end, words) else { continue };
            for (end, Phrase { noun, filters, number, is_distinct, .. }) in self.phrases(end) {
                if let Noun::Entity(dataset) = noun
                    && number.is_none()
                    && !is_distinct
                {
                    let end = self
                        .any(end, &["placed", "made", "created", "recorded"])
                        .filter(|at| !self.is_verb(at - 1))
                        .unwrap_or(end);
                    steps.push((end, Item::When { dataset, is_last, filters }));
                }
            }
        }
    }

    /// "when did Acme sign up", "when was order 17 shipped": the time of what is named.
    fn when_did(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        if let Some(end) = self.any(at, &WHEN_DID) {
            steps.push((end, Item::WhenDid));
        }
    }

    fn is_verb(&self, at: usize) -> bool {
        self.parts(at).any(|(_, part)| matches!(part, Part::Happened(_) | Part::Join(_) | Part::Value(..)))
    }
}

fn is_extreme(measure: &Measure) -> bool {
    matches!(measure, Measure::Of { aggregate: Aggregate::Maximum | Aggregate::Minimum, .. })
}
