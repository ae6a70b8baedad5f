//! What the catalogue holds of that which stands in documents, as its caller sees it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::member_query::Given;
use emporion_catalog::query::{Keyset, ListQuery};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, Record, View};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{ITEM_TERMS, MEMBER_QUERY, Relation};
use serde_json::{Map, Value};

use super::description::{Description, Link, Links, Name, attributes};
use super::shape::Shape;

/// A record that stands in documents, or could.
pub struct Present {
    pub view: View,
    pub description: Description,
}

/// What holds a name.
pub enum Holder {
    Alive(Box<Present>),
    /// It can be brought back.
    Deleted(RecordId),
}

/// What holds names, and what of all that it leads to its reader sees.
pub struct Held {
    pub by_name: HashMap<Name, Holder>,
    pub seen: HashSet<RecordId>,
}

/// Which records have documents. Both ends of a symmetric relation say it; it stands in the document of the end whose name
/// comes first, or of the only one that has a document.
pub enum Documents {
    /// Those that the caller sees.
    Seen,
    These(HashSet<Name>),
}

/// A page of the documents of a shape, and the place after which the next one begins. Records that come with every account
/// have one only where they were changed.
pub async fn page(
    reading: &Reading<'_>,
    shape: Shape,
    after: Option<Keyset>,
    limit: u32,
) -> Result<(Vec<Description>, Option<Keyset>), Problem> {
    let query = ListQuery { after, limit, ..ListQuery::of(reading.account(), shape.0) };
    let page = reading.list(query.clone(), &depth()).await?;
    let next = page.views.last().filter(|_| page.more).map(|view| query.keyset(&view.record));
    let mut views = Vec::with_capacity(page.views.len());
    for view in page.views {
        if !(comes_with_the_account(reading, &view.record).await? && is_untouched(&view.record)) {
            views.push(view);
        }
    }
    let seen = seen(reading, &views).await?;
    let described = views.iter().map(|view| describe(view, &seen, &Documents::Seen));
    Ok((described.collect(), next))
}

/// What holds the names of the documents now.
pub async fn named(
    reading: &Reading<'_>,
    registry: &Registry,
    wanted: &[&Description],
    documents: &Documents,
) -> Result<Held, Problem> {
    let mut held = Held { by_name: HashMap::new(), seen: HashSet::new() };
    for shape in super::shape::all(registry) {
        let names: Vec<&str> = wanted.iter().filter(|one| one.shape == shape).map(|one| one.fqn.as_str()).collect();
        let mut records: Vec<Record> = reading.by_fqn(shape.0, &names).await?.into_iter().flatten().collect();
        records.retain(|record| record.state.holds_name());
        let views = reading.views(records, &depth()).await?;
        held.seen.extend(seen(reading, &views).await?);
        for view in views {
            let name = Name::new(shape.0, view.record.fqn.as_str());
            let holder = match view.record.state.is_alive() {
                true => {
                    let description = describe(&view, &held.seen, documents);
                    Holder::Alive(Box::new(Present { view, description }))
                }
                false => Holder::Deleted(view.id()),
            };
            held.by_name.insert(name, holder);
        }
    }
    Ok(held)
}

/// The records of these shapes that have no document, without those that come with every account.
pub async fn unnamed(
    reading: &Reading<'_>,
    shapes: &[Shape],
    documents: &HashSet<Name>,
) -> Result<Vec<(Shape, Record)>, Problem> {
    let mut found = Vec::new();
    for shape in shapes {
        for record in reading.all(ListQuery::of(reading.account(), shape.0)).await? {
            let is_named = documents.contains(&Name::new(shape.0, record.fqn.as_str()));
            if !is_named && !comes_with_the_account(reading, &record).await? {
                found.push((*shape, record));
            }
        }
    }
    Ok(found)
}

/// The ids of what the names mean, as far as the caller sees it alive.
pub async fn ids(
    reading: &Reading<'_>,
    registry: &Registry,
    names: &HashSet<Name>,
) -> Result<HashMap<Name, RecordId>, Problem> {
    let mut by_kind: HashMap<&'static str, Vec<&str>> = HashMap::new();
    for name in names {
        by_kind.entry(name.kind).or_default().push(&name.fqn);
    }
    let mut found = HashMap::new();
    for (kind, fqns) in by_kind {
        let kind = registry.expect(kind);
        for record in reading.by_fqn(kind, &fqns).await?.into_iter().flatten() {
            if record.state.is_alive() {
                found.insert(Name::new(kind, record.fqn), record.id);
            }
        }
    }
    Ok(found)
}

/// With every edge of its own, and none that it inherits.
fn depth() -> Depth {
    Depth { relations: None, ..Depth::default() }
}

async fn comes_with_the_account(reading: &Reading<'_>, record: &Record) -> Result<bool, Problem> {
    if record.body.get("provider").and_then(Value::as_str) == Some("system") {
        return Ok(true);
    }
    Ok(record.kind.is("domain") && record.parent.is_none() && reading.is_default_domain(record).await?)
}

/// What the server itself adds to the rules of a policy is no change of it.
fn is_untouched(record: &Record) -> bool {
    let seeded = record.body.get("seeded");
    record.revision.0 == 1 || (seeded.is_some() && seeded == record.body.get("rules"))
}

/// What these records lead to and their reader sees by itself. A document names nothing else, as no list of any door does.
async fn seen(reading: &Reading<'_>, views: &[View]) -> Result<HashSet<RecordId>, Problem> {
    let edges = views.iter().flat_map(|view| &view.edges);
    let named = views.iter().filter_map(|view| Given::of(&view.record)).flat_map(|given| given.names);
    let ends: HashSet<RecordId> = edges.flat_map(|edge| edge.item_terms().chain([edge.to])).chain(named).collect();
    let ends: Vec<RecordId> = ends.into_iter().collect();
    Ok(reading.cards(&ends).await?.iter().map(|card| card.id).collect())
}

fn describe(view: &View, seen: &HashSet<RecordId>, documents: &Documents) -> Description {
    let record = &view.record;
    let shape = Shape(record.kind);
    let mut fields = Map::new();
    let is_hidden = Given::of(record).is_some_and(|given| given.names.iter().any(|id| !seen.contains(id)));
    for field in shape.fields().filter(|field| !(is_hidden && field.name == MEMBER_QUERY)) {
        if let Some(value) = view.said(field.name) {
            fields.insert(field.name.to_owned(), value.into_owned());
        }
    }
    let own = Name::new(record.kind, record.fqn.as_str());
    let links = shape.relations().map(|(relation, word)| {
        // What follows a query is said by the query.
        let said = view.targets(relation).filter(|(edge, _)| seen.contains(&edge.to) && !edge.is_by_query());
        let targets = said.filter_map(|(edge, card)| {
            let to = Name::new(card.kind, card.fqn.as_str());
            let stands_there = relation.0.symmetric && to < own && documents.has(&to);
            let link = Link { attributes: attributes(relation, &named_terms(view, seen, &edge.attributes)), to };
            (!stands_there).then_some((edge.ord, link))
        });
        let mut targets: Vec<(u32, Link)> = targets.collect();
        targets.sort_by_key(|(ord, _)| *ord);
        Links { relation, word, to: targets.into_iter().map(|(_, link)| link).collect() }
    });
    Description {
        shape,
        name: record.name.clone(),
        fqn: record.fqn.clone(),
        parent: view.parent().map(|card| Name::new(card.kind, card.fqn.as_str())),
        visibility: record.visibility,
        fields,
        links: links.collect(),
    }
    .settled()
}

/// The attributes with the names of terms in the place of their ids.
fn named_terms(view: &View, seen: &HashSet<RecordId>, attributes: &Map<String, Value>) -> Map<String, Value> {
    let mut named = attributes.clone();
    if let Some(Value::Array(terms)) = named.get_mut(ITEM_TERMS) {
        *terms = terms
            .iter()
            .filter_map(|id| id.as_str()?.parse::<RecordId>().ok())
            .filter_map(|id| view.cards.get(&id).filter(|_| seen.contains(&id)))
            .map(|card| card.fqn.as_str().into())
            .collect();
    }
    named
}

impl Documents {
    /// Whether what a reader sees under this name has a document.
    fn has(&self, name: &Name) -> bool {
        match self {
            Documents::Seen => true,
            Documents::These(names) => names.contains(name),
        }
    }
}

/// What edges say that the document of their record does not: they stand in the document of their other end, or lead to
/// what its reader does not see.
pub struct Unsaid {
    pub seen: HashSet<RecordId>,
    pub documents: Arc<HashSet<Name>>,
}

impl Unsaid {
    /// The edges of a relation that stay, each with its place among all of them. `said` is what the document leads to.
    pub fn edges<'v>(&self, view: &'v View, relation: Relation, said: &HashSet<RecordId>) -> Vec<(usize, &'v Edge)> {
        // What there is one of gives way to what is said.
        if relation.0.single && !said.is_empty() {
            return Vec::new();
        }
        let own = Name::new(view.record.kind, view.record.fqn.as_str());
        let stands_elsewhere = |edge: &Edge| {
            relation.0.symmetric
                && view.cards.get(&edge.to).is_some_and(|card| {
                    let to = Name::new(card.kind, card.fqn.as_str());
                    to < own && self.documents.contains(&to)
                })
        };
        let mut edges: Vec<&Edge> =
            view.edges.iter().filter(|edge| edge.relation == relation && edge.at.is_empty()).collect();
        edges.sort_by_key(|edge| edge.ord);
        let goes_unsaid = |edge: &Edge| !self.seen.contains(&edge.to) || stands_elsewhere(edge) || edge.is_by_query();
        let stays = |edge: &Edge| !said.contains(&edge.to) && goes_unsaid(edge);
        edges.into_iter().enumerate().filter(|(_, edge)| stays(edge)).collect()
    }

    /// The terms of an item that the document does not name.
    pub fn terms<'e>(&self, edge: &'e Edge) -> impl Iterator<Item = RecordId> + use<'_, 'e> {
        edge.item_terms().filter(move |term| !self.seen.contains(term))
    }
}
