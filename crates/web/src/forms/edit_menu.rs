//! The menu of what can be changed of a record: where it is long, it stands in groups.

/// A form to change something: where it leads, what it is called.
pub struct Offer {
    /// What it calls itself in `edit`.
    pub what: &'static str,
    pub name: String,
    pub address: String,
    /// What it is about; the menu is in this order.
    pub group: Group,
    /// Another one that is offered shows its form with others: the menu names that alone.
    pub is_gathered: bool,
}

/// What a change is about. The groups stand in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Words,
    People,
    State,
    Contents,
    /// What it does away with does not come back by another edit: it stands apart, and needs no heading for that.
    Removal,
}

/// So many are taken in at a glance, without headings.
const MOST_UNGROUPED: usize = 6;

/// Entries of the menu below one heading, or below none.
pub struct Grouped<'a> {
    pub heading: Option<&'static str>,
    pub offers: Vec<&'a Offer>,
}

impl Group {
    /// What the texts call it.
    pub fn heading(self) -> Option<&'static str> {
        match self {
            Group::Words => Some("words"),
            Group::People => Some("people"),
            Group::State => Some("state"),
            Group::Contents => Some("contents"),
            Group::Removal => None,
        }
    }

    pub fn is_apart(self) -> bool {
        self == Group::Removal
    }
}

/// The menu of offers that stand in the order of their groups.
pub fn grouped(offers: &[Offer]) -> Vec<Grouped<'_>> {
    let offers: Vec<&Offer> = offers.iter().filter(|offer| !offer.is_gathered).collect();
    if offers.len() <= MOST_UNGROUPED {
        return vec![Grouped { heading: None, offers }];
    }
    let groups = offers.chunk_by(|one, next| one.group == next.group);
    groups.map(|offers| Grouped { heading: offers[0].group.heading(), offers: offers.to_vec() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(groups: &[Group]) -> Vec<Offer> {
        let offer = |group: &Group| Offer {
            what: "",
            name: String::new(),
            address: String::new(),
            group: *group,
            is_gathered: false,
        };
        groups.iter().map(offer).collect()
    }

    #[test]
    fn a_long_menu_has_headings_and_a_short_one_has_none() {
        use Group::{Contents, People, Removal, State, Words};
        let long = offers(&[Words, Words, Words, People, State, State, Contents, Removal]);
        let rendered: Vec<(Option<&str>, usize)> =
            grouped(&long).iter().map(|group| (group.heading, group.offers.len())).collect();
        let headed = [Some("words"), Some("people"), Some("state"), Some("contents"), None];
        assert_eq!(rendered, headed.into_iter().zip([3_usize, 1, 2, 1, 1]).collect::<Vec<_>>());
        let short = offers(&[Words, People, State, State, Contents, Removal]);
        let rendered = grouped(&short);
        assert!(rendered.len() == 1 && rendered[0].heading.is_none() && rendered[0].offers.len() == 6);
    }
}
