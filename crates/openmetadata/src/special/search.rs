//! Search in the form of Elasticsearch's answers: what is acknowledged is found, by whoever sees it.
//!
//! What it must get right are look-ups by FQN (with wildcards), by name and by e-mail address, which ingestion needs.

pub mod dsl;
mod find;
pub mod lucene;
pub mod meant;
pub mod pattern;
pub mod query;

use std::cmp::Ordering;

use emporion_catalog::finder::{Beyond, By, Order};
use emporion_catalog::id::Millis;
use emporion_catalog::query::States;
use emporion_catalog::reading::{self, Seen as _, SeenId};
use emporion_catalog::record::Record;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Location, Member, Shape, Struct};
use serde_json::{Map, Value, json};

use self::lucene::{Reading, whole};
use self::query::{Query, path_of};
use super::{Call, ok, row};
use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::members::*;
use crate::noun::{Fields, Noun};
use crate::params;
use crate::render;

const TAG: &str = "Search";
const SUFFIX: &str = "_search_index";
const SIZE: u32 = 10;
const MOST: u32 = 10_000;
/// What a hit shows beside what an entity always shows.
const SHOWN: &[&str] = &["owners", "tags", "domains", "dataProducts", "schemaDefinition"];

static QUERY: Struct = Struct {
    name: "SearchQuery",
    open: true,
    members: &[
        text("q").at(Location::Query),
        text("index").at(Location::Query),
        count("from").at(Location::Query),
        count("size").at(Location::Query),
        boolean("deleted").at(Location::Query),
        text("query_filter").at(Location::Query),
        text("sort_field").at(Location::Query),
        choice("sort_order", &["asc", "desc"]).at(Location::Query),
        text("search_after").at(Location::Query),
        text("include_source_fields").at(Location::Query),
    ],
};
static FIELD_QUERY: Struct = Struct {
    name: "FieldQuery",
    open: true,
    members: &[
        text("fieldName").at(Location::Query),
        text("fieldValue").at(Location::Query),
        text("index").at(Location::Query),
        count("from").at(Location::Query),
        count("size").at(Location::Query),
        boolean("deleted").at(Location::Query),
    ],
};
static ANSWER: Struct = Struct {
    name: "SearchResponse",
    open: true,
    members: &[
        Member::required("took", Shape::Integer { min: 0, max: i64::MAX }),
        Member::required("hits", Shape::Object),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    vec![
        Route {
            summary: "Find entities by a query".into(),
            input: &QUERY,
            output: Some(Shape::Struct(&ANSWER)),
            ..row(Method::GET, "/v1/search/query", "searchEntitiesWithQuery", TAG, by_query)
        },
        Route {
            summary: "Find entities by the value of a field, with wildcards".into(),
            input: &FIELD_QUERY,
            output: Some(Shape::Struct(&ANSWER)),
            ..row(Method::GET, "/v1/search/fieldQuery", "searchEntitiesWithSpecificFieldAndValue", TAG, by_field)
        },
    ]
}

/// What a request asks for.
struct Search {
    query: Query,
    nouns: Vec<&'static Noun>,
    states: States,
    from: usize,
    size: usize,
    sort: Option<Sort>,
    after: Option<Vec<String>>,
    /// Members of hits; all where empty.
    only: Vec<String>,
}

struct Sort {
    path: String,
    descending: bool,
}

impl Search {
    fn read(call: &Call, query: Query, params: &[(String, String)]) -> OmResult<Search> {
        let deleted = params::flag(params, "deleted", false)?;
        let number = |name: &str, default: u32, most: u32| match params::value(params, name) {
            None => Ok(default as usize),
            Some(text) => {
                let number = text.parse::<u32>().ok().filter(|number| *number <= most);
                let rule = || OmError::query_param(name, format_args!("must be a number from 0 to {most}"));
                number.map(|number| number as usize).ok_or_else(rule)
            }
        };
        let sort = params::value(params, "sort_field")
            .map(|field| Sort { path: path_of(field), descending: params::value(params, "sort_order") != Some("asc") });
        let keys = sort.as_ref().map_or(1, Sort::keys);
        let after: Vec<&str> = params
            .iter()
            .filter(|(name, text)| name == "search_after" && !text.is_empty())
            .map(|(_, text)| text.as_str())
            .collect();
        let after = match after[..] {
            [] => None,
            // Keys are put together with commas; a single one may hold some.
            [one] => Some(one.splitn(keys, ',').map(str::to_owned).collect()),
            _ => Some(after.into_iter().map(str::to_owned).collect()),
        };
        let fields = params.iter().filter(|(name, _)| name == "include_source_fields");
        let only = fields.flat_map(|(_, text)| text.split(',')).map(|field| root(field).to_owned());
        Ok(Search {
            query,
            nouns: nouns(call, params::value(params, "index").unwrap_or("all")),
            states: if deleted { States::Deleted } else { States::Alive },
            from: number("from", 0, u32::MAX)?,
            size: number("size", SIZE, MOST)?,
            sort,
            after,
            only: only.filter(|field| !field.is_empty()).collect(),
        })
    }
}

impl Sort {
    /// The order in which the index has it.
    fn order(&self) -> Option<Order> {
        let by = match self.path.as_str() {
            "fullyQualifiedName" => By::Fqn,
            "updatedAt" => By::Updated,
            _ => return None,
        };
        Some(Order { by, descending: self.descending })
    }

    /// A place in it; `None` for what is none.
    fn beyond(&self, place: &[String]) -> Option<Beyond> {
        match place {
            [fqn] if self.keys() == 1 => Some(Beyond::Named { at: None, fqn: fqn.clone(), id: None }),
            [at, fqn] => {
                Some(Beyond::Named { at: Some(Millis(at.parse().ok()?)), fqn: fqn.clone(), id: None })
            }
            _ => None,
        }
    }

    /// How many values a place in this order has: ties are broken by the FQN.
    fn keys(&self) -> usize {
        if self.path == "fullyQualifiedName" { 1 } else { 2 }
    }

    fn place(&self, hit: &Hit) -> Vec<String> {
        if self.keys() == 1 { vec![hit.fqn.clone()] } else { vec![hit.key.clone(), hit.fqn.clone()] }
    }

    fn compare(&self, one: &[String], other: &[String]) -> Ordering {
        let ordering = one.cmp(other);
        if self.descending { ordering.reverse() } else { ordering }
    }
}

fn root(path: &str) -> &str {
    path.trim().split('.').next().unwrap_or("")
}

/// The nouns behind the names of indexes: `table_search_index`, `table`, `databaseSchema`, `all`. Indexes of entities
/// that this server does not hold are empty.
fn nouns(call: &Call, indexes: &str) -> Vec<&'static Noun> {
    let mut found: Vec<&'static Noun> = Vec::new();
    for index in indexes.split(',').map(str::trim) {
        let name = index.strip_suffix(SUFFIX).unwrap_or(index);
        let wanted = call.door.nouns.iter().copied().filter(|noun| match name {
            "all" | "*" => !noun.aside,
            // Assets in the narrower sense: what is found, not who or what for.
            "dataAsset" => noun.entity.member("service").is_some() || noun.entity.member("serviceType").is_some(),
            name => noun.kind == name || noun.entity_type == name,
        });
        for noun in wanted {
            if !found.iter().any(|known| known.kind == noun.kind) {
                found.push(noun);
            }
        }
    }
    found
}

async fn by_query(call: Call) -> OmResult<Answer> {
    let params = call.request.query();
    let text = params::value(&params, "q").unwrap_or("");
    let mut query = lucene::parse(text, &Reading::default())?;
    if let Some(filter) = params::value(&params, "query_filter") {
        query = Query::And(vec![query, dsl::parse(filter)?]);
    }
    answer(&call, Search::read(&call, query, &params)?).await
}

async fn by_field(call: Call) -> OmResult<Answer> {
    let params = call.request.query();
    let needed =
        |name: &str| params::value(&params, name).ok_or_else(|| OmError::query_param(name, "must not be null"));
    let path = path_of(needed("fieldName")?);
    let query = Query::Field { path, test: whole(needed("fieldValue")?) };
    answer(&call, Search::read(&call, query, &params)?).await
}

/// A match, as far as its place in the order needs it.
struct Hit {
    noun: &'static Noun,
    id: SeenId,
    fqn: String,
    /// The value that the request sorts by.
    key: String,
    score: f64,
}

async fn answer(call: &Call, search: Search) -> OmResult<Answer> {
    let started = std::time::Instant::now();
    if search.states == States::Alive {
        call.door.catalog.until_found().await?;
    }
    let reading = call.reading().await?;
    let found = find::find(call, &reading, &search).await?;
    let shown = shown(call, &reading, &search, &found.page).await?;
    let best = found.page.iter().map(|hit| hit.score).reduce(f64::max);
    ok(&json!({
        "took": u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "timed_out": false,
        "hits": {
            "total": {"value": found.total, "relation": if found.is_exact { "eq" } else { "gte" }},
            "max_score": best,
            "hits": shown,
        },
        "aggregations": {},
    }))
}

fn identify(noun: &Noun, record: &Record, document: &mut Map<String, Value>) {
    for (member, value) in [
        ("id", Value::from(record.id.to_string())),
        ("name", Value::from(record.name.as_str())),
        ("fullyQualifiedName", Value::from(record.fqn.as_str())),
        ("entityType", Value::from(noun.entity_type)),
        ("deleted", Value::from(!record.state.is_alive())),
    ] {
        document.insert(member.to_owned(), value);
    }
}

/// The records as entities that show these members.
async fn entities(
    call: &Call,
    reading: &reading::Reading<'_>,
    noun: &'static Noun,
    records: Vec<Record>,
    members: &[String],
) -> OmResult<Vec<Value>> {
    let fields = members.iter().filter(|member| noun.fields.contains(&member.as_str())).cloned().collect();
    let fields = Fields::These(fields);
    let depth = render::depth(noun, call.kind(noun.kind), &fields);
    let views = reading.views(records.clone(), &depth).await?;
    let entities = render::entities(&call.door, &call.caller, &call.base_url(), noun, &views, &fields).await?;
    let identified = entities.into_iter().zip(&records).map(|(mut entity, record)| {
        if let Some(members) = entity.as_object_mut() {
            identify(noun, record, members);
        }
        entity
    });
    Ok(identified.collect())
}

/// The hits of a page with their documents, in their order.
async fn shown(call: &Call, reading: &reading::Reading<'_>, search: &Search, page: &[Hit]) -> OmResult<Vec<Value>> {
    let members: Vec<String> = match search.only.is_empty() {
        true => SHOWN.iter().map(|field| (*field).to_owned()).collect(),
        false => search.only.clone(),
    };
    let mut documents: Vec<Value> = Vec::with_capacity(page.len());
    // Neighbours of one noun are read together.
    for run in page.chunk_by(|one, other| one.noun.kind == other.noun.kind) {
        let ids: Vec<SeenId> = run.iter().map(|hit| hit.id).collect();
        let records = reading.again(&ids).await?;
        documents.extend(entities(call, reading, run[0].noun, records, &members).await?);
    }
    let print = |(hit, mut document): (&Hit, Value)| {
        if let (false, Some(all)) = (search.only.is_empty(), document.as_object_mut()) {
            all.retain(|member, _| search.only.iter().any(|wanted| wanted == member));
        }
        let mut printed = json!({
            "_index": format!("{}{SUFFIX}", hit.noun.kind),
            "_id": hit.id.record_id().to_string(),
            "_score": hit.score,
            "_source": document,
        });
        if let (Some(sort), Some(members)) = (&search.sort, printed.as_object_mut()) {
            members.insert("sort".into(), Value::from(sort.place(hit)));
        }
        printed
    };
    Ok(page.iter().zip(documents).map(print).collect())
}
