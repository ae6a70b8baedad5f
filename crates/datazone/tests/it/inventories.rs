//! Search: what belongs to a domain, in pages without gaps, by words and filters.

use emporion_catalog::command::Ref;
use emporion_catalog::facet::DESCRIBED;
use emporion_catalog::field::{Field, FieldType};
use emporion_catalog::kind::{Asset, KindDef, PLAIN};
use emporion_catalog::registry::Registry;
use emporion_catalog::relation::IN_DOMAIN;
use emporion_datazone::Options;
use serde_json::{Value, json};

use crate::world::{Shop, World, text};

async fn pages(world: &World, domain: &str, mut body: Value, size: usize) -> (Vec<String>, Vec<u64>) {
    let (mut names, mut totals) = (Vec::new(), Vec::new());
    body["maxResults"] = json!(size);
    loop {
        let page = world.ok("Search", &[domain], body.clone()).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= size);
        names.extend(items.iter().map(|item| text(item.as_object().unwrap().values().next().unwrap(), "name")));
        totals.push(page["totalMatchCount"].as_u64().unwrap());
        match page.get("nextToken") {
            Some(token) => body["nextToken"] = token.clone(),
            None => return (names, totals),
        }
    }
}

async fn names(world: &World, domain: &str, body: Value) -> Vec<String> {
    let (names, totals) = pages(world, domain, body, 2).await;
    assert!(totals.iter().all(|total| *total == names.len() as u64), "{totals:?} of {names:?}");
    names
}

fn scope(scope: &str) -> Value {
    json!({ "searchScope": scope, "sort": { "attribute": "name" } })
}

#[tokio::test]
async fn each_scope_lists_its_own() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.types().await;
    let glossary = shop.glossary("glossary one").await;
    shop.term(&glossary, "term one").await;
    shop.asset("asset one").await;
    for name in ["c", "a", "e", "b", "d"] {
        shop.product(name).await;
    }
    Shop::new(&world, "Other").await.product("elsewhere").await;
    assert_eq!(names(&world, &shop.domain, scope("DATA_PRODUCT")).await, ["a", "b", "c", "d", "e"]);
    assert_eq!(names(&world, &shop.domain, scope("GLOSSARY")).await, ["glossary one"]);
    assert_eq!(names(&world, &shop.domain, scope("GLOSSARY_TERM")).await, ["term one"]);
    assert_eq!(names(&world, &shop.domain, scope("ASSET")).await, ["asset one"]);
    for (attribute, value) in [("entityType", "DATA_PRODUCT"), ("status", "CREATED")] {
        let filter = json!({ "filter": { "attribute": attribute, "value": value } });
        let body = json!({ "searchScope": "DATA_PRODUCT", "filters": filter });
        assert_eq!(names(&world, &shop.domain, body).await.len(), 5, "{attribute}");
    }
    let descending = json!({ "searchScope": "DATA_PRODUCT", "sort": { "attribute": "name", "order": "DESCENDING" } });
    assert_eq!(names(&world, &shop.domain, descending).await, ["e", "d", "c", "b", "a"]);
    let by_time = json!({ "searchScope": "DATA_PRODUCT", "sort": { "attribute": "creationTime" } });
    let mut by_time = names(&world, &shop.domain, by_time).await;
    by_time.sort_unstable();
    assert_eq!(by_time.len(), 5);
}

#[tokio::test]
async fn without_words_the_newest_comes_first_and_with_words_the_best() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let made = ["Daily sales", "A daily sales sheet", "B daily sales", "Daily salesforce", "Other"];
    for name in made {
        let mut body = json!({ "name": name });
        if name == "Other" {
            body["description"] = json!("of daily sales");
        }
        shop.make("CreateDataProduct", body).await;
    }
    let everything = json!({ "searchScope": "DATA_PRODUCT" });
    let newest: Vec<&str> = made.into_iter().rev().collect();
    assert_eq!(names(&world, &shop.domain, everything).await, newest);
    let find = |text: &str, more: Value| {
        let mut body = json!({ "searchScope": "DATA_PRODUCT", "searchText": text });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let best = ["Daily sales", "B daily sales", "A daily sales sheet", "Daily salesforce", "Other"];
    for text in ["daily sales", "DAILY Sales"] {
        for size in 1..=6 {
            let (found, totals) = pages(&world, &shop.domain, find(text, json!({})), size).await;
            assert_eq!(found, best, "{text} by {size}");
            assert!(totals.iter().all(|total| *total == 5), "{totals:?}");
        }
    }
    let by_name = find("daily sales", json!({ "sort": { "attribute": "name" } }));
    let mut sorted = made.to_vec();
    sorted.sort_unstable();
    assert_eq!(names(&world, &shop.domain, by_name).await, sorted);
    let in_names = find("daily sales", json!({ "searchIn": [{ "attribute": "name" }] }));
    assert_eq!(names(&world, &shop.domain, in_names).await, best[..4]);
    let described = find("daily sales", json!({ "searchIn": [{ "attribute": "description" }] }));
    assert_eq!(names(&world, &shop.domain, described).await, ["Other"]);
    let by_type = find("data product", json!({ "searchIn": [{ "attribute": "entityType" }] }));
    assert_eq!(names(&world, &shop.domain, by_type).await, newest);
    let unranked = find("CREATED", json!({ "searchIn": [{ "attribute": "status" }] }));
    assert_eq!(names(&world, &shop.domain, unranked).await, newest, "what the index does not know is no rank");
    let mixed = find("daily sales", json!({ "searchIn": [{ "attribute": "entityType" }, { "attribute": "name" }] }));
    assert_eq!(names(&world, &shop.domain, mixed).await, best[..4]);
    let spread = find("daily created", json!({ "searchIn": [{ "attribute": "status" }, { "attribute": "name" }] }));
    let daily = ["Daily salesforce", "B daily sales", "A daily sales sheet", "Daily sales"];
    assert_eq!(names(&world, &shop.domain, spread).await, daily, "the newest, of what the index does not rank");
}

#[tokio::test]
async fn a_page_goes_on_behind_a_hit_that_is_gone() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    for n in 0..6 {
        shop.product(&format!("sales {n}")).await;
    }
    let mut body = json!({ "searchScope": "DATA_PRODUCT", "searchText": "sales", "maxResults": 2 });
    let mut found: Vec<String> = Vec::new();
    loop {
        let page = world.ok("Search", &[&shop.domain], body.clone()).await;
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().map(|item| text(&item["dataProductItem"], "name")));
        let Some(token) = page.get("nextToken") else { break };
        body["nextToken"] = token.clone();
        let last = text(&items.last().unwrap()["dataProductItem"], "id");
        world.ok("DeleteDataProduct", &[&shop.domain, &last], Value::Null).await;
        shop.product(&format!("sales after {}", found.len())).await;
    }
    assert_eq!(found, ["sales 5", "sales 4", "sales 3", "sales 2", "sales 1", "sales 0"]);
}

#[tokio::test]
async fn words_and_filters_select() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let term = shop.term(&shop.glossary("Words").await, "T").await;
    let other = text(&world.ok("CreateProject", &[&shop.domain], json!({ "name": "other" })).await, "id");
    shop.make(
        "CreateDataProduct",
        json!({ "name": "Daily sales", "description": "by region", "glossaryTerms": [term] }),
    )
    .await;
    shop.make("CreateDataProduct", json!({ "name": "Churn", "owningProjectIdentifier": other })).await;
    let find = |more: Value| {
        let mut body = scope("DATA_PRODUCT");
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        names(&world, &shop.domain, body)
    };
    assert_eq!(find(json!({ "searchText": "SALES region" })).await, ["Daily sales"]);
    assert!(find(json!({ "searchText": "SALES region", "searchIn": [{ "attribute": "name" }] })).await.is_empty());
    assert_eq!(find(json!({ "owningProjectIdentifier": other })).await, ["Churn"]);
    assert!(find(json!({ "owningProjectIdentifier": "nobody" })).await.is_empty());
    let filter = |attribute: &str, value: &str| json!({ "filter": { "attribute": attribute, "value": value } });
    assert_eq!(find(json!({ "filters": filter("glossaryTerms", &term) })).await, ["Daily sales"]);
    let either = json!({ "or": [filter("name", "Churn"), filter("owningProjectId", &shop.project)] });
    assert_eq!(find(json!({ "filters": either })).await, ["Churn", "Daily sales"]);
    assert!(find(json!({ "filters": filter("colour", "red") })).await.is_empty());
    let two = json!({ "searchScope": "DATA_PRODUCT", "filters": { "and": [], "or": [] } });
    world.attempt("Search", &[&shop.domain], two).await.refused("ValidationException", "filters");
}

#[tokio::test]
async fn crawled_things_belong_to_the_nearest_domain_above_them() {
    let world = World::new().await;
    let (sales, other) = (Shop::new(&world, "Sales").await, Shop::new(&world, "Other").await);
    let domain = |name: &str| vec![(IN_DOMAIN, Ref::Name(world.catalog.kind("domain"), name.into()))];
    let service = json!({ "service_type": "Postgres" });
    let columns = json!({ "columns": [{ "name": "id", "data_type": "INT" }] });
    world.record("database_service", "pg", None, service.clone(), domain("Sales")).await;
    world.record("database_service", "free", None, service, vec![]).await;
    for (name, holder, links) in
        [("pg", "a", vec![]), ("pg", "b", domain("Other")), ("free", "a", vec![]), ("free", "b", domain("Sales"))]
    {
        world.record("database", holder, Some(("database_service", name)), json!({}), links).await;
        let parent = format!("{name}.{holder}");
        world.record("database_schema", "s", Some(("database", &parent)), json!({}), vec![]).await;
        world.record("database_schema", "back", Some(("database", &parent)), json!({}), domain("Sales")).await;
        for (schema, links) in [("s", vec![]), ("back", vec![]), ("s", domain("Other"))] {
            let own = if links.is_empty() { "plain" } else { "own" };
            let table = format!("{name}-{holder}-{schema}-{own}");
            let schema = format!("{parent}.{schema}");
            world.record("table", &table, Some(("database_schema", &schema)), columns.clone(), links).await;
        }
    }
    let unit = json!({ "domain_type": "Aggregate" });
    world.record("domain", "Unit", Some(("domain", "Other")), unit, vec![]).await;
    world.record("pipeline_service", "air", None, json!({ "service_type": "Airflow" }), domain("Other.Unit")).await;
    world.record("pipeline", "nightly", Some(("pipeline_service", "air")), json!({}), vec![]).await;
    let of_sales = names(&world, &sales.domain, scope("ASSET")).await;
    assert_eq!(
        of_sales,
        [
            "free-a-back-plain",
            "free-b-back-plain",
            "free-b-s-plain",
            "pg-a-back-plain",
            "pg-a-s-plain",
            "pg-b-back-plain"
        ]
    );
    let of_other = names(&world, &other.domain, scope("ASSET")).await;
    assert_eq!(of_other, ["free-a-s-own", "free-b-s-own", "nightly", "pg-a-s-own", "pg-b-s-own", "pg-b-s-plain"]);
    let default = world.default_domain().await;
    let default = format!("dzd-{}", default.uuid().simple());
    assert_eq!(names(&world, &default, scope("ASSET")).await, ["free-a-s-plain"]);
    let back = json!({ "searchScope": "ASSET", "searchText": "back" });
    assert_eq!(names(&world, &sales.domain, back).await.len(), 4);
    for domain in [&sales.domain, &other.domain, &default] {
        let page = world.ok("Search", &[domain], scope("ASSET")).await;
        for item in page["items"].as_array().unwrap() {
            let id = text(&item["assetItem"], "identifier");
            assert_eq!(world.ok("GetAsset", &[domain, &id], Value::Null).await["id"], id, "what is listed can be read");
        }
    }
}

#[tokio::test]
async fn glossaries_without_a_parent_are_found_with_their_terms() {
    let world = World::new().await;
    let sales = Shop::new(&world, "Sales").await;
    let domain = Ref::Name(world.catalog.kind("domain"), "Sales".into());
    world.record("glossary", "Linked", None, json!({}), vec![(IN_DOMAIN, domain)]).await;
    world.record("glossary", "Free", None, json!({}), vec![]).await;
    for glossary in ["Linked", "Free"] {
        let term = format!("{glossary} term");
        world.record("glossary_term", &term, Some(("glossary", glossary)), json!({}), vec![]).await;
    }
    assert_eq!(names(&world, &sales.domain, scope("GLOSSARY_TERM")).await, ["Linked term"]);
    let default = world.default_domain().await;
    let default = format!("dzd-{}", default.uuid().simple());
    assert_eq!(names(&world, &default, scope("GLOSSARY")).await, ["Free"]);
    assert_eq!(names(&world, &default, scope("GLOSSARY_TERM")).await, ["Free term"]);
}

#[tokio::test]
async fn types_are_listed_apart_from_those_that_the_server_provides() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    shop.types().await;
    let find = async |scope: &str, managed: bool| {
        let mut body = json!({ "searchScope": scope, "managed": managed, "maxResults": 2 });
        let mut names = Vec::new();
        loop {
            let page = world.ok("SearchTypes", &[&shop.domain], body.clone()).await;
            let items = page["items"].as_array().unwrap().iter();
            names.extend(items.map(|item| text(item.as_object().unwrap().values().next().unwrap(), "name")));
            match page.get("nextToken") {
                Some(token) => body["nextToken"] = token.clone(),
                None => return names,
            }
        }
    };
    assert_eq!(find("FORM_TYPE", false).await, ["Quality"]);
    assert_eq!(find("ASSET_TYPE", false).await, ["Sheet"]);
    assert!(find("FORM_TYPE", true).await.contains(&"amazon.datazone.S3ObjectCollectionFormType".to_owned()));
    let assets = find("ASSET_TYPE", true).await;
    assert!(assets.is_sorted() && assets.contains(&"emporion.PipelineAssetType".to_owned()), "{assets:?}");
    assert!(find("LINEAGE_NODE_TYPE", true).await.is_empty());
}

#[tokio::test]
async fn types_are_selected_and_sorted_by_what_they_have() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let other = text(&world.ok("CreateProject", &[&shop.domain], json!({ "name": "other" })).await, "id");
    for (name, description, project) in
        [("Gamma", "of alpha", &shop.project), ("AlphaBeta", "x", &other), ("Alpha", "y", &shop.project)]
    {
        let body = json!({ "name": name, "description": description, "owningProjectIdentifier": project,
            "formsInput": {} });
        shop.make("CreateAssetType", body).await;
    }
    let find = async |managed: bool, more: Value| {
        let mut body = json!({ "searchScope": "ASSET_TYPE", "managed": managed, "maxResults": 2 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut names = Vec::new();
        loop {
            let page = world.ok("SearchTypes", &[&shop.domain], body.clone()).await;
            names.extend(page["items"].as_array().unwrap().iter().map(|item| text(&item["assetTypeItem"], "name")));
            match page.get("nextToken") {
                Some(token) => body["nextToken"] = token.clone(),
                None => {
                    assert_eq!(page["totalMatchCount"], names.len());
                    return names;
                }
            }
        }
    };
    let filter =
        |attribute: &str, value: &str| json!({ "filters": { "filter": { "attribute": attribute, "value": value } } });
    assert_eq!(find(false, json!({})).await, ["Alpha", "AlphaBeta", "Gamma"], "the newest first");
    assert_eq!(find(false, json!({ "searchText": "alpha" })).await, ["Alpha", "AlphaBeta", "Gamma"]);
    assert_eq!(find(false, json!({ "searchText": "alphabeta" })).await, ["AlphaBeta"]);
    let in_description = json!({ "searchText": "alpha", "searchIn": [{ "attribute": "description" }] });
    assert_eq!(find(false, in_description).await, ["Gamma"]);
    let in_colour = json!({ "searchText": "alpha", "searchIn": [{ "attribute": "colour" }] });
    assert!(find(false, in_colour).await.is_empty());
    for (attribute, names) in [
        ("name", ["Gamma", "AlphaBeta", "Alpha"]),
        ("creationTime", ["Alpha", "AlphaBeta", "Gamma"]),
        ("lastUpdatedAt", ["Alpha", "AlphaBeta", "Gamma"]),
    ] {
        let sort = |order: &str| json!({ "sort": { "attribute": attribute, "order": order } });
        assert_eq!(find(false, sort("DESCENDING")).await, names, "{attribute}");
        let turned: Vec<&str> = names.into_iter().rev().collect();
        assert_eq!(find(false, sort("ASCENDING")).await, turned, "{attribute}");
    }
    assert_eq!(find(false, filter("owningProjectId", &other)).await, ["AlphaBeta"]);
    assert_eq!(find(false, filter("typeIdentifier", "Alpha")).await, ["Alpha"]);
    assert_eq!(find(false, filter("createdBy", &world.admin.id.to_string())).await.len(), 3);
    assert!(find(false, filter("colour", "red")).await.is_empty());
    assert!(find(false, filter("owningProjectId", "dzd_amazon_datazone_domain_project")).await.is_empty());
    let since = |operator: &str| json!({ "filters": { "filter": { "attribute": "createdAt", "operator": operator, "intValue": 1 } } });
    assert_eq!((find(false, since("GT")).await.len(), find(false, since("LT")).await.len()), (3, 0));
    let managed = find(true, json!({})).await;
    assert_eq!(find(true, filter("owningProjectId", "dzd_amazon_datazone_domain_project")).await, managed);
    assert_eq!(find(true, filter("createdBy", "SYSTEM")).await, managed);
    assert_eq!(find(true, since("GT")).await, managed);
    assert!(find(true, filter("owningProjectId", &shop.project)).await.is_empty());
    let mut turned = managed.clone();
    turned.reverse();
    assert_eq!(find(true, json!({ "sort": { "attribute": "name", "order": "DESCENDING" } })).await, turned);
    let named = find(true, json!({ "searchText": "RelationalTableAssetType" })).await;
    assert_eq!(named, ["amazon.datazone.RelationalTableAssetType"]);
    let in_description = json!({ "searchText": "table", "searchIn": [{ "attribute": "description" }] });
    assert!(find(true, in_description).await.is_empty());
}

/// A kind that no other file knows.
const TOPIC: KindDef = KindDef {
    name: "topic",
    parents: &["pipeline_service"],
    parent_required: true,
    fields: &[Field::optional("partition_count", FieldType::Integer)],
    facets: DESCRIBED,
    asset: Asset::Item,
    ..PLAIN
};

#[tokio::test]
async fn a_kind_that_is_only_declared_appears_complete() {
    let world = World::over(Registry::standard().with(&TOPIC), Options::default()).await;
    let shop = Shop::new(&world, "Sales").await;
    let domain = Ref::Name(world.catalog.kind("domain"), "Sales".into());
    world
        .record("pipeline_service", "air", None, json!({ "service_type": "Airflow" }), vec![(IN_DOMAIN, domain)])
        .await;
    let fields = json!({ "partition_count": 3, "description": "d" });
    let id = world.record("topic", "Revenue", Some(("pipeline_service", "air")), fields, vec![]).await.to_string();
    assert_eq!(names(&world, &shop.domain, scope("ASSET")).await, ["Revenue"]);
    let found = world.ok("GetAsset", &[&shop.domain, &id], Value::Null).await;
    assert_eq!((&found["typeIdentifier"], &found["description"]), (&json!("emporion.TopicAssetType"), &json!("d")));
    let form = &found["readOnlyFormsOutput"][0];
    assert_eq!(form["content"], r#"{"fullyQualifiedName":"air.Revenue","partitionCount":3}"#);
    let form_type = world.ok("GetFormType", &[&shop.domain, &text(form, "typeName")], Value::Null).await;
    assert!(text(&form_type["model"], "smithy").contains("partitionCount: Long"));
    let revised =
        world.ok("CreateAssetRevision", &[&shop.domain, &id], json!({ "name": "Revenue", "description": "e" })).await;
    assert_eq!((&revised["revision"], &revised["description"]), (&json!("2"), &json!("e")));
    let held = json!({ "name": "p", "items": [{ "itemType": "ASSET", "identifier": id }] });
    assert_eq!(shop.make("CreateDataProduct", held).await["items"][0]["identifier"], id);
}

#[tokio::test]
async fn terms_are_found_by_their_glossary_as_the_service_calls_it() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let (words, places) = (shop.glossary("Words").await, shop.glossary("Places").await);
    for (glossary, name) in [(&words, "Net"), (&words, "Gross"), (&places, "Rome")] {
        shop.term(glossary, name).await;
    }
    let by = |attribute: &str, value: &str| {
        let filters = json!({ "filter": { "attribute": attribute, "value": value } });
        json!({ "searchScope": "GLOSSARY_TERM", "filters": filters, "sort": { "attribute": "name" } })
    };
    for attribute in ["BusinessGlossaryTermForm.businessGlossaryId", "glossaryId"] {
        assert_eq!(names(&world, &shop.domain, by(attribute, &words)).await, ["Gross", "Net"], "{attribute}");
    }
    let mut narrowed = by("BusinessGlossaryTermForm.businessGlossaryId", &words);
    narrowed["searchText"] = json!("net");
    assert_eq!(names(&world, &shop.domain, narrowed).await, ["Net"]);
    assert_eq!(names(&world, &shop.domain, by("BusinessGlossaryTermForm.name", "Rome")).await, ["Rome"]);
    assert!(names(&world, &shop.domain, by("BusinessGlossaryTermForm.businessGlossaryId", "x")).await.is_empty());
}

#[tokio::test]
async fn assets_are_found_by_members_of_derived_forms() {
    let world = World::new().await;
    let domain = text(&world.ok("CreateDomain", &[], json!({ "name": "Sales" })).await, "id");
    let here = (IN_DOMAIN, Ref::Name(world.catalog.kind("domain"), "Sales".into()));
    world.record("database_service", "pg", None, json!({ "service_type": "Postgres" }), vec![here]).await;
    world.record("database", "d", Some(("database_service", "pg")), json!({}), Vec::new()).await;
    world.record("database_schema", "s", Some(("database", "pg.d")), json!({}), Vec::new()).await;
    for name in ["orders", "returns"] {
        let columns = json!({ "columns": [{ "name": "id", "data_type": "INT" }] });
        world.record("table", name, Some(("database_schema", "pg.d.s")), columns, Vec::new()).await;
    }
    let body = json!({ "searchScope": "ASSET", "searchText": "orders",
        "searchIn": [{ "attribute": "GlueTableForm.tableName" }, { "attribute": "RelationalTableForm.tableName" }] });
    assert_eq!(names(&world, &domain, body).await, ["orders"]);
}
