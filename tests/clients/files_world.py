"""A catalogue with everything that files can say, and the command that reads and writes them."""

import json
import subprocess
from pathlib import Path

import yaml

from emporion_server import Server, run_cli
from openmetadata_door import OpenMetadataDoor


def run(server: Server, *arguments, token: str | None = None, code: int | None = 0) -> subprocess.CompletedProcess:
    done = run_cli(
        *map(str, arguments), check=False, EMPORION_URL=server.url, EMPORION_TOKEN=token or server.admin.token
    )
    assert code is None or done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def export(server: Server, folder: Path, *flags, **options) -> dict[str, str]:
    """Every file by its path in the folder."""
    run(server, "export", "-f", folder, *flags, **options)
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.yaml"))}


def plan(server: Server, folder: Path, *flags, code: int | None = None, **options) -> list[tuple[str, str, list[str]]]:
    done = run(server, "diff", "-f", folder, "-o", "json", *flags, code=None, **options)
    changes = json.loads(done.stdout)["changes"]
    assert done.returncode == (code if code is not None else int(bool(changes))), done
    return [(one["action"], one["name"], [field["field"] for field in one["fields"]]) for one in changes]


def change(path: Path, edit) -> None:
    document = yaml.safe_load(path.read_text())
    edit(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


class World:
    """A catalogue of its own, with everything that files can say."""

    def __init__(self, server: Server):
        self.server = server
        self.om = OpenMetadataDoor(server, server.admin.token)

    def surroundings(self) -> None:
        """What files refer to and do not hold: people, teams, tables."""
        om = self.om
        for name in ("maria", "jonas"):
            self.server.new_user(name)
        self.owner = {"id": om.get("/users/name/maria")["id"], "type": "user"}
        team = om.post("/teams", {"name": "Insights", "teamType": "Group"})
        self.team = {"id": team["id"], "type": "team"}
        om.put("/services/databaseServices", {"name": "wh", "serviceType": "Postgres"})
        om.put("/databases", {"name": "db", "service": "wh"})
        om.put("/databaseSchemas", {"name": "s", "database": "wh.db"})
        columns = [{"name": "id", "dataType": "INT"}]
        self.tables = [
            om.put("/tables", {"name": name, "databaseSchema": "wh.db.s", "columns": columns})
            for name in ("orders", "odd.name")
        ]
        classification = {"name": "Tier", "description": "d"}
        om.put("/classifications", classification)
        om.put("/tags", {"name": "Gold", "classification": "Tier", "description": "d"})

    def records(self) -> None:
        om = self.om
        style = {"color": "#336699", "iconURL": "https://example.com/i.svg"}
        prose = "Orders.\n\n  * one: two # three\n* \"four\"\n\n"
        om.post("/domains", {"name": "Sales", "domainType": "Source-aligned", "description": prose, "style": style,
                             "owners": [self.owner], "experts": ["maria", "jonas"]})
        om.post("/domains", {"name": "Europe", "parent": "Sales", "domainType": "Aggregate", "description": "no"})
        om.post("/domains", {"name": "a.b/../c: \"d\" é", "domainType": "Aggregate", "description": "1.0"})
        om.post("/domains", {"name": "sales", "domainType": "Aggregate", "description": "small"})
        label = {"tagFQN": "Tier.Gold", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
        om.post("/glossaries", {"name": "Trade", "description": "Words.", "tags": [label], "mutuallyExclusive": False})
        terms = {}
        for name, more in (
            ("Customer", {"synonyms": ["buyer", "client"]}),
            ("Net sales", {"references": [{"name": "book", "endpoint": "https://example.com"}]}),
            ("Anything", {"relatedTerms": ["Trade.Customer", "Trade.Net sales"]}),
        ):
            terms[name] = om.post("/glossaryTerms", {"name": name, "glossary": "Trade", "description": name} | more)
        om.post("/glossaryTerms", {"name": "Below", "glossary": "Trade", "parent": "Trade.Customer", "description": "Below."})
        rules = [{"name": "r", "effect": "allow", "resources": ["table"], "operations": ["ViewAll"],
                  "condition": "isOwner()"}]
        om.post("/policies", {"name": "TableReaders", "rules": rules, "description": "Reads."})
        om.post("/roles", {"name": "TableReader", "policies": ["TableReaders"], "description": "Reads."})
        term = {"tagFQN": "Trade.Net sales", "source": "Glossary", "labelType": "Manual", "state": "Confirmed"}
        assets = [{"id": table["id"], "type": "table"} for table in self.tables]
        made = om.post("/dataProducts", {"name": "Orders", "displayName": "All orders", "domains": ["Sales", "sales"],
                                         "description": prose, "owners": [self.owner], "tags": [term, label],
                                         "style": style})
        stage = {"op": "add", "path": "/lifecycleStage", "value": "PRODUCTION"}
        om.patch(f"/dataProducts/{made['id']}", [stage])
        om.put("/dataProducts/Sales.Orders/assets/add", {"assets": assets})
        om.post("/dataProducts", {"name": "Of a team", "domains": ["Sales.Europe"], "owners": [self.team],
                                  "description": "x"})
