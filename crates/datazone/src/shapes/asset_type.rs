//! Asset types: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};

use super::common::*;
use crate::patterns;

pub static CREATE_ASSET_TYPE_INPUT: Struct = Struct {
    name: "CreateAssetTypeInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("name", TYPE_NAME),
        Member::optional("description", DESCRIPTION),
        Member::required("formsInput", FORMS_INPUT_MAP),
        Member::required("owningProjectIdentifier", ENTITY_ID),
    ],
    open: true,
};

pub static CREATE_ASSET_TYPE_OUTPUT: Struct = Struct {
    name: "CreateAssetTypeOutput",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("name", TYPE_NAME),
        Member::required("revision", REVISION),
        Member::optional("description", DESCRIPTION),
        Member::required("formsOutput", FORMS_OUTPUT_MAP),
        Member::optional("owningProjectId", ENTITY_ID),
        Member::optional("originDomainId", DOMAIN_ID),
        Member::optional("originProjectId", ENTITY_ID),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("updatedAt", TIME),
        Member::optional("updatedBy", TEXT),
    ],
    open: false,
};

pub static GET_ASSET_TYPE_INPUT: Struct = Struct {
    name: "GetAssetTypeInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ASSET_TYPE_IDENTIFIER).at(Location::Path),
        Member::optional("revision", REVISION).at(Location::Query),
    ],
    open: true,
};

pub static GET_ASSET_TYPE_OUTPUT: Struct = Struct {
    name: "GetAssetTypeOutput",
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

pub static DELETE_ASSET_TYPE_INPUT: Struct = Struct {
    name: "DeleteAssetTypeInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", ASSET_TYPE_IDENTIFIER).at(Location::Path),
    ],
    open: true,
};

pub static FORM_ENTRY_INPUT: Struct = Struct {
    name: "FormEntryInput",
    members: &[
        Member::required("typeIdentifier", FORM_TYPE_IDENTIFIER),
        Member::required("typeRevision", REVISION),
        Member::optional("required", Shape::Boolean),
    ],
    open: true,
};

pub static FORM_ENTRY_OUTPUT: Struct = Struct {
    name: "FormEntryOutput",
    members: &[
        Member::required("typeName", FORM_TYPE_NAME),
        Member::required("typeRevision", REVISION),
        Member::optional("required", Shape::Boolean),
    ],
    open: false,
};

pub const TYPE_NAME: Shape = matching(1, 256, patterns::TYPE_NAME);
pub const FORMS_INPUT_MAP: Shape = Shape::Map { of: &Shape::Struct(&FORM_ENTRY_INPUT), max: 10 };
pub const FORMS_OUTPUT_MAP: Shape = Shape::Map { of: &Shape::Struct(&FORM_ENTRY_OUTPUT), max: 10 };
