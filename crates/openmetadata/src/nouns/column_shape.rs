//! The shape of a column, in requests and answers, and of what hangs on columns.

use emporion_edge::shape::{Member, Shape, Struct};

use crate::column::DATA_TYPES;
use crate::list_of;
use crate::members::*;

const NAME_OF_COLUMN: Member = Member::required("name", NAME_TEXT);
const DATA_TYPE: Member = Member::required("dataType", Shape::Enumeration(DATA_TYPES));
const ARRAY_DATA_TYPE: Member = choice("arrayDataType", DATA_TYPES);
const CONSTRAINT: Member = choice("constraint", &["NULL", "NOT_NULL", "UNIQUE", "PRIMARY_KEY"]);

/// A column as crawlers and people send it.
pub static COLUMN_INPUT: Struct = Struct {
    name: "ColumnInput",
    open: false,
    members: &[
        NAME_OF_COLUMN,
        DATA_TYPE,
        DISPLAY_NAME,
        ARRAY_DATA_TYPE,
        integer("dataLength"),
        integer("precision"),
        integer("scale"),
        text("dataTypeDisplay"),
        DESCRIPTION,
        FQN,
        TAGS_INPUT,
        CONSTRAINT,
        integer("ordinalPosition"),
        text("jsonSchema"),
        Member::optional("children", list(&COLUMN_INPUT_ITEM)),
        json("profile"),
        json("customMetrics"),
        EXTENSION,
    ],
};
/// A static, not a constant: columns hold columns, and only statics may refer to themselves.
static COLUMN_INPUT_ITEM: Shape = Shape::Struct(&COLUMN_INPUT);
pub const COLUMNS_INPUT: Shape = list(&COLUMN_INPUT_ITEM);

pub static COLUMN: Struct = Struct {
    name: "Column",
    open: false,
    members: &[
        NAME_OF_COLUMN,
        DATA_TYPE,
        DISPLAY_NAME,
        ARRAY_DATA_TYPE,
        integer("dataLength"),
        integer("precision"),
        integer("scale"),
        text("dataTypeDisplay"),
        DESCRIPTION,
        FQN,
        TAGS,
        CONSTRAINT,
        integer("ordinalPosition"),
        text("jsonSchema"),
        Member::optional("children", list(&COLUMN_ITEM)),
        json("profile"),
        json("customMetrics"),
        EXTENSION,
    ],
};
static COLUMN_ITEM: Shape = Shape::Struct(&COLUMN);
pub const COLUMNS: Shape = list(&COLUMN_ITEM);

static TABLE_CONSTRAINT: Struct = Struct {
    name: "TableConstraint",
    open: false,
    members: &[
        choice("constraintType", &["UNIQUE", "PRIMARY_KEY", "FOREIGN_KEY", "SORT_KEY", "DIST_KEY", "CLUSTER_KEY"]),
        Member::optional("columns", TEXTS),
        Member::optional("referredColumns", FQNS),
        choice("relationshipType", &["ONE_TO_ONE", "ONE_TO_MANY", "MANY_TO_ONE", "MANY_TO_MANY"]),
    ],
};
pub const TABLE_CONSTRAINTS: Member = Member::optional("tableConstraints", list_of!(TABLE_CONSTRAINT));

static PARTITION_COLUMN: Struct = Struct {
    name: "PartitionColumnDetails",
    open: false,
    members: &[
        text("columnName"),
        choice(
            "intervalType",
            &["TIME-UNIT", "INTEGER-RANGE", "INGESTION-TIME", "COLUMN-VALUE", "INJECTED", "ENUM", "OTHER"],
        ),
        text("interval"),
    ],
};
static TABLE_PARTITION_SHAPE: Struct =
    Struct { name: "TablePartition", open: false, members: &[Member::optional("columns", list_of!(PARTITION_COLUMN))] };
pub const TABLE_PARTITION: Member = structure("tablePartition", &TABLE_PARTITION_SHAPE);

/// How a table is modelled by dbt; also the body of `PUT /tables/{id}/dataModel`. It is kept and shown as it comes, so
/// what stands inside it must have the form of answers already.
pub static DATA_MODEL: Struct = Struct {
    name: "DataModel",
    open: false,
    members: &[
        Member::required("modelType", Shape::Enumeration(&["DBT", "DDL"])),
        text("resourceType"),
        text("dbtSourceProject"),
        text("description"),
        text("path"),
        text("rawSql"),
        text("sql"),
        Member::optional("upstream", TEXTS),
        OWNERS,
        TAGS,
        Member::optional("columns", COLUMNS),
        Member::optional("generatedAt", DATE_TIME),
    ],
};
