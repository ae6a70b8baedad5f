//! One thing by its name, and what is asked of it: "list price of the Oslo Sofa", "department and category of Nova 13".

use super::super::frame::Gathered;
use super::super::items::{Noun, Phrase};
use super::super::settler::{Outcome, Settled, Settler};
use super::counts;
use crate::chat::ground::{DatasetId, FieldId, JoinId, Type};
use crate::chat::query::{Dimension, Filter, Measure, Op};
use crate::chat::ways;

/// Takes what was gathered for columns of one thing that is called by its name.
pub(in crate::chat::read) fn settle(settler: &mut Settler<'_>, all: &Gathered) -> Option<DatasetId> {
    let is_plain = all.groups.is_empty()
        && all.beside.is_empty()
        && all.belongs.is_empty()
        && all.conditions.is_empty()
        && all.times.is_empty()
        && all.through.is_empty()
        && all.happened.is_empty()
        && all.versus.is_empty()
        && all.versus_ranges.is_empty()
        && all.order.is_none()
        && !(all.is_share || all.is_change || all.is_compared || all.is_trend || all.is_cumulative);
    let [filter] = all.filters.as_slice() else { return None };
    let known = settler.ground.field(filter.field);
    let of = known.dataset;
    let is_name = filter.op == Op::Is && filter.values.len() == 1 && known.ty == Type::Text;
    if !is_plain || !is_name || !ways::identity(settler.ground, of).contains(&filter.field) {
        return None;
    }
    let reach = ways::reach(settler.ground, of);
    let mut columns: Vec<FieldId> = Vec::new();
    for phrase in &all.nouns {
        if !phrase.is_plain() || phrase.is_distinct || phrase.is_plural {
            return None;
        }
        match phrase.noun {
            Noun::Field(field) if reach.contains(&settler.ground.field(field).dataset) => columns.push(field),
            // "the product Nova 13"
            Noun::Entity(id) if id == of => {}
            Noun::Entity(id) if reach.contains(&id) => columns.extend(ways::identity(settler.ground, id)),
            _ => return None,
        }
    }
    if !columns.iter().any(|field| *field != filter.field) {
        return None;
    }
    settler.query.listed = Some(of);
    settler.query.dimensions = columns.into_iter().map(|field| Dimension { field, grain: None }).collect();
    Some(of)
}

/// "signups by quarter": rows by the time at which they did.
pub(in crate::chat::read) fn deeds(settler: &Settler<'_>, all: &mut Gathered) -> Outcome<()> {
    for field in std::mem::take(&mut all.deeds) {
        let dataset = settler.ground.field(field).dataset;
        if !all.measures.is_empty() || !all.nouns.is_empty() || !all.happened.is_empty() || all.rank.is_some() {
            return Err(Settled::Nothing);
        }
        let measure = counts::counting(settler.ground, dataset).unwrap_or(Measure::CountOf(dataset));
        all.measures.push((measure, Some(dataset)));
        all.happened.push(field);
    }
    Ok(())
}

/// "who is the owner of Acme": what a relationship leads to from the one that is named.
pub(in crate::chat::read) fn who(
    settler: &mut Settler<'_>,
    all: &mut Gathered,
    join: JoinId,
) -> Outcome<Option<DatasetId>> {
    let (from, to) = (settler.ground.join(join).from, settler.ground.join(join).to);
    let names = ways::identity(settler.ground, from);
    let is_it = |filter: &Filter| names.contains(&filter.field);
    let is_thing = |phrase: &Phrase| matches!(phrase.noun, Noun::Entity(id) if id == from);
    let is_plain = all.is_only_named() && all.happened.is_empty() && from != to;
    if !is_plain || !all.filters.iter().any(is_it) || !all.nouns.iter().all(is_thing) {
        return Err(Settled::Nothing);
    }
    settler.query.listed = Some(from);
    settler.query.via.push(join);
    let shown = ways::identity(settler.ground, to).into_iter();
    settler.query.dimensions = shown.map(|field| Dimension { field, grain: None }).collect();
    Ok(Some(from))
}

/// "when did Acme sign up": the time of each that is named.
pub(in crate::chat::read) fn when_did(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<Option<DatasetId>> {
    let ([field], true) = (all.happened.as_slice(), all.is_only_named()) else { return Err(Settled::Nothing) };
    let (field, dataset) = (*field, settler.ground.field(*field).dataset);
    let names = ways::identity(settler.ground, dataset);
    let is_it = |filter: &Filter| names.contains(&filter.field);
    // "… and what was its total": what else is wanted of it.
    let mut wanted = vec![field];
    for phrase in &all.nouns {
        match phrase.noun {
            Noun::Entity(id) if id == dataset => {}
            Noun::Field(field) if settler.ground.field(field).dataset == dataset && phrase.is_plain() => {
                wanted.push(field);
            }
            _ => return Err(Settled::Nothing),
        }
    }
    if !all.filters.iter().any(is_it) {
        return Err(Settled::Nothing);
    }
    all.happened.clear();
    settler.query.listed = Some(dataset);
    settler.query.dimensions = wanted.into_iter().map(|field| Dimension { field, grain: None }).collect();
    Ok(Some(dataset))
}
