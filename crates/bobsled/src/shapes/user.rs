//! Who has which role on a product.

use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use emporion_products::shapes::{COUNT, FLAG_OR_NULL, TEXT_OR_NULL, TIME_OR_NULL};
use emporion_products::users::operation::{COLUMN_MASKS, ROW_FILTERS};

use crate::shapes::common::{CURSOR, INCLUDE_TOTAL, LIMIT};

pub const ROLES: &[&str] = &["admin", "editor", "viewer"];
const MAX_EDITED_USERS: usize = 500;

const USER_ID: Shape = Shape::Text(Text::between(1, 64));
const EMAIL: Shape = Shape::Text(Text::between(3, 320).matching("^[^@\\s]+@[^@\\s]+$", is_email).format("email"));
const ROW_FILTERS_OR_NULL: Shape = Shape::Nullable(&ROW_FILTERS);
const COLUMN_MASKS_OR_NULL: Shape = Shape::Nullable(&COLUMN_MASKS);

/// What everybody with a role sees masked.
pub static ROLE_MASKS: Struct = Struct {
    name: "RoleMasks",
    members: &[
        Member::optional("admin", COLUMN_MASKS_OR_NULL),
        Member::optional("editor", COLUMN_MASKS_OR_NULL),
        Member::optional("viewer", COLUMN_MASKS_OR_NULL),
    ],
    open: false,
};
const ROLE: Shape = Shape::Enumeration(ROLES);
const ROLE_OR_NULL: Shape = Shape::Nullable(&ROLE);

pub static GRANT: Struct = Struct {
    name: "UserGrant",
    members: &[
        Member::optional("userId", USER_ID),
        Member::optional("email", EMAIL),
        Member::required("role", Shape::Enumeration(ROLES)),
        Member::optional("allowSql", Shape::Boolean),
        Member::optional("rowFilters", ROW_FILTERS),
        Member::optional("rowFiltersFollow", Shape::Boolean),
        Member::optional("columnMasks", COLUMN_MASKS),
    ],
    open: true,
};

pub static GRANT_CHANGE: Struct = Struct {
    name: "UserGrantChange",
    members: &[
        Member::required("userId", USER_ID),
        Member::optional("role", Shape::Enumeration(ROLES)),
        Member::optional("allowSql", FLAG_OR_NULL),
        Member::optional("rowFilters", ROW_FILTERS_OR_NULL),
        Member::optional("rowFiltersFollow", Shape::Boolean),
        Member::optional("columnMasks", COLUMN_MASKS_OR_NULL),
    ],
    open: true,
};

/// An entry of the upsert form: a role of null takes the user out.
pub static GRANT_UPSERT: Struct = Struct {
    name: "UserGrantUpsert",
    members: &[
        Member::optional("userId", USER_ID),
        Member::optional("email", EMAIL),
        Member::optional("role", ROLE_OR_NULL),
        Member::optional("allowSql", FLAG_OR_NULL),
        Member::optional("rowFilters", ROW_FILTERS_OR_NULL),
        Member::optional("rowFiltersFollow", Shape::Boolean),
        Member::optional("columnMasks", COLUMN_MASKS_OR_NULL),
    ],
    open: true,
};

pub static PATCH: Struct = Struct {
    name: "UsersPatch",
    members: &[
        Member::optional("add", Shape::List { of: &Shape::Struct(&GRANT), min: 0, max: MAX_EDITED_USERS }),
        Member::optional("update", Shape::List { of: &Shape::Struct(&GRANT_CHANGE), min: 0, max: MAX_EDITED_USERS }),
        Member::optional("remove", Shape::List { of: &USER_ID, min: 0, max: MAX_EDITED_USERS }),
        Member::optional("users", Shape::List { of: &Shape::Struct(&GRANT_UPSERT), min: 0, max: MAX_EDITED_USERS }),
        Member::optional("roleMasks", Shape::Struct(&ROLE_MASKS)),
    ],
    open: true,
};

pub static USER: Struct = Struct {
    name: "ProductUser",
    members: &[
        Member::required("userId", UUID),
        Member::required("email", TEXT_OR_NULL),
        Member::required("name", TEXT),
        Member::required("role", Shape::Enumeration(ROLES)),
        Member::optional("allowSql", Shape::Boolean),
        Member::optional("rowFilters", ROW_FILTERS),
        Member::optional("rowFiltersFollow", Shape::Boolean),
        Member::optional("columnMasks", COLUMN_MASKS),
        Member::required("addedAt", TIME_OR_NULL),
        Member::required("addedBy", TEXT_OR_NULL),
    ],
    open: true,
};

pub static LIST: Struct = Struct {
    name: "ProductUserList",
    members: &[
        Member::required("users", Shape::List { of: &Shape::Struct(&USER), min: 0, max: usize::MAX }),
        Member::required("count", COUNT),
        Member::optional("totalCount", COUNT),
        Member::optional("roleMasks", Shape::Struct(&ROLE_MASKS)),
    ],
    open: false,
};

pub const LIST_QUERY: &[Member] = &[LIMIT, CURSOR, INCLUDE_TOTAL];

/// One `@` with something on both sides and no blanks: whether it can be delivered, only mail can tell.
fn is_email(text: &str) -> bool {
    match text.split_once('@') {
        Some((local, host)) => {
            !local.is_empty() && !host.is_empty() && !host.contains('@') && !text.chars().any(char::is_whitespace)
        }
        None => false,
    }
}
