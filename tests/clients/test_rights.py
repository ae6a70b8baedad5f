"""Every operation of every document, asked by everybody: the answers stand in `rights.tsv`.

`EMPORION_UPDATE_RIGHTS=1` writes the table anew; read the difference before it is kept.
"""

import os
from pathlib import Path

import pytest

from every_operation import DOORS, operations
from mcp_door import McpDoor, Refused
from rights_world import CALLERS, World

TABLE = Path(__file__).parent / "rights.tsv"
#: Answered to anybody, by design: nothing in them depends on who asks.
OPEN_PATHS = ("/v1/system/", "/v1/users/login", "/v1/users/refresh", "/v1/users/signup")


@pytest.fixture(scope="module")
def world(server):
    return World(server)


#: Tools of the MCP door, and what they are given beside the product.
TOOLS = {
    "search_products": None,
    "read_product": {},
    "list_queryable_tables": {},
    "ask_product": {"question": "How many?"},
    "run_sql": {"sql": "SELECT 1"},
}
#: The statuses that the codes of their errors have elsewhere.
STATUSES = {"FORBIDDEN": 403, "NOT_FOUND": 404, "VALIDATION_FAILED": 422}


def tool_rows(world):
    for name, given in TOOLS.items():
        statuses = []
        for caller in CALLERS:
            who = world.people[caller]
            arguments = {} if given is None else {"product": world.make("dataProducts")["id"]} | given
            try:
                result = McpDoor(world.server, who.token if who else None).call(name, **arguments)
                statuses.append(str(STATUSES[result.error["code"]] if result.is_error else 200))
            except Refused:
                statuses.append("401")
        yield "\t".join(["mcp", "TOOL", name if given is None else f"{name} {{product}}", *statuses])


def rows(world):
    for door, question, signed in DOORS:
        for method, path, operation in operations(door):
            statuses = []
            for caller in CALLERS:
                target, body, media_type = question(world, method, path, operation)
                answer = world.call(caller, method, target, body, signed=signed, media_type=media_type)
                assert answer.status_code < 500 or answer.status_code == 501, (method, target, answer.text[:500])
                statuses.append(str(answer.status_code))
            yield "\t".join([door, method, path, *statuses])
    yield from tool_rows(world)


def test_everybody_gets_what_the_table_says(world):
    found = ["\t".join(["door", "method", "path", *CALLERS]), *rows(world)]
    if os.environ.get("EMPORION_UPDATE_RIGHTS"):
        TABLE.write_text("\n".join(found) + "\n")
    kept = TABLE.read_text().splitlines()
    assert found == kept, [line for line in found if line not in kept][:40]


def test_the_table_opens_nothing_to_nobody():
    for line in TABLE.read_text().splitlines()[1:]:
        door, method, path, *statuses = line.split("\t")
        by = dict(zip(CALLERS, map(int, statuses), strict=True))
        if not path.startswith(OPEN_PATHS):
            assert by["anonymous"] in (401, 403), line
        if method != "GET" and not path.startswith(OPEN_PATHS) and "{" in path:
            assert by["outsider"] >= 400, line
