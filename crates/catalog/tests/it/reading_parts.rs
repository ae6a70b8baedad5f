//! What is read of products beside their records: parts, what one sees through them, and how hidden ones are composed.

use emporion_catalog::command::{Command, How};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{COMPOSED_OF, EDITOR, HAS_ASSET, OWNER, SERVED_BY, VIEWER};
use serde_json::json;

use crate::house::{House, is_forbidden};

fn of_kind(house: &House, kind: &str) -> ListQuery {
    ListQuery::of(house.made.account, house.kind(kind))
}

fn ids(records: &[Record]) -> Vec<RecordId> {
    records.iter().map(|record| record.id).collect()
}

/// The product composed of another one, as the administrator says it.
async fn compose(house: &House, product: RecordId, source: RecordId) -> RecordId {
    let fields = json!({"source_data_product_id": source.to_string(), "alias": "a"});
    let (parent, source) = (house.id("data_product", product), house.id("data_product", source));
    let command = house.create("composition", Some(&parent), "c", fields, &[(COMPOSED_OF, source)]);
    house.run(house.admin(), command).await.unwrap().view.id()
}

/// The source that a composition names.
fn source(part: Record) -> Option<RecordId> {
    part.body.get("source_data_product_id")?.as_str()?.parse().ok()
}

fn drafted(part: Record) -> Option<RecordId> {
    part.body.get("content")?.as_str()?.parse().ok()
}

async fn said(house: &House, who: RecordId, product: RecordId) -> (RecordId, RecordId) {
    let fields = json!({"title": "t", "user": who.to_string()});
    let make = |parent, kind: &str, fields| -> Command { house.create(kind, Some(&parent), kind, fields, &[]) };
    let thread = make(house.id("data_product", product), "chat_thread", fields);
    let thread = house.run(who, thread).await.unwrap().view.id();
    let message = make(house.id("chat_thread", thread), "chat_message", json!({"role": "user", "text": "?"}));
    (thread, house.run(who, message).await.unwrap().view.id())
}

#[tokio::test]
async fn parts_go_by_rights_on_the_whole() {
    let house = House::new().await;
    let (ann, eve) = (house.person("ann").await, house.person("eve").await);
    let [product, other] = [house.product("default", "p").await, house.product("default", "q").await];
    let named = house.id("data_product", product);
    house.relate(&named, OWNER, How::Add, vec![house.id("user", ann)]).await;
    let draft = house.make("draft", Some(&named), "d", json!({"part": "x", "intent": "new"})).await;
    let composition = compose(&house, product, other).await;
    let (thread, message) = said(&house, eve, product).await;
    // (who, drafts, threads)
    for (who, drafts, threads) in [(house.admin(), 1, 1), (ann, 1, 1), (eve, 0, 1)] {
        let caller = house.caller(who).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        let [whole, other] = [product, other].map(|id| reading.record(id));
        let (whole, other) = (whole.await.unwrap().unwrap(), other.await.unwrap().unwrap());
        let found = reading.all_parts(&whole, of_kind(&house, "draft")).await.unwrap();
        assert_eq!(found.len(), drafts);
        assert_eq!(reading.parts(&whole, of_kind(&house, "draft")).await.unwrap().len(), drafts);
        let found = reading.parts_by_id(&[&whole], &[draft, composition, message]).await.unwrap();
        let is_found: Vec<bool> = found.iter().map(Option::is_some).collect();
        assert_eq!(is_found, [drafts == 1, true, false], "a message is no part of the product itself");
        let of_other = reading.parts_by_id(&[&other], &[draft, composition]).await.unwrap();
        assert_eq!(of_other.iter().flatten().count(), 0, "parts of another product");
        let with = reading.with_parts(&[&whole, &other], house.kind("draft")).await.unwrap();
        assert_eq!((with.contains(&product), with.contains(&other.id)), (drafts == 1, false));
        assert_eq!(reading.count_parts(&whole, house.kind("composition")).await.unwrap(), 1);
        let found = reading.parts(&whole, of_kind(&house, "chat_thread")).await.unwrap();
        assert_eq!(ids(&found), vec![thread; threads]);
        for thread in &found {
            assert_eq!(ids(&reading.parts(thread, of_kind(&house, "chat_message")).await.unwrap()), [message]);
        }
    }
    let caller = house.caller(house.person("bob").await).await;
    let reading = house.catalog.reading(&caller).await.unwrap();
    let whole = reading.record(product).await.unwrap().unwrap();
    assert!(reading.parts(&whole, of_kind(&house, "chat_thread")).await.unwrap().is_empty(), "eve's is not bob's");
}

#[tokio::test]
async fn who_changes_a_product_hears_what_was_said_below_it() {
    let house = House::new().await;
    let (ann, eve) = (house.person("ann").await, house.person("eve").await);
    let [product, other] = [house.product("default", "p").await, house.product("default", "q").await];
    let named = house.id("data_product", product);
    house.relate(&named, OWNER, How::Add, vec![house.id("user", ann)]).await;
    let (_, message) = said(&house, eve, product).await;
    said(&house, eve, other).await;
    for (who, may) in [(house.admin(), true), (ann, true), (eve, false)] {
        let caller = house.caller(who).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        let view = reading.get(&named, States::Alive, &Depth::bare()).await.unwrap();
        let heard = reading.said_below(&view, of_kind(&house, "chat_message")).await;
        match may {
            true => assert_eq!(ids(&heard.unwrap()), [message], "and nothing of another product"),
            false => assert!(is_forbidden(&heard)),
        }
    }
}

#[tokio::test]
async fn of_how_hidden_products_are_composed_ids_alone_come_out() {
    let house = House::new().await;
    let eve = house.person("eve").await;
    let [hidden, below] = [house.product("default", "h").await, house.product("default", "b").await];
    house.grant(&house.id("data_product", hidden)).await;
    compose(&house, hidden, below).await;
    let drafts = json!({"part": "compositions", "intent": "new", "content": below.to_string()});
    house.make("draft", Some(&house.id("data_product", hidden)), "d", drafts).await;
    for (who, is_admin) in [(eve, false), (house.admin(), true)] {
        let caller = house.caller(who).await;
        let reading = house.catalog.reading(&caller).await.unwrap();
        assert_eq!(reading.record(hidden).await.unwrap().is_some(), is_admin);
        assert_eq!(reading.composing(&[below]).await.unwrap(), [hidden]);
        assert!(reading.composing(&[hidden]).await.unwrap().is_empty());
        let live = reading.referred_by_parts(hidden, of_kind(&house, "composition"), source).await.unwrap();
        assert_eq!(live, [below]);
        let of_drafts = reading.referred_by_parts(hidden, of_kind(&house, "draft"), drafted).await.unwrap();
        assert_eq!(of_drafts, vec![below; usize::from(is_admin)], "drafts count for those who see them");
        let seen = reading.record(below).await.unwrap().unwrap();
        assert_eq!(reading.referring(&seen, of_kind(&house, "draft"), drafted).await.unwrap(), [hidden]);
    }
}

async fn product_with(house: &House, tables: &[RecordId], owner: RecordId) -> RecordId {
    let product = house.product("default", "p").await;
    let named = house.id("data_product", product);
    let targets = tables.iter().map(|table| house.id("table", *table)).collect();
    house.relate(&named, HAS_ASSET, How::Add, targets).await;
    house.relate(&named, OWNER, How::Add, vec![house.id("user", owner)]).await;
    product
}

#[tokio::test]
async fn what_a_product_leads_to_is_described_whoever_sees_it_by_itself() {
    let house = House::new().await;
    let (ann, eve) = (house.person("ann").await, house.person("eve").await);
    let tables = house.tables(&["open", "hidden", "elsewhere"]).await;
    let product = product_with(&house, &tables[..2], ann).await;
    house.grant(&house.id("table", tables[1])).await;
    let source = house.name("database_service", "w");
    house.grant(&source).await;
    let service = house.get(house.admin(), &source).await.unwrap().id();
    let caller = house.caller(eve).await;
    let reading = house.catalog.reading(&caller).await.unwrap();
    let depth = Depth::of(&[HAS_ASSET, SERVED_BY, OWNER, EDITOR, VIEWER], false);
    let view: View = reading.get(&house.id("data_product", product), States::Alive, &depth).await.unwrap();
    let assets = reading.assets_of(&view, &tables).await.unwrap();
    let names: Vec<Option<&str>> = assets.iter().map(|asset| Some(asset.as_ref()?.name.as_str())).collect();
    assert_eq!(names, [Some("open"), Some("hidden"), None], "what is no asset of it is not led to");
    let [Some(open), Some(hidden), _] = &assets[..] else { panic!("{assets:?}") };
    assert!(reading.sees(open).await.unwrap() && !reading.sees(hidden).await.unwrap());
    assert!(!reading.records(&[service], States::Alive).await.unwrap().iter().any(|record| record.id == service));
    assert_eq!(reading.source_of(&view).await.unwrap().map(|source| source.id), Some(service));
    assert_eq!(reading.source_above(hidden).await.unwrap().map(|source| source.id), Some(service));
    let people = reading.people_of(&view, &[OWNER, EDITOR, VIEWER]).await.unwrap();
    assert!(people.iter().any(|person| person.id == ann) && people.iter().all(|person| person.id != eve));
}

#[tokio::test]
async fn what_a_document_holds_goes_with_its_product() {
    let house = House::new().await;
    let eve = house.person("eve").await;
    let [product, other] = [house.product("default", "p").await, house.product("default", "q").await];
    let named = house.id("data_product", product);
    let held = house
        .make("document_passages", Some(&named), "h", json!({"passages": [{"text": "Amounts are in EUR."}]}))
        .await;
    let caller = house.caller(eve).await;
    let reading = house.catalog.reading(&caller).await.unwrap();
    let [product, other] = [product, other].map(|id| reading.record(id));
    let (product, other) = (product.await.unwrap().unwrap(), other.await.unwrap().unwrap());
    assert!(reading.record(held).await.unwrap().is_none(), "by itself it takes a right to change the product");
    assert!(reading.content_of(&product, held).await.unwrap().is_some());
    assert!(reading.content_of(&other, held).await.unwrap().is_none());
}
