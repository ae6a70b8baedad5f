//! What people call a record that others show.

use emporion_catalog::name;
use emporion_catalog::record::Card;

use crate::plain::shown;

/// Its name; of a team with the one above, since teams of many domains bear one name.
pub fn card(card: &Card) -> String {
    let name = alone(card);
    let above = name::split(&card.fqn).and_then(|mut names| names.pop().and(names.pop()));
    match above.filter(|_| card.kind.is("team")) {
        Some(above) => format!("{name} ({})", shown(&above)),
        None => name,
    }
}

pub fn alone(card: &Card) -> String {
    shown(card.display_name.as_deref().unwrap_or(&card.name))
}
