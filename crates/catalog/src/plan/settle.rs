//! What a change gives that somebody has asked for: whoever gives it has decided the request, whatever door he used.

use std::collections::{HashMap, HashSet};

use super::decide::{self, Asked, Decided};
use super::join::Joined;
use super::planning::Planned;
use crate::access;
use crate::action::Action;
use crate::change_set::{ChangeSet, Write};
use crate::context::Context;
use crate::id::RecordId;
use crate::kinds::access_request::{APPROVED, OPEN, STATE, WITHDRAWN};
use crate::load::{self, Depth};
use crate::overlay::Overlay;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::Record;
use crate::relation::{HAS_ASSET, MEMBER, OWNER, OWNING_TEAM};
use crate::requests::{self, KIND, READ_WITH, Wanted};
use crate::rows::grants;

/// Of open requests, those that a change looks at.
const MOST_OPEN: u32 = 10_000;

/// Marks the open requests whose makers have by this change what they ask for: approved by the caller, in the same
/// change set.
///
/// Errors: `Forbidden` where he has asked for it himself.
pub async fn settle(cx: &Context<'_>, planned: Planned) -> Result<Planned, Problem> {
    let given = Given::by(cx, &planned.set);
    if given.is_empty() {
        return Ok(planned);
    }
    let Planned { set, outcome } = planned;
    let overlay = Overlay::over(cx.snapshot);
    overlay.apply(&set);
    let inner = cx.over(&overlay);
    let mut joined = Joined::default();
    joined.add(set, &overlay);
    for request in given.open_requests(&inner).await? {
        let asked = Asked::of(&request).ok_or_else(|| Problem::internal("a request that asks for nothing"))?;
        if !given.concerns(&asked) || has(cx, &asked).await? || !has(&inner, &asked).await? {
            continue;
        }
        let is_own = asked.requester == cx.caller.principal.user;
        if is_own && !cx.is_configured {
            return Err(by_himself(cx, &asked.wanted));
        }
        // It ends as what was given says itself.
        let decided = Decided { state: if is_own { WITHDRAWN } else { APPROVED }, until: None, words: None };
        let request = load::view(inner.snapshot, request, &Depth::full()).await?;
        let marked = decide::mark(&inner, access::of_the_server(), request, &asked, &decided).await?;
        overlay.apply(&marked.set);
        joined.add(marked.set, &overlay);
    }
    let set = joined.into_set().ok_or_else(|| Problem::internal("a change that writes nothing"))?;
    Ok(Planned { set, outcome })
}

/// Whether whoever asks has what he asks for, as things are there.
async fn has(cx: &Context<'_>, asked: &Asked) -> Result<bool, Problem> {
    let (Some(who), Some(product)) = (access::as_planned(cx, asked.requester).await?, cx.record(asked.product).await?)
    else {
        return Ok(false);
    };
    let product = load::view(cx.snapshot, product, &Depth::of(&READ_WITH, true)).await?;
    requests::has_already((cx.access, cx.snapshot), &who, &product, &asked.wanted, asked.until).await
}

fn by_himself(cx: &Context<'_>, wanted: &Wanted) -> Problem {
    let action = match wanted {
        Wanted::Rows(_) => Action::GrantRows,
        Wanted::Viewer | Wanted::Editor => Action::EditUsers,
    };
    let why = "nobody gives himself what he has asked for: take the request back first";
    access::forbidden(&cx.caller.principal, action, KIND, Some(why.to_owned()))
}

/// What begins by a change that somebody can have asked for.
#[derive(Default)]
struct Given {
    /// On which roles or loans begin.
    products: HashSet<RecordId>,
    /// Whom they name: people, and what is lent.
    named: HashSet<RecordId>,
    /// Teams may be among the owners.
    to_teams: bool,
    /// Who joins a team, or stands otherwise in it.
    members: HashSet<RecordId>,
}

impl Given {
    /// Of what begins itself nobody has asked for anything.
    fn by(cx: &Context<'_>, set: &ChangeSet) -> Given {
        let above = cx.registry.expect(KIND).0.parents;
        let changed = set.writes.iter().filter_map(|write| match write {
            Write::Put { record, replaces: Some(_), .. } => Some((record.id, above.contains(&record.kind.name()))),
            _ => None,
        });
        let changed: HashMap<RecordId, bool> = changed.collect();
        let mut given = Given::default();
        for edge in set.writes.iter().filter_map(Write::link) {
            match changed.get(&edge.from) {
                Some(true) if READ_WITH.contains(&edge.relation) => {
                    if edge.relation == HAS_ASSET && !grants::is_granted(edge) {
                        continue;
                    }
                    given.products.insert(edge.from);
                    given.named.insert(edge.to);
                    given.to_teams |= edge.relation == OWNER || edge.relation == OWNING_TEAM;
                }
                Some(false) if edge.relation == MEMBER => drop(given.members.insert(edge.to)),
                _ => {}
            }
        }
        given
    }

    fn is_empty(&self) -> bool {
        self.products.is_empty() && self.members.is_empty()
    }

    fn concerns(&self, asked: &Asked) -> bool {
        let is_named = || {
            let lends = asked.wanted.assets().iter().any(|asset| self.named.contains(asset));
            self.to_teams || lends || self.named.contains(&asked.requester)
        };
        self.members.contains(&asked.requester) || self.products.contains(&asked.product) && is_named()
    }

    async fn open_requests(&self, cx: &Context<'_>) -> Result<Vec<Record>, Problem> {
        let open = ListQuery {
            fields: vec![(STATE, OPEN.into())],
            limit: MOST_OPEN,
            ..ListQuery::of(cx.account(), cx.registry.expect(KIND))
        };
        if !self.members.is_empty() {
            return Ok(cx.snapshot.list(&open).await?);
        }
        let mut found = Vec::new();
        for product in &self.products {
            found.extend(cx.snapshot.list(&ListQuery { parent: Some(*product), ..open.clone() }).await?);
        }
        Ok(found)
    }
}
