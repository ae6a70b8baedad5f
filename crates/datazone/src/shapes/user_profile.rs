//! User profiles: what each operation takes and answers.

use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT, Text};

use super::common::*;
use crate::patterns;

/// What every operation answers.
const USER_PROFILE: &[Member] = &[
    Member::optional("domainId", DOMAIN_ID),
    Member::optional("id", USER_PROFILE_ID),
    Member::optional("type", USER_PROFILE_TYPE),
    Member::optional("status", USER_PROFILE_STATUS),
    Member::optional("details", Shape::Union(&USER_PROFILE_DETAILS)),
];

pub static CREATE_USER_PROFILE_INPUT: Struct = Struct {
    name: "CreateUserProfileInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("userIdentifier", USER_IDENTIFIER),
        Member::optional("userType", USER_TYPE),
        Member::optional("sessionName", SESSION_NAME),
        Member::optional("clientToken", TEXT),
    ],
    open: true,
};

pub static CREATE_USER_PROFILE_OUTPUT: Struct =
    Struct { name: "CreateUserProfileOutput", members: USER_PROFILE, open: false };

pub static UPDATE_USER_PROFILE_INPUT: Struct = Struct {
    name: "UpdateUserProfileInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("userIdentifier", USER_IDENTIFIER).at(Location::Path),
        Member::optional("type", USER_PROFILE_TYPE),
        Member::required("status", USER_PROFILE_STATUS),
        Member::optional("sessionName", SESSION_NAME),
    ],
    open: true,
};

pub static UPDATE_USER_PROFILE_OUTPUT: Struct =
    Struct { name: "UpdateUserProfileOutput", members: USER_PROFILE, open: false };

pub static GET_USER_PROFILE_INPUT: Struct = Struct {
    name: "GetUserProfileInput",
    members: &[
        Member::required("domainIdentifier", DOMAIN_ID).at(Location::Path),
        Member::required("userIdentifier", USER_IDENTIFIER).at(Location::Path),
        Member::optional("type", USER_PROFILE_TYPE).at(Location::Query),
        Member::optional("sessionName", SESSION_NAME).at(Location::Query),
    ],
    open: true,
};

pub static GET_USER_PROFILE_OUTPUT: Struct =
    Struct { name: "GetUserProfileOutput", members: USER_PROFILE, open: false };

pub static USER_PROFILE_DETAILS: Struct = Struct {
    name: "UserProfileDetails",
    members: &[
        Member::optional("iam", Shape::Struct(&IAM_USER_PROFILE_DETAILS)),
        Member::optional("sso", Shape::Struct(&SSO_USER_PROFILE_DETAILS)),
    ],
    open: false,
};

pub static IAM_USER_PROFILE_DETAILS: Struct = Struct {
    name: "IamUserProfileDetails",
    members: &[
        Member::optional("arn", TEXT),
        Member::optional("principalId", TEXT),
        Member::optional("sessionName", TEXT),
        Member::optional("groupProfileId", TEXT),
    ],
    open: false,
};

pub static SSO_USER_PROFILE_DETAILS: Struct = Struct {
    name: "SsoUserProfileDetails",
    members: &[
        Member::optional("username", USER_PROFILE_NAME),
        Member::optional("firstName", TEXT),
        Member::optional("lastName", TEXT),
    ],
    open: false,
};

pub const USER_IDENTIFIER: Shape = matching(0, UNBOUNDED, patterns::USER_IDENTIFIER);
pub const USER_TYPE: Shape = Shape::Enumeration(&["IAM_USER", "IAM_ROLE", "SSO_USER", "IAM_ROLE_SESSION"]);
pub const USER_PROFILE_TYPE: Shape = Shape::Enumeration(&["IAM", "SSO"]);
pub const SESSION_NAME: Shape = Shape::Text(Text::between(2, 64));
pub const USER_PROFILE_ID: Shape = matching(0, UNBOUNDED, patterns::USER_PROFILE);
pub const USER_PROFILE_STATUS: Shape = Shape::Enumeration(&["ASSIGNED", "NOT_ASSIGNED", "ACTIVATED", "DEACTIVATED"]);
pub const USER_PROFILE_NAME: Shape = matching(1, 1024, patterns::USER_NAME);
