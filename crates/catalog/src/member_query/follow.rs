//! What a change brings into products by their queries, and what it takes out of them: in the same change set.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::affected::Affected;
use super::given::{brought, miss};
use super::{MOST_MEMBERS, Missed, RELATIONS, all_standing, language, may_edit, scan, standing_of, unchanged};
use crate::access;
use crate::caller::{Caller, Principal};
use crate::change_set::{ChangeSet, Event, EventKind, Expect, Write};
use crate::climb::MOST_ANCESTORS;
use crate::command::{DoorRules, Effect};
use crate::context::Context;
use crate::dependency::Dependency;
use crate::follow::whole_of;
use crate::id::RecordId;
use crate::kinds::DATA_PRODUCT;
use crate::load::{self, Depth};
use crate::member_language::{MemberQueries, Standing};
use crate::overlay::Overlay;
use crate::plan::diff;
use crate::plan::join::Joined;
use crate::plan::planning::{Planned, Planning};
use crate::plan::restriction_removal;
use crate::plan::version;
use crate::problem::Problem;
use crate::record::{Card, Edge, Record, State, View};
use crate::relation::{
    self, EDITOR, HAS_ASSET, HELD_BACK, INPUT_PORT, ITEM_TERM, MEMBER_QUERY, MEMBERS_FOLLOW, OUTPUT_PORT, OWNER,
    Relation, VIEWER,
};
use crate::rows::filters::{BEARING, of_edge};
use crate::rows::roles::is_denied_rows;

/// How many of those that come or go an event names.
const MOST_NAMED: usize = 50;
/// The edges of a product that this reads.
const CONCERNED: &[Relation] = &[HAS_ASSET, INPUT_PORT, OUTPUT_PORT, ITEM_TERM, OWNER, EDITOR, VIEWER, HELD_BACK];

/// What a query makes of a change.
#[derive(Default)]
struct Turn {
    enters: Vec<Record>,
    leaves: Vec<Edge>,
}

impl Turn {
    fn halves(mut self) -> [Turn; 2] {
        let (enters, leaves) = (self.enters.len().div_ceil(2), self.leaves.len() / 2);
        let other = Turn { enters: self.enters.split_off(enters), leaves: self.leaves.split_off(leaves) };
        // What stands last is looked at first.
        [other, self]
    }
}

/// Adds to a change that records enter and leave products by their queries.
///
/// Cost: a look into a map where no product has a query, and nothing where nothing changes that can be a member. Else what
/// stands around what changes is read, and who has it; and products that change.
/// Errors: none of its own: where something may not enter, it does not.
pub(crate) async fn follow(cx: &Context<'_>, planned: Planned) -> Result<Planned, Problem> {
    match affected_by(cx, &planned.set) {
        // Nearly all changes end here: what would follow them is not made room for.
        None => Ok(planned),
        Some(affected) => Box::pin(follow_affected(cx, planned, affected)).await,
    }
}

/// What a change does that queries can turn on, as far as that is known without any look.
fn affected_by(cx: &Context<'_>, set: &ChangeSet) -> Option<Affected> {
    if language(cx).is_none() || is_followed_by_nothing(cx, set) {
        return None;
    }
    Some(Affected::by(cx, set)).filter(|affected| !affected.is_nothing())
}

async fn follow_affected(cx: &Context<'_>, planned: Planned, mut affected: Affected) -> Result<Planned, Problem> {
    let overlay = Overlay::over(cx.snapshot);
    overlay.apply(&planned.set);
    let raises = planned.set.raised_epochs().next().is_some();
    let then = Context { is_behind: cx.is_behind || raises, ..cx.over(&overlay) };
    let mut all: Vec<Arc<Standing>> = Vec::new();
    let standing = all_standing(&then, cx.is_behind || affected.has_queries).await?;
    let is_asked = !standing.is_empty() || !affected.products.is_empty() || affected.may_return_products();
    if !is_asked {
        return Ok(planned);
    }
    affected.spread(cx, &then, &standing).await?;
    let mut turns: HashMap<RecordId, Turn> = HashMap::new();
    of_records(&then, &standing, &affected, &mut turns).await?;
    let mut expect = std::mem::take(&mut affected.expect);
    // Of what went by unseen everything is looked at again.
    let mut anew: HashSet<RecordId> = affected.products.iter().copied().collect();
    anew.extend(turning_on(cx, &then, &standing, &affected.referred_to).await?);
    for product in &anew {
        let Some(mut record) = then.record(*product).await? else { continue };
        if affected.products.contains(product) {
            record.state = State::Alive;
        }
        let Some(standing) = standing_of(&then, &record).filter(|_| record.state.is_alive()) else { continue };
        turns.insert(*product, of_all(&then, &standing).await?);
        expect.extend(unchanged(&then, &standing).await?);
        all.push(Arc::new(standing));
    }
    let known = |product: RecordId| {
        let anew = all.iter().find(|one| one.product == product).map(|one| &**one);
        anew.or_else(|| standing.iter().find(|one| one.product == product))
    };
    let Planned { mut set, mut outcome } = planned;
    if cx.caller.principal.user == cx.account().record() {
        // Whatever the server does by itself expects no rights otherwise.
        set.expect.push(Expect::AccessEpochIs { account: cx.account(), epoch: cx.caller.principal.epoch });
    }
    set.expect.extend(expect);
    set.expect.extend(unchanged_above(&then, &standing, &affected.records).await?);
    if !affected.products.is_empty() && !raises {
        set.writes.push(Write::RaiseEpoch { account: cx.account() });
    }
    let own = set.writes.len();
    // Whatever moves with a place moves behind the change of its product.
    let stays = |write: &&Write| !matches!(write, Write::MovePrefix { .. });
    let unmoved = Overlay::with(cx.snapshot, &set.writes.iter().filter(stays).cloned().collect::<Vec<_>>());
    let returning: HashSet<RecordId> = affected.records.iter().map(|record| record.id).collect();
    let mut joined = Joined::default();
    joined.add(set, &overlay);
    let mut changes: Vec<Record> = Vec::new();
    let mut turns: Vec<(RecordId, Turn)> = turns.into_iter().collect();
    turns.sort_unstable_by_key(|(product, _)| *product);
    for (product, turn) in turns {
        let Some(standing) = known(product) else { continue };
        let Some(record) = cx.over(&unmoved).record(product).await? else { continue };
        let Some(mut changed) = change(&then, standing, turn, record, affected.products.contains(&product)).await?
        else {
            continue;
        };
        // They come back in this change set, or were looked at in it.
        changed.set.expect.retain(|expect| !matches!(expect, Expect::Alive { id } if returning.contains(id)));
        overlay.apply(&changed.set);
        joined.add(changed.set, &overlay);
        changes.push(changed.outcome.view.record);
    }
    for record in changes {
        let is_told = outcome.view.id() == record.id || outcome.parts.iter().any(|part| part.view.id() == record.id);
        if is_told {
            let view = load::view(&overlay, record, &Depth::full()).await?;
            let parts = outcome.parts.iter_mut().filter(|part| part.view.id() == view.id());
            parts.for_each(|part| part.view = view.clone());
            if outcome.view.id() == view.id() {
                outcome.view = view;
            }
        }
    }
    let mut set = joined.into_set().unwrap_or_else(ChangeSet::nothing);
    // What is written about a subtree stays last: what is large is carried out in turns behind it.
    if let Some(subtree) = set.writes[..own].iter().position(is_of_subtree) {
        let of_products = set.writes.len() - own;
        set.writes[subtree..].rotate_right(of_products);
    }
    Ok(Planned { set, outcome })
}

/// Whether it is known without any look that no product has a query, nor gets one back by this.
fn is_followed_by_nothing(cx: &Context<'_>, set: &ChangeSet) -> bool {
    let queries = cx.members.get::<MemberQueries>().filter(|_| !cx.is_behind);
    let known = queries.and_then(|queries| queries.known(cx.account(), cx.caller.principal.epoch));
    known.is_some_and(|all| all.is_empty()) && !set.writes.iter().any(can_bring_queries)
}

fn can_bring_queries(write: &Write) -> bool {
    match write {
        Write::Put { record, .. } => record.kind == DATA_PRODUCT && record.body.contains_key(MEMBERS_FOLLOW),
        Write::MarkSubtree { state, .. } => state.is_alive(),
        _ => false,
    }
}

fn is_of_subtree(write: &Write) -> bool {
    matches!(write, Write::MovePrefix { .. } | Write::MarkSubtree { .. } | Write::DropSubtree { .. })
}

/// The products whose queries turn on one of these, or on what stands above or below it.
async fn turning_on(
    cx: &Context<'_>,
    then: &Context<'_>,
    all: &[Standing],
    these: &[RecordId],
) -> Result<Vec<RecordId>, Problem> {
    let asked: Vec<(&Standing, Option<Vec<RecordId>>)> = match these {
        [] => return Ok(Vec::new()),
        _ => all.iter().filter(|one| one.turns_on_references()).map(|one| (one, one.referred_to())).collect(),
    };
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let named: Vec<RecordId> = asked.iter().filter_map(|(_, named)| named.as_deref()).flatten().copied().collect();
    let mut above: HashMap<RecordId, HashSet<RecordId>> = HashMap::new();
    for cx in [cx, then] {
        let cards = cx.snapshot.cards_and_above(cx.account(), &[], &[these, &named].concat()).await?;
        let parents: HashMap<RecordId, Option<RecordId>> = cards.iter().map(|card| (card.id, card.parent)).collect();
        for id in these.iter().chain(&named) {
            let steps = std::iter::successors(Some(*id), |id| parents.get(id).copied().flatten());
            above.entry(*id).or_default().extend(steps.take(MOST_ANCESTORS));
        }
    }
    let is_above = |one: &RecordId, other: &RecordId| above.get(other).is_some_and(|above| above.contains(one));
    let is_met = |named: &RecordId| these.iter().any(|this| is_above(this, named) || is_above(named, this));
    let turns = |named: &Option<Vec<RecordId>>| named.as_ref().is_none_or(|named| named.iter().any(is_met));
    Ok(asked.iter().filter(|(_, named)| turns(named)).map(|(one, _)| one.product).collect())
}

/// Whether products of the account follow queries at all.
pub(crate) async fn is_anything_followed(cx: &Context<'_>) -> Result<bool, Problem> {
    Ok(language(cx).is_some() && !all_standing(cx, cx.is_behind).await?.is_empty())
}

/// What becomes of records that a change touches.
async fn of_records(
    cx: &Context<'_>,
    all: &[Standing],
    affected: &Affected,
    turns: &mut HashMap<RecordId, Turn>,
) -> Result<(), Problem> {
    let Some(language) = language(cx) else { return Ok(()) };
    let asked = |record: &&Record| all.iter().any(|standing| standing.kinds.contains(&record.kind));
    let records: Vec<Record> = affected.records.iter().filter(asked).cloned().collect();
    if records.is_empty() {
        return Ok(());
    }
    let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
    let mut held: HashMap<(RecordId, RecordId), Edge> = HashMap::new();
    for edge in cx.snapshot.edges_to(&ids, &[HAS_ASSET], u32::MAX).await? {
        held.insert((edge.from, edge.to), edge);
    }
    for view in whole_of(cx.snapshot, cx.account(), records, RELATIONS).await? {
        let document = language.document(&view);
        for standing in all.iter().filter(|standing| standing.kinds.contains(&view.record.kind)) {
            let edge = held.get(&(standing.product, view.id()));
            match (standing.condition.holds(&document), edge) {
                (true, None) => turns.entry(standing.product).or_default().enters.push(view.record.clone()),
                (false, Some(edge)) if edge.is_by_query() => {
                    turns.entry(standing.product).or_default().leaves.push(edge.clone());
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// What becomes of all records.
async fn of_all(cx: &Context<'_>, standing: &Standing) -> Result<Turn, Problem> {
    let edges = cx.snapshot.edges_from(&[standing.product], Some(&[HAS_ASSET])).await?;
    let held: HashSet<RecordId> = edges.iter().map(|edge| edge.to).collect();
    let Some(giver) = giver(cx, standing).await? else {
        let all = scan(cx, standing, &cx.caller.principal, 0).await?.all;
        let leaves = edges.into_iter().filter(|edge| edge.is_by_query() && !all.contains(&edge.to));
        return Ok(Turn { enters: Vec::new(), leaves: leaves.collect() });
    };
    let scanned = scan(cx, standing, &giver, MOST_MEMBERS).await?;
    let leaves = edges.into_iter().filter(|edge| edge.is_by_query() && !scanned.all.contains(&edge.to));
    let enters = scanned.seen.into_iter().filter(|record| !held.contains(&record.id));
    Ok(Turn { enters: enters.collect(), leaves: leaves.collect() })
}

/// Whoever gave the query, as he may act now.
async fn giver(cx: &Context<'_>, standing: &Standing) -> Result<Option<Arc<Principal>>, Problem> {
    if cx.is_behind {
        return Ok(access::as_planned(cx, standing.giver).await?.map(Arc::new));
    }
    cx.access.principal(cx.snapshot, cx.account(), standing.giver).await
}

/// The change of a product; `None` where nothing becomes of it.
///
/// `returns`: it comes back with something above it, unless it does so here.
async fn change(
    cx: &Context<'_>,
    standing: &Standing,
    turn: Turn,
    product: Record,
    returns: bool,
) -> Result<Option<Planned>, Problem> {
    let Turn { mut enters, mut leaves } = turn;
    let is_there = (product.state.is_alive() || returns) && product.body.contains_key(MEMBER_QUERY);
    if !is_there || enters.is_empty() && leaves.is_empty() {
        return Ok(None);
    }
    let mut missed = None;
    if !enters.is_empty() {
        let giver = giver(cx, standing).await?;
        let caller = giver.map(Caller::of);
        match &caller {
            Some(caller) if may_edit(&cx.of_caller(caller), &product).await? => {
                let asked: Vec<&Record> = enters.iter().collect();
                let seen = cx.access.sees_each(cx.snapshot, &caller.principal, &asked).await?;
                let mut seen = seen.into_iter();
                enters.retain(|_| seen.next().unwrap_or(false));
            }
            _ => {
                missed = Some(Missed::Giver);
                enters.clear();
            }
        }
    }
    // What a product holds, and who is held back from it: all that this can change. Others name it by its cards.
    let edges = cx.snapshot.edges_from(&[product.id], Some(CONCERNED)).await?;
    let before =
        View { record: product, edges, cards: Default::default(), ancestors: Vec::new(), inherited: Vec::new() };
    let members = before.edges.iter().filter(|edge| edge.relation == HAS_ASSET && edge.is_by_query()).count();
    let room = MOST_MEMBERS.saturating_sub(members - leaves.len().min(members));
    if enters.len() > room {
        missed = Some(Missed::Full);
        enters.truncate(room);
    }
    let mut after = altered(&before, &enters, &leaves);
    if holds_back(&before) && (!enters.is_empty() || !leaves.is_empty()) {
        let whole = load::view(cx.snapshot, before.record.clone(), &Depth::full()).await?;
        let asked = enters.len() + leaves.len();
        Turn { enters, leaves } = what_opens_nothing(cx, &whole, Turn { enters, leaves }).await?;
        if enters.len() + leaves.len() < asked {
            missed = Some(Missed::HeldBack);
            after = altered(&before, &enters, &leaves);
        }
    }
    let is_missed = missed.is_some_and(|missed| miss(&mut after, missed, cx.now));
    if enters.is_empty() && leaves.is_empty() && !is_missed {
        return Ok(None);
    }
    let mut plan = Planning::new(cx, Some(before.clone()), after, &DoorRules::default());
    plan.after.record.state = State::Alive;
    plan.revived = !before.record.state.is_alive();
    let difference = diff::between(plan.kind, &before, &plan.after);
    version::count(&mut plan, &before, &difference).await?;
    plan.store(&before, difference);
    let what = if plan.revived { EventKind::Restored } else { EventKind::Updated };
    plan.event(what, Some(told(&before, &enters, &leaves)));
    Ok(Some(plan.finish(access::of_the_server(), Effect::Updated)))
}

/// The product with those that enter, and without those that leave and what belongs to them.
fn altered(before: &View, enters: &[Record], leaves: &[Edge]) -> View {
    let mut after = before.clone();
    let gone: HashSet<RecordId> = leaves.iter().map(|edge| edge.to).collect();
    let places: HashSet<String> = gone.iter().map(|id| relation::item_place(*id)).collect();
    let of_member = [HAS_ASSET, INPUT_PORT, OUTPUT_PORT];
    after.edges.retain(|edge| {
        let is_gone = of_member.contains(&edge.relation) && gone.contains(&edge.to);
        !is_gone && !places.contains(&edge.at)
    });
    let ords = after.edges.iter().filter(|edge| edge.relation == HAS_ASSET).map(|edge| edge.ord + 1);
    let first = ords.max().unwrap_or(0);
    for (ord, record) in (first..).zip(enters) {
        after.cards.insert(record.id, Arc::new(Card::of(record)));
        after.edges.push(brought(before.id(), record.id, ord));
    }
    after
}

fn holds_back(product: &View) -> bool {
    let bearing = product.edges.iter().filter(|edge| BEARING.contains(&edge.relation));
    bearing.into_iter().any(|edge| of_edge(edge).next().is_some() || is_denied_rows(edge))
}

/// As much of a turn as takes off nothing that keeps anybody from rows.
///
/// Cost: one look where nothing does; else a few more for each of those that do.
async fn what_opens_nothing(cx: &Context<'_>, product: &View, turn: Turn) -> Result<Turn, Problem> {
    let mut kept = Turn::default();
    let mut waiting = vec![turn];
    while let Some(part) = waiting.pop() {
        let enters = [kept.enters.as_slice(), &part.enters].concat();
        let leaves = [kept.leaves.as_slice(), &part.leaves].concat();
        if !restriction_removal::opens_any(cx, product, &altered(product, &enters, &leaves)).await? {
            kept = Turn { enters, leaves };
        } else if part.enters.len() + part.leaves.len() > 1 {
            waiting.extend(part.halves());
        }
    }
    Ok(kept)
}

/// The event's detail: it shows in the product alone, and says why.
fn told(product: &View, enters: &[Record], leaves: &[Edge]) -> Value {
    let ids = |ids: &mut dyn Iterator<Item = RecordId>| -> Vec<String> {
        ids.take(MOST_NAMED).map(|id| id.to_string()).collect()
    };
    let mut detail = Event::of_itself_alone();
    detail[MEMBER_QUERY] = json!({
        "query": product.text(MEMBER_QUERY),
        "entered": ids(&mut enters.iter().map(|record| record.id)),
        "left": ids(&mut leaves.iter().map(|edge| edge.to)),
        "entered_count": enters.len(),
        "left_count": leaves.len(),
    });
    detail
}

/// That what these records have from above them is as it was read; nothing where no query turns on it.
async fn unchanged_above(cx: &Context<'_>, all: &[Standing], records: &[Record]) -> Result<Option<Expect>, Problem> {
    let asked = |record: &&Record| {
        all.iter().any(|standing| standing.turns_on_places() && standing.kinds.contains(&record.kind))
    };
    let parents: Vec<RecordId> = records.iter().filter(asked).filter_map(|record| record.parent).collect();
    if parents.is_empty() {
        return Ok(None);
    }
    let Some(since) = cx.snapshot.version().await? else { return Ok(None) };
    let above = cx.snapshot.cards_and_above(cx.account(), &[], &parents).await?;
    let dependencies: Arc<[Dependency]> = above.iter().map(|card| Dependency::record(card.id)).collect();
    Ok((!dependencies.is_empty()).then_some(Expect::Unchanged { since, dependencies }))
}
