"""A catalogue in which every text that somebody can write is hostile: people, sources, and what all three doors and the pages take."""

import json
import sqlite3
import time
from dataclasses import replace
from urllib.parse import quote, urlsplit

import datazone_door
from bobsled_door import BobsledDoor
from emporion_server import Principal, Server, run_cli
from hostile_texts import LINE, PROSE, Bank, Filled, plain
from openmetadata_door import label, reference
from pages_door import Browser
from rights_world import World

#: Every collection of OpenMetadata with its create shape. Those that others stand below come first: `parents` then names the
#: hostile one.
COLLECTIONS = {
    "domains": ("CreateDomain", None),
    "users": ("CreateUser", None),
    "teams": ("CreateTeam", None),
    "classifications": ("CreateClassification", "classification"),
    "tags": ("CreateTag", None),
    "glossaries": ("CreateGlossary", "glossary"),
    "glossaryTerms": ("CreateGlossaryTerm", None),
    "dataProducts": ("CreateDataProduct", None),
    "services/databaseServices": ("CreateDatabaseService", "service"),
    "services/pipelineServices": ("CreatePipelineService", "pipelineService"),
    "services/dashboardServices": ("CreateDashboardService", "dashboardService"),
    "databases": ("CreateDatabase", "database"),
    "databaseSchemas": ("CreateDatabaseSchema", "databaseSchema"),
    "tables": ("CreateTable", None),
    "storedProcedures": ("CreateStoredProcedure", None),
    "pipelines": ("CreatePipeline", None),
    "dashboards": ("CreateDashboard", None),
    "charts": ("CreateChart", None),
    "dashboard/datamodels": ("CreateDashboardDataModel", None),
    "queries": ("CreateQuery", None),
    "metrics": ("CreateMetric", None),
    "services/ingestionPipelines": ("CreateIngestionPipeline", None),
    "policies": ("CreatePolicy", None),
    "roles": ("CreateRole", None),
    "bots": ("CreateBot", None),
    "events/subscriptions": ("CreateEventsubscription", None),
}
#: A source's own names: of a database file, a table and its columns, and a row.
FILE = "shop<img src=x onerror=alert(30)>\u202e\u200b"
TABLE, COLUMN = "<script>alert(1)</script>\"'><i>\u202e\u200b שלום", "region<svg onload=alert(31)>\u2066\u200b{{7*7}}"
PASSWORD = "a long and secret Word-1"


class HostileWorld(World):
    def __init__(self, folder):
        files = folder / "files"
        files.mkdir(parents=True)
        super().__init__(Server(folder, EMPORION_SOURCE_DIRS=json.dumps([str(files)])).start())
        self.bank, self.files = Bank(), files
        self.bob = BobsledDoor(self.server, self.server.admin.token)
        #: What is made, by its collection; and which fields of each shape took a hostile text.
        self.made: dict[str, dict] = {}
        self.took: dict[str, set[str]] = {}
        for collection, (shape, member) in COLLECTIONS.items():
            self.made[collection] = made = self.make_hostile(collection, shape)
            if member:
                self.parents[member] = made["fullyQualifiedName"]
            if collection == "domains":
                self.home = made["fullyQualifiedName"]
        self.person = self.make_person()
        self.plain = self.server.new_user("reader")
        self.relate()
        self.observe()
        self.crawl()
        self.make_product()
        self.ask()
        self.speak_datazone()
        self.by_forms()

    def made_at(self, collection: str, folder: str) -> str:
        return f"/{folder}/{quote(self.made[collection]['fullyQualifiedName'], safe='')}"

    def text(self, where: str, whole: str = LINE, most: int | None = 200) -> str:
        """One that no shape names, as if it had."""
        what, _, name = where.partition(".")
        self.took.setdefault(what, set()).add(name)
        return self.bank.text(where, whole, most)

    # --- shapes -------------------------------------------------------------------------------------------------

    def offer(self, send, filled: Filled, given: dict) -> dict:
        """All free fields together, first with what turns writing round, then without, which some refuse; or, where both are
        refused, one after the other. Answers what was good last."""
        took = self.took.setdefault(filled.what, set())
        whole = None
        for _ in range(2):
            answer = send(filled.body(given))
            assert answer.status_code < 500, (filled.what, answer.text)
            if answer.status_code < 400:
                took.update(filled.fields)
                return answer.json()
            whole = whole or dict(filled.fields)
            filled.fields = {name: plain(text) for name, text in whole.items()}
        best = None
        for name in whole:
            for filled.fields[name] in (whole[name], plain(whole[name])):
                tried = send(filled.body(given, {*took, name}))
                assert tried.status_code < 500, (filled.what, name, tried.text)
                if tried.status_code < 400:
                    took.add(name)
                    best = tried.json()
                    break
        assert best is not None, (filled.what, answer.text[:1000])
        return best

    def make_hostile(self, collection: str, shape: str) -> dict:
        what = collection.rsplit("/")[-1]
        given = self.body(collection)
        given.pop("owners", None)

        def send(body):
            return self.om.call("PUT", f"/{collection}", body)

        named = given | {"name": self.bank.line(f"{what}.name")}
        if send(named).status_code < 400:
            self.took[what], given = {"name"}, named
        return self.offer(send, Filled(self.bank, "openmetadata", shape, what), given)

    def of_bobsled(self, path: str, shape: str, what: str, **given) -> dict:
        def send(body):
            return self.bob.call("POST", path, body)

        return self.offer(send, Filled(self.bank, "bobsled", shape, what), given)["data"]

    def of_datazone(self, path: str, shape: str, **given) -> dict:
        def send(body):
            answer = datazone_door.raw(self.server, self.server.admin, "POST", f"/v2/domains{path}", body)
            assert answer.status_code < 500, answer.text
            return answer

        return self.offer(send, Filled(self.bank, "datazone", shape, shape), given)

    # --- people -------------------------------------------------------------------------------------------------

    def make_person(self) -> Principal:
        """Somebody whose name, address and description are hostile, and who can sign in."""
        name = self.text("person.name")
        mail = self.text("person.email", "")[:-1] + "<img/src=x/onerror=alert(27)>'\"@evil.example"
        said = {"displayName": self.text("person.displayName"), "description": self.text("person.description", PROSE, None)}
        secret = {"createPasswordType": "ADMIN_CREATE", "password": PASSWORD, "confirmPassword": PASSWORD}
        user = self.om.post("/users", {"name": name, "email": mail} | said | secret)
        roles = [reference(self.om.get("/roles/name/DataSteward"), "role"), reference(self.made["roles"], "role")]
        self.om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": roles}])
        token = self.server.cli("token", "create", "--user", name)
        named = {"tokenName": self.text("token.label", LINE[80:], 128), "JWTTokenExpiry": "30"}
        self.om.speaking(token["token"]).call("PUT", "/users/security/token", named, expect=200)
        return replace(self.server.admin, name=name, token=token["token"], password=PASSWORD, id=user["id"])

    # --- what one record says of another ------------------------------------------------------------------------

    def relate(self) -> None:
        made, person = self.made, {"id": self.person.id, "type": "user"}
        tag, term = made["tags"]["fullyQualifiedName"], made["glossaryTerms"]["fullyQualifiedName"]
        words = {"reason": self.text("label.reason"), "description": self.text("label.description")}
        labels = [label(tag) | words, label(term, "Glossary")]
        proposed = [label(tag) | {"state": "Suggested"}]

        def add(collection: str, **values) -> None:
            operations = [{"op": "add", "path": f"/{path.replace('__', '/')}", "value": value} for path, value in values.items()]
            self.om.patch(f"/{collection}/{made[collection]['id']}", operations)

        team = reference(made["teams"], "team")
        add("teams", users=[person])
        add("domains", owners=[person], experts=[person], tags=labels)
        add("glossaries", owners=[team])
        synonyms = [self.text("term.synonyms"), LINE]
        add("glossaryTerms", owners=[person], reviewers=[person], synonyms=synonyms)
        extension = {self.text("extension.name"): self.text("extension.value"), "numbers": 3}
        add("dataProducts", owners=[person], experts=[person], tags=labels, extension=extension)
        add("tables", owners=[person], tags=labels, columns__0__tags=proposed, extension=extension)
        add("databases", owners=[person], tags=labels)
        add("pipelines", owners=[person], tags=labels)
        shown = {"charts": [reference(made["charts"], "chart")], "dataModels": [reference(made["dashboard/datamodels"], "dashboardDataModel")]}
        add("dashboards", owners=[person], tags=labels, **shown)
        add("queries", queryUsedIn=[reference(made["tables"], "table")], tags=labels)
        product = made["dataProducts"]["fullyQualifiedName"]
        assets = [reference(made[one], kind) for one, kind in (("tables", "table"), ("pipelines", "pipeline"), ("metrics", "metric"))]
        self.om.call("PUT", f"/dataProducts/{quote(product, safe='')}/assets/add", {"assets": assets}, expect=200)
        self.home_table = self.make_hostile("tables", "CreateTable")
        of, to = made["tables"], self.home_table
        ends = (f"{of['fullyQualifiedName']}.{of['columns'][0]['name']}", f"{to['fullyQualifiedName']}.{to['columns'][0]['name']}")
        self.columns = [one["fullyQualifiedName"] for one in (of["columns"][0], to["columns"][0])]
        assert ends[0].startswith(of["fullyQualifiedName"])
        details = {
            "sqlQuery": self.text("lineage.sqlQuery"), "description": self.text("lineage.description", PROSE, None),
            "pipeline": reference(made["pipelines"], "pipeline"), "source": "PipelineLineage",
            "columnsLineage": [{"fromColumns": [self.columns[0]], "toColumn": self.columns[1], "function": self.text("lineage.function")}],
        }  # fmt: skip
        edge = {"fromEntity": reference(of, "table"), "toEntity": reference(to, "table"), "lineageDetails": details}
        self.om.call("PUT", "/lineage", {"edge": edge}, expect=200)

    def observe(self) -> None:
        """What profilers, engines and pipelines leave."""
        table, now = self.made["tables"], int(time.time() * 1000)
        column = table["columns"][0]["name"]
        sample = {"columns": [column], "rows": [[self.text("sample.value")], [PROSE]]}
        self.om.put(f"/tables/{table['id']}/sampleData", sample)
        values = {"min": self.text("profile.min"), "max": self.text("profile.max"), "distinctCount": 2, "nullCount": 1}
        self.om.put(f"/tables/{table['id']}/tableProfile", {
            "tableProfile": {"timestamp": now, "rowCount": 3, "columnCount": 1},
            "columnProfile": [{"name": column, "timestamp": now} | values],
        })  # fmt: skip
        joined = [{"columnName": column, "joinedWith": [{"fullyQualifiedName": self.columns[1], "joinCount": 12}]}]
        since = time.strftime("%Y-%m-%d")
        self.om.put(f"/tables/{table['id']}/joins", {"startDate": since, "dayCount": 30, "columnJoins": joined})
        pipeline = self.made["pipelines"]
        tasks = [{"name": pipeline["tasks"][0]["name"], "executionStatus": "Failed", "logLink": "javascript:alert(32)"}]
        at = f"/pipelines/{quote(pipeline['fullyQualifiedName'], safe='')}/status"
        self.om.call("PUT", at, {"timestamp": now, "executionStatus": "Failed", "taskStatus": tasks}, expect=(200, 201))

    # --- a source -----------------------------------------------------------------------------------------------

    def crawl(self) -> None:
        """A database whose file, tables, columns and values are hostile, and one that cannot be read."""
        quoted, column = (f'"{one.replace(chr(34), chr(34) * 2)}"' for one in (TABLE, COLUMN))
        with sqlite3.connect(self.files / "shop") as database:
            database.execute(f"CREATE TABLE {quoted} (id INTEGER PRIMARY KEY, {column} TEXT, amount NUMERIC)")
            database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, amount NUMERIC)")
            database.execute(f"CREATE VIEW \"v{LINE[:80].replace(chr(34), '')}\" AS SELECT region FROM orders")
            for name in ("orders", TABLE):
                whole = f'"{name.replace(chr(34), chr(34) * 2)}"'
                rows = [(self.text(f"row.{name[:6]}"), 10), (LINE, 20), ("EU", 5), ("EU", 7)]
                database.executemany(f"INSERT INTO {whole} ({'region' if name == 'orders' else column}, amount) VALUES (?, ?)", rows)
        (self.files / FILE).write_text(f"SQLite format 3\0no database {LINE}")
        who = {"EMPORION_URL": self.server.url, "EMPORION_TOKEN": self.server.admin.token}
        self.crawled = self.text("source.service", LINE[:100])
        run_cli("ingest", "sqlite:shop", "--service", self.crawled, **who)
        self.runs = [self.read(self.crawled), self.read(self.add_broken())]

    def add_broken(self) -> str:
        """A source whose file is no database, added on its page."""
        name = self.text("broken.service", LINE[:100])
        admin = Browser(self.server).sign_in(self.server.admin)
        admin.visit("/sources?add=sqlite")
        admin.send("/sources", service=name, path=FILE)
        return name

    def read(self, service: str) -> str:
        """Reads a source from its page; the address of what is told of it when it has ended."""
        admin = Browser(self.server).sign_in(self.server.admin)
        at = self.om.by_name("services/databaseServices", f'"{service.replace(chr(34), chr(92) + chr(34))}"')["fullyQualifiedName"]
        admin.visit(f"/services/{quote(at, safe='')}?tab=runs")
        started = next(form["action"] for form in admin.page.forms if form["action"].endswith("/runs"))
        admin.send(started)
        run, until = urlsplit(admin.page.url).path, time.monotonic() + 60
        while 'http-equiv="refresh"' in admin.page.source:
            assert time.monotonic() < until, admin.page.text
            admin.visit(run)
        return run

    # --- Bobsled ------------------------------------------------------------------------------------------------

    def make_product(self) -> None:
        source = next(one["id"] for one in self.bob.get("/data-sources", limit=100)["dataSources"] if one["name"] == self.crawled)
        tables = [{"tableName": TABLE}, {"tableName": "orders"}]
        body = {"name": self.text("bobsled product.name", plain(LINE)), "dataSourceId": source, "isDeployed": True, "dataAssets": tables}
        product = self.of_bobsled("/data-products", "DataProductCreate", "bobsled product", **body)
        self.product = product["dataProduct"]["id"]
        self.path = f"/data-products/{self.product}"
        listed = self.bob.get(f"{self.path}/data-assets")["dataAssets"]
        assert listed, "the product holds tables"
        dialect = "expression: {dialects: [{dialect: ANSI_SQL, expression: "
        places = ("description", "dataset description", "field description", "field synonym", "metric description", "metric synonym")
        words = {at: json.dumps(self.text(f"model.{at}", PROSE if "description" in at else LINE, 900)) for at in places}
        content = f"""
version: "0.2.0.dev0"
semantic_model:
  - name: retail
    description: {words["description"]}
    datasets:
      - name: orders
        source: main.orders
        primary_key: [id]
        description: {words["dataset description"]}
        fields:
          - {{name: id, {dialect}id}}]}}}}
          - name: region
            description: {words["field description"]}
            {dialect}region}}]}}
            dimension: {{}}
            ai_context: {{synonyms: [{words["field synonym"]}, area]}}
    metrics:
      - name: net_sales
        description: {words["metric description"]}
        {dialect}SUM(orders.amount)}}]}}
        ai_context: {{synonyms: [{words["metric synonym"]}, turnover]}}
"""
        self.of_bobsled(f"{self.path}/semantic-models", "SemanticModelCreate", "model", name="retail", format="osi", content=content)
        self.bob.post(f"{self.path}/deploy", {"message": self.text("deploy.message", LINE, 500)})
        asked = {"question": self.text("verified-queries.question", plain(LINE)), "sql": "SELECT COUNT(*) AS n FROM orders"}
        document = {"name": self.text("document.name", plain(LINE)), "kind": "text", "text": PROSE, "tags": [LINE[:100]]}
        for part, shape, given in (
            ("verified-queries", "VerifiedQueryCreate", asked | {"isDeployed": True}),
            ("front-page-configs", "FrontPageConfigCreate", {"isDeployed": True, "kpis": [{"metric": "net_sales"}]}),
            ("system-prompts", "SystemPromptCreate", {}),
            ("unstructured-assets", "UnstructuredAssetCreate", document),
        ):
            self.of_bobsled(f"{self.path}/{part}", shape, part, **given)
        named = {"command": "/tops", "name": self.text("skill.name", plain(LINE)), "prompt": "net sales by region"}
        skill = self.of_bobsled("/skills", "SkillCreate", "skill", **named)
        self.bob.call("PUT", f"{self.path}/skills/{skill['skill']['skillId']}", {}, expect=(200, 201))
        filters = {"orders": f"region = '{LINE.replace(chr(39), chr(39) * 2)}'"}
        roles = [{"userId": self.person.id, "role": "viewer", "rowFilters": filters}, {"userId": self.plain.id, "role": "editor"}]
        self.bob.patch(f"{self.path}/users", {"add": roles})
        labels = [label(self.made["tags"]["fullyQualifiedName"])]
        self.om.patch(f"/dataProducts/{self.product}", [{"op": "add", "path": "/tags", "value": labels}])

    def ask(self) -> None:
        for message in (self.text("question"), f"net sales by {LINE}", "net sales by region"):
            told = self.bob.post(f"{self.path}/chat", {"message": message})
            at, self.thread = f"{self.path}/chat-threads/{told['threadId']}", told["threadId"]
            comment = {"rating": "wrong", "comment": self.text("feedback.comment")}
            self.bob.call("POST", f"{at}/messages/{told['messageId']}/feedback", comment, expect=(200, 201))
        self.bob.patch(at, {"title": self.text("thread.title", plain(LINE))})

    # --- DataZone -----------------------------------------------------------------------------------------------

    def speak_datazone(self) -> None:
        at, owned = f"/{self.domain}", {"owningProjectIdentifier": self.project}
        role = "arn:aws:iam::123456789012:role/r"
        self.of_datazone("", "CreateDomainInput", name=self.text("CreateDomainInput.name"), domainExecutionRole=role)
        self.of_datazone(f"{at}/projects", "CreateProjectInput", name="Makers")
        glossary = self.of_datazone(f"{at}/glossaries", "CreateGlossaryInput", name=self.text("CreateGlossaryInput.name", most=60), **owned)
        term = {"name": self.text("CreateGlossaryTermInput.name", most=60), "glossaryIdentifier": glossary["id"], "status": "ENABLED"}
        self.of_datazone(f"{at}/glossary-terms", "CreateGlossaryTermInput", **term)
        product = {"name": self.text("CreateDataProductInput.name", most=60)}
        product["items"] = [{"identifier": self.made["tables"]["id"], "itemType": "ASSET"}]
        self.of_datazone(f"{at}/data-products", "CreateDataProductInput", **product, **owned)

    # --- the pages ----------------------------------------------------------------------------------------------

    def by_forms(self) -> None:
        """What people write into forms: a search that is kept, a request for access, and what is said to it."""
        at = "/products/" + quote(self.make_hostile("dataProducts", "CreateDataProduct")["fullyQualifiedName"], safe="")
        person, admin, reader = (Browser(self.server).sign_in(who) for who in (self.person, self.server.admin, self.plain))
        for who in (person, admin):
            who.visit("/searches")
            who.send("/searches", title=self.text("search.title", plain(LINE), 80), q='"' + LINE.replace('"', "") + '"', do="save")
        for asker in (person, reader):
            asker.visit(f"{at}?tab=access")
            asker.send(at, reason=self.text("request.reason", PROSE, 2000))
        waiting = [link for link in admin.visit("/requests").links if link.startswith("/requests/")]
        admin.visit(waiting[0])
        admin.send(waiting[0], decision="reject", reason=self.text("request.decision", PROSE, 2000))
