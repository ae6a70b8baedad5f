//! The state of a product that somebody looks at: live, drafted, or what has changed.

use super::product_assets::Item;

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

    pub fn shows(self, item: &Item) -> bool {
        match self {
            Aspect::Drafted => true,
            Aspect::Live => item.live.is_some(),
            Aspect::Undeployed => !item.is_deployed(),
        }
    }
}
