//! Reads what answers show beside the records themselves: who refers to them, what stands below, how many.
//!
//! For a whole page at once where the store can answer so; nothing at all where no field asks for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, RwLock};

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::observation::Series;
use emporion_catalog::ports::Snapshot;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::{Card, Record, View};
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::observed::OF_ROWS;
use serde_json::Value;

use super::observed::{self, Eyes};
use super::part::{Part, parts};
use super::print::Around;
use crate::door::Door;
use crate::errors::OmResult;
use crate::noun::{Counted, Direction, Fields, Noun, Source};

/// More than any answer should hold.
const MOST: u32 = 100_000;
/// Services whose type is remembered.
const REMEMBERED: usize = 10_000;

/// Types of services by id. A service never changes its type, so what is remembered stays true.
static SERVICE_TYPES: LazyLock<RwLock<HashMap<RecordId, Arc<str>>>> = LazyLock::new(RwLock::default);

/// Whether an answer with these fields shows anything that is not in the view.
pub fn is_needed(noun: &'static Noun, fields: &Fields) -> bool {
    let shows = |part: &&Part| part.shows(fields);
    let is_observed = |part: &Part| matches!(part.source, Source::Observed(_));
    parts(noun).iter().filter(shows).any(|part| {
        lists(noun, part) || part.name == "serviceType" || is_observed(part) || observed::of_query(noun, part.name)
    })
}

fn lists(noun: &Noun, part: &Part) -> bool {
    match part.source {
        Source::Reference(reference) => reference.direction == Direction::In,
        Source::Count(_) => true,
        Source::Computed => below(noun, part.name).is_some(),
        _ => false,
    }
}

/// The kind of the records that a computed member lists.
fn below(noun: &Noun, member: &str) -> Option<&'static str> {
    match member {
        "children" => Some(noun.kind),
        "databaseSchemas" => Some("database_schema"),
        "tables" => Some("table"),
        _ => None,
    }
}

/// One entry per view, in their order.
pub async fn around(
    door: &Door,
    caller: &Caller,
    noun: &'static Noun,
    views: &[View],
    fields: &Fields,
) -> OmResult<Vec<Around>> {
    let mut all = vec![Around::default(); views.len()];
    if views.is_empty() || !is_needed(noun, fields) {
        return Ok(all);
    }
    let reader = Reader { door, caller, snapshot: &*door.catalog.snapshot().await? };
    let observed: Vec<Series> = parts(noun)
        .iter()
        .filter(|part| part.shows(fields))
        .filter_map(|part| if let Source::Observed(series) = part.source { Some(series) } else { None })
        .collect();
    if !observed.is_empty() {
        let ids: Vec<RecordId> = views.iter().map(View::id).collect();
        let newest = reader.snapshot.newest_observations(caller.account(), &ids, &observed).await.map_err(problem)?;
        let mut places: HashMap<RecordId, &mut Around> = ids.into_iter().zip(&mut all).collect();
        for one in newest.into_iter().filter(|one| one.item.is_empty()) {
            if let Some(around) = places.get_mut(&one.record) {
                around.observed.push((one.series, one.value));
            }
        }
    }
    let shows_query = parts(noun).iter().any(|part| part.shows(fields) && observed::of_query(noun, part.name));
    if shows_query || observed.iter().any(|series| OF_ROWS.contains(series)) {
        let records: Vec<&Record> = views.iter().map(|view| &view.record).collect();
        let eyes = match shows_query {
            true => holders(door, caller, reader.snapshot, &records).await?,
            false => eyes(door, caller, reader.snapshot, &records).await?,
        };
        for (around, eyes) in all.iter_mut().zip(eyes) {
            around.eyes = eyes;
        }
    }
    for part in parts(noun).iter().filter(|part| part.shows(fields)) {
        match part.source {
            Source::Reference(reference) if reference.direction == Direction::In => {
                let Some(relation) = part.relation else { continue };
                let mut sources = reader.sources(views, relation).await?;
                for (around, view) in all.iter_mut().zip(views) {
                    around.lists.push((part.name, sources.remove(&view.id()).unwrap_or_default()));
                }
            }
            Source::Count(count) => {
                for (around, view) in all.iter_mut().zip(views) {
                    around.counts.push((part.name, reader.count(view, count.of).await?));
                }
            }
            Source::Computed if part.name == "serviceType" => {
                for (around, view) in all.iter_mut().zip(views) {
                    around.service_type = reader.service_type(view).await?;
                }
            }
            Source::Computed => {
                let Some(kind) = below(noun, part.name) else { continue };
                for (around, view) in all.iter_mut().zip(views) {
                    around.lists.push((part.name, reader.children(view, kind).await?));
                }
            }
            _ => {}
        }
    }
    Ok(all)
}

/// How the caller looks at what was observed of each of the tables, which he sees.
pub async fn eyes(door: &Door, caller: &Caller, snapshot: &dyn Snapshot, tables: &[&Record]) -> OmResult<Vec<Eyes>> {
    let rows = door.catalog.rows(snapshot, caller);
    let mut sights = rows.sights(tables).await?;
    let personal = rows.personal(tables).await?;
    let eyes = tables.iter().zip(personal);
    Ok(eyes.map(|(table, personal)| Eyes::new(sights.remove(&table.id).unwrap_or_default(), personal)).collect())
}

/// How the caller looks at queries: whoever holds the rows of the service that they were run on sees the values in them.
async fn holders(door: &Door, caller: &Caller, snapshot: &dyn Snapshot, queries: &[&Record]) -> OmResult<Vec<Eyes>> {
    let ids: Vec<RecordId> = queries.iter().map(|query| query.id).collect();
    let held = door.catalog.rows(snapshot, caller).held(&ids).await?;
    Ok(ids.iter().map(|id| Eyes::of_holder(held.contains(id))).collect())
}

struct Reader<'a> {
    door: &'a Door,
    caller: &'a Caller,
    snapshot: &'a dyn Snapshot,
}

impl Reader<'_> {
    /// The records with an edge to each of the views, those that the caller may see.
    async fn sources(&self, views: &[View], relation: Relation) -> OmResult<HashMap<RecordId, Vec<Arc<Card>>>> {
        let ids: Vec<RecordId> = views.iter().map(View::id).collect();
        let edges = self.snapshot.edges_to(&ids, &[relation], MOST).await.map_err(problem)?;
        let mut wanted: Vec<RecordId> = edges.iter().map(|edge| edge.from).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut cards: BTreeMap<RecordId, Arc<Card>> = BTreeMap::new();
        for record in self.snapshot.by_id(self.caller.account(), &wanted).await.map_err(problem)?.into_iter().flatten()
        {
            let access = self.door.catalog.access();
            if record.state.is_alive() && access.sees_in(self.snapshot, &self.caller.principal, &record).await? {
                cards.insert(record.id, Arc::new(Card::of(&record)));
            }
        }
        let mut sources: HashMap<RecordId, Vec<Arc<Card>>> = HashMap::new();
        if relation == relation::HAS_ASSET {
            // Who holds the rows of an asset knows who borrows them.
            sources = self.door.catalog.rows(self.snapshot, self.caller).borrowers(&ids).await?;
            for card in sources.values_mut().flatten().filter(|card| !cards.contains_key(&card.id)) {
                // Of one that is hidden he knows that it is there.
                *card = Arc::new(Card { display_name: None, description: None, ..(**card).clone() });
            }
        }
        for edge in edges.iter().filter(|edge| edge.at.is_empty()) {
            if let Some(card) = cards.get(&edge.from) {
                let known = sources.entry(edge.to).or_default();
                if known.iter().all(|other| other.id != card.id) {
                    known.push(card.clone());
                }
            }
        }
        Ok(sources)
    }

    async fn children(&self, view: &View, kind: &str) -> OmResult<Vec<Arc<Card>>> {
        let query = ListQuery { parent: Some(view.id()), limit: MOST, ..self.query(kind) };
        let page = self.door.catalog.list_in(self.snapshot, self.caller, query, &Depth::bare()).await?;
        Ok(page.views.iter().map(|view| Arc::new(Card::of(&view.record))).collect())
    }

    async fn count(&self, view: &View, of: Counted) -> OmResult<u64> {
        let listed = |query: ListQuery| async move {
            let query = ListQuery { limit: 0, ..query };
            let page = self.door.catalog.list_in(self.snapshot, self.caller, query, &Depth::bare()).await?;
            Ok(page.total)
        };
        match of {
            Counted::Children(kind) => listed(ListQuery { parent: Some(view.id()), ..self.query(kind) }).await,
            Counted::Below(kind) => {
                listed(ListQuery { within: Some(view.record.fqn.clone()), ..self.query(kind) }).await
            }
            Counted::From(name) => match relation::by_name(name) {
                Some(relation) => {
                    let edges = self.snapshot.edges_from(&[view.id()], Some(&[relation])).await.map_err(problem)?;
                    Ok(edges.len() as u64)
                }
                None => Ok(0),
            },
            Counted::To(name) => self.edges_to(&[view.id()], name).await,
            Counted::ToAnyBelow(name) => {
                let mut ids = vec![view.id()];
                for kind in ["tag", "glossary_term"] {
                    let query = ListQuery { within: Some(view.record.fqn.clone()), limit: MOST, ..self.query(kind) };
                    ids.extend(self.snapshot.list(&query).await.map_err(problem)?.iter().map(|record| record.id));
                }
                self.edges_to(&ids, name).await
            }
        }
    }

    async fn edges_to(&self, ids: &[RecordId], relation: &str) -> OmResult<u64> {
        let Some(relation) = relation::by_name(relation) else { return Ok(0) };
        Ok(self.snapshot.edges_to(ids, &[relation], u32::MAX).await.map_err(problem)?.len() as u64)
    }

    async fn service_type(&self, view: &View) -> OmResult<Option<Arc<str>>> {
        let Some(service) = view.ancestors.iter().find(|card| card.kind.name().ends_with("_service")) else {
            return Ok(None);
        };
        if let Ok(known) = SERVICE_TYPES.read()
            && let Some(service_type) = known.get(&service.id)
        {
            return Ok(Some(service_type.clone()));
        }
        let found = self.snapshot.by_id(self.caller.account(), &[service.id]).await.map_err(problem)?;
        let record = found.into_iter().flatten().next();
        let text = record.and_then(|record| record.body.get("service_type").and_then(Value::as_str).map(Arc::from));
        let Some(service_type): Option<Arc<str>> = text else { return Ok(None) };
        if let Ok(mut known) = SERVICE_TYPES.write() {
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(service.id, service_type.clone());
        }
        Ok(Some(service_type))
    }

    fn query(&self, kind: &str) -> ListQuery {
        ListQuery::of(self.caller.account(), self.door.catalog.kind(kind))
    }
}

fn problem(error: emporion_catalog::ports::StoreError) -> crate::errors::OmError {
    crate::problem::to_error(error.into())
}
