//! Conditions of follow-ups: what a message that changes the query before says of its rows and groups.

use super::super::field_roles::fields_of;
use super::super::frame::SemanticFrame;
use super::super::items::Target;
use super::super::resolve::counts::counted;
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::manner::Manner;
use crate::chat::annotate::shown;
use crate::chat::ground::FieldId;
use crate::chat::query::{Compare, CompareTo, Dimension, Filter, Having, Measure, Member, Op, Query, Value};
use crate::chat::reading::{About, Clarification, Offer};
use crate::chat::schema_graph;

/// "more than 3": of the one condition of groups that there is, else of the one figure of the groups.
pub(super) fn bounds(
    resolver: &mut Resolver<'_>,
    last: &Query,
    all: &mut SemanticFrame,
    manner: Manner,
) -> Outcome<()> {
    // "more than 100 hours", of hours by lawyer: of those that are shown.
    let is_shown = |field: FieldId| {
        let is_it =
            |measure: &Measure| fields_of(resolver.ground, measure).contains(&field) && resolver.adds_up(measure);
        last.measures.len() == 1 && last.measures.iter().all(is_it) && !last.dimensions.is_empty()
    };
    let is_open = |target: &Target| match target {
        Target::Field(field) => is_shown(*field),
        target => *target == Target::Open,
    };
    let (open, named): (Vec<_>, Vec<_>) =
        std::mem::take(&mut all.conditions).into_iter().partition(|(target, ..)| is_open(target));
    all.conditions = named;
    let is_grouped = last.listed.is_none() && !last.dimensions.is_empty() && last.compare.is_none();
    for (target, op, values) in open {
        let measure = match (resolver.query.having.as_slice(), resolver.query.measures.as_slice()) {
            ([having], _) => having.measure.clone(),
            ([], [measure]) if is_grouped => measure.clone(),
            _ => {
                let target = if target == Target::Open { bounded(&resolver.query).map(Target::Field) } else { None }
                    .unwrap_or(target);
                all.conditions.push((target, op, values));
                continue;
            }
        };
        let bound = Having { measure, op, values };
        let is_second = |known: &Having| is_lower(known.op) && is_upper(op) || is_upper(known.op) && is_lower(op);
        match resolver.query.having.as_slice() {
            [known]
                if is_second(known) && leaves_some((known.op, &known.values), (op, &bound.values)) && !manner.swaps =>
            {
                if manner.narrows || both(resolver, "figure")? {
                    resolver.query.having.push(bound);
                    continue;
                }
                resolver.query.having = vec![bound];
            }
            _ => resolver.query.having = vec![bound],
        }
    }
    // Of a figure that has a condition, the new one is the only one.
    for (target, ..) in &all.conditions {
        if let Target::Measure(measure) = target {
            resolver.query.having.retain(|having| having.measure != *measure);
        }
    }
    Ok(())
}

/// "and how many were cancelled" after "were started in May": cancelled in May, where "started" was said.
pub(super) fn happened(
    resolver: &mut Resolver<'_>,
    last: &Query,
    all: &mut SemanticFrame,
    manner: Manner,
) -> Outcome<()> {
    let ([field], Some(time), true) = (all.happened.as_slice(), &last.time, all.times.is_empty()) else {
        return Ok(());
    };
    let (field, dataset) = (*field, resolver.ground.field(time.field).dataset);
    if field == time.field || resolver.ground.field(field).dataset != dataset {
        return Ok(());
    }
    let ids =
        [format!("in that time|{}", resolver.ground.path(field)), format!("of those|{}", resolver.ground.path(field))];
    let chosen = ids.iter().position(|id| resolver.choices.iter().any(|choice| choice.id == *id));
    // Of a thing with a time of its own, no verb need have been said.
    let is_said = resolver.ground.dataset(dataset).default_time != Some(time.field);
    let name = resolver.ground.field(field).names.shown().to_owned();
    match chosen {
        Some(1) => return Ok(()),
        None if !is_said && manner.is_state => return Err(Resolution::Nothing),
        None if !is_said => {
            let labels = [format!("Those with {name} in that time"), format!("Of those before, the ones with {name}")];
            let options = ids.into_iter().zip(labels).map(|(id, label)| Offer { id, label }).collect();
            let question = "Which do you mean?".to_owned();
            return Err(Resolution::Ask(Clarification { about: About::Scope, question, options }));
        }
        _ => {}
    }
    let other = resolver.ground.field(time.field).names.shown();
    resolver.notes.push(format!("Dates are now those of {name}; in the question before, they were those of {other}."));
    all.happened.clear();
    for dimension in resolver.query.dimensions.iter_mut().filter(|dimension| dimension.field == time.field) {
        dimension.field = field;
    }
    resolver.set_time(field, time.range);
    Ok(())
}

/// The conditions of the message: each takes the place of those of its field, but where it widens or narrows them.
pub(super) fn filters(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, manner: Manner) -> Outcome<()> {
    for filter in std::mem::take(&mut all.filters) {
        if let Some(place) = resolver.query.part.iter().position(|other| other.field == filter.field) {
            resolver.query.part[place] = filter;
            continue;
        }
        let known = resolver.query.filters.iter().position(|other| other.field == filter.field);
        // "just Peacock" of shares by employee: its share of all, or of itself.
        let is_group = |one: &Dimension| {
            let of = resolver.ground.field(filter.field).dataset;
            one.field == filter.field || schema_graph::key(resolver.ground, of) == Some(one.field)
        };
        if resolver.query.share.is_some() && resolver.query.dimensions.iter().any(is_group) {
            let sentence = "The shares are of all groups: ask anew for those of some of them.";
            return Err(Resolution::Not(sentence.into()));
        }
        let is_of = |compare: &Compare| matches!(compare.to, CompareTo::Values { field, .. } if field == filter.field);
        if resolver.query.compare.as_ref().is_some_and(is_of) {
            resolver.query.compare = None;
            resolver.notes.push("Nothing is compared any more.".to_owned());
        }
        match known {
            None if manner.includes => {
                let name = resolver.ground.field(filter.field).names.shown().to_lowercase();
                return Err(Resolution::Not(format!("There is no condition on {name} that could include it.")));
            }
            None => resolver.query.filters.push(filter),
            Some(place) => changed(resolver, place, filter, all.is_also, manner)?,
        }
    }
    Ok(())
}

fn changed(resolver: &mut Resolver<'_>, place: usize, filter: Filter, is_also: bool, manner: Manner) -> Outcome<()> {
    let known = resolver.query.filters[place].clone();
    let name = resolver.ground.field(filter.field).names.shown().to_lowercase();
    let is_among = |values: &[Value]| filter.values.iter().all(|value| values.contains(value));
    let said = || filter.values.iter().map(shown).collect::<Vec<_>>().join(", ");
    match (known.op, filter.op) {
        (Op::Is, Op::Is) if is_also || manner.includes => widen(&mut resolver.query.filters[place], &filter),
        (Op::Is, Op::Is) if manner.is_with && !is_among(&known.values) => {
            let path = resolver.ground.path(filter.field);
            let ids = [format!("with|adds:{path}"), format!("with|replaces:{path}")];
            let labels = [format!("Beside {}", values(&known)), format!("Instead of {}", values(&known))];
            match resolver.either(ids, labels, "Beside what was asked for before, or instead?")? {
                true => widen(&mut resolver.query.filters[place], &filter),
                false => replace(&mut resolver.query, filter),
            }
        }
        // What was left out stays left out.
        (Op::IsNot, Op::IsNot) if !manner.swaps => widen(&mut resolver.query.filters[place], &filter),
        (Op::Is, Op::IsNot) => {
            let left: Vec<Value> =
                known.values.iter().filter(|value| !filter.values.contains(value)).cloned().collect();
            match (left.len(), left.len() < known.values.len()) {
                (0, _) => replace(&mut resolver.query, filter),
                (_, true) => resolver.query.filters[place].values = left,
                (_, false) => {
                    return Err(Resolution::Not(format!("Only {name} {} is asked for already.", values(&known))));
                }
            }
        }
        (Op::IsNot, Op::Is) if manner.includes || manner.is_with => {
            if !is_among(&known.values) {
                return Err(Resolution::Not(format!(
                    "What is left out of {name} is {}, not {}.",
                    values(&known),
                    said()
                )));
            }
            resolver.query.filters[place].values.retain(|value| !filter.values.contains(value));
            if resolver.query.filters[place].values.is_empty() {
                resolver.query.filters.remove(place);
            }
            resolver.notes.push(format!("{} is no longer left out.", said()));
        }
        (Op::IsNot, Op::Is) if is_also => {
            return Err(Resolution::Not(format!("Say \"without {0}\" or \"only {0}\".", said())));
        }
        (one, other) if is_lower(one) && is_upper(other) || is_upper(one) && is_lower(other) => {
            let same = |known: &&mut Filter| known.field == filter.field && is_lower(known.op) == is_lower(other);
            if !leaves_some((known.op, &known.values), (other, &filter.values)) || manner.swaps {
                replace(&mut resolver.query, filter);
            } else if let Some(second) = resolver.query.filters.iter_mut().find(same) {
                *second = filter;
            } else if manner.narrows || both(resolver, &name)? {
                resolver.query.filters.push(filter);
            } else {
                replace(&mut resolver.query, filter);
            }
        }
        _ => replace(&mut resolver.query, filter),
    }
    Ok(())
}

/// The one field whose number has a bound.
fn bounded(query: &Query) -> Option<FieldId> {
    let is_number = |filter: &&Filter| matches!(filter.values.as_slice(), [Value::Number(_), ..]);
    let bounds = query.filters.iter().filter(|filter| is_lower(filter.op) || is_upper(filter.op)).filter(is_number);
    let mut fields: Vec<FieldId> = bounds.map(|filter| filter.field).collect();
    fields.dedup();
    match fields.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

fn both(resolver: &Resolver<'_>, name: &str) -> Outcome<bool> {
    let ids = [format!("bounds|both:{name}"), format!("bounds|instead:{name}")];
    let labels = ["Both bounds hold".to_owned(), "The new bound instead of the one before".to_owned()];
    resolver.either(ids, labels, "Beside the bound before, or instead of it?")
}

fn values(filter: &Filter) -> String {
    filter.values.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn is_lower(op: Op) -> bool {
    matches!(op, Op::More | Op::AtLeast)
}

fn is_upper(op: Op) -> bool {
    matches!(op, Op::Less | Op::AtMost)
}

/// Something lies between the two bounds.
fn leaves_some(one: (Op, &[Value]), other: (Op, &[Value])) -> bool {
    let (lower, upper) = if is_lower(one.0) { (one.1, other.1) } else { (other.1, one.1) };
    match (lower, upper) {
        ([Value::Number(from)], [Value::Number(to)]) => {
            matches!((from.parse::<f64>(), to.parse::<f64>()), (Ok(from), Ok(to)) if from < to)
        }
        ([Value::Date(from)], [Value::Date(to)]) => from < to,
        _ => false,
    }
}

fn widen(known: &mut Filter, filter: &Filter) {
    let more: Vec<Value> = filter.values.iter().filter(|value| !known.values.contains(value)).cloned().collect();
    known.values.extend(more);
}

/// A condition takes the place of those of its field.
fn replace(query: &mut Query, filter: Filter) {
    query.filters.retain(|other| other.field != filter.field);
    query.filters.push(filter);
}

/// "with orders" behind "without orders": what is said of the same rows anew holds alone.
pub(super) fn members(resolver: &mut Resolver<'_>, before: usize, is_also: bool, manner: Manner) -> Outcome<()> {
    let before = before.min(resolver.query.members.len());
    for member in resolver.query.members.split_off(before) {
        let of = |one: &Member| (one.of, counted(resolver.ground, &one.measure));
        let is_alike = |one: &Member| of(one) == of(&member) && of(one).1.is_some();
        let is_same = |one: &Member| is_alike(one) && one.filters == member.filters && one.time == member.time;
        if resolver.query.members.iter().any(is_same) {
            let kept: Vec<Member> = resolver.query.members.iter().filter(|one| !is_same(one)).cloned().collect();
            resolver.query.members = kept;
        } else if resolver.query.members.iter().any(is_alike) && !is_also && !manner.narrows {
            let ids = ["members|both".to_owned(), "members|instead".to_owned()];
            let labels = ["Both conditions hold".to_owned(), "The new condition instead of the one before".to_owned()];
            if !resolver.either(ids, labels, "Beside the condition before, or instead of it?")? {
                let kept: Vec<Member> = resolver.query.members.iter().filter(|one| !is_alike(one)).cloned().collect();
                resolver.query.members = kept;
            }
        }
        resolver.query.members.push(member);
    }
    Ok(())
}
