//! Rights come before everything that looks at stored state: who may not do it learns nothing else from the refusal.

use emporion_datazone::{operations, shapes};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Person, Shop, World, text};

const NOWHERE: &str = "0190a0a0-0000-7000-8000-000000000000";

/// `(operation, labels, query, body)`.
type Question = (&'static str, Vec<String>, &'static str, Value);

/// A domain with one of everything, each in use by another, and somebody who may look at it and no more.
struct Fixture<'w> {
    shop: Shop<'w>,
    viewer: Person,
    unit: String,
    steward: String,
    glossary: String,
    used_term: String,
    asset: String,
    product: String,
}

impl<'w> Fixture<'w> {
    async fn new(world: &'w World) -> Fixture<'w> {
        let shop = Shop::new(world, "Sales").await;
        let viewer = world.person("vera").await;
        let member = json!({ "userIdentifier": viewer.id.to_string() });
        let seat = json!({ "member": member, "designation": "PROJECT_CATALOG_VIEWER" });
        world.ok("CreateProjectMembership", &[&shop.domain, &shop.project], seat).await;
        shop.types().await;
        let glossary = shop.glossary("Words").await;
        let used_term = shop.term(&glossary, "Used").await;
        let asset = shop.asset("sheet").await;
        let items = json!([{ "itemType": "ASSET", "identifier": asset }]);
        let body = json!({ "name": "product", "items": items, "glossaryTerms": [used_term] });
        let product = text(&shop.make("CreateDataProduct", body).await, "id");
        let root = text(&world.ok("GetDomain", &[&shop.domain], Value::Null).await, "rootDomainUnitId");
        let body = json!({ "name": "East", "parentDomainUnitIdentifier": root });
        let unit = text(&world.ok("CreateDomainUnit", &[&shop.domain], body).await, "id");
        let projects = world.ok("ListProjects", &[&shop.domain], Value::Null).await;
        let projects = projects["items"].as_array().unwrap();
        let steward = projects.iter().find(|project| project["name"] == "Stewards").expect("stewards");
        let steward = text(steward, "id");
        Fixture { shop, viewer, unit, steward, glossary, used_term, asset, product }
    }

    /// Every write, each with something in it that the stored state speaks against.
    fn questions(&self) -> Vec<Question> {
        let (domain, project) = (&self.shop.domain, &self.shop.project);
        let on = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>();
        let here = || on(&[domain]);
        let root =
            format!("{}-{}-{}-{}-{}", &domain[4..12], &domain[12..16], &domain[16..20], &domain[20..24], &domain[24..]);
        let arn =
            format!("arn:aws:datazone:us-east-1:{}:domain/{domain}", self.shop.world.admin.caller.account().number());
        let arn = arn.replace(':', "%3A").replace('/', "%2F");
        let nobody = json!({ "userIdentifier": NOWHERE });
        let member = json!({ "userIdentifier": self.viewer.id.to_string() });
        let tags: serde_json::Map<String, Value> = (0..51).map(|n| (format!("k{n}"), json!("v"))).collect();
        let form = json!([{ "formName": "F", "typeIdentifier": "None", "typeRevision": "1", "content": "{}" }]);
        let items = json!([{ "itemType": "ASSET", "identifier": NOWHERE }]);
        let contents = json!({ "name": "n", "glossaryTerms": [NOWHERE], "formsInput": form });
        let with = |base: &Value, more: Value| {
            let mut body = base.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let mut all: Vec<Question> = vec![
            ("CreateDomain", vec![], "", json!({ "name": "Sales" })),
            ("UpdateDomain", here(), "", json!({ "name": "Sales" })),
            ("DeleteDomain", here(), "", Value::Null),
            ("CreateDomainUnit", here(), "", json!({ "name": "East", "parentDomainUnitIdentifier": root })),
            ("CreateDomainUnit", here(), "", json!({ "name": "n", "parentDomainUnitIdentifier": NOWHERE })),
            ("UpdateDomainUnit", on(&[domain, &self.unit]), "", json!({ "name": "n" })),
            ("DeleteDomainUnit", on(&[domain, &root]), "", Value::Null),
            ("DeleteDomainUnit", on(&[domain, &self.unit]), "", Value::Null),
            ("CreateProject", here(), "", json!({ "name": "makers" })),
            ("CreateProject", here(), "", json!({ "name": "n", "domainUnitId": NOWHERE })),
            ("CreateProject", here(), "", json!({ "name": "n", "glossaryTerms": [NOWHERE] })),
            (
                "CreateProject",
                here(),
                "",
                json!({ "name": "n", "membershipAssignments": [{ "member": nobody, "designation": "PROJECT_OWNER" }] }),
            ),
            ("UpdateProject", on(&[domain, project]), "", json!({ "domainUnitId": NOWHERE })),
            ("UpdateProject", on(&[domain, project]), "", json!({ "glossaryTerms": [NOWHERE] })),
            ("DeleteProject", on(&[domain, project]), "", Value::Null),
            ("DeleteProject", on(&[domain, &self.steward]), "", Value::Null),
            (
                "CreateProjectMembership",
                on(&[domain, project]),
                "",
                json!({ "member": nobody, "designation": "PROJECT_OWNER" }),
            ),
            (
                "CreateProjectMembership",
                on(&[domain, project]),
                "",
                json!({ "member": member, "designation": "PROJECT_OWNER" }),
            ),
            ("DeleteProjectMembership", on(&[domain, project]), "", json!({ "member": nobody })),
            ("UpdateGlossary", on(&[domain, &self.glossary]), "", json!({ "status": "DISABLED" })),
            ("DeleteGlossary", on(&[domain, &self.glossary]), "", Value::Null),
            ("CreateGlossaryTerm", here(), "", json!({ "name": "Used", "glossaryIdentifier": self.glossary })),
            ("CreateGlossaryTerm", here(), "", json!({ "name": "n", "glossaryIdentifier": NOWHERE })),
            (
                "CreateGlossaryTerm",
                here(),
                "",
                json!({ "name": "n", "glossaryIdentifier": self.glossary, "termRelations": { "isA": [NOWHERE] } }),
            ),
            ("UpdateGlossaryTerm", on(&[domain, &self.used_term]), "", json!({ "glossaryIdentifier": NOWHERE })),
            (
                "UpdateGlossaryTerm",
                on(&[domain, &self.used_term]),
                "",
                json!({ "termRelations": { "isA": [NOWHERE] } }),
            ),
            ("DeleteGlossaryTerm", on(&[domain, &self.used_term]), "", Value::Null),
            ("DeleteFormType", on(&[domain, "Quality"]), "", Value::Null),
            ("DeleteAssetType", on(&[domain, "Sheet"]), "", Value::Null),
            ("CreateAssetRevision", on(&[domain, &self.asset]), "", contents.clone()),
            ("DeleteAsset", on(&[domain, &self.asset]), "", Value::Null),
            ("CreateDataProductRevision", on(&[domain, &self.product]), "", contents.clone()),
            ("CreateDataProductRevision", on(&[domain, &self.product]), "", json!({ "name": "n", "items": items })),
            ("DeleteDataProduct", on(&[domain, &self.product]), "", Value::Null),
            ("CreateUserProfile", here(), "", nobody.clone()),
            ("UpdateUserProfile", on(&[domain, &self.viewer.id.to_string()]), "", json!({ "status": "DEACTIVATED" })),
            ("TagResource", vec![arn.clone()], "", json!({ "tags": tags })),
            ("UntagResource", vec![arn], "tagKeys=k", Value::Null),
        ];
        let model = json!({ "name": "Quality", "model": { "smithy": "structure Quality { a: String }" } });
        let slots = json!({ "F": { "typeIdentifier": "None", "typeRevision": "7" } });
        for owner in [project.as_str(), NOWHERE] {
            let owned = json!({ "owningProjectIdentifier": owner });
            all.extend([
                ("CreateGlossary", here(), "", with(&owned, json!({ "name": "Words" }))),
                ("CreateFormType", here(), "", with(&owned, model.clone())),
                ("CreateAssetType", here(), "", with(&owned, json!({ "name": "T", "formsInput": slots }))),
                ("CreateAsset", here(), "", with(&owned, with(&contents, json!({ "typeIdentifier": "None" })))),
                ("CreateAsset", here(), "", with(&owned, with(&contents, json!({ "typeIdentifier": "Sheet" })))),
                ("CreateDataProduct", here(), "", with(&owned, contents.clone())),
                ("CreateDataProduct", here(), "", with(&owned, json!({ "name": "n", "items": items }))),
                ("CreateDataProduct", here(), "", with(&owned, json!({ "name": "product" }))),
            ]);
        }
        all
    }
}

#[tokio::test]
async fn who_may_not_write_is_told_that_and_nothing_of_what_is_stored() {
    let world = World::new().await;
    let fixture = Fixture::new(&world).await;
    for (operation, labels, query, body) in fixture.questions() {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let got = world.call(&fixture.viewer, operation, &labels, query, body.clone()).await;
        let wanted = format!("User is not permitted to perform operation: {operation}");
        assert!(got.code == "AccessDeniedException" && got.message().starts_with(&wanted), "{body}: {got:?}");
    }
}

#[tokio::test]
async fn every_write_that_is_offered_is_among_those_asked() {
    let world = World::new().await;
    let fixture = Fixture::new(&world).await;
    let asked: Vec<&str> = fixture.questions().iter().map(|question| question.0).collect();
    for shapes in shapes::SHAPES {
        let operation = operations::by_name(shapes.operation).unwrap();
        let is_read = operation.method == Method::GET || operation.name.starts_with("Search");
        assert_eq!(asked.contains(&operation.name), !is_read, "{}", operation.name);
    }
}

#[tokio::test]
async fn who_may_write_somewhere_learns_that_the_place_he_names_is_not_there() {
    let world = World::new().await;
    let fixture = Fixture::new(&world).await;
    let (domain, project) = (&fixture.shop.domain, &fixture.shop.project);
    let maker = world.person("max").await;
    let member = json!({ "userIdentifier": maker.id.to_string() });
    let seat = json!({ "member": member, "designation": "PROJECT_CONTRIBUTOR" });
    world.ok("CreateProjectMembership", &[domain, project], seat).await;
    let body = json!({ "name": "n", "owningProjectIdentifier": NOWHERE });
    let got = world.call(&maker, "CreateDataProduct", &[domain], "", body).await;
    got.refused("ResourceNotFoundException", "project");
    let body = json!({ "name": "n", "glossaryIdentifier": NOWHERE });
    let got = world.call(&maker, "CreateGlossaryTerm", &[domain], "", body).await;
    got.refused("ResourceNotFoundException", "Glossary");
    let body = json!({ "name": "n", "owningProjectIdentifier": project, "glossaryTerms": [NOWHERE] });
    let got = world.call(&maker, "CreateDataProduct", &[domain], "", body).await;
    got.refused("ResourceNotFoundException", "GlossaryTerm");
}
