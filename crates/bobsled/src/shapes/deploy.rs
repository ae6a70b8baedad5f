//! Deploy: what is asked, and the ten counters that are always answered.

use emporion_edge::shape::{Member, Shape, Struct, Text, UUID};
use emporion_products::shapes::{COUNT, TIME_OR_NULL, UUID_OR_NULL};

pub static REQUEST: Struct = Struct {
    name: "DeployRequest",
    members: &[
        Member::optional("dryRun", Shape::Boolean),
        Member::optional("message", Shape::Text(Text::between(0, 500))),
        Member::optional("expectedVersion", COUNT),
    ],
    open: true,
};

static PROMOTED_AND_DELETED: Struct = Struct {
    name: "DeployedAndDeleted",
    members: &[Member::required("promoted", COUNT), Member::required("deleted", COUNT)],
    open: false,
};

static PROMOTED: Struct = Struct { name: "Deployed", members: &[Member::required("promoted", COUNT)], open: false };

static DRAFTS_REMOVED: Struct =
    Struct { name: "DraftsRemoved", members: &[Member::required("draftsRemoved", COUNT)], open: false };

static DRAFT_DELETED: Struct =
    Struct { name: "DraftDeleted", members: &[Member::required("deleted", Shape::Boolean)], open: false };

pub static RESULTS: Struct = Struct {
    name: "DeployResults",
    members: &[
        Member::required("dataAssets", Shape::Struct(&PROMOTED_AND_DELETED)),
        Member::required("dataModels", Shape::Struct(&PROMOTED_AND_DELETED)),
        Member::required("compositions", Shape::Struct(&PROMOTED_AND_DELETED)),
        Member::required("unstructuredAssets", Shape::Struct(&PROMOTED_AND_DELETED)),
        Member::required("semanticModelTables", Shape::Struct(&PROMOTED)),
        Member::required("semanticModelRelationships", Shape::Struct(&PROMOTED)),
        Member::required("semanticModelMetrics", Shape::Struct(&PROMOTED)),
        Member::required("verifiedQueries", Shape::Struct(&PROMOTED)),
        Member::required("frontPageConfigs", Shape::Struct(&DRAFTS_REMOVED)),
        Member::required("semanticModelV2Draft", Shape::Struct(&DRAFT_DELETED)),
    ],
    open: false,
};

static VALIDATION: Struct = Struct {
    name: "DeployValidation",
    members: &[
        Member::required("errors", Shape::List { of: &Shape::Object, min: 0, max: usize::MAX }),
        Member::required("warnings", Shape::List { of: &Shape::Object, min: 0, max: usize::MAX }),
    ],
    open: false,
};

pub static DEPLOYED: Struct = Struct {
    name: "DeployAnswer",
    members: &[
        Member::required("dataProductId", UUID),
        Member::required("deployedAt", TIME_OR_NULL),
        Member::required("deployedBy", UUID_OR_NULL),
        Member::required("results", Shape::Struct(&RESULTS)),
        Member::optional("validation", Shape::Struct(&VALIDATION)),
    ],
    open: false,
};
