//! Databases of a service.

use emporion_catalog::kinds;

use crate::connection::DATABASE;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, computed, shown, under};
use crate::has;
use crate::members::{boolean, object, reference, references};

pub const NOUN: NounDef = NounDef {
    kind: kinds::DATABASE,
    entity_type: "database",
    collection: "databases",
    tag: "Databases",
    members: &[
        &[
            under("service", "database_service"),
            has::service_type(&DATABASE),
            both(boolean("default")),
            computed(reference("location")).gated(),
            has::USAGE,
            computed(references("databaseSchemas")).gated().fixed(),
            shown(object("databaseProfilerConfig")).gated(),
            has::RETENTION,
        ],
        has::DESCRIBED,
        has::CRAWLED,
    ],
    ..PLAIN
};
