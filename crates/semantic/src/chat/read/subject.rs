//! What a question is about: figures, things that are ranked, things that are listed.

use super::gather::{Gathered, Rank, limit};
use super::items::{Noun, Phrase, Target};
use super::settle::{Outcome, Settled, Settler, is_extreme};
use super::ways;
use crate::chat::ground::{DatasetId, MetricId};
use crate::chat::query::{Aggregate, By, Dimension, Limit, Measure, Order};
use crate::chat::reading::{About, Clarification, Offer};

/// Sets measures, what they are ranked or listed by, and answers the dataset that is asked about.
pub(super) fn settle(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<Option<DatasetId>> {
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
    if all.rank.is_some() {
        return ranked(settler, all);
    }
    if let Some(by) = all.by.take() {
        // "revenue by orders" is nothing.
        let _ = by;
        return Err(Settled::Nothing);
    }
    if !all.measures.is_empty() {
        return measured(settler, all);
    }
    things(settler, all)
}

/// Figures are asked for; the things named beside them must be those that they are made of.
fn measured(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<Option<DatasetId>> {
    settler.query.measures = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
    let first = settler.query.measures.first().and_then(|measure| ways::home(settler.ground, measure));
    let home = first.ok_or(Settled::Nothing)?;
    let reach = ways::reach(settler.ground, home);
    // A figure for each thing that meets a condition: "customers with revenue over 1000" has it as its condition.
    for phrase in &all.nouns {
        match phrase.noun {
            Noun::Entity(id) if id == home && phrase.number.is_none() => {}
            // "revenue of customers in Germany": the thing is there for its condition.
            Noun::Entity(id) if reach.contains(&id) && phrase.number.is_none() && !all.is_which => {
                let is_said = |field: &crate::chat::ground::FieldId| {
                    ways::reach(settler.ground, id).contains(&settler.ground.field(*field).dataset)
                };
                if !all.filters.iter().chain(&all.part).any(|filter| is_said(&filter.field)) {
                    return Err(Settled::Nothing);
                }
            }
            _ => return Err(Settled::Nothing),
        }
    }
    averages(settler, all)?;
    Ok(Some(home))
}

/// "average amount per customer" may be of rows or of customers.
fn averages(settler: &Settler<'_>, all: &Gathered) -> Outcome<()> {
    let is_average =
        |measure: &Measure| matches!(measure, Measure::Of { aggregate: Aggregate::Average | Aggregate::Median, .. });
    let entity = all.groups.iter().find_map(|by| match by {
        super::items::Grouped::Entity(id) => Some(*id),
        _ => None,
    });
    if let Some(entity) = entity
        && all.is_per
        && settler.query.measures.iter().any(is_average)
    {
        let name = settler.shown(entity);
        let message = format!(
            "An average per {name} can mean two things: ask for the average by {name}, or for the total by {name}."
        );
        return Err(Settled::Not(message));
    }
    Ok(())
}

fn ranked(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<Option<DatasetId>> {
    let Some(rank) = all.rank.clone() else { return Err(Settled::Nothing) };
    let is_per_group = all.is_per && !all.groups.is_empty();
    match rank {
        Rank::Recent { n, is_descending, what } => {
            let Noun::Entity(dataset) = what.noun else { return Err(Settled::Nothing) };
            if !all.measures.is_empty() || !all.nouns.is_empty() || all.by.is_some() || !all.groups.is_empty() {
                return Err(Settled::Nothing);
            }
            let field = settler.time(Some(dataset), None)?;
            settler.query.listed = Some(dataset);
            settler.query.dimensions = vec![Dimension { field, grain: None }];
            settler.query.order = vec![Order { by: By::Dimension(0), is_descending }];
            settler.query.limit = Some(limit(n, &what, false, &mut settler.notes));
            Ok(Some(dataset))
        }
        Rank::BestField { field, is_descending } => {
            let [what] = all.nouns.as_slice() else { return Err(Settled::Nothing) };
            let what = what.clone();
            let owner = settler.ground.field(field).dataset;
            if !all.measures.is_empty() || all.by.is_some() || !all.groups.is_empty() {
                return Err(Settled::Nothing);
            }
            match what.noun {
                Noun::Entity(dataset) if dataset == owner => {
                    settler.query.listed = Some(dataset);
                    settler.query.dimensions = vec![Dimension { field, grain: None }];
                    settler.query.order = vec![Order { by: By::Dimension(0), is_descending }];
                    settler.query.limit = Some(limit(None, &what, false, &mut settler.notes));
                }
                Noun::Field(_) => {
                    settler.ranked(&what, Some(owner))?;
                    settler
                        .rank(Measure::Of { aggregate: super::clauses::extreme(is_descending), field }, is_descending);
                    settler.query.limit = Some(limit(None, &what, false, &mut settler.notes));
                }
                _ => {
                    let name = settler.ground.field(field).names.shown().to_lowercase();
                    let message =
                        format!("Say which {name} is meant: the total, the average or the highest single one.");
                    return Err(Settled::Not(message));
                }
            }
            Ok(Some(owner))
        }
        Rank::Best { measure, is_descending } => {
            if !all.measures.is_empty() || all.by.is_some() {
                return Err(Settled::Nothing);
            }
            let (what, rest) = split(&all.nouns)?;
            consistent(settler, &rest, &measure)?;
            by_measure(settler, measure, &what, None, is_descending, is_per_group)
        }
        Rank::Top { n, is_descending, what } => {
            let from_nouns = what.is_none();
            let (what, rest) = match what {
                Some(what) => (what, all.nouns.clone()),
                None => split(&all.nouns)?,
            };
            let what = Phrase { number: n.or(what.number).filter(|_| from_nouns || n.is_some()), ..what };
            let measure = match (all.by.take(), all.measures.as_slice(), &all.order) {
                (Some(by), [], None) => by,
                (None, [(measure, _)], None) => measure.clone(),
                (None, [], Some((Target::Measure(measure), None))) => {
                    let measure = measure.clone();
                    all.order = None;
                    measure
                }
                (None, [], None) => wanted(settler)?,
                _ => return Err(Settled::Nothing),
            };
            if is_extreme(&measure) && matches!(what.noun, Noun::Entity(_)) {
                return Err(Settled::Nothing);
            }
            consistent(settler, &rest, &measure)?;
            by_measure(settler, measure, &what, n, is_descending, is_per_group)
        }
    }
}

/// The first noun is what is ranked.
fn split(nouns: &[Phrase]) -> Outcome<(Phrase, Vec<Phrase>)> {
    let (first, rest) = nouns.split_first().ok_or(Settled::Nothing)?;
    Ok((first.clone(), rest.to_vec()))
}

fn consistent(settler: &Settler<'_>, rest: &[Phrase], measure: &Measure) -> Outcome<()> {
    let home = ways::home(settler.ground, measure);
    let is_home =
        |phrase: &Phrase| matches!(phrase.noun, Noun::Entity(id) if Some(id) == home) && phrase.number.is_none();
    if rest.iter().all(is_home) { Ok(()) } else { Err(Settled::Nothing) }
}

fn by_measure(
    settler: &mut Settler<'_>,
    measure: Measure,
    what: &Phrase,
    n: Option<u64>,
    is_descending: bool,
    is_per_group: bool,
) -> Outcome<Option<DatasetId>> {
    let home = ways::home(settler.ground, &measure);
    settler.query.measures = vec![measure.clone()];
    settler.ranked(what, home)?;
    settler.rank(measure, is_descending);
    let Limit { rows, .. } = limit(n, what, is_per_group, &mut settler.notes);
    settler.query.limit = Some(Limit { rows, is_per_group });
    Ok(home)
}

/// "top 5 customers" does not say by what.
fn wanted(settler: &Settler<'_>) -> Outcome<Measure> {
    let id = |at: usize| format!("top by|metric:{}", settler.ground.metrics[at].names.name);
    let metrics = 0..settler.ground.metrics.len();
    let chosen = metrics.clone().find(|at| settler.choices.iter().any(|choice| choice.id == id(*at)));
    if let Some(at) = chosen {
        return Ok(Measure::Metric(MetricId(at)));
    }
    let offer = |at: usize| Offer { id: id(at), label: settler.ground.metrics[at].names.shown().to_owned() };
    let options: Vec<Offer> = metrics.take(5).map(offer).collect();
    if options.len() < 2 {
        return Err(Settled::Not("Say by which figure they are ranked.".into()));
    }
    Err(Settled::Ask(Clarification { about: About::Metric, question: "Ranked by which figure?".into(), options }))
}

/// Things without a figure: they are counted where something is said of groups or times, else listed.
fn things(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<Option<DatasetId>> {
    let entities: Vec<DatasetId> = all
        .nouns
        .iter()
        .filter_map(|phrase| match phrase.noun {
            Noun::Entity(id) => Some(id),
            _ => None,
        })
        .collect();
    let fields = all.nouns.len() - entities.len();
    if all.nouns.iter().any(|phrase| phrase.number.is_some() || matches!(phrase.noun, Noun::Grain(_))) {
        return Err(Settled::Nothing);
    }
    let having: Vec<Measure> = all
        .conditions
        .iter()
        .filter_map(|(target, ..)| match target {
            Target::Measure(measure) => Some(measure.clone()),
            _ => None,
        })
        .collect();
    let is_counted = !all.groups.is_empty()
        || all.is_trend
        || all.is_share
        || all.is_cumulative
        || all.is_change
        || all.over.is_some()
        || !all.versus.is_empty()
        || !all.versus_ranges.is_empty()
        || all.versus_values.is_some()
        || all.is_compared;
    match (entities.as_slice(), fields) {
        ([], 0) | ([], _)
            if !having.is_empty() && all.nouns.len() == 1 || !having.is_empty() && entities.len() == 1 =>
        {
            grouped_having(settler, all, having)
        }
        ([_], 0) if !having.is_empty() => grouped_having(settler, all, having),
        ([], 0) => Err(Settled::Nothing),
        ([one], 0) if is_counted => {
            if !all.is_share {
                settler.notes.push(format!("Counted {}.", settler.shown(*one)));
            }
            settler.query.measures = vec![Measure::CountOf(*one)];
            Ok(Some(*one))
        }
        ([one], 0) => {
            settler.query.listed = Some(*one);
            if !all.is_which {
                settler.notes.push(format!("Listed {}; ask \"how many\" for their number.", settler.shown(*one)));
            }
            Ok(Some(*one))
        }
        ([], _) if !is_counted => different(settler, all),
        ([one], _) if !is_counted => columns(settler, all, *one),
        _ => Err(Settled::Nothing),
    }
}

/// "customers with more than 10 orders".
fn grouped_having(settler: &mut Settler<'_>, all: &Gathered, having: Vec<Measure>) -> Outcome<Option<DatasetId>> {
    let [what] = all.nouns.as_slice() else { return Err(Settled::Nothing) };
    let home = having.first().and_then(|measure| ways::home(settler.ground, measure));
    settler.query.measures = having;
    settler.query.measures.dedup();
    settler.ranked(what, home)?;
    Ok(home)
}

/// Fields without a thing: their different values.
fn different(settler: &mut Settler<'_>, all: &Gathered) -> Outcome<Option<DatasetId>> {
    let mut home = None;
    for phrase in &all.nouns {
        let Noun::Field(field) = phrase.noun else { return Err(Settled::Nothing) };
        let owner = settler.ground.field(field).dataset;
        // A figure alone asks for no list: which aggregate is meant is not said.
        if settler.is_figure(field) {
            let name = settler.ground.field(field).names.shown().to_lowercase();
            return Err(Settled::Not(format!("Say what of {name} is wanted: its total, its average or each one.")));
        }
        home = match home {
            Some(other) if other == owner || ways::reach(settler.ground, other).contains(&owner) => Some(other),
            None => Some(owner),
            Some(other) if ways::reach(settler.ground, owner).contains(&other) => Some(owner),
            Some(_) => return Err(Settled::Nothing),
        };
        settler.query.dimensions.push(ways::dimension(settler.ground, field));
    }
    if !all.happened.is_empty() || !all.through.is_empty() {
        return Err(Settled::Nothing);
    }
    settler.notes.push("Each different value once.".to_owned());
    Ok(home)
}

/// "name and city of customers in Germany".
fn columns(settler: &mut Settler<'_>, all: &Gathered, dataset: DatasetId) -> Outcome<Option<DatasetId>> {
    for phrase in &all.nouns {
        if let Noun::Field(field) = phrase.noun {
            settler.query.dimensions.push(Dimension { field, grain: None });
        }
    }
    if all.nouns.iter().any(|phrase| phrase.is_distinct) {
        return Err(Settled::Nothing);
    }
    settler.query.listed = Some(dataset);
    Ok(Some(dataset))
}
