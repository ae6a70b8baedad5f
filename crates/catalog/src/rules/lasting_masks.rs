//! A mask stays until somebody takes it off who holds the rows. What is kept in samples and profiles goes by the names of
//! columns, and names and types decide which of them are secrets: both are easily changed by people to whom the rows are
//! nothing. So a table keeps the masks of columns that such a change would take off, and masks what they add to it; when a
//! source says other types than before, or a column is gone there, what was observed of it before stays masked, too.
//!
//! Who holds the rows takes a mask off by saying the type of the column anew.
//!
//! There is an end to what is kept: beyond it the table is masked as a whole. The next change of names or types by who holds
//! the rows makes masks of its columns of that again, of those of which he does not say the type anew.

use async_trait::async_trait;

use crate::kinds::column::COLUMNS;
use crate::kinds::table::KEPT_MASKS;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::Edge;
use crate::relation::TAGGED;
use crate::rows::Reader;
use crate::rows::personal::{KeptMasks, Personal, folded};

pub struct LastingMasks;

#[async_trait]
impl Hooks for LastingMasks {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let Some(before) = plan.before.as_ref().filter(|before| before.field("columns") != plan.after.field("columns"))
        else {
            return Ok(());
        };
        let (old, new) = (Personal::of_body(&before.record.body), Personal::of_body(&plan.after.record.body));
        if old.columns() == new.columns() {
            return Ok(());
        }
        let is_new = |path: &&String| !old.columns().contains_key(*path);
        let added: Vec<&String> = new.columns().keys().filter(is_new).collect();
        let unmasked: Vec<&String> = old.secrets().difference(new.secrets()).collect();
        let gone: Vec<Edge> = before
            .edges
            .iter()
            .filter(|edge| edge.relation == TAGGED)
            .filter(|edge| COLUMNS.path(&edge.at).is_some_and(|path| !new.columns().contains_key(&folded(path))))
            .cloned()
            .collect();
        let kept = KeptMasks::of_body(&plan.after.record.body);
        let has_none = matches!(&kept, KeptMasks::Columns(paths) if paths.is_empty());
        if has_none && added.is_empty() && unmasked.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let principal = &*plan.cx.caller.principal;
        let is_found = principal.is_bot || plan.door.is_found;
        let reader = Reader::new(plan.cx.access, plan.cx.snapshot, principal);
        let is_holder = !is_found && !reader.held(&[before.record.id]).await?.is_empty();
        let kept = match kept {
            kept if is_holder => {
                let mut paths = match kept {
                    KeptMasks::Columns(paths) => paths,
                    KeptMasks::Whole => old.columns().keys().cloned().collect(),
                };
                paths.retain(|path| new.columns().get(path).is_none_or(|said| old.columns().get(path) == Some(said)));
                KeptMasks::Columns(paths)
            }
            KeptMasks::Whole => return Ok(()),
            KeptMasks::Columns(mut paths) => {
                paths.extend(unmasked.into_iter().cloned());
                let sensitive = reader.sensitive(&gone).await?;
                let labelled = gone.iter().filter(|edge| sensitive.contains(&edge.to));
                paths.extend(labelled.filter_map(|edge| COLUMNS.path(&edge.at)).map(folded));
                // Programs say what is in the source; what people add may be anything that was observed there.
                if !is_found {
                    paths.extend(added.into_iter().cloned());
                }
                KeptMasks::Columns(paths)
            }
        };
        match kept.to_value() {
            None => drop(plan.after.record.body.shift_remove(KEPT_MASKS)),
            Some(kept) => drop(plan.after.record.body.insert(KEPT_MASKS.to_owned(), kept)),
        }
        Ok(())
    }
}
