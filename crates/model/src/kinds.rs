//! The kinds that Emporion ships: one file each, one line each in this table.

pub mod access_request;
pub mod account;
pub mod asset;
pub mod asset_type;
pub mod bot;
pub mod chart;
pub mod chat_message;
pub mod chat_thread;
pub mod classification;
pub mod column;
pub mod composition;
pub mod dashboard;
pub mod dashboard_data_model;
pub mod dashboard_service;
pub mod data_product;
pub mod database;
pub mod database_schema;
pub mod database_service;
pub mod document_content;
pub mod document_passages;
pub mod domain;
pub mod draft;
pub mod event_subscription;
pub mod followed_question;
pub mod form_type;
pub mod front_page;
pub mod glossary;
pub mod glossary_term;
pub mod ingestion_pipeline;
pub mod metric;
pub mod notice_choice;
pub mod pipeline;
pub mod pipeline_service;
pub mod policy;
pub mod query;
pub mod role;
pub mod saved_search;
pub mod semantic_model;
pub mod setting;
pub mod shared;
pub mod skill;
pub mod skill_version;
pub mod stored_procedure;
pub mod system_prompt;
pub mod table;
pub mod tag;
pub mod team;
pub mod test_case;
pub mod test_definition;
pub mod test_suite;
pub mod unstructured_asset;
pub mod user;
pub mod verified_query;

use crate::kind::{Kind, KindDef};

macro_rules! kinds {
    ($($module:ident::$name:ident,)*) => {
        $(pub const $name: Kind = Kind(&$module::$name);)*
        /// Every kind, for loops.
        pub const ALL: &[&KindDef] = &[$($name.0),*];
    };
}

kinds! {
    account::ACCOUNT,
    domain::DOMAIN,
    data_product::DATA_PRODUCT,
    database_service::DATABASE_SERVICE,
    pipeline_service::PIPELINE_SERVICE,
    dashboard_service::DASHBOARD_SERVICE,
    database::DATABASE,
    database_schema::DATABASE_SCHEMA,
    table::TABLE,
    test_definition::TEST_DEFINITION,
    test_suite::TEST_SUITE,
    test_case::TEST_CASE,
    stored_procedure::STORED_PROCEDURE,
    query::QUERY,
    pipeline::PIPELINE,
    dashboard::DASHBOARD,
    chart::CHART,
    dashboard_data_model::DASHBOARD_DATA_MODEL,
    ingestion_pipeline::INGESTION_PIPELINE,
    metric::METRIC,
    user::USER,
    team::TEAM,
    bot::BOT,
    role::ROLE,
    policy::POLICY,
    classification::CLASSIFICATION,
    tag::TAG,
    glossary::GLOSSARY,
    glossary_term::GLOSSARY_TERM,
    form_type::FORM_TYPE,
    asset_type::ASSET_TYPE,
    asset::ASSET,
    draft::DRAFT,
    semantic_model::SEMANTIC_MODEL,
    verified_query::VERIFIED_QUERY,
    system_prompt::SYSTEM_PROMPT,
    front_page::FRONT_PAGE,
    composition::COMPOSITION,
    unstructured_asset::UNSTRUCTURED_ASSET,
    document_content::DOCUMENT_CONTENT,
    document_passages::DOCUMENT_PASSAGES,
    chat_thread::CHAT_THREAD,
    chat_message::CHAT_MESSAGE,
    skill::SKILL,
    skill_version::SKILL_VERSION,
    event_subscription::EVENT_SUBSCRIPTION,
    access_request::ACCESS_REQUEST,
    saved_search::SAVED_SEARCH,
    notice_choice::NOTICE_CHOICE,
    followed_question::FOLLOWED_QUESTION,
    setting::SETTING,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::ALL;
    use crate::facet::Facet;
    use crate::field::{self, Field};
    use crate::kind::{Asset, Kind, Origin};
    use crate::relation;

    fn fields(kind: Kind) -> Vec<Field> {
        let facets = [(Facet::Extension, &field::EXTENSION), (Facet::Forms, &field::FORMS)];
        kind.fields().chain(facets.into_iter().filter(|(f, _)| kind.has_facet(*f)).map(|(_, f)| f)).copied().collect()
    }

    #[test]
    fn what_comes_from_domains_comes_to_kinds_that_are_in_some() {
        for def in ALL {
            let kind = Kind(def);
            assert!(def.inherits_from == Origin::Above || kind.has(relation::IN_DOMAIN), "{kind}");
            assert!(def.inherits_silently.iter().all(|relation| kind.has(*relation)), "{kind}");
        }
    }

    #[test]
    fn every_sample_passes_its_own_checks() {
        for def in ALL {
            let sample = (def.sample)();
            let body = sample.as_object().expect("a sample is an object");
            assert_eq!(field::check_body(&fields(Kind(def)), body), [], "{}", def.name);
        }
    }

    #[test]
    fn names_of_kinds_fields_and_relations_are_unique() {
        let mut kinds = HashSet::new();
        for def in ALL {
            assert!(kinds.insert(def.name), "{} stands twice", def.name);
            let mut names = HashSet::new();
            for field in fields(Kind(def)) {
                assert!(names.insert(field.name), "{}.{} stands twice", def.name, field.name);
            }
            let mut relations = HashSet::new();
            for relation in Kind(def).relations() {
                assert!(relations.insert(relation.name()), "{}: {} stands twice", def.name, relation.name());
            }
        }
    }

    #[test]
    fn what_lineage_is_kept_of_is_an_asset_or_a_product() {
        for def in ALL {
            let is_asset = def.asset != Asset::No;
            let has_lineage = Kind(def).has_facet(Facet::Lineage);
            assert_eq!(has_lineage, is_asset || def.name == "data_product", "{}: say what asset it is", def.name);
            let holds = ALL.iter().any(|other| !other.part && other.parents.contains(&def.name));
            assert!(def.asset != Asset::Item || !holds, "{} contains others", def.name);
        }
    }

    #[test]
    fn parents_and_targets_are_registered_kinds() {
        let known: HashSet<&str> = ALL.iter().map(|def| def.name).collect();
        for def in ALL {
            assert!(def.parents.iter().all(|parent| known.contains(parent)), "{}", def.name);
            assert!(!def.parent_required || !def.parents.is_empty(), "{}", def.name);
        }
        for relation in relation::ALL {
            assert!(relation.0.to.iter().all(|kind| known.contains(kind)), "{}", relation.name());
            assert_eq!(relation::by_name(relation.name()), Some(*relation));
        }
    }
}
