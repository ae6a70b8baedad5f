"""What the Python client calls a secret is none that an answer shows, whichever connector it belongs to."""

import ast
import contextlib
import json
import sqlite3
from pathlib import Path

import metadata.generated.schema as generated
import pytest
from emporion_server import Server
from openmetadata_door import OpenMetadataDoor

SCHEMA = Path(next(iter(generated.__path__)))
#: Services of these are no kind here, or it is no connection; a key's id is shown, as it is of other connectors.
NOT_HERE = {"llm"}
SHOWN = {"awsAccessKeyId", "root", "idpX509Certificate", "spX509Certificate"}


def secret_fields() -> dict[str, set[str]]:
    """The fields of connections that the client wraps as secrets, by the folder that they stand in."""
    connections, fields = SCHEMA / "entity/services/connections", {}
    for file in [*connections.rglob("*.py"), *(SCHEMA / "security").rglob("*.py")]:
        of = file.relative_to(connections).parts[0] if file.is_relative_to(connections) else "common"
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.AnnAssign) and "SecretStr" in ast.unparse(node.annotation):
                fields.setdefault(of.removesuffix(".py"), set()).add(node.target.id)
    return {of: names - SHOWN for of, names in fields.items() if of not in NOT_HERE and names - SHOWN}


@pytest.mark.parametrize("service", ["databaseServices", "dashboardServices", "pipelineServices"])
def test_what_the_client_calls_a_secret_is_never_shown(server, om, member, fresh_name, service):
    fields = secret_fields()
    assert {"database", "dashboard", "pipeline", "common"} <= set(fields) and sum(map(len, fields.values())) > 60
    types = {"databaseServices": "CustomDatabase", "dashboardServices": "CustomDashboard", "pipelineServices": "CustomPipeline"}
    secrets, config = [], {"type": types[service]}
    for of, names in fields.items():
        config[of] = {}
        for name in sorted(names):
            secrets.append(f"hidden-{of}-{name}-value")
            config[of][name] = secrets[-1]
    body = {"name": fresh_name("Secrets"), "serviceType": types[service], "connection": {"config": config}}
    made = om.post(f"/services/{service}", body)
    om.patch(f"/services/{service}/{made['id']}", [{"op": "add", "path": "/description", "value": "another"}])
    answers = [made]
    for door in (om, OpenMetadataDoor(server, member.token)):
        for address in (made["id"], f"name/{made['name']}", f"{made['id']}/versions", f"{made['id']}/versions/0.1"):
            answers.append(door.get(f"/services/{service}/{address}"))
    answers.append(om.get(f"/events?entityCreated=*&entityUpdated=*&timestamp={made['updatedAt'] - 1}"))
    text = json.dumps(answers)
    assert [secret for secret in secrets if secret in text] == []


def test_what_was_stored_before_its_name_was_known_is_masked_as_well(tmp_path):
    """In the record as it is, in its versions and in what changed."""
    server = Server(tmp_path / "older")
    server.start()
    try:
        om = OpenMetadataDoor(server, server.admin.token)
        config = {"type": "CustomDatabase", "sourcePythonClass": "a.b", "connectionOptions": {"plain": "not hidden"}}
        made = om.post("/services/databaseServices", {"name": "older", "serviceType": "CustomDatabase", "connection": {"config": config}})
        assert server.stop() == 0
        known, unknown = '"plain":"not hidden"', '"jwt":"stored in clear"'
        with contextlib.closing(sqlite3.connect(server.store / "catalogue.db")) as store, store:
            for table in ("records", "revisions"):
                store.execute(f"UPDATE {table} SET body = replace(body, ?, ?)", (known, unknown))
        server.start()
        om.patch(f"/services/databaseServices/{made['id']}", [{"op": "add", "path": "/description", "value": "another"}])
        reader = OpenMetadataDoor(server, server.new_user("reader").token)
        at = f"/services/databaseServices/{made['id']}"
        answers = [reader.get(at), reader.get(f"{at}/versions"), reader.get("/services/databaseServices"), om.get(at)]
        assert "stored in clear" not in json.dumps(answers) and "jwt" in json.dumps(answers[0])
    finally:
        server.stop()
