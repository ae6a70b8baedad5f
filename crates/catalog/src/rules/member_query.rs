//! Members of a product that has a query are what was added by hand, and what matches: nobody takes out what matches, and what
//! is added by hand stays whatever the query says.

use std::collections::HashSet;

use async_trait::async_trait;
use serde_json::Value;

use crate::id::RecordId;
use crate::member_language::Standing;
use crate::member_query::{MOST_MEMBERS, brought, keep, matching, may_edit, scan, standing_of, unchanged};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::{Card, Edge, Record};
use crate::relation::{BY_QUERY, FOLLOWED, HAS_ASSET, MEMBER_QUERY, MEMBERS_FOLLOW, MEMBERS_KEPT};

pub struct MemberQuery;

#[async_trait]
impl Hooks for MemberQuery {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let query = plan.after.text(MEMBER_QUERY).map(str::trim).filter(|query| !query.is_empty()).map(str::to_owned);
        let Some(query) = query else {
            end(plan);
            return Ok(());
        };
        let is_given = plan.is_new() || plan.differs(MEMBER_QUERY) || plan.after.field(MEMBERS_KEPT).is_none();
        if !is_given {
            for field in [MEMBERS_KEPT, MEMBERS_FOLLOW] {
                let kept = plan.before.as_ref().and_then(|before| before.field(field)).cloned();
                put(plan, field, kept);
            }
            by_hand(plan);
            return stay(plan).await;
        }
        if !may_give(plan).await? {
            // It is refused for what it touches; nothing is looked at before.
            return Ok(());
        }
        match keep(plan.cx, plan.after.id(), &query).await? {
            Ok((standing, kept)) => bring(plan, &standing, query, kept).await,
            Err(fault) => {
                plan.refuse(MEMBER_QUERY, fault);
                Ok(())
            }
        }
    }
}

fn put(plan: &mut Planning<'_>, field: &str, value: Option<Value>) {
    let body = &mut plan.after.record.body;
    match value {
        Some(value) => drop(body.insert(field.to_owned(), value)),
        None => drop(body.shift_remove(field)),
    }
}

/// Without a query all members are those of whoever edits the product.
fn end(plan: &mut Planning<'_>) {
    let had = plan.before.as_ref().is_some_and(|before| before.field(MEMBERS_FOLLOW).is_some());
    for field in [MEMBER_QUERY, MEMBERS_KEPT, MEMBERS_FOLLOW] {
        put(plan, field, None);
    }
    plan.raises_epoch |= had;
    for edge in plan.after.edges.iter_mut().filter(|edge| edge.relation == HAS_ASSET) {
        edge.attributes.shift_remove(BY_QUERY);
    }
}

/// What is there by the query, and is added by hand, is there by hand.
fn by_hand(plan: &mut Planning<'_>) {
    let named: HashSet<RecordId> =
        plan.named.iter().filter(|(relation, _)| *relation == HAS_ASSET).map(|(_, id)| *id).collect();
    for edge in plan.after.edges.iter_mut().filter(|edge| edge.relation == HAS_ASSET && named.contains(&edge.to)) {
        edge.attributes.shift_remove(BY_QUERY);
    }
}

async fn may_give(plan: &Planning<'_>) -> Result<bool, Problem> {
    match &plan.before {
        Some(before) => may_edit(plan.cx, &before.record).await,
        None => Ok(true),
    }
}

/// Brings in all that matches and the caller sees, and takes out what the query before brought and this one does not.
async fn bring(plan: &mut Planning<'_>, standing: &Standing, query: String, kept: Value) -> Result<(), Problem> {
    let cx = plan.cx;
    let scanned = scan(cx, standing, &cx.caller.principal, MOST_MEMBERS).await?;
    let by_hand: HashSet<RecordId> = held(plan).filter(|edge| !edge.is_by_query()).map(|edge| edge.to).collect();
    let wanted: Vec<&Record> = scanned.seen.iter().filter(|record| !by_hand.contains(&record.id)).collect();
    if wanted.len() > MOST_MEMBERS {
        let rule = format!(
            "matches more than {MOST_MEMBERS} records, which is as many as can follow the query of one product"
        );
        plan.refuse(MEMBER_QUERY, rule);
        return Ok(());
    }
    // What others brought in, and the caller does not see, stays: he is not told whether it matches.
    let others: Vec<RecordId> =
        held(plan).filter(|edge| edge.is_by_query() && !scanned.all.contains(&edge.to)).map(|edge| edge.to).collect();
    let leaves: HashSet<RecordId> = seen_of(plan, &others).await?.iter().map(|record| record.id).collect();
    plan.after.edges.retain(|edge| edge.relation != HAS_ASSET || !edge.is_by_query() || !leaves.contains(&edge.to));
    let present: HashSet<RecordId> = held(plan).map(|edge| edge.to).collect();
    let first = held(plan).map(|edge| edge.ord + 1).max().unwrap_or(0);
    let product = plan.after.id();
    let fresh = wanted.into_iter().filter(|record| !present.contains(&record.id));
    for (ord, record) in (first..).zip(fresh) {
        plan.after.cards.insert(record.id, Card::of(record).into());
        plan.after.edges.push(brought(product, record.id, ord));
    }
    put(plan, MEMBER_QUERY, Some(query.into()));
    put(plan, MEMBERS_KEPT, Some(kept));
    put(plan, MEMBERS_FOLLOW, Some(FOLLOWED.into()));
    plan.raises_epoch = true;
    plan.expect.extend(unchanged(cx, standing).await?);
    Ok(())
}

fn held<'p>(plan: &'p Planning<'_>) -> impl Iterator<Item = &'p Edge> {
    plan.after.edges.iter().filter(|edge| edge.relation == HAS_ASSET)
}

/// Those of the records that are alive and that the caller sees.
async fn seen_of(plan: &Planning<'_>, ids: &[RecordId]) -> Result<Vec<Record>, Problem> {
    let cx = plan.cx;
    let found: Vec<Record> = cx.snapshot.by_id(cx.account(), ids).await?.into_iter().flatten().collect();
    let alive: Vec<Record> = found.into_iter().filter(|record| record.state.is_alive()).collect();
    let seen = cx.access.sees_each(cx.snapshot, &cx.caller.principal, &alive.iter().collect::<Vec<_>>()).await?;
    Ok(alive.into_iter().zip(seen).filter_map(|(record, is_seen)| is_seen.then_some(record)).collect())
}

/// What is there by the query, and an edit leaves out, stays while it matches: of what the caller does not see he is not
/// told whether it does. What it names to be taken out is refused then. What was added by hand goes like any other edge.
async fn stay(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let Some(before) = &plan.before else { return Ok(()) };
    let present: HashSet<RecordId> = held(plan).map(|edge| edge.to).collect();
    let lives = |edge: &&Edge| before.cards.get(&edge.to).is_some_and(|card| card.state.is_alive());
    let by_query = |edge: &&Edge| edge.relation == HAS_ASSET && edge.is_by_query();
    let gone = before.edges.iter().filter(by_query).filter(|edge| !present.contains(&edge.to));
    let mut gone: Vec<Edge> = gone.filter(lives).cloned().collect();
    if gone.is_empty() {
        return Ok(());
    }
    if let Some(standing) = standing_of(plan.cx, &plan.after.record) {
        let seen = seen_of(plan, &gone.iter().map(|edge| edge.to).collect::<Vec<_>>()).await?;
        let mut leaves: HashSet<RecordId> = seen.iter().map(|record| record.id).collect();
        for record in matching(plan.cx, &standing, seen).await? {
            leaves.remove(&record.id);
        }
        gone.retain(|edge| !leaves.contains(&edge.to));
    }
    let kept: HashSet<RecordId> = gone.iter().map(|edge| edge.to).collect();
    if let Some((field, _)) = plan.taken_out.iter().find(|(_, id)| kept.contains(id)).cloned() {
        plan.refuse(&field, "cannot take out what follows the product's query: change the query");
    }
    plan.after.edges.extend(gone);
    Ok(())
}
