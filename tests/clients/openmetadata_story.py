"""A story that succeeds at least once with every operation of the OpenMetadata document."""

import base64
import time
from collections.abc import Callable
from urllib.parse import quote
from uuid import uuid4

from every_operation import COLLECTIONS
from openmetadata_door import JSON_PATCH, OpenMetadataDoor, label, reference
from rights_world import World, fresh

#: The member of a create body that names the scope of `deleteStale`, and the type of the scope.
SCOPES = {
    "dataProducts": ("domains", "domain"),
    "databases": ("service", "service"),
    "databaseSchemas": ("database", "database"),
    "tables": ("databaseSchema", "databaseSchema"),
    "pipelines": ("service", "service"),
    "dashboards": ("service", "service"),
    "charts": ("service", "service"),
    "dashboard/datamodels": ("service", "service"),
    "storedProcedures": ("databaseSchema", "databaseSchema"),
    "queries": ("service", "databaseService"),
    "tags": ("classification", "classification"),
    "glossaryTerms": ("glossary", "glossary"),
}


class Story:
    def __init__(self, world: World, om: OpenMetadataDoor):
        self.world = world
        self.om = om
        self.has: Callable[[str, str], bool] = lambda method, path: True

    def tell(self, has: Callable[[str, str], bool]) -> None:
        """`has` says whether the document has a method and template; what it has not is left out."""
        self.has = has
        for collection in COLLECTIONS:
            self.lifecycle(collection)
        self.assets_of_other_doors()
        self.products()
        self.domains()
        self.labels()
        self.tables()
        self.quality()
        self.lineage()
        self.pipelines()
        self.ingestion()
        self.queries()
        self.services()
        self.people()
        self.teams()
        self.rights()
        self.system()

    def call(self, method: str, path: str, body=None, **params):
        headers = {"Content-Type": JSON_PATCH} if method == "PATCH" else None
        return self.om.call(method, path, body, expect=(200, 201, 202, 204), params=params, headers=headers)

    def give(self, method: str, path: str, body=None, **params):
        return self.call(method, path, body, **params).json()

    # --- what every collection has ------------------------------------------------------------------------------

    def lifecycle(self, collection: str) -> None:
        body = self.world.body(collection)
        made = self.give("POST", f"/{collection}", body)
        self.call("PUT", f"/{collection}", body)
        self.call("PUT", f"/{collection}", self.world.body(collection))
        self.everywhere(collection, made)
        self.call("PUT", f"/{collection}/bulk", [self.world.body(collection) for _ in range(2)])
        self.call("PUT", f"/{collection}/bulk", [self.world.body(collection)], **{"async": "true"})
        if collection in SCOPES:
            member, scope = SCOPES[collection]
            named = body[member][0] if isinstance(body[member], list) else body[member]
            stale = {"scopeFqn": named, "scopeEntityType": scope, "seenFqns": [made["fullyQualifiedName"]]}
            self.call("DELETE", f"/{collection}/deleteStale", stale | {"dryRun": True})
        elif collection == "domains":
            stale = {"scopeFqn": made["fullyQualifiedName"], "scopeEntityType": "domain", "seenFqns": ["x"]}
            self.call("DELETE", "/domains/deleteStale", stale)
        self.endings(collection, lambda: self.world.make(collection))

    def everywhere(self, collection: str, made: dict) -> None:
        """Reads, patches and marks one record in every way."""
        by_id, by_name = f"/{collection}/{made['id']}", f"/{collection}/name/{quoted(made)}"
        for path in (by_id, by_name):
            self.call("GET", path)
            self.call("PATCH", path, [{"op": "add", "path": "/displayName", "value": fresh("shown as")}])
            self.call("GET", path, fields="*")
        for fields in ("", "*"):
            self.call("GET", f"/{collection}", limit=100, fields=fields, include="all")
        self.call("GET", f"{by_id}/versions")
        self.call("GET", f"{by_id}/versions/0.1")
        if self.has("GET", f"/{collection}/history"):
            self.call("GET", f"/{collection}/history", startTs=0, endTs=int(time.time() * 1000) + 60_000)
        if self.has("PUT", f"/{collection}/{{id}}/followers"):
            self.call("PUT", f"{by_id}/followers", self.world.owner["id"])
            self.call("GET", by_id, fields="followers")
            self.call("DELETE", f"{by_id}/followers/{self.world.owner['id']}")
        if self.has("PUT", f"/{collection}/{{id}}/vote"):
            self.call("PUT", f"{by_id}/vote", {"updatedVoteType": "votedUp"})
            self.call("GET", by_id, fields="votes")

    def endings(self, collection: str, make: Callable[[], dict]) -> None:
        first, second, third = make(), make(), make()
        self.call("DELETE", f"/{collection}/{first['id']}")
        self.call("PUT", f"/{collection}/restore", {"id": first["id"]})
        self.call("DELETE", f"/{collection}/name/{quoted(second)}", recursive="true", hardDelete="true")
        self.call("DELETE", f"/{collection}/async/{third['id']}")

    def assets_of_other_doors(self) -> None:
        world = self.world
        kind = world.dz.create_asset_type(
            domainIdentifier=world.domain,
            owningProjectIdentifier=world.project,
            name=fresh("Thing").replace("-", ""),
            formsInput={},
        )

        def make() -> dict:
            asset = world.dz.create_asset(
                domainIdentifier=world.domain,
                owningProjectIdentifier=world.project,
                name=fresh("asset"),
                typeIdentifier=kind["name"],
            )
            return self.om.get(f"/assets/{asset['id']}")

        self.everywhere("assets", make())
        self.endings("assets", make)

    # --- what single collections have ---------------------------------------------------------------------------

    def products(self) -> None:
        product = self.world.make("dataProducts")
        at, named = f"/dataProducts/{product['id']}", f"/dataProducts/name/{quoted(product)}"
        inside = [reference(self.world.make("tables"), "table") for _ in range(2)]
        outside = [reference(self.world.make("tables"), "table")]
        parts = {"assets": inside, "outputPorts": inside[:1], "inputPorts": outside}
        for part, assets in parts.items():
            self.call("PUT", f"/dataProducts/{quoted(product)}/{part}/add", {"assets": assets})
            for base in (at, named):
                self.call("GET", f"{base}/{part}")
        for base in (at, named):
            self.call("GET", f"{base}/portsView")
        self.call("GET", "/dataProducts/assets/counts")
        for part, assets in parts.items():
            self.call("PUT", f"/dataProducts/{quoted(product)}/{part}/remove", {"assets": assets})
        full = self.world.body("dataProducts") | {
            "displayName": "Full",
            "dataProductType": "DATASET",
            "visibility": "PUBLIC",
            "portfolioPriority": "HIGH",
            "style": {"color": "#112233"},
            "experts": ["rights-member"],
            "reviewers": [self.world.owner],
            "tags": [label("Tier.Tier1")],
            "extension": {"cost": 3},
        }
        self.call("POST", "/dataProducts", full)

    def domains(self) -> None:
        domain = self.world.make("domains")
        child = {"name": fresh("sub"), "domainType": "Aggregate", "description": "", "parent": domain["name"]}
        self.call("POST", "/domains", child)
        service = reference(self.world.make("services/databaseServices"), "databaseService")
        self.call("PUT", f"/domains/{quoted(domain)}/assets/add", {"assets": [service]})
        self.call("GET", f"/domains/{domain['id']}/assets")
        self.call("GET", f"/domains/name/{quoted(domain)}/assets")
        self.call("GET", f"/services/databaseServices/{service['id']}", fields="domains")
        self.call("PUT", f"/domains/{quoted(domain)}/assets/remove", {"assets": [service]})
        for path in ("assets/counts", "hierarchy", f"hierarchy/{quoted(domain)}"):
            self.call("GET", f"/domains/{path}")

    def labels(self) -> None:
        for collection in ("tags", "glossaryTerms"):
            tag = self.world.make(collection)
            table = reference(self.world.make("tables"), "table")
            # The path takes the id as well as the name.
            self.call("PUT", f"/{collection}/{tag['id']}/assets/add", {"assets": [table]})
            self.call("GET", f"/{collection}/{tag['id']}/assets")
            self.call("GET", f"/{collection}/name/{quoted(tag)}/assets")
            self.call("GET", f"/tables/{table['id']}", fields="tags")
            self.call("PUT", f"/{collection}/{tag['id']}/assets/remove", {"assets": [table]})
        glossary = reference(self.world.make("glossaries"), "glossary")
        self.call("PUT", f"/glossaryTerms/{tag['id']}/moveAsync", {"parent": glossary})

    def tables(self) -> None:
        body = self.world.body("tables") | {
            "tableType": "Regular",
            "columns": [
                {"name": "id", "dataType": "BIGINT", "constraint": "PRIMARY_KEY", "description": "key"},
                {"name": "name", "dataType": "VARCHAR", "dataLength": 20, "tags": [label("PII.Sensitive")]},
                {"name": "place", "dataType": "STRUCT", "children": [{"name": "city", "dataType": "STRING"}]},
                {"name": "all", "dataType": "ARRAY", "arrayDataType": "INT"},
            ],
            "tableConstraints": [{"constraintType": "PRIMARY_KEY", "columns": ["id"]}],
        }
        table = self.give("POST", "/tables", body)
        at, named = f"/tables/{table['id']}", f"/tables/{quoted(table)}"
        self.call("PUT", f"{at}/dataModel", {"modelType": "DBT", "sql": "select 1", "columns": table["columns"][:1]})
        self.call("PUT", f"{at}/sampleData", {"columns": ["id"], "rows": [[1], [2]]})
        self.call("GET", f"{at}/sampleData")
        joined = {"fullyQualifiedName": f"{self.world.make('tables')['fullyQualifiedName']}.id", "joinCount": 2}
        joins = {"dayCount": 1, "columnJoins": [{"columnName": "id", "joinedWith": [joined]}]}
        self.call("PUT", f"{at}/joins", joins | {"startDate": time.strftime("%Y-%m-%d")})
        for method, config in (("PUT", {"profileSample": 10.0}), ("GET", None), ("DELETE", None)):
            self.call(method, f"{at}/tableProfilerConfig", config)
        now = int(time.time() * 1000)
        profile = {
            "tableProfile": {"timestamp": now, "rowCount": 2, "columnCount": 4},
            "columnProfile": [{"name": "id", "timestamp": now, "valuesCount": 2}],
            "systemProfile": [{"timestamp": now, "operation": "INSERT", "rowsAffected": 2}],
        }
        self.call("PUT", f"{at}/tableProfile", profile)
        span = {"startTs": now - 1000, "endTs": now + 1000}
        self.call("GET", f"{named}/tableProfile", **span)
        self.call("GET", f"{named}/systemProfile", **span)
        self.call("GET", f"{named}/tableProfile/latest")
        self.call("GET", f"/tables/{quoted(table)}.id/columnProfile", **span)
        for method in ("PUT", "POST"):
            self.call(method, f"/usage/table/{table['id']}", {"date": time.strftime("%Y-%m-%d"), "count": 3})
        self.call("GET", f"/usage/table/{table['id']}")
        self.call("GET", f"/usage/table/name/{quoted(table)}")
        self.call("GET", at, fields="*")
        self.call("DELETE", f"{at}/sampleData")

    def quality(self) -> None:
        suites, cases = "/dataQuality/testSuites", "/dataQuality/testCases"
        for way in ("basic", "executable"):
            for method, by_name in (("POST", False), ("PUT", True)):
                of = self.world.make("tables")["fullyQualifiedName"]
                suite = self.give(method, f"{suites}/{way}", {"name": "any", "basicEntityReference": of})
                gone = f"name/{quoted(suite)}" if by_name else suite["id"]
                self.call("DELETE", f"{suites}/{way}/{gone}", hardDelete="true", recursive="true")
        table = self.world.make("tables")
        link = f"<#E::table::{table['fullyQualifiedName']}>"
        case = self.give("POST", cases, {"name": "rows", "testDefinition": "tableRowCountToEqual", "entityLink": link,
                                         "parameterValues": [{"name": "value", "value": "3"}]})  # fmt: skip
        now = int(time.time() * 1000)
        came = {"testCaseStatus": "Success", "result": "3 rows", "testResultValue": [{"name": "rowCount", "value": "3"}]}
        at, old = f"{cases}/testCaseResults/{quoted(case)}", f"{cases}/{quoted(case)}/testCaseResult"
        for number, (method, path) in enumerate((("POST", at), ("PUT", at), ("PUT", old))):
            self.call(method, path, came | {"timestamp": now + number})
        for path in (at, old):
            self.call("GET", path, startTs=now - 1, endTs=now + 9)
        self.call("GET", f"{cases}/testCaseResults/search/latest", testCaseFQN=case["fullyQualifiedName"])
        logical = self.give("POST", suites, {"name": "all of it"})
        self.call("PUT", f"{cases}/logicalTestCases", {"testSuiteId": logical["id"], "testCaseIds": [case["id"]]})
        for of in (cases, suites):
            self.call("GET", f"{of}/search/list")
        self.call("DELETE", f"{cases}/logicalTestCases/{logical['id']}/{case['id']}")

    def pipelines(self) -> None:
        tasks = [{"name": "read", "downstreamTasks": ["write"], "tags": [label("Tier.Tier2")]}, {"name": "write"}]
        body = self.world.body("pipelines") | {"tasks": tasks, "scheduleInterval": "@daily"}
        pipeline = self.give("POST", "/pipelines", body)
        now = int(time.time() * 1000)
        run = {"timestamp": now, "executionStatus": "Successful", "taskStatus": []}
        at = f"/pipelines/{quoted(pipeline)}/status"
        self.call("PUT", at, run)
        self.call("PUT", f"{at}/bulk", [run | {"timestamp": now + 1, "executionStatus": "Failed"}])
        self.call("GET", at, startTs=now - 1, endTs=now + 2)
        self.call("GET", f"/pipelines/{pipeline['id']}", fields="*")
        self.call("DELETE", f"{at}/{now}")

    def ingestion(self) -> None:
        pipeline = self.world.make("services/ingestionPipelines")
        now = int(time.time() * 1000)
        at = f"/services/ingestionPipelines/{quoted(pipeline)}/pipelineStatus"
        self.call("GET", f"{at}/run-1")
        self.call("PUT", at, {"runId": "run-1", "pipelineState": "running", "startDate": now, "timestamp": now})
        self.call("GET", f"{at}/run-1")
        self.call("GET", at, startTs=now - 1, endTs=now + 2)
        self.call("GET", f"/services/ingestionPipelines/{pipeline['id']}", fields="*")
        self.call("DELETE", at)

    def queries(self) -> None:
        query, used = self.world.make("queries"), [reference(self.world.make("tables"), "table")]
        at = f"/queries/{query['id']}"
        self.call("PUT", f"{at}/usage", used)
        self.call("PUT", f"{at}/users", ["rights-owner"])
        self.call("PUT", f"{at}/usedBy", ["a program"])
        self.call("GET", "/queries", entityId=used[0]["id"], fields="*")
        self.call("DELETE", f"{at}/usage", used)
        cost = {"timestamp": int(time.time() * 1000), "cost": 1.5, "count": 2, "totalDuration": 3}
        self.call("POST", "/queryCostRecord", cost | {"queryReference": reference(query, "query")})
        self.call("POST", f"/usage/compute.percentile/table/{time.strftime('%Y-%m-%d')}")

    def services(self) -> None:
        for collection, kind, config in (
            ("databaseServices", "Postgres", {"username": "u", "hostPort": "h:1", "database": "d"}),
            ("pipelineServices", "Airflow", {"hostPort": "http://h.example.com", "connection": {"type": "Backend"}}),
            ("dashboardServices", "Metabase", {"hostPort": "http://h.example.com", "username": "u"}),
        ):
            body = {"name": fresh("connected"), "serviceType": kind, "connection": {"config": config}}
            service = self.give("POST", f"/services/{collection}", body)
            result = {"status": "Successful", "steps": [{"name": "CheckAccess", "mandatory": True, "passed": True}]}
            self.call("PUT", f"/services/{collection}/{service['id']}/testConnectionResult", result)
        self.call("GET", "/services/testConnectionDefinitions")
        self.call("GET", "/services/testConnectionDefinitions/name/Postgres.testConnectionDefinition")

    # --- people and rights --------------------------------------------------------------------------------------

    def people(self) -> None:
        password = "a long and secret Word-1"
        name = fresh("person")
        user = {
            "name": name,
            "email": f"{name}@example.com",
            "createPasswordType": "ADMIN_CREATE",
            "password": password,
            "confirmPassword": password,
        }
        made = self.give("POST", "/users", user)
        login = {"email": user["email"], "password": base64.b64encode(password.encode()).decode()}
        tokens = self.give("POST", "/users/login", login)
        tokens = self.give("POST", "/users/refresh", {"refreshToken": tokens["refreshToken"]})
        own = self.om.speaking(tokens["accessToken"])
        own.call("GET", "/users/loggedInUser", expect=200)
        own.call("GET", "/users/loggedInUser/groupTeams", expect=200)
        change = {"oldPassword": password, "newPassword": password + "2", "confirmPassword": password + "2"}
        own.call("PUT", "/users/changePassword", change | {"username": name, "requestType": "SELF"}, expect=200)
        tokens = self.give("POST", "/users/login", login | {"password": encoded(password + "2")})
        own = self.om.speaking(tokens["accessToken"])
        made_token = own.put("/users/security/token", {"tokenName": "story", "JWTTokenExpiry": "OneHour"})
        own.get("/users/security/token")
        own.put("/users/security/token/revoke", {"tokenIds": [made_token["token"]]})
        own.call("POST", "/users/logout", {"token": tokens["accessToken"]}, expect=200)
        self.call("GET", "/users/generateRandomPwd")
        self.call("GET", f"/users/{made['id']}", fields="*")
        bot = self.world.make("bots")["botUser"]["id"]
        self.call("PUT", f"/users/generateToken/{bot}", {"JWTTokenExpiry": "Unlimited"})
        self.call("GET", f"/users/auth-mechanism/{bot}")
        self.call("PUT", "/users/revokeToken", {"id": bot})

    def lineage(self) -> None:
        source, target, pipeline = (self.world.make(kind) for kind in ("tables", "tables", "pipelines"))
        columns = [{"fromColumns": [f"{source['fullyQualifiedName']}.id"], "toColumn": f"{target['fullyQualifiedName']}.id"}]
        details = {"sqlQuery": "SELECT 1", "columnsLineage": columns, "pipeline": reference(pipeline, "pipeline")}
        details |= {"description": "d", "source": "PipelineLineage", "assetEdges": 1}
        details["tempLineageTables"] = [{"fromEntity": "a", "toEntity": "b"}]
        edge = {"fromEntity": reference(source, "table"), "toEntity": reference(target, "table"), "lineageDetails": details}
        ids = (source["id"], target["id"])
        by_ids = f"/lineage/table/{ids[0]}/table/{ids[1]}"
        by_names = f"table/name/{quoted(source)}/table/name/{quoted(target)}"
        patch = [{"op": "add", "path": "/description", "value": "changed"}]
        self.call("PUT", "/lineage", {"edge": edge})
        self.call("GET", f"/lineage/table/{ids[1]}", upstreamDepth=2, downstreamDepth=0)
        self.call("GET", f"/lineage/table/name/{quoted(source)}")
        self.call("GET", f"/lineage/getLineageEdge/{ids[0]}/{ids[1]}")
        self.call("GET", f"/lineage/getLineageEdge/{by_names}")
        self.call("PATCH", by_ids, patch)
        self.call("PATCH", f"/lineage/{by_names}", patch)
        self.call("DELETE", by_ids)
        self.call("PUT", f"/lineage/{by_names}", details)
        self.call("DELETE", f"/lineage/{by_names}")
        self.call("DELETE", f"/lineage/table/{ids[1]}/type/Manual")
        self.call("DELETE", f"/lineage/source/name/table/{quoted(target)}/type/Manual")

    def teams(self) -> None:
        team = self.world.make("teams")
        self.call("GET", "/teams/hierarchy")
        self.call("PUT", f"/teams/{team['id']}/users", [self.world.owner])
        self.call("GET", f"/teams/{team['id']}", fields="*")
        for collection, one in (("teams", team), ("users", self.world.owner)):
            named = self.give("GET", f"/{collection}/{one['id']}")["name"]
            self.call("GET", f"/{collection}/{one['id']}/assets")
            self.call("GET", f"/{collection}/name/{named}/assets")
        self.call("DELETE", f"/teams/{team['id']}/users/{self.world.owner['id']}")

    def rights(self) -> None:
        table = self.world.make("tables")
        for path in ("", "/table", f"/table/{table['id']}", f"/table/name/{quoted(table)}"):
            self.call("GET", f"/permissions{path}")
        for path in ("resources", "functions"):
            self.call("GET", f"/policies/{path}")
        for method in ("GET", "POST"):
            self.call(method, "/policies/validation/condition/isOwner()")

    def system(self) -> None:
        for path in (
            "version", "health", "status", "config/auth", "config/authorizer", "config/jwks", "config/rdf",
            "config/customUiThemePreference", "config/pipeline-service-client", "settings",
            "settings/lineageSettings",
        ):  # fmt: skip
            self.call("GET", f"/system/{path}")
        lineage = {"config_type": "lineageSettings", "config_value": self.call("GET", "/system/settings/lineageSettings").json()["config_value"]}
        self.call("PUT", "/system/settings", lineage)
        self.call("PATCH", "/system/settings/lineageSettings", [{"op": "replace", "path": "/upstreamDepth", "value": 4}])
        self.call("PUT", "/system/settings/reset/lineageSettings")
        tried = {"type": "Email", "category": "External", "config": {"receivers": ["a@example.com"]}}
        self.call("POST", "/events/subscriptions/testDestination", {"destinations": [tried]})
        told = self.give("POST", "/events/subscriptions", self.world.body("events/subscriptions"))
        for path in (told["id"], f"name/{quoted(told)}"):
            self.call("GET", f"/events/subscriptions/{path}/status/{told['destinations'][0]['id']}")
        self.call("GET", "/events", timestamp=0, entityCreated="*", entityUpdated="*", entityDeleted="*")
        self.call("GET", "/search/query", q="*", index="all")
        self.call("GET", "/search/fieldQuery", fieldName="fullyQualifiedName", fieldValue="*", index="all")
        self.call("GET", "/search/aggregate", field="entityType", index="all")
        self.call("POST", "/search/aggregate", {"fieldName": "entityType", "index": "all"})
        self.call("GET", "/search/suggest", q="a", index="all")
        self.call("POST", "/search/reindex")
        self.call("POST", "/search/reindex/table")
        self.call("POST", "/apps/trigger/SearchIndexingApplication")
        self.call("GET", f"/search/get/table_search_index/doc/{self.world.make('tables')['id']}")
        for missing in (uuid4(), "no-id"):
            self.om.call("GET", f"/search/get/table_search_index/doc/{missing}", expect=404)


def quoted(entity: dict) -> str:
    return quote(entity["fullyQualifiedName"], safe="")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
