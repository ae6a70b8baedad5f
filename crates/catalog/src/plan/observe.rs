//! Observations of a draft: what of them is new, and the writes that keep it. They raise no revision.

use std::collections::HashMap;

use super::planning::Planning;
use crate::change_set::{Expect, Write};
use crate::field;
use crate::id::Millis;
use crate::observation::{Key, Note, Noted, Observation, ObservationEdit, Series};
use crate::problem::{Problem, Violation};

/// What a draft makes of the observations of its record.
#[derive(Default)]
pub struct Observing {
    /// The series that come to hold something else.
    pub touched: Vec<&'static str>,
    noted: Vec<Noted>,
    expect: Vec<Expect>,
}

impl Observing {
    /// Puts it into the plan.
    pub fn store(self, plan: &mut Planning<'_>) {
        plan.expect.extend(self.expect);
        if !self.noted.is_empty() {
            let (account, record) = (plan.cx.account(), plan.after.record.id);
            plan.writes.push(Write::Observe { account, record, observations: self.noted });
        }
    }
}

/// Compares what the draft says with what is known. Cost: two reads at most, however much it says.
///
/// Errors: `Invalid` for what cannot be kept; what a computation of the draft answers.
pub async fn compare(plan: &Planning<'_>, edits: &[ObservationEdit]) -> Result<Observing, Problem> {
    let mut observing = Observing::default();
    if edits.is_empty() {
        return Ok(observing);
    }
    check(plan, edits)?;
    let (cx, record) = (plan.cx, plan.after.record.id);
    let newest = newest(plan, edits).await?;
    let newest = |edit: &ObservationEdit| newest.get(&(edit.series.name(), edit.item.clone()));
    let mut keys = Vec::with_capacity(edits.len());
    for edit in edits {
        let at = match &edit.what {
            Note::At(at, _) | Note::From(at, _) => *at,
            // A clock that went back makes no newest older than the one before it.
            Note::Now(_) => newest(edit).map_or(cx.now, |known| cx.now.max(Millis(known.at.0.saturating_add(1)))),
            Note::Forget => newest(edit).map_or(cx.now, |known| known.at),
        };
        keys.push(Key { series: edit.series, item: edit.item.clone(), at });
    }
    // What the newest of an item is was read already.
    let is_timed = |edit: &&ObservationEdit| matches!(edit.what, Note::At(..) | Note::From(..));
    let known = match plan.is_new() || !edits.iter().any(|edit| is_timed(&edit)) {
        true => vec![None; keys.len()],
        false => cx.snapshot.observed_at(cx.account(), record, &keys).await?,
    };
    for ((edit, key), known) in edits.iter().zip(keys).zip(known) {
        let known = if is_timed(&edit) { known } else { newest(edit).map(|known| known.value.clone()) };
        let wanted = match &edit.what {
            Note::At(_, value) => Some(value.clone()),
            Note::From(_, compute) => {
                let wanted = compute(known.as_ref())?;
                // It holds only for what it was made of.
                let noted = Box::new(Noted { key: key.clone(), value: known.clone() });
                observing.expect.push(Expect::ObservationIs { account: cx.account(), record, noted });
                wanted
            }
            Note::Now(value) if newest(edit).is_some_and(|known| known.value == *value) => continue,
            Note::Now(value) => Some(value.clone()),
            Note::Forget => None,
        };
        if wanted != known {
            if !observing.touched.contains(&key.series.name()) {
                observing.touched.push(key.series.name());
            }
            observing.noted.push(Noted { key, value: wanted });
        }
    }
    Ok(observing)
}

fn check(plan: &Planning<'_>, edits: &[ObservationEdit]) -> Result<(), Problem> {
    let mut violations = Vec::new();
    for edit in edits {
        if plan.kind.series(edit.series.name()).is_none() {
            violations.push(Violation::new(edit.series.name(), format!("is not observed of {}", plan.kind)));
        }
        if let Note::At(_, value) | Note::Now(value) = &edit.what
            && field::is_too_deep(value)
        {
            violations.push(Violation::new(edit.series.name(), field::TOO_DEEP));
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Problem::Invalid(violations)) }
}

/// The newest of what is edited without a time, by series and item.
async fn newest(
    plan: &Planning<'_>,
    edits: &[ObservationEdit],
) -> Result<HashMap<(&'static str, String), Observation>, Problem> {
    let mut series: Vec<Series> = Vec::new();
    for edit in edits.iter().filter(|edit| matches!(edit.what, Note::Now(_) | Note::Forget)) {
        if !series.contains(&edit.series) {
            series.push(edit.series);
        }
    }
    if series.is_empty() || plan.is_new() {
        return Ok(HashMap::new());
    }
    let cx = plan.cx;
    let found = cx.snapshot.newest_observations(cx.account(), &[plan.after.record.id], &series).await?;
    Ok(found.into_iter().map(|known| ((known.series.name(), known.item.clone()), known)).collect())
}
