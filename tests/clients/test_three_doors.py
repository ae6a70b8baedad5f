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
JSON_PATCH = {"Content-Type": "application/json-patch+json"}


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


def held(doors, om, bobsled, product: str) -> list[list[str]]:
    """The tables of a product as each door lists them."""
    rows = om.get(f"/dataProducts/{product}/assets", limit=100)["data"]
    items = doors["datazone"].read(product).get("items", [])
    tables = {f"{row['fullyQualifiedName']}": row["id"] for row in rows}
    assets = bobsled.get(f"/data-products/{product}/data-assets", isDeployed="true", limit=100)["dataAssets"]
    of_bobsled = [tables.get(f"warehouse.{a['databaseName']}.{a['schemaName']}.{a['tableName']}", a["tableName"]) for a in assets]
    return [sorted(row["id"] for row in rows), sorted(item["identifier"] for item in items), sorted(of_bobsled)]


def put_in(door: str, doors, om, bobsled, product: str, table: dict) -> None:
    name = doors[door].text(product)[0]
    if door == "openmetadata":
        body = {"assets": [reference(table, "table")]}
        om.put(f"/dataProducts/{doors[door].domain}.{name}/assets/add", body)
    elif door == "datazone":
        found = doors[door].read(product)
        item = {"itemType": "ASSET", "identifier": table["id"]}
        doors[door].revise(product, found | {"items": found.get("items", []) + [item]})
    else:
        asset = {"tableName": table["name"], "schemaName": "sales", "databaseName": "sales"}
        bobsled.patch(f"/data-products/{product}/data-assets", {"add": [asset], "isDeployed": True})


def take_out(door: str, doors, om, bobsled, product: str, table: dict) -> None:
    name = doors[door].text(product)[0]
    if door == "openmetadata":
        body = {"assets": [reference(table, "table")]}
        om.put(f"/dataProducts/{doors[door].domain}.{name}/assets/remove", body)
    elif door == "datazone":
        found = doors[door].read(product)
        left = [item for item in found["items"] if item["identifier"] != table["id"]]
        doors[door].revise(product, {key: value for key, value in found.items() if key != "items"} | ({"items": left} if left else {}))
    else:
        assets = bobsled.get(f"/data-products/{product}/data-assets")["dataAssets"]
        ids = [asset["id"] for asset in assets if asset["tableName"] == table["name"]]
        bobsled.patch(f"/data-products/{product}/data-assets", {"remove": ids, "isDeployed": True})


@pytest.mark.parametrize(("adder", "remover"), PAIRS)
def test_an_asset_comes_and_goes_in_all_doors_at_once(om, bobsled, sales_tables, doors, fresh_name, adder, remover):
    product = doors["bobsled"].create(fresh_name("shared"))
    orders, returns = sales_tables["orders"], sales_tables["returns"]
    put_in("bobsled", doors, om, bobsled, product, returns)
    put_in(adder, doors, om, bobsled, product, orders)
    both = sorted([orders["id"], returns["id"]])
    assert held(doors, om, bobsled, product) == [both, both, both]
    take_out(remover, doors, om, bobsled, product, orders)
    assert held(doors, om, bobsled, product) == [[returns["id"]]] * 3
    assert product not in [p["id"] for p in om.get(f"/tables/{orders['id']}", fields="dataProducts").get("dataProducts", [])]


def test_drafts_are_bobsleds_until_a_deploy_shows_them_to_all(om, bobsled, sales_tables, doors, fresh_name):
    product = doors["bobsled"].create(fresh_name("deployed"))
    asset = {"tableName": "orders", "schemaName": "sales", "databaseName": "sales"}
    bobsled.patch(f"/data-products/{product}/data-assets", {"add": [asset]})
    text = {"kind": "text", "name": "Rules", "text": "Returns within 30 days."}
    bobsled.call("POST", f"/data-products/{product}/unstructured-assets", text, expect=202)
    before = (doors["openmetadata"].whole(product), doors["datazone"].whole(product))
    assert held(doors, om, bobsled, product) == [[], [], []]
    bobsled.post(f"/data-products/{product}/deploy", {}, expect=200)
    assert held(doors, om, bobsled, product) == [[sales_tables["orders"]["id"]]] * 3
    after = (doors["openmetadata"].whole(product), doors["datazone"].whole(product))
    shown = ({"assets"}, {"items"})
    for was, now, fields in zip(before, after, shown, strict=True):
        assert {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)} == fields, "documents are not shown there"
    bobsled.patch(f"/data-products/{product}/data-assets", {"dataAssets": []})
    assert held(doors, om, bobsled, product) == [[sales_tables["orders"]["id"]]] * 3, "a removal waits, too"
    bobsled.post(f"/data-products/{product}/deploy", {}, expect=200)
    assert held(doors, om, bobsled, product) == [[], [], []]


def test_a_composed_product_is_one_product_in_every_door(om, bobsled, doors, sales_tables, fresh_name):
    source = doors["openmetadata"].create(fresh_name("source"))
    composite = doors["bobsled"].create(fresh_name("composite"), compositeOf=[source], isDeployed=True)
    assert doors["openmetadata"].read(composite)["owners"] and doors["datazone"].read(composite)["id"] == composite
    put_in("openmetadata", doors, om, bobsled, source, sales_tables["orders"])
    assert held(doors, om, bobsled, composite) == [[], [], []], "what is composed stays the source's"
    doors["openmetadata"].change(source, "changed")
    composed = bobsled.get(f"/data-products/{composite}/compositions")["compositions"][0]
    assert composed["source"]["name"] == doors["openmetadata"].text(source)[0]
    assert composed["source"]["version"] == bobsled.get(f"/data-products/{source}")["version"]
    doors["openmetadata"].delete(source)
    composed = bobsled.get(f"/data-products/{composite}/compositions")["compositions"][0]
    assert (composed["status"], composed["source"]["accessible"]) == ("stale", False)


def test_users_of_one_door_are_owners_and_readers_of_the_others(server, om, bobsled, doors, fresh_name):
    product = doors["bobsled"].create(fresh_name("rights"))
    people = {role: server.new_user(fresh_name(role).lower()) for role in ("viewer", "editor", "admin", "nobody")}
    users = f"/data-products/{product}/users"
    bobsled.patch(users, {"add": [{"userId": who.id, "role": role} for role, who in people.items() if role != "nobody"]})
    owners = [owner["id"] for owner in doors["openmetadata"].read(product)["owners"]]
    assert people["admin"].id in owners and people["editor"].id not in owners and people["viewer"].id not in owners
    statuses = {}
    for role, who in people.items():
        theirs = om.speaking(who.token)
        change = [{"op": "replace", "path": "/description", "value": f"by {role}"}]
        own = [{"op": "add", "path": "/owners/-", "value": {"id": people["nobody"].id, "type": "user"}}]
        statuses[role] = (
            theirs.call("GET", f"/dataProducts/{product}").status_code,
            theirs.call("PATCH", f"/dataProducts/{product}", change, headers=JSON_PATCH).status_code,
            theirs.call("PATCH", f"/dataProducts/{product}", own, headers=JSON_PATCH).status_code,
        )
    assert statuses["viewer"] == (200, 403, 403)
    assert statuses["editor"] == (200, 200, 403)
    assert statuses["admin"] == (200, 200, 200)
    assert statuses["nobody"] == (200, 200, 200), "whom the admin made an owner there is one here"
    roles = {user["userId"]: user["role"] for user in bobsled.get(users)["users"]}
    assert roles[people["nobody"].id] == "admin"
    mine = BobsledDoor(server, people["nobody"].token)
    assert mine.get(f"/data-products/{product}")["id"] == product
    place = [owner["id"] for owner in doors["openmetadata"].read(product)["owners"]].index(people["nobody"].id)
    om.patch(f"/dataProducts/{product}", [{"op": "remove", "path": f"/owners/{place}"}])
    mine.refuses("GET", f"/data-products/{product}", 404, "NOT_FOUND")
    assert people["nobody"].id not in [user["userId"] for user in bobsled.get(users)["users"]]


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
