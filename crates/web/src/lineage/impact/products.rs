//! What of the products that hold a table reads columns of it: parts of their models, and verified queries. It is what
//! is live, which whoever sees a product sees of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;
use emporion_catalog::spelling::decode;
use emporion_edge::apart::{Wanted, apart};
use emporion_semantic::model::{self, Asked, Format, Reader, Readers};
use serde_json::Value;

use super::beside;
use super::statement::{Losing, Other};
use crate::fault::Fault;
use crate::pages::product::verified;
use crate::products::model::anchor;
use crate::records::address;
use crate::records::column::ColumnLink;
use crate::records::link::Link;
use crate::text::plain::{shown, shown_prose};

/// Products that are looked for, and as many of them as are looked at.
const MOST_HOLDERS: u32 = 200;
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

/// Products that hold a table, as far as the visitor sees them.
pub struct Holding {
    /// In the order in which they are looked into.
    pub products: Vec<(Link, Record)>,
    /// There may be more than were looked for.
    pub is_cut: bool,
}

/// A product, and what of it reads columns of a table.
pub struct Found {
    /// Its model, where all of this stands.
    pub product: Link,
    pub parts: Vec<Part>,
    /// Not all of its models and queries were looked at.
    pub is_cut: bool,
}

/// A field, a metric, a relationship or a verified query.
pub struct Part {
    /// The text that counts those of its sort.
    pub sort: &'static str,
    pub link: ColumnLink,
    /// The places of the groups of columns that it reads any of.
    pub groups: BTreeSet<usize>,
}

/// A product as it was read.
pub struct Held {
    pub id: RecordId,
    product: Link,
    models: Vec<Record>,
    pub queries: Vec<Record>,
    /// The other tables that these name.
    pub others: Vec<Other>,
    pub is_cut: bool,
}

impl Holding {
    pub async fn of(reading: &Reading<'_>, view: &View) -> Result<Holding, Fault> {
        let query = ListQuery {
            linked: vec![(relation::HAS_ASSET, vec![view.id()])],
            limit: MOST_HOLDERS,
            ..ListQuery::of(reading.account(), reading.catalog().kind("data_product"))
        };
        let page = reading.first(query, &Depth::bare()).await?;
        let products = page.views.into_iter().map(|view| view.record);
        let mut products: Vec<(Link, Record)> = products.map(|record| (Link::of_record(&record), record)).collect();
        products.sort_by(|(a, one), (b, other)| (&a.name, &one.fqn).cmp(&(&b.name, &other.fqn)));
        Ok(Holding { products, is_cut: page.more })
    }

    /// Of the first of the products, those of which something reads the columns, and those of which not everything was
    /// looked at.
    pub async fn reading(&self, reading: &Reading<'_>, losing: &Arc<Losing>) -> Result<Vec<Found>, Fault> {
        if self.products.is_empty() {
            return Ok(Vec::new());
        }
        let (mut held, mut left) = (Vec::new(), MOST_BYTES);
        for (link, product) in self.products.iter().take(MOST_PRODUCTS) {
            held.push(Held::of(reading, (link, product), &mut left).await?);
        }
        let held = beside::found(reading, held, losing).await?;
        let losing = losing.clone();
        let find = move |wanted: &Wanted| {
            let until = Instant::now() + PATIENCE;
            held.into_iter().take_while(|_| wanted.is_still()).filter_map(|one| one.found(&losing, until)).collect()
        };
        Ok(apart(find).await?)
    }
}

/// A column that sources know, by the name that it has there: what lies in a column, no model names.
pub fn known(path: &str) -> Option<String> {
    let [name] = <[String; 1]>::try_from(name::split(path)?).ok()?;
    Some(decode(&name).into_owned())
}

impl Held {
    async fn of(reading: &Reading<'_>, (link, product): (&Link, &Record), left: &mut usize) -> Result<Held, Fault> {
        let (models, more_models) = parts(reading, product, &MODELS, left).await?;
        let (queries, more_queries) = parts(reading, product, &QUERIES, left).await?;
        let model = address::with_query(&address::of_record(product), &[("tab", "model")]);
        Ok(Held {
            id: product.id,
            product: Link { address: Some(model), ..link.clone() },
            models,
            queries,
            others: Vec::new(),
            is_cut: more_models || more_queries,
        })
    }

    /// `None` where nothing of it is known to read them, and all was looked at.
    fn found(self, losing: &Losing, until: Instant) -> Option<Found> {
        let Held { product, models, queries, others, mut is_cut, .. } = self;
        let model = product.address.clone().unwrap_or_default();
        let at = |anchor: String| Some(format!("{model}#{anchor}"));
        let mut parts = Vec::new();
        for record in in_time(&models, until, &mut is_cut) {
            let Readers { fields, metrics, relationships } = read_by(record, losing);
            let anchored = metrics.into_iter().map(|one| {
                let address = at(anchor(&one.name));
                Part::of("count.metrics", one, address)
            });
            parts.extend(fields.into_iter().map(|one| Part::of("count.fields", one, None)));
            parts.extend(anchored);
            parts.extend(relationships.into_iter().map(|one| Part::of("count.relationships", one, None)));
        }
        let mut is_late = false;
        for query in in_time(&queries, until, &mut is_cut) {
            let parameters = query.body.get("parameters").unwrap_or(&Value::Null);
            let (groups, is_whole) = losing.read(sql(query), parameters, &others, until);
            is_late |= !is_whole;
            if !groups.is_empty() {
                let question = query.body.get("question").and_then(Value::as_str).unwrap_or_default();
                let address = at(verified::anchor(&query.id.to_string()));
                let link = ColumnLink { name: shown_prose(question), address };
                parts.push(Part { sort: "count.verified", link, groups });
            }
        }
        is_cut |= is_late;
        (!parts.is_empty() || is_cut).then_some(Found { product, parts, is_cut })
    }
}

impl Part {
    fn of(sort: &'static str, reader: Reader, address: Option<String>) -> Part {
        Part { sort, link: ColumnLink { name: shown(&reader.name), address }, groups: reader.groups }
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
    let is_source = |source: &str| losing.is_source(source);
    let asked = Asked { is_source: &is_source, groups: &losing.lost, others: &losing.kept };
    read.map(|read| model::readers(&read.model, &asked)).unwrap_or_default()
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
