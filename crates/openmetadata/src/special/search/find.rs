//! What matches a search: as far as the index knows it, a page of that; else what is left of it when documents are looked at.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use emporion_catalog::finder::{By, Condition, FacetCounts, Order, Sought};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::Record;
use serde_json::{Map, Value};

use super::aggregations;
use super::index_query::IndexQuery;
use super::indexed_fields::IndexedFields;
use super::labels;
use super::matcher::Matcher;
use super::order::Sort;
use super::query::{Query, roots};
use super::search_request::{SearchRequest, root};
use super::settled::{parts, settled};
use super::shown::{entities, identify};
use crate::case;
use crate::errors::OmResult;
use crate::members::CERTIFICATION;
use crate::noun::{Noun, Source};
use crate::operation::Call;
use crate::render::observed;

/// Documents that are looked at together, and at most for one answer: which then says that there are at least so many
/// matches.
const BATCH: usize = 1_000;
const MOST: usize = 100_000;

/// A match, as far as its place in the order needs it.
pub struct Hit {
    pub noun: &'static Noun,
    pub id: SeenId,
    pub fqn: String,
    /// Where it stands in the order of the request.
    pub place: Vec<String>,
    pub score: f64,
}

/// A page of matches.
pub struct Found {
    pub page: Vec<Hit>,
    pub total: u64,
    pub is_exact: bool,
    /// What was counted of all that matches, whatever else hits are to be like.
    pub facets: Vec<FacetCounts>,
}

pub async fn find(call: &Call, reading: &Reading<'_>, search: &SearchRequest) -> OmResult<Found> {
    let names = IndexedFields::of(call, reading, search).await?;
    let of_hits = search.post.iter().cloned().chain([search.query.clone()]).collect();
    if search.states == States::Alive
        && let IndexQuery { condition, rest: None } = IndexQuery::of(&Query::All(of_hits), &names)
        && let Some(sought) = sought(call, search, condition)
    {
        return known(call, reading, search, &names, sought).await;
    }
    let (mut hits, mut matches) = (Vec::new(), Vec::new());
    let members: Vec<String> = search.sort.iter().filter_map(Sort::path).map(|path| root(path).to_owned()).collect();
    let is_exact = each(call, reading, search, &names, &members, &mut |noun, record, document, is_hit| {
        matches.push(record.id);
        if is_hit {
            let sort = search.sort.as_ref();
            let place = sort.map(|sort| sort.place(record, document, 1, &record.fqn)).unwrap_or_default();
            hits.push(Hit { noun, id: SeenId::from(record), fqn: record.fqn.clone(), place, score: 1.0 });
        }
    })
    .await?;
    let facets = counted(call, reading, search, Condition::these(matches)).await?;
    Ok(Found { facets, ..paged(search, hits, is_exact) })
}

/// The nouns that are searched, and the condition.
fn of_nouns(call: &Call, search: &SearchRequest, condition: Condition) -> Condition {
    let kinds = search.nouns.iter().map(|noun| call.kind(noun.kind_name)).collect();
    Condition::all(vec![Condition::kinds(kinds), condition])
}

/// The page as the index takes it; `None` where it has not the order.
fn sought(call: &Call, search: &SearchRequest, condition: Condition) -> Option<Sought> {
    let (order, beyond) = match (&search.sort, &search.after) {
        (None, _) => (Order { by: By::Best, descending: false }, None),
        (Some(sort), None) => (sort.order()?, None),
        (Some(sort), Some(after)) => (sort.order()?, Some(sort.beyond(after)?)),
    };
    let condition = of_nouns(call, search, condition);
    let counted = if search.is_counted && search.post.is_none() { aggregations::counted() } else { Vec::new() };
    Some(Sought { condition, order, beyond, from: search.from, limit: search.size, counted })
}

/// A page that the index knows.
async fn known(
    call: &Call,
    reading: &Reading<'_>,
    search: &SearchRequest,
    names: &IndexedFields,
    sought: Sought,
) -> OmResult<Found> {
    let sighted = reading.seek(&sought).await?;
    let ids: Vec<RecordId> = sighted.hits.iter().map(|hit| hit.id).collect();
    let records = reading.records(&ids, States::Alive).await?;
    let gone = (ids.len() - records.len()) as u64;
    let spotted: HashMap<RecordId, (u64, String)> =
        sighted.hits.into_iter().map(|hit| (hit.id, (hit.score, hit.text))).collect();
    let mut page = Vec::with_capacity(records.len());
    for record in records {
        let Some(noun) = search.nouns.iter().copied().find(|noun| record.kind.is(noun.kind_name)) else { continue };
        let Some((score, name)) = spotted.get(&record.id) else { continue };
        let sort = search.sort.as_ref();
        let place = sort.map(|sort| sort.place(&record, &Value::Null, *score, name)).unwrap_or_default();
        page.push(Hit { noun, id: SeenId::from(&record), fqn: record.fqn, place, score: *score as f64 });
    }
    let facets = match &search.post {
        None => sighted.facets,
        Some(_) => counted(call, reading, search, IndexQuery::of(&search.query, names).condition).await?,
    };
    Ok(Found { page, total: sighted.total.saturating_sub(gone), is_exact: sighted.is_exact, facets })
}

/// The counts of values of what is like this. What is deleted no index knows.
async fn counted(
    call: &Call,
    reading: &Reading<'_>,
    search: &SearchRequest,
    condition: Condition,
) -> OmResult<Vec<FacetCounts>> {
    if !search.is_counted || search.states != States::Alive {
        return Ok(Vec::new());
    }
    let order = Order { by: By::Best, descending: false };
    let condition = of_nouns(call, search, condition);
    let counted = aggregations::counted();
    let sought = Sought { condition, order, beyond: None, from: 0, limit: 0, counted };
    Ok(reading.seek(&sought).await?.facets)
}

/// How often the values of a field occur in what matches, and how much matches; `None` where the index does not know
/// both.
pub async fn values_known(
    call: &Call,
    reading: &Reading<'_>,
    search: &SearchRequest,
    names: &IndexedFields,
    path: &str,
) -> OmResult<Option<(Vec<FacetCounts>, u64, bool)>> {
    if search.states != States::Alive {
        return Ok(None);
    }
    let (IndexQuery { condition, rest: None }, Some((fields, kinds))) =
        (IndexQuery::of(&search.query, names), names.counted(path))
    else {
        return Ok(None);
    };
    let order = Order { by: By::Best, descending: false };
    let condition = of_nouns(call, search, condition);
    let all = Sought { condition, order, beyond: None, from: 0, limit: 0, counted: Vec::new() };
    let fields: Vec<String> = fields.into_iter().map(str::to_owned).collect();
    if kinds.len() == search.nouns.len() {
        let sighted = reading.seek(&Sought { counted: fields, ..all }).await?;
        return Ok(Some((sighted.facets, sighted.total, sighted.is_exact)));
    }
    // What documents do not show is not counted of them.
    let condition = Condition::all(vec![Condition::kinds(kinds), all.condition.clone()]);
    let counted = reading.seek(&Sought { condition, counted: fields, ..all.clone() }).await?;
    let sighted = reading.seek(&all).await?;
    Ok(Some((counted.facets, sighted.total, sighted.is_exact && counted.is_exact)))
}

/// What is told of each match: its noun, the record, a document with at least the members that were asked for, and whether
/// it is a hit, too.
pub type Visit<'v> = &'v mut (dyn FnMut(&'static Noun, &Record, &Value, bool) + Send);

/// Visits everything that matches. Answers whether that was all of it.
pub async fn each(
    call: &Call,
    reading: &Reading<'_>,
    search: &SearchRequest,
    names: &IndexedFields,
    members: &[String],
    visit: Visit<'_>,
) -> OmResult<bool> {
    if search.states != States::Alive {
        return each_deleted(call, reading, search, members, visit).await;
    }
    let IndexQuery { condition, rest } = IndexQuery::of(&search.query, names);
    let condition = of_nouns(call, search, condition);
    let rest = rest.unwrap_or(Query::Everything);
    let mut asked = parts("q", &rest, names)?;
    if let Some(post) = &search.post {
        asked.extend(parts("post_filter", post, names)?);
    }
    let order = Order { by: By::Fqn, descending: false };
    let sought = Sought { condition, order, beyond: None, from: 0, limit: MOST, counted: Vec::new() };
    let sighted = reading.seek_also(&sought, &asked).await?;
    let mut found = sighted.also.into_iter();
    let query = settled(&rest, names, &mut found);
    let wanted = Matcher::of(query, search.post.as_ref().map(|post| settled(post, names, &mut found)));
    for batch in sighted.hits.chunks(BATCH) {
        let ids: Vec<RecordId> = batch.iter().map(|hit| hit.id).collect();
        let mut records: HashMap<&str, Vec<Record>> = HashMap::new();
        for record in reading.records(&ids, States::Alive).await? {
            records.entry(record.kind.name()).or_default().push(record);
        }
        for noun in &search.nouns {
            let of_noun = records.remove(noun.kind_name).unwrap_or_default();
            if !matching(call, reading, &wanted, noun, of_noun, members, visit).await? {
                return Ok(false);
            }
        }
    }
    Ok(sighted.is_exact && sighted.total <= MOST as u64)
}

/// What is deleted no index knows: it is listed, and looked at.
async fn each_deleted(
    call: &Call,
    reading: &Reading<'_>,
    search: &SearchRequest,
    members: &[String],
    visit: Visit<'_>,
) -> OmResult<bool> {
    let wanted = Matcher::of(search.query.clone(), search.post.clone());
    let mut is_exact = true;
    for noun in &search.nouns {
        let limit = u32::try_from(BATCH).unwrap_or(u32::MAX);
        let of_kind = ListQuery::of(reading.account(), call.kind(noun.kind_name));
        let mut list = ListQuery { states: search.states, limit, ..of_kind };
        let mut looked_at = 0;
        loop {
            let page = reading.list(list.clone(), &Depth::bare()).await?;
            let records: Vec<Record> = page.views.into_iter().map(|view| view.record).collect();
            looked_at += records.len();
            list.after = records.last().map(|last| list.keyset(last));
            if !matching(call, reading, &wanted, noun, records, members, visit).await? {
                return Ok(false);
            }
            if !page.more || looked_at >= MOST {
                is_exact &= !page.more;
                break;
            }
        }
    }
    Ok(is_exact)
}

/// All hits in their order, and the page of them.
fn paged(search: &SearchRequest, mut hits: Vec<Hit>, is_exact: bool) -> Found {
    match &search.sort {
        Some(sort) => hits.sort_by(|one, other| sort.compare(&one.place, &other.place)),
        None => hits.sort_by(|one, other| one.fqn.cmp(&other.fqn).then(one.noun.kind_name.cmp(other.noun.kind_name))),
    }
    let total = hits.len() as u64;
    if let (Some(sort), Some(after)) = (&search.sort, &search.after) {
        hits.retain(|hit| sort.compare(&hit.place, after) == Ordering::Greater);
    }
    let page = hits.into_iter().skip(search.from).take(search.size).collect();
    Found { page, total, is_exact, facets: Vec::new() }
}

/// Visits those records of one noun whose documents match. Answers whether there was time for all of them.
async fn matching(
    call: &Call,
    reading: &Reading<'_>,
    wanted: &Arc<Matcher>,
    noun: &'static Noun,
    records: Vec<Record>,
    members: &[String],
    visit: Visit<'_>,
) -> OmResult<bool> {
    if records.is_empty() {
        return Ok(true);
    }
    let mut asked = members.to_vec();
    roots(&wanted.query, &mut asked);
    wanted.post.iter().for_each(|post| roots(post, &mut asked));
    let parts = labels::read_beside(noun, call.kind(noun.kind_name), &mut asked);
    let is_related = |root: &String| {
        // What was observed of rows is searched as far as it is seen, and so is by what something is certified.
        let is_hidden = observed::of_query(noun, root) || root == CERTIFICATION.name;
        let is_plain = matches!(noun.source(root), Source::Body) || PLAIN.contains(&root.as_str());
        noun.entity.member(root).is_some() && (is_hidden || !is_plain)
    };
    // What is told of documents is what the caller reads of them.
    let mut documents = match !members.is_empty() || asked.iter().any(is_related) {
        true => entities(call, reading, noun, records.clone(), &asked).await?,
        false => records.iter().map(|record| plain(noun, record, &asked)).collect(),
    };
    for document in &mut documents {
        if asked.iter().any(|root| root == labels::TIER) {
            labels::add_tier(document);
        }
        labels::add_those_of_parts(document, &parts);
    }
    let (documents, judged) = wanted.matches(documents).await?;
    for ((record, document), is_hit) in records.iter().zip(&documents).zip(&judged) {
        if let Some(is_hit) = is_hit {
            visit(noun, record, document, *is_hit);
        }
    }
    Ok(judged.len() == documents.len())
}

/// What a document has that is not read as an entity, beside fields of the record.
const PLAIN: &[&str] = &["id", "name", "fullyQualifiedName", "deleted", "updatedAt"];

/// What the record alone says, without what it is related to.
fn plain(noun: &Noun, record: &Record, roots: &[String]) -> Value {
    let mut document = Map::new();
    for root in roots {
        let field = case::core_key(root);
        if let Some(value) = record.body.get(&*field) {
            let value = if case::is_opaque(root) { value.clone() } else { case::to_wire(value) };
            document.insert(root.clone(), value);
        }
    }
    identify(noun, record, &mut document);
    document.insert("updatedAt".to_owned(), record.updated.at.0.into());
    Value::Object(document)
}
