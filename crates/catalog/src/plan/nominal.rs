//! Marks roles as given in name only, and brings a product's rows to its stewards (see [`crate::rows::nominal`]).

use serde_json::Value;

use super::planning::Planning;
use crate::caller::Designation;
use crate::id::RecordId;
use crate::kinds::{DATA_PRODUCT, TEAM};
use crate::load;
use crate::problem::Problem;
use crate::record::{Edge, View};
use crate::relation::{EDITOR, IN_DOMAIN, MEMBER, NOMINAL, OWNER, OWNING_TEAM, Relation, STEWARDS, VIEWER};
use crate::rows::Reader;
use crate::rows::holding::is_owner;
use crate::rows::nominal::{has_stewards, is_held_back, reads_all};
use crate::rows::roles::ALLOW_SQL;

/// The roles that rows can go with.
const ROLES: [Relation; 5] = [OWNER, OWNING_TEAM, EDITOR, VIEWER, MEMBER];

/// Marks the roles that a plan gives, where the caller has no rows to give with them; takes the mark off those that he
/// names again and has them.
///
/// Cost: none where no role is given; else what it costs to ask whether the caller has the rows.
pub async fn mark(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let kind = plan.kind;
    if !kind.0.rows && !["data_product", "team"].contains(&kind.name()) {
        return Ok(());
    }
    let named = std::mem::take(&mut plan.named);
    let stewards = stewards(plan).await?;
    let before = plan.before.as_ref();
    let is_again = |edge: &Edge| named.contains(&(edge.relation, edge.to)) && edge.is_nominal();
    let given: Vec<usize> = (0..plan.after.edges.len())
        .filter(|at| {
            let edge = &plan.after.edges[*at];
            brings_rows(edge) && (is_again(edge) || before.is_none_or(|before| is_given(before, edge)))
        })
        .collect();
    if given.is_empty() && stewards == Stewards::Stay {
        return Ok(());
    }
    let has = has_rows(plan).await?;
    match stewards {
        Stewards::Leave => drop(plan.after.record.body.shift_remove(STEWARDS)),
        Stewards::Come(team) if has => drop(plan.after.record.body.insert(STEWARDS.into(), team.to_string().into())),
        _ => {}
    }
    for at in given {
        let attributes = &mut plan.after.edges[at].attributes;
        match has {
            true => drop(attributes.shift_remove(NOMINAL)),
            false => drop(attributes.insert(NOMINAL.to_owned(), true.into())),
        }
    }
    Ok(())
}

/// What becomes of the stewards who have a product's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stewards {
    Stay,
    /// Another team was named.
    Leave,
    /// The product comes to them.
    Come(RecordId),
}

async fn stewards(plan: &Planning<'_>) -> Result<Stewards, Problem> {
    if plan.kind != DATA_PRODUCT {
        return Ok(Stewards::Stay);
    }
    let has_team = |view: &View| view.edges.iter().any(|edge| edge.relation == OWNING_TEAM);
    if has_team(&plan.after) {
        let had = plan.after.record.body.contains_key(STEWARDS);
        return Ok(if had { Stewards::Leave } else { Stewards::Stay });
    }
    let homes = |view: &View| -> Vec<RecordId> {
        let domains = view.edges.iter().filter(|edge| edge.relation == IN_DOMAIN).map(|edge| edge.to);
        view.record.parent.into_iter().chain(domains).collect()
    };
    let stays = |before: &View| !has_team(before) && homes(before) == homes(&plan.after);
    if plan.before.as_ref().is_some_and(stays) {
        return Ok(Stewards::Stay);
    }
    let team = load::steward_team(plan.cx.snapshot, &plan.after).await?;
    Ok(team
        .filter(|team| !has_stewards(&plan.after.record, team.id))
        .map_or(Stewards::Stay, |team| Stewards::Come(team.id)))
}

/// Whether an edge is of a role with which rows are read.
fn brings_rows(edge: &Edge) -> bool {
    let attribute = |name: &str| edge.attributes.get(name);
    if edge.relation == VIEWER {
        return attribute(ALLOW_SQL).and_then(Value::as_bool).unwrap_or(true);
    }
    if edge.relation == MEMBER {
        return Designation::parse(attribute("designation").and_then(Value::as_str)) >= Designation::Contributor;
    }
    ROLES.contains(&edge.relation)
}

/// Whether whom the edge leads to has no such role yet. One that was given in name only stays so.
fn is_given(before: &View, edge: &Edge) -> bool {
    let is_same_sort = |other: &&Edge| (other.relation == MEMBER) == (edge.relation == MEMBER) && other.to == edge.to;
    let mut roles = before.edges.iter().filter(is_same_sort).filter(|other| brings_rows(other));
    !roles.any(|other| !other.is_nominal() || other.id == edge.id)
}

/// Whether the caller has the rows that would go with a role on the record: all of them, since a filter does not go along.
/// What is new has none yet but those of the place where it is made; administrators give the programs their rights, and
/// with them this one.
async fn has_rows(plan: &Planning<'_>) -> Result<bool, Problem> {
    let cx = plan.cx;
    let principal = &*cx.caller.principal;
    if principal.is_trusted() {
        return Ok(true);
    }
    let reader = Reader::new(cx.access, cx.snapshot, principal);
    let before = plan.before.as_ref();
    if plan.kind.0.rows {
        let place = before.map(|before| before.record.id).or(plan.after.record.parent);
        // Whoever makes a source brings what opens it.
        let Some(place) = place else { return Ok(true) };
        return Ok(!reader.held(&[place]).await?.is_empty());
    }
    let Some(before) = before else { return Ok(true) };
    if plan.kind == TEAM {
        let contributes = |edge: &Edge| edge.relation == MEMBER && edge.to == principal.user && brings_rows(edge);
        let mut edges = before.edges.iter().filter(|edge| !edge.is_nominal());
        let is_in = edges.any(|edge| contributes(edge) || (edge.relation == OWNER && is_owner(principal, edge)));
        return Ok(is_in && !is_held_back(&reader, before.record.id).await?);
    }
    reads_all(&reader, before).await
}
