//! Sorts the items of a question by what they are.

use super::items::{Grouped, Item, Phrase, Target};
use crate::chat::dates::{Against, Stated};
use crate::chat::ground::{DatasetId, FieldId, JoinId};
use crate::chat::query::{Filter, Limit, Measure, Op, Value};

/// How rows are ranked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rank {
    /// "top 5 products"; what they are ranked by is said elsewhere.
    Top {
        n: Option<u64>,
        is_descending: bool,
        what: Option<Phrase>,
    },
    Best {
        measure: Measure,
        is_descending: bool,
    },
    BestField {
        field: FieldId,
        is_descending: bool,
    },
    Recent {
        n: Option<u64>,
        is_descending: bool,
        what: Phrase,
    },
}

#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub measures: Vec<(Measure, Option<DatasetId>)>,
    /// With whether "which" or "list" stands before.
    pub nouns: Vec<Phrase>,
    pub is_which: bool,
    pub filters: Vec<Filter>,
    /// Of a share: what holds for the part alone.
    pub part: Vec<Filter>,
    pub conditions: Vec<(Target, Op, Vec<Value>)>,
    pub has: Vec<(DatasetId, bool)>,
    pub through: Vec<JoinId>,
    pub happened: Vec<FieldId>,
    pub groups: Vec<Grouped>,
    pub is_per: bool,
    pub times: Vec<(usize, Stated, Option<FieldId>)>,
    pub versus: Vec<Against>,
    pub versus_ranges: Vec<Stated>,
    pub versus_values: Option<(FieldId, Value, Value)>,
    pub over: Option<Against>,
    pub is_change: bool,
    pub is_compared: bool,
    pub rank: Option<Rank>,
    pub by: Option<Measure>,
    pub order: Option<(Target, Option<bool>)>,
    pub direction: Option<bool>,
    pub limit: Option<u64>,
    pub when: Option<(DatasetId, bool)>,
    pub is_share: bool,
    /// What a share is of has conditions of its own.
    pub is_unclear: bool,
    /// "which product", before the figure.
    pub is_which_noun: bool,
    pub is_how_much: bool,
    pub is_of_total: bool,
    pub is_cumulative: bool,
    pub is_trend: bool,
    pub is_also: bool,
    pub is_removal: bool,
}

/// `None`: something is said twice that can be said once.
pub(super) fn gather(items: &[(usize, usize, Item)]) -> Option<Gathered> {
    let mut all = Gathered::default();
    let (mut is_after_figure, mut is_after_copula) = (false, false);
    // With a share: conditions behind the figure without a copula between.
    let mut behind: Vec<Filter> = Vec::new();
    for (place, (at, _, item)) in items.iter().cloned().enumerate() {
        match item {
            Item::Skip | Item::And => {}
            Item::Copula => is_after_copula |= all.is_share && is_after_figure,
            Item::Which => all.is_which = true,
            Item::Measure { measure, .. } if !all.nouns.is_empty() && super::settle::is_extreme(&measure) => {
                return None;
            }
            Item::Measure { measure, filters, of } => {
                all.is_unclear |= all.is_share && !filters.is_empty();
                if all.measures.iter().any(|(other, _)| *other == measure) {
                    return None;
                }
                all.measures.push((measure, of));
                all.filters.extend(filters);
                is_after_figure = true;
            }
            Item::HowMuch => all.is_how_much = true,
            Item::Noun(phrase) => {
                let before = place.checked_sub(1).map(|before| &items[before].2);
                all.is_which_noun |= before == Some(&Item::Which) && all.measures.is_empty();
                all.is_unclear |= all.is_share && !phrase.filters.is_empty();
                all.filters.extend(phrase.filters.iter().cloned());
                all.nouns.push(phrase);
                is_after_figure = true;
            }
            // Behind the groups they hold for the whole.
            Item::Filter(filter) if all.is_share && is_after_figure && !all.groups.is_empty() => {
                all.filters.push(filter)
            }
            Item::Filter(filter) if all.is_share && is_after_copula => all.part.push(filter),
            Item::Filter(filter) if all.is_share && is_after_figure => behind.push(filter),
            Item::Filter(filter) => {
                all.is_unclear |= all.is_share;
                all.filters.push(filter);
            }
            Item::Condition { target, op, values } => match target {
                Target::Field(field) if all.is_share && is_after_copula => all.part.push(Filter { field, op, values }),
                Target::Field(field) if all.is_share && is_after_figure => behind.push(Filter { field, op, values }),
                _ if all.is_share => return None,
                target => all.conditions.push((target, op, values)),
            },
            Item::Has { dataset, is_without } => all.has.push((dataset, is_without)),
            Item::Through(join) => all.through.push(join),
            Item::Happened(field) => all.happened.push(field),
            Item::Group { by, is_per } => {
                if by.iter().any(|by| all.groups.contains(by)) {
                    return None;
                }
                all.groups.extend(by);
                all.is_per |= is_per;
            }
            Item::Trend => all.is_trend = true,
            Item::Time { stated, field } => all.times.push((at, stated, field)),
            Item::Versus(against) => all.versus.push(against),
            Item::VersusRange(stated) => all.versus_ranges.push(stated),
            Item::VersusValues { field, first, second } => {
                all.versus_values.is_none().then_some(())?;
                all.versus_values = Some((field, first, second));
            }
            Item::Over(over) => {
                all.over.is_none().then_some(())?;
                all.over = Some(over);
            }
            Item::Change => all.is_change = true,
            Item::CompareWord => all.is_compared = true,
            Item::Top { n, is_descending, what } => {
                all.filters.extend(what.iter().flat_map(|what| what.filters.iter().cloned()));
                set(&mut all.rank, Rank::Top { n, is_descending, what })?;
            }
            Item::Best { measure, is_descending } => set(&mut all.rank, Rank::Best { measure, is_descending })?,
            Item::BestField { field, is_descending } => set(&mut all.rank, Rank::BestField { field, is_descending })?,
            Item::Recent { n, is_descending, what } => {
                all.filters.extend(what.filters.iter().cloned());
                set(&mut all.rank, Rank::Recent { n, is_descending, what })?;
            }
            Item::When { dataset, is_last, filters } => {
                all.filters.extend(filters);
                set(&mut all.when, (dataset, is_last))?;
            }
            Item::By(measure) => set(&mut all.by, measure)?,
            Item::Order { target, is_descending } => set(&mut all.order, (target, is_descending))?,
            Item::Direction(is_descending) => set(&mut all.direction, is_descending)?,
            Item::Share => {
                if all.is_share {
                    return None;
                }
                all.is_share = true;
                is_after_figure = false;
            }
            Item::OfTotal => {
                all.is_share = true;
                all.is_of_total = true;
            }
            Item::Cumulative => all.is_cumulative = true,
            Item::Limit(rows) => set(&mut all.limit, rows)?,
            Item::Remove => all.is_removal = true,
            Item::Also => all.is_also = true,
            Item::Marker => {}
        }
    }
    share_of(all, behind)
}

/// Without "are" between, one condition behind the figure is the part, where nothing is grouped.
fn share_of(mut all: Gathered, behind: Vec<Filter>) -> Option<Gathered> {
    if !all.is_share {
        return Some(all);
    }
    match (all.part.is_empty(), behind.len()) {
        // "orders that are paid in Germany": of all orders, or of those in Germany.
        (false, _) if all.part.len() > 1 => return None,
        (false, _) => all.filters.extend(behind),
        (true, 0) if all.groups.is_empty() && all.filters.len() == 1 && all.nouns.len() + all.measures.len() == 1 => {
            // "percentage of cancelled orders": of all orders.
            all.part = std::mem::take(&mut all.filters);
        }
        // "percentage of cancelled orders by month": of all orders, or of all months.
        (true, 0) if all.is_unclear && !all.groups.is_empty() => return None,
        (true, 0) => {}
        (true, 1) if all.groups.is_empty() => all.part = behind,
        // Of the whole or of the part: the words do not say.
        _ => return None,
    }
    if !all.groups.is_empty() && !all.part.is_empty() && !all.filters.is_empty() {
        return None;
    }
    Some(all)
}

fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    match place {
        Some(_) => None,
        None => {
            *place = Some(value);
            Some(())
        }
    }
}

/// So many rows, where the words do not say how many: one of a singular, ten of a plural.
pub(super) fn limit(n: Option<u64>, what: &Phrase, is_per_group: bool, notes: &mut Vec<String>) -> Limit {
    let rows = n.or(what.number).unwrap_or(if what.is_plural { 10 } else { 1 });
    if n.or(what.number).is_none() && what.is_plural {
        notes.push("Showed ten, as no number was named.".to_owned());
    }
    Limit { rows, is_per_group }
}
