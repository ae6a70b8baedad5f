//! What the catalogue holds of that which stands in documents, as its caller sees it.

use std::collections::{HashMap, HashSet};

use emporion_catalog::Problem;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{Keyset, ListQuery};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::{ITEM_TERMS, Relation};
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
    let found = described(reading, views, &Documents::Seen).await?;
    Ok((found.into_iter().map(|present| present.description).collect(), next))
}

/// What holds the names of the documents now.
pub async fn named(
    reading: &Reading<'_>,
    registry: &Registry,
    wanted: &[&Description],
    documents: &Documents,
) -> Result<HashMap<Name, Holder>, Problem> {
    let mut found = HashMap::new();
    for shape in super::shape::all(registry) {
        let names: Vec<&str> = wanted.iter().filter(|one| one.shape == shape).map(|one| one.fqn.as_str()).collect();
        let records: Vec<Record> = reading.by_fqn(shape.0, &names).await?.into_iter().flatten().collect();
        let (alive, deleted): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|record| record.state.is_alive());
        for record in deleted.into_iter().filter(|record| record.state.holds_name()) {
            found.insert(Name::new(shape.0, record.fqn), Holder::Deleted(record.id));
        }
        let views = reading.views(alive, &depth()).await?;
        for present in described(reading, views, documents).await? {
            found.insert(present.description.reference(), Holder::Alive(Box::new(present)));
        }
    }
    Ok(found)
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
    Depth { relations: None, inherited: false, alone: false }
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

async fn described(reading: &Reading<'_>, views: Vec<View>, documents: &Documents) -> Result<Vec<Present>, Problem> {
    let symmetric = views.iter().flat_map(|view| &view.edges).filter(|edge| edge.relation.0.symmetric);
    let ends: Vec<RecordId> = symmetric.map(|edge| edge.to).collect();
    let seen: HashSet<RecordId> = match documents {
        Documents::Seen => reading.cards(&ends).await?.iter().map(|card| card.id).collect(),
        Documents::These(_) => HashSet::new(),
    };
    let has_document = |id: RecordId, name: &Name| match documents {
        Documents::Seen => seen.contains(&id),
        Documents::These(names) => names.contains(name),
    };
    let described = views.into_iter().map(|view| {
        let description = describe(&view, &has_document);
        Present { view, description }
    });
    Ok(described.collect())
}

fn describe(view: &View, has_document: &dyn Fn(RecordId, &Name) -> bool) -> Description {
    let record = &view.record;
    let shape = Shape(record.kind);
    let mut fields = Map::new();
    for field in shape.fields() {
        if let Some(value) = record.body.get(field.name) {
            fields.insert(field.name.to_owned(), value.clone());
        }
    }
    let own = Name::new(record.kind, record.fqn.as_str());
    let links = shape.relations().map(|(relation, word)| {
        let targets = view.targets(relation).filter_map(|(edge, card)| {
            let to = Name::new(card.kind, card.fqn.as_str());
            let stands_there = relation.0.symmetric && to < own && has_document(card.id, &to);
            let link = Link { attributes: attributes(relation, &named_terms(view, &edge.attributes)), to };
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
fn named_terms(view: &View, attributes: &Map<String, Value>) -> Map<String, Value> {
    let mut named = attributes.clone();
    if let Some(Value::Array(terms)) = named.get_mut(ITEM_TERMS) {
        *terms = terms
            .iter()
            .filter_map(|id| id.as_str()?.parse::<RecordId>().ok())
            .filter_map(|id| view.cards.get(&id).filter(|card| card.state.is_alive()))
            .map(|card| card.fqn.as_str().into())
            .collect();
    }
    named
}

/// Ends of a symmetric relation that stand in another document than the record's own.
pub fn said_elsewhere(view: &View, relation: Relation, documents: &HashSet<Name>) -> Vec<RecordId> {
    if !relation.0.symmetric {
        return Vec::new();
    }
    let own = Name::new(view.record.kind, view.record.fqn.as_str());
    let others = view.targets(relation).filter(|(_, card)| {
        let to = Name::new(card.kind, card.fqn.as_str());
        to < own && documents.contains(&to)
    });
    others.map(|(edge, _)| edge.to).collect()
}
