//! Items by their neighbours: what one means by those beside it.

use super::super::items::{Item, Noun, Phrase};
use crate::chat::ground::FieldId;
use crate::chat::query::Op;

/// A thing right behind what somebody did: "bought products".
pub(in crate::chat::read) fn is_done(items: &[(usize, usize, Item)], place: usize) -> bool {
    match place.checked_sub(1).map(|before| &items[before]) {
        Some((_, end, Item::Has { is_named: false, is_without: false, .. })) => *end == items[place].0,
        _ => false,
    }
}

/// "opened and closed in October": the period is of both. "bug and urgent tickets": both sorts, or what is both.
pub(in crate::chat::read) fn is_second_of_two(items: &[(usize, usize, Item)], place: usize) -> bool {
    let item = |at: Option<usize>| at.and_then(|at| items.get(at)).map(|(_, _, item)| item);
    let is_and = |at: Option<usize>| item(at) == Some(&Item::And);
    let Some(Item::Filter(filter)) = item(Some(place)) else { return false };
    let happened = is_and(place.checked_sub(1))
        && matches!(item(place.checked_sub(2)), Some(Item::Happened(_)))
        && matches!(item(Some(place + 1)), Some(Item::Time { .. }));
    let both = is_and(Some(place + 1))
        && match item(Some(place + 2)) {
            Some(Item::Noun(phrase)) => phrase.filters.iter().any(|other| other.field != filter.field),
            _ => false,
        };
    happened || both
}

/// "country Berlin": the value of another field right behind.
pub(in crate::chat::read) fn is_of_another(items: &[(usize, usize, Item)], place: usize, field: FieldId) -> bool {
    match items.get(place + 1) {
        Some((from, _, Item::Filter(filter))) => *from == items[place].1 && filter.field != field,
        _ => false,
    }
}

/// A field behind "are".
pub(in crate::chat::read) fn is_said_of(items: &[(usize, usize, Item)], place: usize) -> bool {
    let item = |at: usize| items.get(at).map(|(_, _, item)| item);
    let is_thing = |item: Option<&Item>| matches!(item, Some(Item::Noun(Phrase { noun: Noun::Entity(_), .. })));
    place >= 2 && matches!(item(place - 1), Some(Item::Copula)) && is_thing(item(place - 2))
}

/// Right behind what is left out, and joined to it.
pub(in crate::chat::read) fn is_excluded_too(items: &[(usize, usize, Item)], place: usize) -> bool {
    let is_left_out = |at: usize| matches!(&items[at].2, Item::Filter(filter) if filter.op == Op::IsNot);
    place >= 2 && items[place - 1].2 == Item::And && is_left_out(place - 2)
}

/// "sessions and revenue", "revenue, sessions".
pub(in crate::chat::read) fn is_beside_figure(items: &[(usize, usize, Item)], place: usize) -> bool {
    let item = |at: usize| items.get(at).map(|(_, _, item)| item);
    let is_figure = |at: usize| matches!(item(at), Some(Item::Measure { .. }));
    let is_and = |at: usize| matches!(item(at), Some(Item::And));
    is_and(place + 1) && is_figure(place + 2) || place >= 2 && is_and(place - 1) && is_figure(place - 2)
}

/// "with their region and manager": what stands beside a column is one, too.
pub(super) fn is_column_too(items: &[(usize, usize, Item)], place: usize) -> bool {
    let before = |far: usize| place.checked_sub(far).map(|at| &items[at].2);
    let is_column =
        matches!(before(2), Some(Item::Noun(phrase)) if phrase.is_the_one && !phrase.is_plural && !phrase.is_of);
    let has_thing = |(_, _, item): &(usize, usize, Item)| matches!(item, Item::Noun(phrase) if phrase.is_plural);
    is_column && before(1) == Some(&Item::And) && items[..place].iter().any(has_thing)
}
