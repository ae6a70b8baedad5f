//! What every page of a record begins with: what it is, who answers for it, what it is about.

use std::sync::Arc;

use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::shared::ENTITY_STATUS;
use emporion_catalog::name;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation::{self, Relation};
use serde_json::Value;

use crate::forms::choice;
use crate::layout::icon::Icon;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::records::{address, naming};
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::{first_line, shown};

pub struct Head {
    pub icon: Icon,
    pub kind: String,
    pub name: String,
    /// The FQN for people's eyes.
    pub full_name: String,
    pub address: String,
    /// Its description's first line.
    pub line: String,
    pub owners: Vec<Person>,
    /// Who looks after it where nobody owns it: its own page says so.
    pub keeper: Option<Person>,
    /// Whether things of its kind have owners.
    pub is_ownable: bool,
    /// Whether rows lie in it, which its owners manage.
    pub has_rows: bool,
    pub experts: Vec<Person>,
    pub domains: Vec<Link>,
    pub tags: Vec<Label>,
    pub terms: Vec<Label>,
    pub status: Option<String>,
    pub certification: Option<Certification>,
    pub updated: Moment,
    pub updated_by: String,
    pub version: String,
}

/// What a record is certified with.
pub struct Certification {
    pub name: String,
    /// It held for a time, which has passed, or as long as the tag was there.
    pub is_over: bool,
}

/// A tag or a term that something bears.
#[derive(Clone)]
pub struct Label {
    pub id: RecordId,
    pub name: String,
    /// With what it stands below, for tags of one name.
    pub fqn: String,
    pub address: Option<String>,
    pub is_term: bool,
    /// Somebody or something proposes it; nobody stands by it yet.
    pub is_proposed: bool,
}

impl Label {
    pub fn of(card: &Card) -> Label {
        Label {
            id: card.id,
            name: naming::rendered(card),
            fqn: shown(&card.fqn),
            address: address::of_label(card.kind, &card.fqn),
            is_term: card.kind.is("glossary_term"),
            is_proposed: false,
        }
    }

    /// Whether the edge to a label says that nobody has confirmed it.
    pub fn is_proposed(edge: &Edge) -> bool {
        edge.attributes.get("state").and_then(Value::as_str) == Some("Suggested")
    }

    /// Tags, then terms.
    pub fn each<'v>(labels: impl Iterator<Item = (&'v Edge, &'v Arc<Card>)>) -> (Vec<Label>, Vec<Label>) {
        let label =
            |(edge, card): (&Edge, &Arc<Card>)| Label { is_proposed: Label::is_proposed(edge), ..Label::of(card) };
        labels.map(label).partition(|label| !label.is_term)
    }
}

impl Head {
    /// What of a record's edges a list reads for its heads.
    pub const IN_A_LIST: &[Relation] =
        &[relation::OWNER, relation::OWNING_TEAM, relation::IN_DOMAIN, relation::TAGGED, relation::CERTIFIED_BY];

    pub fn of(visit: &Visit, view: &View) -> Head {
        let record = &view.record;
        let (tags, terms) = Label::each(view.targets(relation::TAGGED));
        Head {
            icon: Icon::of(record.kind),
            kind: visit.t.say(&format!("kind.{}", record.kind.name())),
            name: naming::rendered_of(record),
            full_name: shown(&record.fqn),
            address: address::of_record(record),
            line: first_line(view.text("description").unwrap_or_default()),
            owners: Person::owners(view),
            keeper: None,
            is_ownable: record.kind.has(relation::OWNER),
            has_rows: record.kind.0.rows,
            experts: Person::all(view, relation::EXPERT),
            domains: view.own_or_inherited(relation::IN_DOMAIN).iter().map(|card| Link::of(card)).collect(),
            tags,
            terms,
            status: view.text(ENTITY_STATUS.name).map(|status| choice::rendered(visit.t, status)),
            certification: Certification::of(view),
            updated: visit.moment(record.updated.at),
            updated_by: shown(&record.updated.by.name),
            version: format!("{}.{}", record.version / 10, record.version % 10),
        }
    }
}

impl Certification {
    fn of(view: &View) -> Option<Certification> {
        let certification = view.certification()?;
        let fqn = certification.pointer("/tag_label/tag_fqn")?.as_str()?;
        let name = name::split(fqn).and_then(|mut names| names.pop());
        Some(Certification { name: shown(name.as_deref().unwrap_or(fqn)), is_over: view.certified_by().is_none() })
    }
}
