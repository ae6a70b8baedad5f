//! Figures of follow-ups: those that a message puts beside the ones before, or in their place.

use super::super::field_roles;
use super::super::frame::SemanticFrame;
use super::super::items::{Noun, Target, TotalKind};
use super::super::resolve::{counts, totals};
use super::super::resolver::{Outcome, Resolution, Resolver};
use super::manner::Manner;
use crate::chat::ground::{DatasetId, FieldId, JoinId};
use crate::chat::query::{Aggregate, By, Dimension, Filter, Measure, Op, Order, Picked, Query, Share};
use crate::chat::schema_graph;

/// "how many of them": of rows that were listed; of things that were counted, it says the same again.
pub(super) fn count(resolver: &mut Resolver<'_>, is_bare: bool) -> Outcome<()> {
    let query = &resolver.query;
    if query.listed.is_some() && query.limit.is_some() {
        let sentence = "So many rows were asked for: ask anew how many there are of all.";
        return Err(Resolution::Not(sentence.into()));
    }
    // "how many are there" of groups: of these, or of what is counted in them.
    if query.listed.is_none() && !query.dimensions.is_empty() && (is_bare || !query.having.is_empty()) {
        let sentence = "How many groups there are cannot be asked for here, only which ones.";
        return Err(Resolution::Not(sentence.into()));
    }
    if let Some(listed) = resolver.query.listed.take() {
        let query = &mut resolver.query;
        query.measures = vec![Measure::CountOf(listed)];
        query.dimensions.clear();
        query.order.clear();
        query.limit = None;
        return Ok(());
    }
    match resolver.query.measures.as_slice() {
        [Measure::CountOf(_)] => Ok(()),
        [measure] if resolver.is_count(measure) => Ok(()),
        _ => Err(Resolution::Nothing),
    }
}

/// The query is of the things that the one before came to: of the first five, these five.
pub(super) fn pick(resolver: &mut Resolver<'_>) -> Option<DatasetId> {
    let query = &resolver.query;
    let of = thing(resolver, query)?;
    if query.picked.is_some() || query.limit.is_some_and(|limit| limit.is_per_group) || query.compare.is_some() {
        return None;
    }
    let before = std::mem::take(&mut resolver.query);
    resolver.query =
        Query { listed: Some(of), picked: Some(Picked { of, query: Box::new(before) }), ..Query::default() };
    resolver.lists(Some(of)).ok()?;
    Some(of)
}

/// Figures of the things that the query before came to, of each where they are several.
pub(super) fn of_each(resolver: &mut Resolver<'_>) -> Outcome<()> {
    let is_one = resolver.query.limit.is_some_and(|limit| limit.rows == 1);
    let of = pick(resolver).ok_or(Resolution::Nothing)?;
    let query = &mut resolver.query;
    query.listed = None;
    query.order.clear();
    query.dimensions.clear();
    if !is_one {
        let identity = schema_graph::identity(resolver.ground, of).into_iter();
        query.dimensions = identity.map(|field| Dimension { field, grain: None }).collect();
    }
    Ok(())
}

/// "who manages them": what a relationship leads to from each of the things before.
pub(super) fn who(resolver: &mut Resolver<'_>, join: JoinId) -> Outcome<()> {
    let known = resolver.ground.join(join);
    let of = pick(resolver).filter(|of| *of == known.from && known.from != known.to).ok_or(Resolution::Nothing)?;
    let columns = [schema_graph::identity(resolver.ground, of), schema_graph::identity(resolver.ground, known.to)];
    let columns = columns.into_iter().flatten().map(|field| Dimension { field, grain: None });
    resolver.query.dimensions = columns.collect();
    resolver.query.via.push(join);
    Ok(())
}

/// What the rows of a query are: the things that it lists, or groups by.
fn thing(resolver: &Resolver<'_>, query: &Query) -> Option<DatasetId> {
    let is_key = |one: &&Dimension| {
        let of = resolver.ground.field(one.field).dataset;
        one.grain.is_none() && schema_graph::key(resolver.ground, of) == Some(one.field)
    };
    let grouped = query.dimensions.iter().find(is_key).map(|one| resolver.ground.field(one.field).dataset);
    let listed = query.listed.filter(|listed| schema_graph::key(resolver.ground, *listed).is_some());
    let of = listed.or_else(|| grouped.filter(|_| query.listed.is_none()))?;
    let reach = schema_graph::reach(resolver.ground, of);
    let is_told = |one: &Dimension| one.grain.is_none() && reach.contains(&resolver.ground.field(one.field).dataset);
    (query.listed.is_some() || query.dimensions.iter().all(is_told)).then_some(of)
}

/// "list them": the rows of what was counted, or was listed.
pub(super) fn list(resolver: &mut Resolver<'_>) -> Outcome<()> {
    let query = &mut resolver.query;
    if query.listed.is_some() {
        return Ok(());
    }
    let [measure] = query.measures.as_slice() else { return Err(Resolution::Nothing) };
    let home = schema_graph::home(resolver.ground, measure);
    let all_of = home.filter(|home| counts::counting(resolver.ground, *home).as_ref() == Some(measure));
    let counted = counts::counted(resolver.ground, measure).or(all_of).ok_or(Resolution::Nothing)?;
    let is_picked = !query.having.is_empty() || query.limit.is_some();
    if query.share.is_some() || query.compare.is_some() || is_picked || query.is_cumulative {
        return Err(Resolution::Nothing);
    }
    query.measures.clear();
    query.dimensions.clear();
    query.order.clear();
    query.limit = None;
    query.listed = Some(counted);
    query.all_of = None;
    resolver.lists(Some(counted))
}

/// "as a share of all orders": of the groups, or of what has the conditions among all.
pub(super) fn share(resolver: &mut Resolver<'_>, of: Option<DatasetId>) -> Outcome<()> {
    let [measure] = resolver.query.measures.as_slice() else { return Err(Resolution::Nothing) };
    let is_other = of.is_some_and(|of| Some(of) != schema_graph::home(resolver.ground, measure));
    let query = &resolver.query;
    if is_other
        || !resolver.adds_up(measure) && !resolver.is_count(measure)
        || query.compare.is_some()
        || !query.having.is_empty()
    {
        return Err(Resolution::Nothing);
    }
    // Of one group, the share would be of itself.
    let is_one = |filter: &Filter| {
        let is_group = query.dimensions.iter().any(|one| one.field == filter.field);
        filter.op == Op::Is && filter.values.len() == 1 && is_group
    };
    if query.filters.iter().any(is_one) {
        return Err(Resolution::Not("Say of what it is the share: only one group is asked for.".into()));
    }
    if query.dimensions.is_empty() {
        if !query.part.is_empty() || query.filters.is_empty() || query.filters.len() > 1 && of.is_none() {
            return Err(Resolution::Nothing);
        }
        resolver.query.part = std::mem::take(&mut resolver.query.filters);
    }
    resolver.query.share = Some(Share::OfTotal);
    Ok(())
}

/// "and the total?", "in total": one figure of all that was grouped. Of a mean, what is added up may be meant, which is no
/// mean of all.
pub(super) fn total(resolver: &mut Resolver<'_>, said: TotalKind) -> Outcome<()> {
    let ground = resolver.ground;
    let plain = resolver.query.clone().plain(ground).measures;
    let mean = match plain.as_slice() {
        [Measure::Of { aggregate: Aggregate::Average | Aggregate::Median, field }] => Some(*field),
        _ => None,
    };
    let is_made = |measure: &Measure| match measure {
        Measure::Per { .. } | Measure::Over { .. } | Measure::CountThrough { .. } => true,
        Measure::Metric(_) => !resolver.adds_up(measure) && !resolver.is_count(measure),
        Measure::Of { aggregate, .. } => !matches!(aggregate, Aggregate::Sum | Aggregate::Count),
        Measure::CountOf(_) => false,
    };
    if said == TotalKind::Whole || !plain.iter().any(is_made) {
        return super::groups::total(resolver);
    }
    let Some(field) = mean.filter(|field| !field_roles::is_rate(ground, *field)) else {
        let sentence = "What is shown does not add up: say \"overall\" for the same of all of it.";
        return Err(Resolution::Not(sentence.to_owned()));
    };
    let name = ground.field(field).names.shown().to_lowercase();
    let ids = [format!("total of {name}|sum"), format!("total of {name}|whole")];
    let labels = [format!("The total of {name}"), "The same of all together".to_owned()];
    if said != TotalKind::Sum && !resolver.either(ids, labels, "A total, or the same figure of all?")? {
        return super::groups::total(resolver);
    }
    let sum = Measure::Of { aggregate: Aggregate::Sum, field };
    resolver.query.measures = vec![totals::total(ground, field).unwrap_or(sum)];
    resolver.notes.push(format!("Took the total of {name} instead."));
    Ok(())
}

/// "without units", of several figures.
pub(super) fn without(resolver: &mut Resolver<'_>, measure: &Measure) -> Outcome<()> {
    let query = &mut resolver.query;
    let place = query.measures.iter().position(|one| one == measure).ok_or(Resolution::Nothing)?;
    let is_ordered = query.order.iter().any(|order| matches!(order.by, By::Measure(_) | By::Change(_)));
    if query.measures.len() < 2 || is_ordered || !query.having.is_empty() {
        return Err(Resolution::Nothing);
    }
    query.measures.remove(place);
    Ok(())
}

/// "and by revenue" of what was ranked by another figure.
pub(super) fn ranked_by(resolver: &mut Resolver<'_>, by: Measure) -> Outcome<()> {
    match (resolver.query.measures.as_slice(), resolver.query.order.as_slice()) {
        ([_], [Order { by: By::Measure(0), .. }]) => {
            dated_otherwise(resolver, std::slice::from_ref(&by), false)?;
            resolver.query.measures = vec![by];
        }
        _ => return Err(Resolution::Nothing),
    }
    dated_anew(resolver)
}

/// Other figures take the place of those before; "also" and "and" add them.
pub(super) fn figures(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, manner: Manner) -> Outcome<()> {
    let mut measures: Vec<Measure> = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
    let mut columns = Vec::new();
    for phrase in &all.nouns {
        if !phrase.is_plain() || phrase.is_distinct {
            return Err(Resolution::Nothing);
        }
        let last = resolver.query.measures.as_slice();
        match (&phrase.noun, last) {
            // "only customers in Germany": the thing is there for its condition.
            (Noun::Entity(id), _) if measures.is_empty() && owns(resolver, *id, all) => {
                let is_counted = matches!(last, [Measure::CountOf(other)] if other != id);
                if is_counted && !manner.restricts {
                    return Err(Resolution::Nothing);
                }
            }
            // "what about customers" after "how many orders".
            (Noun::Entity(id), [Measure::CountOf(_)]) if measures.is_empty() => measures.push(Measure::CountOf(*id)),
            (Noun::Field(field), []) if resolver.query.listed.is_some() => columns.push(*field),
            // "add the subject": what each of those that are listed is called by.
            (Noun::Entity(id), []) if all.is_also && is_of_each(resolver, *id) && phrase.filters.is_empty() => {
                let names = schema_graph::identity(resolver.ground, *id);
                let key = schema_graph::key(resolver.ground, *id).filter(|_| names.len() > 1);
                columns.extend(names.into_iter().filter(|field| Some(*field) != key));
            }
            // "which industry are those in", of what was ranked: what each of them has.
            (Noun::Field(field), _) if manner.refers_back && is_of_first(resolver, *field) => columns.push(*field),
            // "and clicks" after a sum of another figure.
            (Noun::Field(field), [measure]) if measures.is_empty() && phrase.filters.is_empty() => {
                let total = || totals::total(resolver.ground, *field);
                let other = alike(resolver, measure, *field).or_else(total);
                measures.push(other.ok_or(Resolution::Nothing)?);
                let name = resolver.ground.field(*field).names.shown().to_lowercase();
                resolver.notes.push(format!("Took {name} as the figure before was taken."));
            }
            _ => return Err(Resolution::Nothing),
        }
    }
    let is_shown = |field: &FieldId| resolver.query.dimensions.iter().any(|dimension| dimension.field == *field);
    if !columns.is_empty() && columns.iter().all(is_shown) {
        return Err(Resolution::Nothing);
    }
    for field in columns {
        if !resolver.query.dimensions.iter().any(|dimension| dimension.field == field) {
            resolver.query.dimensions.push(Dimension { field, grain: None });
        }
    }
    if measures.is_empty() {
        return Ok(());
    }
    if manner.refers_back && resolver.query.listed.is_none() {
        measures = measures.into_iter().map(|measure| of_rows(resolver, measure)).collect::<Outcome<_>>()?;
    }
    if resolver.query.listed.is_some() {
        of_listed(resolver, &measures)?;
    }
    let is_beside = all.is_also || manner.adds_figures || is_of_ranked(resolver, manner)?;
    dated_otherwise(resolver, &measures, is_beside)?;
    if is_beside {
        measures.retain(|measure| !resolver.query.measures.contains(measure));
        if resolver.query.share.is_some() || measures.is_empty() {
            return Err(Resolution::Nothing);
        }
        resolver.query.measures.extend(measures);
        resolver.notes.push("Shown beside the figures before.".to_owned());
        return Ok(());
    }
    let is_ordered_by_other =
        |order: &Order| matches!(order.by, By::Measure(at) | By::Change(at) if at >= measures.len());
    if resolver.query.order.iter().any(is_ordered_by_other) {
        return Err(Resolution::Nothing);
    }
    resolver.query.measures = measures;
    resolver.notes.push("Shown instead of the figures before.".to_owned());
    dated_anew(resolver)
}

/// "how many patrons is that", of loans: those that they lead to, and no others.
fn of_rows(resolver: &Resolver<'_>, measure: Measure) -> Outcome<Measure> {
    let ground = resolver.ground;
    let rows = resolver.query.measures.first().and_then(|first| schema_graph::home(ground, first));
    let (Some(rows), Some(what)) = (rows, counts::counted(ground, &measure)) else { return Ok(measure) };
    let is_grouped = resolver.query.dimensions.iter().any(|one| ground.field(one.field).dataset == what);
    if rows == what || is_grouped || !schema_graph::reach(ground, rows).contains(&what) {
        return Ok(measure);
    }
    let links = |join: &JoinId| (ground.join(*join).from, ground.join(*join).to) == (rows, what);
    match (0..ground.joins.len()).map(JoinId).filter(links).collect::<Vec<_>>().as_slice() {
        [through] => Ok(Measure::CountThrough { what, through: *through }),
        _ => {
            let (what, of) = (resolver.shown(what), resolver.shown(rows));
            Err(Resolution::Not(format!("Say which {what} are meant: those of the {of} before cannot be counted so.")))
        }
    }
}

/// Each row that is listed leads to one of it.
fn is_of_each(resolver: &Resolver<'_>, id: DatasetId) -> bool {
    resolver.query.listed.is_some_and(|of| of != id && schema_graph::reach(resolver.ground, of).contains(&id))
}

/// The things before are the first ones of some, and each has the field.
fn is_of_first(resolver: &Resolver<'_>, field: FieldId) -> bool {
    let query = &resolver.query;
    let of = thing(resolver, query).filter(|_| query.limit.is_some() && query.listed.is_none());
    of.is_some_and(|of| schema_graph::reach(resolver.ground, of).contains(&resolver.ground.field(field).dataset))
}

/// "how many orders did they place", of customers that were listed: of these customers.
fn of_listed(resolver: &mut Resolver<'_>, measures: &[Measure]) -> Outcome<()> {
    let query = &resolver.query;
    let listed = query.listed.ok_or(Resolution::Nothing)?;
    let leads = |measure: &Measure| {
        let home = schema_graph::home(resolver.ground, measure);
        home.is_some_and(|home| schema_graph::reach(resolver.ground, home).contains(&listed))
    };
    if query.limit.is_some() && measures.iter().all(leads) {
        return of_each(resolver);
    }
    if query.limit.is_some() || !query.members.is_empty() || !measures.iter().all(leads) {
        return Err(Resolution::Not("Ask anew for a figure of the rows before: they cannot be taken for it.".into()));
    }
    let query = &mut resolver.query;
    (query.listed, query.is_dated_by_own) = (None, false);
    query.dimensions.clear();
    query.order.clear();
    Ok(())
}

/// "their units", of the first five by revenue: of these five, not of the first five by units.
fn is_of_ranked(resolver: &Resolver<'_>, manner: Manner) -> Outcome<bool> {
    let query = &resolver.query;
    let Some(limit) = query.limit else { return Ok(false) };
    let is_ranked = query.order.iter().any(|order| matches!(order.by, By::Measure(_) | By::Change(_)));
    if !is_ranked || manner.refers_back {
        return Ok(is_ranked);
    }
    let ids = ["ranked|before".to_owned(), "ranked|anew".to_owned()];
    let rows = limit.rows;
    let labels = [format!("Of the first {rows} before"), format!("The first {rows} by the new figure")];
    resolver.either(ids, labels, "Of the same ones, or of the first ones by the new figure?")
}

/// "customers who signed up in 2026", and then orders: those in 2026, or those of these customers.
fn dated_otherwise(resolver: &mut Resolver<'_>, measures: &[Measure], is_beside: bool) -> Outcome<()> {
    let (Some(time), false) = (resolver.query.time.clone(), resolver.query.is_dated_by_own) else { return Ok(()) };
    let of = resolver.ground.field(time.field).dataset;
    let first = resolver.query.measures.first().cloned();
    if first.as_ref().and_then(|first| schema_graph::home(resolver.ground, first)) != Some(of) {
        return Ok(());
    }
    let is_other = |measure: &&Measure| {
        let home = schema_graph::home(resolver.ground, measure);
        home.is_some_and(|home| home != of && resolver.time_of(Some(*measure), home).field() != Some(time.field))
    };
    let Some(other) = measures.iter().find(is_other).cloned() else { return Ok(()) };
    let name = |id: DatasetId| resolver.shown(id);
    let home = schema_graph::home(resolver.ground, &other).map(name).unwrap_or_default();
    let ids = ["time|own".to_owned(), "time|same".to_owned()];
    let labels = [format!("By the time of {home}"), format!("Of {} of that time", resolver.shown(of))];
    if !resolver.either(ids, labels, "Which time is meant?")? {
        return Ok(());
    }
    if is_beside && first.as_ref().and_then(|first| resolver.time_of(Some(first), of).field()) != Some(time.field) {
        return Err(Resolution::Not("Ask for each of these figures: their times differ.".into()));
    }
    resolver.query.is_dated_by_own = true;
    Ok(())
}

/// Where nobody said which time is meant, another figure has its own.
fn dated_anew(resolver: &mut Resolver<'_>) -> Outcome<()> {
    let mut by_time = resolver.query.dimensions.iter().filter(|one| one.grain.is_some()).map(|one| one.field);
    let before = resolver.query.time.as_ref().map(|time| time.field).or(by_time.next());
    let (true, Some(before)) = (resolver.query.is_dated_by_own, before) else { return Ok(()) };
    let dimensions = std::mem::take(&mut resolver.query.dimensions);
    let time = resolver.query.time.take();
    let field = resolver.time(None, None)?;
    resolver.query.dimensions = dimensions;
    resolver.query.time = time;
    let fields = resolver.query.dimensions.iter_mut().filter(|one| one.grain.is_some()).map(|one| &mut one.field);
    let fields = fields.chain(resolver.query.time.as_mut().map(|time| &mut time.field));
    fields.filter(|one| **one == before).for_each(|one| *one = field);
    Ok(())
}

/// A condition of the message is on a field of the thing, and the rows asked about belong to one of it.
fn owns(resolver: &Resolver<'_>, id: DatasetId, all: &SemanticFrame) -> bool {
    let Some(base) = resolver.base(resolver.query.listed) else { return false };
    let reach = schema_graph::reach(resolver.ground, id);
    let has = |field: FieldId| reach.contains(&resolver.ground.field(field).dataset);
    let is_said = all.filters.iter().any(|filter| has(filter.field))
        || all.happened.iter().any(|field| has(*field))
        || all.conditions.iter().any(|(target, ..)| matches!(target, Target::Field(field) if has(*field)));
    is_said && schema_graph::reach(resolver.ground, base).contains(&id)
}

/// The figure of another field that is made as the one before: a sum of a sum, an average of an average.
fn alike(resolver: &Resolver<'_>, measure: &Measure, field: FieldId) -> Option<Measure> {
    if !resolver.is_figure(field) {
        return None;
    }
    let aggregate = match measure {
        Measure::Of { aggregate: Aggregate::Count | Aggregate::CountDistinct, .. } => return None,
        Measure::Of { aggregate, .. } => *aggregate,
        Measure::Metric(id) => {
            let metric = resolver.ground.metric(*id);
            let inner = metric.expression.trim().strip_prefix("SUM(")?.strip_suffix(')')?;
            let is_column = inner.chars().all(|c| c.is_alphanumeric() || "._\"`".contains(c));
            let is_plain = is_column && metric.default_filters.is_empty();
            (is_plain && metric.datasets.as_slice() == [resolver.ground.field(field).dataset])
                .then_some(Aggregate::Sum)?
        }
        _ => return None,
    };
    Some(Measure::Of { aggregate, field })
}
