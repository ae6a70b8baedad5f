//! Database services: connections to databases and warehouses.

use emporion_edge::shape::Struct;

use super::service::{self, CONNECTION_MEMBER, INGESTION_RUNNER, TEST_RESULT_MEMBER, service_type};
use crate::connection::DATABASE;
use crate::members::*;
use crate::noun::{DomainEcho, Noun, Parentage};

pub static CREATE: Struct = Struct {
    name: "CreateDatabaseService",
    open: false,
    members: &[
        NAME,
        service_type(DATABASE.accepted()),
        DISPLAY_NAME,
        DESCRIPTION,
        TAGS_INPUT,
        STYLE,
        CONNECTION_MEMBER,
        OWNERS_INPUT,
        DATA_PRODUCTS_INPUT,
        DOMAINS_INPUT,
        DOMAIN_INPUT,
        INGESTION_RUNNER,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "DatabaseService",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        service_type(DATABASE.types()),
        FQN,
        DISPLAY_NAME,
        DESCRIPTION,
        CONNECTION_MEMBER,
        references("pipelines"),
        TEST_RESULT_MEMBER,
        TAGS,
        STYLE,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        OWNERS,
        HREF,
        FOLLOWERS,
        CHANGE,
        INCREMENTAL_CHANGE,
        DELETED,
        ENTITY_STATUS,
        DATA_PRODUCTS,
        DATA_CONTRACT,
        DOMAINS,
        // Only in the answer to a request that used it.
        text("domain"),
        INGESTION_RUNNER,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "database_service",
    entity_type: "databaseService",
    collection: "services/databaseServices",
    tag: "Database Services",
    create: &CREATE,
    entity: &ENTITY,
    fields: service::FIELDS,
    always: &[],
    filters: service::FILTERS,
    place: Parentage::Root,
    ancestors: &[],
    references: service::REFERENCES,
    counts: &[],
    computed: service::COMPUTED,
    request_only: service::REQUEST_ONLY,
    protected: service::PROTECTED,
    domain_echo: Some(DomainEcho::Fqn),
    soft_delete: true,
    rename: false,
    moves: false,
};
