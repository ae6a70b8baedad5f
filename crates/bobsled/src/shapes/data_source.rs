//! Data sources of an account: databases and files that products take their tables from.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, UUID};
use emporion_products::shapes::{COUNT, DESCRIPTION, FLAG_OR_NULL, NAME, TEXT_OR_NULL, TIME, TIME_OR_NULL};

use crate::shapes::common::{CURSOR, INCLUDE_TOTAL, LIMIT};

pub static CREATE: Struct = Struct {
    name: "DataSourceCreate",
    members: &[
        Member::required("name", NAME),
        Member::required("type", Shape::Enumeration(emporion_products::source_type::TYPES)),
        Member::required("connectionConfig", Shape::Object),
        Member::optional("description", DESCRIPTION),
        Member::optional("isDefault", Shape::Boolean),
    ],
    open: true,
};

pub static PATCH: Struct = Struct {
    name: "DataSourcePatch",
    members: &[
        Member::optional("name", NAME),
        Member::optional("connectionConfig", Shape::Object),
        Member::optional("description", DESCRIPTION),
        Member::optional("isDefault", Shape::Boolean),
    ],
    open: true,
};

static CONNECTION_STATUS: Struct = Struct {
    name: "ConnectionStatus",
    members: &[Member::required("success", FLAG_OR_NULL), Member::required("lastTestedAt", TIME_OR_NULL)],
    open: false,
};

pub static DATA_SOURCE: Struct = Struct {
    name: "DataSource",
    members: &[
        Member::required("id", UUID),
        Member::required("name", TEXT),
        Member::required("type", TEXT),
        Member::required("isDefault", Shape::Boolean),
        Member::required("description", TEXT_OR_NULL),
        // Only where one data source is read.
        Member::optional("connectionConfig", Shape::Object),
        Member::required("connectionStatus", Shape::Struct(&CONNECTION_STATUS)),
        Member::required("createdAt", TIME),
        Member::required("updatedAt", TIME),
        Member::required("createdBy", TEXT),
    ],
    open: true,
};

pub static ONE: Struct = Struct {
    name: "DataSourceAnswer",
    members: &[Member::required("dataSource", Shape::Struct(&DATA_SOURCE))],
    open: false,
};

pub static LIST: Struct = Struct {
    name: "DataSourceList",
    members: &[
        Member::required("dataSources", Shape::List { of: &Shape::Struct(&DATA_SOURCE), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: false,
};

pub const LIST_QUERY: &[Member] = &[LIMIT, CURSOR, INCLUDE_TOTAL];

/// Settings to try before they are kept.
pub static ATTEMPT: Struct = Struct {
    name: "ConnectionAttempt",
    members: &[
        Member::optional("type", Shape::Enumeration(emporion_products::source_type::TYPES)),
        Member::required("connectionConfig", Shape::Object),
    ],
    open: true,
};

pub static ATTEMPTED: Struct = Struct {
    name: "ConnectionAttempted",
    members: &[
        Member::required("success", Shape::Boolean),
        Member::required("message", TEXT),
        Member::required("details", Shape::Object),
    ],
    open: false,
};

pub static TESTED: Struct = Struct {
    name: "ConnectionTested",
    members: &[
        Member::required("connected", Shape::Boolean),
        Member::required("latencyMs", COUNT),
        Member::required("type", TEXT),
    ],
    open: true,
};

static AVAILABLE_TABLE: Struct = Struct {
    name: "AvailableTable",
    members: &[
        Member::required("database", TEXT),
        Member::required("schema", TEXT),
        Member::required("name", TEXT),
        Member::required("type", Shape::Enumeration(&["table", "view"])),
        Member::required("rowCount", emporion_products::shapes::COUNT_OR_NULL),
    ],
    open: false,
};

pub static AVAILABLE: Struct = Struct {
    name: "AvailableTables",
    members: &[
        Member::required("tables", Shape::List { of: &Shape::Struct(&AVAILABLE_TABLE), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: false,
};

pub static REFRESH: Struct =
    Struct { name: "DataSourceRefresh", members: &[Member::optional("dryRun", Shape::Boolean)], open: true };

const NAMES: Shape = Shape::List { of: &TEXT, min: 0, max: usize::MAX };

static CHANGED_COLUMN: Struct = Struct {
    name: "ChangedColumn",
    members: &[
        Member::required("name", TEXT),
        // As the source writes types: `varchar(20) not null`.
        Member::required("from", TEXT),
        Member::required("to", TEXT),
    ],
    open: false,
};

static CHANGED_TABLE: Struct = Struct {
    name: "ChangedTable",
    members: &[
        Member::required("schema", TEXT),
        Member::required("name", TEXT),
        Member::required("columnsAdded", NAMES),
        Member::required("columnsRemoved", NAMES),
        Member::required(
            "columnsChanged",
            Shape::List { of: &Shape::Struct(&CHANGED_COLUMN), min: 0, max: usize::MAX },
        ),
    ],
    open: false,
};

static NAMED_TABLE: Struct = Struct {
    name: "NamedTable",
    members: &[Member::required("schema", TEXT), Member::required("name", TEXT)],
    open: false,
};

static FAILED_TABLE: Struct = Struct {
    name: "FailedTable",
    members: &[Member::required("name", TEXT), Member::required("reason", TEXT)],
    open: false,
};

pub static REFRESHED: Struct = Struct {
    name: "DataSourceRefreshed",
    members: &[
        Member::required("dataSourceId", UUID),
        Member::required("dryRun", Shape::Boolean),
        // Of the tables that the catalogue has.
        Member::required("tableCount", COUNT),
        Member::required("unchanged", COUNT),
        Member::required("changed", Shape::List { of: &Shape::Struct(&CHANGED_TABLE), min: 0, max: usize::MAX }),
        // The source no longer has them.
        Member::required("missing", Shape::List { of: &Shape::Struct(&NAMED_TABLE), min: 0, max: usize::MAX }),
        Member::required("failed", Shape::List { of: &Shape::Struct(&FAILED_TABLE), min: 0, max: usize::MAX }),
    ],
    open: false,
};
