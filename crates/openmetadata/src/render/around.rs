//! Reads what answers show beside the records themselves: who refers to them, what stands below, how many.
//!
//! For a whole page at once where the store can answer so; nothing at all where no field asks for it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::observation::{JOINS, Series};
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::{Reading, Sources, tally};
use emporion_catalog::record::{Card, Record, View};
use emporion_catalog::relation::{self, Relation};
use emporion_catalog::rows::observed::OF_ROWS;
use emporion_catalog::rows::redaction::Redaction;
use serde_json::Value;

use super::joins;
use super::observed;
use super::part::{Part, parts};
use super::print::Around;
use super::quality;
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
        lists(noun, part) || is_of_service(noun, part) || is_observed(part) || observed::of_query(noun, part.name)
    })
}

/// Whether the member tells of the service that the record came from; of a suite of tests it would say what runs it.
fn is_of_service(noun: &Noun, part: &Part) -> bool {
    part.name == "serviceType" && !noun.is(kinds::TEST_SUITE)
}

fn lists(noun: &Noun, part: &Part) -> bool {
    match part.source {
        Source::Reference(reference) => reference.direction == Direction::In,
        Source::Count(_) => true,
        Source::Computed => below(noun, part.name).is_some() || quality::are_told(noun, part.name),
        _ => false,
    }
}

/// The kind of the records that a computed member lists.
fn below(noun: &Noun, member: &str) -> Option<&'static str> {
    match member {
        "children" => Some(noun.kind_name),
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
    let reader = Reader { door, reading: door.catalog.reading(caller).await?.remembering() };
    let observed: Vec<Series> = parts(noun)
        .iter()
        .filter(|part| part.shows(fields))
        .filter_map(|part| if let Source::Observed(series) = part.source { Some(series) } else { None })
        .collect();
    if !observed.is_empty() {
        let ids: Vec<RecordId> = views.iter().map(View::id).collect();
        let newest = reader.reading.newest_observations(views, &observed).await?;
        let mut places: HashMap<RecordId, &mut Around> = ids.into_iter().zip(&mut all).collect();
        for one in newest.into_iter().filter(|one| one.item.is_empty()) {
            if let Some(around) = places.get_mut(&one.record) {
                around.observed.push((one.series, one.value));
            }
        }
    }
    let joins = all.iter_mut().flat_map(|around| &mut around.observed).filter(|(series, _)| *series == JOINS);
    let mut joins: Vec<&mut Value> = joins.map(|(_, value)| value).collect();
    joins::keep_seen(&reader.reading, &mut joins).await?;
    let shows_query = parts(noun).iter().any(|part| part.shows(fields) && observed::of_query(noun, part.name));
    if shows_query || observed.iter().any(|series| OF_ROWS.contains(series)) {
        let records: Vec<&Record> = views.iter().map(|view| &view.record).collect();
        let redaction = match shows_query {
            true => holders(&reader.reading, &records).await?,
            false if noun.is(kinds::TEST_CASE) => reader.reading.rows().redactions_of_tests(&records).await?,
            false => reader.reading.rows().redactions(&records).await?,
        };
        for (around, redaction) in all.iter_mut().zip(redaction) {
            around.redaction = redaction;
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
            Source::Computed if is_of_service(noun, part) => {
                for (around, service_type) in all.iter_mut().zip(reader.service_types(views).await?) {
                    around.service_type = service_type;
                }
            }
            Source::Computed if quality::are_told(noun, part.name) => {
                quality::add(&reader.reading, noun, part.name, views, &mut all).await?;
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

/// How the caller looks at queries: whoever holds the rows of the service that they were run on sees the values in them.
async fn holders(reading: &Reading<'_>, queries: &[&Record]) -> OmResult<Vec<Redaction>> {
    let ids: Vec<RecordId> = queries.iter().map(|query| query.id).collect();
    let held = reading.rows().held(&ids).await?;
    Ok(ids.iter().map(|id| Redaction::of_holder(held.contains(id))).collect())
}

struct Reader<'a> {
    door: &'a Door,
    reading: Reading<'a>,
}

impl Reader<'_> {
    /// The records with an edge to each of the views, those that the caller may see.
    async fn sources(&self, views: &[View], relation: Relation) -> OmResult<HashMap<RecordId, Vec<Arc<Card>>>> {
        let Sources { edges, records, .. } = self.reading.sources(views, &[relation], MOST).await?;
        let cards: HashMap<RecordId, Arc<Card>> =
            records.values().map(|record| (record.id, Arc::new(Card::of(record)))).collect();
        let mut sources: HashMap<RecordId, Vec<Arc<Card>>> = HashMap::new();
        if relation == relation::HAS_ASSET {
            // Who holds the rows of an asset knows who borrows them.
            let ids: Vec<RecordId> = views.iter().map(View::id).collect();
            sources = self.reading.rows().borrowers(&ids).await?;
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
        let lists = self.reading.lists(queries).await?;
        Ok(lists.iter().map(|list| list.iter().map(|record| Arc::new(Card::of(record))).collect()).collect())
    }

    async fn counts(&self, views: &[View], of: Counted) -> OmResult<Vec<u64>> {
        let ids: Vec<RecordId> = views.iter().map(View::id).collect();
        let queries = |kind: &str, narrow: fn(&View, ListQuery) -> ListQuery| -> Vec<ListQuery> {
            views.iter().map(|view| narrow(view, self.query(kind))).collect()
        };
        let child = |view: &View, query| ListQuery { parent: Some(view.id()), ..query };
        let below = |view: &View, query| ListQuery { within: Some(view.record.fqn.clone()), ..query };
        let listed = async |queries| Ok(self.reading.totals(queries).await?);
        match of {
            Counted::Children(kind) => listed(queries(kind, child)).await,
            Counted::Below(kind) => listed(queries(kind, below)).await,
            Counted::From(name) => {
                let Some(relation) = relation::by_name(name) else { return Ok(vec![0; views.len()]) };
                let edges = self.reading.edges_from(views, Some(&[relation])).await?;
                Ok(tally(&ids, edges.iter().map(|edge| edge.from)))
            }
            Counted::To(name) => match relation::by_name(name) {
                Some(relation) => Ok(self.reading.uses(views, relation).await?),
                None => Ok(vec![0; views.len()]),
            },
            Counted::ToAnyBelow(name) => match relation::by_name(name) {
                Some(relation) => {
                    let kinds = [kinds::TAG, kinds::GLOSSARY_TERM];
                    Ok(self.reading.uses_below(views, &kinds, relation).await?)
                }
                None => Ok(vec![0; views.len()]),
            },
        }
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
            for (id, service_type) in self.reading.fields_above(views, &missing, "service_type").await? {
                known.extend(service_type.as_str().map(|text| (id, Arc::from(text))));
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
        ListQuery::of(self.reading.account(), self.door.catalog.kind(kind))
    }
}
