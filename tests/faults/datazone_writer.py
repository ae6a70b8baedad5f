"""Writes through the DataZone door: products and their revisions, terms, every create with a client token."""

import uuid

from ledger import GONE, Record
from writer import Writer


class DataZoneWriter(Writer):
    door = "datazone"
    #: The API declares no other failure of the server than InternalServerException, whose status is 500.
    REFUSALS = (500, 503, 507)
    operations = {
        "create_product": 6,
        "revise_product": 6,
        "delete_product": 2,
        "create_term": 2,
        "update_term": 2,
    }

    def create_product(self) -> None:
        record = Record("product", self.fresh_name("dz"))
        content = self.content([])
        body = self.product_body(record, content) | {"owningProjectIdentifier": self.place.project}
        target = f"{self.place.datazone}/data-products"
        self.maker(record, "POST", target, body)
        self.write("create", [(record, content)], "POST", target, body, ok=(201,))
        self.products.append(record)

    def content(self, drafts: list[str]) -> dict:
        return {
            "description": self.words()[:4000].strip(),
            "terms": self.some_terms(),
            "assets": self.some_tables(without=drafts),
            "drafts": drafts,
        }

    def product_body(self, record: Record, content: dict) -> dict:
        body = {"name": record.name, "description": content["description"], "clientToken": str(uuid.uuid4())}
        if content["terms"]:
            body["glossaryTerms"] = [self.place.terms[name] for name in content["terms"]]
        if content["assets"]:
            items = [{"itemType": "ASSET", "identifier": self.place.tables[name]} for name in content["assets"]]
            body["items"] = items
        return body

    def revise_product(self) -> None:
        """A revision says everything anew: text, terms and items change together."""
        if record := self.pick(self.products):
            content = self.content(record.content["drafts"])
            target = f"{self.place.datazone}/data-products/{record.id}/revisions"
            self.write("revise", [(record, content)], "POST", target, self.product_body(record, content), ok=(201,))

    def delete_product(self) -> None:
        if record := self.pick(self.products):
            target = f"{self.place.datazone}/data-products/{record.id}"
            self.write("delete", [(record, GONE)], "DELETE", target, ok=(204,))

    def create_term(self) -> None:
        record = Record("term", self.fresh_name("word"))
        content = {"text": self.words()[:4000].strip()}
        target = f"{self.place.datazone}/glossary-terms"
        body = {
            "name": record.name,
            "glossaryIdentifier": self.place.glossary,
            "longDescription": content["text"],
            "status": "ENABLED",
            "clientToken": str(uuid.uuid4()),
        }
        self.maker(record, "POST", target, body)
        self.write("create", [(record, content)], "POST", target, body, ok=(201,))
        self.mine.setdefault("term", []).append(record)

    def update_term(self) -> None:
        if record := self.pick(self.mine.get("term", [])):
            content = {"text": self.words()[:4000].strip()}
            target = f"{self.place.datazone}/glossary-terms/{record.id}"
            self.write("update", [(record, content)], "PATCH", target, {"longDescription": content["text"]})

    def stamp(self, shown: dict) -> float | None:
        return int(shown["revision"]) if "revision" in shown else None
