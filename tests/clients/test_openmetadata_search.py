"""Searches of OpenMetadata: what its client sends and reads, and what nobody is told who could not read it."""

import json
import threading
from collections import Counter

import pytest
from metadata.generated.schema.entity.data.table import Table
from metadata.ingestion.ometa.client import APIError
from metadata.sdk.api.search import Search

from openmetadata_door import OpenMetadataDoor, called
from openmetadata_kinds import connect, text

MARKED = '<span class="text-highlighter">'
HOSTILE = "<img src=x onerror=alert(1)>"
#: What is counted beside hits, and the field whose values those are.
COUNTED = {
    "entityType": "entityType",
    "owners.name.keyword": "owners.name",
    "domains.fullyQualifiedName": "domains.fullyQualifiedName",
    "tags.tagFQN": "tags.tagFQN",
    "service.fullyQualifiedName": "service.fullyQualifiedName",
}


@pytest.fixture(scope="module")
def holder(server, fresh_name):
    """Who owns some of it."""
    return server.new_user(fresh_name("holder"))


@pytest.fixture(scope="module")
def barred(server, om, fresh_name, shelf):
    """Whom a policy denies what bears a tag."""
    rule = {"name": "bar", "effect": "deny", "resources": ["table"], "operations": ["ViewAll", "ViewBasic"],
            "condition": f"matchAnyTag('{shelf['tag']}')"}
    policy = om.post("/policies", {"name": fresh_name("bar"), "rules": [rule]})
    role = om.post("/roles", {"name": fresh_name("barred"), "policies": [policy["name"]]})
    user = server.new_user(fresh_name("barred"))
    known = om.get(f"/users/name/{user.name}")["id"]
    om.patch(f"/users/{known}", [{"op": "add", "path": "/roles", "value": [{"id": role["id"], "type": "role"}]}])
    return user


@pytest.fixture(scope="module")
def shelf(om, bobsled, om_domain, holder, fresh_name) -> dict:
    """Things of several visibilities that share a word: `{id: collection}`."""
    word = fresh_name("gobbet").replace("-", "")
    owner = {"id": om.get(f"/users/name/{holder.name}")["id"], "type": "user"}
    classification = om.post("/classifications", {"name": fresh_name("Sort"), "description": ""})["name"]
    tag = om.post("/tags", {"name": "kept", "classification": classification, "description": ""})["fullyQualifiedName"]
    label = {"tagFQN": tag, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    service = om.post("/services/databaseServices", {"name": fresh_name("wh"), "serviceType": "Postgres"})["name"]
    om.put("/databases", {"name": "db", "service": service})
    om.put("/databaseSchemas", {"name": "sc", "database": f"{service}.db"})
    made = {}
    for n in range(4):
        view = {"tableType": "View", "schemaDefinition": "select 1"} if n == 2 else {"tableType": "Regular"}
        table = om.post("/tables", view | {
            "name": f"{word}_t{n}", "databaseSchema": f"{service}.db.sc", "displayName": f"Table {9 - n}, {HOSTILE} {word}",
            "columns": [{"name": f"{word}_c", "dataType": "INT", "description": f"A {word} of {n}."}],
            "owners": [owner] if n else [], "tags": [label] if n > 1 else [], "description": f"{HOSTILE} & '{word}s'"})
        made[table["id"]] = "tables"
        product = om.post("/dataProducts", {
            "name": f"Plain{word.capitalize()}{n}", "domains": [om_domain["name"]], "description": f"of {word}",
            "owners": [owner] if n else []})
        made[product["id"]] = "dataProducts"
        closed = bobsled.create(f"closed {word} {n}", description=f"({word}s, all of them)")
        made[closed["id"]] = "dataProducts"
    return {"word": word, "made": made, "service": service, "tag": tag, "holder": holder.name}


@pytest.fixture(params=["administrator", "owner", "stranger", "elsewhere", "barred"])
def caller(request, admin, holder, stranger, other_account, barred):
    callers = {"administrator": admin, "owner": holder, "stranger": stranger, "elsewhere": other_account, "barred": barred}
    return callers[request.param]


@pytest.fixture
def door(server, caller) -> OpenMetadataDoor:
    return OpenMetadataDoor(server, caller.token)


def readable(door: OpenMetadataDoor, shelf: dict) -> dict[str, dict]:
    """What the caller reads one by one, by id."""
    fields = {"params": {"fields": "owners,tags,domains"}}
    answers = {made: door.call("GET", f"/{of}/{made}", **fields) for made, of in shelf["made"].items()}
    kinds = {"tables": "table", "dataProducts": "dataProduct"}
    return {
        made: called(answer.json() | {"entityType": kinds[shelf["made"][made]]})
        for made, answer in answers.items() if answer.status_code == 200
    }


def at(entity, path: str) -> list:
    """What stands at a path."""
    if isinstance(entity, list):
        return [value for one in entity for value in at(one, path)]
    first, _, rest = path.partition(".")
    value = (entity or {}).get(first)
    return at(value, rest) if rest else ([] if value is None else [value])


def counts(entities, path: str) -> dict:
    return dict(Counter(value for entity in entities for value in set(at(entity, path))))


def buckets(answer: dict, field: str) -> dict:
    return {bucket["key"]: bucket["doc_count"] for bucket in answer["aggregations"][f"sterms#{field}"]["buckets"]}


def ids(answer: dict) -> list[str]:
    found = [hit["_id"] for hit in answer["hits"]["hits"]]
    assert len(found) == len(set(found)), "no hit comes twice"
    assert answer["hits"]["total"] == {"value": len(found), "relation": "eq"} or len(found) == 0
    return found


def dsl(clause: dict) -> str:
    return json.dumps({"query": clause})


def test_what_is_counted_beside_hits_is_what_the_caller_reads(door, shelf):
    seen = readable(door, shelf)
    for asked in ({"q": shelf["word"]}, {"q": f"name:*{shelf['word']}* OR description:*{shelf['word']}*"}):
        answer = door.get("/search/query", **asked, size=100, track_total_hits="true")
        assert set(ids(answer)) == set(seen)
        for field, path in COUNTED.items():
            assert buckets(answer, field) == counts(seen.values(), path), field
        without = door.get("/search/query", **asked, include_aggregations="false")
        assert without["aggregations"] == {}


def test_a_filter_behind_leaves_hits_and_not_counts(door, shelf):
    seen = readable(door, shelf)
    for clause, keeps in (
        ({"terms": {"owners.name.keyword": [shelf["holder"]]}}, lambda one: shelf["holder"] in at(one, "owners.name")),
        ({"wildcard": {"fullyQualifiedName": "*_T*"}}, lambda one: "_t" in one["fullyQualifiedName"]),
    ):
        answer = door.get("/search/query", q=shelf["word"], post_filter=dsl(clause), size=100)
        assert set(ids(answer)) == {one for one, entity in seen.items() if keeps(entity)}
        assert answer["hits"]["total"]["value"] == len(answer["hits"]["hits"])
        assert buckets(answer, "entityType") == counts(seen.values(), "entityType")
        narrowed = door.get("/search/query", q=shelf["word"], query_filter=dsl(clause), size=100)
        kept = [seen[one] for one in ids(narrowed)]
        assert set(ids(narrowed)) == set(ids(answer)) and buckets(narrowed, "entityType") == counts(kept, "entityType")


def test_values_are_counted_exactly(door, shelf):
    seen = readable(door, shelf)
    for field, path in COUNTED.items() | {"tableType": "tableType", "name.keyword": "name", "columns.name": "columns.name"}.items():
        answer = door.get("/search/aggregate", index="all", field=field, q=shelf["word"], size=100)
        told, known = buckets(answer, field), counts(seen.values(), path)
        assert {value.lower() for value in told} == {value.lower() for value in known} and told == known, field
        assert answer["hits"]["total"]["value"] == len(seen)
        body = {"fieldName": field, "index": "all", "query": shelf["word"], "size": 100}
        assert buckets(door.post("/search/aggregate", body, expect=200), field) == known
    tagged = door.get("/search/aggregate", index="table", field="tags.tagFQN", value=".*KEPT.*", q=dsl({"wildcard": {"name": f"{shelf['word']}*"}}))
    assert buckets(tagged, "tags.tagFQN") == counts([one for one in seen.values() if one["entityType"] == "table"], "tags.tagFQN")
    few = door.get("/search/aggregate", index="all", field="name.keyword", q=shelf["word"], size=1)["aggregations"]
    assert few["sterms#name.keyword"]["sum_other_doc_count"] == max(0, len(seen) - 1)


@pytest.fixture(scope="module")
def held(om, dz, holder, fresh_name) -> dict:
    """What bears labels in its parts, and what has owners and domains of what it stands in."""
    word = fresh_name("heron").replace("-", "")
    owner = {"id": om.get(f"/users/name/{holder.name}")["id"], "type": "user"}
    domain = om.post("/domains", {"name": f"{word}land", "domainType": "Aggregate", "description": "", "owners": [owner]})
    of_dz = next(one["id"] for one in dz.get_paginator("list_domains").paginate().build_full_result()["items"]
                 if one["name"] == domain["name"])
    project = dz.create_project(domainIdentifier=of_dz, name=f"{word} makers")["id"]
    dz.create_glossary(domainIdentifier=of_dz, name=f"{word} terms", owningProjectIdentifier=project)
    classification = om.post("/classifications", {"name": f"{word}Sort", "description": ""})["name"]
    tags = [om.post("/tags", {"name": name, "classification": classification, "description": ""})["fullyQualifiedName"]
            for name in ("whole", "part", "deep")]
    label = lambda fqn: {"tagFQN": fqn, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}  # noqa: E731
    inner = [{"name": "b", "dataType": "INT", "tags": [label(tags[2])]}]
    om.post("/tables", {"name": f"{word}_t", "databaseSchema": om.schema(fresh_name("wh")), "tags": [label(tags[0])], "columns": [
        {"name": "a", "dataType": "INT", "tags": [label(tags[1]), label(tags[0])]},
        {"name": "s", "dataType": "STRUCT", "dataTypeDisplay": "struct", "children": inner}]})
    return {"word": word, "tags": tags, "domain": domain["fullyQualifiedName"], "owner": holder.name}


def test_what_is_counted_is_what_a_filter_of_it_finds(om, held):
    word, known = held["word"], {}
    for index in ("all", "table", "team", "glossary"):
        beside = om.get("/search/query", index=index, q=f"{word}*", size=100)
        for field in COUNTED:
            counted = buckets(beside, field)
            aggregated = om.get("/search/aggregate", index=index, field=field, q=f"{word}*", size=100)
            assert buckets(aggregated, field) == counted, (index, field)
            for value, count in counted.items():
                for asked in ({"query_filter": dsl({"term": {field: value}})}, {"post_filter": dsl({"term": {field: value}})}):
                    found = om.get("/search/query", index=index, q=f"{word}*", size=100, **asked)
                    assert len(ids(found)) == count, (index, field, value, asked)
            known[index, field] = counted
    assert known["table", "tags.tagFQN"] == dict.fromkeys(held["tags"], 1)
    for index in ("team", "glossary"):
        assert known[index, "domains.fullyQualifiedName"] == {held["domain"]: 1}, index
    assert known["team", "owners.name.keyword"] == {}, "who owns a domain owns no team of it"


@pytest.fixture(scope="module")
def told(om, fresh_name) -> dict:
    """Tables whose descriptions are made of few words."""
    word, schema = fresh_name("plover").replace("-", ""), om.schema(fresh_name("wh"))
    texts = {"ns": "net sales", "sn": "sales net", "ys": "yield sales", "gr": "Größe je Änderung"}
    made = {key: om.post("/tables", {"name": f"{word}{key}", "databaseSchema": schema, "description": f"{text} {word}",
                                     "columns": [{"name": "a", "dataType": "INT"}, {"name": "b", "dataType": "TEXT"}]})["id"]
            for key, text in texts.items()}
    return {"word": word, "made": made}


def names_of(om, told, **asked) -> set:
    found = set(ids(om.get("/search/query", index="table", size=100, include_aggregations="false", **asked)))
    return {key for key, made in told["made"].items() if made in found}


@pytest.mark.parametrize(("q", "wanted"), [
    ("net sales", "ns sn"), ('"net sales"', "ns"), ('"sales net"', "sn"), ("net OR yield", "ns sn ys"), ("sales -net", "ys"),
    ("+net sales", "ns sn"), ("sales NOT yield", "ns sn"), ("sales AND NOT (yield OR nothing)", "ns sn"), ("grosse", "gr"),
    ("GRÖSSE anderung", "gr"), ('"größe JE"', "gr"), ("description:grosse", "gr"), ('description:"sales net"', "sn"),
    ("description:yie*", "ys"), ("description:grö*", "gr"), ("sales^2 net^1.5", "ns sn"),
])
def test_a_text_means_what_it_says(om, told, q, wanted):
    # The first is answered by the index alone, the second is looked at one by one.
    for more in ("", " AND NOT sourceUrl:none"):
        assert names_of(om, told, q=f"({q}) AND name:{told['word']}*{more}") == set(wanted.split()), q + more


@pytest.mark.parametrize(("clause", "wanted"), [
    ({"query_string": {"query": "-net sales"}}, "ys"),
    ({"query_string": {"query": "net yield"}}, "ns sn ys"),
    ({"query_string": {"query": "+sales yield"}}, "ns sn ys"),
    ({"query_string": {"query": "net sales", "default_operator": "AND"}}, "ns sn"),
    ({"query_string": {"query": "net", "fields": ["name", "displayName"]}}, ""),
    ({"simple_query_string": {"query": "net + sales | yield"}}, "ns sn ys"),
    ({"simple_query_string": {"query": "sales + -net"}}, "ys"),
    ({"simple_query_string": {"query": "\"sales net\" | gro*"}}, "sn gr"),
    ({"match": {"description": "net yield"}}, "ns sn ys"),
    ({"match": {"description": {"query": "sales net", "operator": "and"}}}, "ns sn"),
    ({"match_phrase": {"description": "net sales"}}, "ns"),
    ({"match_phrase_prefix": {"description": "sales ne"}}, "sn"),
    ({"multi_match": {"query": "sales net", "type": "phrase"}}, "sn"),
    ({"multi_match": {"query": "sales plov", "fields": ["description^2"], "type": "phrase_prefix"}}, "ns ys"),
    ({"prefix": {"description": "gro"}}, "gr"),
    ({"nested": {"path": "columns", "query": {"bool": {"must": [
        {"term": {"columns.name": "a"}}, {"term": {"columns.dataType": "TEXT"}}]}}}}, ""),
    ({"nested": {"path": "columns", "query": {"bool": {"must": [
        {"term": {"columns.name": "b"}}, {"term": {"columns.dataType": "TEXT"}}]}}}}, "ns sn ys gr"),
])
def test_a_clause_means_what_it_says(om, told, clause, wanted):
    of_these = {"wildcard": {"name": f"{told['word']}*"}}
    for more in ([], [{"bool": {"must_not": {"term": {"sourceUrl": "none"}}}}]):
        asked = dsl({"bool": {"must": [clause, of_these, *more]}})
        assert names_of(om, told, query_filter=asked) == set(wanted.split()), asked


def test_a_word_means_the_same_beside_a_field_that_is_looked_at(om, fresh_name):
    word, service = fresh_name("osprey").replace("-", ""), fresh_name("wh")
    schema = om.schema(service)
    columns = [{"name": "a", "dataType": "INT", "description": f"An {word}."}]
    made = {om.post("/tables", {"name": name, "databaseSchema": schema, "columns": columns if name == "b" else []})["id"]
            for name in ("b", f"{word}_named")}  # fmt: skip
    other = om.post("/tables", {"name": "other", "databaseSchema": schema, "columns": []})["id"]
    find = lambda **asked: set(ids(om.get("/search/query", index="table", size=100, **asked)))  # noqa: E731
    assert find(q=word) == made, "one has it in a column's description alone"
    either = f"{word} OR sourceUrl:none"
    for q in (either, f"({word} AND NOT sourceUrl:none) OR sourceUrl:none", f"NOT (NOT {word} AND NOT sourceUrl:none)"):
        assert find(q=q) == made, q
    of_service = f"fullyQualifiedName:{service}*"
    assert find(q=f"{of_service} AND NOT ({either})") == {other}
    assert find(q=of_service, post_filter=dsl({"query_string": {"query": either}})) == made
    counted = om.get("/search/aggregate", index="table", field="name.keyword", q=either, size=100)
    assert counted["hits"]["total"]["value"] == 2
    many = " OR ".join(f"({word}{n} AND sourceUrl:none)" for n in range(20))
    assert "in more than 16 places" in om.call("GET", "/search/query", params={"q": many}, expect=400).json()["message"]
    refused = {"q": of_service, "post_filter": dsl({"query_string": {"query": many}})}
    assert "query param post_filter has words" in om.call("GET", "/search/query", params=refused, expect=400).json()["message"]


def test_what_is_written_while_it_looks_is_found_as_what_it_is(server, admin, om, fresh_name):
    word, service = fresh_name("curlew").replace("-", ""), fresh_name("wh")
    schema, over, failures = om.schema(service), threading.Event(), []

    def write():
        door = OpenMetadataDoor(server, admin.token)
        number = 0
        try:
            while not over.is_set():
                table = {"name": f"t{number}", "databaseSchema": schema, "columns": [], "description": f"A {word}."}
                door.post("/tables", table)
                number += 1
        except Exception as failure:
            failures.append(failure)

    writer = threading.Thread(target=write)
    writer.start()
    of_service, either = f"fullyQualifiedName:{service}*", f"({word} OR sourceUrl:none)"
    find = lambda **asked: ids(om.get("/search/query", index="table", size=1_000, include_aggregations="false", **asked))  # noqa: E731
    try:
        for _ in range(20):
            assert find(q=f"{of_service} AND NOT {either}") == []
            assert find(q=of_service, post_filter=dsl({"query_string": {"query": f"NOT {either}"}})) == []
    finally:
        over.set()
        writer.join()
    assert not failures, failures
    # More may be written by now than one page shows.
    total = lambda q: om.get("/search/query", index="table", size=0, q=q)["hits"]["total"]  # noqa: E731
    assert total(f"{of_service} AND {either}") == total(of_service) and total(of_service)["value"] > 0


@pytest.mark.parametrize("index", ["nosuch_index", "tabel_search_index", "table,nosuch", "dashboards_search_index"])
def test_an_index_that_there_is_not_is_not_found(om, index):
    name = index.split(",")[-1]
    for path in ("query", "aggregate", "suggest", "fieldQuery"):
        asked = {"index": index, "q": "a", "field": "suggest"} if path == "suggest" else {"index": index, "q": "a", "field": "name"}
        asked = {"query": {"index": index, "q": "a"}, "fieldQuery": {"index": index, "fieldName": "name", "fieldValue": "a"}}.get(path, asked)
        assert name in om.call("GET", f"/search/{path}", params=asked, expect=404).json()["message"]
    # What clients know and this server does not hold is empty.
    for known in ("topic_search_index", "storageService", "search_entity_search_index", "mlmodel"):
        assert ids(om.get("/search/query", index=known, q="*")) == []


def test_who_still_types_is_told_what_he_reads(door, shelf):
    seen = readable(door, shelf)
    for typed in (shelf["word"][:-1], shelf["word"]):
        (told,) = door.get("/search/suggest", q=typed, index="all", size=100)["suggest"]["metadata-suggest"]
        assert {option["_id"] for option in told["options"]} == set(seen)
        assert {option["text"] for option in told["options"]} == {entity["name"] for entity in seen.values()}
        assert all(option["_source"]["name"] == option["text"] for option in told["options"])
    for made, of in shelf["made"].items():
        index = {"tables": "table_search_index", "dataProducts": "dataProduct"}[of]
        answer = door.call("GET", f"/search/get/{index}/doc/{made}", expect=(200, 404))
        assert answer.status_code == (200 if made in seen else 404)
        if made in seen:
            assert answer.json()["fullyQualifiedName"] == seen[made]["fullyQualifiedName"]
        door.call("GET", f"/search/get/user_search_index/doc/{made}", expect=404)


def test_words_are_marked_in_what_the_caller_reads(door, shelf):
    word, seen = shelf["word"], readable(door, shelf)
    answer = door.get("/search/query", q=word, size=100)
    assert set(ids(answer)) == set(seen)
    for hit in answer["hits"]["hits"]:
        marked = hit["highlight"]
        for field, pieces in marked.items():
            plain = [piece.replace(MARKED, "").replace("</span>", "") for piece in pieces]
            for whole in plain:
                for sign, name in {"&lt;": "<", "&gt;": ">", "&#x27;": "'", "&quot;": '"', "&amp;": "&"}.items():
                    whole = whole.replace(sign, name)
                assert whole in at(seen[hit["_id"]], field), "what is marked is what stands there"
            assert all("<img" not in piece and MARKED in piece for piece in pieces), pieces
        if hit["_source"]["entityType"] == "table":
            assert {"description", "displayName", "columns.name", "columns.description"} <= set(marked)
            assert marked["description"] == [
                f"&lt;img src=x onerror=alert(1)&gt; &amp; &#x27;{MARKED}{word}</span>s&#x27;"]
    only = door.get("/search/query", q=f"description:{word}", include_source_fields="name", size=100)
    for hit in only["hits"]["hits"]:
        assert set(hit["_source"]) == {"name"} and set(hit["highlight"]) == {"description"}


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("field", ["_score", "fullyQualifiedName", "updatedAt", "displayName", "entityType"])
def test_pages_reach_every_hit_once_in_any_order(door, shelf, field, order):
    seen = readable(door, shelf)
    # The first is answered by the index alone, the second is looked at one by one.
    for q in (shelf["word"], f"{shelf['word']} AND NOT sourceUrl:none"):
        asked = {"q": q, "index": "all", "size": 2, "sort_field": field, "sort_order": order}
        if field == "_score" and order == "asc":
            door.call("GET", "/search/query", params=asked, expect=400)
            continue
        found, after = [], {}
        while page := door.get("/search/query", **asked, **after)["hits"]["hits"]:
            found += [hit["_id"] for hit in page]
            after = {"search_after": page[-1]["sort"]}
        assert sorted(found) == sorted(seen), "each once"
        by_number = [door.get("/search/query", **asked, **{"from": n}) for n in range(0, len(found), 2)]
        assert [hit["_id"] for page in by_number for hit in page["hits"]["hits"]] == found
        if field not in ("_score", "updatedAt"):
            values = [value for made in found for value in at(seen[made], field)]
            assert values == sorted(values, reverse=order == "desc")
            assert all(at(seen[made], field) for made in found[: len(values)]), "what has none comes last"


def test_a_page_goes_on_where_its_hits_are_alike(om, om_domain, fresh_name):
    """A domain and a glossary of one name: the FQN alone says no place between them."""
    name = fresh_name("alike").replace("-", "")
    om.post("/domains", {"name": name, "domainType": "Aggregate", "description": ""})
    om.post("/glossaries", {"name": name, "displayName": name, "description": ""})
    asked = {"q": f"fullyQualifiedName:{name}", "index": "all", "size": 1, "sort_field": "fullyQualifiedName"}
    (first,) = om.get("/search/query", **asked)["hits"]["hits"]
    (second,) = om.get("/search/query", **asked, search_after=",".join(first["sort"]))["hits"]["hits"]
    assert {first["_index"], second["_index"]} == {"domain_search_index", "glossary_search_index"}
    assert om.get("/search/query", **asked, search_after=second["sort"])["hits"]["hits"] == []


def test_what_is_deleted_is_found_among_the_deleted(om, om_stranger, shelf, fresh_name):
    name = fresh_name("gone").replace("-", "")
    made = om.post("/tables", {"name": name, "databaseSchema": f"{shelf['service']}.db.sc", "columns": []})["id"]
    assert ids(om.get("/search/query", q=name)) == [made]
    om.delete(f"/tables/{made}")
    assert ids(om.get("/search/query", q=name)) == []
    asked = {"q": name, "deleted": "true", "index": "table"}
    gone = om.get("/search/query", **asked)
    assert ids(gone) == [made] and gone["aggregations"] == {}
    # How it is marked is the same in what no index knows.
    marked = [f"{MARKED}{name}</span>"]
    assert gone["hits"]["hits"][0]["highlight"] == {"name": marked, "displayName": marked}
    status = om_stranger.call("GET", f"/tables/{made}", params={"include": "deleted"}).status_code
    assert ids(om_stranger.get("/search/query", **asked)) == ([made] if status == 200 else [])
    assert buckets(om.get("/search/aggregate", field="name", **asked), "name") == {name: 1}
    om.call("GET", f"/search/get/table_search_index/doc/{made}", expect=404)


def test_what_a_table_holds_is_told_to_whom_its_rows_are_shown(om, om_stranger, fresh_name):
    value, name = fresh_name("sesame"), fresh_name("held")
    service = om.post("/services/databaseServices", {"name": fresh_name("wh"), "serviceType": "Postgres"})["name"]
    om.put("/databases", {"name": "db", "service": service})
    om.put("/databaseSchemas", {"name": "sc", "database": f"{service}.db"})
    table = om.post("/tables", {
        "name": name, "databaseSchema": f"{service}.db.sc", "columns": [{"name": "c", "dataType": "INT"}]})
    om.put(f"/tables/{table['id']}/sampleData", {"columns": ["c"], "rows": [[value]]})
    query = om.post("/queries", {"query": f"select '{value}' from t", "name": name, "service": service})
    for door in (om, om_stranger):
        known = at(door.get(f"/tables/{table['id']}", fields="sampleData"), "sampleData.rows")
        text = door.get(f"/queries/{query['id']}")["query"]
        assert (known != []) == (value in text) == (door is om)
        asked = {"q": f"name.keyword:{name}", "index": "table"}
        rows = buckets(door.get("/search/aggregate", field="sampleData.rows", **asked), "sampleData.rows")
        assert rows == ({value: 1} if known else {})
        (hit,) = door.get("/search/query", **asked, include_source_fields="sampleData", sort_field="sampleData.rows")["hits"]["hits"]
        assert at(hit["_source"], "sampleData.rows") == known and (value in json.dumps(hit)) == bool(known)
        guessed = door.get("/search/query", q=f"sampleData.rows:*{value}*", index="table")
        assert guessed["hits"]["total"]["value"] == len(known)
        counted = door.get("/search/aggregate", field="query", q=f"name.keyword:{name}", index="query")
        assert buckets(counted, "query") == {text: 1}


@pytest.mark.parametrize(("path", "asked", "named"), [
    ("query", {"post_filter": dsl({"geo_distance": {}})}, "post_filter"),
    ("query", {"post_filter": "{"}, "post_filter"),
    ("query", {"query_filter": json.dumps({"query": {"match_all": {}}, "aggs": {}})}, "aggs"),
    ("query", {"query_filter": dsl({"range": {"updatedAt": {"gte": "now/d"}}})}, "now/d"),
    ("query", {"query_filter": dsl({"range": {"updatedAt": {"gte": 1, "time_zone": "+01:00"}}})}, "time_zone"),
    ("query", {"sort_field": "nobody_has_it"}, "sort_field"),
    ("query", {"sort_field": "name", "sort_order": "up"}, "sort_order"),
    ("query", {"search_after": "a"}, "search_after"),
    ("query", {"search_after": "a", "sort_field": "_score"}, "search_after"),
    ("query", {"search_after": ["x", "a"], "sort_field": "updatedAt"}, "search_after"),
    ("query", {"explain": "true"}, "explain"),
    ("query", {"getHierarchy": "true"}, "getHierarchy"),
    ("query", {"semanticSearch": "true"}, "semanticSearch"),
    ("query", {"min_score": "3"}, "min_score"),
    ("query", {"track_total_hits": "many"}, "track_total_hits"),
    ("query", {"size": "10001"}, "size"),
    ("query", {"q": "updatedAt:[1 TO"}, "TO"),
    ("query", {"q": "[1 TO 2]"}, "range"),
    ("query", {"q": "orders~"}, "~"),
    ("query", {"q": "orders~1"}, "~"),
    ("query", {"q": '"net sales"~2'}, "~"),
    ("query", {"q": "/ord.*/"}, "/"),
    ("query", {"q": "name:-orders"}, "operator"),
    ("query", {"q": "orders^much"}, "^"),
    ("query", {"query_filter": dsl({"query_string": {"query": "ordres~"}})}, "~"),
    ("query", {"query_filter": dsl({"query_string": {"query": "net sales", "type": "phrase"}})}, "type"),
    ("query", {"query_filter": dsl({"query_string": {"query": "*a", "allow_leading_wildcard": False}})}, "allow_leading_wildcard"),
    ("query", {"query_filter": dsl({"query_string": {"query": "a", "fields": ["desc*"]}})}, "desc*"),
    ("query", {"query_filter": dsl({"simple_query_string": {"query": "a", "flags": "OR"}})}, "flags"),
    ("query", {"query_filter": dsl({"match": {"name": {"query": "a", "fuzzy_rewrite": "x"}}})}, "fuzzy_rewrite"),
    ("query", {"query_filter": dsl({"simple_query_string": {"query": "a", "fuzziness": "AUTO"}})}, "fuzziness"),
    ("query", {"query_filter": dsl({"match_phrase": {"name": {"query": "a b", "slop": 2}}})}, "slop"),
    ("query", {"query_filter": dsl({"exists": {"field": "owners", "slop": 1}})}, "slop"),
    ("query", {"query_filter": dsl({"match_all": {"wat": 1}})}, "wat"),
    ("query", {"query_filter": dsl({"ids": {"values": ["x"], "type": "t"}})}, "type"),
    ("query", {"query_filter": dsl({"nested": {"path": "columns", "query": {"match_all": {}}, "inner_hits": {}}})}, "inner_hits"),
    ("query", {"query_filter": dsl({"term": {"name": "a"}, "match_all": {}})}, "term"),
    ("query", {"post_filter": dsl({"term": {"name": "a", "displayName": "b"}})}, "displayName"),
    ("fieldQuery", {"fieldName": "name", "fieldValue": "a", "fuzzy": "yes"}, "fuzzy"),
    ("aggregate", {}, "field"),
    ("aggregate", {"q": "a", "value": ".*a.*"}, "field"),
    ("nlq/query", {"q": "which tables hold orders"}, "nlq"),
    ("aggregate", {"field": "name", "value": "[ab]"}, "value"),
    ("aggregate", {"field": "name", "topHits": "1"}, "topHits"),
    ("suggest", {"q": "a", "field": "column_suggest"}, "field"),
    ("suggest", {"q": "a", "deleted": "true"}, "deleted"),
])
def test_what_is_not_understood_is_refused_by_name(om, path, asked, named):
    answer = om.call("GET", f"/search/{path}", params=asked, expect=400).json()
    assert named in answer["message"], answer


@pytest.mark.parametrize(("body", "named"), [
    ({"index": "table"}, "fieldName"), ({"fieldName": "name", "topHits": {"size": 1}}, "topHits"),
    ({"fieldName": "name", "fetchChildAliases": "all"}, "fetchChildAliases"),
    ({"fieldName": "name", "query": '{"query": {"geo_shape": {}}}'}, "geo_shape"),
    ({"fieldName": "name", "fieldValue": "(a|b)"}, "fieldValue"),
    # What is longer than an address could say it.
    ({"fieldName": "name", "queryText": "a " * 40_000}, "queryText"),
    ({"fieldName": "name", "query": '{"a":[' + "0," * 40_000 + "0]}"}, "query"),
    ({"fieldName": "name", "fieldValue": "a" * 70_000}, "fieldValue"),
    ({"fieldName": "a" * 70_000}, "fieldName"),
])
def test_so_is_what_a_body_says(om, body, named):
    assert named in om.call("POST", "/search/aggregate", body, expect=400).json()["message"]


@pytest.fixture
def sdk(server, caller):
    return connect(server, caller.token)


def test_the_client_finds_by_each_of_its_calls(sdk, door, shelf):
    """What the client looks up while it ingests, as anybody who may see some of it."""
    seen = readable(door, shelf)
    tables = {entity["fullyQualifiedName"] for entity in seen.values() if entity["entityType"] == "table"}
    word, service = shelf["word"], shelf["service"]

    def fqns(entities) -> set[str]:
        return {text(entity.fullyQualifiedName) for entity in entities or []}

    assert fqns(sdk.es_search_from_fqn(Table, f"{service}.*.*.{word}_T*")) == tables
    assert fqns(sdk.search_in_any_service(Table, f"db.sc.{word}_t0") and [
        sdk.search_in_any_service(Table, f"db.sc.{word}_t0")]) == {name for name in tables if name.endswith("t0")}
    assert sdk.es_search_from_alias(Table, f"{service}.nothing") is None
    by_service = json.dumps({"query": {"term": {"service.name.keyword": service}}})
    for more in ({}, {"sort_field": "_score"}, {"sort_field": "name", "sort_order": "asc"}):
        assert fqns(sdk.paginate_es(Table, query_filter=by_service, size=1, **more)) == tables, more
    assert fqns(sdk.paginate_es(Table, search_query=word, size=2, sort_field="_score")) == tables
    views = {view.table_name for view in sdk.yield_es_view_def(service)}
    assert views == {name.split(".")[-1] for name in tables if name.endswith("t2")}
    assert {view.table_name for view in sdk.yield_es_view_def(service, incremental=True)} == views
    assert sdk.es_get_queries_with_lineage(service) == set()
    assert sdk.es_get_lineage_processed_queries(service, ["a", "b"]) == {}
    upstream = sdk.es_get_upstream_entity_ids(Table, list(shelf["made"]))
    assert set(upstream) == {made for made, entity in seen.items() if entity["entityType"] == "table"}


def test_the_client_finds_people_by_mail_and_by_name(server, admin, shelf, om):
    sdk, person = connect(server, admin.token), om.get(f"/users/name/{shelf['holder']}")
    assert str(text(sdk.get_reference_by_email(person["email"]).root[0].id)) == person["id"]
    assert str(text(sdk.get_reference_by_name(shelf["holder"]).root[0].id)) == person["id"]


def test_the_clients_own_search_is_answered(sdk, door, shelf):
    seen, word = readable(door, shelf), shelf["word"]
    Search.set_default_client(sdk)
    tables = [entity for entity in seen.values() if entity["entityType"] == "table"]
    answer = Search.search(word, index="table", size=100, sort_field="name", sort_order="asc")
    assert [hit["_source"]["name"] for hit in answer["hits"]["hits"]] == sorted(entity["name"] for entity in tables)
    assert buckets(answer, "tags.tagFQN") == counts(tables, "tags.tagFQN")
    some = Search.builder().query(word).index("table").filter("tableType", "View").include_aggregations(False).execute()
    assert {hit["_source"]["name"] for hit in some["hits"]["hits"]} == {
        entity["name"] for entity in tables if entity["tableType"] == "View"}
    assert some["aggregations"] == {}
    assert buckets(Search.aggregate(word, index="all", field="entityType"), "entityType") == counts(seen.values(), "entityType")
    answer = Search.search_advanced({"query": {"match": {"name": f"{word}_t1"}}})
    assert {hit["_source"]["name"] for hit in answer["hits"]["hits"]} == {
        entity["name"] for entity in tables if entity["name"].endswith("t1")}
    with pytest.raises(APIError):
        Search.search_advanced({"query": {"match_all": {}}, "knn": {}})


def test_the_client_suggests_names(sdk, door, shelf):
    seen, word = readable(door, shelf), shelf["word"]
    Search.set_default_client(sdk)
    names = {entity["name"] for entity in seen.values()}
    for typed in (word, word[:-1], word.upper()):
        assert set(Search.suggest(typed, size=100)) == names, typed
        assert Search.suggest(typed, size=2) == Search.suggest(typed, size=100)[:2]
    assert Search.suggest(f"{word} nothing") == []
    told = door.get("/search/aggregate", q=word, index="table", size=2)
    tables = [entity for entity in seen.values() if entity["entityType"] == "table"]
    (name, suggested), = told["aggregations"].items()
    assert name == "suggest" and {bucket["doc_count"] for bucket in suggested["buckets"]} <= {1}
    assert suggested["sum_other_doc_count"] == max(0, len(tables) - 2) and suggested["doc_count_error_upper_bound"] == 0
    assert told["hits"]["total"] == {"value": len(tables), "relation": "eq"}


def test_a_name_that_several_bear_is_suggested_once(om, fresh_name):
    name = fresh_name("twin").replace("-", "")
    for schema in (om.schema(fresh_name("wh")) for _ in range(3)):
        om.post("/tables", {"name": name, "databaseSchema": schema, "columns": []})
    suggested = om.get("/search/aggregate", q=name[:-1])["aggregations"]["suggest"]
    assert suggested["buckets"] == [{"key": name, "doc_count": 3}] and suggested["sum_other_doc_count"] == 0


def test_the_client_makes_the_index_anew_where_it_may(sdk, door, shelf, caller, admin):
    seen = readable(door, shelf)
    Search.set_default_client(sdk)
    if caller is not admin:
        for path in ("/search/reindex", "/search/reindex/table", "/search/reindex/nothing"):
            door.call("POST", path, {}, expect=403)
        for name in ("SearchIndexingApplication", "DataInsightsApplication"):
            door.call("POST", f"/apps/trigger/{name}", expect=403)
        with pytest.raises(APIError):
            Search.reindex_all()
        with pytest.raises(APIError):
            sdk.reindex()
    else:
        assert Search.reindex_all()["status"] == "started"
        assert door.call("POST", "/search/reindex", expect=200).json()["status"] == "started"
        told = door.call("POST", "/search/reindex/table", {}, expect=200).json()
        assert told["status"] == "started" and told["entities"] == ["table"]
        assert "nothing" in door.call("POST", "/search/reindex/nothing", {}, expect=404).json()["message"]
        assert "wat" in door.call("POST", "/search/reindex", {"wat": 1}, expect=400).json()["message"]
        sdk.reindex()
        settings = {"entities": ["table"], "recreateIndex": True, "batchSize": 100, "autoTune": False}
        told = door.call("POST", "/apps/trigger/SearchIndexingApplication", settings, expect=200).json()
        assert told["status"] == "started" and told["entities"] == ["all"]
        door.call("POST", "/apps/trigger/SearchIndexingApplication", {"entities": "table"}, expect=400)
        told = door.call("POST", "/apps/trigger/DataInsightsApplication", {}, expect=404).json()
        assert told["message"] == "app instance for DataInsightsApplication not found"
    # Searches are answered all the while.
    assert set(ids(door.get("/search/query", q=shelf["word"], size=100))) == set(seen)


def test_what_searches_have_not_is_refused_by_name(om):
    asked = {"query": "a", "index": "table_search_index", "searchSettings": {}}
    assert "preview" in om.call("POST", "/search/preview", asked, expect=400).json()["message"]


def many(count: int, form: str) -> str:
    return " OR ".join(form.format(n) for n in range(count))


@pytest.mark.parametrize(("form", "most"), [("w{}", 1024), ("a{}*", 64), ("*a{}*", 64)])
def test_a_query_has_so_many_clauses_and_no_more(om, form, most):
    filter_of = {"bool": {"should": [{"wildcard": {"name": form.format(n)}} if "*" in form else {"match": {"name": form.format(n)}}
                                     for n in range(most + 1)]}}  # fmt: skip
    om.call("POST", "/search/aggregate", {"fieldName": "entityType", "queryText": many(most, form)}, expect=200)
    for body in ({"queryText": many(most + 1, form)}, {"query": json.dumps({"query": filter_of})}):
        told = om.call("POST", "/search/aggregate", {"fieldName": "entityType"} | body, expect=400).json()["message"]
        assert f"{most + 1} clauses" in told and f"may be {most}" in told, told
