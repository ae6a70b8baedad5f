//! From a plan to commands: what is made comes first, then what changes, then what goes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{IN_DOMAIN, ITEM_TERMS, Relation};
use emporion_catalog::rule::Rule;
use serde_json::{Map, Value};

use super::Fault;
use super::description::{Description, Link, Links, Name};
use super::plan::{Action, Change};
use super::present::Unsaid;
use super::shape;

/// One command, and the document that asks for it.
pub struct Step {
    pub command: Command,
    pub document: Option<usize>,
    /// What a deletion is of.
    pub name: Name,
}

/// What commands are made with.
pub struct Maker<'a> {
    pub registry: &'a Registry,
    pub wanted: &'a [Description],
    pub unsaid: Arc<Unsaid>,
    /// What the names mean that documents refer to; those of records that are made have their ids before.
    pub ids: HashMap<Name, RecordId>,
    /// Domains below which nothing stands but what goes as well.
    pub emptied: HashSet<RecordId>,
}

/// One relation as it is to be.
#[derive(Clone)]
struct Ends {
    relation: Relation,
    word: &'static str,
    to: Vec<(Ref, Map<String, Value>)>,
}

/// A name that a document refers to, and where.
pub struct Reference {
    pub name: Name,
    document: usize,
    /// `None` where what it names may be one that the caller does not see.
    place: Option<String>,
}

impl Reference {
    /// What is wrong where it names nothing.
    pub fn fault(&self) -> Option<Fault> {
        let rule = || format!("names the {} {:?}, which does not exist", self.name.kind, self.name.fqn);
        Some(Fault::new(self.document, self.place.clone()?, rule()))
    }
}

/// What the documents of these changes refer to, as far as it is to be changed.
pub fn references(registry: &Registry, wanted: &[Description], changes: &[Change]) -> Vec<Reference> {
    let term = registry.expect("glossary_term");
    let mut references = Vec::new();
    for (change, document) in changes.iter().filter_map(|change| Some((change, change.document?))) {
        let one = &wanted[document];
        let mut refer = |name: Name, place: Option<String>| references.push(Reference { name, document, place });
        if let Some(parent) = &one.parent {
            refer(parent.clone(), (change.action != Action::Change).then(|| "parent".to_owned()));
        }
        for links in one.links.iter().filter(|links| differs(change, links)) {
            for (at, link) in links.to.iter().enumerate() {
                let place = match links.relation.0.single {
                    true => links.word.to_owned(),
                    false => format!("{}[{at}]", links.word),
                };
                refer(link.to.clone(), Some(place.clone()));
                let terms = link.attributes.get(ITEM_TERMS).and_then(Value::as_array);
                for (at, fqn) in terms.into_iter().flatten().enumerate() {
                    let name = Name::new(term, fqn.as_str().unwrap_or_default());
                    refer(name, Some(format!("{place}.{ITEM_TERMS}[{at}]")));
                }
            }
        }
    }
    references
}

fn differs(change: &Change, links: &Links) -> bool {
    change.action == Action::Revive || change.differences.iter().any(|difference| difference.field == links.word)
}

impl Maker<'_> {
    /// The commands, in an order in which each finds what it refers to.
    pub fn steps(&mut self, changes: &[Change]) -> Vec<Step> {
        let is_new = |change: &&Change| matches!(change.action, Action::Create | Action::Revive);
        for change in changes.iter().filter(|change| change.action == Action::Create) {
            self.ids.insert(change.name.clone(), RecordId::fresh());
        }
        let new = changes.iter().filter(is_new).filter_map(|change| self.ids.get(&change.name).copied());
        // What is not there yet.
        let mut awaited: HashSet<RecordId> = new.collect();
        let (mut first, mut then, mut last) = (Vec::new(), Vec::new(), Vec::new());
        for change in changes {
            let Some(index) = change.document else {
                last.push(self.deletion(change));
                continue;
            };
            let one = &self.wanted[index];
            let step = |command| Step { command, document: Some(index), name: change.name.clone() };
            let ends = self.ends(one, change);
            match change.action {
                Action::Create | Action::Revive => {
                    let id = self.ids[&change.name];
                    awaited.remove(&id);
                    let is_there =
                        |ends: &Ends| ends.to.iter().all(|(to, _)| to.id().is_none_or(|id| !awaited.contains(&id)));
                    let (now, later): (Vec<Ends>, Vec<Ends>) = ends.into_iter().partition(is_there);
                    first.push(step(match change.action {
                        Action::Create => self.creation(one, id, &now),
                        _ => self.revival(one, now),
                    }));
                    if !later.is_empty() {
                        then.push(step(self.linking(one, id, later)));
                    }
                }
                _ => {
                    if let Some((id, _)) = change.present {
                        then.push(step(self.change(one, change, id, ends)));
                    }
                }
            }
        }
        first.extend(then);
        first.extend(last);
        first
    }

    /// The relations that differ, with the ids of what they lead to.
    fn ends(&self, one: &Description, change: &Change) -> Vec<Ends> {
        let mut ends = Vec::new();
        for links in one.links.iter().filter(|links| differs(change, links)) {
            // A home that the caller does not see stays by itself.
            let home = (links.relation == IN_DOMAIN && one.shape.0.0.rules.contains(&Rule::HomeDomain))
                .then_some(one.parent.as_ref())
                .flatten();
            let implied =
                home.filter(|_| links.to.is_empty()).map(|to| Link { to: to.clone(), attributes: Map::new() });
            let to = links.to.iter().chain(&implied).filter_map(|link| {
                let id = self.ids.get(&link.to)?;
                Some((Ref::Id(self.registry.expect(link.to.kind), *id), self.with_ids_of_terms(link)))
            });
            ends.push(Ends { relation: links.relation, word: links.word, to: to.collect() });
        }
        ends
    }

    fn with_ids_of_terms(&self, link: &Link) -> Map<String, Value> {
        let term = self.registry.expect("glossary_term");
        let mut attributes = link.attributes.clone();
        for text in attributes.get_mut(ITEM_TERMS).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(id) = self.ids.get(&Name::new(term, text.as_str().unwrap_or_default())) {
                *text = id.to_string().into();
            }
        }
        attributes
    }

    fn parent(&self, one: &Description) -> Option<Ref> {
        let parent = one.parent.as_ref()?;
        Some(Ref::Id(self.registry.expect(parent.kind), *self.ids.get(parent)?))
    }

    fn creation(&self, one: &Description, id: RecordId, ends: &[Ends]) -> Command {
        let mut draft = Draft { name: Some(one.name.clone()), fields: one.fields.clone(), ..Draft::default() };
        draft.visibility = Some(one.visibility);
        relate(&mut draft, ends);
        Command::Create {
            kind: one.shape.0,
            parent: self.parent(one),
            draft,
            id: Some(id),
            rules: DoorRules::default(),
        }
    }

    /// What could not be said when the record was made, since that was not there yet.
    fn linking(&self, one: &Description, id: RecordId, ends: Vec<Ends>) -> Command {
        let mut draft = Draft::default();
        relate(&mut draft, &ends);
        Command::Change {
            target: Ref::Id(one.shape.0, id),
            guard: Guard::None,
            edit: Arc::new(move |_| Ok(draft.clone())),
            rules: DoorRules::default(),
        }
    }

    fn revival(&self, one: &Description, ends: Vec<Ends>) -> Command {
        let fields = whole(one);
        let (visibility, unsaid) = (one.visibility, self.unsaid.clone());
        Command::Upsert {
            kind: one.shape.0,
            parent: self.parent(one),
            name: one.name.clone(),
            edit: Arc::new(move |view| {
                let mut draft = Draft { fields: fields.clone(), visibility: Some(visibility), ..Draft::default() };
                for ends in &ends {
                    draft.relate(ends.relation, How::ReplaceAt, ends.word, targets(view, ends, &unsaid));
                }
                Ok(draft)
            }),
            // What went with it has a document of its own, or stays where it is.
            rules: DoorRules { alone: true, ..DoorRules::default() },
        }
    }

    fn change(&self, one: &Description, change: &Change, id: RecordId, ends: Vec<Ends>) -> Command {
        let mut fields = whole(one);
        fields.retain(|name, _| change.differences.iter().any(|difference| difference.field == name));
        let differs = change.differences.iter().any(|difference| difference.field == "visibility");
        let visibility = differs.then_some(one.visibility);
        let unsaid = self.unsaid.clone();
        Command::Change {
            target: Ref::Id(one.shape.0, id),
            guard: Guard::None,
            edit: Arc::new(move |view| {
                let mut draft = Draft { fields: fields.clone(), visibility, ..Draft::default() };
                for ends in &ends {
                    draft.relate(ends.relation, How::ReplaceAt, ends.word, targets(Some(view), ends, &unsaid));
                }
                Ok(draft)
            }),
            rules: DoorRules::default(),
        }
    }

    fn deletion(&self, change: &Change) -> Step {
        let kind = self.registry.expect(change.name.kind);
        let id = change.present.map(|(id, _)| id);
        let target = id.map_or_else(|| Ref::Name(kind, change.name.fqn.clone()), |id| Ref::Id(kind, id));
        let recursive = id.is_some_and(|id| self.emptied.contains(&id));
        let how = Deletion { recursive, ..Deletion::SOFT };
        let command = Command::Delete { target, guard: Guard::None, how };
        Step { command, document: None, name: change.name.clone() }
    }
}

/// Every field that a document can say: what it does not say is taken off.
fn whole(one: &Description) -> Map<String, Value> {
    let names = one.shape.fields().map(|field| field.name);
    names.map(|name| (name.to_owned(), one.fields.get(name).cloned().unwrap_or_default())).collect()
}

/// What the relation is to lead to: with what only the catalogue knows of edges that are there, and with the edges that
/// the document does not speak of.
fn targets(view: Option<&View>, ends: &Ends, unsaid: &Unsaid) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::with_capacity(ends.to.len());
    for (to, said) in &ends.to {
        let mut target = target(to, said);
        let edge = view
            .and_then(|view| view.targets(ends.relation).map(|(edge, _)| edge).find(|edge| Some(edge.to) == to.id()));
        for (name, value) in edge.into_iter().flat_map(|edge| &edge.attributes) {
            let is_default = !said.contains_key(name) && super::description::goes_without_saying(name, value);
            if !shape::is_said(ends.relation, name) || is_default {
                target.attributes.insert(name.clone(), value.clone());
            }
        }
        let terms: Vec<Value> =
            edge.into_iter().flat_map(|edge| unsaid.terms(edge)).map(|id| id.to_string().into()).collect();
        if !terms.is_empty()
            && let Value::Array(named) = target.attributes.entry(ITEM_TERMS).or_insert_with(|| Value::Array(Vec::new()))
        {
            named.extend(terms);
        }
        targets.push(target);
    }
    let said: HashSet<RecordId> = ends.to.iter().filter_map(|(to, _)| to.id()).collect();
    for (place, edge) in view.map(|view| unsaid.edges(view, ends.relation, &said)).unwrap_or_default() {
        let target = Target { attributes: edge.attributes.clone(), ..Target::of(Ref::AnyOf(&[], edge.to)) };
        targets.insert(place.min(targets.len()), target);
    }
    targets
}

/// Adds ends to what a record has.
fn relate(draft: &mut Draft, ends: &[Ends]) {
    for ends in ends {
        let to = ends.to.iter().map(|(to, said)| target(to, said)).collect();
        draft.relate(ends.relation, How::Add, ends.word, to);
    }
}

fn target(to: &Ref, said: &Map<String, Value>) -> Target {
    Target { attributes: said.clone(), ..Target::of(to.clone()) }
}
