//! Many commands at once, each of which stands for itself.

use crate::boxed::Boxed;
use crate::cached_snapshot::CachedSnapshot;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::change_set::{ChangeSet, Lost};
use crate::command::{Command, Outcome};
use crate::commit_path::expect_rights;
use crate::context::Context;
use crate::held;
use crate::id::Seq;
use crate::member_query;
use crate::overlay::Overlay;
use crate::plan;
use crate::plan::join::Joined;
use crate::plan::planning::Planned;
use crate::problem::Problem;

impl Catalog {
    /// Many independent commands, stored together: each row answers for itself, later rows see earlier ones.
    pub fn execute_all<'a>(
        &'a self,
        caller: &'a Caller,
        commands: &'a [Command],
    ) -> Boxed<'a, Vec<Result<Outcome, Problem>>> {
        Box::pin(async move {
            match self.try_all(caller, commands).await {
                Ok(results) => results,
                Err(problem) => commands.iter().map(|_| Err(problem.clone())).collect(),
            }
        })
    }

    /// What each command would come to, planned over what the earlier ones would write, by the caller as he may act now.
    ///
    /// What only the store meets, a race for a name, is not foreseen.
    pub(crate) async fn plan_all(
        &self,
        caller: &Caller,
        commands: &[Command],
    ) -> Result<(Caller, Vec<Result<Planned, Problem>>), Problem> {
        let snapshot = self.store.snapshot().await?;
        let caller = self.present(&*snapshot, caller, false).await?;
        let known = CachedSnapshot::over(&*snapshot);
        let overlay = Overlay::over(&known);
        let mut cx = self.context(&overlay, &caller);
        let is_joint = commands.len() > 1 && member_query::is_anything_followed(&cx).await?;
        let mut joint = Joined::default();
        let mut all = Vec::with_capacity(commands.len());
        for command in commands {
            let planned = match is_joint {
                true => plan::alone(&cx, command).await,
                false => plan::plan(&cx, command).await,
            };
            if let Ok(Planned { set, .. }) = &planned
                && !set.is_empty()
            {
                overlay.apply(set);
                cx.is_behind |= set.raised_epochs().next().is_some();
                if is_joint {
                    joint.add(set.clone(), &overlay);
                }
            }
            all.push(planned);
        }
        if is_joint {
            let first = self.context(&known, &caller);
            follow_together(&first, joint, &mut all).await?;
        }
        let mut outcomes: Vec<&mut Outcome> =
            all.iter_mut().filter_map(|planned| Some(&mut planned.as_mut().ok()?.outcome)).collect();
        self.access.show_outcomes(&known, &caller.principal, &mut outcomes).await?;
        Ok((caller, all))
    }

    async fn try_all(&self, caller: &Caller, commands: &[Command]) -> Result<Vec<Result<Outcome, Problem>>, Problem> {
        held::assert_none("a commit");
        let (caller, planned) = self.plan_all(caller, commands).await?;
        let caller = &caller;
        let mut results: Vec<Result<Outcome, Problem>> = Vec::with_capacity(commands.len());
        let mut sets = Vec::new();
        let mut rows = Vec::new();
        let mut raises = 0;
        for (row, planned) in planned.into_iter().enumerate() {
            results.push(planned.map(|Planned { mut set, outcome }| {
                if !set.is_empty() {
                    expect_rights(&mut set, caller, raises);
                    raises += set.raised_epochs().filter(|account| *account == caller.account()).count() as u64;
                    sets.push(set);
                    rows.push(row);
                }
                outcome
            }));
        }
        if sets.is_empty() {
            return Ok(results);
        }
        let raised = sets.iter().flat_map(ChangeSet::raised_epochs).collect();
        let committed = self.store.commit(sets).await?;
        self.after_commit(raised).await;
        let mut stored: Vec<Option<Result<Seq, Lost>>> = commands.iter().map(|_| None).collect();
        for (row, answer) in rows.into_iter().zip(committed) {
            stored[row] = Some(answer);
        }
        // Somebody else was faster on a row: it is planned again, and so is every later one that was decided over what
        // it would have written and has nothing of its own in the store.
        let mut is_missing_one = false;
        for (row, stored) in stored.into_iter().enumerate() {
            match (stored, &mut results[row]) {
                (Some(Ok(seq)), Ok(outcome)) => outcome.seq = Some(seq),
                (None, _) if !is_missing_one => {}
                // So would all be that is planned again.
                (Some(Err(Lost(lost))), result) if caller.fence.as_ref() == Some(&lost) => {
                    *result = Err(Problem::Overtaken);
                }
                (_, result) => {
                    is_missing_one = true;
                    *result = self.execute(caller, &commands[row]).await;
                }
            }
        }
        Ok(results)
    }
}

/// Has products follow all that the commands change by one change of each: they are stored together then, and where that
/// loses an expectation, each by itself.
async fn follow_together(cx: &Context<'_>, joint: Joined, all: &mut [Result<Planned, Problem>]) -> Result<(), Problem> {
    let Some(set) = joint.into_set() else { return Ok(()) };
    let has_set =
        |planned: &&mut Result<Planned, Problem>| planned.as_ref().is_ok_and(|planned| !planned.set.is_empty());
    let mut changing = all.iter_mut().filter(has_set);
    let Some(Ok(first)) = changing.next() else { return Ok(()) };
    let (expected, writes) = (set.expect.len(), set.writes.len());
    let followed = member_query::follow(cx, Planned { set, outcome: first.outcome.clone() }).await?;
    if followed.set.expect.len() == expected && followed.set.writes.len() == writes {
        return Ok(());
    }
    *first = followed;
    for planned in changing.flatten() {
        planned.set = ChangeSet::nothing();
    }
    Ok(())
}
