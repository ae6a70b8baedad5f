//! Form and asset types that a door provides for every domain: no record holds them, and they never change.

use serde_json::Value;

use crate::kind::Kind;

/// The revision of every provided type.
pub const REVISION: &str = "1";

/// A form type, known by its qualified name or by the part after the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedForm {
    /// `namespace.Name`.
    pub name: String,
    /// Its text, see [`crate::form_model`].
    pub model: String,
    pub derived: Option<DerivedForm>,
}

/// A form that every record of a kind shows, made of the record itself: nobody writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedForm {
    pub kind: Kind,
    pub name: String,
}

/// An asset type, known like a form type.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvidedAsset {
    pub name: String,
    /// As a record of an asset type keeps them: `{formName: {type, revision, required}}`.
    pub slots: Value,
    /// Its assets come from a crawl and cannot be made.
    pub is_derived: bool,
}

/// Everything that is provided.
#[derive(Debug, Clone, Default)]
pub struct Provided {
    pub forms: Vec<ProvidedForm>,
    pub assets: Vec<ProvidedAsset>,
}

impl Provided {
    pub fn form(&self, name: &str) -> Option<&ProvidedForm> {
        self.forms.iter().find(|form| is_named(&form.name, name))
    }

    pub fn asset(&self, name: &str) -> Option<&ProvidedAsset> {
        self.assets.iter().find(|asset| is_named(&asset.name, name))
    }

    /// Whether records of the kind show a form of that name that nobody writes.
    pub fn derives(&self, kind: Kind, form: &str) -> bool {
        let mut derived = self.forms.iter().filter_map(|provided| provided.derived.as_ref());
        derived.any(|derived| derived.kind == kind && derived.name == form)
    }
}

fn is_named(full: &str, name: &str) -> bool {
    full == name || full.rsplit('.').next() == Some(name)
}
