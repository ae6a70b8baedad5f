"""Filters of OpenMetadata's searches by what entities refer to and what they are: those that the index answers find what
they find where each entity is looked at, which is what the caller reads."""

import json
import unicodedata

import pytest
from metadata.sdk.api.search import Search

from openmetadata_door import OpenMetadataDoor, called, label
from openmetadata_kinds import connect

#: A field of tables, products and people that no index knows, and that nobody has: who asks for it looks at each.
LOOKED_AT = {"bool": {"must_not": {"terms": {"sourceUrl": ["nowhere"]}}}}
#: What is searched.
INDEX = "table,dataProduct,pipeline"
KINDS = {"tables": "table", "dataProducts": "dataProduct", "pipelines": "pipeline"}


@pytest.fixture(scope="module")
def holder(server, fresh_name):
    return server.new_user(fresh_name("holder"))


@pytest.fixture(scope="module")
def mixed(om, bobsled, holder, fresh_name) -> dict:
    """Tables, products and pipelines of one word, each with some of what can be asked for."""
    word = fresh_name("plaice").replace("-", "")
    owner = om.get(f"/users/name/{holder.name}")
    om.patch(f"/users/{owner['id']}", [{"op": "add", "path": "/displayName", "value": f"Änne {word}"}])
    owners = [{"id": owner["id"], "type": "user"}]
    team = om.post("/teams", {"name": f"{word}crew", "teamType": "Group", "displayName": f"Crew of {word}", "description": ""})
    domains = [om.post("/domains", {"name": name, "domainType": "Aggregate", "description": "", "displayName": shown})
               for name, shown in ((f"{word}Land", f"Land of {word}"), (f"{word}Sea", f"Land of {word}"))]
    inner = om.post("/domains", {"name": "Coast", "domainType": "Aggregate", "description": "",
                                 "parent": domains[0]["fullyQualifiedName"]})
    for path, fqn, body in (("classifications", "Tier", {"name": "Tier"}), ("tags", "Tier.Tier2", {"name": "Tier2", "classification": "Tier"})):
        if om.call("GET", f"/{path}/name/{fqn}").status_code == 404:
            om.post(f"/{path}", body | {"description": ""})
    sort = om.post("/classifications", {"name": f"{word}Sort", "description": ""})["name"]
    # A name with a dot in it, which is not the FQN of the other.
    tags = [om.post("/tags", {"name": name, "classification": sort, "description": ""})["fullyQualifiedName"]
            for name in ("Kept", f"{sort}.kept", "deep")]
    terms = om.post("/glossaries", {"name": f"{word}Terms", "displayName": "t", "description": ""})["name"]
    term = om.post("/glossaryTerms", {"name": "Catch", "glossary": terms, "description": ""})["fullyQualifiedName"]
    services = [om.post("/services/databaseServices", {"name": f"{word}{kind}", "serviceType": kind})["name"]
                for kind in ("Postgres", "Mysql")]
    pipes = om.post("/services/pipelineServices", {"name": f"{word}Airflow", "serviceType": "Airflow"})["name"]
    made = {}

    def table(n: int, **more) -> None:
        service = services[n % 2]
        om.put("/databases", {"name": "db", "service": service})
        om.put("/databaseSchemas", {"name": "sc", "database": f"{service}.db"})
        columns = more.pop("columns", [{"name": f"id{n}", "dataType": "INT"}])
        body = {"name": f"{word}_t{n}", "databaseSchema": f"{service}.db.sc", "columns": columns, "tableType": "Regular"}
        made[om.post("/tables", body | more)["id"]] = "tables"

    table(0, owners=owners, tags=[label(tags[0]), label("Tier.Tier2")], domains=[domains[0]["fullyQualifiedName"]])
    table(1, tableType="View", schemaDefinition="select 1", domains=[inner["fullyQualifiedName"]],
          owners=[{"id": team["id"], "type": "team"}], tags=[label(tags[1])])
    nested = [{"name": "inner", "dataType": "INT", "tags": [label(tags[2])]}]
    table(2, tags=[label(term, "Glossary")], domains=[domains[1]["fullyQualifiedName"]], columns=[
        {"name": "a", "dataType": "INT", "tags": [label(tags[0])]},
        {"name": "s", "dataType": "STRUCT", "dataTypeDisplay": "struct", "children": nested}])
    table(3, tableType="SecureView", owners=owners)
    for n, domain in enumerate((domains[0], inner, domains[1])):
        more = {"owners": owners, "tags": [label("Tier.Tier2")]} if n else {"tags": [label(tags[0])]}
        product = om.post("/dataProducts", {"name": f"{word}_p{n}", "domains": [domain["fullyQualifiedName"]],
                                            "description": f"of {word}"} | more)
        made[product["id"]] = "dataProducts"
        if n == 0:
            held = {"assets": [{"id": one, "type": "table"} for one, of in made.items() if of == "tables"][:1]}
            om.put(f"/dataProducts/{product['fullyQualifiedName']}/assets/add", held)
    closed = bobsled.create(f"closed {word}", description=word)
    made[closed["id"]] = "dataProducts"
    made[om.post("/pipelines", {"name": f"{word}_pipe", "service": pipes, "tasks": [{"name": "read"}]})["id"]] = "pipelines"
    return {"word": word, "made": made, "owner": owner, "team": team, "domains": domains, "inner": inner, "tags": tags,
            "term": term, "services": services, "holder": holder.name}


@pytest.fixture(params=["administrator", "owner", "stranger", "elsewhere"])
def door(request, server, admin, holder, stranger, other_account) -> OpenMetadataDoor:
    callers = {"administrator": admin, "owner": holder, "stranger": stranger, "elsewhere": other_account}
    return OpenMetadataDoor(server, callers[request.param].token)


def readable(door: OpenMetadataDoor, mixed: dict) -> dict[str, dict]:
    """What the caller reads one by one, as searches have it."""
    found = {}
    for made, of in mixed["made"].items():
        more = ",dataProducts" if of == "tables" else ""
        answer = door.call("GET", f"/{of}/{made}", params={"fields": f"owners,tags,domains{more}"})
        if answer.status_code == 200:
            entity = answer.json() | {"entityType": KINDS[of], "deleted": False}
            tiers = [tag for tag in entity.get("tags", []) if tag["tagFQN"].startswith("Tier.")]
            parts = [part for member in ("columns", "tasks") for part in entity.get(member, [])]
            while parts:
                part = parts.pop()
                entity["tags"] = entity.get("tags", []) + part.get("tags", [])
                parts += part.get("children", [])
            found[made] = called(entity | ({"tier": tiers[0]} if tiers else {}))
    return found


def at(entity, path: str) -> list:
    if isinstance(entity, list):
        return [value for one in entity for value in at(one, path)]
    first, _, rest = path.partition(".")
    value = entity.get(first) if isinstance(entity, dict) else None
    if rest:
        return at(value, rest) if value is not None else []
    return [] if value is None else value if isinstance(value, list) else [value]


def folded(value) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def has(entity: dict, path: str, value) -> bool:
    path = path.removesuffix(".keyword")
    path = path.replace("domain.", "domains.")
    return folded(value) in [folded(known) for known in at(entity, path)]


def ids(answer: dict) -> set[str]:
    found = [hit["_id"] for hit in answer["hits"]["hits"]]
    assert len(found) == len(set(found)) and answer["hits"]["total"] == {"value": len(found), "relation": "eq"}
    return set(found)


def clause(*must: dict) -> str:
    return json.dumps({"query": {"bool": {"must": list(must)}}})


def buckets(answer: dict, field: str) -> dict:
    return {bucket["key"]: bucket["doc_count"] for bucket in answer["aggregations"][f"sterms#{field}"]["buckets"]}


def fields_of(mixed: dict) -> list[tuple[str, list]]:
    """What can be asked for, and values that some have and that none has."""
    tags, (land, sea) = mixed["tags"], mixed["domains"]
    return [
        ("tags.tagFQN", [*tags, mixed["term"], tags[0].upper(), "Tier.Tier2", "Kept", "nothing"]),
        ("tags.name", ["Kept", "Catch", tags[0]]),
        ("tier.tagFQN", ["Tier.Tier2", tags[0]]),
        ("domains.fullyQualifiedName", [land["fullyQualifiedName"], mixed["inner"]["fullyQualifiedName"], "Coast"]),
        ("domains.name.keyword", [land["name"], "Coast", land["displayName"]]),
        ("domains.displayName.keyword", [land["displayName"], sea["name"], "Coast"]),
        ("service.displayName.keyword", [*mixed["services"], "nothing"]),
        ("database.displayName.keyword", ["db"]),
        ("dataProducts.displayName.keyword", [f"{mixed['word']}_p0", "nothing"]),
        ("displayName.keyword", [f"{mixed['word']}_t0", f"{mixed['word']}_p1"]),
        ("domains.id", [land["id"], mixed["owner"]["id"], "nobody"]),
        ("domain.fullyQualifiedName", [sea["fullyQualifiedName"]]),
        ("owners.name.keyword", [mixed["holder"], mixed["team"]["name"], mixed["holder"].upper()]),
        ("owners.displayName.keyword", [f"änne {mixed['word']}", f"ANNE {mixed['word']}", mixed["team"]["displayName"], "a"]),
        ("owners.fullyQualifiedName", [mixed["team"]["fullyQualifiedName"]]),
        ("owners.id", [mixed["owner"]["id"], mixed["owner"]["id"].upper(), mixed["team"]["id"]]),
        ("service.name.keyword", [*mixed["services"], "nothing"]),
        ("service.fullyQualifiedName", [mixed["services"][0]]),
        ("serviceType", ["Postgres", "mysql", "Airflow", "Oracle"]),
        ("tableType", ["View", "regular", "SecureView", "Local"]),
        ("entityType.keyword", ["table", "dataProduct", "DATAPRODUCT", "user"]),
        ("columns.name.keyword", ["a", "id0", "inner"]),
        ("database.fullyQualifiedName", [f"{mixed['services'][0]}.db", mixed["services"][0]]),
        ("deleted", [False, True]),
        ("nobodyHasIt", ["x"]),
    ]


def test_a_filter_finds_what_is_read(door, mixed):
    seen, word = readable(door, mixed), {"q": f"{mixed['word']}*", "index": INDEX, "size": 100, "include_aggregations": "false"}
    assert ids(door.get("/search/query", **word)) == set(seen)
    for field, values in fields_of(mixed):
        for value in values:
            wanted = {one for one, entity in seen.items() if has(entity, field, value)}
            term = {"term": {field: value}}
            without = {"bool": {"must_not": term}}
            for asked, expected in (
                ({"query_filter": clause(term)}, wanted), ({"query_filter": clause(term, LOOKED_AT)}, wanted),
                ({"query_filter": clause(without)}, set(seen) - wanted), ({"post_filter": clause(term)}, wanted),
                ({"query_filter": clause({"bool": {"should": [term, {"term": {field: "none such"}}]}})}, wanted),
            ):
                assert ids(door.get("/search/query", **word, **asked)) == expected, (field, value, asked)
        several = [value for value in values if isinstance(value, str)]
        wanted = {one for one, entity in seen.items() if any(has(entity, field, value) for value in several)}
        if several:
            asked = clause({"terms": {field: several}})
            assert ids(door.get("/search/query", **word, query_filter=asked)) == wanted, field


@pytest.mark.parametrize("path", ["owners", "tags", "domains", "tier", "service", "owners.name", "tags.tagFQN", "tableType"])
def test_what_is_there_is_found_to_be_there(door, mixed, path):
    seen, word = readable(door, mixed), {"q": f"{mixed['word']}*", "index": INDEX, "size": 100}
    wanted = {one for one, entity in seen.items() if at(entity, path)}
    for more in ([], [LOOKED_AT]):
        there = {"exists": {"field": path}}
        assert ids(door.get("/search/query", **word, query_filter=clause(there, *more))) == wanted
        absent = {"bool": {"must_not": [there]}}
        assert ids(door.get("/search/query", **word, query_filter=clause(absent, *more))) == set(seen) - wanted


def test_one_object_and_patterns(om, mixed):
    word, tags = {"q": f"{mixed['word']}*", "index": INDEX, "size": 100}, mixed["tags"]
    seen = readable(om, mixed)
    owned = {one for one, entity in seen.items() if has(entity, "owners.name", mixed["holder"])}
    labelled = {one for one, entity in seen.items() if any(tag.startswith(f"{mixed['word']}Sort.") for tag in at(entity, "tags.tagFQN"))}
    nested = {"nested": {"path": "owners", "query": {"term": {"owners.name.keyword": mixed["holder"]}}}}
    for asked, wanted in (
        (nested, owned), ({"wildcard": {"tags.tagFQN": f"{mixed['word']}sort.*"}}, labelled),
        ({"wildcard": {"tags.tagFQN": "*"}}, {one for one, entity in seen.items() if at(entity, "tags")}),
        ({"prefix": {"owners.name": mixed["holder"][:-1]}}, owned),
    ):
        for more in ([], [LOOKED_AT]):
            assert ids(om.get("/search/query", **word, query_filter=clause(asked, *more))) == wanted, asked
    assert ids(om.get("/search/query", q=f'{mixed["word"]}* AND tags.tagFQN:"{tags[0]}"', index=INDEX, size=100)) == {
        one for one, entity in seen.items() if has(entity, "tags.tagFQN", tags[0])}


def test_a_filter_follows_what_it_names(om, mixed, fresh_name):
    """Whoever is called otherwise is found by his present name."""
    word = fresh_name("tern").replace("-", "")
    tag = om.post("/tags", {"name": f"{word}Old", "classification": f"{mixed['word']}Sort", "description": ""})
    table = om.post("/tables", {"name": f"{word}_t", "databaseSchema": f"{mixed['services'][0]}.db.sc", "columns": [],
                                "tags": [label(tag["fullyQualifiedName"])]})
    renamed = om.patch(f"/tags/{tag['id']}", [{"op": "replace", "path": "/name", "value": f"{word}New"}])
    for fqn, wanted in ((renamed["fullyQualifiedName"], {table["id"]}), (tag["fullyQualifiedName"], set())):
        for more in ([], [LOOKED_AT]):
            asked = clause({"term": {"tags.tagFQN": fqn}}, *more)
            assert ids(om.get("/search/query", q=f"{word}*", index="table", query_filter=asked)) == wanted, fqn


@pytest.mark.parametrize("field", [
    "entityType", "owners.name.keyword", "domains.fullyQualifiedName", "domain.fullyQualifiedName", "tags.tagFQN",
    "service.fullyQualifiedName", "tableType", "tier.tagFQN", "owners.displayName.keyword", "domains.displayName.keyword",
    "service.displayName.keyword", "dataProducts.displayName.keyword", "database.displayName.keyword", "displayName.keyword"])
def test_values_are_counted_alike_by_the_index_and_one_by_one(door, mixed, field):
    seen, path = readable(door, mixed), field.removesuffix(".keyword").replace("domain.", "domains.")
    for index, kinds in ((INDEX, set(KINDS.values())), ("table", {"table"}), ("dataProduct,pipeline", {"dataProduct", "pipeline"})):
        entities = [entity for entity in seen.values() if entity["entityType"] in kinds]
        known: dict[str, int] = {}
        for entity in entities:
            for value in set(at(entity, path)):
                known[value] = known.get(value, 0) + 1
        asked = {"index": index, "field": field}
        for more in ({"q": f"{mixed['word']}*"}, {"q": f"{mixed['word']}*", "query_filter": clause(LOOKED_AT)}):
            told = door.get("/search/aggregate", **asked, **more, size=100)
            assert buckets(told, field) == known, (index, more)
            assert told["hits"]["total"] == {"value": len(entities), "relation": "eq"}
            few = door.get("/search/aggregate", **asked, **more, size=1)["aggregations"][f"sterms#{field}"]
            most = max(known.values(), default=0)
            assert [bucket["doc_count"] for bucket in few["buckets"]] == [most][: len(known)]
            assert few["sum_other_doc_count"] == sum(known.values()) - most
            like = door.get("/search/aggregate", **asked, **more, size=100, value=".*a.*")
            assert buckets(like, field) == {value: count for value, count in known.items() if "a" in folded(value)}


def test_more_values_than_the_index_tells_are_counted_all(om, fresh_name):
    word, schema = fresh_name("shoal").replace("-", ""), om.schema(fresh_name("wh"))
    sort = om.post("/classifications", {"name": f"{word}Sort", "description": ""})["name"]
    tags = [om.post("/tags", {"name": f"t{n:03}", "classification": sort, "description": ""})["fullyQualifiedName"] for n in range(104)]
    for n in range(2):
        columns = [{"name": f"c{m}", "dataType": "INT", "tags": [label(tag)]} for m, tag in enumerate(tags[n:])]
        om.post("/tables", {"name": f"{word}{n}", "databaseSchema": schema, "columns": columns})
    known = {tag: 2 if n else 1 for n, tag in enumerate(tags)}
    for size in (0, 5, 100, 104, 1000):
        told = om.get("/search/aggregate", index="table", field="tags.tagFQN", q=f"{word}*", size=size)["aggregations"]["sterms#tags.tagFQN"]
        assert len(told["buckets"]) == min(size, 104)
        assert sum(bucket["doc_count"] for bucket in told["buckets"]) + told["sum_other_doc_count"] == sum(known.values())
        assert all(known[bucket["key"]] == bucket["doc_count"] for bucket in told["buckets"])


def test_what_lies_between_is_found(door, mixed):
    seen, word, more_asked = readable(door, mixed), mixed["word"], {"index": INDEX, "size": 100}
    times = sorted({entity["updatedAt"] for entity in seen.values()}) or [1]
    low, high = times[len(times) // 3], times[-1 - len(times) // 3]
    for ends, text, within in (
        ({"gte": low, "lte": high}, f"[{low} TO {high}]", lambda n: low <= n <= high),
        ({"gt": low, "lt": str(high)}, f"{{{low} TO {high}}}", lambda n: low < n < high),
        ({"gt": low}, f">{low}", lambda n: n > low), ({"lte": high}, f"<={high}", lambda n: n <= high),
        ({"gte": "2001-01-01", "lt": None}, "[2001-01-01 TO *]", lambda n: True),
        ({"gt": "now-1d", "lte": "now"}, "(>now-1d AND <=now)", lambda n: True),
        ({"lt": "now-1d"}, "<now-1d", lambda n: False),
    ):
        wanted = {one for one, entity in seen.items() if within(entity["updatedAt"])}
        for more in ([], [LOOKED_AT]):
            by_clause = clause({"range": {"updatedAt": ends}}, *more)
            assert ids(door.get("/search/query", q=f"{word}*", **more_asked, query_filter=by_clause)) == wanted, ends
            asked = {"query_filter": clause(*more)} if more else {}
            assert ids(door.get("/search/query", q=f"{word}* AND updatedAt:{text}", **more_asked, **asked)) == wanted, text
    versions = {one for one, entity in seen.items() if entity["version"] >= 0.1}
    assert ids(door.get("/search/query", q=f"{word}* AND version:>=0.1", **more_asked)) == versions
    named = {one for one, entity in seen.items() if f"{word}_t1" <= folded(entity["name"]) <= f"{word}_t2"}
    between = clause({"range": {"name.keyword": {"gte": f"{word}_T1", "lte": f"{word}_T2"}}})
    assert ids(door.get("/search/query", q=f"{word}*", **more_asked, query_filter=between)) == named


def test_how_near_words_may_be_is_taken(om, mixed):
    word = mixed["word"]
    near = {"fuzziness": "AUTO", "prefix_length": 1, "max_expansions": 10}
    products = {one for one, of in mixed["made"].items() if of == "dataProducts"}
    for asked in ({"match": {"description": {"query": word} | near}}, {"multi_match": {"query": word, "fields": ["description"]} | near}):
        assert ids(om.get("/search/query", index="dataProduct", size=100, query_filter=clause(asked))) == products, asked


def test_the_clients_filters_are_answered_alike(server, admin, om, mixed):
    Search.set_default_client(connect(server, admin.token))
    seen = readable(om, mixed)
    for field, values in fields_of(mixed):
        for value in values:
            found = Search.search(f"{mixed['word']}*", index=INDEX, size=100, filters={field: value})
            wanted = {one for one, entity in seen.items() if has(entity, field, value)}
            assert {hit["_id"] for hit in found["hits"]["hits"]} == wanted, (field, value)
