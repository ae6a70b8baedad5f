//! What a ground allows: which fields a dataset reaches, what its columns are.

use crate::chat::ground::{DatasetId, FieldId, Ground, Type};
use crate::chat::query::{Aggregate, Dimension, Measure};

/// The datasets that hold at most one row for each row of `home`.
pub(super) fn reach(ground: &Ground, home: DatasetId) -> Vec<DatasetId> {
    let mut reached = vec![home];
    let mut at = 0;
    while at < reached.len() {
        for join in &ground.joins {
            let next = if join.from == reached[at] {
                join.to
            } else if join.is_one_to_one && join.to == reached[at] {
                join.from
            } else {
                continue;
            };
            if !reached.contains(&next) {
                reached.push(next);
            }
        }
        at += 1;
    }
    reached
}

/// The dataset whose rows a measure is made of.
pub(super) fn home(ground: &Ground, measure: &Measure) -> Option<DatasetId> {
    match measure {
        Measure::Metric(id) => ground.metric(*id).datasets.first().copied(),
        Measure::CountOf(id) => Some(*id),
        Measure::CountThrough { through, .. } => Some(ground.join(*through).from),
        Measure::Of { field, .. } => Some(ground.field(*field).dataset),
        Measure::Per { measure, .. } => self::home(ground, measure),
    }
}

/// What tells rows of a dataset apart, then what people call them.
pub(super) fn identity(ground: &Ground, dataset: DatasetId) -> Vec<FieldId> {
    let named = |column: &String| {
        ground.fields_of(dataset).find(|id| {
            let field = ground.field(*id);
            field.names.name.eq_ignore_ascii_case(column) || field.expression.eq_ignore_ascii_case(column)
        })
    };
    let mut fields: Vec<FieldId> = ground.dataset(dataset).primary_key.iter().filter_map(named).collect();
    for label in labels(ground, dataset) {
        if !fields.contains(&label) {
            fields.push(label);
        }
    }
    fields
}

/// The whole primary key can be asked for.
pub(super) fn has_key(ground: &Ground, dataset: DatasetId) -> bool {
    let key = &ground.dataset(dataset).primary_key;
    let known = identity(ground, dataset);
    let is_known = |column: &String| {
        known.iter().any(|id| {
            let field = ground.field(*id);
            field.names.name.eq_ignore_ascii_case(column) || field.expression.eq_ignore_ascii_case(column)
        })
    };
    !key.is_empty() && key.iter().all(is_known)
}

/// The field of the one column of its primary key.
pub(super) fn key(ground: &Ground, dataset: DatasetId) -> Option<FieldId> {
    match ground.dataset(dataset).primary_key.as_slice() {
        [_] if has_key(ground, dataset) => identity(ground, dataset).into_iter().next(),
        _ => None,
    }
}

/// Its figures of several groups make the figure of all of them.
pub(super) fn adds_up(ground: &Ground, measure: &Measure) -> bool {
    match measure {
        Measure::Metric(id) => ground.metric(*id).additivity == crate::chat::ground::Additivity::Additive,
        Measure::CountOf(_) => true,
        Measure::CountThrough { .. } | Measure::Per { .. } => false,
        Measure::Of { aggregate, .. } => matches!(aggregate, Aggregate::Sum | Aggregate::Count),
    }
}

fn labels(ground: &Ground, dataset: DatasetId) -> Vec<FieldId> {
    let last = |id: &FieldId| crate::chat::words::lemmas(&ground.field(*id).names.name).pop().unwrap_or_default();
    let is_label = |id: &FieldId| {
        let field = ground.field(*id);
        field.ty == Type::Text && !field.is_key && ["name", "title", "label"].contains(&last(id).as_str())
    };
    let own = crate::chat::words::lemmas(&ground.dataset(dataset).names.name);
    let is_own = |id: &FieldId| {
        let field = ground.field(*id);
        field.ty == Type::Text && !field.is_key && crate::chat::words::lemmas(&field.names.name) == own
    };
    if let Some(field) = ground.fields_of(dataset).find(is_own) {
        return vec![field];
    }
    let labels: Vec<FieldId> = ground.fields_of(dataset).filter(is_label).collect();
    let best = labels.iter().find(|id| {
        let words = crate::chat::words::lemmas(&ground.field(**id).names.name);
        words.len() == 1 || words[..words.len() - 1] == own[..]
    });
    best.map_or_else(|| labels.iter().take(2).copied().collect(), |id| vec![*id])
}

pub(super) fn dimension(ground: &Ground, field: FieldId) -> Dimension {
    let grain = (ground.field(field).ty == Type::Timestamp).then_some(crate::chat::query::Grain::Day);
    Dimension { field, grain }
}

/// The fields of `home` that hold the key of a row of `to`, where one relationship leads there.
pub(super) fn link(ground: &Ground, home: DatasetId, to: DatasetId) -> Option<FieldId> {
    let mut joins = ground.joins.iter().filter(|join| join.from == home && join.to == to);
    let (join, None) = (joins.next()?, joins.next()) else { return None };
    let [(column, _)] = join.on.as_slice() else { return None };
    ground.fields_of(home).find(|id| {
        let field = ground.field(*id);
        field.names.name.eq_ignore_ascii_case(column) || field.expression.eq_ignore_ascii_case(column)
    })
}
