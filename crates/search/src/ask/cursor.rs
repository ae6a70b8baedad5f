//! Where a page ended, as text.

use std::cmp::Reverse;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::sweep::Place;

/// A place as it is handed out.
pub fn printed(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {} {}", place.rank.0, place.id, place.order))
}

/// The place that was handed out.
pub fn place_of(text: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (rank, rest) = text.split_once(' ')?;
    let (id, order) = rest.split_once(' ')?;
    Some(Place { rank: Reverse(rank.parse().ok()?), order: order.to_owned(), id: id.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_catalog::id::RecordId;

    #[test]
    fn a_place_prints_what_it_was_read_from() {
        let place = Place { rank: Reverse(640), order: "net sales 売上".to_owned(), id: RecordId::fresh() };
        assert_eq!(place_of(&printed(&place)), Some(place));
        assert_eq!(place_of("x"), None);
        assert_eq!(place_of(""), None);
    }
}
