//! What of a record is changed by forms that all pages share.

use std::collections::BTreeSet;

use emporion_catalog::action::Action;
use emporion_catalog::caller::EVERYBODY;
use emporion_catalog::command::Draft;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::{Kind, Visibility};
use emporion_catalog::kinds::shared::{CERTIFICATION, CERTIFIED_FOR_MS, CERTIFYING, ENTITY_STATUS};
use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::{self, Relation};
use serde_json::{Value, json};

use super::promises::{self, Input};
use crate::fault::{self, Fault};
use crate::forms::choice::{self, Choice};
use crate::forms::edit_menu::Group;
use crate::forms::form::Form;
use crate::products::contract;
use crate::records::naming::{self, ASSETS, DOMAINS, LABELS, OWNERS, PEOPLE, TERMS};
use crate::records::record::Here;
use crate::request::visit::Visit;
use crate::text::texts::Texts;

/// What can be changed by a form of its own.
pub struct Editable {
    pub name: &'static str,
    /// Of the menu that it is offered in.
    pub group: Group,
    pub what: What,
}

pub enum What {
    /// What it is called. What stands below it, and all that refers to it, follows.
    Name,
    /// Yes or no; what the field says, or (`true`) its contrary.
    Switch(&'static str, bool),
    /// A field of one line, or of many.
    Line(&'static str),
    Prose(&'static str),
    /// A field of several short texts, one in each line.
    Words(&'static str),
    /// What a product promises, each with a field of its own.
    Contract,
    /// A field of few values.
    Choice(&'static str),
    /// A tag of the classification that certifies.
    Certification,
    /// Who sees it: everybody, or those with a role.
    Visibility,
    /// Records that it leads to, of these kinds (empty: of assets).
    Links(Relation, &'static [&'static str]),
}

const EDITABLE: &[Editable] = &[
    Editable { name: "name", group: Group::Words, what: What::Name },
    Editable { name: "description", group: Group::Words, what: What::Prose("description") },
    Editable { name: "display_name", group: Group::Words, what: What::Line("display_name") },
    Editable { name: "summary", group: Group::Words, what: What::Line("summary") },
    Editable { name: "status", group: Group::State, what: What::Choice(ENTITY_STATUS.name) },
    Editable { name: "certification", group: Group::State, what: What::Certification },
    Editable { name: "exclusive", group: Group::State, what: What::Switch("mutually_exclusive", false) },
    Editable { name: "in_use", group: Group::State, what: What::Switch("disabled", true) },
    Editable { name: "synonyms", group: Group::Words, what: What::Words("synonyms") },
    Editable { name: "domain_type", group: Group::Words, what: What::Choice("domain_type") },
    Editable { name: "team_type", group: Group::Words, what: What::Choice("team_type") },
    Editable { name: "owners", group: Group::People, what: What::Links(relation::OWNER, OWNERS) },
    Editable { name: "experts", group: Group::People, what: What::Links(relation::EXPERT, PEOPLE) },
    Editable { name: "reviewers", group: Group::People, what: What::Links(relation::REVIEWER, OWNERS) },
    Editable { name: "members", group: Group::People, what: What::Links(relation::MEMBER, PEOPLE) },
    Editable { name: "domains", group: Group::Words, what: What::Links(relation::IN_DOMAIN, DOMAINS) },
    Editable { name: "labels", group: Group::Words, what: What::Links(relation::TAGGED, LABELS) },
    Editable { name: "related", group: Group::Words, what: What::Links(relation::RELATED_TERM, TERMS) },
    Editable { name: "assets", group: Group::Contents, what: What::Links(relation::HAS_ASSET, ASSETS) },
    Editable { name: "input_ports", group: Group::Contents, what: What::Links(relation::INPUT_PORT, ASSETS) },
    Editable { name: "output_ports", group: Group::Contents, what: What::Links(relation::OUTPUT_PORT, ASSETS) },
    Editable { name: "stage", group: Group::State, what: What::Choice("lifecycle_stage") },
    Editable { name: "product_type", group: Group::Words, what: What::Choice("data_product_type") },
    Editable { name: "audience", group: Group::Words, what: What::Choice("audience") },
    Editable { name: "priority", group: Group::State, what: What::Choice("portfolio_priority") },
    Editable { name: "contract", group: Group::State, what: What::Contract },
    Editable { name: "visibility", group: Group::People, what: What::Visibility },
];
/// Kinds whose records are renamed by the forms of their pages.
const RENAMED: &[&str] = &["classification", "tag", "glossary", "glossary_term", "team"];
/// Kinds whose records are taken out of use by them.
const TURNED_OFF: &[&str] = &["classification", "tag"];
/// What forms and texts call yes and no.
const YES: &str = "yes";
const NO: &str = "no";
/// Who sees a record, as forms and texts call it.
const SEEN: &[(&str, Visibility)] = &[("open", Visibility::Open), ("granted", Visibility::Granted)];
/// Tags that a form offers at once.
const MOST_TAGS: u32 = 200;

impl Editable {
    pub fn of(name: &str, kind: Kind) -> Option<&'static Editable> {
        Editable::all(kind).find(|editable| editable.name == name)
    }

    pub fn all(kind: Kind) -> impl Iterator<Item = &'static Editable> {
        EDITABLE.iter().filter(move |editable| editable.fits(kind))
    }

    /// The field that it is, where it is one.
    fn field(&self) -> Option<&'static str> {
        match self.what {
            What::Line(field) | What::Prose(field) | What::Words(field) | What::Choice(field) => Some(field),
            What::Contract => Some(contract::FIELD),
            What::Certification => Some(CERTIFICATION.name),
            What::Name | What::Switch(..) | What::Visibility | What::Links(..) => None,
        }
    }

    fn fits(&self, kind: Kind) -> bool {
        match self.what {
            // Without roles nobody could be let in.
            What::Visibility => kind.has(relation::VIEWER),
            What::Name => RENAMED.contains(&kind.name()),
            What::Switch(..) => TURNED_OFF.contains(&kind.name()),
            What::Links(relation, _) => kind.has(relation),
            _ => self.field().is_some_and(|field| kind.field(field).is_some()),
        }
    }

    /// Whether it can be changed of a record at all: what came with the catalogue keeps its name, and administrators say
    /// whether it is in use.
    pub fn is_open(&self, visit: &Visit, view: &View) -> bool {
        match self.what {
            What::Name => {
                let is_everybody = view.record.kind.is("team") && view.record.fqn == EVERYBODY;
                !is_of_system(view) && !is_everybody
            }
            What::Switch(..) => !is_of_system(view) || visit.caller().principal.is_admin,
            _ => true,
        }
    }

    /// Those that the visitor finds open of a record, and those that he does not: what a policy's condition names is renamed
    /// by who may change the policy.
    pub async fn open(here: Here<'_>) -> Result<(Vec<&'static Editable>, Vec<&'static Editable>), Fault> {
        let Here { visit, reading, view, .. } = here;
        let (mut open, mut closed): (Vec<&'static Editable>, Vec<&'static Editable>) =
            Editable::all(view.record.kind).partition(|editable| editable.is_open(visit, view));
        let is_renamed = open.iter().any(|editable| matches!(editable.what, What::Name));
        if is_renamed && !fault::is_allowed(reading.ask_name(&view.record).await)? {
            closed.extend(open.extract_if(.., |editable| matches!(editable.what, What::Name)));
        }
        Ok((open, closed))
    }

    /// Whether what is added may lend its rows by that.
    pub fn lends(&self) -> bool {
        matches!(self.what, What::Links(relation, _) if relation.0.lends)
    }

    /// The field or relation that rights are asked about.
    pub fn asked(&self) -> &'static str {
        match self.what {
            What::Links(relation, _) => relation.name(),
            What::Switch(field, _) => field,
            _ => self.field().unwrap_or(self.name),
        }
    }

    /// The rights of which to change it takes one at least.
    pub fn actions(&self) -> Vec<Action> {
        Action::each_for_field(self.asked())
    }

    /// Whether to change it takes this right.
    pub fn takes(&self, action: &str) -> bool {
        let further = match self.what {
            What::Links(relation, _) if relation == relation::IN_DOMAIN => Some(Action::Create),
            What::Links(relation, _) if relation == relation::OWNER => Some(Action::EditUsers),
            _ => None,
        };
        let mut taken = self.actions().into_iter().chain(further);
        taken.any(|taken| taken.name() == action)
    }

    /// What somebody typed over what others have said since; where that does not go together, it is as he typed it.
    pub fn merged(&self, old: &View, new: &View, typed: String) -> String {
        match self.what {
            What::Contract => promises::merged(new.record.kind, (&self.text(old), &self.text(new)), &typed),
            _ => typed,
        }
    }

    /// What a record says of it, as the form has it; of what it leads to, nothing.
    pub fn text(&self, view: &View) -> String {
        match self.what {
            What::Name => view.record.name.clone(),
            What::Switch(field, is_contrary) => {
                let is_set = view.field(field) == Some(&Value::Bool(true));
                if is_set == is_contrary { NO } else { YES }.to_owned()
            }
            What::Line(field) | What::Prose(field) | What::Choice(field) => {
                view.text(field).unwrap_or_default().to_owned()
            }
            What::Words(field) => {
                let words = view.field(field).and_then(Value::as_array).into_iter().flatten();
                words.filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
            }
            What::Contract => promises::rendered(view.record.kind, view.field(contract::FIELD)),
            What::Certification => certified(view).unwrap_or_default(),
            What::Visibility => {
                let seen = SEEN.iter().find(|(_, visibility)| *visibility == view.record.visibility);
                seen.map_or("", |(name, _)| name).to_owned()
            }
            What::Links(..) => String::new(),
        }
    }

    /// What a form sends as its text.
    pub fn sent(&self, kind: Kind, sent: &Form) -> Option<String> {
        match self.what {
            What::Contract => Some(promises::sent(kind, sent)),
            What::Name
            | What::Switch(..)
            | What::Line(_)
            | What::Choice(_)
            | What::Certification
            | What::Visibility => Some(sent.trimmed(self.name).to_owned()),
            What::Prose(_) | What::Words(_) => Some(sent.prose(self.name)),
            What::Links(..) => None,
        }
    }

    /// What comes back of a text that stands in the form and that nobody touches: browsers keep no ends of lines in a
    /// field of one line, nor which of them a long text has, and blanks around the one are not read.
    pub fn returned(&self, text: &str) -> String {
        match self.what {
            What::Prose(_) | What::Words(_) => text.replace("\r\n", "\n").replace('\r', "\n"),
            _ => text.replace(['\r', '\n'], "").trim().to_owned(),
        }
    }

    /// Says it anew, as the form has sent it; or what is wrong with that.
    pub fn set(&self, visit: &Visit, kind: Kind, draft: &mut Draft, text: String) -> Result<(), String> {
        let or_null = |text: String| if text.trim().is_empty() { Value::Null } else { Value::from(text) };
        match self.what {
            What::Name if text.trim().is_empty() => return Err(visit.t.say("edit.name_missing")),
            What::Name => draft.name = Some(text),
            What::Switch(field, is_contrary) if [YES, NO].contains(&&*text) => {
                draft.set(field, (text == YES) != is_contrary);
            }
            What::Switch(..) => return Err(visit.t.say("edit.yes_or_no")),
            What::Line(field) | What::Prose(field) | What::Choice(field) => draft.set(field, or_null(text)),
            What::Words(field) => {
                let words: Vec<&str> = text.lines().map(str::trim).filter(|word| !word.is_empty()).collect();
                draft.set(field, words);
            }
            What::Contract => draft.set(contract::FIELD, promises::value(visit.t, kind, &text)?),
            What::Certification => draft.set(CERTIFICATION.name, certification(text, visit.now)),
            What::Visibility => {
                let seen = SEEN.iter().find(|(name, _)| *name == text);
                let (_, visibility) = seen.ok_or_else(|| visit.t.say("edit.visibility_missing"))?;
                draft.visibility = Some(*visibility);
            }
            What::Links(..) => {}
        }
        Ok(())
    }

    /// A field for each promise of a contract.
    pub fn inputs(&self, t: Texts, kind: Kind, text: &str) -> Vec<Input> {
        match self.what {
            What::Contract => promises::inputs(t, kind, text),
            _ => Vec::new(),
        }
    }

    /// The values that the form offers, where it offers any.
    pub async fn choices(
        &self,
        t: Texts,
        reading: &Reading<'_>,
        kind: Kind,
        chosen: &str,
    ) -> Result<Vec<Choice>, Fault> {
        let choice = |value: &str, name: String| Choice { value: value.to_owned(), name, is_chosen: value == chosen };
        let mut choices = match self.what {
            What::Choice(field) => Choice::or_none(t, kind, field, chosen),
            What::Switch(..) => [YES, NO].map(|value| choice(value, t.say(&format!("value.{value}")))).into(),
            What::Visibility => SEEN.iter().map(|(name, _)| choice(name, choice::rendered(t, name))).collect(),
            What::Certification => {
                let tag = reading.catalog().kind("tag");
                let within = Some(CERTIFYING.to_owned());
                let query = ListQuery { within, limit: MOST_TAGS, ..ListQuery::of(reading.account(), tag) };
                let tags = reading.list(query, &Depth::bare()).await?.views;
                let mut choices = vec![choice("", t.say("new.nothing"))];
                choices.extend(tags.iter().map(|tag| choice(&tag.record.fqn, naming::rendered_of(&tag.record))));
                choices
            }
            _ => return Ok(Vec::new()),
        };
        // What it says now stays, though nobody could choose it any more.
        if !chosen.is_empty() && !choices.iter().any(|choice| choice.is_chosen) {
            choices.push(choice(chosen, choice::rendered(t, chosen)));
        }
        Ok(choices)
    }

    /// Whether two states say the same of it.
    pub fn is_same(&self, one: &View, other: &View) -> bool {
        match self.what {
            What::Links(relation, _) => linked(one, relation) == linked(other, relation),
            _ => self.text(one) == self.text(other),
        }
    }
}

/// Whether it came with the catalogue, which keeps it.
pub fn is_of_system(view: &View) -> bool {
    view.text("provider") == Some("system")
}

/// What a record leads to.
pub fn linked(view: &View, relation: Relation) -> BTreeSet<RecordId> {
    let own = view.edges.iter().filter(|edge| edge.relation == relation && edge.at.is_empty());
    own.map(|edge| edge.to).collect()
}

/// The fields of a kind that have forms.
pub fn texts(kind: Kind) -> impl Iterator<Item = &'static str> {
    // What somebody has vouched for, and who sees it, are no words: they are not brought back with these.
    let own = Editable::all(kind).filter(|editable| !matches!(editable.what, What::Certification));
    own.filter_map(Editable::field)
}

/// The relations of a kind that have forms, and a past.
pub fn links(kind: Kind) -> impl Iterator<Item = Relation> {
    Editable::all(kind).filter_map(|editable| match editable.what {
        What::Links(relation, _) => Some(relation).filter(|relation| relation.0.versioned),
        _ => None,
    })
}

/// The full name of the tag that a record is certified with.
fn certified(view: &View) -> Option<String> {
    Some(view.certification()?.pointer("/tag_label/tag_fqn")?.as_str()?.to_owned())
}

/// What is said of a record that is certified now.
fn certification(tag: String, now: Millis) -> Value {
    match tag.is_empty() {
        true => Value::Null,
        false => json!({
            "tag_label": {
                "tag_fqn": tag, "source": "Classification", "label_type": "Manual", "state": "Confirmed",
            },
            "applied_date": now.0,
            "expiry_date": now.0 + CERTIFIED_FOR_MS,
        }),
    }
}
