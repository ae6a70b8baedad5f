//! What a document says, whether it was read or is made of a record: the one form in which both are compared.

use emporion_catalog::kind::{Kind, Visibility};
use emporion_catalog::name;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{IN_DOMAIN, ITEM_TERMS, OWNER, OWNING_TEAM, Relation};
use emporion_catalog::rule::Rule;
use serde_json::{Map, Value};

use super::shape::{self, Shape};

/// The attributes of a label that nobody has said anything else about.
const OF_COURSE: &[(&str, &str)] = &[("label_type", "Manual"), ("state", "Confirmed")];

#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    pub shape: Shape,
    pub name: String,
    pub fqn: String,
    pub parent: Option<Name>,
    pub visibility: Visibility,
    /// Tidied; what is not there is not said.
    pub fields: Map<String, Value>,
    /// One for each relation of the shape.
    pub links: Vec<Links>,
}

/// A record as documents refer to it: its kind and its FQN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    pub kind: &'static str,
    pub fqn: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Links {
    pub relation: Relation,
    pub word: &'static str,
    pub to: Vec<Link>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub to: Name,
    /// In the order of their names. Terms are named by their FQNs.
    pub attributes: Map<String, Value>,
}

impl Description {
    pub fn reference(&self) -> Name {
        Name { kind: self.shape.0.name(), fqn: self.fqn.clone() }
    }

    pub fn links_of(&self, relation: Relation) -> &[Link] {
        self.links.iter().find(|links| links.relation == relation).map_or(&[], |links| &links.to)
    }

    fn links_mut(&mut self, relation: Relation) -> Option<&mut Vec<Link>> {
        self.links.iter_mut().find(|links| links.relation == relation).map(|links| &mut links.to)
    }

    /// Leaves out what follows from the rest, so that it need not be said: the domain that a record stands in, where it
    /// must be in one; the team that holds it, where that is among its owners.
    pub fn settled(mut self) -> Description {
        let rules = self.shape.0.0.rules;
        if rules.contains(&Rule::HomeDomain)
            && let [only] = self.links_of(IN_DOMAIN)
            && Some(&only.to) == self.parent.as_ref()
            && only.attributes.is_empty()
            && let Some(domains) = self.links_mut(IN_DOMAIN)
        {
            domains.clear();
        }
        if rules.contains(&Rule::OwningTeam) {
            let owners: Vec<Name> = self.links_of(OWNER).iter().map(|link| link.to.clone()).collect();
            if let Some(team) = self.links_mut(OWNING_TEAM) {
                team.retain(|link| !owners.contains(&link.to));
            }
        }
        for links in self.links.iter_mut().filter(|links| links.relation.0.symmetric) {
            links.to.sort_by(|a, b| a.to.cmp(&b.to));
        }
        self
    }

    /// The document. What would say nothing is not in it.
    pub fn document(&self, registry: &Registry) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("kind".into(), self.shape.0.name().into());
        document.insert("name".into(), self.name.as_str().into());
        for (member, value) in self.members(registry) {
            document.insert(member.into(), value);
        }
        document
    }

    /// All but kind and name, in the order of the document.
    pub fn members(&self, registry: &Registry) -> Vec<(&'static str, Value)> {
        let mut members = Vec::new();
        if let Some(parent) = &self.parent {
            members.push(("parent", parent.told(self.shape.0.0.parents.len() == 1)));
        }
        if self.visibility != self.shape.0.0.visibility {
            members.push(("visibility", visibility_name(self.visibility).into()));
        }
        for field in self.shape.fields() {
            if let Some(value) = self.fields.get(field.name) {
                members.push((field.name, in_order(value)));
            }
        }
        for links in &self.links {
            let is_plain = shape::leads_to(registry, links.relation).len() == 1;
            let mut told: Vec<Value> = links.to.iter().map(|link| link.told(is_plain)).collect();
            match links.relation.0.single {
                true => members.extend(told.pop().map(|one| (links.word, one))),
                false if told.is_empty() => {}
                false => members.push((links.word, told.into())),
            }
        }
        members
    }
}

impl Name {
    pub fn new(kind: Kind, fqn: impl Into<String>) -> Name {
        Name { kind: kind.name(), fqn: fqn.into() }
    }

    fn told(&self, is_plain: bool) -> Value {
        match is_plain {
            true => self.fqn.as_str().into(),
            false => Value::Object([(self.kind.to_owned(), self.fqn.as_str().into())].into_iter().collect()),
        }
    }
}

impl Link {
    fn told(&self, is_plain: bool) -> Value {
        let mut told = self.to.told(is_plain && self.attributes.is_empty());
        if let Value::Object(members) = &mut told {
            members.extend(self.attributes.iter().map(|(name, value)| (name.clone(), in_order(value))));
        }
        told
    }
}

/// What is said of an edge, without what goes without saying.
pub fn attributes(relation: Relation, said: &Map<String, Value>) -> Map<String, Value> {
    let mut kept: Vec<(&String, &Value)> = said
        .iter()
        .filter(|(name, value)| shape::is_said(relation, name) && !goes_without_saying(name, value))
        .collect();
    kept.sort_by_key(|(name, _)| *name);
    kept.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

pub fn goes_without_saying(attribute: &str, value: &Value) -> bool {
    value.is_null()
        || OF_COURSE.iter().any(|(known, usual)| *known == attribute && value.as_str() == Some(usual))
        || (attribute == ITEM_TERMS && value.as_array().is_some_and(Vec::is_empty))
}

pub fn visibility_name(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Open => "open",
        Visibility::Granted => "granted",
    }
}

/// The FQN in the one spelling that the kind has for it.
pub fn spelled(kind: Kind, fqn: &str) -> Option<String> {
    let fqn = match kind.0.naming {
        emporion_catalog::kind::Naming::Folded => name::fold(fqn),
        _ => fqn.to_owned(),
    };
    name::canonical(&fqn)
}

/// The same value with the members of its objects in the order of their names: whoever wrote them last shows in no file.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            Value::Object(sorted.into_iter().map(|(name, value)| (name.clone(), in_order(value))).collect())
        }
        Value::Array(items) => items.iter().map(in_order).collect(),
        other => other.clone(),
    }
}
