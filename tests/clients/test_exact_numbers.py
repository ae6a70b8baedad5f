"""A number that is written is the number that is read, to the last bit, by whichever door it comes and goes."""

import json
import random
import sqlite3
import struct
import time

import pytest

from bobsled_door import BobsledDoor
from chat_world import Ingested, rows

#: One that readers without care take for its neighbour, and its neighbour.
KNOWN, NEIGHBOUR = 95.93638253234273, 95.93638253234272


def doubles(count: int, seed: int = 7) -> list[float]:
    """Doubles of every size, and such as people write."""
    chance = random.Random(seed)
    found = [KNOWN, NEIGHBOUR, 0.1, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, 9007199254740993.0]
    while len(found) < count:
        [number] = struct.unpack("<d", chance.randbytes(8))
        if number == number and abs(number) != float("inf"):
            found.append(number)
        found.append(chance.uniform(-1000, 1000))
    return found[:count]


def bits(numbers: list) -> list[str]:
    return [float(number).hex() for number in numbers]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A product over a table with doubles."""
    world = Ingested(tmp_path_factory.mktemp("numbers"), "CREATE TABLE measures (id INTEGER PRIMARY KEY, value DOUBLE);")
    with sqlite3.connect(world.file) as database:
        database.executemany("INSERT INTO measures VALUES (?, ?)", list(enumerate(doubles(900))))
    body = {"name": "Measures", "dataSourceId": world.source, "isDeployed": True, "dataAssets": [{"tableName": "measures"}]}
    world.path = f"/data-products/{world.bob.post('/data-products', body, expect=201)['dataProduct']['id']}"
    yield world
    assert world.server.stop() == 0, world.server.log_tail()


def test_of_what_people_and_profilers_write(om, fresh_name):
    numbers = doubles(2000)
    domain = om.put("/domains", {"name": fresh_name("Numbers"), "description": "d", "domainType": "Aggregate"})
    extension = {"numbers": numbers, "one": KNOWN}
    made = om.post("/dataProducts", {"name": fresh_name("p"), "description": "d", "domains": [domain["name"]], "extension": extension})
    at = f"/dataProducts/{made['id']}"
    read = lambda: om.get(at, fields="extension")["extension"]
    assert bits(read()["numbers"]) == bits(numbers)
    # A test of a patch tells neighbours apart, and so does what is changed.
    om.call("PATCH", at, [{"op": "test", "path": "/extension/one", "value": NEIGHBOUR}], expect=(400, 409, 422),
            headers={"Content-Type": "application/json-patch+json"})  # fmt: skip
    om.patch(at, [{"op": "test", "path": "/extension/one", "value": KNOWN}, {"op": "replace", "path": "/extension/one", "value": NEIGHBOUR}])
    assert bits([read()["one"]]) == bits([NEIGHBOUR])
    whole = 9007199254740993
    om.patch(at, [{"op": "replace", "path": "/extension/one", "value": whole}])
    om.call("PATCH", at, [{"op": "test", "path": "/extension/one", "value": whole - 1}], expect=(400, 409, 422),
            headers={"Content-Type": "application/json-patch+json"})  # fmt: skip
    assert read()["one"] == whole

    schema = om.schema(fresh_name("Service"))
    table = om.put("/tables", {"name": "t", "databaseSchema": schema, "columns": [{"name": "c", "dataType": "DOUBLE"}]})
    om.put(f"/tables/{table['id']}/sampleData", {"columns": ["c"], "rows": [[number] for number in numbers[:100]]})
    sample = om.get(f"/tables/{table['id']}/sampleData")["sampleData"]["rows"]
    assert bits([row[0] for row in sample]) == bits(numbers[:100])
    now = int(time.time() * 1000)
    profile = {"name": "c", "timestamp": now, "mean": KNOWN, "min": 0.1, "max": 1e300, "stddev": NEIGHBOUR}
    om.put(f"/tables/{table['id']}/tableProfile", {"tableProfile": {"timestamp": now}, "columnProfile": [profile]})
    [found] = om.get(f"/tables/{table['fullyQualifiedName']}.c/columnProfile", startTs=now - 1, endTs=now + 1)["data"]
    assert bits([found[name] for name in ("mean", "min", "max", "stddev")]) == bits([KNOWN, 0.1, 1e300, NEIGHBOUR])


def test_of_the_cells_of_answers(measured):
    numbers = doubles(900)
    answer = measured.bob.post(f"{measured.path}/run-sql", {"sql": "SELECT value FROM measures ORDER BY id", "limit": 1000})
    assert bits([row[0] for row in answer["rows"]]) == bits(numbers)
    # What a statement is given; SQLite itself reads literals at the ends of the range less exactly.
    for number in [number for number in numbers if 1e-9 < abs(number) < 1e15][:100]:
        body = {"sql": "SELECT COUNT(*) FROM measures WHERE value = :n", "params": {"n": number}}
        assert measured.bob.post(f"{measured.path}/run-sql", body)["rows"] == [[1]], number


def test_of_what_a_product_keeps(measured):
    bob, path = measured.bob, measured.path
    numbers = doubles(60)
    for number in numbers:
        parameter = {"name": "n", "type": "number", "default": number}
        body = {"question": f"Above {{n}} for {number!r}?", "sql": "SELECT COUNT(*) FROM measures WHERE value > :n", "parameters": [parameter]}
        made = bob.post(f"{path}/verified-queries", body, expect=201)["verifiedQuery"]
        kept = bob.get(f"{path}/verified-queries/{made['id']}")["verifiedQuery"]
        assert bits([kept["parameters"][0]["default"]]) == bits([number])
    extension = {"vendor_name": "EMPORION", "data": json.dumps({"sampleValues": numbers})}
    field = {"name": "value", "expression": "value", "custom_extensions": [extension]}
    dataset = {"name": "measures", "source": "main.measures", "fields": [field]}
    document = {"version": "0.2.0.dev0", "semantic_model": [{"name": "m", "datasets": [dataset]}]}
    made = bob.post(f"{path}/semantic-models", {"name": "m", "format": "osi", "document": document}, expect=201)["semanticModel"]
    for form in ("osi", "json"):
        kept = bob.session.get(f"{bob.base}{path}/semantic-models/{made['id']}?format={form}", timeout=30).text
        for number in (KNOWN, NEIGHBOUR):
            assert repr(number) in kept, kept[:500]


def test_numbers_that_no_double_holds_are_refused(server):
    bob = BobsledDoor(server, server.admin.token)
    for digits in ("1e400", "-1e999"):
        answer = bob.session.post(f"{bob.base}/data-products", data=f'{{"name": {digits}}}', headers={"Content-Type": "application/json"}, timeout=30)
        assert answer.status_code == 400, answer.text


def test_of_the_forms_of_datazone(dz, fresh_name):
    from datazone_door import Workshop

    workshop = Workshop(dz, fresh_name("Exact"))
    model = "structure ExactForm { value: Double numbers: Values }\nlist Values { member: Double }"
    dz.create_form_type(domainIdentifier=workshop.domain, name="ExactForm", model={"smithy": model},
                        owningProjectIdentifier=workshop.project, status="ENABLED")  # fmt: skip
    numbers = doubles(200)
    content = json.dumps({"value": KNOWN, "numbers": numbers})
    form = {"formName": "Exact", "typeIdentifier": "ExactForm", "typeRevision": "1", "content": content}
    product = workshop.product(fresh_name("p"), formsInput=[form])
    [kept] = dz.get_data_product(domainIdentifier=workshop.domain, identifier=product["id"])["formsOutput"]
    found = json.loads(kept["content"])
    assert bits([found["value"]]) == bits([KNOWN]) and bits(found["numbers"]) == bits(numbers)


def test_of_averages_that_a_question_asks_for(measured):
    """The figure of an answer is rounded as it is told; what lies under it is not."""
    with sqlite3.connect(measured.file) as database:
        [whole] = database.execute("SELECT MAX(value) FROM measures WHERE value BETWEEN -1000 AND 1000").fetchone()
    sql = "SELECT MAX(value) FROM measures WHERE value BETWEEN -1000 AND 1000"
    body = {"question": "the largest of the usual measures", "sql": sql, "isDeployed": True}
    measured.bob.post(f"{measured.path}/verified-queries", body, expect=201)
    answer = measured.bob.post(f"{measured.path}/chat", {"message": "the largest of the usual measures"})
    assert rows(answer)[0][0] == pytest.approx(whole, rel=1e-12)
