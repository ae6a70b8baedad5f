//! Relation edits: which edges a draft asks for, resolved against the snapshot.

use std::sync::Arc;

use foldhash::{HashMap, HashSet, HashSetExt};
use serde_json::{Map, Value};

use super::planning::Planning;
use crate::command::{How, Lender, Ref, RelationEdit, Target};
use crate::field;
use crate::id::{EdgeId, RecordId, Revision};
use crate::kind::Kind;
use crate::problem::Problem;
use crate::record::{Card, Edge, Record};
use crate::relation::{self, Relation};
use crate::resolve;

/// Applies one edit to the planned edges. New edges carry revision 0 until the record's next revision is known.
///
/// Cost: linear in edges and targets, since a product can hold thousands.
pub async fn apply(plan: &mut Planning<'_>, edit: &RelationEdit, targets: &Targets) -> Result<(), Problem> {
    if !plan.kind.has(edit.relation) {
        plan.refuse(&edit.field, format!("is not a relation of {}", plan.kind));
        return Ok(());
    }
    let wanted = resolve_targets(plan, edit, targets).await?;
    // Not every engine could keep it; what is inside of the body it holds as it is. What stands there already may stay.
    let of_nul = plan.after.edges.iter().filter(|edge| edge.relation == edit.relation && edge.at.contains('\0'));
    let kept: HashSet<(RecordId, &str)> = of_nul.map(|edge| (edge.to, edge.at.as_str())).collect();
    let is_new = |card: &Card, target: &Target| !kept.contains(&(card.id, target.at.as_str()));
    let is_refused = wanted.iter().any(|(card, target)| target.at.contains('\0') && is_new(card, target));
    if edit.how != How::Remove && is_refused {
        plan.refuse(&edit.field, "cannot be of a part with a NUL in its name");
        return Ok(());
    }
    if edit.relation.0.single && edit.how != How::Remove && wanted.len() > 1 {
        plan.refuse(&edit.field, "takes at most one");
    }
    // What is only added puts nothing out.
    let is_added = edit.how == How::Add && !edit.relation.0.single;
    let named: HashSet<(RecordId, &str)> =
        wanted.iter().filter(|_| !is_added).map(|(card, target)| (card.id, target.at.as_str())).collect();
    let is_named = |edge: &Edge| named.contains(&(edge.to, edge.at.as_str()));
    let edges = &mut plan.after.edges;
    match edit.how {
        How::Remove => {
            let by_query = |edge: &&Edge| edge.relation == edit.relation && edge.is_by_query() && is_named(edge);
            plan.taken_out.extend(edges.iter().filter(by_query).map(|edge| (edit.field.clone(), edge.to)));
            edges.retain(|edge| edge.relation != edit.relation || !is_named(edge));
            return Ok(());
        }
        How::Replace => edges.retain(|edge| edge.relation != edit.relation || is_named(edge)),
        How::ReplaceAt => {
            edges.retain(|edge| edge.relation != edit.relation || !edge.at.is_empty() || is_named(edge));
        }
        How::Add if edit.relation.0.single => edges.retain(|edge| edge.relation != edit.relation || is_named(edge)),
        How::Add => {}
    }
    let mut next_ord = match edit.how {
        How::Add => edges.iter().filter(|e| e.relation == edit.relation).map(|e| e.ord + 1).max().unwrap_or(0),
        _ => 0,
    };
    let index: HashMap<(RecordId, String), usize> = edges
        .iter()
        .enumerate()
        .filter(|(_, edge)| edge.relation == edit.relation)
        .map(|(at, edge)| ((edge.to, edge.at.clone()), at))
        .collect();
    for (card, target) in wanted {
        match index.get(&(card.id, target.at.clone())) {
            Some(&at) => {
                edges[at].attributes = attributes(edit.relation, target, Some(&edges[at].attributes));
                if is_said_again(edit, target) {
                    plan.lent.push((card.id, target.lender, target.lent_until));
                }
                if edit.how == How::Add {
                    plan.named.push((edit.relation, card.id));
                }
                if edit.how != How::Add {
                    edges[at].ord = next_ord;
                    next_ord += 1;
                }
            }
            None => {
                edges.push(Edge {
                    id: target.id.unwrap_or_else(EdgeId::fresh),
                    from: plan.after.record.id,
                    relation: edit.relation,
                    at: target.at.clone(),
                    ord: next_ord,
                    to: card.id,
                    attributes: attributes(edit.relation, target, None),
                    since: Revision(0),
                    until: None,
                });
                if edit.relation.0.lends {
                    plan.lent.push((card.id, target.lender, target.lent_until));
                }
                next_ord += 1;
            }
        }
    }
    Ok(())
}

/// Whether an edge that is there is asked for as if it were not: to list what one was shown is not to ask for it.
fn is_said_again(edit: &RelationEdit, target: &Target) -> bool {
    let is_again = match target.lender {
        Lender::Caller => edit.how == How::Add,
        Lender::CallerAgain | Lender::User(_) => true,
        Lender::Nobody => false,
    };
    edit.relation.0.lends && is_again
}

/// The attributes that the edge is to have. What the core keeps there is no request's to set, and what lasts stays where it
/// is not named.
fn attributes(relation: Relation, target: &Target, present: Option<&Map<String, Value>>) -> Map<String, Value> {
    let mut wanted = target.attributes.clone();
    let lasting = |name: &str| relation.0.lasting.contains(&name) || relation.0.kept.contains(&name);
    wanted.retain(|name, _| !relation.0.kept.contains(&name.as_str()));
    for (name, value) in present.into_iter().flatten().filter(|(name, _)| lasting(name)) {
        if !wanted.contains_key(name) {
            wanted.insert(name.clone(), value.clone());
        }
    }
    wanted.retain(|name, value| !(value.is_null() && relation.0.lasting.contains(&name.as_str())));
    wanted
}

/// What edits lead to, read for all of them at once.
pub struct Targets {
    by_id: HashMap<RecordId, Record>,
    by_name: HashMap<(Kind, String), Record>,
    /// Those of them that the caller sees, as far as an edit needs to know.
    seen: HashSet<RecordId>,
}

impl Targets {
    pub async fn of(plan: &Planning<'_>, edits: &[&RelationEdit]) -> Result<Targets, Problem> {
        let cx = plan.cx;
        let linked: HashSet<(Relation, RecordId)> =
            plan.after.edges.iter().map(|edge| (edge.relation, edge.to)).collect();
        let (mut named, mut new): (Vec<&Ref>, HashSet<RecordId>) = Default::default();
        for edit in edits.iter().filter(|edit| plan.kind.has(edit.relation)) {
            for target in &edit.targets {
                named.push(&target.to);
                new.extend(target.to.id().filter(|id| !linked.contains(&(edit.relation, *id))));
            }
        }
        let by_id = resolve::by_ids(cx.snapshot, cx.account(), named.iter().copied()).await?;
        let by_name = resolve::by_names(cx.snapshot, cx.account(), named.iter().copied()).await?;
        let is_new = |record: &&Record| record.state.is_alive() && new.contains(&record.id);
        let asked: Vec<&Record> = by_id.values().filter(is_new).chain(by_name.values()).collect();
        let seen = cx.access.sees_each(cx.snapshot, &cx.caller.principal, &asked).await?;
        let seen = asked.iter().zip(seen).filter_map(|(record, is_seen)| is_seen.then_some(record.id)).collect();
        Ok(Targets { by_id, by_name, seen })
    }

    /// What a name means most often.
    fn named(&self, target: &Ref) -> Option<&Record> {
        let Ref::Name(kind, text) = target else { return None };
        self.by_name.get(&(*kind, text.clone())).filter(|record| self.seen.contains(&record.id))
    }
}

/// The cards of the targets, each place once, in the order of the request.
async fn resolve_targets<'e>(
    plan: &mut Planning<'_>,
    edit: &'e RelationEdit,
    targets: &Targets,
) -> Result<Vec<(Arc<Card>, &'e Target)>, Problem> {
    let cx = plan.cx;
    let linked: HashSet<RecordId> =
        plan.after.edges.iter().filter(|edge| edge.relation == edit.relation).map(|edge| edge.to).collect();
    let mut said: HashSet<(RecordId, &str)> = HashSet::with_capacity(edit.targets.len());
    let mut wanted = Vec::with_capacity(edit.targets.len());
    for target in &edit.targets {
        if target.attributes.values().any(field::is_too_deep) {
            plan.refuse(&edit.field, field::TOO_DEEP);
            continue;
        }
        for fault in field::check_declared(edit.relation.0.attributes, &target.attributes) {
            plan.refuse(&format!("{}.{}", edit.field, fault.field), fault.rule);
        }
        let named;
        let found = match target.to.id() {
            Some(id) => targets.by_id.get(&id).filter(|record| target.to.admits(record.kind)),
            None => match targets.named(&target.to) {
                Some(record) => Some(record),
                None => {
                    named = resolve::find_seen(cx.snapshot, cx.access, &cx.caller.principal, &target.to).await?;
                    named.as_ref()
                }
            },
        };
        let Some(record) = admit(plan, edit, target, found, &linked, &targets.seen).await? else { continue };
        // The same target at the same place twice is said once.
        if said.insert((record.id, target.at.as_str())) {
            let card = Arc::new(Card::of(record));
            plan.after.cards.insert(card.id, card.clone());
            wanted.push((card, target));
        }
    }
    Ok(wanted)
}

/// The target, if an edge may lead there.
async fn admit<'r>(
    plan: &mut Planning<'_>,
    edit: &RelationEdit,
    target: &Target,
    found: Option<&'r Record>,
    linked: &HashSet<RecordId>,
    seen: &HashSet<RecordId>,
) -> Result<Option<&'r Record>, Problem> {
    let Some(record) = found else {
        // A removal may name what is already gone.
        return if edit.how == How::Remove { Ok(None) } else { Err(edit.unknown(target)) };
    };
    // An edge that is there already may stay (or go) while its target is deleted, or hidden from the caller.
    if edit.how == How::Remove || linked.contains(&record.id) {
        return Ok(Some(record));
    }
    if !record.state.is_alive() || !(seen.contains(&record.id) || plan.cx.access.sees(plan.cx, record).await?) {
        return Err(edit.unknown(target));
    }
    if !record.kind.takes(edit.relation) {
        let fitting = plan.cx.registry.iter().filter(|kind| kind.takes(edit.relation)).map(Kind::name);
        let rule = format!("cannot be a {}; it takes {}", record.kind, fitting.collect::<Vec<_>>().join(" or "));
        plan.refuse(&edit.field, rule);
        return Ok(None);
    }
    Ok(Some(record))
}

/// Whether the edit says where a new record is to stand.
pub fn is_place(edit: &RelationEdit) -> bool {
    [relation::IN_DOMAIN, relation::OWNING_TEAM].contains(&edit.relation)
}

/// Whether the edit can hand rights to those whom the record concerns.
pub fn hands_out(edit: &RelationEdit) -> bool {
    [relation::HAS_ROLE, relation::DEFAULT_ROLE, relation::HAS_POLICY, relation::UNDER_TEAM].contains(&edit.relation)
}
