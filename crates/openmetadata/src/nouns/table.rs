//! Tables and views of a database schema.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape};

use super::column_shape::{self, COLUMNS, COLUMNS_INPUT, TABLE_CONSTRAINTS, TABLE_PARTITION};
use crate::connection::DATABASE;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{above, accepted, both, computed, shown, under};
use crate::has;
use crate::members::*;
use crate::noun::{Filter, FilterBy};

const TYPE: Member = choice(
    "tableType",
    &[
        "Regular",
        "External",
        "Dynamic",
        "View",
        "SecureView",
        "MaterializedView",
        "Iceberg",
        "Local",
        "Partitioned",
        "Foreign",
        "Transient",
        "Stream",
        "Stage",
        "SemanticView",
    ],
);
#[rustfmt::skip]
const FILE_FORMAT: Member = choice("fileFormat", &[
    "csv", "csv.gz", "tsv", "avro", "parquet", "pq", "pqt", "parq", "parquet.snappy", "json", "json.gz", "json.zip",
    "jsonl", "jsonl.gz", "jsonl.zip", "MF4",
]);

pub const NOUN: NounDef = NounDef {
    kind: kinds::TABLE,
    entity_type: "table",
    collection: "tables",
    tag: "Tables",
    members: &[
        &[
            under("databaseSchema", "database_schema").shown_as(reference("databaseSchema")),
            above("database", "database"),
            above("service", "database_service"),
            has::service_type(&DATABASE),
            both(Member::required("columns", COLUMNS)).asked_as(Member::required("columns", COLUMNS_INPUT)).named(),
            both(TYPE),
            // What a crawler sent about the table itself is small and always shown; clients compare it without asking
            // for it.
            both(TABLE_CONSTRAINTS).named(),
            both(TABLE_PARTITION).named(),
            both(text("schemaDefinition")).named(),
            // The name that it had.
            accepted("viewDefinition"),
            both(Member::optional("aliases", TEXTS)),
            both(text("locationPath")),
            both(structure("dataModel", &column_shape::DATA_MODEL)).gated(),
            both(object("tableProfilerConfig")).gated(),
            both(FILE_FORMAT),
            has::RETENTION,
            shown(object("joins")).gated().fixed(),
            shown(object("sampleData")).gated().fixed(),
            shown(object("profile")).gated().fixed(),
            has::USAGE,
            computed(reference("location")).gated(),
            computed(Member::optional("customMetrics", list(&Shape::Object))).gated(),
            computed(reference("testSuite")).gated(),
            computed(Member::optional("queries", TEXTS)).gated(),
            computed(Member::optional("pipelineObservability", list(&Shape::Object))).gated(),
            computed(boolean("compressionEnabled")),
            computed(text("compressionCodec")),
            computed(object("compressionStrategy")),
            shown(PROCESSED_LINEAGE),
        ],
        has::DESCRIBED,
        has::CRAWLED,
    ],
    filters: &[Filter { name: "includeEmptyTestSuite", by: FilterBy::Nothing }],
    ..PLAIN
};
