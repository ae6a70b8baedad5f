"""One catalogue: whatever one door makes, the others read, change and delete; the id never changes."""

import itertools
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import datazone_door
from bobsled_door import BobsledDoor
from datazone_door import Workshop
from openmetadata_door import OpenMetadataDoor, label, reference
from products import BobsledProducts, DataZoneProducts, OpenMetadataProducts

DOORS = ("openmetadata", "datazone", "bobsled")
PAIRS = list(itertools.product(DOORS, DOORS))


@pytest.fixture(scope="module")
def hall(dz, fresh_name) -> Workshop:
    """The domain that all three doors work in; its name is free of what one of them would quote."""
    return Workshop(dz, fresh_name("Hall"))


@pytest.fixture(scope="module")
def doors(hall, om, bobsled) -> dict:
    made = (OpenMetadataProducts(om, hall.name), DataZoneProducts(hall), BobsledProducts(bobsled, hall.domain))
    return {door.name: door for door in made}


# --- the matrix ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("maker", "reader"), PAIRS)
def test_create_and_read(doors, fresh_name, maker, reader):
    name = fresh_name("matrix")
    product = doors[maker].create(name)
    assert doors[reader].text(product) == (name, "made")
    assert doors[reader].read(product)["id"] == product


@pytest.mark.parametrize(("maker", "changer"), PAIRS)
def test_create_and_change(doors, fresh_name, maker, changer):
    name = fresh_name("matrix")
    product = doors[maker].create(name)
    doors[changer].change(product, f"changed by {changer}")
    for door in doors.values():
        assert door.text(product) == (name, f"changed by {changer}"), door.name


@pytest.mark.parametrize(("changer", "reader"), PAIRS)
def test_change_and_read_whoever_made_it(doors, fresh_name, changer, reader):
    for maker in DOORS:
        product = doors[maker].create(fresh_name("matrix"))
        doors[changer].change(product, "once")
        doors[reader].change(product, "twice")
        assert doors[changer].text(product)[1] == "twice"


@pytest.mark.parametrize(("maker", "deleter"), PAIRS)
def test_create_and_delete(doors, fresh_name, maker, deleter):
    name = fresh_name("matrix")
    product = doors[maker].create(name)
    doors[deleter].delete(product)
    assert all(door.is_gone(product) for door in doors.values())
    assert doors[maker].create(name) != product, "the name is free again, in every door"


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_name_that_one_door_took_is_taken_in_the_others(doors, fresh_name, first, second):
    name = fresh_name("matrix")
    product = doors[first].create(name)
    status, text = doors[second].create_status(name)
    assert status == 409 and (product in text or name in text)


@pytest.mark.parametrize("maker", DOORS)
def test_a_product_is_in_the_lists_of_every_door(doors, hall, om, bobsled, fresh_name, maker):
    name = fresh_name("listed")
    product = doors[maker].create(name)
    assert product in [row["id"] for row in om.everything("dataProducts", domain=hall.name)]
    assert [row["id"] for row in bobsled.get("/data-products", name=name)["dataProducts"]] == [product]
    pages = hall.dz.get_paginator("search").paginate(domainIdentifier=hall.domain, searchScope="DATA_PRODUCT")
    assert product in [item["dataProductItem"]["id"] for page in pages for item in page["items"]]


# --- domains, people, terms and tables ----------------------------------------------------------------------------


def test_a_domain_of_one_is_a_domain_of_the_other(om, dz, hall, fresh_name):
    found = om.by_name("domains", hall.name)
    assert datazone_door.domain_id(found["id"]) == hall.domain
    assert (found["domainType"], found["description"]) == ("Aggregate", "")
    made = om.post("/domains", {"name": fresh_name("Mine"), "domainType": "Source-aligned", "description": "d"})
    seen = dz.get_domain(identifier=datazone_door.domain_id(made["id"]))
    assert (seen["name"], seen["description"], seen["status"]) == (made["name"], "d", "AVAILABLE")
    sub = om.post("/domains", {"name": "Part", "domainType": "Aggregate", "description": "", "parent": made["name"]})
    unit = dz.get_domain_unit(domainIdentifier=seen["id"], identifier=sub["id"])
    assert (unit["name"], unit["parentDomainUnitId"]) == ("Part", made["id"])


def test_a_project_is_a_team_and_a_term_is_a_term(om, hall, member):
    team = om.get(f"/teams/{hall.project}", fields="users")
    assert team["teamType"] == "Group" and team["fullyQualifiedName"] == f"{hall.name}.{hall.name} makers"
    call = dict(domainIdentifier=hall.domain, projectIdentifier=hall.project)
    hall.dz.create_project_membership(**call, member={"userIdentifier": member.id}, designation="PROJECT_CONTRIBUTOR")
    assert member.id in [user["id"] for user in om.get(f"/teams/{hall.project}", fields="users")["users"]]
    glossary = hall.glossary("Shared words")
    term = hall.term(glossary, "Margin", shortDescription="in short", longDescription="at length")
    found = om.get(f"/glossaryTerms/{term}")
    assert found["fullyQualifiedName"] == f"{hall.name}.Shared words.Margin" and found["description"] == "at length"


def test_an_owning_team_is_an_owning_project(om, hall, doors, fresh_name):
    product = doors["openmetadata"].create(fresh_name("owned"), owners=[{"id": hall.project, "type": "team"}])
    assert doors["datazone"].read(product)["owningProjectId"] == hall.project
    of_datazone = doors["datazone"].create(fresh_name("owned"))
    owners = doors["openmetadata"].read(of_datazone)["owners"]
    assert [(o["id"], o["inherited"]) for o in owners] == [(hall.project, True)]


def test_a_product_that_nobody_owns_belongs_to_the_stewards(om, dz, doors, fresh_name, hall):
    product = doors["openmetadata"].create(fresh_name("unowned"))
    steward = doors["datazone"].read(product)["owningProjectId"]
    assert dz.get_project(domainIdentifier=hall.domain, identifier=steward)["name"] == "Stewards"
    assert not doors["openmetadata"].read(product).get("owners")


def test_terms_of_datazone_are_tags_of_openmetadata(om, hall, doors, fresh_name):
    glossary = hall.glossary("Tag words")
    first, second = hall.term(glossary, "First"), hall.term(glossary, "Second")
    product = doors["datazone"].create(fresh_name("tagged"), glossaryTerms=[second, first])
    tags = doors["openmetadata"].read(product)["tags"]
    assert [(tag["tagFQN"], tag["source"]) for tag in tags] == [
        (f"{hall.name}.Tag words.Second", "Glossary"),
        (f"{hall.name}.Tag words.First", "Glossary"),
    ]
    assert doors["datazone"].read(product)["glossaryTerms"] == [second, first]
    om.patch(f"/dataProducts/{product}", [{"op": "remove", "path": "/tags/0"}])
    assert doors["datazone"].read(product)["glossaryTerms"] == [first]


def test_a_form_follows_its_type_through_every_door(om, hall, doors, fresh_name):
    name = hall.form_type(fresh_name("Care").replace("-", "_"))["name"]
    form = {"formName": "Care", "typeIdentifier": name, "typeRevision": "1", "content": '{"steward": "jane"}'}
    product = doors["datazone"].create(fresh_name("cared"), formsInput=[form])
    shown = om.get(f"/dataProducts/{product}", fields="extension")["extension"]["forms"]
    assert shown == [{"name": "Care", "type": name, "revision": "1", "content": form["content"]}]
    path = "/extension/forms/0/content"
    for content, fault in (
        ("{}", "[extension.forms.Care.content.steward is missing but it is required]"),
        ('{"steward": 1}', "[extension.forms.Care.content.steward must be of type string, not integer]"),
        ("{", "[extension.forms.Care.content is not JSON at line 1, column 1]"),
    ):
        patch = [{"op": "replace", "path": path, "value": content}]
        assert om.patch(f"/dataProducts/{product}", patch, expect=400)["message"] == fault
    om.patch(f"/dataProducts/{product}", [{"op": "replace", "path": path, "value": '{"steward": "joe"}'}])
    assert doors["datazone"].read(product)["formsOutput"][0]["content"] == '{"steward": "joe"}'
    with datazone_door.fails("ConflictException", 409, "used by"):
        hall.dz.delete_form_type(domainIdentifier=hall.domain, formTypeIdentifier=name)
    om.patch(f"/dataProducts/{product}", [{"op": "remove", "path": "/extension/forms"}])
    hall.dz.delete_form_type(domainIdentifier=hall.domain, formTypeIdentifier=name)


def test_an_asset_is_the_same_in_every_door(om, bobsled, sales_tables, doors, fresh_name):
    product = doors["openmetadata"].create(fresh_name("assets"))
    orders, returns = sales_tables["orders"], sales_tables["returns"]
    body = {"assets": [reference(orders, "table"), reference(returns, "table")]}
    om.put(f"/dataProducts/{doors['openmetadata'].domain}.{doors['openmetadata'].text(product)[0]}/assets/add", body)
    items = doors["datazone"].read(product)["items"]
    assert [item["identifier"] for item in items] == [orders["id"], returns["id"]]
    assets = bobsled.get(f"/data-products/{product}/data-assets")["dataAssets"]
    assert [(a["schemaName"], a["tableName"], a["isDeployed"]) for a in assets] == [
        ("sales", "orders", True),
        ("sales", "returns", True),
    ]


# --- alone in a crowd ---------------------------------------------------------------------------------------------


def callers(server, admin, hall) -> list:
    """A fresh set of doors for each thread, so that no connection is shared."""
    return [
        OpenMetadataProducts(OpenMetadataDoor(server, admin.token), hall.name),
        DataZoneProducts(_same_workshop(hall, datazone_door.client(server, admin))),
        BobsledProducts(BobsledDoor(server, admin.token), hall.domain),
    ]


def _same_workshop(hall: Workshop, dz) -> Workshop:
    copy = object.__new__(Workshop)
    copy.__dict__.update(hall.__dict__, dz=dz)
    return copy


@pytest.mark.parametrize("round_number", range(3))
def test_of_32_creates_of_one_name_through_all_doors_one_wins(
    server, admin, hall, data_source, fresh_name, round_number
):
    name = fresh_name("race")
    crowd = [door for _ in range(11) for door in callers(server, admin, hall)][:32]
    gate = threading.Barrier(len(crowd))

    def create(door):
        gate.wait()
        return door.name, *door.create_status(name)

    with ThreadPoolExecutor(len(crowd)) as pool:
        answers = list(pool.map(create, crowd))
    winners = [answer for answer in answers if answer[1] == 201]
    assert len(winners) == 1, answers
    door, _, text = winners[0]
    product = {"openmetadata": lambda: json.loads(text)["id"], "datazone": lambda: text,
               "bobsled": lambda: json.loads(text)["data"]["dataProduct"]["id"]}[door]()  # fmt: skip
    for door, status, text in answers:
        assert status in (201, 409), (door, status, text)
        if status == 409:
            assert product in text or name in text, (door, text)
    assert crowd[0].text(product)[0] == name


def test_parallel_patches_of_one_record_lose_nothing(server, admin, om, hall, doors, fresh_name):
    count = 32
    classification = om.post("/classifications", {"name": fresh_name("Many"), "description": "m"})["name"]
    rows = [{"classification": classification, "name": f"t{i}", "description": "t"} for i in range(count)]
    assert om.put("/tags/bulk", rows, expect=200)["numberOfRowsPassed"] == count
    product = doors["openmetadata"].create(fresh_name("patched"))
    gate = threading.Barrier(count)

    def patch(i):
        door = OpenMetadataDoor(server, admin.token)
        operations = [{"op": "add", "path": "/tags/-", "value": label(f"{classification}.t{i}")}]
        gate.wait()
        return door.call(
            "PATCH", f"/dataProducts/{product}", operations, headers={"Content-Type": "application/json-patch+json"}
        ).status_code

    with ThreadPoolExecutor(count) as pool:
        assert set(pool.map(patch, range(count))) == {200}
    tags = om.get(f"/dataProducts/{product}", fields="tags")["tags"]
    assert {tag["tagFQN"] for tag in tags} == {f"{classification}.t{i}" for i in range(count)}


def test_parallel_revisions_get_a_number_each(server, admin, hall, doors, fresh_name):
    count = 16
    name = fresh_name("revised")
    product = doors["datazone"].create(name)
    gate = threading.Barrier(count)

    def revise(i):
        dz = datazone_door.client(server, admin)
        gate.wait()
        return dz.create_data_product_revision(
            domainIdentifier=hall.domain, identifier=product, name=name, description=f"by {i}"
        )["revision"]

    with ThreadPoolExecutor(count) as pool:
        revisions = list(pool.map(revise, range(count)))
    assert sorted(map(int, revisions)) == list(range(2, count + 2))
    pages = hall.dz.get_paginator("list_data_product_revisions").paginate(
        domainIdentifier=hall.domain, identifier=product
    )
    assert [int(r["revision"]) for page in pages for r in page["items"]] == list(range(count + 1, 0, -1))
