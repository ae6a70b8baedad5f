"""Texts that are deep, long or the same over and over, at each door that reads one: it answers for what it was sent, and somebody
who has nothing to do with it is answered meanwhile."""

import contextlib
import json
import re
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from bystander import PATIENCE_S as PATIENCE_OF_BYSTANDERS_S
from bystander import Bystander, leave
from chat_world import Shop
from datazone_door import Workshop, client, raw
from openmetadata_door import OpenMetadataDoor
from pages_door import Browser, until_found
from repeated_texts import LENGTH, MARKDOWN, SQL, YAML, deep, repeated

#: What a door may say of such a text: that it is taken, or what is wrong with it.
SAID = range(200, 500)
#: A text that is refused or read is so within this time: a guard against minutes, no measurement.
PATIENCE_S = 60


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = Shop(tmp_path_factory.mktemp("texts")).open_pages()
    yield made
    assert made.server.stop() == 0, made.server.log_tail()
    log = made.server.log.read_text(errors="replace")
    assert "panicked" not in log and "overflow" not in log, made.server.log_tail(200)


@pytest.fixture(scope="module")
def om(shop):
    return OpenMetadataDoor(shop.server, shop.server.admin.token)


@pytest.fixture(scope="module")
def looker(shop):
    return shop.server.new_user("looker")


@pytest.fixture(scope="module")
def domain(om):
    return om.put("/domains", {"name": "Texts", "domainType": "Aggregate", "description": "Texts."})


def answered(answer: requests.Response) -> requests.Response:
    assert answer.status_code in SAID, (answer.status_code, answer.text[:500])
    return answer


def address(browser: Browser, path: str) -> str:
    """Where a page is, that is asked for by an id."""
    answer = browser.session.get(browser.base + path, timeout=PATIENCE_S, allow_redirects=False)
    return browser.base + answer.headers["Location"] if answer.status_code in (301, 302, 303, 307, 308) else browser.base + path


def page(browser: Browser, path: str) -> str:
    answer = browser.session.get(browser.base + path, timeout=PATIENCE_S)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
    return answer.text


@pytest.mark.parametrize("name", MARKDOWN)
def test_a_description_is_shown_whatever_it_says(shop, om, domain, name):
    at = name.replace(" ", "-").replace(",", "")
    om.put("/dataProducts", {"name": at, "domains": [domain["fullyQualifiedName"]], "description": "#\n\nx\n\n" + MARKDOWN[name]})
    path = f"/products/{om.by_name('dataProducts', at)['id']}"
    with Bystander(shop.server):
        leave(shop.browser.session, address(shop.browser, path))
        shown = page(shop.browser, path)
        assert page(shop.browser, path).count("<blockquote>") == shown.count("<blockquote>") <= 100
    assert len(shown) < 12_000_000


def test_a_quiet_page_is_shown_while_others_are_asked_for(shop, om, domain):
    domains = [domain["fullyQualifiedName"]]
    quiet = om.put("/dataProducts", {"name": "quiet", "domains": domains, "description": "Quiet.\n\n*Very.*"})["id"]
    at = []
    for name in ("lists, then nothing", "emphasis", "words", "cells"):
        body = {"name": f"loud {name}".replace(" ", "-").replace(",", ""), "domains": domains, "description": MARKDOWN[name]}
        at.append(address(shop.browser, f"/products/{om.put('/dataProducts', body)['id']}"))
    is_over = threading.Event()

    def ask(url: str):
        with requests.Session() as session:
            session.headers.update(shop.browser.session.headers)
            session.cookies.update(shop.browser.session.cookies)
            while not is_over.is_set():
                leave(session, url, times=1, after_s=0.2)

    loud = [threading.Thread(target=ask, args=(url,), daemon=True) for url in at]
    with Bystander(shop.server):
        for one in loud:
            one.start()
        try:
            for _ in range(10):
                began = time.monotonic()
                assert "<em>Very.</em>" in page(shop.browser, f"/products/{quiet}")
                assert time.monotonic() - began < 2 * PATIENCE_OF_BYSTANDERS_S
        finally:
            is_over.set()
            for one in loud:
                one.join(timeout=PATIENCE_S)


def test_the_columns_of_a_table_are_shown_whatever_they_say(shop, om):
    found = om.get("/search/query", q="orders", index="table_search_index")["hits"]["hits"]
    schema = next(hit["_source"] for hit in found if hit["_source"]["name"] == "orders")["databaseSchema"]["fullyQualifiedName"]
    texts = [text[:20_000] for text in MARKDOWN.values()] * 15
    columns = [{"name": f"c{n}", "dataType": "INT", "description": text} for n, text in enumerate(texts)]
    table = om.put("/tables", {"name": "deep", "databaseSchema": schema, "columns": columns})
    with Bystander(shop.server):
        path = f"/tables/{table['id']}"
        leave(shop.browser.session, address(shop.browser, path))
        assert page(shop.browser, path).count("<blockquote>") < 10_000


def test_what_differs_between_long_texts_is_shown(shop, om, domain):
    product = om.put("/dataProducts", {"name": "past", "domains": [domain["fullyQualifiedName"]], "description": "x"})
    for step in range(1, 25):
        text = " ".join(f"{n * step % 1_999}" for n in range(4_000))[:19_000]
        om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/description", "value": text}])
    with Bystander(shop.server):
        path = f"/products/{product['id']}?tab=activity"
        leave(shop.browser.session, address(shop.browser, path))
        assert "<del>" in page(shop.browser, path)


@pytest.mark.parametrize("name", SQL)
def test_a_statement_is_judged_whatever_it_says(shop, om, looker, name):
    """What somebody types, what defines a view, and what a procedure does."""
    sql = SQL[name]
    with Bystander(shop.server):
        for body in ({"question": "how many", "sql": sql}, {"question": "how many", "sql": sql[:49_000]}):
            answered(shop.bob.call("POST", f"{shop.path}/verified-queries", body))
        answered(shop.bob.call("POST", f"{shop.path}/run-sql", {"sql": sql}))
        found = om.get("/search/query", q="customers", index="table_search_index")["hits"]["hits"]
        orders = next(hit["_source"] for hit in found if hit["_source"]["name"] == "customers")
        view = {
            "name": "view-" + name.replace(" ", "-").replace(",", ""), "tableType": "View", "schemaDefinition": sql,
            "databaseSchema": orders["databaseSchema"]["fullyQualifiedName"],
            "columns": [{"name": "region", "dataType": "INT"}],
        }  # fmt: skip
        made = om.call("PUT", "/tables", view)
        if answered(made).status_code < 300:
            query = {"query": sql, "service": "shop", "queryUsedIn": [{"id": orders["id"], "type": "table"}]}
            answered(om.call("POST", "/queries", query))
            # Who may not see rows is shown it without its values.
            answered(om.speaking(looker.token).call("GET", "/queries", params={"limit": 50}))
            edge = {"fromEntity": {"id": orders["id"], "type": "table"}, "toEntity": {"id": made.json()["id"], "type": "table"}}
            om.call("PUT", "/lineage", {"edge": edge})
            for path in (f"/tables/{made.json()['id']}", f"/tables/{orders['id']}?needs=yes", f"/tables/{orders['id']}?tab=lineage",
                         f"/tables/{orders['id']}?tab=queries"):
                leave(shop.browser.session, address(shop.browser, path), times=2)
                page(shop.browser, path)


@pytest.mark.parametrize("name", YAML)
@pytest.mark.parametrize("format", ["osi", "snowflake", "metricflow", "cube"])
def test_a_model_is_read_whatever_it_says(shop, name, format):
    with Bystander(shop.server):
        body = {"name": "deep", "format": format, "content": YAML[name][:1_999_000]}
        answer = answered(shop.bob.call("POST", f"{shop.path}/semantic-models/validate", body))
        assert len(answer.text) < 100_000, "what was sent is not sent back"


DOCUMENTS = {
    "text": ("text/plain", repeated("a\n\n", 8_000_000)),
    "markdown": ("text/markdown", repeated("> # ", 8_000_000)),
    "html": ("text/html", repeated("<div><script><svg>", 8_000_000)),
    "html attributes": ("text/html", "<a " + repeated("b='", 8_000_000)),
    "html entities": ("text/html", repeated("&lt", 8_000_000)),
    "csv": ("text/csv", '"' + repeated('""', 8_000_000)),
    "wide csv": ("text/csv", "x" * 1_000_000 + "\n" + "y\n" * 100_000),
    "pdf arrays": ("application/pdf", "%PDF-1.4\n1 0 obj\n" + "[" * 1_000_000 + "\nendobj\ntrailer\n<</Root 1 0 R>>"),
    "pdf dictionaries": ("application/pdf", "%PDF-1.4\n1 0 obj\n" + "<</A" * 1_000_000 + "\nendobj\ntrailer\n<</Root 1 0 R>>"),
    "pdf texts": ("application/pdf", "%PDF-1.4\n1 0 obj\n" + "(" * 1_000_000 + "\nendobj\ntrailer\n<</Root 1 0 R>>"),
    "pdf objects": ("application/pdf", "%PDF-1.4\n" + "".join(f"{n} 0 obj\n{n + 1} 0 R\nendobj\n" for n in range(50_000))),
    "pdf comments": ("application/pdf", "%PDF-1.4\n" + "%" * 2_000_000 + "\nxref\n0 99999999\ntrailer\n<<>>\nstartxref\n9\n%%EOF"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_read_whatever_it_says(shop, name):
    kind, text = DOCUMENTS[name]
    url = f"{shop.bob.base}{shop.path}/unstructured-assets"
    headers = {"Authorization": f"Bearer {shop.server.admin.token}"}
    with Bystander(shop.server):
        files = {"file": (f"deep.{kind.rsplit('/', 1)[1]}", text.encode(), kind)}
        answered(requests.post(url, files=files, headers=headers, timeout=PATIENCE_S))


def swelling_pdf(copies: int, large: bytes) -> bytes:
    """A small PDF with a stream of objects that names one large object many times: each is parsed, and kept, anew."""
    numbers = " ".join(f"{1_000 + n} 0" for n in range(copies)).encode() + b" "
    stream = zlib.compress(numbers + large, 9)
    head = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>" % (copies, len(numbers), len(stream))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>", head + b"\nstream\n" + stream + b"\nendstream",
    ]  # fmt: skip
    out, places = b"%PDF-1.5\n", b""
    for number, body in enumerate(objects, 1):
        places += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 5\n0000000000 65535 f \n%strailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return out + table % (places, len(out))


class Processes:
    """The memory of a process while the block runs, and what those are like that it starts meanwhile."""

    def __init__(self, own: int):
        self.own, self.most_kib, self.children = own, 0, {}
        self._over = threading.Event()

    def __enter__(self) -> "Processes":
        self.before_kib = self.memory(self.own)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    @staticmethod
    def memory(process: int) -> int:
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1])

    def living(self) -> list[int]:
        tasks = Path(f"/proc/{self.own}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]

    def _look(self):
        while not self._over.wait(0.02):
            self.most_kib = max(self.most_kib, self.memory(self.own))
            # Threads and processes come and go.
            with contextlib.suppress(OSError, TypeError):
                for child in self.living():
                    self.note(child)

    def note(self, child: int):
        proc = Path(f"/proc/{child}")
        limits = {line[:26].strip(): line[26:].split()[:2] for line in (proc / "limits").read_text().splitlines()[1:]}
        words = (proc / "cmdline").read_bytes().split(b"\0")[:-1]
        seen = {
            "words": [word.decode() for word in words], "environment": (proc / "environ").read_bytes(), "limits": limits,
            "files": len(list((proc / "fd").iterdir())), "kib": self.memory(child),
        }  # fmt: skip
        before = self.children.get(child, seen)
        self.children[child] = seen | {"kib": max(seen["kib"], before["kib"])}


def test_a_document_that_swells_takes_the_memory_of_a_process_of_its_own(shop):
    """Whoever may upload sends several at once; others read theirs meanwhile."""
    people = [shop.server.new_user(name) for name in ("swelling", "ordinary")]
    shop.bob.patch(f"{shop.path}/users", {"add": [{"userId": one.id, "role": "editor"} for one in people]})
    url, bomb = f"{shop.bob.base}{shop.path}/unstructured-assets", swelling_pdf(4_000, b"(" + b"a" * 1_000_000 + b")")
    assert len(bomb) < 20_000

    def upload(who, name: str, data: bytes, kind: str) -> dict:
        headers, files = {"Authorization": f"Bearer {who.token}"}, {"file": (name, data, kind)}
        answer = requests.post(url, files=files, headers=headers, timeout=3 * PATIENCE_S)
        assert answer.status_code == 202, answer.text
        return answer.json()["data"]["unstructuredAsset"]

    with Bystander(shop.server), Processes(shop.server.process.pid) as seen, ThreadPoolExecutor(3) as pool:
        swelling = [pool.submit(upload, people[0], f"{n}.pdf", bomb, "application/pdf") for n in range(2)]
        while not seen.children and not swelling[0].done():
            time.sleep(0.02)
        for n in range(3):
            read = upload(people[1], f"own{n}.csv", b"region,amount\nEU,4\n", "text/csv")
            assert read["status"] == "ready" and read["chunkCount"] == 1, read
        assert not all(one.done() for one in swelling), "they were read meanwhile"
        made = [one.result() for one in swelling]
    # Without optimisation its time may be over before.
    said = ("reading the document takes too much memory", "reading the document takes too long")
    for one in made:
        assert one["status"] == "failed" and one["error"] in said, one
    assert seen.most_kib - seen.before_kib < 100 << 10, (seen.before_kib, seen.most_kib)
    pdfs = [one for one in seen.children.values() if one["words"] == ["emporion", "read-document", "application/pdf"]]
    assert len(pdfs) == 2, seen.children
    for one in pdfs:
        assert one["kib"] < 600 << 10 and one["environment"] == b"", one
    mib = str(512 << 20)
    bounds = {"Max data size": [mib, mib], "Max core file size": ["0", "0"], "Max open files": ["3", "3"], "Max cpu time": ["15", "16"]}
    bounded = [one for one in pdfs if one["limits"].items() >= bounds.items()]
    assert len(bounded) == 2 and all(one["files"] <= 3 for one in bounded), pdfs
    assert not seen.living(), "none is left"


@pytest.mark.parametrize("name", MARKDOWN)
def test_a_front_page_is_taken_whatever_it_says(shop, name):
    with Bystander(shop.server):
        body = {"title": "Welcome", "markdown": MARKDOWN[name][:20_000]}
        answered(shop.bob.call("POST", f"{shop.path}/front-page-configs", body))
        body["markdown"] = repeated("<a](`", 19_999)
        answered(shop.bob.call("POST", f"{shop.path}/front-page-configs", body))
        body["markdown"] = repeated("[](<javascript:", 19_999)
        answered(shop.bob.call("POST", f"{shop.path}/front-page-configs", body))


def test_a_question_is_read_whatever_it_says(shop):
    with Bystander(shop.server):
        for text in ("a ", "orders ", "net sales by ", "\"", "(", "1", "not ", "of ", "2026-", "è", "region EU and "):
            answered(shop.bob.call("POST", f"{shop.path}/chat", {"message": text * (3_900 // len(text))}))


#: What goes into the line of a request, each character as three.
LINE = 3_500
QUERIES = [
    "(" * LINE, "((a) OR " * 900, "a " * 3_500, "a* " * 1_500, "*a" * 2_500, "NOT " * 1_500, '"' * LINE, "name:" * 1_000,
    "a~ " * 2_000, "description:" + "*a" * 190, "description:" + "?" * 390 + "*b", "description:(" + "a " * 3_500 + ")",
    "description:\"" + "a " * 3_500 + "\"",
]  # fmt: skip


def until_long_texts_are_found(server) -> None:
    """They take their time, and each try waits for five seconds: a search that is told of a change sooner is 503."""
    for _ in range(12):
        try:
            return until_found(server)
        except requests.HTTPError as error:
            late = error
    raise late


def test_a_search_is_read_whatever_it_says(shop, om, domain):
    long = repeated("a ", 900_000)
    for n in range(5):
        om.put("/dataProducts", {"name": f"long{n}", "domains": [domain["fullyQualifiedName"]], "description": long})
    filters = [
        deep('{"bool":{"must":[', '{"match_all":{}}', "]}}", 25),
        deep('{"bool":{"must":[', "", "]}}", 150),
        json.dumps({"query": {"bool": {"should": [{"match": {"description": f"x{n}"}} for n in range(140)]}}}),
        json.dumps({"query": {"match": {"description": "a b " * 1_500}}}),
        json.dumps({"query": {"match_phrase": {"description": "a " * 3_500}}}),
        json.dumps({"query": {"wildcard": {"description": "*" + "a" * 390 + "b*"}}}),
        json.dumps({"query": {"wildcard": {"description": "*" + "a" * 7_000 + "b*"}}}),
        json.dumps({"query": {"regexp": {"description": "(a+)+" * 300 + "$"}}}),
        json.dumps({"query": {"bool": {"must": [{"wildcard": {"description": f"*{'a ' * 40}{n}*"}} for n in range(60)]}}}),
    ]
    until_long_texts_are_found(shop.server)
    with Bystander(shop.server):
        for deleted in (False, True):
            for query in QUERIES:
                answered(om.call("GET", "/search/query", params={"q": query, "index": "all", "deleted": deleted}))
            for query in filters:
                params = {"q": "*", "index": "all", "query_filter": query, "deleted": deleted}
                answered(om.call("GET", "/search/query", params=params))
        for query in QUERIES:
            headers = {"Authorization": f"Bearer {shop.server.admin.token}", "Accept": "application/json"}
            answered(requests.get(f"{shop.server.url}/search", params={"q": query}, headers=headers, timeout=PATIENCE_S))
            answered(shop.browser.session.get(f"{shop.browser.base}/search", params={"q": query}, timeout=PATIENCE_S))


def test_bodies_are_read_whatever_they_say(shop, om):
    token = {"Authorization": f"Bearer {shop.server.admin.token}"}
    bodies = [
        deep("[", "", "]", 1_000_000), '{"a":' * 1_000_000, repeated("[", 15_000_000), '"' + repeated("\\u0041", 15_000_000) + '"',
        "[" + repeated("1,", 15_000_000) + "1]", "{" + ",".join(f'"k{n}":{n}' for n in range(600_000)) + "}", "1" * 15_000_000,
        "-" * 1_000_000, "1e" + "9" * 1_000_000,
    ]  # fmt: skip
    doors = [
        ("PUT", "/api/v1/dataProducts", "application/json"),
        ("PATCH", "/api/v1/dataProducts/name/x", "application/json-patch+json"),
        ("POST", f"{shop.bob.base.removeprefix(shop.server.url)}/data-products", "application/json"),
        ("POST", "/mcp", "application/json"),
    ]
    with Bystander(shop.server):
        for method, path, kind in doors:
            for body in bodies:
                headers = token | {"Content-Type": kind, "Accept": "application/json, text/event-stream"}
                answered(requests.request(method, shop.server.url + path, data=body, headers=headers, timeout=PATIENCE_S))
        for body in bodies:
            answered(raw(shop.server, shop.server.admin, "POST", "/v2/domains", body.encode()))


def test_a_patch_is_applied_whatever_it_does(shop, om):
    found = om.get("/search/query", q="cities", index="table_search_index")["hits"]["hits"]
    schema = next(hit["_source"] for hit in found if hit["_source"]["name"] == "cities")["databaseSchema"]["fullyQualifiedName"]
    columns = [{"name": f"c{n}", "dataType": "INT"} for n in range(50_000)]
    table = om.put("/tables", {"name": "wide", "databaseSchema": schema, "columns": columns})
    round_ = [{"op": "move", "from": "/columns", "path": "/extension/x"}, {"op": "move", "from": "/extension/x", "path": "/columns"}]
    with Bystander(shop.server):
        for operations in (
            [{"op": "remove", "path": "/columns/0"}] * 9_000,
            [{"op": "add", "path": "/columns/0", "value": {"name": "n", "dataType": "INT"}}] * 9_000,
            [{"op": "move", "from": "/columns/0", "path": "/columns/-"}] * 9_000,
            [{"op": "copy", "from": "/columns", "path": "/extension/x"}] * 9_000,
            round_ * 4_500,
            [{"op": "test", "path": "/a" * 60, "value": None}] * 9_000,
        ):
            answered(om.call("PATCH", f"/tables/{table['id']}", operations))


def test_all_columns_of_a_wide_table_get_other_names(shop, om):
    """Several at once, of people and of a steward whose masks add up."""
    found = om.get("/search/query", q="cities", index="table_search_index")["hits"]["hits"]
    schema = next(hit["_source"] for hit in found if hit["_source"]["name"] == "cities")["databaseSchema"]["fullyQualifiedName"]
    steward = shop.server.new_user("steward")
    role = om.get("/roles/name/DataSteward")["id"]
    user = om.get("/users/name/steward")["id"]
    om.patch(f"/users/{user}", [{"op": "add", "path": "/roles", "value": [{"id": role, "type": "role"}]}])
    stewards = om.speaking(steward.token)
    many = 6_000
    sensitive = [{"tagFQN": "PII.Sensitive", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}]

    def columns(letter: str, tags=()) -> list[dict]:
        return [{"name": f"{letter}{n:05}", "dataType": "INT", "tags": list(tags)} for n in range(many)]

    def names(door, table) -> list[str]:
        return [column["name"] for column in door.get(f"/tables/{table['id']}", fields="columns,tags")["columns"]]

    made = [om.put("/tables", {"name": f"broad{n}", "databaseSchema": schema, "columns": columns("a")}) for n in range(2)]
    done = []

    def rename(table):
        body = {"name": table["name"], "databaseSchema": schema}
        for letter in "BC":
            replacing = [{"op": "replace", "path": "/columns", "value": columns(letter)}]
            done.append(len(stewards.patch(f"/tables/{table['id']}", replacing)["columns"]))
        for wished in (columns("d", sensitive), columns("D", sensitive), columns("e")):
            done.append(len(om.put("/tables", body | {"columns": wished})["columns"]))

    with Bystander(shop.server):
        renaming = [threading.Thread(target=rename, args=(table,)) for table in made]
        for one in renaming:
            one.start()
        for one in renaming:
            one.join(timeout=2 * PATIENCE_S)
        assert done == [many] * 5 * len(made)
        for table in made:
            sample = {"columns": [f"e{n:05}" for n in range(many)], "rows": [["x"] * many]}
            assert om.call("PUT", f"/tables/{table['id']}/sampleData", sample).status_code == 200
            assert names(om, table) == names(stewards, table) == sample["columns"]
            answered(stewards.call("GET", f"/tables/{table['id']}/sampleData"))


def test_conditions_and_forms_are_read_whatever_they_say(shop, om):
    workshop = Workshop(client(shop.server, shop.server.admin), "deep")
    at = f"/v2/domains/{workshop.domain}"
    with Bystander(shop.server):
        for text in ("(" * LINE, "!" * LINE, "isOwner() && " * 300, "matchAnyTag('a'," * 300, "'" * LINE, "hasDomain(" * 600):
            answered(om.call("GET", "/policies/validation/condition/" + requests.utils.quote(text, safe="")))
        for text in (
            "@length(" * 12_000, "structure Deep {" * 6_000, "structure Deep { a: " + "[" * 90_000, "@a" * 40_000,
            "structure Deep with [" + "Deep " * 19_000 + "] {}", "\"" * 99_000, "//" * 49_000,
            "structure Deep {\n" + "".join(f"@pattern(\"(a{{1,50}}){{1,50}}b{n}\")\nx{n}: String\n" for n in range(500)) + "}",
        ):  # fmt: skip
            body = {"name": "Deep", "model": {"smithy": text[:100_000]}, "owningProjectIdentifier": workshop.project}
            answered(raw(shop.server, shop.server.admin, "POST", f"{at}/form-types", body))
        for filters in (deep('{"and":[', "", "]}", 60), deep('{"and":[', "", "]}", 100_000)):
            body = f'{{"searchScope":"ASSET","searchText":"{"a " * 2_000}","filters":{filters}}}'
            answered(raw(shop.server, shop.server.admin, "POST", f"{at}/search", body.encode()))
