//! Whom filters and masks are of.

use std::fmt;

use emporion_catalog::id::RecordId;
use emporion_products::users::operation::Role;

/// Before the word of a role, where an address or a form names one.
const ROLE: &str = "role:";

/// A person or a team, with filters and masks; or everybody who has a role, with masks alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    One(RecordId),
    Role(Role),
}

impl Bearer {
    pub fn parse(text: &str) -> Option<Bearer> {
        match text.strip_prefix(ROLE) {
            Some(word) => Role::parse(word).map(Bearer::Role),
            None => text.parse().ok().map(Bearer::One),
        }
    }

    pub fn is_role(self) -> bool {
        matches!(self, Bearer::Role(_))
    }
}

impl fmt::Display for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bearer::One(id) => write!(f, "{id}"),
            Bearer::Role(role) => write!(f, "{ROLE}{}", role.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_is_named_by_his_id_or_by_a_role() {
        let one = Bearer::One(RecordId::fresh());
        for bearer in [one, Bearer::Role(Role::Viewer), Bearer::Role(Role::Admin)] {
            assert_eq!(Bearer::parse(&bearer.to_string()), Some(bearer));
        }
        assert_eq!(["role:", "role:reader", "viewer", ""].map(Bearer::parse), [None; 4]);
    }
}
