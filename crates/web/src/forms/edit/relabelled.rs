//! Whose rights it changes that a record bears other labels: conditions of policies name them. Labels of its columns are no
//! matter of theirs.

use std::collections::BTreeSet;

use emporion_catalog::query::States;
use emporion_catalog::record::Record;
use emporion_catalog::relation;

use super::listed::Listed;
use crate::access::effects::Effects;
use crate::access::naming_policies;
use crate::fault::Fault;
use crate::forms::checked;
use crate::records::difference::listed;
use crate::records::naming::{LABELS, named_record};
use crate::records::record::Here;
use crate::text::plain::shown;

/// Said before it is saved; nothing where it changes nobody's. Who gains and who loses is told to administrators of the
/// account, the policies to whoever sees them.
pub async fn of(here: Here<'_>, typed: &Listed) -> Result<Option<Effects>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let gone: BTreeSet<_> = typed.unticked(view, relation::TAGGED).iter().map(|(edge, _)| edge.to).collect();
    let mut changed: Vec<_> = gone.iter().copied().collect();
    for name in typed.names() {
        // What names nothing is said where it is wrong.
        changed.extend(named_record(reading, LABELS, name).await?.ok().map(|(_, id)| id));
    }
    let (removed, added): (Vec<Record>, Vec<Record>) =
        reading.records(&changed, States::Alive).await?.into_iter().partition(|label| gone.contains(&label.id));
    let mut policies = BTreeSet::new();
    for label in removed.iter().chain(&added) {
        policies.extend(naming_policies::of(reading, label).await?.iter().map(|policy| shown(&policy.name)));
    }
    if policies.is_empty() {
        return Ok(None);
    }
    let kept = view.targets(relation::TAGGED).filter(|(edge, _)| !gone.contains(&edge.to));
    let labels: BTreeSet<String> =
        kept.map(|(_, card)| card.fqn.clone()).chain(added.iter().map(|label| label.fqn.clone())).collect();
    let names: Vec<String> = policies.into_iter().collect();
    let reason = visit.t.with("effects.named", &[("policies", &listed(visit.t, &names))]);
    let effects = match visit.caller().principal.is_admin {
        true => Effects::of_labels(visit, reading, &view.record, labels.iter().cloned().collect()).await?,
        false => Effects { title: visit.t.say("effects.title"), is_untold: true, ..Effects::default() },
    };
    let is_nothing = effects.lines.is_empty() && !effects.is_untold && !effects.is_cut;
    let checked = checked::word(&(&labels, &names, &effects.lines));
    Ok((!is_nothing).then_some(Effects { reason: Some(reason), checked, ..effects }))
}
