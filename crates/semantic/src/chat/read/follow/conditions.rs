//! The conditions of a message that changes the query before.

use super::super::frame::Gathered;
use super::super::items::Target;
use super::super::settle::counts::counted;
use super::super::settler::{Outcome, Settled, Settler};
use super::manner::{Manner, either};
use crate::chat::annotate::shown;
use crate::chat::ground::FieldId;
use crate::chat::query::{Compare, CompareTo, Dimension, Filter, Having, Member, Op, Query, Value};
use crate::chat::reading::{About, Clarification, Offer};
use crate::chat::ways;

/// "more than 3": of the one condition of groups that there is, else of the one figure of the groups.
pub(super) fn bounds(settler: &mut Settler<'_>, last: &Query, all: &mut Gathered, manner: Manner) -> Outcome<()> {
    let (open, named): (Vec<_>, Vec<_>) =
        std::mem::take(&mut all.conditions).into_iter().partition(|(target, ..)| *target == Target::Open);
    all.conditions = named;
    let is_grouped = last.listed.is_none() && !last.dimensions.is_empty() && last.compare.is_none();
    for (target, op, values) in open {
        let measure = match (settler.query.having.as_slice(), settler.query.measures.as_slice()) {
            ([having], _) => having.measure.clone(),
            ([], [measure]) if is_grouped => measure.clone(),
            _ => {
                let target = bounded(&settler.query).map_or(target, Target::Field);
                all.conditions.push((target, op, values));
                continue;
            }
        };
        let bound = Having { measure, op, values };
        let is_second = |known: &Having| is_lower(known.op) && is_upper(op) || is_upper(known.op) && is_lower(op);
        match settler.query.having.as_slice() {
            [known]
                if is_second(known) && leaves_some((known.op, &known.values), (op, &bound.values)) && !manner.swaps =>
            {
                if manner.narrows || both(settler, "figure")? {
                    settler.query.having.push(bound);
                    continue;
                }
                settler.query.having = vec![bound];
            }
            _ => settler.query.having = vec![bound],
        }
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
pub(super) fn happened(settler: &mut Settler<'_>, last: &Query, all: &mut Gathered, manner: Manner) -> Outcome<()> {
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
        None if !is_said && manner.is_state => return Err(Settled::Nothing),
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

/// The conditions of the message: each takes the place of those of its field, but where it widens or narrows them.
pub(super) fn filters(settler: &mut Settler<'_>, all: &mut Gathered, manner: Manner) -> Outcome<()> {
    for filter in std::mem::take(&mut all.filters) {
        if let Some(place) = settler.query.part.iter().position(|other| other.field == filter.field) {
            settler.query.part[place] = filter;
            continue;
        }
        let known = settler.query.filters.iter().position(|other| other.field == filter.field);
        // "just Peacock" of shares by employee: its share of all, or of itself.
        let is_group = |one: &Dimension| {
            let of = settler.ground.field(filter.field).dataset;
            one.field == filter.field || ways::key(settler.ground, of) == Some(one.field)
        };
        if settler.query.share.is_some() && settler.query.dimensions.iter().any(is_group) {
            let sentence = "The shares are of all groups: ask anew for those of some of them.";
            return Err(Settled::Not(sentence.into()));
        }
        let is_of = |compare: &Compare| matches!(compare.to, CompareTo::Values { field, .. } if field == filter.field);
        if settler.query.compare.as_ref().is_some_and(is_of) {
            settler.query.compare = None;
            settler.notes.push("Nothing is compared any more.".to_owned());
        }
        match known {
            None if manner.includes => {
                let name = settler.ground.field(filter.field).names.shown().to_lowercase();
                return Err(Settled::Not(format!("There is no condition on {name} that could include it.")));
            }
            None => settler.query.filters.push(filter),
            Some(place) => changed(settler, place, filter, all.is_also, manner)?,
        }
    }
    Ok(())
}

fn changed(settler: &mut Settler<'_>, place: usize, filter: Filter, is_also: bool, manner: Manner) -> Outcome<()> {
    let known = settler.query.filters[place].clone();
    let name = settler.ground.field(filter.field).names.shown().to_lowercase();
    let is_among = |values: &[Value]| filter.values.iter().all(|value| values.contains(value));
    let said = || filter.values.iter().map(shown).collect::<Vec<_>>().join(", ");
    match (known.op, filter.op) {
        (Op::Is, Op::Is) if is_also || manner.includes => widen(&mut settler.query.filters[place], &filter),
        (Op::Is, Op::Is) if manner.is_with && !is_among(&known.values) => {
            let path = settler.ground.path(filter.field);
            let ids = [format!("with|adds:{path}"), format!("with|replaces:{path}")];
            let labels = [format!("Beside {}", values(&known)), format!("Instead of {}", values(&known))];
            match either(settler, ids, labels, "Beside what was asked for before, or instead?")? {
                true => widen(&mut settler.query.filters[place], &filter),
                false => replace(&mut settler.query, filter),
            }
        }
        // What was left out stays left out.
        (Op::IsNot, Op::IsNot) if !manner.swaps => widen(&mut settler.query.filters[place], &filter),
        (Op::Is, Op::IsNot) => {
            let left: Vec<Value> =
                known.values.iter().filter(|value| !filter.values.contains(value)).cloned().collect();
            match (left.len(), left.len() < known.values.len()) {
                (0, _) => replace(&mut settler.query, filter),
                (_, true) => settler.query.filters[place].values = left,
                (_, false) => {
                    return Err(Settled::Not(format!("Only {name} {} is asked for already.", values(&known))));
                }
            }
        }
        (Op::IsNot, Op::Is) if manner.includes || manner.is_with => {
            if !is_among(&known.values) {
                return Err(Settled::Not(format!("What is left out of {name} is {}, not {}.", values(&known), said())));
            }
            settler.query.filters[place].values.retain(|value| !filter.values.contains(value));
            if settler.query.filters[place].values.is_empty() {
                settler.query.filters.remove(place);
            }
            settler.notes.push(format!("{} is no longer left out.", said()));
        }
        (Op::IsNot, Op::Is) if is_also => {
            return Err(Settled::Not(format!("Say \"without {0}\" or \"only {0}\".", said())));
        }
        (one, other) if is_lower(one) && is_upper(other) || is_upper(one) && is_lower(other) => {
            let same = |known: &&mut Filter| known.field == filter.field && is_lower(known.op) == is_lower(other);
            if !leaves_some((known.op, &known.values), (other, &filter.values)) || manner.swaps {
                replace(&mut settler.query, filter);
            } else if let Some(second) = settler.query.filters.iter_mut().find(same) {
                *second = filter;
            } else if manner.narrows || both(settler, &name)? {
                settler.query.filters.push(filter);
            } else {
                replace(&mut settler.query, filter);
            }
        }
        _ => replace(&mut settler.query, filter),
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

fn both(settler: &Settler<'_>, name: &str) -> Outcome<bool> {
    let ids = [format!("bounds|both:{name}"), format!("bounds|instead:{name}")];
    let labels = ["Both bounds hold".to_owned(), "The new bound instead of the one before".to_owned()];
    either(settler, ids, labels, "Beside the bound before, or instead of it?")
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
pub(super) fn members(settler: &mut Settler<'_>, before: usize, is_also: bool, manner: Manner) -> Outcome<()> {
    let before = before.min(settler.query.members.len());
    for member in settler.query.members.split_off(before) {
        let of = |one: &Member| (one.of, counted(settler.ground, &one.measure));
        let is_alike = |one: &Member| of(one) == of(&member) && of(one).1.is_some();
        let is_same = |one: &Member| is_alike(one) && one.filters == member.filters && one.time == member.time;
        if settler.query.members.iter().any(is_same) {
            let kept: Vec<Member> = settler.query.members.iter().filter(|one| !is_same(one)).cloned().collect();
            settler.query.members = kept;
        } else if settler.query.members.iter().any(is_alike) && !is_also && !manner.narrows {
            let ids = ["members|both".to_owned(), "members|instead".to_owned()];
            let labels = ["Both conditions hold".to_owned(), "The new condition instead of the one before".to_owned()];
            if !either(settler, ids, labels, "Beside the condition before, or instead of it?")? {
                let kept: Vec<Member> = settler.query.members.iter().filter(|one| !is_alike(one)).cloned().collect();
                settler.query.members = kept;
            }
        }
        settler.query.members.push(member);
    }
    Ok(())
}
