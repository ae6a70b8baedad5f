//! The edit of a product's assets over live ones and drafts.

use std::sync::Arc;

use emporion_catalog::id::{EdgeId, Revision};
use emporion_catalog::record::State;
use emporion_catalog::relation::HAS_ASSET;
use emporion_catalog::testing;
use serde_json::json;

use super::*;

const FRESH: Uuid = Uuid::from_u128(0xf);

fn fields(schema: Option<&str>, table: &str) -> AssetInput {
    AssetInput {
        schema_name: schema.map(str::to_owned),
        table_name: table.to_owned(),
        database_name: schema.map(|_| "shop".to_owned()),
        ..AssetInput::default()
    }
}

fn entry(table: &str) -> AssetInput {
    AssetInput { table_name: table.to_owned(), ..AssetInput::default() }
}

/// A product with live tables below `warehouse.shop.sales`, and a pipeline.
fn product(tables: &[&str]) -> View {
    let record = testing::record("data_product", None, "P");
    let mut view =
        View { edges: Vec::new(), cards: Default::default(), ancestors: Vec::new(), inherited: Vec::new(), record };
    for name in tables.iter().chain(&["load"]) {
        let kind = if *name == "load" { "pipeline" } else { "table" };
        let mut target = testing::record(kind, None, name);
        target.fqn = format!("warehouse.shop.sales.{name}");
        target.body.insert("description".to_owned(), json!(format!("about {name}")));
        view.edges.push(Edge {
            id: EdgeId::fresh(),
            from: view.record.id,
            relation: HAS_ASSET,
            at: String::new(),
            ord: 0,
            to: target.id,
            attributes: serde_json::Map::new(),
            since: Revision::FIRST,
            until: None,
        });
        assert_eq!(target.state, State::Alive);
        view.cards.insert(target.id, Arc::new(Card::of(&target)));
    }
    view
}

fn draft(id: Uuid, intent: Intent, fields: AssetInput) -> Pending {
    Pending { id, intent, fields, updated_ms: 0, added_by: None, meant: Default::default() }
}

fn plan(product_assets: &ProductAssets, edit: AssetEdit) -> Plan {
    product_assets.plan(edit, || FRESH).expect("an edit that can be done")
}

fn add(entries: &[AssetInput]) -> AssetEdit {
    AssetEdit::Change { add: entries.to_vec(), update: Vec::new(), remove: Vec::new() }
}

#[test]
fn what_is_no_table_is_not_shown_and_survives_a_replacement() {
    let product_assets = ProductAssets::of(&product(&["orders"]), Vec::new());
    assert_eq!(product_assets.items.len(), 1);
    let live = &product_assets.items[0];
    assert_eq!(live.fields.full_name(), (Some("shop"), Some("sales"), "orders"));
    assert!(live.is_deployed() && live.created_ms().is_some());
    let plan = plan(&product_assets, AssetEdit::Replace(Vec::new()));
    assert_eq!(plan.acts, [Act::Remove { id: live.id }]);
}

#[test]
fn adding_what_is_there_only_warns() {
    let view = product(&["orders"]);
    let product_assets = ProductAssets::of(&view, vec![draft(FRESH, Intent::New, fields(None, "customers"))]);
    let partly = AssetInput { schema_name: Some("sales".to_owned()), ..entry("orders") };
    let plan = plan(&product_assets, add(&[entry("orders"), partly, entry("customers")]));
    assert_eq!((plan.acts.len(), plan.added, plan.warnings.len()), (0, 0, 3));
    let elsewhere = AssetInput { schema_name: Some("other".to_owned()), ..entry("orders") };
    assert_eq!(product_assets.plan(add(&[elsewhere]), || FRESH).expect("another table").added, 1);
}

#[test]
fn adding_what_is_to_be_deleted_keeps_it() {
    let view = product(&["orders"]);
    let id = view.edges[0].id.uuid();
    let product_assets = ProductAssets::of(&view, vec![draft(id, Intent::Delete, AssetInput::default())]);
    assert!(product_assets.items[0].is_pending_delete() && product_assets.items[0].is_deployed());
    let plan = plan(&product_assets, add(&[entry("orders")]));
    let kept = product_assets.items[0].fields.clone();
    assert_eq!(plan.acts, [Act::Change { id, fields: kept, path: "/add/0".to_owned() }]);
}

#[test]
fn a_change_is_merged_into_what_is_seen() {
    let view = product(&["orders"]);
    let id = view.edges[0].id.uuid();
    let edited = AssetInput { external_id: Some("x".to_owned()), ..fields(Some("sales"), "orders") };
    let product_assets = ProductAssets::of(&view, vec![draft(id, Intent::Edit, edited)]);
    let change = |description: Patch<String>| AssetChange {
        is_lent: None,
        id,
        external_id: Patch::Keep,
        database_name: Patch::Keep,
        schema_name: Patch::Keep,
        table_name: None,
        description,
    };
    let update = |change| AssetEdit::Change { add: Vec::new(), update: vec![change], remove: Vec::new() };
    let plan_of = |description| plan(&product_assets, update(change(description)));
    assert_eq!(plan_of(Patch::Set("about orders".to_owned())).acts, [], "it is what the table says already");
    let acts = plan_of(Patch::Set("mine".to_owned())).acts;
    let [Act::Change { fields, .. }] = acts.as_slice() else { panic!("one change: {acts:?}") };
    assert_eq!((fields.external_id.as_deref(), fields.description.as_deref()), (Some("x"), Some("mine")));
    let unknown = AssetChange { id: FRESH, ..change(Patch::Keep) };
    let failure = product_assets.plan(update(unknown), || FRESH).expect_err("an unknown asset");
    assert_eq!(failure.violations[0].path, "/update/0/id");
}

#[test]
fn two_assets_cannot_stand_for_one_table() {
    let view = product(&["orders", "customers"]);
    let product_assets = ProductAssets::of(&view, Vec::new());
    let change = AssetChange {
        is_lent: None,
        id: view.edges[0].id.uuid(),
        external_id: Patch::Keep,
        database_name: Patch::Keep,
        schema_name: Patch::Keep,
        table_name: Some("customers".to_owned()),
        description: Patch::Keep,
    };
    let edit = |remove| AssetEdit::Change { add: Vec::new(), update: vec![change.clone()], remove };
    assert_eq!(product_assets.plan(edit(Vec::new()), || FRESH).expect_err("a clash").violations[0].rule, "unique");
    assert!(product_assets.plan(edit(vec![view.edges[1].id.uuid()]), || FRESH).is_ok());
}

#[test]
fn a_replacement_adds_changes_and_removes() {
    let view = product(&["orders", "customers"]);
    let [orders, customers] = [0, 1].map(|at| view.edges[at].id.uuid());
    let product_assets = ProductAssets::of(&view, Vec::new());
    let kept = AssetInput {
        id: Some(orders),
        external_id: Some("x".to_owned()),
        // As it was read: the table's own words.
        description: Some("about orders".to_owned()),
        ..fields(Some("sales"), "orders")
    };
    let plan = plan(&product_assets, AssetEdit::Replace(vec![kept, entry("returns")]));
    assert_eq!((plan.added, plan.changed, plan.removed), (1, 1, 1));
    let Some(Act::Change { fields, .. }) = plan.acts.first() else { panic!("a change first") };
    assert_eq!((fields.external_id.as_deref(), fields.description.as_deref()), (Some("x"), None));
    assert!(plan.acts.contains(&Act::Remove { id: customers }));
}

#[test]
fn a_replacement_by_what_was_read_changes_nothing() {
    let product_assets = ProductAssets::of(&product(&["orders", "customers"]), Vec::new());
    let same = product_assets
        .items
        .iter()
        .map(|item| AssetInput {
            id: Some(item.id),
            description: item.description().map(str::to_owned),
            ..item.fields.clone()
        })
        .collect();
    assert_eq!(plan(&product_assets, AssetEdit::Replace(same)), Plan::default());
}

#[test]
fn removing_what_is_not_there_only_warns() {
    let product_assets = ProductAssets::of(&product(&[]), Vec::new());
    let plan = plan(&product_assets, AssetEdit::Change { add: Vec::new(), update: Vec::new(), remove: vec![FRESH] });
    assert_eq!((plan.acts.len(), plan.warnings[0].code), (0, "UNKNOWN_ASSET"));
}

#[test]
fn drafts_of_assets_that_another_door_took_out_are_stale() {
    let product_assets = ProductAssets::of(&product(&[]), vec![draft(FRESH, Intent::Edit, entry("gone"))]);
    assert_eq!((product_assets.items.len(), product_assets.stale.clone()), (0, vec![FRESH]));
    assert_eq!(product_assets.pending_acts(), []);
}
