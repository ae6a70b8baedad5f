//! Asking: from what was typed to what a caller is answered.

mod answerable;
mod around;
mod correct;
mod counting;
mod cursor;
mod every;
mod fault;
mod hits;
mod label_sight;
mod mark;
mod queryable;
mod seek;
mod seen_labels;
mod sentence;
mod suggested;
mod sweep;
mod visibility_filter;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use emporion_catalog::caller::Caller;
use emporion_catalog::finder::{
    Beyond, ByKind, Clauses, Condition, FacetCounts, Finder, Found, Hit, MOST_LIMIT, Order, Refusal, Search, Sighted,
    Sought,
};
use emporion_catalog::id::{AccountId, Seq};
use emporion_catalog::kind::Kind;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::{KindVisibility, Reading};

use self::answerable::finds_all;
use self::around::Known;
use self::seen_labels::leave_seen;
use self::suggested::begin_last;
use self::sweep::{Place, Sweep, Swept, Wanted};
use crate::document::{COUNTED, is_found};
use crate::engine::Engine;
use crate::index::{
    Beside, DOCUMENTS_IN_A_STEP, Generation, Reach, Segments, Steps, beside_each, compile, compile_within, is_great,
    side_by_side,
};
use crate::plan::resolve;
use crate::query::{Expr, Fault, Query, exact, parse};

pub use self::cursor::{place_of, printed};
pub(crate) use self::fault::{fault, said};

/// Records that are looked at together, and at most for one answer.
const BATCH: usize = 500;
const MOST_LOOKED_AT: usize = 50_000;
/// Values of a field that are told.
const MOST_VALUES: usize = 100;
/// Hits that are read beyond the page, for those that are gone by now.
const SPARE: usize = 4;

/// One caller's question over one state of the index and one of the catalogue.
pub(crate) struct Asking<'a> {
    engine: &'a Engine,
    reading: &'a Reading<'a>,
    segments: Segments,
    generation: Arc<Generation>,
    sights: HashMap<&'static str, KindVisibility>,
    /// Up to which place in the log everything is in the index, at least.
    seq: Seq,
    /// Whether that was all that there was to be read at first.
    is_whole: bool,
    /// What all that is asked for it has cost.
    steps: Steps,
    /// What was looked up for it, however often it is asked.
    known: Mutex<Known>,
}

/// What a page is to have.
#[derive(Debug, Clone)]
struct Page {
    order: Order,
    after: Option<Place>,
    beyond: Option<Beyond>,
    limit: usize,
    counted: Vec<&'static str>,
    /// How much of it fits each of these, too, and what of the page.
    also: Vec<Condition>,
    /// It is only asked whether there is anything.
    any: bool,
    /// As many as are counted, and as many as are looked at for that.
    enough: Option<u32>,
    most_looked_at: usize,
    /// More are looked at where the page is not full yet.
    is_filled: bool,
    /// Few other spellings are tried, of the last word alone.
    is_typed: bool,
    /// It is asked while somebody types.
    reach: Option<Arc<Reach>>,
}

impl Default for Page {
    fn default() -> Page {
        Page {
            order: Order::BEST,
            after: None,
            beyond: None,
            limit: 0,
            counted: Vec::new(),
            also: Vec::new(),
            any: false,
            enough: None,
            most_looked_at: MOST_LOOKED_AT,
            is_filled: true,
            is_typed: false,
            reach: None,
        }
    }
}

#[async_trait]
impl Finder for Engine {
    async fn find(&self, caller: &Caller, search: &Search) -> Result<Found, Refusal> {
        let query = parse(&search.query).map_err(broken)?;
        let mut page = page(search)?;
        if let Some(wanted) = search.at_least {
            self.wait_for(wanted).await?;
        }
        let reading = self.catalog().reading(caller).await?;
        let asking = Asking::begin(self, &reading, Steps::of(&search.effort)).await?;
        page.also = asking.also(&search.also).await?;
        // What was waited for and is further on has nothing in it that could be found.
        let seq = asking.seq.max(search.at_least.unwrap_or_default());
        let (mut test, mut swept, mut is_exact) = asking.answer(&query, &page).await?;
        let mut otherwise = None;
        if swept.total == 0
            && is_exact
            && let Some((corrected, answer)) = asking.corrected(&query, &page).await?
        {
            if let Some(found) = answer {
                (test, swept, is_exact) = found;
            }
            otherwise = Some(corrected);
        }
        let (hits, after, gone) = asking.hits(&test, &swept.places, &page).await?;
        let spellings = match &otherwise {
            Some(otherwise) if search.spellings > 0 => {
                Some(asking.spellings(otherwise, &page, search.spellings as usize).await?)
            }
            _ => None,
        };
        let facets = seen_facets(&reading, &page.counted, swept.counts).await?;
        Ok(Found {
            query: query.to_string(),
            total: swept.total - gone,
            total_is_exact: is_exact && asking.is_whole,
            seq,
            corrected: otherwise.filter(|otherwise| otherwise.is_found).map(|otherwise| otherwise.query.to_string()),
            spellings,
            hits,
            facets,
            also: swept.also,
            after,
        })
    }

    fn begin_anew(self: Arc<Self>) -> Result<(), Problem> {
        self.rebuild_here()
    }

    async fn suggest(&self, caller: &Caller, typed: &str, limit: u32, at_least: Option<Seq>) -> Result<Found, Refusal> {
        let mut query = parse(typed).map_err(broken)?;
        if let Some(wanted) = at_least {
            self.wait_for(wanted).await?;
        }
        // Behind a dot stands what is below.
        if typed.ends_with(|c: char| c.is_alphanumeric() || c == '.') {
            query.root.iter_mut().for_each(begin_last);
        }
        let limit = limit.clamp(1, MOST_LIMIT) as usize;
        let reading = self.catalog().reading(caller).await?;
        let asking = Asking::begin(self, &reading, Steps::default()).await?;
        let seq = asking.seq.max(at_least.unwrap_or_default());
        let (test, swept, is_exact) = asking.suggested(&query, limit).await?;
        let page = Page { limit, ..Page::default() };
        let (mut hits, ..) = asking.hits(&test, &swept.places, &page).await?;
        // Grouped by kind, the group of the best one first.
        let mut groups: Vec<&str> = Vec::new();
        for hit in &hits {
            if !groups.contains(&hit.page) {
                groups.push(hit.page);
            }
        }
        let group = |hit: &Hit| groups.iter().position(|page| *page == hit.page);
        hits.sort_by_key(group);
        Ok(Found {
            query: query.to_string(),
            total: swept.total,
            total_is_exact: is_exact && asking.is_whole,
            seq,
            corrected: None,
            spellings: None,
            hits,
            facets: Vec::new(),
            also: Vec::new(),
            after: None,
        })
    }

    fn counted(&self) -> &'static [&'static str] {
        COUNTED
    }

    fn clauses(&self, query: &str) -> Result<Clauses, Refusal> {
        let query = parse(query).map_err(broken)?;
        let mut exactly = query.clone();
        exactly.root.iter_mut().for_each(keep_words);
        let all = query.root.iter().flat_map(Expr::clauses).collect();
        Ok(Clauses { all, exactly: exactly.to_string() })
    }

    fn clause(&self, counted: &str, value: &str) -> String {
        match counted {
            // One word, which nobody else has given.
            "kind" => format!("kind:{value}"),
            // What is counted is directly in it, and another one has its name.
            "domain" => format!("domain:={}", exact(value)),
            field => format!("{field}:{}", exact(value)),
        }
    }

    fn marks(&self, text: &str, condition: &Condition) -> Vec<Range<usize>> {
        mark::marks(text, condition)
    }

    async fn caught_up(&self) -> Result<(), Problem> {
        self.wait_until_caught_up().await
    }

    async fn knows(&self, upto: Seq, patience: Duration) -> Result<bool, Problem> {
        self.comes_to(upto, patience).await
    }

    async fn seek(&self, reading: &Reading<'_>, sought: &Sought, also: &[Condition]) -> Result<Sighted, Problem> {
        seek::seek(self, reading, sought, also).await
    }

    async fn narrow(
        &self,
        account: AccountId,
        wanted: &[(Vec<Kind>, Condition)],
        most: usize,
    ) -> Result<Vec<Option<ByKind>>, Problem> {
        seek::narrow(self, account, wanted, most).await
    }
}

/// Words as they are typed, which are never corrected.
fn keep_words(expr: &mut Expr) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter_mut().for_each(keep_words),
        Expr::Not(inner) => keep_words(inner),
        Expr::Word { text, prefix: false } => *expr = Expr::Phrase(std::mem::take(text)),
        _ => {}
    }
}

fn broken(fault: Fault) -> Refusal {
    Refusal::Broken { message: fault.message, at: fault.at, expected: fault.expected }
}

fn page(search: &Search) -> Result<Page, Refusal> {
    if search.limit > MOST_LIMIT {
        return Err(Problem::invalid("limit", format!("must be at most {MOST_LIMIT}")).into());
    }
    let after = match &search.after {
        None => None,
        Some(text) => {
            let place = place_of(text, search.order);
            Some(place.ok_or_else(|| Problem::invalid("after", "must be what a page before gave in this order"))?)
        }
    };
    let order = search.order;
    Ok(Page {
        order,
        after,
        limit: search.limit as usize,
        counted: counted(&search.counted, COUNTED)?,
        enough: search.enough,
        is_typed: search.is_typed,
        most_looked_at: search.most_looked_at.map_or(MOST_LOOKED_AT, |most| MOST_LOOKED_AT.min(most as usize)),
        ..Page::default()
    })
}

/// The fields of which values are counted, each once.
fn counted(names: &[String], known: &[&'static str]) -> Result<Vec<&'static str>, Problem> {
    let mut counted = Vec::new();
    for name in names {
        let Some(field) = known.iter().copied().find(|field| field == name) else {
            return Err(Problem::invalid("facets", format!("{name:?} must be one of [{}]", known.join(", "))));
        };
        if !counted.contains(&field) {
            counted.push(field);
        }
    }
    Ok(counted)
}

impl<'a> Asking<'a> {
    async fn begin(engine: &'a Engine, reading: &'a Reading<'a>, steps: Steps) -> Result<Asking<'a>, Problem> {
        let generation = engine.serving();
        // Both before what is looked through, which may know more.
        let (seq, is_whole) = (generation.position(), generation.kept().is_whole);
        let kinds: Vec<Kind> = engine.catalog().registry().iter().filter(|kind| is_found(*kind)).collect();
        let sights = reading.sights(&kinds).await?;
        let segments = generation.segments();
        Ok(Asking { engine, reading, segments, generation, sights, seq, is_whole, steps, known: Mutex::default() })
    }

    /// What fits a query, of what the caller sees.
    async fn answer(&self, query: &Query, page: &Page) -> Result<(Condition, Swept, bool), Refusal> {
        let settings = self.settings(query).await?;
        self.check_properties(query).await?;
        let test = resolve(query, &settings).map_err(broken)?;
        drop(settings);
        let (swept, is_exact) = self.sweep(&test, page).await?;
        Ok((test, swept, is_exact))
    }

    /// Counts, and keeps the best, found by labels that the caller sees alone. Also answers whether nothing is missing.
    async fn sweep(&self, test: &Condition, page: &Page) -> Result<(Swept, bool), Problem> {
        let Some((test, page, is_all)) = self.by_seen_labels(test, page).await? else {
            return self.swept(test, page).await;
        };
        let (swept, is_exact) = self.swept(&test, &page).await?;
        Ok((swept, is_exact && is_all))
    }

    /// The same, found by all labels.
    async fn swept(&self, test: &Condition, page: &Page) -> Result<(Swept, bool), Problem> {
        let mut is_exact = finds_all(&self.generation.lacks, test, page)?;
        let account = self.reading.account();
        let (generation, segments, sights) = (self.generation.clone(), self.segments.clone(), self.sights.clone());
        let Page { most_looked_at, is_filled, any, .. } = *page;
        let (test, page, steps) = (test.clone(), page.clone(), self.steps.clone());
        let seat =
            if is_great(&test) || page.also.iter().any(is_great) { Some(self.engine.seat().await?) } else { None };
        let swept = tokio::task::spawn_blocking(move || {
            // Kept until it is done, whether or not somebody still waits for it.
            let _seat = seat;
            let fields = &generation.fields;
            let also = beside_each(fields, &page.also, &steps);
            let wanted = Wanted {
                account,
                sights: &sights,
                order: page.order,
                after: page.after.as_ref(),
                beyond: page.beyond.as_ref(),
                limit: if page.limit == 0 { 0 } else { page.limit.saturating_add(SPARE) },
                counted: &page.counted,
                also: &also,
                any: page.any,
                enough: page.enough,
                most_looked_at,
            };
            let query = match page.reach {
                Some(reach) => compile_within(fields, &test, reach, &steps),
                None => compile(fields, &test, &steps),
            };
            let of_others: u64 = also.iter().map(Beside::looks).sum();
            let looks = of_others + side_by_side(&*query);
            steps.take(looks * segments.count() / DOCUMENTS_IN_A_STEP)?;
            Sweep::over(&segments, fields, &*query, &wanted)
        });
        let mut sweep = swept.await.map_err(|error| Problem::internal(error.to_string()))?.map_err(fault)?;
        let (mut looked_at, batch) = (0, most_looked_at.clamp(1, BATCH));
        while looked_at < most_looked_at || (is_filled && looked_at < MOST_LOOKED_AT && !sweep.is_full()) {
            if any && sweep.has_any() {
                break;
            }
            let ids = sweep.next_doubtful(batch.min(MOST_LOOKED_AT - looked_at)).map_err(fault)?;
            if ids.is_empty() {
                break;
            }
            looked_at += ids.len();
            let records = self.reading.records(&ids, States::Alive).await?;
            sweep.admit(&records.iter().map(|record| record.id).collect());
        }
        is_exact &= !sweep.is_cut();
        Ok((sweep.finish().map_err(fault)?, is_exact))
    }
}

/// What was counted, without the labels that the caller does not see.
async fn seen_facets(
    reading: &Reading<'_>,
    counted: &[&'static str],
    mut counts: Vec<HashMap<String, u64>>,
) -> Result<Vec<FacetCounts>, Problem> {
    for (field, counts) in counted.iter().zip(&mut counts) {
        leave_seen(reading, field, counts).await?;
    }
    Ok(facets(counted, counts))
}

fn facets(counted: &[&'static str], counts: Vec<HashMap<String, u64>>) -> Vec<FacetCounts> {
    let mut counts = counts.into_iter();
    let of = |field: &&'static str| {
        let mut values: Vec<(String, u64)> = counts.next().unwrap_or_default().into_iter().collect();
        values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let others = values.iter().skip(MOST_VALUES).map(|(_, count)| count).sum();
        values.truncate(MOST_VALUES);
        FacetCounts { field: (*field).to_owned(), values, others }
    };
    counted.iter().map(of).collect()
}
