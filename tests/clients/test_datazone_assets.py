"""boto3 on glossaries, form types, asset types, assets and Search."""

import json

import pytest

from datazone_door import FORM_MODEL, Workshop, fails

NOBODY = "0196c0de-0000-7000-8000-000000000000"
TABLE_TYPE = "amazon.datazone.RelationalTableAssetType"


@pytest.fixture
def shop(dz, fresh_name) -> Workshop:
    return Workshop(dz, fresh_name("shop"))


@pytest.fixture
def sheet(shop) -> dict:
    """An asset type with one optional form."""
    return shop.asset_type(shop.form_type())


def in_domain(shop: Workshop, **more) -> dict:
    return {"domainIdentifier": shop.domain} | more


# --- glossaries and terms -----------------------------------------------------------------------------------------


def test_a_glossary_is_read_changed_and_deleted_in_that_order(dz, shop):
    glossary = shop.glossary("Words")
    call = in_domain(shop, identifier=glossary)
    found = dz.get_glossary(**call)
    assert (found["name"], found["status"], found["owningProjectId"]) == ("Words", "ENABLED", shop.project)
    term = shop.term(glossary, "Revenue")
    with fails("ConflictException", 409, f"Conflict with businessGlossary {glossary}"):
        shop.glossary("Words")
    with fails("ValidationException", 400, "Glossary must be DISABLED for deletion"):
        dz.delete_glossary(**call)
    assert dz.update_glossary(**call, status="DISABLED", description="d")["description"] == "d"
    assert dz.get_glossary(**call)["name"] == "Words", "absent means unchanged"
    with fails("ConflictException", 409, "Glossary can't be deleted while having glossary terms attached"):
        dz.delete_glossary(**call)
    dz.delete_glossary_term(**in_domain(shop, identifier=term))
    dz.delete_glossary(**call)
    with fails("ResourceNotFoundException", 404, "The given Glossary doesn't exist."):
        dz.get_glossary(**call)
    with fails("ResourceNotFoundException", 404, "Requested businessGlossary cannot be found in domain"):
        dz.delete_glossary(**call)


def test_a_glossary_of_an_unknown_project_is_no_404(dz, shop):
    """CreateGlossary declares no ResourceNotFoundException."""
    with fails(("AccessDeniedException", "ValidationException")):
        dz.create_glossary(**in_domain(shop, name="g", owningProjectIdentifier=NOBODY))


def test_a_term_has_descriptions_and_relations(dz, shop):
    glossary = shop.glossary()
    parent = shop.term(glossary, "Money", shortDescription="short", longDescription="long")
    child = shop.term(glossary, "Revenue", termRelations={"isA": [parent]})
    found = dz.get_glossary_term(**in_domain(shop, identifier=child))
    assert found["termRelations"] == {"isA": [parent]} and found["glossaryId"] == glossary
    parent_found = dz.get_glossary_term(**in_domain(shop, identifier=parent))
    assert (parent_found["shortDescription"], parent_found["longDescription"]) == ("short", "long")
    with fails("ConflictException", 409, f"Conflict with glossaryTerm {child}"):
        shop.term(glossary, "Revenue")
    with fails("ResourceNotFoundException", 404, "The given Glossary doesn't exist."):
        shop.term(NOBODY, "Lost")
    with fails(("ResourceNotFoundException", "ValidationException")):
        shop.term(glossary, "Odd", termRelations={"isA": [NOBODY]})
    with fails("ConflictException", 409):
        dz.delete_glossary_term(**in_domain(shop, identifier=parent))


def test_a_term_is_changed_and_moved(dz, shop):
    first, second = shop.glossary("One"), shop.glossary("Two")
    term = shop.term(first, "Wandering", shortDescription="s")
    call = in_domain(shop, identifier=term)
    updated = dz.update_glossary_term(**call, longDescription="l", status="DISABLED")
    assert (updated["shortDescription"], updated["longDescription"], updated["status"]) == ("s", "l", "DISABLED")
    assert dz.update_glossary_term(**call, glossaryIdentifier=second)["glossaryId"] == second
    dz.delete_glossary_term(**call)
    with fails("ResourceNotFoundException", 404, "Requested glossaryTerm cannot be found in domain"):
        dz.delete_glossary_term(**call)
    with fails("ResourceNotFoundException", 404, "The given GlossaryTerm doesn't exist."):
        dz.update_glossary_term(**call, name="ghost")


def test_a_term_in_use_is_not_deleted(dz, shop, fresh_name):
    term = shop.term(shop.glossary(), "Used")
    product = shop.product(fresh_name("p"), glossaryTerms=[term])
    with fails("ConflictException", 409):
        dz.delete_glossary_term(**in_domain(shop, identifier=term))
    dz.delete_data_product(**in_domain(shop, identifier=product["id"]))
    dz.delete_glossary_term(**in_domain(shop, identifier=term))


# --- form types and asset types -----------------------------------------------------------------------------------


def test_a_form_type_is_kept_verbatim_and_revised_by_creating_it_again(dz, shop):
    model = (
        '$version: "2.0"\nnamespace dzd_x\n\n/// about it\nstructure Wide {\n  @required\n  name: smithy.api#String,\n'
        "  @range(min: 0, max: 10)\n  score: Integer\n  tags: Tags\n}\n\nlist Tags {\n  member: String\n}\n"
    )
    call = in_domain(shop, name="Wide", owningProjectIdentifier=shop.project, status="ENABLED")
    made = dz.create_form_type(**call, model={"smithy": model}, description="wide")
    assert (made["revision"], made["name"]) == ("1", "Wide")
    found = dz.get_form_type(**in_domain(shop, formTypeIdentifier="Wide"))
    assert found["model"] == {"smithy": model} and found["status"] == "ENABLED"
    assert dz.create_form_type(**call, model={"smithy": model})["revision"] == "2"
    assert dz.get_form_type(**in_domain(shop, formTypeIdentifier="Wide", revision="1"))["revision"] == "1"
    dz.delete_form_type(**in_domain(shop, formTypeIdentifier="Wide"))
    with fails("ResourceNotFoundException", 404, "The given FormType doesn't exist."):
        dz.get_form_type(**in_domain(shop, formTypeIdentifier="Wide"))
    with fails("ResourceNotFoundException", 404, "Requested FormType cannot be found in domain"):
        dz.delete_form_type(**in_domain(shop, formTypeIdentifier="Wide"))


@pytest.mark.parametrize(
    "model",
    ["structure", "structure Wide {", "structure Other { a: String }", "structure Wide { a: NoSuchShape }",
     "structure Wide { a: String a: String }", "<html>", "structure Wide { @frobnicate( a: String }"],
)  # fmt: skip
def test_a_model_that_is_no_smithy_is_400(dz, shop, model):
    with fails("ValidationException", 400):
        dz.create_form_type(
            **in_domain(shop, name="Wide", model={"smithy": model}, owningProjectIdentifier=shop.project)
        )


def test_a_form_type_in_use_is_not_deleted(dz, shop, sheet):
    with fails("ConflictException", 409):
        dz.delete_form_type(**in_domain(shop, formTypeIdentifier="QualityForm"))


def test_an_asset_type_names_existing_forms(dz, shop, sheet):
    found = dz.get_asset_type(**in_domain(shop, identifier=sheet["name"]))
    assert found["owningProjectId"] == shop.project
    assert found["formsOutput"]["QualityForm"]["typeName"] == "QualityForm"
    forms = {"Gone": {"typeIdentifier": "NoSuchForm", "typeRevision": "1"}}
    with fails("ValidationException", 400, "NoSuchForm"):
        dz.create_asset_type(**in_domain(shop, name="Bad", owningProjectIdentifier=shop.project, formsInput=forms))
    with fails("ResourceNotFoundException", 404, "The given AssetType doesn't exist."):
        dz.get_asset_type(**in_domain(shop, identifier="NoSuchType"))
    dz.delete_asset_type(**in_domain(shop, identifier=sheet["name"]))
    with fails("ResourceNotFoundException", 404):
        dz.get_asset_type(**in_domain(shop, identifier=sheet["name"]))


def test_an_asset_type_with_assets_is_not_deleted(dz, shop, sheet):
    shop.asset(sheet, "one")
    with fails("ConflictException", 409):
        dz.delete_asset_type(**in_domain(shop, identifier=sheet["name"]))


# --- assets -------------------------------------------------------------------------------------------------------


def test_an_asset_and_its_revisions(dz, shop, sheet):
    term = shop.term(shop.glossary(), "Fresh")
    content = json.dumps({"steward": "ann"})
    form = {"formName": "QualityForm", "typeIdentifier": "QualityForm", "typeRevision": "1", "content": content}
    asset = shop.asset(
        sheet, "weekly", description="", externalIdentifier="x-1", glossaryTerms=[term], formsInput=[form]
    )
    call = in_domain(shop, identifier=asset["id"])
    found = dz.get_asset(**call)
    assert (found["externalIdentifier"], found["glossaryTerms"]) == ("x-1", [term])
    assert found["formsOutput"][0]["content"] == content
    second = dz.create_asset_revision(**call, name="weekly v2")
    assert (second["revision"], second["name"]) == ("2", "weekly v2")
    assert "glossaryTerms" not in second and second["firstRevisionCreatedAt"] == asset["createdAt"]
    assert dz.get_asset(**call, revision="1")["name"] == "weekly"
    assert [row["revision"] for row in dz.list_asset_revisions(**call)["items"]] == ["2", "1"]
    dz.delete_asset(**call)
    with fails("ResourceNotFoundException", 404, "The given Asset doesn't exist."):
        dz.get_asset(**call)


def test_asset_names_need_not_differ(shop, sheet):
    assert shop.asset(sheet, "same")["id"] != shop.asset(sheet, "same")["id"]


def test_an_assets_forms_are_checked(dz, shop, fresh_name):
    form = shop.form_type("Required")
    forms = {"Required": {"typeIdentifier": "Required", "typeRevision": form["revision"], "required": True}}
    strict = dz.create_asset_type(
        **in_domain(shop, name="Strict", owningProjectIdentifier=shop.project, formsInput=forms)
    )
    with fails("ValidationException", 400, "Required"):
        shop.asset(strict, "without the form")
    with fails("ValidationException", 400, "$.Required.steward: is missing but it is required"):
        shop.asset(strict, "empty form", formsInput=[{"formName": "Required", "content": "{}"}])
    with fails(("ResourceNotFoundException", "ValidationException")):
        shop.asset({"name": "NoSuchType"}, "no type")
    content = json.dumps({"steward": "ann"})
    good = shop.asset(strict, "good", formsInput=[{"formName": "Required", "content": content}])
    assert good["formsOutput"][0]["typeName"] == "Required"
    dz.create_form_type(
        **in_domain(
            shop, name="Required", model={"smithy": FORM_MODEL.format(name="Required")},
            owningProjectIdentifier=shop.project, status="ENABLED",
        )
    )  # fmt: skip
    newer = {"formName": "Required", "typeIdentifier": "Required", "typeRevision": "2", "content": content}
    with fails("ValidationException", 400, "Required"):
        shop.asset(strict, "newer form", formsInput=[newer])


def test_an_asset_in_a_product_is_not_deleted(dz, shop, sheet, fresh_name):
    asset = shop.asset(sheet, "held")
    product = shop.product(fresh_name("p"), items=[{"itemType": "ASSET", "identifier": asset["id"]}])
    assert product["items"] == [{"itemType": "ASSET", "identifier": asset["id"]}], "no revision given, none shown"
    with fails("ConflictException", 409):
        dz.delete_asset(**in_domain(shop, identifier=asset["id"]))
    dz.create_data_product_revision(**in_domain(shop, identifier=product["id"], name=product["name"]))
    dz.delete_asset(**in_domain(shop, identifier=asset["id"]))
    with fails("ValidationException", 400):
        item = {"itemType": "ASSET", "identifier": asset["id"]}
        shop.product(fresh_name("p"), items=[item, item])


def test_the_pinned_revision_of_an_item_must_exist(shop, sheet, fresh_name):
    asset = shop.asset(sheet, "pinned")
    with fails(("ResourceNotFoundException", "ValidationException")):
        shop.product(fresh_name("p"), items=[{"itemType": "ASSET", "identifier": asset["id"], "revision": "7"}])


def test_a_table_of_the_catalogue_is_an_asset(dz, om, shop, fresh_name):
    service = fresh_name("pg")
    om.post("/services/databaseServices", {"name": service, "serviceType": "Postgres", "domains": [shop.name]})
    om.post("/databases", {"name": "db", "service": service})
    om.post("/databaseSchemas", {"name": "s", "database": f"{service}.db"})
    columns = [{"name": "id", "dataType": "INT", "description": "the key"}]
    table = om.post("/tables", {"name": "orders", "databaseSchema": f"{service}.db.s", "columns": columns})
    asset = dz.get_asset(**in_domain(shop, identifier=table["id"]))
    assert (asset["name"], asset["typeIdentifier"]) == ("orders", TABLE_TYPE)
    assert any("id" in form["content"] for form in asset["readOnlyFormsOutput"])
    product = shop.product(fresh_name("p"), items=[{"itemType": "ASSET", "identifier": table["id"]}])
    assert om.get(f"/dataProducts/{product['id']}/assets")["data"][0]["id"] == table["id"]
    derived = asset["readOnlyFormsOutput"][0]
    form = {"formName": derived["formName"], "content": derived["content"]}
    with fails("ValidationException", 400):
        dz.create_asset_revision(**in_domain(shop, identifier=table["id"], name="orders", formsInput=[form]))
    renamed = dz.create_asset_revision(**in_domain(shop, identifier=table["id"], name="orders", description="all"))
    assert renamed["description"] == "all" and om.get(f"/tables/{table['id']}")["description"] == "all"


def test_a_glue_table_of_the_documentation_is_an_asset(dz, shop):
    """The request of the API reference, with what connectors add to it in the next revision."""
    table = {
        "databaseName": "retail_analytics", "tableName": "sales", "catalogId": "123456789012", "region": "us-east-1",
        "tableArn": "arn:aws:glue:us-east-1:123456789012:table/retail_analytics/sales",
        "columns": [{"columnName": "store_id", "dataType": "string", "description": "Unique store identifier"}],
    }  # fmt: skip
    kind = dz.get_asset_type(**in_domain(shop, identifier="amazon.datazone.GlueTableAssetType"))
    slot = kind["formsOutput"]["GlueTableForm"]
    form = {
        "formName": "GlueTableForm",
        "typeIdentifier": slot["typeName"],
        "typeRevision": slot["typeRevision"],
        "content": json.dumps(table),
    }
    made = shop.asset(kind, "sales", externalIdentifier="glue://1/us-east-1/retail/sales", formsInput=[form])
    assert (made["typeRevision"], made["formsOutput"][0]["content"]) == (kind["revision"], form["content"])
    business = {"columnsBusinessMetadata": [{"columnIdentifier": "store_id", "name": "Store", "glossaryTerms": []}]}
    more = [
        ("AssetCommonDetailsForm", {"readMe": "# Sales", "summary": "what was sold"}),
        ("ColumnBusinessMetadataForm", business),
    ]
    forms = [
        {"formName": name, "typeIdentifier": f"amazon.datazone.{name}Type", "content": json.dumps(content)}
        for name, content in more
    ]
    revised = dz.create_asset_revision(
        **in_domain(shop, identifier=made["id"], name="sales", formsInput=[form, *forms])
    )
    assert [form["typeRevision"] for form in revised["formsOutput"]] == ["13", "8", "8"]
    by_table = {"searchText": "sales", "searchIn": [{"attribute": "GlueTableForm.tableName"}]}
    assert found(dz, shop, "ASSET", **by_table) == [made["id"]]
    form["typeRevision"] = "12"
    with fails("ValidationException", 400, "GlueTableFormType@13 but was provided amazon.datazone#GlueTableFormType@12"):
        dz.create_asset_revision(**in_domain(shop, identifier=made["id"], name="sales", formsInput=[form]))


# --- Search -------------------------------------------------------------------------------------------------------

SCOPES = {
    "ASSET": ("assetItem", "identifier"),
    "DATA_PRODUCT": ("dataProductItem", "id"),
    "GLOSSARY": ("glossaryItem", "id"),
    "GLOSSARY_TERM": ("glossaryTermItem", "id"),
}


def found(dz, shop, scope, **more) -> list[str]:
    union, key = SCOPES[scope]
    answer = dz.search(**in_domain(shop, searchScope=scope, **more))
    return [item[union][key] for item in answer["items"]]


def test_search_lists_each_scope_at_once(dz, shop, sheet):
    glossary = shop.glossary("Glossary one")
    made = {
        "ASSET": shop.asset(sheet, "asset one")["id"],
        "DATA_PRODUCT": shop.product("product one")["id"],
        "GLOSSARY": glossary,
        "GLOSSARY_TERM": shop.term(glossary, "term one"),
    }
    for scope, record in made.items():
        assert found(dz, shop, scope) == [record]
        assert found(dz, shop, scope, searchText="one") == [record]
        assert found(dz, shop, scope, searchText="ONE") == [record]
        assert found(dz, shop, scope, searchText="nothing-like-it") == []
        assert dz.search(**in_domain(shop, searchScope=scope))["totalMatchCount"] == 1


def test_search_shows_the_latest_revision_once_and_forgets_the_deleted(dz, shop):
    product = shop.product("first")
    call = in_domain(shop, identifier=product["id"])
    dz.create_data_product_revision(**call, name="second")
    hits = dz.search(**in_domain(shop, searchScope="DATA_PRODUCT"))["items"]
    assert [hit["dataProductItem"]["name"] for hit in hits] == ["second"]
    dz.delete_data_product(**call)
    assert found(dz, shop, "DATA_PRODUCT") == []


def test_search_pages_without_gaps(dz, shop):
    made = {shop.product(f"product {i:02d}")["id"] for i in range(7)}
    pages = dz.get_paginator("search").paginate(
        **in_domain(shop, searchScope="DATA_PRODUCT"), PaginationConfig={"PageSize": 3}
    )
    pages = list(pages)
    assert [len(page["items"]) for page in pages] == [3, 3, 1]
    assert {page["totalMatchCount"] for page in pages} == {7}
    assert {item["dataProductItem"]["id"] for page in pages for item in page["items"]} == made


def test_search_filters(dz, shop):
    other = dz.create_project(**in_domain(shop, name="other"))["id"]
    mine = shop.product("mine")["id"]
    theirs = dz.create_data_product(**in_domain(shop, name="theirs", owningProjectIdentifier=other))["id"]
    assert found(dz, shop, "DATA_PRODUCT", owningProjectIdentifier=other) == [theirs]
    by_name = {"filter": {"attribute": "name", "value": "mine"}}
    assert found(dz, shop, "DATA_PRODUCT", filters=by_name) == [mine]
    either = {"or": [by_name, {"filter": {"attribute": "name", "value": "theirs"}}]}
    assert set(found(dz, shop, "DATA_PRODUCT", filters=either)) == {mine, theirs}
    both = {"and": [by_name, {"filter": {"attribute": "owningProjectId", "value": other}}]}
    assert found(dz, shop, "DATA_PRODUCT", filters=both) == []
    ordered = found(dz, shop, "DATA_PRODUCT", sort={"attribute": "name", "order": "DESCENDING"})
    assert ordered == [theirs, mine]
