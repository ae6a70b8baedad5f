//! The tables of a product that statements may read.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, UUID};
use emporion_products::shapes::{COUNT, SQL_NAME, TEXT_OR_NULL};
use emporion_products::users::operation::TABLE_MASKS;

pub const LIST_QUERY: &[Member] = &[Member::optional("name", SQL_NAME).at(Location::Query)];

static TABLE: Struct = Struct {
    name: "QueryableTable",
    members: &[
        Member::required("databaseName", TEXT_OR_NULL),
        Member::required("schemaName", TEXT_OR_NULL),
        Member::required("tableName", TEXT),
        // As statements call it.
        Member::required("sqlName", TEXT_OR_NULL),
        Member::required("dialect", Shape::Enumeration(&["sqlite", "postgresql", "mysql"])),
        Member::required("dataSourceId", UUID),
        // The caller sees only rows that fulfil it.
        Member::required("rowFilter", TEXT_OR_NULL),
        // Of these columns he sees something else than their values.
        Member::required("columnMasks", TABLE_MASKS),
        Member::required("columns", Shape::List { of: &Shape::Object, min: 0, max: usize::MAX }),
    ],
    open: false,
};

pub static LIST: Struct = Struct {
    name: "QueryableTableList",
    members: &[
        Member::required("tables", Shape::List { of: &Shape::Struct(&TABLE), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        // Tables whose rows were not lent to the product, and those that only others may query.
        Member::required("closedCount", COUNT),
    ],
    open: false,
};
