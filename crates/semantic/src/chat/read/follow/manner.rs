//! The manner of a follow-up: beside what was said before or instead of it, and what restates it.

use super::super::items::Item;
use super::super::reader::Reader;
use super::super::scan::times::UNTIL_THE_SAME;
use super::super::undo::INCLUDING;

/// How the message begins, where that decides what it does.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// "and by region", "split by region".
    pub begins_and_by: bool,
    /// "and clicks": beside the figures before.
    pub adds_figures: bool,
    /// "only customers in Germany": what follows are conditions.
    pub restricts: bool,
    /// "and over 5", "but without any": what held before holds, too.
    pub narrows: bool,
    /// "what about": in the place of what was said.
    pub swaps: bool,
    /// "including Germany".
    pub includes: bool,
    /// "with Germany".
    pub is_with: bool,
    /// "which of these".
    pub refers_back: bool,
    /// "which", "who": rows are wanted.
    pub asks_which: bool,
    /// "which of them".
    pub asks_which_of: bool,
    /// "until the same day": of a year.
    pub is_of_year: bool,
    /// Nothing but one thing is said.
    pub is_bare: bool,
    /// "are closed", which is no deed.
    pub is_state: bool,
}

impl Manner {
    pub fn of(reader: &Reader<'_>, items: &[(usize, usize, Item)]) -> Manner {
        let begins_and_by = matches!(items, [(_, _, Item::Marker | Item::And), (_, _, Item::Group { .. }), ..])
            && reader.is(0, "and by").is_some();
        let splits =
            matches!(items, [(_, _, Item::Group { .. }), ..] | [(_, _, Item::Marker), (_, _, Item::Group { .. }), ..])
                && reader.any(0, &["split", "break", "broken down"]).is_some();
        let conditions = [
            "only",
            "just",
            "and only",
            "and just",
            "but only",
            "without",
            "excluding",
            "except",
            "for",
            "in",
            "from",
            "not",
        ];
        let replaces = ["and now", "and instead", "and only", "and just"];
        let swaps =
            ["what about", "and what about", "how about", "and how about", "now", "instead", "same for", "make it"];
        let narrows = ["and", "but", "only", "just", "also", "as well"];
        let begins = |words: &[&str]| reader.any(0, words).is_some();
        let start = reader.any(0, &["and", "but", "now", "ok"]).unwrap_or(0);
        let is_state = |(at, _, item): &(usize, usize, Item)| {
            let before = at.checked_sub(1).and_then(|before| reader.any(before, &["is", "are"]));
            matches!(item, Item::Happened(_)) && before.is_some()
        };
        Manner {
            begins_and_by: (begins_and_by || splits) && !reader.has(&["instead"]),
            adds_figures: reader.is(0, "and").is_some() && !begins(&replaces),
            restricts: begins(&conditions),
            narrows: begins(&narrows) && !begins(&swaps),
            swaps: begins(&swaps) || reader.any(0, &["and now", "and instead"]).is_some(),
            includes: reader.any(start, &INCLUDING).is_some(),
            is_with: reader.is(start, "with").is_some(),
            refers_back: reader.refers_back(),
            asks_which: reader.any(start, &["which", "who"]).is_some(),
            asks_which_of: reader.any(start, &["which of", "who of", "which ones", "which among"]).is_some(),
            is_of_year: reader.has(&UNTIL_THE_SAME),
            is_bare: items.iter().filter(|(_, _, item)| !says_nothing(item)).count() == 1,
            is_state: items.iter().any(is_state),
        }
    }
}

/// Words around what is said.
pub(super) fn says_nothing(item: &Item) -> bool {
    matches!(
        item,
        Item::And
            | Item::Copula
            | Item::Which
            | Item::Person
            | Item::List
            | Item::Stop
            | Item::Light
            | Item::HowMuch
            | Item::HowMany
            | Item::Marker
            | Item::Also
    )
}

/// What may be said again: it holds already.
pub(super) fn restates(item: &Item) -> bool {
    matches!(
        item,
        Item::Filter(_)
            | Item::Each(_)
            | Item::Condition { .. }
            | Item::Time { .. }
            | Item::Group { .. }
            | Item::Noun(_)
            | Item::Measure { .. }
            | Item::Order { .. }
            | Item::Direction(_)
            | Item::Age(_)
            | Item::Alphabetical
            | Item::Limit(_)
            | Item::Rank(_)
            | Item::Share
            | Item::OfTotal
            | Item::Has { .. }
            | Item::Many { .. }
            | Item::Edit(_)
    )
}
