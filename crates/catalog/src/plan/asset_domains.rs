//! Asset domains: what a product holds goes along to its new domains, as far as the caller may say where that stands.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::join::Joined;
use super::planning::Planned;
use crate::boxed::Boxed;
use crate::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use crate::context::Context;
use crate::denials::Denials;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::kinds::{DATA_PRODUCT, DOMAIN};
use crate::overlay::Overlay;
use crate::problem::Problem;
use crate::record::View;
use crate::relation::{HAS_ASSET, IN_DOMAIN, INPUT_PORT, OUTPUT_PORT, Relation};

/// Plans a command.
type Planner = for<'a> fn(&'a Context<'a>, &'a Command) -> Boxed<'a, Result<Planned, Problem>>;

/// What goes along.
const HELD: &[Relation] = &[HAS_ASSET, INPUT_PORT, OUTPUT_PORT];

/// The domains of a product, in order; none of what is no product.
pub fn of_product(view: &View) -> Vec<RecordId> {
    if view.record.kind != DATA_PRODUCT {
        return Vec::new();
    }
    let mut domains: Vec<(u32, RecordId)> =
        view.edges.iter().filter(|edge| edge.relation == IN_DOMAIN).map(|edge| (edge.ord, edge.to)).collect();
    domains.sort_unstable();
    domains.into_iter().map(|(_, id)| id).collect()
}

/// Adds to a product's change that its assets and ports leave the domains that it leaves, and stand in those that it
/// stands in then. Each is a change of that asset, by the rights of the caller: what he does not see, or may not move,
/// stays where it is, and the product moves without it.
///
/// Cost: nothing where the domains stay the same; else two reads, and a plan for each asset that moves.
pub async fn follow(
    cx: &Context<'_>,
    before: &[RecordId],
    planned: Planned,
    plan: Planner,
) -> Result<Planned, Problem> {
    let after = of_product(&planned.outcome.view);
    let left: HashSet<RecordId> = before.iter().copied().filter(|id| !after.contains(id)).collect();
    if before.is_empty() || (left.is_empty() && after.iter().all(|id| before.contains(id))) {
        return Ok(planned);
    }
    let moving = moving(cx, &planned.outcome.view, &left, &after).await?;
    if moving.is_empty() {
        return Ok(planned);
    }
    let Planned { set, outcome } = planned;
    let overlay = Overlay::over(cx.snapshot);
    overlay.apply(&set);
    let mut joined = Joined::default();
    joined.add(set, &overlay);
    for (asset, domains) in moving {
        let inner = cx.over(&overlay);
        match Denials::aside(plan(&inner, &stand_in(asset, domains))).await {
            Ok(moved) => {
                overlay.apply(&moved.set);
                joined.add(moved.set, &overlay);
            }
            // Whoever moves the product need have no say about what it holds.
            Err(Problem::Forbidden { .. } | Problem::NotFound { .. } | Problem::UnknownReference { .. }) => {}
            Err(problem) => return Err(problem),
        }
    }
    let set = joined.into_set().ok_or_else(|| Problem::internal("a change that writes nothing"))?;
    Ok(Planned { set, outcome })
}

/// The living assets and ports that do not stand where they are to, with the domains that they are to stand in.
async fn moving(
    cx: &Context<'_>,
    product: &View,
    left: &HashSet<RecordId>,
    after: &[RecordId],
) -> Result<Vec<(Ref, Vec<RecordId>)>, Problem> {
    let mut seen = HashSet::new();
    let held = product.edges.iter().filter(|edge| HELD.contains(&edge.relation)).map(|edge| edge.to);
    let held: Vec<RecordId> = held.filter(|id| seen.insert(*id)).collect();
    if held.is_empty() {
        return Ok(Vec::new());
    }
    let mut own: HashMap<RecordId, Vec<(u32, RecordId)>> = HashMap::new();
    for edge in cx.snapshot.edges_from(&held, Some(&[IN_DOMAIN])).await? {
        own.entry(edge.from).or_default().push((edge.ord, edge.to));
    }
    let assets = cx.snapshot.by_id(cx.account(), &held).await?.into_iter().flatten();
    let mut moving = Vec::new();
    for asset in assets.filter(|asset| asset.state.is_alive() && goes_along(asset.kind)) {
        let mut own = own.remove(&asset.id).unwrap_or_default();
        own.sort_unstable();
        let own: Vec<RecordId> = own.into_iter().map(|(_, domain)| domain).collect();
        let mut wanted: Vec<RecordId> = own.iter().copied().filter(|domain| !left.contains(domain)).collect();
        let fresh: Vec<RecordId> = after.iter().copied().filter(|domain| !wanted.contains(domain)).collect();
        wanted.extend(fresh);
        if wanted != own {
            moving.push((Ref::Id(asset.kind, asset.id), wanted));
        }
    }
    Ok(moving)
}

/// What a domain itself is the place of stays there.
fn goes_along(kind: Kind) -> bool {
    kind.has(IN_DOMAIN) && !kind.0.parents.contains(&DOMAIN.name())
}

fn stand_in(asset: Ref, domains: Vec<RecordId>) -> Command {
    let edit = move |_: &View| {
        let mut draft = Draft::default();
        let targets = domains.iter().map(|domain| Target::of(Ref::Id(DOMAIN, *domain))).collect();
        draft.relate(IN_DOMAIN, How::Replace, "domains", targets);
        Ok(draft)
    };
    Command::Change { target: asset, guard: Guard::None, edit: Arc::new(edit), rules: DoorRules::default() }
}
