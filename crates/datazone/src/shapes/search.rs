//! Search over the inventory: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text};

use super::common::*;

pub static SEARCH_INPUT: Struct = Struct {
    name: "SearchInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::optional("owningProjectIdentifier", ENTITY_ID),
        Member::optional("maxResults", MAX_RESULTS),
        Member::optional("nextToken", PAGINATION_TOKEN),
        Member::required("searchScope", INVENTORY_SEARCH_SCOPE),
        Member::optional("searchText", SEARCH_TEXT),
        Member::optional("searchIn", SEARCH_IN_LIST),
        Member::optional("filters", Shape::Union(&FILTER_CLAUSE)),
        Member::optional("sort", Shape::Struct(&SEARCH_SORT)),
        Member::optional("additionalAttributes", SEARCH_OUTPUT_ADDITIONAL_ATTRIBUTES),
    ],
    open: true,
};

pub static SEARCH_OUTPUT: Struct = Struct {
    name: "SearchOutput",
    members: &[
        Member::optional("items", SEARCH_INVENTORY_RESULT_ITEMS),
        Member::optional("nextToken", PAGINATION_TOKEN),
        Member::optional("totalMatchCount", INTEGER),
    ],
    open: false,
};

pub static SEARCH_IN_ITEM: Struct =
    Struct { name: "SearchInItem", members: &[Member::required("attribute", ATTRIBUTE)], open: true };

pub static FILTER_CLAUSE: Struct = Struct {
    name: "FilterClause",
    members: &[
        Member::optional("filter", Shape::Struct(&FILTER)),
        Member::optional("and", Shape::List { of: &NESTED_CLAUSE, min: 1, max: 100 }),
        Member::optional("or", Shape::List { of: &NESTED_CLAUSE, min: 1, max: 100 }),
    ],
    open: true,
};

/// A static, because a constant cannot be defined by itself.
static NESTED_CLAUSE: Shape = Shape::Union(&FILTER_CLAUSE);

pub static FILTER: Struct = Struct {
    name: "Filter",
    members: &[
        Member::required("attribute", ATTRIBUTE),
        Member::optional("value", FILTER_VALUE),
        Member::optional("intValue", LONG),
        Member::optional("operator", FILTER_OPERATOR),
    ],
    open: true,
};

pub static SEARCH_SORT: Struct = Struct {
    name: "SearchSort",
    members: &[Member::required("attribute", ATTRIBUTE), Member::optional("order", SORT_ORDER)],
    open: true,
};

pub static SEARCH_INVENTORY_RESULT_ITEM: Struct = Struct {
    name: "SearchInventoryResultItem",
    members: &[
        Member::optional("glossaryItem", Shape::Struct(&GLOSSARY_ITEM)),
        Member::optional("glossaryTermItem", Shape::Struct(&GLOSSARY_TERM_ITEM)),
        Member::optional("assetItem", Shape::Struct(&ASSET_ITEM)),
        Member::optional("dataProductItem", Shape::Struct(&DATA_PRODUCT_RESULT_ITEM)),
    ],
    open: false,
};

pub static GLOSSARY_ITEM: Struct = Struct {
    name: "GlossaryItem",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("id", ENTITY_ID),
        Member::required("name", GLOSSARY_NAME),
        Member::required("owningProjectId", ENTITY_ID),
        Member::optional("description", GLOSSARY_DESCRIPTION),
        Member::required("status", GLOSSARY_STATUS),
        Member::optional("usageRestrictions", GLOSSARY_USAGE_RESTRICTIONS),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("updatedAt", TIME),
        Member::optional("updatedBy", TEXT),
        Member::optional("additionalAttributes", Shape::Struct(&GLOSSARY_ITEM_ADDITIONAL_ATTRIBUTES)),
    ],
    open: false,
};

pub static GLOSSARY_ITEM_ADDITIONAL_ATTRIBUTES: Struct = Struct {
    name: "GlossaryItemAdditionalAttributes",
    members: &[Member::optional("matchRationale", MATCH_RATIONALE)],
    open: false,
};

pub static MATCH_RATIONALE_ITEM: Struct =
    Struct { name: "MatchRationaleItem", members: &[Member::optional("textMatches", TEXT_MATCHES)], open: false };

pub static TEXT_MATCH_ITEM: Struct = Struct {
    name: "TextMatchItem",
    members: &[
        Member::optional("attribute", ATTRIBUTE),
        Member::optional("text", TEXT),
        Member::optional("matchOffsets", MATCH_OFFSETS),
    ],
    open: false,
};

pub static MATCH_OFFSET: Struct = Struct {
    name: "MatchOffset",
    members: &[Member::optional("startOffset", INTEGER), Member::optional("endOffset", INTEGER)],
    open: false,
};

pub static GLOSSARY_TERM_ITEM: Struct = Struct {
    name: "GlossaryTermItem",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("glossaryId", ENTITY_ID),
        Member::required("id", ENTITY_ID),
        Member::required("name", GLOSSARY_TERM_NAME),
        Member::optional("shortDescription", SHORT_DESCRIPTION),
        Member::optional("usageRestrictions", GLOSSARY_USAGE_RESTRICTIONS),
        Member::optional("longDescription", LONG_DESCRIPTION),
        Member::optional("termRelations", Shape::Struct(&TERM_RELATIONS)),
        Member::required("status", GLOSSARY_TERM_STATUS),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("updatedAt", TIME),
        Member::optional("updatedBy", TEXT),
        Member::optional("additionalAttributes", Shape::Struct(&GLOSSARY_TERM_ITEM_ADDITIONAL_ATTRIBUTES)),
    ],
    open: false,
};

pub static GLOSSARY_TERM_ITEM_ADDITIONAL_ATTRIBUTES: Struct = Struct {
    name: "GlossaryTermItemAdditionalAttributes",
    members: &[Member::optional("matchRationale", MATCH_RATIONALE)],
    open: false,
};

pub static ASSET_ITEM: Struct = Struct {
    name: "AssetItem",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("identifier", ENTITY_ID),
        Member::required("name", ASSET_NAME),
        Member::required("typeIdentifier", ASSET_TYPE_IDENTIFIER),
        Member::required("typeRevision", REVISION),
        Member::optional("externalIdentifier", EXTERNAL_IDENTIFIER),
        Member::optional("description", DESCRIPTION),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("firstRevisionCreatedAt", TIME),
        Member::optional("firstRevisionCreatedBy", TEXT),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::required("owningProjectId", ENTITY_ID),
        Member::optional("additionalAttributes", Shape::Struct(&ASSET_ITEM_ADDITIONAL_ATTRIBUTES)),
        Member::optional("governedGlossaryTerms", GOVERNED_GLOSSARY_TERMS),
    ],
    open: false,
};

pub static ASSET_ITEM_ADDITIONAL_ATTRIBUTES: Struct = Struct {
    name: "AssetItemAdditionalAttributes",
    members: &[
        Member::optional("formsOutput", FORM_OUTPUT_LIST),
        Member::optional("readOnlyFormsOutput", FORM_OUTPUT_LIST),
        Member::optional("latestTimeSeriesDataPointFormsOutput", TIME_SERIES_SUMMARIES),
        Member::optional("matchRationale", MATCH_RATIONALE),
    ],
    open: false,
};

pub static DATA_PRODUCT_RESULT_ITEM: Struct = Struct {
    name: "DataProductResultItem",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("id", ENTITY_ID),
        Member::required("name", DATA_PRODUCT_NAME),
        Member::required("owningProjectId", ENTITY_ID),
        Member::optional("description", DATA_PRODUCT_DESCRIPTION),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("firstRevisionCreatedAt", TIME),
        Member::optional("firstRevisionCreatedBy", TEXT),
        Member::optional("additionalAttributes", Shape::Struct(&DATA_PRODUCT_ITEM_ADDITIONAL_ATTRIBUTES)),
    ],
    open: false,
};

pub static DATA_PRODUCT_ITEM_ADDITIONAL_ATTRIBUTES: Struct = Struct {
    name: "DataProductItemAdditionalAttributes",
    members: &[Member::optional("matchRationale", MATCH_RATIONALE)],
    open: false,
};

pub const INVENTORY_SEARCH_SCOPE: Shape = Shape::Enumeration(&["ASSET", "GLOSSARY", "GLOSSARY_TERM", "DATA_PRODUCT"]);
pub const SEARCH_TEXT: Shape = Shape::Text(Text::between(1, 512));
pub const SEARCH_IN_LIST: Shape = Shape::List { of: &Shape::Struct(&SEARCH_IN_ITEM), min: 1, max: 10 };
pub const ATTRIBUTE: Shape = Shape::Text(Text::between(1, 128));
pub const FILTER_VALUE: Shape = Shape::Text(Text::between(0, 128));
pub const FILTER_OPERATOR: Shape = Shape::Enumeration(&["EQ", "LE", "LT", "GE", "GT", "TEXT_SEARCH"]);
pub const SEARCH_OUTPUT_ADDITIONAL_ATTRIBUTES: Shape =
    Shape::List { of: &SEARCH_OUTPUT_ADDITIONAL_ATTRIBUTE, min: 0, max: UNBOUNDED };
pub const SEARCH_OUTPUT_ADDITIONAL_ATTRIBUTE: Shape =
    Shape::Enumeration(&["FORMS", "TIME_SERIES_DATA_POINT_FORMS", "TEXT_MATCH_RATIONALE"]);
pub const SEARCH_INVENTORY_RESULT_ITEMS: Shape =
    Shape::List { of: &Shape::Union(&SEARCH_INVENTORY_RESULT_ITEM), min: 0, max: UNBOUNDED };
pub const MATCH_RATIONALE: Shape = Shape::List { of: &Shape::Union(&MATCH_RATIONALE_ITEM), min: 0, max: UNBOUNDED };
pub const TEXT_MATCHES: Shape = Shape::List { of: &Shape::Struct(&TEXT_MATCH_ITEM), min: 0, max: UNBOUNDED };
pub const MATCH_OFFSETS: Shape = Shape::List { of: &Shape::Struct(&MATCH_OFFSET), min: 0, max: UNBOUNDED };
