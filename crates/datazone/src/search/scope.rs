//! What is searched for: assets, products, glossaries or terms.

use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_catalog::relation::{OWNING_TEAM, Relation};

use crate::asset_kinds;
use crate::assets;
use crate::call::Call;
use crate::data_products;
use crate::terms;

/// What is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Asset,
    DataProduct,
    Glossary,
    Term,
}

impl Scope {
    pub fn of(call: &Call) -> Scope {
        let wanted = call.input.required_text("searchScope");
        let scopes = [Scope::DataProduct, Scope::Glossary, Scope::Term];
        scopes.into_iter().find(|scope| scope.word() == wanted).unwrap_or(Scope::Asset)
    }

    /// As requests spell it.
    pub const fn word(self) -> &'static str {
        match self {
            Scope::Asset => "ASSET",
            Scope::DataProduct => "DATA_PRODUCT",
            Scope::Glossary => "GLOSSARY",
            Scope::Term => "GLOSSARY_TERM",
        }
    }

    pub fn kinds(self, call: &Call) -> Vec<Kind> {
        match self {
            Scope::Asset => asset_kinds::listed(call.catalog().registry()),
            Scope::DataProduct => vec![kinds::DATA_PRODUCT],
            Scope::Glossary => vec![kinds::GLOSSARY],
            Scope::Term => vec![terms::KIND],
        }
    }

    /// An attribute without the form that the service keeps glossaries and terms in.
    pub fn attribute(self, name: &str) -> &str {
        let form = match self {
            Scope::Term => "BusinessGlossaryTermForm.",
            Scope::Glossary => "BusinessGlossaryForm.",
            Scope::Asset | Scope::DataProduct => return name,
        };
        name.strip_prefix(form).unwrap_or(name)
    }

    pub fn reads(self) -> &'static [Relation] {
        match self {
            Scope::Asset => assets::READ,
            Scope::DataProduct => data_products::READ,
            Scope::Glossary => &[OWNING_TEAM],
            Scope::Term => terms::READ,
        }
    }
}
