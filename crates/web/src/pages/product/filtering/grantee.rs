//! Whom filters and masks are of.

use std::fmt;

use emporion_catalog::id::RecordId;
use emporion_products::users::operation::Role;

/// Before the word of a role, where an address or a form names one.
const ROLE: &str = "role:";

/// A person or a team, with filters and masks; or everybody who has a role, with masks alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grantee {
    One(RecordId),
    Role(Role),
}

impl Grantee {
    pub fn parse(text: &str) -> Option<Grantee> {
        match text.strip_prefix(ROLE) {
            Some(word) => Role::parse(word).map(Grantee::Role),
            None => text.parse().ok().map(Grantee::One),
        }
    }

    pub fn is_role(self) -> bool {
        matches!(self, Grantee::Role(_))
    }
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grantee::One(id) => write!(f, "{id}"),
            Grantee::Role(role) => write!(f, "{ROLE}{}", role.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grantee_is_named_by_his_id_or_by_a_role() {
        let one = Grantee::One(RecordId::fresh());
        for grantee in [one, Grantee::Role(Role::Viewer), Grantee::Role(Role::Admin)] {
            assert_eq!(Grantee::parse(&grantee.to_string()), Some(grantee));
        }
        assert_eq!(["role:", "role:reader", "viewer", ""].map(Grantee::parse), [None; 4]);
    }
}
