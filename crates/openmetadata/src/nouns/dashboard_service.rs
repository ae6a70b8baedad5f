//! Dashboard services: connections to tools that show data to people.

use emporion_catalog::kinds;

use super::service;
use crate::connection::DASHBOARD;
use crate::definition::{NounDef, PLAIN};
use crate::noun::DomainEcho;

pub const NOUN: NounDef = NounDef {
    kind: kinds::DASHBOARD_SERVICE,
    entity_type: "dashboardService",
    collection: "services/dashboardServices",
    tag: "Dashboard Services",
    members: &[&[service::service_type(&DASHBOARD)], service::MEMBERS],
    domain_echo: Some(DomainEcho::Fqn),
    ..PLAIN
};
