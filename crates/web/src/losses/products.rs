//! What of the products that hold a table reads columns of it: parts of their models, and verified queries. It is what
//! is live, which whoever sees a product sees of it.

use std::time::{Duration, Instant};

use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::spelling::decode;
use emporion_semantic::model::{self, Format, Readers};
use serde_json::Value;

use super::beside;
use super::cut;
use super::statement::{self, Losing, Other, Place};
use crate::address;
use crate::column::ColumnLink;
use crate::fault::Fault;
use crate::link::Link;
use crate::model::anchor;
use crate::pages::product::verified;
use crate::plain::{shown, shown_prose};
use crate::texts::Texts;

/// Products that are looked at.
pub const MOST_PRODUCTS: usize = 8;
const MODELS: Sort = Sort { kind: "semantic_model", most: 10, at_once: 4 };
const QUERIES: Sort = Sort { kind: "verified_query", most: 100, at_once: 25 };
/// What is read of all of them, in bytes. More is not looked at.
const MOST_BYTES: usize = 1_000_000;
/// How long that is looked into; what is left then is not.
const PATIENCE: Duration = Duration::from_millis(200);

/// Parts that a product has many of, and how many of them are looked at.
struct Sort {
    kind: &'static str,
    most: usize,
    /// So many are read together.
    at_once: usize,
}

/// What of a product reads them.
pub struct ReadBy {
    /// Its model, where all of this stands.
    pub product: Link,
    pub parts: Vec<Parts>,
    /// Not all of its models and queries were looked at.
    pub is_cut: bool,
}

/// Parts of one sort.
pub struct Parts {
    /// How many there are.
    pub said: String,
    pub links: Vec<ColumnLink>,
    pub more: Option<String>,
}

/// A product as it was read.
pub struct Held {
    pub id: RecordId,
    product: Link,
    models: Vec<Record>,
    /// Those that have the name of a column.
    pub queries: Vec<Record>,
    /// The other tables that these name.
    pub others: Vec<Other>,
    pub is_cut: bool,
}

/// Of the first of the products, those of which something reads the columns, and those of which not everything was
/// looked at. `lost` and `kept` are paths of columns.
pub async fn reading_them(
    t: Texts,
    reading: &Reading<'_>,
    (view, lost, kept): (&View, &[&String], &[&String]),
    products: &[&Record],
) -> Result<Vec<ReadBy>, Fault> {
    let place = Place::of(&view.record.fqn).filter(|_| view.record.kind.is("table"));
    let (Some(place), false) = (place, products.is_empty()) else { return Ok(Vec::new()) };
    let (lost, kept) = (columns(lost), columns(kept));
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let service = reading.catalog().kind("database_service");
    let service = reading.by_fqn(service, &[name::quote(&place.service).as_str()]).await?.pop().flatten();
    let system = service.as_ref().and_then(|service| service.body.get("service_type")).and_then(Value::as_str);
    let losing = Losing { dialect: statement::dialect(system.unwrap_or_default()), place, lost, kept };
    let (mut held, mut left) = (Vec::new(), MOST_BYTES);
    for product in products.iter().take(MOST_PRODUCTS) {
        held.push(Held::of(reading, product, &losing, &mut left).await?);
    }
    let (held, losing) = beside::found(reading, held, losing).await?;
    apart(move || {
        let until = Instant::now() + PATIENCE;
        held.into_iter().filter_map(|one| one.told(t, &losing, until)).collect()
    })
    .await
}

/// Does what takes a while where there are many statements: other requests do not wait for it.
pub async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "what reads a column could not be told");
        Fault::Broken
    })
}

/// Those that sources know, by the names that they have there: what lies in a column, no model names.
fn columns(paths: &[&String]) -> Vec<String> {
    let alone = |path: &&String| <[String; 1]>::try_from(name::split(path)?).ok();
    paths.iter().filter_map(alone).map(|[name]| decode(&name).into_owned()).collect()
}

impl Held {
    async fn of(reading: &Reading<'_>, product: &Record, losing: &Losing, left: &mut usize) -> Result<Held, Fault> {
        let (models, more_models) = parts(reading, product, &MODELS, left).await?;
        let (mut queries, more_queries) = parts(reading, product, &QUERIES, left).await?;
        queries.retain(|query| losing.is_named(sql(query)));
        let model = address::with_query(&address::of_record(product), &[("tab", "model")]);
        Ok(Held {
            id: product.id,
            product: Link { address: Some(model), ..Link::of_record(product) },
            models,
            queries,
            others: Vec::new(),
            is_cut: more_models || more_queries,
        })
    }

    /// `None` where nothing of it is known to read them, and all was looked at.
    fn told(self, t: Texts, losing: &Losing, until: Instant) -> Option<ReadBy> {
        let Held { product, models, queries, others, mut is_cut, .. } = self;
        let model = product.address.clone().unwrap_or_default();
        let at = |anchor: String| Some(format!("{model}#{anchor}"));
        let (mut fields, mut metrics, mut relationships) = (Vec::new(), Vec::new(), Vec::new());
        for record in in_time(&models, until, &mut is_cut) {
            let Readers { fields: f, metrics: m, relationships: r } = read_by(record, losing);
            fields.extend(f.into_iter().map(|(dataset, name)| link(format!("{dataset}.{name}"), None)));
            metrics.extend(m.into_iter().map(|name| link(name.clone(), at(anchor(&name)))));
            relationships.extend(r.into_iter().map(|name| link(name, None)));
        }
        let is_read = |query: &&Record| {
            let parameters = query.body.get("parameters").unwrap_or(&Value::Null);
            losing.is_read(sql(query), parameters, &others)
        };
        let questions = in_time(&queries, until, &mut is_cut).filter(is_read).map(|query| {
            let question = query.body.get("question").and_then(Value::as_str).unwrap_or_default();
            let address = at(verified::anchor(&query.id.to_string()));
            ColumnLink { name: shown_prose(question), address }
        });
        let sorts = [
            ("count.fields", fields),
            ("count.metrics", metrics),
            ("count.relationships", relationships),
            ("count.verified", questions.collect()),
        ];
        let parts = sorts.into_iter().filter(|(_, links)| !links.is_empty());
        let parts: Vec<Parts> = parts.map(|(key, links)| Parts::told(t, key, links)).collect();
        (!parts.is_empty() || is_cut).then_some(ReadBy { product, parts, is_cut })
    }
}

/// As many as there is time for.
pub fn in_time<'a, T>(all: &'a [T], until: Instant, is_cut: &'a mut bool) -> impl Iterator<Item = &'a T> {
    all.iter().take_while(move |_| {
        let is_late = Instant::now() >= until;
        *is_cut |= is_late;
        !is_late
    })
}

impl Parts {
    /// The first are named; `key` is the text that counts them all.
    pub fn told(t: Texts, key: &str, mut links: Vec<ColumnLink>) -> Parts {
        let said = t.count(key, links.len());
        let more = cut(t, &mut links, "diff.more");
        Parts { said, links, more }
    }
}

fn link(name: String, address: Option<String>) -> ColumnLink {
    ColumnLink { name: shown(&name), address }
}

pub fn sql(query: &Record) -> &str {
    query.body.get("sql").and_then(Value::as_str).unwrap_or_default()
}

/// Those of one sort, as many as are looked at and as there are bytes `left` for; and whether there are more.
async fn parts(
    reading: &Reading<'_>,
    of: &Record,
    sort: &Sort,
    left: &mut usize,
) -> Result<(Vec<Record>, bool), Fault> {
    let query = ListQuery::of(reading.account(), reading.catalog().kind(sort.kind));
    let mut found: Vec<Record> = Vec::new();
    while *left > 0 {
        // One more than are looked at tells whether there are more.
        let limit = sort.at_once.min(sort.most + 1 - found.len());
        let after = found.last().map(|last| query.keyset(last));
        let page = reading.parts(of, ListQuery { after, limit: limit as u32, ..query.clone() }).await?;
        let is_last = page.len() < limit;
        *left = left.saturating_sub(page.iter().map(size).sum());
        found.extend(page);
        if is_last || found.len() > sort.most {
            found.truncate(sort.most);
            return Ok((found, !is_last));
        }
    }
    Ok((found, true))
}

/// Of a model or a query, in bytes.
fn size(record: &Record) -> usize {
    record.body.get("document").map_or(0, |document| document.to_string().len()) + sql(record).len()
}

/// What of a model does; of a document that is none any more, nothing.
fn read_by(record: &Record, losing: &Losing) -> Readers {
    let document = record.body.get("document");
    let read = document.and_then(|document| model::read(document, Format::Osi, &record.name).ok());
    let told = |read: model::Read| {
        model::readers(&read.model, &|source: &str| losing.lost_of(source), &|source: &str| losing.kept_of(source))
    };
    read.map(told).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_time_for_is_not_looked_at() {
        let looked_at = |until| {
            let mut is_cut = false;
            (in_time(&[1, 2], until, &mut is_cut).count(), is_cut)
        };
        assert_eq!(looked_at(Instant::now() + Duration::from_secs(60)), (2, false));
        assert_eq!(looked_at(Instant::now()), (0, true));
        let mut is_cut = true;
        assert_eq!(in_time::<u8>(&[], Instant::now(), &mut is_cut).count(), 0);
        assert!(is_cut, "what was cut before stays so");
    }
}
