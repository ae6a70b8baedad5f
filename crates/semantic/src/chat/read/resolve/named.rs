//! One thing by its name, and its properties: "list price of the Oslo Sofa", "department and category of Nova 13".

use super::super::frame::SemanticFrame;
use super::super::items::{Noun, Phrase};
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::counts;
use crate::chat::ground::{DatasetId, FieldId, JoinId, Type};
use crate::chat::query::{Dimension, Filter, Measure, Op};
use crate::chat::schema_graph;

/// Takes a frame for columns of one thing that is called by its name.
pub(in crate::chat::read) fn resolve(resolver: &mut Resolver<'_>, all: &SemanticFrame) -> Option<DatasetId> {
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
    let known = resolver.ground.field(filter.field);
    let of = known.dataset;
    let is_name = filter.op == Op::Is && filter.values.len() == 1 && known.ty == Type::Text;
    if !is_plain || !is_name || !schema_graph::identity(resolver.ground, of).contains(&filter.field) {
        return None;
    }
    let reach = schema_graph::reach(resolver.ground, of);
    let mut columns: Vec<FieldId> = Vec::new();
    for phrase in &all.nouns {
        let is_it = phrase.is_keyed && phrase.noun == Noun::Entity(of);
        if !(phrase.is_plain() || is_it) || phrase.is_distinct || phrase.is_plural {
            return None;
        }
        match phrase.noun {
            Noun::Field(field) if reach.contains(&resolver.ground.field(field).dataset) => columns.push(field),
            // "the product Nova 13"
            Noun::Entity(id) if id == of => {}
            Noun::Entity(id) if reach.contains(&id) => columns.extend(schema_graph::identity(resolver.ground, id)),
            _ => return None,
        }
    }
    if !columns.iter().any(|field| *field != filter.field) {
        return None;
    }
    resolver.query.listed = Some(of);
    resolver.query.dimensions = columns.into_iter().map(|field| Dimension { field, grain: None }).collect();
    Some(of)
}

/// "signups by quarter": rows by the time at which they did.
pub(in crate::chat::read) fn deeds(resolver: &Resolver<'_>, all: &mut SemanticFrame) -> Outcome<()> {
    for field in std::mem::take(&mut all.deeds) {
        let dataset = resolver.ground.field(field).dataset;
        if !all.measures.is_empty() || !all.nouns.is_empty() || !all.happened.is_empty() || all.rank.is_some() {
            return Err(Resolution::Nothing);
        }
        let measure = counts::counting(resolver.ground, dataset).unwrap_or(Measure::CountOf(dataset));
        all.measures.push((measure, Some(dataset)));
        // What it did not happen to is not among them.
        if !all.groups.is_empty() && all.times.is_empty() {
            all.filters.push(Filter { field, op: Op::IsNotEmpty, values: Vec::new() });
        }
        all.happened.push(field);
    }
    Ok(())
}

/// "who is the owner of Acme": what a relationship leads to from the one that is named.
pub(in crate::chat::read) fn who(
    resolver: &mut Resolver<'_>,
    all: &mut SemanticFrame,
    join: JoinId,
) -> Outcome<Option<DatasetId>> {
    let (from, to) = (resolver.ground.join(join).from, resolver.ground.join(join).to);
    let names = schema_graph::identity(resolver.ground, from);
    let is_it = |filter: &Filter| names.contains(&filter.field);
    let is_thing = |phrase: &Phrase| matches!(phrase.noun, Noun::Entity(id) if id == from);
    let is_plain = all.is_only_named() && all.happened.is_empty() && from != to;
    // "who owns 130 Oak Road": one of its own texts, of which there are many.
    let is_text = |filter: &Filter| {
        let field = resolver.ground.field(filter.field);
        let is_own = field.dataset == from && field.ty == Type::Text && !field.is_enumerated;
        is_own && filter.op == Op::Is && filter.values.len() == 1
    };
    let is_named = all.filters.iter().any(|filter| is_it(filter) || is_text(filter));
    if !is_plain || !is_named || !all.nouns.iter().all(is_thing) {
        return Err(Resolution::Nothing);
    }
    resolver.query.listed = Some(from);
    resolver.query.via.push(join);
    let shown = schema_graph::identity(resolver.ground, to).into_iter();
    resolver.query.dimensions = shown.map(|field| Dimension { field, grain: None }).collect();
    Ok(Some(from))
}

/// "when did Acme sign up": the time of each that is named.
pub(in crate::chat::read) fn when_did(
    resolver: &mut Resolver<'_>,
    all: &mut SemanticFrame,
) -> Outcome<Option<DatasetId>> {
    let ([field], true) = (all.happened.as_slice(), all.is_only_named()) else { return Err(Resolution::Nothing) };
    let (field, dataset) = (*field, resolver.ground.field(*field).dataset);
    let names = schema_graph::identity(resolver.ground, dataset);
    let is_it = |filter: &Filter| names.contains(&filter.field);
    // "the Harrogate branch": one that is said to be something.
    let is_one = |phrase: &Phrase| phrase.noun == Noun::Entity(dataset) && !phrase.is_plural && phrase.number.is_none();
    let is_own = |filter: &Filter| resolver.ground.field(filter.field).dataset == dataset;
    let is_said = all.nouns.iter().any(is_one) && !all.filters.is_empty() && all.filters.iter().all(is_own);
    // "… and what was its total": what else is wanted of it.
    let mut wanted = vec![field];
    for phrase in &all.nouns {
        match phrase.noun {
            Noun::Entity(id) if id == dataset => {}
            Noun::Field(field) if resolver.ground.field(field).dataset == dataset && phrase.is_plain() => {
                wanted.push(field);
            }
            _ => return Err(Resolution::Nothing),
        }
    }
    // "when was the Grüner Veltliner bottled": each time that one that belongs to it was.
    let is_whole = |filter: &Filter| {
        let of = resolver.ground.field(filter.field).dataset;
        let is_named = schema_graph::identity(resolver.ground, of).contains(&filter.field);
        is_named && schema_graph::reach(resolver.ground, dataset).contains(&of) && filter.op == Op::Is
    };
    let is_of_whole = !all.filters.is_empty() && all.filters.iter().all(is_whole);
    if !is_said && !is_of_whole && !all.filters.iter().any(is_it) {
        return Err(Resolution::Nothing);
    }
    all.happened.clear();
    resolver.query.listed = Some(dataset);
    resolver.query.dimensions = wanted.into_iter().map(|field| Dimension { field, grain: None }).collect();
    Ok(Some(dataset))
}
