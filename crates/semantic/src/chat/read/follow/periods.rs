//! Periods of follow-ups.

use jiff::ToSpan;

use super::super::frame::SemanticFrame;
use super::super::resolve::compare;
use super::super::resolver::{Outcome, Resolution, Resolver};
use crate::chat::dates;
use crate::chat::query::{Compare, CompareTo, Filter, Grain, Op, Query, Range, TimeRange, Value};

/// Another period takes the place of the one before; a comparison stays unless another is named.
pub(super) fn times(resolver: &mut Resolver<'_>, last: &Query, all: &mut SemanticFrame) -> Outcome<()> {
    let says_compare = all.is_change
        || all.over.is_some()
        || !all.versus.is_empty()
        || !all.versus_ranges.is_empty()
        || all.versus_values.is_some()
        || all.is_compared;
    if !says_compare && (all.times.is_empty() || in_force(resolver, all)) {
        return Ok(());
    }
    // "in March", of the year that was asked about.
    let year = |range: &Range| {
        let (from, to) = (range.from?, range.to?);
        let last = to.yesterday().ok()?;
        (from.year() == last.year()).then_some(from.year())
    };
    let before = last.time.as_ref().and_then(|time| year(&time.range));
    let is_other = |stated: &dates::Stated| stated.is_latest() && before.is_some() && year(&stated.range) != before;
    for (_, stated, _) in all.times.iter_mut().filter(|(_, stated, _)| is_other(stated)) {
        let range = last.time.as_ref().map(|time| time.range);
        let end = range.and_then(|range| range.to);
        let said = before.and_then(|year| in_year(&stated.range, year, end)).ok_or(Resolution::Nothing)?;
        // "in December 2023", "and in January?": the one behind it may be meant.
        if said.range.from < range.and_then(|range| range.from) {
            return Err(Resolution::Not("Name the year of the period, too.".into()));
        }
        *stated = said;
        resolver.notes.push("Took the year of the question before.".to_owned());
    }
    // What "2023 vs 2024" becomes with another year, the words do not say.
    let is_of_ranges =
        |query: &Query| matches!(query.compare.as_ref().map(|compare| &compare.to), Some(CompareTo::Range(_)));
    if is_of_ranges(last) && !says_compare {
        return Err(Resolution::Nothing);
    }
    // "compared with Q1 2025": the period before with that one.
    if let (true, false, Some(time)) = (all.times.is_empty(), all.versus_ranges.is_empty(), &resolver.query.time) {
        all.times.push((0, dates::Stated::of(time.range), Some(time.field)));
    }
    if !says_compare {
        part_of_year(resolver, last, all)?;
    }
    // "desktop vs mobile" of what was by device, or of one of them.
    if let Some((field, ..)) = &all.versus_values {
        resolver.query.filters.retain(|filter| filter.field != *field);
        let count = resolver.query.dimensions.len();
        resolver.query.dimensions.retain(|dimension| dimension.field != *field);
        if resolver.query.dimensions.len() < count {
            resolver.query.order.clear();
            resolver.query.limit.is_none().then_some(()).ok_or(Resolution::Nothing)?;
        }
    }
    one_after_the_other(resolver, says_compare, all);
    let before = resolver.query.compare.take();
    compare::resolve(resolver, all, resolver.query.listed)?;
    if resolver.query.compare.is_none() {
        resolver.query.compare = before;
    }
    Ok(())
}

/// A month without a year, in this one; "since June" ends where the period before did.
fn in_year(range: &Range, year: i16, end: Option<jiff::civil::Date>) -> Option<dates::Stated> {
    let from = range.from?;
    let years = year - from.year();
    let moved = |day: jiff::civil::Date| day.checked_add(years.years()).ok();
    let is_within = |day: &jiff::civil::Date| day.yesterday().is_ok_and(|last| last.year() == from.year());
    let to = match range.to.filter(|to| is_within(to) && range.grain.is_some()) {
        Some(to) => moved(to),
        None => end,
    };
    Some(dates::Stated::of(Range { from: moved(from), to, is_partial: false, ..*range }))
}

/// "for 2024 and 2025", of what is grouped already: one period, and it is said that it is.
fn one_after_the_other(resolver: &mut Resolver<'_>, says_compare: bool, all: &mut SemanticFrame) {
    if says_compare || all.times.len() < 2 || resolver.query.dimensions.is_empty() {
        return;
    }
    let mut times = all.times.clone();
    times.sort_by_key(|(_, stated, _)| stated.range.from);
    let follows =
        |pair: &[(usize, dates::Stated, _)]| pair[0].1.range.to.is_some() && pair[0].1.range.to == pair[1].1.range.from;
    if let (true, [(at, first, field), .., (_, last, _)]) = (times.windows(2).all(follows), times.as_slice()) {
        let range = Range { from: first.range.from, grain: None, ..last.range };
        all.times = vec![(*at, dates::Stated::of(range), *field)];
        resolver.notes.push("Took both periods together: say \"by year\" for each.".to_owned());
    }
}

/// "and on 30 June?" of what was in force on another day.
fn in_force(resolver: &mut Resolver<'_>, all: &SemanticFrame) -> bool {
    let [(_, stated, None)] = all.times.as_slice() else { return false };
    let (Some(tomorrow), None) = (stated.range.to, &resolver.query.time) else { return false };
    let is_day = stated.range.grain == Some(Grain::Day)
        && (stated.range.from.is_none() || stated.range.from == tomorrow.yesterday().ok());
    let (Some(day), true) = (tomorrow.yesterday().ok(), is_day) else { return false };
    let Some((begun, lasts)) = days(&resolver.query) else { return false };
    resolver.query.filters[begun].values = vec![Value::Date(tomorrow)];
    resolver.query.filters[lasts].values = vec![Value::Date(day)];
    true
}

/// The places of the conditions that say what was in force on a day.
fn days(query: &Query) -> Option<(usize, usize)> {
    let place = |op: Op| {
        let is_it = |filter: &Filter| filter.op == op && matches!(filter.values.as_slice(), [Value::Date(_)]);
        let mut places = query.filters.iter().enumerate().filter(|(_, filter)| is_it(filter));
        let place = places.next().map(|(at, _)| at);
        if places.next().is_some() { None } else { place }
    };
    place(Op::IsNotEmpty).zip(place(Op::IsEmpty))
}

/// "a year later?" of what was in force on a day.
pub(super) fn later(resolver: &mut Resolver<'_>, count: i32, grain: Grain) -> Outcome<()> {
    let (begun, lasts) = days(&resolver.query).ok_or(Resolution::Nothing)?;
    for at in [begun, lasts] {
        let [Value::Date(day)] = resolver.query.filters[at].values.as_slice() else { return Err(Resolution::Nothing) };
        let day = dates::plus(*day, grain, count).ok_or(Resolution::Nothing)?;
        resolver.query.filters[at].values = vec![Value::Date(day)];
    }
    Ok(())
}

/// "and 2025?" behind March 2026: that year, or March of it.
fn part_of_year(resolver: &mut Resolver<'_>, last: &Query, all: &mut SemanticFrame) -> Outcome<()> {
    let ([(_, stated, _)], Some(time)) = (all.times.as_mut_slice(), &last.time) else { return Ok(()) };
    let Some(part) = dates::part_of(resolver.context, time.range, stated.range) else { return Ok(()) };
    let day = part.from.map(|day| day.to_string()).unwrap_or_default();
    let ids = [format!("year|part:{day}"), format!("year|whole:{day}")];
    let word = time.range.grain.map_or("part", |grain| grain.word());
    let labels = [format!("The same {word} of that year"), "The whole of that year".to_owned()];
    if resolver.either(ids, labels, "The whole of that year, or the same part of it as before?")? {
        *stated = dates::Stated::of(part);
    }
    Ok(())
}

/// Two that differ in their periods alone, as a comparison of the later one with the earlier one.
pub(super) fn apart(last: &Query, earlier: &Query) -> Option<Query> {
    let (one, other) = (last.time.as_ref()?.range, earlier.time.as_ref()?.range);
    let is_alike = Query { time: last.time.clone(), ..earlier.clone() }.canonical() == last.clone().canonical();
    let is_plain = last.compare.is_none() && last.share.is_none() && last.limit.is_none() && last.having.is_empty();
    let is_closed = |range: Range| range.from.is_some() && range.to.is_some();
    let is_of_one_grain = one.grain.is_some() && one.grain == other.grain;
    if !is_alike
        || !is_of_one_grain
        || !is_plain
        || last.measures.is_empty()
        || one == other
        || !is_closed(one)
        || !is_closed(other)
    {
        return None;
    }
    let (now, then) = if one.from >= other.from { (one, other) } else { (other, one) };
    let field = last.time.as_ref()?.field;
    let compare = Some(Compare { to: CompareTo::Range(then), shows_change: true });
    Some(Query { time: Some(TimeRange { field, range: now }), compare, ..last.clone() })
}
