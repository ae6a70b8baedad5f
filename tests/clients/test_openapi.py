"""schemathesis over the three documents: whatever it makes of them, the server never answers with a server error."""

import json
import subprocess

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from datazone_door import SignedBy
from emporion_server import BINARY, Server

#: Per operation, so that making them up ends in two minutes.
EXAMPLES = 8
#: Of lists of entities: one list holds several, and what takes one entity is asked as well. Lists of tables took a quarter of all the time.
EXAMPLES_OF_BULKS = 2


@pytest.fixture(scope="module")
def playground(tmp_path_factory) -> Server:
    """A server of its own: random calls may delete anything."""
    made = Server(tmp_path_factory.mktemp("openapi"))
    made.start()
    yield made
    assert made.stop() == 0, made.log_tail()


def document(server: Server, door: str) -> dict:
    answer = requests.get(f"{server.url}/openapi/{door}.json", timeout=30)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
    return answer.json()


@pytest.mark.parametrize("door", ["openmetadata", "datazone", "bobsled"])
def test_the_document_is_openapi_and_names_each_operation_once(playground, door):
    served = document(playground, door)
    assert served["openapi"].startswith("3.1")
    verbs = ("get", "post", "put", "patch", "delete")
    ids = [item[verb]["operationId"] for item in served["paths"].values() for verb in verbs if verb in item]
    assert len(ids) == len(set(ids)) and len(ids) >= 14


@pytest.mark.parametrize("path", ["/swagger.json", "/api/swagger.json"])
def test_the_document_lies_where_clients_of_openmetadata_look_for_it(playground, path):
    found = requests.get(playground.url + path, timeout=30)
    assert found.status_code == 200 and found.headers["Content-Type"] == "application/json"
    printed = subprocess.run([str(BINARY), "openapi", "openmetadata"], capture_output=True, check=True, timeout=60).stdout
    assert found.content == printed, "byte for byte what the command prints"
    assert found.content == requests.get(f"{playground.url}/openapi/openmetadata.json", timeout=30).content
    head = requests.head(playground.url + path, timeout=30)
    assert (head.status_code, head.content) == (200, b"") and head.headers["ETag"] == found.headers["ETag"]
    known = {"If-None-Match": f'"other", W/{found.headers["ETag"]}'}
    again = requests.get(playground.url + path, headers=known, timeout=30)
    assert (again.status_code, again.content) == (304, b"") and again.headers["ETag"] == found.headers["ETag"]
    assert requests.get(playground.url + path, headers={"If-None-Match": '"other"'}, timeout=30).status_code == 200
    assert requests.post(playground.url + path, timeout=30).status_code == 405


@pytest.mark.parametrize("door", ["openmetadata", "datazone", "bobsled"])
def test_no_operation_answers_with_a_server_error(playground, door):
    schema = schemathesis.openapi.from_dict(document(playground, door))
    admin = playground.admin
    how = {"auth": SignedBy(admin)} if door == "datazone" else {"headers": {"Authorization": f"Bearer {admin.token}"}}
    how |= {"base_url": playground.url, "session": requests.Session(), "timeout": 30}
    operations = [result.ok() for result in schema.get_all_operations()]
    failures = [failure for operation in operations for failure in server_errors(operation, how)]
    assert not failures, "\n".join(failures)
    assert requests.get(f"{playground.url}/readyz", timeout=10).status_code == 200


def server_errors(operation, how: dict) -> list[str]:
    """Calls an operation with made-up arguments; answers the calls that ended in a server error."""
    found = []

    @settings(
        max_examples=EXAMPLES_OF_BULKS if operation.path.endswith("/bulk") else EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case):
        answer = case.call(**how)
        if answer.status_code >= 500:
            sent = answer.request
            found.append(f"{sent.method} {sent.url} {sent.body!r:.300} -> {answer.status_code} {answer.text[:300]}")
        elif answer.status_code >= 400:
            json.loads(answer.text)

    call()
    return found[:3]
