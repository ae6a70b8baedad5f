//! The kinds that Emporion ships: one file each, one line each in this table.

pub mod account;
pub mod asset;
pub mod asset_type;
pub mod bot;
pub mod classification;
pub mod column;
pub mod data_product;
pub mod database;
pub mod database_schema;
pub mod database_service;
pub mod domain;
pub mod draft;
pub mod form_type;
pub mod glossary;
pub mod glossary_term;
pub mod pipeline;
pub mod pipeline_service;
pub mod policy;
pub mod role;
pub mod shared;
pub mod table;
pub mod tag;
pub mod team;
pub mod user;

use crate::kind::KindDef;

pub const ALL: &[&KindDef] = &[
    &account::ACCOUNT,
    &domain::DOMAIN,
    &data_product::DATA_PRODUCT,
    &database_service::DATABASE_SERVICE,
    &pipeline_service::PIPELINE_SERVICE,
    &database::DATABASE,
    &database_schema::DATABASE_SCHEMA,
    &table::TABLE,
    &pipeline::PIPELINE,
    &user::USER,
    &team::TEAM,
    &bot::BOT,
    &role::ROLE,
    &policy::POLICY,
    &classification::CLASSIFICATION,
    &tag::TAG,
    &glossary::GLOSSARY,
    &glossary_term::GLOSSARY_TERM,
    &form_type::FORM_TYPE,
    &asset_type::ASSET_TYPE,
    &asset::ASSET,
    &draft::DRAFT,
];
