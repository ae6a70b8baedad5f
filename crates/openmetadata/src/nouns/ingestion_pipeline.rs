//! Ingestion pipelines: what is to be read of a service, and how often.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape, Struct};

use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, computed, shown, under_any};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::noun::{Filter, FilterBy};

#[rustfmt::skip]
const TYPES: &[&str] = &[
    "metadata", "usage", "lineage", "profiler", "autoClassification", "TestSuite", "dataInsight", "elasticSearchReindex",
    "dbt", "application", "policyAgent",
];
/// The configuration is the connector's own affair.
static SOURCE_CONFIG: Struct = Struct { name: "SourceConfig", open: false, members: &[object("config")] };

#[rustfmt::skip]
static AIRFLOW: Struct = Struct { name: "AirflowConfig", open: false, members: &[
    boolean("pausePipeline"), boolean("pipelineCatchup"), text("startDate"), text("endDate"), text("pipelineTimezone"),
    text("scheduleInterval"), text("workflowDefaultView"), text("workflowDefaultViewOrientation"), text("email"),
    count("concurrency"), count("retries"), count("retryDelay"), count("maxActiveRuns"), count("workflowTimeout"),
] };

/// One run; also the body of `PUT …/{fqn}/pipelineStatus`.
pub static STATUS: Struct = Struct {
    name: "IngestionPipelineStatus",
    open: false,
    members: &[
        text("runId"),
        choice("pipelineState", &["queued", "success", "failed", "running", "partialSuccess", "stopped"]),
        Member::optional("startDate", MILLIS),
        Member::optional("timestamp", MILLIS),
        Member::optional("endDate", MILLIS),
        Member::optional("status", list(&Shape::Object)),
        object("config"),
        object("metadata"),
    ],
};

pub const NOUN: NounDef = NounDef {
    kind: kinds::INGESTION_PIPELINE,
    entity_type: "ingestionPipeline",
    collection: "services/ingestionPipelines",
    tag: "Ingestion Pipelines",
    members: &[&[
        under_any("service", kinds::INGESTION_PIPELINE.0.parents),
        both(Member::required("pipelineType", Shape::Enumeration(TYPES))).filtered(FilterBy::Text("pipeline_type")),
        both(Member::required("sourceConfig", Shape::Struct(&SOURCE_CONFIG))),
        both(Member::required("airflowConfig", Shape::Struct(&AIRFLOW))),
        both(choice("loggerLevel", &["DEBUG", "INFO", "WARN", "ERROR"])),
        both(boolean("raiseOnError")),
        both(boolean("enableStreamableLogs")),
        both(reference("processingEngine")),
        shown(boolean("deployed")),
        shown(boolean("enabled")),
        // Applications and test suites have no pipelines here.
        computed(text("applicationType")).fixed().filtered(FilterBy::Unheld),
        computed(reference("ingestionRunner")).fixed(),
        computed(object("openMetadataServerConnection")).fixed(),
        shown(Member::optional("pipelineStatuses", list_of!(STATUS))).gated().fixed(),
        has::OWNERS,
        has::DOMAINS,
        has::FOLLOWERS,
        has::PROVIDER.filtered(FilterBy::TextOr("provider", "user")),
    ]],
    filters: &[
        Filter { name: "serviceType", by: FilterBy::ParentType },
        Filter { name: "testSuite", by: FilterBy::Unheld },
    ],
    ..PLAIN
};
