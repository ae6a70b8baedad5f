//! Tags and terms that may not be put on.

use emporion_catalog::Problem;
use emporion_catalog::command::{Command, Deletion, Draft, Effect, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::record::Edge;
use emporion_catalog::relation::{HAS_ASSET, ITEM_TERM, TAGGED};
use serde_json::json;

use crate::house::{House, PURGE, RECURSIVE, field};

fn put(house: &House, product: emporion_catalog::id::RecordId, labels: &[&str], at: &str) -> Command {
    let mut draft = Draft::default();
    let targets = labels.iter().map(|name| Target::of(house.name("tag", name)).at(at)).collect();
    draft.relate(TAGGED, How::Add, "tags", targets);
    house.change(house.id("data_product", product), draft)
}

async fn vocabulary(house: &House, fields: serde_json::Value) {
    house.make("classification", None, "Level", fields).await;
    let level = house.name("classification", "Level");
    for name in ["low", "high"] {
        house.make("tag", Some(&level), name, json!({})).await;
    }
}

#[tokio::test]
async fn one_place_has_one_label_of_an_exclusive_vocabulary() {
    let house = House::new().await;
    vocabulary(&house, json!({"mutually_exclusive": true})).await;
    let product = house.product("default", "p").await;
    let both = house.run(house.admin(), put(&house, product, &["Level.low", "Level.high"], "")).await;
    assert!(matches!(both, Err(Problem::Conflict { .. })), "{both:?}");
    house.run(house.admin(), put(&house, product, &["Level.low"], "")).await.unwrap();
    let second = house.run(house.admin(), put(&house, product, &["Level.high"], "")).await;
    assert!(matches!(second, Err(Problem::Conflict { .. })), "{second:?}");
    let elsewhere = house.run(house.admin(), put(&house, product, &["Level.high"], "columns/a")).await.unwrap();
    assert_eq!(elsewhere.effect, Effect::Updated);
}

#[tokio::test]
async fn a_disabled_label_stays_where_it_is_and_goes_nowhere_else() {
    let house = House::new().await;
    vocabulary(&house, json!({})).await;
    let product = house.product("default", "p").await;
    house.run(house.admin(), put(&house, product, &["Level.low"], "")).await.unwrap();
    let close = house.change(house.name("classification", "Level"), field("disabled", true));
    house.run(house.admin(), close).await.unwrap();
    let kept = house.change(house.id("data_product", product), field("description", "d"));
    house.run(house.admin(), kept).await.unwrap();
    let refused = house.run(house.admin(), put(&house, product, &["Level.high"], "")).await;
    assert!(matches!(refused, Err(Problem::Conflict { .. })), "{refused:?}");
}

async fn labelled(house: &House) -> (RecordId, RecordId, Ref) {
    let glossary = house.make("glossary", None, "Words", json!({})).await;
    let words = house.id("glossary", glossary);
    let term = house.make("glossary_term", Some(&words), "Net", json!({})).await;
    let table = house.id("table", house.tables(&["t"]).await[0]);
    house.relate(&table, TAGGED, How::Add, vec![house.id("glossary_term", term)]).await;
    let mut column = Draft::default();
    let at_column = Target::of(house.id("glossary_term", term)).at("columns/id");
    column.relate(TAGGED, How::Add, "tags", vec![at_column]);
    house.run(house.admin(), house.change(table.clone(), column)).await.unwrap();
    (glossary, term, table)
}

#[tokio::test]
async fn a_tag_is_no_content_of_what_bears_it() {
    let house = House::new().await;
    vocabulary(&house, json!({})).await;
    let (_, _, table) = labelled(&house).await;
    let before = house.get(house.admin(), &table).await.unwrap().record;
    let tag = house.name("tag", "Level.low");
    for how in [How::Add, How::Remove] {
        house.relate(&table, TAGGED, how, vec![tag.clone()]).await;
    }
    let mut first = Draft::default();
    let labels = [tag, house.name("glossary_term", "Words.Net")];
    first.relate(TAGGED, How::ReplaceAt, "tags", labels.into_iter().map(Target::of).collect());
    house.run(house.admin(), house.change(table.clone(), first)).await.unwrap();
    let after = house.get(house.admin(), &table).await.unwrap();
    assert_eq!(after.targets(TAGGED).count(), 2);
    assert_eq!(after.record.content_revision, before.content_revision);
    assert!(after.record.version > before.version && after.record.revision > before.revision);
    house.relate(&table, TAGGED, How::Remove, vec![house.name("glossary_term", "Words.Net")]).await;
    let after = house.get(house.admin(), &table).await.unwrap().record;
    assert_eq!(after.content_revision, before.content_revision + 1);
}

#[tokio::test]
async fn a_deleted_term_is_a_change_of_what_it_labels() {
    for (kind, how) in
        [("glossary_term", Deletion::SOFT), ("glossary_term", PURGE), ("glossary", RECURSIVE), ("glossary", PURGE)]
    {
        let house = House::new().await;
        let (glossary, term, table) = labelled(&house).await;
        let before = house.get(house.admin(), &table).await.unwrap().record;
        let gone = if kind == "glossary" { glossary } else { term };
        house.run(house.admin(), house.delete(house.id(kind, gone), how)).await.unwrap();
        let after = house.get(house.admin(), &table).await.unwrap();
        assert!(after.edges.iter().all(|edge| edge.relation != TAGGED), "{kind}: {:?}", after.edges);
        let record = after.record;
        assert_eq!(
            (record.content_revision, record.version, record.revision),
            (before.content_revision + 1, before.version + 1, before.revision.next()),
            "{kind}"
        );
        let change = record.change.unwrap();
        let fields: Vec<&str> = change.deleted.iter().map(|change| change.field.as_str()).collect();
        assert_eq!((fields, change.previous_version), (vec!["tagged", "columns.id.tagged"], before.version), "{kind}");
    }
}

#[tokio::test]
async fn terms_that_go_together_keep_their_labels() {
    let house = House::new().await;
    let glossary = house.make("glossary", None, "Words", json!({})).await;
    let words = house.id("glossary", glossary);
    let net = house.make("glossary_term", Some(&words), "Net", json!({})).await;
    let gross = house.make("glossary_term", Some(&words), "Gross", json!({})).await;
    let labelled = house.id("glossary_term", gross);
    house.relate(&labelled, TAGGED, How::Add, vec![house.id("glossary_term", net)]).await;
    house.run(house.admin(), house.delete(words.clone(), RECURSIVE)).await.unwrap();
    house.run(house.admin(), Command::Restore { target: words }).await.unwrap();
    assert_eq!(house.get(house.admin(), &labelled).await.unwrap().targets(TAGGED).count(), 1);
}

#[tokio::test]
async fn a_deleted_term_leaves_the_items_that_bear_it() {
    for how in [Deletion::SOFT, PURGE] {
        let house = House::new().await;
        let glossary = house.make("glossary", None, "Words", json!({})).await;
        let words = house.id("glossary", glossary);
        let net = house.make("glossary_term", Some(&words), "Net", json!({})).await;
        let gross = house.make("glossary_term", Some(&words), "Gross", json!({})).await;
        let tables = house.tables(&["t", "u"]).await;
        let product = house.id("data_product", house.product("default", "p").await);
        let mut draft = Draft::default();
        let item = |table, terms: &[RecordId]| {
            let terms: Vec<String> = terms.iter().map(RecordId::to_string).collect();
            Target::of(house.id("table", table)).with("terms", terms).with("revision", "1")
        };
        draft.relate(HAS_ASSET, How::Add, "items", vec![item(tables[0], &[net, gross]), item(tables[1], &[net])]);
        house.run(house.admin(), house.change(product.clone(), draft)).await.unwrap();
        let before = house.get(house.admin(), &product).await.unwrap();
        assert_eq!(before.edges.iter().filter(|edge| edge.relation == ITEM_TERM).count(), 3);
        house.run(house.admin(), house.delete(house.id("glossary_term", net), how)).await.unwrap();
        let after = house.get(house.admin(), &product).await.unwrap();
        let terms: Vec<Vec<RecordId>> = after.targets(HAS_ASSET).map(|(edge, _)| edge.item_terms().collect()).collect();
        assert_eq!(terms, [vec![gross], vec![]]);
        assert!(after.targets(HAS_ASSET).all(|(edge, _)| edge.attributes["revision"] == "1"));
        assert_eq!(after.edges.iter().filter(|edge| edge.relation == ITEM_TERM).count(), 1);
        let (before, after) = (before.record, after.record);
        assert_eq!((after.content_revision, after.version), (before.content_revision + 1, before.version));
        let snapshot = house.catalog.unfiltered().await.unwrap();
        let past = snapshot.edges_at(before.id, before.revision).await.unwrap();
        if !how.hard {
            let had = past.iter().filter(|edge| edge.relation == HAS_ASSET).flat_map(Edge::item_terms).count();
            assert_eq!(had, 3, "the past stays as it was");
        }
    }
}
