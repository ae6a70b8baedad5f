//! Database services: connections to databases, and what was found behind them.

use emporion_catalog::kinds;

use super::service;
use crate::connection::DATABASE;
use crate::definition::{NounDef, PLAIN};
use crate::noun::DomainEcho;

pub const NOUN: NounDef = NounDef {
    kind: kinds::DATABASE_SERVICE,
    entity_type: "databaseService",
    collection: "services/databaseServices",
    tag: "Database Services",
    members: &[&[service::service_type(&DATABASE)], service::MEMBERS],
    domain_echo: Some(DomainEcho::Fqn),
    ..PLAIN
};
