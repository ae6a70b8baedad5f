"""What the rights table asks about: one record of everything, made afresh for each question that could destroy it."""

import itertools
import json
import uuid

import requests

import datazone_door
from datazone_door import SignedBy
from emporion_server import Principal, Server
from openmetadata_door import OpenMetadataDoor, reference

CALLERS = ("anonymous", "stranger", "member", "owner", "admin", "outsider")
_COUNT = itertools.count(1)


def fresh(stem: str) -> str:
    return f"{stem}-rights-{next(_COUNT):05d}"


class World:
    """People, a domain with a project, and makers of records that `owner` owns and whose team `member` belongs to."""

    def __init__(self, server: Server):
        self.server = server
        self.people: dict[str, Principal | None] = {
            "anonymous": None,
            "stranger": server.new_user("rights-stranger"),
            "member": server.new_user("rights-member"),
            "owner": server.new_user("rights-owner"),
            "admin": server.admin,
            "outsider": server.new_account("rights-elsewhere"),
        }
        self.om = OpenMetadataDoor(server, server.admin.token)
        self.dz = datazone_door.client(server, server.admin, checked=False)
        self.owner = reference(self.om.get("/users/name/rights-owner"), "user")
        self.domain = self.dz.create_domain(name="Rights", domainExecutionRole="arn:aws:iam::123456789012:role/r")["id"]
        self.project = self.dz.create_project(domainIdentifier=self.domain, name="RightsProject")["id"]
        for person, designation in (("owner", "PROJECT_OWNER"), ("member", "PROJECT_CONTRIBUTOR")):
            self.dz.create_project_membership(
                domainIdentifier=self.domain,
                projectIdentifier=self.project,
                designation=designation,
                member={"userIdentifier": self.people[person].id},
            )
        self.home = self.om.get(f"/domains/{datazone_door.plain_id(self.domain)}")["fullyQualifiedName"]
        self.parents = {}
        for collection, member in (
            ("services/databaseServices", "service"),
            ("databases", "database"),
            ("databaseSchemas", "databaseSchema"),
            ("services/pipelineServices", "pipelineService"),
            ("services/dashboardServices", "dashboardService"),
            ("classifications", "classification"),
            ("glossaries", "glossary"),
            ("tables", "table"),
        ):
            self.parents[member] = self.make(collection)["fullyQualifiedName"]

    # --- records ------------------------------------------------------------------------------------------------

    def body(self, collection: str) -> dict:
        """A create body with the owner among the owners, where the collection has any."""
        name = fresh(collection.rsplit("/")[-1])
        owned = {"name": name, "description": "d", "owners": [self.owner]}
        match collection:
            case "domains":
                return owned | {"domainType": "Aggregate"}
            case "dataProducts":
                return owned | {"domains": [self.home]}
            case "services/databaseServices":
                return owned | {"serviceType": "Postgres"}
            case "services/pipelineServices":
                return owned | {"serviceType": "Airflow"}
            case "services/dashboardServices":
                return owned | {"serviceType": "Superset"}
            case "databases":
                return owned | {"service": self.parents["service"]}
            case "databaseSchemas":
                return owned | {"database": self.parents["database"]}
            case "tables":
                columns = [{"name": "id", "dataType": "INT"}]
                return owned | {"databaseSchema": self.parents["databaseSchema"], "columns": columns}
            case "pipelines":
                return owned | {"service": self.parents["pipelineService"]}
            case "dashboards" | "charts":
                return owned | {"service": self.parents["dashboardService"]}
            case "dashboard/datamodels":
                columns = [{"name": "id", "dataType": "INT"}]
                model = {"dataModelType": "SupersetDataModel", "columns": columns}
                return owned | model | {"service": self.parents["dashboardService"]}
            case "storedProcedures":
                code = {"language": "SQL", "code": "SELECT 1"}
                return owned | {"databaseSchema": self.parents["databaseSchema"], "storedProcedureCode": code}
            case "queries":
                return owned | {"service": self.parents["service"], "query": f"SELECT 1 FROM {name}"}
            case "services/ingestionPipelines":
                service = {"fullyQualifiedName": self.parents["service"], "type": "databaseService"}
                config = {"pipelineType": "metadata", "sourceConfig": {"config": {}}, "airflowConfig": {}}
                return owned | config | {"service": service}
            case "dataQuality/testDefinitions":
                return owned | {"entityType": "TABLE", "testPlatforms": ["Other"]}
            case "dataQuality/testCases":
                link = f"<#E::table::{self.parents['table']}>"
                return owned | {"testDefinition": "tableRowCountToEqual", "entityLink": link}
            case "users":
                return {"name": name, "email": f"{name}@example.com"}
            case "teams":
                return {"name": name, "teamType": "Group", "description": "d"}
            case "bots":
                user = self.om.post("/users", {"name": f"{name}-u", "email": f"{name}@example.com", "isBot": True})
                return {"name": name, "botUser": user["name"], "description": "d"}
            case "roles":
                return {"name": name, "policies": ["DataConsumerPolicy"], "description": "d"}
            case "policies":
                rule = {"name": "view", "effect": "allow", "resources": ["all"], "operations": ["ViewAll"]}
                return {"name": name, "rules": [rule], "description": "d"}
            case "tags":
                return {"name": name, "description": "d", "classification": self.parents["classification"]}
            case "glossaryTerms":
                return owned | {"glossary": self.parents["glossary"]}
            case "events/subscriptions":
                # Switched off: nothing is sent to nobody's address.
                hook = {"type": "Webhook", "category": "External", "config": {"endpoint": "https://example.com/hook"}}
                return owned | {"alertType": "Notification", "enabled": False, "destinations": [hook]}
            case _:
                return owned

    def make(self, collection: str) -> dict:
        if collection == "dataProducts":
            made = self.dz.create_data_product(
                domainIdentifier=self.domain, name=fresh("product"), owningProjectIdentifier=self.project
            )
            patch = [{"op": "add", "path": "/owners", "value": [self.owner]}]
            self.om.patch(f"/dataProducts/{made['id']}", patch)
            return self.om.get(f"/dataProducts/{made['id']}")
        return self.om.post(f"/{collection}", self.body(collection))

    # --- calls --------------------------------------------------------------------------------------------------

    def call(
        self, caller: str, method: str, path: str, body=None, *,
        signed: bool, media_type="application/json", request_id: str | None = None,
    ):  # fmt: skip
        who = self.people[caller]
        headers, data = {"X-Request-Id": request_id} if request_id else {}, None
        if body is not None:
            headers["Content-Type"], data = media_type, json.dumps(body)
        auth = None
        if who is not None and signed:
            auth = SignedBy(who)
        elif who is not None:
            headers["Authorization"] = f"Bearer {who.token}"
        return requests.request(
            method, self.server.url + path, headers=headers, data=data, auth=auth, timeout=30, allow_redirects=False
        )


def nobody() -> str:
    return str(uuid.uuid4())
