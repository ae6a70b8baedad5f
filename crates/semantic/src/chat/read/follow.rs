//! Follow-ups, which change the query answered last: each says what to replace, and must say it with all its words.

mod conditions;
mod figures;
mod groups;
mod manner;
mod periods;

use figures::{count, figures, list, ranked_by, share};
use manner::{Manner, restates, says_nothing};

use super::field_roles;
use super::frame::SemanticFrame;
use super::items::{Edit, Foremost, Grouped, Item, Rank, Target};
use super::reader::{Reader, Sequence};
use super::resolve::gather::gather;
use super::resolver::{Outcome, Resolution, Resolver};
use super::scan::adjectives::only_such;
use crate::chat::dates;
use crate::chat::ground::{DatasetId, FieldId, Ground, Type};
use crate::chat::query::{By, Dimension, Grain, Limit, Measure, Op, Order, Query};
use crate::chat::reading::Thread;
use crate::chat::schema_graph;
use crate::chat::times;

const NOTHING: &str = "That says nothing to change about the question before.";

/// The last query, changed as the items say.
pub(super) fn resolve(
    reader: &Reader<'_>,
    last: &Query,
    thread: &Thread,
    items: &[(usize, usize, Item)],
) -> Resolution {
    let manner = Manner::of(reader, items);
    let mut resolver = Resolver::new(reader.ground, &thread.choices, reader.context);
    resolver.query = last.clone();
    // "list them" asks for rows, "drop units" for no change of theirs.
    let lists = items.iter().any(|(_, _, item)| matches!(item, Item::Edit(Edit::List)));
    let is_command = |(at, _, item): &(usize, usize, Item)| match item {
        Item::List => reader.is(*at, "list").is_some() && last.listed.is_none() && !lists,
        Item::Change => reader.is(*at, "drop").is_some() && (*at == 0 || reader.is(0, "and").is_some()),
        _ => false,
    };
    if items.iter().any(is_command) {
        return Resolution::Nothing;
    }
    let says_display = reader.is_display();
    if items.iter().all(|(_, _, item)| says_nothing(item)) && !says_display {
        return Resolution::Not(NOTHING.to_owned());
    }
    // "difference?", "change?": of the two periods that were asked for last; of one, from which other is not said.
    let is_change = items.iter().any(|(_, _, item)| *item == Item::Change);
    if manner.is_bare && is_change && last.compare.is_none() && last.time.is_some() {
        if let Some(query) = thread.earlier.as_ref().and_then(|earlier| periods::apart(last, earlier)) {
            resolver.query = query;
            resolver.notes.push("Compared the two periods that were asked for last.".to_owned());
            return resolved(resolver);
        }
        if reader.has(&["difference"]) {
            return Resolution::Not("Say from what: \"compared with 2023\", for one.".to_owned());
        }
    }
    let Some(all) = gather(items) else { return Resolution::Nothing };
    match edit(&mut resolver, last, all, manner) {
        // "who placed it", "compare": asked for, and nothing of it can be shown.
        Ok(()) if !items.iter().any(|(_, _, item)| restates(item)) && is_same(&resolver.query, last) => {
            match says_display {
                true => resolved(resolver),
                false => Resolution::Not(NOTHING.to_owned()),
            }
        }
        // "what did they order": what was ordered, and not who did.
        Ok(()) if asks_what(reader) && is_listed_still(&resolver.query, last) => Resolution::Nothing,
        Ok(()) => resolved(resolver),
        Err(other) => other,
    }
}

fn asks_what(reader: &Reader<'_>) -> bool {
    reader
        .any(0, &["what did", "what do", "what does", "what have", "what has", "and what did", "and what do"])
        .is_some()
}

/// The same things, and nothing else of them.
fn is_listed_still(query: &Query, last: &Query) -> bool {
    query.listed.is_some()
        && query.listed == last.listed
        && query.dimensions.iter().all(|one| last.dimensions.contains(one))
}

fn resolved(mut resolver: Resolver<'_>) -> Resolution {
    resolver.notes.insert(0, "Changed the question before.".to_owned());
    Resolution::Query(Box::new(resolver.query), resolver.notes)
}

fn is_same(one: &Query, other: &Query) -> bool {
    one.clone().canonical() == other.clone().canonical()
}

/// What only a question that stands for itself can say.
fn is_refused(resolver: &Resolver<'_>, last: &Query, all: &SemanticFrame, manner: Manner) -> bool {
    // Of whom the groups are, nothing but the groups says.
    if last.led_by.is_some() && !all.groups.is_empty() {
        return true;
    }
    // "by nights instead", of what is ranked: by how many of them is not said.
    let is_figure = |by: &Grouped| matches!(by, Grouped::Field(field) if resolver.is_figure(*field));
    if last.limit.is_some() && last.listed.is_none() && all.groups.iter().any(is_figure) {
        return true;
    }
    let is_ranked_by = all.by.is_some() && !manner.begins_and_by && all.limit.is_none() && last.limit.is_none();
    let is_asked = all.is_which && !manner.refers_back || all.when.is_some() || all.is_when_did;
    let is_asked =
        is_asked || all.who.is_some() && !(manner.refers_back && all.filters.is_empty() && all.is_only_named());
    let is_asked = is_asked || all.is_who && all.edits.is_empty();
    let is_described = !all.through.is_empty() || !all.part.is_empty() || !all.beside.is_empty() || !all.own.is_empty();
    let is_described = is_described || !all.kin.is_empty() || !all.kindred.is_empty();
    let is_averaged = all.per.is_some() || all.averaged.is_some() || all.is_on_average || all.grew.is_some();
    let is_counted = !all.deeds.is_empty() || all.is_if_any || all.theirs.is_some();
    // Of the thing or of what belongs to it: the words do not say.
    let is_of_either = !last.members.is_empty() && !all.times.is_empty();
    // "with more than 20 orders" behind groups: each of those counted, or each group.
    let counted = last.measures.first().and_then(|measure| super::resolve::counts::counted(resolver.ground, measure));
    let is_of_each = |(target, ..): &(Target, Op, Vec<crate::chat::query::Value>)| match target {
        Target::Measure(measure) => {
            let of = super::resolve::counts::counted(resolver.ground, measure);
            of.is_some() && counted.is_some() && of != counted
        }
        _ => false,
    };
    let is_of_groups = !last.dimensions.is_empty() && all.conditions.iter().any(is_of_each);
    // "and units in total": the whole of all figures, or of this one.
    let is_total =
        all.edits.iter().any(|edit| matches!(edit, Edit::Total(_))) && !all.measures.is_empty() && manner.adds_figures;
    // "how much is that", of rows that were counted: of what, nobody has said.
    if all.is_how_much && all.measures.is_empty() && counted.is_some() {
        return true;
    }
    let is_year = last.time.as_ref().is_some_and(|time| time.range.grain == Some(Grain::Year));
    if manner.is_of_year && !is_year {
        return true;
    }
    // "who was its captain", of the first one.
    let is_limited = !all.filters.is_empty() || !all.belongs.is_empty() || !all.conditions.is_empty();
    if manner.asks_which && !manner.asks_which_of && manner.refers_back && last.limit.is_some() && is_limited {
        return true;
    }
    is_asked || is_ranked_by || is_described || is_averaged || is_counted || is_of_either || is_of_groups || is_total
}

fn edit(resolver: &mut Resolver<'_>, last: &Query, mut all: SemanticFrame, manner: Manner) -> Outcome<()> {
    if is_refused(resolver, last, &all, manner) {
        return Err(Resolution::Nothing);
    }
    // "which of them are in Europe", of the first five: of these five, and not the first five there.
    let is_limited = !all.filters.is_empty() || !all.belongs.is_empty() || !all.conditions.is_empty();
    let is_of_these = manner.asks_which_of && is_limited || all.edits.contains(&Edit::Count);
    if manner.refers_back && is_of_these && last.limit.is_some() {
        figures::pick(resolver).ok_or(Resolution::Nothing)?;
    }
    // "how many orders did those have in 2025", of the first five: of the same five.
    let is_otherwise = is_limited || !all.times.is_empty() || !all.happened.is_empty();
    if manner.refers_back && !all.measures.is_empty() && last.listed.is_none() && last.limit.is_some() && is_otherwise {
        figures::of_each(resolver)?;
    }
    // "who manages them", "who was its captain"
    let role = if all.roles.len() == 1 && manner.refers_back { all.roles.pop() } else { None };
    match (all.who.take().or(role), all.is_only_named() && all.filters.is_empty()) {
        (Some(join), true) => return figures::who(resolver, join),
        (None, _) if all.roles.is_empty() => {}
        _ => return Err(Resolution::Nothing),
    }
    if all.is_removal {
        resolver.query.filters.clear();
        resolver.query.having.clear();
        resolver.query.members.clear();
    }
    let mut instead = Vec::new();
    for edit in std::mem::take(&mut all.edits) {
        match edit {
            Edit::Instead(by, is_not) => {
                groups::is_grouped_by(resolver, &by).then_some(()).ok_or(Resolution::Nothing)?;
                instead.push((by, is_not));
            }
            other => changed(resolver, other, manner)?,
        }
    }
    // "which of those are framed", of what was counted: these, and not how many.
    let is_counted = last.listed.is_none() && last.dimensions.is_empty() && all.measures.is_empty();
    if manner.asks_which && manner.refers_back && is_counted && all.nouns.is_empty() && resolver.query.listed.is_none()
    {
        list(resolver)?;
    }
    if let Some(by) = all.by.take() {
        ranked_by(resolver, by)?;
    }
    groups::also_by(resolver, last, &mut all);
    figures(resolver, &mut all, manner)?;
    let home = resolver.query.listed;
    conditions::bounds(resolver, last, &mut all, manner)?;
    conditions::happened(resolver, last, &mut all, manner)?;
    // Conditions are made as in any question, then each meets those of its field.
    let members = resolver.query.members.len();
    resolver.conditions(&mut all, home)?;
    conditions::members(resolver, members, all.is_also, manner)?;
    conditions::filters(resolver, &mut all, manner)?;
    resolver.held_no_longer(last)?;
    groups::groups(resolver, last, &all, manner, &instead)?;
    ranks(resolver, &mut all)?;
    periods::times(resolver, last, &mut all)?;
    if all.is_share {
        share(resolver, None)?;
    }
    sorted(resolver, &mut all)?;
    resolver.check(home)
}

/// Orders and limits.
fn sorted(resolver: &mut Resolver<'_>, all: &mut SemanticFrame) -> Outcome<()> {
    let is_sorted = all.age.is_some() || all.is_alphabetical;
    let is_ordered = is_sorted || all.order.is_some() || all.direction.is_some();
    if !is_ordered && all.limit.is_none() {
        return Ok(());
    }
    if all.limit.is_some() {
        resolver.query.limit = None;
    }
    let before = resolver.query.order.clone();
    if is_sorted || all.order.is_some() {
        resolver.query.order.clear();
    }
    resolver.orders(all)?;
    // Ordered otherwise, the first ones would be others.
    if resolver.query.limit.is_some() && all.limit.is_none() && resolver.query.order != before {
        let sentence = "The rows before were picked by their order: ask anew for those that come first in another.";
        return Err(Resolution::Not(sentence.into()));
    }
    Ok(())
}

/// The first of a list by a field of its rows.
fn foremost(resolver: &mut Resolver<'_>, by: Foremost, is_descending: bool, rows: u64) -> Outcome<()> {
    let ground = resolver.ground;
    let query = &resolver.query;
    let is_whole = query.measures.is_empty() && query.limit.is_none() && query.picked.is_none();
    let listed = query.listed.filter(|_| is_whole).ok_or(Resolution::Nothing)?;
    let figures: Vec<FieldId> = ground.fields_of(listed).filter(|id| resolver.is_figure(*id)).collect();
    let field = match by {
        Foremost::Field(field) => Some(field).filter(|field| ground.field(*field).dataset == listed),
        Foremost::Called(words) => only_such(ground, listed, words),
        // Which of them "the longest one" is of, is not said.
        Foremost::Lasting => {
            match (only_such(ground, listed, &["length", "distance"]), schema_graph::lasting(ground, listed)) {
                (Some(one), Some(other)) if one != other => None,
                (one, other) => one.or(other),
            }
        }
        Foremost::Time => times::own(ground, listed),
        Foremost::Age if !field_roles::has_age(ground, listed) => times::own(ground, listed),
        Foremost::Age => field_roles::came_to_be(ground, listed),
        Foremost::Size => match figures.as_slice() {
            [one] => Some(*one),
            _ => return Err(Resolution::Not("Ranked by which figure?".to_owned())),
        },
    };
    let field = field.ok_or(Resolution::Nothing)?;
    let place = resolver.query.dimensions.iter().position(|one| one.field == field);
    let at = place.unwrap_or_else(|| {
        resolver.query.dimensions.push(schema_graph::dimension(ground, field));
        resolver.query.dimensions.len() - 1
    });
    resolver.query.order = vec![Order { by: By::Dimension(at), is_descending }];
    resolver.query.limit = Some(Limit { rows, is_per_group: false });
    resolver.query.keeps_ties = rows == 1 && ground.field(field).ty != Type::Timestamp;
    Ok(())
}

fn changed(resolver: &mut Resolver<'_>, edit: Edit, manner: Manner) -> Outcome<()> {
    match edit {
        Edit::Earlier(against) => {
            let time = resolver.query.time.as_mut().ok_or(Resolution::Nothing)?;
            time.range = dates::earlier(resolver.context, time.range, against).ok_or(Resolution::Nothing)?;
        }
        Edit::Later(count, grain) => {
            let Some(time) = resolver.query.time.as_mut() else { return periods::later(resolver, count, grain) };
            time.range = dates::shifted(resolver.context, time.range, grain, count).ok_or(Resolution::Nothing)?;
        }
        Edit::First { by, is_descending } => groups::first(resolver, by.as_ref(), is_descending)?,
        Edit::Foremost { by, is_descending, rows } => foremost(resolver, by, is_descending, rows)?,
        Edit::Count => count(resolver, manner.is_bare)?,
        Edit::List => list(resolver)?,
        // Read with the groups.
        Edit::Instead(..) => {}
        Edit::Total(said) => figures::total(resolver, said)?,
        Edit::Without(measure) => figures::without(resolver, &measure)?,
        Edit::AllTime => {
            let is_compared = resolver.query.compare.is_some() || resolver.query.time.is_none();
            (!is_compared).then_some(()).ok_or(Resolution::Nothing)?;
            resolver.query.time = None;
        }
        Edit::Alone => {
            resolver.query.compare.take().ok_or(Resolution::Nothing)?;
            resolver.query.order.retain(|order| !matches!(order.by, By::Change(_)));
        }
        Edit::All => {
            resolver.query.limit.take().ok_or(Resolution::Nothing)?;
        }
        Edit::Absolute => {
            let is_plain = resolver.query.share.is_some() && resolver.query.part.is_empty();
            is_plain.then_some(()).ok_or(Resolution::Nothing)?;
            resolver.query.share = None;
        }
        Edit::Reversed => match (resolver.query.order.as_mut_slice(), resolver.query.limit) {
            ([order], None) => order.is_descending = !order.is_descending,
            _ => {
                let sentence = "Say what to order by, and whether the highest or the lowest come first.";
                return Err(Resolution::Not(sentence.into()));
            }
        },
        Edit::Drop(field) => {
            let before = resolver.query.filters.len();
            resolver.query.filters.retain(|filter| filter.field != field);
            if resolver.query.filters.len() == before {
                let name = resolver.ground.field(field).names.shown().to_lowercase();
                return Err(Resolution::Not(format!("There is no condition on {name} to take away.")));
            }
        }
        Edit::Share(of) => share(resolver, of)?,
        // "average instead of total", also of a figure of the model that is a plain sum.
        Edit::Each(aggregate) => match resolver.query.clone().plain(resolver.ground).measures.as_slice() {
            [Measure::Of { field, .. }] => {
                resolver.query.measures = vec![Measure::Of { aggregate, field: *field }];
            }
            _ => return Err(Resolution::Nothing),
        },
        Edit::Beside(field, value) => {
            let same = resolver.query.filters.iter_mut().find(|filter| filter.field == field && filter.op == Op::Is);
            let filter = same.filter(|filter| !filter.values.contains(&value)).ok_or(Resolution::Nothing)?;
            if resolver.query.listed.is_some() || resolver.query.compare.is_some() {
                return Err(Resolution::Nothing);
            }
            filter.values.push(value);
            if !resolver.query.dimensions.iter().any(|dimension| dimension.field == field) {
                resolver.query.dimensions.insert(0, Dimension { field, grain: None });
            }
        }
    }
    Ok(())
}

fn ranks(resolver: &mut Resolver<'_>, all: &mut SemanticFrame) -> Outcome<()> {
    let (n, is_descending, what) = match all.rank.take() {
        None => return Ok(()),
        Some(Rank::Top { n, is_descending, what, by: None, .. }) => (n, is_descending, what),
        Some(_) => return Err(Resolution::Nothing),
    };
    // "top 5" of rows that were ordered.
    if let ([order], None, Some(_), Some(rows)) = (resolver.query.order.as_mut_slice(), &what, resolver.query.listed, n)
    {
        order.is_descending = is_descending;
        resolver.query.limit = Some(Limit { rows, is_per_group: false });
        return Ok(());
    }
    // "top 5" of the first ones of each.
    if let (Some(Limit { is_per_group: true, rows }), None, Some(n), [order]) =
        (resolver.query.limit.as_mut(), &what, n, resolver.query.order.as_mut_slice())
    {
        order.is_descending = is_descending;
        *rows = n;
        return Ok(());
    }
    if resolver.query.measures.len() != 1 {
        return Err(Resolution::Nothing);
    }
    // "the top channel": the one.
    let rows = n.unwrap_or(if what.as_ref().is_some_and(|what| !what.is_plural) { 1 } else { 10 });
    if let Some(what) = what {
        resolver.ranked(&what, None)?;
        resolver.query.all_of = None;
    }
    if resolver.query.dimensions.is_empty() {
        return Err(Resolution::Nothing);
    }
    // Of two groupings: the first ones of all, or of each.
    let datasets = resolver.query.dimensions.iter().map(|one| (resolver.ground.field(one.field).dataset, one.grain));
    let mut datasets: Vec<_> = datasets.collect();
    datasets.dedup();
    if datasets.len() > 1 {
        return Err(Resolution::Not("Say of what the first ones are, and of each of what.".into()));
    }
    resolver.query.order = vec![Order { by: By::Measure(0), is_descending }];
    resolver.query.limit = Some(Limit { rows, is_per_group: false });
    Ok(())
}

/// A value of a field that the answer before showed or had a condition on is of that field, whatever else holds it.
pub(super) fn nearest(
    ground: &Ground,
    last: &Query,
    resolved: Vec<(usize, Sequence, Resolution)>,
) -> Vec<(usize, Sequence, Resolution)> {
    // "only those in the West", of what was by farm: of the farms, and not of where they deliver to.
    let is_key = |one: &&Dimension| schema_graph::key(ground, ground.field(one.field).dataset) == Some(one.field);
    let grouped = last.dimensions.iter().filter(|_| last.listed.is_none()).filter(is_key);
    let things: Vec<DatasetId> = grouped.map(|one| ground.field(one.field).dataset).chain(last.listed).collect();
    // A list shows what its rows are called, whatever was asked for.
    let known = |field: &FieldId| {
        last.listed.is_none() && last.dimensions.iter().any(|dimension| dimension.field == *field)
            || last.filters.iter().any(|filter| filter.field == *field)
            || things.contains(&ground.field(*field).dataset)
    };
    let is_near = |resolved: &Resolution| {
        let Resolution::Query(query, _) = resolved else { return false };
        query.filters.len() >= last.filters.len() && query.filters.iter().all(|filter| known(&filter.field))
    };
    let bare = |resolved: &Resolution| match resolved {
        Resolution::Query(query, _) => Some(Query { filters: Vec::new(), ..(**query).clone() }),
        _ => None,
    };
    let near: Vec<(usize, Option<Query>)> =
        resolved.iter().filter(|one| is_near(&one.2)).map(|one| (one.0, bare(&one.2))).collect();
    // Another reading that differs in its conditions alone.
    let is_far = |one: &(usize, Sequence, Resolution)| !is_near(&one.2) && near.contains(&(one.0, bare(&one.2)));
    resolved.into_iter().filter(|one| !is_far(one)).collect()
}
