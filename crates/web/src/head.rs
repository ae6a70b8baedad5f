//! What every page of a record begins with: what it is, who answers for it, what it is about.

use emporion_catalog::id::Millis;
use emporion_catalog::kinds::shared::{CERTIFICATION, ENTITY_STATUS};
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use serde_json::Value;

use crate::icon::Icon;
use crate::link::Link;
use crate::moment::Moment;
use crate::people::Person;
use crate::plain::{first_line, shown};
use crate::visit::Visit;
use crate::{address, choice, naming};

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
    /// It held for a time, which has passed.
    pub is_over: bool,
}

/// A tag or a term that something bears.
#[derive(Clone)]
pub struct Label {
    pub name: String,
    /// With what it stands below, for tags of one name.
    pub fqn: String,
    pub address: Option<String>,
    pub is_term: bool,
}

impl Label {
    pub fn of(card: &Card) -> Label {
        Label {
            name: naming::said(card),
            fqn: shown(&card.fqn),
            address: address::of(card.kind, &card.fqn),
            is_term: card.kind.is("glossary_term"),
        }
    }

    /// Tags, then terms, of a place in a record.
    pub fn at(view: &View, place: &str) -> (Vec<Label>, Vec<Label>) {
        view.targets_at(relation::TAGGED, place).map(|(_, card)| Label::of(card)).partition(|label| !label.is_term)
    }
}

impl Head {
    pub fn of(visit: &Visit, view: &View) -> Head {
        let record = &view.record;
        let (tags, terms) = Label::at(view, "");
        Head {
            icon: Icon::of(record.kind),
            kind: visit.t.say(&format!("kind.{}", record.kind.name())),
            name: naming::said_of(record),
            full_name: shown(&record.fqn),
            address: address::of_record(record),
            line: first_line(view.text("description").unwrap_or_default()),
            owners: Person::all(view, relation::OWNER),
            experts: Person::all(view, relation::EXPERT),
            domains: view.own_or_inherited(relation::IN_DOMAIN).iter().map(|card| Link::of(card)).collect(),
            tags,
            terms,
            status: view.text(ENTITY_STATUS.name).map(|status| choice::said(visit.t, status)),
            certification: view.field(CERTIFICATION.name).and_then(|value| Certification::of(value, visit.now)),
            updated: visit.moment(record.updated.at),
            updated_by: shown(&record.updated.by.name),
            version: format!("{}.{}", record.version / 10, record.version % 10),
        }
    }
}

impl Certification {
    fn of(value: &Value, now: Millis) -> Option<Certification> {
        let ends = value.get("expiry_date").and_then(Value::as_i64);
        Some(Certification { name: shown(&certified(value)?), is_over: ends.is_some_and(|ends| ends <= now.0) })
    }
}

/// The name of a certification, whichever door wrote it.
fn certified(value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => {
            let named =
                members.iter().find(|(key, _)| matches!(key.as_str(), "tagFQN" | "tag_fqn")).map(|(_, value)| value);
            let fqn = named.and_then(Value::as_str).map(|fqn| fqn.rsplit('.').next().unwrap_or(fqn).to_owned());
            fqn.or_else(|| members.values().find_map(certified))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_certification_is_over_when_its_time_has_passed() {
        let value = json!({"tag_label": {"tag_fqn": "Certification.Gold"}, "applied_date": 1, "expiry_date": 100});
        let at = |now| Certification::of(&value, Millis(now)).expect("a certification");
        assert_eq!(at(99).name, "Gold");
        assert!(!at(99).is_over && at(100).is_over);
        assert!(Certification::of(&json!({}), Millis(0)).is_none());
    }
}
