//! Rankings: the first of things, the last, the highest.

use super::super::field_roles::{SIZES, is_grouped_by, is_measured, is_rate, is_used, is_worth, may_lie_ahead};
use super::super::frame::SemanticFrame;
use super::super::items::{Noun, Phrase, Rank, Target};
use super::super::resolver::{Outcome, Resolution, Resolver, is_extreme};
use super::super::scan::adjectives::only_such;
use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, Ground, JoinId, MetricId, Type};
use crate::chat::names::phrases;
use crate::chat::query::{Aggregate, By, Dimension, Limit, Measure, Op, Order, Picked, Query, Range, TimeRange};
use crate::chat::reading::{About, Clarification, Offer};
use crate::chat::schema_graph;
use crate::chat::times;
use crate::chat::words::Phrases;
use crate::chat::words::Token;

/// Things ranked by a figure, by a field of their own, or by time, with what else is shown of each.
pub(in crate::chat::read) fn ranked(
    resolver: &mut Resolver<'_>,
    all: &mut SemanticFrame,
) -> Outcome<Option<DatasetId>> {
    let Some(mut rank) = all.rank.clone() else { return Err(Resolution::Nothing) };
    if let Some(home) = picked(resolver, all, &rank)? {
        return Ok(Some(home));
    }
    let columns = columns(resolver, all, &rank);
    // "the three largest villas with their area"
    let figures: Vec<FieldId> = columns.iter().copied().filter(|field| resolver.is_figure(*field)).collect();
    if let (Rank::Top { is_size: true, own, .. }, [figure]) = (&mut rank, figures.as_slice()) {
        *own = Some(*figure);
    }
    let home = first(resolver, all, rank)?;
    for field in columns {
        if !resolver.query.dimensions.iter().any(|one| one.field == field) {
            resolver.query.dimensions.push(Dimension { field, grain: None });
        }
    }
    Ok(home)
}

/// "how many goals fell in the match with the highest attendance": a figure of the things that a ranking comes to.
fn picked(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, rank: &Rank) -> Outcome<Option<DatasetId>> {
    let Some(what) = all.before_rank.checked_sub(1).and_then(|at| all.nouns.get(at)).cloned() else { return Ok(None) };
    let (Rank::Best { .. } | Rank::BestField { .. }, Noun::Entity(of)) = (rank, &what.noun) else { return Ok(None) };
    let of = *of;
    // "loans of the customer with the highest income": rows of others.
    let listed = match all.nouns.as_slice() {
        [first, .., _] if all.measures.is_empty() && first.is_plural => match first.noun {
            Noun::Entity(id) if id != of => Some(id),
            _ => None,
        },
        _ => None,
    };
    let home = all.measures.first().and_then(|(measure, _)| schema_graph::home(resolver.ground, measure));
    let Some(home) = home.or(listed) else { return Ok(None) };
    let leads = |id: DatasetId, to: DatasetId| schema_graph::reach(resolver.ground, id).contains(&to);
    let is_between = |phrase: &Phrase| match phrase.noun {
        Noun::Entity(id) if Some(id) == listed => phrase.filters.is_empty() && leads(id, of),
        Noun::Entity(id) => id == of || phrase.filters.is_empty() && leads(home, id) && leads(id, of),
        _ => false,
    };
    let is_theirs = |(measure, _): &(Measure, Option<DatasetId>)| {
        schema_graph::home(resolver.ground, measure).is_some_and(|home| home != of && leads(home, of))
    };
    let is_plain = what.is_plain()
        && !what.is_plural
        && all.measures.iter().all(is_theirs)
        && all.nouns.iter().all(|phrase| phrase.is_plain() && !phrase.is_distinct && is_between(phrase))
        && (home != of || listed.is_none())
        && (all.groups.is_empty() && all.belongs.is_empty() && all.conditions.is_empty() && all.times.is_empty())
        && (all.by.is_none() && all.order.is_none() && all.limit.is_none() && !all.is_share && !all.is_change)
        && (all.filters == what.filters && all.happened.is_empty() && all.beside.is_empty() && all.per.is_none());
    let is_on_way = |join: JoinId| resolver.ground.join(join).from == home && leads(resolver.ground.join(join).to, of);
    if !is_plain || !all.through.iter().all(|(join, ..)| is_on_way(*join)) {
        return Ok(None);
    }
    let filters = std::mem::take(&mut all.filters);
    let inner = SemanticFrame {
        nouns: vec![Phrase { is_of: false, ..what }],
        rank: all.rank.take(),
        before_rank: 1,
        filters,
        ..SemanticFrame::default()
    };
    let mut other = Resolver::new(resolver.ground, resolver.choices, resolver.context);
    other.all(inner)?;
    resolver.notes.append(&mut other.notes);
    resolver.query.picked = Some(Picked { of, query: Box::new(other.query) });
    resolver.query.listed = listed;
    resolver.query.measures = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
    resolver.query.via.extend(all.through.drain(..).map(|(join, ..)| join));
    all.nouns.clear();
    Ok(Some(home))
}

/// "flag of the ship with the largest capacity", "the three largest villas with their area": of each that is ranked, what
/// it has one of. They are no nouns of the frame any more.
fn columns(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, rank: &Rank) -> Vec<FieldId> {
    let ranked = match rank {
        Rank::Top { what: Some(what), .. } | Rank::Recent { what, .. } => Some((what.clone(), None)),
        Rank::Best { .. } | Rank::BestField { .. } => {
            let at = all.before_rank.checked_sub(1);
            at.and_then(|at| all.nouns.get(at)).map(|what| (what.clone(), at))
        }
        Rank::Top { .. } => None,
    };
    let Some((Phrase { noun: Noun::Entity(of), is_of, .. }, place)) = ranked else { return Vec::new() };
    let reach = schema_graph::reach(resolver.ground, of);
    let mut shown = Vec::new();
    for (at, phrase) in all.nouns.iter().enumerate().filter(|(at, _)| Some(*at) != place) {
        let is_bare = phrase.is_plain() && phrase.filters.is_empty() && !phrase.is_distinct;
        match phrase.noun {
            Noun::Field(field) if is_bare && reach.contains(&resolver.ground.field(field).dataset) => shown.push(field),
            Noun::Entity(id)
                if is_bare
                    && at < all.before_rank
                    && (is_of || place.is_none())
                    && id != of
                    && !phrase.is_plural
                    && reach.contains(&id) =>
            {
                shown.extend(schema_graph::identity(resolver.ground, id));
            }
            _ => return Vec::new(),
        }
    }
    if shown.is_empty() && all.through.is_empty() {
        return Vec::new();
    }
    // "the curator of the exhibition with the largest budget"
    if let ([(join, None, _)], [_]) = (all.through.as_slice(), all.nouns.as_slice())
        && resolver.ground.join(*join).from == of
        && resolver.ground.join(*join).to != of
    {
        shown.extend(schema_graph::identity(resolver.ground, resolver.ground.join(*join).to));
        resolver.query.via.push(*join);
        all.through.clear();
    }
    match place {
        Some(place) => all.nouns = vec![Phrase { is_of: false, ..all.nouns[place].clone() }],
        None => all.nouns.clear(),
    }
    all.before_rank = all.nouns.len();
    shown
}

fn first(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, rank: Rank) -> Outcome<Option<DatasetId>> {
    // A figure is no thing that could be ranked.
    if let Rank::Top { what: Some(Phrase { noun: Noun::Field(field), .. }), .. } = &rank
        && resolver.is_figure(*field)
    {
        return Err(Resolution::Nothing);
    }
    by_own_figure(resolver, all, &rank);
    let is_per_group = all.is_per && !all.groups.is_empty();
    if is_per_group && all.groups.len() > 1 {
        return Err(Resolution::Not("So many of each can be asked for one grouping at once.".into()));
    }
    match rank {
        Rank::Recent { n, is_descending, what } => {
            let Noun::Entity(dataset) = what.noun else { return Err(Resolution::Nothing) };
            if !all.measures.is_empty() || !all.nouns.is_empty() || all.by.is_some() || !all.groups.is_empty() {
                return Err(Resolution::Nothing);
            }
            // Not by when somebody was born.
            let own = times::own(resolver.ground, dataset).filter(|_| all.times.is_empty());
            let field = own.map_or_else(|| resolver.time(Some(dataset), None), Ok)?;
            first_rows(resolver, (dataset, &what), field, is_descending, n);
            if is_descending && all.times.is_empty() {
                resolver.not_ahead(field);
            }
            Ok(Some(dataset))
        }
        Rank::BestField { field, is_descending, is_many } => {
            // "the highest bid of auction A-17" is that of one.
            let [what] = all.nouns.as_slice() else { return Err(Resolution::Nothing) };
            let what = what.clone();
            let owner = resolver.ground.field(field).dataset;
            let names = schema_graph::identity(resolver.ground, owner);
            if what.is_keyed || all.filters.iter().any(|filter| filter.op == Op::Is && names.contains(&filter.field)) {
                return Err(Resolution::Nothing);
            }
            // "the highest price in each category of products" is a figure.
            let is_own = matches!(what.noun, Noun::Entity(dataset) if dataset == owner) && !what.is_of;
            let is_grouped = !(all.groups.is_empty() || is_per_group && (is_many || is_own));
            if !all.measures.is_empty() || all.by.is_some() || is_grouped {
                return Err(Resolution::Nothing);
            }
            match what.noun {
                // "the product with the highest price in each category"
                Noun::Entity(dataset) if dataset == owner && is_per_group => {
                    let measure = Measure::Of { aggregate: super::super::scan::clauses::extreme(is_descending), field };
                    return by_measure(resolver, measure, &what, None, is_descending, is_per_group, &all.groups);
                }
                Noun::Entity(dataset) if dataset == owner && all.groups.is_empty() => {
                    first_rows(resolver, (dataset, &what), field, is_descending, None);
                }
                Noun::Field(_) if !is_many && all.groups.is_empty() => {
                    resolver.ranked(&what, Some(owner))?;
                    resolver.rank(
                        Measure::Of { aggregate: super::super::scan::clauses::extreme(is_descending), field },
                        is_descending,
                    );
                    resolver.query.limit = Some(limit(None, &what, false, &mut resolver.notes));
                }
                _ if is_many && let Some(measure) = resolver.most_of(field, &what) => {
                    return by_measure(resolver, measure, &what, None, is_descending, is_per_group, &all.groups);
                }
                _ => return Err(which(resolver, field)),
            }
            Ok(Some(owner))
        }
        Rank::Best { measure, is_descending } => {
            if !all.measures.is_empty() || all.by.is_some() {
                return Err(Resolution::Nothing);
            }
            let (what, rest) = split(&all.nouns)?;
            consistent(resolver, &rest, &measure)?;
            by_measure(resolver, measure, &what, None, is_descending, is_per_group, &all.groups)
        }
        Rank::Top { n, is_descending, is_size, what, by, own } => {
            if by.is_some() && all.by.is_some() {
                return Err(Resolution::Nothing);
            }
            all.by = all.by.take().or(by);
            counted_by(resolver, all, what.as_ref());
            by_figure_of_others(resolver, all, what.as_ref())?;
            if what.is_none() && n.is_some() && all.nouns.is_empty() && !all.groups.is_empty() {
                return first_groups(resolver, all, n.unwrap_or(10), is_descending);
            }
            // "top 5 orders by amount"
            if let (Some(Phrase { noun: Noun::Entity(dataset), .. }), [super::super::items::Grouped::Field(field)]) =
                (&what, all.groups.as_slice())
                && (resolver.is_figure(*field) || own == Some(*field))
                && schema_graph::reach(resolver.ground, *dataset).contains(&resolver.ground.field(*field).dataset)
                && all.measures.is_empty()
                && all.by.is_none()
                && all.nouns.is_empty()
            {
                let (dataset, field) = (*dataset, *field);
                let what = what.ok_or(Resolution::Nothing)?;
                all.groups.clear();
                first_rows(resolver, (dataset, &what), field, is_descending, n);
                return Ok(Some(dataset));
            }
            if let (true, Some(phrase)) = (is_size, &what)
                && let Noun::Entity(dataset) = phrase.noun
                && all.measures.is_empty()
                && all.nouns.is_empty()
                && all.groups.is_empty()
                && all.by.is_none()
                && all.order.is_none()
                && let Some(field) = own.map_or_else(|| size(resolver, dataset), |own| Ok(Some(own)))?
            {
                resolver.notes.push(format!("Took {} for the size.", resolver.ground.path(field)));
                first_rows(resolver, (dataset, phrase), field, is_descending, n);
                return Ok(Some(dataset));
            }
            let from_nouns = what.is_none();
            let (what, rest) = match what {
                Some(what) => (what, all.nouns.clone()),
                None => split(&all.nouns)?,
            };
            let what = Phrase { number: n.or(what.number).filter(|_| from_nouns || n.is_some()), ..what };
            // "water used by vehicle, top 3": no things, and not said how it is added up.
            if let Noun::Field(field) = what.noun
                && resolver.is_figure(field)
            {
                let name = resolver.ground.field(field).names.shown().to_lowercase();
                let sentence = format!("Say what of {name} is wanted: its total, its average or each one.");
                return Err(Resolution::Not(sentence));
            }
            let measure = match (all.by.take(), all.measures.as_slice(), &all.order) {
                (Some(by), [], None) => by,
                (None, [(measure, _)], None) => measure.clone(),
                (None, [], Some((Target::Measure(measure), None))) => {
                    let measure = measure.clone();
                    all.order = None;
                    measure
                }
                (None, [], None) => wanted(resolver)?,
                _ => return Err(Resolution::Nothing),
            };
            let is_own =
                matches!(what.noun, Noun::Entity(id) if Some(id) == schema_graph::home(resolver.ground, &measure));
            if is_extreme(&measure) && matches!(what.noun, Noun::Entity(_)) && !(is_own && is_per_group) {
                return Err(Resolution::Nothing);
            }
            consistent(resolver, &rest, &measure)?;
            by_measure(resolver, measure, &what, n, is_descending, is_per_group, &all.groups)
        }
    }
}

impl Resolver<'_> {
    /// "the most recent performance" is none that is only planned.
    pub fn not_ahead(&mut self, field: FieldId) {
        let to = self.context.today.tomorrow().ok();
        if may_lie_ahead(self.ground, self.ground.field(field).dataset) {
            self.query.time =
                Some(TimeRange { field, range: Range { from: None, to, grain: None, is_partial: false } });
        }
    }
}

/// The first of these by a field of theirs.
fn first_rows(
    resolver: &mut Resolver<'_>,
    (dataset, what): (DatasetId, &Phrase),
    field: FieldId,
    is_descending: bool,
    n: Option<u64>,
) {
    resolver.query.listed = Some(dataset);
    resolver.query.dimensions = vec![Dimension { field, grain: None }];
    resolver.query.order = vec![Order { by: By::Dimension(0), is_descending }];
    let limit = limit(n, what, false, &mut resolver.notes);
    // "the last 10 orders" are ten, whichever others there were on the same day.
    let is_moment = resolver.ground.field(field).is_time && limit.rows > 1;
    resolver.query.keeps_ties = !is_moment && resolver.ground.field(field).ty != Type::Timestamp;
    resolver.query.limit = Some(limit);
}

/// "top 2 products by list price in each department": a figure of their own, which each has once.
fn by_own_figure(resolver: &Resolver<'_>, all: &mut SemanticFrame, rank: &Rank) {
    let Rank::Top { what: Some(Phrase { noun: Noun::Entity(id), .. }), is_descending, by: None, .. } = rank else {
        return;
    };
    let is_plain = all.is_per && all.by.is_none() && all.order.is_none() && all.measures.is_empty();
    let own = |by: &super::super::items::Grouped| match by {
        super::super::items::Grouped::Field(field) => {
            resolver.is_figure(*field) && resolver.ground.field(*field).dataset == *id
        }
        _ => false,
    };
    if !is_plain || all.groups.len() != 2 {
        return;
    }
    if let Some(at) = all.groups.iter().position(own)
        && let super::super::items::Grouped::Field(field) = all.groups[at]
    {
        all.groups.remove(at);
        all.by = Some(Measure::Of { aggregate: super::super::scan::clauses::extreme(*is_descending), field });
        return;
    }
    // "top 3 lawyers by hours in each office": by the total of theirs.
    let of_others = |by: &super::super::items::Grouped| match by {
        super::super::items::Grouped::Field(field) => {
            let home = resolver.ground.field(*field).dataset;
            let is_theirs = home != *id && schema_graph::reach(resolver.ground, home).contains(id);
            super::totals::total(resolver.ground, *field).filter(|_| is_theirs)
        }
        _ => None,
    };
    if let Some((at, measure)) = all.groups.iter().enumerate().find_map(|(at, by)| Some((at, of_others(by)?))) {
        all.groups.remove(at);
        all.by = Some(measure);
    }
}

/// "top 5 pages by page views": by how many there are.
fn counted_by(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, what: Option<&Phrase>) {
    let ([super::super::items::Grouped::Entity(id)], false) = (all.groups.as_slice(), all.is_per) else { return };
    let id = *id;
    let of = match what.or(all.nouns.first()).map(|phrase| &phrase.noun) {
        Some(Noun::Entity(of)) => *of,
        Some(Noun::Field(field)) => resolver.ground.field(*field).dataset,
        _ => return,
    };
    let is_theirs = of != id && schema_graph::reach(resolver.ground, id).contains(&of);
    if is_theirs && all.measures.is_empty() && all.by.is_none() && all.order.is_none() {
        all.groups.clear();
        all.by = Some(super::counts::counting(resolver.ground, id).unwrap_or(Measure::CountOf(id)));
    }
}

/// "top 5 clients by contract value", of their projects: by the total.
fn by_figure_of_others(resolver: &mut Resolver<'_>, all: &mut SemanticFrame, what: Option<&Phrase>) -> Outcome<()> {
    let ([super::super::items::Grouped::Field(field)], false) = (all.groups.as_slice(), all.is_per) else {
        return Ok(());
    };
    let (field, home) = (*field, resolver.ground.field(*field).dataset);
    let of = match what.or(all.nouns.first()).map(|phrase| &phrase.noun) {
        Some(Noun::Entity(of)) => *of,
        Some(Noun::Field(other)) if *other != field => resolver.ground.field(*other).dataset,
        _ => return Ok(()),
    };
    let is_theirs = of != home && schema_graph::reach(resolver.ground, home).contains(&of);
    let is_open = all.measures.is_empty() && all.by.is_none() && all.order.is_none();
    if !is_theirs || !is_open || !resolver.is_figure(field) {
        return Ok(());
    }
    // Of what they have themselves, nothing is added up.
    let names = phrases(&resolver.ground.field(field).names);
    let is_called_so =
        |own: FieldId| phrases(&resolver.ground.field(own).names).iter().any(|name| names.contains(name));
    if resolver.ground.fields_of(of).any(|own| resolver.is_figure(own) && is_called_so(own)) {
        return Err(Resolution::Nothing);
    }
    let sum = (!is_rate(resolver.ground, field)).then_some(Measure::Of { aggregate: Aggregate::Sum, field });
    let Some(total) = super::totals::total(resolver.ground, field).or(sum) else { return Err(which(resolver, field)) };
    resolver.tell_total(&total);
    all.groups.clear();
    all.by = Some(total);
    Ok(())
}

fn which(resolver: &Resolver<'_>, field: FieldId) -> Resolution {
    let name = resolver.ground.field(field).names.shown().to_lowercase();
    Resolution::Not(format!("Say which {name} is meant: the total, the average or the highest single one."))
}

/// "revenue by region, top 3"
fn first_groups(
    resolver: &mut Resolver<'_>,
    all: &mut SemanticFrame,
    rows: u64,
    is_descending: bool,
) -> Outcome<Option<DatasetId>> {
    let ([_], None, false) = (all.groups.as_slice(), &all.order, all.is_per) else { return Err(Resolution::Nothing) };
    let measures: Vec<Measure> = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
    // "revenue and orders by region, top 3 by revenue"
    let by = match (measures.as_slice(), all.by.take()) {
        ([one], None) => one.clone(),
        // "top 3 bidders by number of bids"
        ([], Some(by)) => by,
        (several, Some(by)) if several.contains(&by) => by,
        _ => return Err(Resolution::Nothing),
    };
    resolver.query.measures = if measures.is_empty() { vec![by.clone()] } else { measures };
    let home = resolver.query.measures.first().and_then(|measure| schema_graph::home(resolver.ground, measure));
    resolver.rank(by, is_descending);
    resolver.query.limit = Some(Limit { rows, is_per_group: false });
    Ok(home)
}

/// The first noun is what is ranked.
fn split(nouns: &[Phrase]) -> Outcome<(Phrase, Vec<Phrase>)> {
    let (first, rest) = nouns.split_first().ok_or(Resolution::Nothing)?;
    Ok((first.clone(), rest.to_vec()))
}

fn consistent(resolver: &Resolver<'_>, rest: &[Phrase], measure: &Measure) -> Outcome<()> {
    let home = schema_graph::home(resolver.ground, measure);
    let is_home =
        |phrase: &Phrase| matches!(phrase.noun, Noun::Entity(id) if Some(id) == home) && phrase.number.is_none();
    if rest.iter().all(is_home) { Ok(()) } else { Err(Resolution::Nothing) }
}

fn by_measure(
    resolver: &mut Resolver<'_>,
    measure: Measure,
    what: &Phrase,
    n: Option<u64>,
    is_descending: bool,
    is_per_group: bool,
    all_groups: &[super::super::items::Grouped],
) -> Outcome<Option<DatasetId>> {
    let home = schema_graph::home(resolver.ground, &measure);
    // "the most revenue per order" is nothing of each order.
    if is_per_group
        && all_groups.iter().any(|by| matches!(by, super::super::items::Grouped::Entity(id) if Some(*id) == home))
    {
        return Err(Resolution::Nothing);
    }
    resolver.query.measures = vec![measure.clone()];
    resolver.ranked(what, home)?;
    resolver.rank(measure, is_descending);
    let Limit { rows, .. } = limit(n, what, is_per_group, &mut resolver.notes);
    resolver.query.limit = Some(Limit { rows, is_per_group });
    let is_count =
        resolver.query.measures.first().is_some_and(|one| super::counts::counted(resolver.ground, one).is_some());
    match is_count && !is_per_group {
        true if !is_descending => resolver.with_none(home)?,
        _ if !is_descending => resolver.notes.push(super::finish::NONE.to_owned()),
        _ => {}
    }
    Ok(home)
}

/// The figure of its own by which a thing is large or small, where it is no thing that figures of others are grouped
/// by.
fn size(resolver: &Resolver<'_>, dataset: DatasetId) -> Outcome<Option<FieldId>> {
    let ground = resolver.ground;
    if let Some(field) = only_such(ground, dataset, &SIZES) {
        return Ok(Some(field));
    }
    let figures: Vec<FieldId> = ground.fields_of(dataset).filter(|id| resolver.is_figure(*id)).collect();
    // "the largest works", of a height and a value: which is meant is not said.
    if figures.len() > 1 && figures.iter().any(|id| is_measured(ground, *id)) {
        return resolver.only_figure(dataset).map(Some);
    }
    let used: Vec<FieldId> = figures.iter().copied().filter(|field| is_used(ground, dataset, *field)).collect();
    match used.as_slice() {
        // The size of an order may be what it is worth, which its lines say.
        [one] if is_worth(ground, *one) => Ok(Some(*one)),
        [_] => Ok(None),
        [] => {
            let is_grouped_by = is_grouped_by(ground, dataset);
            if is_grouped_by || figures.is_empty() { Ok(None) } else { resolver.only_figure(dataset).map(Some) }
        }
        _ => resolver.only_figure(dataset).map(Some),
    }
}

/// "top 5 customers" does not say by what.
fn wanted(resolver: &Resolver<'_>) -> Outcome<Measure> {
    let id = |at: usize| format!("top by|metric:{}", resolver.ground.metrics[at].names.name);
    let metrics = 0..resolver.ground.metrics.len();
    let chosen = metrics.clone().find(|at| resolver.choices.iter().any(|choice| choice.id == id(*at)));
    if let Some(at) = chosen {
        return Ok(Measure::Metric(MetricId(at)));
    }
    let offer = |at: usize| Offer { id: id(at), label: resolver.ground.metrics[at].names.shown().to_owned() };
    let options: Vec<Offer> = metrics.take(5).map(offer).collect();
    if options.len() < 2 {
        return Err(Resolution::Not("Say by which figure they are ranked.".into()));
    }
    Err(Resolution::Ask(Clarification { about: About::Metric, question: "Ranked by which figure?".into(), options }))
}

/// So many rows, where the words do not say how many: one of a singular, ten of a plural.
pub(in crate::chat::read) fn limit(
    n: Option<u64>,
    what: &Phrase,
    is_per_group: bool,
    notes: &mut Vec<String>,
) -> Limit {
    let rows = n.or(what.number).unwrap_or(if what.is_plural { 10 } else { 1 });
    if n.or(what.number).is_none() && what.is_plural {
        notes.push("Showed ten, as no number was named.".to_owned());
    }
    Limit { rows, is_per_group }
}

/// "longest running open matter": ranked by the days from its beginning to an end that it has not.
fn lasts_still(ground: &Ground, tokens: &[Token], query: &Query) -> bool {
    static GOING_ON: Phrases = Phrases::named("resolve.ranking.GOING_ON");
    let is_span =
        |field: FieldId| matches!(ground.made_of(field), Some(Made::Days(..) | Made::Hours(..) | Made::Minutes(..)));
    let is_ranked = query.order.iter().any(|order| match order.by {
        By::Dimension(at) => query.dimensions.get(at).is_some_and(|one| is_span(one.field)),
        By::Measure(at) => matches!(query.measures.get(at), Some(Measure::Of { field, .. }) if is_span(*field)),
        By::Change(_) => false,
    });
    is_ranked && tokens.iter().any(|token| GOING_ON.iter().any(|word| token.is(word)))
}

/// "best by resolution time": whether high or low is good, such a figure does not say.
pub(in crate::chat::read) fn judged(ground: &Ground, tokens: &[Token], query: &Query) -> Option<String> {
    if lasts_still(ground, tokens, query) {
        return Some("What is not over has no length yet: ask for the oldest.".to_owned());
    }
    const JUDGING: [&str; 2] = ["best", "worst"];
    static LOW: Phrases = Phrases::named("resolve.ranking.LOW");
    let By::Measure(at) = query.order.first()?.by else { return None };
    let measure: &Measure = query.measures.get(at)?;
    let names = match measure {
        Measure::Metric(id) => &ground.metric(*id).names,
        Measure::Of { field, .. } => &ground.field(*field).names,
        _ => return None,
    };
    // "on-time rate" is no time.
    let is_on_time = |words: &[String]| words.windows(2).any(|pair| pair[0] == "on" && pair[1] == "time");
    let is_low = |words: &Vec<String>| words.iter().any(|word| LOW.contains(&word.as_str())) && !is_on_time(words);
    let is_judged = tokens.iter().any(|token| JUDGING.iter().any(|word| token.is(word)));
    (is_judged && crate::chat::names::phrases(names).iter().any(is_low)).then(|| {
        format!(
            "Say \"highest\" or \"lowest\": which {} is good, the model does not say.",
            names.shown().to_lowercase()
        )
    })
}
