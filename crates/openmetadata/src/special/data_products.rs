//! Data products: their assets and ports.

use std::collections::HashMap;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation::{self, HAS_ASSET, INPUT_PORT, OUTPUT_PORT, Relation};
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Map, Value, json};

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::generic::assets::page::{self as asset_lists, PAGING, REFERENCE_LIST, Window};
use crate::generic::assets::rows::{self as bulk, Plan, Rows};
use crate::members::*;
use crate::operation::{Call, change, entity_or_reference, ok, reference, row};
use crate::params;

const TAG: &str = "Data Products";
const KIND: &str = "data_product";
const ENTITY_TYPE: &str = "dataProduct";
/// How many ports a page has where the request does not say.
const PORTS: u32 = 50;
/// What `fields` may ask of ports, whatever their type.
const PORT_FIELDS: &[&str] = &["owners", "tags", "followers", "domains", "votes", "extension"];
/// More products than an account has.
const ALL: u32 = 1_000_000;

static PORT_LIST: Struct = Struct {
    name: "PortList",
    open: false,
    members: &[
        Member::required("data", list(&Shape::Object)),
        Member { required: true, ..structure("paging", &PAGING) },
    ],
};
static PORTS_VIEW: Struct = Struct {
    name: "DataProductPortsView",
    open: false,
    members: &[
        reference_required("entity"),
        Member { required: true, ..structure("inputPorts", &PORT_LIST) },
        Member { required: true, ..structure("outputPorts", &PORT_LIST) },
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let mut routes = Vec::new();
    for (relation, path, noun, what) in [
        (HAS_ASSET, "assets", "Assets", "assets"),
        (INPUT_PORT, "inputPorts", "InputPorts", "input ports"),
        (OUTPUT_PORT, "outputPorts", "OutputPorts", "output ports"),
    ] {
        for (verb, how) in [("add", How::Add), ("remove", How::Remove)] {
            let connection = if how == How::Add { "to" } else { "from" };
            routes.push(Route {
                path: format!("/v1/dataProducts/{{name}}/{path}/{verb}").into(),
                operation: format!("{verb}DataProduct{noun}").into(),
                summary: format!("{} {what} {connection} a data product", capital(verb)).into(),
                input: &bulk::REQUEST,
                output: bulk::OUTPUT,
                errors: &[404],
                ..row(Method::PUT, "", "", TAG, move |call| edit(call, relation, how))
            });
        }
        for (address, suffix, by) in [("{id}", "", ""), ("name/{fqn}", "ByName", " by its name")] {
            let list = Route {
                path: format!("/v1/dataProducts/{address}/{path}").into(),
                operation: format!("listDataProduct{noun}{suffix}").into(),
                summary: format!("List the {what} of a data product{by}").into(),
                errors: &[404],
                ..row(Method::GET, "", "", TAG, move |call| list_of_relation(call, relation))
            };
            let shape = if relation == HAS_ASSET { &REFERENCE_LIST } else { &PORT_LIST };
            routes.push(Route { output: Some(Shape::Struct(shape)), ..list });
        }
    }
    routes.extend([
        Route {
            summary: "Show both kinds of ports of a data product".into(),
            output: Some(Shape::Struct(&PORTS_VIEW)),
            errors: &[404],
            ..row(Method::GET, "/v1/dataProducts/{id}/portsView", "getDataProductPortsView", TAG, ports_view)
        },
        Route {
            summary: "Show both kinds of ports of a data product by its name".into(),
            output: Some(Shape::Struct(&PORTS_VIEW)),
            errors: &[404],
            ..row(
                Method::GET,
                "/v1/dataProducts/name/{fqn}/portsView",
                "getDataProductPortsViewByName",
                TAG,
                ports_view,
            )
        },
        Route {
            summary: "Count the assets of every data product".into(),
            ..row(Method::GET, "/v1/dataProducts/assets/counts", "countDataProductAssets", TAG, counts)
        },
    ]);
    routes
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

async fn edit(call: Call, relation: Relation, how: How) -> OmResult<Answer> {
    let rows = Rows::read(&call)?;
    let product = call.by_name_or_id("name", KIND);
    let holder = product.clone();
    let command = Box::new(move |assets: Vec<Ref>| {
        change(product.clone(), move |view| {
            let mut draft = Draft::default();
            draft.relate(relation, how, "assets", targets(view, relation, how, &assets)?);
            Ok(draft)
        })
    });
    let plan = Plan::Together { holder, action: Action::for_field(relation.name()), command };
    rows.run(&call, plan, how == How::Remove).await
}

/// The edges to add or remove. What is there already keeps its edge with all that it carries.
fn targets(view: &View, relation: Relation, how: How, assets: &[Ref]) -> Result<Vec<Target>, Problem> {
    if how == How::Remove {
        return Ok(assets.iter().cloned().map(Target::of).collect());
    }
    let mut fresh = Vec::with_capacity(assets.len());
    let present: std::collections::HashSet<RecordId> = ids(view, relation).into_iter().collect();
    let outputs: std::collections::HashSet<RecordId> = ids(view, OUTPUT_PORT).into_iter().collect();
    for asset in assets {
        let known = known(view, asset);
        if known.is_some_and(|card| card.id == view.id()) || matches!(asset, Ref::Id(_, id) if *id == view.id()) {
            return Err(Problem::conflict("A data product cannot hold itself"));
        }
        if let Some(card) = known {
            if relation == INPUT_PORT && outputs.contains(&card.id) {
                let fqn = &card.fqn;
                return Err(Problem::conflict(format!(
                    "Asset '{fqn}' is already part of output ports and cannot be added to input ports"
                )));
            }
            if present.contains(&card.id) {
                continue;
            }
        }
        fresh.push(Target::of(asset.clone()));
    }
    Ok(fresh)
}

fn ids(view: &View, relation: Relation) -> Vec<RecordId> {
    view.edges.iter().filter(|edge| edge.relation == relation).map(|edge| edge.to).collect()
}

/// The card of what the request names, where the product leads to it already.
fn known<'v>(view: &'v View, asset: &Ref) -> Option<&'v Card> {
    match asset {
        Ref::Id(_, id) | Ref::AnyOf(_, id) => view.cards.get(id).map(|card| &**card),
        Ref::Name(kind, name) => {
            view.cards.values().map(|card| &**card).find(|card| card.kind == *kind && card.fqn == *name)
        }
        Ref::Alias { .. } => None,
    }
}

async fn product(call: &Call, relations: &[Relation]) -> OmResult<View> {
    let target = call.target(KIND, ENTITY_TYPE)?;
    Ok(call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::of(relations, false)).await?)
}

async fn list_of_relation(call: Call, relation: Relation) -> OmResult<Answer> {
    if relation == HAS_ASSET {
        let window = Window::read(&call, params::DEFAULT_LIMIT)?;
        let held = asset_lists::seen(&call, &ids(&product(&call, &[HAS_ASSET]).await?, HAS_ASSET)).await?;
        let total = held.len() as u64;
        let cards: Vec<Card> = window.of(held).iter().map(Card::of).collect();
        return ok(&window.page(asset_lists::references_to(&call, &cards), total));
    }
    let window = Window::read(&call, PORTS)?;
    let fields = port_fields(&call)?;
    let view = product(&call, &[relation]).await?;
    ok(&ports(&call, &view, relation, window, &fields).await?)
}

/// One page of ports, each as the entity that it is.
async fn ports(call: &Call, product: &View, relation: Relation, window: Window, fields: &[String]) -> OmResult<Value> {
    let held = asset_lists::seen(call, &ids(product, relation)).await?;
    let total = held.len() as u64;
    let mut data = Vec::new();
    for record in window.of(held) {
        data.push(entity_or_reference(call, record, fields).await?);
    }
    Ok(window.page(data, total))
}

fn port_fields(call: &Call) -> OmResult<Vec<String>> {
    let query = call.request.query();
    let text = params::value(&query, "fields").unwrap_or("");
    let mut fields: Vec<String> = Vec::new();
    for field in text.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        match field {
            "*" => return Ok(PORT_FIELDS.iter().map(|field| (*field).to_owned()).collect()),
            known if PORT_FIELDS.contains(&known) => fields.push(known.to_owned()),
            other => return Err(OmError::invalid_field(other)),
        }
    }
    Ok(fields)
}

async fn ports_view(call: Call) -> OmResult<Answer> {
    let fields = port_fields(&call)?;
    let query = call.request.query();
    let window = |prefix: &str| -> OmResult<Window> {
        let (limit, offset) = (format!("{prefix}Limit"), format!("{prefix}Offset"));
        let limit = params::limit_up_to(&query, &limit, PORTS, 1_000)?;
        Ok(Window { offset: params::offset_of(&query, &offset)?, limit })
    };
    let (inputs, outputs) = (window("input")?, window("output")?);
    let view = product(&call, &[INPUT_PORT, OUTPUT_PORT]).await?;
    let base = call.base_url();
    ok(&json!({
        "entity": reference(&call.door, &base, &Card::of(&view.record), false),
        "inputPorts": ports(&call, &view, INPUT_PORT, inputs, &fields).await?,
        "outputPorts": ports(&call, &view, OUTPUT_PORT, outputs, &fields).await?,
    }))
}

async fn counts(call: Call) -> OmResult<Answer> {
    let query = ListQuery { limit: ALL, ..ListQuery::of(call.caller.account(), call.kind(KIND)) };
    let products = call.door.catalog.list(&call.caller, query, &Depth::of(&[relation::HAS_ASSET], false)).await?.views;
    let mut assets: Vec<RecordId> = products.iter().flat_map(|view| ids(view, HAS_ASSET)).collect();
    assets.sort_unstable();
    assets.dedup();
    let seen: HashMap<RecordId, ()> =
        asset_lists::seen(&call, &assets).await?.into_iter().map(|record| (record.id, ())).collect();
    let counts: Map<String, Value> = products
        .into_iter()
        .map(|view| {
            let number = ids(&view, HAS_ASSET).iter().filter(|id| seen.contains_key(id)).count();
            (view.record.fqn, Value::from(number))
        })
        .collect();
    ok(&Value::Object(counts))
}
