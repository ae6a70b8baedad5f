//! What doors look for whose dialects have searches of their own.

use std::collections::HashMap;

use emporion_catalog::finder::{Condition, KIND_ITSELF, Sighted, Sought, Spotted};
use emporion_catalog::id::{AccountId, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;

use super::answerable::check;
use super::every::every;
use super::fault::is_too_much;
use super::{Asking, Page, counted, facets, fault};
use crate::document::COUNTED;
use crate::engine::Engine;
use crate::index::compile;
use crate::plan::{Test, meant};

pub(super) async fn seek(engine: &Engine, reading: &Reading<'_>, sought: &Sought) -> Result<Sighted, Problem> {
    let test = meant(&sought.condition)?;
    let known = [COUNTED, &[KIND_ITSELF]].concat();
    let page = Page {
        order: sought.order,
        after: None,
        beyond: sought.beyond.clone(),
        limit: sought.from.saturating_add(sought.limit),
        counted: counted(&sought.counted, &known)?,
        any: false,
        reach: None,
    };
    let asking = Asking::begin(engine, reading).await?;
    check(&asking.generation.lacks, &test, &page)?;
    let (swept, is_exact) = asking.sweep(&test, &page).await?;
    let wanted = swept.places.into_iter().skip(sought.from).take(sought.limit);
    Ok(Sighted {
        total: swept.total,
        is_exact: is_exact && engine.is_whole(),
        hits: wanted.map(|place| Spotted { id: place.id, score: place.rank.0, text: place.order }).collect(),
        facets: facets(&page.counted, swept.counts),
    })
}

pub(super) async fn narrow(
    engine: &Engine,
    account: AccountId,
    kinds: &[Kind],
    condition: &Condition,
    most: usize,
) -> Result<Option<HashMap<Kind, Vec<RecordId>>>, Problem> {
    let test = Test::All(vec![Test::Kinds(kinds.to_vec()), meant(condition)?]);
    let generation = engine.serving();
    check(&generation.lacks, &test, &Page::default())?;
    let of: HashMap<&'static str, Kind> = kinds.iter().map(|kind| (kind.name(), *kind)).collect();
    let every = tokio::task::spawn_blocking(move || {
        let fields = &generation.fields;
        every(&generation.segments(), fields, &*compile(fields, &test), account, most)
    });
    let every = match every.await.map_err(|error| Problem::internal(error.to_string()))? {
        // Lists are read as they are.
        Err(error) if is_too_much(&error) => None,
        every => every.map_err(fault)?,
    };
    Ok(every.map(|every| {
        let mut found: HashMap<Kind, Vec<RecordId>> = HashMap::new();
        for (kind, id) in every {
            if let Some(kind) = of.get(kind.as_str()) {
                found.entry(*kind).or_default().push(id);
            }
        }
        found
    }))
}
