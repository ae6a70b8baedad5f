"""The fullest product that one door can make, written back by another as that one reads it, is still the same."""

import json

import pytest

from datazone_door import Workshop
from openmetadata_door import label, reference
from products import BobsledProducts, DataZoneProducts, OpenMetadataProducts

DOORS = ("openmetadata", "datazone", "bobsled")


class Stage:
    """A domain with everything a product can point to."""

    def __init__(self, dz, om, bobsled, sales_tables, data_source, people, unique):
        self.om, self.bobsled_door, self.tables, self.people, self.unique = om, bobsled, sales_tables, people, unique
        self.source = data_source
        self.workshop = Workshop(dz, unique("Stage"))
        self.openmetadata = OpenMetadataProducts(om, self.workshop.name)
        self.datazone = DataZoneProducts(self.workshop)
        self.bobsled = BobsledProducts(bobsled, self.workshop.domain)
        self.glossary = self.workshop.glossary("Words")
        self.terms = [self.workshop.term(self.glossary, name) for name in ("Zeta", "Alpha")]
        self.form = self.workshop.form_type()
        self.sheet = self.workshop.asset_type(self.form)
        classification = om.post("/classifications", {"name": unique("Level"), "description": "l"})["name"]
        self.tag = om.post("/tags", {"classification": classification, "name": "High", "description": "h"})

    def door(self, name: str):
        return getattr(self, name)

    def made_by_openmetadata(self) -> str:
        name = self.unique("Full of OpenMetadata")
        owner, expert, reviewer = self.people
        product = self.openmetadata.create(
            name,
            displayName="Full",
            description="Everything *OpenMetadata* can say",
            owners=[reference(owner, "user")],
            experts=[expert["name"]],
            reviewers=[reference(reviewer, "user")],
            tags=[label(self.tag["fullyQualifiedName"]), label(f"{self.workshop.name}.Words.Zeta", "Glossary")],
            style={"color": "#ff8800"},
            dataProductType="DATASET",
            visibility="ORGANISATION",
            portfolioPriority="HIGH",
        )
        path = f"/dataProducts/{self.workshop.name}.{name}"
        orders, customers = (reference(self.tables[t], "table") for t in ("orders", "customers"))
        source = reference(self.tables["returns"], "table")
        self.om.put(f"{path}/assets/add", {"assets": [orders, customers]}, expect=200)
        self.om.put(f"{path}/outputPorts/add", {"assets": [orders]}, expect=200)
        self.om.put(f"{path}/inputPorts/add", {"assets": [source]}, expect=200)
        self.om.call("PUT", f"/dataProducts/{product}/followers", owner["id"], expect=200)
        self.om.call("PUT", f"/dataProducts/{product}/vote", {"updatedVoteType": "votedUp"}, expect=200)
        return product

    def made_by_datazone(self) -> str:
        content = json.dumps({"freshnessDays": 3, "steward": "ann"})
        first = self.workshop.asset(self.sheet, "first")["id"]
        second = self.workshop.asset(self.sheet, "second")["id"]
        return self.datazone.create(
            self.unique("Full of DataZone"),
            description="Everything DataZone can say",
            glossaryTerms=self.terms,
            formsInput=[
                {"formName": form, "typeIdentifier": "QualityForm", "typeRevision": "1", "content": content}
                for form in ("Second", "First")
            ],
            items=[
                {"itemType": "ASSET", "identifier": second, "revision": "1", "glossaryTerms": self.terms},
                {"itemType": "ASSET", "identifier": self.tables["orders"]["id"]},
                {"itemType": "ASSET", "identifier": first, "glossaryTerms": self.terms[1:]},
            ],
        )

    def made_by_bobsled(self) -> str:
        _, editor, viewer = self.people
        product = self.bobsled.create(
            self.unique("Full of Bobsled"),
            description="Everything Bobsled can say",
            dataSourceId=self.source["id"],
            externalDataProductId=self.unique("external"),
            webSearchEnabled=True,
            skillsEnabled=False,
            llmEnabled=False,
            isDeployed=True,
            dataAssets=[
                {
                    "tableName": t,
                    "schemaName": "sales",
                    "databaseName": "sales",
                    "externalId": f"x.{t}",
                    "description": t,
                }
                for t in ("returns", "orders")
            ],
        )
        users = {"add": [{"userId": editor["id"], "role": "editor"}, {"userId": viewer["id"], "role": "viewer"}]}
        self.bobsled_door.patch(f"/data-products/{product}/users", users)
        return product

    # What each door reads, written back with each of its verbs.

    def written_back_by_openmetadata(self, product: str) -> None:
        found = self.om.get(f"/dataProducts/{product}", fields="*")
        kept = {
            key: found[key]
            for key in (
                "name displayName description style owners reviewers tags extension dataProductType visibility "
                "portfolioPriority"
            ).split()
            if key in found
        }
        kept["domains"] = [domain["fullyQualifiedName"] for domain in found["domains"]]
        kept["experts"] = [expert["name"] for expert in found.get("experts", [])]
        self.om.put("/dataProducts", kept, expect=200)
        for key in ("description", "tags", "owners", "experts", "domains", "extension"):
            if key in found:
                self.om.patch(f"/dataProducts/{product}", [{"op": "replace", "path": f"/{key}", "value": found[key]}])
        self.om.patch(f"/dataProducts/{product}", [{"op": "replace", "path": "/description", "value": "meanwhile"}])
        restored = [{"op": "replace", "path": "/description", "value": found["description"]}]
        self.om.patch(f"/dataProducts/{product}", restored)

    def written_back_by_datazone(self, product: str) -> None:
        self.datazone.revise(product, self.datazone.read(product))

    def written_back_by_bobsled(self, product: str) -> None:
        door, path = self.bobsled_door, f"/data-products/{product}"
        found = door.get(path)
        writable = ("name", "description", "webSearchEnabled", "skillsEnabled", "llmEnabled", "externalDataProductId")
        door.patch(path, {key: found[key] for key in writable})
        assets = door.get(f"{path}/data-assets", limit=100)["dataAssets"]
        keys = ("id", "externalId", "databaseName", "schemaName", "tableName", "description")
        listed = [{key: asset[key] for key in keys if asset.get(key) is not None} for asset in assets]
        door.patch(f"{path}/data-assets", {"dataAssets": listed, "isDeployed": True})
        updates = [{"id": asset["id"], "description": asset.get("description")} for asset in assets]
        door.patch(f"{path}/data-assets", {"update": updates, "isDeployed": True})
        users = [{"userId": user["userId"], "role": user["role"]} for user in door.get(f"{path}/users")["users"]]
        door.patch(f"{path}/users", {"users": users})
        door.post(f"{path}/deploy", {}, expect=200)


@pytest.fixture(scope="module")
def stage(server, dz, om, bobsled, sales_tables, data_source, fresh_name) -> Stage:
    people = [om.get(f"/users/{server.new_user(fresh_name(who)).id}") for who in ("owner", "expert", "reviewer")]
    return Stage(dz, om, bobsled, sales_tables, data_source, people, fresh_name)


def without_deploy_stamps(door: str, product: dict) -> dict:
    """Deploying again is a stamp of its own."""
    return {k: v for k, v in product.items() if door != "bobsled" or k not in ("deployedAt", "deployedBy")}


@pytest.mark.parametrize("writer", DOORS)
@pytest.mark.parametrize("maker", DOORS)
def test_nothing_is_lost_by_a_round_trip(stage, maker, writer):
    product = getattr(stage, f"made_by_{maker}")()
    before = {door: stage.door(door).whole(product) for door in DOORS}
    getattr(stage, f"written_back_by_{writer}")(product)
    for door in (maker, *DOORS):
        after = without_deploy_stamps(door, stage.door(door).whole(product))
        assert after == without_deploy_stamps(door, before[door]), f"as {door} reads it"


def test_what_datazone_makes_is_complete_in_the_others(stage):
    product = stage.made_by_datazone()
    found = stage.openmetadata.whole(product)
    assert found["description"] == "Everything DataZone can say"
    assert [tag["tagFQN"] for tag in found["tags"]] == [f"{stage.workshop.name}.Words.{n}" for n in ("Zeta", "Alpha")]
    assert [(form["name"], form["type"], form["revision"]) for form in found["extension"]["forms"]] == [
        ("Second", "QualityForm", "1"),
        ("First", "QualityForm", "1"),
    ]
    assert len(found["assets"]) == 3
    shown = stage.bobsled.whole(product)
    assert [a["tableName"] for a in shown["dataAssets"]] == ["orders"], "only tables are shown, the rest survives"


def test_what_openmetadata_makes_is_complete_in_the_others(stage):
    product = stage.made_by_openmetadata()
    seen = stage.datazone.whole(product)
    tables = [stage.tables[t]["id"] for t in ("orders", "customers")]
    assert [item["identifier"] for item in seen["items"]] == tables
    assert seen["glossaryTerms"] == stage.terms[:1]
    shown = stage.bobsled.whole(product)
    assert [a["tableName"] for a in shown["dataAssets"]] == ["orders", "customers"]
    assert shown["users"][stage.people[0]["id"]] == "admin"


def test_what_bobsled_makes_is_complete_in_the_others(stage):
    product = stage.made_by_bobsled()
    tables = [stage.tables[t]["id"] for t in ("returns", "orders")]
    assert stage.openmetadata.whole(product)["assets"] == tables
    assert [item["identifier"] for item in stage.datazone.whole(product)["items"]] == tables
    assert stage.openmetadata.whole(product)["description"] == "Everything Bobsled can say"
