//! Assets and their revisions: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};

use super::common::*;

pub static CREATE_ASSET_INPUT: Struct = Struct {
    name: "CreateAssetInput",
    members: &[
        Member::required("name", ASSET_NAME),
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::optional("externalIdentifier", EXTERNAL_IDENTIFIER),
        Member::required("typeIdentifier", ASSET_TYPE_IDENTIFIER),
        Member::optional("typeRevision", REVISION),
        Member::optional("description", DESCRIPTION),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::optional("formsInput", FORM_INPUT_LIST),
        Member::required("owningProjectIdentifier", ENTITY_ID),
        Member::optional("predictionConfiguration", Shape::Struct(&PREDICTION_CONFIGURATION)),
        Member::optional("clientToken", CLIENT_TOKEN),
    ],
    open: true,
};

const ASSET: &[Member] = &[
    Member::required("id", ENTITY_ID),
    Member::required("name", ASSET_NAME),
    Member::required("typeIdentifier", ASSET_TYPE_IDENTIFIER),
    Member::required("typeRevision", REVISION),
    Member::optional("externalIdentifier", EXTERNAL_IDENTIFIER),
    Member::required("revision", REVISION),
    Member::optional("description", DESCRIPTION),
    Member::optional("createdAt", TIME),
    Member::optional("createdBy", TEXT),
    Member::optional("firstRevisionCreatedAt", TIME),
    Member::optional("firstRevisionCreatedBy", TEXT),
    Member::optional("glossaryTerms", GLOSSARY_TERMS),
    Member::optional("governedGlossaryTerms", GOVERNED_GLOSSARY_TERMS),
    Member::required("owningProjectId", ENTITY_ID),
    Member::required("domainId", DOMAIN_ID),
    Member::optional("listing", Shape::Struct(&ASSET_LISTING_DETAILS)),
    Member::required("formsOutput", FORM_OUTPUT_LIST),
    Member::optional("readOnlyFormsOutput", FORM_OUTPUT_LIST),
    Member::optional("latestTimeSeriesDataPointFormsOutput", TIME_SERIES_SUMMARIES),
    Member::optional("predictionConfiguration", Shape::Struct(&PREDICTION_CONFIGURATION)),
];

pub static CREATE_ASSET_OUTPUT: Struct = Struct { name: "CreateAssetOutput", members: ASSET, open: false };

pub static GET_ASSET_INPUT: Struct = Struct {
    name: "GetAssetInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("revision", REVISION).at(Location::Query),
    ],
    open: true,
};

pub static GET_ASSET_OUTPUT: Struct = Struct {
    name: "GetAssetOutput",
    members: &[
        Member::required("id", ENTITY_ID),
        Member::required("name", ASSET_NAME),
        Member::required("typeIdentifier", ASSET_TYPE_IDENTIFIER),
        Member::required("typeRevision", REVISION),
        Member::optional("externalIdentifier", EXTERNAL_IDENTIFIER),
        Member::required("revision", REVISION),
        Member::optional("description", DESCRIPTION),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("firstRevisionCreatedAt", TIME),
        Member::optional("firstRevisionCreatedBy", TEXT),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::optional("governedGlossaryTerms", GOVERNED_GLOSSARY_TERMS),
        Member::required("owningProjectId", ENTITY_ID),
        Member::required("domainId", DOMAIN_ID),
        Member::optional("listing", Shape::Struct(&ASSET_LISTING_DETAILS)),
        Member::required("formsOutput", FORM_OUTPUT_LIST),
        Member::optional("readOnlyFormsOutput", FORM_OUTPUT_LIST),
        Member::optional("latestTimeSeriesDataPointFormsOutput", TIME_SERIES_SUMMARIES),
    ],
    open: false,
};

pub static DELETE_ASSET_INPUT: Struct = Struct {
    name: "DeleteAssetInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
    ],
    open: true,
};

pub static CREATE_ASSET_REVISION_INPUT: Struct = Struct {
    name: "CreateAssetRevisionInput",
    members: &[
        Member::required("name", ASSET_NAME),
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("typeRevision", REVISION),
        Member::optional("description", DESCRIPTION),
        Member::optional("glossaryTerms", GLOSSARY_TERMS),
        Member::optional("formsInput", FORM_INPUT_LIST),
        Member::optional("predictionConfiguration", Shape::Struct(&PREDICTION_CONFIGURATION)),
        Member::optional("clientToken", CLIENT_TOKEN),
    ],
    open: true,
};

pub static CREATE_ASSET_REVISION_OUTPUT: Struct =
    Struct { name: "CreateAssetRevisionOutput", members: ASSET, open: false };

pub static LIST_ASSET_REVISIONS_INPUT: Struct = Struct {
    name: "ListAssetRevisionsInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ENTITY_ID).at(Location::Path),
        Member::optional("nextToken", PAGINATION_TOKEN).at(Location::Query),
        Member::optional("maxResults", MAX_RESULTS).at(Location::Query),
    ],
    open: true,
};

pub static LIST_ASSET_REVISIONS_OUTPUT: Struct = Struct {
    name: "ListAssetRevisionsOutput",
    members: &[Member::optional("items", ASSET_REVISIONS), Member::optional("nextToken", PAGINATION_TOKEN)],
    open: false,
};

pub static PREDICTION_CONFIGURATION: Struct = Struct {
    name: "PredictionConfiguration",
    members: &[Member::optional("businessNameGeneration", Shape::Struct(&BUSINESS_NAME_GENERATION_CONFIGURATION))],
    open: true,
};

pub static BUSINESS_NAME_GENERATION_CONFIGURATION: Struct = Struct {
    name: "BusinessNameGenerationConfiguration",
    members: &[Member::optional("enabled", Shape::Boolean)],
    open: true,
};

pub static ASSET_LISTING_DETAILS: Struct = Struct {
    name: "AssetListingDetails",
    members: &[Member::required("listingId", ENTITY_ID), Member::required("listingStatus", LISTING_STATUS)],
    open: false,
};

pub static ASSET_REVISION: Struct = Struct {
    name: "AssetRevision",
    members: &[
        Member::optional("domainId", DOMAIN_ID),
        Member::optional("id", ENTITY_ID),
        Member::optional("revision", REVISION),
        Member::optional("createdBy", TEXT),
        Member::optional("createdAt", TIME),
    ],
    open: false,
};

pub const LISTING_STATUS: Shape = Shape::Enumeration(&["CREATING", "ACTIVE", "INACTIVE"]);
pub const ASSET_REVISIONS: Shape = Shape::List { of: &Shape::Struct(&ASSET_REVISION), min: 0, max: UNBOUNDED };
