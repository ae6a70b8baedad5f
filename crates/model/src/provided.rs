//! Form and asset types that a door provides for every domain: no record holds them, and they change with the server alone.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::kind::Kind;
use crate::problem::Violation;

/// The revisions of a provided type: there are all up to the present one, and they say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revisions(pub u32);

impl Revisions {
    /// The present revision as text.
    pub fn present(self) -> String {
        self.0.to_string()
    }

    /// The revision that a text names, without one the present one.
    pub fn find(self, wanted: Option<&str>) -> Option<String> {
        let Some(wanted) = wanted else { return Some(self.present()) };
        let number: u32 = wanted.parse().ok()?;
        (1..=self.0).contains(&number).then(|| number.to_string()).filter(|text| text == wanted)
    }
}

/// A form type, known by its qualified name or by the part after the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedForm {
    /// `namespace.Name`.
    pub name: String,
    pub revisions: Revisions,
    /// Its text, in the [`FormLanguage`].
    pub model: String,
    /// Its structures may hold more than the text says: others know the type better.
    pub is_open: bool,
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
    pub revisions: Revisions,
    /// As a record of an asset type keeps them: `{formName: {type, revision, required, older}}`, where `older` lets a form
    /// be of an older revision than the one named.
    pub slots: Value,
    /// Its assets come from a crawl and cannot be made.
    pub is_derived: bool,
}

/// The language that the texts of form types are written in.
pub trait FormLanguage: fmt::Debug + Send + Sync {
    /// What the text says of the form type of that name. Structures of an open one may hold what it does not know.
    ///
    /// Errors: why the text is refused and where, in words.
    fn parse(&self, text: &str, form_type: &str, is_open: bool) -> Result<Arc<dyn FormModel>, String>;
}

/// A form type that content can be checked against.
pub trait FormModel: Send + Sync {
    /// The terms that the content refers to. `at` is what it is called in faults; no content is an empty form.
    ///
    /// Errors: every fault at once.
    fn check(&self, at: &str, content: Option<&str>) -> Result<Vec<TermReference>, Vec<Violation>>;
}

/// A term that the content of a form refers to, and the glossary that it must belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermReference {
    /// Where it stands.
    pub field: String,
    pub glossary: String,
    pub term: String,
}

/// Everything that is provided.
#[derive(Debug, Clone, Default)]
pub struct Provided {
    pub forms: Vec<ProvidedForm>,
    pub assets: Vec<ProvidedAsset>,
    pub language: Option<Arc<dyn FormLanguage>>,
}

impl Provided {
    /// Reads the text of a form type, provided or not, as [`FormLanguage::parse`]; without a language none can be read.
    pub fn parse(&self, text: &str, form_type: &str, is_open: bool) -> Result<Arc<dyn FormModel>, String> {
        let language = self.language.as_ref().ok_or("no door provides the language of form types")?;
        language.parse(text, form_type, is_open)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_up_to_the_present_one_is_there() {
        let revisions = Revisions(13);
        assert_eq!(revisions.find(None).as_deref(), Some("13"));
        for there in ["1", "12", "13"] {
            assert_eq!(revisions.find(Some(there)).as_deref(), Some(there));
        }
        for missing in ["0", "14", "01", "+1", "", "x"] {
            assert_eq!(revisions.find(Some(missing)), None, "{missing}");
        }
    }
}
