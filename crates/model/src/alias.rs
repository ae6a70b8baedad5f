//! Alias spaces: where a dialect knows records by identifiers of its own.

/// A declared space. Values are unique per account and space; text in UUID form is never an alias.
pub struct Space {
    pub name: &'static str,
    pub kinds: &'static [&'static str],
    /// The alias is shown instead of the id (true), or beside it (false).
    pub replaces_id: bool,
    /// Every new record of the kinds gets one.
    pub minted: bool,
}

/// A product's id in the systems that its makers use.
pub const EXTERNAL_PRODUCT: &Space =
    &Space { name: "external_product", kinds: &["data_product"], replaces_id: false, minted: true };

/// The id under which a record was imported from a cloud catalogue.
pub const CLOUD_ID: &Space = &Space {
    name: "cloud_id",
    kinds: &["domain", "team", "data_product", "asset", "glossary", "glossary_term", "user"],
    replaces_id: true,
    minted: false,
};

pub const ALL: &[&Space] = &[EXTERNAL_PRODUCT, CLOUD_ID];
