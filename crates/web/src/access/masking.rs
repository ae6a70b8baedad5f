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

/// The columns that a warning names with what is left of them; `None` for one that names them otherwise.
pub fn told(t: Texts, warning: &str) -> Option<String> {
    let (_, named) = warning.strip_suffix('.')?.split_once(": ")?;
    let column = |named: &str| {
        let (column, left) = named.strip_suffix(')')?.rsplit_once(" (")?;
        let mask = match left {
            "hidden" => Mask::Hidden,
            "hashed" => Mask::Hashed,
            "first letters only" => Mask::FirstLetters,
            "year only" => Mask::Year,
            _ => return None,
        };
        Some(t.with("masks.of_column", &[("column", &shown(column)), ("mask", &t.say(said(mask)))]))
    };
    named.split(", ").map(column).collect::<Option<Vec<String>>>().map(|columns| columns.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_tells_what_is_left_of_columns() {
        let german = Texts::by_code("de").expect("German");
        let told = |named: &str| told(german, &format!("Something else is read: {named}."));
        let (born, mail) = ("people.born (year only)", "people.mail (hashed)");
        assert_eq!(told(&format!("{born}, {mail}")).map(|told| told.matches(": ").count()), Some(2));
        for unknown in ["people.born", "a, people.born (year only)", "people.born (otherwise)"] {
            assert_eq!(told(unknown), None, "{unknown}");
        }
    }
}
