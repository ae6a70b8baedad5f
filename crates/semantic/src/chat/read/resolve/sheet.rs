//! Things with what belongs to each of them: "all orders with the name of the customer", "for each order its city,
//! revenue and units", "Which customers bought shoes? Show customer and product".
//!
//! What a thing has at most one of is a column of its rows. Figures of what belongs to it are computed for each of
//! them.

use super::super::frame::{Belonging, Belongs, SemanticFrame};
use super::super::items::{Alone, Grouped, Noun, Phrase};
use super::super::resolver::{Outcome, Resolution, Resolver};
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, JoinId};
use crate::chat::query::{Dimension, Filter, Measure, Op};
use crate::chat::schema_graph;

/// Takes a frame for rows of one thing with columns, and answers where it is at home. `None`: it is none.
pub(in crate::chat::read) fn resolve(
    resolver: &mut Resolver<'_>,
    all: &mut SemanticFrame,
) -> Outcome<Option<DatasetId>> {
    if !is_plain(all) {
        return Ok(None);
    }
    counted_beside(resolver, all);
    averaged_of_each(resolver, all)?;
    let of_one = of_each(resolver, all).or_else(|| all.groups.is_empty().then(|| of_listed(resolver, all)).flatten());
    if let Some((of, mut columns)) = of_one {
        for word in std::mem::take(&mut all.own) {
            columns.push(Noun::Field(called(resolver, of, &word)?));
        }
        return fill(resolver, all, of, columns).map(Some);
    }
    match all.groups.is_empty() {
        true => linked(resolver, all),
        false => Ok(None),
    }
}

/// "inhabitants per station", of the district that each is in; "people rescued per incident by type": an average, or that of each.
fn averaged_of_each(resolver: &Resolver<'_>, all: &SemanticFrame) -> Outcome<()> {
    let ([Grouped::Entity(of)], [Phrase { noun: Noun::Field(field), .. }]) =
        (all.each.as_slice(), all.nouns.as_slice())
    else {
        return Ok(());
    };
    let is_own = resolver.ground.field(*field).dataset == *of;
    let is_figure = resolver.is_figure(*field) && all.measures.is_empty() && all.before_groups == 1;
    if !is_figure || is_own && !all.is_per_beside_by || all.is_list || all.theirs.is_some() {
        return Ok(());
    }
    let (name, of) = (resolver.ground.field(*field).names.shown().to_lowercase(), resolver.shown(*of));
    Err(Resolution::Not(format!("Say \"average {name}\" or \"total {name}\", or \"list {of} with their {name}\".")))
}

/// "with their number of customers and contracts": of both.
fn counted_beside(resolver: &Resolver<'_>, all: &mut SemanticFrame) {
    let [(measure, _)] = all.measures.as_slice() else { return };
    if all.theirs.is_none() || super::counts::counted(resolver.ground, measure).is_none() {
        return;
    }
    for phrase in std::mem::take(&mut all.beside) {
        match phrase.noun {
            Noun::Entity(id) if phrase.is_bare_plural() => {
                let measure = super::counts::counting(resolver.ground, id).unwrap_or(Measure::CountOf(id));
                all.measures.push((measure, Some(id)));
            }
            _ => all.beside.push(phrase),
        }
    }
}

/// The "number" of orders is their "order number".
fn called(resolver: &Resolver<'_>, of: DatasetId, word: &str) -> Outcome<FieldId> {
    let things = crate::chat::names::phrases(&resolver.ground.dataset(of).names);
    let is_it = |field: &FieldId| {
        let names = crate::chat::names::phrases(&resolver.ground.field(*field).names);
        things.iter().any(|thing| names.contains(&[thing.as_slice(), &[word.to_owned()]].concat()))
    };
    match resolver.ground.fields_of(of).filter(is_it).collect::<Vec<_>>().as_slice() {
        [one] => Ok(*one),
        _ => Err(Resolution::Nothing),
    }
}

/// Neither ranked nor compared, and each noun as it stands.
fn is_plain(all: &SemanticFrame) -> bool {
    let is_bare = |phrase: &Phrase| phrase.is_plain() && !phrase.is_distinct && !matches!(phrase.noun, Noun::Grain(_));
    let is_other = all.rank.is_some()
        || all.by.is_some()
        || all.is_share
        || all.is_cumulative
        || all.is_trend
        || all.is_change
        || all.over.is_some()
        || all.grew.is_some()
        || all.per.is_some()
        || all.averaged.is_some()
        || all.is_on_average
        || all.versus_values.is_some();
    let is_compared = !all.versus.is_empty() || !all.versus_ranges.is_empty();
    !is_other && !is_compared && all.nouns.iter().chain(&all.beside).all(is_bare)
}

/// "for each order", "on every order": one row for each.
fn of_each(resolver: &Resolver<'_>, all: &SemanticFrame) -> Option<(DatasetId, Vec<Noun>)> {
    let [Grouped::Entity(of)] = all.each.as_slice() else { return None };
    let mut columns: Vec<Noun> = Vec::new();
    let mut is_named = false;
    for by in all.groups.iter().filter(|by| **by != Grouped::Entity(*of)) {
        match by {
            Grouped::Field(field) => {
                is_named |= names_one(resolver, *of, *field);
                columns.push(Noun::Field(*field));
            }
            Grouped::Entity(id) => columns.push(Noun::Entity(*id)),
            _ => return None,
        }
    }
    let nouns: Vec<&Phrase> = all.nouns.iter().chain(&all.beside).collect();
    // "agents per policy" may be how many.
    let is_counted = all.measures.is_empty()
        && nouns.iter().all(|phrase| matches!(phrase.noun, Noun::Entity(_)))
        && nouns.iter().any(|phrase| phrase.is_plural);
    // "revenue per order by channel" may be an average.
    let is_list = all.is_list && all.measures.is_empty() || all.theirs.is_some();
    if is_counted && !is_list {
        return None;
    }
    // "the loss that policies sold by each agent caused": on the way to the agents, and no column.
    let reach_of = |id: DatasetId| schema_graph::reach(resolver.ground, id);
    let homes = || all.measures.iter().filter_map(|(measure, _)| schema_graph::home(resolver.ground, measure));
    let is_passed = |phrase: &&&Phrase| {
        let is_between = |id: DatasetId| reach_of(id).contains(of) && homes().all(|home| reach_of(home).contains(&id));
        matches!(phrase.noun, Noun::Entity(id) if id != *of && phrase.is_bare_plural() && is_between(id))
    };
    let nouns: Vec<&Phrase> = match all.measures.is_empty() {
        true => nouns,
        false => nouns.iter().filter(|phrase| !is_passed(phrase)).copied().collect(),
    };
    // "each employee and number of customers": those that have none, too. Behind a period of no certain time they are groups.
    let is_counted = |(measure, _): &(Measure, _)| super::counts::counted(resolver.ground, measure).is_some();
    let is_counted =
        all.is_each_first && all.times.is_empty() && !all.measures.is_empty() && all.measures.iter().all(is_counted);
    if nouns.is_empty() && !is_named && !is_list && !is_counted {
        return None;
    }
    columns.extend(said(resolver, *of, &nouns));
    let is_reached = columns.iter().all(|column| reaches(resolver, *of, column));
    (is_reached && leads_here(resolver, all, *of)).then_some((*of, columns))
}

/// "list the orders with city, revenue and units", "for the orders, show order number and revenue".
fn of_listed(resolver: &Resolver<'_>, all: &SemanticFrame) -> Option<(DatasetId, Vec<Noun>)> {
    let nouns: Vec<&Phrase> = all.nouns.iter().chain(&all.beside).collect();
    let entity = |phrase: &&&Phrase| matches!(phrase.noun, Noun::Entity(_));
    let Noun::Entity(of) = nouns.iter().find(entity)?.noun else { return None };
    let others: Vec<&Phrase> = nouns.iter().copied().filter(|phrase| phrase.noun != Noun::Entity(of)).collect();
    let is_field = |noun: &Noun| matches!(noun, Noun::Field(_));
    let mut columns = said(resolver, of, &others);
    let roles = roles(resolver, all, of);
    columns.extend(roles.iter().cloned());
    if roles.len() < all.roles.len() {
        return None;
    }
    let is_named = columns.iter().any(|column| matches!(column, Noun::Field(field) if names_one(resolver, of, *field)));
    // "orders of customers": those that have one.
    let stop = all.stop.unwrap_or(usize::MAX);
    let is_condition = |phrase: &Phrase| matches!(phrase.noun, Noun::Entity(id) if id != of) && phrase.is_plural;
    if all.nouns.iter().take(stop).any(is_condition) {
        return None;
    }
    let is_first = nouns.first().is_some_and(|phrase| phrase.noun == Noun::Entity(of) && !phrase.is_of);
    let is_asked = match all.measures.is_empty() {
        // Columns of one thing alone are those of a plain list.
        true => {
            let is_said = all.is_list
                || all.theirs.is_some()
                || !roles.is_empty()
                || others.iter().all(|phrase| phrase.is_the_one || is_field(&phrase.noun))
                || are_columns(&others);
            let is_more = !roles.is_empty() || !columns.iter().all(is_field);
            is_said && (all.stop.is_some() || !all.own.is_empty() || is_more)
        }
        // "show city and revenue of customers" may be of each city.
        false => (all.is_list || all.theirs.is_some()) && is_first || is_named,
    };
    // "vessels with their number of sailings": nothing else of each.
    let has_more = !columns.is_empty() || !all.own.is_empty() || all.theirs.is_some() && !all.measures.is_empty();
    let is_reached = columns.iter().all(|column| reaches(resolver, of, column));
    (is_asked && has_more && is_reached && leads_here(resolver, all, of)).then_some((of, columns))
}

/// "calls with vessel, berth and announcement date": of one call each, and beside something that it has itself. "With tutor and
/// phone number" may be said of those that have one.
fn are_columns(nouns: &[&Phrase]) -> bool {
    let is_one = |phrase: &&Phrase| phrase.filters.is_empty() && !phrase.is_plural && !phrase.is_of;
    let is_list = nouns.len() > 2 && nouns.iter().any(|phrase| phrase.is_behind_comma);
    is_list && nouns.iter().all(is_one) && nouns.iter().any(|phrase| matches!(phrase.noun, Noun::Field(_)))
}

/// The columns among nouns: not those that only say of what another one is, or that are there for a condition.
fn said(resolver: &Resolver<'_>, of: DatasetId, nouns: &[&Phrase]) -> Vec<Noun> {
    let mut columns: Vec<Noun> = Vec::new();
    for (at, phrase) in nouns.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &nouns[before].noun);
        let is_of_it = match (&phrase.noun, before) {
            (Noun::Entity(id), Some(Noun::Field(field))) => {
                phrase.is_of && resolver.ground.field(*field).dataset == *id
            }
            _ => false,
        };
        if !is_of_it && phrase.noun != Noun::Entity(of) && !columns.contains(&phrase.noun) {
            columns.push(phrase.noun.clone());
        }
    }
    columns
}

/// What relationships of its rows lead to, each another thing, or what another one of its kind is called.
fn roles(resolver: &Resolver<'_>, all: &SemanticFrame, of: DatasetId) -> Vec<Noun> {
    let led = |join: &JoinId| {
        let known = resolver.ground.join(*join);
        match (known.from == of, known.to == of) {
            (true, true) => {
                let label = schema_graph::identity(resolver.ground, of).pop()?;
                resolver.ground.made(Made::Led(*join, label)).map(Noun::Field)
            }
            (true, false) => Some(Noun::Entity(known.to)),
            _ => None,
        }
    };
    let mut nouns: Vec<Noun> = Vec::new();
    for noun in all.roles.iter().filter_map(led) {
        if !nouns.contains(&noun) && !all.nouns.iter().any(|phrase| phrase.noun == noun) {
            nouns.push(noun);
        }
    }
    nouns
}

fn reaches(resolver: &Resolver<'_>, of: DatasetId, column: &Noun) -> bool {
    let dataset = match column {
        Noun::Entity(id) => *id,
        Noun::Field(field) => resolver.ground.field(*field).dataset,
        Noun::Grain(_) => return false,
    };
    schema_graph::reach(resolver.ground, of).contains(&dataset)
}

/// All figures are of what belongs to one of these.
fn leads_here(resolver: &Resolver<'_>, all: &SemanticFrame, of: DatasetId) -> bool {
    all.measures.iter().all(|(measure, _)| {
        schema_graph::home(resolver.ground, measure)
            .is_some_and(|home| schema_graph::reach(resolver.ground, home).contains(&of))
    })
}

/// A field by which people call one row: its key, its name, its number.
pub(in crate::chat::read) fn names_one(resolver: &Resolver<'_>, of: DatasetId, field: FieldId) -> bool {
    const NAMES: [&str; 7] = ["number", "no", "id", "code", "name", "title", "key"];
    let known = resolver.ground.field(field);
    let things = crate::chat::names::phrases(&resolver.ground.dataset(of).names);
    let is_name = |words: &Vec<String>| match words.as_slice() {
        [thing @ .., last] => NAMES.contains(&last.as_str()) && things.iter().any(|words| words == thing),
        _ => false,
    };
    known.dataset == of
        && (schema_graph::identity(resolver.ground, of).contains(&field)
            || crate::chat::names::phrases(&known.names).iter().any(is_name))
}

/// Groups are things, one row for each.
pub(in crate::chat::read) fn is_of_things(all: &SemanticFrame) -> bool {
    all.each.iter().any(|by| matches!(by, Grouped::Entity(_)))
}

/// It leads to what is grouped by, so that the groups are of its rows.
pub(in crate::chat::read) fn is_on_the_way(resolver: &Resolver<'_>, all: &SemanticFrame, id: DatasetId) -> bool {
    let reach = schema_graph::reach(resolver.ground, id);
    all.groups.iter().any(|by| match by {
        Grouped::Field(field) => reach.contains(&resolver.ground.field(*field).dataset),
        Grouped::Entity(other) => reach.contains(other),
        _ => false,
    })
}

/// The condition that there is one.
pub(in crate::chat::read) fn is_there(resolver: &Resolver<'_>, of: DatasetId) -> Outcome<Filter> {
    let field = schema_graph::key(resolver.ground, of).ok_or(Resolution::Nothing)?;
    Ok(Filter { field, op: Op::IsNotEmpty, values: Vec::new() })
}

/// Rows of `of` with these columns, and the figures that are asked for.
fn fill(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, of: DatasetId, columns: Vec<Noun>) -> Outcome<DatasetId> {
    let home = all.measures.first().and_then(|(measure, _)| schema_graph::home(resolver.ground, measure));
    // "with their number of orders in 2025": of the orders.
    let is_behind = |at: usize| all.theirs.is_some_and(|theirs| theirs < at);
    let is_open = all.times.iter().any(|(at, _, field)| field.is_none() && !is_behind(*at));
    if home.is_some() && is_open && all.happened.is_empty() {
        return Err(Resolution::Not("Say of what the period is: put it right behind.".to_owned()));
    }
    chosen(resolver, all, of, &columns)?;
    for column in columns {
        match column {
            Noun::Field(field) => resolver.query.dimensions.push(Dimension { field, grain: None }),
            Noun::Entity(id) => {
                let identity = schema_graph::identity(resolver.ground, id);
                if identity.is_empty() {
                    let name = resolver.shown(id);
                    return Err(Resolution::Not(format!("Nothing tells one of {name} from another.")));
                }
                let columns = identity.into_iter().map(|field| Dimension { field, grain: None });
                resolver.query.dimensions.extend(columns);
            }
            Noun::Grain(_) => return Err(Resolution::Nothing),
        }
    }
    resolver.query.dimensions.dedup();
    all.roles.retain(|join| resolver.ground.join(*join).from != resolver.ground.join(*join).to);
    resolver.query.via.append(&mut all.roles);
    (all.nouns, all.beside, all.each, all.groups) = Default::default();
    (all.is_per, all.is_per_beside_by) = (false, false);
    match home {
        Some(home) => {
            resolver.query.measures = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
            all.groups = vec![Grouped::Entity(of)];
            // Figures of what belongs to none are those of no row.
            let homes =
                resolver.query.measures.iter().filter_map(|measure| schema_graph::home(resolver.ground, measure));
            if homes.into_iter().any(|home| home != of)
                && let Ok(there) = is_there(resolver, of)
            {
                all.filters.push(there);
            }
            resolver.query.all_of = Some(of);
            Ok(home)
        }
        None => {
            resolver.query.listed = Some(of);
            Ok(of)
        }
    }
}

/// By which relationships the columns are meant: "the coverage it was made under".
fn chosen(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, of: DatasetId, columns: &[Noun]) -> Outcome<()> {
    let reach = schema_graph::reach(resolver.ground, of);
    let shown = |id: DatasetId| {
        columns.iter().any(|column| match column {
            Noun::Entity(other) => *other == id,
            Noun::Field(field) => resolver.ground.field(*field).dataset == id,
            Noun::Grain(_) => false,
        })
    };
    let is_said = |id: DatasetId| all.filters.iter().any(|filter| resolver.ground.field(filter.field).dataset == id);
    let mut via = Vec::new();
    for (join, done_by, _) in std::mem::take(&mut all.through) {
        let known = resolver.ground.join(join);
        let is_meant =
            reach.contains(&known.from) && (shown(known.to) || is_said(known.to) || done_by == Some(known.to));
        if !is_meant {
            return Err(Resolution::Nothing);
        }
        via.push(join);
    }
    resolver.query.via.extend(via);
    resolver.query.via.sort_unstable();
    resolver.query.via.dedup();
    Ok(())
}

/// "Which customers bought which products? Show customer and product": the rows that lead to all of them.
fn linked(resolver: &mut Resolver<'_>, all: &mut SemanticFrame) -> Outcome<Option<DatasetId>> {
    let Some(stop) = all.stop.filter(|stop| *stop > 0 && *stop < all.nouns.len()) else { return Ok(None) };
    let is_entity = |phrase: &Phrase| matches!(phrase.noun, Noun::Entity(_));
    if !all.measures.is_empty() || !all.beside.is_empty() || all.is_if_any || !all.nouns[..stop].iter().all(is_entity) {
        return Ok(None);
    }
    let mut things: Vec<DatasetId> = Vec::new();
    for phrase in &all.nouns[..stop] {
        match phrase.noun {
            Noun::Entity(id) if !things.contains(&id) => things.push(id),
            _ => {}
        }
    }
    let is_bare = |belongs: &Belongs| match &belongs.what {
        Belonging::Has { dataset, filters, is_without: false, .. } => {
            (filters.is_empty() && belongs.behind.is_empty()).then_some(*dataset)
        }
        _ => None,
    };
    // "never bought which products": all pairs there could be.
    if all.belongs.iter().any(|belongs| matches!(belongs.what, Belonging::Has { is_without: true, .. })) {
        return Err(Resolution::Nothing);
    }
    for belongs in std::mem::take(&mut all.belongs) {
        match (is_bare(&belongs), &belongs.what) {
            (Some(thing), what) => {
                if !things.contains(&thing) {
                    things.push(thing);
                }
                if let Belonging::Has { via: Some(join), .. } = what {
                    all.through.push((*join, None, Alone::Nothing));
                }
            }
            (None, _) => all.belongs.push(belongs),
        }
    }
    for (join, ..) in &all.through {
        let from = resolver.ground.join(*join).from;
        if !things.contains(&from) {
            things.push(from);
        }
    }
    let columns: Vec<Noun> = all.nouns[stop..].iter().map(|phrase| phrase.noun.clone()).collect();
    let count = columns.len();
    let dataset = |column: &Noun| match column {
        Noun::Entity(id) => Some(*id),
        Noun::Field(field) => Some(resolver.ground.field(*field).dataset),
        Noun::Grain(_) => None,
    };
    let mut ends: Vec<DatasetId> = things.clone();
    ends.extend(columns.iter().filter_map(dataset));
    ends.extend(all.filters.iter().map(|filter| resolver.ground.field(filter.field).dataset));
    let root = resolver.root(&ends).ok_or(Resolution::Nothing)?;
    // "in 2025": which of them is of that time, the words do not say.
    if all.times.iter().any(|(_, _, field)| field.is_none()) && all.happened.is_empty() && things != [root] {
        return Err(Resolution::Not("Say of what the period is: put it right behind.".to_owned()));
    }
    for thing in things.iter().filter(|thing| **thing != root) {
        let there = is_there(resolver, *thing)?;
        all.filters.push(there);
    }
    let is_named =
        columns.iter().any(|column| matches!(column, Noun::Field(field) if names_one(resolver, root, *field)));
    let shown: Vec<Noun> = columns.into_iter().chain(things.into_iter().map(Noun::Entity)).collect();
    chosen(resolver, all, root, &shown)?;
    let asked: Vec<Noun> = shown[..count].to_vec();
    let home = fill(resolver, all, root, asked)?;
    if !is_named {
        resolver.query.listed = None;
        resolver.notes.push("Each different combination once.".to_owned());
    }
    Ok(Some(home))
}
