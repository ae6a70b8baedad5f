//! A create body, read: everything that can be said of it without looking at what is stored.
//!
//! The same body makes a record (POST) or is merged into one (PUT); `draft` says how.

pub(crate) mod draft;
pub mod labels;
pub mod parts;
pub mod relations;

use std::sync::Arc;

use emporion_catalog::command::Ref;
use emporion_catalog::kind::{Kind, Naming};
use emporion_catalog::kinds;
use emporion_catalog::parts::PartList;
use emporion_catalog::registry::Registry;
use emporion_edge::check::check;
use emporion_edge::shape::Location;
use serde_json::{Map, Value};

use crate::errors::{OmError, OmResult};
use crate::members::out;
use crate::noun::{Direction, Input, Noun, OnPut, Output, Parentage, Reference};
use crate::nouns::query::is_checksum;
use crate::reference::{self, Given};
use crate::render::parts::wire_list_mut;
use crate::{case, column, connection, names};
use labels::Placed;

pub use draft::WriterKind;

/// What a client wants a record to be.
#[derive(Debug, Clone)]
pub struct CreateRequest {
    pub noun: &'static Noun,
    pub kind: Kind,
    pub name: String,
    /// The name that it is to have, where the record is found by another one.
    pub new_name: Option<String>,
    pub parent: Option<Ref>,
    /// The FQN that the record will have, as far as the request tells it.
    pub fqn: String,
    /// Members that become body fields, in the spelling of the wire; no nulls, no tags inside.
    members: Map<String, Value>,
    /// Relations that the request speaks of.
    related: Vec<(&'static Reference, Vec<Given>)>,
    /// Tags of the record and its parts.
    labels: Vec<Placed>,
    /// Members that the request has, as it spells them.
    pub given: Vec<String>,
    /// The request says `domain` where others say `domains`.
    pub says_domain: bool,
}

impl CreateRequest {
    /// Reads a body.
    ///
    /// Errors: 400 for whatever is wrong with it by itself, all faults of its shape at once.
    pub fn read(registry: &Registry, noun: &'static Noun, body: Value) -> OmResult<CreateRequest> {
        let body = case::without_nulls(body);
        let faults = check(noun.create, Location::Body, &body);
        if !faults.is_empty() {
            return Err(OmError::shape(&faults));
        }
        let Value::Object(mut members) = body else { return Err(OmError::malformed()) };
        let given = members.keys().cloned().collect();
        let says_domain = noun.create.member("domain").is_some() && reference::take_domain_alias(&mut members)?;
        let kind = registry.expect(noun.kind_name);
        canonical_service(noun, &mut members)?;
        (noun.hooks.complete)(&mut members)?;
        let name = take_name(kind, &mut members)?;
        let related = take_relations(noun, &mut members)?;
        let (parent, fqn) = place(registry, noun, kind, &name, &mut members, &related)?;
        let labels = take_labels(noun, &mut members)?;
        if let Some(Value::Array(columns)) = members.get("columns") {
            column::check(columns, "columns")?;
            if let Some(Value::Array(constraints)) = members.get("tableConstraints") {
                column::check_constraints(constraints, columns)?;
            }
        }
        Ok(CreateRequest {
            noun,
            kind,
            name,
            new_name: None,
            parent,
            fqn,
            members,
            related,
            labels,
            given,
            says_domain,
        })
    }

    /// The text of a query that does not say its name, and the service that it stands under. The checksum of the text is
    /// no name, whoever says it.
    pub fn unnamed_query(&self) -> Option<(&str, &Ref)> {
        let text = self.members.get("query").and_then(Value::as_str).filter(|_| self.kind == kinds::QUERY)?;
        Some((text, self.parent.as_ref().filter(|_| is_checksum(&self.name, text))?))
    }

    /// Calls what does not say its name by one that was made for it; `known` is the name that its record has by now.
    pub fn be_called(&mut self, name: String, known: Option<String>) {
        let above = match &self.parent {
            Some(Ref::Id(_, id)) => Some(id.to_string()),
            Some(Ref::Name(_, given)) => Some(names::canonical(given).unwrap_or_else(|| given.clone())),
            _ => None,
        };
        self.new_name = Some(name.clone()).filter(|name| known.as_ref().is_some_and(|known| known != name));
        self.name = known.unwrap_or(name);
        self.fqn = self.kind.fqn(above.as_deref(), &self.name, None);
    }

    /// The crawler's hash of what it saw.
    pub fn source_hash(&self) -> Option<&str> {
        self.members.get("sourceHash").and_then(Value::as_str).filter(|hash| !hash.is_empty())
    }

    /// What the request gives for a relation. `None` where it does not speak of it.
    fn related(&self, reference: &Reference) -> Option<&[Given]> {
        self.related.iter().find(|(known, _)| known.member == reference.member).map(|(_, given)| given.as_slice())
    }

    /// Relations that start at other records, which the request speaks of: `(reference, who is meant)`.
    pub fn incoming(&self) -> impl Iterator<Item = (&'static Reference, &[Given])> {
        self.related
            .iter()
            .filter(|(reference, _)| reference.direction == Direction::In)
            .map(|(reference, given)| (*reference, given.as_slice()))
    }

    /// Under each of these parents the record may already stand; the first is where a new one goes.
    pub fn homes(&self, registry: &Registry) -> OmResult<Vec<Ref>> {
        let Parentage::FirstOf { member, .. } = self.noun.place else {
            return Ok(self.parent.iter().cloned().collect());
        };
        let found = self.related.iter().find(|(reference, _)| reference.member == member);
        let Some((reference, given)) = found else { return Ok(Vec::new()) };
        given.iter().map(|given| relations::to_ref(registry, reference, given)).collect()
    }

    /// The same request for a record that stands under another of its homes.
    pub fn under(self: &Arc<CreateRequest>, home: Ref) -> Arc<CreateRequest> {
        Arc::new(CreateRequest { parent: Some(home), ..CreateRequest::clone(self) })
    }
}

/// The service type and the connection in the form that is stored.
fn canonical_service(noun: &Noun, members: &mut Map<String, Value>) -> OmResult<()> {
    let Some(service) = connection::of_kind(noun.kind_name) else { return Ok(()) };
    let Some(given) = members.get("serviceType").and_then(Value::as_str) else { return Ok(()) };
    let service_type = service.service_type(given)?;
    let connection = members.shift_remove("connection");
    members.insert("serviceType".into(), Value::from(service_type));
    if let Some(connection) = service.connection(service_type, connection)? {
        members.insert("connection".into(), connection);
    }
    Ok(())
}

fn take_name(kind: Kind, members: &mut Map<String, Value>) -> OmResult<String> {
    let name = match (members.shift_remove("name"), members.get("query")) {
        (Some(Value::String(name)), _) => name,
        // It stands in until one was made (`query_names`).
        (_, Some(Value::String(query))) => crate::nouns::query::checksum(query),
        _ => return Err(OmError::missing("name")),
    };
    // Clients find users by their names in small letters.
    Ok(if kind.0.naming == Naming::Folded { emporion_catalog::name::fold(&name) } else { name })
}

fn take_relations(
    noun: &'static Noun,
    members: &mut Map<String, Value>,
) -> OmResult<Vec<(&'static Reference, Vec<Given>)>> {
    let mut related = Vec::new();
    for reference in noun.references {
        if reference.input == Input::None || reference.output == Output::TagLabel {
            continue;
        }
        if let Some(value) = members.shift_remove(reference.member) {
            related.push((reference, reference::parse(reference, Some(&value))?));
        }
    }
    Ok(related)
}

/// Where the record stands, and its FQN.
fn place(
    registry: &Registry,
    noun: &'static Noun,
    kind: Kind,
    name: &str,
    members: &mut Map<String, Value>,
    related: &[(&'static Reference, Vec<Given>)],
) -> OmResult<(Option<Ref>, String)> {
    let fqn = |parent: Option<&str>| kind.fqn(parent, name, None);
    let canonical = |given: &str| names::canonical(given).unwrap_or_else(|| given.to_owned());
    match noun.place {
        Parentage::Root => Ok((None, fqn(None))),
        Parentage::Under { members: [parent, ..], .. } if members.get(parent.member).is_some_and(Value::is_object) => {
            let given = members.shift_remove(parent.member);
            let by = out(parent.member, "", Input::References, kind.0.parents, OnPut::Keep);
            let by = Reference { many: false, ..by };
            let Some(given) = reference::parse(&by, given.as_ref())?.into_iter().next() else {
                return Err(OmError::missing(parent.member));
            };
            let text = match &given {
                Given::Name { name, .. } => canonical(name),
                Given::Id { id, .. } => id.to_string(),
            };
            Ok((Some(relations::to_ref(registry, &by, &given)?), fqn(Some(&text))))
        }
        Parentage::Under { members: parents, required } => {
            let mut found: Vec<(&str, &str, String)> = Vec::new();
            for parent in parents {
                if let Some(Value::String(given)) = members.shift_remove(parent.member) {
                    found.push((parent.member, parent.kind, given));
                }
            }
            // The nearest parent comes first; those above it must agree.
            if let [(member, _, nearest), (_, _, above), ..] = found.as_slice() {
                let (nearest, above) = (canonical(nearest), canonical(above));
                let agrees = nearest.starts_with(&format!("{above}.")) || !nearest.contains('.');
                if !agrees {
                    return Err(OmError::violation(member, format_args!("{nearest} is not below {above}")));
                }
            }
            match found.into_iter().next() {
                Some((_, parent, given)) => {
                    let fqn = fqn(Some(&canonical(&given)));
                    Ok((Some(Ref::Name(registry.expect(parent), given)), fqn))
                }
                None if required => Err(OmError::missing(parents.last().map_or("parent", |parent| parent.member))),
                None => Ok((None, fqn(None))),
            }
        }
        Parentage::FirstOf { member, .. } => {
            let given = related.iter().find(|(reference, _)| reference.member == member);
            let Some((reference, given)) = given else { return Err(OmError::missing(member)) };
            let Some(first) = given.first() else { return Err(OmError::violation(member, "must not be empty")) };
            let text = match first {
                Given::Name { name, .. } => canonical(name),
                Given::Id { id, .. } => id.to_string(),
            };
            Ok((Some(relations::to_ref(registry, reference, first)?), fqn(Some(&text))))
        }
    }
}

/// Takes the tag labels of the record and its parts out of the members.
fn take_labels(noun: &Noun, members: &mut Map<String, Value>) -> OmResult<Vec<Placed>> {
    let mut placed = Vec::new();
    if noun.reference("tags").is_some()
        && let Some(value) = members.shift_remove("tags")
    {
        placed.push((String::new(), reference::parse_labels("tags", Some(&value))?));
    }
    for (member, parts) in noun.parts {
        let list = members.get_mut(*member).and_then(|value| wire_list_mut(value, parts));
        placed.extend(part_labels(parts, list.map_or(&mut [], Vec::as_mut_slice))?);
    }
    Ok(placed)
}

/// Takes the labels and the FQNs off parts. They are no fields.
pub fn part_labels(parts: &PartList, list: &mut [Value]) -> OmResult<Vec<Placed>> {
    let mut taken = Vec::new();
    parts.walk_mut(list, &mut |path, part| {
        part.shift_remove("fullyQualifiedName");
        taken.extend(part.shift_remove("tags").map(|labels| (path.to_owned(), labels)));
    });
    let placed = taken.into_iter().map(|(path, labels)| {
        let at = format!("{}.{path}.tags", case::wire_key(parts.field()));
        Ok((parts.place(&path), reference::parse_labels(&at, Some(&labels))?))
    });
    placed.collect()
}
