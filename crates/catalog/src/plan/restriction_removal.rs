//! What holds somebody back from rows of a product, a row filter or the denial of queries, is taken off by those who have
//! all of its rows, and by nobody from himself. What is deleted holds nobody back any more, and so does what goes along
//! with something that is deleted.

use std::collections::{HashMap, HashSet};

use super::planning::Planning;
use super::release::moves_out;
use crate::access;
use crate::action::Action;
use crate::climb::MOST_ANCESTORS;
use crate::context::Context;
use crate::id::RecordId;
use crate::kind::{Asset, Kind, Visibility};
use crate::kinds::{DATA_PRODUCT, TABLE, TEAM};
use crate::load::{self, Depth};
use crate::ports::Verdict;
use crate::problem::Problem;
use crate::query::ListQuery;
use crate::record::{Card, Edge, Record, View};
use crate::relation::HAS_ASSET;
use crate::rows::filters::{BEARING, Held, of_edge};
use crate::rows::roles::is_denied_rows;
use crate::rows::{Reader, filters, nominal};

/// How many products are looked at in one read.
const PAGE: u32 = 1_000;

/// Looks at a change of a product, or (`after` is `None`) at its deletion.
///
/// Cost: none where nobody is held back; where a filter that was for nothing is given a table, that of [`opens`].
/// Errors: `Forbidden`.
pub async fn check(cx: &Context<'_>, before: &View, after: Option<&View>) -> Result<(), Problem> {
    let principal = &*cx.caller.principal;
    if before.record.kind != DATA_PRODUCT || principal.is_admin {
        return Ok(());
    }
    let reader = Reader::new(cx.access, cx.snapshot, principal);
    let (mut himself, mut others) = (false, false);
    for user in held_back(before) {
        let is_opened = match after {
            Some(after) => opens(cx, Some(&reader), before, after, user).await?,
            None => false,
        };
        if !is_opened && !is_freed(before, after, user) {
            continue;
        }
        match principal.rows_holders().any(|own| own == user) {
            true => himself |= is_opened || gains(cx, &reader, before, after).await?,
            false => others = true,
        }
    }
    let kind = before.record.kind;
    if himself {
        return Err(refused(cx, kind, FROM_HIMSELF));
    }
    if others && !principal.is_bot && !nominal::reads_all(&reader, before).await? {
        return Err(refused(cx, kind, "only who reads all rows takes off from others what keeps them from rows"));
    }
    Ok(())
}

/// Whether a change of a product takes off what keeps anybody from rows, whoever makes it: what is decided by nobody takes
/// off nothing, whatever standing he has whose act leads to it.
///
/// Cost: that of [`check`], without what is asked about the caller's own rows.
pub async fn opens_any(cx: &Context<'_>, before: &View, after: &View) -> Result<bool, Problem> {
    for user in held_back(before) {
        if is_freed(before, Some(after), user) || opens(cx, None, before, after, user).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All whom the product's edges may keep from rows.
fn held_back(product: &View) -> Vec<RecordId> {
    let bearing = product.edges.iter().filter(|edge| BEARING.contains(&edge.relation));
    let mut held_back: Vec<RecordId> = bearing.map(|edge| edge.to).collect();
    held_back.sort_unstable();
    held_back.dedup();
    held_back
}

const FROM_HIMSELF: &str = "nobody takes off from himself what keeps him from rows";

fn refused(cx: &Context<'_>, kind: Kind, why: &str) -> Problem {
    access::forbidden(&cx.caller.principal, Action::EditUsers, kind.name(), Some(why.to_owned()))
}

/// Looks at what goes along when a record is deleted with all that stands below it: products, as if each were deleted, and
/// assets of which the caller sees a part.
///
/// Cost: none for administrators; where products can stand below, two questions for each page of them, and more for those
/// that hold somebody back; where assets can, one where the caller has no filters.
/// Errors: `Forbidden`.
pub async fn check_deletion(plan: &Planning<'_>, is_recursive: bool) -> Result<(), Problem> {
    let cx = plan.cx;
    if cx.caller.principal.is_admin {
        return Ok(());
    }
    if plan.kind.0.rows && plan.kind.0.asset != Asset::No {
        return assets_go(plan).await;
    }
    let product = DATA_PRODUCT;
    if is_recursive && cx.registry.kinds_below(plan.kind).contains(&product) {
        return products_go(plan, product).await;
    }
    Ok(())
}

async fn products_go(plan: &Planning<'_>, product: Kind) -> Result<(), Problem> {
    let (cx, root) = (plan.cx, &plan.after.record);
    let mut query = ListQuery { within: Some(root.fqn.clone()), limit: PAGE, ..ListQuery::of(cx.account(), product) };
    loop {
        let page = cx.snapshot.list(&query).await?;
        let is_last = page.len() < PAGE as usize;
        query.after = page.last().map(|last| query.keyset(last));
        let ids: Vec<RecordId> = page.iter().map(|record| record.id).collect();
        let edges = cx.snapshot.edges_from(&ids, Some(&BEARING)).await?;
        let holds_back = |edge: &&Edge| of_edge(edge).next().is_some() || is_denied_rows(edge);
        let holding: HashSet<RecordId> = edges.iter().filter(holds_back).map(|edge| edge.from).collect();
        let going = page.into_iter().filter(|record| holding.contains(&record.id) && !moves_out(plan, record.id));
        for view in load::views(cx.snapshot, going.collect(), &Depth::full()).await? {
            // An FQN says nothing of the kinds in it.
            if view.ancestors.iter().any(|card| card.id == root.id) {
                check(cx, &view, None).await?;
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

/// A filter is for what its product holds: with an asset that goes, a filter that other assets bear the name of ends for it.
async fn assets_go(plan: &Planning<'_>) -> Result<(), Problem> {
    let (cx, root) = (plan.cx, plan.after.record.id);
    let reader = Reader::new(cx.access, cx.snapshot, &cx.caller.principal);
    let closed = reader.closed().await?.assets();
    if closed.is_empty() {
        return Ok(());
    }
    let cards = cx.snapshot.cards_and_above(cx.account(), &[], &closed).await?;
    let above: HashMap<RecordId, Option<RecordId>> = cards.iter().map(|card| (card.id, card.parent)).collect();
    let goes = |asset: &RecordId| {
        let steps = std::iter::successors(Some(*asset), |id| above.get(id).copied().flatten());
        steps.take(MOST_ANCESTORS).any(|id| id == root)
    };
    let going: Vec<RecordId> = closed.into_iter().filter(goes).collect();
    if going.is_empty() || reader.held(&going).await?.len() == going.len() {
        return Ok(());
    }
    Err(refused(cx, plan.kind, FROM_HIMSELF))
}

fn is_freed(before: &View, after: Option<&View>, user: RecordId) -> bool {
    // What a role bore and the product keeps counts as taken off: a role is given up for nothing that it holds back.
    let on_roles = |view: &View| filters::on_roles(view, user);
    let left = after.map(on_roles).unwrap_or_default();
    let is_off_roles = filters::lifts(&on_roles(before), &left);
    let is_gone = after.is_none() && !filters::restrictions(before, user).is_empty();
    let is_lifted = is_off_roles || is_gone || after.is_some_and(|after| filters::freed(before, after, user));
    is_lifted || (is_denied(before, user) && !after.is_some_and(|after| is_denied(after, user)))
}

/// Whether a change gives a filter that was for none of the product's tables one to be for, and with that opens others: a
/// filter that is for nothing closes all tables of its product, and whatever bears its name. What the product had comes
/// back as it was, while it had no other of that name. The reader is the caller: to himself nothing opens that he holds.
///
/// Cost: none where no filter is found; else, of each, a look-up of its names, two questions about what the caller holds,
/// and one of each other table that bears the name.
async fn opens(
    cx: &Context<'_>,
    reader: Option<&Reader<'_>>,
    before: &View,
    after: &View,
    user: RecordId,
) -> Result<bool, Problem> {
    for given in filters::found(before, after, user) {
        let Some(namesakes) = namesakes(cx, &given).await? else { return Ok(true) };
        let is_meant = |card: &Card| filters::means_record(&given, &card.fqn);
        let own: HashSet<RecordId> = filters::tables(after).map(|card| card.id).collect();
        let mut elsewhere: Vec<RecordId> = namesakes.into_iter().filter(|id| !own.contains(id)).collect();
        let mut beside: Vec<RecordId> =
            filters::tables(after).filter(|card| !is_meant(card)).map(|card| card.id).collect();
        if let Some(reader) = reader.filter(|reader| reader.principal.user == user) {
            let held = reader.held(&[elsewhere.as_slice(), &beside].concat()).await?;
            elsewhere.retain(|id| !held.contains(id));
            beside.retain(|id| !held.contains(id));
        }
        if elsewhere.is_empty() && beside.is_empty() {
            continue;
        }
        let mut comes_back = false;
        for card in filters::tables(after).filter(|card| is_meant(card)) {
            comes_back |= was_in(cx, &before.record, card.id).await? == Some(true);
        }
        if !comes_back {
            return Ok(true);
        }
        for id in elsewhere {
            if was_in(cx, &before.record, id).await? != Some(false) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The tables of the account that a filter may be for; `None` where there are too many to look at.
async fn namesakes(cx: &Context<'_>, given: &str) -> Result<Option<Vec<RecordId>>, Problem> {
    let mut namesakes = Vec::new();
    for name in filters::names(given) {
        let named = cx.snapshot.by_folded_name(cx.account(), TABLE, &name, PAGE).await?;
        if named.len() >= PAGE as usize {
            return Ok(None);
        }
        let meant = named.iter().filter(|table| filters::means_record(given, &table.fqn));
        namesakes.extend(meant.map(|table| table.id));
    }
    Ok(Some(namesakes))
}

/// Whether the product has ever had the asset; `None` where too many have had it to tell.
async fn was_in(cx: &Context<'_>, product: &Record, asset: RecordId) -> Result<Option<bool>, Problem> {
    let edges = cx.snapshot.edges_ever_to(asset, &[HAS_ASSET], product.kind, PAGE).await?;
    let was = edges.iter().any(|edge| edge.from == product.id);
    Ok(if was || edges.len() < PAGE as usize { Some(was) } else { None })
}

/// Whether queries are denied to the user in person. A team's role that brings no rows holds nobody back from those that he
/// reads otherwise.
fn is_denied(product: &View, user: RecordId) -> bool {
    let is_team = || product.cards.get(&user).is_some_and(|card| card.kind == TEAM);
    product.edges.iter().any(|edge| edge.to == user && is_denied_rows(edge)) && !is_team()
}

/// Whether the caller would read more rows, or count them: by the role that he keeps, by another standing, by a policy,
/// which a filter holds back, or since whoever sees a table sees how many rows it has.
async fn gains(cx: &Context<'_>, reader: &Reader<'_>, before: &View, after: Option<&View>) -> Result<bool, Problem> {
    if let Some(after) = after
        && reader.may_query(after).await?.is_some()
    {
        return Ok(true);
    }
    let table = TABLE;
    let may_have = |part| cx.access.gate().decide(reader.principal, part, table, Visibility::Open, None);
    let parts = [Action::ViewSampleData, Action::ViewDataProfile];
    if parts.into_iter().any(|part| !matches!(may_have(part), Verdict::Never { .. })) {
        return Ok(true);
    }
    let himself: Vec<RecordId> = reader.principal.rows_holders().collect();
    let held = |view: &View| -> Vec<(String, Held)> {
        let of = |holder: &RecordId| [filters::restrictions(view, *holder), filters::on_roles(view, *holder)].concat();
        himself.iter().flat_map(of).collect()
    };
    let is_gone = filters::lifts(&held(before), &after.map(held).unwrap_or_default());
    let is_freed = |after: &View| himself.iter().any(|holder| filters::freed(before, after, *holder));
    if !is_gone && !after.is_some_and(is_freed) {
        return Ok(false);
    }
    // A filter that is for none of its tables closes others, too.
    if himself.iter().any(|holder| !filters::lost(before, *holder).is_empty()) {
        return Ok(true);
    }
    // Who holds all that the product has was held back from nothing.
    let assets = before.edges.iter().filter(|edge| edge.relation == HAS_ASSET).map(|edge| edge.to);
    let assets: HashSet<RecordId> = assets.collect();
    let held = reader.held(&assets.iter().copied().collect::<Vec<_>>()).await?;
    Ok(assets.is_empty() || held.len() < assets.len())
}
