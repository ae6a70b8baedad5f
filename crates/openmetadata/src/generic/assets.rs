//! Assets: what records hold, as their noun declares it. Lists and counts of it, and changes of many at a time.

pub mod label;
pub mod page;
pub mod product;
pub mod rows;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::View;
use emporion_catalog::relation::TAGGED;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::Shape;
use serde_json::{Map, Value};

use super::bulk::RESULT;
use crate::asset_relation::AssetRelation;
use crate::case::capitalised;
use crate::door::Door;
use crate::errors::OmResult;
use crate::noun::{Direction, Noun};
use crate::operation::{Call, change, ok, row};
use crate::params;
use label::Label;
use page::{ENTITY_LIST, REFERENCE_LIST, Window};
use rows::{Plan, Rows};

/// More holders than an account has.
const ALL: u32 = 1_000_000;

/// The operations on everything that records of the noun hold.
pub fn routes(noun: &'static Noun) -> Vec<Route<Door>> {
    noun.assets.iter().flat_map(|holds| operations(noun, holds)).collect()
}

fn operations(noun: &'static Noun, holds: &'static AssetRelation) -> Vec<Route<Door>> {
    let (collection, path) = (noun.collection, holds.path);
    let (holder, what) = (capitalised(noun.entity_type), capitalised(path));
    let [add, remove, by_id, by_name] = holds.summaries;
    let mut rows = Vec::new();
    let changes = [("add", holds.add, add), ("remove", How::Remove, remove)];
    for (verb, how, summary) in changes.into_iter().filter(|_| !holds.only_listed) {
        rows.push(Route {
            path: format!("/v1/{collection}/{{name}}/{path}/{verb}").into(),
            operation: format!("{verb}{holder}{what}").into(),
            summary: summary.into(),
            input: holds.request,
            // A call in which every row fails answers 400 with the same body.
            output: Some(Shape::Struct(&RESULT)),
            errors: &[404],
            ..row(Method::PUT, "", "", noun.tag, move |call| edit(call, noun, holds, how))
        });
    }
    for (address, suffix, summary) in [("{id}", "", by_id), ("name/{fqn}", "ByName", by_name)] {
        rows.push(Route {
            path: format!("/v1/{collection}/{address}/{path}").into(),
            operation: format!("list{holder}{what}{suffix}").into(),
            summary: summary.into(),
            output: Some(Shape::Struct(if holds.whole { &ENTITY_LIST } else { &REFERENCE_LIST })),
            errors: &[404],
            ..row(Method::GET, "", "", noun.tag, move |call| list(call, noun, holds))
        });
    }
    rows.extend(holds.count.map(|summary| Route {
        path: format!("/v1/{collection}/{path}/counts").into(),
        operation: format!("count{holder}{what}").into(),
        summary: summary.into(),
        ..row(Method::GET, "", "", noun.tag, move |call| counts(call, noun, holds))
    }));
    rows
}

async fn edit(call: Call, noun: &'static Noun, holds: &'static AssetRelation, how: How) -> OmResult<Answer> {
    let rows = Rows::of(&call, &call.body(holds.request)?)?;
    let holder = call.by_name_or_id("name", call.kind(noun.kind_name));
    let plan = match holds.direction {
        Direction::Out => of_holder(holder, holds, how),
        Direction::In => of_assets(&call, holder, holds, how).await?,
    };
    rows.run(&call, plan, how == How::Remove).await
}

fn of_holder(holder: Ref, holds: &'static AssetRelation, how: How) -> Plan {
    let (action, relation, target) = (Action::for_field(holds.relation.name()), holds.relation, holder.clone());
    let command = Box::new(move |assets: Vec<Ref>| {
        change(target.clone(), move |view| {
            let mut draft = Draft::default();
            draft.relate(relation, how, holds.field, product::targets(view, relation, how, &assets)?);
            Ok(draft)
        })
    });
    Plan::Together { holder, action, command }
}

async fn of_assets(call: &Call, holder: Ref, holds: &'static AssetRelation, how: How) -> OmResult<Plan> {
    let view = call.door.catalog.get(&call.caller, &holder, States::Alive, &Depth::bare()).await?;
    let target = Target::of(Ref::Id(view.record.kind, view.id()));
    let (target, label, action) = match holds.relation == TAGGED {
        true => {
            let label = Arc::new(Label::of(call, &view).await?);
            (label::by_hand(target), Some(label), Action::for_label(view.record.kind, &view.record.fqn))
        }
        false => (target, None, Action::for_field(holds.relation.name())),
    };
    let command = Box::new(move |asset| {
        let (target, label) = (target.clone(), label.clone().filter(|_| how == How::Add));
        change(asset, move |view| {
            let mut draft = Draft::default();
            if let Some(label) = &label
                && !label.is_new_to(view)?
            {
                return Ok(draft);
            }
            draft.relate(holds.relation, how, holds.field, vec![target.clone()]);
            Ok(draft)
        })
    });
    Ok(Plan::Each { holder, action, command })
}

async fn list(call: Call, noun: &'static Noun, holds: &'static AssetRelation) -> OmResult<Answer> {
    let window = Window::read(&call, if holds.whole { page::ENTITIES } else { params::DEFAULT_LIMIT })?;
    let fields = if holds.whole { Some(page::fields(&call)?) } else { None };
    let target = call.target(noun)?;
    let holder = call.door.catalog.get(&call.caller, &target, States::Alive, &depth(holds)).await?;
    ok(&match holds.direction {
        Direction::Out => page::held(&call, &holder, holds.relation, window, fields.as_deref()).await?,
        Direction::In => page::bearing(&call, holds, holder.id(), window).await?,
    })
}

async fn counts(call: Call, noun: &'static Noun, holds: &'static AssetRelation) -> OmResult<Answer> {
    let query = ListQuery { limit: ALL, ..ListQuery::of(call.caller.account(), call.kind(noun.kind_name)) };
    let holders = call.door.catalog.list(&call.caller, query, &depth(holds)).await?.views;
    let mut numbers: HashMap<RecordId, u64> = HashMap::new();
    for holder in counted(&call, holds, &holders).await? {
        *numbers.entry(holder).or_default() += 1;
    }
    let number = |holder: RecordId| Value::from(numbers.get(&holder).copied().unwrap_or(0));
    let counts = holders.into_iter().map(|view| (view.record.fqn, number(view.record.id)));
    ok(&Value::Object(counts.collect::<Map<String, Value>>()))
}

/// A holder with the edges to what it leads to.
fn depth(holds: &AssetRelation) -> Depth {
    match holds.direction {
        Direction::Out => Depth::of(&[holds.relation], false),
        Direction::In => Depth::bare(),
    }
}

/// The holder of each asset that the caller sees.
async fn counted(call: &Call, holds: &AssetRelation, holders: &[View]) -> OmResult<Vec<RecordId>> {
    if holds.direction == Direction::In {
        let sources = call.reading().await?.sources(holders, &[holds.relation], u32::MAX).await?;
        let is_listed = |id| sources.records.get(id).is_some_and(|asset| page::lists(holds, asset.kind));
        return Ok(sources.edges.iter().filter(|edge| is_listed(&edge.from)).map(|edge| edge.to).collect());
    }
    let held = || holders.iter().flat_map(|view| page::ids(view, holds.relation).map(|asset| (view.id(), asset)));
    let assets: BTreeSet<RecordId> = held().map(|(_, asset)| asset).collect();
    let seen = page::seen(call, &assets.into_iter().collect::<Vec<_>>()).await?;
    let seen: HashSet<RecordId> = seen.into_iter().map(|asset| asset.id).collect();
    Ok(held().filter(|(_, asset)| seen.contains(asset)).map(|(holder, _)| holder).collect())
}
