//! Data products: create, change, read, list.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::ids;
use emporion_products::parts::compositions::shapes::OBJECT as COMPOSITION;
use emporion_products::shapes::{
    COUNT, DESCRIPTION, EXTERNAL_ID, FLAG_OR_NULL, NAME, TEXT_OR_NULL, TIME, TIME_OR_NULL, UUID_OR_NULL,
};

use super::asset::{ASSET, ASSET_INPUT, MAX_NEW_ASSETS};
use crate::shapes::common::{CURSOR, INCLUDE_TOTAL, LIMIT, SEARCH};

pub const TYPES: &[&str] = &["standard", "composite"];
/// What `?include=` can embed in a single product.
pub const INCLUDES: &[&str] = &["dataAssets", "semanticModels", "users", "compositions"];

/// The word `default`, or the id of a data source.
const DATA_SOURCE: Shape = Shape::Text(Text::between(1, 64));
/// The id of a domain, in whatever form a door of this catalogue prints it.
const DOMAIN_KEY: Shape = Shape::Text(Text::between(1, 128));
/// An id or an external id of another product.
const PRODUCT_KEY: Shape = Shape::Text(Text::between(1, 128));

pub static CREATE: Struct = Struct {
    name: "DataProductCreate",
    members: &[
        Member::required("name", NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("dataSourceId", DATA_SOURCE),
        Member::optional("dataAssets", Shape::List { of: &Shape::Struct(&ASSET_INPUT), min: 0, max: MAX_NEW_ASSETS }),
        Member::optional("compositeOf", Shape::List { of: &PRODUCT_KEY, min: 1, max: 20 }),
        Member::optional("externalDataProductId", EXTERNAL_ID),
        Member::optional("webSearchEnabled", Shape::Boolean),
        Member::optional("skillsEnabled", Shape::Boolean),
        Member::optional("llmEnabled", Shape::Boolean),
        Member::optional("isDeployed", Shape::Boolean),
        Member::optional("domainId", DOMAIN_KEY),
    ],
    open: true,
};

pub static PATCH: Struct = Struct {
    name: "DataProductPatch",
    members: &[
        Member::optional("name", NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("dataSourceId", DATA_SOURCE),
        Member::optional("externalDataProductId", EXTERNAL_ID),
        Member::optional("webSearchEnabled", FLAG_OR_NULL),
        Member::optional("skillsEnabled", FLAG_OR_NULL),
        Member::optional("llmEnabled", FLAG_OR_NULL),
    ],
    open: true,
};

pub static PRODUCT: Struct = Struct {
    name: "DataProduct",
    members: &[
        Member::required("id", UUID),
        Member::required("accountId", UUID),
        Member::required("name", TEXT),
        Member::required("description", TEXT_OR_NULL),
        Member::required("dataSourceId", UUID_OR_NULL),
        Member::required("externalDataProductId", TEXT),
        Member::required("dataProductType", Shape::Enumeration(TYPES)),
        Member::optional("compositeOf", Shape::List { of: &UUID, min: 0, max: usize::MAX }),
        Member::required("webSearchEnabled", Shape::Boolean),
        Member::required("skillsEnabled", Shape::Boolean),
        Member::required("llmEnabled", Shape::Boolean),
        Member::required("domainId", UUID),
        Member::required("hasDrafts", Shape::Boolean),
        Member::required("deployedAt", TIME_OR_NULL),
        Member::required("deployedBy", UUID_OR_NULL),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT),
        Member::required("updatedAt", TIME),
        Member::required("version", COUNT),
        Member::optional("dataAssets", Shape::List { of: &Shape::Struct(&ASSET), min: 0, max: usize::MAX }),
        Member::optional("compositions", Shape::List { of: &Shape::Struct(&COMPOSITION), min: 0, max: usize::MAX }),
        Member::optional("users", Shape::List { of: &Shape::Struct(&super::user::USER), min: 0, max: usize::MAX }),
    ],
    open: true,
};

static WRAPPED: Struct = Struct {
    name: "DataProductWrapped",
    members: &[Member::required("dataProduct", Shape::Struct(&PRODUCT))],
    open: false,
};

/// A product as it is read: flat, or in a member of its own (`?wrap=true`).
pub const READ: &[Shape] = &[Shape::Struct(&PRODUCT), Shape::Struct(&WRAPPED)];

pub static CREATED: Struct = Struct {
    name: "DataProductCreated",
    members: &[
        Member::required("dataProduct", Shape::Struct(&PRODUCT)),
        Member::required("dataAssets", Shape::List { of: &Shape::Struct(&ASSET), min: 0, max: usize::MAX }),
    ],
    open: false,
};

pub static LIST: Struct = Struct {
    name: "DataProductList",
    members: &[
        Member::required("dataProducts", Shape::List { of: &Shape::Struct(&PRODUCT), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
    ],
    open: false,
};

/// Ids of products with commas between them, as many as a page has at most.
const IDS: Shape = Shape::Text(Text::ANY.matching(
    "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(,[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}){0,99}$",
    are_ids,
));

fn are_ids(text: &str) -> bool {
    text.split(',').all(ids::is_uuid) && text.split(',').count() <= 100
}

pub const LIST_QUERY: &[Member] = &[
    LIMIT,
    CURSOR,
    INCLUDE_TOTAL,
    SEARCH,
    Member::optional("ids", IDS).at(Location::Query),
    Member::optional("name", NAME).at(Location::Query),
    Member::optional("dataProductType", Shape::Enumeration(TYPES)).at(Location::Query),
];

pub const GET_QUERY: &[Member] = &[
    Member::optional("include", TEXT).at(Location::Query),
    Member::optional("wrap", Shape::Boolean).at(Location::Query),
];

pub const FORCE: Member = Member::optional("force", Shape::Boolean).at(Location::Query);
