"""A product is asked whichever door it was made through: tables ingested, rows granted, a model generated and deployed."""

import json

import pytest
from metadata.generated.schema.api.domains.createDataProduct import CreateDataProductRequest
from metadata.generated.schema.api.domains.createDomain import CreateDomainRequest
from metadata.generated.schema.entity.domains.dataProduct import DataProduct
from metadata.generated.schema.entity.domains.domain import DomainType
from metadata.generated.schema.type.basic import Markdown

import datazone_door
from bobsled_door import BobsledDoor
from chat_world import Ingested
from emporion_server import run_cli
from openmetadata_door import OpenMetadataDoor, reference
from openmetadata_kinds import connect

TODAY = "2026-11-20"
#: Questions that a generated model answers, and what its database says.
ANSWERS = {
    "number of orders": [[4]],
    "total amount by region": [["EU", 160], ["US", 70]],
    "total amount in 2026": [[160]],
    "number of orders with status open": [[1]],
}


class World(Ingested):
    def __init__(self, folder):
        super().__init__(
            folder,
            "CREATE TABLE customers (customer_id INTEGER PRIMARY KEY, region TEXT NOT NULL, email TEXT);"
            "INSERT INTO customers VALUES (1, 'EU', 'a@x.example'), (2, 'US', 'b@x.example');"
            "CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (customer_id),"
            " order_date DATE, status TEXT, amount DECIMAL(10, 2));"
            "INSERT INTO orders VALUES (1, 1, '2026-07-05', 'paid', 100), (2, 1, '2026-08-10', 'open', 50),"
            " (3, 2, '2025-09-30', 'paid', 70), (4, 1, '2026-10-01', 'paid', 10);",
        )
        self.om = OpenMetadataDoor(self.server, self.server.admin.token)
        self.tables = [self.om.by_name("tables", f"shop.shop.main.{name}") for name in ("orders", "customers")]

    def teach(self, product: str, door: BobsledDoor | None = None) -> None:
        """A model of its tables, drafted from their keys and types, and deployed."""
        door = door or self.bob
        door.post(f"/data-products/{product}/semantic-models/generate", {})
        door.post(f"/data-products/{product}/deploy", {})

    def ask(self, product: str, question: str, door: BobsledDoor | None = None) -> dict:
        body = {"message": question, "options": {"today": TODAY}}
        return (door or self.bob).post(f"/data-products/{product}/chat", body)

    def door(self, person) -> BobsledDoor:
        return BobsledDoor(self.server, person.token)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("doors"))
    yield made
    assert made.server.stop() == 0, made.server.log_tail()


def of_openmetadata(world, name: str) -> str:
    """With OpenMetadata's own client; its assets in the way that its pages add them."""
    sdk = connect(world.server, world.server.admin.token)
    domain = CreateDomainRequest(name=f"{name} domain", domainType=DomainType.Aggregate, description=Markdown("d"))
    sdk.create_or_update(domain)
    request = CreateDataProductRequest(name=name, description=Markdown("d"), domains=[f"{name} domain"])
    made: DataProduct = sdk.create_or_update(request)
    assets = [reference(table, "table") for table in world.tables]
    world.om.put(f"/dataProducts/{name}/assets/add", {"assets": assets})
    return str(made.id.root)


def of_datazone(world, name: str, **more) -> str:
    dz = datazone_door.client(world.server, world.server.admin)
    workshop = datazone_door.Workshop(dz, f"{name} domain")
    items = [{"identifier": table["id"], "itemType": "ASSET"} for table in world.tables]
    for person in more.get("contributors", ()):
        dz.create_project_membership(
            domainIdentifier=workshop.domain, projectIdentifier=workshop.project,
            designation="PROJECT_CONTRIBUTOR", member={"userIdentifier": person.id},
        )
    return workshop.product(name, items=items)["id"]


MAKERS = {"openmetadata": of_openmetadata, "datazone": of_datazone}


@pytest.mark.parametrize("door", MAKERS)
def test_what_another_door_made_is_asked(world, door):
    product = MAKERS[door](world, f"asked-{door}")
    before = world.ask(product, "number of orders")
    assert before["status"] == "not_answerable", "without a model there is nothing to be asked about"
    world.teach(product)
    for question, expected in ANSWERS.items():
        answer = world.ask(product, question)
        assert answer["status"] == "answered" and answer["table"]["rows"] == expected, (question, answer)
        assert answer["confidence"]["level"] == "medium", "nobody has confirmed the model"
    text = run_cli("ask", f"asked-{door}", "number of orders", EMPORION_URL=world.server.url,
                   EMPORION_TOKEN=world.server.admin.token).stdout
    assert "4" in text.splitlines()[0]


def test_each_door_s_own_roles_ask(world):
    contributor, stranger = world.server.new_user("contributor"), world.server.new_user("walker")
    product = of_datazone(world, "project", contributors=[contributor])
    world.teach(product)
    assert world.ask(product, "number of orders", world.door(contributor))["table"]["rows"] == [[4]]
    body = {"message": "number of orders"}
    # Who sees an open product and has no role on it asks nothing.
    world.door(stranger).refuses("POST", f"/data-products/{product}/chat", 403, "FORBIDDEN", body)
    # An owner who was named in OpenMetadata by somebody with the rows asks, too.
    product = of_openmetadata(world, "owned")
    world.teach(product)
    owner = world.server.new_user("owner-of-it")
    value = [reference(world.om.get(f"/users/name/{owner.name}"), "user")]
    world.om.patch(f"/dataProducts/{product}", [{"op": "add", "path": "/owners", "value": value}])
    assert world.ask(product, "number of orders", world.door(owner))["table"]["rows"] == [[4]]


@pytest.mark.parametrize("door", ["openmetadata", "datazone"])
def test_rows_are_asked_once_they_are_granted(world, door):
    """Made by somebody who sees the tables and holds no rows: nothing is answered before the holder grants them."""
    maker = world.server.new_user(f"maker-{door}")
    name = f"granted-{door}"
    own = world.door(maker)
    if door == "datazone":
        workshop = datazone_door.Workshop(datazone_door.client(world.server, world.server.admin), f"{name} domain")
        workshop.dz.create_project_membership(
            domainIdentifier=workshop.domain, projectIdentifier=workshop.project,
            designation="PROJECT_CONTRIBUTOR", member={"userIdentifier": maker.id},
        )
        items = [{"identifier": table["id"], "itemType": "ASSET"} for table in world.tables]
        product = datazone_door.client(world.server, maker).create_data_product(
            domainIdentifier=workshop.domain, owningProjectIdentifier=workshop.project, name=name, items=items
        )["id"]
    else:
        rule = {"name": "r", "effect": "allow", "resources": ["dataProduct", "domain"],
                "operations": ["Create", "ViewBasic", "EditAll"]}
        world.om.post("/policies", {"name": "MakersPolicy", "enabled": True, "rules": [rule]})
        role = world.om.post("/roles", {"name": "Makers", "policies": ["MakersPolicy"]})
        user = world.om.get(f"/users/name/{maker.name}")
        world.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": [reference(role, "role")]}])
        world.om.post("/domains", {"name": f"{name} domain", "domainType": "Aggregate", "description": "d"})
        his = OpenMetadataDoor(world.server, maker.token)
        owners = [reference(user, "user")]
        body = {"name": name, "description": "d", "domains": [f"{name} domain"], "owners": owners}
        product = his.post("/dataProducts", body)["id"]
        his.put(f"/dataProducts/{name}/assets/add", {"assets": [reference(table, "table") for table in world.tables]})
    world.teach(product, own)
    body = {"message": "number of orders"}
    error = own.refuses("POST", f"/data-products/{product}/chat", 403, "ROWS_NOT_GRANTED", body)
    assert "orders" in error["message"]
    assets = world.bob.get(f"/data-products/{product}/data-assets")["dataAssets"]
    change = {"update": [{"id": asset["id"], "rows": "granted"} for asset in assets]}
    own.call("PATCH", f"/data-products/{product}/data-assets", change, expect=403)
    world.bob.patch(f"/data-products/{product}/data-assets", change)
    for question, expected in ANSWERS.items():
        answer = world.ask(product, question, own)
        assert answer["status"] == "answered" and answer["table"]["rows"] == expected, (question, answer)


def test_what_is_personal_is_not_asked_whichever_door_tags_it(world):
    product = of_openmetadata(world, "personal")
    world.teach(product)
    customers = world.tables[1]
    assert world.ask(product, "number of customers by region")["status"] == "answered"
    for question in ("number of customers by email", "list customers with email", "a@x.example"):
        answer = world.ask(product, question)
        assert answer["status"] != "answered" or "@" not in json.dumps(answer.get("table")), (question, answer)
    at = next(i for i, column in enumerate(customers["columns"]) if column["name"] == "region")
    tag = {"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    world.om.patch(f"/tables/{customers['id']}", [{"op": "add", "path": f"/columns/{at}/tags", "value": [tag]}])
    try:
        answer = world.ask(product, "number of customers by region")
        assert answer["status"] == "not_answerable" and "EU" not in json.dumps(answer), answer
    finally:
        world.om.patch(f"/tables/{customers['id']}", [{"op": "replace", "path": f"/columns/{at}/tags", "value": []}])
    assert world.ask(product, "number of customers by region")["status"] == "answered"


def test_a_filter_of_a_viewer_holds_for_what_another_door_made(world):
    product = of_datazone(world, "filtered")
    world.teach(product)
    viewer = world.server.new_user("eu-only")
    role = {"userId": viewer.id, "role": "viewer", "rowFilters": {"customers": "region = 'EU'"}}
    world.bob.patch(f"/data-products/{product}/users", {"add": [role]})
    answer = world.ask(product, "number of customers by region", world.door(viewer))
    assert answer["table"]["rows"] == [["EU", 1]], answer
    assert "US" not in json.dumps(world.ask(product, "total amount by region", world.door(viewer))["table"])
