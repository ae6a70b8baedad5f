//! Form types: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text};

use super::common::*;

pub static CREATE_FORM_TYPE_INPUT: Struct = Struct {
    name: "CreateFormTypeInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("name", FORM_TYPE_NAME),
        Member::required("model", Shape::Union(&MODEL)),
        Member::required("owningProjectIdentifier", ENTITY_ID),
        Member::optional("status", FORM_TYPE_STATUS),
        Member::optional("description", DESCRIPTION),
    ],
    open: true,
};

pub static CREATE_FORM_TYPE_OUTPUT: Struct = Struct {
    name: "CreateFormTypeOutput",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("name", FORM_TYPE_NAME),
        Member::required("revision", REVISION),
        Member::optional("description", DESCRIPTION),
        Member::optional("owningProjectId", ENTITY_ID),
        Member::optional("originDomainId", DOMAIN_ID),
        Member::optional("originProjectId", ENTITY_ID),
    ],
    open: false,
};

pub static GET_FORM_TYPE_INPUT: Struct = Struct {
    name: "GetFormTypeInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("formTypeIdentifier", FORM_TYPE_IDENTIFIER).at(Location::Path),
        Member::optional("revision", REVISION).at(Location::Query),
    ],
    open: true,
};

pub static GET_FORM_TYPE_OUTPUT: Struct = Struct {
    name: "GetFormTypeOutput",
    members: &[
        Member::required("domainId", DOMAIN_ID),
        Member::required("name", FORM_TYPE_NAME),
        Member::required("revision", REVISION),
        Member::required("model", Shape::Union(&MODEL)),
        Member::optional("owningProjectId", ENTITY_ID),
        Member::optional("originDomainId", DOMAIN_ID),
        Member::optional("originProjectId", ENTITY_ID),
        Member::optional("status", FORM_TYPE_STATUS),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("description", DESCRIPTION),
        Member::optional("imports", IMPORT_LIST),
    ],
    open: false,
};

pub static DELETE_FORM_TYPE_INPUT: Struct = Struct {
    name: "DeleteFormTypeInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("formTypeIdentifier", FORM_TYPE_IDENTIFIER).at(Location::Path),
    ],
    open: true,
};

pub static MODEL: Struct = Struct { name: "Model", members: &[Member::optional("smithy", SMITHY)], open: true };

pub static IMPORT: Struct = Struct {
    name: "Import",
    members: &[Member::required("name", FORM_TYPE_NAME), Member::required("revision", REVISION)],
    open: false,
};

pub const SMITHY: Shape = Shape::Text(Text::between(1, 100_000));
pub const FORM_TYPE_STATUS: Shape = Shape::Enumeration(&["ENABLED", "DISABLED"]);
pub const IMPORT_LIST: Shape = Shape::List { of: &Shape::Struct(&IMPORT), min: 1, max: 10 };
