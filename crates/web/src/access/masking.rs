//! Masks of columns, in words.

use emporion_catalog::rows::masks::{Mask, Masks};

use crate::text::plain::shown;
use crate::text::texts::Texts;

/// The text for what a mask shows.
pub fn said(mask: Mask) -> &'static str {
    match mask {
        Mask::Hidden => "masks.hidden",
        Mask::Hashed => "masks.hashed",
        Mask::FirstLetters => "masks.first_letters",
        Mask::Year => "masks.year",
    }
}

/// What is masked, a line for each column.
pub fn masks_of<'m>(t: Texts, tables: impl IntoIterator<Item = (&'m String, Masks)>) -> Vec<String> {
    let of_table = |(table, masks): (&String, Masks)| {
        let lines = masks.into_iter().map(|(column, mask)| {
            let column = format!("{}.{}", shown(table), shown(&column));
            t.with("masks.of_column", &[("column", &column), ("mask", &t.say(said(mask)))])
        });
        lines.collect::<Vec<_>>()
    };
    tables.into_iter().flat_map(of_table).collect()
}
