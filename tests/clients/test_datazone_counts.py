"""What other doors do to what DataZone counts and keeps: revisions, past revisions, owning projects, standing."""

import pytest

import datazone_door
from datazone_door import Workshop, fails, plain_id


@pytest.fixture
def shop(dz, fresh_name) -> Workshop:
    return Workshop(dz, fresh_name("shop"))


def in_domain(shop: Workshop, **more) -> dict:
    return {"domainIdentifier": shop.domain} | more


def product_of(dz, shop, product, **more) -> dict:
    return dz.get_data_product(**in_domain(shop, identifier=product["id"], **more))


def table_in(om, domain: str, fresh_name) -> dict:
    service = fresh_name("pg")
    om.post("/services/databaseServices", {"name": service, "serviceType": "Postgres", "domains": [domain]})
    om.post("/databases", {"name": "db", "service": service})
    om.post("/databaseSchemas", {"name": "s", "database": f"{service}.db"})
    columns = [{"name": "id", "dataType": "INT"}]
    return om.post("/tables", {"name": "orders", "databaseSchema": f"{service}.db.s", "columns": columns})


def test_a_classification_tag_makes_no_revision(dz, om, shop, fresh_name):
    product = shop.product(fresh_name("p"))
    level = fresh_name("Level")
    om.post("/classifications", {"name": level, "description": "d"})
    om.post("/tags", {"name": "low", "classification": level, "description": "d"})
    label = {"tagFQN": f"{level}.low", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    found = om.get(f"/dataProducts/{product['id']}")
    tagged = om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/tags", "value": [label]}])
    assert tagged["version"] > found["version"] and product_of(dz, shop, product)["revision"] == "1"
    om.patch(f"/dataProducts/{product['id']}", [{"op": "remove", "path": "/tags/0"}])
    assert product_of(dz, shop, product)["revision"] == "1"
    term = shop.term(shop.glossary(), "Net")
    fqn = om.get(f"/glossaryTerms/{term}")["fullyQualifiedName"]
    both = [label, {"tagFQN": fqn, "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}]
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/tags", "value": both}])
    labelled = product_of(dz, shop, product)
    assert (labelled["revision"], labelled["glossaryTerms"]) == ("2", [term])


@pytest.mark.parametrize("query", ["", "?hardDelete=true"], ids=["soft", "hard"])
def test_a_term_deleted_elsewhere_is_a_revision_of_what_bore_it(dz, om, shop, fresh_name, query):
    table = table_in(om, shop.name, fresh_name)
    glossary = shop.glossary()
    term, other = shop.term(glossary, "Net"), shop.term(glossary, "Gross")
    item = {"itemType": "ASSET", "identifier": table["id"], "glossaryTerms": [term, other]}
    labelled = shop.product(fresh_name("labelled"), glossaryTerms=[term, other])
    holder = shop.product(fresh_name("holder"), items=[item])
    with fails("ConflictException", 409):
        dz.delete_glossary_term(**in_domain(shop, identifier=term))
    dz.create_data_product_revision(**in_domain(shop, identifier=labelled["id"], name=labelled["name"]))
    with fails("ConflictException", 409):
        dz.delete_glossary_term(**in_domain(shop, identifier=term))  # the item bears it still
    dz.create_data_product_revision(
        **in_domain(shop, identifier=labelled["id"], name=labelled["name"], glossaryTerms=[term, other])
    )
    version = om.get(f"/dataProducts/{labelled['id']}")["version"]
    om.call("DELETE", f"/glossaryTerms/{term}{query}", expect=200)
    after = product_of(dz, shop, labelled)
    assert (after["revision"], after["glossaryTerms"]) == ("4", [other])
    entity = om.get(f"/dataProducts/{labelled['id']}?fields=tags")
    assert entity["version"] > version and [label["name"] for label in entity["tags"]] == ["Gross"]
    gone = entity["changeDescription"]["fieldsDeleted"]
    assert [change["name"] for change in gone] == ["tags"] and "Net" in gone[0]["oldValue"]
    after = product_of(dz, shop, holder)
    assert (after["revision"], after["items"]) == ("2", [item | {"glossaryTerms": [other]}])
    if not query:
        assert product_of(dz, shop, labelled, revision="1")["glossaryTerms"] == [term, other]
        assert product_of(dz, shop, holder, revision="1")["items"] == [item]


def test_a_past_revision_keeps_an_item_whose_table_is_deleted(dz, om, shop, fresh_name):
    table = table_in(om, shop.name, fresh_name)
    item = {"itemType": "ASSET", "identifier": table["id"]}
    product = shop.product(fresh_name("p"), items=[item])
    om.call("DELETE", f"/tables/{table['id']}", expect=200)
    now = product_of(dz, shop, product)
    assert now["revision"] == "2" and "items" not in now
    assert product_of(dz, shop, product, revision="1")["items"] == [item]


def test_a_product_moved_elsewhere_is_owned_by_the_stewards_there(dz, om, shop, fresh_name):
    product = shop.product(fresh_name("p"))
    other = Workshop(dz, fresh_name("other"))
    home = om.get(f"/domains/{plain_id(other.domain)}")
    reference = {"id": home["id"], "type": "domain"}
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/domains", "value": [reference]}])
    projects = dz.list_projects(domainIdentifier=other.domain, name="Stewards")["items"]
    assert product_of(dz, other, product)["owningProjectId"] == projects[0]["id"]
    with fails("ResourceNotFoundException", 404):
        product_of(dz, shop, product)


def test_a_member_of_another_project_sees_what_is_not_its_inventory(dz, om, server, shop, fresh_name):
    """From between: he stands in the domain, sees the product in OpenMetadata, and has no business with it here."""
    between = server.new_user(fresh_name("between"))
    theirs = datazone_door.client(server, between)
    other = dz.create_project(**in_domain(shop, name="other"))["id"]
    member = {"userIdentifier": between.id}
    dz.create_project_membership(
        **in_domain(shop, projectIdentifier=other, member=member, designation="PROJECT_OWNER")
    )
    product = shop.product(fresh_name("p"))
    for call in (theirs.get_data_product, theirs.list_data_product_revisions, theirs.delete_data_product):
        with fails("ResourceNotFoundException", 404, "Requested dataProduct cannot be found in domain"):
            call(**in_domain(shop, identifier=product["id"]))
    search = in_domain(shop, searchScope="DATA_PRODUCT")
    assert theirs.search(**search) | {"ResponseMetadata": None} == {
        "items": [], "totalMatchCount": 0, "ResponseMetadata": None,
    }  # fmt: skip
    with fails("AccessDeniedException", 403, "ListProjectMemberships"):
        theirs.list_project_memberships(**in_domain(shop, projectIdentifier=shop.project))
    owner = {"id": between.id, "type": "user"}
    om.patch(f"/dataProducts/{product['id']}", [{"op": "add", "path": "/owners", "value": [owner]}])
    assert theirs.get_data_product(**in_domain(shop, identifier=product["id"]))["name"] == product["name"]
    om.patch(f"/dataProducts/{product['id']}", [{"op": "remove", "path": "/owners/0"}])
    with fails("ResourceNotFoundException", 404):
        theirs.get_data_product(**in_domain(shop, identifier=product["id"]))
    with fails("ValidationException", 400, "User is already in the project."):
        dz.create_project_membership(
            **in_domain(shop, projectIdentifier=other, member=member, designation="PROJECT_CONTRIBUTOR")
        )


def test_terms_are_searched_as_public_connectors_do(dz, shop):
    words, places = shop.glossary("Words"), shop.glossary("Places")
    wanted = shop.term(words, "Net sales")
    shop.term(places, "Net region")
    by_glossary = {"filter": {"attribute": "BusinessGlossaryTermForm.businessGlossaryId", "value": words}}
    search = in_domain(shop, searchScope="GLOSSARY_TERM", filters=by_glossary, searchText="Net sales", maxResults=50)
    found = dz.search(**search)
    assert [item["glossaryTermItem"]["id"] for item in found["items"]] == [wanted] and found["totalMatchCount"] == 1
