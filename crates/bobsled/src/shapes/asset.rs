//! Data assets: the tables that a product consists of.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::assets::print::{CLOSED, GRANTED};
use emporion_products::shapes::{
    COUNT, COUNT_OR_NULL, DESCRIPTION, ID, SQL_NAME, SQL_NAME_OR_EMPTY, TEXT_OR_NULL, TIME,
};

use crate::shapes::common::{CURSOR, INCLUDE_TOTAL, IS_DEPLOYED, LIMIT};

/// Assets in one create.
pub const MAX_NEW_ASSETS: usize = 500;
/// Entries in one list of a change; a full replacement lists everything that the product holds.
pub const MAX_EDITED_ASSETS: usize = 10_000;

const EXTERNAL_ID_TEXT: Shape = Shape::Text(Text::between(0, 200));
pub const EXTERNAL_ID: Shape = Shape::Nullable(&EXTERNAL_ID_TEXT);
const TYPES: &[&str] = &["table", "view", "file", "query"];
/// Whether the rows of the table were lent to the product.
const ROWS: &[&str] = &[GRANTED, CLOSED];

pub static ASSET_INPUT: Struct = Struct {
    name: "DataAssetInput",
    members: &[
        Member::optional("externalId", EXTERNAL_ID),
        Member::optional("databaseName", SQL_NAME_OR_EMPTY),
        Member::optional("schemaName", SQL_NAME_OR_EMPTY),
        Member::required("tableName", SQL_NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("rows", Shape::Enumeration(ROWS)),
    ],
    open: true,
};

/// An entry of a full replacement: one that was read from here keeps its id.
pub static ASSET_KEPT: Struct = Struct {
    name: "DataAssetReplacement",
    members: &[
        Member::optional("id", ID),
        Member::optional("externalId", EXTERNAL_ID),
        Member::optional("databaseName", SQL_NAME_OR_EMPTY),
        Member::optional("schemaName", SQL_NAME_OR_EMPTY),
        Member::required("tableName", SQL_NAME),
        Member::optional("description", DESCRIPTION),
    ],
    open: true,
};

pub static ASSET_CHANGE: Struct = Struct {
    name: "DataAssetChange",
    members: &[
        Member::required("id", ID),
        Member::optional("externalId", EXTERNAL_ID),
        Member::optional("databaseName", SQL_NAME_OR_EMPTY),
        Member::optional("schemaName", SQL_NAME_OR_EMPTY),
        Member::optional("tableName", SQL_NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("rows", Shape::Enumeration(ROWS)),
    ],
    open: true,
};

pub static PATCH: Struct = Struct {
    name: "DataAssetsPatch",
    members: &[
        Member::optional("add", Shape::List { of: &Shape::Struct(&ASSET_INPUT), min: 0, max: MAX_EDITED_ASSETS }),
        Member::optional("update", Shape::List { of: &Shape::Struct(&ASSET_CHANGE), min: 0, max: MAX_EDITED_ASSETS }),
        Member::optional("remove", Shape::List { of: &ID, min: 0, max: MAX_EDITED_ASSETS }),
        Member::optional("dataAssets", Shape::List { of: &Shape::Struct(&ASSET_KEPT), min: 0, max: MAX_EDITED_ASSETS }),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

static COLUMN: Struct = Struct {
    name: "DataAssetColumn",
    members: &[
        Member::required("name", TEXT),
        Member::required("type", TEXT),
        Member::required("nullable", Shape::Boolean),
        Member::required("description", TEXT_OR_NULL),
        Member::optional("sampleValues", Shape::List { of: &Shape::Json, min: 0, max: usize::MAX }),
    ],
    open: true,
};

const COLUMNS: Shape = Shape::List { of: &Shape::Struct(&COLUMN), min: 0, max: usize::MAX };

pub static ASSET: Struct = Struct {
    name: "DataAsset",
    members: &[
        Member::required("id", UUID),
        Member::required("dataProductId", UUID),
        Member::required("externalId", TEXT_OR_NULL),
        Member::required("databaseName", TEXT_OR_NULL),
        Member::required("schemaName", TEXT_OR_NULL),
        Member::required("tableName", TEXT),
        Member::required("assetType", Shape::Enumeration(TYPES)),
        Member::required("format", TEXT_OR_NULL),
        Member::required("location", TEXT_OR_NULL),
        Member::required("description", TEXT_OR_NULL),
        Member::required("rows", Shape::Enumeration(ROWS)),
        Member::required("rowCount", COUNT_OR_NULL),
        // Null while the catalogue does not know the table: a draft is looked up when it is deployed.
        Member::required("columns", Shape::Nullable(&COLUMNS)),
        Member::required("isDeployed", Shape::Boolean),
        Member::required("pendingDelete", Shape::Boolean),
        Member::required("createdAt", TIME),
        Member::required("updatedAt", TIME),
    ],
    open: true,
};

pub static LIST: Struct = Struct {
    name: "DataAssetList",
    members: &[
        Member::required("dataAssets", Shape::List { of: &Shape::Struct(&ASSET), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: false,
};

pub static PATCHED: Struct = Struct {
    name: "DataAssetsPatched",
    members: &[
        Member::required("dataAssets", Shape::List { of: &Shape::Struct(&ASSET), min: 0, max: usize::MAX }),
        Member::required("added", COUNT),
        Member::required("updated", COUNT),
        Member::required("removed", COUNT),
    ],
    open: false,
};

pub const LIST_QUERY: &[Member] = &[LIMIT, CURSOR, INCLUDE_TOTAL, IS_DEPLOYED];
