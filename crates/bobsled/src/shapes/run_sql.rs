//! Queries on a product and their answers.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text};
use emporion_products::limits::{MAX_ROWS, TIMEOUT_MS};
use emporion_products::shapes::COUNT;

/// Types of columns.
const TYPES: &[&str] =
    &["VARCHAR", "NUMBER", "FLOAT", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_TZ", "JSON", "BINARY"];

pub static REQUEST: Struct = Struct {
    name: "RunSql",
    members: &[
        Member::required("sql", Shape::Text(Text::between(1, 50_000))),
        Member::optional("timeout", Shape::Integer { min: *TIMEOUT_MS.start(), max: *TIMEOUT_MS.end() }),
        Member::optional("limit", Shape::Integer { min: 1, max: MAX_ROWS }),
        Member::optional("params", Shape::Object),
        Member::optional("preview", Shape::Boolean),
    ],
    open: true,
};

static COLUMN: Struct = Struct {
    name: "SqlColumn",
    members: &[Member::required("name", TEXT), Member::required("type", Shape::Enumeration(TYPES))],
    open: false,
};

pub static RESULT: Struct = Struct {
    name: "SqlResult",
    members: &[
        Member::required("columns", Shape::List { of: &Shape::Struct(&COLUMN), min: 0, max: usize::MAX }),
        Member::required(
            "rows",
            Shape::List { of: &Shape::List { of: &Shape::Json, min: 0, max: usize::MAX }, min: 0, max: usize::MAX },
        ),
        Member::required("rowCount", COUNT),
        // In milliseconds.
        Member::required("executionTime", COUNT),
        Member::required("truncated", Shape::Boolean),
        Member::required("limit", COUNT),
    ],
    open: false,
};
