//! Relation edits: which edges a draft asks for, resolved against the snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use super::Planning;
use crate::command::{How, RelationEdit, Target};
use crate::id::{EdgeId, Revision};
use crate::problem::Problem;
use crate::record::{Card, Edge, Record};
use crate::resolve;

/// Applies one edit to the planned edges. New edges carry revision 0 until the record's next revision is known.
pub async fn apply(plan: &mut Planning<'_>, edit: &RelationEdit) -> Result<(), Problem> {
    if !plan.kind.has(edit.relation) {
        plan.refuse(&edit.field, format!("is not a relation of {}", plan.kind));
        return Ok(());
    }
    let mut wanted: Vec<(Arc<Card>, &Target)> = Vec::with_capacity(edit.targets.len());
    for target in &edit.targets {
        let Some(record) = find(plan, edit, target).await? else { continue };
        let card = Arc::new(Card::of(&record));
        plan.after.cards.insert(card.id, card.clone());
        // The same target at the same place twice is said once.
        if !wanted.iter().any(|(known, other)| known.id == card.id && other.at == target.at) {
            wanted.push((card, target));
        }
    }
    if edit.relation.0.single && edit.how != How::Remove && wanted.len() > 1 {
        plan.refuse(&edit.field, "takes at most one");
    }
    let edges = &mut plan.after.edges;
    let same = |edge: &Edge, card: &Card, target: &Target| {
        edge.relation == edit.relation && edge.to == card.id && edge.at == target.at
    };
    match edit.how {
        How::Remove => {
            edges.retain(|edge| !wanted.iter().any(|(card, target)| same(edge, card, target)));
            return Ok(());
        }
        How::Replace => edges.retain(|edge| {
            edge.relation != edit.relation || wanted.iter().any(|(card, target)| same(edge, card, target))
        }),
        How::ReplaceAt => edges.retain(|edge| {
            edge.relation != edit.relation
                || !edge.at.is_empty()
                || wanted.iter().any(|(card, target)| same(edge, card, target))
        }),
        How::Add if edit.relation.0.single => {
            edges.retain(|edge| {
                edge.relation != edit.relation || wanted.iter().any(|(card, target)| same(edge, card, target))
            });
        }
        How::Add => {}
    }
    let mut next_ord = match edit.how {
        How::Add => edges.iter().filter(|e| e.relation == edit.relation).map(|e| e.ord + 1).max().unwrap_or(0),
        _ => 0,
    };
    // Edges by place, found in one pass: a product can hold thousands.
    let index: HashMap<(crate::id::RecordId, String), usize> = edges
        .iter()
        .enumerate()
        .filter(|(_, edge)| edge.relation == edit.relation)
        .map(|(at, edge)| ((edge.to, edge.at.clone()), at))
        .collect();
    for (card, target) in wanted {
        match index.get(&(card.id, target.at.clone())) {
            Some(&at) => {
                edges[at].attributes.clone_from(&target.attributes);
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
                    attributes: target.attributes.clone(),
                    since: Revision(0),
                    until: None,
                });
                next_ord += 1;
            }
        }
    }
    Ok(())
}

async fn find(plan: &mut Planning<'_>, edit: &RelationEdit, target: &Target) -> Result<Option<Record>, Problem> {
    let cx = plan.cx;
    let found = resolve::find(cx.snapshot, cx.account(), &target.to).await?;
    let kinds = edit.relation.0.to;
    let unknown = || Problem::UnknownReference {
        field: edit.field.clone(),
        kind: match kinds {
            [one] => one,
            _ => target.to.kind_name(),
        },
        value: target.to.text(),
    };
    match found {
        // A removal may name what is already gone.
        None if edit.how == How::Remove => Ok(None),
        None => Err(unknown()),
        Some(record) if edit.how == How::Remove => Ok(Some(record)),
        Some(record) if !record.state.is_alive() => {
            // An edge that is there already may stay while its target is deleted.
            let kept = plan.after.edges.iter().any(|edge| edge.relation == edit.relation && edge.to == record.id);
            if kept { Ok(Some(record)) } else { Err(unknown()) }
        }
        Some(record) if !kinds.is_empty() && !kinds.contains(&record.kind.name()) => {
            plan.refuse(&edit.field, format!("cannot be a {}; it takes {}", record.kind, kinds.join(" or ")));
            Ok(None)
        }
        Some(record) => {
            if !cx.access.sees(cx, &record).await? {
                return Err(unknown());
            }
            Ok(Some(record))
        }
    }
}
