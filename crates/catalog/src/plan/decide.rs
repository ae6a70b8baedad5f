//! Deciding a request for access. What it asks for is given as whoever decides would give it himself, and marked on the
//! request, in one change set: both or neither.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::join::Joined;
use super::planning::{Planned, Planning};
use super::{check, delete, diff, lend, version, write};
use crate::change_set::{EventKind, Permit, Write};
use crate::command::{Decision, DoorRules, Draft, Edit, Effect, Guard, How, Ref, Target, Term};
use crate::context::Context;
use crate::id::{Millis, RecordId};
use crate::kinds::access_request::*;
use crate::load::{self, Depth};
use crate::overlay::Overlay;
use crate::problem::Problem;
use crate::record::{Edge, Record, View};
use crate::relation::{self, ADDED_AT, ADDED_BY, AFTERWARDS, ROW_FILTERS, Relation};
use crate::requests::{self, OPEN_SPACE, Wanted};
use crate::rows::roles::{ALLOW_SQL, is_denied_rows};

pub async fn decide(
    cx: &Context<'_>,
    request: &Ref,
    guard: &Guard,
    decision: Decision,
    words: Option<&str>,
) -> Result<Planned, Problem> {
    let record = delete::visible(cx, request).await?;
    if !record.state.is_alive() || !record.kind.0.asks {
        return Err(request.not_found());
    }
    let permit = match decision {
        Decision::Withdraw => cx.access.may_withdraw(&cx.caller.principal, &record)?,
        Decision::Approve(_) | Decision::Reject => cx.access.may_decide(cx, &record).await?,
    };
    write::check_guard(guard, &record)?;
    let before = load::view(cx.snapshot, record, &Depth::full()).await?;
    let state = before.text(STATE).unwrap_or(OPEN);
    if state != OPEN {
        return Err(Problem::conflict(format!("the request was {state} already")));
    }
    let asked = Asked::of(&before.record).ok_or_else(|| Problem::internal("a request that asks for nothing"))?;
    let overlay = Overlay::over(cx.snapshot);
    let inner = cx.over(&overlay);
    let mut joined = Joined::default();
    let mut parts = Vec::new();
    let mut until = asked.until;
    if let Decision::Approve(term) = decision {
        until = match term {
            Term::AsAsked => asked.until,
            Term::Endless => None,
            Term::Until(until) => Some(until),
        };
        match give(&inner, &asked, until).await? {
            Some(Planned { set, outcome }) => {
                overlay.apply(&set);
                joined.add(set, &overlay);
                parts.push(outcome);
            }
            // It was given by hand meanwhile, and ends as it says itself.
            None => until = None,
        }
    }
    let state = match decision {
        Decision::Approve(_) => APPROVED,
        Decision::Reject => REJECTED,
        Decision::Withdraw => WITHDRAWN,
    };
    let Planned { set, mut outcome } = mark(&inner, permit, before, &asked, &Decided { state, until, words }).await?;
    overlay.apply(&set);
    joined.add(set, &overlay);
    outcome.parts = parts;
    let set = joined.into_set().ok_or_else(|| Problem::internal("a decision that writes nothing"))?;
    Ok(Planned { set, outcome })
}

/// What becomes of a request, when what it asks for ends, and what is said of it.
pub(super) struct Decided<'a> {
    pub state: &'static str,
    pub until: Option<Millis>,
    pub words: Option<&'a str>,
}

/// Writes on an open request what was decided, in the caller's name; the same can be asked for again from then on.
pub(super) async fn mark(
    cx: &Context<'_>,
    permit: Permit,
    before: View,
    asked: &Asked,
    decided: &Decided<'_>,
) -> Result<Planned, Problem> {
    let mut plan = Planning::new(cx, Some(before.clone()), before.clone(), &DoorRules::default());
    let body = &mut plan.after.record.body;
    body.insert(STATE.into(), decided.state.into());
    body.insert(DECIDED_BY.into(), cx.caller.principal.user.to_string().into());
    body.insert(DECIDED_AT.into(), cx.now.0.into());
    match decided.until {
        Some(until) => drop(body.insert(UNTIL.into(), until.0.into())),
        None => drop(body.shift_remove(UNTIL)),
    }
    if let Some(words) = decided.words {
        body.insert(WORDS.into(), words.into());
    }
    check::check(&mut plan)?;
    let difference = diff::between(plan.kind, &before, &plan.after);
    version::count(&mut plan, &before, &difference).await?;
    let detail = version::change_detail(&difference.change);
    plan.store(&before, difference);
    for value in asked.wanted.aliases(asked.product, asked.requester) {
        plan.writes.push(Write::Unalias { account: cx.account(), space: OPEN_SPACE, value });
    }
    plan.event(EventKind::Updated, detail);
    Ok(plan.finish(permit, Effect::Updated))
}

/// What a request says.
pub(super) struct Asked {
    pub product: RecordId,
    pub requester: RecordId,
    pub wanted: Wanted,
    pub until: Option<Millis>,
}

impl Asked {
    pub fn of(request: &Record) -> Option<Asked> {
        Some(Asked {
            product: request.parent?,
            requester: request.created.by.id,
            wanted: Wanted::of(request)?,
            until: request.body.get(UNTIL).and_then(Value::as_i64).map(Millis),
        })
    }
}

/// Gives what is asked for, with the rights of the caller; nothing where whoever asked has it by now, for as long.
async fn give(cx: &Context<'_>, asked: &Asked, until: Option<Millis>) -> Result<Option<Planned>, Problem> {
    let product = cx.record(asked.product).await?.filter(|record| record.state.is_alive());
    let product = product.ok_or_else(|| Problem::conflict("the product is deleted"))?;
    let target = Ref::Id(product.kind, product.id);
    let Some(role) = asked.wanted.role() else {
        // The right to lend is asked for before anything is told of what is lent.
        let assets: Vec<(RecordId, bool)> = asked.wanted.assets().iter().map(|asset| (*asset, true)).collect();
        let planned = lend::lend(cx, &target, &Guard::None, &assets, until).await?;
        ends_ahead(cx, until)?;
        requester(cx, asked).await?;
        return Ok(Some(planned).filter(is_change));
    };
    let view = load::view(cx.snapshot, product, &Depth::of(&requests::READ_WITH, true)).await?;
    let edit = role_for(asked.requester, role, until, (cx.caller.principal.user, cx.now));
    let planned = write::change(cx, &target, &Guard::None, &edit, &DoorRules::default()).await;
    if let Err(problem @ Problem::Forbidden { .. }) = planned {
        return Err(problem);
    }
    ends_ahead(cx, until)?;
    let who = requester(cx, asked).await?;
    if requests::has_already((cx.access, cx.snapshot), &who, &view, &asked.wanted, until).await? {
        return Ok(None);
    }
    Ok(Some(planned?).filter(is_change))
}

/// The edit that gives somebody a role by hand, until a time or for ever, as an approved request does. Another end takes the
/// place of the one that was there.
///
/// Errors: `Conflict` where he has a higher role for as long, or this one for ever.
pub(crate) fn role_by_hand(user: RecordId, role: Relation, until: Option<Millis>, giving: (RecordId, Millis)) -> Edit {
    let edit = role_for(user, role, until, giving);
    Arc::new(move |product: &View| {
        let mut own = product.edges.iter().filter(|edge| edge.to == user && !edge.is_nominal());
        let stands = |edge: &Edge| {
            // Who may read the description alone is given more.
            let is_whole = !is_denied_rows(edge);
            edge.relation == relation::OWNER
                || edge.relation == role && edge.ends_at().is_none() && is_whole
                || edge.relation == relation::EDITOR && role != relation::EDITOR && edge.lives_until(until)
        };
        match own.find(|edge| stands(edge)) {
            Some(_) => Err(Problem::conflict(
                "the person has that role already without an end, or a higher one: take it first",
            )),
            None => edit(product),
        }
    })
}

fn ends_ahead(cx: &Context<'_>, until: Option<Millis>) -> Result<(), Problem> {
    match until {
        Some(until) if until <= cx.now => Err(Problem::invalid(UNTIL, "must lie in the future")),
        _ => Ok(()),
    }
}

/// Whoever asked, as he may act now.
async fn requester(cx: &Context<'_>, asked: &Asked) -> Result<Arc<crate::caller::Principal>, Problem> {
    let found = cx.access.principal(cx.snapshot, cx.account(), asked.requester).await?;
    found.ok_or_else(|| Problem::conflict("whoever asked is disabled or gone: reject the request"))
}

fn is_change(planned: &Planned) -> bool {
    planned.outcome.effect != Effect::Unchanged
}

/// The edit that gives the role. What was said of it before stays, but for what the new one says; where the new one ends,
/// that comes back.
fn role_for(user: RecordId, role: Relation, until: Option<Millis>, (giver, now): (RecordId, Millis)) -> Edit {
    Arc::new(move |product: &View| {
        let of_user = |edge: &&Edge| edge.relation == role && edge.to == user && edge.at.is_empty();
        let present = product.edges.iter().find(of_user);
        let mut attributes: Map<String, Value> = present.map(|edge| edge.attributes.clone()).unwrap_or_default();
        if role == relation::VIEWER {
            attributes.insert(ALLOW_SQL.into(), true.into());
        }
        if present.is_none() {
            attributes.insert(ADDED_AT.into(), now.0.into());
            attributes.insert(ADDED_BY.into(), giver.to_string().into());
        }
        match (until, present) {
            (Some(until), present) => {
                attributes.insert(relation::UNTIL.into(), until.0.into());
                if let Some(present) = present.filter(|present| present.ends_at().is_none()) {
                    let mut before = present.attributes.clone();
                    before.shift_remove(ROW_FILTERS);
                    attributes.insert(AFTERWARDS.into(), Value::Object(before));
                }
            }
            (None, _) => {
                attributes.insert(relation::UNTIL.into(), Value::Null);
                attributes.insert(AFTERWARDS.into(), Value::Null);
            }
        }
        let kind = product.cards.get(&user).map(|card| card.kind);
        let to = kind.map_or(Ref::AnyOf(&["user", "team"], user), |kind| Ref::Id(kind, user));
        let mut draft = Draft::default();
        draft.relate(role, How::Add, "requester", vec![Target { attributes: attributes.clone(), ..Target::of(to) }]);
        Ok(draft)
    })
}
