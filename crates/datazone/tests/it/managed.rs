//! Managed types: what the documentation of the service and public code of its clients send and pin is taken.

use serde_json::{Value, json};

use crate::world::{Shop, World, text};

fn form(name: &str, revision: &str, content: &Value) -> Value {
    let identifier = format!("amazon.datazone.{name}Type");
    json!({ "formName": name, "typeIdentifier": identifier, "typeRevision": revision, "content": content.to_string() })
}

fn columns() -> Value {
    json!([{ "columnName": "order_id", "dataType": "string", "description": "the key" }, { "columnName": "amount" }])
}

fn glue() -> Value {
    json!({
        "databaseName": "retail", "tableName": "sales", "catalogId": "123456789012", "region": "us-east-1",
        "tableArn": "arn:aws:glue:us-east-1:123456789012:table/retail/sales", "columns": columns(),
    })
}

fn business() -> Value {
    json!({ "columnsBusinessMetadata": [
        { "columnIdentifier": "order_id", "name": "Order", "description": "", "glossaryTerms": ["gt-term-id-001"] },
        { "columnIdentifier": "amount" },
    ]})
}

#[tokio::test]
async fn forms_of_public_samples_are_taken_as_they_are() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let details = json!({ "sourceIdentifier": "arn:aws:glue:eu-west-1:123456789012:table/db/t", "summary": "s",
        "readMe": "# Orders", "customProperties": { "FeatureGroupOfflineStoreAssetId": "a" }, "realmId": "r" });
    let redshift = json!({
        "accountId": "123456789012", "region": "us-east-1", "storageType": "SERVERLESS", "databaseName": "dev",
        "schemaName": "public", "tableName": "orders", "columns": columns(),
        "redshiftStorage": { "redshiftServerlessSource": {
            "workgroupArn": "arn:a", "namespaceArn": "arn:b", "workgroupName": "w", "namespaceName": "n" } },
    });
    let cluster =
        json!({ "tableName": "orders", "redshiftStorage": { "redshiftClusterSource": { "clusterName": "c" } } });
    let group = json!({ "featureGroupName": "g", "featureGroupArn": "arn:g", "recordIdentifierFeatureName": "id",
        "eventTimeFeatureName": "at", "creationTime": "2026-01-02T03:04:05.678901Z", "offlineStoreStatus": "ACTIVE",
        "featureDefinitions": [{ "featureName": "f", "featureType": "STRING", "collectionType": "LIST" }] });
    let package = json!({ "modelPackageGroupName": "m", "modelPackageGroupStatus": "Completed" });
    let bucket = json!({ "bucketArn": "arn:aws:s3:::analytics-data-bucket" });
    let common = [form("AssetCommonDetailsForm", "8", &details), form("AssetCommonDetailsForm", "3", &details)];
    for (asset_type, revision, own, more) in [
        ("GlueTableAssetType", Some("24"), form("GlueTableForm", "13", &glue()), &common[0]),
        (
            "GlueTableAssetType",
            None,
            form("GlueTableForm", "13", &glue()),
            &form("ColumnBusinessMetadataForm", "8", &business()),
        ),
        ("GlueTableAssetType", Some("19"), form("GlueTableForm", "13", &glue()), &common[1]),
        ("GlueViewAssetType", Some("18"), form("GlueViewForm", "12", &glue()), &common[0]),
        ("RedshiftTableAssetType", None, form("RedshiftTableForm", "2", &redshift), &common[0]),
        ("RedshiftViewAssetType", None, form("RedshiftViewForm", "5", &cluster), &common[0]),
        ("S3ObjectCollectionAssetType", Some("13"), form("S3ObjectCollectionForm", "7", &bucket), &common[1]),
        ("SageMakerFeatureGroupAssetType", None, form("SageMakerFeatureGroupForm", "1", &group), &common[0]),
        (
            "SageMakerModelPackageGroupAssetType",
            None,
            form("SageMakerModelPackageGroupForm", "1", &package),
            &common[0],
        ),
    ] {
        let mut body = json!({ "name": "a", "typeIdentifier": format!("amazon.datazone.{asset_type}"),
            "formsInput": [own, more] });
        if let Some(revision) = revision {
            body["typeRevision"] = json!(revision);
        }
        let made = shop.make("CreateAsset", body.clone()).await;
        for (given, kept) in body["formsInput"].as_array().unwrap().iter().zip(made["formsOutput"].as_array().unwrap())
        {
            assert_eq!(
                (&given["typeIdentifier"], &given["typeRevision"], &given["content"]),
                (&kept["typeName"], &kept["typeRevision"], &kept["content"]),
                "{asset_type}"
            );
        }
        // What was read is written again, by name alone.
        let again = made["formsOutput"].as_array().unwrap().iter();
        let again = again.map(|form| json!({ "formName": form["formName"], "content": form["content"] }));
        let body = json!({ "name": "a", "formsInput": again.collect::<Vec<_>>() });
        let next = world.ok("CreateAssetRevision", &[&shop.domain, &text(&made, "id")], body).await;
        assert_eq!(next["revision"], "2", "{asset_type}");
    }
}

#[tokio::test]
async fn an_outdated_or_incomplete_form_is_refused_in_the_words_of_the_service() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let attempt = async |asset_type: &str, form: Value| {
        let body = json!({ "name": "a", "typeIdentifier": format!("amazon.datazone.{asset_type}"),
            "owningProjectIdentifier": shop.project, "formsInput": [form] });
        world.attempt("CreateAsset", &[&shop.domain], body).await
    };
    attempt("GlueTableAssetType", form("GlueTableForm", "12", &glue())).await.refused(
        "ValidationException",
        "Form GlueTableForm expected form amazon.datazone#GlueTableFormType@13 but was provided \
         amazon.datazone#GlueTableFormType@12",
    );
    attempt("S3ObjectCollectionAssetType", form("S3ObjectCollectionForm", "7", &json!({})))
        .await
        .refused("ValidationException", "$.S3ObjectCollectionForm.bucketArn: is missing but it is required");
    let nameless = json!({ "columnsBusinessMetadata": [{ "name": "Order" }] });
    let mut body = json!({ "name": "a", "typeIdentifier": "amazon.datazone.GlueTableAssetType",
        "owningProjectIdentifier": shop.project });
    body["formsInput"] =
        json!([form("GlueTableForm", "13", &glue()), form("ColumnBusinessMetadataForm", "8", &nameless)]);
    world
        .attempt("CreateAsset", &[&shop.domain], body.clone())
        .await
        .refused("ValidationException", "$.ColumnBusinessMetadataForm.columnsBusinessMetadata[0].columnIdentifier");
    body["formsInput"] = json!([form("ColumnBusinessMetadataForm", "8", &business())]);
    world.attempt("CreateAsset", &[&shop.domain], body).await.refused("ValidationException", "GlueTableForm");
    attempt("GlueTableAssetType", form("GlueTableForm", "14", &glue())).await.refused("ValidationException", "14");
}

#[tokio::test]
async fn managed_types_have_the_members_and_revisions_of_the_service() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let get = async |operation: &'static str, name: &str, query: &str| {
        world.call(&world.admin, operation, &[&shop.domain, name], query, Value::Null).await
    };
    let found = get("GetFormType", "amazon.datazone.GlueTableFormType", "").await.body;
    assert_eq!((&found["revision"], &found["createdBy"]), (&json!("13"), &json!("SYSTEM")));
    assert!(found["model"]["smithy"].as_str().unwrap().contains("structure GlueTableFormType"));
    let older = get("GetFormType", "amazon.datazone.GlueTableFormType", "revision=12").await.body;
    assert_eq!(older["revision"], "12");
    for missing in ["revision=14", "revision=0", "revision=x"] {
        assert_eq!(get("GetFormType", "amazon.datazone.GlueTableFormType", missing).await.status, 404, "{missing}");
        assert_eq!(get("GetAssetType", "amazon.datazone.GlueTableAssetType", "revision=25").await.status, 404);
    }
    let found = get("GetAssetType", "amazon.datazone.GlueTableAssetType", "").await.body;
    assert_eq!(
        found["formsOutput"]["GlueTableForm"],
        json!({
        "typeName": "amazon.datazone.GlueTableFormType", "typeRevision": "13", "required": true })
    );
    assert_eq!(found["formsOutput"]["AssetCommonDetailsForm"]["required"], false);
    for (member, value) in [
        ("originDomainId", "dzd_amazon_datazone_domain"),
        ("originProjectId", "dzd_amazon_datazone_domain_project"),
        ("owningProjectId", "dzd_amazon_datazone_domain_project"),
        ("updatedBy", "SYSTEM"),
    ] {
        assert_eq!(found[member], value, "{member}");
    }
}

#[tokio::test]
async fn types_of_ones_own_are_made_of_managed_forms() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let slot = |form: &str, required: bool| {
        json!({ "typeIdentifier": format!("amazon.datazone.{form}"),
        "typeRevision": "1", "required": required })
    };
    let slots = json!({
        "CustomTableForm": slot("RelationalTableFormType", true),
        "ColumnBusinessMetadataForm": slot("ColumnBusinessMetadataFormType", false),
        "SubscriptionTerms": slot("SubscriptionTermsFormType", false),
    });
    let made = shop.make("CreateAssetType", json!({ "name": "OnPremTable", "formsInput": slots })).await;
    let common =
        json!({ "typeName": "amazon.datazone.AssetCommonDetailsFormType", "typeRevision": "8", "required": false });
    assert_eq!(made["formsOutput"]["AssetCommonDetailsForm"], common);
    assert_eq!(made["formsOutput"]["SubscriptionTerms"]["typeRevision"], "1");
    let table = json!({ "tableName": "Order", "columns": [{ "columnName": "price", "dataType": "varchar" }] });
    let forms = json!([
        { "formName": "CustomTableForm", "typeIdentifier": "amazon.datazone.RelationalTableFormType",
          "typeRevision": "1", "content": table.to_string() },
        { "formName": "AssetCommonDetailsForm", "typeIdentifier": "default",
          "content": r#"{"sourceIdentifier": "kafka://c/t", "schemaDefinition": "{}"}"# },
        { "formName": "ColumnBusinessMetadataForm", "content": business().to_string() },
    ]);
    let made =
        shop.make("CreateAsset", json!({ "name": "a", "typeIdentifier": "OnPremTable", "formsInput": forms })).await;
    let revisions: Vec<String> =
        made["formsOutput"].as_array().unwrap().iter().map(|form| text(form, "typeRevision")).collect();
    assert_eq!(revisions, ["1", "8", "1"]);
    let unknown = json!([{ "formName": "Other", "typeIdentifier": "default", "content": "{}" }]);
    let body = json!({ "name": "p", "owningProjectIdentifier": shop.project, "formsInput": unknown });
    world.attempt("CreateDataProduct", &[&shop.domain], body).await.refused("ValidationException", "typeIdentifier");
}

#[tokio::test]
async fn a_model_may_name_its_domain_however_it_is_spelled() {
    let world = World::new().await;
    let shop = Shop::new(&world, "Sales").await;
    let underscored = shop.domain.replace('-', "_");
    let glossary = shop.glossary("Levels").await;
    let term = shop.term(&glossary, "High").await;
    for (name, id) in [("Plain", shop.domain.as_str()), ("Spelled", underscored.as_str())] {
        let model = format!(
            "$version: \"2.0\"\nnamespace {id}\n\n@length(min:1, max:1)\nlist Levels {{member: String}}\n\n\
             @amazon.datazone#displayname(defaultName: \"A form\")\nstructure {name} {{\n  \
             @amazon.datazone#requiredForCondition(actions:[\"PUBLISHING\",\"SUBSCRIPTION\"])\n  \
             @amazon.datazone#searchable\n  owner: String,\n  @amazon.datazone#glossaryterm(\"{glossary}\")\n  \
             @required\n  level: {id}#Levels,\n}}"
        );
        shop.make("CreateFormType", json!({ "name": name, "model": { "smithy": model } })).await;
        let found = world.ok("GetFormType", &[&shop.domain, name], Value::Null).await;
        assert_eq!(found["model"]["smithy"], model, "the text is kept as it is");
        let identifier = format!("{underscored}.{name}");
        assert_eq!(world.ok("GetFormType", &[&shop.domain, &identifier], Value::Null).await, found);
        let content = |term: &str| json!({ "level": [term] }).to_string();
        let form =
            json!({ "formName": "F", "typeIdentifier": identifier, "typeRevision": "1", "content": content(&term) });
        let made = shop.make("CreateDataProduct", json!({ "name": name, "formsInput": [form] })).await;
        assert_eq!(made["formsOutput"][0]["typeName"], name);
        let mut broken = form.clone();
        broken["content"] = json!(content("nothing"));
        let body = json!({ "name": "q", "owningProjectIdentifier": shop.project, "formsInput": [broken] });
        world.attempt("CreateDataProduct", &[&shop.domain], body).await.refused("ValidationException", "$.F.level");
    }
}
