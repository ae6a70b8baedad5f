//! Requests for access: the noun between "I see it" and "I may query it". For doors:
//!
//! - [`Catalog::ask_for_access`] makes a request: sight of the product is enough. One open request of a person for one
//!   thing at a time; a second is a `Conflict` that names the first, and so is one more than [`MOST_OPEN`] or [`MOST_A_DAY`].
//! - [`Reading::access_requests`] lists them, the newest first: [`Which::Mine`], [`Which::Waiting`] (those that the caller
//!   may decide now), [`Which::Decided`] (those of others that somebody has decided), [`Which::All`] that he sees; of one
//!   product, in one state. [`Reading::access_request`] gives one.
//! - [`Catalog::decide_access`] approves, rejects or withdraws one. An approved one *is* a role on the product or a loan of
//!   rows, given by whoever decides with his own rights, in one change: both or neither.
//!
//! What somebody gives by hand that an open request asks for decides it: it is approved by him, in the same change
//! (`plan/settle.rs`). Whoever asks does not give it himself; he takes the request back first.
//!
//! An [`AccessRequest`] says whether its reader may decide it (`may_decide`) or take it back (`is_own`, while it is open).
//! Who asks for a role is decided by who may give roles (`EditUsers` on the product); who asks for rows, by who holds them
//! all. `Forbidden`: own requests, programs. `Conflict`: decided already, there already, whoever asked is gone.
//! `Stale`: the revision that the caller has looked at is not the present one.

pub(crate) mod wanted;

use std::collections::HashSet;

use crate::access::Access;
use crate::boxed::Boxed;
use crate::caller::{Caller, Principal};
use crate::catalog::Catalog;
use crate::command::{Command, Decision, DoorRules, Draft, Guard, Outcome, Ref};
use crate::id::{Millis, RecordId, Revision};
use crate::kinds::access_request as kind;
use crate::kinds::{DATA_PRODUCT, TEAM};
use crate::load::Depth;
use crate::plan::decide;
use crate::ports::Snapshot;
use crate::problem::Problem;
use crate::query::States;
use crate::record::{Edge, View};
use crate::relation::{EDITOR, HAS_ASSET, OWNER, OWNING_TEAM, Relation, VIEWER};
use crate::rows::Reader;
use crate::rows::grants::is_granted;
use crate::rows::holding::is_owner;
use crate::rows::roles::may_bear;

pub(crate) use self::wanted::OPEN_SPACE;
pub use self::wanted::{KIND, Wanted};
pub use crate::reading::requests::{AccessRequest, Asked, Page, Which};

/// Requests of one person that wait for a decision, and those that he makes within a day.
pub const MOST_OPEN: u64 = 200;
pub const MOST_A_DAY: u64 = 500;
/// Assets that one request can name.
pub const MOST_ASSETS: usize = 50;
/// What a product is read with, to tell who has which role and which rows it was lent.
pub const READ_WITH: [Relation; 5] = [OWNER, OWNING_TEAM, EDITOR, VIEWER, HAS_ASSET];

/// A request that is to be made.
#[derive(Debug, Clone)]
pub struct Ask {
    pub product: Ref,
    pub wanted: Wanted,
    pub reason: String,
    pub until: Option<Millis>,
}

impl Catalog {
    /// Makes a request in the caller's name.
    pub fn ask_for_access<'a>(&'a self, caller: &'a Caller, ask: &'a Ask) -> Boxed<'a, Result<AccessRequest, Problem>> {
        Box::pin(async move {
            let mut draft = Draft { name: Some(KIND.to_owned()), ..Draft::default() };
            draft.set(kind::REASON, ask.reason.trim());
            draft.set(kind::WANTS, ask.wanted.name());
            if let Wanted::Rows(assets) = &ask.wanted {
                let assets: Vec<String> = assets.iter().map(RecordId::to_string).collect();
                draft.set(kind::ASSETS, assets);
            }
            if let Some(until) = ask.until {
                draft.set(kind::UNTIL, until.0);
            }
            let command = Command::Create {
                kind: self.kind(KIND),
                parent: Some(ask.product.clone()),
                draft,
                id: None,
                rules: DoorRules::default(),
            };
            let made = self.execute(caller, &command).await.map_err(|problem| match problem {
                // The product is what the request is about, not something that it refers to.
                Problem::UnknownReference { kind, value, .. } if kind == ask.product.kind_name() => {
                    Problem::NotFound { kind, what: value }
                }
                problem => problem,
            })?;
            self.reading(caller).await?.access_request(made.view.id()).await
        })
    }

    /// Decides a request, or takes it back. `seen` is the revision that the decision was made on, where it matters.
    pub fn decide_access<'a>(
        &'a self,
        caller: &'a Caller,
        request: RecordId,
        seen: Option<Revision>,
        decision: Decision,
        words: Option<&'a str>,
    ) -> Boxed<'a, Result<AccessRequest, Problem>> {
        Box::pin(async move {
            let guard = seen.map_or(Guard::None, |seen| Guard::Revisions(vec![seen.0]));
            let words = words.map(str::trim).filter(|words| !words.is_empty()).map(str::to_owned);
            let target = Ref::Id(self.kind(KIND), request);
            let done = self.execute(caller, &Command::Decide { request: target, guard, decision, words }).await?;
            let reading = self.reading(caller).await?;
            // Whoever lent rows for good may see no more of it than that he did.
            reading
                .described(&[done.view.record])
                .await?
                .pop()
                .ok_or_else(|| Problem::internal("one request, one answer"))
        })
    }
}

impl Catalog {
    /// Gives somebody, or a team, a role in the caller's name, as if he had asked for it. Where it ends at a time, what he had before
    /// comes back then.
    ///
    /// Errors: `Conflict` where he has it for ever, or a higher one for as long.
    pub fn give_role<'a>(
        &'a self,
        caller: &'a Caller,
        (product, user): (RecordId, RecordId),
        role: Relation,
        until: Option<Millis>,
    ) -> Boxed<'a, Result<Outcome, Problem>> {
        Box::pin(async move {
            let target = Ref::Id(DATA_PRODUCT, product);
            let reading = self.reading(caller).await?;
            let view = reading.get(&target, States::Alive, &Depth::of(&READ_WITH, true)).await?;
            reading.ask_change(&view.record, &[role.name()]).await?;
            if until.is_some_and(|until| until <= self.now()) {
                return Err(Problem::invalid(kind::UNTIL, "must lie in the future"));
            }
            let is_acting = match reading.in_any_state(&[user]).await?.pop() {
                Some(team) if team.kind == TEAM => may_bear(&team),
                _ => reading.principal_of(user).await?.is_some(),
            };
            if !is_acting {
                return Err(Problem::conflict("the person is disabled or gone"));
            }
            let edit = decide::role_by_hand(user, role, until, (caller.principal.user, self.now()));
            reading.execute(&Command::Change { target, guard: Guard::None, edit, rules: DoorRules::default() }).await
        })
    }
}

/// Whether by this edge of a product somebody changes it as an editor does, and reads its rows: in person, or through a team.
pub fn edits(who: &Principal, edge: &Edge) -> bool {
    [EDITOR, OWNER].contains(&edge.relation) && is_owner(who, edge)
}

/// Whether somebody has what he asks for, for at least as long. `product` is read with [`READ_WITH`].
pub(crate) async fn has_already(
    (access, snapshot): (&Access, &dyn Snapshot),
    who: &Principal,
    product: &View,
    wanted: &Wanted,
    until: Option<Millis>,
) -> Result<bool, Problem> {
    let mut lasting = product.edges.iter().filter(|edge| edge.lives_until(until));
    match wanted {
        Wanted::Viewer => {
            let lasting = View { edges: lasting.cloned().collect(), ..product.clone() };
            Ok(Reader::new(access, snapshot, who).may_query(&lasting).await?.is_some())
        }
        Wanted::Editor => Ok(lasting.any(|edge| edits(who, edge))),
        Wanted::Rows(assets) => {
            let lends = |edge: &&Edge| edge.relation == HAS_ASSET && is_granted(edge) && assets.contains(&edge.to);
            let lent: HashSet<RecordId> = lasting.filter(lends).map(|edge| edge.to).collect();
            Ok(assets.iter().all(|asset| lent.contains(asset)))
        }
    }
}
