"""`/search` and `emporion search`: found by whoever may see it, as soon as it is acknowledged, and by nobody else."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from emporion_server import Principal, Server, run_cli
from pages_door import Browser

JSON = {"Accept": "application/json"}
#: Values of one facet.
VALUES = 1_103


def ask(server: Server, who: Principal, query: str, path: str = "/search", **parameters):
    headers = JSON | {"Authorization": f"Bearer {who.token}"}
    parameters = {"q": query} | parameters
    return requests.get(f"{server.url}{path}", params=parameters, headers=headers, timeout=30)


def found(server: Server, who: Principal, query: str, **parameters) -> dict:
    answer = ask(server, who, query, **parameters)
    assert answer.status_code == 200, answer.text
    assert answer.json()["total_is_exact"] is True
    return answer.json()


def names(server: Server, who: Principal, query: str, **parameters) -> list[str]:
    return [hit["name"] for hit in found(server, who, query, limit=1000, **parameters)["hits"]]


def change(server: Server, who: Principal, method: str, path: str, body=None, content="application/json"):
    headers = {"Authorization": f"Bearer {who.token}", "Content-Type": content}
    answer = requests.request(method, f"{server.url}/api/v1{path}", json=body, headers=headers, timeout=30)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None, int(answer.headers["Emporion-Seq"])


@pytest.fixture(scope="module")
def shop(server, om, om_domain, member, fresh_name) -> dict:
    """A product with a table, both with words that nothing else here has."""
    word = fresh_name("quark").replace("-", "")
    owner = {"id": om.get(f"/users/name/{member.name}")["id"], "type": "user"}
    service = fresh_name("wh")
    schema = om.schema(service)
    columns = [{"name": "net_amount", "dataType": "INT", "description": f"The {word} of it."}]
    table, _ = change(server, server.admin, "POST", "/tables", {
        "name": f"{word}_lines", "databaseSchema": schema, "columns": columns,
        "description": f"Every {word}, line by line."})
    product, seq = change(server, server.admin, "POST", "/dataProducts", {
        "name": f"{word.capitalize()}InsightsDataProduct", "domains": [om_domain["name"]], "owners": [owner],
        "displayName": "Insights", "description": "What is known."})
    return {"word": word, "table": table, "product": product, "service": service, "seq": seq}


def test_a_term_is_found_by_its_other_words(server, admin, om, fresh_name):
    word = fresh_name("turnover").replace("-", "")
    glossary = om.post("/glossaries", {"name": fresh_name("Words"), "description": "Words."})["name"]
    body = {"name": "Net sales", "glossary": glossary, "synonyms": [f"{word} in all"], "description": "What is sold."}
    term, seq = change(server, server.admin, "POST", "/glossaryTerms", body)
    (hit,) = found(server, admin, word, at_least=seq)["hits"]
    assert hit["fqn"] == term["fullyQualifiedName"] and hit["why"] == [{"field": "also", "fragment": f"{word} in all"}]


def test_words_of_names_are_found_and_the_reason_is_told(server, admin, shop):
    answer = found(server, admin, shop["word"], at_least=shop["seq"], facets="kind,owner,domain")
    assert [hit["name"] for hit in answer["hits"]] == [shop["product"]["name"], shop["table"]["name"]]
    assert answer["query"] == shop["word"] and answer["total"] == 2 and answer["corrected"] is None
    assert answer["hits"][0]["why"] == [{"field": "name", "fragment": shop["product"]["name"]}]
    assert answer["hits"][0]["fqn"] == shop["product"]["fullyQualifiedName"]
    assert answer["hits"][0]["id"] == shop["product"]["id"]
    counts = {value["value"]: value["count"] for value in answer["facets"]["kind"]}
    assert counts == {"product": 1, "table": 1}
    for query in (f"{shop['word']} insights", f"{shop['word'][:4]}*", f"kind:products {shop['word']}_insig*"):
        assert shop["product"]["name"] in names(server, admin, query), query
    assert names(server, admin, f"kind:table column:net_amount source:{shop['service']}") == [shop["table"]["name"]]


def test_pages_of_what_was_corrected_go_on(server, admin, om, om_domain, fresh_name):
    word = fresh_name("marzipan").replace("-", "")
    for n in range(5):
        body = {"name": f"{n} {word}", "domains": [om_domain["name"]], "description": "d"}
        _, seq = change(server, admin, "POST", "/dataProducts", body)
    typed, hits, after = word.replace("zip", "zp"), [], {"at_least": seq}
    while True:
        page = found(server, admin, typed, limit=2, **after)
        assert page["corrected"] == word and page["total"] == 5
        hits += [hit["name"] for hit in page["hits"]]
        if not page["after"]:
            break
        after = {"after": page["after"]}
    assert sorted(hits) == [f"{n} {word}" for n in range(5)]


@pytest.mark.parametrize(("sort", "key"), [
    ("name", lambda hit, at: hit["name"].casefold()), ("updated", lambda hit, at: -at[hit["id"]]), ("relevance", None),
])
def test_pages_reach_every_hit_once_in_every_order(server, admin, om, om_domain, fresh_name, sort, key):
    word, at = fresh_name("sorted").replace("-", ""), {}
    for n in (3, 1, 4, 2, 5, 0, 6):
        made, seq = change(server, admin, "POST", "/dataProducts", {
            "name": f"{'Bb'[n % 2]}{n} {word}", "domains": [om_domain["name"]], "description": f"{word} " * (n % 3)})
        at[made["id"]] = made["updatedAt"]
    hits, after = [], {"at_least": seq}
    while True:
        page = found(server, admin, word, sort=sort, limit=2, **after)
        hits += page["hits"]
        if not page["after"]:
            break
        after = {"after": page["after"]}
        for other in {"name", "updated", "relevance"} - {sort}:
            assert ask(server, admin, word, sort=other, **after).status_code == 400, "a place of another order is none"
    assert sorted(hit["id"] for hit in hits) == sorted(at), "each once"
    if key:
        assert [key(hit, at) for hit in hits] == sorted(key(hit, at) for hit in hits)
    else:
        assert hits == found(server, admin, word, limit=100)["hits"], "the best first is what is not asked for"
    told = ask(server, admin, word, sort="colour")
    assert told.status_code == 400 and "relevance, name, updated" in told.json()["message"]


def test_what_a_facet_counts_of_a_domain_its_clause_finds(server, admin, om, fresh_name):
    """Another domain bears the name of the first, below a third."""
    name, above = fresh_name("Twin"), fresh_name("Above")
    for body in ({"name": name}, {"name": above}, {"name": name, "parent": above}):
        om.post("/domains", body | {"domainType": "Aggregate", "description": ""})
    word = fresh_name("twinned").replace("-", "")
    for domain in (name, f"{above}.{name}", f"{above}.{name}"):
        _, seq = change(server, admin, "POST", "/dataProducts", {
            "name": fresh_name(word), "domains": [domain], "description": ""})
    counts = found(server, admin, f"{word}*", facets="domain", at_least=seq)["facets"]["domain"]
    assert {value["value"]: value["count"] for value in counts} == {name: 1, f"{above}.{name}": 2}
    for value in counts:
        narrowed = found(server, admin, f'{word}* domain:="{value["value"]}"', facets="domain")
        assert narrowed["total"] == value["count"] and narrowed["facets"]["domain"] == [value]
    assert found(server, admin, f"{word}* domain:='{name}'")["total"] == 3, "a name alone means both"


def test_an_answer_knows_the_change_before_it(server, admin, om_domain, fresh_name):
    slowest = 0.0
    for _ in range(20):
        name = fresh_name("fresh")
        _, seq = change(server, admin, "POST", "/dataProducts", {
            "name": name, "domains": [om_domain["name"]], "description": ""})
        begun = time.monotonic()
        assert names(server, admin, f'name:"{name}"', at_least=seq) == [name]
        slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 2.0, f"{slowest:.3f} s"
    body = [{"op": "add", "path": "/displayName", "value": "Zyxomatic"}]
    product = requests.get(f"{server.url}/api/v1/dataProducts/name/{om_domain['name']}.{name}",
                           headers={"Authorization": f"Bearer {admin.token}"}, timeout=10).json()
    _, seq = change(server, admin, "PATCH", f"/dataProducts/{product['id']}", body, "application/json-patch+json")
    assert names(server, admin, "zyxomatic", at_least=seq) == [name]
    _, seq = change(server, admin, "DELETE", f"/dataProducts/{product['id']}?hardDelete=true")
    assert names(server, admin, "zyxomatic", at_least=seq) == []


def test_every_door_tells_how_far_a_change_has_come(server, admin, om_domain, dz, fresh_name):
    headers = {"Authorization": f"Bearer {admin.token}"}
    path = f"/api/v1/accounts/{admin.account}/data-products"
    made = requests.post(f"{server.url}{path}", json={"name": fresh_name("bob")}, headers=headers, timeout=10)
    at = int(made.headers["Emporion-Seq"])
    assert made.ok and at > 0, made.text
    read = requests.get(f"{server.url}{path}", headers=headers, timeout=10)
    assert read.ok and "Emporion-Seq" not in read.headers

    # DataZone's own client, the management interface, and files.
    domain = dz.create_domain(name=fresh_name("zoned"))
    told = domain["ResponseMetadata"]["HTTPHeaders"]
    assert int(told["emporion-seq"]) > at
    read = dz.get_domain(identifier=domain["id"])
    assert "emporion-seq" not in read["ResponseMetadata"]["HTTPHeaders"]
    at = int(told["emporion-seq"])
    for path, body in (
        ("users", {"name": fresh_name("managed")}),
        ("files/apply", {"documents": [{"kind": "domain", "name": fresh_name("filed"), "domain_type": "Aggregate", "description": "d"}]}),
    ):
        made = requests.post(f"{server.url}/emporion/v1/{path}", json=body, headers=headers, timeout=10)
        assert made.ok and int(made.headers["Emporion-Seq"]) > at, (path, made.text)
        at = int(made.headers["Emporion-Seq"])
        name = body["name"] if "name" in body else body["documents"][0]["name"]
        assert names(server, admin, f'name:"{name}"', at_least=at) == [name]
    for method, path, body in (("GET", "files?kind=domain", None), ("POST", "files/plan", body)):
        read = requests.request(method, f"{server.url}/emporion/v1/{path}", json=body, headers=headers, timeout=10)
        assert read.ok and "Emporion-Seq" not in read.headers, (path, read.text)


def test_every_answer_is_what_it_says_it_is(server, admin):
    headers = {"Authorization": f"Bearer {admin.token}"} | JSON
    for method, path, status in (
        ("GET", "/search?q=x", 200), ("GET", "/search?q=(", 400), ("GET", "/search?what=x", 400), ("GET", "/search/suggest?q=x", 200),
        ("PUT", "/search", 405), ("GET", "/search/nothing", 404), ("GET", "/", 404), ("GET", "/nowhere", 404), ("PUT", "/products", 405),
        ("GET", "/emporion/v1/status", 200), ("GET", "/emporion/v1/nothing", 404), ("GET", "/healthz", 200), ("PUT", "/healthz", 405),
        ("GET", "/readyz", 200), ("GET", "/metrics", 200), ("GET", "/openapi/bobsled.json", 200), ("GET", "/api/v1/tables", 200),
        ("GET", f"/api/v1/accounts/{admin.account}/data-products", 200), ("GET", "/v2/domains", 403),
    ):  # fmt: skip
        answer = requests.request(method, server.url + path, headers=headers, timeout=10)
        assert answer.status_code == status, (method, path, answer.text[:200])
        assert answer.headers["X-Content-Type-Options"] == "nosniff", (method, path)
        assert "nosniff, nosniff" not in str(answer.headers), (method, path)


def test_a_facet_of_more_than_a_thousand_values_gives_the_commonest_and_counts_the_rest(server, admin, om, om_domain, fresh_name):
    word = fresh_name("manifold").replace("-", "")
    classification = om.post("/classifications", {"name": fresh_name("Many"), "description": "d"})["name"]
    labels = []
    for number in range(VALUES):
        tag = om.post("/tags", {"name": f"t{number:04}", "classification": classification, "description": "d"})
        labels.append({"tagFQN": tag["fullyQualifiedName"], "source": "Classification", "labelType": "Manual", "state": "Confirmed"})
    for name, tags in (("all", labels), ("few", labels[-3:])):
        _, seq = change(server, admin, "POST", "/dataProducts", {
            "name": f"{word}_{name}", "domains": [om_domain["name"]], "description": "", "tags": tags})
    told = found(server, admin, f"{word}*", facets="tag", at_least=seq)
    values = told["facets"]["tag"]
    assert [value["count"] for value in values] == [2] * 3 + [1] * 97, "the commonest first"
    assert {value["value"] for value in values[:3]} == {label["tagFQN"] for label in labels[-3:]}
    assert told["others"] == {"tag": VALUES - 100}
    assert found(server, admin, f'{word}* tag:"{labels[500]["tagFQN"]}"')["total"] == 1, "what is not listed can be asked for"
    for language, said in (("en", "Other values: 1,003 more."), ("de", "Andere Werte: 1.003 weitere.")):
        browser = Browser(server)
        browser.session.headers["Accept-Language"] = language
        page = browser.sign_in(admin).visit(f"/search?q={word}*")
        assert said in page.text and len(set(re.findall(r">([^<>]*t\d{4})<", page.source))) == 100, language


def test_nobody_waits_for_ever(server, admin):
    answer = ask(server, admin, "x", at_least=10**9)
    assert answer.status_code == 503 and "message" in answer.json() and answer.headers["Retry-After"]


@pytest.mark.parametrize(("query", "at"), [
    ("kind:planet", 5), ("(a", 2), ("é ownr:me", 2), ("updated:soon", 8), ('"never closed', 0), ("a OR", 4),
])
def test_a_broken_query_says_where(server, admin, query, at):
    answer = ask(server, admin, query)
    assert answer.status_code == 400, answer.text
    fault = answer.json()
    assert set(fault) == {"message", "at", "expected"} and fault["at"] == at and fault["expected"], fault
    environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": admin.token}
    done = run_cli("search", query, check=False, **environment)
    assert done.returncode == 2 and f"character {at + 1}" in done.stderr and not done.stdout, done.stderr
    done = run_cli("search", query, "-o", "json", check=False, **environment)
    assert done.returncode == 2 and json.loads(done.stdout) == fault and not done.stderr, done


@pytest.mark.parametrize("parameters", [
    {"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"after": "nonsense"}, {"facets": "colour"}, {"at_least": "-1"},
    {"wat": "1"},
])
def test_parameters_are_checked(server, admin, parameters):
    answer = ask(server, admin, "x", **parameters)
    assert answer.status_code == 400 and next(iter(parameters)) in answer.json()["message"], answer.text


@pytest.mark.parametrize("flag", [("--after", "nonsense"), ("--facets", "colour"), ("--sort", "size")])
def test_only_a_query_that_cannot_be_read_ends_the_command_with_two(server, admin, flag):
    environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": admin.token}
    done = run_cli("search", "x", *flag, check=False, **environment)
    assert done.returncode == 1 and flag[0][2:] in done.stderr, done


def test_suggestions_know_what_was_written(server, admin, shop):
    answer = ask(server, admin, shop["word"], path="/search/suggest", at_least=shop["seq"])
    assert answer.status_code == 200 and answer.json()["seq"] >= shop["seq"], answer.text
    assert {hit["name"] for hit in answer.json()["hits"]} == {shop["table"]["name"], shop["product"]["name"]}
    fqn = shop["table"]["fullyQualifiedName"]
    assert ask(server, admin, shop["word"], path="/search/suggest", at_least="head").json()["hits"] == answer.json()["hits"]
    begun = ask(server, admin, fqn[:-3], path="/search/suggest").json()["hits"]
    assert [hit["fqn"] for hit in begun] == [fqn], begun


def test_the_command_line_answers_the_same(server, admin, shop):
    environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": admin.token}
    done = run_cli("search", shop["word"], "--limit", "1", "--facets", "kind", "-o", "json", **environment)
    first = json.loads(done.stdout)
    assert first["total"] == 2 and len(first["hits"]) == 1 and first["after"]
    assert first["facets"]["kind"] == found(server, admin, shop["word"], facets="kind")["facets"]["kind"]
    second = json.loads(run_cli("search", shop["word"], "--after", first["after"], "-o", "json", **environment).stdout)
    assert [hit["name"] for hit in second["hits"]] == [shop["table"]["name"]] and second["after"] is None
    for arguments in ((f"-{shop['word']}", "--limit", "3"), ("--limit", "3", "-o", "json", f"-{shop['word']}")):
        told = json.loads(run_cli("search", *arguments, "-o", "json", **environment).stdout) if "-o" not in arguments else (
            json.loads(run_cli("search", *arguments, **environment).stdout))
        assert told["query"] == f"-{shop['word']}" and len(told["hits"]) <= 3
        assert told["total"] == found(server, admin, f"-{shop['word']}")["total"]
    table = run_cli("search", shop["word"], **environment).stdout
    assert shop["product"]["name"] in table and "found" in table
    assert f"name: {shop['product']['name']}" in table, table
    nothing = run_cli("search", "kind:table -kind:table", "--facets", "owner", **environment).stdout
    assert nothing.split() == ["found", "0"], nothing


def test_what_one_may_not_see_is_in_nothing(server, om, om_domain, admin, stranger, member, fresh_name):
    """A product that was granted to one person: not to be noticed by another."""
    word = fresh_name("hush").replace("-", "")
    headers = {"Authorization": f"Bearer {admin.token}"}
    path = f"{server.url}/api/v1/accounts/{admin.account}/data-products"
    made = requests.post(path, json={"name": f"{word} plan", "visibility": "private"}, headers=headers, timeout=10)
    assert made.ok, made.text
    product = made.json()["data"]["dataProduct"]["id"]
    property_of_it = [{"op": "add", "path": "/extension", "value": {f"{word}Target": "yes"}}]
    _, seq = change(server, server.admin, "PATCH", f"/dataProducts/{product}", property_of_it,
                    "application/json-patch+json")
    seen = requests.get(f"{path}/{product}", headers={"Authorization": f"Bearer {stranger.token}"}, timeout=10)
    assert seen.status_code == 404, seen.text
    assert names(server, admin, word, at_least=seq) == [f"{word} plan"]
    assert names(server, admin, f"{word}Target:yes") == [f"{word} plan"]
    for query in (word, f"{word[:-1]}*", f"name:'{word} plan'", word[:-1] + "_", word.replace("u", "o")):
        answer = found(server, stranger, query, facets="kind,owner,domain")
        assert (answer["hits"], answer["total"], answer["corrected"]) == ([], 0, None), query
        assert word not in ask(server, stranger, query, path="/search/suggest").text.replace(query, "")
    # That others have such a property is not told either.
    for query in ("{}:yes", "has:{}", "property.{}:yes", "-{}:yes", "(*  OR {}>1)"):
        there, nowhere = (ask(server, stranger, query.format(name)) for name in (f"{word}Target", f"{word}Terget"))
        assert there.status_code == nowhere.status_code == 400, (query, there.text, nowhere.text)
        assert there.json() == json.loads(nowhere.text.replace("Terget", "Target"))


def test_other_accounts_are_another_world(server, shop, other_account):
    assert found(server, other_account, shop["word"])["total"] == 0
    assert found(server, other_account, "*", facets="owner")["total"] < found(server, server.admin, "*")["total"]


def test_a_typo_is_corrected_and_said(server, admin, shop):
    typo = "x" + shop["word"][1:]
    answer = found(server, admin, typo)
    assert answer["corrected"] == shop["word"] and answer["total"] == 2, answer
    assert found(server, admin, f'"{typo}"')["corrected"] is None


def test_suggestions_complete_the_last_word(server, admin, shop):
    answer = ask(server, admin, shop["word"][:5], path="/search/suggest")
    assert answer.status_code == 200 and set(answer.json()) == {"query", "seq", "hits"}
    assert {hit["kind"] for hit in answer.json()["hits"]} == {"product", "table"}


def test_pages_reach_every_hit_once_while_others_write(server, admin, om_domain, fresh_name):
    stem = fresh_name("page").replace("-", "")

    def make(n: int) -> int:
        return change(server, admin, "POST", "/dataProducts", {
            "name": f"{stem}x{n:03}", "domains": [om_domain["name"]], "description": ""})[1]

    with ThreadPoolExecutor(8) as pool:
        seq = max(pool.map(make, range(60)))
        others = [pool.submit(make, n) for n in range(100, 160)]
        seen, after = [], {}
        while True:
            answer = found(server, admin, f"{stem}*", limit=7, at_least=seq, **after)
            seen += [hit["name"] for hit in answer["hits"]]
            if not answer["after"]:
                break
            after = {"after": answer["after"]}
        for other in others:
            other.result()
    assert len(seen) == len(set(seen)), "no hit comes twice"
    assert {f"{stem}x{n:03}" for n in range(60)} <= set(seen)


def test_a_person_is_asked_for_a_page_and_a_program_for_a_token(server):
    assert requests.get(f"{server.url}/search?q=x", headers=JSON, timeout=10).status_code == 401
    page = requests.get(f"{server.url}/search?q=x", headers={"Accept": "text/html"}, timeout=10, allow_redirects=False)
    assert "application/json" not in page.headers.get("Content-Type", "")


def test_what_names_no_sort_of_answer_gets_a_page_by_its_cookie_and_else_json(server, admin):
    token = {"Authorization": f"Bearer {admin.token}"}
    signed_in = Browser(server).sign_in(admin).session
    for accept in ({"Accept": None}, {"Accept": "*/*"}):
        told = requests.get(f"{server.url}/search?q=x", headers=accept | token, timeout=10)
        assert told.status_code == 200 and "total" in told.json(), accept
        shown = signed_in.get(f"{server.url}/search?q=x", headers=accept, timeout=10)
        assert shown.status_code == 200 and shown.headers["Content-Type"].startswith("text/html"), accept
        outside = requests.get(f"{server.url}/search?q=x", headers=accept, timeout=10, allow_redirects=False)
        assert outside.status_code == 401 and outside.headers["Content-Type"].startswith("application/json"), accept
        assert requests.post(f"{server.url}/search/index", headers=accept, timeout=10).status_code == 401, accept
    assert signed_in.get(f"{server.url}/search?q=x", headers=JSON, timeout=10).status_code == 401, "a cookie is no token"


def test_an_index_is_made_anew_while_it_answers(server, admin, member, shop):
    environment = {"EMPORION_URL": server.url}
    refused = run_cli("reindex", check=False, EMPORION_TOKEN=member.token, **environment)
    assert refused.returncode == 1
    told = json.loads(run_cli("reindex", "-o", "json", EMPORION_TOKEN=admin.token, **environment).stdout)
    assert told["building"] is False
    assert found(server, admin, shop["word"])["total"] == 2


def test_a_server_that_is_killed_finds_what_was_acknowledged(tmp_path):
    server = Server(tmp_path).start()
    om = {"Authorization": f"Bearer {server.admin.token}"}
    requests.put(f"{server.url}/api/v1/domains", headers=om, timeout=10, json={
        "name": "d", "domainType": "Aggregate", "description": ""}).raise_for_status()
    acknowledged = []
    for kill in range(3):
        for n in range(40):
            name = f"thing{kill}x{n}"
            change(server, server.admin, "POST", "/dataProducts", {"name": name, "domains": ["d"], "description": ""})
            acknowledged.append(name)
        server.kill()
        server.start()
        head = requests.get(f"{server.url}/search/index", headers=om, timeout=10).json()["head"]
        assert sorted(names(server, server.admin, "kind:product", at_least=head)) == sorted(acknowledged)
    server.stop()


def test_the_command_finds_what_was_changed_just_before_it(server, admin, om_domain, fresh_name, tmp_path):
    assert ask(server, admin, "x", at_least="head").json()["seq"] > 0
    assert ask(server, admin, "x", at_least="tail").status_code == 400
    for _ in range(6):
        word = fresh_name("instant").replace("-", "")
        file = tmp_path / "products" / om_domain["name"] / f"{word}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"kind: data_product\nname: {word}\nparent: {om_domain['name']}\n")
        environment = {"EMPORION_URL": server.url, "EMPORION_TOKEN": server.admin.token}
        run_cli("apply", "-f", str(tmp_path), **environment)
        done = run_cli("search", word, "-o", "json", **environment)
        assert [hit["name"] for hit in json.loads(done.stdout)["hits"]] == [word]
        assert "behind" not in done.stderr


def test_a_name_of_many_comes_before_what_has_the_word_of_one(server, om, om_domain, fresh_name):
    word = "".join(letter for letter in fresh_name("wicket").lower() if letter.isalpha())
    schema = om.schema(fresh_name("wh"))
    columns = [{"name": "id", "dataType": "INT"}]
    for name in (f"{word}_items", f"{word}s", f"late_{word}"):
        _, seq = change(server, server.admin, "POST", "/tables", {"name": name, "databaseSchema": schema, "columns": columns})
    assert names(server, server.admin, word, at_least=seq)[0] == f"{word}s"
    assert names(server, server.admin, f"{word}s")[0] == f"{word}s"
    # What bears the very word as its name comes first all the same.
    _, seq = change(server, server.admin, "POST", "/tables", {"name": word, "databaseSchema": schema, "columns": columns})
    assert names(server, server.admin, word, at_least=seq)[:2] == [word, f"{word}s"]


def test_a_sentence_finds_what_it_is_about(server, shop):
    word = shop["word"]
    for sentence, read in [
        (f"who owns {word}_lines?", f"{word}_lines"),
        (f"{word}_lines from net_amount with {word}", f"{word}_lines net_amount {word}"),
        (f"where does {word}_lines come from", f"{word}_lines"),
        (f"show me the table with {word} lines", f"kind:table {word} lines"),
        # What a catalogue is about is no word of any of it.
        (f"the data about {word} lines", f"{word} lines"),
        (f"data on {word}_lines", f"{word}_lines"),
        (f"information about the figures of {word} lines", f"{word} lines"),
        (f"which tables have {word} numbers", f"kind:tables {word}"),
    ]:
        answer = found(server, server.admin, sentence, at_least=shop["seq"])
        assert answer["corrected"] == read, sentence
        assert f"{word}_lines" in [hit["name"] for hit in answer["hits"]], sentence
    # In quotes it is looked for as it stands.
    assert found(server, server.admin, f'"who owns {word}_lines"')["hits"] == []
    browser = Browser(server).sign_in(server.admin)
    page = browser.visit(f"/search?q=where+does+{word}_lines+come+from")
    assert [link for link in page.links if f"{word}_lines" in link and "tab=lineage" in link], page.links
    page = browser.visit(f"/search?q=who+owns+{word}_lines")
    assert not [link for link in page.links if "tab=lineage" in link]


def letters(word: str, fresh_name) -> str:
    """A word of its own, which has one form for one and one for many."""
    return word + fresh_name("").strip("-").translate(str.maketrans("0123456789", "ghijklmnop")) + "ork"


@pytest.fixture(scope="module")
def holding(server, om, om_domain, fresh_name) -> dict:
    """Two products that have a table of which neither says a word, and one that has another."""
    word = letters("gluon", fresh_name)
    schema = om.schema(fresh_name("wh"))
    tables = {name: om.post("/tables", {"name": name, "databaseSchema": schema, "columns": [{"name": "a", "dataType": "INT"}]})
              for name in (f"{word}s", f"{word}_other", f"{word}_kept")}
    held = {"Tops": f"{word}s", "Bottoms": f"{word}s", "Strange": f"{word}_other"}
    for name, table in held.items():
        body = {"name": f"{name} {word[5:]}", "domains": [om_domain["name"]], "description": "d"}
        product = om.post("/dataProducts", body)
        fqn = requests.utils.quote(product["fullyQualifiedName"], safe="")
        om.call("PUT", f"/dataProducts/{fqn}/assets/add", {"assets": [{"id": tables[table]["id"], "type": "table"}]}, expect=200)
    return {"word": word, "products": sorted(f"{name} {word[5:]}" for name in ("Tops", "Bottoms")), "tables": tables}


def test_products_are_found_by_what_they_hold(server, admin, holding):
    word, products = holding["word"], holding["products"]
    _, seq = change(server, server.admin, "PATCH", f"/tables/{holding['tables'][word + 's']['id']}",
                    [{"op": "add", "path": "/description", "value": "d"}], "application/json-patch+json")
    table = holding["tables"][f"{word}s"]
    for query in (f"holds:{word}s", f"holds:{table['id']}", f"kind:product holds:'{table['fullyQualifiedName']}'", f"holds:{word.upper()}S"):
        answer = found(server, admin, query, at_least=seq)
        assert sorted(hit["name"] for hit in answer["hits"]) == products, query
        assert {"field": "holds", "fragment": f"{word}s"} in answer["hits"][0]["why"], query
    for sentence in (f"which products use {word}s", f"Which data products contain the table {word}s?", f"which products use {word}",
                     f"welche Produkte nutzen {word}s?", f"in welchen Produkten steckt {word}s"):
        answer = found(server, admin, sentence)
        assert sorted(hit["name"] for hit in answer["hits"]) == products, sentence
        assert answer["corrected"] == f"kind:product holds:{word}s", sentence
    for query in ("has:holds", "holds:*"):
        answer = found(server, admin, f"{query} name:'{products[0]}'")
        assert [hit["name"] for hit in answer["hits"]] == products[:1], query
    assert names(server, admin, f"holds:{word}_kept") == [] and names(server, admin, f"-holds:{word}s holds:{word}_other") != []


def test_what_one_may_not_see_leads_to_no_product(server, om, holding, fresh_name):
    """Nor does a table that he sees lead to a product that he does not."""
    blind = server.new_user(fresh_name("blind"))
    rule = {"name": "none", "effect": "deny", "resources": ["table"], "operations": ["ViewBasic"]}
    om.post("/policies", {"name": (policy := fresh_name("NoTables")), "rules": [rule], "enabled": True})
    role = om.post("/roles", {"name": fresh_name("Blind"), "policies": [policy]})
    user = om.get(f"/users/name/{blind.name}")
    om.patch(f"/users/{user['id']}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    word = holding["word"]
    assert names(server, blind, f"name:'{holding['products'][0]}'") == holding["products"][:1], "he sees the product"
    assert names(server, blind, f"holds:{word}s") == [], "and not what it holds"
    assert names(server, blind, f"which products use {word}s") == []
    for query in ("has:holds", "holds:*"):
        assert names(server, blind, f"{query} name:'{holding['products'][0]}'") == [], "nor that it holds anything"


def test_what_is_shown_as_a_name_is_one_and_products_come_before_their_tables(server, om, om_domain, fresh_name):
    word = letters("lepton", fresh_name)
    om.post("/tables", {"name": word, "databaseSchema": om.schema(fresh_name("wh")), "columns": [{"name": "a", "dataType": "INT"}]})
    body = {"name": fresh_name("technical"), "displayName": word.capitalize() + "s", "domains": [om_domain["name"]], "description": "d"}
    product, seq = change(server, server.admin, "POST", "/dataProducts", body)
    assert names(server, server.admin, f"{word}s", at_least=seq) == [product["name"], word], "it is called so"
    om.patch(f"/dataProducts/{product['id']}", [{"op": "replace", "path": "/displayName", "value": word.capitalize()}])
    hits = found(server, server.admin, word, at_least="head")["hits"]
    assert [hit["name"] for hit in hits] == [product["name"], word], "of what is called the same the product comes first"
    assert hits[0]["why"] == [{"field": "display_name", "fragment": word.capitalize()}]


def test_a_misspelt_word_is_corrected_beside_words_that_also_name_kinds(server, om, fresh_name):
    word = "".join(letter for letter in fresh_name("session").lower() if letter.isalpha())
    columns = [{"name": "id", "dataType": "INT"}]
    body = {"name": f"user_{word}", "databaseSchema": om.schema(fresh_name("wh")), "columns": columns}
    _, seq = change(server, server.admin, "POST", "/tables", body)
    for typed in (f"user {word[:4]}{word[5:]}", f"who owns user {word}"):
        answer = found(server, server.admin, typed, at_least=seq)
        assert [hit["name"] for hit in answer["hits"]] == [f"user_{word}"] and answer["corrected"] == f"user {word}", typed
    # One of those of which there are many.
    many = "".join(letter for letter in fresh_name("retrieval").lower() if letter.isalpha())
    _, seq = change(server, server.admin, "POST", "/tables", body | {"name": f"{many}s"})
    answer = found(server, server.admin, many[:3] + many[4] + many[3] + many[5:], at_least=seq)
    assert [hit["name"] for hit in answer["hits"]] == [f"{many}s"] and answer["corrected"] == f"{many}s", answer
