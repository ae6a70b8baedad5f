//! Where a page ended, as text.

use std::cmp::Reverse;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::finder::{By, Order};

use super::sweep::Place;

/// A place as it is handed out, with the order that it is one of.
pub fn printed(place: &Place, order: Order) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {} {} {}", mark(order), place.rank.0, place.id, place.order))
}

/// The place that was handed out in this order.
pub fn place_of(text: &str, order: Order) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let text = text.strip_prefix(mark(order))?.strip_prefix(' ')?;
    let (rank, rest) = text.split_once(' ')?;
    let (id, order) = rest.split_once(' ')?;
    Some(Place { rank: Reverse(rank.parse().ok()?), order: order.to_owned(), id: id.parse().ok()? })
}

fn mark(order: Order) -> &'static str {
    match (order.by, order.descending) {
        (By::Best, _) => "b",
        (By::Name, false) => "n",
        (By::Name, true) => "-n",
        (By::Fqn, false) => "f",
        (By::Fqn, true) => "-f",
        (By::Created, false) => "c",
        (By::Created, true) => "-c",
        (By::Updated, false) => "u",
        (By::Updated, true) => "-u",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_catalog::finder::SORTS;
    use emporion_catalog::id::RecordId;

    #[test]
    fn a_place_prints_what_it_was_read_from() {
        let place = Place { rank: Reverse(640), order: "net sales 売上".to_owned(), id: RecordId::fresh() };
        for (_, order) in SORTS {
            for (_, other) in SORTS {
                let read = place_of(&printed(&place, *order), *other);
                assert_eq!(read, (order == other).then(|| place.clone()), "a place of another order is none");
            }
        }
        assert_eq!(place_of("x", Order::BEST), None);
        assert_eq!(place_of("", Order::BEST), None);
    }
}
