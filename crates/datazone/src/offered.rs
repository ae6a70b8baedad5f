//! The operations that this server offers: one row each with what it is about and the function that does it.

use emporion_edge::route::BoxFuture;

use crate::call::{Call, CallError, Reply};
use crate::messages::{self, Noun, Subject, does_not_exist, not_in_domain};
use crate::{
    asset_types, assets, data_products, domain_units, domains, form_types, glossaries, memberships, people, projects,
    search, search_types, tags, terms,
};

/// One operation that is more than known.
pub struct Offered {
    pub name: &'static str,
    pub subject: Subject,
    /// Members that may repeat what the record holds already, whatever their limits.
    pub repeatable: &'static [&'static str],
    pub run: Run,
}

pub type Run = fn(Call) -> BoxFuture<Result<Reply, CallError>>;

/// The row of the operation of that name.
pub fn by_name(name: &str) -> Option<&'static Offered> {
    OFFERED.iter().find(|offered| offered.name == name)
}

const fn row(name: &'static str, noun: Noun, missing: fn(Noun) -> crate::error::ServiceError, run: Run) -> Offered {
    Offered { name, subject: Subject::new(noun, missing), repeatable: &[], run }
}

impl Offered {
    const fn repeating(self, repeatable: &'static [&'static str]) -> Offered {
        Offered { repeatable, ..self }
    }
}

/// A handler as a function that a table can hold.
macro_rules! run {
    ($handler:path) => {
        |call| Box::pin($handler(call))
    };
}

const PROSE: &[&str] = &["name", "description"];

#[rustfmt::skip]
pub static OFFERED: &[Offered] = &[
    row("CreateDomain", messages::DOMAIN, does_not_exist, run!(domains::create)),
    row("GetDomain", messages::DOMAIN, does_not_exist, run!(domains::get)),
    row("ListDomains", messages::DOMAIN, does_not_exist, run!(domains::list)),
    row("UpdateDomain", messages::DOMAIN, does_not_exist, run!(domains::update)),
    row("DeleteDomain", messages::DOMAIN, not_in_domain, run!(domains::delete)),
    row("CreateDomainUnit", messages::DOMAIN_UNIT, does_not_exist, run!(domain_units::create)),
    row("GetDomainUnit", messages::DOMAIN_UNIT, does_not_exist, run!(domain_units::get)),
    row("UpdateDomainUnit", messages::DOMAIN_UNIT, does_not_exist, run!(domain_units::update)).repeating(PROSE),
    row("DeleteDomainUnit", messages::DOMAIN_UNIT, not_in_domain, run!(domain_units::delete)),
    row("ListDomainUnitsForParent", messages::DOMAIN_UNIT, does_not_exist, run!(domain_units::list_for_parent)),
    row("CreateProject", messages::PROJECT, does_not_exist, run!(projects::create)),
    row("GetProject", messages::PROJECT, does_not_exist, run!(projects::get)),
    row("ListProjects", messages::PROJECT, does_not_exist, run!(projects::list)),
    row("UpdateProject", messages::PROJECT, does_not_exist, run!(projects::update)).repeating(PROSE),
    row("DeleteProject", messages::PROJECT, not_in_domain, run!(projects::delete)),
    row("CreateProjectMembership", messages::PROJECT, does_not_exist, run!(memberships::create)),
    row("DeleteProjectMembership", messages::PROJECT_MEMBER, not_in_domain, run!(memberships::delete)),
    row("ListProjectMemberships", messages::PROJECT, does_not_exist, run!(memberships::list)),
    row("CreateUserProfile", messages::USER_PROFILE, does_not_exist, run!(people::create_profile)),
    row("UpdateUserProfile", messages::USER_PROFILE, does_not_exist, run!(people::update_profile)),
    row("GetUserProfile", messages::USER_PROFILE, does_not_exist, run!(people::get_profile)),
    row("CreateGlossary", messages::GLOSSARY, does_not_exist, run!(glossaries::create)),
    row("GetGlossary", messages::GLOSSARY, does_not_exist, run!(glossaries::get)),
    row("UpdateGlossary", messages::GLOSSARY, does_not_exist, run!(glossaries::update)).repeating(PROSE),
    row("DeleteGlossary", messages::GLOSSARY, not_in_domain, run!(glossaries::delete)),
    row("CreateGlossaryTerm", messages::GLOSSARY_TERM, does_not_exist, run!(terms::create)),
    row("GetGlossaryTerm", messages::GLOSSARY_TERM, does_not_exist, run!(terms::get)),
    row("UpdateGlossaryTerm", messages::GLOSSARY_TERM, does_not_exist, run!(terms::update)).repeating(&["name", "shortDescription", "longDescription"]),
    row("DeleteGlossaryTerm", messages::GLOSSARY_TERM, not_in_domain, run!(terms::delete)),
    row("CreateFormType", messages::FORM_TYPE, does_not_exist, run!(form_types::create)),
    row("GetFormType", messages::FORM_TYPE, does_not_exist, run!(form_types::get)),
    row("DeleteFormType", messages::FORM_TYPE, not_in_domain, run!(form_types::delete)),
    row("CreateAssetType", messages::ASSET_TYPE, does_not_exist, run!(asset_types::create)),
    row("GetAssetType", messages::ASSET_TYPE, does_not_exist, run!(asset_types::get)),
    row("DeleteAssetType", messages::ASSET_TYPE, not_in_domain, run!(asset_types::delete)),
    row("CreateAsset", messages::ASSET, does_not_exist, run!(assets::create)),
    row("GetAsset", messages::ASSET, does_not_exist, run!(assets::get)),
    row("DeleteAsset", messages::ASSET, does_not_exist, run!(assets::delete)),
    row("CreateAssetRevision", messages::ASSET, does_not_exist, run!(assets::create_revision)).repeating(&["name", "description", "glossaryTerms"]),
    row("ListAssetRevisions", messages::ASSET, does_not_exist, run!(assets::list_revisions)),
    row("CreateDataProduct", messages::DATA_PRODUCT, not_in_domain, run!(data_products::create)),
    row("GetDataProduct", messages::DATA_PRODUCT, not_in_domain, run!(data_products::get)),
    row("DeleteDataProduct", messages::DATA_PRODUCT, not_in_domain, run!(data_products::delete)),
    row("CreateDataProductRevision", messages::DATA_PRODUCT, not_in_domain, run!(data_products::create_revision)).repeating(&["name", "description", "glossaryTerms", "items"]),
    row("ListDataProductRevisions", messages::DATA_PRODUCT, not_in_domain, run!(data_products::list_revisions)),
    row("Search", messages::ASSET, does_not_exist, run!(search::search)),
    row("SearchTypes", messages::ASSET_TYPE, does_not_exist, run!(search_types::search)),
    row("ListTagsForResource", messages::RESOURCE, does_not_exist, run!(tags::list)),
    row("TagResource", messages::RESOURCE, does_not_exist, run!(tags::tag)),
    row("UntagResource", messages::RESOURCE, does_not_exist, run!(tags::untag)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{operations, shapes};

    #[test]
    fn what_is_offered_is_known_described_and_stands_once() {
        for offered in OFFERED {
            assert!(operations::by_name(offered.name).is_some(), "{}", offered.name);
            let shapes = shapes::of_operation(offered.name).unwrap_or_else(|| panic!("{}", offered.name));
            assert_eq!(OFFERED.iter().filter(|other| other.name == offered.name).count(), 1, "{}", offered.name);
            for member in offered.repeatable {
                assert!(shapes.input.member(member).is_some(), "{}: {member}", offered.name);
            }
        }
        assert_eq!(OFFERED.len(), shapes::SHAPES.len());
    }

    #[test]
    fn all_of_tier_1_is_offered() {
        for operation in operations::OPERATIONS.iter().filter(|operation| operation.tier == 1) {
            assert!(by_name(operation.name).is_some(), "{}", operation.name);
        }
    }
}
