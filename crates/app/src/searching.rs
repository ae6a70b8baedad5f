//! `/search` for programs: what was found, as JSON. For people the same address is a page.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::finder::{Finder, Found, MOST_LIMIT, Order, Refusal, SORTS, Search};
use emporion_catalog::follow::Followers;
use emporion_catalog::id::Seq;
use emporion_edge::answer::Answer;
use emporion_edge::mount::Mount;
use emporion_edge::request::Request;
use emporion_edge::route::{Method, Route, handler};
use emporion_edge::router::{Router, admission};
use emporion_search::Engine;
use serde_json::{Map, Value, json};

use crate::interface::{Interface, JSON, Own};

pub const PATH: &str = "/search";
/// Said as `at_least`: everything that was acknowledged before the search.
pub const HEAD: &str = "head";
/// How many suggestions there are, unless told otherwise.
const SUGGESTIONS: u32 = 10;
const MOST_SUGGESTIONS: u32 = 50;

pub struct Searching {
    pub engine: Arc<Engine>,
    pub followers: Arc<Followers>,
}

/// The searches of programs. A browser that asks for a page is left to the pages.
pub fn mount(searching: Searching) -> Mount {
    let router = Router::new(Arc::new(Interface(searching)), routes()).body_limit(1 << 10);
    Mount::new(router.admission(admission(Interface::admit))).at(PATH).for_programs()
}

fn routes() -> Vec<Route<Interface<Searching>>> {
    macro_rules! row {
        ($method:ident $path:literal $name:ident) => {
            Interface::route(
                Method::$method,
                concat!("/search", $path),
                stringify!($name),
                handler(|searching: Arc<Interface<Searching>>, request: Request| async move {
                    let outcome = match searching.caller(&request).await {
                        Ok(caller) => $name(&searching, &caller, &request).await,
                        Err(problem) => Err(problem.into()),
                    };
                    let answer = match outcome {
                        Ok(value) => Answer::json(200, JSON, &value).with("cache-control", "no-store"),
                        Err(refusal) => refused(&refusal),
                    };
                    // Who asks for a page gets one at the same address.
                    answer.with("vary", emporion_edge::accept::VARY)
                }),
            )
        };
    }
    vec![
        row!(GET "" search),
        row!(GET "/suggest" suggest),
        row!(GET "/index" show_index),
        row!(POST "/index" rebuild_index),
    ]
}

impl Own for Searching {
    const NAME: &'static str = "search";
    const WHY: &'static str = "message";

    fn catalog(&self) -> &Catalog {
        self.engine.catalog()
    }
}

type Outcome = Result<Value, Refusal>;

async fn search(searching: &Searching, caller: &Caller, request: &Request) -> Outcome {
    let asked = asked(request, &["q", "limit", "sort", "after", "facets", "at_least"])?;
    let mut search = Search::of(asked.text("q"));
    if let Some(sort) = asked.get("sort") {
        let known = || SORTS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        search.order =
            Order::called(sort).ok_or_else(|| Problem::invalid("sort", format!("must be one of [{}]", known())))?;
    }
    if let Some(limit) = asked.number("limit")? {
        if !(1..=u64::from(MOST_LIMIT)).contains(&limit) {
            return Err(Problem::invalid("limit", format!("must be between 1 and {MOST_LIMIT}")).into());
        }
        search.limit = u32::try_from(limit).unwrap_or(MOST_LIMIT);
    }
    search.after = asked.get("after").map(str::to_owned);
    let facets = asked.text("facets").split(',').map(str::trim).filter(|field| !field.is_empty());
    search.counted = facets.map(str::to_owned).collect();
    search.at_least = at_least(searching, &asked).await?;
    Ok(printed(&searching.engine.find(caller, &search).await?))
}

async fn suggest(searching: &Searching, caller: &Caller, request: &Request) -> Outcome {
    let asked = asked(request, &["q", "limit", "at_least"])?;
    let limit = asked.number("limit")?.unwrap_or(u64::from(SUGGESTIONS));
    if !(1..=u64::from(MOST_SUGGESTIONS)).contains(&limit) {
        return Err(Problem::invalid("limit", format!("must be between 1 and {MOST_SUGGESTIONS}")).into());
    }
    let limit = u32::try_from(limit).unwrap_or(SUGGESTIONS);
    let at_least = at_least(searching, &asked).await?;
    let found = searching.engine.suggest(caller, asked.text("q"), limit, at_least).await?;
    let mut printed = printed(&found);
    if let Some(members) = printed.as_object_mut() {
        for absent in ["total", "total_is_exact", "facets", "others", "after", "corrected"] {
            members.shift_remove(absent);
        }
    }
    Ok(printed)
}

/// How far the index is to have come before it is asked.
async fn at_least(searching: &Searching, asked: &Asked) -> Result<Option<Seq>, Problem> {
    match asked.get("at_least") {
        Some(HEAD) => Ok(Some(searching.engine.catalog().log_head().await?)),
        _ => Ok(asked.number("at_least")?.map(Seq)),
    }
}

/// How far the index has come; `position` is that of the one that is being built, where one is.
async fn show_index(searching: &Searching, caller: &Caller, _: &Request) -> Outcome {
    searching.engine.catalog().may_run_the_server(caller).await?;
    let progress = searching.engine.progress().await?;
    let head = searching.engine.catalog().log_head().await?;
    let position = progress.map_or(searching.engine.seq(), |progress| progress.position);
    Ok(json!({"building": progress.is_some(), "position": position.0, "head": head.0}))
}

async fn rebuild_index(searching: &Searching, caller: &Caller, request: &Request) -> Outcome {
    searching.engine.catalog().may_run_the_server(caller).await?;
    searching.engine.rebuild(&searching.followers)?;
    tracing::info!(user = %caller.principal.name, "the index of searches is made anew");
    show_index(searching, caller, request).await
}

/// The parameters of a request, each known and given once.
struct Asked(Map<String, Value>);

fn asked(request: &Request, known: &[&str]) -> Result<Asked, Problem> {
    if !request.is_query_text() {
        return Err(Problem::invalid("query string", "must be UTF-8"));
    }
    let mut asked = Map::new();
    for (name, value) in request.query() {
        if !known.contains(&name.as_str()) {
            return Err(Problem::invalid(name, format!("is not known; parameters are [{}]", known.join(", "))));
        }
        if asked.insert(name.clone(), value.into()).is_some() {
            return Err(Problem::invalid(name, "must be given once"));
        }
    }
    Ok(Asked(asked))
}

impl Asked {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Problem::invalid(name, "must be a whole number"))
    }
}

/// What was found, in the form that programs read.
pub fn printed(found: &Found) -> Value {
    let hits = found.hits.iter().map(|hit| {
        let why: Vec<Value> = hit.why.iter().map(|why| json!({"field": why.field, "fragment": why.fragment})).collect();
        json!({"id": hit.id.to_string(), "kind": hit.page, "name": hit.name, "display_name": hit.display_name,
               "fqn": hit.fqn, "why": why})
    });
    let hits: Vec<Value> = hits.collect();
    let mut facets = Map::new();
    let mut others = Map::new();
    for facet in &found.facets {
        let values = facet.values.iter().map(|(value, count)| json!({"value": value, "count": count}));
        facets.insert(facet.field.clone(), Value::Array(values.collect()));
        others.insert(facet.field.clone(), facet.others.into());
    }
    json!({
        "query": found.query,
        "total": found.total,
        "total_is_exact": found.total_is_exact,
        "seq": found.seq.0,
        "corrected": found.corrected,
        "hits": hits,
        "facets": facets,
        "others": others,
        "after": found.after,
    })
}

fn refused(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::Broken { message, at, expected } => {
            Answer::json(400, JSON, &json!({"message": message, "at": at, "expected": expected}))
        }
        Refusal::Problem(problem) => Interface::<Searching>::refused(problem),
    }
}
