//! Domain units: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text};

use super::common::*;
use crate::patterns;

pub static CREATE_DOMAIN_UNIT_INPUT: Struct = Struct {
    name: "CreateDomainUnitInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("name", DOMAIN_UNIT_NAME),
        Member::required("parentDomainUnitIdentifier", DOMAIN_UNIT_ID),
        Member::optional("description", DOMAIN_UNIT_DESCRIPTION),
        Member::optional("clientToken", CLIENT_TOKEN),
    ],
    open: true,
};

pub static CREATE_DOMAIN_UNIT_OUTPUT: Struct = Struct {
    name: "CreateDomainUnitOutput",
    members: &[
        Member::required("id", DOMAIN_UNIT_ID),
        Member::required("domainId", DOMAIN_ID),
        Member::required("name", DOMAIN_UNIT_NAME),
        Member::optional("parentDomainUnitId", DOMAIN_UNIT_ID),
        Member::optional("description", DOMAIN_UNIT_DESCRIPTION),
        Member::required("owners", DOMAIN_UNIT_OWNERS),
        Member::required("ancestorDomainUnitIds", DOMAIN_UNIT_IDS),
        Member::optional("createdAt", TIME),
        Member::optional("createdBy", TEXT),
    ],
    open: false,
};

pub static GET_DOMAIN_UNIT_INPUT: Struct = Struct {
    name: "GetDomainUnitInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", DOMAIN_UNIT_ID).at(Location::Path),
    ],
    open: true,
};

pub static GET_DOMAIN_UNIT_OUTPUT: Struct = Struct {
    name: "GetDomainUnitOutput",
    members: &[
        Member::required("id", DOMAIN_UNIT_ID),
        Member::required("domainId", DOMAIN_ID),
        Member::required("name", DOMAIN_UNIT_NAME),
        Member::optional("parentDomainUnitId", DOMAIN_UNIT_ID),
        Member::optional("description", DOMAIN_UNIT_DESCRIPTION),
        Member::required("owners", DOMAIN_UNIT_OWNERS),
        Member::optional("createdAt", TIME),
        Member::optional("lastUpdatedAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("lastUpdatedBy", TEXT),
    ],
    open: false,
};

pub static UPDATE_DOMAIN_UNIT_INPUT: Struct = Struct {
    name: "UpdateDomainUnitInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", DOMAIN_UNIT_ID).at(Location::Path),
        Member::optional("description", DOMAIN_UNIT_DESCRIPTION),
        Member::optional("name", DOMAIN_UNIT_NAME),
    ],
    open: true,
};

pub static UPDATE_DOMAIN_UNIT_OUTPUT: Struct = Struct {
    name: "UpdateDomainUnitOutput",
    members: &[
        Member::required("id", DOMAIN_UNIT_ID),
        Member::required("domainId", DOMAIN_ID),
        Member::required("name", DOMAIN_UNIT_NAME),
        Member::required("owners", DOMAIN_UNIT_OWNERS),
        Member::optional("description", DOMAIN_UNIT_DESCRIPTION),
        Member::optional("parentDomainUnitId", DOMAIN_UNIT_ID),
        Member::optional("createdAt", TIME),
        Member::optional("lastUpdatedAt", TIME),
        Member::optional("createdBy", TEXT),
        Member::optional("lastUpdatedBy", TEXT),
    ],
    open: false,
};

pub static DELETE_DOMAIN_UNIT_INPUT: Struct = Struct {
    name: "DeleteDomainUnitInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("identifier", DOMAIN_UNIT_ID).at(Location::Path),
    ],
    open: true,
};

pub static LIST_DOMAIN_UNITS_FOR_PARENT_INPUT: Struct = Struct {
    name: "ListDomainUnitsForParentInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("parentDomainUnitIdentifier", DOMAIN_UNIT_ID).at(Location::Query),
        Member::optional("maxResults", MAX_RESULTS_TO_TWENTY_FIVE).at(Location::Query),
        Member::optional("nextToken", PAGINATION_TOKEN).at(Location::Query),
    ],
    open: true,
};

pub static LIST_DOMAIN_UNITS_FOR_PARENT_OUTPUT: Struct = Struct {
    name: "ListDomainUnitsForParentOutput",
    members: &[Member::required("items", DOMAIN_UNIT_SUMMARIES), Member::optional("nextToken", PAGINATION_TOKEN)],
    open: false,
};

pub static DOMAIN_UNIT_OWNER_PROPERTIES: Struct = Struct {
    name: "DomainUnitOwnerProperties",
    members: &[
        Member::optional("user", Shape::Struct(&DOMAIN_UNIT_USER_PROPERTIES)),
        Member::optional("group", Shape::Struct(&DOMAIN_UNIT_GROUP_PROPERTIES)),
    ],
    open: false,
};

pub static DOMAIN_UNIT_USER_PROPERTIES: Struct =
    Struct { name: "DomainUnitUserProperties", members: &[Member::optional("userId", TEXT)], open: false };

pub static DOMAIN_UNIT_GROUP_PROPERTIES: Struct =
    Struct { name: "DomainUnitGroupProperties", members: &[Member::optional("groupId", TEXT)], open: false };

pub static DOMAIN_UNIT_SUMMARY: Struct = Struct {
    name: "DomainUnitSummary",
    members: &[Member::required("name", TEXT), Member::required("id", DOMAIN_UNIT_ID)],
    open: false,
};

pub const DOMAIN_UNIT_NAME: Shape = matching(1, 128, patterns::PLAIN_NAME);
pub const DOMAIN_UNIT_DESCRIPTION: Shape = Shape::Text(Text::between(0, 2048));
pub const DOMAIN_UNIT_OWNERS: Shape = Shape::List { of: &Shape::Union(&DOMAIN_UNIT_OWNER_PROPERTIES), min: 0, max: 20 };
pub const DOMAIN_UNIT_IDS: Shape = Shape::List { of: &DOMAIN_UNIT_ID, min: 0, max: UNBOUNDED };
pub const DOMAIN_UNIT_SUMMARIES: Shape =
    Shape::List { of: &Shape::Struct(&DOMAIN_UNIT_SUMMARY), min: 0, max: UNBOUNDED };
