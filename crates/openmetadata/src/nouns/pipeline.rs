//! Pipelines of an orchestrator, with their tasks.

use emporion_edge::shape::{Member, Shape, Struct, TEXT};

use crate::connection::PIPELINE;
use crate::list_of;
use crate::members::*;
use crate::noun::{Ancestor, Filter, FilterBy, Noun, Parent, Parentage};

const RUN_STATES: &[&str] = &["Successful", "Failed", "Pending", "Skipped"];
const STATE: Member = choice("state", &["Active", "Inactive"]);
const CONCURRENCY: Member = integer("concurrency");
const LOCATION: Member = text("pipelineLocation");
const START: Member = Member::optional("startDate", DATE_TIME);
const SCHEDULE: Member = text("scheduleInterval");

const TASK_NAME: Member = Member::required("name", Shape::Text(emporion_edge::shape::Text::between(1, 3072)));

static TASK_INPUT: Struct = Struct {
    name: "TaskInput",
    open: false,
    members: &[
        TASK_NAME,
        DISPLAY_NAME,
        FQN,
        DESCRIPTION,
        SOURCE_URL,
        Member::optional("downstreamTasks", TEXTS),
        text("taskType"),
        text("taskSQL"),
        text("startDate"),
        text("endDate"),
        TAGS_INPUT,
        // Kept and shown as they come.
        OWNERS,
    ],
};

static TASK: Struct = Struct {
    name: "Task",
    open: false,
    members: &[
        TASK_NAME,
        DISPLAY_NAME,
        FQN,
        DESCRIPTION,
        SOURCE_URL,
        Member::optional("downstreamTasks", TEXTS),
        text("taskType"),
        text("taskSQL"),
        text("startDate"),
        text("endDate"),
        TAGS,
        OWNERS,
    ],
};

static TASK_STATUS: Struct = Struct {
    name: "TaskStatus",
    open: false,
    members: &[
        Member::required("name", TEXT),
        Member::required("executionStatus", Shape::Enumeration(RUN_STATES)),
        Member::optional("startTime", MILLIS),
        Member::optional("endTime", MILLIS),
        Member::optional("logLink", URL),
        object("metrics"),
    ],
};

/// One run; also the body of `PUT /pipelines/{fqn}/status`.
pub static STATUS: Struct = Struct {
    name: "PipelineStatus",
    open: false,
    members: &[
        Member::required("timestamp", MILLIS),
        Member::required("executionStatus", Shape::Enumeration(RUN_STATES)),
        Member::optional("taskStatus", list_of!(TASK_STATUS)),
        text("executionId"),
        Member::optional("endTime", MILLIS),
        text("version"),
        object("parameters"),
        reference("executedBy"),
        Member::optional("inputs", list(&Shape::Json)),
        Member::optional("outputs", list(&Shape::Json)),
        object("metrics"),
        object("error"),
    ],
};

pub static CREATE: Struct = Struct {
    name: "CreatePipeline",
    open: false,
    members: &[
        NAME,
        fqn_required("service"),
        DISPLAY_NAME,
        DESCRIPTION,
        DATA_PRODUCTS_INPUT,
        SOURCE_URL,
        CONCURRENCY,
        LOCATION,
        START,
        Member::optional("tasks", list_of!(TASK_INPUT)),
        STATE,
        TAGS_INPUT,
        OWNERS_INPUT,
        EXTENSION,
        SCHEDULE,
        DOMAINS_INPUT,
        DOMAIN_INPUT,
        LIFE_CYCLE,
        SOURCE_HASH,
    ],
};

pub static ENTITY: Struct = Struct {
    name: "Pipeline",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        reference_required("service"),
        DISPLAY_NAME,
        FQN,
        DESCRIPTION,
        DATA_PRODUCTS,
        DATA_CONTRACT,
        VERSION,
        UPDATED_AT,
        UPDATED_BY,
        IMPERSONATED_BY,
        SOURCE_URL,
        CONCURRENCY,
        LOCATION,
        START,
        Member::optional("endDate", DATE_TIME),
        Member::optional("tasks", list_of!(TASK)),
        structure("pipelineStatus", &STATUS),
        STATE,
        FOLLOWERS,
        TAGS,
        HREF,
        OWNERS,
        choice("serviceType", PIPELINE.types()),
        USAGE_SUMMARY,
        CHANGE,
        INCREMENTAL_CHANGE,
        DELETED,
        EXTENSION,
        SCHEDULE,
        DOMAINS,
        VOTES,
        LIFE_CYCLE,
        CERTIFICATION,
        SOURCE_HASH,
        ENTITY_STATUS,
    ],
};

pub const NOUN: Noun = Noun {
    kind: "pipeline",
    entity_type: "pipeline",
    collection: "pipelines",
    tag: "Pipelines",
    create: &CREATE,
    entity: &ENTITY,
    fields: &[
        "owners",
        "tasks",
        "pipelineStatus",
        "followers",
        "tags",
        "certification",
        "extension",
        "scheduleInterval",
        "domains",
        "sourceHash",
        "lifeCycle",
        "dataProducts",
        "votes",
        "usageSummary",
    ],
    always: &["sourceHash", "scheduleInterval"],
    filters: &[
        Filter { name: "service", by: FilterBy::Ancestor(&["pipeline_service"]) },
        Filter { name: "domain", by: FilterBy::Domain },
    ],
    place: Parentage::Under { members: &[Parent { member: "service", kind: "pipeline_service" }], required: true },
    ancestors: &[Ancestor { member: "service", kind: "pipeline_service", direct: false }],
    references: &[OWNERS_REF, TAGS_REF, DOMAINS_REF, DATA_PRODUCTS_REF, FOLLOWERS_REF, VOTES_REF],
    counts: &[],
    computed: &["tasks", "serviceType", "dataContract"],
    request_only: &["domain"],
    protected: &["serviceType", "pipelineStatus", "usageSummary", "followers", "votes"],
    domain_echo: None,
    soft_delete: true,
    rename: false,
    moves: false,
};
