//! What belongs to a domain, kind by kind: the queries that together give it, and pages over several of them.
//!
//! Projects, glossaries, products and generic assets stand below their domain. What a crawl found stands below a
//! service; it belongs to its own domains, else to those of its nearest container that has some, else to `default`.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::finder::Narrowed;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{Keyset, KeysetKey, ListQuery, Order};
use emporion_catalog::reading::Placed;
use emporion_catalog::record::{Card, Record, View};
use emporion_catalog::relation::IN_DOMAIN;
use serde_json::{Value, json};

use crate::asset_kinds;
use crate::in_domain::{InDomain, is_within};
use crate::standing::Standing;

/// More domains or linked containers than any account has.
const ALL: u32 = 1_000_000;
/// Records of one batch while everything is looked at.
const BATCH: u32 = 2_000;

/// Queries that together give every record of a kind in a domain, none twice.
pub struct Inventory {
    sources: Vec<ListQuery>,
    /// Containers with a domain of their own: whether it is this one.
    homes: HashMap<RecordId, bool>,
    is_default: bool,
    /// Counts to add and to subtract for the containers whose domain differs from that of what they stand in.
    corrections: Vec<(ListQuery, bool)>,
    /// The caller's, where not everything that the queries give is his to see.
    standing: Option<Standing>,
}

impl Inventory {
    pub async fn of(here: &InDomain<'_>, kind: Kind) -> Result<Inventory, Problem> {
        let registry = here.call.catalog().registry();
        let domain = &here.domain.record;
        let below = ListQuery { within: Some(domain.fqn.clone()), ..ListQuery::of(domain.account, kind) };
        let mut found = Inventory {
            sources: Vec::new(),
            homes: HashMap::new(),
            is_default: here.is_default().await?,
            corrections: Vec::new(),
            standing: here.standing.narrows(kind).then(|| here.standing.clone()),
        };
        let above = asset_kinds::above(registry, kind);
        if kind.0.parents.contains(&"domain") {
            found.sources.push(below);
            if !kind.0.parent_required {
                found.sources.extend(roots(here, kind).await?);
            }
        } else if let Some(holder) = above.iter().find(|holder| holder.0.parents.contains(&"domain")) {
            found.sources.push(below);
            for root in everything(here, roots(here, *holder).await?).await? {
                let within = Some(root.fqn);
                found.sources.push(ListQuery { within, ..ListQuery::of(domain.account, kind) });
            }
        } else {
            found.add_crawled(here, kind, &above).await?;
        }
        Ok(found)
    }

    async fn add_crawled(&mut self, here: &InDomain<'_>, kind: Kind, above: &[Kind]) -> Result<(), Problem> {
        let account = here.domain.record.account;
        let (ours, all) = domains(here).await?;
        let of_kind = ListQuery::of(account, kind);
        self.sources.push(ListQuery { linked: vec![(IN_DOMAIN, ours.clone())], ..of_kind.clone() });
        let mut containers: Vec<Placed> = Vec::new();
        for holder in above {
            let linked =
                ListQuery { linked: vec![(IN_DOMAIN, all.clone())], limit: ALL, ..ListQuery::of(account, *holder) };
            containers.extend(here.reading.placed(&linked).await?);
        }
        for container in &containers {
            let is_here = container.domains.iter().any(|domain| ours.contains(domain));
            self.homes.insert(container.card.id, is_here);
        }
        let unlinked = ListQuery { unlinked: vec![IN_DOMAIN], ..of_kind };
        if self.is_default {
            self.sources.push(unlinked.clone());
        }
        let mut roots: Vec<&Card> = Vec::new();
        for container in &containers {
            let (inside, outside) = (self.homes[&container.card.id], self.is_here(&container.above));
            if inside == outside {
                continue;
            }
            let within = ListQuery { within: Some(container.card.fqn.clone()), ..unlinked.clone() };
            self.corrections.push((within, inside));
            if inside && !self.is_default {
                roots.push(&container.card);
            }
        }
        for root in &roots {
            let is_inside = roots.iter().any(|other| other.id != root.id && is_within(&other.fqn, &root.fqn));
            if !is_inside {
                self.sources.push(ListQuery { within: Some(root.fqn.clone()), ..unlinked.clone() });
            }
        }
        Ok(())
    }

    /// Only what a search leaves of it.
    pub fn narrow(&mut self, narrowed: &Narrowed) {
        self.sources = std::mem::take(&mut self.sources).into_iter().filter_map(|query| narrowed.of(query)).collect();
    }

    /// Only records of this name.
    pub fn named(&mut self, name: &str) {
        for source in &mut self.sources {
            source.name = Some(name.to_owned());
        }
    }

    /// Whether what stands below these, the nearest first, belongs here, domains of its own aside.
    fn is_here(&self, above: &[Arc<Card>]) -> bool {
        let nearest = above.iter().find_map(|card| self.homes.get(&card.id));
        nearest.copied().unwrap_or(self.is_default)
    }

    /// Queries for crawled things also give what stands in a container of another domain, all others what belongs to
    /// other projects.
    fn accepts(&self, source: &ListQuery, view: &View) -> bool {
        (source.unlinked.is_empty() || self.is_here(&view.ancestors))
            && self.standing.as_ref().is_none_or(|standing| standing.reaches(view))
    }

    /// What has to be read of each record.
    fn depth(&self, wanted: &Depth) -> Depth {
        if self.standing.is_some() { Standing::depth(wanted) } else { wanted.clone() }
    }

    /// How many records there are, without a look at each.
    async fn count(&self, here: &InDomain<'_>) -> Result<u64, Problem> {
        let mut total: i64 = 0;
        for source in self.sources.iter().filter(|source| source.unlinked.is_empty() || self.is_default) {
            total += counted(here, source).await?;
        }
        for (query, adds) in &self.corrections {
            let count = counted(here, query).await?;
            total += if *adds { count } else { -count };
        }
        Ok(u64::try_from(total).unwrap_or(0))
    }
}

/// Records of the kind that have no parent and belong to the domain by their own domains, or because they have none.
async fn roots(here: &InDomain<'_>, kind: Kind) -> Result<Vec<ListQuery>, Problem> {
    let root = ListQuery { roots_only: true, ..ListQuery::of(here.domain.record.account, kind) };
    let (ours, _) = domains(here).await?;
    let mut queries = vec![ListQuery { linked: vec![(IN_DOMAIN, ours)], ..root.clone() }];
    if here.is_default().await? {
        queries.push(ListQuery { unlinked: vec![IN_DOMAIN], ..root });
    }
    Ok(queries)
}

/// The ids of this domain with its units, and of all domains of the account.
async fn domains(here: &InDomain<'_>) -> Result<(Vec<RecordId>, Vec<RecordId>), Problem> {
    let kind = here.call.catalog().kind("domain");
    let query = ListQuery { limit: ALL, ..ListQuery::of(here.domain.record.account, kind) };
    let all = here.reading.places(&query).await?;
    let ours = all.iter().filter(|record| is_within(&here.domain.record.fqn, &record.fqn));
    Ok((ours.map(|record| record.id).collect(), all.iter().map(|record| record.id).collect()))
}

async fn everything(here: &InDomain<'_>, queries: Vec<ListQuery>) -> Result<Vec<Card>, Problem> {
    let mut found = Vec::new();
    for query in queries {
        found.extend(here.reading.places(&ListQuery { limit: ALL, ..query }).await?);
    }
    Ok(found)
}

async fn counted(here: &InDomain<'_>, query: &ListQuery) -> Result<i64, Problem> {
    let total = here.reading.count(query.clone()).await?;
    Ok(i64::try_from(total).unwrap_or(i64::MAX))
}

/// Decides on one record, from what was read with it.
pub type Test<'t> = &'t (dyn Fn(&View) -> bool + Send + Sync);

/// What a list wants of inventories.
pub struct Wanted<'t> {
    pub order: Order,
    pub descending: bool,
    pub after: Option<Keyset>,
    pub size: usize,
    /// What is read with each record.
    pub depth: Depth,
    /// Only these records.
    pub among: Option<&'t HashSet<RecordId>>,
    /// Beyond belonging to the domain; `None` takes everything.
    pub test: Option<Test<'t>>,
}

/// A page of views in one order over all inventories, and whether there is more.
pub async fn page(
    here: &InDomain<'_>,
    inventories: &[Inventory],
    wanted: &Wanted<'_>,
) -> Result<(Vec<View>, bool), Problem> {
    let mut streams: Vec<Stream<'_>> = inventories
        .iter()
        .flat_map(|inventory| inventory.sources.iter().map(move |source| Stream::new(inventory, source, wanted)))
        .collect();
    let mut views = Vec::with_capacity(wanted.size);
    loop {
        for stream in &mut streams {
            stream.fill(here, wanted).await?;
        }
        let next = streams
            .iter()
            .enumerate()
            .filter_map(|(index, stream)| stream.ready.front().map(|view| (index, &view.record)))
            .min_by(|(_, a), (_, b)| compare(wanted, a, b))
            .map(|(index, _)| index);
        let Some(index) = next else { return Ok((views, false)) };
        if views.len() == wanted.size {
            return Ok((views, true));
        }
        views.extend(streams[index].ready.pop_front());
    }
}

/// How many records match, page and place aside.
pub async fn count(here: &InDomain<'_>, inventories: &[Inventory], wanted: &Wanted<'_>) -> Result<u64, Problem> {
    let mut total = 0;
    for inventory in inventories {
        if wanted.test.is_none() && inventory.standing.is_none() {
            total += inventory.count(here).await?;
            continue;
        }
        let from_start = Wanted { after: None, depth: wanted.depth.clone(), ..*wanted };
        for source in &inventory.sources {
            let mut stream = Stream::new(inventory, source, &from_start);
            stream.query.limit = BATCH;
            while !stream.is_over {
                stream.fill(here, &from_start).await?;
                total += stream.ready.len() as u64;
                stream.ready.clear();
            }
        }
    }
    Ok(total)
}

fn compare(wanted: &Wanted<'_>, a: &Record, b: &Record) -> std::cmp::Ordering {
    let order = match wanted.order {
        Order::Name => (a.name.as_str(), a.id).cmp(&(b.name.as_str(), b.id)),
        Order::Created => (a.created.at, a.id).cmp(&(b.created.at, b.id)),
        Order::Updated => (a.updated.at, a.id).cmp(&(b.updated.at, b.id)),
    };
    if wanted.descending { order.reverse() } else { order }
}

/// One query, read as far as it is needed.
struct Stream<'i> {
    inventory: &'i Inventory,
    source: &'i ListQuery,
    query: ListQuery,
    ready: VecDeque<View>,
    is_over: bool,
}

impl<'i> Stream<'i> {
    fn new(inventory: &'i Inventory, source: &'i ListQuery, wanted: &Wanted<'_>) -> Stream<'i> {
        let ids = match (&source.ids, wanted.among) {
            (ids, None) => ids.clone(),
            (None, Some(among)) => Some(among.iter().copied().collect()),
            (Some(ids), Some(among)) => Some(ids.iter().copied().filter(|id| among.contains(id)).collect()),
        };
        let is_over = ids.as_ref().is_some_and(Vec::is_empty);
        let query = ListQuery {
            order: wanted.order,
            descending: wanted.descending,
            after: wanted.after.clone(),
            limit: u32::try_from(wanted.size + 1).unwrap_or(BATCH),
            ids,
            ..source.clone()
        };
        Stream { inventory, source, query, ready: VecDeque::new(), is_over }
    }

    /// Reads on until something is ready or nothing is left.
    async fn fill(&mut self, here: &InDomain<'_>, wanted: &Wanted<'_>) -> Result<(), Problem> {
        while self.ready.is_empty() && !self.is_over {
            let depth = self.inventory.depth(&wanted.depth);
            let found = here.reading.list(self.query.clone(), &depth).await?;
            self.is_over = !found.more;
            self.query.after = found.views.last().map(|view| self.query.keyset(&view.record));
            // What is mostly refused is read in ever larger batches.
            self.query.limit = self.query.limit.saturating_mul(2).clamp(1, BATCH);
            let (inventory, source) = (self.inventory, self.source);
            let taken = |view: &View| inventory.accepts(source, view) && wanted.test.is_none_or(|test| test(view));
            self.ready.extend(found.views.into_iter().filter(|view| taken(view)));
        }
        Ok(())
    }
}

/// A place in a list as a page token keeps it.
pub fn place_value(order: Order, record: &Record) -> Value {
    let key = match order {
        Order::Name => json!(record.name),
        Order::Created => json!(record.created.at.0),
        Order::Updated => json!(record.updated.at.0),
    };
    json!([key, record.id.to_string()])
}

/// Reads it back; `None` for a place of another order.
pub fn place_from(order: Order, value: &Value) -> Option<Keyset> {
    let id = value.get(1)?.as_str()?.parse().ok()?;
    let key = match order {
        Order::Name => KeysetKey::Name(value.get(0)?.as_str()?.to_owned()),
        Order::Created | Order::Updated => KeysetKey::At(Millis(value.get(0)?.as_i64()?)),
    };
    Some(Keyset { key, id })
}
