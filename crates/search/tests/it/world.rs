//! A catalogue with an index that follows it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use emporion_catalog::caller::Caller;
use emporion_catalog::finder::{By, Condition, Finder, Found, Order, Refusal, Search};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use emporion_catalog::relation::HAS_ASSET;
use emporion_catalog::rows::grants::is_granted;
use emporion_catalog::text::fold;
use emporion_search::Engine;
use emporion_search::document::{COUNTED, Document, RELATIONS, document, is_found, observed, used};
use emporion_search::plan::{Products, Settings, called, resolve};
use emporion_search::query::{Expr, Field, Query, Value, parse};

use crate::house::House;

pub struct World {
    pub house: House,
    pub engine: Arc<Engine>,
    pub followers: Arc<Followers>,
    pub folder: tempfile::TempDir,
}

/// Every record that can be found, with what is found of it.
pub type Documents = HashMap<RecordId, (Record, Document)>;

/// What is left of a world when its server has ended.
pub struct Resting {
    house: House,
    folder: tempfile::TempDir,
}

impl Resting {
    pub fn changed(self, change: impl FnOnce(&std::path::Path)) -> Resting {
        change(self.folder.path());
        self
    }

    pub async fn starts(self) -> World {
        let world = self.waits().await;
        world.engine.start(&world.followers);
        world
    }

    /// A world in which nothing follows the log.
    pub async fn waits(self) -> World {
        let Resting { house, folder } = self;
        let engine = Engine::open(house.catalog.clone(), folder.path()).await.unwrap();
        let followers = Arc::new(Followers::new(house.catalog.clone()));
        World { house, engine, followers, folder }
    }
}

/// What a plain look at every record finds.
#[derive(Debug, PartialEq)]
pub struct Plain {
    pub total: u64,
    pub hits: Vec<RecordId>,
    pub counts: Vec<BTreeMap<String, u64>>,
}

/// What is asked of a field.
fn asked<'q>(expr: &'q Expr, of: &str, named: &mut Vec<&'q Value>) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| asked(part, of, named)),
        Expr::Not(inner) => asked(inner, of, named),
        Expr::Is { field, values, .. } if field.is(of) => named.extend(values),
        _ => {}
    }
}

fn asked_of<'q>(query: &'q Query, of: &str) -> Vec<&'q Value> {
    let mut named = Vec::new();
    query.root.iter().for_each(|root| asked(root, of, &mut named));
    named
}

impl World {
    pub async fn new() -> World {
        let house = House::new().await;
        Resting { house, folder: tempfile::tempdir().unwrap() }.starts().await
    }

    /// Cuts the follower off wherever it is, and begins again with what lies on the disk.
    pub async fn dies(self) -> World {
        self.stops().await.starts().await
    }

    pub async fn stops(self) -> Resting {
        let World { house, engine, followers, folder } = self;
        followers.shut_down(Duration::ZERO).await;
        let held = Arc::downgrade(&followers);
        drop((engine, followers));
        // Who removes an index that was replaced holds them until it is gone; a process that dies removes nothing any more.
        let begun = Instant::now();
        while held.strong_count() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(20), "something goes on");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Resting { house, folder }
    }

    pub async fn settles(&self) {
        let head = self.house.catalog.health().await.unwrap();
        let begun = Instant::now();
        // A machine with much else to do takes longer than anybody who searches waits.
        while let Err(problem) = self.engine.wait_for(head).await {
            assert!(begun.elapsed() < Duration::from_secs(60), "{problem}");
        }
        let begun = Instant::now();
        while self.engine.progress().await.unwrap().is_some() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the index does not become whole");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub async fn find(&self, who: RecordId, search: &Search) -> Result<Found, Refusal> {
        self.engine.find(&self.house.caller(who).await, search).await
    }

    pub async fn ids(&self, who: RecordId, query: &str) -> Vec<RecordId> {
        let search = Search { limit: 1_000, ..Search::of(query) };
        self.find(who, &search).await.unwrap().hits.iter().map(|hit| hit.id).collect()
    }

    pub async fn names(&self, who: RecordId, query: &str) -> Vec<String> {
        let search = Search { limit: 1_000, ..Search::of(query) };
        self.find(who, &search).await.unwrap().hits.into_iter().map(|hit| hit.name).collect()
    }

    /// Every record that can be found, by whoever may.
    pub async fn documents(&self) -> Documents {
        let catalog = &self.house.catalog;
        let snapshot = catalog.unfiltered().await.unwrap();
        let mut all = HashMap::new();
        for kind in catalog.registry().iter().filter(|kind| is_found(*kind)) {
            let query = ListQuery { limit: u32::MAX, ..ListQuery::of(self.house.made.account, kind) };
            let records = snapshot.list(&ListQuery { states: States::Alive, ..query }).await.unwrap();
            let views = catalog.whole(records, RELATIONS).await.unwrap();
            let used = used(catalog, &views).await.unwrap();
            for view in views {
                let document = observed(document(&view), used.contains(&view.id()));
                all.insert(view.id(), (view.record.clone(), document));
            }
        }
        all
    }

    pub async fn plain(&self, caller: &Caller, documents: &Documents, query: &str, order: Order) -> Plain {
        let catalog = &self.house.catalog;
        let query = parse(query).unwrap();
        let reading = catalog.reading(caller).await.unwrap();
        let settings = Settings {
            registry: catalog.registry(),
            me: caller.principal.user,
            teams: caller.principal.teams.iter().map(|team| team.team).collect(),
            now: catalog.now().0,
            products: HashMap::new(),
            holders: HashMap::new(),
            sources: HashMap::new(),
            queryable: None,
        };
        let mut services: HashMap<String, Vec<RecordId>> = HashMap::new();
        for value in asked_of(&query, "source") {
            for (record, document) in documents.values() {
                let is_called = called(value).holds(document);
                if is_called && record.kind.name().ends_with("_service") && reading.sees(record).await.unwrap() {
                    services.entry(value.to_string()).or_default().push(document.id);
                }
            }
        }
        let mut products = Products::new();
        for value in asked_of(&query, "product") {
            let held = self.held(&reading, documents, value, &settings).await;
            products.insert(Some(value.to_string()), Arc::new(held));
        }
        let queryable = match asked_of(&query, "queryable")[..] {
            [] => None,
            _ => Some(Arc::new(self.queryable(&reading, documents).await)),
        };
        let settings = Settings { sources: services, products, queryable, ..settings };
        let test = resolve(&query, &settings).unwrap();
        let mut found: Vec<(u64, String, RecordId, &Document)> = Vec::new();
        for (record, document) in documents.values() {
            let Some(score) = test.score(document) else { continue };
            if reading.sees(record).await.unwrap() {
                let rank = (u64::from(score) << 3) + document.standing;
                found.push((rank, fold(&document.name).into_owned(), document.id, document));
            }
        }
        let by_name = |a: &(u64, String, RecordId, &Document), b: &(u64, String, RecordId, &Document)| {
            (&a.1, a.2).cmp(&(&b.1, b.2))
        };
        found.sort_by(|a, b| match order.by {
            By::Best => b.0.cmp(&a.0).then_with(|| by_name(a, b)),
            By::Name => by_name(a, b),
            _ => (b.3.updated, &b.3.fqn).cmp(&(a.3.updated, &a.3.fqn)).then(a.2.cmp(&b.2)),
        });
        let counts = COUNTED.iter().map(|field| {
            let mut counts = BTreeMap::new();
            for (_, text) in found.iter().flat_map(|(.., document)| &document.counted).filter(|(of, _)| of == field) {
                *counts.entry(text.clone()).or_insert(0) += 1;
            }
            counts
        });
        let counts = counts.collect();
        Plain { total: found.len() as u64, hits: found.iter().map(|(_, _, id, _)| *id).collect(), counts }
    }

    /// What the products hold that the caller sees and that are called so, each with the name of one of them.
    async fn held(
        &self,
        reading: &Reading<'_>,
        documents: &Documents,
        value: &Value,
        settings: &Settings<'_>,
    ) -> HashMap<RecordId, Arc<str>> {
        let named = |field: &str| {
            let root = Some(Expr::Is { field: Field::named(field), at: value.at, values: vec![value.clone()] });
            resolve(&Query { root }, settings).unwrap()
        };
        let test = Condition::Any(vec![named("name"), named("fqn"), called(value)]);
        let mut held = HashMap::new();
        for (record, document) in documents.values().filter(|(record, _)| record.kind.is("data_product")) {
            if test.holds(document) && reading.sees(record).await.unwrap() {
                for edge in reading.edges_from(&[record], Some(&[HAS_ASSET])).await.unwrap() {
                    held.insert(edge.to, record.name.as_str().into());
                }
            }
        }
        held
    }

    /// The products that the caller sees and may query, and the tables that these were lent.
    async fn queryable(&self, reading: &Reading<'_>, documents: &Documents) -> HashMap<RecordId, Arc<str>> {
        let mut queryable = HashMap::new();
        for (record, _) in documents.values().filter(|(record, _)| record.kind.is("data_product")) {
            if !reading.sees(record).await.unwrap() {
                continue;
            }
            let view = reading.view(record.clone(), &Depth::full()).await.unwrap();
            let lent: Vec<RecordId> =
                view.targets(HAS_ASSET).filter(|(edge, _)| is_granted(edge)).map(|(edge, _)| edge.to).collect();
            if !lent.is_empty() && reading.rows().may_query(&view).await.unwrap().is_some() {
                queryable.extend(lent.into_iter().chain([record.id]).map(|id| (id, "yes".into())));
            }
        }
        queryable
    }

    /// The same out of the index, page by page.
    pub async fn searched(&self, caller: &Caller, query: &str, limit: u32, order: Order) -> Plain {
        let counted = COUNTED.iter().map(|f| (*f).to_owned()).collect();
        let mut search = Search { limit, order, counted, ..Search::of(query) };
        let mut hits = Vec::new();
        loop {
            let found = self.engine.find(caller, &search).await.unwrap();
            assert!(found.total_is_exact, "{query}");
            hits.extend(found.hits.iter().map(|hit| hit.id));
            if found.after.is_some() {
                search.after = found.after;
                continue;
            }
            let counts = found.facets.into_iter().map(|facet| {
                assert_eq!(facet.others, 0);
                facet.values.into_iter().collect()
            });
            return Plain { total: found.total, hits, counts: counts.collect() };
        }
    }
}
