//! What doors look for whose dialects have searches of their own.

use std::collections::HashMap;

use emporion_catalog::finder::{ByKind, Condition, KIND_ITSELF, Sighted, Sought, Spotted};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;

use super::answerable::check;
use super::every::every;
use super::fault::is_too_much;
use super::{Asking, Page, counted, fault, seen_facets};
use crate::document::COUNTED;
use crate::engine::Engine;
use crate::index::{Steps, compile_each, is_great};
use crate::plan::check_size;

pub(super) async fn seek(
    engine: &Engine,
    reading: &Reading<'_>,
    sought: &Sought,
    also: &[Condition],
) -> Result<Sighted, Problem> {
    let test = &sought.condition;
    [test].into_iter().chain(also).try_for_each(check_size)?;
    let known = [COUNTED, &[KIND_ITSELF]].concat();
    let page = Page {
        order: sought.order,
        beyond: sought.beyond.clone(),
        limit: sought.from.saturating_add(sought.limit),
        counted: counted(&sought.counted, &known)?,
        also: also.to_vec(),
        ..Page::default()
    };
    let asking = Asking::begin(engine, reading, Steps::default()).await?;
    check(&asking.generation.lacks, test, &page)?;
    // What fits none of these counts as much as what fits.
    for other in &page.also {
        check(&asking.generation.lacks, other, &Page::default())?;
    }
    let (mut swept, is_exact) = asking.sweep(test, &page).await?;
    let wanted = sought.from..page.limit;
    for (_, other) in swept.places.iter().enumerate().filter(|(at, _)| !wanted.contains(at)) {
        for fitting in &mut swept.fitting {
            fitting.remove(&other.id);
        }
    }
    let wanted = swept.places.into_iter().skip(sought.from).take(sought.limit);
    Ok(Sighted {
        total: swept.total,
        is_exact: is_exact && asking.is_whole,
        hits: wanted.map(|place| Spotted { id: place.id, score: place.rank.0, text: place.order }).collect(),
        also: swept.fitting,
        facets: seen_facets(reading, &page.counted, swept.counts).await?,
    })
}

pub(super) async fn narrow(
    engine: &Engine,
    account: AccountId,
    wanted: &[(Vec<Kind>, Condition)],
    most: usize,
) -> Result<Vec<Option<ByKind>>, Problem> {
    let generation = engine.serving();
    let mut tests = Vec::with_capacity(wanted.len());
    for (kinds, condition) in wanted {
        check_size(condition)?;
        let test = Condition::All(vec![Condition::kinds(kinds.clone()), condition.clone()]);
        check(&generation.lacks, &test, &Page::default())?;
        tests.push(test);
    }
    let seat = if tests.iter().any(is_great) { Some(engine.seat().await?) } else { None };
    let all_found = tokio::task::spawn_blocking(move || {
        let _seat = seat;
        let (fields, segments) = (&generation.fields, generation.segments());
        let queries = compile_each(fields, &tests, &Steps::default());
        queries.iter().map(|query| every(&segments, fields, &**query, account, most)).collect::<Vec<_>>()
    });
    let all_found = all_found.await.map_err(|error| Problem::internal(error.to_string()))?;
    let by_kind = |(kinds, _): &(Vec<Kind>, Condition), found: Vec<(String, RecordId)>| {
        let of: HashMap<&str, Kind> = kinds.iter().map(|kind| (kind.name(), *kind)).collect();
        let mut ids = ByKind::new();
        for (kind, id) in found {
            if let Some(kind) = of.get(kind.as_str()) {
                ids.entry(*kind).or_default().push(id);
            }
        }
        ids
    };
    let narrowed = wanted.iter().zip(all_found).map(|(wanted, found)| match found {
        // Lists are read as they are.
        Err(error) if is_too_much(&error) => Ok(None),
        found => found.map_err(fault).map(|found| found.map(|found| by_kind(wanted, found))),
    });
    narrowed.collect()
}
