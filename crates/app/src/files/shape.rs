//! What documents of a kind hold, by what the kind says of itself.

use emporion_catalog::facet::Facet;
use emporion_catalog::field::{EXTENSION, FORMS, Field};
use emporion_catalog::kind::Kind;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{self, Relation};

use crate::relations;

/// The kinds that stand in files, in an order in which each can be made: what others stand below comes first.
pub const KINDS: &[&str] = &["domain", "policy", "role", "glossary", "glossary_term", "data_product"];

/// Fields that say what has become of a record, not what it is to be.
const FIELDS_LEFT_OUT: &[&str] = &[
    // Who made it: the system's own records are its own to make.
    "provider",
    // When and by whom it was deployed.
    "deployed_at",
    "deployed_by",
];

/// Relations that live in the catalogue alone.
pub const RELATIONS_LEFT_OUT: &[Relation] = &[
    // Marks that people set for themselves.
    relation::FOLLOWER,
    relation::VOTE,
    // Rights that are asked for, given, ended and taken back there: a file would take away what was approved since.
    relation::EDITOR,
    relation::VIEWER,
    relation::HELD_BACK,
    // Observed by what moves the data.
    relation::DERIVED_FROM,
    relation::READS_FROM,
    // These follow from others: from the terms of an asset, from the certification, from the forms, from the domain.
    relation::ITEM_TERM,
    relation::CERTIFIED_BY,
    relation::REFERS_BEYOND,
    relation::USES_FORM,
    relation::STEWARD,
];

/// What documents say of edges: what they are to be, not when and by whom they were made, nor what they lend.
const ATTRIBUTES: &[(Relation, &[&str])] = &[
    (relation::TAGGED, &["label_type", "state", "reason"]),
    (relation::HAS_ASSET, &["description", "external_id", "revision", "terms"]),
    (relation::USES_SKILL, &["version"]),
];

/// Members that stand before the fields of every document.
pub const HEAD: &[&str] = &["kind", "name", "parent", "visibility"];

/// The documents of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape(pub Kind);

/// Every shape, in the order of [`KINDS`].
pub fn all(registry: &Registry) -> impl Iterator<Item = Shape> + '_ {
    KINDS.iter().map(|name| Shape(registry.expect(name)))
}

/// The shape of that name.
pub fn named(registry: &Registry, name: &str) -> Option<Shape> {
    all(registry).find(|shape| shape.0.name() == name)
}

impl Shape {
    /// Its place in the order of [`KINDS`].
    pub fn place(self) -> usize {
        KINDS.iter().position(|name| *name == self.0.name()).unwrap_or(KINDS.len())
    }

    /// In the order in which they stand in documents.
    pub fn fields(self) -> impl Iterator<Item = &'static Field> {
        let facets = [(Facet::Extension, &EXTENSION), (Facet::Forms, &FORMS)];
        let of_facets = facets.into_iter().filter(move |(facet, _)| self.0.has_facet(*facet)).map(|(_, field)| field);
        let is_said = |field: &&Field| {
            (!field.silent || field.signed) && field.secrets.is_none() && !FIELDS_LEFT_OUT.contains(&field.name)
        };
        self.0.fields().chain(of_facets).filter(is_said)
    }

    /// The same with their names.
    pub fn relations(self) -> impl Iterator<Item = (Relation, &'static str)> {
        let said = self.0.relations().filter(|relation| !RELATIONS_LEFT_OUT.contains(relation));
        said.map(|relation| (relation, relations::word(relation)))
    }
}

/// The kinds that a relation can lead to.
pub fn leads_to(registry: &Registry, relation: Relation) -> Vec<Kind> {
    registry.iter().filter(|kind| kind.takes(relation)).collect()
}

/// Whether a document says this of an edge. Whatever else an edge bears stays with it.
pub fn is_said(relation: Relation, attribute: &str) -> bool {
    ATTRIBUTES.iter().any(|(known, said)| *known == relation && said.contains(&attribute))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_member_of_a_document_has_a_name_of_its_own() {
        let registry = Registry::standard();
        for shape in all(&registry) {
            let mut names: HashSet<&str> = HEAD.iter().copied().collect();
            let members = shape.fields().map(|field| field.name).chain(shape.relations().map(|(_, word)| word));
            for member in members {
                assert!(names.insert(member), "{} says {member} twice", shape.0);
            }
        }
    }

    #[test]
    fn what_documents_stand_below_has_documents_and_comes_first() {
        let registry = Registry::standard();
        for shape in all(&registry) {
            for parent in shape.0.0.parents {
                let above = named(&registry, parent).unwrap_or_else(|| panic!("{} below {parent}", shape.0));
                assert!(above.place() <= shape.place());
            }
        }
    }

    #[test]
    fn no_document_holds_a_secret() {
        let registry = Registry::standard();
        for shape in all(&registry) {
            assert!(shape.fields().all(|field| field.secrets.is_none()), "{}", shape.0);
        }
    }

    #[test]
    fn no_attribute_of_an_edge_is_called_as_a_kind() {
        let registry = Registry::standard();
        for attribute in ATTRIBUTES.iter().flat_map(|(_, said)| *said) {
            assert!(registry.iter().all(|kind| kind.name() != *attribute), "{attribute}");
        }
    }
}
