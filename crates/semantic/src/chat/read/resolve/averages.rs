//! Averages: "revenue per order", "average number of orders per customer", and what could be either.

use super::super::field_roles;
use super::super::frame::SemanticFrame;
use super::super::items::{Grouped, Noun, Phrase};
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::counts;
use crate::chat::ground::{DatasetId, FieldId, Ground};
use crate::chat::query::{Aggregate, Grain, Measure};
use crate::chat::schema_graph;
use crate::chat::times;

/// "revenue per order", "average number of orders per customer": a figure over the number of things.
pub(in crate::chat::read) fn averaged(resolver: &mut Resolver<'_>, all: &mut SemanticFrame) -> Outcome<()> {
    let averaged = all.averaged.take();
    let is_average = averaged.is_some() || all.is_on_average;
    if let Some(whole) = all.per_figure.take() {
        let (None, None, [(part, _)], false) = (averaged, all.per, all.measures.as_slice(), all.is_share) else {
            return Err(Resolution::Nothing);
        };
        if !resolver.adds_up(part) || all.rank.is_some() || *part == whole {
            return Err(Resolution::Nothing);
        }
        let part = Box::new(part.clone());
        all.measures = vec![(Measure::Over { part, whole: Box::new(whole) }, None)];
        return Ok(());
    }
    if let (true, Some(grain)) = (is_average, grain_of_each(all)) {
        return over_periods(resolver, all, averaged, grain);
    }
    // "how long does it take on average": it is one.
    let is_one = |(measure, _): &(Measure, Option<DatasetId>)| {
        matches!(measure, Measure::Of { aggregate: Aggregate::Average, .. })
    };
    let are_averages = averaged.is_none() && !all.measures.is_empty() && all.measures.iter().all(is_one);
    let Some(of) = all.per.take() else {
        return if is_average && !are_averages { Err(Resolution::Nothing) } else { Ok(()) };
    };
    let measure = figure(resolver.ground, all, averaged)?;
    let measure = linking(resolver.ground, measure, of);
    let home = schema_graph::home(resolver.ground, &measure).ok_or(Resolution::Nothing)?;
    // "revenue per region" is one figure for each; of its own rows, nobody wants each.
    let is_beyond = schema_graph::reach(resolver.ground, home).contains(&of);
    // "revenue per order by country": each order has one country, so that nobody wants each order.
    let is_of_groups = is_beyond && is_grouped_beyond(resolver, all, of);
    let is_sure = of == home || is_determined(resolver, all, of, home);
    let is_meant = of == home || is_beyond && (is_average || is_of_groups || is_sure);
    let is_same = counts::counted(resolver.ground, &measure) == Some(of);
    if !is_meant || is_same || !resolver.adds_up(&measure) || all.rank.is_some() || all.is_share {
        return Err(Resolution::Nothing);
    }
    // Of what stays, there is no other number in each month.
    let is_by_time = |by: &Grouped| matches!(by, Grouped::Grain(_) | Grouped::FieldGrain(..));
    let is_over_time = all.is_trend || all.groups.iter().any(is_by_time);
    let measure = match is_over_time && times::is_there_always(resolver.ground, of) {
        true => Measure::Per { measure: Box::new(measure), of },
        false => per(resolver.ground, measure, of),
    };
    all.measures = vec![(measure, None)];
    if is_of_groups && !is_average && !is_sure {
        let name = resolver.shown(of);
        resolver.notes.push(format!("Took the average of the {name} in each group, not each of them."));
    }
    Ok(())
}

/// The one figure that is averaged: named, or how many there are of what is named alone ("page views per session by device").
fn figure(ground: &Ground, all: &mut SemanticFrame, averaged: Option<Measure>) -> Outcome<Measure> {
    match (averaged, all.measures.as_slice()) {
        (Some(measure), []) if all.nouns.is_empty() => Ok(measure),
        (None, [(measure, _)]) => Ok(measure.clone()),
        (None, [])
            if let [Phrase { noun: Noun::Entity(id), .. }] = all.nouns.as_slice()
                && all.nouns[0].is_bare_plural() =>
        {
            let id = *id;
            all.nouns.clear();
            Ok(counts::number(ground, id))
        }
        _ => Err(Resolution::Nothing),
    }
}

/// "average number of orders per day": the one period that is said to be each.
fn grain_of_each(all: &SemanticFrame) -> Option<Grain> {
    let grain = |by: &Grouped| match by {
        Grouped::Grain(grain) if *grain != Grain::Weekday => Some(*grain),
        _ => None,
    };
    let mut grains = all.groups.iter().filter_map(grain);
    let (one, None) = (grains.next()?, grains.next()) else { return None };
    (all.each.contains(&Grouped::Grain(one)) && all.per.is_none() && all.per_figure.is_none()).then_some(one)
}

/// The figure over the number of days, months and so on in which there is any.
fn over_periods(
    resolver: &mut Resolver<'_>,
    all: &mut SemanticFrame,
    averaged: Option<Measure>,
    grain: Grain,
) -> Outcome<()> {
    let measure = figure(resolver.ground, all, averaged)?;
    let home = schema_graph::home(resolver.ground, &measure).ok_or(Resolution::Nothing)?;
    let is_plain = all.rank.is_none() && !all.is_share && !all.is_change && !all.is_trend && all.over.is_none();
    let is_named = all.times.iter().any(|(_, _, field)| field.is_some()) || !all.happened.is_empty();
    if !resolver.adds_up(&measure) || !is_plain || is_named {
        return Err(Resolution::Nothing);
    }
    // What came in each month is not what there was in it.
    if times::stays(resolver.ground, home) {
        let (name, grain) = (resolver.shown(home), grain.word());
        return Err(Resolution::Not(format!(
            "Say what is averaged: {name} stay, and the model does not say how many there were in each {grain}."
        )));
    }
    // Each group has its own number of months with any: these averages would not add up to that of all.
    if all.groups.len() > 1 {
        let grain = grain.word();
        return Err(Resolution::Not(format!(
            "An average per {grain} can be had of all together: ask for one by {grain}."
        )));
    }
    let field = resolver.time_of(Some(&measure), home).field().ok_or(Resolution::Nothing)?;
    if resolver.ground.field(field).dataset != home {
        return Err(Resolution::Nothing);
    }
    all.groups.retain(|by| *by != Grouped::Grain(grain));
    all.each.retain(|by| *by != Grouped::Grain(grain));
    all.is_per = !all.each.is_empty();
    resolver.notes.push(format!("Took the {}s that have any for the number of {0}s.", grain.word()));
    let whole = Box::new(Measure::Of { aggregate: Aggregate::Periods(grain), field });
    all.measures = vec![(Measure::Over { part: Box::new(measure), whole }, None)];
    Ok(())
}

/// "members per event", where rows link each two of them once: as many as there are of these.
fn linking(ground: &Ground, measure: Measure, of: DatasetId) -> Measure {
    let bridge = |counted: DatasetId| {
        let is_beyond = schema_graph::reach(ground, counted).contains(&of);
        let links = schema_graph::bridge(ground, counted, of).filter(|_| !is_beyond)?;
        schema_graph::links_once(ground, links).then_some(Measure::CountOf(links))
    };
    counts::counted(ground, &measure).and_then(bridge).unwrap_or(measure)
}

/// Over those that have any; of what happens at times of its own, over all.
pub(in crate::chat::read) fn per(ground: &Ground, measure: Measure, of: DatasetId) -> Measure {
    let home = schema_graph::home(ground, &measure);
    let is_beyond = |home: &DatasetId| *home != of && schema_graph::reach(ground, *home).contains(&of);
    let (measure, is_over_all) =
        (Box::new(measure), home.filter(is_beyond).is_some_and(|home| is_event(ground, of, home)));
    match is_over_all {
        true => Measure::Over { part: measure, whole: Box::new(Measure::CountOf(of)) },
        false => Measure::Per { measure, of },
    }
}

/// Sessions, orders: they have no names, and happen at other times than the rows of `home`.
fn is_event(ground: &Ground, of: DatasetId, home: DatasetId) -> bool {
    let dated = |dataset: DatasetId| times::of(ground, dataset).field();
    let own = dated(of).filter(|field| ground.field(*field).dataset == of);
    own.is_some() && own != dated(home) && !ground.fields_of(of).any(|field| schema_graph::is_label(ground, field))
}

/// "hours per matter by practice area": each matter is of one, and nobody wants each matter.
fn is_grouped_beyond(resolver: &Resolver<'_>, all: &SemanticFrame, of: DatasetId) -> bool {
    let reach = schema_graph::reach(resolver.ground, of);
    let dataset = |by: &Grouped| match by {
        Grouped::Field(field) if !resolver.ground.field(*field).is_time => Some(resolver.ground.field(*field).dataset),
        Grouped::Entity(id) => Some(*id),
        _ => None,
    };
    let is_beyond = |by: &Grouped| dataset(by).is_some_and(|id| reach.contains(&id) && *by != Grouped::Entity(of));
    !all.groups.is_empty() && all.groups.iter().all(is_beyond)
}

/// Each of the things is in one group.
fn is_determined(resolver: &Resolver<'_>, all: &SemanticFrame, of: DatasetId, home: DatasetId) -> bool {
    let reach = schema_graph::reach(resolver.ground, of);
    let is_within = |field: FieldId| reach.contains(&resolver.ground.field(field).dataset);
    let is_of = |by: &Grouped| match by {
        Grouped::Field(field) | Grouped::FieldGrain(field, _) => is_within(*field),
        Grouped::Entity(id) => *id != of && reach.contains(id),
        // Of what happens at times of its own, each has its own month.
        Grouped::Grain(_) => {
            is_event(resolver.ground, of, home) || times::of(resolver.ground, home).field().is_some_and(is_within)
        }
        Grouped::Role(..) | Grouped::Such(..) => false,
    };
    let dates = times::of(resolver.ground, home).field().map(|field| resolver.ground.field(field).dataset);
    let is_one = dates == Some(of) || is_event(resolver.ground, of, home);
    is_one && !all.groups.is_empty() && all.groups.iter().all(is_of)
}

/// "revenue per order by channel": what each has, or an average.
pub(in crate::chat::read) fn per_beside_by(resolver: &Resolver<'_>, all: &SemanticFrame) -> Outcome<()> {
    // "for each agent … by agent number": both say the same.
    let is_named = |id: &DatasetId| {
        all.groups
            .iter()
            .any(|by| matches!(by, Grouped::Field(field) if super::sheet::names_one(resolver, *id, *field)))
    };
    let entity = thing(all).filter(|id| !is_named(id));
    match entity.filter(|_| all.is_per_beside_by) {
        Some(entity) => {
            let name = resolver.shown(entity);
            Err(Resolution::Not(format!(
                "A figure per {name} can be an average, or one for each: say \"average\", or \"by {name} and\" the rest."
            )))
        }
        None => Ok(()),
    }
}

/// "average price per booking by channel", of what each booking has: the average.
pub(in crate::chat::read) fn of_own_rows(all: &mut SemanticFrame, ground: &Ground) {
    let mut things = all.groups.iter().filter(|by| matches!(by, Grouped::Entity(_)) && all.each.contains(by));
    let (Some(each @ Grouped::Entity(of)), None) = (things.next().cloned(), things.next()) else { return };
    let is_own = |(measure, _): &(Measure, Option<DatasetId>)| match measure {
        Measure::Of { aggregate: Aggregate::Average, field } => ground.field(*field).dataset == of,
        Measure::Metric(id) => {
            let metric = ground.metric(*id);
            metric.datasets == [of] && metric.expression.to_lowercase().starts_with("avg(")
        }
        _ => false,
    };
    if all.is_per && !all.measures.is_empty() && all.measures.iter().all(is_own) {
        all.groups.retain(|by| *by != each);
        all.each.retain(|by| *by != each);
        (all.is_per, all.is_per_beside_by) = (!all.each.is_empty(), false);
    }
}

/// "average amount per customer" may be of rows or of customers.
pub(in crate::chat::read) fn check(resolver: &mut Resolver<'_>, all: &mut SemanticFrame) -> Outcome<()> {
    let is_average =
        |measure: &Measure| matches!(measure, Measure::Of { aggregate: Aggregate::Average | Aggregate::Median, .. });
    // "average fare per route": no fare of a route is added up of others.
    let adds_up = |measure: &Measure| match measure {
        Measure::Of { field, .. } => {
            resolver.ground.made_of(*field).is_none() && !field_roles::is_rate(resolver.ground, *field)
        }
        _ => true,
    };
    let entity = thing(all);
    // "revenue per order" is an average of orders, or as many figures as orders.
    let homes: Vec<_> =
        resolver.query.measures.iter().filter_map(|measure| schema_graph::home(resolver.ground, measure)).collect();
    if let Some(entity) = entity
        && all.is_per
        && homes.contains(&entity)
    {
        if resolver.query.measures.iter().all(|measure| resolver.adds_up(measure)) {
            return Err(Resolution::Nothing);
        }
        let name = resolver.shown(entity);
        return Err(Resolution::Not(format!(
            "A figure per {name} can be an average, or one for each: say \"average\" or \"by {name}\"."
        )));
    }
    if let Some(entity) = entity
        && all.is_per
        && resolver.query.measures.iter().any(|measure| is_average(measure) && adds_up(measure))
    {
        return either_average(resolver, all, entity);
    }
    Ok(())
}

/// "average bill per customer": the average of the bills of each, or what one of them has in all, on average.
fn either_average(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, entity: DatasetId) -> Outcome<()> {
    let name = resolver.shown(entity);
    let plain = resolver.query.clone().plain(resolver.ground).measures;
    let [Measure::Of { aggregate: Aggregate::Average, field }] = plain.as_slice() else {
        let message = format!(
            "An average per {name} can mean two things: ask for the average by {name}, or for the total by {name}."
        );
        return Err(Resolution::Not(message));
    };
    let figure = resolver.ground.field(*field).names.shown().to_lowercase();
    let ids = [format!("average {figure} per {name}|each"), format!("average {figure} per {name}|all")];
    let labels = [
        format!("The average {figure} of each of the {name}"),
        format!("The total {figure}, divided by the number of {name}"),
    ];
    if !resolver.either(ids, labels, "Which average do you mean?")? {
        let total = Measure::Of { aggregate: Aggregate::Sum, field: *field };
        resolver.query.measures = vec![per(resolver.ground, total, entity)];
        all.groups.retain(|by| *by != Grouped::Entity(entity));
        all.each.retain(|by| *by != Grouped::Entity(entity));
        all.is_per = !all.each.is_empty();
    }
    Ok(())
}

/// The things that are groups.
fn thing(all: &SemanticFrame) -> Option<DatasetId> {
    all.groups.iter().find_map(|by| match by {
        Grouped::Entity(id) => Some(*id),
        _ => None,
    })
}
