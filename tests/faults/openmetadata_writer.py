"""Writes through the OpenMetadata door: products, their assets, bulk tables, recursive deletes, renames."""

from urllib.parse import quote

from ledger import GONE, Attempt, Record
from place import DATABASE, OM
from wire import Answer
from writer import Writer

JSON_PATCH = "application/json-patch+json"


class OpenMetadataWriter(Writer):
    door = "openmetadata"
    operations = {
        "create_product": 6,
        "put_product": 2,
        "patch_product": 6,
        "add_assets": 2,
        "remove_assets": 1,
        "delete_product": 2,
        "restore_product": 1,
        "purge_product": 1,
        "create_schema": 1,
        "bulk_tables": 3,
        "patch_table": 2,
        "drop_schema": 1,
        "create_shelf": 1,
        "rename_shelf": 1,
    }

    # --- products --------------------------------------------------------------------------------------------------

    def create_product(self) -> None:
        record = Record("product", self.fresh_name("om"))
        content = {"description": self.words(), "terms": self.some_terms(), "assets": [], "drafts": []}
        body = self.product_body(record, content) | {"tags": [self.place.label(term) for term in content["terms"]]}
        self.write("create", [(record, content)], "POST", f"{OM}/dataProducts", body, ok=(201,))
        self.products.append(record)

    def product_body(self, record: Record, content: dict) -> dict:
        return {"name": record.name, "description": content["description"], "domains": [self.place.domain]}

    def put_product(self) -> None:
        if record := self.pick(self.products):
            content = record.content | {"description": self.words()}
            self.write("put", [(record, content)], "PUT", f"{OM}/dataProducts", self.product_body(record, content))

    def patch_product(self) -> None:
        """Body and edges in one request: one is never there without the other."""
        if record := self.pick(self.products):
            content = record.content | {"description": self.words(), "terms": self.some_terms()}
            operations = [
                {"op": "add", "path": "/description", "value": content["description"]},
                {"op": "add", "path": "/tags", "value": [self.place.label(term) for term in content["terms"]]},
            ]
            self.patch("patch", record, content, f"{OM}/dataProducts/{record.id}", operations)

    def patch(self, what: str, record: Record, content: dict, target: str, operations: list) -> None:
        self.write(what, [(record, content)], "PATCH", target, operations, Content_Type=JSON_PATCH)

    def add_assets(self) -> None:
        if record := self.pick(self.products):
            tables = self.some_tables(without=record.content["drafts"] + record.content["assets"])
            if tables:
                self.change_assets(record, "add", tables, sorted(record.content["assets"] + tables))

    def remove_assets(self) -> None:
        if record := self.pick(self.products, lambda record: record.is_there and record.content["assets"]):
            self.change_assets(record, "remove", record.content["assets"], [])

    def change_assets(self, record: Record, verb: str, tables: list[str], assets: list[str]) -> None:
        body = {"assets": [{"id": self.place.tables[name], "type": "table"} for name in tables]}
        target = f"{OM}/dataProducts/{quote(self.place.domain + '.' + record.name)}/assets/{verb}"
        changes = [(record, record.content | {"assets": assets})]
        answer = self.write(f"{verb} assets", changes, "PUT", target, body, shows_record=False)
        assert answer.json()["status"] == "success", answer

    def delete_product(self) -> None:
        if record := self.pick(self.products):
            self.write("delete", [(record, GONE)], "DELETE", f"{OM}/dataProducts/{record.id}")

    def restore_product(self) -> None:
        if record := self.pick(self.products, lambda record: not record.is_there and record.restorable):
            content = record.restorable
            self.write("restore", [(record, content)], "PUT", f"{OM}/dataProducts/restore", {"id": record.id})

    def purge_product(self) -> None:
        if record := self.pick(self.products):
            target = f"{OM}/dataProducts/{record.id}?hardDelete=true"
            self.write("purge", [(record, GONE)], "DELETE", target, restorable=False)

    # --- tables ----------------------------------------------------------------------------------------------------

    def create_schema(self) -> None:
        name = self.fresh_name("schema")
        record = Record("schema", f"{DATABASE}.{name}")
        content = {"description": self.words()}
        body = {"name": name, "database": DATABASE} | content
        self.write("create", [(record, content)], "POST", f"{OM}/databaseSchemas", body, ok=(201,))
        self.mine.setdefault("schema", []).append(record)

    def bulk_tables(self) -> None:
        """Each row stands for itself, and no row is there in half."""
        schema = self.pick(self.mine.get("schema", []))
        if schema is None:
            return
        changes, rows = [], []
        for _ in range(self.random.randint(2, 12)):
            name = self.fresh_name("table")
            terms = self.some_terms()
            columns = [(f"c{i}", self.words()[:200].strip()) for i in range(self.random.randint(1, 5))]
            content = {"description": self.words(), "columns": columns, "terms": terms}
            changes.append((Record("table", f"{schema.name}.{name}"), content))
            rows.append(
                {
                    "name": name,
                    "databaseSchema": schema.name,
                    "description": content["description"],
                    "columns": [{"name": c, "dataType": "INT", "description": text} for c, text in columns],
                    "tags": [self.place.label(term) for term in terms],
                }
            )
        answer = self.write("bulk", changes, "PUT", f"{OM}/tables/bulk", rows, together=False, shows_record=False)
        stored = [record for record, _ in changes if record.is_there]
        assert answer.json()["numberOfRowsPassed"] == len(stored), answer
        self.mine.setdefault("table", []).extend(stored)

    def refused_changes(self, attempt: Attempt, answer: Answer) -> list[tuple[Record, dict | None]]:
        """A call for many rows is refused row by row."""
        if answer.status != 200 or not attempt.what.endswith(" bulk"):
            return super().refused_changes(attempt, answer)
        failed = answer.json()["failedRequest"]
        assert all(row["status"] in self.REFUSALS for row in failed), answer
        names = {f"{row['request']['databaseSchema']}.{row['request']['name']}" for row in failed}
        return [change for change in attempt.changes if change[0].name in names]

    def patch_table(self) -> None:
        if record := self.pick(self.mine.get("table", [])):
            terms, text = self.some_terms(), self.words()
            columns = [(name, text[:200].strip()) for name, _ in record.content["columns"]]
            content = {"description": text, "columns": columns, "terms": terms}
            operations = [
                {"op": "add", "path": "/description", "value": text},
                {"op": "add", "path": "/tags", "value": [self.place.label(term) for term in terms]},
            ]
            for index, (_, described) in enumerate(columns):
                operations.append({"op": "add", "path": f"/columns/{index}/description", "value": described})
            target = f"{OM}/tables/name/{quote(record.name, safe='')}"
            self.patch("patch", record, content, target, operations)

    def drop_schema(self) -> None:
        """A schema goes with all its tables, or not at all."""
        if record := self.pick(self.mine.get("schema", [])):
            below = [table for table in self.mine.get("table", []) if table.name.startswith(record.name + ".")]
            if any(table.is_in_doubt for table in below):
                return
            changes = [(record, GONE)] + [(table, GONE) for table in below if table.is_there]
            target = f"{OM}/databaseSchemas/{record.id}?hardDelete=true&recursive=true"
            self.write("drop", changes, "DELETE", target, restorable=False)

    # --- domains that are renamed ----------------------------------------------------------------------------------

    def create_shelf(self) -> None:
        if len(self.mine.get("shelf", [])) >= 2:
            return
        record = Record("shelf", self.fresh_name("shelf"))
        content = {"name": record.name, "products": []}
        body = {"name": record.name, "domainType": "Aggregate", "description": "a shelf"}
        self.write("create", [(record, content)], "POST", f"{OM}/domains", body, ok=(201,))
        self.mine.setdefault("shelf", []).append(record)
        for _ in range(self.random.randint(2, 6)):
            name = self.fresh_name("on-shelf")
            content = record.content | {"products": sorted([*record.content["products"], name])}
            body = {"name": name, "description": self.words(), "domains": [record.name]}
            changes = [(record, content)]
            self.write("fill", changes, "POST", f"{OM}/dataProducts", body, ok=(201,), shows_record=False)

    def rename_shelf(self) -> None:
        """Everything below gets the new name together with it."""
        if record := self.pick(self.mine.get("shelf", [])):
            content = record.content | {"name": self.fresh_name("renamed")}
            operations = [{"op": "replace", "path": "/name", "value": content["name"]}]
            self.patch("rename", record, content, f"{OM}/domains/{record.id}", operations)
