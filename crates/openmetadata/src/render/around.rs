//! Reads what answers show beside the records themselves: who refers to them, what stands below, how many.
//!
//! For a whole page at once where the store can answer so; nothing at all where no field asks for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, RwLock};

use emporion_catalog::cached_snapshot::CachedSnapshot;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
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
    let snapshot = door.catalog.snapshot().await?;
    let known = CachedSnapshot::over(&*snapshot);
    let reader = Reader { door, caller, snapshot: &known };
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
                for (around, number) in all.iter_mut().zip(reader.counts(views, count.of).await?) {
                    around.counts.push((part.name, number));
                }
            }
            Source::Computed if part.name == "serviceType" => {
                for (around, service_type) in all.iter_mut().zip(reader.service_types(views).await?) {
                    around.service_type = service_type;
                }
            }
            Source::Computed => {
                let Some(kind) = below(noun, part.name) else { continue };
                for (around, list) in all.iter_mut().zip(reader.children(views, kind).await?) {
                    around.lists.push((part.name, list));
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
        let found = self.snapshot.by_id(self.caller.account(), &wanted).await.map_err(problem)?.into_iter().flatten();
        let alive = found.filter(|record| record.state.is_alive()).collect();
        let seen = self.door.catalog.access().seen(self.snapshot, &self.caller.principal, alive).await?;
        cards.extend(seen.iter().map(|record| (record.id, Arc::new(Card::of(record)))));
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

    async fn children(&self, views: &[View], kind: &str) -> OmResult<Vec<Vec<Arc<Card>>>> {
        let below = |view: &View| ListQuery { parent: Some(view.id()), ..self.query(kind) };
        let queries = views.iter().map(below).collect();
        let lists = self.door.catalog.lists_in(self.snapshot, self.caller, queries).await?;
        Ok(lists.iter().map(|list| list.iter().map(|record| Arc::new(Card::of(record))).collect()).collect())
    }

    async fn counts(&self, views: &[View], of: Counted) -> OmResult<Vec<u64>> {
        let ids: Vec<RecordId> = views.iter().map(View::id).collect();
        let queries = |kind: &str, narrow: fn(&View, ListQuery) -> ListQuery| -> Vec<ListQuery> {
            views.iter().map(|view| narrow(view, self.query(kind))).collect()
        };
        let child = |view: &View, query| ListQuery { parent: Some(view.id()), ..query };
        let below = |view: &View, query| ListQuery { within: Some(view.record.fqn.clone()), ..query };
        let listed = async |queries| Ok(self.door.catalog.totals_in(self.snapshot, self.caller, queries).await?);
        match of {
            Counted::Children(kind) => listed(queries(kind, child)).await,
            Counted::Below(kind) => listed(queries(kind, below)).await,
            Counted::From(name) => {
                let Some(relation) = relation::by_name(name) else { return Ok(vec![0; views.len()]) };
                let edges = self.snapshot.edges_from(&ids, Some(&[relation])).await.map_err(problem)?;
                Ok(tally(&ids, edges.iter().map(|edge| edge.from)))
            }
            Counted::To(name) => Ok(tally(&ids, self.edges_to(&ids, name).await?.into_iter())),
            Counted::ToAnyBelow(name) => {
                let mut members: HashMap<RecordId, Vec<RecordId>> = HashMap::new();
                let labels: Vec<ListQuery> = ["tag", "glossary_term"]
                    .into_iter()
                    .flat_map(|kind| queries(kind, below))
                    .map(|query| ListQuery { limit: MOST, ..query })
                    .collect();
                let lists = self.snapshot.lists(&labels).await.map_err(problem)?;
                for (list, id) in lists.iter().zip(ids.iter().cycle()) {
                    for record in list {
                        members.entry(record.id).or_default().push(*id);
                    }
                }
                for id in &ids {
                    members.entry(*id).or_default().push(*id);
                }
                let labelled: Vec<RecordId> = members.keys().copied().collect();
                let to = self.edges_to(&labelled, name).await?;
                Ok(tally(&ids, to.iter().flat_map(|label| members.get(label).into_iter().flatten().copied())))
            }
        }
    }

    /// Where the edges of the relation lead that lead to any of these.
    async fn edges_to(&self, ids: &[RecordId], relation: &str) -> OmResult<Vec<RecordId>> {
        let Some(relation) = relation::by_name(relation) else { return Ok(Vec::new()) };
        let edges = self.snapshot.edges_to(ids, &[relation], u32::MAX).await.map_err(problem)?;
        Ok(edges.iter().map(|edge| edge.to).collect())
    }

    async fn service_types(&self, views: &[View]) -> OmResult<Vec<Option<Arc<str>>>> {
        let service =
            |view: &View| view.ancestors.iter().find(|card| card.kind.name().ends_with("_service")).map(|card| card.id);
        let services: Vec<Option<RecordId>> = views.iter().map(service).collect();
        let mut known: HashMap<RecordId, Arc<str>> = HashMap::new();
        if let Ok(remembered) = SERVICE_TYPES.read() {
            let found = services.iter().flatten().filter_map(|id| remembered.get(id).map(|text| (*id, text.clone())));
            known.extend(found);
        }
        let mut missing: Vec<RecordId> =
            services.iter().flatten().copied().filter(|id| !known.contains_key(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            let found = self.snapshot.by_id(self.caller.account(), &missing).await.map_err(problem)?;
            for record in found.into_iter().flatten() {
                if let Some(text) = record.body.get("service_type").and_then(Value::as_str) {
                    known.insert(record.id, Arc::from(text));
                }
            }
            if let Ok(mut remembered) = SERVICE_TYPES.write() {
                if remembered.len() >= REMEMBERED {
                    remembered.clear();
                }
                remembered.extend(known.iter().map(|(id, text)| (*id, text.clone())));
            }
        }
        Ok(services.into_iter().map(|id| id.and_then(|id| known.get(&id).cloned())).collect())
    }

    fn query(&self, kind: &str) -> ListQuery {
        ListQuery::of(self.caller.account(), self.door.catalog.kind(kind))
    }
}

/// How often each of the ids was met.
fn tally(ids: &[RecordId], met: impl Iterator<Item = RecordId>) -> Vec<u64> {
    let mut numbers: HashMap<RecordId, u64> = HashMap::new();
    for id in met {
        *numbers.entry(id).or_default() += 1;
    }
    ids.iter().map(|id| numbers.get(id).copied().unwrap_or(0)).collect()
}

fn problem(error: emporion_catalog::ports::StoreError) -> crate::errors::OmError {
    crate::problem::to_error(error.into())
}
