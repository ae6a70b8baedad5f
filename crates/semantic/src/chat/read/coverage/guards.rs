//! Guards: what words cannot say beside each other, and a reading must not take them for, though each of them has a clause.

use super::clauses::Clauses;
use crate::chat::annotate::shown;
use crate::chat::ground::{DatasetId, FieldId, plain_column};
use crate::chat::lexicon::Part;
use crate::chat::query::{Filter, Op, Query, Value};
use crate::chat::read::field_roles;
use crate::chat::read::items::{Item, Noun, Phrase, Target};
use crate::chat::read::reader::{Reader, Sequence};
use crate::chat::read::scan::groups::grain_word;
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::words::{Kind, Phrases, is_past};

static PLACES: Phrases = Phrases::named("guards.PLACES");
/// What figures beside each other are joined by.
static JOINED: Phrases = Phrases::named("guards.JOINED");
/// What conditions on things begin with.
static SAID: Phrases = Phrases::named("guards.SAID");
const ARTICLES: [&str; 3] = ["the", "a", "an"];

/// The rows that conditions of an item are on, and these.
fn conditions(item: &Item) -> &[Filter] {
    match item {
        Item::Filter(filter) => std::slice::from_ref(filter),
        Item::Noun(phrase) => &phrase.filters,
        _ => &[],
    }
}

impl Reader<'_> {
    /// The first word of a name of several words that no clause of the query holds, and that are taken for nothing, each by
    /// itself: "on display" is a state, and no request.
    pub(super) fn unused_name(&self, now: &Clauses<'_>, sequence: &Sequence) -> Option<usize> {
        let is_used = |at: usize| {
            let says = |item: &Item| {
                !matches!(item, Item::And | Item::Copula | Item::Which | Item::Person | Item::List | Item::Stop)
            };
            sequence.items.iter().any(|(from, end, item)| (*from..*end).contains(&at) && says(item))
        };
        let is_name = |part: &Part| {
            matches!(part, Part::Value(..) | Part::Field(_) | Part::Metric(_) | Part::CountMetric(_) | Part::Dataset(_))
        };
        let is_held = |at: usize, end: usize| {
            (0..=at).any(|from| self.parts(from).any(|(to, part)| to >= end && now.holds(part)))
        };
        let is_unused = |at: usize| {
            let names = self.parts(at).filter(|(end, part)| *end > at + 1 && is_name(part));
            names.into_iter().any(|(end, _)| !(at..end).any(is_used) && !is_held(at, end))
        };
        (0..self.tokens.len()).find(|at| is_unused(*at))
    }

    /// Why the words do not go together as they were taken.
    pub(super) fn ill_said(&self, query: &Query, sequence: &Sequence) -> Option<String> {
        let one = sequence.items.iter().find_map(|(from, end, item)| {
            self.of_itself(*from, *end, item).or_else(|| self.in_itself(query, *from, item))
        });
        let pairs = || sequence.items.windows(2);
        one.or_else(|| self.in_every(query, sequence))
            .or_else(|| pairs().find_map(|pair| self.object_of_link(query, pair)))
            .or_else(|| pairs().find_map(|pair| self.object_of_state(pair)))
            .or_else(|| pairs().find_map(|pair| self.sum_of_several(pair)))
            .or_else(|| pairs().find_map(|pair| self.during(query, pair)))
            .or_else(|| pairs().find_map(|pair| self.unjoined(pair)).filter(|_| query.measures.len() > 1))
    }

    /// "how many players hit a home run": figures beside each other are joined by some word.
    fn unjoined(&self, pair: &[(usize, usize, Item)]) -> Option<String> {
        let [(from, _, Item::Measure { .. }), (_, end, Item::Measure { .. })] = pair else { return None };
        let is_joined = (*from..*end).any(|at| JOINED.iter().any(|word| self.tokens[at].is(word)));
        (!is_joined).then(|| "Say \"and\" between the figures that are wanted, or ask for one.".to_owned())
    }

    /// "inbound and outbound tonnes by year": the figure of each of them, which stand before it.
    pub fn is_of_each(&self, query: &Query, items: &[(usize, usize, Item)]) -> Option<FieldId> {
        let is_plain = query.measures.len() == 1 && query.order.is_empty() && query.limit.is_none();
        let is_alone = query.share.is_none() && query.compare.is_none() && query.all_of.is_none();
        if !is_plain || !is_alone || query.is_cumulative {
            return None;
        }
        let is_it = |from: usize, end: usize, filter: &Filter| {
            let is_and = (from..end).any(|at| self.tokens[at].is("and"));
            let is_new = !query.dimensions.iter().any(|one| one.field == filter.field);
            let is_led = from.checked_sub(1).is_some_and(|at| self.tokens[at].is("in") || self.tokens[at].is("of"));
            filter.op == Op::Is && filter.values.len() > 1 && is_and && is_new && !is_led
        };
        let before = items.windows(2).find_map(|pair| match pair {
            [(from, end, Item::Filter(filter) | Item::Each(filter)), (at, _, Item::Measure { .. })] if end == at => {
                is_it(*from, *end, filter).then_some(filter.field)
            }
            _ => None,
        });
        let own = items.iter().find_map(|(from, end, item)| match item {
            Item::Measure { filters, .. } => {
                filters.iter().find(|filter| is_it(*from, *end, filter)).map(|filter| filter.field)
            }
            _ => None,
        });
        before.or(own)
    }

    /// "stations that belong to Central Station", of stations that belong to each other: these are not that one.
    fn of_itself(&self, from: usize, end: usize, item: &Item) -> Option<String> {
        let is_named = |filter: &&Filter| {
            let of = self.ground.field(filter.field).dataset;
            let is_own = self.ground.joins.iter().any(|join| join.from == of && join.to == of);
            is_own
                && filter.op == Op::Is
                && schema_graph::identity(self.ground, of).contains(&filter.field)
                && ((from..end).any(|at| self.is_below(at, of)) || self.ends_below(end))
        };
        let filter = conditions(item).iter().find(is_named)?;
        let name = self.ground.dataset(self.ground.field(filter.field).dataset).names.shown().to_lowercase();
        Some(format!("Which {name} belong to which others cannot be asked for so."))
    }

    /// "which station does Northfield Station belong to"
    fn ends_below(&self, end: usize) -> bool {
        self.any(end, &["belong to", "belongs to", "belonged to"]).is_some_and(|end| self.is_end(end))
    }

    /// Right before a name: "belong to", or the things themselves and "of" or "under".
    fn is_below(&self, from: usize, of: DatasetId) -> bool {
        let before = |at: usize, words: &[&str]| at > 0 && words.iter().any(|word| self.tokens[at - 1].is(word));
        let start = if before(from, &ARTICLES) { from - 1 } else { from };
        let is_thing = |end: usize| {
            (0..end).any(|at| self.parts(at).any(|(other, part)| other == end && *part == Part::Dataset(of)))
        };
        let is_led = |start: usize| {
            let mut end = start;
            while before(end, &["that", "which", "are", "is"]) {
                end -= 1;
            }
            is_thing(end)
        };
        let is_verb =
            |start: usize| before(start, &["belong", "belongs", "belonging", "belonged", "part", "subordinate"]);
        before(start, &["to", "of"]) && is_verb(start - 1)
            || before(start, &["of"]) && is_thing(start - 1)
            || before(start, &["under", "below", "beneath"]) && is_led(start - 1)
    }

    /// "schools in Texas", of the one whose key is "texas": things are not in one of themselves.
    fn in_itself(&self, query: &Query, from: usize, item: &Item) -> Option<String> {
        let is_placed = || {
            let is_article = from > 0 && ARTICLES.iter().any(|word| self.tokens[from - 1].is(word));
            let start = if is_article { from - 1 } else { from };
            start > 0 && PLACES.iter().any(|word| self.tokens[start - 1].is(word))
        };
        // "Texas schools" are several.
        let are_several = matches!(item, Item::Noun(Phrase { is_plural: true, is_keyed: false, .. }));
        let is_key = |filter: &&Filter| {
            let of = self.ground.field(filter.field).dataset;
            let field = self.ground.field(filter.field);
            let column = plain_column(&field.expression).unwrap_or_else(|| field.names.name.clone());
            filter.op == Op::Is
                && matches!(filter.values.as_slice(), [Value::Text(_)])
                && self.ground.dataset(of).primary_key == [column]
                && self.homes(query).any(|home| home == of)
        };
        let filter = conditions(item).iter().find(is_key).filter(|_| are_several || is_placed())?;
        let (field, value) = (self.ground.field(filter.field), filter.values.first()?);
        let Value::Text(value) = value else { return None };
        let (name, of) = (field.names.shown(), self.ground.dataset(field.dataset).names.shown().to_lowercase());
        Some(format!(
            "\u{201c}{value}\u{201d} is only known as the {name} of one of {of}, and as nothing that several are in."
        ))
    }

    /// "won more than 100 games", of who won something else: what somebody did has its own object.
    fn object_of_state(&self, pair: &[(usize, usize, Item)]) -> Option<String> {
        let [(_, end, said), (from, _, Item::Condition { .. } | Item::Many { .. })] = pair else { return None };
        let field = match said {
            Item::Noun(Phrase { noun: Noun::Field(field), .. }) => *field,
            _ => conditions(said).last()?.field,
        };
        let (verb, next) = (self.tokens.get(end.checked_sub(1)?)?, self.tokens.get(*from)?);
        let is_deed = verb.text.ends_with("ed") || is_past(&verb.text);
        let is_other = ["have", "has", "had", "having", "with", "whose"].iter().any(|word| next.is(word));
        let is_state = schema_graph::flag(self.ground, field).is_some();
        (end == from && is_deed && is_state && !is_other)
            .then(|| format!("What is said to be {} is no figure that is known.", verb.raw))
    }

    /// "farms with payouts above 50,000": of one of them, or of all that each has.
    fn sum_of_several(&self, pair: &[(usize, usize, Item)]) -> Option<String> {
        let [
            (_, end, Item::Has { dataset, is_without: false, .. }),
            (_, _, Item::Condition { target: Target::Open, op, .. }),
        ] = pair
        else {
            return None;
        };
        let last = self.tokens.get(end.checked_sub(1)?)?;
        let are_sums = last.text != last.lemma && *op != Op::Is && field_roles::are_sums(self.ground, *dataset);
        let name = self.ground.dataset(*dataset).names.shown().to_lowercase();
        are_sums.then(|| format!("Say whether the number is that of one of {name}, or of all of them together."))
    }

    /// "vessels that called in every year", "in all ports": not a figure for each, but what is so in all of them. "How many beds has
    /// the clinic in every city" is a figure for each.
    fn in_every(&self, query: &Query, sequence: &Sequence) -> Option<String> {
        let said = |words: &[&str]| (1..self.tokens.len()).find(|at| self.any(*at, words).is_some());
        let is_linked = !query.members.is_empty()
            || sequence.items.iter().any(|(_, _, item)| matches!(item, Item::Has { .. } | Item::Through(..)));
        let is_of_times = query.dimensions.iter().any(|one| one.grain.is_some());
        let is_counted = |at: usize| (0..at).any(|at| self.any(at, &["how many", "number of", "count of"]).is_some());
        let every = said(&["in every", "at every", "on every"]);
        // "number of vessels with moves in each year" is one of each.
        let each = || said(&["in each", "at each", "on each"]).filter(|at| query.listed.is_some() || !is_counted(*at));
        let all = || {
            let at = said(&["in all"]).filter(|_| is_linked)?;
            let next = self.any(at + 2, &["the"]).unwrap_or(at + 2);
            let is_one = |(_, part): (usize, &Part)| matches!(part, Part::Dataset(_) | Part::Field(_));
            let is_time = |at: usize| self.tokens.get(at).is_some_and(|token| grain_word(&token.text).is_some());
            (self.parts(next).any(is_one) || is_time(next)).then_some(at)
        };
        let at = every.or_else(each).or_else(all)?;
        let is_condition = (1..at).any(|at| SAID.iter().any(|word| self.tokens[at].is(word)));
        let is_asked = is_condition && (is_linked || is_of_times || query.listed.is_some());
        (is_asked || !query.members.is_empty() || query.listed.is_some() && is_of_times).then(|| {
            "What is so in every one cannot be asked for; ask for a figure of each, \"by year\" or the like.".to_owned()
        })
    }

    /// "vessels flying the flag of Denmark": what is said behind a verb that is taken for a link is its object, and no field of the
    /// things themselves, or condition on them, beside it.
    fn object_of_link(&self, query: &Query, pair: &[(usize, usize, Item)]) -> Option<String> {
        let [(at, end, Item::Has { filters, .. }), (from, _, next)] = pair else { return None };
        let is_home = |field: FieldId| self.homes(query).any(|home| home == self.ground.field(field).dataset);
        let is_own = match next {
            Item::Noun(Phrase { noun: Noun::Field(field), .. }) if is_home(*field) => true,
            next => conditions(next).iter().any(|filter| is_home(filter.field)),
        };
        // "countries bordering Chad": no country is that one itself.
        let is_one = |filter: &Filter| {
            schema_graph::identity(self.ground, self.ground.field(filter.field).dataset).contains(&filter.field)
        };
        let is_led = ARTICLES.iter().any(|word| self.tokens[*from].is(word))
            || self.parts(*from).any(|(_, part)| matches!(part, Part::Field(_)))
            || conditions(next).iter().any(is_one);
        let verb = &self.tokens[*at];
        let is_verb =
            *end == at + 1 && (verb.text.ends_with("ing") || verb.text.ends_with("ed") || is_past(&verb.text));
        (is_verb && filters.is_empty() && end == from && is_led && is_own)
            .then(|| format!("What \"{}\" says of that is not known.", verb.raw))
    }

    /// "vessels of owners from Greece", by where vessels are from: what follows somebody is said of them, where it can be.
    pub fn said_of_another(&self, query: &Query) -> Option<String> {
        let of = |field: FieldId| self.ground.field(field).dataset;
        let ends = |at: usize, thing: DatasetId| {
            (0..at).any(|start| {
                self.parts(start).any(|(end, part)| {
                    end == at
                        && match part {
                            Part::Dataset(id) => *id == thing,
                            Part::Join(join) => self.ground.join(*join).to == thing,
                            _ => false,
                        }
                }) || self
                    .called_roles(start)
                    .iter()
                    .any(|(end, join)| *end == at && self.ground.join(*join).to == thing)
            })
        };
        (1..self.tokens.len()).find_map(|at| {
            let start = self.past(self.any(at, &["from", "in", "based in", "located in"])?, &ARTICLES);
            let (taken, end, value) = self.parts(start).find_map(|(end, part)| match part {
                Part::Value(field, value) => {
                    let is_it = |filter: &Filter| filter.field == *field && filter.values.contains(value);
                    query.filters.iter().any(is_it).then_some((*field, end, value))
                }
                _ => None,
            })?;
            let is_other = |(other, part): (usize, &Part)| {
                let is_said = |of: DatasetId| !self.homes(query).any(|home| home == of) && ends(at, of);
                other == end && matches!(part, Part::Value(field, _) if of(*field) != of(taken) && is_said(of(*field)))
            };
            let is_meant = self.parts(start).any(is_other) && !ends(at, of(taken));
            is_meant.then(|| format!("Of what \u{201c}{}\u{201d} is said is not clear.", shown(value)))
        })
    }

    /// "weather during fires": things happen during a time.
    fn during(&self, query: &Query, pair: &[(usize, usize, Item)]) -> Option<String> {
        let [(_, end, _), (from, _, item @ (Item::Filter(_) | Item::Noun(_) | Item::Measure { .. }))] = pair else {
            return None;
        };
        // "visits during the Spring Sale": one of those that lead to it.
        let is_named = |filter: &Filter| {
            let of = self.ground.field(filter.field).dataset;
            let leads = |home: DatasetId| self.ground.joins.iter().any(|join| join.from == home && join.to == of);
            let is_name = filter.op == Op::Is && schema_graph::identity(self.ground, of).contains(&filter.field);
            is_name && self.homes(query).any(leads)
        };
        let conditions = conditions(item);
        if !conditions.is_empty() && conditions.iter().all(is_named) {
            return None;
        }
        let is_it = |at: usize| self.tokens[at].is("during");
        (*end..*from).any(is_it).then(|| "Say during which time: days, months or years.".to_owned())
    }

    /// "vehicles that went to floods in 2024", by when vehicles were bought: a period behind what is far from the things that are
    /// asked for may be that of either.
    pub fn of_either_time(&self, query: &Query) -> Option<String> {
        let time = query.time.as_ref().filter(|_| query.is_dated_by_own)?;
        let of = |field: FieldId| self.ground.field(field).dataset;
        let is_own = self.homes(query).any(|home| home == of(time.field));
        let has_time = |id: DatasetId| id != of(time.field) && times::own(self.ground, id).is_some();
        let is_far = |filter: &&Filter| has_time(of(filter.field)) && self.role_to(query, filter).is_some();
        let filter = query.filters.iter().find(is_far).filter(|_| is_own)?;
        let shown = |id: DatasetId| self.ground.dataset(id).names.shown().to_lowercase();
        let (one, other) = (shown(of(time.field)), shown(of(filter.field)));
        Some(format!("Say of what the period is: of {one}, or of {other}."))
    }

    /// "and which vehicles?", of what was narrowed before: nothing but what they are is said.
    pub fn asks_only_which(&self) -> bool {
        let words: Vec<_> = self.tokens.iter().filter(|token| token.kind != Kind::Sign).collect();
        let at = usize::from(words.first().is_some_and(|word| word.is("and")));
        words.get(at).is_some_and(|word| word.is("which") || word.is("what"))
            && self.parts(at + 1).any(|(end, part)| matches!(part, Part::Dataset(_)) && self.is_end(end))
    }
}
