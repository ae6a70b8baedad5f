//! Schemas of a database.

use emporion_catalog::kinds;

use crate::connection::DATABASE;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{above, computed, shown, under};
use crate::has;
use crate::members::{object, references};

pub const NOUN: NounDef = NounDef {
    kind: kinds::DATABASE_SCHEMA,
    entity_type: "databaseSchema",
    collection: "databaseSchemas",
    tag: "Database Schemas",
    members: &[
        &[
            under("database", "database"),
            above("service", "database_service").always(),
            has::service_type(&DATABASE),
            computed(references("tables")).gated().fixed(),
            has::USAGE,
            shown(object("databaseSchemaProfilerConfig")).gated(),
            has::RETENTION,
        ],
        has::DESCRIBED,
        has::CRAWLED,
    ],
    ..PLAIN
};
