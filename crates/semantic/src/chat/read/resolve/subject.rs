//! The subject of a question: figures, things that are ranked, things that are listed.

use super::super::frame::SemanticFrame;
use super::super::items::{Grouped, Noun, Phrase, Target};
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::averages;
use super::counts;
use super::named;
use super::ranking;
use super::ranking::limit;
use super::sheet;
use super::things;
use crate::chat::ground::{DatasetId, Ground};
use crate::chat::query::{Aggregate, By, Measure, Order};
use crate::chat::schema_graph;

/// Sets measures, what they are ranked or listed by, and answers the dataset that is asked about.
pub(in crate::chat::read) fn resolve(
    resolver: &mut Resolver<'_>,
    all: &mut SemanticFrame,
) -> Outcome<Option<DatasetId>> {
    if let Some((dataset, is_last)) = all.when {
        let is_alone = all.measures.is_empty() && all.nouns.is_empty() && all.rank.is_none();
        if !is_alone {
            return Err(Resolution::Nothing);
        }
        let field = resolver.time(Some(dataset), None)?;
        let aggregate = if is_last { Aggregate::Maximum } else { Aggregate::Minimum };
        resolver.query.measures = vec![Measure::Of { aggregate, field }];
        if is_last && all.times.is_empty() {
            resolver.not_ahead(field);
        }
        return Ok(Some(dataset));
    }
    if let Some(join) = all.who.take() {
        return named::who(resolver, all, join);
    }
    named::deeds(resolver, all)?;
    all.is_counted &= all.measures.is_empty();
    if all.is_counted && (!all.measures.is_empty() || all.rank.is_some() || all.nouns.len() != 1) {
        return Err(Resolution::Nothing);
    }
    if all.is_when_did {
        return named::when_did(resolver, all);
    }
    let is_sum = |(measure, _): &(Measure, Option<DatasetId>)| {
        matches!(measure, Measure::Metric(_) | Measure::Of { aggregate: Aggregate::Sum, .. })
    };
    if all.is_how_much && !all.measures.iter().any(is_sum) {
        return Err(Resolution::Nothing);
    }
    resolver.totals(all);
    averages::of_own_rows(all, resolver.ground);
    averages::averaged(resolver, all)?;
    if let Some(home) = sheet::resolve(resolver, all)? {
        return Ok(Some(home));
    }
    // What has none is not among the groups of figures, nor among things that must have it.
    if all.is_if_any || !all.own.is_empty() {
        return Err(Resolution::Nothing);
    }
    if all.theirs.is_some() {
        let is_plain = all.groups.is_empty() && all.rank.is_none() && all.by.is_none() && !all.is_share;
        let ([what], true) = (all.nouns.as_slice(), is_plain && all.beside.is_empty() && !all.measures.is_empty())
        else {
            return Err(Resolution::Nothing);
        };
        let home = all.measures.first().and_then(|(measure, _)| schema_graph::home(resolver.ground, measure));
        resolver.query.measures = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
        resolver.ranked(what, home)?;
        return Ok(home);
    }
    if let Some(is_descending) = all.grew.take() {
        return grew(resolver, all, is_descending);
    }
    if all.rank.is_some() {
        if !all.beside.is_empty() {
            return Err(Resolution::Nothing);
        }
        return ranking::ranked(resolver, all);
    }
    if let Some(by) = sorted_by(all) {
        // "countries by revenue", "countries sorted by revenue"
        let [what] = all.nouns.as_slice() else { return Err(Resolution::Nothing) };
        let what = what.clone();
        let home = schema_graph::home(resolver.ground, &by);
        resolver.query.measures = vec![by.clone()];
        resolver.ranked(&what, home)?;
        resolver.rank(by, all.order.take().and_then(|(_, is_descending)| is_descending).unwrap_or(true));
        return Ok(home);
    }
    if all.by.is_some() {
        return Err(Resolution::Nothing);
    }
    periods_that(resolver.ground, all);
    if !all.measures.is_empty() {
        return measured(resolver, all);
    }
    things::resolve(resolver, all)
}

/// "which region grew the most in revenue": by the difference of two periods.
fn grew(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, is_descending: bool) -> Outcome<Option<DatasetId>> {
    let ([what], [(measure, _)], true) = (all.nouns.as_slice(), all.measures.as_slice(), all.groups.is_empty()) else {
        return Err(Resolution::Nothing);
    };
    if all.rank.is_some() || all.by.is_some() || all.order.is_some() || all.is_share || all.is_cumulative {
        return Err(Resolution::Nothing);
    }
    let home = schema_graph::home(resolver.ground, measure);
    resolver.query.measures = vec![measure.clone()];
    resolver.ranked(what, home)?;
    resolver.query.order = vec![Order { by: By::Change(0), is_descending }];
    resolver.query.limit = Some(limit(None, what, false, &mut resolver.notes));
    resolver.notes.push("Ranked by the difference, not by its percentage.".to_owned());
    all.is_change = true;
    Ok(home)
}

/// The figure by which things without one are sorted.
fn sorted_by(all: &mut SemanticFrame) -> Option<Measure> {
    let is_plain = all.measures.is_empty() && all.nouns.iter().all(|phrase| phrase.number.is_none());
    match (&all.by, &all.order) {
        (Some(_), None) if is_plain => all.by.take(),
        (None, Some((Target::Measure(measure), _))) if is_plain && all.groups.is_empty() => Some(measure.clone()),
        _ => None,
    }
}

/// "in which months did revenue exceed 5000": the periods, each with its figure.
fn periods_that(ground: &Ground, all: &mut SemanticFrame) {
    let fits = |target: &Target, measure: &Measure| match target {
        Target::Open => true,
        Target::Fraction => super::super::scan::conditions::is_ratio(ground, measure),
        _ => false,
    };
    // "regions where revenue in 2025 was over 1000"
    if let ([what], [(measure, _)], [one], true, true) = (
        all.nouns.as_slice(),
        all.measures.as_slice(),
        all.conditions.as_mut_slice(),
        all.groups.is_empty() && all.belongs.is_empty(),
        all.is_noun_first,
    ) && fits(&one.0, measure)
        && what.is_plain()
        && what.is_plural
        && !matches!(what.noun, Noun::Grain(_))
    {
        one.0 = Target::Measure(measure.clone());
        all.measures.clear();
        return;
    }
    let ([Phrase { noun: Noun::Grain(grain), number: None, .. }], true) = (all.nouns.as_slice(), all.groups.is_empty())
    else {
        return;
    };
    let grain = *grain;
    match (all.measures.as_slice(), all.conditions.as_mut_slice()) {
        ([(measure, _)], [one]) if fits(&one.0, measure) => one.0 = Target::Measure(measure.clone()),
        ([], [(Target::Measure(measure), ..)]) => all.measures = vec![(measure.clone(), None)],
        _ => return,
    }
    all.nouns.clear();
    all.groups.push(Grouped::Grain(grain));
    (all.is_which, all.is_which_noun) = (false, false);
}

/// A period is that of something which happened to these things: "students who were admitted in 2022".
pub(in crate::chat::read) fn happens_to(resolver: &Resolver<'_>, all: &SemanticFrame, id: DatasetId) -> bool {
    let is_own = |field: crate::chat::ground::FieldId| resolver.ground.field(field).dataset == id;
    let is_dated = |(_, _, field): &(usize, crate::chat::dates::Stated, Option<crate::chat::ground::FieldId>)| {
        field.is_some_and(is_own)
    };
    all.times.iter().any(is_dated)
        || all.times.len() == 1 && matches!(all.happened.as_slice(), [field] if is_own(*field))
}

/// Figures are asked for; the things named beside them must be those that they are made of.
fn measured(resolver: &mut Resolver<'_>, all: &mut SemanticFrame) -> Outcome<Option<DatasetId>> {
    if all.is_which_noun {
        return Err(Resolution::Nothing);
    }
    resolver.query.measures = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
    let first = resolver.query.measures.first().and_then(|measure| schema_graph::home(resolver.ground, measure));
    let home = first.ok_or(Resolution::Nothing)?;
    let reach = schema_graph::reach(resolver.ground, home);
    // A figure for each thing that meets a condition: "customers with revenue over 1000" has it as its condition.
    let mut there = Vec::new();
    for (at, phrase) in all.nouns.iter().enumerate() {
        let is_before = at < all.before_groups;
        match phrase.noun {
            Noun::Entity(id) if id == home && phrase.number.is_none() => {}
            // "costs of projects by department": of those that are of one.
            Noun::Entity(id)
                if is_before
                    && reach.contains(&id)
                    && phrase.is_bare_plural()
                    && sheet::is_on_the_way(resolver, all, id) =>
            {
                there.push(sheet::is_there(resolver, id)?);
            }
            // "revenue of customers in Germany": the thing is there for its condition.
            Noun::Entity(id) if reach.contains(&id) && phrase.number.is_none() && !all.is_which => {
                let is_said = |field: &crate::chat::ground::FieldId| {
                    schema_graph::reach(resolver.ground, id).contains(&resolver.ground.field(*field).dataset)
                };
                let is_dated = happens_to(resolver, all, id);
                let is_subject = is_dated || all.belongs.iter().any(|belongs| belongs.subject == Some(id));
                if !is_subject && !all.filters.iter().chain(&all.part).any(|filter| is_said(&filter.field)) {
                    return Err(Resolution::Nothing);
                }
            }
            _ => return Err(Resolution::Nothing),
        }
    }
    all.filters.extend(there);
    averages::per_beside_by(resolver, all)?;
    averages::check(resolver, all)?;
    for phrase in &all.beside {
        let (Noun::Entity(id), None, false) = (&phrase.noun, phrase.number, phrase.is_keyed || all.is_share) else {
            return Err(Resolution::Nothing);
        };
        if resolver.query.measures.iter().any(|measure| counts::counted(resolver.ground, measure) == Some(*id)) {
            return Err(Resolution::Nothing);
        }
        resolver.notes.push(format!("Counted {}.", resolver.shown(*id)));
        let measure = counts::counting(resolver.ground, *id).unwrap_or(Measure::CountOf(*id));
        resolver.query.measures.push(measure);
    }
    Ok(Some(home))
}
