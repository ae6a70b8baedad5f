//! Groups of follow-ups: those that a message puts beside the ones before, or in their place.

use super::super::frame::SemanticFrame;
use super::super::items::{Grouped, Noun, Phrase};
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::manner::Manner;
use crate::chat::query::{By, CompareTo, Dimension, Grain, Limit, Order, Query, Share};
use crate::chat::schema_graph;

/// Other groups take the place of those before, and what was ranked among those is ranked no more.
pub(super) fn groups(
    resolver: &mut Resolver<'_>,
    last: &Query,
    all: &SemanticFrame,
    manner: Manner,
    instead: &[(Grouped, bool)],
) -> Outcome<()> {
    if all.groups.is_empty() && !all.is_trend && !all.is_cumulative {
        for (by, is_not) in instead {
            is_not.then_some(()).ok_or(Resolution::Nothing)?;
            without(resolver, by)?;
        }
        return Ok(());
    }
    // "by category", of rows that were listed: how many there are of each.
    if resolver.query.listed.is_some() {
        super::figures::count(resolver, false)?;
        resolver.notes.push("Counted the rows before.".to_owned());
    }
    is_kept(last, all)?;
    // "by week" of what is by month changes the period alone.
    if let [Grouped::Grain(grain)] = all.groups.as_slice()
        && !all.is_also
        && let Some(time) = resolver.query.dimensions.iter_mut().find(|dimension| dimension.grain.is_some())
    {
        time.grain = Some(*grain);
        return Ok(());
    }
    let is_ranked = last.limit.is_some() && last.listed.is_none() && !resolver.query.dimensions.is_empty();
    let adds = match all.is_also || last.dimensions.is_empty() {
        true => all.is_also,
        // "and by month" of what is by region: each of them by month.
        false if manner.begins_and_by && are_of_time(all, last) => true,
        false if manner.begins_and_by => adds(resolver)?,
        false => false,
    };
    let order = std::mem::take(&mut resolver.query.order);
    let limit = resolver.query.limit.take();
    let before = std::mem::take(&mut resolver.query.dimensions);
    let all_of = resolver.query.all_of.take();
    resolver.groups(all, None)?;
    let mut found = std::mem::take(&mut resolver.query.dimensions);
    compared(resolver, &before, &found)?;
    if adds && is_ranked {
        // "add the category" to the top 5 products: each has its own.
        if !found.iter().all(|one| is_told_by(resolver, &before, one)) {
            let sentence = "Beside what is ranked, only what each of it has can be shown: ask anew for the rest.";
            return Err(Resolution::Not(sentence.into()));
        }
        (resolver.query.order, resolver.query.limit, resolver.query.all_of) = (order, limit, all_of);
    } else if let (true, false, [one], Some(Limit { rows, is_per_group: false })) =
        (is_ranked && all.is_per, adds, found.as_slice(), limit)
    {
        let path = resolver.ground.path(one.field);
        let ids = [format!("per|within:{path}"), format!("per|instead:{path}")];
        let labels = [format!("The first {rows} of each"), "All by it, instead of the first ones before".to_owned()];
        if resolver.either(ids, labels, "So many of each, or by it instead?")? {
            found.extend(before);
            (resolver.query.order, resolver.query.dimensions) = (order, found);
            resolver.query.limit = Some(Limit { rows, is_per_group: true });
            return Ok(());
        }
    } else if let (true, Some(limit)) = (is_ranked, limit) {
        let rows = limit.rows;
        resolver.notes.push(format!("Shown by it instead of the first {rows} before, and all of it."));
    }
    resolver.query.dimensions = match (adds, instead) {
        (true, _) => before.into_iter().chain(found).collect(),
        (false, []) => found,
        // "by channel instead of region": the other groups stay.
        (false, [(by, _), ..]) => {
            let is_gone = |one: &Dimension| is_by(resolver, one, by);
            let place = before.iter().position(is_gone).unwrap_or(0);
            let mut kept: Vec<Dimension> = before.iter().filter(|one| !is_gone(one)).cloned().collect();
            let place = place.min(kept.len());
            kept.splice(place..place, found);
            kept
        }
    };
    Ok(())
}

/// What hangs on the groups before says nothing of others.
fn is_kept(last: &Query, all: &SemanticFrame) -> Outcome<()> {
    if !last.having.is_empty() {
        let sentence = "The condition on a figure was of the groups before: ask anew, with the groups that it is of.";
        return Err(Resolution::Not(sentence.into()));
    }
    if matches!(last.share, Some(Share::Of(_))) {
        return Err(Resolution::Nothing);
    }
    let is_finer = matches!(all.groups.as_slice(), [Grouped::Grain(_)]) && !all.is_also;
    match last.is_cumulative && !all.is_cumulative && !is_finer {
        true => Err(Resolution::Not("A running total needs its period: ask anew for another grouping.".into())),
        false => Ok(()),
    }
}

/// "against the period before" is of each group by time, else of the whole: another grouping says something else.
fn compared(resolver: &mut Resolver<'_>, before: &[Dimension], found: &[Dimension]) -> Outcome<()> {
    let has_time = |dimensions: &[Dimension]| dimensions.iter().any(|one| one.grain.is_some());
    let Some(compare) = resolver.query.compare.as_mut().filter(|compare| compare.to == CompareTo::PreviousPeriod)
    else {
        return Ok(());
    };
    let is_year = resolver.query.time.as_ref().is_some_and(|time| time.range.grain == Some(Grain::Year));
    match (has_time(before), has_time(found)) {
        (false, true) if is_year => compare.to = CompareTo::SamePeriodLastYear,
        (false, true) => resolver.notes.push("Each is compared with the one before it.".to_owned()),
        (true, false) => {
            return Err(Resolution::Not("Say anew what each of these is compared with.".into()));
        }
        _ => {}
    }
    Ok(())
}

/// The groups before are things, and each of them has one of it.
fn is_told_by(resolver: &Resolver<'_>, before: &[Dimension], one: &Dimension) -> bool {
    let of = resolver.ground.field(one.field).dataset;
    let is_of = |thing: &Dimension| {
        let dataset = resolver.ground.field(thing.field).dataset;
        schema_graph::key(resolver.ground, dataset) == Some(thing.field)
            && schema_graph::reach(resolver.ground, dataset).contains(&of)
    };
    one.grain.is_none() && before.iter().any(is_of)
}

fn is_by(resolver: &Resolver<'_>, dimension: &Dimension, by: &Grouped) -> bool {
    match by {
        Grouped::Grain(grain) => dimension.grain == Some(*grain),
        Grouped::Field(field) => dimension.field == *field,
        Grouped::FieldGrain(field, grain) => dimension.field == *field && dimension.grain == Some(*grain),
        Grouped::Entity(id) => schema_graph::identity(resolver.ground, *id).contains(&dimension.field),
        Grouped::Role(..) | Grouped::Such(..) => false,
    }
}

/// Whether the query is grouped by it.
pub(super) fn is_grouped_by(resolver: &Resolver<'_>, by: &Grouped) -> bool {
    resolver.query.listed.is_none() && resolver.query.dimensions.iter().any(|one| is_by(resolver, one, by))
}

/// "not by channel": the other groups alone.
fn without(resolver: &mut Resolver<'_>, by: &Grouped) -> Outcome<()> {
    let is_gone: Vec<bool> = resolver.query.dimensions.iter().map(|one| is_by(resolver, one, by)).collect();
    fewer(resolver, &is_gone)
}

/// "in total": one figure of all that was grouped.
pub(super) fn total(resolver: &mut Resolver<'_>) -> Outcome<()> {
    let query = &resolver.query;
    if query.dimensions.is_empty() && (!query.filters.is_empty() || !query.members.is_empty()) {
        return Err(Resolution::Not("It is a total already: name the condition that no longer holds.".into()));
    }
    let is_gone = vec![true; query.dimensions.len()];
    fewer(resolver, &is_gone)
}

/// "which region has the most?": the first of the groups before. Of some that were picked, the other end is not among them.
pub(super) fn first(resolver: &mut Resolver<'_>, by: Option<&Grouped>, is_descending: bool) -> Outcome<()> {
    let query = &resolver.query;
    let is_plain = query.listed.is_none() && query.compare.is_none() && query.share.is_none() && !query.is_cumulative;
    let is_one = query.measures.len() == 1 && !query.dimensions.is_empty();
    let is_of_it = by.is_none_or(|by| query.dimensions.iter().all(|one| is_by(resolver, one, by)));
    let before = query.order.first().map(|order| order.is_descending);
    let is_picked = query.limit.is_some_and(|limit| limit.rows > 1 || limit.is_per_group);
    if !is_plain || !is_one || is_picked && before != Some(is_descending) || !is_of_it {
        return Err(Resolution::Nothing);
    }
    resolver.query.order = vec![Order { by: By::Measure(0), is_descending }];
    resolver.query.limit = Some(Limit { rows: 1, is_per_group: false });
    Ok(())
}

fn fewer(resolver: &mut Resolver<'_>, is_gone: &[bool]) -> Outcome<()> {
    let query = &mut resolver.query;
    if query.limit.is_some() || !query.having.is_empty() {
        let sentence = "Of the rows that were picked no total can be asked for: ask anew for that of all.";
        return Err(Resolution::Not(sentence.into()));
    }
    let gone: Vec<&Dimension> =
        query.dimensions.iter().zip(is_gone).filter(|(_, is_gone)| **is_gone).map(|(one, _)| one).collect();
    let is_left = gone.len() < query.dimensions.len();
    let has_time = gone.iter().any(|one| one.grain.is_some());
    let compares = query.compare.as_ref().is_some_and(|compare| match &compare.to {
        CompareTo::PreviousPeriod => true,
        CompareTo::SamePeriodLastYear => query.time.is_none(),
        _ => false,
    });
    if query.listed.is_some()
        || query.measures.is_empty()
        || matches!(query.share, Some(Share::Of(_)))
        || query.share.is_some() && query.part.is_empty() && !is_left
        || has_time && (query.is_cumulative || compares)
    {
        return Err(Resolution::Nothing);
    }
    let mut gone = is_gone.iter();
    query.dimensions.retain(|_| !gone.next().copied().unwrap_or(false));
    query.order.clear();
    query.all_of = None;
    Ok(())
}

/// "add the region" to figures by something: by this, too.
pub(super) fn also_by(resolver: &Resolver<'_>, last: &Query, all: &mut SemanticFrame) {
    let is_group = |phrase: &Phrase| {
        let is_bare = phrase.is_plain() && !phrase.is_distinct && phrase.filters.is_empty();
        matches!(phrase.noun, Noun::Field(field) if is_bare && !resolver.is_figure(field))
    };
    let is_meant = all.is_also && last.listed.is_none() && !last.dimensions.is_empty() && all.measures.is_empty();
    if is_meant && all.nouns.iter().all(is_group) {
        for phrase in all.nouns.drain(..) {
            if let Noun::Field(field) = phrase.noun {
                all.groups.push(Grouped::Field(field));
            }
        }
    }
}

/// "and by region": beside the groups before, or instead of them.
fn are_of_time(all: &SemanticFrame, last: &Query) -> bool {
    let is_time = |by: &Grouped| matches!(by, Grouped::Grain(_) | Grouped::FieldGrain(..));
    all.groups.iter().all(is_time) && last.dimensions.iter().all(|one| one.grain.is_none()) && last.limit.is_none()
}

fn adds(resolver: &Resolver<'_>) -> Outcome<bool> {
    let ids = ["and by|adds", "and by|replaces"].map(str::to_owned);
    let labels = ["Beside the groups before", "Instead of the groups before"].map(str::to_owned);
    resolver.either(ids, labels, "Group by it beside what was grouped by before, or instead?")
}
