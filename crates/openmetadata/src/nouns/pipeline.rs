//! Pipelines of an orchestrator, with their tasks.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape, Struct, TEXT};

use crate::connection::PIPELINE;
use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, shown, under};
use crate::has;
use crate::list_of;
use crate::members::*;

const RUN_STATES: &[&str] = &["Successful", "Failed", "Pending", "Skipped"];

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

pub const NOUN: NounDef = NounDef {
    kind: kinds::PIPELINE,
    entity_type: "pipeline",
    collection: "pipelines",
    tag: "Pipelines",
    members: &[
        &[
            under("service", "pipeline_service"),
            has::service_type(&PIPELINE),
            both(integer("concurrency")),
            both(text("pipelineLocation")),
            both(Member::optional("startDate", DATE_TIME)),
            shown(Member::optional("endDate", DATE_TIME)),
            both(choice("state", &["Active", "Inactive"])),
            both(text("scheduleInterval")).named(),
            both(Member::optional("tasks", list_of!(TASK)))
                .asked_as(Member::optional("tasks", list_of!(TASK_INPUT)))
                .gated(),
            shown(structure("pipelineStatus", &STATUS)).gated().fixed(),
            has::USAGE,
        ],
        has::DESCRIBED,
        has::CRAWLED,
    ],
    ..PLAIN
};
