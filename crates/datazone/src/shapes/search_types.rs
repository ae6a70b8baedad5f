//! Search over form and asset types: what the operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};

use super::asset_type::{FORMS_OUTPUT_MAP, TYPE_NAME};
use super::common::*;
use super::form_type::{FORM_TYPE_STATUS, IMPORT_LIST, MODEL};
use super::search::{FILTER_CLAUSE, SEARCH_IN_LIST, SEARCH_SORT, SEARCH_TEXT};

pub static SEARCH_TYPES_INPUT: Struct = Struct {
    name: "SearchTypesInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::optional("maxResults", MAX_RESULTS),
        Member::optional("nextToken", PAGINATION_TOKEN),
        Member::required("searchScope", TYPES_SEARCH_SCOPE),
        Member::optional("searchText", SEARCH_TEXT),
        Member::optional("searchIn", SEARCH_IN_LIST),
        Member::optional("filters", Shape::Union(&FILTER_CLAUSE)),
        Member::optional("sort", Shape::Struct(&SEARCH_SORT)),
        Member::required("managed", Shape::Boolean),
    ],
    open: true,
};

pub static SEARCH_TYPES_OUTPUT: Struct = Struct {
    name: "SearchTypesOutput",
    members: &[
        Member::optional("items", SEARCH_TYPES_RESULT_ITEMS),
        Member::optional("nextToken", PAGINATION_TOKEN),
        Member::optional("totalMatchCount", INTEGER),
    ],
    open: false,
};

pub static SEARCH_TYPES_RESULT_ITEM: Struct = Struct {
    name: "SearchTypesResultItem",
    members: &[
        Member::optional("assetTypeItem", Shape::Struct(&ASSET_TYPE_ITEM)),
        Member::optional("formTypeItem", Shape::Struct(&FORM_TYPE_DATA)),
        Member::optional("lineageNodeTypeItem", Shape::Object),
    ],
    open: false,
};

pub static ASSET_TYPE_ITEM: Struct = Struct {
    name: "AssetTypeItem",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("name", TYPE_NAME),
        Member::required("revision", REVISION),
        Member::optional("description", DESCRIPTION),
        Member::required("formsOutput", FORMS_OUTPUT_MAP),
        Member::required("owningProjectId", ENTITY_ID),
        Member::optional("originDomainId", DOMAIN_ID),
        Member::optional("originProjectId", ENTITY_ID),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("updatedAt", TIME),
        Member::optional("updatedBy", TEXT),
    ],
    open: false,
};

pub static FORM_TYPE_DATA: Struct = Struct {
    name: "FormTypeData",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("name", FORM_TYPE_NAME),
        Member::required("revision", REVISION),
        Member::optional("model", Shape::Union(&MODEL)),
        Member::optional("status", FORM_TYPE_STATUS),
        Member::optional("owningProjectId", ENTITY_ID),
        Member::optional("originDomainId", DOMAIN_ID),
        Member::optional("originProjectId", ENTITY_ID),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("description", DESCRIPTION),
        Member::optional("imports", IMPORT_LIST),
    ],
    open: false,
};

pub const TYPES_SEARCH_SCOPE: Shape = Shape::Enumeration(&["ASSET_TYPE", "FORM_TYPE", "LINEAGE_NODE_TYPE"]);
pub const SEARCH_TYPES_RESULT_ITEMS: Shape =
    Shape::List { of: &Shape::Union(&SEARCH_TYPES_RESULT_ITEM), min: 0, max: UNBOUNDED };
