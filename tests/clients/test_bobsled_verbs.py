"""Every path of the Bobsled-style door, with every verb, on both mounts: those that are offered answer, the others are 405."""

import re
import uuid

import pytest
import requests

from bobsled_door import BobsledDoor

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOBODY = "5f0c1f6e-9d53-4c0f-8f5e-6a8f2f4f1f3b"

#: Paths below a product and the verbs that they have.
PARTS = {
    "": "GET PATCH DELETE",
    "/deploy": "POST",
    "/data-assets": "GET PATCH",
    "/semantic-models": "GET POST",
    "/semantic-models/generate": "POST",
    "/semantic-models/validate": "POST",
    f"/semantic-models/{NOBODY}": "GET PATCH",
    f"/semantic-models/{NOBODY}/tables": "GET POST",
    f"/semantic-models/{NOBODY}/tables/{NOBODY}": "GET PATCH",
    f"/semantic-models/{NOBODY}/relationships": "GET POST",
    f"/semantic-models/{NOBODY}/relationships/{NOBODY}": "GET PATCH",
    f"/semantic-models/{NOBODY}/metrics": "GET POST",
    f"/semantic-models/{NOBODY}/metrics/{NOBODY}": "GET PATCH",
    "/verified-queries": "GET POST",
    f"/verified-queries/{NOBODY}": "GET POST DELETE",
    "/system-prompts": "GET POST",
    f"/system-prompts/{NOBODY}": "GET DELETE",
    "/front-page-configs": "GET POST",
    "/front-page-configs/current": "GET",
    f"/front-page-configs/{NOBODY}": "GET DELETE",
    "/chat": "POST",
    "/chat/stream": "POST",
    f"/chat/stream/{NOBODY}": "GET",
    "/chat-threads": "GET",
    f"/chat-threads/{NOBODY}": "GET PATCH DELETE",
    f"/chat-threads/{NOBODY}/messages/{NOBODY}/answer": "GET",
    f"/chat-threads/{NOBODY}/messages/{NOBODY}/feedback": "POST DELETE",
    "/chat-feedback": "GET",
    "/chat/guide": "GET",
    "/chat/fit": "GET",
    "/chat-choices": "GET",
    "/unanswered-questions": "GET",
    f"/unanswered-questions/{NOBODY}/synonym": "POST",
    f"/unanswered-questions/{NOBODY}/verified-query": "POST",
    "/queryable-tables": "GET",
    "/run-sql": "POST",
    "/skills": "GET",
    f"/skills/{NOBODY}": "GET POST PUT DELETE",
    "/unstructured-assets": "GET POST",
    f"/unstructured-assets/{NOBODY}": "GET PATCH DELETE",
    f"/unstructured-assets/{NOBODY}/content": "GET",
    f"/unstructured-assets/{NOBODY}/passages": "GET",
    "/users": "GET PATCH",
    "/compositions": "GET POST",
    f"/compositions/{NOBODY}": "GET DELETE",
}
#: Paths below the account, on no mount.
ACCOUNT = {
    "/data-sources": "GET POST",
    "/data-sources/test-connection": "POST",
    f"/data-sources/{NOBODY}": "GET PATCH DELETE",
    f"/data-sources/{NOBODY}/test-connection": "POST",
    f"/data-sources/{NOBODY}/available-tables": "GET",
    "/skills": "GET POST",
    f"/skills/{NOBODY}": "GET POST DELETE",
    f"/skills/{NOBODY}/versions": "GET",
    f"/skills/{NOBODY}/versions/{NOBODY}": "GET DELETE",
}
MOUNTS = ("data-products", "workspaces")
MARKS = {"data-products": "dataProductId", "workspaces": "workspaceId"}


@pytest.fixture(scope="module")
def product(bobsled, fresh_name) -> dict:
    return bobsled.create(fresh_name("Verbs"))


def deprecated(answer) -> None:
    assert answer.headers["Deprecation"] == "@1772409600"
    assert 'rel="successor-version"' in answer.headers["Link"] and 'rel="deprecation"' in answer.headers["Link"]
    assert "Sunset" not in answer.headers, "no date was configured"


def test_the_page_that_deprecated_answers_lead_to_is_there(bobsled):
    link = bobsled.call("GET", "/workspaces").headers["Link"]
    target = re.search('<([^>]*)>; rel="deprecation"; type="text/html"', link).group(1)
    page = requests.get(bobsled.base.split("/api/")[0] + target, timeout=10)
    assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
    assert "externalWorkspaceId" in page.text


def refused(bobsled, verb: str, path: str, offered: set[str]):
    answer = bobsled.call(verb, path, {} if verb != "GET" else None, expect=405)
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    allowed = {word.strip() for word in answer.headers["Allow"].split(",")}
    assert allowed - {"HEAD", "OPTIONS"} == offered, f"{path}: {answer.headers['Allow']}"
    return answer


@pytest.mark.parametrize("mount", MOUNTS)
def test_the_collection_has_its_verbs(bobsled, mount):
    offered = {"GET", "POST"}
    for verb in set(VERBS) - offered:
        answer = refused(bobsled, verb, f"/{mount}", offered)
        assert ("Deprecation" in answer.headers) == (mount == "workspaces")


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("path", PARTS)
def test_what_is_not_offered_is_405(bobsled, product, mount, path):
    offered = set(PARTS[path].split())
    for verb in [verb for verb in VERBS if verb not in offered]:
        answer = refused(bobsled, verb, f"/{mount}/{product['id']}{path}", offered)
        if mount == "workspaces":
            deprecated(answer)


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(("path", "offered"), [row for row in PARTS.items() if row[0]])
def test_what_is_offered_answers(bobsled, product, mount, path, offered):
    """With a body that says nothing and ids that nobody has: never 405, never a failure of the server."""
    for verb in offered.split():
        answer = bobsled.call(verb, f"/{mount}/{product['id']}{path}", {} if verb not in ("GET", "DELETE") else None)
        expected = {200, 201, 400, 404, 410, 422}
        assert answer.status_code in expected, f"{verb} {path}: {answer.status_code} {answer.text[:500]}"
        if NOBODY in path and answer.ok:
            raise AssertionError(f"{verb} {path} found what is not there")
        if mount == "workspaces":
            deprecated(answer)
        else:
            assert "Deprecation" not in answer.headers


@pytest.mark.parametrize("path", ACCOUNT)
def test_the_account_has_its_verbs(bobsled, path):
    offered = set(ACCOUNT[path].split())
    for verb in [verb for verb in VERBS if verb not in offered]:
        assert "Deprecation" not in refused(bobsled, verb, path, offered).headers


def test_the_table_is_the_routers(bobsled, server):
    """What the document lists is in the table above; what is missing there is told by 405."""
    document = requests.get(f"{server.url}/openapi/bobsled.json", timeout=30).json()
    known = {"" if path == "" else path.replace(NOBODY, "{}") for path in PARTS} | {"(collection)"}
    for path, item in document["paths"].items():
        if "/data-products" not in path:
            continue
        rest = path.split("/data-products", 1)[1]
        shape = "(collection)" if rest == "" else "/".join("{}" if part.startswith("{") else part for part in rest.split("/")[2:])
        shape = shape if shape == "(collection)" or shape == "" else "/" + shape
        assert shape in known, path
        listed = {verb.upper() for verb in item if verb.upper() in VERBS}
        if shape != "(collection)":
            offered = next(value for key, value in PARTS.items() if key.replace(NOBODY, "{}") == shape)
            assert listed == set(offered.split()), path


def test_chat_is_for_those_who_are_known(server, product):
    for mount in MOUNTS:
        for path in ("/chat", "/chat/stream"):
            BobsledDoor(server, None).refuses("POST", f"/{mount}/{product['id']}{path}", 401, "UNAUTHENTICATED", {})


# --- a walk through everything that is made, on both mounts --------------------------------------------------------


def translated(value, mount: str):
    """The keys of an answer in the other spelling."""
    if mount == "data-products":
        return value
    if isinstance(value, dict):
        return {key.replace("dataProduct", "workspace").replace("DataProduct", "Workspace"): translated(inner, mount) for key, inner in value.items()}
    if isinstance(value, list):
        return [translated(inner, mount) for inner in value]
    return value


#: (folder, member, body, what changes it, status of the create)
MADE = [
    ("verified-queries", "verifiedQuery", {"question": "How many?", "sql": "SELECT 1"}, ("POST", {"question": "How many now?", "sql": "SELECT 2"}), 201),
    ("system-prompts", "systemPrompt", {"content": "Amounts are in EUR."}, None, 201),
    ("front-page-configs", "frontPageConfig", {"title": "Welcome"}, None, 201),
    ("unstructured-assets", "unstructuredAsset", {"kind": "text", "name": "Rules", "text": "Returns within 30 days."}, ("PATCH", {"tags": ["rules"]}), 202),
]


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize(("folder", "member", "body", "change", "status"), MADE)
def test_a_part_from_its_making_to_its_end(bobsled, product, mount, folder, member, body, change, status):
    list_path = f"/{mount}/{product['id']}/{folder}"
    made = bobsled.call("POST", list_path, body, expect=status)
    part = made.json()["data"][member]
    assert part[MARKS[mount]] == product["id"]
    one = f"{list_path}/{part['id']}"
    assert made.headers["Location"].endswith(f"/data-products/{product['id']}/{folder}/{part['id']}")
    assert bobsled.get(one)[member]["id"] == part["id"]
    assert part["id"] in [row["id"] for row in bobsled.get(list_path)[member.replace("Query", "Querie") + "s"]]
    for other in MOUNTS:
        same = bobsled.get(f"/{other}/{product['id']}/{folder}/{part['id']}")
        assert same == translated(bobsled.get(f"/data-products/{product['id']}/{folder}/{part['id']}"), other)
    if change:
        verb, wanted = change
        changed = bobsled.call(verb, one, wanted, expect=200).json()["data"][member]
        assert all(changed[key] == value for key, value in wanted.items())
    gone = bobsled.delete(one)
    assert (gone["id"], gone["deleted"]) == (part["id"], True)
    bobsled.refuses("GET", one, 404, "NOT_FOUND")
    bobsled.refuses("DELETE", one, 404, "NOT_FOUND")


# --- deploy --------------------------------------------------------------------------------------------------------


def full(bobsled, product: dict) -> dict:
    """Drafts of every kind; answers the counters that a deploy must show."""
    at = f"/data-products/{product['id']}"
    asset = {"tableName": "orders", "schemaName": "sales", "databaseName": "sales"}
    bobsled.patch(f"{at}/data-assets", {"add": [asset]})
    bobsled.post(f"{at}/verified-queries", {"question": f"q {uuid.uuid4()}", "sql": "SELECT id FROM orders"})
    bobsled.post(f"{at}/front-page-configs", {"title": "one"})
    bobsled.post(f"{at}/front-page-configs", {"title": "two"})
    text = {"kind": "text", "name": "Rules", "text": "Returns within 30 days."}
    bobsled.call("POST", f"{at}/unstructured-assets", text, expect=202)
    source = bobsled.create(f"Source {uuid.uuid4()}")
    bobsled.post(f"{at}/compositions", {"sourceDataProductId": source["id"], "alias": "source"})
    return {
        "dataAssets": {"promoted": 1, "deleted": 0},
        "verifiedQueries": {"promoted": 1},
        "frontPageConfigs": {"draftsRemoved": 2},
        "unstructuredAssets": {"promoted": 1, "deleted": 0},
        "compositions": {"promoted": 1, "deleted": 0},
    }


def counted(results: dict, expected: dict) -> None:
    for name, counter in results.items():
        nothing = {key: False if value is False or value is True else 0 for key, value in counter.items()}
        assert counter == expected.get(name, nothing), name


def test_everything_is_deployed_at_once_and_once(bobsled, sales_tables, fresh_name):
    product = bobsled.create(fresh_name("Deploy"))
    deploy = f"/data-products/{product['id']}/deploy"
    expected = full(bobsled, product)
    dry = bobsled.post(deploy, {"dryRun": True}, expect=200)
    assert dry["deployedAt"] is None and dry["validation"]["errors"] == []
    counted(dry["results"], expected)
    assert bobsled.get(f"/data-products/{product['id']}")["hasDrafts"] is True

    version = bobsled.get(f"/data-products/{product['id']}")["version"]
    error = bobsled.refuses("POST", deploy, 412, "VERSION_MISMATCH", {"expectedVersion": version + 1})
    assert error["details"]["currentVersion"] == version
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = bobsled.call("POST", deploy, {"expectedVersion": version}, expect=200, headers=key)
    counted(first.json()["data"]["results"], expected)
    again = bobsled.call("POST", deploy, {"expectedVersion": version}, expect=200, headers=key)
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    bobsled.refuses("POST", deploy, 409, "IDEMPOTENCY_CONFLICT", {"dryRun": False, "message": "x"}, headers=key)
    counted(bobsled.post(deploy, {}, expect=200)["results"], {})
    found = bobsled.get(f"/data-products/{product['id']}")
    assert found["hasDrafts"] is False and found["deployedAt"] == first.json()["data"]["deployedAt"]


def test_what_is_wrong_with_one_draft_keeps_all_of_them(bobsled, sales_tables, fresh_name):
    product = bobsled.create(fresh_name("Deploy"))
    at = f"/data-products/{product['id']}"
    full(bobsled, product)
    bobsled.patch(f"{at}/data-assets", {"add": [{"tableName": "nowhere", "schemaName": "sales"}]})
    error = bobsled.refuses("POST", f"{at}/deploy", 422, "DEPLOY_VALIDATION_FAILED", {})
    assert [violation["entityType"] for violation in error["details"]["violations"]] == ["dataAsset"]
    for folder in ("data-assets", "verified-queries", "front-page-configs", "unstructured-assets", "compositions"):
        assert bobsled.get(f"{at}/{folder}", isDeployed="true")["count"] == 0, folder
