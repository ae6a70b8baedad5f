//! Data products and their revisions: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};

use super::common::*;

pub static CREATE_DATA_PRODUCT_INPUT: Struct = Struct {
    name: "CreateDataProductInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("name", DATA_PRODUCT_NAME),
        Member::required("owningProjectIdentifier", ENTITY_ID),
        Member::optional("description", DATA_PRODUCT_DESCRIPTION),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::optional("formsInput", FORM_INPUT_LIST),
        Member::optional("items", DATA_PRODUCT_ITEMS),
        Member::optional("clientToken", CLIENT_TOKEN),
    ],
    open: true,
};

const DATA_PRODUCT: &[Member] = &[
    Member::required("domainId", DOMAIN_ID),
    Member::required("id", ENTITY_ID),
    Member::required("revision", REVISION),
    Member::required("owningProjectId", ENTITY_ID),
    Member::required("name", DATA_PRODUCT_NAME),
    Member::required("status", DATA_PRODUCT_STATUS),
    Member::optional("description", DATA_PRODUCT_DESCRIPTION),
    Member::optional("glossaryTerms", GLOSSARY_TERMS),
    Member::optional("items", DATA_PRODUCT_ITEMS),
    Member::optional("formsOutput", FORM_OUTPUT_LIST),
    Member::optional("createdAt", TIME),
    Member::optional("createdBy", TEXT),
    Member::optional("firstRevisionCreatedAt", TIME),
    Member::optional("firstRevisionCreatedBy", TEXT),
];

pub static CREATE_DATA_PRODUCT_OUTPUT: Struct =
    Struct { name: "CreateDataProductOutput", members: DATA_PRODUCT, open: false };

pub static GET_DATA_PRODUCT_INPUT: Struct = Struct {
    name: "GetDataProductInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("revision", REVISION).at(Location::Query),
    ],
    open: true,
};

pub static GET_DATA_PRODUCT_OUTPUT: Struct =
    Struct { name: "GetDataProductOutput", members: DATA_PRODUCT, open: false };

pub static DELETE_DATA_PRODUCT_INPUT: Struct = Struct {
    name: "DeleteDataProductInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
    ],
    open: true,
};

pub static CREATE_DATA_PRODUCT_REVISION_INPUT: Struct = Struct {
    name: "CreateDataProductRevisionInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::required("name", DATA_PRODUCT_NAME),
        Member::optional("description", DATA_PRODUCT_DESCRIPTION),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::optional("items", DATA_PRODUCT_ITEMS),
        Member::optional("formsInput", FORM_INPUT_LIST),
        Member::optional("clientToken", CLIENT_TOKEN),
    ],
    open: true,
};

pub static CREATE_DATA_PRODUCT_REVISION_OUTPUT: Struct =
    Struct { name: "CreateDataProductRevisionOutput", members: DATA_PRODUCT, open: false };

pub static LIST_DATA_PRODUCT_REVISIONS_INPUT: Struct = Struct {
    name: "ListDataProductRevisionsInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("maxResults", MAX_RESULTS).at(Location::Query),
        Member::optional("nextToken", PAGINATION_TOKEN).at(Location::Query),
    ],
    open: true,
};

pub static LIST_DATA_PRODUCT_REVISIONS_OUTPUT: Struct = Struct {
    name: "ListDataProductRevisionsOutput",
    members: &[Member::required("items", DATA_PRODUCT_REVISIONS), Member::optional("nextToken", PAGINATION_TOKEN)],
    open: false,
};

pub static DATA_PRODUCT_ITEM: Struct = Struct {
    name: "DataProductItem",
    members: &[
        Member::required("itemType", DATA_PRODUCT_ITEM_TYPE),
        Member::required("identifier", ENTITY_ID),
        Member::optional("revision", REVISION),
        Member::optional("glossaryTerms", ITEM_GLOSSARY_TERMS),
    ],
    open: true,
};

pub static DATA_PRODUCT_REVISION: Struct = Struct {
    name: "DataProductRevision",
    members: &[
        Member::optional("domainId", DOMAIN_ID),
        Member::optional("id", ENTITY_ID),
        Member::optional("revision", REVISION),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
    ],
    open: false,
};

pub const DATA_PRODUCT_ITEMS: Shape = Shape::List { of: &Shape::Struct(&DATA_PRODUCT_ITEM), min: 1, max: UNBOUNDED };
pub const DATA_PRODUCT_ITEM_TYPE: Shape = Shape::Enumeration(&["ASSET"]);
pub const ITEM_GLOSSARY_TERMS: Shape = Shape::List { of: &ENTITY_ID, min: 1, max: 2 };
pub const DATA_PRODUCT_STATUS: Shape = Shape::Enumeration(&["CREATED", "CREATING", "CREATE_FAILED"]);
pub const DATA_PRODUCT_REVISIONS: Shape =
    Shape::List { of: &Shape::Struct(&DATA_PRODUCT_REVISION), min: 0, max: UNBOUNDED };
