//! The figures of a message that changes the query before.

use super::super::frame::Gathered;
use super::super::items::{Noun, Target};
use super::super::settle::counts;
use super::super::settler::{Outcome, Settled, Settler};
use super::manner::{Manner, either};
use crate::chat::ground::{DatasetId, FieldId};
use crate::chat::query::{Aggregate, By, Dimension, Filter, Measure, Op, Order, Share};
use crate::chat::ways;

/// "how many of them": of rows that were listed; of things that were counted, it says the same again.
pub(super) fn count(settler: &mut Settler<'_>, is_bare: bool) -> Outcome<()> {
    let query = &settler.query;
    if query.listed.is_some() && query.limit.is_some() {
        let sentence = "So many rows were asked for: ask anew how many there are of all.";
        return Err(Settled::Not(sentence.into()));
    }
    // "how many are there" of groups: of these, or of what is counted in them.
    if query.listed.is_none() && !query.dimensions.is_empty() && (is_bare || !query.having.is_empty()) {
        let sentence = "How many groups there are cannot be asked for here, only which ones.";
        return Err(Settled::Not(sentence.into()));
    }
    if let Some(listed) = settler.query.listed.take() {
        let query = &mut settler.query;
        query.measures = vec![Measure::CountOf(listed)];
        query.dimensions.clear();
        query.order.clear();
        query.limit = None;
        return Ok(());
    }
    match settler.query.measures.as_slice() {
        [Measure::CountOf(_)] => Ok(()),
        [measure] if settler.is_count(measure) => Ok(()),
        _ => Err(Settled::Nothing),
    }
}

/// "list them": the rows of what was counted, or was listed.
pub(super) fn list(settler: &mut Settler<'_>) -> Outcome<()> {
    let query = &mut settler.query;
    if query.listed.is_some() {
        return Ok(());
    }
    let [measure] = query.measures.as_slice() else { return Err(Settled::Nothing) };
    let home = ways::home(settler.ground, measure);
    let all_of = home.filter(|home| counts::counting(settler.ground, *home).as_ref() == Some(measure));
    let counted = counts::counted(settler.ground, measure).or(all_of).ok_or(Settled::Nothing)?;
    let is_picked = !query.having.is_empty() || query.limit.is_some();
    if query.share.is_some() || query.compare.is_some() || is_picked || query.is_cumulative {
        return Err(Settled::Nothing);
    }
    query.measures.clear();
    query.dimensions.clear();
    query.order.clear();
    query.limit = None;
    query.listed = Some(counted);
    query.all_of = None;
    settler.lists(Some(counted))
}

/// "as a share of all orders": of the groups, or of what has the conditions among all.
pub(super) fn share(settler: &mut Settler<'_>, of: Option<DatasetId>) -> Outcome<()> {
    let [measure] = settler.query.measures.as_slice() else { return Err(Settled::Nothing) };
    let is_other = of.is_some_and(|of| Some(of) != ways::home(settler.ground, measure));
    let query = &settler.query;
    if is_other
        || !settler.adds_up(measure) && !settler.is_count(measure)
        || query.compare.is_some()
        || !query.having.is_empty()
    {
        return Err(Settled::Nothing);
    }
    // Of one group, the share would be of itself.
    let is_one = |filter: &Filter| {
        let is_group = query.dimensions.iter().any(|one| one.field == filter.field);
        filter.op == Op::Is && filter.values.len() == 1 && is_group
    };
    if query.filters.iter().any(is_one) {
        return Err(Settled::Not("Say of what it is the share: only one group is asked for.".into()));
    }
    if query.dimensions.is_empty() {
        if !query.part.is_empty() || query.filters.is_empty() || query.filters.len() > 1 && of.is_none() {
            return Err(Settled::Nothing);
        }
        settler.query.part = std::mem::take(&mut settler.query.filters);
    }
    settler.query.share = Some(Share::OfTotal);
    Ok(())
}

/// "without units", of several figures.
pub(super) fn without(settler: &mut Settler<'_>, measure: &Measure) -> Outcome<()> {
    let query = &mut settler.query;
    let place = query.measures.iter().position(|one| one == measure).ok_or(Settled::Nothing)?;
    let is_ordered = query.order.iter().any(|order| matches!(order.by, By::Measure(_) | By::Change(_)));
    if query.measures.len() < 2 || is_ordered || !query.having.is_empty() {
        return Err(Settled::Nothing);
    }
    query.measures.remove(place);
    Ok(())
}

/// "and by revenue" of what was ranked by another figure.
pub(super) fn ranked_by(settler: &mut Settler<'_>, by: Measure) -> Outcome<()> {
    match (settler.query.measures.as_slice(), settler.query.order.as_slice()) {
        ([_], [Order { by: By::Measure(0), .. }]) => {
            dated_otherwise(settler, std::slice::from_ref(&by), false)?;
            settler.query.measures = vec![by];
        }
        _ => return Err(Settled::Nothing),
    }
    dated_anew(settler)
}

/// Other figures take the place of those before; "also" and "and" add them.
pub(super) fn figures(settler: &mut Settler<'_>, all: &mut Gathered, manner: Manner) -> Outcome<()> {
    let mut measures: Vec<Measure> = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
    let mut columns = Vec::new();
    for phrase in &all.nouns {
        if !phrase.is_plain() || phrase.is_distinct {
            return Err(Settled::Nothing);
        }
        let last = settler.query.measures.as_slice();
        match (&phrase.noun, last) {
            // "only customers in Germany": the thing is there for its condition.
            (Noun::Entity(id), _) if measures.is_empty() && owns(settler, *id, all) => {
                let is_counted = matches!(last, [Measure::CountOf(other)] if other != id);
                if is_counted && !manner.restricts {
                    return Err(Settled::Nothing);
                }
            }
            // "what about customers" after "how many orders".
            (Noun::Entity(id), [Measure::CountOf(_)]) if measures.is_empty() => measures.push(Measure::CountOf(*id)),
            (Noun::Field(field), []) if settler.query.listed.is_some() => columns.push(*field),
            // "and clicks" after a sum of another figure.
            (Noun::Field(field), [measure]) if measures.is_empty() && phrase.filters.is_empty() => {
                measures.push(alike(settler, measure, *field).ok_or(Settled::Nothing)?);
                let name = settler.ground.field(*field).names.shown().to_lowercase();
                settler.notes.push(format!("Took {name} as the figure before was taken."));
            }
            _ => return Err(Settled::Nothing),
        }
    }
    let is_shown = |field: &FieldId| settler.query.dimensions.iter().any(|dimension| dimension.field == *field);
    if !columns.is_empty() && columns.iter().all(is_shown) {
        return Err(Settled::Nothing);
    }
    for field in columns {
        if !settler.query.dimensions.iter().any(|dimension| dimension.field == field) {
            settler.query.dimensions.push(Dimension { field, grain: None });
        }
    }
    if measures.is_empty() {
        return Ok(());
    }
    if settler.query.listed.is_some() {
        return Err(Settled::Nothing);
    }
    let is_beside = all.is_also || manner.adds_figures || is_of_ranked(settler, manner)?;
    dated_otherwise(settler, &measures, is_beside)?;
    if is_beside {
        measures.retain(|measure| !settler.query.measures.contains(measure));
        if settler.query.share.is_some() || measures.is_empty() {
            return Err(Settled::Nothing);
        }
        settler.query.measures.extend(measures);
        settler.notes.push("Shown beside the figures before.".to_owned());
        return Ok(());
    }
    let is_ordered_by_other =
        |order: &Order| matches!(order.by, By::Measure(at) | By::Change(at) if at >= measures.len());
    if settler.query.order.iter().any(is_ordered_by_other) {
        return Err(Settled::Nothing);
    }
    settler.query.measures = measures;
    settler.notes.push("Shown instead of the figures before.".to_owned());
    dated_anew(settler)
}

/// "their units", of the first five by revenue: of these five, not of the first five by units.
fn is_of_ranked(settler: &Settler<'_>, manner: Manner) -> Outcome<bool> {
    let query = &settler.query;
    let Some(limit) = query.limit else { return Ok(false) };
    let is_ranked = query.order.iter().any(|order| matches!(order.by, By::Measure(_) | By::Change(_)));
    if !is_ranked || manner.refers_back {
        return Ok(is_ranked);
    }
    let ids = ["ranked|before".to_owned(), "ranked|anew".to_owned()];
    let rows = limit.rows;
    let labels = [format!("Of the first {rows} before"), format!("The first {rows} by the new figure")];
    either(settler, ids, labels, "Of the same ones, or of the first ones by the new figure?")
}

/// "customers who signed up in 2026", and then orders: those in 2026, or those of these customers.
fn dated_otherwise(settler: &mut Settler<'_>, measures: &[Measure], is_beside: bool) -> Outcome<()> {
    let (Some(time), false) = (settler.query.time.clone(), settler.query.is_dated_by_own) else { return Ok(()) };
    let of = settler.ground.field(time.field).dataset;
    let first = settler.query.measures.first().cloned();
    if first.as_ref().and_then(|first| ways::home(settler.ground, first)) != Some(of) {
        return Ok(());
    }
    let is_other = |measure: &&Measure| {
        let home = ways::home(settler.ground, measure);
        home.is_some_and(|home| home != of && settler.time_of(Some(*measure), home).field() != Some(time.field))
    };
    let Some(other) = measures.iter().find(is_other).cloned() else { return Ok(()) };
    let name = |id: DatasetId| settler.shown(id);
    let home = ways::home(settler.ground, &other).map(name).unwrap_or_default();
    let ids = ["time|own".to_owned(), "time|same".to_owned()];
    let labels = [format!("By the time of {home}"), format!("Of {} of that time", settler.shown(of))];
    if !either(settler, ids, labels, "Which time is meant?")? {
        return Ok(());
    }
    if is_beside && first.as_ref().and_then(|first| settler.time_of(Some(first), of).field()) != Some(time.field) {
        return Err(Settled::Not("Ask for each of these figures: their times differ.".into()));
    }
    settler.query.is_dated_by_own = true;
    Ok(())
}

/// Where nobody said which time is meant, another figure has its own.
fn dated_anew(settler: &mut Settler<'_>) -> Outcome<()> {
    let mut by_time = settler.query.dimensions.iter().filter(|one| one.grain.is_some()).map(|one| one.field);
    let before = settler.query.time.as_ref().map(|time| time.field).or(by_time.next());
    let (true, Some(before)) = (settler.query.is_dated_by_own, before) else { return Ok(()) };
    let dimensions = std::mem::take(&mut settler.query.dimensions);
    let time = settler.query.time.take();
    let field = settler.time(None, None)?;
    settler.query.dimensions = dimensions;
    settler.query.time = time;
    let fields = settler.query.dimensions.iter_mut().filter(|one| one.grain.is_some()).map(|one| &mut one.field);
    let fields = fields.chain(settler.query.time.as_mut().map(|time| &mut time.field));
    fields.filter(|one| **one == before).for_each(|one| *one = field);
    Ok(())
}

/// A condition of the message is on a field of the thing, and the rows asked about belong to one of it.
fn owns(settler: &Settler<'_>, id: DatasetId, all: &Gathered) -> bool {
    let Some(base) = settler.base(settler.query.listed) else { return false };
    let reach = ways::reach(settler.ground, id);
    let has = |field: FieldId| reach.contains(&settler.ground.field(field).dataset);
    let is_said = all.filters.iter().any(|filter| has(filter.field))
        || all.happened.iter().any(|field| has(*field))
        || all.conditions.iter().any(|(target, ..)| matches!(target, Target::Field(field) if has(*field)));
    is_said && ways::reach(settler.ground, base).contains(&id)
}

/// The figure of another field that is made as the one before: a sum of a sum, an average of an average.
fn alike(settler: &Settler<'_>, measure: &Measure, field: FieldId) -> Option<Measure> {
    if !settler.is_figure(field) {
        return None;
    }
    let aggregate = match measure {
        Measure::Of { aggregate: Aggregate::Count | Aggregate::CountDistinct, .. } => return None,
        Measure::Of { aggregate, .. } => *aggregate,
        Measure::Metric(id) => {
            let metric = settler.ground.metric(*id);
            let inner = metric.expression.trim().strip_prefix("SUM(")?.strip_suffix(')')?;
            let is_column = inner.chars().all(|c| c.is_alphanumeric() || "._\"`".contains(c));
            let is_plain = is_column && metric.default_filters.is_empty();
            (is_plain && metric.datasets.as_slice() == [settler.ground.field(field).dataset])
                .then_some(Aggregate::Sum)?
        }
        _ => return None,
    };
    Some(Measure::Of { aggregate, field })
}
