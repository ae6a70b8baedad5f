//! Default times: by which one rows are dated where nobody says by which.

use super::derived_fields::{Made, is_year};
use super::ground::{DatasetId, Field, FieldId, Ground, Join, MetricId, Type};
use super::names::{self, phrases};
use super::schema_graph;
use super::words::{Phrases, is_past, lemmas, stem, verbs_of, without_time};

/// What the names of days are made of at which things begin, and of those at which they are over.
pub(super) static STARTS: Phrases = Phrases::named("times.STARTS");
pub(super) static ENDS: Phrases = Phrases::named("times.ENDS");
/// What the names of days are made of at which something came to be that stays.
static CAME: Phrases = Phrases::named("times.CAME");
/// What the names of days are made of at which something that takes time is done.
pub(super) static FINISHED: Phrases = Phrases::named("times.FINISHED");
/// What the names of days and years are made of in which things came to be.
static MADE: Phrases = Phrases::named("times.MADE");
/// What the names of two days are made of between which something lasts.
static SPANS: Phrases = Phrases::named("times.SPANS");
/// What the names of days are made of on which things are gone: never what is sold or closed, which may be a sale or a closure.
static GONE: Phrases = Phrases::named("times.GONE");
/// Verbs by which things are gone.
pub(super) static OVER: Phrases = Phrases::named("times.OVER");

/// Declared, else the only one there is. Several: none is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TimeOf {
    Field { field: FieldId, is_declared: bool },
    Several(Vec<FieldId>),
    None,
}

impl TimeOf {
    pub fn field(&self) -> Option<FieldId> {
        match self {
            TimeOf::Field { field, .. } => Some(*field),
            _ => None,
        }
    }
}

/// The time of a metric over the rows of `home`.
pub(super) fn of_metric(ground: &Ground, metric: MetricId, home: DatasetId) -> TimeOf {
    match ground.metric(metric).time {
        Some(field) => TimeOf::Field { field, is_declared: true },
        None => of(ground, home),
    }
}

/// The time of the rows of `home`: its own, else that of what these are parts of, the nearest that has one.
pub(super) fn of(ground: &Ground, home: DatasetId) -> TimeOf {
    let mut near = vec![home];
    let mut seen = near.clone();
    while !near.is_empty() {
        let declared: Vec<FieldId> = near.iter().filter_map(|id| ground.dataset(*id).default_time).collect();
        let is_time = |id: &FieldId| ground.field(*id).is_time && is_date(ground.field(*id));
        let any: Vec<FieldId> = near.iter().flat_map(|id| ground.fields_of(*id).filter(is_time)).collect();
        match (declared.as_slice(), any.as_slice()) {
            // A date of another thing beside it (when a product came out) is not when these rows happened.
            ([field], _) => return TimeOf::Field { field: *field, is_declared: true },
            // When they are gone is not when what they are parts of was.
            ([], [end]) if is_end(ground, *end) => return TimeOf::None,
            ([], [field]) => return TimeOf::Field { field: *field, is_declared: false },
            ([], []) => {}
            _ => return only_past(ground, home, &any).unwrap_or(TimeOf::Several(any)),
        }
        let next =
            ground.joins.iter().filter(|join| near.contains(&join.from) && is_part(ground, join)).map(|join| join.to);
        let mut next: Vec<DatasetId> = next.filter(|dataset| !seen.contains(dataset)).collect();
        next.sort_unstable();
        next.dedup();
        seen.extend(next.iter().copied());
        near = next;
    }
    TimeOf::None
}

/// The only day on which something came that stays: "joined on".
pub(super) fn joined(ground: &Ground, of: DatasetId) -> Option<FieldId> {
    day_called(ground, of, &CAME)
}

/// Other dates stand beside it, those of what is to come.
pub(super) fn has_others(ground: &Ground, field: FieldId) -> bool {
    let is_other = |id: &FieldId| *id != field && ground.field(*id).is_time && is_date(ground.field(*id));
    ground.fields_of(ground.field(field).dataset).any(|id| is_other(&id))
}

/// "inspected on" beside "next due on": when rows of a dataset came to be, where all other times are those of what is to come.
fn only_past(ground: &Ground, home: DatasetId, any: &[FieldId]) -> Option<TimeOf> {
    static AHEAD: Phrases = Phrases::named("times.AHEAD");
    let is_ahead =
        |id: &&FieldId| phrases(&ground.field(**id).names).iter().flatten().any(|word| AHEAD.contains(&word.as_str()));
    let mut past = any.iter().filter(|id| !is_ahead(id));
    let (Some(one), None) = (past.next(), past.next()) else { return None };
    (came(ground, home) == Some(*one)).then_some(TimeOf::Field { field: *one, is_declared: false })
}

/// Its rows happen when what they belong to does: lines of an order, of what has no name of its own. When a hotel opened
/// says nothing of its rooms.
fn is_part(ground: &Ground, join: &Join) -> bool {
    let (from, to) = (ground.dataset(join.from), ground.dataset(join.to));
    let whole = lemmas(&to.names.name);
    let is_thing = ground.fields_of(join.to).any(|field| schema_graph::is_label(ground, field));
    let is_keyed = join.on.iter().all(|(column, _)| from.primary_key.len() > 1 && from.primary_key.contains(column));
    !is_thing || is_keyed || lemmas(&from.names.name).starts_with(&whole)
}

/// The day on which things of a dataset are gone: no time of theirs, unless the model declares it.
fn is_end(ground: &Ground, field: FieldId) -> bool {
    ground.derived().ends.get(field.0) == Some(&true)
}

/// A day is called as things are that are gone, of what is not itself called so: `scrapped_on`, but not of scrappings. Those that
/// have a name are meant: what has none is what happened then.
pub(super) fn is_called_gone(ground: &Ground, field: FieldId) -> bool {
    const ALIKE: usize = 5;
    let things = phrases(&ground.dataset(ground.field(field).dataset).names).concat();
    let is_deed = |gone: &&str| things.iter().any(|thing| thing.get(..ALIKE).is_some_and(|it| gone.starts_with(it)));
    let gone: Vec<&str> = GONE.iter().copied().filter(|gone| !is_deed(gone)).collect();
    is_called_plainly(ground, field, &gone)
}

/// The time of a dataset itself: declared, else the only one, where it is not the day on which things are gone.
pub(super) fn own(ground: &Ground, dataset: DatasetId) -> Option<FieldId> {
    let is_declared = ground.dataset(dataset).default_time.is_some();
    only(ground, dataset).filter(|id| is_declared || !is_end(ground, *id))
}

/// The declared time of a dataset, else the only one.
pub(super) fn only(ground: &Ground, dataset: DatasetId) -> Option<FieldId> {
    let only = || {
        let is_time = |id: &FieldId| ground.field(*id).is_time && !is_of_birth(ground, *id);
        let mut times = ground.fields_of(dataset).filter(is_time);
        times.next().filter(|_| times.next().is_none())
    };
    ground.dataset(dataset).default_time.or_else(only)
}

/// The day or the year in which somebody was born: none of their rows happened then.
pub(super) fn is_of_birth(ground: &Ground, field: FieldId) -> bool {
    phrases(&ground.field(field).names)
        .iter()
        .flatten()
        .any(|word| ["birth", "born", "birthday", "birthdate", "dob"].contains(&word.as_str()))
}

/// Its rows are persons, as its names or its description say, or days on which they were born.
pub(super) fn is_person(ground: &Ground, of: DatasetId) -> bool {
    names::is_person(&ground.dataset(of).names)
        || ground.fields_of(of).any(|id| is_of_birth(ground, id))
        || has_trade(ground, of)
}

/// They are called as persons of a trade are, and have what only persons have: a runner may be a machine.
fn has_trade(ground: &Ground, of: DatasetId) -> bool {
    static PERSONS: Phrases = Phrases::named("times.PERSONS");
    static PERSONAL: Phrases = Phrases::named("times.PERSONAL");
    let is_trade = |words: &Vec<String>| matches!(words.as_slice(), [one] if PERSONS.contains(&one.as_str()));
    let is_personal =
        |id: FieldId| phrases(&ground.field(id).names).iter().flatten().any(|word| PERSONAL.contains(&word.as_str()));
    phrases(&ground.dataset(of).names).iter().any(is_trade) && ground.fields_of(of).any(is_personal)
}

/// When things of a dataset came to be, where one field says it.
pub(super) fn came_to_be(ground: &Ground, of: DatasetId) -> Option<FieldId> {
    /// An email is opened long after it came to be.
    const OPENED: [&str; 3] = ["opening", "opened", "established"];
    /// What the name of a year may say besides, where the thing was made in it.
    const OF_YEARS: [&str; 4] = ["year", "model", "of", "vintage"];
    let own = own(ground, of);
    let is_it = |id: &FieldId| {
        let names = phrases(&ground.field(*id).names);
        let is_year = is_year(ground, *id);
        let is_own = own.is_none_or(|own| own == *id);
        let is_made = |word: &String| MADE.contains(&word.as_str()) || is_own && OPENED.contains(&word.as_str());
        let is_plain = |name: &Vec<String>| name.iter().all(|word| OF_YEARS.contains(&word.as_str()));
        let is_made = names.iter().flatten().any(is_made) || is_of_birth(ground, *id);
        (is_year || is_date(ground.field(*id))) && is_made || is_year && names.iter().any(is_plain)
    };
    let mut fields = ground.fields_of(of).filter(is_it);
    fields.next().filter(|_| fields.next().is_none())
}

/// How old a thing of a dataset is: since it came to be, or since it came where it stays.
pub(super) fn age(ground: &Ground, of: DatasetId) -> Option<FieldId> {
    let mut births = ground.fields_of(of).filter(|id| is_of_birth(ground, *id));
    let born = births.next().filter(|_| births.next().is_none());
    let came = || own(ground, of).filter(|_| stays(ground, of) && !is_person(ground, of));
    ground.made(Made::Age(born.or_else(|| came_to_be(ground, of)).or_else(came)?))
}

/// The only day of a dataset, of several, that is called as rows of it come to be: "booked on" of bookings, "created at".
pub(super) fn came(ground: &Ground, of: DatasetId) -> Option<FieldId> {
    static CAME: Phrases = Phrases::named("scan.operators.CAME");
    let things = phrases(&ground.dataset(of).names).into_iter().flatten();
    let deeds: Vec<String> = things.flat_map(|word| [vec![stem(&word)], verbs_of(&word)].concat()).collect();
    let is_it = |id: &FieldId| {
        let names = phrases(&ground.field(*id).names);
        let mut words = names.iter().flat_map(|name| without_time(name));
        let is_said = |word: &String| CAME.contains(&word.as_str()) || deeds.contains(&stem(word));
        is_date(ground.field(*id)) && words.any(is_said)
    };
    let mut days = ground.fields_of(of).filter(is_it);
    days.next().filter(|_| days.next().is_none())
}

/// From when to when a thing of a dataset lasts: by the only days that are called so, or by the only two that it has.
pub(super) fn span(ground: &Ground, of: DatasetId) -> Option<(FieldId, FieldId)> {
    let is_time = |id: &FieldId| is_date(ground.field(*id)) && !is_of_birth(ground, *id);
    let times: Vec<FieldId> = ground.fields_of(of).filter(is_time).collect();
    let things: Vec<String> = phrases(&ground.dataset(of).names).into_iter().flatten().collect();
    let is_plain =
        |word: &&String| ["date", "day", "time", "at", "on"].contains(&word.as_str()) || things.contains(word);
    let is_called = |id: FieldId, words: &str| {
        let mut names = phrases(&ground.field(id).names).into_iter();
        names.any(|name| name.iter().filter(|word| !is_plain(word)).eq(words.split(' ')))
    };
    let named = |words: &str| {
        let mut called = times.iter().filter(|id| is_called(**id, words));
        called.next().filter(|_| called.next().is_none()).copied()
    };
    let pairs = SPANS.iter().filter_map(|pair| pair.split_once(" / "));
    let mut pairs = pairs.filter_map(|(first, last)| Some((named(first)?, named(last)?)));
    if let Some(pair) = pairs.next() {
        return Some(pair);
    }
    let other = |end: FieldId| match times.as_slice() {
        [one, two] => Some(if *one == end { *two } else { *one }),
        _ => None,
    };
    let end = day_called(ground, of, &ENDS).or_else(|| day_called(ground, of, &FINISHED))?;
    let begun = day_called(ground, of, &STARTS).or_else(|| only(ground, of)).filter(|begun| *begun != end);
    Some((begun.or_else(|| other(end))?, end))
}

/// The verb of a day that is called by what was done on it: "listed on".
pub(super) fn deed(ground: &Ground, day: FieldId) -> Option<String> {
    let names = &ground.field(day).names;
    [names.shown(), names.name.as_str()].iter().find_map(|name| match without_time(&lemmas(name)) {
        [verb] if lemmas(name).len() > 1 && (verb.ends_with("ed") || is_past(verb)) => Some(stem(verb)),
        _ => None,
    })
}

/// Its rows stay once they are there, and their time is when they came: turbines, not orders.
pub(super) fn stays(ground: &Ground, dataset: DatasetId) -> bool {
    own(ground, dataset).is_some_and(|field| is_called_plainly(ground, field, &CAME))
}

/// There are as many of them whatever the period: they stay, or their only day, which no model calls theirs, is one on which
/// something else was done to them ("renovated on").
pub(super) fn is_there_always(ground: &Ground, of: DatasetId) -> bool {
    let is_other_deed = |day: FieldId| {
        deed(ground, day).is_some() && came(ground, of) != Some(day) && day_called(ground, of, &STARTS) != Some(day)
    };
    stays(ground, of) || ground.dataset(of).default_time.is_none() && own(ground, of).is_some_and(is_other_deed)
}

/// What the names of days are made of, beside what the thing is called.
const FILLERS: [&str; 11] = ["up", "date", "day", "on", "at", "time", "valid", "of", "the", "in", "effective"];

/// The only day of a dataset that is called so. The end of a trial is not that of a membership.
pub(super) fn day_called(ground: &Ground, of: DatasetId, words: &[&str]) -> Option<FieldId> {
    let is_called = |id: &FieldId| {
        let names = phrases(&ground.field(*id).names);
        is_date(ground.field(*id)) && names.iter().flatten().any(|word| words.contains(&word.as_str()))
    };
    let mut called = ground.fields_of(of).filter(is_called);
    let field = called.next().filter(|_| called.next().is_none())?;
    is_called_plainly(ground, field, words).then_some(field)
}

/// It is called by one of the words, and by nothing else but what the thing itself is called.
pub(super) fn is_called_plainly(ground: &Ground, field: FieldId, words: &[&str]) -> bool {
    let field = ground.field(field);
    let own: Vec<String> = phrases(&ground.dataset(field.dataset).names).into_iter().flatten().collect();
    let is_said = |word: &String| words.contains(&word.as_str());
    let is_plain = |word: &String| is_said(word) || FILLERS.contains(&word.as_str()) || own.contains(word);
    phrases(&field.names).iter().any(|name| name.iter().any(is_said) && name.iter().all(is_plain))
}

fn is_date(field: &Field) -> bool {
    matches!(field.ty, Type::Date | Type::Timestamp)
}
