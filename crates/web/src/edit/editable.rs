//! What of a record is changed by forms that all pages share.

use std::collections::BTreeSet;

use emporion_catalog::command::Draft;
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::record::View;
use emporion_catalog::relation::{self, Relation};
use serde_json::Value;

use crate::form::Form;
use crate::naming::{ASSETS, DOMAINS, LABELS, OWNERS, PEOPLE, TERMS};

/// What can be changed by a form of its own.
pub struct Editable {
    pub name: &'static str,
    pub what: What,
}

pub enum What {
    /// A field of one line, or of many.
    Line(&'static str),
    Prose(&'static str),
    /// A field of several short texts, one in each line.
    Words(&'static str),
    /// A field of few values.
    Choice(&'static str),
    /// Records that it leads to, of these kinds (empty: of assets).
    Links(Relation, &'static [&'static str]),
}

const EDITABLE: &[Editable] = &[
    Editable { name: "description", what: What::Prose("description") },
    Editable { name: "display_name", what: What::Line("display_name") },
    Editable { name: "summary", what: What::Line("summary") },
    Editable { name: "synonyms", what: What::Words("synonyms") },
    Editable { name: "domain_type", what: What::Choice("domain_type") },
    Editable { name: "team_type", what: What::Choice("team_type") },
    Editable { name: "owners", what: What::Links(relation::OWNER, OWNERS) },
    Editable { name: "experts", what: What::Links(relation::EXPERT, PEOPLE) },
    Editable { name: "reviewers", what: What::Links(relation::REVIEWER, OWNERS) },
    Editable { name: "members", what: What::Links(relation::MEMBER, PEOPLE) },
    Editable { name: "domains", what: What::Links(relation::IN_DOMAIN, DOMAINS) },
    Editable { name: "labels", what: What::Links(relation::TAGGED, LABELS) },
    Editable { name: "related", what: What::Links(relation::RELATED_TERM, TERMS) },
    Editable { name: "assets", what: What::Links(relation::HAS_ASSET, ASSETS) },
    Editable { name: "input_ports", what: What::Links(relation::INPUT_PORT, ASSETS) },
    Editable { name: "output_ports", what: What::Links(relation::OUTPUT_PORT, ASSETS) },
];

impl Editable {
    pub fn of(name: &str, kind: Kind) -> Option<&'static Editable> {
        Editable::all(kind).find(|editable| editable.name == name)
    }

    pub fn all(kind: Kind) -> impl Iterator<Item = &'static Editable> {
        EDITABLE.iter().filter(move |editable| editable.fits(kind))
    }

    fn fits(&self, kind: Kind) -> bool {
        match self.what {
            What::Line(field) | What::Prose(field) | What::Words(field) | What::Choice(field) => {
                kind.field(field).is_some()
            }
            What::Links(relation, _) => kind.has(relation),
        }
    }

    /// The field or relation that rights are asked about.
    pub fn asked(&self) -> &'static str {
        match self.what {
            What::Line(field) | What::Prose(field) | What::Words(field) | What::Choice(field) => field,
            What::Links(relation, _) => relation.name(),
        }
    }

    /// What a record says of it, as the form has it; of what it leads to, nothing.
    pub fn text(&self, view: &View) -> String {
        match self.what {
            What::Line(field) | What::Prose(field) | What::Choice(field) => {
                view.text(field).unwrap_or_default().to_owned()
            }
            What::Words(field) => {
                let words = view.field(field).and_then(Value::as_array).into_iter().flatten();
                words.filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
            }
            What::Links(..) => String::new(),
        }
    }

    /// What a form sends as its text.
    pub fn sent(&self, sent: &Form) -> Option<String> {
        match self.what {
            What::Line(_) | What::Choice(_) => Some(sent.trimmed(self.name).to_owned()),
            What::Prose(_) | What::Words(_) => Some(sent.prose(self.name)),
            What::Links(..) => None,
        }
    }

    /// Says it anew, as the form has sent it.
    pub fn set(&self, draft: &mut Draft, text: String) {
        let or_null = |text: String| if text.trim().is_empty() { Value::Null } else { Value::from(text) };
        match self.what {
            What::Line(field) | What::Prose(field) | What::Choice(field) => draft.set(field, or_null(text)),
            What::Words(field) => {
                let words: Vec<&str> = text.lines().map(str::trim).filter(|word| !word.is_empty()).collect();
                draft.set(field, words);
            }
            What::Links(..) => {}
        }
    }

    /// Whether two states say the same of it.
    pub fn is_same(&self, one: &View, other: &View) -> bool {
        match self.what {
            What::Links(relation, _) => linked(one, relation) == linked(other, relation),
            _ => self.text(one) == self.text(other),
        }
    }
}

/// What a record leads to.
pub fn linked(view: &View, relation: Relation) -> BTreeSet<RecordId> {
    let own = view.edges.iter().filter(|edge| edge.relation == relation && edge.at.is_empty());
    own.map(|edge| edge.to).collect()
}

/// The fields of a kind that have forms.
pub fn texts(kind: Kind) -> impl Iterator<Item = &'static str> {
    Editable::all(kind).filter_map(|editable| match editable.what {
        What::Line(field) | What::Prose(field) | What::Words(field) | What::Choice(field) => Some(field),
        What::Links(..) => None,
    })
}

/// The relations of a kind that have forms, and a past.
pub fn links(kind: Kind) -> impl Iterator<Item = Relation> {
    Editable::all(kind).filter_map(|editable| match editable.what {
        What::Links(relation, _) => Some(relation).filter(|relation| relation.0.versioned),
        _ => None,
    })
}
