//! Searches, and the page of what was found: beside nothing, and while writes arrive; each with the floor's point reads in the same run.

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::client;
use crate::drive::{self, Figures, Load, Made, Pool, Requests};
use crate::scenario;
use crate::world::{Sample, World};

/// Aims: the slowest of a hundred, in milliseconds; the whole index, in seconds; bytes of it for a record; and memory.
const QUERY_MS: f64 = 25.0;
const SUGGEST_MS: f64 = 10.0;
const PAGE_MS: f64 = 20.0;
/// Of a query that is made to be slow.
const WORST_MS: f64 = 1_000.0;
const BUILD_S: f64 = 60.0;
const BYTES: f64 = 1_200.0;
const RESIDENT_MIB: f64 = 400.0;
/// Rows of the writes that arrive meanwhile, and their distance: a thousand a second.
const ROWS: u32 = 100;
const DISTANCE: Duration = Duration::from_millis(100);
/// One after the other: what is measured is how long somebody waits.
const CONNECTIONS: usize = 1;
/// One that is looked at.
const TABLE: &str = "warehouse.shop.sales.asset_00";

struct Search {
    name: &'static str,
    what: &'static str,
    aim_ms: f64,
    path: fn(&Sample) -> String,
    /// Of a page, the call of an API that tells much the same, where there is one.
    call: fn(&Sample) -> Option<String>,
    /// Everybody looks at it, and each sees something else of it.
    is_for_all: bool,
}

impl Search {
    /// As a browser asks for it, or a program.
    fn request(&self, token: &str, one: &Sample) -> Vec<u8> {
        let accept = if self.aim_ms == PAGE_MS { "text/html" } else { "*/*" };
        asked(token, &(self.path)(one), accept)
    }

    /// The call of an API beside the page, if there is one.
    fn call(&self, token: &str, one: &Sample) -> Option<Vec<u8>> {
        Some(asked(token, &(self.call)(one)?, "application/json"))
    }
}

fn asked(token: &str, path: &str, accept: &str) -> Vec<u8> {
    client::request("GET", path, &[("authorization", &format!("Bearer {token}")), ("accept", accept)], b"")
}

const fn search(name: &'static str, what: &'static str) -> Search {
    Search { name, what, aim_ms: QUERY_MS, path: |one| query(&one.fqn), call: |_| None, is_for_all: false }
}

const fn list(name: &'static str, what: &'static str) -> Search {
    Search { aim_ms: PAGE_MS, is_for_all: true, ..search(name, what) }
}

const ALL: &[Search] = &[
    Search { path: |one| query(&format!("fqn:\"{}\"", one.fqn)), ..search("name", "a full name") },
    Search { path: |one| query(word(one, 0)), ..search("word", "a word") },
    Search { path: |one| query(&format!("{} {}", word(one, 0), word(one, 1))), ..search("words", "two words") },
    Search {
        path: |one| query(&format!("{} kind:product domain:Sales", word(one, 0))),
        ..search("field", "a word, a kind and a domain")
    },
    Search {
        path: |one| query(word(one, 0)) + "&facets=kind,domain,owner,tag",
        ..search("facets", "a word, and counts by kind, domain, owner and tag")
    },
    Search { path: |one| query(&format!("{}*", begun(one))), ..search("prefix", "a beginning") },
    Search { path: |one| query(&mistyped(one)), ..search("typo", "a word with a letter left out") },
    Search {
        path: |one| format!("/products/{}", scenario::percent_encoded(&one.fqn)),
        call: |one| Some(format!("/api/v1/dataProducts/{}?fields=owners,experts,domains,tags", one.id)),
        aim_ms: PAGE_MS,
        ..search("page", "the page of a product")
    },
    Search {
        path: |one| format!("/search/suggest?q={}", begun(one)),
        aim_ms: SUGGEST_MS,
        ..search("suggest", "type-ahead of three letters")
    },
    Search { path: |_| query(&any_of(10)), aim_ms: WORST_MS, ..search("any10", "any of ten beginnings") },
    Search { path: |_| query(&any_of(100)), aim_ms: WORST_MS, ..search("any100", "any of a hundred beginnings") },
    Search { path: |_| "/".to_owned(), ..list("home", "the first page") },
    Search {
        path: |_| "/products".to_owned(),
        call: |_| Some("/api/v1/dataProducts?limit=50&fields=owners,domains,tags".to_owned()),
        ..list("products", "the list of products")
    },
    Search {
        path: |_| "/domains".to_owned(),
        call: |_| Some("/api/v1/domains?limit=50&fields=owners".to_owned()),
        ..list("domains", "the list of domains")
    },
    Search {
        path: |_| "/sources".to_owned(),
        call: |_| Some("/api/v1/services/databaseServices?limit=50&fields=owners".to_owned()),
        ..list("sources", "the list of sources")
    },
    Search {
        path: |_| "/people".to_owned(),
        call: |_| Some("/api/v1/users?limit=50".to_owned()),
        ..list("people", "the list of people")
    },
    Search { path: |_| "/requests".to_owned(), ..list("requests", "the list of requests") },
    Search {
        path: |one| query(word(one, 0)),
        call: |one| Some(query(word(one, 0))),
        ..list("found", "the page of a search")
    },
    Search {
        path: |_| "/domains/Sales".to_owned(),
        call: |_| Some("/api/v1/domains/name/Sales?fields=owners,experts,tags".to_owned()),
        ..list("domain", "the page of a domain")
    },
    Search {
        path: |_| "/people/maria".to_owned(),
        call: |_| Some("/api/v1/users/name/maria?fields=teams,roles".to_owned()),
        ..list("person", "the page of a person")
    },
    Search { path: |_| "/teams/Sales.Makers".to_owned(), ..list("team", "the page of a team") },
    Search { path: |_| "/glossary/Trade".to_owned(), ..list("glossary", "the page of a glossary") },
    Search {
        path: |_| "/terms/Trade.Line".to_owned(),
        call: |_| Some("/api/v1/glossaryTerms/name/Trade.Line?fields=usageCount,owners".to_owned()),
        ..list("term", "the page of a term that a fifth of all bears")
    },
    Search { path: |_| "/services/warehouse".to_owned(), ..list("service", "the page of a source") },
    Search { path: |_| "/databases/warehouse.shop".to_owned(), ..list("database", "the page of a database") },
    Search {
        path: |_| "/schemas/warehouse.shop.sales".to_owned(),
        call: |_| Some("/api/v1/tables?databaseSchema=warehouse.shop.sales&limit=50&fields=owners".to_owned()),
        ..list("schema", "the page of a schema")
    },
    Search {
        path: |_| format!("/tables/{TABLE}"),
        call: |_| Some(format!("/api/v1/tables/name/{TABLE}?fields=owners,domains,tags,columns")),
        ..list("table", "the page of a table")
    },
    Search {
        path: |_| format!("/tables/{TABLE}?tab=lineage"),
        call: |_| Some(format!("/api/v1/lineage/table/name/{TABLE}?upstreamDepth=3&downstreamDepth=3")),
        ..list("lineage", "the lineage of a table")
    },
    Search { path: |_| "/pipelines/nightly.load".to_owned(), ..list("pipeline", "the page of a pipeline") },
    Search { path: |one| tab(one, "assets"), ..list("tab-assets", "a product's assets") },
    Search { path: |one| tab(one, "lineage"), ..list("tab-lineage", "a product's lineage") },
    Search { path: |one| tab(one, "model"), ..list("tab-model", "a product's model") },
    Search { path: |one| tab(one, "ask"), ..list("tab-ask", "the questions to a product") },
    Search { path: |one| tab(one, "access"), ..list("tab-access", "who has access to a product") },
    Search { path: |one| tab(one, "activity"), ..list("tab-activity", "a product's past") },
    Search { path: |one| tab(one, "use"), ..list("tab-use", "how a product is used") },
    Search {
        path: |one| format!("/products/{}?edit=details", scenario::percent_encoded(&one.fqn)),
        ..list("edit", "the form of a product's details")
    },
    Search { path: |_| "/following".to_owned(), ..list("following", "what somebody follows, and its news") },
    Search { path: |_| "/searches".to_owned(), ..list("searches", "saved searches") },
    Search { path: |_| "/tags".to_owned(), ..list("tags", "the list of tags") },
    Search {
        path: |_| "/admin".to_owned(),
        is_for_all: false,
        ..list("admin", "the first page of the administration")
    },
    Search { path: |_| "/admin/users".to_owned(), is_for_all: false, ..list("users", "the administration of users") },
    Search { path: |_| "/admin/audit".to_owned(), is_for_all: false, ..list("audit", "the changes of all records") },
    Search {
        path: |_| "/admin/audit/reads".to_owned(),
        is_for_all: false,
        ..list("audit-reads", "the trail of reads")
    },
    Search { path: |_| "/admin/policies".to_owned(), is_for_all: false, ..list("policies", "the list of policies") },
];

/// What they are called.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|search| search.name)
}

fn query(text: &str) -> String {
    format!("/search?q={}", scenario::percent_encoded(text))
}

fn tab(one: &Sample, tab: &str) -> String {
    format!("/products/{}?tab={tab}", scenario::percent_encoded(&one.fqn))
}

fn word(one: &Sample, place: usize) -> &str {
    one.display_name.split(' ').nth(place).unwrap_or("orders")
}

fn begun(one: &Sample) -> &str {
    let word = word(one, 2);
    &word[..word.len().min(3)]
}

/// Beginnings of two letters, as many words have them, joined by OR.
fn any_of(many: usize) -> String {
    let vowels = ["a", "e", "i", "o", "u"];
    let begun = ('b'..='z').flat_map(|first| vowels.map(|vowel| format!("{first}{vowel}*")));
    begun.take(many).collect::<Vec<_>>().join(" OR ")
}

fn mistyped(one: &Sample) -> String {
    let word = word(one, 0);
    word.char_indices().filter(|(place, _)| *place != word.len() / 2).map(|(_, letter)| letter).collect()
}

/// A line for each search, and what the index itself is; answers all of it as JSON.
pub async fn measure(
    world: &World,
    records: u64,
    is_chosen: impl Fn(&str) -> bool,
    rounds: usize,
    time: Duration,
) -> Result<Value> {
    let mut out = std::io::stdout();
    let mut searches = Vec::new();
    for search in ALL.iter().filter(|search| is_chosen(search.name)) {
        let visitors = world.site.visitors.iter().filter(|_| search.is_for_all);
        let visitors = visitors.map(|visitor| (visitor.what, visitor.token.as_str()));
        let admin = ("the administrator", world.site.admin.token.as_str());
        let turns = std::iter::once(admin).chain(visitors).flat_map(|who| [(who, false), (who, true)]);
        for ((who, token), beside) in turns {
            let compared = compare(world, search, token, beside, rounds, time).await.with_context(|| search.name)?;
            let Compared { found, read, called } = compared;
            let p99_ms = found.p99_us / 1e3;
            writeln!(
                out,
                "{:<8} {} p50 {:>7.0} µs p99 {:>7.0} µs cpu {:>7.0} µs | floor's point read p50 {:>5.0} µs p99 {:>6.0} µs | p50 \
                 ×{:.1} | p99 {p99_ms:.1} ms (aim {}, {}), {who}{}",
                search.name,
                if beside { "beside writes" } else { "alone        " },
                found.p50_us,
                found.p99_us,
                found.cpu_us,
                read.p50_us,
                read.p99_us,
                found.p50_us / read.p50_us,
                search.aim_ms,
                met(p99_ms <= search.aim_ms),
                called.map_or_else(String::new, |call| format!(
                    " | the call p50 {:.0} µs p99 {:.0} µs, p50 ×{:.1}",
                    call.p50_us,
                    call.p99_us,
                    found.p50_us / call.p50_us
                )),
            )?;
            searches.push(json!({
                "name": search.name, "what": search.what, "who": who, "besideWrites": beside, "aimMs": search.aim_ms,
                "p50Us": found.p50_us.round(), "p99Us": found.p99_us.round(), "cpuUs": found.cpu_us.round(),
                "floorP50Us": read.p50_us.round(), "floorP99Us": read.p99_us.round(),
                "callP50Us": called.map(|call| call.p50_us.round()), "callP99Us": called.map(|call| call.p99_us.round()),
            }));
        }
    }
    let built = world.index.built.as_secs_f64();
    let bytes = world.index.bytes as f64 / records as f64;
    let resident = world.emporion.process()?.resident_mib()?;
    let anonymous = world.emporion.process()?.anonymous_mib()?;
    writeln!(
        out,
        "index of {records} records: made in {built:.1} s (aim {BUILD_S}, {}), {bytes:.0} bytes a record (aim {BYTES}, {}); resident \
         {resident:.0} MiB, {anonymous:.0} of it anonymous (aim {RESIDENT_MIB}, {})",
        met(built <= BUILD_S),
        met(bytes <= BYTES),
        met(resident <= RESIDENT_MIB),
    )?;
    Ok(json!({
        "records": records, "searches": searches, "builtSeconds": built, "bytesARecord": bytes.round(),
        "residentMiB": resident.round(), "anonymousMiB": anonymous.round(),
    }))
}

struct Compared {
    found: Figures,
    /// The floor's point reads.
    read: Figures,
    /// The call of an API beside a page, where there is one.
    called: Option<Figures>,
}

/// The searches, the floor's point reads, and the calls beside pages, in turn.
async fn compare(
    world: &World,
    search: &Search,
    token: &str,
    beside: bool,
    rounds: usize,
    time: Duration,
) -> Result<Compared> {
    let site = &world.site;
    let pool = |asked: Vec<Vec<u8>>| -> Option<Rc<dyn Requests>> {
        if asked.is_empty() { None } else { Some(Rc::new(Pool(asked))) }
    };
    let pages = pool(site.samples.iter().map(|one| search.request(token, one)).collect());
    // Whoever administers is told of everything in either way.
    let called = site.samples.iter().filter(|_| token == site.admin.token);
    let calls = pool(called.filter_map(|one| search.call(token, one)).collect());
    let reads = Some(scenario::floor_by_id(site));
    let of_emporion: Rc<dyn Requests> = scenario::bulk_of_tables(site, ROWS);
    let of_floor: Rc<dyn Requests> = Rc::new(Made(|_| scenario::floor_bulk(ROWS)));
    let sides = [
        (&world.emporion, pages, &of_emporion),
        (&world.floor, reads, &of_floor),
        (&world.emporion, calls, &of_emporion),
    ];
    let turns = [const { Cell::new(0) }; 3];
    let mut runs = [const { Vec::new() }; 3];
    for _ in 0..rounds.max(1) {
        for (side, (server, requests, writes)) in sides.iter().enumerate() {
            let Some(requests) = requests else { continue };
            let beside = beside.then(|| ((*writes).clone(), DISTANCE));
            let load = Load { connections: CONNECTIONS, time, beside };
            runs[side].push(drive::drive(server.process()?, requests, &turns[side], &load).await?);
        }
    }
    let [found, read, called] = runs.map(|runs| if runs.is_empty() { None } else { Some(drive::median(&runs)) });
    Ok(Compared { found: found.context("a search is measured")?, read: read.context("so is the floor")?, called })
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_sample_become_searches() {
        let one = Sample { id: uuid::Uuid::nil(), fqn: "Sales.Orders".into(), display_name: "bacedi fogu haje".into() };
        let paths: Vec<String> = ALL.iter().map(|search| (search.path)(&one)).collect();
        assert_eq!(paths[2], "/search?q=bacedi%20fogu");
        let rest = ["/search?q=haj%2A", "/search?q=bacdi", "/products/Sales.Orders", "/search/suggest?q=haj"];
        assert_eq!(paths[5..9], rest);
        assert_eq!(any_of(100).split(" OR ").count(), 100);
    }
}
