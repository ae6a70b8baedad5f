//! What a query needs to know of the caller and the catalogue before it means something: what products hold, which
//! properties there are.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, MutexGuard, PoisonError};

use emporion_catalog::finder::{Condition, Listed, Refusal};
use emporion_catalog::id::RecordId;
use emporion_catalog::kind::{Asset, Kind};
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::record::Record;
use emporion_catalog::relation::HELD_BY;
use serde_json::Value as Json;

use super::answerable::check;
use super::seen_labels::LabelConditions;
use super::{Asking, BATCH, MOST_LOOKED_AT, Page, broken, fault};
use crate::document::properties;
use crate::index::OF_A_READ;
use crate::plan::{Products, Settings, called, resolve};
use crate::query::{At, Expr, Field, Form, Query, Value, no_field, parse};

/// What was looked up for a question.
#[derive(Clone, Default)]
pub(super) struct Known {
    products: Products,
    holders: Products,
    sources: HashMap<String, Vec<RecordId>>,
    queryable: Option<Listed>,
    pub(super) labels: Vec<LabelConditions>,
}

impl Asking<'_> {
    pub(super) async fn settings(&self, query: &Query) -> Result<Settings<'_>, Refusal> {
        let caller = self.reading.caller();
        let mut settings = Settings {
            registry: self.engine.catalog().registry(),
            me: caller.principal.user,
            teams: caller.principal.teams.iter().map(|membership| membership.team).collect(),
            now: self.engine.catalog().now().0,
            products: Products::new(),
            holders: Products::new(),
            sources: HashMap::new(),
            queryable: None,
        };
        let mut named: Vec<Option<&Value>> = Vec::new();
        let mut held: Vec<Option<&Value>> = Vec::new();
        let mut sources: Vec<&Value> = Vec::new();
        let mut is_queryable_asked = false;
        if let Some(root) = &query.root {
            walk(root, &mut |expr| match expr {
                Expr::Is { field, values, .. } if field.is("product") => named.extend(values.iter().map(Some)),
                Expr::Has { field, .. } if field.is("product") => named.push(None),
                Expr::Is { field, values, .. } if field.is("holds") => held.extend(values.iter().map(Some)),
                Expr::Has { field, .. } if field.is("holds") => held.push(None),
                Expr::Is { field, values, .. } if field.is("source") => sources.extend(values),
                Expr::Is { field, .. } if field.is("queryable") => is_queryable_asked = true,
                _ => {}
            });
        }
        for value in named {
            let key = value.map(Value::to_string);
            if !self.known().products.contains_key(&key) {
                let held = self.held_by_products(value, &settings).await?;
                self.known().products.insert(key, held);
            }
        }
        for value in held {
            let key = value.map(Value::to_string);
            if !self.known().holders.contains_key(&key) {
                let holders = self.holders(value, &settings).await?;
                self.known().holders.insert(key, holders);
            }
        }
        for value in sources {
            let key = value.to_string();
            if !self.known().sources.contains_key(&key) {
                let services = self.of_kinds(|kind| kind.name().ends_with("_service"), called(value)).await?;
                self.known().sources.insert(key, services);
            }
        }
        if is_queryable_asked && self.known().queryable.is_none() {
            let queryable = self.queryable().await?;
            self.known().queryable = Some(queryable);
        }
        let Known { products, holders, sources, queryable, .. } = self.known().clone();
        (settings.products, settings.holders) = (products, holders);
        (settings.sources, settings.queryable) = (sources, queryable);
        Ok(settings)
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many records and edges are read from the store for the question.
    ///
    /// Errors: it has asked for too much.
    pub(super) fn take_reads(&self, reads: usize) -> Result<(), Problem> {
        self.steps.take(reads as u64 * OF_A_READ).map_err(fault)
    }

    /// What these queries mean, of which it is counted how much of what is found fits them, too.
    pub(super) async fn also(&self, queries: &[String]) -> Result<Vec<Condition>, Refusal> {
        let mut tests = Vec::with_capacity(queries.len());
        for query in queries {
            let query = parse(query).map_err(broken)?;
            let test = resolve(&query, &self.settings(&query).await?).map_err(broken)?;
            check(&self.generation.lacks, &test, &Page::default())?;
            tests.push(test);
        }
        Ok(tests)
    }

    /// The ids of products that fit, of those that the caller sees.
    pub(super) async fn products(&self, test: Condition) -> Result<Vec<RecordId>, Problem> {
        self.of_kinds(|kind| kind.is("data_product"), test).await
    }

    async fn of_kinds(&self, is_one: fn(&Kind) -> bool, test: Condition) -> Result<Vec<RecordId>, Problem> {
        let kinds = self.engine.catalog().registry().iter().filter(is_one).collect();
        let test = Condition::All(vec![Condition::kinds(kinds), test]);
        let all = Page { limit: self.segments.count() as usize, ..Page::default() };
        let (swept, _) = self.sweep(&test, &all).await?;
        Ok(swept.places.into_iter().map(|place| place.id).collect())
    }

    /// What the products hold that a value names: their assets and what stands at their ports.
    async fn held_by_products(&self, value: Option<&Value>, settings: &Settings<'_>) -> Result<Listed, Refusal> {
        let mut held = HashMap::new();
        for ids in self.products(named(value, settings)?).await?.chunks(BATCH) {
            self.take_reads(ids.len())?;
            let products = self.reading.records(ids, States::Alive).await?;
            let names = names(&products);
            let edges = self.reading.edges_from(&products, Some(HELD_BY)).await?;
            self.take_reads(edges.len())?;
            for edge in edges {
                // What several hold is said of the first.
                held.entry(edge.to).or_insert_with(|| names.get(&edge.from).cloned().unwrap_or_default());
            }
        }
        Ok(Arc::new(held))
    }

    /// The products that hold what a value names, as far as the caller sees both.
    async fn holders(&self, value: Option<&Value>, settings: &Settings<'_>) -> Result<Listed, Refusal> {
        // There are more assets than products: without a name, they are not gone through one by one.
        if value.is_none_or(|value| value.form == Form::Prefix && value.text.trim_matches('*').is_empty()) {
            return self.holders_of_anything().await;
        }
        let mut holders = HashMap::new();
        let held = self.of_kinds(|kind| kind.0.asset != Asset::No, named(value, settings)?).await?;
        for ids in held.chunks(BATCH) {
            self.take_reads(ids.len())?;
            let assets = self.reading.records(ids, States::Alive).await?;
            let names = names(&assets);
            let sources = self.reading.sources(&assets, HELD_BY, MOST_LOOKED_AT as u32).await?;
            self.take_reads(sources.edges.len() + sources.records.len())?;
            for edge in sources.edges {
                if sources.records.get(&edge.from).is_some_and(|record| record.kind.is("data_product")) {
                    // Of several that it holds the first is named.
                    holders.entry(edge.from).or_insert_with(|| names.get(&edge.to).cloned().unwrap_or_default());
                }
            }
        }
        Ok(Arc::new(holders))
    }

    /// The products that hold anything that the caller sees.
    async fn holders_of_anything(&self) -> Result<Listed, Refusal> {
        let mut holders = HashMap::new();
        for ids in self.products(Condition::Everything).await?.chunks(BATCH) {
            self.take_reads(ids.len())?;
            let products = self.reading.records(ids, States::Alive).await?;
            let edges = self.reading.edges_from(&products, Some(HELD_BY)).await?;
            let held: HashSet<RecordId> = edges.iter().map(|edge| edge.to).collect();
            let held: Vec<RecordId> = held.into_iter().collect();
            self.take_reads(edges.len() + held.len())?;
            let seen = if held.is_empty() { Vec::new() } else { self.reading.cards(&held).await? };
            let seen = seen.iter().filter(|card| card.kind.0.asset != Asset::No);
            let names: HashMap<RecordId, &str> =
                seen.map(|card| (card.id, card.display_name.as_deref().unwrap_or(&card.name))).collect();
            for edge in edges {
                if let Some(name) = names.get(&edge.to) {
                    holders.entry(edge.from).or_insert_with(|| Arc::from(*name));
                }
            }
        }
        Ok(Arc::new(holders))
    }

    /// Errors: a field that is none of the query's own and no property of any record that the caller sees: that others have
    /// it is not told.
    pub(super) async fn check_properties(&self, query: &Query) -> Result<(), Refusal> {
        let mut named: Vec<(&Field, At)> = Vec::new();
        if let Some(root) = &query.root {
            walk(root, &mut |expr| match expr {
                Expr::Is { field, at, .. } | Expr::Within { field, at, .. } | Expr::Has { field, at } => {
                    named.push((field, *at));
                }
                _ => {}
            });
        }
        for (field, At(at)) in named {
            let Field::Property(name) = field else { continue };
            let has = Condition::has(properties::field(name));
            if self.sweep(&has, &Page { any: true, ..Page::default() }).await?.0.total == 0 {
                return Err(broken(no_field(name, at)));
            }
        }
        Ok(())
    }
}

/// Records by the name, as it is or as it is shown, by the FQN, or by the id; all of them without a value.
fn named(value: Option<&Value>, settings: &Settings<'_>) -> Result<Condition, Refusal> {
    let Some(value) = value else { return Ok(Condition::Everything) };
    let is = |name: &str| {
        let (values, at) = (vec![value.clone()], value.at);
        let root = Some(Expr::Is { field: Field::named(name), at, values });
        resolve(&Query { root }, settings).map_err(broken)
    };
    let own = match (value.form, value.text.parse::<RecordId>()) {
        (Form::Prefix, _) | (_, Err(_)) => Condition::Nothing,
        (_, Ok(id)) => Condition::these([id]),
    };
    Ok(Condition::Any(vec![is("name")?, is("fqn")?, called(value), own]))
}

/// What records are called.
fn names(records: &[Record]) -> HashMap<RecordId, Arc<str>> {
    let shown = |record: &Record| record.body.get("display_name").and_then(Json::as_str).map(Arc::from);
    records.iter().map(|record| (record.id, shown(record).unwrap_or_else(|| record.name.as_str().into()))).collect()
}

fn walk<'q>(expr: &'q Expr, each: &mut impl FnMut(&'q Expr)) {
    each(expr);
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| walk(part, each)),
        Expr::Not(inner) => walk(inner, each),
        _ => {}
    }
}
