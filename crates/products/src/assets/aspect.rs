//! The state of a product that somebody looks at: live, drafted, or what has changed.

/// Which state of the assets a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// The live ones overlaid with drafts.
    Drafted,
    Live,
    /// Only what is not live as it stands.
    Undeployed,
}

impl Aspect {
    /// `isDeployed` of the query.
    pub fn of(is_deployed: Option<bool>) -> Aspect {
        match is_deployed {
            None => Aspect::Drafted,
            Some(true) => Aspect::Live,
            Some(false) => Aspect::Undeployed,
        }
    }

    /// Whether something is shown that has something live, or is live as it stands.
    pub fn shows(self, has_live: bool, is_deployed: bool) -> bool {
        match self {
            Aspect::Drafted => true,
            Aspect::Live => has_live,
            Aspect::Undeployed => !is_deployed,
        }
    }
}
