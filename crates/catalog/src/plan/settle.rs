//! What a change gives that somebody has asked for: whoever gives it has decided the request, whatever door he used.

use std::collections::hash_map::Entry;

use foldhash::{HashMap, HashSet, HashSetExt};

use super::decide::{self, Asked, Decided};
use super::join::Joined;
use super::planning::Planned;
use crate::access;
use crate::action::Action;
use crate::caller::Principal;
use crate::change_set::{ChangeSet, EventKind, Write};
use crate::context::Context;
use crate::id::{EdgeId, RecordId};
use crate::kinds::TEAM;
use crate::kinds::access_request::{APPROVED, OPEN, REQUESTER, STATE, WITHDRAWN};
use crate::load::{self, Depth};
use crate::overlay::Overlay;
use crate::problem::Problem;
use crate::query::{ListQuery, Order};
use crate::record::{Edge, Record, View};
use crate::relation::{HAS_ASSET, IN_DOMAIN, MEMBER, OWNING_TEAM, VIEWER};
use crate::requests::{self, KIND, READ_WITH, Wanted};
use crate::rows::{grants, roles};

/// Open requests that are read at once.
const PAGE: u32 = 100;
/// The requests of so many people are looked for one by one; those of more are picked out of all that is open.
const FEW: usize = 3;

/// Marks the open requests whose makers have by this change what they ask for: approved by the caller, in the same
/// change set. Nobody has approved them where a program made the change, or was acting for the caller: they are withdrawn.
///
/// Errors: `Forbidden` where he has asked for it himself.
pub async fn settle(cx: &Context<'_>, planned: Planned) -> Result<Planned, Problem> {
    let given = Given::by(cx, &planned.set).await?;
    match given.is_empty() {
        // Nearly all changes end here: what would follow them is not made room for.
        true => Ok(planned),
        false => Box::pin(settle_given(cx, planned, given)).await,
    }
}

async fn settle_given(cx: &Context<'_>, planned: Planned, mut given: Given) -> Result<Planned, Problem> {
    let Planned { set, outcome } = planned;
    let overlay = Overlay::over(cx.snapshot);
    overlay.apply(&set);
    let inner = cx.over(&overlay);
    given.to_team = given.to_team || given.is_to_team(&inner).await?;
    let mut joined = Joined::default();
    joined.add(set, &overlay);
    let is_by_program = !cx.is_configured && (cx.caller.principal.is_bot || cx.caller.through.is_some());
    let (mut before, mut after) = (Side::default(), Side::default());
    for (request, asked) in given.open_requests(&inner).await? {
        if before.has(cx, &asked).await? || !after.has(&inner, &asked).await? {
            continue;
        }
        let is_own = asked.requester == cx.caller.principal.user;
        if is_own && !cx.is_configured {
            return Err(by_himself(cx, &asked.wanted));
        }
        // It ends as what was given says itself.
        let decided =
            Decided { state: if is_own || is_by_program { WITHDRAWN } else { APPROVED }, until: None, words: None };
        let request = load::view(inner.snapshot, request, &Depth::full()).await?;
        let marked = decide::mark(&inner, access::of_the_server(), request, &asked, &decided).await?;
        overlay.apply(&marked.set);
        joined.add(marked.set, &overlay);
    }
    let set = joined.into_set().ok_or_else(|| Problem::internal("a change that writes nothing"))?;
    Ok(Planned { set, outcome })
}

/// What requests are compared with, as things are before the change or after it: each product and person is read once,
/// however many ask.
#[derive(Default)]
struct Side {
    products: HashMap<RecordId, Option<View>>,
    people: HashMap<RecordId, Option<Principal>>,
}

impl Side {
    /// Whether whoever asks has what he asks for.
    async fn has(&mut self, cx: &Context<'_>, asked: &Asked) -> Result<bool, Problem> {
        let who = match self.people.entry(asked.requester) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(access::as_planned(cx, asked.requester).await?),
        };
        let product = match self.products.entry(asked.product) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(match cx.record(asked.product).await? {
                Some(product) => Some(load::view(cx.snapshot, product, &Depth::of(&READ_WITH, true)).await?),
                None => None,
            }),
        };
        let (Some(who), Some(product)) = (who, product) else { return Ok(false) };
        requests::has_already((cx.access, cx.snapshot), who, product, &asked.wanted, asked.until).await
    }
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
    /// On which roles or loans begin, or somebody comes by what ends.
    products: HashSet<RecordId>,
    /// Whom they name: people, and what is lent.
    named: HashSet<RecordId>,
    /// Those of them who have a role.
    holders: HashSet<RecordId>,
    /// A team is among them, or the stewards come.
    to_team: bool,
    /// Who joins a team, or stands otherwise in it; who is let in again, or whose team comes back.
    members: HashSet<RecordId>,
}

impl Given {
    /// Of what begins itself nobody has asked for anything.
    ///
    /// A team that comes under another gives nothing: whoever stands in a team only by one below it has no role by it.
    ///
    /// Cost: a read where a product loses edges, one where users change, and one where teams come back.
    async fn by(cx: &Context<'_>, set: &ChangeSet) -> Result<Given, Problem> {
        let above = cx.registry.expect(KIND).0.parents;
        let changed: HashMap<RecordId, bool> =
            replaced(set).map(|record| (record.id, above.contains(&record.kind.name()))).collect();
        let mut given = Given::default();
        for edge in set.writes.iter().filter_map(Write::link) {
            match changed.get(&edge.from) {
                Some(true) => given.begin(edge),
                Some(false) if edge.relation == MEMBER => drop(given.members.insert(edge.to)),
                _ => {}
            }
        }
        let products: Vec<RecordId> = changed.iter().filter(|(_, is_above)| **is_above).map(|(id, _)| *id).collect();
        given.end(cx, set, &products).await?;
        given.come_back(cx, set).await?;
        Ok(given)
    }

    /// What begins on a product. Where it moves to, there are other stewards.
    fn begin(&mut self, edge: &Edge) {
        let is_move = edge.relation == IN_DOMAIN;
        let is_role = READ_WITH.contains(&edge.relation) && (edge.relation != HAS_ASSET || grants::is_granted(edge));
        if !is_move && !is_role {
            return;
        }
        self.products.insert(edge.from);
        self.to_team |= is_move;
        if is_role {
            self.named.insert(edge.to);
        }
        if is_role && edge.relation != HAS_ASSET {
            self.holders.insert(edge.to);
        }
    }

    /// What comes by what ends: to the stewards, what another team held; to a viewer who was denied the rows, those that
    /// his team brings.
    async fn end(&mut self, cx: &Context<'_>, set: &ChangeSet, products: &[RecordId]) -> Result<(), Problem> {
        let unlinked = |write: &Write| match write {
            Write::Unlink { id, .. } => Some(*id),
            _ => None,
        };
        let ended: HashSet<EdgeId> = set.writes.iter().filter_map(unlinked).collect();
        if ended.is_empty() || products.is_empty() {
            return Ok(());
        }
        let edges = cx.snapshot.edges_from(products, Some(&[OWNING_TEAM, VIEWER])).await?;
        for edge in edges.into_iter().filter(|edge| ended.contains(&edge.id)) {
            if edge.relation == OWNING_TEAM {
                self.to_team = true;
            } else if !roles::opens_rows(&edge) {
                self.named.insert(edge.to);
            } else {
                continue;
            }
            self.products.insert(edge.from);
        }
        Ok(())
    }

    /// Who is let in again, and the members of teams that are there again: they have what they were given meanwhile.
    async fn come_back(&mut self, cx: &Context<'_>, set: &ChangeSet) -> Result<(), Problem> {
        let users: Vec<RecordId> =
            replaced(set).filter(|record| access::may_act(record)).map(|record| record.id).collect();
        if !users.is_empty() {
            let before = cx.snapshot.by_id(cx.account(), &users).await?;
            let shut_out = |record: &Record| record.state.is_alive() && !access::may_act(record);
            let before = before.into_iter().flatten().filter(|record| shut_out(record));
            self.members.extend(before.map(|record| record.id));
        }
        let restored = set.events.iter().filter(|event| event.what == EventKind::Restored);
        let teams: Vec<RecordId> = restored.filter(|event| event.kind == TEAM).map(|event| event.id).collect();
        if !teams.is_empty() {
            let places = cx.snapshot.edges_from(&teams, Some(&[MEMBER])).await?;
            self.members.extend(places.iter().map(|edge| edge.to));
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.products.is_empty() && self.members.is_empty()
    }

    async fn is_to_team(&self, cx: &Context<'_>) -> Result<bool, Problem> {
        let holders: Vec<RecordId> = self.holders.iter().copied().collect();
        let cards = cx.snapshot.cards(cx.account(), &holders).await?;
        Ok(cards.into_iter().flatten().any(|card| card.kind == TEAM))
    }

    /// Rows are the product's, whoever asks for them; a role can come with a team.
    fn concerns(&self, asked: &Asked) -> bool {
        let is_of_product = self.products.contains(&asked.product);
        match &asked.wanted {
            Wanted::Rows(assets) => is_of_product && assets.iter().any(|asset| self.named.contains(asset)),
            Wanted::Viewer | Wanted::Editor => {
                let who = &asked.requester;
                self.members.contains(who) || is_of_product && (self.to_team || self.named.contains(who))
            }
        }
    }

    /// All that are open and for what begins, however many.
    async fn open_requests(&self, cx: &Context<'_>) -> Result<Vec<(Record, Asked)>, Problem> {
        let mut found: Vec<(Record, Asked)> = Vec::new();
        let mut seen = HashSet::new();
        for mut query in self.queries(cx) {
            loop {
                let page = cx.snapshot.list(&query).await?;
                let next = page.last().filter(|_| page.len() == query.limit as usize).map(|last| query.keyset(last));
                for request in page {
                    let asked =
                        Asked::of(&request).ok_or_else(|| Problem::internal("a request that asks for nothing"))?;
                    if self.concerns(&asked) && seen.insert(request.id) {
                        found.push((request, asked));
                    }
                }
                if next.is_none() {
                    break;
                }
                query.after = next;
            }
        }
        Ok(found)
    }

    /// What finds them: the requests of the members, and those for the products.
    fn queries(&self, cx: &Context<'_>) -> Vec<ListQuery> {
        let open = ListQuery {
            fields: vec![(STATE, OPEN.into())],
            // As the index of a listed field has them.
            order: Order::Created,
            limit: PAGE,
            ..ListQuery::of(cx.account(), cx.registry.expect(KIND))
        };
        if self.members.len() > FEW {
            return vec![open];
        }
        let of_member = |member: &RecordId| {
            let mut query = open.clone();
            query.fields.push((REQUESTER, member.to_string().into()));
            query
        };
        let of_product = |product: &RecordId| ListQuery { parent: Some(*product), ..open.clone() };
        self.members.iter().map(of_member).chain(self.products.iter().map(of_product)).collect()
    }
}

/// The records of which the change makes another state.
fn replaced(set: &ChangeSet) -> impl Iterator<Item = &Record> {
    set.writes.iter().filter_map(|write| match write {
        Write::Put { record, replaces: Some(_), .. } => Some(&**record),
        _ => None,
    })
}
