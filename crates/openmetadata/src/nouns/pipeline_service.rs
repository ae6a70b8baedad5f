//! Pipeline services: connections to orchestrators.

use emporion_catalog::kinds;

use super::service;
use crate::connection::PIPELINE;
use crate::definition::{NounDef, PLAIN};
use crate::entry::sent;
use crate::members::{LIFE_CYCLE, text};
use crate::noun::DomainEcho;

pub const NOUN: NounDef = NounDef {
    kind: kinds::PIPELINE_SERVICE,
    entity_type: "pipelineService",
    collection: "services/pipelineServices",
    tag: "Pipeline Services",
    members: &[
        // The last two are kept, although the entity has no members that show them.
        &[service::service_type(&PIPELINE), sent(text("scheduleInterval")), sent(LIFE_CYCLE)],
        service::MEMBERS,
    ],
    domain_echo: Some(DomainEcho::Fqn),
    ..PLAIN
};
