//! The state of a product that somebody looks at: live, drafted, or what has changed.

/// Which content is looked at: what is live, with or without what is drafted over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentState {
    /// The live ones overlaid with drafts.
    Drafted,
    Live,
    /// Only what is not live as it stands.
    Undeployed,
}

impl ContentState {
    /// `isDeployed` of the query.
    pub fn of(is_deployed: Option<bool>) -> ContentState {
        match is_deployed {
            None => ContentState::Drafted,
            Some(true) => ContentState::Live,
            Some(false) => ContentState::Undeployed,
        }
    }

    /// Whether something is shown that has something live, or is live as it stands.
    pub fn shows(self, has_live: bool, is_deployed: bool) -> bool {
        match self {
            ContentState::Drafted => true,
            ContentState::Live => has_live,
            ContentState::Undeployed => !is_deployed,
        }
    }
}
