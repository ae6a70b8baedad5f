//! Event subscriptions: who is told of what happens, and where.

use emporion_catalog::kinds;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, UUID};

use crate::definition::{NounDef, PLAIN};
use crate::entry::{both, computed, sent};
use crate::has;
use crate::list_of;
use crate::members::*;
use crate::noun::{Completed, Filter, FilterBy, NounHooks};
use crate::subscriptions::{request, served};

pub const ALERT_TYPES: &[&str] =
    &["Notification", "Observability", "ActivityFeed", "GovernanceWorkflowChangeEvent", "Custom"];
const ALERT_TYPE: Member = Member::required("alertType", Shape::Enumeration(ALERT_TYPES));

static TRIGGER: Struct = Struct {
    name: "TriggerConfig",
    open: false,
    members: &[
        Member::required("triggerType", Shape::Enumeration(&["RealTime", "Scheduled"])),
        choice("scheduleInfo", &["Daily", "Weekly", "Monthly", "Custom"]),
        text("cronExpression"),
    ],
};

static ARGUMENT: Struct =
    Struct { name: "Argument", open: false, members: &[text("name"), Member::optional("input", TEXTS)] };
static FILTER: Struct = Struct {
    name: "ArgumentsInput",
    open: false,
    members: &[
        Member::required("name", TEXT),
        choice("effect", &["include", "exclude"]),
        choice("prefixCondition", &["AND", "OR"]),
        Member::optional("arguments", list_of!(ARGUMENT)),
    ],
};
static INPUT: Struct = Struct {
    name: "AlertFilteringInput",
    open: false,
    members: &[Member::optional("filters", list_of!(FILTER)), Member::optional("actions", list_of!(FILTER))],
};

static FILTERING_RULES: Struct = Struct {
    name: "FilteringRules",
    open: false,
    members: &[
        Member::required("resources", TEXTS),
        Member::optional("rules", list(&Shape::Object)),
        Member::optional("actions", list(&Shape::Object)),
    ],
};

static WEBHOOK: Struct = Struct {
    name: "Webhook",
    open: false,
    members: &[
        Member::optional("endpoint", URL),
        object("headers"),
        object("queryParams"),
        choice("httpMethod", &["POST", "PUT"]),
        object("authType"),
        // What older clients say in the place of `authType`.
        text("secretKey"),
        Member::optional("receivers", TEXTS),
        boolean("sendToAdmins"),
        boolean("sendToOwners"),
        boolean("sendToFollowers"),
    ],
};

pub static DESTINATION: Struct = Struct {
    name: "SubscriptionDestination",
    open: false,
    members: &[
        Member::optional("id", UUID),
        Member::required(
            "category",
            Shape::Enumeration(&[
                "Users",
                "Teams",
                "Admins",
                "Assignees",
                "Owners",
                "Mentions",
                "Followers",
                "External",
            ]),
        ),
        Member::required(
            "type",
            Shape::Enumeration(&[
                "Webhook",
                "Slack",
                "MsTeams",
                "GChat",
                "Email",
                "ActivityFeed",
                "GovernanceWorkflowChangeEvent",
            ]),
        ),
        object("statusDetails"),
        Member::optional("timeout", SECONDS),
        Member::optional("readTimeout", SECONDS),
        boolean("enabled"),
        structure("config", &WEBHOOK),
        boolean("notifyDownstream"),
        count("downstreamDepth"),
    ],
};
const SECONDS: Shape = Shape::Integer { min: 1, max: 60 };
const DESTINATIONS: Member = Member::optional("destinations", list_of!(DESTINATION));

pub const NOUN: NounDef = NounDef {
    kind: kinds::EVENT_SUBSCRIPTION,
    entity_type: "eventsubscription",
    collection: "events/subscriptions",
    tag: "Events",
    members: &[&[
        has::NOT_IMPERSONATED,
        both(ALERT_TYPE),
        both(DESTINATIONS).always(),
        both(text("className")),
        has::OWNERS,
        both(structure("trigger", &TRIGGER)),
        // Requests say which types; answers have them among the rules.
        sent(Member::optional("resources", TEXTS)),
        computed(structure("filteringRules", &FILTERING_RULES)).named(),
        both(boolean("enabled")),
        both(count("batchSize")),
        has::PROVIDER,
        both(count("retries")),
        both(count("pollInterval")),
        both(structure("input", &INPUT)),
        // There are no templates: nothing refers to one.
        computed(reference("notificationTemplate")).asked_as(reference_input("notificationTemplate")).passing().fixed(),
        has::UNFILTERED_DOMAINS,
        both(object("config")),
    ]],
    filters: &[Filter { name: "alertType", by: FilterBy::Text("alert_type") }],
    soft_delete: false,
    aside: true,
    hooks: NounHooks {
        complete: request::complete,
        changed: |context, members| request::changed(context.deliveries, members),
        admit: |context, _, body| request::check_reach(context.deliveries, body.get(DESTINATIONS.name)),
        shown: Some(Completed {
            member: DESTINATIONS.name,
            with: |view, value| served::say(&view.record.body.clone().into(), value),
        }),
    },
    ..PLAIN
};
