//! What waits for the visitor: requests that he decides, and what of his own needs him: rows to lend, what is broken, runs
//! that failed. What he neither owns nor may run is not looked at.

mod contracts;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::action::Action;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::observation::{INGESTION_RUN, Observation, PIPELINE_STATUS};
use emporion_catalog::ports::Verdict;
use emporion_catalog::query::{ListQuery, Order};
use emporion_catalog::reading::{Reading, SeenCard, SeenId};
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation;
use emporion_catalog::rows::grants::{self, Grant};
use emporion_catalog::schedules::Scheduled;

use crate::access::own::{Products, owners};
use crate::fault::Fault;
use crate::layout::icon::Icon;
use crate::pages::pipeline::runs;
use crate::pages::product::verified;
use crate::pages::{requests, sources};
use crate::records::address;
use crate::records::naming;
use crate::request::visit::Visit;
use crate::text::moment::Moment;

/// Products, pipelines and sources that are looked at, of each.
pub const LOOKED_AT: u32 = 50;
/// Places whose owner holds the rows of all tables below, the outer ones first; and how many are looked at.
const PLACES: [&str; 3] = ["database_service", "database", "database_schema"];
const MOST_PLACES: u32 = 5;
/// Tables below a place of which the last are looked for.
const MOST_BELOW: u64 = 2_000;
/// Assets of all those products.
const MOST_ASSETS: usize = 2_000;
/// Products whose queries are held against their tables, and tables and queries of each: a page of its own takes as long.
const MOST_CHECKED: usize = 4;
const MOST_TABLES: usize = 100;
const MOST_QUERIES: usize = 100;
/// Sources that are not his own of which it is asked whether he may read them.
const MOST_ASKED: usize = 4;
const MOST_REQUESTS: usize = 5;
/// Lines of a group that are shown at once.
const AT_ONCE: usize = 5;

pub struct Waiting {
    pub requests: Vec<requests::Row>,
    pub groups: Vec<Group>,
    /// Some of what he owns was not looked at.
    pub is_partial: bool,
}

/// Lines of one sort.
pub struct Group {
    pub title: String,
    pub lines: Vec<Line>,
    /// Those that are folded, and how many they are.
    pub others: Vec<Line>,
    pub folded: String,
}

/// Something to be done, and where.
#[derive(Template)]
#[template(
    source = r#"<a class="whole" href="{{ address }}"><span class="what"><span class="wish"><span class="link">{{ icon }}<bdi class="of">{{ name }}</bdi></span> <bdi>{{ rendered }}</bdi></span></span>{% if let Some(at) = at %}<span class="when">{{ at }}</span>{% endif %}</a>"#,
    ext = "html"
)]
pub struct Line {
    address: String,
    icon: Icon,
    name: String,
    rendered: String,
    at: Option<Moment>,
}

impl HtmlSafe for Line {}

impl Waiting {
    /// `own` are the products that he owns, as far as they are looked at.
    pub async fn of(visit: &Visit, reading: &Reading<'_>, own: &Products) -> Result<Waiting, Fault> {
        let mut found = Found { visit, reading, products: &own.views, is_partial: own.more };
        let assets = found.assets().await?;
        let rows = found.rows(&assets).await?;
        let loans = found.loans(&assets).await?;
        let broken = found.queries(&assets).await?;
        let contracts = found.contracts(&assets).await?;
        let mut runs = found.pipelines(&assets).await?;
        runs.extend(found.sources().await?);
        runs.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let runs = runs.into_iter().map(|(_, line)| line).collect();
        let is_partial = found.is_partial;
        let groups = [("rows", rows), ("loans", loans), ("contracts", contracts), ("broken", broken), ("runs", runs)];
        let groups = groups.into_iter().filter(|(_, lines)| !lines.is_empty());
        Ok(Waiting {
            requests: requests::waiting(visit, reading, None, MOST_REQUESTS).await?,
            groups: groups.map(|(sort, lines)| Group::of(visit, sort, lines)).collect(),
            is_partial,
        })
    }

    pub fn is_nothing(&self) -> bool {
        self.requests.is_empty() && self.groups.is_empty()
    }
}

impl Group {
    pub fn of(visit: &Visit, sort: &str, mut lines: Vec<Line>) -> Group {
        let others = lines.split_off(lines.len().min(AT_ONCE));
        Group {
            title: visit.t.say(&format!("waiting.group.{sort}")),
            folded: visit.t.count("home.others", others.len()),
            lines,
            others,
        }
    }
}

/// What the products hold: their edges, and what those lead to.
struct Assets {
    edges: Vec<Edge>,
    cards: HashMap<RecordId, Arc<Card>>,
}

impl Assets {
    /// The assets of which this holds, each with a product that holds it.
    fn that(&self, is: impl Fn(&Edge, &Card) -> bool) -> impl Iterator<Item = (RecordId, &Arc<Card>)> {
        self.edges.iter().filter_map(move |edge| {
            let card = self.cards.get(&edge.to).filter(|card| is(edge, card))?;
            Some((edge.from, card))
        })
    }
}

struct Found<'a> {
    visit: &'a Visit,
    reading: &'a Reading<'a>,
    products: &'a [View],
    is_partial: bool,
}

impl Found<'_> {
    async fn assets(&mut self) -> Result<Assets, Fault> {
        if self.products.is_empty() {
            return Ok(Assets { edges: Vec::new(), cards: HashMap::new() });
        }
        let mut edges = self.reading.edges_from(self.products, Some(&[relation::HAS_ASSET])).await?;
        self.is_partial |= edges.len() > MOST_ASSETS;
        edges.truncate(MOST_ASSETS);
        let ids: HashSet<RecordId> = edges.iter().map(|edge| edge.to).collect();
        let ids: Vec<RecordId> = ids.into_iter().collect();
        let cards = self.reading.names(&ids).await?.into_iter().flatten();
        Ok(Assets { edges, cards: cards.map(|card| (card.id, card)).collect() })
    }

    /// Tables whose rows he could lend to his products, and has not.
    async fn rows(&self, assets: &Assets) -> Result<Vec<Line>, Fault> {
        let closed = |edge: &Edge, card: &Card| card.state.is_alive() && card.kind.0.rows && !grants::is_granted(edge);
        let closed: Vec<(RecordId, RecordId)> = assets.that(closed).map(|(from, card)| (from, card.id)).collect();
        if closed.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<RecordId> = closed.iter().map(|(_, asset)| *asset).collect();
        let held = self.reading.rows().held(&ids).await?;
        let of = closed.into_iter().filter(|(_, asset)| held.contains(asset)).map(|(product, _)| product);
        Ok(self.counted(of, "waiting.rows", "assets"))
    }

    /// Loans whose givers hold the rows no more, of rows that he holds: those to his products, and those of his tables.
    async fn loans(&mut self, assets: &Assets) -> Result<Vec<Line>, Fault> {
        let (visit, reading) = (self.visit, self.reading);
        let tables = self.tables().await?;
        let ids: Vec<RecordId> = tables.iter().map(View::id).collect();
        let is_own = |product: RecordId| self.products.iter().any(|own| own.id() == product);
        let loans = if ids.is_empty() { HashMap::new() } else { reading.rows().loans(&ids).await? };
        let of_tables = loans.into_values().flatten().map(|loan| loan.edge);
        let of_tables: Vec<Edge> = of_tables.filter(|edge| !is_own(edge.from)).collect();
        let alive = |edge: &&Edge| assets.cards.get(&edge.to).is_some_and(|card| card.state.is_alive());
        let of_products = assets.edges.iter().filter(alive).chain(&of_tables);
        let given: Vec<(RecordId, Grant)> = of_products.filter_map(|edge| Some((edge.to, grants::of(edge)?))).collect();
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let given_of: Vec<RecordId> = given.iter().map(|(asset, _)| *asset).collect();
        let held = reading.rows().held(&given_of).await?;
        let his: Vec<(RecordId, Grant)> = given.into_iter().filter(|(asset, _)| held.contains(asset)).collect();
        let outlived = reading.outlived(&his).await?;
        let is_outlived = |edge: &Edge| grants::of(edge).is_some_and(|grant| outlived.contains(&(edge.to, grant.by)));
        let of_products = assets.edges.iter().filter(|edge| is_outlived(edge)).map(|edge| edge.from);
        let mut lines = self.counted(of_products, "waiting.outlived", "assets");
        for table in &tables {
            let number = of_tables.iter().filter(|edge| edge.to == table.id() && is_outlived(edge)).count();
            if number > 0 {
                let rendered = visit.t.count("waiting.outlived_of", number);
                let at = address::with_query(&address::of_record(&table.record), &[("tab", "access")]);
                lines.push(Line::of(&Card::of(&table.record), at, rendered));
            }
        }
        Ok(lines)
    }

    /// Tables that he owns, and those below the places that he owns: of each, those that have changed last.
    async fn tables(&mut self) -> Result<Vec<View>, Fault> {
        let (visit, reading) = (self.visit, self.reading);
        let of = |kind: &str| ListQuery {
            order: Order::Updated,
            descending: true,
            limit: LOOKED_AT,
            ..ListQuery::of(reading.account(), reading.catalog().kind(kind))
        };
        let linked = vec![(relation::OWNER, owners(visit))];
        let mut places: Vec<String> = Vec::new();
        for kind in PLACES {
            let query = ListQuery { linked: linked.clone(), limit: MOST_PLACES, ..of(kind) };
            let own = reading.first(query, &Depth::bare()).await?;
            self.is_partial |= own.more;
            for fqn in own.views.into_iter().map(|view| view.record.fqn) {
                // What stands below another one is looked at with that.
                let is_below = |place: &String| fqn.strip_prefix(place).is_some_and(|rest| rest.starts_with('.'));
                if !places.iter().any(is_below) {
                    places.push(fqn);
                }
            }
        }
        self.is_partial |= places.len() > MOST_PLACES as usize;
        places.truncate(MOST_PLACES as usize);
        let within: Vec<ListQuery> =
            places.into_iter().map(|fqn| ListQuery { within: Some(fqn), ..of("table") }).collect();
        // Of a large place too many would have to be read to find its last ones.
        let totals = reading.counts(within.clone()).await?;
        self.is_partial |= totals.iter().any(|total| !total.is_exact || total.number > MOST_BELOW);
        let within = within
            .into_iter()
            .zip(totals)
            .filter(|(_, total)| total.is_exact && total.number <= MOST_BELOW)
            .map(|(query, _)| query);
        let (mut tables, mut known) = (Vec::new(), HashSet::new());
        for query in std::iter::once(ListQuery { linked, ..of("table") }).chain(within) {
            let page = reading.first(query, &Depth::bare()).await?;
            self.is_partial |= page.more;
            tables.extend(page.views.into_iter().filter(|table| known.insert(table.id())));
        }
        Ok(tables)
    }

    /// Verified queries of his products that are live and do not run any more.
    async fn queries(&mut self, assets: &Assets) -> Result<Vec<Line>, Fault> {
        let (visit, reading) = (self.visit, self.reading);
        let kind = reading.catalog().kind("verified_query");
        let of = |view: &View| ListQuery { parent: Some(view.id()), ..ListQuery::of(reading.account(), kind) };
        let lists = reading.lists(self.products.iter().map(of).collect()).await?;
        let mut checked = 0;
        let mut broken = Vec::new();
        for (product, list) in self.products.iter().zip(lists).filter(|(_, list)| !list.is_empty()) {
            let tables = assets.edges.iter().filter(|edge| edge.from == product.id()).count();
            if checked == MOST_CHECKED || tables > MOST_TABLES {
                self.is_partial = true;
                continue;
            }
            checked += 1;
            self.is_partial |= list.len() > MOST_QUERIES;
            // It may have gone, or be closed to him meanwhile.
            let Ok(page) = verified::page(visit, product.id(), MOST_QUERIES, "").await else { continue };
            broken.extend(page.items.iter().filter(|query| query.is_broken()).map(|_| product.id()));
        }
        Ok(self.counted(broken.into_iter(), "waiting.queries", "model"))
    }

    /// A line for each product that is named, with how often it is, and a tab of it to act on.
    fn counted(&self, products: impl Iterator<Item = RecordId>, key: &str, tab: &str) -> Vec<Line> {
        let mut numbers: HashMap<RecordId, u64> = HashMap::new();
        for product in products {
            *numbers.entry(product).or_default() += 1;
        }
        let line = |view: &View| {
            let number = *numbers.get(&view.id())?;
            let at = address::with_query(&address::of_record(&view.record), &[("tab", tab)]);
            Some(Line::of(&Card::of(&view.record), at, self.visit.t.count(key, number)))
        };
        self.products.iter().filter_map(line).collect()
    }

    /// Pipelines that he owns, or that his products hold, whose last run failed.
    async fn pipelines(&mut self, assets: &Assets) -> Result<Vec<(Millis, Line)>, Fault> {
        let reading = self.reading;
        let kind = reading.catalog().kind("pipeline");
        let query = ListQuery {
            linked: vec![(relation::OWNER, owners(self.visit))],
            order: Order::Updated,
            descending: true,
            limit: LOOKED_AT,
            ..ListQuery::of(reading.account(), kind)
        };
        let page = reading.first(query, &Depth::bare()).await?;
        self.is_partial |= page.more;
        let mut pipelines: Vec<SeenCard> = page.views.iter().map(|view| SeenCard::from(&view.record)).collect();
        let mut known: HashSet<RecordId> = pipelines.iter().map(|card| card.id).collect();
        let held = assets.that(|_, card| card.kind == kind).map(|(_, card)| card.id);
        let held: Vec<RecordId> = held.filter(|id| known.insert(*id)).collect();
        if !held.is_empty() {
            pipelines.extend(reading.cards(&held).await?);
        }
        if pipelines.is_empty() {
            return Ok(Vec::new());
        }
        let newest = reading.newest_observations(&pipelines, &[PIPELINE_STATUS]).await?;
        let line = |run: Observation| {
            let card = pipelines.iter().find(|card| card.id == run.record)?;
            let tasks = runs::failed_tasks(&run.value);
            let rendered = match tasks.is_empty() {
                true => self.visit.t.say("waiting.failed"),
                false => self.visit.t.with("waiting.failed_at", &[("task", &tasks)]),
            };
            let line = Line::of(card, address::of(card.kind, &card.fqn)?, rendered);
            Some((run.at, line.at(self.visit, run.at)))
        };
        Ok(newest.into_iter().filter(|run| runs::has_failed(&run.value)).filter_map(line).collect())
    }

    /// Sources that he owns or may read whose last run failed, or that are read at their times no more. Why, their pages
    /// say.
    async fn sources(&mut self) -> Result<Vec<(Millis, Line)>, Fault> {
        let (visit, reading) = (self.visit, self.reading);
        let kind = reading.catalog().kind("database_service");
        let verdict = visit.catalog().verdict_of_kind(visit.caller(), Action::EditAll, kind);
        let all = ListQuery { limit: LOOKED_AT, ..ListQuery::of(reading.account(), kind) };
        let mut page = reading.first(all.clone(), &Depth::bare()).await?;
        if page.more && !matches!(verdict, Verdict::Always) {
            let own = ListQuery { linked: vec![(relation::OWNER, owners(visit))], ..all };
            page = reading.first(own, &Depth::bare()).await?;
        }
        self.is_partial |= page.more;
        let failed = self.failed(&page.views).await?;
        let services: Vec<&View> = failed.iter().map(|(service, ..)| *service).collect();
        let his = sources::may_run(visit, reading, &services, MOST_ASKED).await?;
        let line = |(service, at, rendered): (&View, Millis, String)| {
            let runs = address::with_query(&address::of_record(&service.record), &[("tab", "runs")]);
            (at, Line::of(&Card::of(&service.record), runs, rendered).at(visit, at))
        };
        Ok(failed.into_iter().filter(|(service, ..)| his.contains(&service.id())).map(line).collect())
    }

    /// Those of the services that have stopped being read, or were read in vain, when, and what that is.
    async fn failed<'v>(&self, services: &'v [View]) -> Result<Vec<(&'v View, Millis, String)>, Fault> {
        let (t, reading) = (self.visit.t, self.reading);
        // What other programs read of a service, they keep with pipelines of their own below it.
        let kind = reading.catalog().kind("ingestion_pipeline");
        let below = |view: &View| ListQuery { parent: Some(view.id()), ..ListQuery::of(reading.account(), kind) };
        let others = reading.lists(services.iter().map(below).collect()).await?;
        let seen: Vec<SeenId> =
            services.iter().map(SeenId::from).chain(others.iter().flatten().map(SeenId::from)).collect();
        if seen.is_empty() {
            return Ok(Vec::new());
        }
        let newest = reading.newest_observations(&seen, &[INGESTION_RUN]).await?.into_iter();
        let newest = newest.filter(|run| run.value["pipelineState"] == "failed");
        let newest: HashMap<RecordId, Millis> = newest.map(|run| (run.record, run.at)).collect();
        let mut failed = Vec::new();
        for (service, others) in services.iter().zip(&others) {
            let stopped = Scheduled::of(&service.record).and_then(|scheduled| scheduled.stopped);
            match (stopped, newest.get(&service.id())) {
                (Some(stopped), _) => failed.push((service, stopped.at, t.say("waiting.stopped"))),
                (None, Some(at)) => failed.push((service, *at, t.say("waiting.failed"))),
                (None, None) => {}
            }
            for other in others {
                let rendered = || t.with("waiting.failed_of", &[("name", &naming::rendered_of(other))]);
                failed.extend(newest.get(&other.id).map(|at| (service, *at, rendered())));
            }
        }
        Ok(failed)
    }
}

impl Line {
    fn of(card: &Card, address: String, rendered: String) -> Line {
        Line::new(Icon::of(card.kind), naming::rendered(card), address, rendered)
    }

    pub fn new(icon: Icon, name: String, address: String, rendered: String) -> Line {
        Line { address, icon, name, rendered, at: None }
    }

    pub fn at(self, visit: &Visit, at: Millis) -> Line {
        Line { at: Some(visit.moment(at)), ..self }
    }
}
