//! What there is to do so that the catalogue is as the documents say.

use std::collections::{HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::Record;
use emporion_catalog::registry::Registry;
use serde_json::{Map, Value, json};

use super::Fault;
use super::description::{Description, Link, Name};
use super::present::Holder;
use super::shape::Shape;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Create,
    /// A deleted record holds the name and comes back with it.
    Revive,
    Change,
    Delete,
}

/// The word for it.
const DELETE: &str = "delete";

#[derive(Debug, Clone)]
pub struct Change {
    pub action: Action,
    pub name: Name,
    /// Of a record that is there: which, and what it was compared at.
    pub present: Option<(RecordId, u64)>,
    pub differences: Vec<Difference>,
    /// The document that asks for it; a deletion has none.
    pub document: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub field: &'static str,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Change {
    /// For programs, and to be sent back with what was planned.
    pub fn told(&self) -> Value {
        let action = match self.action {
            Action::Create | Action::Revive => "create",
            Action::Change => "change",
            Action::Delete => DELETE,
        };
        let differences = self.differences.iter().map(|difference| {
            let mut told = json!({"field": difference.field});
            for (side, value) in [("before", &difference.before), ("after", &difference.after)] {
                if let Some(value) = value {
                    told[side] = value.clone();
                }
            }
            told
        });
        let revision = self.present.map(|(_, revision)| revision);
        json!({
            "action": action, "kind": self.name.kind, "name": self.name.fqn, "revision": revision,
            "fields": differences.collect::<Vec<_>>(),
        })
    }
}

/// Every record has one document, and what two documents say of one another stands where it belongs.
pub fn settle(wanted: &mut [Description]) -> Result<HashSet<Name>, Vec<Fault>> {
    let mut places: HashMap<Name, usize> = HashMap::new();
    let mut faults = Vec::new();
    for (index, one) in wanted.iter().enumerate() {
        if let Some(first) = places.insert(one.reference(), index) {
            places.insert(one.reference(), first);
            faults.push(Fault::new(index, "name", "is described by another file, too"));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    for index in 0..wanted.len() {
        let own = wanted[index].reference();
        for at in 0..wanted[index].links.len() {
            if !wanted[index].links[at].relation.0.symmetric {
                continue;
            }
            let word = wanted[index].links[at].word;
            let stands_here = |link: &Link| own < link.to || !places.contains_key(&link.to);
            let (here, elsewhere): (Vec<Link>, Vec<Link>) =
                std::mem::take(&mut wanted[index].links[at].to).into_iter().partition(stands_here);
            wanted[index].links[at].to = here;
            for link in elsewhere {
                let back = Link { to: own.clone(), attributes: link.attributes };
                let other = &mut wanted[places[&link.to]].links;
                if let Some(there) = other.iter_mut().find(|links| links.word == word)
                    && there.to.iter().all(|known| known.to != own)
                {
                    there.to.push(back);
                    there.to.sort_by(|a, b| a.to.cmp(&b.to));
                }
            }
        }
    }
    Ok(places.into_keys().collect())
}

/// Compares each document with what holds its name; `unnamed` is what is to go, the last made first.
pub fn compare(
    registry: &Registry,
    wanted: &[Description],
    present: &HashMap<Name, Holder>,
    unnamed: &[(Shape, Record)],
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (index, one) in wanted.iter().enumerate() {
        let name = one.reference();
        let after = one.members(registry);
        let (action, before, found) = match present.get(&name) {
            None => (Action::Create, Vec::new(), None),
            Some(Holder::Deleted(_)) => (Action::Revive, Vec::new(), None),
            Some(Holder::Alive(there)) => {
                let record = &there.view.record;
                let before = there.description.members(registry);
                (Action::Change, before, Some((record.id, record.revision.0)))
            }
        };
        let differences = differences(&before, &after);
        if action != Action::Change || !differences.is_empty() {
            changes.push(Change { action, name, present: found, differences, document: Some(index) });
        }
    }
    for (shape, record) in unnamed {
        changes.push(Change {
            action: Action::Delete,
            name: Name::new(shape.0, record.fqn.as_str()),
            present: Some((record.id, record.revision.0)),
            differences: Vec::new(),
            document: None,
        });
    }
    // As they are carried out: what others stand below is made first and goes last.
    let order = |change: &Change| {
        let place = Shape(registry.expect(change.name.kind)).place();
        let depth = emporion_catalog::name::split(&change.name.fqn).map_or(0, |names| names.len());
        match change.action {
            Action::Delete => (1, usize::MAX - place, usize::MAX - depth),
            _ => (0, place, depth),
        }
    };
    changes.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.name.fqn.cmp(&b.name.fqn)));
    changes
}

type Members = [(&'static str, Value)];

/// In the order of the document; `parent` is no difference, since it is a part of the name.
fn differences(before: &Members, after: &Members) -> Vec<Difference> {
    let of = |members: &Members, field: &str| {
        members.iter().find(|(name, _)| *name == field).map(|(_, value)| value.clone())
    };
    let mut fields: Vec<&'static str> = after.iter().map(|(name, _)| *name).collect();
    fields.extend(before.iter().map(|(name, _)| *name).filter(|name| after.iter().all(|(other, _)| other != name)));
    let difference = |field| Difference { field, before: of(before, field), after: of(after, field) };
    let differ = fields.into_iter().map(difference).filter(|one| one.before != one.after);
    differ.collect()
}

/// What the caller is told when something else is to be done than he was shown.
pub fn overtaken(expected: &[Value], now: &[Value]) -> Vec<String> {
    let title = |change: &Value| {
        let text = |member: &str| change[member].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("kind"), text("name"))
    };
    let differ = |some: &[Value], others: &[Value]| -> Vec<String> {
        some.iter().filter(|change| !others.contains(change)).map(title).collect()
    };
    let mut names = differ(now, expected);
    names.extend(differ(expected, now));
    names.sort();
    names.dedup();
    names
}

/// Whether something goes by what was planned.
pub fn deletes(planned: &[Value]) -> bool {
    planned.iter().any(|change| change["action"] == DELETE)
}

/// For programs: what there is to do, and how many records no document describes.
pub fn told(changes: &[Change], unnamed: usize) -> Value {
    let changes: Vec<Value> = changes.iter().map(Change::told).collect();
    let mut told = Map::new();
    told.insert("changes".into(), changes.into());
    told.insert("undocumented".into(), unnamed.into());
    told.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::files::read::read;

    fn described(documents: &[Value]) -> Vec<Description> {
        let registry = Registry::standard();
        documents.iter().enumerate().map(|(index, one)| read(&registry, index, one).unwrap()).collect()
    }

    fn term(name: &str, related: &[&str]) -> Value {
        json!({"kind": "glossary_term", "name": name, "parent": {"glossary": "G"}, "related_terms": related})
    }

    fn changes(documents: &[Value]) -> Vec<String> {
        let mut wanted = described(documents);
        settle(&mut wanted).unwrap();
        let changes = compare(&Registry::standard(), &wanted, &HashMap::new(), &[]);
        changes.iter().map(|change| format!("{:?} {}", change.action, change.name.fqn)).collect()
    }

    #[test]
    fn what_others_stand_below_is_made_first() {
        let documents = [
            json!({"kind": "data_product", "name": "p", "parent": "A.B"}),
            term("t", &[]),
            json!({"kind": "domain", "name": "B", "parent": "A", "domain_type": "Aggregate"}),
            json!({"kind": "glossary", "name": "G"}),
            json!({"kind": "domain", "name": "A", "domain_type": "Aggregate"}),
        ];
        let made = ["Create A", "Create A.B", "Create G", "Create G.t", "Create A.B.p"];
        assert_eq!(changes(&documents), made);
    }

    #[test]
    fn what_two_documents_say_of_one_another_stands_in_the_first() {
        let mut wanted = described(&[term("b", &["G.a", "G.elsewhere"]), term("a", &["G.b"])]);
        settle(&mut wanted).unwrap();
        let registry = Registry::standard();
        let related = |at: usize| wanted[at].document(&registry).get("related_terms").cloned();
        assert_eq!((related(0), related(1)), (Some(json!(["G.elsewhere"])), Some(json!(["G.b"]))));
    }

    #[test]
    fn one_record_has_one_document() {
        let mut wanted = described(&[term("a", &[]), term("a", &["G.b"])]);
        let faults = settle(&mut wanted).unwrap_err();
        assert_eq!((faults.len(), faults[0].document), (1, 1));
    }

    #[test]
    fn what_goes_without_saying_is_no_difference() {
        let product = |more: Value| {
            let mut document = json!({"kind": "data_product", "name": "p", "parent": "A"});
            document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            described(&[document]).pop().unwrap()
        };
        let label = json!([{"tag": "t.u", "label_type": "Manual", "state": "Confirmed"}]);
        for (said, unsaid) in [
            (json!({"domains": ["A"]}), json!({})),
            (json!({"display_name": "", "owners": [], "visibility": "open"}), json!({})),
            (json!({"owners": [{"team": "T"}], "team": "T"}), json!({"owners": [{"team": "T"}]})),
            (json!({"tags": label}), json!({"tags": [{"tag": "t.u"}]})),
            (json!({"assets": [{"table": "a.\"b\".c.d", "terms": []}]}), json!({"assets": [{"table": "a.b.c.d"}]})),
            (json!({"owners": [{"user": "Maria"}]}), json!({"owners": [{"user": "maria"}]})),
        ] {
            assert_eq!(product(said.clone()), product(unsaid), "{said}");
        }
        assert_ne!(product(json!({"domains": ["A", "B"]})), product(json!({})));
        assert_ne!(product(json!({"team": "T"})), product(json!({})));
    }

    #[test]
    fn every_fault_of_a_document_is_told_at_once() {
        let document = json!({
            "kind": "data_product", "name": "p", "parent": "a..b", "nonsense": 1, "visibility": "shut", "description": 7,
            "owners": [{"user": "x", "pet": "y"}, "z", {"user": "x"}], "assets": {"table": "t"}, "provider": "system",
        });
        let faults = read(&Registry::standard(), 3, &document).unwrap_err();
        let fields: HashSet<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        let expected = [
            "parent",
            "nonsense",
            "visibility",
            "description",
            "owners[0].pet",
            "owners[1]",
            "owners[2]",
            "assets",
            "provider",
        ];
        assert_eq!(fields, expected.into_iter().collect());
        assert!(faults.iter().all(|fault| fault.document == 3 && !fault.rule.is_empty()));
    }
}
