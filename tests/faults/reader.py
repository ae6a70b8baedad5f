"""Reads what the catalogue shows of a record through each door, in the words of the ledger."""

from urllib.parse import quote

from ledger import GONE, Record
from place import OM, Place
from wire import Answer

DOORS = ("openmetadata", "datazone", "bobsled")


class Reader:
    def __init__(self, place: Place):
        self.place = place
        self.wires = place.wires()
        self.term_names = {id: name for name, id in place.terms.items()}
        self.table_names = {id: name for name, id in place.tables.items()}

    def close(self) -> None:
        for wire in self.wires.values():
            wire.close()

    def look(self, record: Record, door: str) -> dict | None:
        """The content that a door shows, without what that door does not know; `GONE` where there is nothing."""
        if record.id is None:
            record.id = self.id_by_name(record)
            if record.id is None:
                return GONE
        return getattr(self, f"_{record.kind}")(record, door)

    def doors_of(self, record: Record) -> tuple[str, ...]:
        return {"product": DOORS, "term": ("openmetadata", "datazone")}.get(record.kind, ("openmetadata",))

    def id_by_name(self, record: Record) -> str | None:
        collection, scope = {
            "product": ("dataProducts", f"{self.place.domain}."),
            "term": ("glossaryTerms", f"{self.place.domain}.Words."),
            "schema": ("databaseSchemas", ""),
            "table": ("tables", ""),
            "shelf": ("domains", ""),
        }[record.kind]
        found = self.get("openmetadata", f"{OM}/{collection}/name/{quote(scope + record.name, safe='')}")
        return found["id"] if found else None

    def get(self, door: str, target: str) -> dict | None:
        answer = self.wires[door].call("GET", target)
        if is_missing(door, answer):
            return None
        assert answer.status == 200, f"{door} GET {target}: {answer}"
        return answer.json()["data"] if door == "bobsled" else answer.json()

    def found(self, query: str) -> list[str]:
        """The ids of what a search finds, page by page."""
        ids, after = [], ""
        while after is not None:
            cursor = f"&after={quote(after, safe='')}" if after else ""
            target = f"/search?q={quote(query, safe='')}&limit=1000{cursor}"
            answer = self.wires["openmetadata"].call("GET", target, Accept="application/json")
            assert answer.status == 200, f"GET {target}: {answer}"
            page = answer.json()
            ids += [hit["id"] for hit in page["hits"]]
            after = page["after"]
        return ids

    def pages(self, target: str):
        """Every row of a list of the OpenMetadata door."""
        after = ""
        while after is not None:
            cursor = f"&after={quote(after, safe='')}" if after else ""
            page = self.get("openmetadata", f"{target}&limit=1000{cursor}")
            yield from page["data"]
            after = page["paging"].get("after")

    # --- one method for each kind; a record that is there must be complete -----------------------------------------

    def _product(self, record: Record, door: str) -> dict | None:
        return getattr(self, f"_product_in_{door}")(record)

    def _product_in_openmetadata(self, record: Record) -> dict | None:
        found = self.get("openmetadata", f"{OM}/dataProducts/{record.id}?fields=tags,domains")
        if found is None:
            return GONE
        assert [domain["name"] for domain in found.get("domains", [])] == [self.place.domain], found
        assert found["fullyQualifiedName"] == f"{self.place.domain}.{record.name}", found
        check_stamp(record, "openmetadata", found["version"])
        assets = self.get("openmetadata", f"{OM}/dataProducts/{record.id}/assets?limit=100")["data"]
        return {
            "description": found["description"],
            "terms": sorted(tag["tagFQN"].rsplit(".", 1)[1] for tag in found.get("tags", [])),
            "assets": sorted(asset["name"] for asset in assets),
        }

    def _product_in_datazone(self, record: Record) -> dict | None:
        found = self.get("datazone", f"{self.place.datazone}/data-products/{record.id}")
        if found is None:
            return GONE
        assert found["name"] == record.name and found["domainId"] == self.place.datazone_domain, found
        assert found["owningProjectId"], found
        check_stamp(record, "datazone", int(found["revision"]))
        return {
            "description": found.get("description", ""),
            "terms": sorted(self.term_names[id] for id in found.get("glossaryTerms", [])),
            "assets": sorted(self.table_names[item["identifier"]] for item in found.get("items", [])),
        }

    def _product_in_bobsled(self, record: Record) -> dict | None:
        found = self.get("bobsled", f"{self.place.bobsled}/data-products/{record.id}?include=dataAssets")
        if found is None:
            return GONE
        assert found["name"] == record.name and found["domainId"] == self.place.domain_id, found
        check_stamp(record, "bobsled", found["version"])
        assets = found["dataAssets"]
        return {
            "description": found.get("description") or "",
            "assets": sorted(asset["tableName"] for asset in assets if asset["isDeployed"]),
            "drafts": sorted(asset["tableName"] for asset in assets if not asset["isDeployed"]),
        }

    def _term(self, record: Record, door: str) -> dict | None:
        if door == "datazone":
            found = self.get("datazone", f"{self.place.datazone}/glossary-terms/{record.id}")
            return GONE if found is None else {"text": found.get("longDescription", "")}
        found = self.get("openmetadata", f"{OM}/glossaryTerms/{record.id}")
        return GONE if found is None else {"text": found["description"]}

    def _schema(self, record: Record, _door: str) -> dict | None:
        found = self.get("openmetadata", f"{OM}/databaseSchemas/{record.id}")
        return GONE if found is None else {"description": found["description"]}

    def _table(self, record: Record, _door: str) -> dict | None:
        found = self.get("openmetadata", f"{OM}/tables/{record.id}?fields=columns,tags")
        if found is None:
            return GONE
        assert found["fullyQualifiedName"] == record.name and found["databaseSchema"]["name"], found
        return {
            "description": found["description"],
            "columns": [(column["name"], column.get("description", "")) for column in found["columns"]],
            "terms": sorted(tag["tagFQN"].rsplit(".", 1)[1] for tag in found.get("tags", [])),
        }

    def _shelf(self, record: Record, _door: str) -> dict | None:
        """A domain with products of its own: whatever its name is, theirs begin with it."""
        found = self.get("openmetadata", f"{OM}/domains/{record.id}")
        if found is None:
            return GONE
        names = [row["fullyQualifiedName"] for row in self.pages(f"{OM}/dataProducts?domain={quote(found['name'])}")]
        assert all(name.startswith(found["name"] + ".") for name in names), (found["name"], names)
        return {"name": found["name"], "products": sorted(name.split(".", 1)[1] for name in names)}


def check_stamp(record: Record, door: str, found: float) -> None:
    """A door's counter never goes back; the door that wrote last shows what it has answered."""
    known = record.stamps.get(door)
    if known is not None:
        assert found >= known, f"{record}: {door} had shown {known} and shows {found}"
        assert record.newest != door or found == known, f"{record}: {door} had answered {known} and shows {found}"


def is_missing(door: str, answer: Answer) -> bool:
    if answer.status != 404:
        return False
    body = answer.json()
    if door == "datazone":
        assert answer.headers["x-amzn-errortype"].startswith("ResourceNotFoundException"), answer
    elif door == "bobsled":
        assert body["error"]["code"] == "NOT_FOUND", answer
    else:
        assert body["code"] == 404, answer
    return True
