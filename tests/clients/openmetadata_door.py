"""Plain HTTP to the OpenMetadata door, as scripts write it."""

import copy
from urllib.parse import quote

import requests

from emporion_server import Server

JSON_PATCH = "application/json-patch+json"
#: The label that stands beside the numeric code, as the published error tables name it.
LABELS = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 409: "ENTITY_ALREADY_EXISTS"}

#: The default data source of the server's account is the first one in it, whichever test comes first.
WAREHOUSE = {
    "name": "warehouse",
    "serviceType": "Postgres",
    "connection": {
        "config": {
            "type": "Postgres",
            "username": "reader",
            "authType": {"password": "warehouse-secret"},
            "hostPort": "db.example.com:5432",
            "database": "sales",
        }
    },
}


class OpenMetadataDoor:
    def __init__(self, server: Server, token: str | None, mount: str = "/api/v1"):
        self.base = server.url + mount
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def speaking(self, token: str) -> "OpenMetadataDoor":
        """The same door for somebody else; who listens to this one hears that one too."""
        other = copy.copy(self)
        other.session = requests.Session()
        other.session.hooks = self.session.hooks
        other.session.headers["Authorization"] = f"Bearer {token}"
        return other

    def call(self, method: str, path: str, body=None, *, expect: int | tuple[int, ...] | None = None, **kwargs):
        """Sends a request; `expect` names the statuses that are right. Answers the `requests.Response`."""
        if body is not None:
            kwargs["json"] = body
        answer = self.session.request(method, self.base + path, timeout=30, allow_redirects=False, **kwargs)
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        if expect is not None:
            expected = (expect,) if isinstance(expect, int) else expect
            assert answer.status_code in expected, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        if answer.status_code >= 400 and answer.request.method != "HEAD":
            check_error(answer)
        return answer

    def get(self, path: str, expect=200, **params) -> dict:
        return self.call("GET", path, params=params, expect=expect).json()

    def post(self, path: str, body, expect=201) -> dict:
        return self.call("POST", path, body, expect=expect).json()

    def put(self, path: str, body, expect=(200, 201)) -> dict:
        return self.call("PUT", path, body, expect=expect).json()

    def schema(self, service: str) -> str:
        """A new database service with a database and a schema; the schema's fully qualified name."""
        self.post("/services/databaseServices", {"name": service, "serviceType": "Postgres"})
        database = self.put("/databases", {"name": "db", "service": service})
        return self.put("/databaseSchemas", {"name": "sc", "database": database["fullyQualifiedName"]})["fullyQualifiedName"]

    def patch(self, path: str, operations: list, expect=200, headers=None) -> dict:
        headers = {"Content-Type": JSON_PATCH} | (headers or {})
        return self.call("PATCH", path, operations, expect=expect, headers=headers).json()

    def delete(self, path: str, expect=200, **params) -> dict:
        return self.call("DELETE", path, params=params, expect=expect).json()

    def by_name(self, collection: str, fqn: str, expect=200, **params) -> dict:
        return self.get(f"/{collection}/name/{quote(fqn, safe='')}", expect=expect, **params)

    def pages(self, collection: str, limit: int, **params):
        """Every page of a list, following `after`."""
        page = self.get(f"/{collection}", limit=limit, **params)
        yield page
        while after := page["paging"].get("after"):
            # Pasted into the address as it is, as the client does: a cursor must be made of harmless characters.
            rest = "".join(f"&{key}={quote(str(value), safe='')}" for key, value in params.items())
            page = self.call("GET", f"/{collection}?limit={limit}&after={after}{rest}", expect=200).json()
            yield page

    def everything(self, collection: str, limit: int = 100, **params) -> list[dict]:
        return [row for page in self.pages(collection, limit, **params) for row in page["data"]]


def check_error(answer: requests.Response) -> None:
    """The error form: `code` is the status as a number, `message` says what is wrong, never HTML."""
    assert answer.headers["Content-Type"].startswith("application/json"), answer.headers
    body = answer.json()
    if {"numberOfRowsProcessed", "status"} <= body.keys():
        return  # asset calls that fail as a whole answer 400 with the bulk result as the body
    assert body["code"] == answer.status_code, body
    assert isinstance(body["message"], str) and body["message"], body
    if "errorType" in body:
        label = LABELS.get(answer.status_code)
        assert label is None or body["errorType"] in (label, "EMAIL_EXISTS"), body


def called(entity: dict) -> dict:
    """In searches everything is called by its name where it has no display name, and so is what it refers to."""
    members = [one for value in entity.values() for one in (value if isinstance(value, list) else [value])]
    for one in [entity, *(one for one in members if isinstance(one, dict) and {"id", "type"} <= one.keys())]:
        one["displayName"] = one.get("displayName") or one["name"]
    return entity


def reference(entity: dict, kind: str) -> dict:
    return {"id": entity["id"], "type": kind}


def label(tag_fqn: str, source: str = "Classification") -> dict:
    return {"tagFQN": tag_fqn, "source": source, "labelType": "Manual", "state": "Confirmed"}


def sales_of(om: OpenMetadataDoor) -> dict[str, dict]:
    """Tables of the schema `sales.sales` in the warehouse, by name."""
    om.put("/databases", {"name": "sales", "service": WAREHOUSE["name"]})
    om.put("/databaseSchemas", {"name": "sales", "database": "warehouse.sales"})
    columns = [{"name": "id", "dataType": "INT"}, {"name": "amount", "dataType": "DECIMAL"}]
    return {
        name: om.put("/tables", {"name": name, "databaseSchema": "warehouse.sales.sales", "columns": columns})
        for name in ("orders", "customers", "returns")
    }
