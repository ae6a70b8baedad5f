//! How much of a record has to be read for an answer: not one edge more than its fields ask for.

use emporion_catalog::facet::Facet;
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::relation::{self, Relation};

use super::part::parts;
use crate::members as m;
use crate::noun::{Direction, Fields, Noun, Reference, Source};

/// The relations that an answer with these fields shows.
pub fn depth(noun: &'static Noun, kind: Kind, fields: &Fields) -> Depth {
    let mut relations: Vec<Relation> = Vec::new();
    let mut inherited = false;
    for part in parts(noun).iter().filter(|part| part.shows(fields)) {
        if part.name == m::CERTIFICATION.name && kind.has(relation::CERTIFIED_BY) {
            relations.push(relation::CERTIFIED_BY);
        }
        let (Source::Reference(reference), Some(relation)) = (part.source, part.relation) else { continue };
        if reference.direction == Direction::Out && kind.has(relation) {
            relations.push(relation);
            inherited |= reference.is_inherited(kind, relation);
            if relation == relation::OWNER && kind.has_facet(Facet::OwningTeam) {
                relations.push(relation::OWNING_TEAM);
            }
        }
    }
    // What is inherited comes through the domains where there are some.
    if inherited && kind.has(relation::IN_DOMAIN) && !relations.contains(&relation::IN_DOMAIN) {
        relations.push(relation::IN_DOMAIN);
    }
    // Where nothing of the records above is shown, they are not read.
    let shows_above = parts(noun)
        .iter()
        .any(|part| part.shows(fields) && (matches!(part.source, Source::Ancestor(_)) || part.name == "serviceType"));
    Depth { alone: !shows_above && !inherited, ..Depth::of(&relations, inherited).told() }
}

impl Reference {
    /// Whether records of the kind show what comes from above here, where they have none of their own.
    pub fn is_inherited(&self, kind: Kind, relation: Relation) -> bool {
        self.inherits && kind.inherits(relation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_catalog::registry::Registry;

    fn names(noun: &str, fields: Fields) -> (Vec<&'static str>, bool) {
        let noun = crate::nouns::of_kind(noun).expect("a known noun");
        let depth = depth(noun, Registry::standard().expect(noun.kind_name), &fields);
        let relations = depth.relations.expect("a list");
        (relations.iter().map(|relation| relation.name()).collect(), depth.inherited)
    }

    #[test]
    fn nothing_is_read_that_nobody_asked_for() {
        assert_eq!(names("data_product", Fields::NONE), (vec![], false));
        let product = crate::nouns::of_kind("data_product").expect("a known noun");
        assert!(depth(product, Registry::standard().expect("data_product"), &Fields::NONE).alone);
        assert_eq!(names("table", Fields::These(vec!["tags".into()])), (vec!["tagged"], false));
    }

    #[test]
    fn owners_bring_the_owning_team_and_the_domains_that_pass_owners_on() {
        let (relations, inherited) = names("data_product", Fields::These(vec!["owners".into()]));
        assert_eq!((relations, inherited), (vec!["owner", "owning_team", "in_domain"], true));
    }

    #[test]
    fn where_nothing_passes_owners_on_none_are_looked_for() {
        for (noun, relations) in
            [("database_service", vec!["owner"]), ("team", vec!["owner"]), ("glossary", vec!["owner", "owning_team"])]
        {
            assert_eq!(names(noun, Fields::These(vec!["owners".into()])), (relations, false), "{noun}");
        }
    }
}
