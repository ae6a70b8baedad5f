//! The schema graph: which datasets and fields a dataset reaches, what its columns are.

use crate::chat::derived_fields::Made;
use crate::chat::ground::{DatasetId, FieldId, Ground, Join, JoinId, Type, plain_column};
use crate::chat::names::phrases;
use crate::chat::query::{Aggregate, Dimension, Filter, Measure, Op, Value};
use crate::chat::words::lemmas;

/// The datasets that hold at most one row for each row of `home`.
pub(in crate::chat) fn reach(ground: &Ground, home: DatasetId) -> &[DatasetId] {
    ground.derived().reach.get(home.0).map_or(&[], Vec::as_slice)
}

/// The one dataset whose rows each link one of `home` with one of `other`, where both have several of each other. One that
/// links them in several roles leaves open which is meant, and no third one takes its place.
pub(in crate::chat) fn bridge(ground: &Ground, home: DatasetId, other: DatasetId) -> Option<DatasetId> {
    let links =
        |from: DatasetId, to: DatasetId| ground.joins.iter().filter(|join| join.from == from && join.to == to).count();
    let all = (0..ground.datasets.len()).map(DatasetId).filter(|root| *root != home && *root != other);
    let mut bridges = all.map(|root| (root, links(root, home), links(root, other))).filter(|it| it.1 > 0 && it.2 > 0);
    match (bridges.next(), bridges.next()) {
        (Some((one, 1, 1)), None) => Some(one),
        _ => None,
    }
}

/// A bridge that is nothing else, and that links the same two only once.
pub(in crate::chat) fn is_pure_bridge(ground: &Ground, bridge: DatasetId) -> bool {
    let is_figure = |id: FieldId| ground.field(id).ty == Type::Number && !ground.field(id).is_key;
    !ground.fields_of(bridge).any(is_figure) && links_once(ground, bridge)
}

/// It links two things, and the same two only once.
pub(in crate::chat) fn links_once(ground: &Ground, bridge: DatasetId) -> bool {
    let known = ground.dataset(bridge);
    let links: Vec<&str> = ground
        .joins
        .iter()
        .filter(|join| join.from == bridge)
        .flat_map(|join| join.on.iter().map(|(from, _)| from.as_str()))
        .collect();
    let is_linked_once =
        |key: &Vec<String>| !key.is_empty() && key.iter().all(|column| links.contains(&column.as_str()));
    let mut keys = std::iter::once(&known.primary_key).chain(&known.unique_keys);
    links.len() == 2 && keys.any(is_linked_once)
}

/// The dataset whose rows a measure is made of.
pub fn home(ground: &Ground, measure: &Measure) -> Option<DatasetId> {
    match measure {
        Measure::Metric(id) => ground.metric(*id).datasets.first().copied(),
        Measure::CountOf(id) => Some(*id),
        Measure::CountThrough { through, .. } => Some(ground.join(*through).from),
        Measure::Of { field, .. } => Some(ground.field(*field).dataset),
        Measure::Per { measure, .. } | Measure::Over { part: measure, .. } => self::home(ground, measure),
    }
}

/// The field is the column of that name, and nothing is done with it.
pub(in crate::chat) fn is_column(ground: &Ground, field: FieldId, column: &str) -> bool {
    let field = ground.field(field);
    let plain = plain_column(&field.expression);
    let of = plain.as_deref().unwrap_or(&field.expression);
    field.names.name.eq_ignore_ascii_case(column) || of.eq_ignore_ascii_case(column)
}

/// People call the rows of its dataset by it.
pub(in crate::chat) fn is_label(ground: &Ground, field: FieldId) -> bool {
    matches!(ground.made_of(field), Some(Made::FullName(..)))
        || ground.derived().labels.get(ground.field(field).dataset.0).is_some_and(|labels| labels.contains(&field))
}

/// The figure of a dataset that is called as its rows are: `umsatz` of the table `umsatz`.
pub(in crate::chat) fn namesake(ground: &Ground, dataset: DatasetId) -> Option<FieldId> {
    let things = phrases(&ground.dataset(dataset).names);
    let is_it = |id: &FieldId| {
        let field = ground.field(*id);
        let is_called = || phrases(&field.names).iter().any(|name| things.contains(name));
        field.ty == Type::Number && !field.is_key && !field.is_time && is_called()
    };
    let mut fields = ground.fields_of(dataset).filter(is_it);
    fields.next().filter(|_| fields.next().is_none())
}

/// What a field of two values holds where it is so, and where it is not.
pub(in crate::chat) fn flag(ground: &Ground, field: FieldId) -> Option<(Value, Value)> {
    ground.derived().flags.get(field.0).cloned().flatten()
}

/// `has_children`: whether there are any, and not how many.
pub(in crate::chat) fn says_whether(ground: &Ground, field: FieldId) -> bool {
    lemmas(&ground.field(field).names.name).first().is_some_and(|first| ["has", "ha", "have"].contains(&first.as_str()))
}

/// The one field that says how long one of a dataset lasts.
pub(in crate::chat) fn lasting(ground: &Ground, dataset: DatasetId) -> Option<FieldId> {
    ground.derived().lasting.get(dataset.0).copied().flatten()
}

/// What tells rows of a dataset apart, then what people call them.
pub(in crate::chat) fn identity(ground: &Ground, dataset: DatasetId) -> Vec<FieldId> {
    let named = |column: &String| ground.fields_of(dataset).find(|id| is_column(ground, *id, column));
    let mut fields: Vec<FieldId> = ground.dataset(dataset).primary_key.iter().filter_map(named).collect();
    for label in ground.derived().labels.get(dataset.0).into_iter().flatten() {
        if !fields.contains(label) {
            fields.push(*label);
        }
    }
    fields
}

/// The whole primary key can be asked for.
pub(in crate::chat) fn has_key(ground: &Ground, dataset: DatasetId) -> bool {
    let key = &ground.dataset(dataset).primary_key;
    let known = identity(ground, dataset);
    let is_known = |column: &String| known.iter().any(|id| is_column(ground, *id, column));
    !key.is_empty() && key.iter().all(is_known)
}

/// The field of the one column of its primary key.
pub(in crate::chat) fn key(ground: &Ground, dataset: DatasetId) -> Option<FieldId> {
    match ground.dataset(dataset).primary_key.as_slice() {
        [_] if has_key(ground, dataset) => identity(ground, dataset).into_iter().next(),
        _ => None,
    }
}

/// Its figures of several groups make the figure of all of them.
pub(in crate::chat) fn adds_up(ground: &Ground, measure: &Measure) -> bool {
    match measure {
        Measure::Metric(id) => ground.metric(*id).additivity == crate::chat::ground::Additivity::Additive,
        Measure::CountOf(_) => true,
        Measure::CountThrough { .. } | Measure::Per { .. } | Measure::Over { .. } => false,
        Measure::Of { aggregate, .. } => matches!(aggregate, Aggregate::Sum | Aggregate::Count),
    }
}

pub(in crate::chat) fn dimension(ground: &Ground, field: FieldId) -> Dimension {
    let grain = (ground.field(field).ty == Type::Timestamp).then_some(crate::chat::query::Grain::Day);
    Dimension { field, grain }
}

/// "without a parent": whether a key leads to another of the same.
pub(in crate::chat) fn is_own_key(ground: &Ground, filter: &Filter) -> bool {
    let is_own = |join: &Join| {
        let columns = || join.on.iter().map(|(from, _)| from);
        join.from == join.to && columns().any(|column| is_column(ground, filter.field, column))
    };
    let of = ground.field(filter.field).dataset;
    matches!(filter.op, Op::IsEmpty | Op::IsNotEmpty) && ground.joins.iter().any(|join| join.from == of && is_own(join))
}

/// The field that holds the key of what a relationship leads to.
pub(in crate::chat) fn key_of(ground: &Ground, join: JoinId) -> Option<FieldId> {
    let join = ground.join(join);
    let [(column, _)] = join.on.as_slice() else { return None };
    ground.fields_of(join.from).find(|id| is_column(ground, *id, column))
}

/// The key that a column of the only relationship to it holds: what stands in the one stands in the other.
pub(in crate::chat) fn led_to(ground: &Ground, field: FieldId) -> Option<FieldId> {
    let of = ground.field(field).dataset;
    let mut joins = ground.joins.iter().filter(|join| join.from == of && join.from != join.to);
    let join = joins.find(|join| matches!(join.on.as_slice(), [(from, _)] if is_column(ground, field, from)))?;
    let is_only = ground.joins.iter().filter(|other| (other.from, other.to) == (join.from, join.to)).count() == 1;
    let (_, to) = join.on.first().filter(|_| is_only)?;
    ground.fields_of(join.to).find(|id| is_column(ground, *id, to))
}

/// "sequel", of `sequel_of`: the word is for the rows themselves, and not for what they lead to.
pub(in crate::chat) fn is_called_by_its_own(ground: &Ground, join: JoinId) -> bool {
    let is_own = |(column, _): &(String, String)| lemmas(column).last().is_some_and(|last| last == "of");
    ground.join(join).on.iter().any(is_own)
}

/// The fields of `home` that hold the key of a row of `to`, where one relationship leads there.
pub(in crate::chat) fn link(ground: &Ground, home: DatasetId, to: DatasetId) -> Option<FieldId> {
    let mut joins = ground.joins.iter().filter(|join| join.from == home && join.to == to);
    let (join, None) = (joins.next()?, joins.next()) else { return None };
    let [(column, _)] = join.on.as_slice() else { return None };
    ground.fields_of(home).find(|id| is_column(ground, *id, column))
}
