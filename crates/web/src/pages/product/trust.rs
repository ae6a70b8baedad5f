//! How far a product can be relied on, by what is known of it. Each thing leads to its evidence; what is not known is said to
//! be so, with who could tell.

use std::cmp::Reverse;

use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::observation::{Observation, PIPELINE_STATUS, TABLE_PROFILE, USAGE};
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::reading_counts::ReadCount;
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use serde_json::Value;

use super::assets::Counts;
use super::quality::tests;
use super::verdict::Verdict;
use crate::fault::Fault;
use crate::forms::choice;
use crate::lineage::upstream_pipelines::UpstreamPipelines;
use crate::products::contract::{self, Fresh, Held, Promise};
use crate::records::address;
use crate::records::data_age::{self, Newest};
use crate::records::naming;
use crate::records::record::Here;
use crate::request::visit::Visit;
use crate::text::moment::Moment;

/// Assets that are asked what is known of them.
const ASKED: usize = 200;
/// Data that nobody promised to be younger call for care when they are older than a quarter of a year, in milliseconds.
const OLD: i64 = 90 * 86_400_000;
/// Tables that are named as not measured.
const MOST_UNMEASURED: usize = 3;

/// One thing to rely on, or not.
pub struct Trust {
    pub name: String,
    pub rendered: String,
    /// Who tells of it, where nobody has: then it leads nowhere.
    pub how: Option<String>,
    pub address: String,
    /// `good`, `fair`, `bad` or `plain`.
    pub mood: &'static str,
    /// Whether it tells of the data, not of what is written about them.
    pub is_about_data: bool,
    /// It is how old the data are.
    pub is_age: bool,
    /// It is known, and not told to the visitor.
    pub is_withheld: bool,
}

/// What stands below the head of a product.
pub struct Strip {
    pub verdict: Verdict,
    pub known: Vec<Trust>,
    /// What nobody has told, each with what would.
    pub unknown: Vec<Trust>,
}

impl Trust {
    /// What was not known, told.
    fn known(self, rendered: String) -> Trust {
        Trust { rendered, how: None, ..self }
    }

    /// As one reason among others.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.name, self.rendered)
    }
}

/// What was observed of a product's assets, and of the pipelines that make them, as far as the visitor sees those.
struct Evidence {
    tables: Vec<SeenCard>,
    makers: UpstreamPipelines,
    /// The newest of each table.
    observed: Vec<Observation>,
    /// How often its rows were read, as far as the visitor is told.
    readings: Option<ReadCount>,
    /// The latest moment in the data of its tables, and in which.
    newest: Newest,
    /// What is made by pipelines, or is one; and whether that is all that the product holds.
    made: Vec<RecordId>,
    is_whole: bool,
}

/// Who owns the product.
#[derive(Clone, Copy)]
pub struct Owners {
    number: usize,
    /// There are some, and none of them can sign in any more.
    are_gone: bool,
}

impl Owners {
    pub async fn of(reading: &Reading<'_>, view: &View) -> Result<Owners, Fault> {
        let owners: Vec<(RecordId, bool)> =
            view.owning().into_iter().map(|(edge, card)| (edge.to, card.kind.is("user"))).collect();
        let number = owners.len();
        // Somebody of a team can be asked.
        if number == 0 || number > ASKED || owners.iter().any(|(_, is_person)| !is_person) {
            return Ok(Owners { number, are_gone: false });
        }
        let ids: Vec<RecordId> = owners.into_iter().map(|(id, _)| id).collect();
        let records = reading.records(&ids, States::Alive).await?;
        let are_gone = records.len() == number && records.iter().all(naming::is_disabled);
        Ok(Owners { number, are_gone })
    }
}

impl Evidence {
    async fn of(reading: &Reading<'_>, view: &View, now: Millis) -> Result<Evidence, Fault> {
        let holds = view.edges.iter().filter(|edge| edge.relation == relation::HAS_ASSET);
        let held: Vec<RecordId> = holds.map(|edge| edge.to).collect();
        let assets = reading.cards(&held[..held.len().min(ASKED)]).await?;
        let is_whole = assets.len() == held.len();
        let makers = UpstreamPipelines::of(reading, &assets).await?;
        let is_made = |asset: &&SeenCard| asset.kind.is("table") || asset.kind.is("pipeline");
        let made = assets.iter().filter(is_made).map(|asset| asset.id).collect();
        let tables: Vec<SeenCard> = assets.into_iter().filter(|asset| asset.kind.is("table")).collect();
        let observed = match tables.is_empty() {
            true => Vec::new(),
            false => reading.newest_observations(&tables, &[TABLE_PROFILE, USAGE]).await?,
        };
        let newest = data_age::newest(reading, &[view], &tables, now).await?.among(is_whole);
        let readings = reading.read_count(view, now).await?;
        Ok(Evidence { tables, makers, observed, readings, newest, made, is_whole })
    }

    fn fresh(&self, promised: f64, now: Millis) -> Option<Fresh> {
        let held = Held { assets: &self.made, is_whole: self.is_whole };
        let by_runs = contract::fresh(promised, &self.makers, &held, now);
        contract::judged(by_runs, promised, self.newest, now)
    }

    /// The table with the latest moment in its data.
    fn newest_table(&self) -> Option<&SeenCard> {
        let Newest::Seen { table, .. } = self.newest else { return None };
        self.tables.iter().find(|card| card.id == table)
    }

    /// Of one series, each with what it was observed of, in the order of the times.
    fn all(&self, series: emporion_catalog::observation::Series) -> Vec<(&Card, &Observation)> {
        let cards = || self.tables.iter().chain(&self.makers.pipelines);
        let of = |one: &Observation| cards().find(|card| card.id == one.record);
        let observed = self.observed.iter().chain(self.makers.runs.values());
        let ours = observed.filter(|one| one.series == series && one.item.is_empty());
        let mut found: Vec<(&Card, &Observation)> = ours.filter_map(|one| Some((&**of(one)?.card(), one))).collect();
        found.sort_by_key(|(_, one)| one.at);
        found
    }
}

/// The strip of a product, and what it promises.
pub async fn strip(
    here: Here<'_>,
    counts: Counts,
    owners: Owners,
    may_query: bool,
) -> Result<(Strip, Vec<Promise>), Fault> {
    let Here { visit, reading, view, .. } = here;
    let evidence = Evidence::of(reading, view, visit.now).await?;
    let (t, at) = (visit.t, here.address());
    let assets = address::with_query(&at, &[("tab", "assets")]);
    let of = |part: usize, whole: usize| {
        t.with("trust.of", &[("part", &t.number(part as u64)), ("whole", &t.number(whole as u64))])
    };
    let thing = |key: &str, rendered: String, address: String, mood| Trust {
        name: t.say(&format!("trust.{key}")),
        rendered,
        how: None,
        address,
        mood,
        is_about_data: false,
        is_age: false,
        is_withheld: false,
    };
    let mood = |part: usize, whole: usize| if part == whole { "good" } else { "fair" };
    let fresh = contract::promised_age(view).and_then(|age| evidence.fresh(age, visit.now));
    let mut strip = vec![
        freshness(visit, fresh, &evidence).unwrap_or_else(|| age_unknown(visit, fresh, &evidence, &assets)),
        quality(visit, &evidence, &assets).unwrap_or_else(|| unknown(visit, "quality")),
        tests(visit, reading, &evidence.tables).await?.unwrap_or_else(|| unknown(visit, "tests")),
    ];
    strip.extend(runs(visit, fresh, &evidence));
    let promises = contract::promises(visit, view, fresh, evidence.newest.withheld(t).as_deref());
    strip.push(if promises.is_empty() {
        unknown(visit, "contract")
    } else if let Some(Fresh::Late(late)) = fresh
        && let Some(pipeline) = evidence.makers.pipelines.iter().find(|card| card.id == late.pipeline)
    {
        known(visit, "contract", late.rendered(visit), pipeline, "", "bad")
    } else if let Some(Fresh::WasOlder(newest)) = fresh
        && let Some(table) = evidence.newest_table()
    {
        known(visit, "contract", contract::was_older(visit, newest), table, "", "bad")
    } else {
        // That one promise is kept says nothing of the others.
        let tier = view.field(contract::FIELD).and_then(|sla| sla["tier"].as_str());
        let rendered = tier.map_or_else(|| t.count("trust.promises", promises.len()), |tier| choice::rendered(t, tier));
        thing("contract", rendered, format!("{at}#contract"), "plain")
    });
    strip.push(usage(visit, &evidence, &at).unwrap_or_else(|| unknown(visit, "usage")));
    let (described, all) = (counts.described + counts.columns_described, counts.looked_at + counts.columns);
    if all > 0 {
        let values = [("part", &*t.number(described as u64)), ("whole", &*t.number(all as u64))];
        let rendered = t.with("trust.described", &values);
        strip.push(thing("completeness", rendered, assets.clone(), mood(described, all)));
    }
    if counts.with_rows > 0 {
        // That they are lent is good news for those whom they are lent to.
        let (key, place, mood) = match may_query {
            true => ("rows_yours", assets, mood(counts.lent, counts.with_rows)),
            false => ("rows", address::with_query(&at, &[("tab", "access")]), "plain"),
        };
        strip.push(thing(key, of(counts.lent, counts.with_rows), place, mood));
    }
    let (rendered, mood) = match owners {
        Owners { number: 0, .. } => (t.count("count.owners", 0), "fair"),
        Owners { number, are_gone: true } => (t.count("trust.owners_gone", number), "fair"),
        Owners { number, .. } => (t.count("count.owners", number), "good"),
    };
    let roles = format!("{}#others", address::with_query(&at, &[("tab", "access")]));
    strip.push(thing("owners", rendered, roles, mood));
    let verdict = Verdict::of(t, &strip);
    strip.retain(|one| !one.is_withheld);
    let (unknown, known): (Vec<Trust>, Vec<Trust>) = strip.into_iter().partition(|one| one.how.is_some());
    Ok((Strip { verdict, known, unknown }, promises))
}

/// Of the same, how it is used, and whether what makes it works.
pub async fn use_and_make(here: Here<'_>) -> Result<Vec<Trust>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let evidence = Evidence::of(reading, view, visit.now).await?;
    let assets = address::with_query(&here.address(), &[("tab", "assets")]);
    let fresh = contract::promised_age(view).and_then(|age| evidence.fresh(age, visit.now));
    let mut told = vec![
        usage(visit, &evidence, &here.address()).unwrap_or_else(|| unknown(visit, "usage")),
        freshness(visit, fresh, &evidence).unwrap_or_else(|| age_unknown(visit, fresh, &evidence, &assets)),
    ];
    told.extend(runs(visit, fresh, &evidence));
    Ok(told)
}

/// What is not known, and who tells of it.
fn unknown(visit: &Visit, key: &str) -> Trust {
    Trust {
        name: visit.t.say(&format!("trust.{key}")),
        rendered: visit.t.say("trust.unknown"),
        how: Some(visit.t.say(&format!("trust.{key}_how"))),
        address: String::new(),
        mood: "plain",
        is_about_data: true,
        is_age: key == "freshness",
        is_withheld: false,
    }
}

/// The same of how old data are, which may be known to others, or promised and kept as far as runs tell.
fn age_unknown(visit: &Visit, fresh: Option<Fresh>, evidence: &Evidence, at: &str) -> Trust {
    let unknown = Trust { address: at.to_owned(), ..unknown(visit, "freshness") };
    match evidence.newest.withheld(visit.t) {
        // What runs tell is of no rows.
        Some(why) if fresh == Some(Fresh::Kept) => {
            unknown.known(visit.t.with("trust.made_in_time_but", &[("why", &why)]))
        }
        Some(why) => Trust { rendered: why, how: None, is_withheld: true, ..unknown },
        None if fresh == Some(Fresh::Kept) => unknown.known(visit.t.say("trust.made_in_time")),
        None => unknown,
    }
}

pub(super) fn known(visit: &Visit, key: &str, rendered: String, of: &Card, tab: &str, mood: &'static str) -> Trust {
    let page = address::of(of.kind, &of.fqn).unwrap_or_default();
    let address = address::with_query(&page, &[("tab", tab)]);
    let name = visit.t.say(&format!("trust.{key}"));
    Trust {
        name,
        rendered,
        how: None,
        address,
        mood,
        is_about_data: true,
        is_age: key == "freshness",
        is_withheld: false,
    }
}

/// How the runs of the pipelines went that make it; one that failed weighs most. A run says nothing of how old the data are: it
/// may have brought none. One by which the contract is broken is a reason there, and not twice.
fn runs(visit: &Visit, fresh: Option<Fresh>, evidence: &Evidence) -> Option<Trust> {
    let t = visit.t;
    let breaks = |pipeline: &Card| matches!(fresh, Some(Fresh::Late(late)) if late.pipeline == pipeline.id);
    let ago = |at: Millis| visit.moment(at).rendered;
    let runs = evidence.all(PIPELINE_STATUS);
    let ended = |state: &'static str| runs.iter().filter(move |(_, run)| run.value["executionStatus"] == state);
    if let Some((pipeline, run)) = ended("Failed").max_by_key(|(_, run)| run.at) {
        let values = [("name", &*naming::rendered(pipeline)), ("when", &*ago(run.at))];
        let mood = if breaks(pipeline) { "plain" } else { "bad" };
        return Some(known(visit, "runs", t.with("trust.failed", &values), pipeline, "", mood));
    }
    let (pipeline, run) = ended("Successful").next()?;
    let mood = if matches!(fresh, Some(Fresh::Late(_))) { "plain" } else { "good" };
    Some(known(visit, "runs", t.with("trust.ran", &[("when", &ago(run.at))]), pipeline, "", mood))
}

/// How old its data are, by the latest moment in them; when they were measured or made says nothing of that. By an age that
/// breaks the contract they are judged there, and not twice.
fn freshness(visit: &Visit, fresh: Option<Fresh>, evidence: &Evidence) -> Option<Trust> {
    let Newest::Seen { at, is_whole, .. } = evidence.newest else { return None };
    let is_older = matches!(fresh, Some(Fresh::WasOlder(_)));
    let key = match (is_older, is_whole) {
        (true, _) => "trust.newest_late",
        (false, true) => "trust.newest",
        (false, false) => "trust.newest_of_yours",
    };
    let rendered = visit.t.with(key, &[("when", &visit.moment(at).rendered)]);
    let is_old = fresh.is_none() && is_whole && visit.now.0.saturating_sub(at.0) > OLD;
    Some(known(visit, "freshness", rendered, evidence.newest_table()?, "", if is_old { "fair" } else { "plain" }))
}

/// How many of its tables somebody measures at all.
fn quality(visit: &Visit, evidence: &Evidence, assets: &str) -> Option<Trust> {
    let measured = evidence.all(TABLE_PROFILE);
    let (table, _) = measured.last()?;
    let number = |number: usize| visit.t.number(number as u64);
    let values = [("part", &*number(measured.len())), ("whole", &*number(evidence.tables.len()))];
    let is_measured = |table: &&SeenCard| measured.iter().any(|(card, _)| card.id == table.id);
    let missing: Vec<&SeenCard> = evidence.tables.iter().filter(|table| !is_measured(table)).collect();
    let Some(first) = missing.first() else {
        return Some(known(visit, "quality", visit.t.with("trust.profiled", &values), table, "", "plain"));
    };
    let names: Vec<String> = missing.iter().take(MOST_UNMEASURED).map(|card| naming::alone(card)).collect();
    let more = missing.len() - names.len();
    let names =
        names.join(", ") + &if more > 0 { format!(" {}", visit.t.count("diff.more", more)) } else { String::new() };
    let [part, whole] = values;
    let rendered = visit.t.with("trust.profiled_but", &[part, whole, ("names", &names)]);
    let trust = known(visit, "quality", rendered, first, "", "fair");
    // Where not all are named, it leads to where all stand.
    Some(if more > 0 { Trust { address: assets.to_owned(), ..trust } } else { trust })
}

/// How often its rows were read here on the last day that they were, whichever way; and what is told of its tables, which can be
/// used elsewhere: on the last day, of all together, with the most used one as evidence.
fn usage(visit: &Visit, evidence: &Evidence, product: &str) -> Option<Trust> {
    let t = visit.t;
    let on = |key: &str, uses: String, day: Millis| {
        t.with(key, &[("uses", &uses), ("when", &Moment::day(day, visit.now, t).rendered)])
    };
    let count = |one: &Observation| one.value.pointer("/daily_stats/count").and_then(Value::as_u64).unwrap_or(0);
    let reported = evidence.all(USAGE);
    let of_tables = reported.last().map(|(_, newest)| {
        let of_day: Vec<&(&Card, &Observation)> = reported.iter().filter(|(_, one)| one.at == newest.at).collect();
        let uses: u64 = of_day.iter().map(|(_, one)| count(one)).fold(0, u64::saturating_add);
        (of_day.into_iter().min_by_key(|(_, one)| Reverse(count(one))), t.count("count.uses", uses), newest.at)
    });
    let here = evidence.readings.map(|read| match read {
        ReadCount::OnDay { day, count } => on("trust.used", t.count("count.readings", count), day),
        ReadCount::Below(bound) => t.with("trust.read_below", &[("n", &t.number(bound))]),
    });
    match (here, of_tables) {
        (None, None) => None,
        (Some(here), None) => {
            let activity = address::with_query(product, &[("tab", "activity")]);
            Some(Trust { address: activity, ..unknown(visit, "usage") }.known(here))
        }
        (here, Some((most, uses, at))) => {
            let (most, _) = most?;
            let key = if here.is_some() { "trust.tables_used" } else { "trust.used" };
            let rendered: Vec<String> = here.into_iter().chain([on(key, uses, at)]).collect();
            Some(known(visit, "usage", rendered.join("; "), most, "queries", "plain"))
        }
    }
}
