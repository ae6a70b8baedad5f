//! Masks of columns, in words.

use emporion_catalog::rows::masks::{Mask, Masks};
use emporion_products::chat::answer::WarnedColumn;

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

/// The columns that a warning names with what is left of them; `None` for one that names none, or some otherwise.
pub fn told(t: Texts, columns: &[WarnedColumn]) -> Option<String> {
    let column = |WarnedColumn { name, mask }: &WarnedColumn| {
        let mask = t.say(said(Mask::parse(mask)?));
        Some(t.with("masks.of_column", &[("column", &shown(name)), ("mask", &mask)]))
    };
    let told = columns.iter().map(column).collect::<Option<Vec<String>>>()?;
    (!told.is_empty()).then(|| told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_tells_what_is_left_of_columns() {
        let german = Texts::by_code("de").expect("German");
        let column = |name: &str, mask: &str| WarnedColumn { name: name.to_owned(), mask: mask.to_owned() };
        let (born, mail) = (column("people.born, or so (hidden)", "year"), column("people.mail", "hashed"));
        let both = told(german, &[born.clone(), mail]).expect("both");
        assert!(both.contains("people.born, or so (hidden): ") && both.contains(", people.mail: "), "{both}");
        assert_eq!([told(german, &[]), told(german, &[born, column("people.name", "otherwise")])], [None, None]);
    }
}
