//! One thing by its name, and what is asked of it: "list price of the Oslo Sofa", "department and category of Nova 13".

use super::gather::Gathered;
use super::items::Noun;
use super::settle::Settler;
use crate::chat::ground::{DatasetId, FieldId, Type};
use crate::chat::query::{Dimension, Op};
use crate::chat::ways;

/// Takes what was gathered for columns of one thing that is called by its name.
pub(super) fn settle(settler: &mut Settler<'_>, all: &Gathered) -> Option<DatasetId> {
    let is_plain = all.groups.is_empty()
        && all.beside.is_empty()
        && all.belongs.is_empty()
        && all.conditions.is_empty()
        && all.times.is_empty()
        && all.through.is_empty()
        && all.happened.is_empty()
        && all.versus.is_empty()
        && all.versus_ranges.is_empty()
        && all.order.is_none()
        && !(all.is_share || all.is_change || all.is_compared || all.is_trend || all.is_cumulative);
    let [filter] = all.filters.as_slice() else { return None };
    let known = settler.ground.field(filter.field);
    let of = known.dataset;
    let is_name = filter.op == Op::Is && filter.values.len() == 1 && known.ty == Type::Text;
    if !is_plain || !is_name || !ways::identity(settler.ground, of).contains(&filter.field) {
        return None;
    }
    let reach = ways::reach(settler.ground, of);
    let mut columns: Vec<FieldId> = Vec::new();
    for phrase in &all.nouns {
        if !phrase.is_plain() || phrase.is_distinct || phrase.is_plural {
            return None;
        }
        match phrase.noun {
            Noun::Field(field) if reach.contains(&settler.ground.field(field).dataset) => columns.push(field),
            // "the product Nova 13"
            Noun::Entity(id) if id == of => {}
            Noun::Entity(id) if reach.contains(&id) => columns.extend(ways::identity(settler.ground, id)),
            _ => return None,
        }
    }
    if !columns.iter().any(|field| *field != filter.field) {
        return None;
    }
    settler.query.listed = Some(of);
    settler.query.dimensions = columns.into_iter().map(|field| Dimension { field, grain: None }).collect();
    Some(of)
}
