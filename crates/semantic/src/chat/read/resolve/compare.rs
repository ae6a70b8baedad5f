//! Comparisons: periods and values, and what they are compared with.

use super::super::frame::SemanticFrame;
use super::super::resolver::{Outcome, Resolution, Resolver};
use crate::chat::dates::{self, Against, Stated};
use crate::chat::ground::{DatasetId, FieldId, Type};
use crate::chat::query::{Compare, CompareTo, Dimension, Filter, Grain, Op, Range, Value};
use crate::chat::reading::{About, Clarification, Offer};

pub(in crate::chat::read) fn resolve(
    resolver: &mut Resolver<'_>,
    all: &SemanticFrame,
    home: Option<DatasetId>,
) -> Outcome<()> {
    let times = of_one_field(resolver, all)?;
    let ranges = times.iter().map(|(_, stated, _)| clear(resolver, stated)).collect::<Outcome<Vec<Range>>>()?;
    let named = all.times.iter().find_map(|(_, _, field)| *field);
    let against: Vec<Range> = all.versus_ranges.iter().map(|stated| clear(resolver, stated)).collect::<Outcome<_>>()?;
    one_year(resolver, &times, all)?;
    let mut compare = None;
    match (ranges.as_slice(), against.as_slice()) {
        ([], []) => {}
        ([one], []) => {
            let field = resolver.time(home, named)?;
            let ends =
                times.first().and_then(|(_, stated, _)| stated.ends).filter(|_| all.is_change || all.is_compared);
            match ends {
                Some((first, second)) => {
                    resolver.set_time(field, second);
                    compare = Some(CompareTo::Range(first));
                }
                None => resolver.set_time(field, *one),
            }
        }
        (several, []) if several.len() > 1 && !all.is_compared && !all.is_change && in_a_row(resolver, several) => {
            let grain = several[0].grain;
            let field = resolver.time(home, named)?;
            let last = several.iter().max_by_key(|range| range.from).unwrap_or(&several[0]);
            let first = several.iter().min_by_key(|range| range.from).unwrap_or(&several[0]);
            resolver.set_time(field, Range { from: first.from, grain: None, ..*last });
            resolver.query.dimensions.insert(0, Dimension { field, grain });
            let word = grain.map(Grain::word).unwrap_or_default();
            resolver.notes.push(format!("Grouped by {word}, as several were named."));
        }
        ([one], [other]) | ([one, other], []) if one != other => {
            if against.is_empty() && !all.is_compared && !all.is_change {
                return two(resolver, all, home, *one, *other);
            }
            let field = resolver.time(home, named)?;
            let (later, earlier) = if other.from > one.from { (*other, *one) } else { (*one, *other) };
            resolver.set_time(field, later);
            compare = Some(CompareTo::Range(earlier));
        }
        _ => return Err(Resolution::Nothing),
    }
    one_time(resolver)?;
    for (_, stated, _) in &times {
        resolver.notes.extend(stated.note.clone());
    }
    resolver.notes.extend(all.versus_ranges.iter().filter_map(|stated| stated.note.clone()));
    let grain = resolver.query.dimensions.iter().find_map(|dimension| dimension.grain);
    for versus in &all.versus {
        let to = versus_of(resolver, *versus, grain, home)?;
        set(&mut compare, to)?;
    }
    if let Some(over) = all.over {
        let to = over_of(resolver, over, grain, home)?;
        set(&mut compare, to)?;
    }
    if let Some((field, first, second)) = &all.versus_values {
        if all.is_change || all.is_compared {
            set(&mut compare, CompareTo::Values { field: *field, first: first.clone(), second: second.clone() })?;
        } else if all.is_share
            || resolver.query.limit.is_some()
            || resolver.query.measures.is_empty()
            || resolver.query.dimensions.iter().any(|one| one.field == *field)
        {
            return Err(Resolution::Nothing);
        } else {
            // "cats versus dogs": each of them.
            let values = vec![first.clone(), second.clone()];
            resolver.query.filters.push(Filter { field: *field, op: Op::Is, values });
            resolver.query.dimensions.push(Dimension { field: *field, grain: None });
        }
    }
    if compare.is_none() && all.is_compared {
        compared(resolver, all)?;
    }
    if compare.is_none() && all.is_change {
        let is_period =
            resolver.query.time.as_ref().is_some_and(|time| time.range.from.is_some() && time.range.to.is_some());
        if grain.is_none() && !is_period {
            return Err(Resolution::Not(
                "A change needs two periods: name them, or ask for it by month or by year.".into(),
            ));
        }
        resolver.notes.push("Compared with the period before.".to_owned());
        compare = Some(CompareTo::PreviousPeriod);
    }
    if compare.is_some() && (resolver.query.measures.is_empty() || all.is_cumulative) {
        return Err(Resolution::Nothing);
    }
    if matches!(compare, Some(CompareTo::SamePeriodLastYear | CompareTo::PreviousPeriod)) {
        so_far(resolver);
    }
    resolver.query.compare = compare.map(|to| Compare { to, shows_change: true });
    Ok(())
}

/// "as of May, by booking date": where groups are by one date, the period may be of that or of another.
fn one_time(resolver: &Resolver<'_>) -> Outcome<()> {
    let Some(time) = resolver.query.time.as_ref().filter(|_| resolver.query.is_dated_by_own) else { return Ok(()) };
    let of = resolver.ground.field(time.field).dataset;
    let is_other = |field: FieldId| {
        let known = resolver.ground.field(field);
        field != time.field && known.dataset == of && matches!(known.ty, Type::Date | Type::Timestamp)
    };
    match resolver.query.dimensions.iter().map(|one| one.field).find(|field| is_other(*field)) {
        Some(other) => {
            let shown = |field: FieldId| resolver.ground.field(field).names.shown().to_lowercase();
            let (one, other) = (shown(time.field), shown(other));
            Err(Resolution::Not(format!("Say whether the period is that of {one} or of {other}.")))
        }
        None => Ok(()),
    }
}

/// "in 2024, 2025 and 2026": periods of one length, one after the other, of figures that are not grouped by time.
fn in_a_row(resolver: &Resolver<'_>, ranges: &[Range]) -> bool {
    let mut ranges = ranges.to_vec();
    ranges.sort_by_key(|range| range.from);
    let follows = |pair: &[Range]| {
        let end = pair[0].to.filter(|_| !pair[0].is_partial);
        end.is_some() && end == pair[1].from && pair[0].grain == pair[1].grain
    };
    let is_grouped = resolver.query.dimensions.iter().any(|dimension| dimension.grain.is_some());
    // Those who ordered in one year or the other are no sum.
    let adds = resolver.query.measures.iter().all(|measure| resolver.adds_up(measure));
    let is_figure = adds && !resolver.query.measures.is_empty() && resolver.query.limit.is_none();
    is_figure && !is_grouped && ranges[0].grain.is_some() && ranges.windows(2).all(follows)
}

fn set(place: &mut Option<CompareTo>, to: CompareTo) -> Outcome<()> {
    // "week on week: last week vs the week before"
    if place.as_ref().is_some_and(|other| *other != to) {
        return Err(Resolution::Nothing);
    }
    *place = Some(to);
    Ok(())
}

/// A month without a year is the latest one: not where another period says the year, nor where years are told apart.
fn one_year(resolver: &Resolver<'_>, times: &[(usize, Stated, Option<FieldId>)], all: &SemanticFrame) -> Outcome<()> {
    let stated = || times.iter().map(|(_, stated, _)| stated).chain(&all.versus_ranges);
    let yearless = stated().filter(|stated| stated.is_latest()).count();
    if yearless > 0 && yearless < stated().count() {
        return Err(Resolution::Not("Name the year of each period.".into()));
    }
    let by_year = resolver.query.dimensions.iter().any(|dimension| dimension.grain == Some(Grain::Year));
    if yearless > 0
        && (by_year || all.groups.iter().any(|by| matches!(by, super::super::items::Grouped::Grain(Grain::Year))))
    {
        return Err(Resolution::Not("The same month of several years cannot be asked for at once: name them.".into()));
    }
    let mut grains = stated().map(|stated| stated.range.grain);
    let first = grains.next().flatten();
    if !all.versus_ranges.is_empty() && grains.any(|grain| grain != first) {
        return Err(Resolution::Not("The periods that are compared are not as long as one another.".into()));
    }
    Ok(())
}

/// The periods of one time. "issued in March and paid in April": those of others are conditions.
fn of_one_field(resolver: &mut Resolver<'_>, all: &SemanticFrame) -> Outcome<Vec<(usize, Stated, Option<FieldId>)>> {
    let mut times = all.times.clone();
    let fields: Vec<FieldId> = times.iter().filter_map(|(_, _, field)| *field).collect();
    if fields.windows(2).all(|pair| pair[0] == pair[1]) {
        return Ok(times);
    }
    if fields.len() < times.len() {
        return Err(Resolution::Not("Say of each period what happened in it.".into()));
    }
    let Some((_, _, first)) = times.first().cloned() else { return Ok(times) };
    for (_, stated, field) in times.extract_if(1.., |(_, _, field)| *field != first) {
        let (Some(field), range) = (field, clear(resolver, &stated)?) else { continue };
        resolver.notes.extend(stated.note);
        let ends = [(Op::AtLeast, range.from), (Op::Less, range.to)];
        let ends = ends.into_iter().filter_map(|(op, day)| Some(Filter { field, op, values: vec![Value::Date(day?)] }));
        resolver.query.filters.extend(ends);
    }
    Ok(times)
}

/// The range of a day that was chosen where two can be meant.
pub(in crate::chat::read) fn clear(resolver: &Resolver<'_>, stated: &Stated) -> Outcome<Range> {
    let Some(other) = stated.other else { return Ok(stated.range) };
    let day = |range: &Range| range.from.map(|day| day.to_string()).unwrap_or_default();
    let id = |range: &Range| format!("day|{}", day(range));
    let both = [stated.range, other];
    if let Some(chosen) = both.iter().find(|range| resolver.choices.iter().any(|choice| choice.id == id(range))) {
        return Ok(*chosen);
    }
    let options = both.iter().map(|range| Offer { id: id(range), label: day(range) }).collect();
    Err(Resolution::Ask(Clarification { about: About::Time, question: "Which day do you mean?".into(), options }))
}

/// Two ranges side by side: together where they meet and time is a group, else the words do not say what they are for.
fn two(
    resolver: &mut Resolver<'_>,
    all: &SemanticFrame,
    home: Option<DatasetId>,
    one: Range,
    other: Range,
) -> Outcome<()> {
    let (first, second) = if one.from <= other.from { (one, other) } else { (other, one) };
    let is_grouped = resolver.query.dimensions.iter().any(|dimension| dimension.grain.is_some());
    if is_grouped && first.to == second.from && first.to.is_some() {
        let named = all.times.iter().find_map(|(_, _, field)| *field);
        let field = resolver.time(home, named)?;
        resolver.set_time(field, Range { to: second.to, is_partial: second.is_partial, ..first });
        return Ok(());
    }
    Err(Resolution::Not(
        "Say whether the two periods are to be compared or grouped: \"2023 vs 2024\", \"by year\".".into(),
    ))
}

fn versus_of(
    resolver: &mut Resolver<'_>,
    versus: Against,
    grain: Option<Grain>,
    home: Option<DatasetId>,
) -> Outcome<CompareTo> {
    if resolver.query.time.is_none()
        && grain.is_none()
        && let Against::Last(unit) = versus
    {
        let field = resolver.time(home, None)?;
        let range = dates::this(resolver.context, unit).ok_or(Resolution::Nothing)?;
        resolver.set_time(field, range);
        resolver.notes.push("Took the current period, up to today.".to_owned());
    }
    let of = grain.or(resolver.query.time.as_ref().and_then(|time| time.range.grain));
    let is_partial = resolver.query.time.as_ref().is_some_and(|time| time.range.is_partial);
    match (versus, of) {
        (Against::Before, Some(_)) => Ok(CompareTo::PreviousPeriod),
        // As many as were asked for.
        (Against::Several(count, unit), _) if grain.is_none() => {
            let range = resolver.query.time.as_ref().map(|time| time.range);
            let ends = range.and_then(|range| range.from.zip(range.to));
            match ends.filter(|(from, to)| dates::plus(*from, unit, count) == Some(*to)) {
                Some(_) => Ok(CompareTo::PreviousPeriod),
                None => Err(Resolution::Not("The periods that are compared are not as long as one another.".into())),
            }
        }
        (Against::SameLastYear, Some(_)) => Ok(CompareTo::SamePeriodLastYear),
        // The same part of the year before: as far as this one has come.
        (Against::Last(Grain::Year), Some(Grain::Year)) if is_partial && grain.is_none() => {
            Ok(CompareTo::SamePeriodLastYear)
        }
        (Against::Last(unit), Some(of)) if unit == of => Ok(CompareTo::PreviousPeriod),
        (Against::Last(Grain::Year), Some(_)) => Ok(CompareTo::SamePeriodLastYear),
        _ => Err(Resolution::Nothing),
    }
}

fn over_of(
    resolver: &mut Resolver<'_>,
    over: Against,
    grain: Option<Grain>,
    home: Option<DatasetId>,
) -> Outcome<CompareTo> {
    let Against::Over(unit) = over else { return Err(Resolution::Nothing) };
    let range = resolver.query.time.as_ref().and_then(|time| time.range.grain);
    match grain.or(range) {
        Some(of) if of == unit => Ok(CompareTo::PreviousPeriod),
        Some(of) if unit == Grain::Year && of < Grain::Year => Ok(CompareTo::SamePeriodLastYear),
        // "month over month in 2024"
        Some(Grain::Year) if grain.is_none() => grouped(resolver, unit, home),
        None => grouped(resolver, unit, home),
        _ => Err(Resolution::Nothing),
    }
}

fn grouped(resolver: &mut Resolver<'_>, unit: Grain, home: Option<DatasetId>) -> Outcome<CompareTo> {
    let field = resolver.time(home, None)?;
    resolver.query.dimensions.push(Dimension { field, grain: Some(unit) });
    Ok(CompareTo::PreviousPeriod)
}

/// "compare revenue of Germany and France", also "by month": one beside the other.
fn compared(resolver: &mut Resolver<'_>, all: &SemanticFrame) -> Outcome<()> {
    let is_beside = resolver.query.measures.len() > 1 || !resolver.query.dimensions.is_empty();
    let mut lists =
        all.filters.iter().filter(|filter| filter.values.len() > 1 && filter.op == crate::chat::query::Op::Is);
    match (lists.next(), lists.next()) {
        (Some(list), None) => {
            let one = Dimension { field: list.field, grain: None };
            if !resolver.query.dimensions.contains(&one) {
                resolver.query.dimensions.push(one);
            }
            Ok(())
        }
        (None, _) if is_beside => Ok(()),
        _ => Err(Resolution::Nothing),
    }
}

/// A period that is not over is held against as much of the other one.
fn so_far(resolver: &mut Resolver<'_>) {
    let Some(time) = &mut resolver.query.time else { return };
    let Ok(tomorrow) = resolver.context.today.tomorrow() else { return };
    let is_open = time.range.from.is_some_and(|from| from < tomorrow) && time.range.to.is_none_or(|to| to > tomorrow);
    if is_open {
        time.range = Range { to: Some(tomorrow), is_partial: true, ..time.range };
        resolver.notes.push("Compared up to today, as the period is not over.".to_owned());
    }
}
