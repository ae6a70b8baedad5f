//! Routines that a database keeps.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape};

use crate::connection::DATABASE;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{above, both, computed, shown, under};
use crate::has;
use crate::members::*;

const TYPES: &[&str] = &["StoredProcedure", "UDF", "StoredPackage", "Function"];

pub const NOUN: NounDef = NounDef {
    kind: kinds::STORED_PROCEDURE,
    entity_type: "storedProcedure",
    collection: "storedProcedures",
    tag: "Stored Procedures",
    members: &[
        &[
            under("databaseSchema", "database_schema").shown_as(reference("databaseSchema")),
            above("database", "database"),
            above("service", "database_service"),
            has::service_type(&DATABASE),
            both(Member::required("storedProcedureCode", Shape::Struct(&CODE))),
            both(choice("storedProcedureType", TYPES)),
            computed(text("code")).fixed(),
            shown(PROCESSED_LINEAGE),
        ],
        has::DESCRIBED,
        has::CRAWLED,
    ],
    ..PLAIN
};
