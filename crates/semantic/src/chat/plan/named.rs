//! Parts that a query names: its datasets, and the joins that its counts go through.

use super::PlanProblem;
use crate::chat::ground::{DatasetId, FieldId, Ground, JoinId};
use crate::chat::query::{CompareTo, Measure, Query};

/// The joins that counts go through.
pub(super) fn through(query: &Query) -> impl Iterator<Item = JoinId> + '_ {
    let measures = query.measures.iter().chain(query.having.iter().map(|having| &having.measure));
    measures.filter_map(|measure| match measure {
        Measure::CountThrough { through, .. } => Some(*through),
        _ => None,
    })
}

/// Every dataset that a query names, that of its first measure first.
///
/// Errors: a part that the ground does not have.
pub(super) fn named_datasets(ground: &Ground, query: &Query) -> Result<Vec<DatasetId>, PlanProblem> {
    let mut named = Vec::new();
    let field = |id: FieldId| ground.known_field(id).map(|field| field.dataset).ok_or(PlanProblem::NothingAsked);
    let members = query.members.iter().map(|member| &member.measure);
    let measures = query.measures.iter().chain(query.having.iter().map(|having| &having.measure)).chain(members);
    for measure in measures {
        datasets_of(ground, measure, &mut named)?;
    }
    named.extend(query.listed);
    named.extend(query.all_of);
    for id in query.dimensions.iter().map(|dimension| dimension.field) {
        named.push(field(id)?);
    }
    let filters = query.filters.iter().chain(&query.part).map(|filter| filter.field);
    for id in filters.chain(query.time.iter().map(|time| time.field)) {
        named.push(field(id)?);
    }
    if let Some(picked) = &query.picked {
        named.push(picked.of);
        named.extend(named_datasets(ground, &picked.query)?);
    }
    for member in &query.members {
        named.push(member.of);
        let time = member.time.iter().map(|time| time.field);
        for id in member.filters.iter().map(|filter| filter.field).chain(time) {
            named.push(field(id)?);
        }
    }
    if let Some(CompareTo::Values { field: id, .. }) = query.compare.as_ref().map(|compare| &compare.to) {
        named.push(field(*id)?);
    }
    Ok(named)
}

fn datasets_of(ground: &Ground, measure: &Measure, named: &mut Vec<DatasetId>) -> Result<(), PlanProblem> {
    match measure {
        Measure::Per { measure, of } => {
            named.push(*of);
            return datasets_of(ground, measure, named);
        }
        Measure::Over { part, whole } => {
            datasets_of(ground, part, named)?;
            return datasets_of(ground, whole, named);
        }
        Measure::Metric(id) => named.extend(&ground.metrics.get(id.0).ok_or(PlanProblem::NothingAsked)?.datasets),
        Measure::CountOf(dataset) => named.push(*dataset),
        Measure::CountThrough { what, through } => {
            let join = ground.joins.get(through.0).ok_or(PlanProblem::NothingAsked)?;
            named.extend([*what, join.from, join.to]);
        }
        Measure::Of { field, .. } => {
            named.push(ground.known_field(*field).ok_or(PlanProblem::NothingAsked)?.dataset);
        }
    }
    Ok(())
}
