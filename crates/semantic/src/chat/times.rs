//! Default times: by which one rows are dated where nobody says by which.

use super::ground::{DatasetId, Field, FieldId, Ground, Join, MetricId, Type};
use super::names::phrases;
use super::schema_graph;
use super::words::{Phrases, is_past, lemmas, stem, without_time};

/// What the names of days are made of at which things begin, and of those at which they are over.
pub(super) static STARTS: Phrases = Phrases::named("times.STARTS");
pub(super) static ENDS: Phrases = Phrases::named("times.ENDS");
/// What the names of days are made of at which something came to be that stays.
static CAME: Phrases = Phrases::named("times.CAME");
/// What the names of days are made of at which something that takes time is done.
pub(super) static FINISHED: Phrases = Phrases::named("times.FINISHED");
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
            ([], [field]) => return TimeOf::Field { field: *field, is_declared: false },
            ([], []) => {}
            _ => return TimeOf::Several(any),
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

/// Its rows happen when what they belong to does: lines of an order, of what has no name of its own. When a hotel opened
/// says nothing of its rooms.
fn is_part(ground: &Ground, join: &Join) -> bool {
    let (from, to) = (ground.dataset(join.from), ground.dataset(join.to));
    let whole = lemmas(&to.names.name);
    let is_thing = ground.fields_of(join.to).any(|field| schema_graph::is_label(ground, field));
    let is_keyed = join.on.iter().all(|(column, _)| from.primary_key.len() > 1 && from.primary_key.contains(column));
    !is_thing || is_keyed || lemmas(&from.names.name).starts_with(&whole)
}

/// The time of a dataset itself: declared, else the only one.
pub(super) fn own(ground: &Ground, dataset: DatasetId) -> Option<FieldId> {
    let only = || {
        let mut times = ground.fields_of(dataset).filter(|id| ground.field(*id).is_time);
        times.next().filter(|_| times.next().is_none())
    };
    ground.dataset(dataset).default_time.or_else(only)
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

/// What the names of days are made of, beside what the thing is called.
const FILLERS: [&str; 10] = ["date", "day", "on", "at", "time", "valid", "of", "the", "in", "effective"];

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
