//! Default times: by which one rows are dated where nobody says by which.

use super::ground::{DatasetId, Field, FieldId, Ground, MetricId, Type};

/// Declared, else the only one there is. Several: none is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TimeOf {
    Field { field: FieldId, is_declared: bool },
    Several(Vec<FieldId>),
    None,
}

impl TimeOf {
    pub fn field(&self) -> Option<FieldId> {
        match self {
            TimeOf::Field { field, .. } => Some(*field),
            _ => None,
        }
    }
}

/// The time of a metric over the rows of `home`.
pub(super) fn of_metric(ground: &Ground, metric: MetricId, home: DatasetId) -> TimeOf {
    match ground.metric(metric).time {
        Some(field) => TimeOf::Field { field, is_declared: true },
        None => of(ground, home),
    }
}

/// The time of the rows of `home`: its own, else that of the rows that these belong to, the nearest that have one.
pub(super) fn of(ground: &Ground, home: DatasetId) -> TimeOf {
    let mut near = vec![home];
    let mut seen = near.clone();
    while !near.is_empty() {
        let declared: Vec<FieldId> = near.iter().filter_map(|id| ground.dataset(*id).default_time).collect();
        let is_time = |id: &FieldId| ground.field(*id).is_time && is_date(ground.field(*id));
        let any: Vec<FieldId> = near.iter().flat_map(|id| ground.fields_of(*id).filter(is_time)).collect();
        match (declared.as_slice(), any.as_slice()) {
            // A date of another thing beside it (when a product came out) is not when these rows happened.
            ([field], _) => return TimeOf::Field { field: *field, is_declared: true },
            ([], [field]) => return TimeOf::Field { field: *field, is_declared: false },
            ([], []) => {}
            _ => return TimeOf::Several(any),
        }
        let next = ground.joins.iter().filter(|join| near.contains(&join.from)).map(|join| join.to);
        let mut next: Vec<DatasetId> = next.filter(|dataset| !seen.contains(dataset)).collect();
        next.sort_unstable();
        next.dedup();
        seen.extend(next.iter().copied());
        near = next;
    }
    TimeOf::None
}

/// The time of a dataset itself: declared, else the only one.
pub(super) fn own(ground: &Ground, dataset: DatasetId) -> Option<FieldId> {
    let only = || {
        let mut times = ground.fields_of(dataset).filter(|id| ground.field(*id).is_time);
        times.next().filter(|_| times.next().is_none())
    };
    ground.dataset(dataset).default_time.or_else(only)
}

fn is_date(field: &Field) -> bool {
    matches!(field.ty, Type::Date | Type::Timestamp)
}
