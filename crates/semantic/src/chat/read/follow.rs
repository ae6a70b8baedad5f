//! Messages that change the query that was answered last: each says what to replace, and must say it with all its words.

mod figures;

use figures::{count, figures, list, ranked_by, share};

use super::compare;
use super::edits::Edit;
use super::gather::gather;
use super::gathered::Gathered;
use super::items::{Grouped, Item, Rank, Target};
use super::scan::{Reader, Sequence};
use super::settle::{Outcome, Settled, Settler};
use crate::chat::dates;
use crate::chat::ground::FieldId;
use crate::chat::query::{By, Dimension, Filter, Having, Limit, Measure, Op, Order, Query};
use crate::chat::reading::{About, Choice, Clarification, Offer};
use crate::chat::ways;

/// How the message begins, where that decides what it does.
#[derive(Clone, Copy)]
struct Manner {
    /// "and by region".
    begins_and_by: bool,
    /// "and clicks": beside the figures before.
    adds_figures: bool,
    /// "only customers in Germany": what follows are conditions.
    restricts: bool,
    /// "which of these".
    refers_back: bool,
}

/// The last query, changed as the items say.
pub(super) fn settle(reader: &Reader<'_>, last: &Query, choices: &[Choice], items: &[(usize, usize, Item)]) -> Settled {
    let begins_and_by = matches!(items, [(_, _, Item::Marker | Item::And), (_, _, Item::Group { .. }), ..])
        && reader.is(0, "and by").is_some();
    let narrows = [
        "only",
        "just",
        "and only",
        "and just",
        "but only",
        "without",
        "excluding",
        "except",
        "for",
        "in",
        "from",
        "not",
    ];
    let replaces = ["and now", "and instead", "and only", "and just"];
    let manner = Manner {
        begins_and_by,
        adds_figures: reader.is(0, "and").is_some() && reader.any(0, &replaces).is_none(),
        restricts: reader.any(0, &narrows).is_some(),
        refers_back: reader.refers_back(),
    };
    let mut settler = Settler::new(reader.ground, choices, reader.context);
    settler.query = last.clone();
    let Some(all) = gather(items) else { return Settled::Nothing };
    match edit(&mut settler, last, all, manner) {
        Ok(()) => {
            settler.notes.insert(0, "Changed the question before.".to_owned());
            Settled::Query(Box::new(settler.query), settler.notes)
        }
        Err(other) => other,
    }
}

fn edit(settler: &mut Settler<'_>, last: &Query, mut all: Gathered, manner: Manner) -> Outcome<()> {
    let is_refused = all.is_which && !manner.refers_back
        || all.when.is_some()
        || all.by.is_some() && !manner.begins_and_by && all.limit.is_none() && last.limit.is_none()
        || !all.through.is_empty()
        || !all.part.is_empty();
    let is_refused =
        is_refused || all.grew.is_some() || all.per.is_some() || all.averaged.is_some() || !all.beside.is_empty();
    // Of the thing or of what belongs to it: the words do not say.
    let is_refused = is_refused || !last.members.is_empty() && !all.times.is_empty();
    // "with more than 20 orders" behind groups: each of those counted, or each group.
    let counted = last.measures.first().and_then(|measure| super::counts::counted(settler.ground, measure));
    let is_of_each = |(target, ..): &(Target, Op, Vec<crate::chat::query::Value>)| match target {
        Target::Measure(measure) => {
            let of = super::counts::counted(settler.ground, measure);
            of.is_some() && counted.is_some() && of != counted
        }
        _ => false,
    };
    let is_refused = is_refused || !last.dimensions.is_empty() && all.conditions.iter().any(is_of_each);
    if is_refused {
        return Err(Settled::Nothing);
    }
    if all.is_removal {
        settler.query.filters.clear();
        settler.query.having.clear();
        settler.query.members.clear();
    }
    for edit in std::mem::take(&mut all.edits) {
        changed(settler, edit)?;
    }
    if let Some(by) = all.by.take() {
        ranked_by(settler, by)?;
    }
    also_by(settler, last, &mut all);
    figures(settler, &mut all, manner)?;
    let home = settler.query.listed;
    bounds(settler, last, &mut all)?;
    happened(settler, last, &mut all)?;
    // Conditions are made as in any question, then each replaces those of its field.
    settler.conditions(&mut all, home)?;
    for filter in std::mem::take(&mut all.filters) {
        if all.is_also && widened(&mut settler.query, &filter) {
            continue;
        }
        replace(&mut settler.query, filter);
    }
    groups(settler, last, &all, manner.begins_and_by)?;
    ranks(settler, &mut all)?;
    times(settler, last, &mut all)?;
    if all.is_share {
        share(settler, None)?;
    }
    let is_sorted = all.age.is_some() || all.is_alphabetical;
    if is_sorted && settler.query.limit.is_some() {
        return Err(Settled::Nothing);
    }
    if is_sorted {
        settler.query.order.clear();
    }
    if is_sorted || all.order.is_some() || all.limit.is_some() || all.direction.is_some() {
        if all.order.is_some() {
            settler.query.order.clear();
        }
        if all.limit.is_some() {
            settler.query.limit = None;
        }
        settler.orders(&all)?;
    }
    settler.check(home)
}

fn changed(settler: &mut Settler<'_>, edit: Edit) -> Outcome<()> {
    match edit {
        Edit::Earlier(against) => {
            let time = settler.query.time.as_mut().ok_or(Settled::Nothing)?;
            time.range = dates::earlier(settler.context, time.range, against).ok_or(Settled::Nothing)?;
        }
        Edit::Count => count(settler)?,
        Edit::List => list(settler)?,
        Edit::Instead(by) => {
            let is_there = settler.query.dimensions.iter().any(|dimension| match &by {
                Grouped::Grain(grain) => dimension.grain == Some(*grain),
                Grouped::Field(field) => dimension.field == *field,
                Grouped::FieldGrain(field, grain) => dimension.field == *field && dimension.grain == Some(*grain),
                Grouped::Entity(id) => ways::identity(settler.ground, *id).contains(&dimension.field),
                Grouped::Role(..) => false,
            });
            is_there.then_some(()).ok_or(Settled::Nothing)?;
        }
        Edit::Drop(field) => {
            let before = settler.query.filters.len();
            settler.query.filters.retain(|filter| filter.field != field);
            if settler.query.filters.len() == before {
                let name = settler.ground.field(field).names.shown().to_lowercase();
                return Err(Settled::Not(format!("There is no condition on {name} to take away.")));
            }
        }
        Edit::Share(of) => share(settler, of)?,
        Edit::Each(aggregate) => match settler.query.measures.as_slice() {
            [Measure::Of { field, .. }] => {
                settler.query.measures = vec![Measure::Of { aggregate, field: *field }];
            }
            _ => return Err(Settled::Nothing),
        },
        Edit::Beside(field, value) => {
            let same = settler.query.filters.iter_mut().find(|filter| filter.field == field && filter.op == Op::Is);
            let filter = same.filter(|filter| !filter.values.contains(&value)).ok_or(Settled::Nothing)?;
            if settler.query.listed.is_some() || settler.query.compare.is_some() {
                return Err(Settled::Nothing);
            }
            filter.values.push(value);
            if !settler.query.dimensions.iter().any(|dimension| dimension.field == field) {
                settler.query.dimensions.insert(0, Dimension { field, grain: None });
            }
        }
    }
    Ok(())
}

/// "more than 3": of the one condition of groups that there is, else of the one figure of the groups.
fn bounds(settler: &mut Settler<'_>, last: &Query, all: &mut Gathered) -> Outcome<()> {
    let (open, named): (Vec<_>, Vec<_>) =
        std::mem::take(&mut all.conditions).into_iter().partition(|(target, ..)| *target == Target::Open);
    all.conditions = named;
    let is_grouped = last.listed.is_none() && !last.dimensions.is_empty() && last.compare.is_none();
    for (target, op, values) in open {
        let measure = match (settler.query.having.as_slice(), settler.query.measures.as_slice()) {
            ([having], _) => having.measure.clone(),
            ([], [measure]) if is_grouped => measure.clone(),
            _ => {
                all.conditions.push((target, op, values));
                continue;
            }
        };
        settler.query.having = vec![Having { measure, op, values }];
    }
    // Of a figure that has a condition, the new one is the only one.
    for (target, ..) in &all.conditions {
        if let Target::Measure(measure) = target {
            settler.query.having.retain(|having| having.measure != *measure);
        }
    }
    Ok(())
}

/// "and how many were cancelled" after "were started in May": cancelled in May, where "started" was said.
fn happened(settler: &mut Settler<'_>, last: &Query, all: &mut Gathered) -> Outcome<()> {
    let ([field], Some(time), true) = (all.happened.as_slice(), &last.time, all.times.is_empty()) else {
        return Ok(());
    };
    let (field, dataset) = (*field, settler.ground.field(time.field).dataset);
    if field == time.field || settler.ground.field(field).dataset != dataset {
        return Ok(());
    }
    let ids =
        [format!("in that time|{}", settler.ground.path(field)), format!("of those|{}", settler.ground.path(field))];
    let chosen = ids.iter().position(|id| settler.choices.iter().any(|choice| choice.id == *id));
    // Of a thing with a time of its own, no verb need have been said.
    let is_said = settler.ground.dataset(dataset).default_time != Some(time.field);
    let name = settler.ground.field(field).names.shown().to_owned();
    match chosen {
        Some(1) => return Ok(()),
        None if !is_said => {
            let labels = [format!("Those with {name} in that time"), format!("Of those before, the ones with {name}")];
            let options = ids.into_iter().zip(labels).map(|(id, label)| Offer { id, label }).collect();
            let question = "Which do you mean?".to_owned();
            return Err(Settled::Ask(Clarification { about: About::Scope, question, options }));
        }
        _ => {}
    }
    let other = settler.ground.field(time.field).names.shown();
    settler.notes.push(format!("Took {name} for the time, where {other} was taken before."));
    all.happened.clear();
    for dimension in settler.query.dimensions.iter_mut().filter(|dimension| dimension.field == time.field) {
        dimension.field = field;
    }
    settler.set_time(field, time.range);
    Ok(())
}

/// A condition takes the place of those of its field.
/// "also Jazz": one more of what is asked for, or left out.
fn widened(query: &mut Query, filter: &Filter) -> bool {
    let is_alike = |other: &&mut Filter| {
        other.field == filter.field && other.op == filter.op && matches!(filter.op, Op::Is | Op::IsNot)
    };
    match query.filters.iter_mut().find(is_alike) {
        Some(known) => {
            known.values.extend(
                filter.values.iter().filter(|value| !known.values.contains(value)).cloned().collect::<Vec<_>>(),
            );
            true
        }
        None => false,
    }
}

fn replace(query: &mut Query, filter: Filter) {
    let is_same = |other: &Filter| other.field == filter.field;
    if query.part.iter().any(is_same) {
        query.part.retain(|other| other.field != filter.field);
        query.part.push(filter);
        return;
    }
    query.filters.retain(|other| other.field != filter.field);
    query.filters.push(filter);
}

/// Other groups take the place of those before, and what was ranked among those is ranked no more.
fn groups(settler: &mut Settler<'_>, last: &Query, all: &Gathered, begins_and_by: bool) -> Outcome<()> {
    if all.groups.is_empty() && !all.is_trend && !all.is_cumulative {
        return Ok(());
    }
    if last.listed.is_some() {
        return Err(Settled::Nothing);
    }
    // "by week" of what is by month changes the period alone.
    if let [Grouped::Grain(grain)] = all.groups.as_slice()
        && !all.is_also
        && let Some(time) = settler.query.dimensions.iter_mut().find(|dimension| dimension.grain.is_some())
    {
        time.grain = Some(*grain);
        return Ok(());
    }
    let adds = match all.is_also || last.dimensions.is_empty() {
        true => all.is_also,
        false if begins_and_by => adds(settler)?,
        false => false,
    };
    let before = if adds { std::mem::take(&mut settler.query.dimensions) } else { Vec::new() };
    settler.query.dimensions.clear();
    settler.query.all_of = None;
    settler.query.order.clear();
    settler.query.limit = None;
    settler.groups(all, None)?;
    let mut dimensions: Vec<Dimension> = before;
    dimensions.append(&mut settler.query.dimensions);
    settler.query.dimensions = dimensions;
    Ok(())
}

/// "add the region" to figures by something: by this, too.
fn also_by(settler: &Settler<'_>, last: &Query, all: &mut Gathered) {
    let is_group = |phrase: &super::items::Phrase| {
        let is_bare = phrase.is_plain() && !phrase.is_distinct && phrase.filters.is_empty();
        matches!(phrase.noun, super::items::Noun::Field(field) if is_bare && !settler.is_figure(field))
    };
    let is_meant = all.is_also && last.listed.is_none() && !last.dimensions.is_empty() && all.measures.is_empty();
    if is_meant && all.nouns.iter().all(is_group) {
        for phrase in all.nouns.drain(..) {
            if let super::items::Noun::Field(field) = phrase.noun {
                all.groups.push(Grouped::Field(field));
            }
        }
    }
}

/// "and by region": beside the groups before, or instead of them.
fn adds(settler: &Settler<'_>) -> Outcome<bool> {
    let ids = ["and by|adds", "and by|replaces"];
    let is_chosen = |id: &str| settler.choices.iter().any(|choice| choice.id == id);
    match (is_chosen(ids[0]), is_chosen(ids[1])) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => {
            let offer = |id: &str, label: &str| Offer { id: id.to_owned(), label: label.to_owned() };
            let options =
                vec![offer(ids[0], "Beside the groups before"), offer(ids[1], "Instead of the groups before")];
            let question = "Group by it beside what was grouped by before, or instead?".to_owned();
            Err(Settled::Ask(Clarification { about: About::Scope, question, options }))
        }
    }
}

fn ranks(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<()> {
    let (n, is_descending, what) = match all.rank.take() {
        None => return Ok(()),
        Some(Rank::Top { n, is_descending, what, .. }) => (n, is_descending, what),
        Some(_) => return Err(Settled::Nothing),
    };
    if settler.query.measures.len() != 1 {
        return Err(Settled::Nothing);
    }
    if let Some(what) = what {
        settler.ranked(&what, None)?;
    }
    if settler.query.dimensions.is_empty() {
        return Err(Settled::Nothing);
    }
    settler.query.order = vec![Order { by: By::Measure(0), is_descending }];
    settler.query.limit = Some(Limit { rows: n.unwrap_or(10), is_per_group: false });
    Ok(())
}

/// Another period takes the place of the one before; a comparison stays unless another is named.
fn times(settler: &mut Settler<'_>, last: &Query, all: &mut Gathered) -> Outcome<()> {
    let says_compare = all.is_change
        || all.over.is_some()
        || !all.versus.is_empty()
        || !all.versus_ranges.is_empty()
        || all.versus_values.is_some()
        || all.is_compared;
    if all.times.is_empty() && !says_compare {
        return Ok(());
    }
    // "in March", of the year that was asked about.
    let year = |range: &crate::chat::query::Range| {
        let (from, to) = (range.from?, range.to?);
        let last = to.yesterday().ok()?;
        (from.year() == last.year()).then_some(from.year())
    };
    let before = last.time.as_ref().and_then(|time| year(&time.range));
    let is_other = |stated: &dates::Stated| stated.is_latest() && before.is_some() && year(&stated.range) != before;
    if all.times.iter().any(|(_, stated, _)| is_other(stated)) {
        return Err(Settled::Not("Name the year of the period, too.".into()));
    }
    // What "2023 vs 2024" becomes with another year, the words do not say.
    let is_of_ranges = |query: &Query| {
        matches!(query.compare.as_ref().map(|compare| &compare.to), Some(crate::chat::query::CompareTo::Range(_)))
    };
    if is_of_ranges(last) && !says_compare {
        return Err(Settled::Nothing);
    }
    // "compared with Q1 2025": the period before with that one.
    if let (true, false, Some(time)) = (all.times.is_empty(), all.versus_ranges.is_empty(), &settler.query.time) {
        all.times.push((0, dates::Stated::of(time.range), Some(time.field)));
    }
    let before = settler.query.compare.take();
    compare::settle(settler, all, settler.query.listed)?;
    if settler.query.compare.is_none() {
        settler.query.compare = before;
    }
    Ok(())
}

/// A value of a field that the answer before showed or had a condition on is of that field, whatever else holds it.
pub(super) fn nearest(last: &Query, settled: Vec<(usize, Sequence, Settled)>) -> Vec<(usize, Sequence, Settled)> {
    let known = |field: &FieldId| {
        last.dimensions.iter().any(|dimension| dimension.field == *field)
            || last.filters.iter().any(|filter| filter.field == *field)
    };
    let is_near = |settled: &Settled| {
        let Settled::Query(query, _) = settled else { return false };
        query.filters.len() >= last.filters.len() && query.filters.iter().all(|filter| known(&filter.field))
    };
    let bare = |settled: &Settled| match settled {
        Settled::Query(query, _) => Some(Query { filters: Vec::new(), ..(**query).clone() }),
        _ => None,
    };
    let near: Vec<(usize, Option<Query>)> =
        settled.iter().filter(|one| is_near(&one.2)).map(|one| (one.0, bare(&one.2))).collect();
    // Another reading that differs in its conditions alone.
    let is_far = |one: &(usize, Sequence, Settled)| !is_near(&one.2) && near.contains(&(one.0, bare(&one.2)));
    settled.into_iter().filter(|one| !is_far(one)).collect()
}
