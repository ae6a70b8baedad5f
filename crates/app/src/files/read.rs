//! From a document to what it says, with everything that is wrong in it by itself.

use emporion_catalog::field::{self, Field};
use emporion_catalog::kind::{Kind, Visibility};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{ITEM_TERMS, Relation};
use serde_json::{Map, Value};

use super::Fault;
use super::description::{Description, Link, Links, Name, attributes, spelled};
use super::shape::{self, HEAD, KINDS, Shape};

/// Reads one document; `index` says which of them it is.
pub fn read(registry: &Registry, index: usize, document: &Value) -> Result<Description, Vec<Fault>> {
    let fault = |field: &str, rule: String| Err(vec![Fault::new(index, field, rule)]);
    let Value::Object(said) = document else { return fault("", "must be an object".into()) };
    let shape = match said.get("kind").and_then(Value::as_str) {
        Some(kind) => match shape::named(registry, kind) {
            Some(shape) => shape,
            None => return fault("kind", format!("must be one of [{}]", KINDS.join(", "))),
        },
        None => return fault("kind", "must not be null".into()),
    };
    let name = match said.get("name") {
        Some(Value::String(name)) if !name.is_empty() => name.clone(),
        Some(Value::String(_) | Value::Null) | None => return fault("name", "must not be null".into()),
        Some(_) => {
            return fault("name", "must be a text; a name that looks like something else stands in quotes".into());
        }
    };
    let mut reader = Reader { registry, index, shape, faults: Vec::new() };
    let parent = reader.parent(said.get("parent"));
    let visibility = reader.visibility(said.get("visibility"));
    let links = shape.relations().map(|(relation, word)| reader.links(relation, word, said.get(word))).collect();
    let fields = reader.fields(said);
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    let fqn = shape.0.fqn(parent.as_ref().map(|parent| parent.fqn.as_str()), &name, None);
    Ok(Description { shape, name, fqn, parent, visibility, fields, links }.settled())
}

struct Reader<'a> {
    registry: &'a Registry,
    index: usize,
    shape: Shape,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn refuse(&mut self, field: impl Into<String>, rule: impl Into<String>) {
        self.faults.push(Fault::new(self.index, field, rule));
    }

    fn parent(&mut self, said: Option<&Value>) -> Option<Name> {
        let kinds: Vec<Kind> = self.shape.0.0.parents.iter().map(|name| self.registry.expect(name)).collect();
        match said {
            None | Some(Value::Null) if self.shape.0.0.parent_required => {
                self.refuse("parent", "must not be null");
                None
            }
            None | Some(Value::Null) => None,
            Some(_) if kinds.is_empty() => {
                self.refuse("parent", format!("has no meaning for a {}", self.shape.0));
                None
            }
            Some(said) => {
                let link = self.link(None, &kinds, "parent", said)?;
                Some(link.to)
            }
        }
    }

    fn visibility(&mut self, said: Option<&Value>) -> Visibility {
        match said.map(Value::as_str) {
            None => self.shape.0.0.visibility,
            Some(Some("open")) => Visibility::Open,
            Some(Some("granted")) => Visibility::Granted,
            Some(_) => {
                self.refuse("visibility", "must be one of [open, granted]");
                Visibility::Granted
            }
        }
    }

    fn fields(&mut self, said: &Map<String, Value>) -> Map<String, Value> {
        let known: Vec<Field> = self.shape.fields().copied().collect();
        let is_other = |name: &str| HEAD.contains(&name) || self.shape.relations().any(|(_, word)| word == name);
        let mut fields = Map::new();
        for (name, value) in said.iter().filter(|(name, _)| !is_other(name)) {
            let ty = known.iter().find(|field| field.name == *name).map(|field| field.ty);
            if let Some(kept) = field::tidy(ty, value).or_else(|| ty.is_none().then_some(Value::Null)) {
                fields.insert(name.clone(), kept);
            }
        }
        for violation in field::check_body(&known, &fields) {
            self.refuse(violation.field, violation.rule);
        }
        fields
    }

    fn links(&mut self, relation: Relation, word: &'static str, said: Option<&Value>) -> Links {
        let kinds = shape::leads_to(self.registry, relation);
        let mut to: Vec<Link> = Vec::new();
        match said {
            None | Some(Value::Null) => {}
            Some(one) if relation.0.single => to.extend(self.link(Some(relation), &kinds, word, one)),
            Some(Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    let place = format!("{word}[{at}]");
                    let Some(link) = self.link(Some(relation), &kinds, &place, item) else { continue };
                    match to.iter().any(|known| known.to == link.to) {
                        true => self.refuse(place, "stands there twice"),
                        false => to.push(link),
                    }
                }
            }
            Some(_) => self.refuse(word, "must be a list"),
        }
        Links { relation, word, to }
    }

    /// `FQN` where only one kind can be meant, else `{kind: FQN}`; beside it what is said of the relation.
    fn link(&mut self, relation: Option<Relation>, kinds: &[Kind], place: &str, said: &Value) -> Option<Link> {
        let meant = |name: &str| kinds.iter().copied().find(|kind| kind.name() == name);
        let (kind, fqn, mut rest) = match (said, kinds) {
            (Value::String(fqn), [kind]) => (*kind, fqn, Map::new()),
            (Value::Object(members), _) => {
                let mut named = members.iter().filter_map(|(name, value)| Some((meant(name)?, value)));
                match (named.next(), named.next()) {
                    (Some((kind, Value::String(fqn))), None) => {
                        let rest = members.iter().filter(|(name, _)| *name != kind.name());
                        (kind, fqn, rest.map(|(name, value)| (name.clone(), value.clone())).collect())
                    }
                    _ => {
                        self.refuse(place, self.needs(kinds));
                        return None;
                    }
                }
            }
            _ => {
                self.refuse(place, self.needs(kinds));
                return None;
            }
        };
        let Some(fqn) = spelled(kind, fqn) else {
            self.refuse(place, "is not a fully qualified name; a part with a dot in it stands in double quotes");
            return None;
        };
        let unknown = |name: &str| relation.is_none_or(|relation| !shape::is_said(relation, name));
        for name in rest.keys().filter(|name| unknown(name)).cloned().collect::<Vec<_>>() {
            self.refuse(format!("{place}.{name}"), "is not a known field");
        }
        for fault in relation.map(|relation| field::check_declared(relation.0.attributes, &rest)).unwrap_or_default() {
            self.refuse(format!("{place}.{}", fault.field), fault.rule);
        }
        self.spell_terms(place, &mut rest);
        let attributes = relation.map(|relation| attributes(relation, &rest)).unwrap_or_default();
        Some(Link { to: Name::new(kind, fqn), attributes })
    }

    fn spell_terms(&mut self, place: &str, attributes: &mut Map<String, Value>) {
        let Some(terms) = attributes.get_mut(ITEM_TERMS) else { return };
        let kind = self.registry.expect("glossary_term");
        let Value::Array(items) = terms else {
            return self.refuse(format!("{place}.{ITEM_TERMS}"), "must be a list");
        };
        let mut wrong = Vec::new();
        for (at, item) in items.iter_mut().enumerate() {
            match item.as_str().and_then(|fqn| spelled(kind, fqn)) {
                Some(fqn) => *item = fqn.into(),
                None => wrong.push(at),
            }
        }
        for at in wrong {
            self.refuse(format!("{place}.{ITEM_TERMS}[{at}]"), "must be the fully qualified name of a term");
        }
    }

    fn needs(&self, kinds: &[Kind]) -> String {
        match kinds {
            [kind] => format!("must be the fully qualified name of a {kind}"),
            [a, b, ..] => {
                let all: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                let few = if all.len() > 6 { String::new() } else { format!("; kinds are {}", all.join(", ")) };
                format!("must say the kind and the fully qualified name, as `{a}: …` or `{b}: …`{few}")
            }
            [] => "leads nowhere".into(),
        }
    }
}
