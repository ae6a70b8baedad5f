//! Column masks: what of a column somebody sees in a product instead of its values. They stand beside row filters, on the
//! edge of a role, for one person; or with the product, for everybody who has a role. Two that
//! differ hide the column together: each tells something that the other keeps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::roles;
use crate::caller::Principal;
use crate::name;
use crate::record::{Record, View};
use crate::relation::{EDITOR, OWNER, ROLE_MASKS, Relation};

/// What is shown of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mask {
    /// Of a day or a time, the year.
    Year,
    /// Of a text, how it begins.
    FirstLetters,
    /// Another text, the same for the same value.
    Hashed,
    /// Nothing.
    Hidden,
}

impl Mask {
    pub const ALL: [Mask; 4] = [Mask::Year, Mask::FirstLetters, Mask::Hashed, Mask::Hidden];

    pub fn word(self) -> &'static str {
        match self {
            Mask::Year => "year",
            Mask::FirstLetters => "firstLetters",
            Mask::Hashed => "hashed",
            Mask::Hidden => "hidden",
        }
    }

    pub fn parse(word: &str) -> Option<Mask> {
        Mask::ALL.into_iter().find(|mask| mask.word() == word)
    }

    /// Whether it shows nothing that the other keeps. A hash does not show less than a year does: one of a day can be
    /// joined with that of a day that is known.
    pub fn covers(self, other: Mask) -> bool {
        self == other || self == Mask::Hidden
    }

    /// What both show together.
    #[must_use]
    pub fn and(self, other: Mask) -> Mask {
        if self == other { self } else { Mask::Hidden }
    }

    /// As it was kept: what no version of this server has written hides.
    fn kept(value: &Value) -> Mask {
        value.as_str().and_then(Mask::parse).unwrap_or(Mask::Hidden)
    }
}

/// Masks by the names of columns.
pub type Masks = BTreeMap<String, Mask>;

/// As clients name them.
pub fn printed(masks: &Masks) -> Value {
    masks.iter().map(|(column, mask)| (column.clone(), Value::from(mask.word()))).collect::<Map<_, _>>().into()
}

pub fn of_object(masks: &Map<String, Value>) -> Masks {
    masks.iter().map(|(column, mask)| (column.clone(), Mask::kept(mask))).collect()
}

/// Both at once.
pub fn join(masks: &mut Masks, more: impl IntoIterator<Item = (String, Mask)>) {
    for (column, mask) in more {
        let kept = masks.entry(column).or_insert(mask);
        *kept = kept.and(mask);
    }
}

/// Whether a condition names a column; one that only might counts. What stands in single quotes is a value.
pub fn names(condition: &str, column: &str) -> bool {
    let condition = &*without_values(condition);
    let bare = |text: &str| name::fold(text).replace(['"', '`'], "");
    if column.contains(['"', '`']) {
        return bare(condition).contains(&bare(column));
    }
    let (condition, column) = (name::fold(condition), name::fold(column));
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
    let is_word = column.chars().all(|c| goes_on(Some(c)));
    condition.match_indices(&*column).any(|(at, found)| {
        let (before, after) = (&condition[..at], &condition[at + found.len()..]);
        !is_word || (!goes_on(before.chars().next_back()) && !goes_on(after.chars().next()))
    })
}

/// A condition without its texts, as the guard prints it. Where there could be another way to end a text, all of it.
fn without_values(condition: &str) -> Cow<'_, str> {
    let is_unsure = condition.contains(['\\', '$', '#']) || condition.contains("--") || condition.contains("/*");
    if is_unsure || !condition.contains('\'') {
        return condition.into();
    }
    let (mut kept, mut quote) = (String::with_capacity(condition.len()), None);
    for c in condition.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            _ => {}
        }
        // A quote within a quote is written twice: it closes and opens again.
        if quote != Some('\'') {
            kept.push(c);
        }
    }
    kept.into()
}

/// A role as masks name it.
pub fn role_word(role: Relation) -> &'static str {
    if role == OWNER {
        return "admin";
    }
    if role == EDITOR { "editor" } else { "viewer" }
}

/// The masks of everybody who has the role, by table.
pub fn of_role(product: &Record, role: Relation) -> impl Iterator<Item = (&String, Masks)> {
    let of_role = product.body.get(ROLE_MASKS).and_then(|roles| roles.get(role_word(role)));
    let tables = of_role.and_then(Value::as_object).into_iter().flatten();
    tables.map(|(table, masks)| (table, masks.as_object().map(of_object).unwrap_or_default()))
}

/// The roles whose masks the principal reads under. Who has none and reads nevertheless came by a team, and edits; an
/// administrator of the account without a role stands outside of them.
pub fn roles_of(product: &View, principal: &Principal) -> Vec<Relation> {
    let mut roles = roles::of_principal(product, principal);
    if roles.is_empty() && !principal.is_admin {
        roles.push(EDITOR);
    }
    roles
}

/// The masks that the principal reads under for his roles.
pub fn for_roles_of(product: &View, principal: &Principal) -> Vec<(String, Masks)> {
    let masks = roles_of(product, principal).into_iter().flat_map(|role| of_role(&product.record, role));
    masks.map(|(table, masks)| (table.clone(), masks)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn masks_that_differ_hide_the_column_together() {
        let mut masks = of_object(json!({"born": "year", "mail": "hashed", "name": "hashed"}).as_object().unwrap());
        let more = [("mail", Mask::FirstLetters), ("born", Mask::Hidden), ("name", Mask::Hashed)];
        join(&mut masks, more.map(|(column, mask)| (column.to_owned(), mask)));
        let known = [("born", Mask::Hidden), ("mail", Mask::Hidden), ("name", Mask::Hashed)];
        assert_eq!(masks, Masks::from(known.map(|(column, mask)| (column.to_owned(), mask))));
    }

    #[test]
    fn a_condition_names_the_columns_whose_names_stand_in_it() {
        for (condition, column, names_it) in [
            ("mail = 'x'", "mail", true),
            ("\"MAIL\" = 'x'", "mail", true),
            ("lower(t.mail) = 'x'", "mail", true),
            ("`mail`[1] = 1", "Mail", true),
            ("email = 'x' AND mail_2 = 1", "mail", false),
            ("paid = 1", "id", false),
            ("\"the \"\"mail\" = 1", "the \"mail", true),
            ("\"e-mail\" = 1", "e-mail", true),
            ("country = 'mail'", "mail", false),
            ("a = 'it''s mail' AND b = 1", "mail", false),
            ("a = 'it''s' AND mail = 1", "mail", true),
            ("\"o'x\" = 1 OR mail = 'a'", "mail", true),
            ("a = '\"' OR mail = '\"'", "mail", true),
            ("a = 'x\\' OR mail = 'y'", "mail", true),
            ("a = $$'$$ OR mail = $$'$$", "mail", true),
        ] {
            assert_eq!(names(condition, column), names_it, "{condition} {column}");
        }
    }
}
