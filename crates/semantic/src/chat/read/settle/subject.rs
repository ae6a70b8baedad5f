//! What a question is about: figures, things that are ranked, things that are listed.

use super::super::frame::Gathered;
use super::super::items::{Grouped, Noun, Phrase, Target};
use super::super::settler::{Outcome, Settled, Settler};
use super::averages;
use super::counts;
use super::named;
use super::ranking;
use super::ranking::limit;
use super::sheet;
use super::things;
use crate::chat::ground::{DatasetId, Ground};
use crate::chat::query::{Aggregate, By, Measure, Order};
use crate::chat::ways;

/// Sets measures, what they are ranked or listed by, and answers the dataset that is asked about.
pub(in crate::chat::read) fn settle(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<Option<DatasetId>> {
    if let Some((dataset, is_last)) = all.when {
        let is_alone = all.measures.is_empty() && all.nouns.is_empty() && all.rank.is_none();
        if !is_alone {
            return Err(Settled::Nothing);
        }
        let field = settler.time(Some(dataset), None)?;
        let aggregate = if is_last { Aggregate::Maximum } else { Aggregate::Minimum };
        settler.query.measures = vec![Measure::Of { aggregate, field }];
        return Ok(Some(dataset));
    }
    if let Some(join) = all.who.take() {
        return named::who(settler, all, join);
    }
    named::deeds(settler, all)?;
    if all.is_counted && (!all.measures.is_empty() || all.rank.is_some() || all.nouns.len() != 1) {
        return Err(Settled::Nothing);
    }
    if all.is_when_did {
        return named::when_did(settler, all);
    }
    let is_sum = |(measure, _): &(Measure, Option<DatasetId>)| {
        matches!(measure, Measure::Metric(_) | Measure::Of { aggregate: Aggregate::Sum, .. })
    };
    if all.is_how_much && !all.measures.iter().any(is_sum) {
        return Err(Settled::Nothing);
    }
    settler.totals(all);
    averages::averaged(settler, all)?;
    if let Some(home) = sheet::settle(settler, all)? {
        return Ok(Some(home));
    }
    // What has none is not among the groups of figures, nor among things that must have it.
    if all.is_if_any || !all.own.is_empty() {
        return Err(Settled::Nothing);
    }
    if all.is_their {
        let is_plain = all.groups.is_empty() && all.rank.is_none() && all.by.is_none() && !all.is_share;
        let ([what], true) = (all.nouns.as_slice(), is_plain && all.beside.is_empty() && !all.measures.is_empty())
        else {
            return Err(Settled::Nothing);
        };
        let home = all.measures.first().and_then(|(measure, _)| ways::home(settler.ground, measure));
        settler.query.measures = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
        settler.ranked(what, home)?;
        return Ok(home);
    }
    if let Some(is_descending) = all.grew.take() {
        return grew(settler, all, is_descending);
    }
    if all.rank.is_some() {
        if !all.beside.is_empty() {
            return Err(Settled::Nothing);
        }
        return ranking::ranked(settler, all);
    }
    if let Some(by) = sorted_by(all) {
        // "countries by revenue", "countries sorted by revenue"
        let [what] = all.nouns.as_slice() else { return Err(Settled::Nothing) };
        let what = what.clone();
        let home = ways::home(settler.ground, &by);
        settler.query.measures = vec![by.clone()];
        settler.ranked(&what, home)?;
        settler.rank(by, all.order.take().and_then(|(_, is_descending)| is_descending).unwrap_or(true));
        return Ok(home);
    }
    if all.by.is_some() {
        return Err(Settled::Nothing);
    }
    periods_that(settler.ground, all);
    if !all.measures.is_empty() {
        return measured(settler, all);
    }
    things::settle(settler, all)
}

/// "which region grew the most in revenue": by the difference of two periods.
fn grew(settler: &mut Settler<'_>, all: &mut Gathered, is_descending: bool) -> Outcome<Option<DatasetId>> {
    let ([what], [(measure, _)], true) = (all.nouns.as_slice(), all.measures.as_slice(), all.groups.is_empty()) else {
        return Err(Settled::Nothing);
    };
    if all.rank.is_some() || all.by.is_some() || all.order.is_some() || all.is_share || all.is_cumulative {
        return Err(Settled::Nothing);
    }
    let home = ways::home(settler.ground, measure);
    settler.query.measures = vec![measure.clone()];
    settler.ranked(what, home)?;
    settler.query.order = vec![Order { by: By::Change(0), is_descending }];
    settler.query.limit = Some(limit(None, what, false, &mut settler.notes));
    settler.notes.push("Ranked by the difference, not by its percentage.".to_owned());
    all.is_change = true;
    Ok(home)
}

/// The figure by which things without one are sorted.
fn sorted_by(all: &mut Gathered) -> Option<Measure> {
    let is_plain = all.measures.is_empty() && all.nouns.iter().all(|phrase| phrase.number.is_none());
    match (&all.by, &all.order) {
        (Some(_), None) if is_plain => all.by.take(),
        (None, Some((Target::Measure(measure), _))) if is_plain && all.groups.is_empty() => Some(measure.clone()),
        _ => None,
    }
}

/// "in which months did revenue exceed 5000": the periods, each with its figure.
fn periods_that(ground: &Ground, all: &mut Gathered) {
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

/// Figures are asked for; the things named beside them must be those that they are made of.
fn measured(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<Option<DatasetId>> {
    if all.is_which_noun {
        return Err(Settled::Nothing);
    }
    settler.query.measures = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
    let first = settler.query.measures.first().and_then(|measure| ways::home(settler.ground, measure));
    let home = first.ok_or(Settled::Nothing)?;
    let reach = ways::reach(settler.ground, home);
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
                    && sheet::is_on_the_way(settler, all, id) =>
            {
                there.push(sheet::is_there(settler, id)?);
            }
            // "revenue of customers in Germany": the thing is there for its condition.
            Noun::Entity(id) if reach.contains(&id) && phrase.number.is_none() && !all.is_which => {
                let is_said = |field: &crate::chat::ground::FieldId| {
                    ways::reach(settler.ground, id).contains(&settler.ground.field(*field).dataset)
                };
                let is_subject = all.belongs.iter().any(|belongs| belongs.subject == Some(id));
                if !is_subject && !all.filters.iter().chain(&all.part).any(|filter| is_said(&filter.field)) {
                    return Err(Settled::Nothing);
                }
            }
            _ => return Err(Settled::Nothing),
        }
    }
    all.filters.extend(there);
    averages::per_beside_by(settler, all)?;
    averages::check(settler, all)?;
    for phrase in &all.beside {
        let (Noun::Entity(id), None, false) = (&phrase.noun, phrase.number, phrase.is_keyed || all.is_share) else {
            return Err(Settled::Nothing);
        };
        if settler.query.measures.iter().any(|measure| counts::counted(settler.ground, measure) == Some(*id)) {
            return Err(Settled::Nothing);
        }
        settler.notes.push(format!("Counted {}.", settler.shown(*id)));
        let measure = counts::counting(settler.ground, *id).unwrap_or(Measure::CountOf(*id));
        settler.query.measures.push(measure);
    }
    Ok(Some(home))
}
