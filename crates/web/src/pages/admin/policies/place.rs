//! Where policies and roles are shown and changed.

use crate::records::address;

pub const PATH: &str = "/admin/policies";

/// Where a policy, or a role, is changed: by its full name; a new one by none.
pub fn form(what: &str, fqn: &str) -> String {
    format!("{PATH}?{what}={}", address::segment(fqn))
}
