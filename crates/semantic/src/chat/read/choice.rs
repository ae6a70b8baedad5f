//! Choice among several readings that are left: which one is meant, is asked.

use super::field_roles::fields_of;
use super::items::{Item, Noun, Phrase, Rank};
use super::meaning::meaning;
use super::reader::Sequence;
use super::resolve::{counts, held};
use super::resolver::is_grain;
use crate::chat::annotate::{Lattice, Mark, is_of, option, phrase, shown};
use crate::chat::ground::{DatasetId, FieldId, Ground, JoinId};
use crate::chat::lexicon::Part;
use crate::chat::names::phrases;
use crate::chat::query::{Grain, Measure, Op, Query};
use crate::chat::reading::{About, Choice, Clarification, Offer, Reading};
use crate::chat::schema_graph;
use crate::chat::words::Token;

#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub query: Query,
    pub notes: Vec<String>,
    pub sequence: Sequence,
}

/// The reading that was chosen before, where it is among these; else all.
pub(super) fn chosen(candidates: Vec<Candidate>, choices: &[Choice]) -> Vec<Candidate> {
    let is_chosen = |candidate: &Candidate| choices.iter().any(|choice| choice.id == id(&candidate.query));
    match candidates.iter().find(|candidate| is_chosen(candidate)) {
        Some(one) => vec![one.clone()],
        None => candidates,
    }
}

/// A figure that is called by several words is meant by them: not what one of them means beside the others. One that is
/// called as the things it counts is meant where neither their rows are asked for nor something is said of them.
pub(super) fn called(
    ground: &Ground,
    tokens: &[Token],
    lattice: &Lattice,
    candidates: Vec<Candidate>,
) -> Vec<Candidate> {
    let mut left = candidates;
    for (from, marks) in lattice.at.iter().enumerate() {
        for mark in marks {
            let Part::Metric(metric) = mark.part else { continue };
            // Several figures may be called so, which is asked back then.
            let figures = || marks.iter().filter(|one| one.end == mark.end && matches!(one.part, Part::Metric(_)));
            let keys: Vec<String> = figures().map(|figure| key(&figure.part)).collect();
            // It comes to one of several, whatever its words were taken for.
            let comes_to = |candidate: &Candidate| {
                let is_it = |part: &Part| matches!(part, Part::Metric(id) if candidate.query.measures == [Measure::Metric(*id)]);
                keys.len() > 1 && figures().any(|figure| is_it(&figure.part))
            };
            let takes = |candidate: &Candidate| {
                let mut items = candidate.sequence.items.iter();
                let over = items.find(|(start, end, _)| *start <= from && *end >= mark.end);
                over.is_some_and(|(_, _, item)| keys.iter().any(|key| format!("{item:?}").contains(key)))
                    || comes_to(candidate)
            };
            let is_thing = marks
                .iter()
                .any(|other| other.end == mark.end && matches!(other.part, Part::Dataset(_) | Part::Value(..)));
            // What a figure is the sum of may be called as it is: the model says how it is added up.
            let facts = fields_of(ground, &Measure::Metric(metric));
            let has_fact = marks
                .iter()
                .any(|other| other.end == mark.end && matches!(other.part, Part::Field(id) if facts.contains(&id)));
            let is_of = is_of(tokens, from);
            if is_thing && (is_of || left.iter().any(asks_for_rows)) {
                if left.iter().any(|one| !takes(one) && (is_of || asks_for_rows(one))) {
                    left.retain(|one| !takes(one));
                }
            } else if is_thing && left.iter().all(|one| takes(one) == one.query.listed.is_none() && is_of_some(one)) {
                // "works with lemons in the title", of how many works there are: these, which says how many they are, too.
                if counts::counted(ground, &Measure::Metric(metric)).is_some() && !left.iter().all(takes) {
                    left.retain(|one| !takes(one));
                }
            } else if left.iter().any(takes)
                && (is_thing || mark.end > from + 1 || has_fact && !left.iter().any(asks_for_rows))
            {
                left.retain(takes);
            }
        }
    }
    left
}

/// The same but for the way that is said: that one. What is counted is grouped by
/// its own field of a name before those of others.
pub(super) fn nearer(ground: &Ground, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    // By its only time, whether the time is named or not.
    let dated = |candidate: &Candidate| Query { is_dated_by_own: false, ..candidate.query.clone() };
    let named: Vec<Query> = candidates.iter().filter(|one| !one.query.is_dated_by_own).map(dated).collect();
    candidates.retain(|one| !one.query.is_dated_by_own || !named.contains(&dated(one)));
    let without_way = |candidate: &Candidate| Query { via: Vec::new(), done_by: Vec::new(), ..candidate.query.clone() };
    let has_way = |one: &Candidate| !one.query.via.is_empty() || !one.query.done_by.is_empty();
    let ways: Vec<Query> = candidates.iter().filter(|one| has_way(one)).map(without_way).collect();
    candidates.retain(|one| has_way(one) || !ways.contains(&one.query));
    let others = |candidate: &Candidate| {
        let query = &candidate.query;
        let counted = match query.measures.as_slice() {
            [] => query.listed,
            // "total amount by status": by that of the rows that it is of.
            [Measure::Of { field, .. }] => Some(ground.field(*field).dataset),
            [measure] => super::resolve::counts::counted(ground, measure),
            _ => None,
        }?;
        let fields = query.dimensions.iter().map(|dimension| dimension.field);
        let is_text = |op: Op| matches!(op, Op::Contains | Op::StartsWith | Op::EndsWith);
        // "how many incidents are not closed": not those on routes that are.
        let is_state = |op: Op| matches!(op, Op::IsEmpty | Op::IsNotEmpty);
        let is_said = |op: Op| is_text(op) || is_state(op) || query.listed.is_some();
        let texts = query.filters.iter().filter(|filter| is_said(filter.op)).map(|filter| filter.field);
        let fields = fields.chain(texts);
        Some(fields.filter(|field| ground.field(*field).dataset != counted).count())
    };
    let grouped = |candidate: &Candidate| candidate.query.dimensions.len();
    let lists = candidates.iter().all(|one| one.query.listed.is_some() && one.query.measures.is_empty());
    let is_alike = lists || candidates.windows(2).all(|pair| grouped(&pair[0]) == grouped(&pair[1]));
    let counts: Option<Vec<usize>> = candidates.iter().map(others).collect();
    let counts = counts.filter(|_| is_alike);
    let least = counts.as_ref().and_then(|counts| counts.iter().min().copied());
    if let (Some(counts), Some(least)) = (counts, least) {
        let mut counts = counts.into_iter();
        candidates.retain(|_| counts.next() == Some(least));
    }
    candidates
}

/// "suppliers who supply rotors": by rows that link the two, and not by what they are both found in.
pub(super) fn linked(ground: &Ground, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let links = |candidate: &Candidate| {
        let is_direct = |member: &crate::chat::query::Member| {
            let Some(from) = schema_graph::home(ground, &member.measure) else { return false };
            let leads = |to| from == to || ground.joins.iter().any(|join| join.from == from && join.to == to);
            let is_beyond = |filter: &crate::chat::query::Filter| ground.field(filter.field).dataset != from;
            let is_bridge = member.filters.iter().any(is_beyond);
            is_bridge
                && leads(member.of)
                && member.filters.iter().all(|filter| leads(ground.field(filter.field).dataset))
        };
        !candidate.query.members.is_empty() && candidate.query.members.iter().all(is_direct)
    };
    if candidates.iter().all(|one| !one.query.members.is_empty()) && candidates.iter().any(links) {
        candidates.retain(links);
    }
    candidates
}

/// The same said twice: "not paid", of a state, and of what has no day of payment; months, and days that are called so.
pub(super) fn once(ground: &Ground, candidates: Vec<Candidate>) -> Vec<Candidate> {
    const GRAINS: [Grain; 5] = [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year];
    let in_grains = |query: &Query| {
        let mut query = Query { is_dated_by_own: false, ..query.clone() };
        for one in query.dimensions.iter_mut().filter(|one| ground.field(one.field).is_time && one.grain.is_none()) {
            one.grain = GRAINS.into_iter().find(|grain| is_grain(ground, one.field, *grain));
        }
        // "PG-13", of a key and of the column that leads there.
        for filter in query.filters.iter_mut().filter(|filter| filter.op == Op::Is) {
            filter.field = schema_graph::led_to(ground, filter.field).unwrap_or(filter.field);
        }
        held::plainly(ground, &query)
    };
    let has_grain = |one: &Candidate| one.query.dimensions.iter().any(|dimension| dimension.grain.is_some());
    let mut left: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        match left.iter_mut().find(|one| in_grains(&one.query) == in_grains(&candidate.query)) {
            Some(one) if has_grain(&candidate) => *one = candidate,
            Some(_) => {}
            None => left.push(candidate),
        }
    }
    left
}

/// "paid in March", "not closed yet": what happened has a time, a state has none.
pub(super) fn dated(tokens: &[Token], mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let is_dated = |candidate: &Candidate, at: usize| {
        let items = &candidate.sequence.items;
        items.iter().enumerate().any(|(place, (from, end, item))| {
            let next = items.get(place + 1).filter(|(start, ..)| *start <= end + 1).map(|(_, _, next)| next);
            let is_yet = tokens[*from..*end].last().is_some_and(|token| token.is("yet"));
            let happened = matches!(item, Item::Happened(_)) && matches!(next, Some(Item::Time { .. }));
            let not_yet = matches!(item, Item::Filter(filter) if filter.op == Op::IsEmpty) && is_yet;
            (*from..*end).contains(&at) && (happened || not_yet)
        })
    };
    for at in 0..tokens.len() {
        if candidates.iter().any(|candidate| is_dated(candidate, at)) {
            candidates.retain(|candidate| is_dated(candidate, at));
        }
    }
    candidates
}

/// "who validated the most results": those who did it, and not others whose results were validated then.
pub(super) fn doers(ground: &Ground, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let does = |candidate: &Candidate| {
        let pairs = candidate.sequence.items.windows(2);
        pairs.into_iter().any(|pair| match (&pair[0].2, &pair[1].2) {
            (Item::Someone(Phrase { noun: Noun::Entity(who), .. }), Item::Through(join, ..)) => {
                ground.join(*join).to == *who
            }
            _ => false,
        })
    };
    if candidates.iter().any(does) {
        candidates.retain(does);
    }
    candidates
}

/// "utilisation by title", of what is called so, and not of what is only known by such a word: the title of a matter.
pub(super) fn exact(
    ground: &Ground,
    tokens: &[Token],
    lattice: &Lattice,
    candidates: Vec<Candidate>,
) -> Vec<Candidate> {
    let mut left = candidates;
    let has = |one: &Candidate, id| one.query.dimensions.iter().any(|dimension| dimension.field == id);
    let fields = |marks: &[Mark]| -> Vec<(usize, FieldId)> {
        let of = |mark: &Mark| match mark.part {
            Part::Field(id) => Some((mark.end, id)),
            _ => None,
        };
        marks.iter().filter_map(of).collect()
    };
    for (from, named) in lattice.at.iter().map(|marks| fields(marks)).enumerate() {
        for (end, field) in &named {
            let words: Vec<String> = tokens[from..*end].iter().map(|token| token.lemma.clone()).collect();
            let is_exact = |id: FieldId| phrases(&ground.field(id).names).contains(&words);
            if !is_exact(*field) || !left.iter().any(|one| has(one, *field)) {
                continue;
            }
            let is_loose = |id: FieldId| !is_exact(id) && schema_graph::is_label(ground, id);
            let others = named.iter().filter(|(other, id)| other == end && is_loose(*id));
            let loose: Vec<FieldId> = others.map(|(_, id)| *id).collect();
            let count = left.len();
            left.retain(|one| has(one, *field) || !loose.iter().any(|id| has(one, *id)));
            if left.len() < count {
                let note = format!("Took {} for \u{201c}{}\u{201d}.", ground.path(*field), words.join(" "));
                left.iter_mut().filter(|one| has(one, *field)).for_each(|one| one.notes.push(note.clone()));
            }
        }
    }
    left
}

/// "by carrier", of the carriers and of the code by which the rows lead to them themselves: the same groups, which are called as the
/// carriers are.
pub(super) fn named_by_key(ground: &Ground, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let without = |query: &Query, is_it: &dyn Fn(FieldId) -> bool| {
        let mut query = query.clone();
        query.dimensions.retain(|one| !is_it(one.field));
        (query.via, query.done_by) = Default::default();
        query
    };
    let is_only = |join: JoinId| ground.joins.iter().filter(|it| it.to == ground.join(join).to).count() == 1;
    // The relationship by which the groups of one are those of another: of its own rows, or the only one that leads there.
    let stands_for = |one: &Candidate, other: &Candidate| {
        let own = one.query.dimensions.first().map(|first| ground.field(first.field).dataset);
        let home = one.query.listed.or_else(|| schema_graph::home(ground, one.query.measures.first()?)).or(own);
        one.query.dimensions.iter().find_map(|dimension| {
            let is_near = |from: DatasetId, join: JoinId| {
                let is_reached = |home: DatasetId| schema_graph::reach(ground, home).contains(&from);
                home.is_some_and(|home| home == from || is_only(join) && is_reached(home))
            };
            let (at, join) = ground.joins.iter().enumerate().find(|(at, join)| {
                is_near(join.from, JoinId(*at))
                    && join.from != join.to
                    && schema_graph::key_of(ground, JoinId(*at)) == Some(dimension.field)
            })?;
            let names = schema_graph::identity(ground, join.to);
            let is_called = |field: FieldId| schema_graph::is_label(ground, field) || names.len() == 1;
            let is_name = |field: FieldId| names.contains(&field) && is_called(field);
            let is_same = other.query.dimensions.iter().any(|it| is_name(it.field))
                && without(&one.query, &|field| field == dimension.field)
                    == without(&other.query, &|field| names.contains(&field));
            // "groups with a fee above 0": the things are listed, and not what is written of them elsewhere.
            let is_listed = one.query.measures.is_empty()
                && one.query.listed.is_none()
                && other.query.listed == Some(join.to)
                && one.query.dimensions.len() == 1
                && one.query.filters == other.query.filters
                && one.query.time == other.query.time;
            (is_same || is_listed).then_some(JoinId(at))
        })
    };
    let pairs: Vec<(usize, usize, JoinId)> = (0..candidates.len())
        .flat_map(|one| (0..candidates.len()).map(move |other| (one, other)))
        .filter_map(|(one, other)| Some((one, other, stands_for(&candidates[one], &candidates[other])?)))
        .collect();
    for (_, other, join) in pairs.iter().filter(|(.., join)| !is_only(*join)) {
        let via = &mut candidates[*other].query.via;
        if !via.contains(join) {
            via.push(*join);
        }
    }
    let mut at = 0..;
    candidates.retain(|_| at.next().is_none_or(|at| !pairs.iter().any(|(one, ..)| *one == at)));
    candidates
}

/// "incidents by type", of the "incident type" of incidents and of the "vehicle type" of vehicles: their own, where each field has
/// the name of its things before the word.
pub(super) fn owned(
    ground: &Ground,
    tokens: &[Token],
    lattice: &Lattice,
    candidates: Vec<Candidate>,
) -> Vec<Candidate> {
    let mut left = candidates;
    let has = |one: &Candidate, id: FieldId| one.query.dimensions.iter().any(|dimension| dimension.field == id);
    for (from, marks) in lattice.at.iter().enumerate() {
        for mark in marks.iter().filter(|mark| matches!(mark.part, Part::Field(_))) {
            let words: Vec<String> = tokens[from..mark.end].iter().map(|token| token.lemma.clone()).collect();
            let is_by_owner = |id: &FieldId| {
                let things = phrases(&ground.dataset(ground.field(*id).dataset).names);
                let names = phrases(&ground.field(*id).names);
                things.iter().any(|thing| names.contains(&[thing.as_slice(), &words].concat()))
                    && !names.contains(&words)
            };
            let fields: Vec<FieldId> = marks
                .iter()
                .filter_map(|other| match other.part {
                    Part::Field(id) if other.end == mark.end => Some(id),
                    _ => None,
                })
                .collect();
            if fields.len() < 2 || !fields.iter().all(is_by_owner) {
                continue;
            }
            let is_own = |one: &Candidate| {
                let home = one.query.listed.or_else(|| schema_graph::home(ground, one.query.measures.first()?));
                fields.iter().any(|id| Some(ground.field(*id).dataset) == home && has(one, *id))
            };
            if left.iter().any(is_own) {
                left.retain(|one| is_own(one) || !fields.iter().any(|id| has(one, *id)));
            }
        }
    }
    left
}

/// "flown on", which a relationship is called by, and not another one's "flown".
pub(super) fn longest(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let verbs = |candidate: &Candidate| -> Vec<(usize, usize)> {
        let items = candidate.sequence.items.iter();
        items.filter(|(.., item)| matches!(item, Item::Through(..))).map(|(from, end, _)| (*from, *end)).collect()
    };
    let all: Vec<(usize, usize)> = candidates.iter().flat_map(verbs).collect();
    let is_shorter = |verb: &(usize, usize)| all.iter().any(|(from, end)| *from == verb.0 && *end > verb.1);
    candidates.retain(|candidate| !verbs(candidate).iter().any(is_shorter));
    candidates
}

/// Of some rows, at no time and in no groups.
fn is_of_some(candidate: &Candidate) -> bool {
    let query = &candidate.query;
    !query.filters.is_empty() && query.time.is_none() && (query.listed.is_some() || query.dimensions.is_empty())
}

/// "which orders", "list orders": and rows are what it gives.
fn asks_for_rows(candidate: &Candidate) -> bool {
    let asks = |item: &Item| matches!(item, Item::Which | Item::List);
    candidate.query.listed.is_some() && candidate.sequence.items.iter().any(|(_, _, item)| asks(item))
}

/// A message that stands for itself and could change the question before, too: which is meant, is asked.
pub(super) fn scope(fresh: Box<Reading>, edit: Box<Reading>, choices: &[Choice]) -> Box<Reading> {
    let (Reading::Query { query: one, .. }, Reading::Query { query: other, .. }) = (&*fresh, &*edit) else {
        return fresh;
    };
    if one == other {
        return fresh;
    }
    let ids = ["scope|new", "scope|change"];
    match ids.map(|id| choices.iter().any(|choice| choice.id == id)) {
        [true, _] => fresh,
        [_, true] => edit,
        _ => {
            let labels = ["A new question", "A change of the question before"];
            let offer = |(id, label): (&str, &str)| Offer { id: id.to_owned(), label: label.to_owned() };
            let options = ids.into_iter().zip(labels).map(offer).collect();
            let question = "Is this a new question, or does it change the one before?".to_owned();
            Box::new(Reading::Clarify(Clarification { about: About::Scope, question, options }))
        }
    }
}

/// Asks about the first words that the readings take differently.
pub(super) fn clarify(ground: &Ground, tokens: &[Token], lattice: &Lattice, candidates: &[Candidate]) -> Reading {
    if let Some(clarification) = of_a_phrase(ground, tokens, lattice, candidates, &|_| true) {
        return Reading::Clarify(clarification);
    }
    let said = |candidate: &Candidate| {
        let meanings: Vec<String> =
            candidate.sequence.items.iter().filter_map(|(_, _, item)| meaning(ground, item)).collect();
        meanings.join(", ")
    };
    // Readings of the same words that differ in what dates them.
    let label = |candidate: &Candidate| {
        let label = said(candidate);
        let is_twice = candidates.iter().filter(|other| said(other) == label).count() > 1;
        match candidate.query.time.as_ref().filter(|_| is_twice) {
            Some(time) => format!("{label} ({})", ground.path(time.field)),
            None => label,
        }
    };
    let options = candidates.iter().take(5).map(|one| Offer { id: id(&one.query), label: label(one) }).collect();
    Reading::Clarify(Clarification { about: About::Scope, question: "Which do you mean?".into(), options })
}

/// The question back where others take the same words for another thing, and lose a word with it: that they cannot say it all
/// does not show that what is left is what was meant.
pub(super) fn rival(
    ground: &Ground,
    tokens: &[Token],
    lattice: &Lattice,
    one: &Candidate,
    lost: &[Candidate],
) -> Option<Clarification> {
    // The rows or the field that is meant.
    let of = |part: &Part| match part {
        Part::Metric(id) | Part::CountMetric(id) => match counts::counted(ground, &Measure::Metric(*id)) {
            Some(dataset) => Some((0, dataset.0)),
            None => Some((1, id.0)),
        },
        Part::Dataset(id) => Some((0, id.0)),
        Part::Field(id) => Some((2, id.0)),
        _ => None,
    };
    let is_apart = |taken: &[&Part]| {
        let of: Vec<(usize, usize)> = taken.iter().filter_map(|part| of(part)).collect();
        of.iter().any(|(sort, id)| {
            of.iter().any(|(other, others)| sort.max(&1) == other.max(&1) && (sort, id) != (other, others))
        })
    };
    // "who has the highest salary": those who have one.
    let whose = |candidate: &Candidate| {
        candidate.sequence.items.iter().find_map(|(_, _, item)| match item {
            Item::Someone(Phrase { noun: Noun::Entity(id), .. }) => Some(*id),
            _ => None,
        })
    };
    let ranked = one.sequence.items.iter().find_map(|(_, _, item)| match item {
        Item::Rank(Rank::BestField { field, .. }) => Some(ground.field(*field).dataset),
        _ => None,
    });
    let is_of_others = |other: &&Candidate| {
        ranked.is_none() || whose(one) != ranked || whose(other).is_none_or(|id| Some(id) == ranked)
    };
    lost.iter()
        .filter(is_of_others)
        .find_map(|other| of_a_phrase(ground, tokens, lattice, &[one.clone(), other.clone()], &is_apart))
}

/// One phrase stands for several parts, and each reading takes another.
fn of_a_phrase(
    ground: &Ground,
    tokens: &[Token],
    lattice: &Lattice,
    candidates: &[Candidate],
    is_meant: &dyn Fn(&[&Part]) -> bool,
) -> Option<Clarification> {
    for (from, marks) in lattice.at.iter().enumerate() {
        let mut ends: Vec<usize> = marks.iter().map(|mark| mark.end).collect();
        ends.sort_unstable_by_key(|end| std::cmp::Reverse(*end));
        ends.dedup();
        for end in ends {
            let parts: Vec<&Part> = marks.iter().filter(|mark| mark.end == end).map(|mark| &mark.part).collect();
            let uses = |candidate: &Candidate, part: &Part| {
                let around = candidate.sequence.items.iter().find(|(start, stop, _)| *start <= from && *stop >= end);
                around.is_some_and(|(_, _, item)| format!("{item:?}").contains(&key(part)))
            };
            let taken: Vec<&Part> =
                parts.into_iter().filter(|part| candidates.iter().any(|one| uses(one, part))).collect();
            let is_split = taken.iter().any(|part| candidates.iter().any(|candidate| !uses(candidate, part)));
            if taken.len() < 2 || !is_split || !is_meant(&taken) {
                continue;
            }
            let words = phrase(&tokens[from..end]);
            let written: Vec<&str> = tokens[from..end].iter().map(|token| token.raw.as_str()).collect();
            let about = match taken[0] {
                Part::Metric(_) | Part::CountMetric(_) => About::Metric,
                Part::Value(..) => About::Value,
                Part::Happened(_) => About::Time,
                Part::Join(_) => About::JoinPath,
                _ => About::Dimension,
            };
            let offer = |part: &&Part| {
                (Offer { id: option(ground, &words, part), label: label(ground, part) }, name(ground, part))
            };
            let mut offered: Vec<(Offer, String)> = taken.iter().map(offer).collect();
            let mut seen = Vec::new();
            offered.retain(|(offer, name)| {
                let is_new = !seen.contains(&(offer.label.clone(), name.clone()));
                seen.push((offer.label.clone(), name.clone()));
                is_new
            });
            if offered.len() < 2 {
                continue;
            }
            offered.truncate(5);
            // Parts of composed products may be called the same.
            let labels: Vec<String> = offered.iter().map(|(offer, _)| offer.label.clone()).collect();
            let is_twice = |label: &String| labels.iter().filter(|other| *other == label).count() > 1;
            let told = |(offer, name): (Offer, String)| match is_twice(&offer.label) {
                true => Offer { label: format!("{} ({name})", offer.label), ..offer },
                false => offer,
            };
            let options = offered.into_iter().map(told).collect();
            let question = format!("What do you mean by \"{}\"?", written.join(" "));
            return Some(Clarification { about, question, options });
        }
    }
    None
}

/// How a part shows in the printed form of an item.
fn key(part: &Part) -> String {
    match part {
        Part::Metric(id) | Part::CountMetric(id) => format!("{id:?}"),
        Part::Dataset(id) | Part::Done(id) | Part::Made(id) => format!("{id:?}"),
        Part::Field(id) | Part::Happened(id) | Part::Undone(id) | Part::Deeds(id) => format!("{id:?}"),
        Part::Join(id) => format!("{id:?}"),
        Part::Value(id, _) => format!("field: {id:?}"),
    }
}

pub(super) fn label(ground: &Ground, part: &Part) -> String {
    let field = |id: &FieldId| {
        let field = ground.field(*id);
        format!("{} of {}", field.names.shown(), ground.dataset(field.dataset).names.shown())
    };
    match part {
        Part::Metric(id) | Part::CountMetric(id) => ground.metric(*id).names.shown().to_owned(),
        Part::Dataset(id) | Part::Done(id) | Part::Made(id) => ground.dataset(*id).names.shown().to_owned(),
        Part::Field(id) | Part::Happened(id) | Part::Undone(id) | Part::Deeds(id) => field(id),
        Part::Value(id, value) => format!("{} = {}", field(id), shown(value)),
        Part::Join(id) => ground.join(*id).names.shown().to_owned(),
    }
}

/// As the model names it, with the aliases of composed products.
fn name(ground: &Ground, part: &Part) -> String {
    match part {
        Part::Metric(id) | Part::CountMetric(id) => ground.metric(*id).names.name.clone(),
        Part::Dataset(id) | Part::Done(id) | Part::Made(id) => ground.dataset(*id).names.name.clone(),
        Part::Field(id) | Part::Happened(id) | Part::Undone(id) | Part::Deeds(id) | Part::Value(id, _) => {
            ground.path(*id)
        }
        Part::Join(id) => ground.join(*id).names.name.clone(),
    }
}

/// The id of a whole reading: the same as long as the model is.
fn id(query: &Query) -> String {
    // FNV-1a over the printed form.
    let hash = format!("{query:?}")
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("reading|{hash:016x}")
}
