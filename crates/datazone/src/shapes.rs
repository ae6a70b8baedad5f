//! What every operation takes and answers, one file per noun: member names, lengths, patterns and enums are those of
//! the service model (2018-05-10 as of botocore 1.44.5).
//!
//! Inputs are open, since newer clients send members that the model did not have; answers are closed.

pub mod asset;
pub mod asset_type;
pub mod common;
pub mod data_product;
pub mod domain;
pub mod domain_unit;
pub mod form_type;
pub mod glossary;
pub mod project;
pub mod search;
pub mod search_types;
pub mod tags;
pub mod term;
pub mod user_profile;

use emporion_edge::shape::Struct;

/// The shapes of one operation.
#[derive(Debug)]
pub struct OperationShapes {
    pub operation: &'static str,
    pub input: &'static Struct,
    /// None where the answer has no body.
    pub output: Option<&'static Struct>,
}

/// The shapes of the operation of that name, if this server describes them.
pub fn of_operation(name: &str) -> Option<&'static OperationShapes> {
    SHAPES.iter().find(|shapes| shapes.operation == name)
}

const fn of(operation: &'static str, input: &'static Struct, output: Option<&'static Struct>) -> OperationShapes {
    OperationShapes { operation, input, output }
}

#[rustfmt::skip]
pub static SHAPES: &[OperationShapes] = &[
    of("CreateDomain", &domain::CREATE_DOMAIN_INPUT, Some(&domain::CREATE_DOMAIN_OUTPUT)),
    of("GetDomain", &domain::GET_DOMAIN_INPUT, Some(&domain::GET_DOMAIN_OUTPUT)),
    of("ListDomains", &domain::LIST_DOMAINS_INPUT, Some(&domain::LIST_DOMAINS_OUTPUT)),
    of("UpdateDomain", &domain::UPDATE_DOMAIN_INPUT, Some(&domain::UPDATE_DOMAIN_OUTPUT)),
    of("DeleteDomain", &domain::DELETE_DOMAIN_INPUT, Some(&domain::DELETE_DOMAIN_OUTPUT)),
    of("CreateDomainUnit", &domain_unit::CREATE_DOMAIN_UNIT_INPUT, Some(&domain_unit::CREATE_DOMAIN_UNIT_OUTPUT)),
    of("GetDomainUnit", &domain_unit::GET_DOMAIN_UNIT_INPUT, Some(&domain_unit::GET_DOMAIN_UNIT_OUTPUT)),
    of("UpdateDomainUnit", &domain_unit::UPDATE_DOMAIN_UNIT_INPUT, Some(&domain_unit::UPDATE_DOMAIN_UNIT_OUTPUT)),
    of("DeleteDomainUnit", &domain_unit::DELETE_DOMAIN_UNIT_INPUT, None),
    of("ListDomainUnitsForParent", &domain_unit::LIST_DOMAIN_UNITS_FOR_PARENT_INPUT, Some(&domain_unit::LIST_DOMAIN_UNITS_FOR_PARENT_OUTPUT)),
    of("CreateProject", &project::CREATE_PROJECT_INPUT, Some(&project::CREATE_PROJECT_OUTPUT)),
    of("GetProject", &project::GET_PROJECT_INPUT, Some(&project::GET_PROJECT_OUTPUT)),
    of("ListProjects", &project::LIST_PROJECTS_INPUT, Some(&project::LIST_PROJECTS_OUTPUT)),
    of("UpdateProject", &project::UPDATE_PROJECT_INPUT, Some(&project::UPDATE_PROJECT_OUTPUT)),
    of("DeleteProject", &project::DELETE_PROJECT_INPUT, None),
    of("CreateProjectMembership", &project::CREATE_PROJECT_MEMBERSHIP_INPUT, Some(&project::CREATE_PROJECT_MEMBERSHIP_OUTPUT)),
    of("DeleteProjectMembership", &project::DELETE_PROJECT_MEMBERSHIP_INPUT, None),
    of("ListProjectMemberships", &project::LIST_PROJECT_MEMBERSHIPS_INPUT, Some(&project::LIST_PROJECT_MEMBERSHIPS_OUTPUT)),
    of("CreateGlossary", &glossary::CREATE_GLOSSARY_INPUT, Some(&glossary::CREATE_GLOSSARY_OUTPUT)),
    of("GetGlossary", &glossary::GET_GLOSSARY_INPUT, Some(&glossary::GET_GLOSSARY_OUTPUT)),
    of("UpdateGlossary", &glossary::UPDATE_GLOSSARY_INPUT, Some(&glossary::UPDATE_GLOSSARY_OUTPUT)),
    of("DeleteGlossary", &glossary::DELETE_GLOSSARY_INPUT, None),
    of("CreateGlossaryTerm", &term::CREATE_GLOSSARY_TERM_INPUT, Some(&term::CREATE_GLOSSARY_TERM_OUTPUT)),
    of("GetGlossaryTerm", &term::GET_GLOSSARY_TERM_INPUT, Some(&term::GET_GLOSSARY_TERM_OUTPUT)),
    of("UpdateGlossaryTerm", &term::UPDATE_GLOSSARY_TERM_INPUT, Some(&term::UPDATE_GLOSSARY_TERM_OUTPUT)),
    of("DeleteGlossaryTerm", &term::DELETE_GLOSSARY_TERM_INPUT, None),
    of("CreateFormType", &form_type::CREATE_FORM_TYPE_INPUT, Some(&form_type::CREATE_FORM_TYPE_OUTPUT)),
    of("GetFormType", &form_type::GET_FORM_TYPE_INPUT, Some(&form_type::GET_FORM_TYPE_OUTPUT)),
    of("DeleteFormType", &form_type::DELETE_FORM_TYPE_INPUT, None),
    of("CreateAssetType", &asset_type::CREATE_ASSET_TYPE_INPUT, Some(&asset_type::CREATE_ASSET_TYPE_OUTPUT)),
    of("GetAssetType", &asset_type::GET_ASSET_TYPE_INPUT, Some(&asset_type::GET_ASSET_TYPE_OUTPUT)),
    of("DeleteAssetType", &asset_type::DELETE_ASSET_TYPE_INPUT, None),
    of("CreateAsset", &asset::CREATE_ASSET_INPUT, Some(&asset::CREATE_ASSET_OUTPUT)),
    of("GetAsset", &asset::GET_ASSET_INPUT, Some(&asset::GET_ASSET_OUTPUT)),
    of("DeleteAsset", &asset::DELETE_ASSET_INPUT, None),
    of("CreateAssetRevision", &asset::CREATE_ASSET_REVISION_INPUT, Some(&asset::CREATE_ASSET_REVISION_OUTPUT)),
    of("ListAssetRevisions", &asset::LIST_ASSET_REVISIONS_INPUT, Some(&asset::LIST_ASSET_REVISIONS_OUTPUT)),
    of("CreateDataProduct", &data_product::CREATE_DATA_PRODUCT_INPUT, Some(&data_product::CREATE_DATA_PRODUCT_OUTPUT)),
    of("GetDataProduct", &data_product::GET_DATA_PRODUCT_INPUT, Some(&data_product::GET_DATA_PRODUCT_OUTPUT)),
    of("DeleteDataProduct", &data_product::DELETE_DATA_PRODUCT_INPUT, None),
    of("CreateDataProductRevision", &data_product::CREATE_DATA_PRODUCT_REVISION_INPUT, Some(&data_product::CREATE_DATA_PRODUCT_REVISION_OUTPUT)),
    of("ListDataProductRevisions", &data_product::LIST_DATA_PRODUCT_REVISIONS_INPUT, Some(&data_product::LIST_DATA_PRODUCT_REVISIONS_OUTPUT)),
    of("CreateUserProfile", &user_profile::CREATE_USER_PROFILE_INPUT, Some(&user_profile::CREATE_USER_PROFILE_OUTPUT)),
    of("UpdateUserProfile", &user_profile::UPDATE_USER_PROFILE_INPUT, Some(&user_profile::UPDATE_USER_PROFILE_OUTPUT)),
    of("GetUserProfile", &user_profile::GET_USER_PROFILE_INPUT, Some(&user_profile::GET_USER_PROFILE_OUTPUT)),
    of("Search", &search::SEARCH_INPUT, Some(&search::SEARCH_OUTPUT)),
    of("SearchTypes", &search_types::SEARCH_TYPES_INPUT, Some(&search_types::SEARCH_TYPES_OUTPUT)),
    of("ListTagsForResource", &tags::LIST_TAGS_FOR_RESOURCE_INPUT, Some(&tags::LIST_TAGS_FOR_RESOURCE_OUTPUT)),
    of("TagResource", &tags::TAG_RESOURCE_INPUT, Some(&tags::TAG_RESOURCE_OUTPUT)),
    of("UntagResource", &tags::UNTAG_RESOURCE_INPUT, Some(&tags::UNTAG_RESOURCE_OUTPUT)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use emporion_edge::shape::{Location, Shape};
    use serde_json::json;

    use super::*;
    use crate::operations;

    #[test]
    fn the_labels_of_a_path_are_exactly_the_path_members() {
        for shapes in SHAPES {
            let path = operations::by_name(shapes.operation).expect(shapes.operation).path;
            let labels: BTreeSet<&str> =
                path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
            let members: BTreeSet<&str> = shapes
                .input
                .members
                .iter()
                .filter(|m| m.place == Location::Path && m.required)
                .map(|m| m.name)
                .collect();
            assert_eq!(labels, members, "{}", shapes.operation);
        }
    }

    #[test]
    fn only_operations_without_content_have_no_output() {
        for shapes in SHAPES {
            let ok = operations::by_name(shapes.operation).expect(shapes.operation).ok;
            assert_eq!(shapes.output.is_none(), ok == 204, "{}", shapes.operation);
        }
    }

    #[test]
    fn every_operation_of_tier_1_has_shapes() {
        for operation in operations::OPERATIONS.iter().filter(|operation| operation.tier == 1) {
            assert!(of_operation(operation.name).is_some(), "{}", operation.name);
        }
    }

    #[test]
    fn the_limits_of_create_data_product_are_those_of_the_seed() {
        let check =
            |body| emporion_edge::check::check(&data_product::CREATE_DATA_PRODUCT_INPUT, Location::Body, &body).len();
        let base = json!({ "name": "n", "owningProjectIdentifier": "p" });
        let with = |name: &str, value: serde_json::Value| {
            let mut body = base.clone();
            body[name] = value;
            check(body)
        };
        assert_eq!(check(base.clone()), 0);
        assert_eq!(with("name", json!("😀".repeat(64))), 0);
        assert_eq!(with("name", json!("😀".repeat(65))), 1);
        assert_eq!(with("description", json!("")), 1);
        assert_eq!(with("glossaryTerms", json!([])), 1);
        assert_eq!(with("formsInput", json!([])), 0);
        assert_eq!(
            with("items", json!([{ "itemType": "ASSET", "identifier": "a", "glossaryTerms": ["t", "u", "v"] }])),
            1
        );
        assert_eq!(with("items", json!([{ "itemType": "TABLE", "identifier": "a" }])), 1);
        assert_eq!(with("later", json!({})), 0);
    }

    #[test]
    fn a_filter_clause_holds_filter_clauses() {
        let clause = json!({ "and": [{ "or": [{ "filter": { "attribute": "name", "value": "x" } }] }] });
        let shape = Shape::Union(&search::FILTER_CLAUSE);
        assert!(emporion_edge::check::check_shape(&shape, &clause, vec![]).is_empty());
        let twice = json!({ "and": [{ "filter": { "attribute": "name" }, "or": [] }] });
        assert_eq!(emporion_edge::check::check_shape(&shape, &twice, vec![]).len(), 2);
    }
}
