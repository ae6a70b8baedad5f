//! People and teams as pages name them.

use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Edge, Record, View};
use emporion_catalog::relation::{self, Relation};

use crate::records::{address, naming};

/// A person or a team: a face of initials, a name, a page.
#[derive(Clone, Template)]
#[template(path = "parts/person.html")]
pub struct Person {
    pub name: String,
    pub initials: String,
    /// Which of the colours the face has.
    pub hue: u8,
    pub address: String,
    pub is_team: bool,
    /// Named by somebody who had no rows to give with it.
    pub is_in_name: bool,
}

impl HtmlSafe for Person {}

const HUES: u32 = 6;

impl Person {
    pub fn of(card: &Card) -> Person {
        Person {
            initials: initials(&naming::alone(card)),
            hue: (card.name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % HUES)
                as u8,
            address: address::of(card.kind, &card.fqn).unwrap_or_default(),
            is_team: card.kind.is("team"),
            is_in_name: false,
            name: naming::rendered(card),
        }
    }

    pub fn of_record(record: &Record) -> Person {
        Person::of(&Card::of(record))
    }

    /// Who answers for a record, as searches say it, too. The view has owners and owning teams, with what is inherited.
    pub fn owners(view: &View) -> Vec<Person> {
        let owner = |(edge, card): (&Edge, &Arc<Card>)| Person { is_in_name: edge.is_nominal(), ..Person::of(card) };
        view.owning().into_iter().map(owner).collect()
    }

    /// The team that looks after what nobody owns: the one that it was left to, else the stewards of its domain.
    pub async fn keeper(reading: &Reading<'_>, view: &View) -> Result<Option<Person>, Problem> {
        let kind = view.record.kind;
        if !kind.has(relation::OWNING_TEAM) && !kind.is("domain") {
            return Ok(None);
        }
        Ok(reading.owning_team(view).await?.map(|team| Person::of(&team)))
    }

    /// Those whom a view's edges of a relation lead to; from above, where it has none of its own.
    pub fn all(view: &View, relation: Relation) -> Vec<Person> {
        let own: Vec<Person> = view.targets(relation).map(|(_, card)| Person::of(card)).collect();
        if own.is_empty() { view.inherited_targets(relation).map(|(_, card)| Person::of(card)).collect() } else { own }
    }
}

/// Of the first and the last word of a name.
fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let letter = |word: &&str| word.chars().next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    match words.as_slice() {
        [] => "?".into(),
        [one] => letter(one),
        [first, .., last] => letter(first) + &letter(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Maria Silva"), "MS");
        assert_eq!(initials("jonas"), "J");
        assert_eq!(initials("Ana de la Cruz"), "AC");
        assert_eq!(initials("—"), "?");
    }
}
