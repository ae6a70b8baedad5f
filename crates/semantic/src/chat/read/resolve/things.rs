//! Things without a figure: counted, listed, or those of their groups that meet a condition.

use super::super::field_roles::{is_number_of, is_rate};
use super::super::frame::SemanticFrame;
use super::super::items::{Grouped, Noun, Phrase, Target};
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::averages;
use super::counts;
use super::sheet;
use crate::chat::derived_facts::is_code_of;
use crate::chat::ground::DatasetId;
use crate::chat::names::phrases;
use crate::chat::query::{Aggregate, Dimension, Filter, Measure, Op, Value};
use crate::chat::schema_graph;
use crate::chat::times;

/// Things without a figure: they are counted where something is said of groups or times, else listed.
pub(in crate::chat::read) fn resolve(
    resolver: &mut Resolver<'_>,
    all: &mut SemanticFrame,
) -> Outcome<Option<DatasetId>> {
    // "countries without enterprise accounts": those that have none.
    if all.is_lacking && all.nouns.iter().any(|phrase| matches!(phrase.noun, Noun::Field(_))) {
        return Err(Resolution::Not("Which groups have none of them cannot be asked for here.".into()));
    }
    let entities: Vec<DatasetId> = all
        .nouns
        .iter()
        .filter_map(|phrase| match phrase.noun {
            Noun::Entity(id) => Some(id),
            _ => None,
        })
        .collect();
    let fields = all.nouns.len() - entities.len();
    // "hotel and stars of all hotels": the name of each.
    let of_them = |phrase: &&Phrase| matches!(phrase.noun, Noun::Entity(_)) && phrase.is_plain();
    let entities = match (entities.as_slice(), all.nouns.iter().filter(of_them).collect::<Vec<_>>().as_slice()) {
        ([first, last], [one, several]) if first == last && !one.is_plural && several.is_plural => vec![*first],
        _ => entities,
    };
    let entities = main_thing(resolver, all, entities);
    if all.nouns.iter().any(|phrase| phrase.number.is_some() || matches!(phrase.noun, Noun::Grain(_))) {
        return Err(Resolution::Nothing);
    }
    let having: Vec<Measure> = all
        .conditions
        .iter()
        .filter_map(|(target, ..)| match target {
            Target::Measure(measure) => Some(measure.clone()),
            _ => None,
        })
        .collect();
    if having.is_empty()
        && let Some(home) = super::named::resolve(resolver, all)
    {
        return Ok(Some(home));
    }
    // "campaigns by budget, largest first": each with its own.
    if let ([one], 0, [Grouped::Field(field)], true) =
        (entities.as_slice(), fields, all.groups.as_slice(), all.is_sorted_by_own())
        && resolver.is_figure(*field)
        && resolver.ground.field(*field).dataset == *one
    {
        all.order = Some((Target::Field(*field), None));
        all.groups.clear();
    }
    let is_counted = all.is_counted
        || !all.groups.is_empty()
        || all.is_trend
        || all.is_share
        || all.is_cumulative
        || all.is_change
        || all.over.is_some()
        || !all.versus.is_empty()
        || !all.versus_ranges.is_empty()
        || all.versus_values.is_some()
        || all.is_compared;
    let figure = all.nouns.iter().find_map(Phrase::figure).map(Measure::Metric);
    match (entities.as_slice(), fields) {
        ([], 0) | ([], _)
            if !having.is_empty() && all.nouns.len() == 1 || !having.is_empty() && entities.len() == 1 =>
        {
            grouped_having(resolver, all, having)
        }
        ([_], 0) if !having.is_empty() => grouped_having(resolver, all, having),
        ([], 0) => Err(Resolution::Nothing),
        // "every customer with the order": one of each, not how many.
        ([_], 0) if all.nouns.iter().any(|phrase| phrase.is_the_one) && sheet::is_of_things(all) => {
            Err(Resolution::Nothing)
        }
        ([one], 0) if is_counted => counted(resolver, all, *one, figure),
        ([one], 0) => listed(resolver, all, *one, figure),
        ([], 1)
            if is_counted
                && !all.is_share
                && let Some(home) = flagged(resolver, all) =>
        {
            (resolver.query.listed, resolver.query.dimensions) = (None, Vec::new());
            resolver.query.measures = vec![counts::number(resolver.ground, home)];
            Ok(Some(home))
        }
        ([], _) if !is_counted => different(resolver, all),
        ([], 1)
            if let [one] = all.nouns.as_slice()
                && matches!(one.noun, Noun::Field(field) if resolver.is_figure(field)) =>
        {
            let one = one.clone();
            figure_of(resolver, &one, !all.is_share && !all.is_counted)
        }
        // "cost of repairs": of each, or all together.
        ([one], _) if !is_counted && is_figure_of(resolver, all) => {
            let name = resolver.shown(*one);
            Err(Resolution::Not(format!("Say whether the total, the average or a list of {name} is wanted.")))
        }
        ([one], _) if !is_counted => columns(resolver, all, *one),
        _ => Err(Resolution::Nothing),
    }
}

/// How many there are of one thing, or the figure that is called as it is.
fn counted(
    resolver: &mut Resolver<'_>,
    all: &SemanticFrame,
    one: DatasetId,
    figure: Option<Measure>,
) -> Outcome<Option<DatasetId>> {
    let name = resolver.shown(one);
    // "turnover by region", of rows and their column that are called alike.
    if let Some(field) = schema_graph::namesake(resolver.ground, one).filter(|_| !all.is_counted) {
        // What several were rated at is no sum.
        let total = if is_rate(resolver.ground, field) { String::new() } else { format!("\"total {name}\", ") };
        let sentence = format!("Say {total}\"average {name}\", or \"number of {name}\" for the rows.");
        return Err(Resolution::Not(sentence));
    }
    averages::per_beside_by(resolver, all)?;
    // "number of harvest": the rows, and not the kilos that the figure adds up.
    let is_number = |figure: &Measure| matches!(figure, Measure::Metric(id) if is_number_of(resolver.ground, *id));
    let figure = figure.filter(|figure| !all.is_counted || is_number(figure));
    if !all.is_share && !all.is_counted && figure.is_none() {
        resolver.notes.push(format!("Counted {name}."));
    }
    let number = || counts::number(resolver.ground, one);
    resolver.query.measures = vec![figure.unwrap_or_else(number)];
    Ok(Some(one))
}

/// The rows of one thing; what happened in a time is counted.
fn listed(
    resolver: &mut Resolver<'_>,
    all: &SemanticFrame,
    one: DatasetId,
    figure: Option<Measure>,
) -> Outcome<Option<DatasetId>> {
    let (ground, name) = (resolver.ground, resolver.shown(one));
    let is_of_a_time = is_figure(resolver, all, one);
    if let Some(figure) = figure.clone().filter(|_| is_of_a_time) {
        resolver.query.measures = vec![figure];
        return Ok(Some(one));
    }
    if let Some(number) = counts::counting(ground, one).filter(|_| is_of_a_time) {
        resolver.notes.push(format!("Counted {name}; say \"list {name}\" for the rows."));
        resolver.query.measures = vec![number];
        return Ok(Some(one));
    }
    // "who farms Hill End": a person, and no farm. "Who are the illustrators", of rows that link them: no persons.
    let is_described = all.is_person && all.nouns.iter().any(|phrase| !phrase.filters.is_empty());
    let is_other = (all.is_who || is_described) && !crate::chat::lexicon::is_person(ground, one);
    if is_other {
        return Err(Resolution::Nothing);
    }
    // "gold medals of Norway": the rows, or what a figure that is called so adds up.
    if figure.is_some() && !all.is_which && !all.is_list && all.is_only_named() {
        let sentence = format!("Say \"total {name}\" for the figure, or \"list {name}\" for the rows.");
        return Err(Resolution::Not(sentence));
    }
    // "price of oats": what each of the prices has is not said.
    if is_singular_of(ground, all, one) {
        return Err(Resolution::Nothing);
    }
    resolver.query.listed = Some(one);
    if !all.is_which {
        resolver.notes.push(format!("Listed {name}; ask \"how many\" for their number."));
    }
    Ok(Some(one))
}

/// An amount, and several things that it is of.
fn is_figure_of(resolver: &Resolver<'_>, all: &SemanticFrame) -> bool {
    let is_asked = all.is_which || all.is_list || all.order.is_some() || all.direction.is_some() || all.limit.is_some();
    match all.nouns.as_slice() {
        [figure, thing] => {
            let is_amount = matches!(figure.noun, Noun::Field(id) if resolver.is_figure(id) && super::totals::total(resolver.ground, id).is_some());
            !is_asked && is_amount && !figure.is_plural && thing.is_of && thing.is_plural
        }
        _ => false,
    }
}

/// Neither one that is named nor several of them.
fn is_singular_of(ground: &crate::chat::ground::Ground, all: &SemanticFrame, one: DatasetId) -> bool {
    let is_asked = all.is_which || all.is_list || all.is_who;
    let is_one = |phrase: &crate::chat::read::items::Phrase| {
        !phrase.is_plural
            && !phrase.is_keyed
            && !phrase.is_the_one
            && phrase.number.is_none()
            && phrase.filters.is_empty()
    };
    // "the product Nova 13" is one by its name.
    let is_name = |filter: &crate::chat::query::Filter| schema_graph::identity(ground, one).contains(&filter.field);
    let is_limited = !all.filters.is_empty() && all.belongs.is_empty() && !all.filters.iter().any(is_name);
    !is_asked && is_limited && matches!(all.nouns.as_slice(), [phrase] if is_one(phrase))
}

/// "orders of customer 17", "orders of customers in Germany": others are there for their conditions.
fn main_thing(resolver: &Resolver<'_>, all: &SemanticFrame, entities: Vec<DatasetId>) -> Vec<DatasetId> {
    let (one, others) = match (entities.as_slice(), all.nouns.as_slice()) {
        ([key, one], [phrase, _]) if phrase.is_keyed => (*one, vec![*key]),
        ([one, others @ ..], _) => (*one, others.to_vec()),
        _ => return entities,
    };
    let reach = schema_graph::reach(resolver.ground, one);
    let is_said = |other: &DatasetId| {
        let within = schema_graph::reach(resolver.ground, *other);
        let is_of = |filter: &crate::chat::query::Filter| within.contains(&resolver.ground.field(filter.field).dataset);
        let is_said = all.filters.iter().any(is_of) || super::subject::happens_to(resolver, all, *other);
        *other != one && reach.contains(other) && is_said
    };
    if others.iter().all(is_said) { vec![one] } else { entities }
}

/// "sessions yesterday": what happened in a time, of which neither rows nor their order are asked for. "Employees hired in
/// 2023" are those who were.
fn is_figure(resolver: &Resolver<'_>, all: &SemanticFrame, of: DatasetId) -> bool {
    let is_plain =
        !all.is_which && !all.is_list && all.order.is_none() && all.direction.is_none() && all.limit.is_none();
    let is_label = |id| schema_graph::is_label(resolver.ground, id) && !is_code_of(resolver.ground, id);
    let are_named = !all.happened.is_empty() && resolver.ground.fields_of(of).any(is_label);
    is_plain
        && !are_named
        && !all.times.is_empty()
        && all.times.iter().all(|(_, _, field)| field.is_none())
        && all.belongs.is_empty()
        && all.conditions.is_empty()
}

/// "customers with more than 10 orders".
fn grouped_having(
    resolver: &mut Resolver<'_>,
    all: &SemanticFrame,
    having: Vec<Measure>,
) -> Outcome<Option<DatasetId>> {
    let [what] = all.nouns.as_slice() else { return Err(Resolution::Nothing) };
    let home = having.first().and_then(|measure| schema_graph::home(resolver.ground, measure));
    let counts = |measure: &Measure| matches!(what.noun, Noun::Entity(id) if counts::counted(resolver.ground, measure) == Some(id));
    // "visitors by city with at least 20 visitors": the groups have so many.
    let is_of_groups = having.iter().any(counts);
    if is_of_groups && (all.groups.is_empty() || !having.iter().all(counts)) {
        return Err(Resolution::Nothing);
    }
    resolver.query.measures = having;
    resolver.query.measures.dedup();
    if !is_of_groups {
        if all.has_condition_behind {
            return Err(Resolution::Not("Say whether the condition is on each one or on each group.".into()));
        }
        resolver.ranked(what, home)?;
    }
    let homes: Vec<_> =
        resolver.query.measures.iter().map(|measure| schema_graph::home(resolver.ground, measure)).collect();
    let dated = |home: &Option<DatasetId>| home.and_then(|home| times::of(resolver.ground, home).field());
    let is_dated_apart = |pair: &[Option<DatasetId>]| {
        pair[0] != pair[1] && (dated(&pair[0]) != dated(&pair[1]) || dated(&pair[0]).is_none())
    };
    if !all.times.is_empty() && homes.windows(2).any(is_dated_apart) {
        return Err(Resolution::Not("Ask for one such condition at once where there is a period.".into()));
    }
    let takes_less = all.conditions.iter().any(|(_, op, values)| takes_none(*op, values));
    let takes_none = all.conditions.iter().any(|(target, op, values)| {
        matches!(target, Target::Measure(measure) if counts::counted(resolver.ground, measure).is_some())
            && takes_none(*op, values)
    });
    if takes_none {
        if resolver.query.measures.len() > 1 {
            return Err(Resolution::Not("Ask for one such condition at once: none is also a number.".into()));
        }
        resolver.with_none(home)?;
    } else if takes_less {
        resolver.notes.push(super::finish::NONE.to_owned());
    }
    Ok(home)
}

/// Zero fulfils the condition.
fn takes_none(op: Op, values: &[Value]) -> bool {
    let number = |value: &Value| match value {
        Value::Number(digits) => digits.parse::<f64>().unwrap_or(f64::NAN),
        _ => f64::NAN,
    };
    let first = values.first().map_or(f64::NAN, number);
    match op {
        Op::Less => first > 0.0,
        Op::AtMost => first >= 0.0,
        Op::Is => first == 0.0,
        Op::IsNot => first != 0.0,
        Op::More => first < 0.0,
        Op::AtLeast | Op::Between => first <= 0.0,
        _ => false,
    }
}

/// "division winners of 2012", "the division winner", of a column of yes and no: the rows of which it is so.
fn flagged(resolver: &mut Resolver<'_>, all: &mut SemanticFrame) -> Option<DatasetId> {
    let [Phrase { noun: Noun::Field(field), is_plural, is_distinct: false, .. }] = all.nouns.as_slice() else {
        return None;
    };
    let (field, (yes, _)) = (*field, schema_graph::flag(resolver.ground, *field)?);
    let is_agent = |words: &Vec<String>| {
        words
            .last()
            .is_some_and(|last| last.len() > 4 && ["er", "or", "ist"].iter().any(|ending| last.ends_with(ending)))
    };
    if schema_graph::says_whether(resolver.ground, field)
        || !is_plural && !phrases(&resolver.ground.field(field).names).iter().any(is_agent)
    {
        return None;
    }
    let is_held = all.filters.iter().any(|filter| filter.field == field);
    if is_held || !all.happened.is_empty() || !all.through.is_empty() || !all.belongs.is_empty() {
        return None;
    }
    let (owner, name) =
        (resolver.ground.field(field).dataset, resolver.ground.field(field).names.shown().to_lowercase());
    resolver.query.listed = Some(owner);
    resolver.query.dimensions.push(Dimension { field, grain: None });
    resolver.notes.push(format!("Took {name} for those of {} that are so.", resolver.shown(owner)));
    all.filters.push(Filter { field, op: Op::Is, values: vec![yes] });
    Some(owner)
}

/// "water used by vehicle", "damage caused in 2024": all together or on average, which is asked.
fn figure_of(resolver: &mut Resolver<'_>, phrase: &Phrase, is_alone: bool) -> Outcome<Option<DatasetId>> {
    let Noun::Field(field) = phrase.noun else { return Err(Resolution::Nothing) };
    let ground = resolver.ground;
    let name = ground.field(field).names.shown().to_lowercase();
    if !is_alone || !phrase.is_plain() || phrase.is_distinct || is_rate(ground, field) {
        return Err(Resolution::Not(format!("Say what of {name} is wanted: its total, its average or each one.")));
    }
    let ids = [format!("{name}|total"), format!("{name}|average")];
    let labels = [format!("The total of {name}"), format!("The average of {name}")];
    let aggregate = match resolver.either(ids, labels, &format!("What of {name} is wanted?"))? {
        true => Aggregate::Sum,
        false => Aggregate::Average,
    };
    resolver.query.measures = vec![Measure::Of { aggregate, field }];
    Ok(Some(ground.field(field).dataset))
}

/// Fields without a thing: their different values.
fn different(resolver: &mut Resolver<'_>, all: &mut SemanticFrame) -> Outcome<Option<DatasetId>> {
    // "authors without articles": those of whom there is none.
    if all.is_lacking {
        return Err(Resolution::Not("Which groups have none of them cannot be asked for here.".into()));
    }
    if let Some(home) = flagged(resolver, all) {
        return Ok(Some(home));
    }
    let mut home = None;
    for phrase in &all.nouns {
        let Noun::Field(field) = phrase.noun else { return Err(Resolution::Nothing) };
        let owner = resolver.ground.field(field).dataset;
        // "the price of the Oslo sofa": of the one that is named.
        let names = schema_graph::identity(resolver.ground, owner);
        let is_it = |filter: &Filter| names.contains(&filter.field) && filter.op == Op::Is;
        // "titles that begin with X": as many as begin so.
        let is_piece = |op: Op| matches!(op, Op::Contains | Op::StartsWith | Op::EndsWith);
        let is_looked_into = |filter: &Filter| filter.field == field && is_piece(filter.op);
        if all.filters.iter().any(|filter| is_it(filter) || is_looked_into(filter)) {
            resolver.query.dimensions.push(Dimension { field, grain: None });
            resolver.query.listed = Some(owner);
            home = Some(owner);
            continue;
        }
        // "status of the Grand Adria", of whose bookings each has one: which is meant is not said.
        let is_of_one = |filter: &Filter| {
            let of = resolver.ground.field(filter.field).dataset;
            let is_name = schema_graph::identity(resolver.ground, of).contains(&filter.field) && filter.op == Op::Is;
            is_name && of != owner && schema_graph::reach(resolver.ground, owner).contains(&of)
        };
        if !phrase.is_plural && all.filters.iter().any(is_of_one) {
            let (name, of) = (resolver.ground.field(field).names.shown().to_lowercase(), resolver.shown(owner));
            return Err(Resolution::Not(format!("Say of which of {of} the {name} is wanted, or ask for all of them.")));
        }
        // A figure alone asks for no list: which aggregate is meant is not said.
        if resolver.is_figure(field) {
            return figure_of(resolver, phrase, all.nouns.len() == 1);
        }
        home = match home {
            Some(other) if other == owner || schema_graph::reach(resolver.ground, other).contains(&owner) => {
                Some(other)
            }
            None => Some(owner),
            Some(other) if schema_graph::reach(resolver.ground, owner).contains(&other) => Some(owner),
            Some(_) => return Err(Resolution::Nothing),
        };
        resolver.query.dimensions.push(schema_graph::dimension(resolver.ground, field));
    }
    if !all.happened.is_empty() || !all.through.is_empty() {
        return Err(Resolution::Nothing);
    }
    if let Some(listed) = resolver.query.listed {
        let is_theirs = |dimension: &Dimension| resolver.ground.field(dimension.field).dataset == listed;
        return if resolver.query.dimensions.iter().all(is_theirs) { Ok(home) } else { Err(Resolution::Nothing) };
    }
    resolver.notes.push("Each different value once.".to_owned());
    Ok(home)
}

/// "name and city of customers in Germany".
fn columns(resolver: &mut Resolver<'_>, all: &SemanticFrame, dataset: DatasetId) -> Outcome<Option<DatasetId>> {
    for phrase in &all.nouns {
        if let Noun::Field(field) = phrase.noun {
            resolver.query.dimensions.push(Dimension { field, grain: None });
        }
    }
    if all.nouns.iter().any(|phrase| phrase.is_distinct) {
        return Err(Resolution::Nothing);
    }
    resolver.query.listed = Some(dataset);
    Ok(Some(dataset))
}
