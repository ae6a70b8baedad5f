//! A row filter, and the masks of columns beside it, outlast the role that they were put on. Where that ends by itself or is given up, and no other role is left
//! to bear it, the product keeps it: it holds back what its user reads by a team, a policy or an open table, and the next
//! role that he is given bears it again, whichever way he comes to it.

use std::collections::HashSet;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::id::{EdgeId, RecordId, Revision};
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;
use crate::record::{Edge, Record, View};
use crate::relation::{HELD_BACK, KEPT_FILTERS, MODEL_LINKS, REFERS_BEYOND, ROLE_MASKS, ROW_FILTERS};
use crate::rows::cross_product_links;
use crate::rows::filters::of_edge;
use crate::rows::link_retention;
use crate::rows::masks;
use crate::rows::role_terms::{self, Link, Links, MOST_DRAWN, NOW, PAST, RoleTerms};
use crate::rows::roles::{self, ROLES};

pub struct LastingFilters;

#[async_trait]
impl Hooks for LastingFilters {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        // Others take a filter off with the role; nobody does so for himself.
        let user = plan.cx.caller.principal.user;
        let own: Vec<Edge> =
            plan.before.iter().flat_map(|before| roles_of(before, user)).filter(|edge| bears(edge)).cloned().collect();
        if roles_of(&plan.after, user).next().is_none() {
            for edge in &own {
                keep(&mut plan.after.record, edge);
            }
        }
        come_back(&mut plan.after);
        take_along(plan.before.as_ref(), &mut plan.after);
        follow(&mut plan.after);
        cross_product_links::refer(&mut plan.after);
        leave_out_what_is_gone(plan).await
    }
}

/// What the product says may be of users and tables that are deleted by now: no edge begins that leads to them.
async fn leave_out_what_is_gone(plan: &mut Planning<'_>) -> Result<(), Problem> {
    let is_own = |edge: &Edge| [HELD_BACK, REFERS_BEYOND].contains(&edge.relation);
    let stood: HashSet<EdgeId> = plan.before.iter().flat_map(|before| &before.edges).map(|edge| edge.id).collect();
    let is_new = |edge: &Edge| is_own(edge) && !stood.contains(&edge.id);
    let ends: Vec<RecordId> = plan.after.edges.iter().filter(|edge| is_new(edge)).map(|edge| edge.to).collect();
    if ends.is_empty() {
        return Ok(());
    }
    let cards = plan.cx.snapshot.cards(plan.cx.account(), &ends).await?;
    let alive: HashSet<RecordId> =
        cards.iter().flatten().filter(|card| card.state.is_alive()).map(|card| card.id).collect();
    plan.after.edges.retain(|edge| !is_new(edge) || alive.contains(&edge.to));
    Ok(())
}

fn roles_of(view: &View, user: RecordId) -> impl Iterator<Item = &Edge> {
    view.edges.iter().filter(move |edge| ROLES.contains(&edge.relation) && edge.to == user)
}

fn bears(edge: &Edge) -> bool {
    of_edge(edge).next().is_some()
}

/// Has the product keep the filters of a role that ends.
pub fn keep(product: &mut Record, role: &Edge) {
    if !bears(role) {
        return;
    }
    let mut kept = match product.body.shift_remove(KEPT_FILTERS) {
        Some(Value::Object(kept)) => kept,
        _ => Map::new(),
    };
    let Value::Object(of_user) = kept.entry(role.to.to_string()).or_insert_with(|| Map::new().into()) else { return };
    join(of_user, of_edge(role));
    product.body.insert(KEPT_FILTERS.to_owned(), kept.into());
}

/// Has edges lead from the product to those whom it keeps filters for, and to those for whose roles it masks columns: by
/// these it is found from its user, or his team.
pub fn follow(product: &mut View) {
    let mut kept = match product.record.body.get(KEPT_FILTERS) {
        Some(Value::Object(kept)) => kept.clone(),
        _ => Map::new(),
    };
    for (holder, masks) in masked_by_role(product) {
        if let Value::Object(of_holder) = kept.entry(holder.to_string()).or_insert_with(|| Map::new().into()) {
            join(of_holder, masks.iter());
        }
    }
    let said =
        |edge: &Edge| kept.get(&edge.to.to_string()).filter(|kept| edge.attributes.get(ROW_FILTERS) == Some(*kept));
    product.edges.retain(|edge| edge.relation != HELD_BACK || said(edge).is_some());
    let known: HashSet<RecordId> =
        product.edges.iter().filter(|edge| edge.relation == HELD_BACK).map(|edge| edge.to).collect();
    let users = kept.iter().filter_map(|(user, filters)| Some((user.parse::<RecordId>().ok()?, filters)));
    for (to, filters) in users.filter(|(to, _)| !known.contains(to)) {
        product.edges.push(Edge {
            id: EdgeId::fresh(),
            from: product.record.id,
            relation: HELD_BACK,
            at: String::new(),
            ord: 0,
            to,
            attributes: Map::from_iter([(ROW_FILTERS.to_owned(), filters.clone())]),
            since: Revision(0),
            until: None,
        });
    }
}

/// Users and teams with a role whose columns are masked, and what is.
fn masked_by_role(product: &View) -> Vec<(RecordId, Map<String, Value>)> {
    if !product.record.body.contains_key(ROLE_MASKS) {
        return Vec::new();
    }
    let all = roles::standing(product).map(|(role, holder)| {
        let masks = masks::of_role(&product.record, role);
        let masks = masks
            .filter_map(|(table, masks)| Some((table.clone(), RoleTerms { masks, ..RoleTerms::default() }.value()?)));
        (holder, masks.collect::<Map<String, Value>>())
    });
    all.filter(|(_, masks)| !masks.is_empty()).collect()
}

/// Has followed filters take along the relations of the product's models: those of now, and those that go with this change,
/// so that nobody who edits a model takes them off.
fn take_along(before: Option<&View>, after: &mut View) {
    let mut links = Links::new();
    for (view, member) in before.map(|before| (before, NOW)).into_iter().chain([(&*after, NOW), (&*after, PAST)]) {
        for (table, own) in role_terms::read_links(view.field(MODEL_LINKS).and_then(|all| all.get(member))) {
            let known = links.entry(table).or_default();
            // What nobody can follow any more held nothing back before, but for what the edges bear already.
            let own = own.into_iter().filter(|link| member == NOW || !link.columns.is_empty());
            known.extend(own.filter(|link| !known.contains(link)).collect::<Vec<_>>());
        }
    }
    if let Some(Value::Object(all)) = after.record.body.get(MODEL_LINKS).filter(|all| all.get(PAST).is_some()) {
        let mut all = all.clone();
        all.shift_remove(PAST);
        after.record.body.insert(MODEL_LINKS.to_owned(), all.into());
    }
    if links.is_empty() {
        return;
    }
    for role in after.edges.iter_mut().filter(|edge| ROLES.contains(&edge.relation)) {
        if let Some(Value::Object(borne)) = role.attributes.get_mut(ROW_FILTERS) {
            draw(borne, &links);
        }
    }
    if let Some(Value::Object(kept)) = after.record.body.get(KEPT_FILTERS) {
        let mut kept = kept.clone();
        kept.values_mut().filter_map(Value::as_object_mut).for_each(|of_holder| draw(of_holder, &links));
        after.record.body.insert(KEPT_FILTERS.to_owned(), kept.into());
    }
}

/// Puts those of the links beside filters that lead to one of them which is followed.
fn draw(filters: &mut Map<String, Value>, links: &Links) {
    let followed: Vec<String> = filters
        .iter()
        .filter(|(_, borne)| RoleTerms::read(borne).is_followed)
        .map(|(table, _)| table.clone())
        .collect();
    if followed.is_empty() {
        return;
    }
    let followed: Vec<&String> = followed.iter().collect();
    // By those that they bear already they lead on, and these make the way of none longer.
    let mut all = links.clone();
    for (table, borne) in filters.iter() {
        all.entry(table.clone()).or_default().extend(RoleTerms::read(borne).links);
    }
    let (mut leading, _) = link_retention::parted(links.clone(), &followed);
    for (table, more) in link_retention::parted(all, &followed).0 {
        leading.entry(table).or_default().extend(more);
    }
    for (table, more) in leading {
        let mut both = filters.get(&table).map(RoleTerms::read).unwrap_or_default();
        let is_new = |link: &Link| !both.links.iter().any(|known| known.is_same(link));
        let mut more: Vec<Link> = more.into_iter().filter(|link| link.is_drawn && is_new(link)).collect();
        more.truncate(MOST_DRAWN.saturating_sub(both.links.len()));
        if more.is_empty() {
            continue;
        }
        both.join(RoleTerms { links: more, ..RoleTerms::default() });
        filters.extend(both.value().map(|value| (table, value)));
    }
}

/// Puts what was kept on the roles of those who have one by now.
fn come_back(product: &mut View) {
    let Some(Value::Object(mut kept)) = product.record.body.shift_remove(KEPT_FILTERS) else { return };
    for role in product.edges.iter_mut().filter(|edge| ROLES.contains(&edge.relation)) {
        if let Some(Value::Object(filters)) = kept.shift_remove(&role.to.to_string()) {
            put(role, filters.iter());
        }
    }
    if !kept.is_empty() {
        product.record.body.insert(KEPT_FILTERS.to_owned(), kept.into());
    }
}

/// Puts filters on a role, beside those that it bears.
pub fn put<'f>(role: &mut Edge, filters: impl Iterator<Item = (&'f String, &'f Value)>) {
    let mut borne = role.attributes.get(ROW_FILTERS).and_then(Value::as_object).cloned().unwrap_or_default();
    join(&mut borne, filters);
    role.attributes.insert(ROW_FILTERS.to_owned(), Value::Object(borne));
}

/// Of one table, all that were given hold.
fn join<'f>(kept: &mut Map<String, Value>, filters: impl Iterator<Item = (&'f String, &'f Value)>) {
    for (table, more) in filters {
        let mut both = kept.get(table).map(RoleTerms::read).unwrap_or_default();
        both.join(RoleTerms::read(more));
        let value = both.value();
        kept.extend(value.map(|value| (table.clone(), value)));
    }
}
