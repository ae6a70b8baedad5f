"""Writes through the Bobsled door: products with their data assets, drafts that are deployed, idempotency keys."""

import uuid

from ledger import GONE, Record
from wire import Answer
from writer import Writer


class BobsledWriter(Writer):
    door = "bobsled"
    operations = {
        "create_product": 6,
        "patch_product": 5,
        "add_drafts": 3,
        "deploy": 3,
        "delete_product": 2,
    }

    def create_product(self) -> None:
        """The product and its assets are one request and come together."""
        record = Record("product", self.fresh_name("bob"))
        content = {"description": self.words()[:2000].strip(), "terms": [], "assets": [], "drafts": self.some_tables()}
        body = {
            "name": record.name,
            "description": content["description"],
            "domainId": self.place.domain_id,
            "dataSourceId": "default",
            "dataAssets": [self.asset(name) for name in content["drafts"]],
        }
        target = f"{self.place.bobsled}/data-products"
        headers = {"Idempotency_Key": str(uuid.uuid4())}
        self.maker(record, "POST", target, body, **headers)
        self.write("create", [(record, content)], "POST", target, body, ok=(201,), **headers)
        self.products.append(record)

    def asset(self, table: str) -> dict:
        return {"tableName": table, "schemaName": "sales", "databaseName": "sales"}

    def at(self, record: Record, rest: str = "") -> str:
        return f"{self.place.bobsled}/data-products/{record.id}{rest}"

    def patch_product(self) -> None:
        if record := self.pick(self.products):
            content = record.content | {"description": self.words()[:2000].strip()}
            self.write("patch", [(record, content)], "PATCH", self.at(record), {"description": content["description"]})

    def add_drafts(self) -> None:
        """Only products that this door has made know a source in which the tables are looked up."""
        if record := self.pick(self.products, lambda record: record.is_there and record.name.startswith("bob-")):
            free = self.some_tables(without=record.content["assets"] + record.content["drafts"])
            if free:
                content = record.content | {"drafts": sorted(record.content["drafts"] + free)}
                body = {"add": [self.asset(name) for name in free]}
                target = self.at(record, "/data-assets")
                self.write("add drafts", [(record, content)], "PATCH", target, body, shows_record=False)

    def deploy(self) -> None:
        """All drafts become assets at once."""
        if record := self.pick(self.products, lambda record: record.is_there and record.content["drafts"]):
            assets = sorted(record.content["assets"] + record.content["drafts"])
            content = record.content | {"assets": assets, "drafts": []}
            changes = [(record, content)]
            self.write("deploy", changes, "POST", self.at(record, "/deploy"), {}, shows_record=False)

    def delete_product(self) -> None:
        if record := self.pick(self.products):
            self.write("delete", [(record, GONE)], "DELETE", self.at(record))

    def shown(self, answer: Answer) -> dict:
        data = answer.json()["data"]
        return data.get("dataProduct", data)
